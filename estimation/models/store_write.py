"""The transaction in which a vintage's tiles are written."""

from __future__ import annotations

from datetime import date
from typing import Any

import icechunk
import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import BloscCodec

from estimation.models.layers import (
    GEOMETRY_LAYER,
    ArrayLayout,
    arrays_of,
    is_probability,
    statistics_array,
)
from estimation.models.store_read import LAYERS
from estimation.models.tile_estimate import TileResult
from estimation.models.tile_key import KEY_BYTES
from estimation.models.tile_statistics import STATISTICS
from geo.grids import BlockGrid

TILES_IN_CHUNK = 1024
"""Tiles whose keys, digests or statistics share a chunk."""

COMPRESSOR = {"cname": "lz4", "clevel": 1, "shuffle": "bitshuffle"}
"""Kriged numbers are mostly noise in their low bits. On a real tile (65,536 blocks, one element,
72 bytes a block): 39 bytes a block in 4 ms; zstd without shuffle 38 in 7 ms; zstd 5 with shuffle
35 in 26 ms. Kriging the tile costs 200 ms and more."""


class VintageWriter:
    """The transaction in which a vintage's tiles are written.

    Keys, digests and statistics of all tiles are held here and written once for each commit.
    """

    def __init__(
        self,
        repository: icechunk.Repository,
        branch: str,
        grid: BlockGrid,
        layers: tuple[str, ...],
    ) -> None:
        self._repository, self._branch, self._grid = repository, branch, grid
        self._layers = (GEOMETRY_LAYER, *layers)
        self._session = self._repository.writable_session(self._branch)
        described = tuple(name for name in layers if not is_probability(name))
        self._create(described)
        names = ("tile_key", "tile_digest", *map(statistics_array, described))
        self._open()
        self._tables = {name: np.array(self._arrays[name][:]) for name in names}
        self._touched: set[int] = set()

    def _create(self, described: tuple[str, ...]) -> None:
        """Make the arrays that are not there yet; ``described``: layers with statistics."""
        root = zarr.open_group(self._session.store, mode="a")
        # arrays of an earlier plan stay in the store: a tile's digest is of these alone
        if root.attrs.get(LAYERS) != list(self._layers):
            root.attrs[LAYERS] = list(self._layers)
        for layer in self._layers:
            for array in arrays_of(layer):
                if array.name not in root:
                    _create_layer(root, array, self._grid)
        tiles = self._grid.tile_count
        for name in ("tile_key", "tile_digest"):
            if name not in root:
                _create_table(root, name, (tiles, KEY_BYTES), "u1", 0)
        for name in map(statistics_array, described):
            if name not in root:
                shape = (tiles, len(STATISTICS))
                _create_table(root, name, shape, "f8", np.nan)
                root[name].attrs["fields"] = list(STATISTICS)

    def _open(self) -> None:
        """Open every array in the session's store."""
        root = zarr.open_group(self._session.store, mode="r+")
        self._arrays: dict[str, Any] = dict(root.arrays())

    def stored_keys(self) -> npt.NDArray[np.uint8]:
        """Keys of the tiles on this branch, shape (tiles, 32); zeros where never made."""
        return self._tables["tile_key"].copy()

    def write(self, result: TileResult) -> None:
        """Write one tile; with the next commit it becomes readable, its key with it."""
        for name, values in result.arrays.items():
            self._arrays[name][(slice(None), *result.tile.slices)] = values
        index = result.tile.index
        self._tables["tile_key"][index] = np.frombuffer(result.key, np.uint8)
        self._tables["tile_digest"][index] = np.frombuffer(result.content_digest, np.uint8)
        for name, values in result.statistics.items():
            self._tables[statistics_array(name)][index] = values
        self._touched.add(index // TILES_IN_CHUNK)

    def commit(self, message: str) -> None:
        """Make the tiles written so far durable, all or none."""
        for chunk in sorted(self._touched):
            rows = slice(chunk * TILES_IN_CHUNK, (chunk + 1) * TILES_IN_CHUNK)
            for name, table in self._tables.items():
                self._arrays[name][rows] = table[rows]
        self._touched.clear()
        if self._session.has_uncommitted_changes:
            self._session.commit(message)
            self._session = self._repository.writable_session(self._branch)
            self._open()

    def publish(self, vintage: date, revisions: list[str]) -> str:
        """Tag the branch as the vintage's newest revision, unless it already is; return the tag."""
        self.commit("layout")
        head = self._repository.lookup_branch(self._branch)
        if revisions and self._repository.lookup_tag(revisions[-1]) == head:
            return revisions[-1]
        name = vintage.isoformat() + (f".{len(revisions) + 1}" if revisions else "")
        self._repository.create_tag(name, snapshot_id=head)
        return name


def _create_layer(root: zarr.Group, array: ArrayLayout, grid: BlockGrid) -> None:
    """Make one array of a layer: the fields of a tile lie in one chunk."""
    tx, ty, tz = grid.spec.tile
    root.create_array(
        array.name,
        shape=(len(array.fields), *grid.array_shape),
        chunks=(len(array.fields), tz, ty, tx),
        dtype=array.dtype,
        fill_value=np.nan,
        compressors=BloscCodec(**COMPRESSOR),
        dimension_names=("field", "z", "y", "x"),
        attributes={"fields": list(array.fields)},
    )


def _create_table(
    root: zarr.Group, name: str, shape: tuple[int, int], dtype: str, fill: float
) -> None:
    """Make an array with a row for each tile."""
    chunks = (min(TILES_IN_CHUNK, shape[0]), shape[1])
    root.create_array(name, shape=shape, chunks=chunks, dtype=dtype, fill_value=fill)
