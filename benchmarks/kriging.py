"""Local ordinary kriging: ours beside PyKrige's moving window, same samples, model and targets.

``make bench`` prints the table and writes ``benchmarks/results/latest.json``. The problem: 5,000
composites of 100 holes, nugget 0.1 and spherical 0.9 with ranges 300/200/100 m (azimuth 30, dip
-20), the 24 nearest samples in the anisotropic metric, blocks of 20 x 20 x 10 m.

PyKrige has no block kriging, so points are compared; its constructor's statistics (a growing
kriging for every sample, hours at this size) are switched off, which favours it.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt

from estimation.kernels_kriging import ESTIMATE, VARIANCE, krige_groups
from estimation.plan import Orientation
from estimation.rotation import axes_from_gslib, turn
from estimation.tile_estimate import group_of_blocks
from geo.config import GridSpec
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]

RESULTS = Path(__file__).parent / "results" / "latest.json"
SEED = 20240607
NUGGET, SILL = 0.1, 0.9
RANGES_M = np.array([300.0, 200.0, 100.0])
NEIGHBOURS = 24
PEER_TARGETS = 20480


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    problem: str
    engine: str
    mode: str
    elements: int
    samples: int
    blocks: int
    workers: int
    cpu_us_per_block: float
    blocks_per_second: float
    ratio_to_ours: float
    peak_mib: float
    max_difference: float


@dataclass(frozen=True)
class Problem:
    """Samples and targets along the axes of anisotropy, metres."""

    places: Floats
    holes: npt.NDArray[np.int64]
    values: Floats
    grid: BlockGrid
    axes: Floats


def make_problem() -> Problem:
    """100 jittered holes of 50 composites of 10 m; lognormal grades."""
    rng = np.random.default_rng(SEED)
    x, y = np.meshgrid(np.arange(10) * 100.0, np.arange(10) * 100.0)
    collars = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-20, 20, (100, 2))
    dip = np.deg2rad(rng.uniform(60, 90, 100))
    azimuth = np.deg2rad(np.where(np.arange(100) % 2, 90.0, 270.0) + rng.uniform(-10, 10, 100))
    depth = np.arange(50) * 10.0 + 5.0
    xyz = np.stack(
        [
            collars[:, :1] + depth * (np.cos(dip) * np.sin(azimuth))[:, None],
            collars[:, 1:] + depth * (np.cos(dip) * np.cos(azimuth))[:, None],
            500.0 - depth * np.sin(dip)[:, None],
        ],
        axis=2,
    ).reshape(-1, 3)
    axes = axes_from_gslib(Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=0.0))
    spec = GridSpec(
        origin_m=(-140.0, -140.0, 0.0),
        block_m=(20.0, 20.0, 10.0),
        shape=(64, 64, 50),
        tile=(32, 32, 25),
    )
    grades = np.exp(rng.normal(np.log(0.35), 0.6, len(xyz)))
    holes = np.repeat(np.arange(100), 50)
    return Problem(turn(xyz, axes, np.zeros(3)), holes, grades, BlockGrid(spec), axes)


def ours(problem: Problem, discretisation: int) -> Floats:
    """Every block, tile after tile, in the order of the tiles."""
    points = [
        size * ((np.arange(discretisation) + 0.5) / discretisation - 0.5)
        for size in problem.grid.spec.block_m
    ]
    z, y, x = np.meshgrid(points[2], points[1], points[0], indexing="ij")
    offsets = turn(np.column_stack([x.ravel(), y.ravel(), z.ravel()]), problem.axes, np.zeros(3))
    model = (NUGGET, np.array([0]), np.array([SILL]), 1.0 / RANGES_M[None, :])
    search = (3.0 * RANGES_M[None, :], np.array([[1, NEIGHBOURS, NEIGHBOURS, 1]]))
    samples = (problem.places, problem.holes, problem.values)
    parts = []
    for tile in problem.grid.tiles():
        group = group_of_blocks(tile)
        order = np.argsort(group, kind="stable")
        starts = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), group.size)
        blocks = turn(problem.grid.tile_centres_m(tile), problem.axes, np.zeros(3))[order]
        alone = np.full(group.size, -1, np.int64)
        out = np.empty((group.size, 2))
        fields = krige_groups(blocks, starts, alone, samples, offsets, model, search)
        out[order] = fields[:, [ESTIMATE, VARIANCE]]
        parts.append(out)
    return np.concatenate(parts)


def targets(problem: Problem) -> Floats:
    """Block centres in the order of :func:`ours`, along the axes."""
    tiles = problem.grid.tiles()
    centres = np.concatenate([problem.grid.tile_centres_m(tile) for tile in tiles])
    return turn(centres, problem.axes, np.zeros(3))


def pykrige(problem: Problem, where: Floats) -> Floats:
    """PyKrige's moving window on coordinates scaled to ranges (the same metric as ours)."""
    from pykrige import ok3d

    def gamma(_: list[float], d: Floats) -> Floats:
        rise = np.where(d < 1.0, 1.5 * d - 0.5 * d**3, 1.0)
        return np.asarray(NUGGET + SILL * rise)

    nothing = (np.zeros(2), np.ones(2), np.zeros(2))
    with mock.patch.object(ok3d, "_find_statistics", return_value=nothing):
        kriging = ok3d.OrdinaryKriging3D(
            *(problem.places / RANGES_M).T,
            problem.values,
            variogram_model="custom",
            variogram_parameters=[0.0],
            variogram_function=gamma,
            exact_values=False,
        )
    found = kriging.execute(
        "points", *(where / RANGES_M).T, backend="loop", n_closest_points=NEIGHBOURS
    )
    return np.column_stack(found)


def timed(work: Callable[[], Floats]) -> tuple[Floats, float, float]:
    """Result, CPU seconds and wall seconds of one run."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def peak_mib() -> float:
    """Largest memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Run, compare, print, write."""
    problem = make_problem()
    ours(problem, 1)  # compile
    lines: list[Line] = []

    def note(
        engine: str, mode: str, blocks: int, run: tuple[Floats, float, float], off: float
    ) -> None:
        _, cpu, wall = run
        each = 1e6 * cpu / blocks
        base = next((line.cpu_us_per_block for line in lines if line.mode == mode), each)
        lines.append(
            Line(
                "5,000 composites, 24 neighbours",
                engine,
                mode,
                1,
                len(problem.values),
                blocks,
                1,
                round(each, 3),
                round(blocks / wall, 1),
                round(each / base, 2),
                round(peak_mib(), 1),
                off,
            )
        )

    points = timed(lambda: ours(problem, 1))
    note("bornite", "point", len(points[0]), points, 0.0)
    blocks = timed(lambda: ours(problem, 4))
    note("bornite", "block 4x4x4", len(blocks[0]), blocks, 0.0)
    chosen = np.random.default_rng(SEED).permutation(len(points[0]))[:PEER_TARGETS]
    where = targets(problem)[chosen]
    peer = timed(lambda: pykrige(problem, where))
    off = float(np.abs(peer[0] - points[0][chosen]).max())
    note("PyKrige moving window", "point", PEER_TARGETS, peer, off)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(line) for line in lines], indent=1), "utf-8")
    print(
        f"{'engine':24}{'mode':14}{'blocks':>9}{'us/block':>10}{'blocks/s':>11}{'ratio':>8}", end=""
    )
    print(f"{'peak MiB':>10}{'max diff':>11}")
    for line in lines:
        print(
            f"{line.engine:24}{line.mode:14}{line.blocks:>9}{line.cpu_us_per_block:>10.2f}"
            f"{line.blocks_per_second:>11.0f}{line.ratio_to_ours:>8.1f}{line.peak_mib:>10.0f}"
            f"{line.max_difference:>11.1e}"
        )


if __name__ == "__main__":
    main()
