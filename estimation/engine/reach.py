"""Which samples can matter to a tile, found without looking at all of them.

Samples are sorted into square cells once. A tile's box then meets few rows of cells, each of them
one run of sorted samples; what is found is put back in order of identity, so a result can't
depend on the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem
from estimation.engine.visit import Samples
from geo.grids import Tile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELLS_ACROSS = 8
"""Cells along each side of the box in which a tile's samples are looked for."""

MOST_CELLS = 1 << 20
"""Cells along one axis; samples farther out share the last one."""


@dataclass(frozen=True)
class SampleIndex:
    """Samples by the cell of space that they lie in."""

    samples: Samples
    corner_m: Floats
    """Lower corner of cell (0, 0, 0)."""
    cell_m: Floats
    """Size of a cell along each axis."""
    order: Ints
    """Samples (row numbers) sorted by cell."""
    cells: Ints
    """Cell number of each of them, rising: x fastest, then y, then z."""
    last_cell: Ints
    """Highest cell along each axis that holds a sample."""

    def inside(self, low: Floats, high: Floats) -> Ints:
        """Rows of the samples in a closed box (metres), in order of identity."""
        first, last = (_cells_of(place, self.corner_m, self.cell_m) for place in (low, high))
        last = np.minimum(last, self.last_cell)
        z, y = np.meshgrid(
            np.arange(first[2], last[2] + 1), np.arange(first[1], last[1] + 1), indexing="ij"
        )
        rows = ((z * MOST_CELLS + y) * MOST_CELLS).ravel()
        begin = np.searchsorted(self.cells, rows + first[0], side="left")
        end = np.searchsorted(self.cells, rows + last[0], side="right")
        runs = [self.order[a:b] for a, b in zip(begin, end, strict=True) if b > a]
        if not runs:
            return np.empty(0, np.int64)
        near = np.concatenate(runs)
        places = self.samples.xyz_m[near]
        return np.sort(near[np.all((places >= low) & (places <= high), axis=1)])

    def within(self, problem: Problem, tile: Tile) -> Samples:
        """Samples within the search's reach of a tile, in order of identity."""
        return self.samples.take(self.inside(*reach_box_m(problem, tile)))


def index_samples(samples: Samples, cell_m: Floats) -> SampleIndex:
    """Sort samples into cells of ``cell_m`` metres along each axis."""
    if not len(samples):
        none = np.empty(0, np.int64)
        return SampleIndex(samples, np.zeros(3), cell_m, none, none, np.zeros(3, np.int64))
    corner = samples.xyz_m.min(axis=0)
    cell = _cells_of(samples.xyz_m, corner, cell_m)
    number = (cell[:, 2] * MOST_CELLS + cell[:, 1]) * MOST_CELLS + cell[:, 0]
    order = np.argsort(number, kind="stable")
    return SampleIndex(samples, corner, cell_m, order, number[order], cell.max(axis=0))


@dataclass(frozen=True)
class TileWork:
    """A problem laid out for tiles: what a worker needs, made once and sent to each once."""

    problem: Problem
    flags: SampleIndex
    elements: dict[str, SampleIndex]


def lay_out(problem: Problem) -> TileWork:
    """Index the samples of a problem; cells are a fraction of the box that a tile reaches.

    Samples out of reach of the whole grid are left aside.
    """
    spec = problem.grid.spec
    box = np.array(spec.block_m) * np.minimum(spec.tile, spec.shape) + 2.0 * problem.reach_m
    low = np.array(spec.origin_m) - problem.reach_m
    high = low + np.array(spec.block_m) * np.array(spec.shape) + 2.0 * problem.reach_m

    def index(samples: Samples) -> SampleIndex:
        near = np.all((samples.xyz_m >= low) & (samples.xyz_m <= high), axis=1)
        return index_samples(samples.take(near), box / CELLS_ACROSS)

    elements = {name: index(samples) for name, samples in problem.elements.items()}
    return TileWork(problem, index(problem.flags), elements)


def reach_box_m(problem: Problem, tile: Tile) -> tuple[Floats, Floats]:
    """Corners of the box beyond which no sample can change a tile, metres."""
    low, high = problem.grid.tile_box_m(tile)
    return low - problem.reach_m, high + problem.reach_m


def _cells_of(places_m: Floats, corner_m: Floats, cell_m: Floats) -> Ints:
    """Cells of places; what lies outside falls into the outermost."""
    raw = np.floor((places_m - corner_m) / cell_m)
    return np.clip(raw, 0, MOST_CELLS - 1).astype(np.int64)
