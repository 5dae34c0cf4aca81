"""Numbers of standards, each with its citation, from data/dictionaries/standards."""

from __future__ import annotations

from typing import Any

from geo.dictionary import load_words


def standard(name: str) -> dict[str, Any]:
    """One file of the standards' folder by its name without extension; not to be changed.

    Every block says where its figures come from (``citation``) and whether they were compared with
    the standard's own text (``verified``).
    """
    return load_words(f"standards/{name}.yaml")


def class_names(name: str) -> dict[str, str]:
    """A class in GB/T 17766, in the JORC Code and in UNFC side by side: zh, en, gb, jorc, unfc."""
    names: dict[str, str] = standard("classes")["classes"][name]
    return names
