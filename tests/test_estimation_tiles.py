"""Tiles: keys, reuse, vintages, workers and kills; equal numbers whatever the way there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation import block_model
from estimation.block_model import ModelRun, make_vintage
from estimation.krige import Problem
from estimation.parallel import Crew, Workers
from estimation.plan import Plan
from estimation.store import ModelStore, StoreBusyError, VintageReader
from estimation.tile_estimate import TileResult, decision_digest, estimate_tile, tile_key
from tests.conftest import ROOT
from tests.engine_problems import (
    TILTED,
    drill,
    element_plan,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)

FIRST, SECOND = date(2024, 12, 31), date(2025, 12, 31)
LONG = make_grid(shape=(48, 8, 4), tile=(8, 8, 4))
"""Six tiles in a row of 480 m; samples reach 90 m."""


def two_elements(**copper: Any) -> Plan:
    """A plan of copper and molybdenum."""
    molybdenum = element_plan(search=(search_pass((70.0, 60.0, 30.0), min_samples=2),))
    return make_plan({"cu_pct": element_plan(**copper), "mo_ppm": molybdenum})


def keys_of(problem: Problem) -> list[bytes]:
    """Key of every tile."""
    decision = decision_digest(problem)
    return [tile_key(problem, tile, decision) for tile in problem.grid.tiles()]


def hole_at(easting_m: float, name: str) -> pd.DataFrame:
    """One more hole in the middle of :data:`LONG`, at an easting."""
    return drill(LONG, 1, 99).assign(hole_id=name, easting_m=easting_m, northing_m=2040.0)


def with_holes(table: pd.DataFrame, *eastings_m: float) -> pd.DataFrame:
    """The same composites and one more hole at each easting."""
    more = [hole_at(e, f"A{i}") for i, e in enumerate(eastings_m)]
    return pd.concat([table, *more], ignore_index=True)


def run(problem: Problem, folder: Path, vintage: date = FIRST, **workers: Any) -> ModelRun:
    """Make a vintage in a store below ``folder``."""
    with Crew(Workers(**{"count": 1, **workers})) as crew:
        return make_vintage(problem, ModelStore(folder, problem.grid), vintage, crew)


def read(problem: Problem, folder: Path, vintage: date = FIRST) -> VintageReader:
    """Open a finished vintage."""
    return ModelStore(folder, problem.grid).read_vintage(vintage)


def bytes_of(model: VintageReader, elements: tuple[str, ...] = ("cu_pct", "mo_ppm")) -> bytes:
    """All numbers of a model."""
    return b"".join(model.layer(name).tobytes() for name in ("geometry", *elements))


def untorn(model: VintageReader, elements: tuple[str, ...]) -> bool:
    """Whether every stored digest is that of the stored bytes."""
    for tile in model.grid.tiles():
        layers = {n: model.layer(n, tile.slices) for n in ("geometry", *elements)}
        digest = TileResult(tile, b"", layers).content_digest
        if model.tile_digests[tile.index].tobytes() != digest:
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
        one, other = (estimate_tile(p, tile, b"").content_digest for p in (before, after))
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


def test_discretisation_and_main_grid_are_part_of_the_key() -> None:
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


# ------------------------------------------------------------------ workers

WORKER_SCRIPT = """
import sys
from datetime import date
from pathlib import Path

from estimation.block_model import make_vintage
from estimation.parallel import Crew, Workers
from estimation.store import ModelStore
from tests.test_estimation_tiles import FIRST, many_tiles

if __name__ == "__main__":
    problem = many_tiles()
    for kind in ("threads", "processes"):
        store = ModelStore(Path(sys.argv[1]) / kind, problem.grid)
        with Crew(Workers(count=2, kind=kind)) as crew:
            run = make_vintage(problem, store, FIRST, crew)
        print(kind, run.computed, store.read_vintage(FIRST).model_hash)
"""


def many_tiles() -> Problem:
    """144 small tiles of two elements."""
    grid = make_grid(shape=(24, 24, 8), tile=(4, 4, 2))
    return problem_of(grid, two_elements(), drill(grid, 20, 6))


def script(tmp_path: Path, text: str, *arguments: str) -> str:
    """Run a script of this checkout in a process of its own; returns what it printed."""
    path = tmp_path / "script.py"
    path.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, str(path), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_threads_and_processes_give_the_bytes_of_a_serial_run(tmp_path: Path) -> None:
    """Serial = two Dask threads = two Dask processes: model hash and all numbers."""
    problem = many_tiles()
    run(problem, tmp_path / "serial")
    serial = read(problem, tmp_path / "serial")
    told = script(tmp_path, WORKER_SCRIPT, str(tmp_path)).split()
    assert told == ["threads", "144", serial.model_hash, "processes", "144", serial.model_hash]
    for kind in ("threads", "processes"):
        assert bytes_of(read(problem, tmp_path / kind)) == bytes_of(serial)


def _double(shared: int, job: int) -> int:
    """A job that takes a moment now and then."""
    time.sleep(0.003 * (job % 7 == 0))
    return shared * job


def _refuse(_: int, job: int) -> int:
    """A job of which one fails."""
    if job == 5:
        raise ValueError("job five")
    return job


def test_a_crew_returns_every_job_once() -> None:
    """Nothing lost, nothing twice, run after run of one crew; an error comes through.

    Dask once dropped a run's argument because an equal one of the run before was released, and
    handed its cancellation over as a result.
    """
    with Crew(Workers(count=2)) as crew:
        for count in (0, 1, 2, 3, 4, 5, 5, 17, 200):  # the same argument each time
            results = list(crew.run(_double, 3, range(count)))
            assert len(results) == count
            assert set(results) == {3 * job for job in range(count)}, count
        with pytest.raises(ValueError, match="job five"):
            list(crew.run(_refuse, 0, range(20)))


# ------------------------------------------------------------------ kills

KILL_SCRIPT = '''
"""Fork a run, kill it at a random moment, look at what it left; at the end let one finish."""
import os, random, signal, sys, time
from pathlib import Path

from estimation import block_model
from estimation.parallel import Crew, Workers
from estimation.store import ModelStore, VintageReader
from estimation.tile_estimate import TileResult, estimate_tile
from tests.test_estimation_tiles import FIRST, bytes_of, many_tiles

FOLDER, KILLS, SEED = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
PROBLEM = many_tiles()
NAMES = ("geometry", *PROBLEM.elements)


def make(folder):
    block_model.COMMIT_EVERY_S = 0.02
    store = ModelStore(folder, PROBLEM.grid)
    with Crew(Workers(count=1)) as crew:
        block_model.make_vintage(PROBLEM, store, FIRST, crew)
    model = store.read_vintage(FIRST)
    (folder / "hash").write_text(model.model_hash)
    (folder / "bytes").write_bytes(bytes_of(model))


def look(folder):
    """Count finished tiles on the branch; each must have the bytes that its digest says."""
    repository = ModelStore(folder, PROBLEM.grid)._repository
    branch = f"vintage-{FIRST.isoformat()}"
    if branch not in repository.list_branches():
        return
    session = repository.readonly_session(branch=branch)
    try:
        model = VintageReader(session, PROBLEM.grid)
        keys, digests = model.tile_keys, model.tile_digests
    except (FileNotFoundError, KeyError):
        return
    done = 0
    for tile in PROBLEM.grid.tiles():
        if not keys[tile.index].any():
            assert not digests[tile.index].any()
            continue
        done += 1
        layers = {name: model.layer(name, tile.slices) for name in NAMES}
        found = TileResult(tile, b"", layers).content_digest
        assert digests[tile.index].tobytes() == found, tile
    with (FOLDER / "seen").open("a") as seen:
        seen.write(f"{folder.name} {done}\\n")


def fork(work, kill_after_s=None):
    """Run in a child; no thread of the store may live in the parent."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    killed = os.WIFSIGNALED(status)
    assert killed or os.WEXITSTATUS(status) == 0
    return killed


if __name__ == "__main__":
    for tile in PROBLEM.grid.tiles():
        estimate_tile(PROBLEM, tile, b"")  # compiled before the clock runs
        break
    began = time.monotonic()
    fork(lambda: make(FOLDER / "undisturbed"))
    whole = time.monotonic() - began
    chance = random.Random(SEED)
    kills, turn, folder = 0, 0, FOLDER / "killed-0"
    while kills < KILLS and turn < 3 * KILLS:
        turn += 1
        folder.mkdir(exist_ok=True)
        if fork(lambda: make(folder), whole * chance.uniform(0.0, 0.4)):
            kills += 1
            fork(lambda: look(folder))
        else:  # it was done before the shot: begin again
            folder = FOLDER / f"killed-{turn}"
    folder.mkdir(exist_ok=True)
    fork(lambda: make(folder))
    print(kills)
'''


def test_a_run_killed_again_and_again_ends_in_the_same_model(tmp_path: Path) -> None:
    """Six SIGKILLs at random moments: no torn tile to be read, progress kept, equal bytes."""
    (tmp_path / "undisturbed").mkdir()
    kills = int(script(tmp_path, KILL_SCRIPT, str(tmp_path), "6", str(time.time_ns())))
    seen = [line.split() for line in (tmp_path / "seen").read_text().splitlines()]
    print(f"{kills} kills; finished tiles found after each: {seen}")
    assert kills == 6
    assert any(int(done) > 0 for _, done in seen)
    folders = sorted(tmp_path.glob("killed-*"))
    for folder in folders:
        left = [int(done) for name, done in seen if name == folder.name]
        assert left == sorted(left)
        for name in ("hash", "bytes"):
            whole = (tmp_path / "undisturbed" / name).read_bytes()
            assert (folder / name).read_bytes() == whole, (folder.name, name)
