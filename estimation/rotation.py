"""Axes of anisotropy, and the angles that programs write them as.

Axes are rows of direction cosines (major, semi-major, minor) in (east, north, up); they are lines,
so a row and its opposite are the same. Angles are only views: ellipsoids are compared by their
axes. Turns of Leapfrog and Datamine: Seequent Evo and Datamine Studio manuals; of GSLIB: Deutsch &
Journel (1998), routine ``setrot``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.plan import Orientation

Floats = npt.NDArray[np.float64]

LEVEL = 1e-9
"""Sine of an angle below which a line counts as level, or a plane as flat."""


class Leapfrog(NamedTuple):
    """Plane of the major and semi-major axes, and the major axis' pitch in it, degrees.

    Pitch is measured in the plane from its strike, ``dip_azimuth - 90``.
    """

    dip_deg: float
    dip_azimuth_deg: float
    pitch_deg: float


class Datamine(NamedTuple):
    """Three clockwise turns about Z, X, Z (SROTAXIS 3, 1, 3), the major axis along X, degrees."""

    angle1_deg: float
    angle2_deg: float
    angle3_deg: float


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


def orientation_from_axes(axes: Floats) -> Orientation:
    """GSLIB's angles of three axes (rows), always the form whose major axis points down.

    ``dip_deg`` is at most 0; of a level major axis the azimuth is below 180, of a vertical one it
    is 0; ``rake_deg`` is above -90 and at most 90.

    Raises
    ------
    ValueError
        The rows are not three perpendicular unit vectors.
    """
    major, semi, _ = _checked(axes)
    flat = float(np.hypot(major[0], major[1]))
    azimuth = float(np.rad2deg(np.arctan2(major[0], major[1]))) if flat > LEVEL else 0.0
    dip = float(np.rad2deg(np.arctan2(major[2], flat)))
    if abs(major[2]) <= LEVEL:
        azimuth, dip = _around(azimuth, 180.0), 0.0
    elif dip > 0:
        azimuth, dip = azimuth + 180.0, -dip
    azimuth = _around(azimuth, 360.0)
    if flat <= LEVEL:
        azimuth = 0.0
    level = axes_from_gslib(Orientation(azimuth_deg=azimuth, dip_deg=dip, rake_deg=0.0))
    rake = _around(float(np.rad2deg(np.arctan2(semi @ level[2], semi @ level[1]))), 180.0)
    return Orientation(
        azimuth_deg=azimuth, dip_deg=dip, rake_deg=rake - 180.0 if rake > 90.0 else rake
    )


def axes_from_leapfrog(angles: Leapfrog) -> Floats:
    """Axes (rows) of Leapfrog's and Evo's dip, dip azimuth and pitch.

    ``A = Rz(dip azimuth) Rx(dip) Rz(pitch)``, turns clockwise; columns of A are the axes.
    """
    turned = (
        _about_z(angles.dip_azimuth_deg) @ _about_x(angles.dip_deg) @ _about_z(angles.pitch_deg)
    )
    return np.ascontiguousarray(turned.T)


def leapfrog_from_axes(axes: Floats) -> Leapfrog:
    """Leapfrog's angles of three axes: dip 0-90, dip azimuth 0-360, pitch 0-180 (excluded).

    Of a flat plane the dip azimuth is 0.

    Raises
    ------
    ValueError
        The rows are not three perpendicular unit vectors.
    """
    major, _, minor = _checked(axes)
    normal = minor if minor[2] >= 0 else -minor
    flat = float(np.hypot(normal[0], normal[1]))
    dip = float(np.rad2deg(np.arctan2(flat, normal[2])))
    azimuth = 0.0
    if flat > LEVEL:
        azimuth = _around(float(np.rad2deg(np.arctan2(normal[0], normal[1]))), 360.0)
    in_plane = (_about_z(azimuth) @ _about_x(dip)).T @ major
    pitch = _around(float(np.rad2deg(np.arctan2(-in_plane[1], in_plane[0]))), 180.0)
    return Leapfrog(dip, azimuth, pitch)


def axes_from_datamine(angles: Datamine) -> Floats:
    """Axes (rows) of Datamine's turns about Z, X, Z: Leapfrog's by other names."""
    return axes_from_leapfrog(Leapfrog(angles.angle2_deg, angles.angle1_deg, angles.angle3_deg))


def datamine_from_axes(axes: Floats) -> Datamine:
    """Datamine's angles of three axes; errors as :func:`leapfrog_from_axes`."""
    dip, azimuth, pitch = leapfrog_from_axes(axes)
    return Datamine(azimuth, dip, pitch)


def angle_between_axes_deg(one: Floats, other: Floats) -> float:
    """Largest angle between equal axes of two ellipsoids, 0-90 degrees: how far they differ."""
    apart = np.linalg.norm(np.cross(one, other), axis=1)
    return float(np.rad2deg(np.arctan2(apart, np.abs((one * other).sum(axis=1))).max()))


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


def _checked(axes: Floats) -> Floats:
    """The axes, where they are three perpendicular unit vectors."""
    if axes.shape != (3, 3) or not np.allclose(axes @ axes.T, np.eye(3), atol=1e-6):
        raise ValueError("axes: three perpendicular unit vectors as rows are needed")
    return axes


def _around(angle_deg: float, whole_deg: float) -> float:
    """An angle in [0, whole); a hair below the end is the beginning."""
    left = angle_deg % whole_deg
    return 0.0 if whole_deg - left < 1e-9 else left


def _about_z(angle_deg: float) -> Floats:
    """Clockwise turn about Z, seen from above."""
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _about_x(angle_deg: float) -> Floats:
    """Clockwise turn about X, seen from its positive end towards the origin."""
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])
