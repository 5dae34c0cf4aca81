"""Estimators of spatial continuity: what is made of the pairs of one lag.

Each gives a curve that rises from the nugget, with the level that it should reach (its sill) where
one is known. Formulas and sources: ``docs/variography.md``, section 2.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from estimation.variography import kernels_variogram as k

Floats = npt.NDArray[np.float64]

Estimator = Literal[
    "traditional",
    "general_relative",
    "pairwise_relative",
    "correlogram",
    "covariance",
    "madogram",
    "rodogram",
    "cressie_hawkins",
    "dowd",
    "genton",
    "normal_scores",
]
"""``traditional``: Matheron's. ``correlogram`` and ``normal_scores`` have a sill of 1."""
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
ORDERED: tuple[Estimator, ...] = ("dowd", "genton")
"""Estimators of order statistics: they need every increment, not sums."""


def from_sums(sums: Floats, estimator: Estimator, variance: float) -> Floats:
    """An estimator of lags from the sums of their pairs.

    ``sums`` (..., SUMS) of :func:`~estimation.variography.kernels_variogram.pair_sums`; NaN where
    a lag has no pair. ``variance`` of the samples, for ``covariance``.

    Sources: Matheron (1963) Economic Geology 58; Cressie & Hawkins (1980) Mathematical Geology 12;
    Srivastava & Parker (1989) and Isaaks & Srivastava (1988) for correlogram and non-ergodic
    covariance; Deutsch & Journel, GSLIB (1998), II.1.3 for the relative ones and the -grams.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        n = sums[..., k.PAIRS]
        half_square = 0.5 * sums[..., k.PRODUCT] / n
        if estimator in ("traditional", "normal_scores"):
            return np.asarray(half_square)
        if estimator == "madogram":
            return np.asarray(0.5 * sums[..., k.ABSOLUTE] / n)
        if estimator == "rodogram":
            return np.asarray(0.5 * sums[..., k.ROOT] / n)
        if estimator == "cressie_hawkins":
            bias = 0.457 + 0.494 / n + 0.045 / n**2
            return np.asarray(0.5 * (sums[..., k.ROOT] / n) ** 4 / bias)
        if estimator == "pairwise_relative":
            return np.asarray(0.5 * sums[..., k.RELATIVE] / sums[..., k.RELATIVE_PAIRS])
        both = sums[..., k.BOTH]
        tail, head = sums[..., k.TAIL] / both, sums[..., k.HEAD] / both
        if estimator == "general_relative":
            return np.asarray(half_square / (0.5 * (tail + head)) ** 2)
        covariance = sums[..., k.TAIL_HEAD] / both - tail * head
        if estimator == "covariance":
            return np.asarray(variance - covariance)
        return np.asarray(1.0 - covariance / _spread_of_ends(sums, tail, head))


def _spread_of_ends(sums: Floats, tail: Floats, head: Floats) -> Floats:
    """Product of the standard deviations at the two ends of a lag's pairs."""
    both = sums[..., k.BOTH]
    first = sums[..., k.TAIL_SQUARE] / both - tail**2
    second = sums[..., k.HEAD_SQUARE] / both - head**2
    return np.asarray(np.sqrt(np.maximum(first, 0.0) * np.maximum(second, 0.0)))


def from_increments(
    increments: Floats, ends: npt.NDArray[np.int64], estimator: Estimator
) -> Floats:
    """Dowd's or Genton's estimator of lags whose increments stand one after another.

    ``ends`` (lags + 1,): where each lag begins.
    """
    rule = dowd if estimator == "dowd" else genton
    return np.array([rule(increments[a:b]) for a, b in pairwise(ends)])


def dowd(increments: Floats) -> float:
    """Half of 2.198 times the squared median of absolute increments; NaN of none.

    Source: Dowd (1984), The variogram and kriging: robust and resistant estimators.
    """
    if increments.size == 0:
        return float("nan")
    return float(0.5 * 2.198 * np.median(np.abs(increments)) ** 2)


def genton(increments: Floats) -> float:
    """Half of the squared Q_n of the increments; NaN of fewer than two.

    ``Q_n = 2.2191`` times the k-th smallest of all ``|V_i - V_j|``, ``k = C(n // 2 + 1, 2)``.
    Source: Genton (1998), Mathematical Geology 30, 213-221; Rousseeuw & Croux (1993).
    """
    n = increments.size
    if n < 2:
        return float("nan")
    half = n // 2 + 1
    scale = 2.2191 * k.smallest_difference(np.sort(increments), half * (half - 1) // 2)
    return float(0.5 * scale**2)


def sill_of(values: Floats, weights: Floats | None, estimator: Estimator) -> float | None:
    """The level that an estimator should reach: from the (declustered) variance; None: unknown.

    ``general_relative``: variance over squared mean. Madogram, rodogram and pairwise relative
    variogram have none that does not hang on the distribution.
    """
    if estimator in ("correlogram", "normal_scores"):
        return 1.0
    if estimator in ("madogram", "rodogram", "pairwise_relative"):
        return None
    mean = float(np.average(values, weights=weights))
    variance = float(np.average((values - mean) ** 2, weights=weights))
    if estimator == "general_relative":
        return variance / mean**2 if mean != 0 else None
    return variance
