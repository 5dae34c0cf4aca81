"""Cells of one sheet before any meaning: what every format reader gives, in columns.

A sheet is text where people type (CSV, workbooks) and numbers where a format has types (Parquet,
GSLIB, LAS). Columns, not rows, so that millions of intervals cost little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
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

    def __len__(self) -> int:
        return len(self.rows)


class UnreadableError(Exception):
    """A file that can't be opened; carries the rule's code and its words."""

    def __init__(self, code: str, **words: Any):
        self.code = code
        self.words: dict[str, Any] = words
        super().__init__(f"{code} {words}")
