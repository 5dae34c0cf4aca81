"""One sheet of the workbook as plain records."""

from __future__ import annotations

from collections.abc import Mapping
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
    whole: bool = False
    """Whether every number of it is a whole one: a count, a year, an entry's number."""
    between: tuple[str, str] | None = None
    """English names of the columns of the interval's ends, of which the number is a point: the
    workbook gives it with the figures that the interval asks for; None: with all that it has."""
    about: Text | None = None
    """What the data dictionary says of the column beside its name."""
    codes: Mapping[str, Text] | None = None
    """Words of a column of codes: the workbook has the words, a plain table the codes."""

    @property
    def meaning(self) -> Text:
        """The column's name, and what is to be known of it."""
        if self.about is None:
            return self.name
        return Text(f"{self.name.zh}：{self.about.zh}", f"{self.name.en}: {self.about.en}")

    def word(self, value: Any) -> str:
        """A text as people read it: a code by its words, anything else as it is."""
        if value is None:
            return ""
        known = (self.codes or {}).get(str(value))
        return str(value) if known is None else known.both


def count_field(name: Text, width: int = 14) -> Field:
    """A column of whole numbers."""
    return Field(name, "", 0, width, whole=True)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name in both languages, its columns and its rows."""

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
