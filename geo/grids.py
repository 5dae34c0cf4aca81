"""Regular block grids: where each block's centre is, and how the grid is cut into tiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.config import GridSpec

Floats = npt.NDArray[np.float64]

Slices = tuple[slice, slice, slice]
"""A box of blocks, as slices of a (z, y, x) array."""


@dataclass(frozen=True)
class Tile:
    """One rectangular part of a grid: first block and number of blocks along x, y, z."""

    index: int
    start: tuple[int, int, int]
    shape: tuple[int, int, int]

    @property
    def slices(self) -> Slices:
        """Slices of a (z, y, x) array that cover this tile."""
        (i, j, k), (nx, ny, nz) = self.start, self.shape
        return slice(k, k + nz), slice(j, j + ny), slice(i, i + nx)


@dataclass(frozen=True)
class BlockGrid:
    """A regular grid of equal blocks, axes east, north, up; arrays are (z, y, x)."""

    spec: GridSpec

    @property
    def array_shape(self) -> tuple[int, int, int]:
        """Shape of a block array: (nz, ny, nx)."""
        nx, ny, nz = self.spec.shape
        return nz, ny, nx

    @property
    def block_volume_m3(self) -> float:
        """Volume of one block, cubic metres."""
        dx, dy, dz = self.spec.block_m
        return dx * dy * dz

    def centres_m(self, axis: int) -> Floats:
        """Block centres along one axis (0 east, 1 north, 2 up), metres."""
        origin, size, count = self.spec.origin_m, self.spec.block_m, self.spec.shape
        return np.asarray(origin[axis] + size[axis] * (np.arange(count[axis]) + 0.5), np.float64)

    def edges_m(self, axis: int) -> Floats:
        """Block edges along one axis, metres; one more than there are blocks."""
        origin, size, count = self.spec.origin_m, self.spec.block_m, self.spec.shape
        return np.asarray(origin[axis] + size[axis] * np.arange(count[axis] + 1), np.float64)

    @property
    def whole(self) -> Slices:
        """Slices that cover the whole grid."""
        nz, ny, nx = self.array_shape
        return slice(0, nz), slice(0, ny), slice(0, nx)

    def tiles(self) -> Iterator[Tile]:
        """Every tile, x fastest, then y, then z; edge tiles are smaller."""
        return (self.tile(index) for index in range(self.tile_count))

    def tile(self, index: int) -> Tile:
        """Tile of a number.

        Raises
        ------
        IndexError
            The grid has no such tile.
        """
        if not 0 <= index < self.tile_count:
            raise IndexError(f"no tile {index} among {self.tile_count}")
        across, deep, _ = self.tile_counts
        place = (index % across, index // across % deep, index // (across * deep))
        sizes = list(zip(place, self.spec.tile, self.spec.shape, strict=True))
        i, j, k = (at * size for at, size, _ in sizes)
        nx, ny, nz = (min(size, count - at * size) for at, size, count in sizes)
        return Tile(index, (i, j, k), (nx, ny, nz))

    @property
    def tile_counts(self) -> tuple[int, int, int]:
        """Number of tiles along x, y, z."""
        nx, ny, nz = (-(-n // t) for n, t in zip(self.spec.shape, self.spec.tile, strict=True))
        return nx, ny, nz

    @property
    def tile_count(self) -> int:
        """Number of tiles."""
        nx, ny, nz = self.tile_counts
        return nx * ny * nz

    def tile_centres_m(self, tile: Tile) -> Floats:
        """Centres of a tile's blocks, shape (n, 3), in the order of a flattened (z, y, x) array."""
        axes = [
            self.centres_m(axis)[tile.start[axis] : tile.start[axis] + tile.shape[axis]]
            for axis in range(3)
        ]
        z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
        return np.column_stack([x.ravel(), y.ravel(), z.ravel()])

    def tile_box_m(self, tile: Tile) -> tuple[Floats, Floats]:
        """Lower and upper corner of a tile, metres."""
        origin = np.array(self.spec.origin_m)
        size = np.array(self.spec.block_m)
        low = origin + size * np.array(tile.start)
        return low, low + size * np.array(tile.shape)
