"""Blocks as the three-dimensional page shows them, joined into larger ones where there are many.

A cell that holds several parts (two domains that share a block, or the blocks of a larger one) has
their grades weighted with ore, so that ore and metal stay what they were; it shows the least sure
class among them, the fewest samples and holes, and the domain with most ore.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STEPS = ((2, 2, 1), (1, 1, 2))
"""How a cell grows, in turn: across first, then up."""


@dataclass(frozen=True)
class CellGrid:
    """Where cells lie: axes east, north, up, metres."""

    origin_m: tuple[float, float, float]
    cell_m: tuple[float, float, float]
    shape: tuple[int, int, int]
    """Cells along x, y, z."""
    join: tuple[int, int, int] = (1, 1, 1)
    """Blocks of the model in one cell."""


@dataclass(frozen=True)
class Cells:
    """What is shown of each cell; arrays (n,), in order of z, y, x once they are :func:`fitted`."""

    grid: CellGrid
    ijk: Ints
    """(n, 3) place along x, y, z."""
    grades: dict[str, Floats]
    """In the element's unit, NaN where not evaluated; the main element first."""
    class_code: Ints
    """1 measured, 2 indicated, 3 inferred."""
    domain_code: Ints
    """From 1."""
    deviation: Floats
    """Kriging standard deviation of the main element, in its unit; NaN where there is none."""
    samples: Ints
    holes: Ints
    ore_t: Floats
    """Tonnes as the statement counts them; above zero."""

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.ijk)

    @property
    def order(self) -> Ints:
        """Number of each cell's place, x fastest, then y, then z."""
        nx, ny, _ = self.grid.shape
        i, j, k = self.ijk.T
        return np.asarray((k * ny + j) * nx + i, np.int64)


def fitted(parts: Cells, limit: int) -> Cells:
    """At most ``limit`` cells: parts of one block together, and whole blocks where there are more.

    Raises
    ------
    ValueError
        ``limit`` is below one.
    """
    if limit < 1:
        raise ValueError(f"limit {limit}: at least 1 is needed")
    found, turn = _joined(parts, (1, 1, 1)), 0
    while len(found) > limit:
        found, turn = _joined(found, STEPS[turn % len(STEPS)]), turn + 1
    return found


def _joined(cells: Cells, factor: tuple[int, int, int]) -> Cells:
    """Cells of ``factor`` times the size."""
    grid = cells.grid
    larger = CellGrid(
        grid.origin_m,
        _times(grid.cell_m, factor),
        tuple(-(-n // f) for n, f in zip(grid.shape, factor, strict=True)),  # type: ignore[arg-type]
        tuple(a * f for a, f in zip(grid.join, factor, strict=True)),  # type: ignore[arg-type]
    )
    moved = replace(cells, grid=larger, ijk=cells.ijk // np.array(factor))
    order = np.lexsort((-cells.ore_t, moved.order))  # the part with most ore first
    place, first, counts = np.unique(moved.order[order], return_index=True, return_counts=True)
    if not place.size:
        return moved
    ore = cells.ore_t[order]
    alone = counts == 1

    def mean(values: Floats) -> Floats:
        """Weighted with ore over the parts that have a value; exact where a cell is one part."""
        given = values[order]
        known = ~np.isnan(given)
        weight = np.add.reduceat(np.where(known, ore, 0.0), first)
        total = np.add.reduceat(np.where(known, ore * given, 0.0), first)
        shared = np.divide(total, weight, out=np.full(len(first), np.nan), where=weight > 0)
        return np.where(alone, given[first], shared)

    return Cells(
        larger,
        moved.ijk[order][first],
        {name: mean(grade) for name, grade in cells.grades.items()},
        np.maximum.reduceat(cells.class_code[order], first),
        cells.domain_code[order][first],
        np.where(alone, cells.deviation[order][first], np.sqrt(mean(cells.deviation**2))),
        np.minimum.reduceat(cells.samples[order], first),
        np.minimum.reduceat(cells.holes[order], first),
        np.add.reduceat(ore, first),
    )


def _times(
    size: tuple[float, float, float], factor: tuple[int, int, int]
) -> tuple[float, float, float]:
    return size[0] * factor[0], size[1] * factor[1], size[2] * factor[2]
