"""The neighbourhood search against brute force, and independence of the cut of the grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.engine.kernels_blocks import FEW_HOLES, FEW_SAMPLES, chosen_samples
from estimation.engine.kernels_holes import nearest_three_holes
from estimation.engine.visit import visit_of
from estimation.models.layers import FIELDS
from estimation.plan import Orientation, SearchPass
from geo.grids import BlockGrid
from tests.engine_problems import (
    NAMES,
    TWO_DOMAINS,
    Floats,
    brute_choice,
    drill,
    element_plan,
    estimate_whole,
    krige,
    make_grid,
    make_plan,
    make_visit,
    problem_of,
    samples_at,
    search_pass,
    variogram,
)

Ints = npt.NDArray[np.int64]


def lattice(rng: np.random.Generator, count: int) -> Floats:
    """Places on a coarse binary lattice: many exact ties in distance."""
    return rng.integers(-5, 6, (count, 3)) / 4.0


def chosen_for(
    blocks: Floats, samples: Floats, holes: Ints, one: SearchPass, own: int
) -> list[list[int]]:
    """Samples that each block of one group is kriged from.

    Grades are 1 at one sample, one element for each: a sample has a share of the inverse-distance
    estimate if and only if it was chosen.
    """
    visit = make_visit(variogram(0.5), (one,), elements=len(samples))
    kernel_samples = visit.kernel_samples(
        samples_at(samples, np.zeros(len(samples)), holes), np.eye(len(samples))
    )
    group, owners = np.array([0, len(blocks)]), np.full(len(blocks), own)
    shares = visit.krige(kernel_samples, blocks, group, owners)[:, :, NAMES["inverse_distance"]]
    return [np.flatnonzero(shares[:, b] > 0.0).tolist() for b in range(len(blocks))]


SECTORS = st.none() | st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["quadrants", "octants"]),
        "max_samples": st.integers(1, 4),
        "min_filled": st.just(1),
    }
)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 120),
    group=st.integers(1, 64),
    max_samples=st.integers(1, 20),
    max_per_hole=st.integers(1, 6),
    sectors=SECTORS,
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
    sectors: dict[str, Any] | None,
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
    own = int(holes[0]) if leave_out else -1
    one = search_pass(1.0, max_samples=max_samples, max_per_hole=max_per_hole, sectors=sectors)
    allowed = np.flatnonzero(holes != own)
    visit = make_visit(variogram(0.5), (one,))
    kernel_samples = visit.kernel_samples(samples_at(samples, np.zeros(count), holes))
    found = chosen_for(blocks, samples, holes, one, own)
    for block, chosen in zip(blocks, found, strict=True):
        expected = sorted(allowed[brute_choice(block, samples[allowed], holes[allowed], one)])
        assert chosen == expected
        alone, used = chosen_samples(block, own, kernel_samples, visit.search)
        assert alone.tolist() == expected
        assert used == bool(expected)


def test_choice_does_not_depend_on_samples_out_of_reach() -> None:
    """Far samples change the cubes in which near ones are found, and so their order: no matter."""
    rng = np.random.default_rng(11)
    samples, holes = lattice(rng, 80), rng.integers(0, 9, 80)
    one = search_pass(1.0, max_samples=10, max_per_hole=2)
    blocks = lattice(rng, 12) / 4.0
    expected = [sorted(brute_choice(block, samples, holes, one)) for block in blocks]
    for spread in (3.0, 10.0, 1e3, 1e6):
        far = rng.uniform(-spread, spread, (30, 3))
        far = far[np.linalg.norm(far, axis=1) > 2.8]
        every, owners = np.vstack([samples, far]), np.append(holes, rng.integers(0, 9, len(far)))
        assert len(far) > 10
        assert chosen_for(blocks, every, owners, one, -1) == expected


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
    assert never[NAMES["reason"]] == FEW_SAMPLES
    assert first[NAMES["reason"]] == second[NAMES["reason"]] == 0
    assert np.isnan(np.delete(never, [NAMES["pass"], NAMES["reason"]])).all()


def test_no_hole_gives_more_than_its_share_and_few_holes_are_refused() -> None:
    """``max_per_hole`` keeps the nearest of each hole; ``min_holes`` counts what was chosen."""
    down = np.column_stack([np.zeros(6), np.zeros(6), np.arange(6.0)])
    places = np.vstack([down, down + np.array([30.0, 0, 0])])
    holes, values = np.repeat([0, 1], 6), np.arange(12.0)
    limits = {"max_samples": 12, "max_per_hole": 2}
    block, visit = np.zeros(3), make_visit(variogram(), (search_pass(100.0, **limits),))
    samples = visit.kernel_samples(samples_at(places, values, holes))
    chosen, used = chosen_samples(block, -1, samples, visit.search)
    assert (chosen.tolist(), used) == ([0, 1, 6, 7], 1)
    strict = (search_pass(100.0, min_holes=3, **limits),)
    refused = krige(variogram(), block, places, values, holes=holes, passes=strict)
    narrow = (search_pass(20.0, min_holes=2, **limits),)
    alone = krige(variogram(), block, places, values, holes=holes, passes=narrow)
    for out in (refused, alone):
        assert (out[NAMES["pass"]], out[NAMES["reason"]]) == (0, FEW_HOLES)


def test_the_search_ellipsoid_lies_along_the_axes() -> None:
    """Radii are those of its major, semi-major and minor axis: the variogram's, or its own."""
    orientation = {"azimuth_deg": 90.0, "dip_deg": 0.0, "rake_deg": 0.0}
    plan = element_plan(
        variogram=variogram(orientation=orientation), search=(search_pass((100.0, 20.0, 5.0)),)
    )
    visit = visit_of({"cu_pct": plan}, (10.0, 10.0, 5.0), (1, 1, 1), np.zeros(3))
    points = np.array([[99.0, 0, 0], [0, 19.0, 0], [0, 0, 4.9], [0, 21.0, 0], [0, 0, 5.1]])
    samples = visit.kernel_samples(samples_at(points, np.zeros(5)))
    chosen, _ = chosen_samples(np.zeros(3), -1, samples, visit.search)
    assert chosen.tolist() == [0, 1, 2]
    upright = {"azimuth_deg": 0.0, "dip_deg": -90.0, "rake_deg": 0.0}
    turned = plan.model_copy(update={"search_orientation": Orientation(**upright)})
    visit = visit_of({"cu_pct": turned}, (10.0, 10.0, 5.0), (1, 1, 1), np.zeros(3))
    points = np.array([[0, 0, -99.0], [19.0, 0, 0], [0, 4.9, 0], [21.0, 0, 0], [0, 5.1, 0]])
    samples = visit.kernel_samples(samples_at(points, np.zeros(5)))
    chosen, _ = chosen_samples(np.zeros(3), -1, samples, visit.search)
    assert chosen.tolist() == [0, 1, 2]


def test_mean_distance_to_three_holes_by_brute_force() -> None:
    """Each hole counts by its nearest sample, within its own reach; fewer than three: inf."""
    rng = np.random.default_rng(2)
    blocks, samples = rng.uniform(0, 100, (60, 3)), rng.uniform(0, 100, (80, 3))
    holes = rng.integers(0, 12, 80)
    for reach in (25.0, 60.0, 500.0):
        groups = np.array([0, 1, 20, 60])
        means, nearest = nearest_three_holes(blocks, groups, samples, holes, reach, 0.8 * reach)
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
    plan = make_plan(elements, domains=TWO_DOMAINS)
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
    plan = make_plan(domains=TWO_DOMAINS)
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
