"""Ten thousand times the blocks: whole vintages through the store, tile by tile, as in production.

500,000 composites, blocks of 10 x 10 x 5 m, one element; the largest grid fills the district.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import OURS, ROOT, Cost, environment_of, peak_mib
from benchmarks.problem import (
    AZIMUTH_DEG,
    COMPOSITE_M,
    DIP_DEG,
    ELEMENTS,
    MODELS,
    RANGES_M,
    SEARCH_FACTOR,
    Grid,
    Job,
    Problem,
    load_problem,
)
from benchmarks.records import Record, record_of

GRIDS = ("1e5", "1e6", "1e7", "1e8")
TILE = (50, 50, 50)
RADII_M = tuple(float(r) for r in SEARCH_FACTOR * RANGES_M)
WORKERS = 2


def run_large() -> Iterator[Record]:
    """Make a vintage of every grid, each in a process of its own."""
    base_us: float | None = None
    for grid in GRIDS:
        job = Job(OURS, grid=grid, samples=500_000, discretisation=4, workers=WORKERS)
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "benchmarks.large", json.dumps(job.as_dict()), folder]
            done = subprocess.run(
                command, env=environment_of(), cwd=ROOT, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise RuntimeError(f"{grid} blocks: {done.stderr.strip()[-2000:]}")
            found = json.loads(done.stdout.splitlines()[-1])
        cost = Cost(**found["cost"])
        base_us = base_us or cost.cpu_us_per_block
        note = f"the store takes {found['store_mib']:,.0f} MiB"
        yield record_of("growth: blocks through the store", job, cost, base_us, note=note)


def make_large(job: Job, folder: Path) -> dict[str, Any]:
    """Make one vintage in a store below ``folder`` and say what it cost."""
    from estimation import Crew, ModelStore, Workers, make_vintage, prepare
    from estimation.engine.reach import lay_out
    from estimation.models.tile_estimate import estimate_tile
    from geo.drillholes.composite import Composites

    problem = load_problem(job.samples)
    grid = tiled(problem.grid(job.grid))
    ready = prepare(grid, plan_of(job), Composites(table_of(problem)), None)
    one = next(iter(grid.tiles()))
    estimate_tile(lay_out(ready), one, b"")  # compile, or load what is compiled
    cpu, wall = time.process_time(), time.perf_counter()
    with Crew(Workers(count=job.workers, kind="threads")) as crew:
        make_vintage(ready, ModelStore(folder, grid), date(2025, 12, 31), crew)
    cost = Cost(
        int(np.prod(grid.spec.shape)),
        time.process_time() - cpu,
        time.perf_counter() - wall,
        peak_mib(),
    )
    stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"cost": asdict(cost), "store_mib": stored / 1024.0**2}


def tiled(grid: Grid) -> Any:
    """The house's grid of the same blocks, in tiles of TILE."""
    from geo.config import GridSpec
    from geo.grids import BlockGrid

    nx, ny, nz = (min(most, count) for most, count in zip(TILE, grid.shape, strict=True))
    spec = GridSpec(
        origin_m=grid.origin_m, block_m=grid.block_m, shape=grid.shape, tile=(nx, ny, nz)
    )
    return BlockGrid(spec)


def table_of(problem: Problem) -> pd.DataFrame:
    """Composites as the engine's door takes them: one element, one domain."""
    step = np.arange(len(problem.holes)) - np.searchsorted(problem.holes, problem.holes)
    return pd.DataFrame(
        {
            "hole_id": pd.Series(problem.holes).map("H{:05d}".format),
            "from_m": COMPOSITE_M * step,
            "to_m": COMPOSITE_M * (step + 1),
            "length_m": COMPOSITE_M,
            "easting_m": problem.xyz_m[:, 0],
            "northing_m": problem.xyz_m[:, 1],
            "elevation_m": problem.xyz_m[:, 2],
            "domain": "all",
            ELEMENTS[0]: problem.values[:, 0],
        }
    )


def plan_of(job: Job) -> Any:
    """The benchmark's model and search as an estimation plan."""
    from estimation.plan import Plan

    model, side, near = MODELS[0], job.discretisation, job.neighbours
    rule = {"max_mean_distance_m": 200.0, "min_holes": 1, "min_slope": -10.0}
    why = "the benchmark's problem"
    element = {
        "source": "basic",
        "caps": {},
        "variogram": {
            "nugget": model.nugget,
            "structures": [{"model": "spherical", "sill": model.sill, "ranges_m": model.ranges_m}],
            "orientation": {"azimuth_deg": AZIMUTH_DEG, "dip_deg": DIP_DEG, "rake_deg": 0.0},
        },
        "search": [
            {
                "radii_m": RADII_M,
                "min_samples": 1,
                "max_samples": near,
                "max_per_hole": near,
                "min_holes": 1,
                "sectors": None,
            }
        ],
        "method": "ordinary",
        "known_mean": None,
        "search_orientation": None,
        "high_yield": None,
        "class_limit": "measured",
        "reason": why,
    }
    return Plan.model_validate(
        {
            "main_element": ELEMENTS[0],
            "stage": "detailed",
            "composites": {"length_m": COMPOSITE_M, "min_coverage": 0.5},
            "domains": {"column": None, "codes": {}, "soft": []},
            "discretisation": [side] * 3,
            "sample_points": {"basic": 1, "combined": 1},
            "engine": "bornite",
            "elements": {ELEMENTS[0]: element},
            "classification": {
                **dict.fromkeys(("measured", "indicated", "inferred"), rule),
                "citation": why,
            },
            "density": {"method": "assigned", "assigned_tpm3": {"all": 2.7}, "citation": why},
            "cutoffs": {"reporting": 0.3, "others": [0.0], "citation": why},
            "acceptance": {"status": "proposed", "by": None, "date": None, "reason": why},
        }
    )


if __name__ == "__main__":
    print(json.dumps(make_large(Job(**json.loads(sys.argv[1])), Path(sys.argv[2]))))
