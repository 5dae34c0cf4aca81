"""One sheet of the workbook as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reporting.units import Text


@dataclass(frozen=True)
class Field:
    """One column of a sheet."""

    name: Text
    unit: str = ""
    decimals: int | None = None
    """Decimals shown of a number; None for text."""
    width: int = 14


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name in both languages, its columns and its rows."""

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
