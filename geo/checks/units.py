"""Holes, batches and laboratories whose grades stand in another unit, told by their size.

A hole assayed in ppm under a heading in per cent may hold no impossible grade: 4 to 20 ppm are 4 to
20 %. It stands out by its median against the other holes'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.intervals import element_columns
from geo.checks.screening import Screening
from geo.tables.encoding import encoded

TIMES_ERROR, TIMES_WARNING = 30.0, 8.0
"""So many times the median of the others (expert default): per cent and ppm are 10 000 apart, and
holes of one deposit, the richest against the usual, seldom 8."""
GAP_ERROR, GAP_WARNING = 10.0, 2.0
"""... and so many times the 99th percentile of the others' medians (expert default): rich holes of
a real deposit follow each other without such a gap."""
RICHEST = 99.0
POOREST = 0.1
"""All but this share of samples, the poorest, lie above the richest holes' medians too: a hole that
found ore has waste too, a hole in another unit has none."""
COMPARED = ("_pct", "re_ppm")
"""Not g/t (it is ppm; gold varies), nor traces of rocks (Ba, Cr), which differ between holes."""
HOLE_LEAST, GROUP_LEAST = 5, 10
"""Samples of a hole, and of a batch or laboratory, to be compared."""
OTHERS_LEAST = 5
"""Fewer holes or groups to compare with say nothing."""
GROUPS = {"batch": ("批次", "batch"), "laboratory": ("实验室", "laboratory")}
DRAWN = 51
"""Samples, evenly spaced, that stand for a group's distribution."""


@dataclass(frozen=True)
class _Groups:
    """Distribution of one column's positive grades by group; arrays (g,)."""

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]
    medians: NDArray[np.float64]
    poorest: NDArray[np.float64]
    """The grade below which :data:`POOREST` of a group's samples lie."""


def check_units(work: Screening, table: str) -> None:
    """Holes far richer than the others are refused (BN-ASY-030), or told of (BN-ASY-031).

    Batches and laboratories far above the others are told of (BN-ASY-031).
    """
    for column in _compared(work.frames[table]):
        if len(work.frames[table]):
            _holes(work, table, column)
    if len(work.frames[table]):
        for by in GROUPS:
            if by in work.frames[table]:
                _groups(work, table, by)


def _compared(frame: pd.DataFrame) -> list[str]:
    """Columns of grades that are compared."""
    return [column for column in element_columns(frame) if column.endswith(COMPARED)]


def _holes(work: Screening, table: str, column: str) -> None:
    """One element, hole by hole."""
    values = work.frames[table][column].to_numpy(dtype=float)
    made = _by_group(values, work.holes(table), HOLE_LEAST)
    errors, warnings, usual = _judged(made)
    for code, chosen in (("BN-ASY-031", warnings), ("BN-ASY-030", errors)):
        if not chosen.any():
            continue
        wanted = np.zeros(len(work.names), dtype=bool)
        wanted[made.numbers[chosen]] = True
        numbers = work.holes(table)

        def words(i: int, rows: NDArray[np.intp], numbers: Any = numbers) -> dict[str, Any]:
            hole = str(work.names[numbers[i]])
            named = {"kind_zh": "孔", "kind_en": "hole", "group": hole}
            return named | _sizes(column, values[rows], usual)

        work.flag_holes(table, code, wanted[numbers], column, words=words)


def _groups(work: Screening, table: str, by: str) -> None:
    """All elements, by batch or laboratory."""
    frame = work.frames[table]
    codes, names = encoded(frame[by])
    named = np.array([bool(name) and bool(str(name).strip()) for name in names], dtype=bool)
    if named.sum() <= OTHERS_LEAST:
        return
    short = codes.astype(np.uint16) if len(names) <= 1 << 16 else codes
    order = np.argsort(short, kind="stable")
    ordered = codes[order]
    for column in _compared(frame):
        values = frame[column].to_numpy(dtype=float)[order]
        values[~named[ordered]] = np.nan
        made = _by_group(values, ordered, GROUP_LEAST)
        errors, warnings, usual = _judged(made)
        for at in np.flatnonzero(errors | warnings):
            number = int(made.numbers[at])
            mine = codes == number
            zh, en = GROUPS[by]
            words = {"kind_zh": zh, "kind_en": en, "group": str(names[number])}
            words |= _sizes(column, frame[column].to_numpy(dtype=float)[mine], usual)
            work.note(table, "BN-ASY-031", column, rows=mine, **words)


def _sizes(column: str, values: NDArray[np.float64], usual: float) -> dict[str, str]:
    """Words on the median of positive values and the usual one, in the column's unit."""
    element, _, unit = column.rpartition("_")
    sign = {"pct": "%", "gpt": "g/t"}.get(unit, unit)
    return {
        "element": element.capitalize(),
        "median": f"{np.median(values[values > 0]):.3g}",
        "usual": f"{usual:.3g}",
        "unit": sign,
    }


def _by_group(values: NDArray[np.float64], numbers: NDArray[Any], least: int) -> _Groups:
    """Distribution of positive ``values`` (n,) by ``numbers`` (n,) that stand in one piece each.

    Groups with fewer than ``least`` positive values are left out.
    """
    at = np.flatnonzero(values > 0)
    group = numbers[at]
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(at) else at
    counts = np.diff(np.r_[first, len(at)])
    enough = counts >= least
    first, counts = first[enough], counts[enough]
    places = first[:, None] + (np.arange(DRAWN) * 2 + 1) * counts[:, None] // (2 * DRAWN)
    drawn = np.sort(values[at[places]], axis=1)
    return _Groups(
        group[first].astype(np.int64), counts, drawn[:, DRAWN // 2], drawn[:, int(POOREST * DRAWN)]
    )


def _judged(made: _Groups) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Which groups are far too rich, which are rich, and the others' usual median.

    Suspects don't count among the others, so that several of them don't hide each other.
    """
    nothing = np.zeros(len(made.numbers), dtype=bool)
    if len(made.numbers) <= OTHERS_LEAST:
        return nothing, nothing, 0.0
    suspect = made.medians >= TIMES_WARNING * np.median(made.medians)
    others = made.medians[~suspect]
    if not suspect.any() or len(others) < OTHERS_LEAST:
        return nothing, nothing, 0.0
    usual = float(np.median(others))
    richest = float(np.percentile(others, RICHEST))
    suspect &= made.poorest > richest
    errors = suspect & (made.medians >= max(TIMES_ERROR * usual, GAP_ERROR * richest))
    warned = suspect & (made.medians >= max(TIMES_WARNING * usual, GAP_WARNING * richest))
    return errors, warned & ~errors, usual
