"""A Dask cluster by its address: the same bytes, few tiles in flight, a worker that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from estimation.models.block_model import make_vintage
from estimation.models.store import ModelStore
from estimation.parallel import IN_FLIGHT_PER_WORKER, Crew, Workers
from tests.conftest import ROOT
from tests.tile_problems import FIRST, many_tiles, read, run, stored_bytes

PATIENCE_S = 60.0
QUIET = "--no-dashboard"


class Cluster:
    """A scheduler and workers, each started by Dask's own command."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._started: list[subprocess.Popen[bytes]] = []
        self._dask("scheduler", "--host", "127.0.0.1", "--port", "0")
        _wait_for(self._file.exists)

    def add_worker(self, threads: int) -> subprocess.Popen[bytes]:
        """Start one more worker process."""
        return self._dask("worker", "--nthreads", str(threads), "--no-nanny")

    def _dask(self, *command: str) -> subprocess.Popen[bytes]:
        """Start one of Dask's commands."""
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--scheduler-file", str(self._file), QUIET],
            cwd=self._file.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(process)
        return process

    def address(self, workers: int) -> str:
        """Address of the scheduler, once so many workers have come."""
        import json

        from distributed import Client

        found = str(json.loads(self._file.read_text("utf-8"))["address"])
        with Client(found) as client:
            client.wait_for_workers(workers, timeout=PATIENCE_S)
        return found

    def stop(self) -> None:
        """End every process."""
        for process in reversed(self._started):
            process.kill()
            process.wait()


def _wait_for(there: object) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE_S
    while not there():  # type: ignore[operator]
        assert time.monotonic() < end, "the scheduler did not start"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    made = Cluster(tmp_path)
    yield made
    made.stop()


@pytest.mark.slow
def test_a_cluster_by_its_address_gives_a_serial_runs_bytes(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Two worker processes of a scheduler elsewhere: cancelled, resumed, equal bytes."""
    problem = many_tiles()
    run(problem, tmp_path / "serial")
    for _ in range(2):
        cluster.add_worker(1)
    workers = Workers(count=1, scheduler=cluster.address(2))
    store = ModelStore(tmp_path / "cluster", problem.grid)

    def cancel(done: int, total: int) -> None:
        if done == total // 3:
            raise KeyboardInterrupt

    with Crew(workers) as crew, pytest.raises(KeyboardInterrupt):
        make_vintage(problem, store, FIRST, crew, cancel)
    with Crew(workers) as crew:
        make_vintage(problem, store, FIRST, crew)
    serial = stored_bytes(read(problem, tmp_path / "serial"))
    assert stored_bytes(read(problem, tmp_path / "cluster")) == serial


@pytest.mark.slow
def test_a_worker_that_dies_costs_time_and_no_tile(cluster: Cluster, tmp_path: Path) -> None:
    """One of two workers is killed in the middle: its tiles are made by the other."""
    problem = many_tiles()
    run(problem, tmp_path / "serial")
    doomed = cluster.add_worker(1)
    cluster.add_worker(1)
    store = ModelStore(tmp_path / "cluster", problem.grid)

    def kill(done: int, total: int) -> None:
        if done == total // 3:
            doomed.send_signal(signal.SIGKILL)

    with Crew(Workers(count=1, scheduler=cluster.address(2))) as crew:
        done = make_vintage(problem, store, FIRST, crew, kill)
    assert doomed.wait() == -signal.SIGKILL
    assert done.computed == problem.grid.tile_count
    serial = stored_bytes(read(problem, tmp_path / "serial"))
    assert stored_bytes(read(problem, tmp_path / "cluster")) == serial


@pytest.mark.slow
def test_a_worker_that_dies_with_the_shared_argument_costs_no_tile(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The only worker is killed, and with it what all tiles need: another goes on."""
    problem = many_tiles()
    run(problem, tmp_path / "serial")
    doomed = cluster.add_worker(1)
    store = ModelStore(tmp_path / "cluster", problem.grid)

    def kill(done: int, total: int) -> None:
        if done == total // 3:
            doomed.send_signal(signal.SIGKILL)
            cluster.add_worker(1)

    with Crew(Workers(count=1, scheduler=cluster.address(1))) as crew:
        done = make_vintage(problem, store, FIRST, crew, kill)
    assert done.computed == problem.grid.tile_count
    serial = stored_bytes(read(problem, tmp_path / "serial"))
    assert stored_bytes(read(problem, tmp_path / "cluster")) == serial


def _echo(_: int, job: int) -> int:
    """A job that takes no time: results wait for whoever takes them."""
    return job


def most_in_flight(workers: Workers, jobs: int) -> int:
    """Most jobs handed out and not yet taken back, with a reader that takes its time."""
    handed_out = 0
    most = 0

    def waiting() -> Iterator[int]:
        nonlocal handed_out
        for job in range(jobs):
            handed_out += 1
            yield job

    with Crew(workers) as crew:
        for taken, _ in enumerate(crew.run(_echo, 0, waiting())):
            most = max(most, handed_out - taken - 1)
            time.sleep(0.002)
    assert handed_out == jobs
    return most


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_few_results_wait_to_be_written(kind: str) -> None:
    """However slow the store, two tiles for each local worker are under way, not the model."""
    assert most_in_flight(Workers(count=2, kind=kind), 100) == 2 * IN_FLIGHT_PER_WORKER


def test_a_serial_run_takes_one_job_at_a_time() -> None:
    """Alone, a job is taken when the one before is written; two are looked at to see if so."""
    assert most_in_flight(Workers(count=1), 100) <= 1


@pytest.mark.slow
def test_every_thread_of_a_cluster_has_work(cluster: Cluster) -> None:
    """Tiles in flight follow the cluster's threads, not its workers or this machine's."""
    cluster.add_worker(3)
    workers = Workers(count=1, scheduler=cluster.address(1))
    assert most_in_flight(workers, 100) == 3 * IN_FLIGHT_PER_WORKER
