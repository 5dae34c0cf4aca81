"""What must hold of kriging whatever the numbers are, and what must not break it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from estimation.plan import Orientation, SectorRule
from tests import book
from tests.kernel_door import (
    EIGHT,
    TILTED,
    Block,
    Numbers,
    element,
    krige,
    one_pass,
    variogram,
)

Floats = npt.NDArray[np.float64]

MODEL = variogram(0.1, ("spherical", 0.9, (120.0, 80.0, 40.0)), turned=TILTED)
SMOOTH = variogram(0.0, ("gaussian", 1.0, 150.0))
EVERY_MODEL = ("spherical", "exponential", "gaussian", "cubic", "matern_3_2")
ESTIMATED, NO_SAMPLES, FEW_SAMPLES, FEW_HOLES, FEW_SECTORS, DRIFT_UNSEEN = range(6)
CURVE = np.array([[1.0, 0.4, -0.2], [0.4, -0.7, 0.3], [-0.2, 0.3, 0.9]]) * 1e-3
MANY = 100_000


def some_samples(count: int = 30, seed: int = 5, size: float = 100.0) -> book.Data:
    """Samples at random places about the origin, three or four of a hole."""
    rng = np.random.default_rng(seed)
    places = (rng.random((count, 3)) - 0.5) * size
    return book.samples(places, rng.lognormal(size=count), np.arange(count) // 4)


def intervals(data: book.Data, length_m: float) -> book.Data:
    """The same samples as six points each along a random direction."""
    along = np.random.default_rng(2).normal(size=(len(data.values), 1, 3))
    along *= length_m / np.linalg.norm(along, axis=2, keepdims=True)
    steps = ((np.arange(6) + 0.5) / 6.0 - 0.5)[:, None]
    return replace(data, points=data.centres[:, None] + steps * along)


def some_blocks(count: int = 20, seed: int = 6, size: float = 100.0) -> Floats:
    """Centres of blocks about the origin."""
    return (np.random.default_rng(seed).random((count, 3)) - 0.5) * size


def assert_same(one: Numbers, other: Numbers, fields: Any = None, digits: float = 1e-9) -> None:
    """Compare fields of two answers; all of them unless some are named."""
    for name in fields or one:
        assert other[name] == pytest.approx(one[name], rel=digits, abs=digits, nan_ok=True), name


# ------------------------------------------------------------------ moving, turning, scaling


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_without_a_nugget_a_point_gets_its_own_grade_back(model: str) -> None:
    """Kriging is an exact interpolator: the sample's grade and no variance at its place."""
    data = some_samples(size=300.0)
    out = krige(element(variogram(0.0, (model, 1.0, 60.0))), data, data.centres)
    assert out["estimate"] == pytest.approx(data.values, rel=1e-7)
    assert out["variance"] == pytest.approx(0.0, abs=1e-8)
    assert out["inverse_distance"] == pytest.approx(data.values, rel=1e-4)


def test_with_a_nugget_a_sample_is_one_assay_of_its_place() -> None:
    """Another assay would differ: not the grade again, and at least the nugget of variance."""
    data = some_samples()
    out = krige(element(MODEL), data, data.centres)
    assert np.abs(out["estimate"] - data.values).min() > 1e-4
    assert out["variance"].min() > MODEL.nugget


def test_moving_everything_changes_nothing() -> None:
    """Samples and blocks moved together, by whole metres across a country."""
    data, blocks, shift = some_samples(), some_blocks(), np.array([2.0**19, -(2.0**22), 2048.0])
    plan = element(MODEL, one_pass(60.0, 12, min_samples=3))
    moved = book.samples(data.centres + shift, data.values, data.holes)
    assert_same(krige(plan, data, blocks, EIGHT), krige(plan, moved, blocks + shift, EIGHT))


@pytest.mark.parametrize("method", ["ordinary", "linear_drift", "quadratic_drift"])
def test_turning_samples_blocks_and_axes_together_changes_nothing(method: str) -> None:
    """Clockwise about the vertical, azimuths by as much; octants and passes turn along."""
    data, blocks = some_samples(60), some_blocks()
    octants = SectorRule(kind="octants", max_samples=4, min_filled=2)
    answers = []
    for turn_deg in (0.0, 37.0, 200.0):
        a = np.deg2rad(turn_deg)
        clockwise = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
        axes = Orientation(azimuth_deg=25.0 + turn_deg, dip_deg=-35.0, rake_deg=20.0)
        search = Orientation(azimuth_deg=70.0 + turn_deg, dip_deg=10.0, rake_deg=0.0)
        plan = element(
            variogram(0.1, ("cubic", 0.9, (120.0, 80.0, 40.0)), turned=axes),
            one_pass((70.0, 50.0, 40.0), 20, min_samples=14, sectors=octants),
            one_pass((300.0, 200.0, 200.0), 32, sectors=octants),
            method=method,
            search_orientation=search,
        )
        turned = book.samples(data.centres @ clockwise.T, data.values, data.holes)
        answers.append(krige(plan, turned, blocks @ clockwise.T))
    assert set(answers[0]["pass"]) == {1.0, 2.0}
    for answer in answers[1:]:
        assert_same(answers[0], answer, digits=1e-7 if method == "quadratic_drift" else 1e-9)


def test_grades_in_another_unit_scale_the_estimate() -> None:
    """Grades times k and sills times k squared: estimate times k, variance times k squared."""
    data, blocks, k = some_samples(), some_blocks(), 10_000.0
    scaled = variogram(0.1 * k**2, ("spherical", 0.9 * k**2, (120.0, 80.0, 40.0)), turned=TILTED)
    one = krige(element(MODEL), data, blocks, EIGHT)
    other = krige(element(scaled), data.of(k * data.values), blocks, EIGHT)
    assert other["estimate"] == pytest.approx(k * one["estimate"], rel=1e-12)
    assert other["variance"] == pytest.approx(k**2 * one["variance"], rel=1e-11)
    assert other["lagrange"] == pytest.approx(k**2 * one["lagrange"], rel=1e-10, abs=1e-6)
    assert_same(one, other, ("slope", "efficiency", "negative_weights"))


@pytest.mark.parametrize("k", [1e-3, 0.3048, 1e3])
def test_space_in_another_unit_changes_nothing(k: float) -> None:
    """Places, blocks, ranges and radii times k."""
    data, blocks = some_samples(), some_blocks()
    one = krige(element(MODEL, one_pass(60.0, 12)), data, blocks, EIGHT)
    ranges = tuple(k * r for r in (120.0, 80.0, 40.0))
    plan = element(
        variogram(0.1, ("spherical", 0.9, ranges), turned=TILTED), one_pass(k * 60.0, 12)
    )
    scaled = book.samples(k * data.centres, data.values, data.holes)
    block = Block((k * 10.0, k * 10.0, k * 5.0), (2, 2, 2))
    other = krige(plan, scaled, k * blocks, block)
    one["mean_distance_m"] *= k
    assert_same(one, other)


# ------------------------------------------------------------------ the mean


@pytest.mark.parametrize("method", ["ordinary", "linear_drift", "quadratic_drift"])
@pytest.mark.parametrize("sill", [1e-9, 1.0, 1e9])
def test_weights_sum_to_one(method: str, sill: float) -> None:
    """The estimate of all-equal grades is that grade, under a model of any sill."""
    data = some_samples().of(np.full(30, 7.25))
    plan = element(variogram(0.1 * sill, ("spherical", sill, 90.0)), method=method)
    out = krige(plan, data, some_blocks(), EIGHT)
    assert out["estimate"] == pytest.approx(7.25, rel=1e-9)


def test_a_linear_drift_gives_a_plane_back() -> None:
    """Grades on a plane: the block's mean is the plane at its centre, inside and outside."""
    data, slope = some_samples(), np.array([0.02, -0.01, 0.03])
    blocks = some_blocks(size=400.0)
    plan = element(MODEL, method="linear_drift")
    out = krige(plan, data.of(3.0 + data.centres @ slope), blocks, EIGHT)
    assert out["estimate"] == pytest.approx(3.0 + blocks @ slope, rel=1e-8, abs=1e-8)


def quadric(points: Floats) -> Floats:
    """A curved surface of grades."""
    bent = np.einsum("...a,ab,...b->...", points, CURVE, points)
    return np.asarray(2.0 + points @ np.array([0.02, -0.01, 0.03]) + bent)


@pytest.mark.parametrize("length_m", [0.0, 30.0])
def test_a_quadratic_drift_gives_a_quadric_back(length_m: float) -> None:
    """Samples and blocks are means of a quadric over their own points, and so is the estimate."""
    data, blocks = intervals(some_samples(40), length_m), some_blocks()
    plan = element(MODEL, method="quadratic_drift")
    out = krige(plan, data.of(quadric(data.points).mean(axis=1)), blocks, EIGHT)
    mean = quadric(blocks[:, None] + EIGHT.offsets).mean(axis=1)
    assert np.abs(mean - quadric(blocks)).max() > 0.003
    assert out["estimate"] == pytest.approx(mean, rel=1e-8, abs=1e-8)


def test_simple_kriging_tends_to_the_mean_far_away() -> None:
    """Beyond the range samples say nothing: the known mean, the whole sill, no weight."""
    data = some_samples()
    away = np.array([[0.0, 0.0, 0.0], [80.0, 0.0, 0.0], [5e3, 0.0, 0.0]])
    out = krige(element(variogram(0.1, ("spherical", 0.9, 80.0)), known_mean=1.3), data, away)
    assert out["estimate"][2] == 1.3
    assert out["variance"][2] == pytest.approx(1.0, rel=1e-15)
    assert np.abs(out["estimate"] - 1.3).argsort()[0] == 2
    assert (np.diff(out["variance"]) > 0.0).all()


def test_an_estimated_block_has_no_field_without_a_number() -> None:
    """Not even the slope of an estimate that is the known mean."""
    out = krige(element(MODEL, known_mean=1.3), some_samples(), [5e3, 0.0, 0.0])
    assert out["reason"][0] == ESTIMATED
    assert [name for name in out if not np.isfinite(out[name][0])] == []


# ------------------------------------------------------------------ variances


def test_variances_keep_their_order() -> None:
    """0 <= simple <= ordinary <= with drift: what is not known of the mean costs."""
    data, blocks = some_samples(), some_blocks(size=200.0)
    plans = [element(MODEL, known_mean=1.0), element(MODEL), element(MODEL, method="linear_drift")]
    simple, ordinary, drift = (krige(plan, data, blocks, EIGHT)["variance"] for plan in plans)
    own = book.own_variance(MODEL, EIGHT.offsets)
    assert ((simple >= 0.0) & (simple <= own + 1e-12)).all()
    assert (ordinary > simple).all()
    assert (drift > ordinary).all()


def test_more_samples_never_raise_the_variance_of_simple_kriging() -> None:
    """Each sample added to the neighbourhood can only help."""
    data, blocks = some_samples(40), some_blocks()
    last = np.full(len(blocks), np.inf)
    for most in (1, 2, 4, 8, 16, 32, 40):
        variance = krige(element(MODEL, one_pass(1e3, most), known_mean=1.0), data, blocks)[
            "variance"
        ]
        assert (variance <= last + 1e-12).all()
        last = variance


def test_a_near_sample_screens_the_one_behind_it() -> None:
    """On a line under an exponential model (Markov) the sample behind has no weight at all.

    Simple kriging of grades 0, 0 and 1: the estimate is the weight of the last.
    """
    plan = element(variogram(0.0, ("exponential", 1.0, 100.0)), known_mean=0.0)
    line = np.array([[-10.0, 0, 0], [10.0, 0, 0], [20.0, 0, 0]])
    screened = krige(plan, book.samples(line, [0.0, 0.0, 1.0]), [0.0, 0.0, 0.0])
    alone = krige(plan, book.samples(line[[0, 2]], [0.0, 1.0]), [0.0, 0.0, 0.0])
    assert screened["estimate"][0] == pytest.approx(0.0, abs=1e-15)
    assert alone["estimate"][0] > 0.25


# ------------------------------------------------------------------ support


def test_long_intervals_are_kriged_at_their_own_support() -> None:
    """Intervals of 30 m, 6 points each: the dense solution with averaged covariances."""
    data = some_samples(24)
    long = intervals(data, 30.0)
    blocks = some_blocks()
    for plan in (element(MODEL, one_pass(90.0, 12)), element(MODEL, method="linear_drift")):
        out = krige(plan, long, blocks, EIGHT)
        for row, centre in enumerate(blocks):
            dense = book.krige(plan, long, book.Place(centre, EIGHT.offsets))
            for name in dense.keys() & out.keys():
                assert out[name][row] == pytest.approx(dense[name], rel=1e-9, abs=1e-10), name
        assert np.abs(out["estimate"] - krige(plan, data, blocks, EIGHT)["estimate"]).max() > 0.01


@pytest.mark.parametrize("method", ["ordinary", "linear_drift"])
def test_small_blocks_in_a_large_one_average_to_it(method: str) -> None:
    """64 blocks of 5 m in one of 20 m, from the same samples: the mean is the large one's."""
    data = some_samples()
    plan = element(MODEL, method=method)
    inner = Block((20.0, 20.0, 20.0), (4, 4, 4)).offsets
    centre = np.array([3.0, -8.0, 5.0])
    small = krige(plan, data, centre + inner, Block((5.0,) * 3, (2, 2, 2)))
    large = krige(plan, data, centre, Block((20.0,) * 3, (8, 8, 8)))
    assert small["estimate"].mean() == pytest.approx(large["estimate"][0], rel=1e-9)
    assert small["variance"].min() > large["variance"][0]


# ------------------------------------------------------------------ samples that say the same


def test_duplicates_get_one_samples_weight_and_are_counted() -> None:
    """Without a nugget the second of two samples at one place has nothing to add."""
    data, blocks = some_samples(), some_blocks()
    plan = element(variogram(0.0, ("spherical", 1.0, 90.0)))
    twice = book.samples(
        np.insert(data.centres, 4, data.centres[3], axis=0), np.insert(data.values, 4, 99.0)
    )
    alone, out = krige(plan, data, blocks, EIGHT), krige(plan, twice, blocks, EIGHT)
    assert (alone["redundant"] == 0).all()
    assert (out["redundant"] == 1).all()
    assert_same(alone, out, ("estimate", "variance", "lagrange", "slope", "negative_weights"))


def test_duplicates_with_a_nugget_are_two_assays() -> None:
    """Both have weight, as in the dense solution; none is redundant."""
    twice = some_samples().take(np.insert(np.arange(30), 4, 3))
    out = krige(element(MODEL), twice, np.zeros(3))
    assert out["redundant"][0] == 0
    dense = book.krige(element(MODEL), twice, book.Place(np.zeros(3)))
    assert out["estimate"][0] == pytest.approx(dense["estimate"], rel=1e-9)


@pytest.mark.parametrize("method", ["ordinary", "linear_drift"])
def test_a_near_singular_system_stays_finite(method: str) -> None:
    """60 samples a metre apart under a Gaussian model without nugget: condition beyond 1e16."""
    rng = np.random.default_rng(9)
    places = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3)[:60]
    places += 0.01 * rng.random((60, 3))
    smooth = 1.0 + places @ np.array([0.1, 0.05, 0.02])
    data = book.samples(places, smooth)
    plan = element(SMOOTH, method=method)
    assert book.krige(plan, data, book.Place(np.full(3, 1.5)))["reason"]  # dense: no answer
    out = krige(plan, data, some_blocks(size=3.0) + 1.5, EIGHT)
    assert (out["reason"] == ESTIMATED).all()
    assert all(np.isfinite(out[name]).all() for name in out)
    assert (out["redundant"] > 10).all()
    assert out["estimate"].min() > smooth.min() - 0.1
    assert out["estimate"].max() < smooth.max() + 0.1
    assert out["variance"].min() > -1e-7


@pytest.mark.parametrize("apart_m", [0.0, 1e-7, 1e-3])
@pytest.mark.parametrize("nugget", [0.0, 0.1])
def test_a_hundred_thousand_duplicates_are_answered(apart_m: float, nugget: float) -> None:
    """All at one place, or as good as: the grade of that place, from the first in line."""
    rng = np.random.default_rng(4)
    places = 10.0 + apart_m * rng.random((MANY, 3))
    data = book.samples(places, np.full(MANY, 2.5), np.arange(MANY) % 50)
    plan = element(variogram(nugget, ("spherical", 1.0, 90.0)), one_pass(100.0, 24, max_per_hole=3))
    out = krige(plan, data, some_blocks(3))
    assert (out["reason"] == ESTIMATED).all()
    assert (out["samples"] == 24).all()
    assert out["estimate"] == pytest.approx(2.5, rel=1e-6)
    assert np.isfinite(out["variance"]).all()
    if apart_m == 0.0:
        assert (out["redundant"] == (23 if nugget == 0.0 else 0)).all()


def test_duplicates_beside_other_samples_do_not_hide_them() -> None:
    """A limit per hole sees past a hundred thousand copies in one hole."""
    data = some_samples()
    heap = np.tile(data.centres[:1], (MANY, 1))
    all_of_it = book.samples(
        np.vstack([heap, data.centres]),
        np.append(np.full(MANY, 2.5), data.values),
        np.append(np.zeros(MANY, np.int64), 1 + data.holes),
    )
    plan = element(MODEL, one_pass(200.0, 24, max_per_hole=2))
    out = krige(plan, all_of_it, some_blocks(3))
    assert (out["holes"] == 1 + 8).all()
    assert (out["samples"] == 2 * 8 + 2).all()


# ------------------------------------------------------------------ little to go by


def test_one_sample_has_all_the_weight() -> None:
    """Estimate = its grade; variance = C(V,V) + sill - 2 c (Isaaks & Srivastava 1989, ch. 12)."""
    centre, offsets = np.array([20.0, 0.0, 0.0]), EIGHT.offsets
    out = krige(element(MODEL), book.samples([centre], [1.7]), [0.0, 0.0, 0.0], EIGHT)
    c = book.covariance(MODEL, centre[None, None], offsets[None])[0, 0]
    own = book.own_variance(MODEL, offsets)
    assert out["estimate"][0] == pytest.approx(1.7, rel=1e-15)
    assert out["variance"][0] == pytest.approx(own + 1.0 - 2.0 * c, rel=1e-12)


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_a_drift_that_samples_cannot_show_is_said(count: int) -> None:
    """Fewer samples than drift functions: a reason, never a guess."""
    data = some_samples(12).take(slice(0, count))
    out = krige(element(MODEL, method="quadratic_drift"), data, some_blocks(3))
    assert (out["reason"] == (DRIFT_UNSEEN if count else NO_SAMPLES)).all()
    assert (out["pass"] == 0).all()
    assert np.isnan([out["estimate"], out["variance"]]).all()


def test_samples_on_a_plane_cannot_show_a_drift_across_it() -> None:
    """All at elevation 0, blocks above: the trend upward is unknown."""
    data = some_samples()
    flat = book.samples(data.centres * [1.0, 1.0, 0.0], data.values)
    above = some_blocks(4) * [1.0, 1.0, 0.0] + [0.0, 0.0, 8.0]
    plan = element(variogram(0.1, ("spherical", 0.9, 90.0)), method="linear_drift")
    assert (krige(plan, flat, above)["reason"] == DRIFT_UNSEEN).all()


def test_blocks_far_outside_have_a_reason_and_pass_0() -> None:
    """Nothing within the radius, too little, too few holes, too few sectors."""
    data = some_samples()
    rules: list[Any] = [
        (1e9, {}, NO_SAMPLES),
        (100.0, {"min_samples": 24}, FEW_SAMPLES),
        (0.0, {"min_holes": 9}, FEW_HOLES),
        (100.0, {"sectors": SectorRule(kind="octants", max_samples=9, min_filled=8)}, FEW_SECTORS),
    ]
    for east, rule, reason in rules:
        plan = element(MODEL, one_pass(120.0, 24, **rule))
        out = krige(plan, data, [east, 0.0, 0.0])
        assert out["reason"][0] == reason, rule
        assert out["pass"][0] == 0.0
        assert np.isnan(out["estimate"][0])


def test_a_nugget_far_above_the_sills_gives_the_plain_mean() -> None:
    """Samples that say nothing of their surroundings are worth the same."""
    data = some_samples()
    out = krige(element(variogram(1e9, ("spherical", 1.0, 90.0))), data, some_blocks(), EIGHT)
    assert out["estimate"] == pytest.approx(data.values.mean(), rel=1e-6)
    assert out["variance"] == pytest.approx(1e9 / 30.0, rel=1e-6)
    assert (out["redundant"] == 0).all()
