"""Background and anomaly thresholds of one element: eleven published ways, side by side.

No way is the right one: a person chooses, the program shows all. Values below detection are known
to lie below their limit, so they count in every rank; ways that need their size (means, spreads)
use half the limit and say how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from geo.robust import scaled_mad

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CLIP_SIGMA = 3.0
CLIP_ROUNDS = 100
LEVELS = 40
"""Concentrations at which areas are measured for the C–A plot, evenly spaced in rank."""
TAIL = 200
"""The highest 1/200 of the values is not fitted: a few samples decide its course."""
MOST_BREAKS = 3
CLEARLY_BETTER = 10.0
"""A break more must lower the BIC by this much ("very strong" evidence, Kass & Raftery 1995,
*Journal of the American Statistical Association* 90): areas are cumulative, so their residuals
are not independent and the plain minimum takes too many breaks."""
LEAST_POINTS = 4
"""Levels that each straight part of a log–log plot needs."""
MOST_CENSORED = 0.5
"""Above this share below detection, centre and spread are not given: they would be invented."""

CITATIONS = {
    "mean_2sd": "mean + 2 s after clipping at mean ± 3 s until none is left, on log10: "
    "Hawkes & Webb (1962) Geochemistry in Mineral Exploration, p. 30; iteration as in Chinese "
    "1:200 000 practice (unverified against DZ/T 0167)",
    "median_2mad_log": "median + 2 MAD on log10, MAD × 1.4826: Reimann, Filzmoser & Garrett (2005) "
    "Science of the Total Environment 346, 1–16",
    "median_2mad": "the same on contents as they are: Reimann et al. (2005)",
    "tukey_fence_log": "upper inner fence Q3 + 1.5 (Q3 − Q1) on log10: Tukey (1977) Exploratory "
    "Data Analysis; Reimann et al. (2005)",
    "qq_break": "break of slope of the normal Q–Q plot of log10, two straight lines: "
    "after Sinclair (1974) Journal of Geochemical Exploration 3, 129–149",
    "p85": "85th percentile, outer zone of anomalies (unverified convention)",
    "p95": "95th percentile, middle zone (unverified convention)",
    "p98": "98th percentile, inner zone: Reimann et al. (2005) on percentiles",
    "ca_1": "first break of the concentration–area plot: Cheng, Agterberg & Ballantyne (1994) "
    "Journal of Geochemical Exploration 51, 109–130",
    "ca_2": "second break of the concentration–area plot: Cheng et al. (1994)",
    "ca_3": "third break of the concentration–area plot: Cheng et al. (1994)",
}
"""Name of each threshold -> how it is made and where that is written."""


@dataclass(frozen=True)
class LogLog:
    """A concentration–area plot and its straight parts."""

    concentration: Floats
    """(n,) levels, rising."""
    area: Floats
    """(n,) cells (or samples) at or above each level."""
    breaks: Floats
    """(k,) concentrations where the slope changes, rising."""
    slopes: Floats
    """(k + 1,) slopes of log10 area on log10 concentration."""
    fitted: Floats
    """(n,) area after the straight parts."""
    bic: tuple[float, ...]
    """Bayesian information criterion with 0, 1, ... breaks."""


@dataclass(frozen=True)
class Thresholds:
    """Background and thresholds of one element, in the unit of its values."""

    count: int
    censored: int
    median: float
    mad: float
    """Scaled by 1.4826; NaN where more than half is below detection."""
    background: float
    """Mean of log10 after clipping, as a content (geometric mean of the background)."""
    values: dict[str, float]
    """Name (see :data:`CITATIONS`) -> threshold; NaN where it can't be had."""
    loglog: LogLog | None


def thresholds(values: Floats, below: Bools, field: Floats | None = None) -> Thresholds:
    """Work out every threshold of one element.

    Parameters
    ----------
    values : (n,) contents above zero; where ``below``, the detection limit.
    below : (n,) whether the content is below its limit.
    field : contents of the cells of a map of this element (NaN outside), of which the C–A plot is
        made; without it each sample stands for an equal area.

    Raises
    ------
    ValueError
        Nothing is given, or a value is not above zero.
    """
    values, below = np.asarray(values, dtype=float), np.asarray(below, dtype=bool)
    if not len(values) or not (values > 0).all():
        raise ValueError("thresholds need contents above zero")
    ranked = ranked_values(values, below)
    share = float(below.mean())
    found = {name: float("nan") for name in CITATIONS}
    for name, percent in (("p85", 85), ("p95", 95), ("p98", 98)):
        if percent / 100 > share:
            found[name] = float(np.percentile(ranked, percent))
    median = float(np.median(ranked)) if share < MOST_CENSORED else float("nan")
    mad = background = float("nan")
    if share < MOST_CENSORED:
        mad = scaled_mad(ranked)
        background, found["mean_2sd"] = clipped_mean(ranked)
        logs = np.log10(ranked)
        found["median_2mad"] = median + 2 * mad
        found["median_2mad_log"] = float(10 ** (np.median(logs) + 2 * scaled_mad(logs)))
        if share < 0.25:
            low, high = np.percentile(logs, (25, 75))
            found["tukey_fence_log"] = float(10 ** (high + 1.5 * (high - low)))
    found["qq_break"] = qq_break(ranked, int(below.sum()))
    cells = values[~below] if field is None else field[np.isfinite(field)]
    loglog = concentration_area(cells)
    if loglog is not None:
        for number, at in enumerate(loglog.breaks, start=1):
            found[f"ca_{number}"] = float(at)
    return Thresholds(len(values), int(below.sum()), median, mad, background, found, loglog)


def ranked_values(values: Floats, below: Bools) -> Floats:
    """Contents with half the limit where they are below it: right in rank, assumed in size."""
    return np.where(below, 0.5 * values, values)


def clipped_mean(values: Floats) -> tuple[float, float]:
    """Geometric mean and mean + 2 s (log10, turned back) after clipping at 3 s until none is left.

    ``s`` is the sample standard deviation (n − 1).
    """
    logs = np.log10(values)
    for _ in range(CLIP_ROUNDS):
        middle, spread = logs.mean(), logs.std(ddof=1) if len(logs) > 1 else 0.0
        kept = logs[np.abs(logs - middle) <= CLIP_SIGMA * spread] if spread > 0 else logs
        if len(kept) == len(logs):
            break
        logs = kept
    return float(10**middle), float(10 ** (middle + 2 * spread))


def normal_scores(count: int) -> Floats:
    """Standard normal quantiles of ranks 1..n at Blom's positions (i − 3/8) / (n + 1/4)."""
    ranks = np.arange(1, count + 1)
    return np.asarray(stats.norm.ppf((ranks - 0.375) / (count + 0.25)))


def qq_break(ranked: Floats, censored: int) -> float:
    """Content where the upper half of the normal Q–Q plot of log10 changes slope; NaN if none.

    Two lines that meet are fitted by least squares to the measured values above the median; the
    break is taken where one line's BIC is not lower.
    """
    logs = np.sort(np.log10(ranked))
    scores = normal_scores(len(logs))
    first = max(censored, len(logs) // 2)
    if len(logs) - first < 4 * LEAST_POINTS:
        return float("nan")
    places = np.unique(np.linspace(first, len(logs) - 1, 8 * LEVELS).round().astype(int))
    x, y = scores[places], logs[places]
    fits = [fit_lines(x, y, count) for count in (0, 1)]
    if fits[1].bic >= fits[0].bic:
        return float("nan")
    at = fits[1].breaks[0]
    return float(10 ** np.interp(at, x, y))


def concentration_area(values: Floats) -> LogLog | None:
    """Area at or above each concentration, and the straight lines of its log–log plot.

    A(ρ ≥ v) is proportional to v^−α over each range of concentrations (Cheng et al. 1994, eqs
    1–2). Lines that meet at their breaks are fitted by least squares; every choice of up to
    :data:`MOST_BREAKS` breaks among the levels is tried, and a break more is taken where it lowers
    the BIC by :data:`CLEARLY_BETTER`. None where there are too few distinct values.
    """
    values = np.asarray(values, dtype=float).ravel()
    if len(np.unique(values)) < 4 * LEAST_POINTS:
        return None
    ordered = np.sort(values)
    span = np.geomspace(len(values), max(LEAST_POINTS, len(values) / TAIL), LEVELS)
    at = np.unique(len(values) - span.round().astype(int))
    level = np.unique(ordered[at])
    above = (len(values) - np.searchsorted(ordered, level)).astype(float)
    x, y = np.log10(level), np.log10(above)
    room = max((len(x) - LEAST_POINTS) // LEAST_POINTS, 0)
    fits = [fit_lines(x, y, count) for count in range(min(MOST_BREAKS, room) + 1)]
    best = _plainest(fits)
    return LogLog(
        level,
        above,
        10**best.breaks,
        best.slopes,
        10**best.fitted,
        tuple(fit.bic for fit in fits),
    )


def _plainest(fits: list[Lines]) -> Lines:
    """The fit with the fewest breaks that none with more clearly betters."""
    for number, fit in enumerate(fits):
        more = fits[number + 1 :]
        if all(fit.bic - o.bic <= CLEARLY_BETTER * (i + 1) for i, o in enumerate(more)):
            return fit
    return fits[-1]


@dataclass(frozen=True)
class Lines:
    """Straight lines that meet: breaks, slopes, fitted values and BIC."""

    breaks: Floats
    slopes: Floats
    fitted: Floats
    bic: float


def fit_lines(x: Floats, y: Floats, breaks: int) -> Lines:
    """Fit ``breaks`` + 1 lines that meet, by least squares over every choice of breaks among x.

    BIC = n ln(RSS / n) + (2 + 2 k) ln n with k breaks (Schwarz 1978, *Annals of Statistics* 6).
    """
    inner = x[LEAST_POINTS - 1 : len(x) - LEAST_POINTS + 1]
    inner = inner[:: max(1, len(inner) // LEVELS)]
    best: tuple[float, Any, Any] | None = None
    gap = LEAST_POINTS * (x[-1] - x[0]) / len(x) / 2
    for places in combinations(inner, breaks):
        if any(b - a < gap for a, b in pairwise(places)):
            continue
        design = _design(x, np.array(places))
        weights = np.linalg.lstsq(design, y, rcond=None)[0]
        rss = float(((y - design @ weights) ** 2).sum())
        if best is None or rss < best[0]:
            best = rss, np.array(places), weights
    assert best is not None, "breaks exceed the room that the levels leave"
    rss, at, weights = best
    count = len(x)
    bic = count * np.log(max(rss, 1e-300) / count) + (2 + 2 * breaks) * np.log(count)
    return Lines(at, np.cumsum(weights[1:]), _design(x, at) @ weights, float(bic))


def _design(x: Floats, breaks: Floats) -> Floats:
    """Columns 1, x, and a hinge at each break."""
    hinges = np.maximum(x[:, None] - breaks[None, :], 0.0)
    return np.column_stack([np.ones_like(x), x, hinges])
