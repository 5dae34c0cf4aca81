"""What the upper tail of a grade distribution tells: breaks, gaps, deciles, a lognormal mean.

Evidence for top cuts; :mod:`estimation.exploratory.top_cuts` weighs it. Grades are (n,) without
blanks, weights (n,) those of the statistics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.exploratory.rules import rule
from estimation.exploratory.statistics import log_probability, weighted_quantiles

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deciles:
    """Share of the metal by tenth of the samples, and by hundredth in the top tenth (Parrish)."""

    decile_shares: Floats
    """(10,), lowest tenth first; sums to 1."""
    percentile_shares: Floats
    """(10,) of the top tenth, lowest hundredth first; sums to the last decile's share."""
    needs_cut: bool
    """The top tenth holds too much, or too much more than the ninth, or the top hundredth does."""
    cap: float
    """Grade at the foot of the lowest hundredth of an unbroken run at the top that each hold more
    than the limit; NaN where none does."""


def decile_analysis(values: Floats, weights: Floats) -> Deciles:
    """Decile and percentile analysis of metal.

    A sample on the border of two classes gives each its part, so that the shares are exact for any
    n. Source: Parrish (1997), Mining Engineering 49(4); limits in ``exploration.yaml``.
    """
    limits = rule("decile_analysis")
    order = np.argsort(values, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    metal = np.concatenate([[0.0], np.cumsum((weights * values)[order])])
    edges = np.concatenate([np.linspace(0.0, 0.9, 10), np.linspace(0.91, 1.0, 10)])
    held = np.diff(np.interp(edges, below, metal / metal[-1] if metal[-1] > 0 else metal))
    hundredths = held[9:]
    tenths = np.append(held[:9], hundredths.sum())
    heavy = hundredths > limits["top_percentile_share"]
    run = int(np.argmin(heavy[::-1])) if not heavy.all() else heavy.size
    foot = np.array([1.0 - run / 100.0])
    return Deciles(
        tenths,
        hundredths,
        bool(
            heavy[-1]
            or tenths[9] > limits["top_decile_share"]
            or tenths[9] > limits["top_to_ninth_decile"] * tenths[8] > 0
        ),
        float(weighted_quantiles(values, foot, weights)[0]) if run else float("nan"),
    )


def disintegration(values: Floats, weights: Floats) -> float:
    """Grade below the first gap of the upper tail: where the distribution falls apart; NaN if none.

    A gap is a step to the next grade of more than the configured share of it, above the configured
    percentile.
    """
    limits = rule("disintegration")
    ranked = np.unique(values)
    foot = weighted_quantiles(values, np.array([limits["from_percentile"] / 100.0]), weights)[0]
    tail = ranked[(ranked >= foot) & (ranked > 0)]
    steps = np.flatnonzero(tail[1:] > tail[:-1] * (1.0 + limits["step"]))
    return float(tail[steps[0]]) if steps.size else float("nan")


def log_probability_break(values: Floats, weights: Floats) -> float:
    """Grade at which the upper tail of the log-probability plot bends; NaN where it doesn't.

    The tail is fitted by one line and by two that meet; the break that leaves the least squares is
    taken if it does away with the configured share of the misfit and the upper line is the flatter
    one in probability: more high grades than the lower line foretells. A detached group of grades
    is no bend but a gap (:func:`disintegration`).
    """
    limits = rule("log_probability_break")
    grade, normal = log_probability(values, weights)
    tail = grade >= np.quantile(values, limits["from_percentile"] / 100.0)
    x, y = np.log(grade[tail]), normal[tail]
    least = int(limits["least_samples"])
    if x.size < 3 * least or np.ptp(x) == 0:
        return float("nan")
    single, _ = _line_misfit(np.stack([np.ones_like(x), x], axis=1), y)
    places = np.unique(x[least:-least])
    if places.size > 200:
        places = places[np.linspace(0, places.size - 1, 200).astype(int)]
    fits = []
    for place in places:
        columns = np.stack([np.ones_like(x), x, np.maximum(x - place, 0.0)], axis=1)
        misfit, slopes = _line_misfit(columns, y)
        fits.append((misfit, place, slopes[2]))
    if not fits:
        return float("nan")
    misfit, place, bend = min(fits)
    bent = bend < 0 and misfit < (1.0 - limits["gain"]) * single
    return float(np.exp(place)) if bent else float("nan")


def _line_misfit(columns: Floats, y: Floats) -> tuple[float, Floats]:
    """Sum of squares left by a least-squares fit, and its coefficients."""
    found, *_ = np.linalg.lstsq(columns, y, rcond=None)
    return float(np.sum((y - columns @ found) ** 2)), np.asarray(found, dtype=float)


def sichel_mean(values: Floats, weights: Floats) -> float:
    """Sichel's estimate of the mean of a lognormal population, from the grades above zero.

    ``exp(m) g(V)``, V the variance of logs (divisor n): the series of Sichel (1952, 1966) and
    Finney (1941), with n the effective number (weights' sum squared over sum of squares). The share
    of grades at or below zero counts as barren.
    """
    positive = values > 0
    if positive.sum() < 2:
        return float("nan")
    logs, kept = np.log(values[positive]), weights[positive]
    middle = float(np.average(logs, weights=kept))
    variance = float(np.average((logs - middle) ** 2, weights=kept))
    n = float(kept.sum() ** 2 / np.sum(kept**2))
    total, term = 1.0, 1.0
    # term k: (n-1)^(k-1) V^k / (2^k k! (n+1)(n+3)...(n+2k-3)); the first is V/2
    for k in range(1, 200):
        term *= variance / (2.0 * k) * (1.0 if k == 1 else (n - 1.0) / (n + 2.0 * k - 3.0))
        total += term
        if term < 1e-12 * total:
            break
    return float(np.exp(middle) * total * kept.sum() / weights.sum())


def cap_of_mean(values: Floats, weights: Floats, wanted: float) -> float:
    """The cap under which the mean becomes ``wanted``; NaN where no cap between 0 and the maximum
    does that."""
    order = np.argsort(values, kind="stable")
    ranked, heavy = values[order], weights[order] / weights.sum()
    # mean under a cap at each grade; linear between grades
    below = np.cumsum(ranked * heavy)
    means = below + ranked * (1.0 - np.cumsum(heavy))
    if not means[0] <= wanted < means[-1]:
        return float("nan")
    return float(np.interp(wanted, means, ranked))
