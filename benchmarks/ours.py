"""The engine of this house on a benchmark's job: the one place that knows its API."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.problem import (
    ALL_FACTOR,
    AZIMUTH_DEG,
    DIP_DEG,
    ELEMENTS,
    MODELS,
    RANGES_M,
    SEARCH_FACTOR,
    SECTOR_FACTOR,
    SPHERE_M,
    Grid,
    Job,
    Model,
    Problem,
)
from estimation.engine.visit import Samples, Visit, visit_of
from estimation.models.layers import FIELDS
from estimation.models.tile_estimate import by_group, group_of_blocks
from estimation.parallel import Crew, Workers
from estimation.plan import (
    ElementPlan,
    Orientation,
    SearchPass,
    SectorRule,
    Structure,
    Variogram,
)
from geo.config import GridSpec
from geo.grids import BlockGrid, Tile

Floats = npt.NDArray[np.float64]

TILE = (32, 32, 25)
_ALONG = Orientation(azimuth_deg=AZIMUTH_DEG, dip_deg=DIP_DEG, rake_deg=0.0)
_LEVEL = Orientation(azimuth_deg=0.0, dip_deg=0.0, rake_deg=0.0)


def prepare(problem: Problem, job: Job) -> Callable[[Grid], tuple[Floats, Floats]]:
    """A function from a grid to (estimates, variances), each (blocks, elements), x fastest."""
    crew = Crew(Workers(count=job.workers, kind="threads"))
    samples = _samples(problem)

    def estimate(where: Grid) -> tuple[Floats, Floats]:
        grid = _tiled(where)
        plans = {name: element_plan(job, MODELS[e]) for e, name in _planned(job)}
        visit = visit_of(
            plans,
            grid.spec.block_m,
            [job.discretisation] * 3,
            np.array(grid.spec.origin_m),
        )
        found = np.empty((2, *grid.array_shape, job.elements))
        shared = (problem, job, grid, visit, samples)
        for tile, fields in crew.run(_estimate_tile, shared, list(grid.tiles())):
            nx, ny, nz = tile.shape
            found[(slice(None), *tile.slices)] = fields.reshape(2, nz, ny, nx, job.elements)
        estimates, variances = found.reshape(2, -1, job.elements)
        return estimates, variances

    return estimate


def _planned(job: Job) -> list[tuple[int, str]]:
    """Number and name of the elements asked for."""
    return list(enumerate(ELEMENTS[: job.elements]))


def _tiled(grid: Grid) -> BlockGrid:
    """The house's grid of the same blocks."""
    nx, ny, nz = (min(most, count) for most, count in zip(TILE, grid.shape, strict=True))
    spec = GridSpec(
        origin_m=grid.origin_m, block_m=grid.block_m, shape=grid.shape, tile=(nx, ny, nz)
    )
    return BlockGrid(spec)


def search_radii(job: Job) -> tuple[float, float, float]:
    """Radii of a job's search, metres."""
    if job.sphere:
        return (SPHERE_M, SPHERE_M, SPHERE_M)
    factor = ALL_FACTOR if job.nearest else SEARCH_FACTOR
    if job.octants or job.max_per_hole:
        factor = SECTOR_FACTOR
    return (factor * RANGES_M[0], factor * RANGES_M[1], factor * RANGES_M[2])


def element_plan(job: Job, model: Model) -> ElementPlan:
    """A job's model and search in the words of an estimation plan."""
    near = job.neighbours
    one = SearchPass(
        radii_m=search_radii(job),
        min_samples=1,
        max_samples=near,
        max_per_hole=job.max_per_hole or near,
        min_holes=1,
        sectors=SectorRule(kind="octants", max_samples=near // 4, min_filled=1)
        if job.octants
        else None,
    )
    return ElementPlan(
        source="basic",
        caps={},
        variogram=Variogram(
            nugget=model.nugget,
            structures=(Structure(model="spherical", sill=model.sill, ranges_m=model.ranges_m),),
            orientation=_ALONG,
        ),
        method="ordinary",
        known_mean=None,
        search=(one,),
        search_orientation=_LEVEL if job.sphere else _ALONG,
        high_yield=None,
        class_limit="measured",
        reason="the benchmark's problem",
    )


def _samples(problem: Problem) -> Samples:
    """Composites as the engine takes them."""
    count = len(problem.holes)
    return Samples(
        np.arange(count).astype("S64"),
        problem.xyz_m,
        problem.xyz_m[:, None],
        np.asarray(problem.holes, np.int64),
        problem.values[:, 0],
        np.ones(count, np.int64),
        np.full(count, 2, np.int64),
    )


def _estimate_tile(
    shared: tuple[Problem, Job, BlockGrid, Visit, Samples], tile: Tile
) -> tuple[Tile, Floats]:
    """Estimates and variances of one tile, (2, blocks, elements)."""
    problem, job, grid, visit, samples = shared
    order, starts = by_group(group_of_blocks(tile))
    low, high = grid.tile_box_m(tile)
    reach = max(search_radii(job))
    near = np.all((problem.xyz_m >= low - reach) & (problem.xyz_m <= high + reach), axis=1)
    which = [ELEMENTS.index(name) for name in visit.names]
    values = np.ascontiguousarray(problem.values[near][:, which].T)
    kernel_samples = visit.kernel_samples(samples.take(near), values)
    fields = visit.krige(kernel_samples, grid.tile_centres_m(tile)[order], starts, None)
    out = np.empty((2, order.size, job.elements))
    for at, e in enumerate(which):
        out[0, order, e] = fields[at, :, FIELDS.index("estimate")]
        out[1, order, e] = fields[at, :, FIELDS.index("variance")]
    return tile, out
