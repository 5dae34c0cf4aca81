"""Minimum curvature on plain arrays: stations to positions, depths to points on the arcs.

The path between two stations is the circular arc tangent to both directions; with beta the angle
between them and dL the length, the chord is dL/2 (t1 + t2) RF, RF = 2/beta tan(beta/2)
(Taylor and Mason 1972; Zaremba 1973). A point inside the arc turns its tangent on the great
circle, so it lies on the same arc.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SMALL_RAD = 1e-4
"""Below this angle the series 1 + beta^2/12 is exact to rounding."""


def tangents(azimuth_deg: Array, dip_down_deg: Array) -> Array:
    """Unit vectors (n, 3) east, north, up of directions; dip positive down."""
    azimuth, dip = np.radians(azimuth_deg), np.radians(dip_down_deg)
    flat = np.cos(dip)
    return np.column_stack([flat * np.sin(azimuth), flat * np.cos(azimuth), -np.sin(dip)])


def angle_between(first: Array, second: Array) -> Array:
    """Angle (n,) between unit vectors (n, 3), radians; exact for small angles too."""
    chord = np.sqrt(((second - first) ** 2).sum(axis=1))
    return 2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0))


def ratio_factor(beta: Array) -> Array:
    """RF = 2/beta tan(beta/2), with its series near zero."""
    safe = np.where(beta < _SMALL_RAD, 1.0, beta)
    return np.where(beta < _SMALL_RAD, 1.0 + beta**2 / 12.0, 2.0 / safe * np.tan(safe / 2.0))


def station_positions(depth_m: Array, tangent: Array) -> Array:
    """Positions (n, 3) of one hole's stations relative to the first, in order of depth."""
    beta = angle_between(tangent[:-1], tangent[1:])
    half = np.diff(depth_m) / 2.0 * ratio_factor(beta)
    steps = half[:, None] * (tangent[:-1] + tangent[1:])
    return np.vstack([np.zeros((1, 3)), np.cumsum(steps, axis=0)])


def points_on_arcs(depth_m: Array, tangent: Array, position: Array, at_m: Array) -> Array:
    """Points (m, 3) of one hole at depths ``at_m``; beyond the last station straight on.

    ``depth_m`` (n,), ``tangent`` (n, 3) and ``position`` (n, 3) are the stations'.
    """
    last = len(depth_m) - 1
    below = np.clip(np.searchsorted(depth_m, at_m, side="right") - 1, 0, last)
    after = np.minimum(below + 1, last)
    into = at_m - depth_m[below]
    length = np.where(after > below, depth_m[after] - depth_m[below], 1.0)
    share = np.where(after > below, into / length, 0.0)
    beta = angle_between(tangent[below], tangent[after])
    safe = np.where(beta < _SMALL_RAD, 1.0, beta)
    weight_1 = np.where(beta < _SMALL_RAD, 1.0 - share, np.sin((1.0 - share) * safe) / np.sin(safe))
    weight_2 = np.where(beta < _SMALL_RAD, share, np.sin(share * safe) / np.sin(safe))
    turned = weight_1[:, None] * tangent[below] + weight_2[:, None] * tangent[after]
    half = into / 2.0 * ratio_factor(share * beta)
    return position[below] + half[:, None] * (tangent[below] + turned)
