"""Workers and kills: equal numbers whatever the way there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from estimation.parallel import Crew, Workers
from tests.conftest import ROOT
from tests.engine_problems import (
    bytes_of,
    many_tiles,
    read,
    run,
)

WORKER_SCRIPT = """
import sys
from datetime import date
from pathlib import Path

from estimation.models.block_model import make_vintage
from estimation.parallel import Crew, Workers
from estimation.models.store import ModelStore
from tests.engine_problems import FIRST, many_tiles

if __name__ == "__main__":
    problem = many_tiles()
    for kind in ("threads", "processes"):
        store = ModelStore(Path(sys.argv[1]) / kind, problem.grid)
        with Crew(Workers(count=2, kind=kind)) as crew:
            run = make_vintage(problem, store, FIRST, crew)
        print(kind, run.computed, store.read_vintage(FIRST).model_hash)
"""


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

from estimation.models import block_model
from estimation.models.layers import arrays_of
from estimation.parallel import Crew, Workers
from estimation.engine.reach import lay_out
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import content_digest, estimate_tile
from tests.engine_problems import FIRST, bytes_of, many_tiles

FOLDER, KILLS, SEED = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
PROBLEM = many_tiles()
LAYERS = ("geometry", *PROBLEM.elements)
NAMES = [array.name for layer in LAYERS for array in arrays_of(layer)]


def make(folder):
    block_model.COMMIT_EVERY_S, block_model.COMMIT_SHARE = 0.02, float("inf")
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
        arrays = {name: model.stored(name, tile.slices) for name in NAMES}
        statistics = {name: model.statistics(name)[tile.index] for name in PROBLEM.elements}
        found = content_digest(arrays, statistics)
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
        estimate_tile(lay_out(PROBLEM), tile, b"")  # compiled before the clock runs
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
