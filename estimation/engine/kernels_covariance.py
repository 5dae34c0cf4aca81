"""Covariance of nested structures, in lanes.

Formulas: Deutsch & Journel, GSLIB (1998), section II.3; Matérn: Chilès & Delfiner (2012), section
2.5.1; cubic: the same, section 2.5.2. Ranges of the exponential, Gaussian and Matérn models are
practical ranges (95 % of the sill). The nugget is not part of these functions: it belongs to a
sample's own variance only (GSLIB ``kt3d``), so a block never carries it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import inner, kernel
from estimation.engine.kernels_lanes import (
    first,
    root,
    spread,
    times_plus,
    two_to,
    where_less,
    whole,
)

SPHERICAL, EXPONENTIAL, GAUSSIAN, CUBIC, MATERN_3_2 = 0, 1, 2, 3, 4

MATERN_3_2_PRACTICAL = 4.743864518390578
"""Root of (1 + x) exp(-x) = 0.05: the practical range of Matérn 3/2 in its own scale."""

_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SMALLEST_EXPONENT = -700.0
_FACTORIALS = np.array([1.0 / math.factorial(k) for k in range(13, -1, -1)])


class Models(NamedTuple):
    """Variogram models, one after the other; a metric turns metres into a structure's ranges."""

    nuggets: npt.NDArray[np.float64]
    """(f,) of each model."""
    owner: npt.NDArray[np.int64]
    """(t,) model of each structure; structures of one metric stand side by side."""
    kinds: npt.NDArray[np.int64]
    """(t,) of each structure."""
    sills: npt.NDArray[np.float64]
    """(t,) of each structure."""
    metric: npt.NDArray[np.int64]
    """(t,) which metric a structure measures in; -1 for the one of the structure before it."""
    stretch: npt.NDArray[np.float64]
    """(t,) what the metric's distance is multiplied by."""
    metrics: npt.NDArray[np.float64]
    """(m, 3, 3) rows major, semi-major, minor: turned, and divided by ranges."""
    block_variances: npt.NDArray[np.float64]
    """(f,) C(V,V) of a block under each model."""


@inner
def exponential(x):  # type: ignore[no-untyped-def]
    """Exponential function of lanes that are not above 0, to one unit in the last place.

    x = k ln 2 + r with \\|r\\| <= ln 2 / 2 (Cody & Waite 1980), then Taylor's series to r^13.
    """
    x = where_less(x, spread(_SMALLEST_EXPONENT), spread(_SMALLEST_EXPONENT), x)
    k = whole(x * spread(_LOG2_E))
    r = times_plus(k, spread(-_LN2_LOW), times_plus(k, spread(-_LN2_HIGH), x))
    total = spread(_FACTORIALS[0])
    for term in range(1, _FACTORIALS.size):
        total = times_plus(total, r, spread(_FACTORIALS[term]))
    return total * two_to(k)


@inner
def correlation(kind, h):  # type: ignore[no-untyped-def]
    """Correlation of one structure at distances ``h`` in ranges."""
    one = spread(1.0)
    if kind == SPHERICAL:
        h = where_less(h, one, h, one)
        return times_plus(h, times_plus(h * h, spread(0.5), spread(-1.5)), one)
    if kind == EXPONENTIAL:
        return exponential(h * spread(-3.0))
    if kind == GAUSSIAN:
        return exponential(h * h * spread(-3.0))
    if kind == CUBIC:
        h = where_less(h, one, h, one)
        odd = times_plus(h * h, spread(0.75), spread(-3.5))
        odd = times_plus(h * h, odd, spread(8.75))
        return times_plus(h * h, times_plus(h, odd, spread(-7.0)), one)
    x = h * spread(MATERN_3_2_PRACTICAL)
    return (one + x) * exponential(spread(0.0) - x)


@inner
def length(x, y, z):  # type: ignore[no-untyped-def]
    """Euclidean length."""
    return root(times_plus(x, x, times_plus(y, y, z * z)))


@kernel
def block_variance(offsets, nugget, kinds, sills, metrics):  # type: ignore[no-untyped-def]
    """Mean covariance within a block, C(V,V), from its discretization points (p, 3), metres.

    ``metrics`` (t, 3, 3), one for each structure. The nugget averages out inside a block and is
    left out, as in GSLIB ``kt3d``; a block of one point is a point and has the whole sill.
    """
    points = offsets.shape[0]
    if points == 1:
        return nugget + np.sum(sills)
    total = 0.0
    for t in range(kinds.size):
        for i in range(points):
            for j in range(points):
                apart = metrics[t] @ (offsets[i] - offsets[j])
                h = length(spread(apart[0]), spread(apart[1]), spread(apart[2]))
                total += sills[t] * first(correlation(kinds[t], h))
    return total / (points * points)
