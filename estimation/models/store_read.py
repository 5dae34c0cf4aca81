"""A finished vintage of a block model, read by the field and by the tile."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import icechunk
import numpy as np
import numpy.typing as npt
import zarr

from estimation.models.layers import arrays_of, place_of, statistics_array
from geo.grids import BlockGrid, Slices

Floats = npt.NDArray[np.float64]

LAYERS = "layers"
"""Attribute of a store: the layers that its plan has; arrays of an earlier plan stay beside."""

Wanted = dict[str, tuple[str, ...]]
"""Fields to read of each layer: ``{"geometry": ("domain",), "cu_pct": ("estimate", "holes")}``."""

Fields = dict[str, dict[str, Floats]]
"""What was read: layer -> field -> array."""


class VintageReader:
    """A finished vintage: read-only, never changing."""

    def __init__(self, session: icechunk.Session, grid: BlockGrid) -> None:
        root = zarr.open_group(session.store, mode="r")
        self._arrays: dict[str, Any] = dict(root.arrays())
        self.grid = grid

    def read(self, slices: Slices, wanted: Wanted) -> Fields:
        """Several fields within ``slices``, each array's chunks read and unpacked once.

        Raises
        ------
        KeyError
            The model has no such layer or field.
        """
        found: Fields = {layer: {} for layer in wanted}
        for name, places in _by_array(wanted).items():
            # the fields of a tile lie in one chunk: a span of them costs one unpacking
            indices = [index for _, _, index in places]
            first, last = min(indices), max(indices)
            span = np.asarray(self._arrays[name][(slice(first, last + 1), *slices)])
            for layer, field, index in places:
                found[layer][field] = span[index - first].astype(np.float64)
        return found

    def field(self, layer: str, field: str, slices: Slices | None = None) -> Floats:
        """One field of one layer, shape (nz, ny, nx), whole or within ``slices``; float64."""
        return self.read(slices or self.grid.whole, {layer: (field,)})[layer][field]

    def layer(self, layer: str, slices: Slices | None = None) -> Floats:
        """All fields of one layer in order, shape (fields, nz, ny, nx); float64."""
        names = tuple(field for array in arrays_of(layer) for field in array.fields)
        found = self.read(slices or self.grid.whole, {layer: names})[layer]
        return np.stack([found[name] for name in names])

    def stored(self, name: str, slices: Slices) -> npt.NDArray[Any]:
        """Numbers of one array of the store within ``slices``, exactly as they are kept."""
        return np.asarray(self._arrays[name][(slice(None), *slices)])

    def statistics(self, element: str) -> Floats:
        """Statistics of every tile, shape (tiles, statistics); see ``tile_statistics``."""
        return np.asarray(self._arrays[statistics_array(element)][:])

    @property
    def tile_keys(self) -> npt.NDArray[np.uint8]:
        """Keys of all tiles, shape (tiles, 32)."""
        return np.asarray(self._arrays["tile_key"][:])

    @property
    def tile_digests(self) -> npt.NDArray[np.uint8]:
        """Digests of all tiles' bytes, shape (tiles, 32)."""
        return np.asarray(self._arrays["tile_digest"][:])

    @property
    def model_hash(self) -> str:
        """SHA-256 over every tile's key and digest: the model's identity."""
        sha = hashlib.sha256(self.tile_keys.tobytes())
        sha.update(self.tile_digests.tobytes())
        return sha.hexdigest()


def _by_array(wanted: Wanted) -> dict[str, list[tuple[str, str, int]]]:
    """The store's arrays that hold the wanted fields: name -> (layer, field, index in it)."""
    found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for layer, fields in wanted.items():
        for field in fields:
            name, index = place_of(layer, field)
            found[name].append((layer, field, index))
    return found
