"""Checks of intervals: depths, overlaps, gaps, ends, orphans, shifted columns, lengths."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.kernels_checks import gaps, overlapping
from geo.checks.screening import Screening
from geo.dictionary import dictionary

OVERLAP_M = 0.01
"""A02 (expert default): two ends rounded to a centimetre don't overlap."""
GAP_M = 1e-3
"""A03: whatever is more than a millimetre is counted, since a gap is not ore."""
SLIGHTLY_PAST_M = 0.10
PAST_END_M = 1.0
"""C08 (expert default): below the end of the hole, warning and error."""
LENGTH_M = 0.02
"""A04 (expert default)."""
MAJORITY = 0.95
SECOND_SET_ROWS = 3
SECOND_SET_SHARE = 0.3
"""Two data sets under one name: at least so many rows overlap, this share of those that don't."""
COHERENT_SHARE = 0.9
"""... and this share of them overlaps nothing among themselves: a series of its own."""


def check_orphans(work: Screening, table: str) -> None:
    """Rows of holes that the collar table lacks, and of holes refused there."""
    accepted = np.zeros(len(work.names), dtype=bool)
    accepted[work.holes("collar")] = True
    if accepted[work.holes(table)].all():
        return
    known = np.array([name in work.delivered for name in work.names], dtype=bool)
    code = "BN-SUR-020" if table == "survey" else "BN-INT-009"
    work.flag_holes(table, code, (~accepted & known)[work.holes(table)], "hole_id")
    names = work.frames["collar"]["hole_id"].tolist()

    def words(i: int, rows: Any) -> dict[str, Any]:
        hole = str(work.names[work.holes(table)[i]])
        return {"near": ", ".join(difflib.get_close_matches(hole, names, n=3, cutoff=0.7)) or "-"}

    code = "BN-SUR-014" if table == "survey" else "BN-INT-006"
    work.flag_holes(table, code, ~accepted[work.holes(table)], "hole_id", words=words)


def check_intervals(work: Screening, table: str) -> bool:
    """Check one table of intervals; False where from and to are exchanged throughout.

    Overlaps leave the earlier interval standing.
    """
    check_orphans(work, table)
    if not len(work.frames[table]) or not _order(work, table):
        return not len(work.frames[table])
    if table == "assay":
        _gaps(work)
    _ends(work, table)
    _overlaps(work, table)
    work.settle(table)
    if "length_m" in work.frames[table]:
        _lengths(work, table)
    if "recovery_pct" in work.frames[table]:
        _recovery(work, table)
    if table == "density":
        _density(work)
    return True


def _arrays(work: Screening, table: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From and to of a table."""
    frame = work.frames[table]
    return frame["from_m"].to_numpy(dtype=float), frame["to_m"].to_numpy(dtype=float)


def interval_words(frame: pd.DataFrame, **more: Any) -> Any:
    """Words of a row: hole, from, to, and more columns."""
    holes, (from_m, to_m) = frame["hole_id"], (frame[c].to_numpy() for c in ("from_m", "to_m"))

    def words(i: int) -> dict[str, Any]:
        extra = {name: f"{column[i]:g}" for name, column in more.items()}
        return {"hole": holes.iloc[i], "from_m": f"{from_m[i]:g}", "to_m": f"{to_m[i]:g}", **extra}

    return words


def _order(work: Screening, table: str) -> bool:
    """A01: from below zero, or not above to; all exchanged; a row shifted by a column."""
    frame = work.frames[table]
    from_m, to_m = _arrays(work, table)
    exchanged = from_m > to_m
    if exchanged.sum() >= MAJORITY * len(frame) and len(frame) > 2:
        work.note(table, "BN-INT-012", "from_m", rows=exchanged, count=int(exchanged.sum()))
        return False
    wrong = (from_m >= to_m) | (from_m < 0)
    shifted = _shifted(work, table, wrong)
    options: dict[str, Any] = {"value": "from_m", "words": interval_words(frame), "stay": True}
    work.flag(table, "BN-INT-011", shifted, "from_m", **options)
    work.flag(table, "BN-INT-001", wrong & ~shifted, "from_m", **options)
    return True


def _shifted(work: Screening, table: str, suspects: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of ``suspects`` whose cells slipped by a column, told by their neighbours in the file.

    To the left: ``from`` holds what the next row begins with, and ``to`` no depth of the row. To
    the right: ``to`` holds what the row before ends with, and a grade or length what the next row
    begins with. From and to merely exchanged are neither.
    """
    shifted = np.zeros(len(suspects), dtype=bool)
    rows = np.flatnonzero(suspects)
    if not len(rows):
        return shifted
    frame = work.frames[table]
    keys = ["file", "sheet", "row"]
    numbers = frame["row"].to_numpy()[rows]
    near = frame[np.isin(frame["row"].to_numpy(), np.r_[numbers - 1, numbers + 1])]
    values = {
        tuple(place): (hole, a, b)
        for *place, hole, a, b in near[[*keys, "hole", "from_m", "to_m"]].itertuples(index=False)
    }
    suspect = frame[[*keys, "hole", "from_m", "to_m"]].iloc[rows]
    others = [c for c in (*element_columns(frame), "length_m") if c in frame]
    cells = frame[others].iloc[rows].to_numpy(dtype=float)
    for n, (file, sheet, row, hole, a, b) in enumerate(suspect.itertuples(index=False)):
        before = values.get((file, sheet, row - 1), (-1, np.nan, np.nan))
        after = values.get((file, sheet, row + 1), (-1, np.nan, np.nan))
        exchanged = before[0] == hole and abs(before[2] - b) <= OVERLAP_M
        left = after[0] == hole and abs(after[1] - a) <= OVERLAP_M and a > b and not exchanged
        right = exchanged and after[0] == hole
        shifted[rows[n]] = left or (
            right and bool((np.abs(cells[n] - after[1]) <= OVERLAP_M).any())
        )
    return shifted


def _ends(work: Screening, table: str) -> None:
    """C08: intervals below the end of the hole."""
    frame = work.frames[table]
    ends = work.collar_depths()[work.holes(table)]
    past = np.where(work.alive(table), frame["to_m"].to_numpy(dtype=float) - ends, np.nan)
    options: dict[str, Any] = {"value": "to_m", "words": interval_words(frame, limit=ends)}
    slightly = (past > SLIGHTLY_PAST_M) & (past <= PAST_END_M)
    work.flag(table, "BN-INT-005", slightly, "to_m", **options)
    work.flag(table, "BN-INT-004", past > PAST_END_M, "to_m", stay=True, **options)


def _overlaps(work: Screening, table: str) -> None:
    """A02: the later of two overlapping intervals is refused; whole second sets are named."""
    frame, hole = work.frames[table], work.holes(table)
    from_m, to_m = _arrays(work, table)
    alive = work.alive(table)
    refused, above = overlapping(hole, from_m, to_m, alive, OVERLAP_M)
    if not refused.any():
        return
    repeated = refused & _repeated(frame)
    second = refused & ~repeated
    inner, _ = overlapping(hole, from_m, to_m, second, OVERLAP_M)
    count, kept, torn = (
        np.bincount(hole[mask], minlength=len(work.names))
        for mask in (second, alive & ~refused, inner)
    )
    double = (count >= SECOND_SET_ROWS) & (count >= SECOND_SET_SHARE * kept)
    double &= torn <= (1 - COHERENT_SHARE) * count
    both = alive & double[hole]
    words = interval_words(frame, limit=above)
    options: dict[str, Any] = {"value": "from_m", "words": words, "stay": True}
    work.flag(table, "BN-INT-010", repeated & ~both, "from_m", **options)
    shifted = _shifted(work, table, second & ~both)
    work.flag(table, "BN-INT-011", shifted, "from_m", **options)
    work.flag(table, "BN-INT-002", second & ~both & ~shifted, "from_m", **options)
    if both.any():
        series = lambda i, rows: {"other": int(second[rows].sum())}  # noqa: E731
        work.flag_holes(table, "BN-INT-013", both, "hole_id", words=series)


def _repeated(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows that say again what an earlier row of the same hole, from and to said."""
    places = frame.duplicated(["hole", "from_m", "to_m"], keep=False).to_numpy()
    rows = np.flatnonzero(places)
    known = [c for c in frame.columns if c not in ("row", "file", "sheet", "as_of", "hole_id")]
    again = np.zeros(len(frame), dtype=bool)
    again[rows] = frame.iloc[rows].duplicated(known).to_numpy()
    return again


def _gaps(work: Screening) -> None:
    """A03: metres between two intervals of a hole that no interval covers.

    Judged before rows are refused, so that a refused interval is not reported as a gap too.
    """
    from_m, to_m = _arrays(work, "assay")
    rows, ends = gaps(work.holes("assay"), from_m, to_m, GAP_M)
    above = dict(zip(rows.tolist(), ends.tolist(), strict=True))
    holes = work.frames["assay"]["hole_id"]

    def words(i: int) -> dict[str, Any]:
        low = min(from_m[i], to_m[i])
        where: dict[str, Any] = {"from_m": f"{above[i]:g}", "to_m": f"{low:g}"}
        return {"hole": holes.iloc[i], "length": f"{low - above[i]:.2f}", **where}

    gap = np.zeros(len(from_m), dtype=bool)
    gap[rows] = True
    work.flag("assay", "BN-INT-003", gap, "from_m", value="from_m", words=words)


def _lengths(work: Screening, table: str) -> None:
    """A04: the written sample length against to minus from."""
    frame = work.frames[table]
    from_m, to_m = _arrays(work, table)
    length, expected = frame["length_m"].to_numpy(dtype=float), to_m - from_m
    wrong = np.abs(length - expected) > LENGTH_M + 1e-9
    words = interval_words(frame, length=length, expected=expected)
    work.flag(table, "BN-INT-007", wrong, "length_m", value="length_m", words=words)


RECOVERY_PCT = (75.0, 105.0)
"""A07: rock below 75 %, core more than 5 % too long (unverified)."""
DENSITY_TPM3 = (1.0, 6.0)
"""A20: no rock is outside (expert default)."""


def _recovery(work: Screening, table: str) -> None:
    """A07: core recovery below 75 % or above 105 %."""
    recovery = work.frames[table]["recovery_pct"].to_numpy(dtype=float)
    low, high = RECOVERY_PCT
    wrong = (recovery < low) | (recovery > high)
    words = lambda i: {"recovery": f"{recovery[i]:g}", "low": f"{low:g}", "high": f"{high:g}"}  # noqa: E731
    work.flag(table, "BN-ASY-009", wrong, "recovery_pct", words=words)


def _density(work: Screening) -> None:
    """A20: densities that no rock has."""
    density = work.frames["density"]["density_tpm3"].to_numpy(dtype=float)
    low, high = DENSITY_TPM3
    limits = {"low": f"{low:g}", "high": f"{high:g}"}
    work.flag(
        "density",
        "BN-ASY-010",
        (density < low) | (density > high),
        "density_tpm3",
        value="density_tpm3",
        words=lambda i: limits,
    )


def element_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of a frame that hold grades, in order (``cu_pct``, ``re_ppm``, ...)."""
    book = dictionary()
    return [c for c in frame.columns if book.kind("assay", str(c)) == "grade"]
