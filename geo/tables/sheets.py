"""Cells of one sheet before any meaning: what every format reader gives, in columns.

A sheet is text where people type (CSV, workbooks) and numbers where a format has types (Parquet,
GSLIB, LAS). Columns, not rows, so that millions of intervals cost little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.tables.encoding import text_buffers
from geo.tables.kernels_texts import rows_starting

_MAY_BE_BLANK = np.zeros((256, 256), dtype=bool)
"""First two bytes of cells that may hold nothing but blanks (some blanks are not ASCII)."""
_MAY_BE_BLANK[:0x21] = _MAY_BE_BLANK[0x80:] = True


@dataclass(frozen=True)
class Sheet:
    """One sheet, layer or table of one file.

    ``columns`` are Arrow arrays of equal length: ``string`` (the cell as text, ``""`` for a blank)
    or ``float64`` (typed formats; null for a blank). ``rows`` holds each row's number as a
    spreadsheet shows it, from 1 (typed formats: the record's number).
    """

    name: str | None
    """Sheet, layer or table; None where the file holds just one."""
    columns: tuple[pa.Array, ...]
    rows: NDArray[np.int64]
    format: str
    """``csv``, ``xlsx``, ``parquet``, ``gslib``, ..."""
    names: tuple[str, ...] | None = None
    """Column names the format itself gives; None where header rows stand among the cells."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Column name -> unit, where the format states it (LAS, OMF)."""
    encoding: str | None = None
    separator: str | None = None
    crs: str | None = None
    """Coordinate system the format states (GeoPackage, GeoParquet, OMF), as WKT or EPSG code."""
    widths: tuple[int, ...] = ()
    """Cells that the first rows have as written (texts only; ``()`` where all are alike)."""
    hidden: tuple[int, ...] = ()
    """Numbers of rows that the workbook hides; they are read like all others."""
    spoilt: int = 0
    """Cells of free text in which characters were lost before (U+FFFD)."""

    def __len__(self) -> int:
        return len(self.rows)

    def head(self, count: int) -> list[list[str]]:
        """Texts of the first ``count`` rows."""
        return self.texts(np.arange(min(count, len(self))))

    def texts(self, positions: Sequence[int] | NDArray[Any]) -> list[list[str]]:
        """Cells of the rows at ``positions`` (from 0) as texts."""
        where = pa.array(np.asarray(positions, dtype=np.int64))
        columns = [[cell_text(v) for v in c.take(where).to_pylist()] for c in self.columns]
        return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in where]

    def column_texts(self, index: int, start: int = 0) -> pa.Array:
        """Column ``index`` from position ``start`` on as an Arrow ``string`` array."""
        return as_texts(self.columns[index].slice(start))

    def filled(self, start: int = 0) -> NDArray[np.bool_]:
        """Rows from position ``start`` on that have at least one cell that isn't blank."""
        blank = None
        for column in self.columns:
            part = column.slice(start)
            blank = _blanks(part) if blank is None else blank[_blank(part.take(pa.array(blank)))]
            if not len(blank):
                break
        found = np.ones(len(self) - start, dtype=bool)
        found[() if blank is None else blank] = False
        return found


def as_texts(column: pa.Array) -> pa.Array:
    """A column as texts, whatever its format holds."""
    if pa.types.is_string(column.type):
        return column
    return pa.array([cell_text(value) for value in column.to_pylist()], pa.string())


def from_rows(rows: Sequence[Sequence[str]], form: str, **facts: Any) -> Sheet:
    """Make a sheet of texts; rows may have different lengths, and are numbered from 1.

    ``facts`` are further fields of :class:`Sheet` (``name``, ``encoding``, ...).
    """
    width = max((len(row) for row in rows), default=0)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    columns = tuple(pa.array(column, pa.string()) for column in zip(*padded, strict=True))
    numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Sheet(facts.pop("name", None), columns, numbers, form, **facts)


def cell_text(value: Any) -> str:
    """A cell as text; whole numbers without a decimal point, so ``34873`` stays an id.

    Dates are ISO 8601, without a time where it is midnight; truth values TRUE and FALSE.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def _blank(column: pa.Array) -> NDArray[np.bool_]:
    """Cells without text or number."""
    if pa.types.is_string(column.type):
        return np.asarray(pc.equal(pc.utf8_trim_whitespace(column), ""))
    return np.asarray(pc.is_null(column, nan_is_null=True))


def _blanks(column: pa.Array) -> NDArray[np.int64]:
    """Positions of the cells without text or number."""
    if not pa.types.is_string(column.type):
        return np.flatnonzero(_blank(column))
    rows: NDArray[np.int64] = rows_starting(*text_buffers(column), _MAY_BE_BLANK)
    return rows[_blank(column.take(pa.array(rows)))]


class UnreadableError(Exception):
    """A file that can't be opened; carries the rule's code and its words."""

    def __init__(self, code: str, **words: Any):
        self.code = code
        self.words: dict[str, Any] = words
        super().__init__(f"{code} {words}")
