"""Real drill-holes at scale: Babbitt's Cu, Ni and S over more than five million blocks.

``python -m benchmarks.real`` reads the public drill-holes through the program's own door
(``configs/public/babbitt.yaml``, BORNITE_SHARED_DATA), cuts the configured blocks finer, makes the
vintage through the store, calls the witness, and prints what it cost.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT, peak_mib
from estimation.belts import read_belt
from estimation.deposit import DepositData, composite_samples
from estimation.engine.krige import prepare
from estimation.models.block_model import make_vintage
from estimation.models.store import ModelStore
from estimation.models.tile_statistics import statistic
from estimation.parallel import Crew, Workers
from estimation.validation.witness import call_witness
from geo.drillholes.reading import read_drillholes
from geo.grids import BlockGrid

BLOCK_M = (20.0, 20.0, 7.5)
TILE = (62, 60, 29)
WORKERS = 2
WITNESS_BLOCKS, SEED = 200, 20261121


def main() -> None:
    """Make the model and print blocks, seconds, memory and the witness's differences."""
    path = ROOT / "configs" / "public" / "babbitt.yaml"
    belt = read_belt(path)
    deposit = belt.deposits[0]
    vintage = deposit.vintages[-1]
    reading = read_drillholes(deposit.drillholes, path.parent)
    if reading.drillholes is None:
        raise SystemExit(f"refused: {reading.findings[0].message_en}")
    holes = reading.drillholes.as_of(vintage)
    data = DepositData(belt, deposit, path.parent, vintage, holes, {})
    extent = np.array(deposit.grid.block_m) * np.array(deposit.grid.shape)
    nx, ny, nz = (int(np.ceil(e / b)) for e, b in zip(extent, BLOCK_M, strict=True))
    finer = {"block_m": BLOCK_M, "shape": (nx, ny, nz), "tile": TILE}
    grid = BlockGrid(deposit.grid.model_copy(update=finer))
    samples = composite_samples(data)
    problem = prepare(grid, data.plan, samples["basic"], samples.get("combined"))
    with tempfile.TemporaryDirectory() as folder:
        store = ModelStore(Path(folder), grid)
        cpu, wall = time.process_time(), time.perf_counter()
        with Crew(Workers(count=WORKERS, kind="threads")) as crew:
            run = make_vintage(problem, store, vintage, crew)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        model = store.read_vintage(vintage, run.revision)
        stored = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
        print(
            f"{nx * ny * nz:,} blocks x {len(problem.elements)} elements, {len(problem.flags):,} "
            f"composites, {WORKERS} workers: {wall:.1f} s by the clock, {cpu:.1f} s of CPU, peak "
            f"{peak_mib():,.0f} MiB, store {stored / 2**20:,.0f} MiB"
        )
        for element in problem.elements:
            estimated = statistic(model.statistics(element), "estimated").sum()
            seen = call_witness(problem, model, element, WITNESS_BLOCKS, SEED)
            print(
                f"{element}: {estimated:,.0f} blocks estimated; {seen.witness}, {seen.blocks} "
                f"blocks: largest relative difference of estimates "
                f"{seen.largest_estimate_difference:.1e}, of variances "
                f"{seen.largest_variance_difference:.1e}"
            )


if __name__ == "__main__":
    main()
