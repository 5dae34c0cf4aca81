"""The block model's store: transactional Zarr, a branch while a vintage is made, a tag when done.

A tile is whole chunks; its key and the digest of its bytes are written in the same transaction, so
a tile is either wholly there with its key or not there. Vintages share unchanged tiles: a vintage's
branch starts from the latest earlier vintage. A tag is never moved: a vintage made again with other
numbers gets a new revision (``2025-12-31.2``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import icechunk
import numpy as np
import numpy.typing as npt
import zarr
from filelock import FileLock, Timeout

from estimation.kernels_kriging import FIELD_COUNT
from estimation.krige import FIELDS
from estimation.tile_estimate import GEOMETRY, TileResult
from geo.config import digest
from geo.grids import BlockGrid

# icechunk warns that local files need one committer at a time; the lock below sees to that.
icechunk.set_logs_filter("error")

Floats = npt.NDArray[np.float64]


class StoreBusyError(Exception):
    """Another run is writing this deposit's model; its lock file is in the message."""


class ModelStore:
    """All vintages of one deposit's block model on one grid."""

    def __init__(self, folder: Path, grid: BlockGrid) -> None:
        """Open (or make) the store of ``grid`` below ``folder``; another grid, another store."""
        self.grid = grid
        self._path = folder / f"grid-{digest(grid.spec)[:12]}"
        self._path.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._path / "writer.lock", timeout=0)
        storage = icechunk.local_filesystem_storage(str(self._path / "blocks.icechunk"))
        if icechunk.Repository.exists(storage):
            self._repository = icechunk.Repository.open(storage)
            return
        try:
            with self._lock:
                self._repository = icechunk.Repository.open_or_create(storage)
        except Timeout:
            raise self._busy() from None

    @contextmanager
    def write_vintage(self, vintage: date, elements: tuple[str, ...]) -> Iterator[VintageWriter]:
        """Open a vintage for writing; one writer at a time.

        Raises
        ------
        StoreBusyError
            Another process holds the store.
        """
        try:
            with self._lock:
                branch = self._branch_of(vintage)
                yield VintageWriter(self._repository, branch, self.grid, elements)
        except Timeout:
            raise self._busy() from None

    def _busy(self) -> StoreBusyError:
        return StoreBusyError(f"{self._lock.lock_file} is held by another run")

    def read_vintage(self, vintage: date, revision: str | None = None) -> VintageReader:
        """Read a revision of a finished vintage, the latest unless one is named.

        Raises
        ------
        KeyError
            The vintage has never been finished.
        """
        revisions = self.revisions(vintage)
        if not revisions:
            raise KeyError(f"vintage {vintage} has no finished model in {self._path}")
        tag = revision or revisions[-1]
        return VintageReader(self._repository.readonly_session(tag=tag), self.grid)

    def revisions(self, vintage: date) -> list[str]:
        """Tags of a vintage, oldest first."""
        tags = [t for t in self._repository.list_tags() if t.split(".")[0] == vintage.isoformat()]
        return sorted(tags, key=lambda tag: int(tag.partition(".")[2] or 1))

    def _branch_of(self, vintage: date) -> str:
        """Branch on which a vintage is made, started from the latest earlier one."""
        name = f"vintage-{vintage.isoformat()}"
        branches = self._repository.list_branches()
        if name not in branches:
            earlier = sorted(b for b in branches if b.startswith("vintage-") and b < name)
            parent = earlier[-1] if earlier else "main"
            self._repository.create_branch(name, self._repository.lookup_branch(parent))
        return name


class VintageWriter:
    """The transaction in which a vintage's tiles are written."""

    def __init__(
        self,
        repository: icechunk.Repository,
        branch: str,
        grid: BlockGrid,
        elements: tuple[str, ...],
    ) -> None:
        self._repository, self._branch, self._grid = repository, branch, grid
        self._layers = {"geometry": len(GEOMETRY), **dict.fromkeys(elements, FIELD_COUNT)}
        self._begin()

    def _begin(self) -> None:
        self._session = self._repository.writable_session(self._branch)
        self._root = zarr.open_group(self._session.store, mode="a")
        for name, fields in self._layers.items():
            if name not in self._root:
                _create_layer(self._root, name, fields, self._grid)
        for name in ("tile_key", "tile_digest"):
            if name not in self._root:
                shape = (self._grid.tile_count, 32)
                self._root.create_array(name, shape=shape, chunks=shape, dtype="u1", fill_value=0)

    def stored_keys(self) -> npt.NDArray[np.uint8]:
        """Keys of the tiles on this branch, shape (tiles, 32); zeros where never made."""
        return np.asarray(_array(self._root, "tile_key")[:])

    def write(self, result: TileResult) -> None:
        """Write one tile with its key; it becomes readable at the next commit."""
        for name, values in result.layers.items():
            _array(self._root, name)[(slice(None), *result.tile.slices)] = values
        index = result.tile.index
        _array(self._root, "tile_key")[index] = np.frombuffer(result.key, np.uint8)
        _array(self._root, "tile_digest")[index] = np.frombuffer(result.content_digest, np.uint8)

    def commit(self, message: str) -> None:
        """Make the tiles written so far durable, all or none."""
        if self._session.has_uncommitted_changes:
            self._session.commit(message)
            self._begin()

    def publish(self, vintage: date, revisions: list[str]) -> str:
        """Tag the branch as the vintage's newest revision, unless it already is; return the tag."""
        self.commit("layout")
        head = self._repository.lookup_branch(self._branch)
        if revisions and self._repository.lookup_tag(revisions[-1]) == head:
            return revisions[-1]
        name = vintage.isoformat() + (f".{len(revisions) + 1}" if revisions else "")
        self._repository.create_tag(name, snapshot_id=head)
        return name


class VintageReader:
    """A finished vintage: read-only, never changing."""

    def __init__(self, session: icechunk.Session, grid: BlockGrid) -> None:
        self._root = zarr.open_group(session.store, mode="r")
        self.grid = grid

    def layer(self, name: str, slices: tuple[slice, slice, slice] | None = None) -> Floats:
        """One layer's fields, shape (fields, nz, ny, nx), whole or within ``slices``."""
        array = _array(self._root, name)
        return np.asarray(array[(slice(None), *slices)] if slices else array[:])

    def field(self, layer: str, field: str) -> Floats:
        """One field of one layer over the whole grid, shape (nz, ny, nx)."""
        names = GEOMETRY if layer == "geometry" else FIELDS
        return np.asarray(_array(self._root, layer)[names.index(field)])

    @property
    def tile_keys(self) -> npt.NDArray[np.uint8]:
        """Keys of all tiles, shape (tiles, 32)."""
        return np.asarray(_array(self._root, "tile_key")[:])

    @property
    def tile_digests(self) -> npt.NDArray[np.uint8]:
        """Digests of all tiles' bytes, shape (tiles, 32)."""
        return np.asarray(_array(self._root, "tile_digest")[:])

    @property
    def model_hash(self) -> str:
        """SHA-256 over every tile's key and digest: the model's identity."""
        sha = hashlib.sha256(self.tile_keys.tobytes())
        sha.update(self.tile_digests.tobytes())
        return sha.hexdigest()


def _array(root: zarr.Group, name: str) -> Any:
    """Return an array of a group (zarr types members as array-or-group)."""
    return root[name]


def _create_layer(root: zarr.Group, name: str, fields: int, grid: BlockGrid) -> None:
    """Make one layer: fields of a tile lie in one chunk."""
    tx, ty, tz = grid.spec.tile
    names = GEOMETRY if name == "geometry" else FIELDS
    root.create_array(
        name,
        shape=(fields, *grid.array_shape),
        chunks=(fields, tz, ty, tx),
        dtype="f8",
        fill_value=np.nan,
        dimension_names=("field", "z", "y", "x"),
        attributes={"fields": list(names)},
    )
