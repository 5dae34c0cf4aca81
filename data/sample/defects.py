"""Ordinary defects, planted in written sheets and counted, as real files have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from dialects import Sheet
from specs import DETECTION

OVERLAPS, GAPS, REVERSED, ORPHAN_ROWS = 4, 5, 3, 4


def plant(sheets: list[Sheet], seed: int) -> list[dict[str, Any]]:
    """Spoil cells of ``sheets`` in place; return a record for each defect.

    Kinds: ``below_detection`` (one record a column with its count), ``overlap``, ``gap``,
    ``from_not_before_to``, ``duplicate_collar``, ``no_collar``. Rows are counted as a
    spreadsheet shows them. Every row changed is a row of its own, so kinds don't mix.
    """
    rng = np.random.default_rng([seed, 9])
    records = [r for sheet in sheets for r in _below_detection(sheet)]
    assays = [s for s in sheets if s.table == "assay"]
    for turn in range(OVERLAPS + GAPS + REVERSED):
        sheet = assays[turn % len(assays)]
        if turn < OVERLAPS:
            records.append(_overlap(sheet, rng))
        elif turn < OVERLAPS + GAPS:
            records.append(_gap(sheet, rng))
        else:
            records.append(_reversed(sheet, rng))
    records.append(_duplicate_collar(sheets))
    records += _no_collar(assays[-1])
    return _rows_after_removals(records, sheets)


def _below_detection(sheet: Sheet) -> list[dict[str, Any]]:
    """Write assays under the limit as ``<limit`` (full-width sign in the Chinese CSV)."""
    if sheet.table not in ("assay", "combined"):
        return []
    records = []
    for column in [c for c in sheet.frame if c in DETECTION]:
        ppm = column == "mo_pct" and sheet.dialect.mo_in_ppm
        limit = DETECTION[column] * (1e4 if ppm else 1.0)
        sign = "＜" if sheet.dialect.encoding == "gb18030" else "<"
        low = pd.to_numeric(sheet.frame[column]) < limit
        if low.any():
            sheet.frame.loc[low, column] = f"{sign}{limit:g}"
            records.append(_record(sheet, "below_detection", None, column, count=int(low.sum())))
    return records


def _record(
    sheet: Sheet, kind: str, index: int | None, column: str | None = None, **more: Any
) -> dict[str, Any]:
    """One defect's record; ``index`` is the row's position, turned into a file row at the end."""
    place = {"file": sheet.path, "table": sheet.table}
    if sheet.sheet:
        place["sheet"] = sheet.sheet
    if index is not None:
        more = {"index": index, "hole_id": sheet.frame.at[index, "hole_id"], **more}
    if column:
        more = {"column": sheet.header(column), **more}
    return {"kind": kind, **place, **more}


def _free_row(sheet: Sheet, rng: np.random.Generator) -> int:
    """A row in the middle of a hole, away from every row already spoilt."""
    used = sheet.frame.attrs.setdefault("spoilt", set())
    while True:
        i = int(rng.integers(3, len(sheet.frame) - 3))
        holes = sheet.frame["hole_id"].iloc[i - 3 : i + 4]
        if holes.nunique() == 1 and not used & set(range(i - 3, i + 4)):
            used.add(i)
            return i


def _overlap(sheet: Sheet, rng: np.random.Generator) -> dict[str, Any]:
    """A sample that begins 0.5 m above the end of the one before."""
    i = _free_row(sheet, rng)
    sheet.frame.at[i, "from_m"] = f"{float(str(sheet.frame.at[i, 'from_m'])) - 0.5:.2f}"
    return _record(sheet, "overlap", i)


def _gap(sheet: Sheet, rng: np.random.Generator) -> dict[str, Any]:
    """A sample whose row is missing; the record names the row after the gap."""
    i = _free_row(sheet, rng)
    sheet.frame.attrs.setdefault("removed", []).append(i)
    return _record(sheet, "gap", i + 1)


def _reversed(sheet: Sheet, rng: np.random.Generator) -> dict[str, Any]:
    """A sample with from and to exchanged."""
    i = _free_row(sheet, rng)
    low, high = str(sheet.frame.at[i, "from_m"]), str(sheet.frame.at[i, "to_m"])
    sheet.frame.at[i, "from_m"], sheet.frame.at[i, "to_m"] = high, low
    return _record(sheet, "from_not_before_to", i)


def _duplicate_collar(sheets: list[Sheet]) -> dict[str, Any]:
    """The first campaign's third hole written a second time, at the end of its collars."""
    sheet = next(s for s in sheets if s.table == "collar")
    sheet.frame = pd.concat([sheet.frame, sheet.frame.iloc[[2]]], ignore_index=True)
    return _record(sheet, "duplicate_collar", len(sheet.frame) - 1)


def _no_collar(sheet: Sheet) -> list[dict[str, Any]]:
    """Assays of a hole that no collar table knows, at the end of the last campaign's."""
    rows = sheet.frame.iloc[:ORPHAN_ROWS].copy()
    rows["hole_id"] = "SYN-ZK9901"
    rows["sample_id"] = [f"ZK9901-{k + 1:03d}" for k in range(len(rows))]
    attrs = sheet.frame.attrs
    sheet.frame = pd.concat([sheet.frame, rows], ignore_index=True)
    sheet.frame.attrs = attrs
    first = len(sheet.frame) - ORPHAN_ROWS
    return [_record(sheet, "no_collar", first + k) for k in range(ORPHAN_ROWS)]


def _rows_after_removals(
    records: list[dict[str, Any]], sheets: list[Sheet]
) -> list[dict[str, Any]]:
    """Remove the rows of gaps, and turn positions into rows of the file."""
    by_place = {(s.path, s.sheet, s.table): s for s in sheets}
    for record in records:
        if "index" not in record:
            continue
        sheet = by_place[record["file"], record.get("sheet"), record["table"]]
        index = record.pop("index")
        above = sum(gone < index for gone in sheet.frame.attrs.get("removed", []))
        record["row"] = index - above + sheet.first_row
    for sheet in sheets:
        removed = sheet.frame.attrs.get("removed", [])
        sheet.frame = sheet.frame.drop(index=removed).reset_index(drop=True)
        sheet.frame.attrs = {}
    return records


def counts(records: list[dict[str, Any]]) -> dict[str, int]:
    """Number of defects by kind (below detection: of cells)."""
    result: dict[str, int] = {}
    for record in records:
        result[record["kind"]] = result.get(record["kind"], 0) + record.get("count", 1)
    return dict(sorted(result.items()))
