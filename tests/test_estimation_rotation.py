"""Rotation of the axes against vectors checked with other packages; compared by axes only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from estimation.plan import Orientation
from estimation.rotation import (
    Datamine,
    Leapfrog,
    angle_between_axes_deg,
    axes_from_datamine,
    axes_from_gslib,
    axes_from_leapfrog,
    datamine_from_axes,
    leapfrog_from_axes,
    orientation_from_axes,
    trend_plunge,
)
from tests.engine_problems import Floats


def gslib(azimuth: float, dip: float, rake: float) -> Floats:
    """Axes of three GSLIB angles."""
    return axes_from_gslib(Orientation(azimuth_deg=azimuth, dip_deg=dip, rake_deg=rake))


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
    found = gslib(*angles)
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
    wrong = gslib(*same[:2], one[2])
    assert angle_between_axes_deg(gslib(*one), gslib(*same)) < 1e-9
    assert angle_between_axes_deg(gslib(*one), wrong) > 20.0
    assert tuple(orientation_from_axes(gslib(*same)).model_dump().values()) == pytest.approx(one)


@pytest.mark.parametrize(
    ("angles", "leapfrog"),
    [
        ((81.81, -56.77, 24.15), (60.0, 110.0, 75.0)),
        ((52.208, -20.705, 40.893), (45.0, 120.0, 30.0)),
        ((30.0, -30.0, 20.0), (35.53, 66.05, 59.36)),
    ],
)
def test_four_conventions_agree(angles: Any, leapfrog: Any) -> None:
    """One ellipsoid in GSLIB's, Leapfrog's and Datamine's angles, there and back."""
    axes = gslib(*angles)
    dip, azimuth, pitch = leapfrog
    assert angle_between_axes_deg(axes, axes_from_leapfrog(Leapfrog(*leapfrog))) < 0.01
    assert angle_between_axes_deg(axes, axes_from_datamine(Datamine(azimuth, dip, pitch))) < 0.01
    assert tuple(leapfrog_from_axes(axes)) == pytest.approx(leapfrog, abs=0.01)
    assert tuple(datamine_from_axes(axes)) == pytest.approx((azimuth, dip, pitch), abs=0.01)


@pytest.mark.parametrize(
    ("pitch", "major"),
    [(0.0, (0.0, 0.0)), (45.0, (26.6, 37.8)), (90.0, (90.0, 60.0)), (135.0, (153.4, 37.8))],
)
def test_leapfrog_pitch_starts_at_the_strike(pitch: float, major: Any) -> None:
    """In a plane of dip 60 to the east, pitch runs from north down the dip to the south."""
    trend, plunge = trend_plunge(axes_from_leapfrog(Leapfrog(60.0, 90.0, pitch))[0])
    assert (trend % 180.0 if plunge < 1e-9 else trend, plunge) == pytest.approx(major, abs=0.06)


def test_datamine_by_scipy() -> None:
    """Clockwise ZXZ is scipy's intrinsic ZXZ with the signs turned."""
    turned = Rotation.from_euler("ZXZ", [-120.0, -45.0, -30.0], degrees=True).as_matrix()
    assert axes_from_datamine(Datamine(120.0, 45.0, 30.0)) == pytest.approx(turned.T)


def test_two_thousand_ellipsoids_there_and_back() -> None:
    """Random axes, reflected at random: each view brings the same lines back, in its form."""
    rng = np.random.default_rng(35)
    for turned in Rotation.random(2000, rng=rng).as_matrix():
        axes = turned * rng.choice([-1.0, 1.0], (3, 1))
        orientation = orientation_from_axes(axes)
        leapfrog, datamine = leapfrog_from_axes(axes), datamine_from_axes(axes)
        assert orientation.dip_deg <= 0
        assert 0 <= orientation.azimuth_deg < 360
        assert -90 < orientation.rake_deg <= 90
        assert 0 <= leapfrog.dip_deg <= 90
        assert 0 <= leapfrog.pitch_deg < 180
        for back in (
            axes_from_gslib(orientation),
            axes_from_leapfrog(leapfrog),
            axes_from_datamine(datamine),
        ):
            assert angle_between_axes_deg(axes, back) < 1e-6


@pytest.mark.parametrize("dip", [0.0, -90.0, 90.0])
@pytest.mark.parametrize("azimuth", [0.0, 90.0, 180.0, 270.0, 359.9999999999])
@pytest.mark.parametrize("rake", [0.0, 90.0, -90.0, 180.0])
def test_upright_and_level_ellipsoids_there_and_back(
    dip: float, azimuth: float, rake: float
) -> None:
    """Where an angle says nothing (vertical axis, flat plane), the axes still come back."""
    axes = gslib(azimuth, dip, rake)
    orientation = orientation_from_axes(axes)
    assert orientation.dip_deg <= 0
    assert angle_between_axes_deg(axes, axes_from_gslib(orientation)) < 1e-6
    assert angle_between_axes_deg(axes, axes_from_leapfrog(leapfrog_from_axes(axes))) < 1e-6


def test_skewed_axes_are_refused() -> None:
    """Rows that are no rotation have no angles."""
    for view in (orientation_from_axes, leapfrog_from_axes, datamine_from_axes):
        with pytest.raises(ValueError, match="perpendicular"):
            view(np.array([[1.0, 0, 0], [0.8, 0.6, 0], [0, 0, 1.0]]))
