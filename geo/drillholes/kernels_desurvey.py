"""Stations to positions, and depths to points, on plain arrays, for all holes at once.

Minimum curvature: the path between two stations is the circular arc tangent to both directions;
with beta the angle between them and dL the length, the chord is dL/2 (t1 + t2) RF,
RF = 2/beta tan(beta/2) (Taylor and Mason 1972; Zaremba 1973). A point inside the arc turns its
tangent on the great circle, so it lies on the same arc.

Balanced tangential: half the length along the upper direction, half along the lower one.

Polyline (trenches, adits): each direction holds to the next station, where the leg turns.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

MINIMUM_CURVATURE, BALANCED_TANGENTIAL, POLYLINE = 0, 1, 2

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


@njit(cache=True, nogil=True)
def _into(upper: Array, lower: Array, length: float, into: float, method: int, out: Array) -> None:
    """Step ``out`` (3,) from a station, ``into`` metres down a piece of ``length`` metres."""
    if method == POLYLINE:
        for k in range(3):
            out[k] = into * upper[k]
        return
    if method == BALANCED_TANGENTIAL:
        half = min(into, length / 2.0)
        for k in range(3):
            out[k] = half * upper[k] + (into - half) * lower[k]
        return
    chord = 0.0
    for k in range(3):
        chord += (lower[k] - upper[k]) ** 2
    beta = 2.0 * np.arcsin(min(np.sqrt(chord) / 2.0, 1.0))
    share = into / length
    if beta < _SMALL_RAD:
        one, two = 1.0 - share, share
    else:
        one = np.sin((1.0 - share) * beta) / np.sin(beta)
        two = np.sin(share * beta) / np.sin(beta)
    turned = share * beta
    factor = 1.0 + turned**2 / 12.0
    if turned >= _SMALL_RAD:
        factor = 2.0 / turned * np.tan(turned / 2.0)
    for k in range(3):
        out[k] = into / 2.0 * factor * (upper[k] + one * upper[k] + two * lower[k])


@njit(cache=True, nogil=True)
def station_positions(
    bounds: NDArray[np.int64], depth_m: Array, tangent: Array, method: NDArray[np.int64]
) -> Array:
    """Positions (n, 3) of all stations relative to their collar, metres.

    Hole ``h`` has the stations ``bounds[h]`` to ``bounds[h + 1]``, in order of depth, the first
    at the collar; ``method`` (holes,) is one of the constants above.
    """
    position = np.zeros(tangent.shape)
    step = np.empty(3)
    for h in range(len(bounds) - 1):
        for i in range(bounds[h] + 1, bounds[h + 1]):
            length = depth_m[i] - depth_m[i - 1]
            _into(tangent[i - 1], tangent[i], length, length, method[h], step)
            for k in range(3):
                position[i, k] = position[i - 1, k] + step[k]
    return position


@njit(cache=True, nogil=True)
def points_on_holes(
    bounds: NDArray[np.int64],
    depth_m: Array,
    tangent: Array,
    position: Array,
    method: NDArray[np.int64],
    origin: Array,
    hole: NDArray[np.int64],
    at_m: Array,
    points: Array,
) -> None:
    """Fill ``points`` (m, 3) at depths ``at_m`` (m,), metres, along ``hole`` (m,).

    Stations as in :func:`station_positions`; ``origin`` (holes, 3) are the collars. Beyond the last
    station the hole goes straight on.
    """
    step = np.empty(3)
    for j in range(len(at_m)):
        first, after = bounds[hole[j]], bounds[hole[j] + 1]
        low, high = first, after
        while low < high:
            middle = (low + high) // 2
            if depth_m[middle] <= at_m[j]:
                low = middle + 1
            else:
                high = middle
        i = max(low - 1, first)
        into = at_m[j] - depth_m[i]
        if i + 1 < after:
            length = depth_m[i + 1] - depth_m[i]
            _into(tangent[i], tangent[i + 1], length, into, method[hole[j]], step)
        else:
            for k in range(3):
                step[k] = into * tangent[i, k]
        for k in range(3):
            points[j, k] = origin[hole[j], k] + (position[i, k] + step[k])
