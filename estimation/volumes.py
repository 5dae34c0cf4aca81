"""How much of each block is ground, and how much of that is mined out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]


def share_below(grid: BlockGrid, surface_m: Floats | None) -> Floats:
    """Share of each block's height that lies below a surface, 0-1, shape (nz, ny, nx).

    ``surface_m`` (ny, nx) holds elevations at the columns' centres; NaN (outside the surface)
    and None (no surface) leave blocks whole.
    """
    if surface_m is None:
        return np.ones(grid.array_shape)
    low = grid.edges_m(2)[:-1][:, None, None]
    share = np.clip((surface_m[None] - low) / grid.spec.block_m[2], 0.0, 1.0)
    return np.where(np.isnan(share), 1.0, share)


def ground_from_collars(
    grid: BlockGrid, easting_m: Floats, northing_m: Floats, elevation_m: Floats
) -> Floats:
    """Ground surface (ny, nx) at the columns' centres: inverse square distance of 8 collars.

    For deposits without a terrain model; a collar's elevation is met at the collar.
    """
    from scipy.spatial import cKDTree

    x, y = np.meshgrid(grid.centres_m(0), grid.centres_m(1))
    tree = cKDTree(np.column_stack([easting_m, northing_m]))
    distance, index = tree.query(np.column_stack([x.ravel(), y.ravel()]), k=min(8, easting_m.size))
    distance, index = distance.reshape(x.size, -1), index.reshape(x.size, -1)
    weight = 1.0 / np.maximum(distance, 1e-3) ** 2
    heights = (weight * elevation_m[index]).sum(axis=1) / weight.sum(axis=1)
    return np.asarray(heights.reshape(x.shape))
