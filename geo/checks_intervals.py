"""Checks of intervals: depths, overlaps, gaps, ends, orphans, lengths."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.dictionary import dictionary
from geo.screening import Screening

OVERLAP_M = 0.01
GAP_M = 0.10
SLIGHTLY_PAST_M = 0.10
PAST_END_M = 1.0
LENGTH_M = 0.02
SAMPLE_M = (0.2, 5.0)
RECOVERY_PCT = (75.0, 105.0)
DENSITY_TPM3 = (1.0, 6.0)


def check_orphans(work: Screening, table: str) -> None:
    """Rows of holes that the collar table lacks (or that were refused there)."""
    names = sorted(set(work.frames["collar"]["hole_id"]))
    holes = work.frames[table]["hole_id"].to_numpy()
    orphan = ~np.isin(holes, names)
    near: dict[str, str] = {}
    for hole in sorted(set(holes[orphan])):
        near[hole] = ", ".join(difflib.get_close_matches(hole, names, n=3, cutoff=0.7)) or "-"
    code = "BN-SUR-014" if table == "survey" else "BN-INT-006"
    work.flag(
        table,
        code,
        orphan,
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i], "near": near[holes[i]]},
    )


def check_intervals(work: Screening, table: str) -> None:
    """Check one table of intervals; overlaps leave the earlier interval standing."""
    check_orphans(work, table)
    if table == "assay":
        _gaps(work)
    _order(work, table)
    _ends(work, table)
    _overlaps(work, table)
    if "length_m" in work.frames[table]:
        _lengths(work, table)
    if table == "assay":
        _samples(work)
    if "recovery_pct" in work.frames[table]:
        _recovery(work, table)
    if table == "density":
        _density(work)


def _words(frame: pd.DataFrame, **more: Any) -> Any:
    """Words of a row: hole, from, to, and more columns."""
    holes, from_m, to_m = (frame[c].to_numpy() for c in ("hole_id", "from_m", "to_m"))

    def words(i: int) -> dict[str, Any]:
        extra = {name: f"{column[i]:g}" for name, column in more.items()}
        return {"hole": holes[i], "from_m": f"{from_m[i]:g}", "to_m": f"{to_m[i]:g}", **extra}

    return words


def _order(work: Screening, table: str) -> None:
    """A01: from below zero, or not above to."""
    frame = work.frames[table]
    wrong = (frame["from_m"] >= frame["to_m"]) | (frame["from_m"] < 0)
    work.flag(table, "BN-INT-001", wrong, "from_m", value="from_m", words=_words(frame))


def _ends(work: Screening, table: str) -> None:
    """C08: intervals below the end of the hole."""
    for code, least, most in (
        ("BN-INT-004", PAST_END_M, np.inf),
        ("BN-INT-005", SLIGHTLY_PAST_M, PAST_END_M),
    ):
        frame = work.frames[table]
        ends = frame["hole_id"].map(work.collar_depths()).to_numpy(dtype=float)
        past = frame["to_m"].to_numpy() - ends
        mask = (past > least) & (past <= most)
        work.flag(table, code, mask, "to_m", value="to_m", words=_words(frame, limit=ends))


def overlapping(
    holes: NDArray[Any], from_m: NDArray[np.float64], to_m: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Rows (sorted by hole and from) that overlap an accepted earlier row by over 1 cm.

    Returns the mask and, for each row, the end of the accepted interval above it (NaN for the
    first of a hole).
    """
    refused = np.zeros(len(holes), dtype=bool)
    above = np.full(len(holes), np.nan)
    same = np.r_[False, holes[1:] == holes[:-1]] if len(holes) else np.zeros(0, dtype=bool)
    end = -np.inf
    for i, (start, stop) in enumerate(zip(from_m.tolist(), to_m.tolist(), strict=True)):
        if not same[i]:
            end = -np.inf
        else:
            above[i] = end
        if start < end - OVERLAP_M:
            refused[i] = True
        else:
            end = max(end, stop)
    return refused, above


def _overlaps(work: Screening, table: str) -> None:
    """A02: the later of two overlapping intervals is refused."""
    frame = work.frames[table]
    holes, from_m, to_m = (frame[c].to_numpy() for c in ("hole_id", "from_m", "to_m"))
    refused, above = overlapping(holes, from_m, to_m)
    words = _words(frame, limit=above)
    work.flag(table, "BN-INT-002", refused, "from_m", value="from_m", words=words)


def _gaps(work: Screening) -> None:
    """A03: metres between two intervals of a hole that no interval covers.

    Judged before rows are refused, so that a refused interval is not reported as a gap too.
    """
    frame = work.frames["assay"]
    low = frame[["from_m", "to_m"]].min(axis=1)
    high = frame[["from_m", "to_m"]].max(axis=1)
    order = pd.DataFrame({"hole": frame["hole_id"], "low": low, "high": high})
    order = order.sort_values(["hole", "low"], kind="stable")
    above = order.groupby("hole")["high"].cummax().groupby(order["hole"]).shift().sort_index()
    gap = (low - above).to_numpy()
    holes, ends, starts = frame["hole_id"].to_numpy(), above.to_numpy(), low.to_numpy()

    def words(i: int) -> dict[str, Any]:
        length = f"{gap[i]:.2f}"
        where: dict[str, Any] = {"from_m": f"{ends[i]:g}", "to_m": f"{starts[i]:g}"}
        return {"hole": holes[i], "length": length, **where}

    work.flag("assay", "BN-INT-003", gap > GAP_M + 1e-9, "from_m", value="from_m", words=words)


def _lengths(work: Screening, table: str) -> None:
    """A04: the written sample length against to minus from."""
    frame = work.frames[table]
    length = frame["length_m"].to_numpy()
    expected = (frame["to_m"] - frame["from_m"]).to_numpy()
    wrong = np.abs(length - expected) > LENGTH_M + 1e-9
    words = _words(frame, length=length, expected=expected)
    work.flag(table, "BN-INT-007", wrong, "length_m", value="length_m", words=words)


def _samples(work: Screening) -> None:
    """A06, A05: unusual sample lengths, and sample numbers that repeat within a hole."""
    frame = work.frames["assay"]
    elements = element_columns(frame)
    assayed = frame[elements].notna().any(axis=1).to_numpy()
    length = (frame["to_m"] - frame["from_m"]).to_numpy()
    low, high = SAMPLE_M
    unusual = assayed & ((length < low - 1e-9) | (length > high + 1e-9))
    words = lambda i: {"length": f"{length[i]:.2f}", "low": f"{low:g}", "high": f"{high:g}"}  # noqa: E731
    work.flag("assay", "BN-ASY-007", unusual, "to_m", words=words)
    if "sample_id" in frame:
        named = (frame["sample_id"] != "").to_numpy()
        double = frame.duplicated(["hole_id", "sample_id"]).to_numpy() & named
        words = _words(frame)
        work.flag("assay", "BN-ASY-008", double, "sample_id", value="sample_id", words=words)


def _recovery(work: Screening, table: str) -> None:
    """A07: core recovery below 75 % or above 105 %."""
    recovery = work.frames[table]["recovery_pct"].to_numpy()
    low, high = RECOVERY_PCT
    wrong = (recovery < low) | (recovery > high)
    words = lambda i: {"recovery": f"{recovery[i]:g}", "low": f"{low:g}", "high": f"{high:g}"}  # noqa: E731
    work.flag(table, "BN-ASY-009", wrong, "recovery_pct", words=words)


def _density(work: Screening) -> None:
    """A20: densities that no rock has."""
    density = work.frames["density"]["density_tpm3"].to_numpy()
    low, high = DENSITY_TPM3
    wrong = (density < low) | (density > high)
    limits = {"low": f"{low:g}", "high": f"{high:g}"}
    work.flag(
        "density",
        "BN-ASY-010",
        wrong,
        "density_tpm3",
        value="density_tpm3",
        words=lambda i: limits,
    )


def element_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of a frame that hold grades, in order (``cu_pct``, ``re_ppm``, ...)."""
    book = dictionary()
    return [c for c in frame.columns if book.kind("assay", str(c)) == "grade"]
