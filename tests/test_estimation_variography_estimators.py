"""Estimators on configurations small enough to work out by hand, and what must not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from estimation.errors import EstimationError
from estimation.variography.crossed import cross_variogram
from estimation.variography.experimental import (
    direction_vector,
    directional_variograms,
    experimental_variogram,
    several_estimators,
)
from estimation.variography.experimental_estimators import ESTIMATORS, dowd, genton
from estimation.variography.experimental_pairs import Lags
from estimation.variography.experimental_scores import back_to_raw, normal_scores
from estimation.variography.maps import plane_of, variogram_fan, variogram_map
from tests.engine_problems import Floats

NORTH = direction_vector(0.0, 0.0)
LINE = np.array([[0.0, 0, 0], [0.0, 10, 0], [0.0, 20, 0]])
GRADES = np.array([1.0, 3.0, 8.0])
ONE_HOLE = np.zeros(3, np.int64)


def cloud(count: int = 150) -> tuple[Floats, Floats, Any]:
    """Places, positive grades and holes."""
    rng = np.random.default_rng(12)
    return (
        rng.uniform(0, 100, (count, 3)),
        np.exp(rng.normal(size=count)),
        rng.integers(0, 12, count),
    )


@pytest.mark.parametrize(
    ("estimator", "first_lag"),
    [
        # increments 2 and 5; tails 1, 3 (mean 2), heads 3, 8 (mean 5.5) along north
        ("traditional", 0.5 * (4 + 25) / 2),
        ("madogram", 0.5 * 7 / 2),
        ("rodogram", 0.5 * (2**0.5 + 5**0.5) / 2),
        ("general_relative", 0.5 * (4 + 25) / 2 / 3.75**2),
        ("pairwise_relative", 0.5 * ((2 / 2) ** 2 + (5 / 5.5) ** 2) / 2),
        ("correlogram", 1 - (27 / 2 - 2 * 5.5) / (1 * 2.5)),
        ("covariance", 26 / 3 - (27 / 2 - 2 * 5.5)),
        (
            "cressie_hawkins",
            0.5 * ((2**0.5 + 5**0.5) / 2) ** 4 / (0.457 + 0.494 / 2 + 0.045 / 4),
        ),
        ("dowd", 0.5 * 2.198 * 3.5**2),
        ("genton", 0.5 * (2.2191 * 3) ** 2),
    ],
)
def test_two_increments_by_hand(estimator: Any, first_lag: float) -> None:
    """Grades 1, 3, 8 ten metres apart, northwards: every estimator's first lag worked out."""
    found = experimental_variogram(
        LINE, GRADES, ONE_HOLE, Lags(10.0, 2), NORTH, estimator=estimator
    )
    assert found.pairs.tolist() == [2.0, 1.0]
    assert found.gamma[0] == pytest.approx(first_lag, rel=1e-12)
    assert found.vector == pytest.approx((0.0, 1.0, 0.0))


def test_sills_are_what_the_curves_should_reach() -> None:
    """Variance 26/3, over the squared mean 16; 1 for the standardised ones; none for -grams."""
    found = several_estimators(LINE, GRADES, ONE_HOLE, Lags(10.0, 2))
    assert set(found) == set(ESTIMATORS)
    assert found["traditional"].sill == pytest.approx(26 / 3)
    assert found["general_relative"].sill == pytest.approx(26 / 3 / 16)
    assert (found["correlogram"].sill, found["madogram"].sill) == (1.0, None)
    weighted = experimental_variogram(
        LINE, GRADES, ONE_HOLE, Lags(10.0, 2), weights=np.array([2.0, 1.0, 0.0])
    )
    assert weighted.sill == pytest.approx(8 / 9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("direction", ["all", "downhole", "north"])
def test_the_order_of_samples_does_not_matter(estimator: Any, direction: Any) -> None:
    """Shuffled samples give the same curve, in every direction, in one, and down the hole."""
    xyz, values, holes = cloud()
    mixed = np.random.default_rng(1).permutation(len(values))
    towards = NORTH if direction == "north" else direction
    lags = Lags(12.0, 6, 30.0)
    one = experimental_variogram(xyz, values, holes, lags, towards, estimator=estimator)
    other = experimental_variogram(
        xyz[mixed], values[mixed], holes[mixed], lags, towards, estimator=estimator
    )
    assert one.pairs.tolist() == other.pairs.tolist()
    assert one.gamma == pytest.approx(other.gamma, rel=1e-9, nan_ok=True)


def test_turning_samples_and_direction_together_does_not_matter() -> None:
    """Any rotation, of a cone; about the vertical, of bands and of GSLIB's two tolerances too."""
    xyz, values, holes = cloud()
    towards = direction_vector(50.0, -35.0)
    banded = Lags(12.0, 6, 30.0, None, 15.0, 9.0)
    wedge = Lags(12.0, 6, 30.0, 20.0, 15.0, 9.0)
    upright = Rotation.from_euler("z", 77.0, degrees=True)
    anyhow = Rotation.from_euler("zyx", [20.0, 50.0, -70.0], degrees=True)
    for lags, turn in ((Lags(12.0, 6, 30.0), anyhow), (banded, upright), (wedge, upright)):
        for estimator in ("traditional", "correlogram"):
            one = experimental_variogram(xyz, values, holes, lags, towards, estimator=estimator)
            other = experimental_variogram(
                turn.apply(xyz), values, holes, lags, turn.apply(towards), estimator=estimator
            )
            assert one.pairs.tolist() == other.pairs.tolist()
            assert one.gamma == pytest.approx(other.gamma, rel=1e-9)
            assert one.pairs.sum() > 100


def test_bands_and_tolerances_by_brute_force() -> None:
    """A cone with two bands: the pairs that simple vectors leave."""
    xyz, values, holes = cloud()
    towards = direction_vector(50.0, -35.0)
    level = np.array([np.cos(np.deg2rad(50.0)), -np.sin(np.deg2rad(50.0)), 0.0])
    upright = np.cross(level, towards)
    i, j = np.triu_indices(len(values), 1)
    apart = xyz[i] - xyz[j]
    h = np.linalg.norm(apart, axis=1)
    keep = np.abs(apart @ towards) >= h * np.cos(np.deg2rad(40.0))
    keep &= (np.abs(apart @ level) <= 14.0) & (np.abs(apart @ upright) <= 9.0)
    lags = Lags(12.0, 6, 40.0, None, 14.0, 9.0, lag_tolerance_m=4.0)
    found = experimental_variogram(xyz, values, holes, lags, towards)
    for b in range(6):
        here = keep & (np.abs(h - 12.0 * (b + 1)) <= 4.0)
        assert found.pairs[b] == here.sum()
        assert found.gamma[b] == pytest.approx(0.5 * np.mean((values[i] - values[j])[here] ** 2))


def test_many_directions_at_once_are_each_by_itself() -> None:
    """One walk over the pairs equals one walk a direction."""
    xyz, values, holes = cloud()
    towards = np.array([direction_vector(a, -10.0) for a in (0.0, 40.0, 110.0)])
    lags = Lags(15.0, 5, 25.0)
    for one, u in zip(directional_variograms(xyz, values, lags, towards), towards, strict=True):
        alone = experimental_variogram(xyz, values, holes, lags, u)
        assert one.gamma == pytest.approx(alone.gamma, rel=1e-12)
        assert one.pairs.tolist() == alone.pairs.tolist()
    with pytest.raises(EstimationError, match="one direction at a time"):
        directional_variograms(xyz, values, lags, towards, estimator="dowd")


def test_robust_estimators_of_normal_increments() -> None:
    """Of normal increments all find half their variance; of a few gross ones only robust ones."""
    increments = np.random.default_rng(4).normal(0, 2.0, 20001)
    assert dowd(increments) == pytest.approx(2.0, rel=0.03)
    assert genton(increments) == pytest.approx(2.0, rel=0.03)
    spoilt = np.append(increments, np.full(400, 100.0))
    assert dowd(spoilt) == pytest.approx(2.0, rel=0.08)
    assert genton(spoilt) == pytest.approx(2.0, rel=0.12)
    assert np.isnan(dowd(np.zeros(0)))
    assert np.isnan(genton(np.zeros(1)))


def test_normal_scores_and_back() -> None:
    """Scores are standard normal; of a lognormal grade the sill comes back as its variance."""
    values = np.exp(0.5 * np.random.default_rng(6).normal(size=4001))
    scores = normal_scores(values)
    assert scores.mean() == pytest.approx(0.0, abs=1e-9)
    assert scores.var() == pytest.approx(1.0, abs=0.01)
    assert normal_scores(np.array([1.0, 2.0, 2.0])).tolist()[1:] == pytest.approx([0.4307273] * 2)
    doubled = normal_scores(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]))
    assert doubled == pytest.approx([-1.1503494, -0.3186394, 0.6744898])
    # lognormal: phi_n = m (-s)^n / sqrt(n!), and the covariance is m^2 (exp(s^2 rho) - 1)
    n = np.arange(40)
    factorial = np.concatenate([[1.0], np.cumprod(n[1:], dtype=float)])
    m, s = np.exp(0.125), 0.5
    phi = m * (-s) ** n / np.sqrt(factorial)
    gamma = np.array([0.0, 0.3, 0.7, 1.0])
    covariance = m**2 * (np.exp(s**2 * (1 - gamma)) - 1)
    total = m**2 * (np.exp(s**2) - 1)
    assert back_to_raw(gamma, phi) == pytest.approx(total - covariance, abs=1e-12)


# ------------------------------------------------------------------ two variables


def test_cross_variogram_by_hand() -> None:
    """Increments 2, 5 against 4, 1: half the mean product; codispersion over the own ones."""
    other = np.array([2.0, 6.0, 7.0])
    lags = Lags(10.0, 1)
    found = cross_variogram(LINE, GRADES, other, lags, NORTH)
    assert found.gamma[0] == pytest.approx(0.5 * (8 + 5) / 2)
    assert found.level == pytest.approx(np.cov(GRADES, other, bias=True)[0, 1])
    both = cross_variogram(LINE, GRADES, other, lags, NORTH, kind="codispersion")
    assert both.gamma[0] == pytest.approx(13 / np.sqrt(29 * 17))
    ends = cross_variogram(LINE, GRADES, other, lags, NORTH, kind="cross_covariance")
    # first at the tail, second at the head: (1, 6), (3, 7)
    assert ends.gamma[0] == pytest.approx((6 + 21) / 2 - 2 * 6.5)
    turned = cross_variogram(LINE, GRADES, other, lags, -NORTH, kind="cross_covariance")
    assert turned.gamma[0] == pytest.approx((3 * 2 + 8 * 6) / 2 - 5.5 * 4)


def test_an_element_with_itself_is_its_variogram() -> None:
    """Cross-variogram and pseudo cross-variogram of one element with itself."""
    xyz, values, holes = cloud()
    lags = Lags(12.0, 6)
    own = experimental_variogram(xyz, values, holes, lags)
    same = cross_variogram(xyz, values, values, lags)
    pseudo = cross_variogram(xyz, values, values, lags, kind="pseudo_cross_variogram")
    assert same.gamma == pytest.approx(own.gamma)
    assert pseudo.gamma * values.var() == pytest.approx(own.gamma, rel=1e-9)


def test_pseudo_cross_variogram_of_samples_at_different_places() -> None:
    """By brute force: every sample of one set against every one of the other."""
    xyz, values, _ = cloud(120)
    first, second = values.copy(), np.sqrt(values)
    first[::2], second[1::2] = np.nan, np.nan
    found = cross_variogram(xyz, first, second, Lags(15.0, 4), kind="pseudo_cross_variogram")
    a = (first - np.nanmean(first)) / np.nanstd(first)
    b = (second - np.nanmean(second)) / np.nanstd(second)
    i, j = np.meshgrid(np.flatnonzero(np.isfinite(a)), np.flatnonzero(np.isfinite(b)))
    h = np.linalg.norm(xyz[i] - xyz[j], axis=-1)
    for lag in range(4):
        here = (h > 15.0 * lag) & (h <= 15.0 * (lag + 1))
        assert found.pairs[lag] == here.sum()
        assert found.gamma[lag] == pytest.approx(0.5 * np.mean((a[i] - b[j])[here] ** 2))
        assert found.distance_m[lag] == pytest.approx(h[here].mean())
    with pytest.raises(EstimationError, match="two are needed"):
        cross_variogram(xyz, first, second, Lags(15.0, 4))


# ------------------------------------------------------------------ maps and fans


def test_a_map_by_brute_force_in_a_tilted_plane() -> None:
    """Each cell holds the pairs whose lag lies there; the map turned about is itself."""
    xyz, values, _ = cloud(80)
    turned = Rotation.from_euler("zyx", [20.0, 50.0, -70.0], degrees=True).as_matrix()
    plane = plane_of(turned[0], turned[1])
    found = variogram_map(xyz, values, 12.0, 3, plane, 8.0)
    assert np.array_equal(found.gamma, found.gamma[::-1, ::-1], equal_nan=True)
    i, j = np.meshgrid(np.arange(80), np.arange(80))
    lag = (xyz[i] - xyz[j]) @ plane.T
    cell = np.floor(lag[..., :2] / 12.0 + 0.5)
    for row in range(-3, 4):
        for column in range(-3, 4):
            here = (cell[..., 0] == column) & (cell[..., 1] == row) & (np.abs(lag[..., 2]) <= 8.0)
            here &= i != j
            # the middle cell holds each pair both ways
            count = here.sum() / (2 if row == column == 0 else 1)
            assert found.pairs[3 + row, 3 + column] == count
            if count:
                mean = 0.5 * np.mean((values[i] - values[j])[here] ** 2)
                assert found.gamma[3 + row, 3 + column] == pytest.approx(mean)


def test_a_fan_is_its_directions() -> None:
    """Twelve azimuths of 15 degrees, each as worked out alone."""
    xyz, values, holes = cloud()
    lags = Lags(20.0, 4, 20.0)
    fan = variogram_fan(xyz, values, lags)
    assert fan.angles_deg.tolist() == [15.0 * i for i in range(12)]
    for angle, gamma in zip(fan.angles_deg, fan.gamma, strict=True):
        alone = experimental_variogram(xyz, values, holes, lags, direction_vector(angle, 0.0))
        assert gamma == pytest.approx(alone.gamma, nan_ok=True)


@pytest.mark.parametrize("lags", [Lags(0.0, 3), Lags(10.0, 0), Lags(10.0, 3, lag_tolerance_m=6.0)])
def test_senseless_lags_are_refused(lags: Lags) -> None:
    """No width, no lag, lags that overlap: told what and how to put it right."""
    with pytest.raises(EstimationError, match="at most half"):
        experimental_variogram(LINE, GRADES, ONE_HOLE, lags)


def test_a_sample_without_a_place_is_refused() -> None:
    """So is a single sample."""
    lost = LINE.copy()
    lost[1, 2] = np.nan
    with pytest.raises(EstimationError, match="1 without"):
        experimental_variogram(lost, GRADES, ONE_HOLE, Lags(10.0, 2))
    with pytest.raises(EstimationError, match="two samples"):
        experimental_variogram(LINE[:1], GRADES[:1], ONE_HOLE[:1], Lags(10.0, 2))
