"""The kriging kernels against plain dense algebra and brute-force search."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.kernels_covariance import block_variance
from estimation.kernels_kriging import chosen_samples, krige_groups, ordinary_weights, workspace
from estimation.kernels_search import choose, count_holes, gather_candidates, nearest_three_holes
from estimation.krige import FIELDS, kriging_model, variogram_arrays
from estimation.plan import SearchPass, Variogram
from estimation.tile_estimate import decision_digest, estimate_tile, tile_key
from geo.grids import BlockGrid
from tests.engine_problems import (
    NAMES,
    Floats,
    brute_choice,
    covariance_matrix,
    dense_kriging,
    drill,
    element_plan,
    make_grid,
    make_plan,
    problem_of,
    search_arrays,
    search_pass,
    variogram,
)

POINT = np.zeros((1, 3))
EIGHT = np.array(
    [[x, y, z] for z in (-1.25, 1.25) for y in (-2.5, 2.5) for x in (-2.5, 2.5)], dtype=float
)
MODELS = st.sampled_from(["spherical", "exponential", "gaussian"])
FEW = settings(max_examples=60, deadline=None)


def krige(
    model: Variogram,
    block: Any,
    places: Any,
    values: Any,
    *,
    holes: Any = None,
    offsets: Floats = POINT,
    passes: tuple[SearchPass, ...] | None = None,
) -> Floats:
    """One block kriged by the kernel; by default from every sample there is."""
    places = np.ascontiguousarray(places, dtype=float)
    count = len(places)
    chosen = passes or (search_pass(1e3, max_samples=count, max_per_hole=count),)
    holes = np.arange(count) if holes is None else np.asarray(holes)
    return np.asarray(
        krige_groups(
            np.asarray(block, dtype=float).reshape(1, 3),
            np.array([0, 1]),
            np.array([-1]),
            (places, holes.astype(np.int64), np.asarray(values, dtype=float)),
            offsets,
            variogram_arrays(model),
            search_arrays(chosen),
        )[0]
    )


def weights_of(model: Variogram, block: Any, places: Floats, offsets: Floats = POINT) -> Floats:
    """Weights of all samples for one block, in the samples' order."""
    count = len(places)
    space = workspace(count)
    arrays = variogram_arrays(model)
    ordinary_weights(
        np.asarray(block, dtype=float), offsets, places, np.arange(count), count, *arrays, space
    )
    return np.asarray(space[2][:count]).copy()


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
    grid, angle = make_grid(origin_m=(0.0, 0.0, 0.0)), np.deg2rad(turn_deg)
    clockwise = np.array(
        [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    answers = []
    for azimuth, points in ((25.0, places), (25.0 + turn_deg, places @ clockwise.T)):
        orientation = {"azimuth_deg": azimuth, "dip_deg": -35.0, "rake_deg": 20.0}
        plan = element_plan(variogram=variogram(0.1, orientation=orientation))
        kriging = kriging_model(plan, grid, (1, 1, 1))
        answers.append(krige(plan.variogram, np.zeros(3), kriging.places(points), values))
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


# ------------------------------------------------------------------ block variance


def line_of_points(length: float, count: int) -> Floats:
    """Discretization points of a block that is a line along the major axis."""
    points = np.zeros((count, 3))
    points[:, 0] = length * ((np.arange(count) + 0.5) / count - 0.5)
    return points


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0])
def test_block_variance_is_the_closed_form_of_a_line(ratio: float) -> None:
    """Mean covariance in a segment L = ratio * a (Journel & Huijbregts 1978, II.D.3)."""
    length, points = 100.0 * ratio, line_of_points(100.0 * ratio, 300)
    spherical = 1.0 - (0.5 * ratio - 0.05 * ratio**3)
    b = 3.0 * ratio
    exponential = 2.0 / b**2 * (b - 1.0 + math.exp(-b))
    g = math.sqrt(3.0) * ratio
    gaussian = (math.sqrt(math.pi) * g * math.erf(g) + math.exp(-(g**2)) - 1.0) / g**2
    forms = {"spherical": spherical, "exponential": exponential, "gaussian": gaussian}
    for name, expected in forms.items():
        model = variogram(0.4, (name, 2.0, (100.0, 10.0, 10.0)))
        found = block_variance(points, *variogram_arrays(model))
        assert found == pytest.approx(2.0 * expected, rel=2e-5), (name, length)


def test_block_variance_of_points_and_pairs() -> None:
    """A point has the whole sill; two points the mean of C(0) and C(d), without nugget."""
    model = variogram(0.4, ("spherical", 2.0, (100.0, 10.0, 10.0)))
    assert block_variance(POINT, *variogram_arrays(model)) == pytest.approx(2.4)
    pair = np.array([[0.0, 0, 0], [0.0, 5.0, 0]])
    expected = 2.0 * (1.0 + (1.0 - 1.5 * 0.5 + 0.5 * 0.125)) / 2.0
    assert block_variance(pair, *variogram_arrays(model)) == pytest.approx(expected)


# ------------------------------------------------------------------ search


def lattice(rng: np.random.Generator, count: int) -> Floats:
    """Places on a coarse binary lattice: many exact ties in distance."""
    return rng.integers(-5, 6, (count, 3)) / 4.0


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 120),
    group=st.integers(1, 64),
    max_samples=st.integers(1, 20),
    max_per_hole=st.integers(1, 6),
    spread=st.sampled_from([0.0, 0.05, 0.5, 2.0]),
    ties=st.booleans(),
    leave_out=st.booleans(),
)
def test_search_is_the_greedy_choice(
    seed: int,
    count: int,
    group: int,
    max_samples: int,
    max_per_hole: int,
    spread: float,
    ties: bool,
    leave_out: bool,
) -> None:
    """Gathering then choosing = sorting all samples by (distance, identity) for every block."""
    rng = np.random.default_rng(seed)
    samples = lattice(rng, count) if ties else rng.uniform(-1.4, 1.4, (count, 3))
    holes = rng.integers(0, max(1, count // 4), count)
    middle = np.zeros(3) if ties else rng.uniform(-1.0, 1.0, 3)
    steps = rng.integers(-2, 3, (group, 3)) / 4.0 if ties else rng.uniform(-1.0, 1.0, (group, 3))
    blocks = middle + spread * steps
    own = int(holes[0]) if leave_out and count else -1
    candidates = gather_candidates(blocks, samples, holes, own, max_samples, max_per_hole)
    assert len(set(candidates.tolist())) == candidates.size
    allowed = np.flatnonzero(holes != own)
    chosen, distances = np.empty(max_samples, np.int64), np.empty(max_samples)
    for block in blocks:
        arguments = (samples, holes, candidates, max_samples, max_per_hole, chosen, distances)
        found = choose(block, *arguments)
        expected = brute_choice(block, samples[allowed], holes[allowed], max_samples, max_per_hole)
        assert chosen[:found].tolist() == allowed[expected].tolist()
        assert count_holes(holes, chosen, found) == len(set(holes[allowed][expected].tolist()))


def test_choice_does_not_depend_on_the_order_of_candidates() -> None:
    """Any order of the same candidates ends in the same choice, ties and full holes included."""
    rng = np.random.default_rng(11)
    samples, holes = lattice(rng, 80), rng.integers(0, 9, 80)
    chosen, distances = np.empty(10, np.int64), np.empty(10)
    expected = brute_choice(np.zeros(3), samples, holes, 10, 2)
    for _ in range(50):
        order = rng.permutation(80)
        found = choose(np.zeros(3), samples, holes, order, 10, 2, chosen, distances)
        assert chosen[:found].tolist() == expected


def test_passes_go_from_narrow_to_wide_and_leave_the_unreachable() -> None:
    """A block is estimated in the first pass it satisfies; none: pass 0 and NaN everywhere else."""
    places = np.array([[0.0, 0, 0], [5.0, 0, 0], [60.0, 0, 0], [200.0, 0, 0]])
    holes, values = np.array([0, 0, 1, 2]), np.array([1.0, 2.0, 3.0, 4.0])
    passes = (
        search_pass(50.0, min_samples=2, min_holes=2),
        search_pass(100.0, min_samples=2, min_holes=2),
    )
    first = krige(variogram(), [40.0, 0, 0], places, values, holes=holes, passes=passes)
    second = krige(variogram(), [0.0, 0, 0], places, values, holes=holes, passes=passes)
    never = krige(variogram(), [190.0, 0, 0], places, values, holes=holes, passes=passes)
    assert first[NAMES["pass"]] == 1
    assert second[NAMES["pass"]] == 2
    assert second[NAMES["samples"]] == 3
    assert never[NAMES["pass"]] == 0
    assert np.isnan(np.delete(never, NAMES["pass"])).all()


def test_no_hole_gives_more_than_its_share_and_few_holes_are_refused() -> None:
    """``max_per_hole`` keeps the nearest of each hole; ``min_holes`` counts what was chosen."""
    down = np.column_stack([np.zeros(6), np.zeros(6), np.arange(6.0)])
    places = np.vstack([down, down + np.array([30.0, 0, 0])])
    holes, values = np.repeat([0, 1], 6), np.arange(12.0)
    limits = {"max_samples": 12, "max_per_hole": 2}
    block, arrays = np.zeros(3), search_arrays([search_pass(100.0, **limits)])
    chosen, used = chosen_samples(block, -1, places, holes, *arrays)
    assert (chosen.tolist(), used) == ([0, 1, 6, 7], 1)
    strict = (search_pass(100.0, min_holes=3, **limits),)
    refused = krige(variogram(), block, places, values, holes=holes, passes=strict)
    assert refused[NAMES["pass"]] == 0
    narrow = (search_pass(20.0, min_holes=2, **limits),)
    assert krige(variogram(), block, places, values, holes=holes, passes=narrow)[9] == 0


def test_the_search_ellipsoid_lies_along_the_axes() -> None:
    """Radii are those of the major, semi-major and minor axis of the element's orientation."""
    orientation = {"azimuth_deg": 90.0, "dip_deg": 0.0, "rake_deg": 0.0}
    plan = element_plan(
        variogram=variogram(orientation=orientation), search=(search_pass((100.0, 20.0, 5.0)),)
    )
    kriging = kriging_model(plan, make_grid(origin_m=(0.0, 0.0, 0.0)), (1, 1, 1))
    points = np.array([[99.0, 0, 0], [0, 19.0, 0], [0, 0, 4.9], [0, 21.0, 0], [0, 0, 5.1]])
    places = kriging.places(points)
    chosen, _ = chosen_samples(np.zeros(3), -1, places, np.arange(5), *kriging.search)
    assert sorted(chosen.tolist()) == [0, 1, 2]


def test_mean_distance_to_three_holes_by_brute_force() -> None:
    """Each hole counts by its nearest sample; beyond reach it does not; fewer than three: inf."""
    rng = np.random.default_rng(2)
    blocks, samples = rng.uniform(0, 100, (60, 3)), rng.uniform(0, 100, (80, 3))
    holes = rng.integers(0, 12, 80)
    for reach in (25.0, 60.0, 500.0):
        means, nearest = nearest_three_holes(blocks, samples, holes, reach)
        for b, block in enumerate(blocks):
            d = np.linalg.norm(samples - block, axis=1)
            by_hole = sorted(d[holes == h].min() for h in set(holes.tolist()))[:3]
            near = [x for x in by_hole if x <= reach]
            expected = np.mean(near) if len(near) == 3 else np.inf
            assert means[b] == pytest.approx(expected, rel=1e-12)
            assert nearest[b] == (d.argmin() if d.min() <= reach else -1)


# ------------------------------------------------------------------ the cut of the grid


def whole_model(grid: BlockGrid, tile: tuple[int, int, int]) -> dict[str, Floats]:
    """Every layer of a two-domain, two-element model, put together from tiles of a shape."""
    cut = BlockGrid(grid.spec.model_copy(update={"tile": tile}))
    elements = {
        "cu_pct": element_plan(),
        "mo_ppm": element_plan(search=(search_pass(45.0, max_samples=5, max_per_hole=2),)),
    }
    domains = {"column": "lithology", "codes": {"ore": ("A",), "host": ("B",)}}
    plan = make_plan(elements, domains=domains)
    problem = problem_of(cut, plan, drill(cut, 14, 7, domains=("ore", "host")))
    decision = decision_digest(problem)
    layers: dict[str, Floats] = {}
    for part in cut.tiles():
        result = estimate_tile(problem, part, tile_key(problem, part, decision))
        for name, values in result.layers.items():
            whole = layers.setdefault(name, np.zeros((values.shape[0], *cut.array_shape)))
            whole[(slice(None), *part.slices)] = values
    return layers


def test_numbers_do_not_depend_on_the_cut_of_the_grid() -> None:
    """Tiles of 8x8x8, 16x16x4, 5x3x7 and one whole tile give equal bytes in every field."""
    grid = make_grid(shape=(24, 20, 10))
    reference = whole_model(grid, (24, 20, 10))
    estimates = reference["cu_pct"][FIELDS.index("estimate")]
    assert np.isfinite(estimates).mean() > 0.3
    assert set(np.unique(reference["cu_pct"][FIELDS.index("pass")])) == {0.0, 1.0, 2.0}
    assert set(np.unique(reference["geometry"][0])) >= {1.0, 2.0}
    for tile in ((8, 8, 8), (16, 16, 4), (5, 3, 7)):
        for name, values in whole_model(grid, tile).items():
            assert values.tobytes() == reference[name].tobytes(), (tile, name)
