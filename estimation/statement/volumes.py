"""How much of each block is ground, and how much of that is mined out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from geo.grids import BlockGrid, Slices

Floats = npt.NDArray[np.float64]


Share = Callable[[Slices], Floats]
"""Share of each block within some slices that counts, 0-1, shape (nz, ny, nx) of the slices."""

COLUMNS_AT_ONCE = 65536
"""Columns of blocks whose ground is worked out together."""


def share_below(grid: BlockGrid, surface_m: Floats | None, slices: Slices | None = None) -> Floats:
    """Share of each block's height that lies below a surface, 0-1, shape (nz, ny, nx).

    ``surface_m`` (ny, nx) holds elevations at the columns' centres; NaN (outside the surface)
    and None (no surface) leave blocks whole. ``slices`` asks for a part of the grid.
    """
    levels, rows, columns = slices or grid.whole
    low = grid.edges_m(2)[:-1][levels, None, None]
    if surface_m is None:
        across = (
            len(range(*part.indices(n)))
            for part, n in zip((rows, columns), grid.array_shape[1:], strict=True)
        )
        return np.ones((low.size, *across))
    share = np.clip((surface_m[None, rows, columns] - low) / grid.spec.block_m[2], 0.0, 1.0)
    return np.where(np.isnan(share), 1.0, share)


@dataclass(frozen=True)
class Inside:
    """Share of blocks within closed solids: a box of the grid, nothing outside it."""

    box: Slices
    share: Floats
    """Shape of the box, 0-1."""

    def at(self, slices: Slices) -> Floats:
        """Share of the blocks within some slices, shape of the slices."""
        found = np.zeros([part.stop - part.start for part in slices])
        both = [
            (max(a.start, b.start), min(a.stop, b.stop))
            for a, b in zip(self.box, slices, strict=True)
        ]
        if all(first < last for first, last in both):
            here, there = (
                tuple(slice(f - p.start, t - p.start) for (f, t), p in zip(both, own, strict=True))
                for own in (slices, self.box)
            )
            found[here] = self.share[there]
        return found


@dataclass(frozen=True)
class Stage:
    """All that is mined out once one more volume is: mining goes on from stage to stage."""

    as_of: date
    loss_rate: float | None
    """Of the resource that this volume took, the share lost, 0-1; None: not known."""
    dilution_rate: float | None
    """Share of waste in the ore delivered from this volume, 0-1; None: not known."""
    surface_m: Floats | None
    """Lowest of all mined surfaces so far, (ny, nx); None where there is none."""
    inside: Inside | None
    """Share of blocks within any of the solids so far; None where there is none."""

    def leaves(self, grid: BlockGrid, below: Floats, slices: Slices) -> Floats:
        """Share of each block that is not mined; ``below``: its share in the ground.

        Of a block that a surface cuts, solids take their share of what the surface leaves.
        """
        left = np.minimum(below, share_below(grid, self.surface_m, slices))
        return left if self.inside is None else left * (1.0 - self.inside.at(slices))


@dataclass(frozen=True)
class Ground:
    """Ground and what is mined out; shares of blocks are worked out where they are asked for."""

    grid: BlockGrid
    ground_m: Floats | None
    """Elevation at the columns' centres (ny, nx); None where there is no surface."""
    stages: tuple[Stage, ...] = ()
    """Mining up to the vintage, oldest first."""
    previous: date | None = None
    """The vintage before; None: there is none, all mining is since."""

    def below(self, slices: Slices) -> Floats:
        """Below the ground, mined or not."""
        return share_below(self.grid, self.ground_m, slices)

    def left(self, slices: Slices) -> Floats:
        """Below the ground and not mined as of the vintage."""
        return self._after(self.stages, slices)

    def mined(self, slices: Slices) -> Floats:
        """Mined out as of the vintage."""
        return self.below(slices) - self.left(slices)

    def mined_since(self, slices: Slices) -> Floats:
        """Mined between the previous vintage and this one."""
        before = self.stages[: len(self.stages) - len(self.since)]
        return self._after(before, slices) - self.left(slices)

    def lost_since(self, slices: Slices) -> Floats:
        """Part of :meth:`mined_since` that was lost, as far as its loss rates are known."""
        lost = np.zeros([part.stop - part.start for part in slices])
        for stage in self.since:
            if stage.loss_rate:
                lost += stage.loss_rate * self.taken(stage)(slices)
        return lost

    def taken(self, stage: Stage) -> Share:
        """What one stage took that the stages before it had left."""
        place = self.stages.index(stage)

        def share(slices: Slices) -> Floats:
            upto, before = self.stages[: place + 1], self.stages[:place]
            return self._after(before, slices) - self._after(upto, slices)

        return share

    @property
    def since(self) -> tuple[Stage, ...]:
        """Stages after the previous vintage."""
        return tuple(s for s in self.stages if self.previous is None or s.as_of > self.previous)

    @property
    def any_loss_since(self) -> bool:
        """Whether anything mined since the previous vintage is known to be lost."""
        return any(stage.loss_rate for stage in self.since)

    def anything_mined_since(self) -> bool:
        """Whether any block lost something since the previous vintage."""
        if not self.since:
            return False
        return any(self.mined_since(tile.slices).any() for tile in self.grid.tiles())

    def _after(self, stages: tuple[Stage, ...], slices: Slices) -> Floats:
        """Left in the ground after the last of some stages."""
        below = self.below(slices)
        return stages[-1].leaves(self.grid, below, slices) if stages else below


def ground_from_collars(
    grid: BlockGrid, easting_m: Floats, northing_m: Floats, elevation_m: Floats
) -> Floats:
    """Ground surface (ny, nx) at the columns' centres: inverse square distance of 8 collars.

    For deposits without a terrain model; a collar's elevation is met at the collar.
    """
    from scipy.spatial import cKDTree

    x, y = np.meshgrid(grid.centres_m(0), grid.centres_m(1))
    tree = cKDTree(np.column_stack([easting_m, northing_m]))
    columns = np.column_stack([x.ravel(), y.ravel()])
    heights = np.empty(x.size)
    for first in range(0, x.size, COLUMNS_AT_ONCE):
        part = slice(first, first + COLUMNS_AT_ONCE)
        distance, index = tree.query(columns[part], k=min(8, easting_m.size))
        distance, index = (found.reshape(columns[part].shape[0], -1) for found in (distance, index))
        weight = 1.0 / np.maximum(distance, 1e-3) ** 2
        heights[part] = (weight * elevation_m[index]).sum(axis=1) / weight.sum(axis=1)
    return heights.reshape(x.shape)
