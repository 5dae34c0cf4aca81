"""Tiles: keys, reuse and vintages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.engine.krige import Problem
from estimation.engine.reach import lay_out
from estimation.models import block_model
from estimation.models.block_model import all_keys, make_vintage
from estimation.models.layers import arrays_of
from estimation.models.store import ModelStore, StoreBusyError
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import content_digest, estimate_tile
from estimation.parallel import Crew, Workers
from estimation.plan import DomainPlan, Plan
from tests.engine_problems import (
    FIRST,
    TILTED,
    TWO_DOMAINS,
    bytes_of,
    drill,
    element_plan,
    make_grid,
    make_plan,
    problem_of,
    read,
    run,
    search_pass,
    two_elements,
    variogram,
)

SECOND = date(2025, 12, 31)
LONG = make_grid(shape=(48, 8, 4), tile=(8, 8, 4))
"""Six tiles in a row of 480 m; samples reach 90 m."""


def keys_of(problem: Problem) -> list[bytes]:
    """Key of every tile."""
    return [key.tobytes() for key in all_keys(lay_out(problem))]


def hole_at(easting_m: float, name: str) -> pd.DataFrame:
    """One more hole in the middle of :data:`LONG`, at an easting."""
    return drill(LONG, 1, 99).assign(hole_id=name, easting_m=easting_m, northing_m=2040.0)


def with_holes(table: pd.DataFrame, *eastings_m: float) -> pd.DataFrame:
    """The same composites and one more hole at each easting."""
    more = [hole_at(e, f"A{i}") for i, e in enumerate(eastings_m)]
    return pd.concat([table, *more], ignore_index=True)


def untorn(model: VintageReader, elements: tuple[str, ...]) -> bool:
    """Whether every stored digest is that of the stored bytes."""
    names = [array.name for layer in ("geometry", *elements) for array in arrays_of(layer)]
    for tile in model.grid.tiles():
        arrays = {name: model.stored(name, tile.slices) for name in names}
        statistics = {name: model.statistics(name)[tile.index] for name in elements}
        if model.tile_digests[tile.index].tobytes() != content_digest(arrays, statistics):
            return False
    return True


# ------------------------------------------------------------------ grids and keys


def test_tiles_cover_a_grid_once() -> None:
    """Every block is in exactly one tile, indices run, and boxes hold their centres."""
    grid = make_grid(shape=(13, 7, 5), tile=(4, 3, 2))
    seen = np.zeros(grid.array_shape, int)
    for number, tile in enumerate(grid.tiles()):
        seen[tile.slices] += 1
        low, high = grid.tile_box_m(tile)
        centres = grid.tile_centres_m(tile)
        assert tile.index == number
        assert centres.min(axis=0) - low == pytest.approx(np.array([5.0, 5.0, 2.5]))
        assert high - centres.max(axis=0) == pytest.approx(np.array([5.0, 5.0, 2.5]))
    assert (seen == 1).all()
    assert grid.tile_count == number + 1


def test_a_hole_out_of_reach_leaves_a_tile_as_it_is() -> None:
    """A hole near the end of the row changes two tiles' keys, and not one bit of the others."""
    table = drill(LONG, 25, 3)
    before, after = (problem_of(LONG, two_elements(), t) for t in (table, with_holes(table, 1460)))
    same = [a == b for a, b in zip(keys_of(before), keys_of(after), strict=True)]
    # the hole is 460 m along the row and reaches 90 m: tiles 5 (400-480) and 4 (320-400)
    assert same == [True, True, True, True, False, False]
    changed = []
    for tile in LONG.tiles():
        one, other = (estimate_tile(lay_out(p), tile, b"").content_digest for p in (before, after))
        changed.append(one != other)
    assert changed[5]
    assert not any(changed[:4])


PLAN_CHANGES: dict[str, Callable[[Plan], Plan]] = {
    "cut-offs": lambda p: p.model_copy(
        update={"cutoffs": p.cutoffs.model_copy(update={"reporting": 0.5, "others": ()})}
    ),
    "density": lambda p: p.model_copy(
        update={"density": p.density.model_copy(update={"assigned_tpm3": {"all": 3.0}})}
    ),
    "class limits": lambda p: p.model_copy(
        update={
            "classification": p.classification.model_copy(
                update={"measured": p.classification.indicated}
            )
        }
    ),
    "acceptance": lambda p: p.model_copy(
        update={"acceptance": p.acceptance.model_copy(update={"reason": "another"})}
    ),
}


@pytest.mark.parametrize("change", sorted(PLAN_CHANGES))
def test_decisions_applied_after_kriging_cost_no_kriging(change: str) -> None:
    """Cut-offs, density, limits of surer classes and acceptance leave every key."""
    table, plan = drill(LONG, 12, 3), two_elements()
    changed = PLAN_CHANGES[change](plan)
    assert changed != plan
    assert keys_of(problem_of(LONG, changed, table)) == keys_of(problem_of(LONG, plan, table))


@pytest.mark.parametrize(
    "change", [{"class_limit": "inferred"}, {"reason": "another"}, {"caps": {"all": 1e6}}]
)
def test_words_and_caps_that_do_not_bite_leave_keys(change: dict[str, Any]) -> None:
    """An element's class limit, reason and a cap above every grade change no number."""
    table = drill(LONG, 12, 3)
    same = keys_of(problem_of(LONG, two_elements(), table))
    assert keys_of(problem_of(LONG, two_elements(**change), table)) == same


@pytest.mark.parametrize(
    "change",
    [
        {"variogram": variogram(0.11, orientation=TILTED)},
        {"variogram": variogram(0.1)},
        {"search": (search_pass(90.0, min_samples=3),)},
        {"caps": {"all": 0.2}},
    ],
)
def test_what_changes_numbers_changes_every_key(change: dict[str, Any]) -> None:
    """Nugget, orientation, search and a cap that bites: no tile is taken for the old one."""
    table = drill(LONG, 40, 3)
    plain = keys_of(problem_of(LONG, two_elements(), table))
    changed = keys_of(problem_of(LONG, two_elements(**change), table))
    assert not set(plain) & set(changed)


@pytest.mark.parametrize("column", ["easting_m", "cu_pct", "domain", "hole_id"])
def test_a_corrected_sample_changes_the_keys_around_it(column: str) -> None:
    """A sample moved by a millimetre, assayed anew, logged or named otherwise: another key."""
    table = drill(LONG, 25, 3, domains=("ore", "host"))
    plan = two_elements().model_copy(update={"domains": DomainPlan.model_validate(TWO_DOMAINS)})
    # the deepest sample of the most western hole: far from the last tile, and last of its hole,
    # so that another name (of no daughter) leaves the order of samples as it was
    row = table.index[table["easting_m"] == table["easting_m"].min()][-1]
    old = table.loc[row, column]
    new = {"domain": {"ore": "host", "host": "ore"}.get(str(old)), "hole_id": f"{old}9"}
    value = new[column] if column in new else float(old) + 1e-3
    changed = table.copy()
    changed.loc[row, column] = value
    before, after = (keys_of(problem_of(LONG, plan, t)) for t in (table, changed))
    assert before[0] != after[0]
    assert before[-1] == after[-1]


def test_the_order_of_rows_does_not_matter() -> None:
    """Samples are put in order of identity: a shuffled table has the same keys."""
    table = drill(LONG, 25, 3)
    shuffled = table.sample(frac=1.0, random_state=1)
    plain, other = (keys_of(problem_of(LONG, two_elements(), t)) for t in (table, shuffled))
    assert plain == other


def test_discretisation_and_grid_are_part_of_the_key() -> None:
    """Other points in a block, or another corner of the grid: other keys."""
    table, plan = drill(LONG, 12, 3), two_elements()
    plain = set(keys_of(problem_of(LONG, plan, table)))
    finer = plan.model_copy(update={"discretisation": (4, 4, 2)})
    moved = make_grid(shape=(48, 8, 4), tile=(8, 8, 4), origin_m=(1000.5, 2000.0, 300.0))
    assert not plain & set(keys_of(problem_of(LONG, finer, table)))
    assert not plain & set(keys_of(problem_of(moved, plan, table)))


# ------------------------------------------------------------------ vintages


def test_an_increment_equals_a_full_recomputation(tmp_path: Path) -> None:
    """Three new holes: far tiles are reused, and the model is that of starting from nothing."""
    table = drill(LONG, 25, 3)
    old = problem_of(LONG, two_elements(), table)
    new = problem_of(LONG, two_elements(), with_holes(table, 1400.0, 1430.0, 1470.0))
    assert run(old, tmp_path / "grown").computed == 6
    before = bytes_of(read(old, tmp_path / "grown"))
    model_hash = read(old, tmp_path / "grown").model_hash
    increment = run(new, tmp_path / "grown", SECOND)
    assert (increment.computed, increment.reused) == (3, 3)
    run(new, tmp_path / "fresh", SECOND)
    grown, fresh = (read(new, tmp_path / name, SECOND) for name in ("grown", "fresh"))
    assert grown.model_hash == fresh.model_hash != model_hash
    assert bytes_of(grown) == bytes_of(fresh) != before
    assert untorn(grown, ("cu_pct", "mo_ppm"))
    first = read(old, tmp_path / "grown")
    assert (first.model_hash, bytes_of(first)) == (model_hash, before)


def test_nothing_changed_costs_nothing(tmp_path: Path) -> None:
    """The same problem again: every tile reused, no new revision, the same hash."""
    problem = problem_of(LONG, two_elements(), drill(LONG, 15, 3))
    run(problem, tmp_path)
    model_hash = read(problem, tmp_path).model_hash
    again = run(problem, tmp_path)
    assert (again.computed, again.reused) == (0, 6)
    assert ModelStore(tmp_path, LONG).revisions(FIRST) == ["2024-12-31"]
    assert read(problem, tmp_path).model_hash == model_hash


def test_a_vintage_made_again_otherwise_gets_a_new_revision(tmp_path: Path) -> None:
    """Published revisions are kept, counted beyond nine, and the latest is read."""
    grid = make_grid(shape=(4, 4, 2), tile=(4, 4, 2))
    table = drill(grid, 6, 3)
    hashes = []
    for nugget in range(1, 12):
        plan = make_plan({"cu_pct": element_plan(variogram=variogram(nugget / 10.0))})
        problem = problem_of(grid, plan, table)
        run(problem, tmp_path)
        hashes.append(read(problem, tmp_path).model_hash)
    names = [FIRST.isoformat(), *(f"{FIRST.isoformat()}.{n}" for n in range(2, 12))]
    assert ModelStore(tmp_path, grid).revisions(FIRST) == names
    assert len(set(hashes)) == 11


def test_an_unfinished_vintage_is_not_read_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that fails after four commits leaves four tiles to reuse and no model to read."""
    monkeypatch.setattr(block_model, "COMMIT_EVERY_S", 0.0)
    monkeypatch.setattr(block_model, "COMMIT_SHARE", np.inf)
    problem = problem_of(LONG, two_elements(), drill(LONG, 15, 3))

    def fail(done: int, _: int) -> None:
        if done == 4:
            raise RuntimeError("power cut")

    store = ModelStore(tmp_path, LONG)
    with Crew(Workers(count=1)) as crew, pytest.raises(RuntimeError, match="power cut"):
        make_vintage(problem, store, FIRST, crew, fail)
    with pytest.raises(KeyError, match="2024-12-31"):
        store.read_vintage(FIRST)
    resumed = run(problem, tmp_path)
    assert (resumed.computed, resumed.reused) == (2, 4)
    run(problem, tmp_path / "undisturbed")
    assert bytes_of(read(problem, tmp_path)) == bytes_of(read(problem, tmp_path / "undisturbed"))


def test_a_second_writer_is_turned_away(tmp_path: Path) -> None:
    """While one run writes a deposit's model another gets StoreBusyError; afterwards it may."""
    one, other = ModelStore(tmp_path, LONG), ModelStore(tmp_path, LONG)
    refused = pytest.raises(StoreBusyError, match="held by another run")
    with one.write_vintage(FIRST, ("cu_pct",)), refused:
        other.write_vintage(SECOND, ("cu_pct",)).__enter__()
    with other.write_vintage(SECOND, ("cu_pct",)) as writer:
        assert not writer.stored_keys().any()
