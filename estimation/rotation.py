"""Axes of anisotropy from GSLIB's three angles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.plan import Orientation

Floats = npt.NDArray[np.float64]


def axes_from_gslib(orientation: Orientation) -> Floats:
    """Direction cosines, rows = major, semi-major and minor axis in (east, north, up).

    Deutsch & Journel, GSLIB (1998), routine ``setrot``: ``azimuth_deg`` clockwise from north and
    ``dip_deg`` negative down give the major axis; ``rake_deg`` turns the other two about it.
    """
    alpha = np.deg2rad(90.0 - orientation.azimuth_deg)
    beta = np.deg2rad(-orientation.dip_deg)
    theta = np.deg2rad(orientation.rake_deg)
    sin_a, sin_b, sin_t = np.sin(alpha), np.sin(beta), np.sin(theta)
    cos_a, cos_b, cos_t = np.cos(alpha), np.cos(beta), np.cos(theta)
    return np.array(
        [
            [cos_b * cos_a, cos_b * sin_a, -sin_b],
            [
                -cos_t * sin_a + sin_t * sin_b * cos_a,
                cos_t * cos_a + sin_t * sin_b * sin_a,
                sin_t * cos_b,
            ],
            [
                sin_t * sin_a + cos_t * sin_b * cos_a,
                -sin_t * cos_a + cos_t * sin_b * sin_a,
                cos_t * cos_b,
            ],
        ]
    )


def trend_plunge(axis: Floats) -> tuple[float, float]:
    """Trend (0-360) and plunge (0-90, positive down) of a line, degrees."""
    down = axis if axis[2] <= 0 else -axis
    trend = float(np.rad2deg(np.arctan2(down[0], down[1]))) % 360.0
    # the remainder of a tiny negative angle rounds up to 360 itself
    trend = 0.0 if trend == 360.0 else trend
    return trend, float(np.rad2deg(np.arcsin(np.clip(-down[2], -1.0, 1.0))))


def turn(points_m: Floats, axes: Floats, origin_m: Floats) -> Floats:
    """Coordinates along the axes, relative to ``origin_m``; shape (n, 3), metres.

    Written out term by term: a matrix product may sum in another order for another shape, and
    then equal samples would not have equal bytes in every tile.
    """
    d = points_m - origin_m
    columns = [d[:, 0] * a[0] + d[:, 1] * a[1] + d[:, 2] * a[2] for a in axes]
    return np.ascontiguousarray(np.column_stack(columns))
