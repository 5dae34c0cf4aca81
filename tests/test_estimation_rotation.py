"""Rotation of the axes against vectors checked with other packages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from estimation.plan import Orientation
from estimation.rotation import axes_from_gslib, trend_plunge
from tests.engine_problems import (
    Floats,
)


@pytest.mark.parametrize(
    ("angles", "axes"),
    [
        ((81.81, -56.77, 24.15), ((81.8, 56.8), (192.4, 13.0), (290.0, 30.0))),
        ((30.0, -30.0, 20.0), ((30.0, 30.0), (130.3, 17.2), (246.1, 54.5))),
        ((0.0, 0.0, 0.0), ((0.0, 0.0), (270.0, 0.0), None)),
    ],
)
def test_gslib_angles_give_the_known_axes(angles: Any, axes: Any) -> None:
    """Trend and plunge of the three axes equal vectors checked against other packages."""
    found = axes_from_gslib(
        Orientation(azimuth_deg=angles[0], dip_deg=angles[1], rake_deg=angles[2])
    )
    assert found @ found.T == pytest.approx(np.eye(3), abs=1e-12)
    for axis, expected in zip(found, axes, strict=True):
        if expected is not None:
            assert trend_plunge(axis) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ((81.81, -56.77, 24.15), (261.81, 56.77, -24.15)),
        ((52.208, -20.705, 40.893), (232.208, 20.705, -40.893)),
    ],
)
def test_the_other_end_of_the_major_axis_is_the_same_ellipsoid(one: Any, same: Any) -> None:
    """(a, b, c) and (a + 180, -b, -c) have the same axes as lines; changing only two have not."""
    keys = ("azimuth_deg", "dip_deg", "rake_deg")
    first = axes_from_gslib(Orientation(**dict(zip(keys, one, strict=True))))
    second = axes_from_gslib(Orientation(**dict(zip(keys, same, strict=True))))
    wrong = axes_from_gslib(Orientation(**dict(zip(keys, (*same[:2], one[2]), strict=True))))
    assert np.abs((first * second).sum(axis=1)) == pytest.approx(np.ones(3), abs=1e-12)
    assert np.abs((first * wrong).sum(axis=1)).min() < 0.95


def datamine_zxz(a: float, b: float, c: float) -> Floats:
    """Axes (rows) of Datamine's three clockwise turns about Z, X, Z; X is the major axis."""

    def about_z(t: float) -> Floats:
        cos, sin = np.cos(np.deg2rad(t)), np.sin(np.deg2rad(t))
        return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])

    cos, sin = np.cos(np.deg2rad(b)), np.sin(np.deg2rad(b))
    about_x = np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
    return (about_z(a) @ about_x @ about_z(c)).T


@pytest.mark.parametrize(
    ("gslib", "zxz"),
    [
        ((52.208, -20.705, 40.893), (120.0, 45.0, 30.0)),
        ((81.81, -56.77, 24.15), (110.0, 60.0, 75.0)),
        ((30.0, -30.0, 20.0), (66.05, 35.53, 59.36)),
    ],
)
def test_gslib_angles_agree_with_datamine_and_leapfrog(gslib: Any, zxz: Any) -> None:
    """One ellipsoid in two conventions (Leapfrog's dip azimuth, dip, pitch = ZXZ): same axes."""
    orientation = Orientation(azimuth_deg=gslib[0], dip_deg=gslib[1], rake_deg=gslib[2])
    same = np.abs((axes_from_gslib(orientation) * datamine_zxz(*zxz)).sum(axis=1))
    assert same == pytest.approx(np.ones(3), abs=1e-6)
