"""Control samples among the samples of one table: found before any rule of samples sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.config import Conventions
from geo.findings import Finding
from geo.qaqc.samples import find_controls
from geo.qaqc.telling import named
from geo.rules import finding
from geo.special.grades import row_context
from geo.tables.columns import ColumnReader
from geo.tables.headings import Headings, Place
from geo.tables.sheets import as_texts

MIXED = ("assay", "combined", "laboratory")
"""Tables in which controls stand among the samples."""
SAYING = ("qc_type", "standard")
"""Columns of the dictionary that name a control; unread columns of words may name one too."""


def controls_among(
    table: str, headings: Headings, columns: list[Any], cells: Callable[[int], pa.Array]
) -> pd.DataFrame:
    """Positions (index), kind, material and repeated sample of the controls of a table.

    ``columns`` are the sheet's; ``cells`` gives a column's texts in the rows that are read. A
    table of results with a column of control types is left to
    :func:`geo.tables.laboratory.join_results`, which knows what its own laboratory wrote.
    """
    read = {column.index: name for name, column in headings.columns.items()}
    if table not in MIXED or (table == "laboratory" and "qc_type" in headings.columns):
        return find_controls({})
    remarks = {
        str(i): as_texts(cells(i))
        for i, column in enumerate(columns)
        if read.get(i, "qc_type") in SAYING and not pa.types.is_floating(column.type)
    }
    ids = {}
    if "sample_id" in headings.columns:
        ids["sample_id"] = as_texts(cells(headings.columns["sample_id"].index))
    return find_controls(remarks, ids)


def control_frame(
    place: Place, conventions: Conventions, headings: Headings, cells: Callable[..., pa.Array]
) -> pd.DataFrame:
    """Rows of controls in the table's columns; a cell that can't be read is blank.

    Their determinations are judged from the file itself (:func:`geo.qaqc.read_qaqc`).
    """
    reader = ColumnReader(replace(place, table="qaqc"), conventions, cells)
    wanted = list(headings.columns.values())
    plain = {c.name: reader.read(c).values for c in wanted if c.kind != "grade"}
    context = row_context(plain)
    grades = {c.name: reader.read_grade(c, context).values for c in wanted if c.kind == "grade"}
    data = {c.name: {**plain, **grades}[c.name] for c in wanted}
    texts = {n: pd.Series(v, dtype="str") for n, v in data.items() if isinstance(v, pa.Array)}
    return pd.DataFrame({**data, **texts}).assign(file=place.file, sheet=place.sheet or "")


def controls_finding(controls: pd.DataFrame, place: Place) -> Finding:
    """The finding on the controls that left a table."""
    kinds, counts = np.unique(controls["control_kind"].to_numpy(dtype=str), return_counts=True)
    words: dict[str, Any] = {
        f"kinds_{language}": ", ".join(
            f"{named(kind)[f'kind_{language}']} {count}"
            for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)
        )
        for language in ("zh", "en")
    }
    return finding("BN-QAQ-001", count=len(controls), **place.words(), **words)
