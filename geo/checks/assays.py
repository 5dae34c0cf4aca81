"""Checks of grades against each other and against themselves: what no rock and no drill core has.

They run after refused rows are gone; none of them changes a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.intervals import element_columns
from geo.checks.kernels_checks import two_largest
from geo.checks.kernels_copies import finish_marks, may_repeat, mix_in, windows_of
from geo.checks.screening import Screening
from geo.checks.units import check_units
from geo.dictionary import dictionary, normal
from geo.robust import scaled_mad

TABLES = ("assay", "combined")
S_TO_CU = 0.2
"""Least sulphur for the copper of sulphide ore: chalcocite, the poorest, has S/Cu = 0.25 by mass
(Cu2S: 32.06 / 127.09); one fifth leaves room for error of assay."""
CU_TESTED_PCT = 0.1
"""Copper below this is not tested against sulphur: a little oxide there says nothing."""
SULPHIDE = {
    "sulphide",
    "sulfide",
    "hypogene",
    "primary",
    "硫化",
    "硫化矿",
    "硫化带",
    "原生",
    "原生带",
}
"""Logged oxidation that means sulphide ore."""
RE_IN_MOS2_PPM = (5.0, 3000.0)
"""Rhenium in molybdenite, ppm: porphyry Mo from 10, porphyry Cu-Au to 3000; unverified bounds."""
MO_TO_MOS2 = 160.07 / 95.95
"""Mass of MoS2 over the mass of its Mo (molar masses, g/mol)."""
MO_TESTED_PCT = 0.002
"""Below this molybdenum the ratio is noise of two detection limits."""
SUM_MOST_PCT = 100.5
"""All elements of one sample together; half a per cent for error of assay."""
RUN_LEAST = 5
"""So many equal samples in sequence look like a copied row."""
RUN_SHARE = 0.02
"""A single element's run counts only where its value fills less of the column than this: grades
rounded to 0.01 % repeat by chance."""
HEAP_LEAST, HEAP_SHARE = 200, 0.4
"""A column of at least so many values heaps where more than this share ends in 0 or 5 (0.2 by
chance)."""
OUTLIER_SIZE = 7.0
"""Robust standard deviations of the logarithm: none of 1e9 values of one lognormal body."""
ALONE_SIZE, ALONE_TIMES = 5.0, 10.0
"""A single highest value is told from so many standard deviations on where it is so many times the
next one: a decimal point slipped."""
OUTLIER_LEAST = 50
"""Fewer values have no scale to speak of."""
SAMPLED = 100_000
"""Column statistics are taken from at most so many rows, evenly spaced."""
COPIED_LEAST = 5
CHANCE = 1e-6
"""Expected number of sequences that agree between two holes by chance; where short sequences agree
more often, longer ones are asked for."""
COPIED_MOST = 40
NOISE_SHARE = 0.05


def check_assays(work: Screening) -> None:
    """Check the grades of basic and combined samples against what can be true.

    Rules BN-ASY-021 to BN-ASY-023, BN-ASY-030 and 031; the frames are sorted by hole and depth.
    """
    for table in TABLES:
        if table in work.frames and len(work.frames[table]):
            check_units(work, table)
        if table in work.frames and len(work.frames[table]):
            _sums(work, table)
        if table in work.frames and len(work.frames[table]):
            _rhenium(work, table)
            _oxide_copper(work, table)


def note_assays(work: Screening) -> None:
    """Note unusual grades: rules BN-ASY-024 to BN-ASY-029; nothing is refused."""
    for table in TABLES:
        if table in work.frames and len(work.frames[table]):
            _columns(work, table)
    if "assay" in work.frames and len(work.frames["assay"]):
        _sulphur(work)
        _runs(work)
        _copies(work)


def _row_words(frame: pd.DataFrame, **more: NDArray[Any]) -> Callable[[int], dict[str, Any]]:
    """Words of a row: its hole, and the values of more columns."""
    holes = frame["hole_id"]

    def words(i: int) -> dict[str, Any]:
        extra = {name: f"{values[i]:g}" for name, values in more.items()}
        return {"hole": str(holes.iloc[i]), **extra}

    return words


def _sums(work: Screening, table: str) -> None:
    """A11: all elements of a sample together are more than the sample."""
    frame = work.frames[table]
    total = np.zeros(len(frame))
    book = dictionary()
    for column in element_columns(frame):
        unit = book.units[column.rpartition("_")[2]]
        values = frame[column].to_numpy(dtype=float)
        np.add(total, np.where(values > 0, values, 0.0) * (100 * unit.factor), out=total)
    limit = f"{SUM_MOST_PCT:g}"
    words = _row_words(frame, total=total)
    work.flag(
        table, "BN-ASY-021", total > SUM_MOST_PCT, None, words=lambda i: words(i) | {"limit": limit}
    )


def _rhenium(work: Screening, table: str) -> None:
    """A14: rhenium that its molybdenite can't hold, or molybdenite without rhenium.

    ``Re in MoS2 (ppm) = Re (g/t) / (Mo (%) x 0.01 x 160.07/95.95)``: rhenium sits in the
    molybdenite lattice only.
    """
    frame = work.frames[table]
    if not {"re_ppm", "mo_pct"} <= set(frame.columns):
        return
    re, mo = (frame[c].to_numpy(dtype=float) for c in ("re_ppm", "mo_pct"))
    with np.errstate(divide="ignore", invalid="ignore"):
        held = re / (mo * 0.01 * MO_TO_MOS2)
    low, high = RE_IN_MOS2_PPM
    wrong = (mo >= MO_TESTED_PCT) & (re > 0) & ((held < low) | (held > high))
    words = _row_words(frame, ratio=held, re=re, mo=mo)
    limits = {"low": f"{low:g}", "high": f"{high:g}"}
    work.flag(
        table, "BN-ASY-022", wrong, "re_ppm", value="re_ppm", words=lambda i: words(i) | limits
    )


def _oxide_copper(work: Screening, table: str) -> None:
    """A12: more acid-soluble (oxide) copper than copper, by more than two smallest values."""
    frame = work.frames[table]
    if not {"cuo_pct", "cu_pct"} <= set(frame.columns):
        return
    oxide, copper = (frame[c].to_numpy(dtype=float) for c in ("cuo_pct", "cu_pct"))
    positive = oxide[oxide > 0]
    limit = float(positive.min()) if len(positive) else 0.0
    words = _row_words(frame, oxide=oxide, copper=copper)
    work.flag(
        table, "BN-ASY-023", oxide > copper + 2 * limit, "cuo_pct", value="cuo_pct", words=words
    )


def _sulphur(work: Screening) -> None:
    """A11: too little sulphur for the copper, where the log says sulphide."""
    frame = work.frames["assay"]
    if not {"cu_pct", "s_pct"} <= set(frame.columns) or "lithology" not in work.frames:
        return
    copper, sulphur = (frame[c].to_numpy(dtype=float) for c in ("cu_pct", "s_pct"))
    suspect = np.flatnonzero((copper >= CU_TESTED_PCT) & (sulphur < S_TO_CU * copper))
    if not len(suspect):
        return
    middle = (frame["from_m"].to_numpy(float) + frame["to_m"].to_numpy(float))[suspect] / 2
    wrong = np.zeros(len(frame), dtype=bool)
    wrong[suspect] = _in_sulphide(work, work.holes("assay")[suspect], middle)
    words = _row_words(frame, copper=copper, sulphur=sulphur)
    share = f"{S_TO_CU:g}"
    work.flag(
        "assay",
        "BN-ASY-024",
        wrong,
        "s_pct",
        value="s_pct",
        words=lambda i: words(i) | {"share": share},
    )


def _in_sulphide(
    work: Screening, holes: NDArray[np.int32], depth_m: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether each place (hole number, depth) is logged as sulphide."""
    log = work.frames["lithology"]
    if "oxidation" not in log or not len(log):
        return np.zeros(len(holes), dtype=bool)
    code = log["oxidation"].astype(str)
    known = {text: normal(text) in SULPHIDE for text in code.unique()}
    sulphide = code.map(known).to_numpy(dtype=bool)
    start, stop = log["from_m"].to_numpy(float), log["to_m"].to_numpy(float)
    number = work.holes("lithology")
    span = max(float(np.nanmax(stop)), float(depth_m.max())) + 1.0
    place = np.searchsorted(number * span + start, holes * span + depth_m, side="right") - 1
    at = np.clip(place, 0, None)
    return (place >= 0) & (number[at] == holes) & (depth_m <= stop[at]) & sulphide[at]


def _columns(work: Screening, table: str) -> None:
    """Outliers (A21), heaps of last digits (A16) and noise of single precision, by column."""
    frame = work.frames[table]
    for column in element_columns(frame):
        values = frame[column].to_numpy(dtype=float)
        sample = values[:: max(1, len(values) // SAMPLED)]
        sample = sample[sample > 0]
        if len(sample) >= OUTLIER_LEAST:
            _outliers(work, table, column, values, sample)
        _digits(work, table, column, sample)


def _outliers(
    work: Screening, table: str, column: str, values: NDArray[np.float64], sample: Any
) -> None:
    """A21: grades far above the rest by median and MAD of the logarithm."""
    logs = np.log(sample)
    middle = float(np.median(logs))
    scale = scaled_mad(logs)
    if scale <= 0:
        return
    limit = float(np.exp(middle + OUTLIER_SIZE * scale))
    below, top = two_largest(values)
    alone = top > ALONE_TIMES * below and np.log(top) > middle + ALONE_SIZE * scale
    limit = min(limit, float(below)) if alone else limit
    words = {"limit": f"{limit:.3g}", "median": f"{np.exp(middle):.3g}", "named": column}
    work.flag(table, "BN-ASY-025", values > limit, column, value=column, words=lambda i: words)


def _digits(work: Screening, table: str, column: str, sample: NDArray[np.float64]) -> None:
    """A16: last digits that heap at 0 and 5; and digits that only single precision writes."""
    if len(sample) < HEAP_LEAST:
        return
    rounded = _significant(sample, 6)
    noisy = (rounded != sample) & (np.abs(rounded - sample) < 1e-6 * sample)
    if noisy.mean() > NOISE_SHARE:
        example = f"{sample[np.flatnonzero(noisy)[0]]:.10g}"
        share = f"{100 * noisy.mean():.0f}"
        work.note(table, "BN-ASY-029", column, share=share, example=example, named=column)
    places = next((d for d in range(9) if _whole(rounded, d)), None)
    if places is None:
        return
    units = np.rint(rounded * 10.0**places)
    last = units[units >= 10] % 10
    if len(last) >= HEAP_LEAST and (share_of := float(np.isin(last, (0, 5)).mean())) > HEAP_SHARE:
        work.note(table, "BN-ASY-026", column, share=f"{100 * share_of:.0f}", named=column)


def _whole(values: NDArray[np.float64], places: int) -> bool:
    """Whether nearly all values have no more than so many decimals."""
    scaled = values * 10.0**places
    return bool((np.abs(scaled - np.rint(scaled)) < 1e-6 * np.maximum(scaled, 1)).mean() > 0.98)


def _significant(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Positive values rounded to so many significant digits."""
    power = digits - 1 - np.floor(np.log10(values)).astype(int)
    tens = 10.0 ** np.abs(power)
    whole = np.rint(np.where(power >= 0, values * tens, values / tens))
    return np.where(power >= 0, whole / tens, whole * tens)


def _runs(work: Screening) -> None:
    """A15: five and more samples of a hole in sequence with the very same grades."""
    frame = work.frames["assay"]
    holes = work.holes("assay")
    columns = element_columns(frame)
    same = np.ones(len(frame) - 1, dtype=bool) & (holes[1:] == holes[:-1])
    filled = np.zeros(len(frame), dtype=np.int16)
    for column in columns:
        values = frame[column].to_numpy(dtype=float)
        blank = np.isnan(values)
        same &= (values[1:] == values[:-1]) | (blank[1:] & blank[:-1])
        filled += values > 0
    if not same.any():
        return
    starts, lengths = _stretches(same)
    long = (lengths + 1 >= RUN_LEAST) & (filled[starts] > 0)
    starts, lengths = starts[long], lengths[long]
    unusual = _unusual(frame, columns, starts, lengths + 1)
    counts = dict(zip(starts[unusual].tolist(), (lengths[unusual] + 1).tolist(), strict=True))
    first = np.zeros(len(frame), dtype=bool)
    first[starts[unusual]] = True
    words = _row_words(frame)
    work.flag(
        "assay", "BN-ASY-027", first, columns[0], words=lambda i: words(i) | {"count": counts[i]}
    )


def _stretches(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Starts and lengths of the stretches of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(np.int8), 0]))
    return edges[::2], edges[1::2] - edges[::2]


def _unusual(
    frame: pd.DataFrame, columns: list[str], rows: NDArray[np.intp], lengths: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which runs have a grade that is rare elsewhere in its column, and above the lowest level."""
    unusual = np.zeros(len(rows), dtype=bool)
    for column in columns if len(rows) else ():
        values = frame[column].to_numpy(dtype=float)
        ranked = np.sort(values[values > 0])
        mine = values[rows]
        below, upto = (np.searchsorted(ranked, mine, side=side) for side in ("left", "right"))
        share = (upto - below - lengths) / max(len(ranked), 1)
        unusual |= (mine > 0) & (below > 0) & (share < RUN_SHARE)
    return unusual


def _copies(work: Screening) -> None:
    """One sequence of grades in two holes: assays copied from one hole to another."""
    frame = work.frames["assay"]
    columns = element_columns(frame)
    if not columns or len(frame) < 2 * COPIED_LEAST:
        return
    holes = work.holes("assay")
    marks = _row_marks(frame, columns)
    length = _window(marks)
    if length is None or length > len(frame):
        return
    windows, valid = windows_of(marks, holes, length)
    partner = _partners(windows, valid, holes)
    found = np.flatnonzero(partner >= 0)
    if not len(found):
        return
    pairs = pd.DataFrame({"hole": holes[found], "other": holes[partner[found]], "row": found})
    covered: dict[int, int] = {}
    for _, part in pairs.groupby(["hole", "other"], sort=False):
        rows = (part["row"].to_numpy()[:, None] + np.arange(length)).ravel()
        covered[int(part["row"].iloc[0])] = len(np.unique(rows))
    first = np.isin(np.arange(len(frame)), list(covered))
    ids, starts = frame["hole_id"], frame["from_m"].to_numpy(dtype=float)

    def words(i: int) -> dict[str, Any]:
        other = int(partner[i])
        where = {"from_m": f"{starts[i]:g}", "other_from_m": f"{starts[other]:g}"}
        return {
            "hole": str(ids.iloc[i]),
            "other": str(ids.iloc[other]),
            "count": covered[i],
            **where,
        }

    work.flag("assay", "BN-ASY-028", first, columns[0], words=words)


def _partners(
    windows: NDArray[np.uint64], valid: NDArray[np.bool_], holes: NDArray[np.int32]
) -> NDArray[np.intp]:
    """For each row the start of the same sequence in an earlier hole; -1 where there is none."""
    at = np.flatnonzero(may_repeat(windows, valid))
    order = at[np.argsort(windows[at], kind="stable")]
    same = windows[order][1:] == windows[order][:-1]
    partner = np.full(len(windows), -1, dtype=np.intp)
    for first, second in zip(order[:-1][same].tolist(), order[1:][same].tolist(), strict=True):
        if holes[first] != holes[second]:
            partner[max(first, second)] = min(first, second)
    return partner


def _row_marks(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.uint64]:
    """A number for each row's grades; equal rows have equal numbers, 0 where nothing was found."""
    marks = np.zeros(len(frame), dtype=np.uint64)
    filled = np.zeros(len(frame), dtype=bool)
    for column in columns:
        values = frame[column].to_numpy(dtype=float)
        mix_in(marks, filled, values, values.view(np.uint64))
    finish_marks(marks, filled)
    return marks


def _window(marks: NDArray[np.uint64]) -> int | None:
    """Length of a sequence that two holes share by chance less than :data:`CHANCE` times."""
    sample = marks[:: max(1, len(marks) // SAMPLED)]
    sample = sample[sample > 0]
    if len(sample) < COPIED_LEAST:
        return None
    counts = np.unique(sample, return_counts=True)[1].astype(float)
    again = float((counts * counts).sum()) / len(sample) ** 2
    pairs = 0.5 * float(len(marks)) ** 2
    again = min(max(again, 1e-12), 1 - 1e-9)
    length = max(COPIED_LEAST, int(np.ceil(np.log(CHANCE / pairs) / np.log(again))))
    return length if length <= COPIED_MOST else None
