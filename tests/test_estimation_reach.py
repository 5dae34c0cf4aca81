"""Samples in reach of a tile, and the keys made from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.engine.krige import Problem
from estimation.engine.reach import CELLS_ACROSS, index_samples, lay_out, reach_box_m
from estimation.engine.visit import Samples
from estimation.models.tile_key import DIGEST_BYTES, TileKeys, sample_digests
from tests.engine_problems import Floats, drill, make_grid, problem_of, two_elements


def random_samples(count: int, seed: int, spread_m: float = 100.0) -> Samples:
    """Samples at random places on a lattice of one metre, so that faces of boxes are met."""
    rng = np.random.default_rng(seed)
    names = [f"H{n // 7:03d}@{n % 7}" for n in range(count)]
    places = np.round(rng.normal(0.0, spread_m, (count, 3)))
    domains = rng.integers(1, 3, count)
    return Samples(
        np.array(names, dtype="S64"),
        places,
        places[:, None] + np.array([[0.0, 0.0, -2.0], [0.0, 0.0, 2.0]]),
        np.arange(count) // 7,
        rng.random(count),
        domains,
        1 << domains,
    )


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(0, 200),
    seed=st.integers(0, 1000),
    cell_m=st.floats(0.5, 1e4),
    low=st.tuples(*[st.integers(-300, 300)] * 3),
    size=st.tuples(*[st.integers(0, 400)] * 3),
)
def test_an_index_finds_what_looking_at_every_sample_finds(
    count: int, seed: int, cell_m: float, low: tuple[int, ...], size: tuple[int, ...]
) -> None:
    """Any samples, cells and closed box: the same rows, in order of identity."""
    samples = random_samples(count, seed)
    a = np.array(low, dtype=float)
    b = a + np.array(size)
    inside = np.all((samples.xyz_m >= a) & (samples.xyz_m <= b), axis=1)
    found = index_samples(samples, np.full(3, cell_m)).inside(a, b)
    assert found.tolist() == np.flatnonzero(inside).tolist()


def test_a_sample_far_from_all_others_is_found() -> None:
    """A slip of the pen at 10^12 m neither breaks the index nor hides its neighbours."""
    samples = random_samples(50, 1)
    xyz = samples.xyz_m.copy()
    xyz[7] = 1e12
    far = replace(samples, xyz_m=xyz)
    index = index_samples(far, np.full(3, 25.0))
    assert index.inside(np.full(3, 1e11), np.full(3, 1e13)).tolist() == [7]
    assert index.inside(np.full(3, -1e4), np.full(3, 1e4)).tolist() == [
        n for n in range(50) if n != 7
    ]


def test_tiles_see_the_samples_of_their_box_and_cells_are_a_part_of_it() -> None:
    """Every tile's samples are those within reach of its box, in order of identity."""
    grid = make_grid(shape=(24, 24, 8), tile=(8, 8, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 20, 6))
    work = lay_out(problem)
    tables = [(problem.elements[n], work.elements[n]) for n in problem.elements]
    tables.append((problem.flags, work.flags))
    box = np.array([80.0, 80.0, 20.0]) + 2.0 * problem.reach_m
    assert work.flags.cell_m == pytest.approx(box / CELLS_ACROSS)
    for tile in grid.tiles():
        low, high = reach_box_m(problem, tile)
        for samples, index in tables:
            inside = np.all((samples.xyz_m >= low) & (samples.xyz_m <= high), axis=1)
            assert (
                index.within(problem, tile).identity.tolist() == samples.identity[inside].tolist()
            )


# ------------------------------------------------------------------ digests and keys


def test_a_sample_digest_is_of_one_sample_alone() -> None:
    """Other samples do not enter it; each thing that a sample says does, but its hole's number."""
    samples = random_samples(30, 2)
    plain = sample_digests(samples, with_values=True)
    assert plain.shape == (30, DIGEST_BYTES)
    assert len({row.tobytes() for row in plain}) == 30
    assert sample_digests(random_samples(0, 2), with_values=True).shape == (0, DIGEST_BYTES)
    half = np.arange(30) % 2 == 0
    assert (sample_digests(samples.take(half), with_values=True) == plain[half]).all()
    for name in ("identity", "xyz_m", "points_m", "domains", "usable", "values"):
        column = getattr(samples, name).copy()
        column[5] = b"other" if name == "identity" else column[5] + 1
        changed = sample_digests(replace(samples, **{name: column}), with_values=True)
        assert (changed != plain).any(axis=1).nonzero()[0].tolist() == [5], name


def test_numbers_of_holes_and_grades_of_flags_are_no_part_of_a_key() -> None:
    """Holes counted from another number, or other grades of flags: the keys stay."""
    grid = make_grid(shape=(16, 16, 4), tile=(8, 8, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 12, 6))
    flags = problem.flags
    assert keys_of(problem) == keys_of(
        replace(problem, flags=replace(flags, holes=flags.holes + 9))
    )
    graded = replace(flags, values=flags.values + 1.0)
    assert keys_of(problem) == keys_of(replace(problem, flags=graded))


def test_a_changed_sample_changes_the_keys_of_the_tiles_that_it_reaches() -> None:
    """Each property of each of forty samples: exactly the tiles whose box holds the sample."""
    grid = make_grid(shape=(48, 8, 4), tile=(8, 8, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 25, 3))
    plain = keys_of(problem)
    samples = problem.elements["cu_pct"]
    rng = np.random.default_rng(5)
    for row in rng.integers(0, len(samples), 40):
        reached = [holds(problem, tile.index, samples.xyz_m[row]) for tile in grid.tiles()]
        values = samples.values.copy()
        values[row] += 1e-12
        other = {**problem.elements, "cu_pct": replace(samples, values=values)}
        new = keys_of(replace(problem, elements=other))
        assert [a != b for a, b in zip(plain, new, strict=True)] == reached


def holds(problem: Problem, tile: int, place_m: Floats) -> bool:
    """Whether a place is within reach of a tile."""
    low, high = reach_box_m(problem, problem.grid.tile(tile))
    return bool(np.all((place_m >= low) & (place_m <= high)))


def keys_of(problem: Problem) -> list[bytes]:
    """Key of every tile."""
    keys = TileKeys(lay_out(problem))
    return [keys.key(tile) for tile in problem.grid.tiles()]
