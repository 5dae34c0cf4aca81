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
    top: tuple[tuple[str, ...], ...] = ()
    """The first rows as written, where a text file's columns hold numbers already (headings are
    null in those)."""
    hidden: tuple[int, ...] = ()
    """Numbers of rows that the workbook hides; they are read like all others."""

    def __len__(self) -> int:
        return len(self.rows)

    def head(self, count: int) -> list[list[str]]:
        """Texts of the first ``count`` rows."""
        return self.texts(np.arange(min(count, len(self))))

    def texts(self, positions: Sequence[int] | NDArray[Any]) -> list[list[str]]:
        """Cells of the rows at ``positions`` (from 0) as texts."""
        at = np.asarray(positions, dtype=np.int64)
        where = pa.array(at)
        columns = [[cell_text(v) for v in c.take(where).to_pylist()] for c in self.columns]
        rows = [list(row) for row in zip(*columns, strict=True)] or [[] for _ in where]
        for i in np.flatnonzero(at < len(self.top)):
            rows[i][: len(self.top[at[i]])] = self.top[at[i]]
        return rows

    def column_texts(self, index: int, start: int = 0) -> pa.Array:
        """Column ``index`` from position ``start`` on as an Arrow ``string`` array."""
        return as_texts(self.columns[index].slice(start))

    def filled(self, start: int = 0) -> NDArray[np.bool_]:
        """Rows from position ``start`` on that have at least one cell that isn't blank."""
        blank = np.arange(len(self) - start)
        for column in self.columns:
            part = column.slice(start)
            if len(blank) < len(part):
                part = part.take(pa.array(blank))
            blank = blank[_blank(part)]
            if not len(blank):
                break
        found = np.ones(len(self) - start, dtype=bool)
        found[blank] = False
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


def signs_of(column: pa.Array) -> NDArray[np.uint8]:
    """All bytes of a column of texts, one cell after the other."""
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def _blank(column: pa.Array) -> NDArray[np.bool_]:
    """Cells without text or number."""
    if pa.types.is_string(column.type):
        lengths = pc.binary_length(column)
        if pc.min(lengths).as_py():
            short = pc.less_equal(lengths, 8)
            if not pc.any(short).as_py():
                return np.zeros(len(column), dtype=bool)
        return np.asarray(pc.equal(pc.utf8_trim_whitespace(column), ""))
    return np.asarray(pc.is_null(column, nan_is_null=True))


class UnreadableError(Exception):
    """A file that can't be opened; carries the rule's code and its words."""

    def __init__(self, code: str, **words: Any):
        self.code = code
        self.words: dict[str, Any] = words
        super().__init__(f"{code} {words}")
