"""The engine of this house on a benchmark's job: the one place that knows its API."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.problem import (
    ALL_FACTOR,
    AXES,
    MODELS,
    RANGES_M,
    SEARCH_FACTOR,
    SPHERE_M,
    AbsentError,
    Grid,
    Job,
    Model,
    Problem,
)
from estimation.kernels_kriging import ESTIMATE, VARIANCE, krige_groups
from estimation.parallel import Crew, Workers
from estimation.rotation import turn
from estimation.tile_estimate import group_of_blocks
from geo.config import GridSpec
from geo.grids import BlockGrid, Tile

Floats = npt.NDArray[np.float64]

TILE = (32, 32, 25)


def prepare(problem: Problem, job: Job) -> Callable[[Grid], tuple[Floats, Floats]]:
    """A function from a grid to (estimates, variances), each (blocks, elements), x fastest.

    Raises
    ------
    AbsentError
        The job asks for an option that the engine does not have.
    """
    if job.octants or job.tabulated:
        raise AbsentError("octants" if job.octants else "tabulated block covariance")
    crew = Crew(Workers(count=job.workers, kind="threads"))

    def estimate(where: Grid) -> tuple[Floats, Floats]:
        grid = _tiled(where)
        found = np.empty((2, *grid.array_shape, job.elements))
        for tile, fields in crew.run(_estimate_tile, (problem, job, grid), list(grid.tiles())):
            nx, ny, nz = tile.shape
            found[(slice(None), *tile.slices)] = fields.reshape(2, nz, ny, nx, job.elements)
        estimates, variances = found.reshape(2, -1, job.elements)
        return estimates, variances

    return estimate


def _tiled(grid: Grid) -> BlockGrid:
    """The house's grid of the same blocks."""
    nx, ny, nz = (min(most, count) for most, count in zip(TILE, grid.shape, strict=True))
    spec = GridSpec(
        origin_m=grid.origin_m, block_m=grid.block_m, shape=grid.shape, tile=(nx, ny, nz)
    )
    return BlockGrid(spec)


def _estimate_tile(shared: tuple[Problem, Job, BlockGrid], tile: Tile) -> tuple[Tile, Floats]:
    """Estimates and variances of one tile, (2, blocks, elements)."""
    problem, job, grid = shared
    group = group_of_blocks(tile)
    order = np.argsort(group, kind="stable")
    starts = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), group.size)
    blocks = turn(grid.tile_centres_m(tile), AXES, np.zeros(3))[order]
    factor = ALL_FACTOR if job.nearest else SEARCH_FACTOR
    radii = np.full(3, SPHERE_M) if job.sphere else factor * RANGES_M
    per_hole = job.max_per_hole or job.neighbours
    search = (radii[None, :], np.array([[1, job.neighbours, per_hole, 1]]))
    low, high = grid.tile_box_m(tile)
    reach = radii.max()
    near = np.all((problem.xyz_m >= low - reach) & (problem.xyz_m <= high + reach), axis=1)
    places = turn(problem.xyz_m[near], AXES, np.zeros(3))
    holes = problem.holes[near]
    offsets = _offsets(grid, job.discretisation)
    alone = np.full(group.size, -1, np.int64)
    out = np.empty((2, group.size, job.elements))
    for element in range(job.elements):
        samples = (places, holes, np.ascontiguousarray(problem.values[near, element]))
        model = _arrays(MODELS[element])
        fields = krige_groups(blocks, starts, alone, samples, offsets, model, search)
        out[0, order, element] = fields[:, ESTIMATE]
        out[1, order, element] = fields[:, VARIANCE]
    return tile, out


def _offsets(grid: BlockGrid, count: int) -> Floats:
    """Discretization points of a block along the axes, metres."""
    x, y, z = (size * ((np.arange(count) + 0.5) / count - 0.5) for size in grid.spec.block_m)
    up, north, east = np.meshgrid(z, y, x, indexing="ij")
    points = np.column_stack([east.ravel(), north.ravel(), up.ravel()])
    return turn(points, AXES, np.zeros(3))


def _arrays(model: Model) -> tuple[float, npt.NDArray[np.int64], Floats, Floats]:
    """A model as the kernels take it."""
    ranges = np.array([model.ranges_m])
    return model.nugget, np.array([0]), np.array([model.sill]), 1.0 / ranges
