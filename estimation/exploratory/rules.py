"""Limits of the exploratory analysis, as ``data/dictionaries/exploration.yaml`` cites them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from geo.dictionary import load_words


@lru_cache(maxsize=1)
def _book() -> dict[str, Any]:
    """The file, read once."""
    return load_words("exploration.yaml")


def rule(block: str) -> Any:
    """One block of the file: its figures with their citation."""
    return _book()[block]
