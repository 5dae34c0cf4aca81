"""Two hundred change sets on two million blocks: what each costs, and that nothing else changed.

``python -m benchmarks.incremental`` (``--sets 200 --every 10 --seed 1``; about ten minutes).

After every change set:

- the tiles computed are those that a changed composite can reach, found anew by brute force;
- some tiles that were not computed are estimated from the new composites: the same bytes.

After every ``--every``-th and the last one a store is made from nothing, by two workers: every
array, statistic, key, digest and the model hash are the same bytes. Neighbourhoods have 12 samples
and blocks 2x2x2 points, so that this takes minutes. Change sets are applied by one worker, so that
their seconds are those of the work alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.changes import ChangeSet, Ground, change_holes, drill_ground
from estimation.engine.krige import Problem, prepare
from estimation.engine.reach import lay_out
from estimation.models.block_model import make_vintage
from estimation.models.layers import GEOMETRY_LAYER, arrays_of
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import estimate_tile
from estimation.parallel import Crew, Workers
from estimation.plan import Plan
from geo.config import GridSpec
from geo.drillholes.composite import Composites
from geo.grids import BlockGrid

ELEMENT = "cu_pct"
SHAPE, BLOCK_M, TILE = (160, 160, 80), (20.0, 20.0, 10.0), (16, 16, 16)
SPACING_M, COMPOSITE_M, REACH_M = 120.0, 10.0, 150.0
FIRST = date(2025, 1, 1)


@dataclass(frozen=True)
class Line:
    """What one change set cost."""

    reached: int
    """Tiles that a changed composite can reach."""
    cpu_s: float
    """CPU time of the whole run (keys, tiles, commit, tag), whatever else the machine does."""
    seconds: float
    """Wall time of the same."""


class DifferentError(Exception):
    """Two ways to a model gave different bytes, or a run computed what it need not."""


def grid() -> BlockGrid:
    """2,048,000 blocks in 500 tiles."""
    return BlockGrid(GridSpec(origin_m=(0.0, 0.0, 0.0), block_m=BLOCK_M, shape=SHAPE, tile=TILE))


def ground() -> Ground:
    """The whole grid, drilled from top to bottom: 729 holes, about 58,000 composites."""
    x, y, z = (n * b for n, b in zip(SHAPE, BLOCK_M, strict=True))
    return Ground((0.0, 0.0, 0.0), (x, y, z), SPACING_M, COMPOSITE_M)


def plan() -> Plan:
    """Ordinary kriging from the nearest 12 within 150 m."""
    level = {"azimuth_deg": 30.0, "dip_deg": -20.0, "rake_deg": 0.0}
    rule = {"max_mean_distance_m": REACH_M, "min_holes": 1, "min_slope": -10.0}
    why = "a proof"
    one_pass = {"radii_m": (REACH_M, 120.0, 75.0), "min_samples": 2, "max_samples": 12}
    element = {
        "source": "basic",
        "caps": {},
        "variogram": {
            "nugget": 0.1,
            "structures": [{"model": "spherical", "sill": 0.9, "ranges_m": (300, 200, 100)}],
            "orientation": level,
        },
        "method": "ordinary",
        "known_mean": None,
        "search": [{**one_pass, "max_per_hole": 4, "min_holes": 1, "sectors": None}],
        "search_orientation": None,
        "high_yield": None,
        "class_limit": "measured",
        "reason": why,
    }
    return Plan.model_validate(
        {
            "main_element": ELEMENT,
            "stage": "detailed",
            "composites": {"length_m": COMPOSITE_M, "min_coverage": 0.5},
            "domains": {"column": None, "codes": {}, "soft": []},
            "discretisation": (2, 2, 2),
            "sample_points": {"basic": 1, "combined": 1},
            "engine": "bornite",
            "elements": {ELEMENT: element},
            "classification": {
                **dict.fromkeys(("measured", "indicated", "inferred"), rule),
                "citation": why,
            },
            "density": {"method": "assigned", "assigned_tpm3": {"all": 2.7}, "citation": why},
            "cutoffs": {"reporting": 0.3, "others": (), "citation": why},
            "acceptance": {"status": "proposed", "by": None, "date": None, "reason": why},
        }
    )


def reached_tiles(problem: Problem, touched: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which tiles have one of the places (n, 3) within reach: one by one, without an index."""
    found = np.zeros(problem.grid.tile_count, bool)
    for tile in problem.grid.tiles():
        low, high = problem.grid.tile_box_m(tile)
        inside = (touched >= low - problem.reach_m) & (touched <= high + problem.reach_m)
        found[tile.index] = inside.all(axis=1).any()
    return found


def check_untouched(problem: Problem, model: VintageReader, tiles: npt.NDArray[np.int64]) -> None:
    """Estimate tiles that were not computed from the composites of now: the bytes must be equal.

    Raises
    ------
    DifferentError
        One is not: its key misses something that its numbers depend on.
    """
    work = lay_out(problem)
    digests, statistics = model.tile_digests, model.statistics(ELEMENT)
    for index in tiles:
        tile = problem.grid.tile(int(index))
        made = estimate_tile(work, tile, b"")
        same = made.content_digest == digests[index].tobytes()
        same &= made.statistics[ELEMENT].tobytes() == statistics[index].tobytes()
        for name, values in made.arrays.items():
            same &= values.tobytes() == model.stored(name, tile.slices).tobytes()
        if not same:
            raise DifferentError(f"{tile} was not computed, and is not what it would be")


def check_whole(model: VintageReader, fresh: VintageReader) -> None:
    """Compare everything that two stores keep, byte for byte.

    Raises
    ------
    DifferentError
        Something is not equal; it is named.
    """
    pairs: dict[str, tuple[Any, Any]] = {
        "keys": (model.tile_keys, fresh.tile_keys),
        "digests": (model.tile_digests, fresh.tile_digests),
        "statistics": (model.statistics(ELEMENT), fresh.statistics(ELEMENT)),
    }
    for layer in (GEOMETRY_LAYER, ELEMENT):
        for array in arrays_of(layer):
            whole = model.grid.whole
            pairs[array.name] = model.stored(array.name, whole), fresh.stored(array.name, whole)
    different = [name for name, (a, b) in pairs.items() if a.tobytes() != b.tobytes()]
    if different or model.model_hash != fresh.model_hash:
        raise DifferentError(f"not what a run from nothing gives: {', '.join(different)}")


class Proof:
    """A store that goes from change set to change set."""

    def __init__(self, settings: argparse.Namespace, folder: Path) -> None:
        """Drill the ground and make the first vintage."""
        self._settings, self._folder = settings, folder
        self._rng = np.random.default_rng(settings.seed)
        self._ground, self._grid, self._plan = ground(), grid(), plan()
        self._table = drill_ground(self._ground, self._rng)
        self._vintage = FIRST
        self.lines: list[Line] = []
        self.whole_runs = self.tiles_again = 0
        problem = self._problem(self._table)
        estimate_tile(lay_out(problem), self._grid.tile(0), b"")  # compiled before the clock runs
        began = time.process_time()
        self._make(problem, folder / "grown", 1)
        self.full_s = time.process_time() - began
        print(
            f"{np.prod(SHAPE):,} blocks, {self._grid.tile_count} tiles of {TILE}; "
            f"{len(self._table):,} composites; the first run {self.full_s:.1f} s of CPU"
        )

    def _problem(self, table: pd.DataFrame) -> Problem:
        return prepare(self._grid, self._plan, Composites(table), None)

    def _make(self, problem: Problem, folder: Path, workers: int) -> Any:
        with Crew(Workers(count=workers)) as crew:
            return make_vintage(problem, ModelStore(folder, self._grid), self._vintage, crew)

    def apply(self, number: int) -> None:
        """Apply one change set, as a new vintage or the same one made again; check it."""
        if self._rng.random() < 0.5:
            self._vintage += timedelta(days=1)
        change = change_holes(self._ground, self._table, number, self._rng)
        self._table = change.table
        problem = self._problem(self._table)
        cpu_s = time.process_time()
        run = self._make(problem, self._folder / "grown", 1)
        cpu_s = time.process_time() - cpu_s
        reached = reached_tiles(problem, change.touched_m.to_numpy())
        if run.computed != reached.sum():
            raise DifferentError(f"{run.computed} tiles computed, {reached.sum()} reached")
        model = ModelStore(self._folder / "grown", self._grid).read_vintage(self._vintage)
        rest = np.flatnonzero(~reached)
        some = self._rng.choice(rest, min(self._settings.again, rest.size), replace=False)
        check_untouched(problem, model, some)
        self.tiles_again += some.size
        last = number + 1 == self._settings.sets
        whole = last or (number + 1) % self._settings.every == 0
        if whole:
            with tempfile.TemporaryDirectory(dir=self._folder) as fresh:
                self._make(problem, Path(fresh), self._settings.workers)
                check_whole(model, ModelStore(Path(fresh), self._grid).read_vintage(self._vintage))
            self.whole_runs += 1
        self.lines.append(Line(run.computed, cpu_s, run.seconds))
        if not self._settings.quiet:
            self._tell(number, change, whole)

    def _tell(self, number: int, change: ChangeSet, whole: bool) -> None:
        """Print the line of the change set that was applied last."""
        line, total = self.lines[-1], self._grid.tile_count
        proof = "  = a run from nothing" if whole else ""
        print(
            f"{number + 1:4d}  {self._vintage}  {line.reached:4d} of {total} tiles "
            f"{line.cpu_s:7.2f} s of CPU {line.seconds:7.2f} s  {', '.join(change.what)}{proof}",
            flush=True,
        )


def tell(proof: Proof) -> None:
    """Print what the change sets cost together: cost against tiles reached."""
    reached = np.array([line.reached for line in proof.lines], float)
    cpu_s = np.array([line.cpu_s for line in proof.lines])
    wall_s = np.array([line.seconds for line in proof.lines])
    slope, fixed = np.polyfit(reached, cpu_s, 1)
    correlation = np.corrcoef(reached, cpu_s)[0, 1]
    tiles = grid().tile_count
    print(f"{len(reached)} change sets: {reached.sum():,.0f} tiles computed, as many as reached")
    print(
        f"tiles reached by one: {reached.min():.0f} to {reached.max():.0f}, "
        f"mean {reached.mean():.1f} of {tiles} ({reached.mean() / tiles:.1%})"
    )
    print(
        f"seconds of CPU = {fixed:.3f} + {slope:.4f} x tiles reached; "
        f"correlation {correlation:.4f}; "
        f"largest departure {np.abs(cpu_s - fixed - slope * reached).max():.2f} s"
    )
    print(
        f"mean {cpu_s.mean():.2f} s of CPU, {wall_s.mean():.2f} s in all; a run from nothing "
        f"{proof.full_s:.1f} s of CPU: {proof.full_s / cpu_s.mean():.1f} times"
    )
    print(
        f"equal bytes: {proof.whole_runs} runs from nothing, "
        f"{proof.tiles_again} tiles not computed that were estimated anew"
    )


def main() -> None:
    """Read the options and run the proof."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sets", type=int, default=200, help="change sets")
    options.add_argument("--every", type=int, default=10, help="a run from nothing after so many")
    options.add_argument("--again", type=int, default=5, help="tiles estimated anew after each")
    options.add_argument("--workers", type=int, default=2, help="of runs from nothing")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quiet", action="store_true", help="the summary only")
    settings = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        proof = Proof(settings, Path(folder))
        for number in range(settings.sets):
            proof.apply(number)
        tell(proof)
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
