"""The neighbourhood search against brute force, and independence of the cut of the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.kernels_kriging import chosen_samples
from estimation.kernels_search import choose, count_holes, gather_candidates, nearest_three_holes
from estimation.krige import kriging_model
from estimation.layers import FIELDS
from geo.grids import BlockGrid
from tests.engine_problems import (
    NAMES,
    Floats,
    brute_choice,
    drill,
    element_plan,
    estimate_whole,
    krige,
    make_grid,
    make_plan,
    problem_of,
    search_arrays,
    search_pass,
    variogram,
)


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
    """Each hole counts by its nearest sample, within its own reach; fewer than three: inf."""
    rng = np.random.default_rng(2)
    blocks, samples = rng.uniform(0, 100, (60, 3)), rng.uniform(0, 100, (80, 3))
    holes = rng.integers(0, 12, 80)
    for reach in (25.0, 60.0, 500.0):
        means, nearest = nearest_three_holes(blocks, samples, holes, reach, 0.8 * reach)
        for b, block in enumerate(blocks):
            d = np.linalg.norm(samples - block, axis=1)
            by_hole = sorted(d[holes == h].min() for h in set(holes.tolist()))[:3]
            near = [x for x in by_hole if x <= 0.8 * reach]
            expected = np.mean(near) if len(near) == 3 else np.inf
            assert means[b] == pytest.approx(expected, rel=1e-12)
            assert nearest[b] == (d.argmin() if d.min() <= reach else -1)


def test_no_by_product_search_can_move_the_classes_of_copper() -> None:
    """A wider search for molybdenum leaves copper's estimates and hole distances as they were."""
    grid = make_grid(shape=(12, 12, 4), tile=(6, 6, 4))
    seen = []
    for radius in (45.0, 400.0):
        elements = {
            "cu_pct": element_plan(),
            "mo_ppm": element_plan(search=(search_pass(radius),)),
        }
        problem = problem_of(grid, make_plan(elements), drill(grid, 14, 7))
        model = estimate_whole(problem)
        seen.append((model.layer("cu_pct"), model.field("geometry", "mean_distance_m")))
    inside = ~np.isnan(seen[0][0][0])
    assert inside.any()
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])


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
    model = estimate_whole(problem)
    return {name: model.layer(name) for name in ("geometry", *elements)}


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


def test_a_domain_is_estimated_from_its_own_samples() -> None:
    """Host grades a hundred times higher change every host estimate and no bit of an ore block."""
    grid = make_grid(shape=(16, 16, 8))
    plan = make_plan(
        domains={"column": "lithology", "codes": {"ore": ("A",), "host": ("B",)}},
    )
    table = drill(grid, 14, 7, domains=("ore", "host"))
    rich = table.assign(cu_pct=table["cu_pct"] * np.where(table["domain"] == "host", 100.0, 1.0))
    before, after = (estimate_whole(problem_of(grid, plan, t)) for t in (table, rich))
    domain = before.field("geometry", "domain")
    kriged = ~np.isnan(before.field("cu_pct", "estimate"))
    ore, host = (kriged & (domain == code) for code in (1, 2))
    assert min(ore.sum(), host.sum()) > 100
    one, other = (m.layer("cu_pct") for m in (before, after))
    assert one[:, ore].tobytes() == other[:, ore].tobytes()
    assert (other[0][host] > 50.0 * one[0][host]).mean() > 0.99
