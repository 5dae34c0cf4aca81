"""The kriging kernels against plain dense algebra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.engine.visit import kernel_models, visit_of
from estimation.plan import Variogram
from tests.engine_problems import (
    NAMES,
    POINT,
    Floats,
    covariance_matrix,
    dense_kriging,
    element_plan,
    krige,
    samples_at,
    search_pass,
    variogram,
    weights_of,
)

EIGHT = np.array(
    [[x, y, z] for z in (-1.25, 1.25) for y in (-2.5, 2.5) for x in (-2.5, 2.5)], dtype=float
)
MODELS = st.sampled_from(["spherical", "exponential", "gaussian", "cubic", "matern_3_2"])
FEW = settings(max_examples=60, deadline=None)


@st.composite
def configurations(draw: Any) -> tuple[Variogram, Floats, Floats, Floats]:
    """A random model of one or two structures, samples apart from one another, and a block."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    structures = [
        (draw(MODELS), float(rng.uniform(0.2, 2.0)), tuple(rng.uniform(15.0, 200.0, 3)))
        for _ in range(draw(st.integers(1, 2)))
    ]
    # a Gaussian model needs a nugget: without one the dense system itself loses its digits
    least = 0.05 if any(s[0] == "gaussian" for s in structures) else 0.0
    model = variogram(float(rng.uniform(least, 1.0)), *structures)
    count = draw(st.integers(1, 40))
    places = rng.uniform(-60.0, 60.0, (count, 3))
    return model, places, rng.lognormal(0.0, 1.0, count), rng.uniform(-30.0, 30.0, 3)


@FEW
@given(configurations(), st.booleans())
def test_kriging_is_the_dense_bordered_solution(
    configuration: tuple[Variogram, Floats, Floats, Floats], point: bool
) -> None:
    """Estimate, variance, multiplier, efficiency and the rest equal numpy's bordered solve."""
    model, places, values, block = configuration
    offsets = POINT if point else EIGHT
    out = krige(model, block, places, values, offsets=offsets)
    dense = dense_kriging(model, block + offsets, places, values)
    sill, bv, kv, mu = model.total_sill, dense.block_variance, dense.variance, dense.lagrange
    assert out[NAMES["estimate"]] == pytest.approx(dense.estimate, rel=1e-9, abs=1e-9)
    assert out[NAMES["variance"]] == pytest.approx(kv, abs=1e-9 * sill)
    assert out[NAMES["lagrange"]] == pytest.approx(mu, abs=1e-9 * sill)
    assert out[NAMES["efficiency"]] == pytest.approx((bv - kv) / bv, abs=1e-8)
    assert out[NAMES["negative_weights"]] == pytest.approx(
        np.minimum(dense.weights, 0.0).sum(), abs=1e-9
    )
    assert out[NAMES["samples"]] == len(places)
    assert out[NAMES["redundant"]] == 0
    apart = np.linalg.norm(places - block, axis=1)
    assert out[NAMES["mean_distance_m"]] == pytest.approx(apart.mean(), rel=1e-12)
    inverse = 1.0 / np.maximum(apart**2, 1e-12)
    assert out[NAMES["inverse_distance"]] == pytest.approx(inverse @ values / inverse.sum())
    assert out[NAMES["nearest"]] == values[apart.argmin()]


@FEW
@given(configurations())
def test_slope_is_the_regression_of_true_on_estimated(
    configuration: tuple[Variogram, Floats, Floats, Floats],
) -> None:
    """slope = Cov(Z, Z*) / Var(Z*), both taken from the weights and the dense covariances."""
    model, places, values, block = configuration
    out = krige(model, block, places, values, offsets=EIGHT)
    dense = dense_kriging(model, block + EIGHT, places, values)
    spread = dense.explained - dense.lagrange  # w'K w, since K w = c - mu
    if spread > 1e-6 * model.total_sill:
        assert out[NAMES["slope"]] == pytest.approx(dense.explained / spread, rel=1e-6)


@FEW
@given(configurations())
def test_weights_sum_to_one_and_no_other_weights_do_better(
    configuration: tuple[Variogram, Floats, Floats, Floats],
) -> None:
    """Sum w = 1, and 0 <= kriging variance <= error variance of any other such weights."""
    model, places, values, block = configuration
    weights = weights_of(model, block, places, EIGHT)
    assert weights.sum() == pytest.approx(1.0, abs=1e-10)
    variance = krige(model, block, places, values, offsets=EIGHT)[NAMES["variance"]]
    own = covariance_matrix(model, block + EIGHT, block + EIGHT).mean()
    c = covariance_matrix(model, places, block + EIGHT).mean(axis=1)
    k = covariance_matrix(model, places, places) + model.nugget * np.eye(len(places))
    nudge = np.random.default_rng(1).normal(0.0, 0.1, len(places))
    rivals = (np.full(len(places), 1.0 / len(places)), weights + nudge - nudge.mean())
    assert variance >= -1e-9 * model.total_sill
    for rival in rivals:
        assert variance <= own - 2.0 * rival @ c + rival @ k @ rival + 1e-9 * model.total_sill


def test_a_point_at_a_sample_without_nugget_has_its_grade_and_no_variance() -> None:
    """Kriging is exact where the nugget is zero, and not where there is one."""
    rng = np.random.default_rng(3)
    places, values = rng.uniform(-50, 50, (12, 3)), rng.lognormal(0, 1, 12)
    model = ("spherical", 1.0, (90.0, 70.0, 50.0))
    for i in range(12):
        out = krige(variogram(0.0, model), places[i], places, values)
        assert out[NAMES["estimate"]] == pytest.approx(values[i], abs=1e-10)
        assert out[NAMES["variance"]] == pytest.approx(0.0, abs=1e-10)
        assert out[NAMES["inverse_distance"]] == pytest.approx(values[i], rel=1e-6)
    noisy = krige(variogram(0.5, model), places[0], places, values)
    assert abs(noisy[NAMES["estimate"]] - values[0]) > 1e-3
    assert noisy[NAMES["variance"]] > 0.5


@FEW
@given(configurations(), st.integers(-4096, 4096), st.integers(-4096, 4096))
def test_moving_everything_changes_nothing(
    configuration: tuple[Variogram, Floats, Floats, Floats], east: int, up: int
) -> None:
    """Samples and block moved by the same vector give the same numbers."""
    model, places, values, block = configuration
    shift = np.array([east, -east / 2.0, up])
    here = krige(model, block, places, values, offsets=EIGHT)
    there = krige(model, block + shift, places + shift, values, offsets=EIGHT)
    assert there == pytest.approx(here, rel=1e-6, abs=1e-7)


@FEW
@given(configurations(), st.floats(0.01, 100.0))
def test_scaling_the_covariance_scales_the_variance_and_leaves_the_weights(
    configuration: tuple[Variogram, Floats, Floats, Floats], factor: float
) -> None:
    """A variogram in other units (grade squared) gives the same estimate."""
    model, places, values, block = configuration
    scaled = variogram(
        model.nugget * factor, *((s.model, s.sill * factor, s.ranges_m) for s in model.structures)
    )
    assert weights_of(scaled, block, places) == pytest.approx(
        weights_of(model, block, places), abs=1e-8
    )
    one = krige(model, block, places, values)[NAMES["variance"]]
    other = krige(scaled, block, places, values)[NAMES["variance"]]
    assert other == pytest.approx(one * factor, abs=1e-8 * factor * model.total_sill)


@pytest.mark.parametrize("turn_deg", [37.0, 90.0, 200.0])
def test_turning_data_and_axes_together_changes_nothing(turn_deg: float) -> None:
    """Samples turned clockwise about the vertical, and the azimuth by as much: same estimate."""
    rng = np.random.default_rng(8)
    places, values = rng.uniform(-50, 50, (15, 3)), rng.lognormal(0, 1, 15)
    angle, alone = np.deg2rad(turn_deg), np.array([0, 1])
    clockwise = np.array(
        [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    answers = []
    for azimuth, points in ((25.0, places), (25.0 + turn_deg, places @ clockwise.T)):
        orientation = {"azimuth_deg": azimuth, "dip_deg": -35.0, "rake_deg": 20.0}
        model, search = variogram(0.1, orientation=orientation), (search_pass((80.0, 60.0, 45.0)),)
        plan = element_plan(variogram=model, search=search)
        visit = visit_of({"cu_pct": plan}, (10.0, 10.0, 5.0), (1, 1, 1), np.zeros(3))
        samples = visit.kernel_samples(samples_at(points, values))
        answers.append(visit.krige(samples, np.zeros((1, 3)), alone, None)[0, 0])
    assert 3 < answers[0][NAMES["samples"]] <= 8
    assert answers[1] == pytest.approx(answers[0], rel=1e-9)


def test_a_near_sample_screens_the_one_behind_it() -> None:
    """On a line with an exponential model (Markov) the screened sample has next to no weight."""
    model = variogram(0.0, ("exponential", 1.0, (100.0, 100.0, 100.0)))
    line = np.array([[-10.0, 0, 0], [10.0, 0, 0], [20.0, 0, 0]])
    near, behind = weights_of(model, np.zeros(3), line)[1:]
    assert abs(behind) < 0.05 * near
    alone = weights_of(model, np.zeros(3), line[[0, 2]])[1]
    assert alone > 0.25


def test_one_sample_has_all_the_weight() -> None:
    """Estimate = the sample's grade; variance = C(V,V) + sill - 2 c."""
    model = variogram(0.2, ("spherical", 0.8, (50.0, 50.0, 50.0)))
    out = krige(model, np.zeros(3), [[20.0, 0.0, 0.0]], [1.7], offsets=EIGHT)
    c = covariance_matrix(model, np.array([[20.0, 0.0, 0.0]]), EIGHT).mean()
    own = covariance_matrix(model, EIGHT, EIGHT).mean()
    assert out[NAMES["estimate"]] == pytest.approx(1.7, rel=1e-15)
    assert out[NAMES["variance"]] == pytest.approx(own + 1.0 - 2.0 * c, rel=1e-12)
    assert out[NAMES["holes"]] == out[NAMES["samples"]] == out[NAMES["pass"]] == 1


@pytest.mark.parametrize("apart_m", [0.0, 1e-10])
def test_a_duplicate_without_nugget_is_counted_as_redundant(apart_m: float) -> None:
    """Two samples at one place: a finite answer, that of the first of the two alone."""
    rng = np.random.default_rng(5)
    places, values = rng.uniform(-40, 40, (9, 3)), rng.lognormal(0, 1, 9)
    places = places[np.argsort(np.linalg.norm(places, axis=1))]
    twice = np.insert(places, 4, places[3] + [apart_m, 0, 0], axis=0)
    model = variogram(0.0, ("spherical", 1.0, (90.0, 70.0, 50.0)))
    out = krige(model, np.zeros(3), twice, np.insert(values, 4, 99.0), offsets=EIGHT)
    alone = krige(model, np.zeros(3), places, values, offsets=EIGHT)
    assert out[NAMES["redundant"]] == 1
    assert alone[NAMES["redundant"]] == 0
    for field in ("estimate", "variance", "lagrange", "slope"):
        assert out[NAMES[field]] == pytest.approx(alone[NAMES[field]], rel=1e-6)


def test_duplicates_with_a_nugget_share_their_weight() -> None:
    """A nugget makes two samples at one place two measurements: equal weights, none redundant."""
    places = np.array([[10.0, 0, 0], [10.0, 0, 0], [-15.0, 5.0, 0.0]])
    model = variogram(0.3, ("spherical", 0.7, (90.0, 70.0, 50.0)))
    weights = weights_of(model, np.zeros(3), places)
    assert weights[0] == pytest.approx(weights[1], rel=1e-12)
    assert krige(model, np.zeros(3), places, [1.0, 2.0, 3.0])[NAMES["redundant"]] == 0


def test_a_sample_a_millimetre_away_is_no_duplicate() -> None:
    """Without nugget two samples 1 mm apart still count as two, as in the dense solution."""
    places = np.array([[10.0, 0, 0], [10.001, 0, 0], [-15.0, 5.0, 0.0], [0.0, -20.0, 3.0]])
    values = np.array([1.0, 1.001, 3.0, 2.0])
    model = variogram(0.0, ("spherical", 1.0, (90.0, 70.0, 50.0)))
    out = krige(model, np.zeros(3), places, values)
    dense = dense_kriging(model, POINT, places, values)
    assert out[NAMES["redundant"]] == 0
    assert out[NAMES["estimate"]] == pytest.approx(dense.estimate, rel=1e-9)
    assert out[NAMES["variance"]] == pytest.approx(dense.variance, rel=1e-9)


# ------------------------------------------------------------------ block variance


def line_of_points(length: float, count: int) -> Floats:
    """Discretization points of a block that is a line along the major axis."""
    points = np.zeros((count, 3))
    points[:, 0] = length * ((np.arange(count) + 0.5) / count - 0.5)
    return points


def own_variance(model: Variogram, offsets: Floats) -> float:
    """C(V,V) of a block, as the kernels take it."""
    return float(kernel_models([model], offsets).block_variances[0])


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0])
def test_block_variance_is_the_closed_form_of_a_line(ratio: float) -> None:
    """Mean covariance in a segment L = ratio * a (Journel & Huijbregts 1978, II.D.3)."""
    length, points = 100.0 * ratio, line_of_points(100.0 * ratio, 300)
    b = 3.0 * ratio
    g = math.sqrt(3.0) * ratio
    m = 4.743864518390578 * ratio
    forms = {
        "spherical": 1.0 - (0.5 * ratio - 0.05 * ratio**3),
        "exponential": 2.0 / b**2 * (b - 1.0 + math.exp(-b)),
        "gaussian": (math.sqrt(math.pi) * g * math.erf(g) + math.exp(-(g**2)) - 1.0) / g**2,
        # each power u^k of a polynomial has the mean 2 / ((k + 1) (k + 2))
        "cubic": 1.0 - 7 / 6 * ratio**2 + 0.875 * ratio**3 - ratio**5 / 6 + ratio**7 / 48,
        "matern_3_2": 2.0 / m**2 * (2.0 * m - 3.0 + (m + 3.0) * math.exp(-m)),
    }
    for name, expected in forms.items():
        model = variogram(0.4, (name, 2.0, (100.0, 10.0, 10.0)))
        found = own_variance(model, points)
        assert found == pytest.approx(2.0 * expected, rel=2e-5), (name, length)


def test_block_variance_of_points_and_pairs() -> None:
    """A point has the whole sill; two points the mean of C(0) and C(d), without nugget."""
    model = variogram(0.4, ("spherical", 2.0, (100.0, 10.0, 10.0)))
    assert own_variance(model, POINT) == pytest.approx(2.4)
    pair = np.array([[0.0, 0, 0], [0.0, 5.0, 0]])
    expected = 2.0 * (1.0 + (1.0 - 1.5 * 0.5 + 0.5 * 0.125)) / 2.0
    assert own_variance(model, pair) == pytest.approx(expected)
