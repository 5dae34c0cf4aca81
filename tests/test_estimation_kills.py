"""Kills, cancels and company: nothing torn to be read, nothing finished lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from benchmarks.kills import COMMITTING, COMPUTING, PHASES, TAGGING, kill_again_and_again
from estimation.models import block_model
from estimation.models.block_model import make_vintage
from estimation.models.store import ModelStore, StoreBusyError
from estimation.parallel import Crew, Workers
from tests.conftest import ROOT
from tests.tile_problems import (
    FIRST,
    finished_tiles,
    many_tiles,
    read,
    run,
    stored_bytes,
)

NEXT = date(2026, 12, 31)
OTHER_RUN = """
import sys
from datetime import date
from pathlib import Path

from tests.tile_problems import many_tiles, run

run(many_tiles(), Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))
"""


def run_elsewhere(folder: Path, vintage: date) -> subprocess.CompletedProcess[str]:
    """Make a vintage of the same store in another process."""
    return subprocess.run(
        [sys.executable, "-c", OTHER_RUN, str(folder), vintage.isoformat()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit after every tile."""
    monkeypatch.setattr(block_model, "COMMIT_EVERY_S", 0.0)
    monkeypatch.setattr(block_model, "COMMIT_SHARE", float("inf"))


# ------------------------------------------------------------------ kills


@pytest.mark.slow
def test_runs_killed_in_every_phase_end_in_an_undisturbed_models_bytes(tmp_path: Path) -> None:
    """Twelve SIGKILLs from opening the store to publishing the tag, each followed by a reading.

    Every tile that can be read has the bytes of its digest and is an undisturbed run's; finished
    tiles stay finished; revisions stay as they are (``benchmarks.kills`` does it fifty times).
    """
    gallery = kill_again_and_again(tmp_path, 12, seed=20271231)
    assert gallery.kills == sum(gallery.hits.values()) == 12
    assert len(gallery.hits) >= len(PHASES) / 2
    assert any(gallery.hits[phase] for phase in (COMPUTING, COMMITTING, TAGGING))
    assert gallery.tiles_read > 0
    assert gallery.finished >= 2
    assert len(gallery.published) == gallery.finished


@pytest.mark.parametrize("where", ["in the middle", "at the last tile"])
@pytest.mark.usefixtures("often")
def test_a_cancelled_run_goes_on_where_it_was(tmp_path: Path, where: str) -> None:
    """Ctrl-C with two threads: what was committed stands, the rest follows, equal bytes."""
    problem = many_tiles()
    store = ModelStore(tmp_path / "store", problem.grid)
    after = 30 if where == "in the middle" else problem.grid.tile_count

    def cancel(done: int, _: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with Crew(Workers(count=2)) as crew, pytest.raises(KeyboardInterrupt):
        make_vintage(problem, store, FIRST, crew, cancel)
    with pytest.raises(KeyError, match="no finished model"):
        store.read_vintage(FIRST)
    resumed = run(problem, tmp_path / "store")
    assert resumed.reused >= after - 1
    run(problem, tmp_path / "whole")
    assert stored_bytes(read(problem, tmp_path / "store")) == stored_bytes(
        read(problem, tmp_path / "whole")
    )


def test_a_closed_crew_takes_other_work() -> None:
    """Results that nobody waits for any more do not come up in the next run."""
    with Crew(Workers(count=2)) as crew:
        for shared in range(1, 6):
            results = crew.run(_times, shared, range(50))
            taken = [next(results) for _ in range(shared)]
            assert all(result % shared == 0 for result in taken)
            results.close()
        assert sorted(crew.run(_times, 7, range(20))) == [7 * n for n in range(20)]


def _times(shared: int, job: int) -> int:
    """A job."""
    return shared * job


# ------------------------------------------------------------------ company


@pytest.mark.usefixtures("often")
def test_a_second_run_refuses_and_the_first_ends_unharmed(tmp_path: Path) -> None:
    """In the middle of one run others start, here and in another process: both are told why not."""
    problem = many_tiles()
    run(problem, tmp_path / "alone")
    refused = []

    def start_another(done: int, total: int) -> None:
        if done == total // 2:
            with pytest.raises(StoreBusyError, match="held by another run"):
                run(problem, tmp_path / "shared", NEXT)
            refused.append(run_elsewhere(tmp_path / "shared", FIRST))

    store = ModelStore(tmp_path / "shared", problem.grid)
    with Crew(Workers(count=1)) as crew:
        first = make_vintage(problem, store, FIRST, crew, start_another)
    assert first.computed == problem.grid.tile_count
    assert [done.returncode for done in refused] == [1]
    assert "StoreBusyError" in refused[0].stderr
    assert "its model is held by another run" in refused[0].stderr
    whole = stored_bytes(read(problem, tmp_path / "alone"))
    assert stored_bytes(read(problem, tmp_path / "shared")) == whole
    after = run_elsewhere(tmp_path / "shared", NEXT)
    assert after.returncode == 0, after.stderr[-2000:]
    assert stored_bytes(read(problem, tmp_path / "shared", NEXT)) == whole


@pytest.mark.usefixtures("often")
def test_a_reader_sees_the_old_revision_whole_while_a_new_one_is_written(tmp_path: Path) -> None:
    """Opened before, in the middle or after: a revision is read as it was published."""
    old, new = many_tiles(), many_tiles(discretisation=(3, 2, 2))
    run(old, tmp_path)
    before = read(old, tmp_path)
    published = stored_bytes(before)
    read_between = []

    def look(done: int, total: int) -> None:
        if done in (1, total // 2, total):
            read_between.append(stored_bytes(read(old, tmp_path)))
            read_between.append(stored_bytes(before))

    with Crew(Workers(count=1)) as crew:
        done = make_vintage(new, ModelStore(tmp_path, new.grid), FIRST, crew, look)
    assert done.computed == new.grid.tile_count
    assert read_between == [published] * 6
    revisions = ModelStore(tmp_path, old.grid).revisions(FIRST)
    assert revisions == [FIRST.isoformat(), f"{FIRST.isoformat()}.2"]
    first = ModelStore(tmp_path, old.grid).read_vintage(FIRST, revisions[0])
    assert stored_bytes(first) == stored_bytes(before) == published
    latest = read(old, tmp_path)
    assert stored_bytes(latest) != published
    assert len(finished_tiles(latest)) == new.grid.tile_count
