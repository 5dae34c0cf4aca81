"""How much of each block is ground, and how much of that is mined out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
class Ground:
    """Ground and mined-out surfaces; shares of blocks are worked out where they are asked for.

    Surfaces are elevations (ny, nx) at the columns' centres, None where there is none.
    """

    grid: BlockGrid
    ground_m: Floats | None
    mined_m: Floats | None
    """Bottom of what is mined out as of the vintage."""
    mined_before_m: Floats | None
    """The same as of the previous vintage."""

    def below(self, slices: Slices) -> Floats:
        """Below the ground, mined or not."""
        return share_below(self.grid, self.ground_m, slices)

    def left(self, slices: Slices) -> Floats:
        """Below the ground and not mined as of the vintage."""
        return np.minimum(self.below(slices), share_below(self.grid, self.mined_m, slices))

    def mined(self, slices: Slices) -> Floats:
        """Mined out as of the vintage."""
        return self.below(slices) - self.left(slices)

    def mined_since(self, slices: Slices) -> Floats:
        """Mined between the previous vintage and this one."""
        before = share_below(self.grid, self.mined_before_m, slices)
        return np.maximum(np.minimum(self.below(slices), before) - self.left(slices), 0.0)

    def anything_mined_since(self) -> bool:
        """Whether any block lost something since the previous vintage."""
        if self.mined_m is None:
            return False
        return any(self.mined_since(tile.slices).any() for tile in self.grid.tiles())


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
