"""Rows of controls from the columns of a sheet: pairs and repeats, with their place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.qaqc.config import QaqcFile
from geo.qaqc.controls import PAIRS, REPEATS
from geo.qaqc.limits import limits
from geo.qaqc.sheets import ControlSheet, Determination
from geo.special.values import BELOW, NUMBER, OVER

Rows = NDArray[np.intp]


def _cells(column: Determination, rows: Rows) -> tuple[Any, Any]:
    """Values (NaN where nothing was determined) and whether they are below detection."""
    written = column.numbers.values
    good = column.numbers.of_kind(NUMBER, BELOW, OVER) & (written >= 0) & np.isfinite(written)
    values = np.where(good, written, np.nan)[rows]
    return values, column.numbers.of_kind(BELOW)[rows]


def _place(sheet: ControlSheet, file: QaqcFile, rows: Rows) -> dict[str, Any]:
    """File, sheet, row, laboratory and batch of rows."""

    def told(role: str, configured: str | None, default: str) -> Any:
        own = sheet.roles.get(role)
        plain = np.full(len(rows), configured or default, dtype=object)
        return plain if own is None else np.where(own[rows] == "", plain, own[rows])

    return {
        "file": file.path,
        "sheet": file.sheet or "",
        "row": sheet.rows[rows],
        "laboratory": told("laboratory", file.laboratory, ""),
        "batch": told("batch", file.batch, file.path),
    }


def pair_rows(
    sheet: ControlSheet,
    file: QaqcFile,
    kind: str,
    label: str,
    columns: tuple[Determination, Determination],
    rows: tuple[Rows, Rows],
    ids: tuple[Any, Any],
) -> pd.DataFrame:
    """Pairs of one determination; the place is the duplicate's."""
    (first, first_below), (second, second_below) = (
        _cells(column, at) for column, at in zip(columns, rows, strict=True)
    )
    return pd.DataFrame(
        {
            "kind": kind,
            "sample_id": ids[0],
            "other_id": ids[1],
            "element": label,
            "unit": columns[0].unit or columns[1].unit or "",
            "first": first,
            "second": second,
            "first_below": first_below,
            "second_below": second_below,
            **_place(sheet, file, rows[1]),
        }
    )[PAIRS]


def with_a_number(frame: pd.DataFrame) -> pd.DataFrame:
    """Pairs of checked columns only: where hardly any row has a duplicate, the blank ones go."""
    blank = frame["second"].isna() & ~frame["second_below"]
    rows = frame["row"].nunique()
    filled = frame.loc[~blank, "row"].nunique()
    return frame if filled > rows / 2 else frame[~blank].reset_index(drop=True)


def repeat_rows(
    sheet: ControlSheet, file: QaqcFile, rows: Rows, kinds: Any, names: Any
) -> pd.DataFrame:
    """Repeats of materials and blanks, every determination."""
    parts = [pd.DataFrame(columns=REPEATS)]
    for label, column in sheet.numbers.items():
        values, below = _cells(column, rows)
        parts.append(
            pd.DataFrame(
                {
                    "kind": kinds,
                    "material": names,
                    "sample_id": sheet.ids()[rows],
                    "element": label,
                    "unit": column.unit or "",
                    "value": values,
                    "below": below,
                    "previous_high": _after_high(column, rows),
                    **_place(sheet, file, rows),
                }
            )[REPEATS]
        )
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _after_high(column: Determination, rows: Rows) -> Any:
    """Whether the row before each control is among the highest of the table."""
    others = np.ones(len(column.numbers.values), dtype=bool)
    others[rows] = False
    values = np.where(column.numbers.of_kind(NUMBER, OVER), column.numbers.values, np.nan)
    known = values[others & np.isfinite(values)]
    if not len(known):
        return np.zeros(len(rows), dtype=bool)
    high = np.quantile(known, limits()["blank"]["after_high_quantile"])
    before = np.where(rows > 0, values[rows - 1], np.nan)
    return np.nan_to_num(before, nan=-np.inf) > high


def shown_limits(sheet: ControlSheet) -> dict[tuple[str, str], float]:
    """Detection limits as the cells below detection show them (the highest of a column)."""
    found = {}
    for label, column in sheet.numbers.items():
        below = column.numbers.of_kind(BELOW) & np.isfinite(column.numbers.values)
        if below.any():
            found[(label, column.unit or "")] = float(column.numbers.values[below].max())
    return found
