"""The store: what is kept of a tile, how exactly, and how little is read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimation.deposit import _block_counts
from estimation.engine.kernels_blocks import OUTSIDE
from estimation.engine.krige import Problem
from estimation.models import store_write
from estimation.models.block_model import make_vintage
from estimation.models.layers import FIELDS, GEOMETRY, GEOMETRY_LAYER, NUMBERS, arrays_of, place_of
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import content_digest
from estimation.models.tile_statistics import (
    COUNTED_PASSES,
    COUNTED_REASONS,
    STATISTICS,
    USED_FIELDS,
    statistic,
    tile_statistics,
)
from estimation.parallel import Crew, Workers
from estimation.validation.witness import draw_blocks
from tests.engine_problems import (
    FIRST,
    ModelInMemory,
    drill,
    estimate_whole,
    make_grid,
    problem_of,
    read,
    run,
    two_elements,
)

ELEMENTS = ("cu_pct", "mo_ppm")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Problem, VintageReader, ModelInMemory]:
    """A model whose tiles do not divide its grid, as stored and as estimated."""
    grid = make_grid(shape=(21, 13, 7), tile=(8, 5, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 7, 4))
    folder = tmp_path_factory.mktemp("store")
    run(problem, folder)
    return problem, read(problem, folder), estimate_whole(problem)


# ------------------------------------------------------------------ layout


def test_every_field_has_one_place() -> None:
    """Fields of a layer lie in its arrays in order; numbers that people defend are float64."""
    assert len(set(FIELDS)) == len(FIELDS) == 14
    for layer, names in (("cu_pct", FIELDS), (GEOMETRY_LAYER, GEOMETRY)):
        arrays = {array.name: array for array in arrays_of(layer)}
        assert [f for array in arrays.values() for f in array.fields] == list(names)
        for field in names:
            name, index = place_of(layer, field)
            assert arrays[name].fields[index] == field
            exact = layer == GEOMETRY_LAYER or field in NUMBERS
            assert arrays[name].dtype == ("f8" if exact else "f4")
    with pytest.raises(KeyError, match="grade"):
        place_of("cu_pct", "grade")


def test_what_is_stored_is_what_was_estimated(
    made: tuple[Problem, VintageReader, ModelInMemory],
) -> None:
    """Every field of every layer, whole and in any box, bit for bit."""
    _, stored, estimated = made
    assert np.isfinite(stored.field("cu_pct", "estimate")).any()
    box = (slice(2, 6), slice(4, 11), slice(7, 20))
    for layer, names in ((GEOMETRY_LAYER, GEOMETRY), *((name, FIELDS) for name in ELEMENTS)):
        found = stored.read(box, {layer: names})[layer]
        assert list(found) == list(names)
        for field in names:
            whole = estimated.field(layer, field)
            np.testing.assert_array_equal(stored.field(layer, field), whole)
            np.testing.assert_array_equal(stored.field(layer, field, box), whole[box])
            np.testing.assert_array_equal(found[field], whole[box])
        np.testing.assert_array_equal(stored.layer(layer), estimated.layer(layer))


def test_unestimated_blocks_have_a_reason_and_the_others_none() -> None:
    """In a domain: an estimate with reason 0, or a reason with pass 0; outside: reason 6 alone."""
    grid = make_grid(shape=(30, 13, 4), tile=(8, 5, 4))
    table = drill(grid, 12, 4)
    stored = estimate_whole(problem_of(grid, two_elements(), table[table["easting_m"] < 1150.0]))
    domain = stored.field(GEOMETRY_LAYER, "domain")
    seen = set()
    for name in ELEMENTS:
        fields = dict(zip(FIELDS, stored.layer(name), strict=True))
        known = ~np.isnan(fields["estimate"])
        assert (fields["reason"][known] == 0).all()
        left = (domain > 0) & ~known
        assert (fields["reason"][left] > 0).all()
        assert (fields["pass"][left] == 0).all()
        assert (fields.pop("reason")[domain == 0] == OUTSIDE).all()
        assert all(np.isnan(values[domain == 0]).all() for values in fields.values())
        seen |= {bool(part.any()) for part in (known, left, domain == 0)}
    assert seen == {True}


class Watched:
    """An array that notes what is read of it."""

    def __init__(self, array: Any) -> None:
        self._array, self.reads = array, 0

    def __getitem__(self, key: Any) -> Any:
        self.reads += 1
        return self._array[key]


def test_an_array_is_read_once_and_only_if_asked_for(
    made: tuple[Problem, VintageReader, ModelInMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five fields of two layers: one reading of each array that holds any of them."""
    _, stored, _ = made
    watched = {name: Watched(array) for name, array in stored._arrays.items()}
    monkeypatch.setattr(stored, "_arrays", watched)
    wanted = {GEOMETRY_LAYER: ("domain",), "cu_pct": ("slope", "holes", "reason", "pass")}
    stored.read(stored.grid.tile(3).slices, wanted)
    assert {n for n, array in watched.items() if array.reads} == {"geometry", "cu_pct_support"}
    assert max(array.reads for array in watched.values()) == 1


def test_another_layout_is_another_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store made with other fields is left alone, not read wrongly."""
    grid = make_grid(shape=(4, 4, 2))
    ModelStore(tmp_path, grid)
    monkeypatch.setattr("estimation.models.store.LAYOUT", ["something else"])
    ModelStore(tmp_path, grid)
    assert len(list(tmp_path.glob("grid-*"))) == 2


def test_keys_digests_and_statistics_span_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables of several chunks, committed after each tile, hold what one commit holds."""
    grid = make_grid(shape=(24, 24, 4), tile=(8, 8, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 12, 4))
    run(problem, tmp_path / "one")
    monkeypatch.setattr(store_write, "TILES_IN_CHUNK", 4)
    monkeypatch.setattr("estimation.models.block_model.COMMIT_EVERY_S", 0.0)
    monkeypatch.setattr("estimation.models.block_model.COMMIT_SHARE", np.inf)
    run(problem, tmp_path / "many")
    one, many = (read(problem, tmp_path / name) for name in ("one", "many"))
    assert one.model_hash == many.model_hash
    for name in ELEMENTS:
        np.testing.assert_array_equal(one.statistics(name), many.statistics(name))


# ------------------------------------------------------------------ statistics


def test_statistics_are_those_of_the_stored_numbers(
    made: tuple[Problem, VintageReader, ModelInMemory],
) -> None:
    """Every tile and element, computed anew from the store; and the digest covers them."""
    problem, stored, _ = made
    names = [array.name for layer in (GEOMETRY_LAYER, *ELEMENTS) for array in arrays_of(layer)]
    for tile in problem.grid.tiles():
        found = stored.read(
            tile.slices, {GEOMETRY_LAYER: GEOMETRY, **dict.fromkeys(ELEMENTS, FIELDS)}
        )
        domain = found[GEOMETRY_LAYER]["domain"]
        rows = {name: stored.statistics(name)[tile.index] for name in ELEMENTS}
        for name in ELEMENTS:
            np.testing.assert_array_equal(rows[name], tile_statistics(found[name], domain))
        arrays = {name: stored.stored(name, tile.slices) for name in names}
        assert stored.tile_digests[tile.index].tobytes() == content_digest(arrays, rows)
        rows["cu_pct"] = rows["cu_pct"] + 1.0
        assert stored.tile_digests[tile.index].tobytes() != content_digest(arrays, rows)


def test_each_statistic_counts_what_it_says() -> None:
    """Eight blocks made up by hand."""
    nan = np.nan
    fields = {
        "estimate": np.array([1.0, -0.5, 3.0, 0.25, nan, nan, nan, nan]),
        "variance": np.array([0.5, 0.25, 1.0, 0.25, nan, nan, nan, nan]),
        "slope": np.array([0.5, 1.0, nan, 0.75, nan, nan, nan, nan]),
        "negative_weights": np.array([0.0, -0.25, -0.5, 0.0, nan, nan, nan, nan]),
        "pass": np.array([1.0, 2.0, 1.0, 11.0, 0.0, 0.0, 0.0, nan]),
        "redundant": np.array([0.0, 2.0, 0.0, 1.0, nan, nan, nan, nan]),
        "reason": np.array([0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 99.0, nan]),
    }
    assert set(fields) == set(USED_FIELDS)
    domain = np.array([1, 1, 2, 1, 1, 2, 2, 0], dtype=float)
    found = dict(zip(STATISTICS, tile_statistics(fields, domain).tolist(), strict=True))
    passes = {f"pass_{n}": found.pop(f"pass_{n}") for n in range(1, COUNTED_PASSES + 1)}
    reasons = {f"reason_{n}": found.pop(f"reason_{n}") for n in range(1, COUNTED_REASONS + 1)}
    assert {n for n, count in passes.items() if count} == {"pass_1", "pass_2", "pass_8"}
    assert (passes["pass_1"], passes["pass_2"], passes["pass_8"]) == (2, 1, 1)
    assert {n: count for n, count in reasons.items() if count} == {
        "reason_1": 1,
        "reason_3": 1,
        "reason_8": 1,
    }
    assert found == {
        "blocks": 8,
        "in_domain": 7,
        "estimated": 4,
        "negative_estimates": 1,
        "redundant_blocks": 2,
        "estimate_sum": 3.75,
        "estimate_min": -0.5,
        "estimate_max": 3.0,
        "variance_sum": 2.0,
        "slope_sum": 2.25,
        "slope_blocks": 3,
        "lowest_negative_weights": -0.5,
    }


def test_a_tile_without_an_estimate_has_no_lowest_and_no_highest() -> None:
    """All blank: counts and sums are 0, extremes NaN; nothing warns or fails."""
    fields = dict.fromkeys(USED_FIELDS, np.full(6, np.nan))
    found = dict(zip(STATISTICS, tile_statistics(fields, np.zeros(6)), strict=True))
    assert found.pop("blocks") == 6
    assert np.isnan(found.pop("estimate_min"))
    assert np.isnan(found.pop("estimate_max"))
    assert set(found.values()) == {0.0}


def test_block_counts_are_read_from_statistics_alone(
    made: tuple[Problem, VintageReader, ModelInMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They equal counts over the model, and no array of blocks is opened for them."""
    _, stored, estimated = made
    estimate = estimated.field("cu_pct", "estimate")
    expected = {
        "blocks": estimate.size,
        "estimated_blocks": int((~np.isnan(estimate)).sum()),
        "unestimated_in_domain": int((estimated.field("cu_pct", "pass") == 0).sum()),
        "negative_estimates_set_to_zero": int((estimate < 0).sum()),
    }
    watched = {name: Watched(array) for name, array in stored._arrays.items()}
    monkeypatch.setattr(stored, "_arrays", watched)
    assert _block_counts(stored, "cu_pct") == expected
    assert {n for n, array in watched.items() if array.reads} == {"cu_pct_statistics"}


# ------------------------------------------------------------------ blocks for the witness


def test_the_witness_draws_every_sound_block_and_no_other(
    made: tuple[Problem, VintageReader, ModelInMemory],
) -> None:
    """Asked for all: each sound block once, with its place, domain and numbers."""
    problem, stored, estimated = made
    estimate, variance, redundant = (
        estimated.field("cu_pct", name) for name in ("estimate", "variance", "redundant")
    )
    sound = ~np.isnan(estimate) & (redundant == 0)
    drawn = list(draw_blocks(stored, "cu_pct", 10**6, 1))
    centres = [problem.grid.centres_m(axis) for axis in range(3)]
    places = list(zip(*sound.nonzero(), strict=True))
    expected = {
        tuple(float(centres[axis][place[2 - axis]]) for axis in range(3)): (
            estimate[place],
            variance[place],
        )
        for place in places
    }
    assert len(drawn) == sound.sum() == len(expected)
    domain = estimated.field(GEOMETRY_LAYER, "domain")
    for block in drawn:
        assert expected[tuple(block.centre_m.tolist())] == (block.estimate, block.variance)
    assert {block.domain for block in drawn} == set(domain[sound].astype(int).tolist())


def test_draws_fall_evenly_over_sound_blocks(
    made: tuple[Problem, VintageReader, ModelInMemory],
) -> None:
    """Ten blocks, 400 times: tiles are hit in proportion to their sound blocks (chi-square)."""
    problem, stored, _ = made
    table = stored.statistics("cu_pct")
    sound = statistic(table, "estimated") - statistic(table, "redundant_blocks")
    hits = np.zeros(problem.grid.tile_count)
    draws = 400
    size = np.array(problem.grid.spec.block_m) * problem.grid.spec.tile
    for seed in range(draws):
        for block in draw_blocks(stored, "cu_pct", 10, seed):
            i, j, k = ((block.centre_m - problem.grid.spec.origin_m) // size).astype(int)
            across, deep, _ = problem.grid.tile_counts
            hits[(k * deep + j) * across + i] += 1
    expected = 10 * draws * sound / sound.sum()
    assert hits.sum() == 10 * draws
    assert (hits[expected == 0] == 0).all()
    inside = expected > 0
    chi2 = ((hits - expected)[inside] ** 2 / expected[inside]).sum()
    assert chi2 < inside.sum() + 5.0 * np.sqrt(2.0 * inside.sum())


def test_only_the_tiles_drawn_are_read(
    made: tuple[Problem, VintageReader, ModelInMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One block: one reading of each array."""
    _, stored, _ = made
    watched = {name: Watched(array) for name, array in stored._arrays.items()}
    monkeypatch.setattr(stored, "_arrays", watched)
    assert len(list(draw_blocks(stored, "cu_pct", 1, 7))) == 1
    assert {n: a.reads for n, a in watched.items() if a.reads} == {
        "geometry": 1,
        "cu_pct": 1,
        "cu_pct_support": 1,
        "cu_pct_statistics": 1,
    }


# ------------------------------------------------------------------ jobs


def test_jobs_are_made_as_they_are_needed(tmp_path: Path) -> None:
    """A crew takes jobs from a generator a few ahead, alone and with two hands."""
    for count, ahead in ((1, 2), (2, 4)):
        taken: list[int] = []
        jobs = (taken.append(n) or n for n in range(100))  # type: ignore[func-returns-value]
        with Crew(Workers(count=count)) as crew:
            for done, _ in enumerate(crew.run(lambda shared, job: shared + job, 1, jobs), start=1):
                assert len(taken) <= done + ahead
    assert len(taken) == 100


def test_progress_ends_with_every_tile(tmp_path: Path) -> None:
    """It begins with the tiles that stand and counts each tile once."""
    grid = make_grid(shape=(16, 16, 4), tile=(8, 8, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 8, 4))
    for expected in ([(n, 4) for n in range(5)], [(4, 4)]):
        told: list[tuple[int, int]] = []
        with Crew(Workers(count=1)) as crew:
            store = ModelStore(tmp_path, grid)
            made = make_vintage(problem, store, FIRST, crew, lambda a, b, t=told: t.append((a, b)))
        assert told == expected
        assert made.computed + made.reused == 4
