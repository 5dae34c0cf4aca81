"""Covariance of nested structures, on coordinates already turned into the axes of anisotropy.

Formulas: Deutsch & Journel, GSLIB (1998), section II.3; ranges of the exponential and Gaussian
models are practical ranges (95 % of the sill). The nugget is not part of these functions: it
belongs to a sample's own variance only (GSLIB ``kt3d``), so a block never carries it.
"""

from __future__ import annotations

import math

import numpy as np

from estimation.accelerate import inline, kernel

SPHERICAL, EXPONENTIAL, GAUSSIAN = 0, 1, 2


@inline
def correlation(kind, h):  # type: ignore[no-untyped-def]
    """Correlation of one structure at the distance ``h`` in ranges."""
    if kind == SPHERICAL:
        if h >= 1.0:
            return 0.0
        return 1.0 - h * (1.5 - 0.5 * h * h)
    if kind == EXPONENTIAL:
        return math.exp(-3.0 * h)
    return math.exp(-3.0 * h * h)


@inline
def covariance(du, dv, dw, kinds, sills, inverse_ranges):  # type: ignore[no-untyped-def]
    """Covariance, without nugget, of two points apart by (du, dv, dw) along the axes."""
    total = 0.0
    for s in range(kinds.size):
        a = du * inverse_ranges[s, 0]
        b = dv * inverse_ranges[s, 1]
        c = dw * inverse_ranges[s, 2]
        total += sills[s] * correlation(kinds[s], math.sqrt(a * a + b * b + c * c))
    return total


@kernel
def block_variance(offsets, nugget, kinds, sills, inverse_ranges):  # type: ignore[no-untyped-def]
    """Mean covariance within a block, C(V,V), from its discretization points (p, 3).

    The nugget averages out inside a block and is left out, as in GSLIB ``kt3d``; a block of one
    point is a point and has the whole sill.
    """
    points = offsets.shape[0]
    if points == 1:
        return nugget + np.sum(sills)
    total = 0.0
    for i in range(points):
        for j in range(points):
            total += covariance(
                offsets[i, 0] - offsets[j, 0],
                offsets[i, 1] - offsets[j, 1],
                offsets[i, 2] - offsets[j, 2],
                kinds,
                sills,
                inverse_ranges,
            )
    return total / (points * points)
