"""Measure one job in a process of its own: CPU time, wall time, peak memory, the answer itself.

Every engine runs with one thread unless the job says otherwise, so that CPU time is its own.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.problem import AbsentError, Job, problem_of

Floats = npt.NDArray[np.float64]
ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "RAYON_NUM_THREADS",
    ),
    "1",
)
OURS = "Bornite"
PREPARE = {
    OURS: "benchmarks.ours.prepare",
    "PyKrige": "benchmarks.peers.pykrige",
    "GSTools": "benchmarks.peers.gstools",
    "gstlearn": "benchmarks.peers.gstlearn",
}
"""Where each engine's adaptor is; only the one that runs is imported, or memory is not its own."""


@dataclass(frozen=True)
class Cost:
    """What a job cost. CPU and wall time are medians of the repeats."""

    blocks: int
    cpu_s: float
    wall_s: float
    peak_mib: float
    setup_cpu_s: float | None = None
    """CPU of setting the engine up, before the call that is timed."""
    first_s: float | None = None
    """Wall time of the very first call, on one block: with what is compiled or loaded for it."""

    @property
    def cpu_us_per_block(self) -> float:
        """Microseconds of CPU for each block."""
        return 1e6 * self.cpu_s / self.blocks


@dataclass(frozen=True)
class Measured:
    """What one job cost, and its answer; ``absent`` says why there is neither."""

    cost: Cost | None
    absent: str | None = None
    estimate: Floats = field(default_factory=lambda: np.empty((0, 1)))
    """(blocks, elements)"""
    variance: Floats = field(default_factory=lambda: np.empty((0, 1)))


def measure(job: Job, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a job in a fresh process and bring back what it measured.

    Raises
    ------
    RuntimeError
        The process failed for another reason than an absent engine; its last words are in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "measured.npz"
        command = [sys.executable, "-m", "benchmarks.measure", json.dumps(job.as_dict())]
        done = subprocess.run(
            [*command, str(target)],
            env={**environment_of(), **(environment or {})},
            cwd=ROOT,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{job.engine} ({job.mode}): {done.stderr.strip()[-2000:]}")
        return _read(target)


def environment_of() -> dict[str, str]:
    """This process's environment with one thread to a library."""
    return {**os.environ, **ONE_THREAD}


def run_here(job: Job) -> Measured:
    """Run a job in this process. Peak memory is then that of the whole process."""
    problem = problem_of(job)
    try:
        if job.engine == "gstat":
            return import_module("benchmarks.peer_gstat").measure_in_r(problem, job)
        module, _, function = PREPARE[job.engine].rpartition(".")
        prepare = getattr(import_module(module), function)
        began = time.process_time()
        estimate = prepare(problem, job)
        setup_cpu_s = time.process_time() - began
        first = _timed(lambda: estimate(problem.grid("one")))
        grid = problem.grid(job.grid)
        runs = [_timed(lambda: estimate(grid)) for _ in range(job.repeats)]
    except AbsentError as reason:
        return Measured(None, absent=str(reason))
    found, cpu, wall = zip(*runs, strict=True)
    estimate_of, variance_of = found[0]
    cost = Cost(
        len(estimate_of),
        statistics.median(cpu),
        statistics.median(wall),
        peak_mib(),
        setup_cpu_s,
        first[2],
    )
    return Measured(cost, estimate=estimate_of, variance=variance_of)


def _timed(work: Callable[[], tuple[Floats, Floats]]) -> tuple[Any, float, float]:
    """Result, CPU seconds and wall seconds of one run."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def peak_mib() -> float:
    """Largest memory of this process so far, MiB.

    Linux hands ``ru_maxrss`` down from the process that started this one, so the figure of this
    program's own memory is taken where the kernel keeps it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text("utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024.0
    scale = 1024.0**2 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def _write(measured: Measured, target: Path) -> None:
    """Keep what was measured for the process that asked."""
    plain = {"cost": measured.cost and asdict(measured.cost), "absent": measured.absent}
    np.savez(
        target, plain=json.dumps(plain), estimate=measured.estimate, variance=measured.variance
    )


def _read(path: Path) -> Measured:
    """Read what :func:`_write` kept."""
    with np.load(path) as stored:
        plain = json.loads(str(stored["plain"]))
        cost = Cost(**plain["cost"]) if plain["cost"] else None
        return Measured(cost, plain["absent"], stored["estimate"], stored["variance"])


if __name__ == "__main__":
    _write(run_here(Job(**json.loads(sys.argv[1]))), Path(sys.argv[2]))
