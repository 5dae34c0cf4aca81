"""gstat through R: files to and from a process of R, which times its own ``predict``."""

from __future__ import annotations

import csv
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Cost, Measured
from benchmarks.problem import AZIMUTH_DEG, DIP_DEG, MODELS, AbsentError, Job, Problem, isotropic

MODEL = MODELS[0]
SCRIPT = Path(__file__).with_name("gstat.R")


def measure_in_r(problem: Problem, job: Job) -> Measured:
    """Time gstat on a job.

    Its search is by plain distance. Points go in with coordinates in ranges, which makes that the
    model's metric; a block would be bent by it, so blocks keep metres and a spherical search.

    Raises
    ------
    AbsentError
        R or its package gstat is not installed, or blocks are asked for with another search.
    """
    program = _rscript()
    blocks = job.discretisation > 1
    if blocks and not job.sphere:
        raise AbsentError("no search ellipsoid for blocks")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_problem(problem, job, folder)
        command = [program, "--vanilla", str(SCRIPT), str(folder)]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"gstat: {done.stderr.strip()[-2000:]}")
        return _read_answer(folder)


def _rscript() -> str:
    """Path of R's batch program, once gstat is known to load in it."""
    program = shutil.which("Rscript")
    if program is None:
        raise AbsentError("R is not installed (Rscript)")
    command = [program, "--vanilla", "-e", "library(gstat); library(sp)"]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        raise AbsentError("R has no package gstat")
    return program


def _write_problem(problem: Problem, job: Job, folder: Path) -> None:
    """Write samples, targets and the job where R reads them."""
    grid = problem.grid(job.grid)
    metres = job.discretisation > 1 or job.sphere
    change = (lambda points: points) if metres else isotropic
    samples = np.column_stack([change(problem.xyz_m), problem.values[:, 0]])
    samples.astype("<f8").tofile(folder / "samples.bin")
    np.asarray(change(grid.centres_m()), "<f8").tofile(folder / "targets.bin")
    row = {
        "nugget": MODEL.nugget,
        "sill": MODEL.sill,
        "azimuth": AZIMUTH_DEG if metres else 0.0,
        # gstat takes a dip of -20 as 340
        "dip": DIP_DEG % 360.0 if metres else 0.0,
        "neighbours": job.neighbours,
        "discretisation": job.discretisation,
        "repeats": job.repeats,
        **dict(zip(("dx", "dy", "dz"), grid.block_m, strict=True)),
    }
    ranges = MODEL.ranges_m if metres else (1.0, 1.0, 1.0)
    row |= dict(zip(("major", "semi", "minor"), ranges, strict=True))
    with (folder / "job.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)


def _read_answer(folder: Path) -> Measured:
    """Times and answers that R left."""
    found: npt.NDArray[np.float64] = np.fromfile(folder / "answer.bin", "<f8")
    estimate, variance = found.reshape(2, -1, 1)
    with (folder / "times.csv").open(encoding="utf-8") as file:
        times = list(csv.DictReader(file))
    peak = times[0]["peak"]
    cost = Cost(
        len(estimate),
        statistics.median(float(row["cpu"]) for row in times),
        statistics.median(float(row["wall"]) for row in times),
        float("nan") if peak == "NA" else float(peak),
    )
    return Measured(cost, estimate=estimate, variance=variance)
