"""The block model's store: transactional Zarr, a branch while a vintage is made, a tag when done.

A tile is whole chunks; its key and the digest of its bytes are written in the same transaction, so
a tile is either wholly there with its key or not there. Vintages share unchanged tiles: a vintage's
branch starts from the latest earlier vintage. A tag is never moved: a vintage made again with other
numbers gets a new revision (``2025-12-31.2``).

Writing and reading of a vintage are in ``store_write`` and ``store_read``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import icechunk
from filelock import FileLock, Timeout

from estimation.models.layers import LAYOUT
from estimation.models.seal import BLOCKS, seal_store
from estimation.models.store_read import VintageReader
from estimation.models.store_write import VintageWriter
from geo.config import digest
from geo.grids import BlockGrid

# icechunk warns that local files need one committer at a time; the lock below sees to that.
icechunk.set_logs_filter("error")


WRITTEN_ONCE = ("chunks", "manifests", "snapshots", "transactions")
"""Folders of a store whose files are named by chance and never changed."""


class StoreBusyError(Exception):
    """Another run is writing a deposit's model, which the message names."""


def store_folder(folder: Path, grid: BlockGrid) -> Path:
    """Where the store of a grid lies below a deposit's folder of models."""
    return folder / f"grid-{digest([grid.spec.model_dump(mode='json'), LAYOUT])[:12]}"


def _share(source: str, target: str) -> None:
    """A second name for a file that is never written to again; heads of branches are copied."""
    if Path(source).parent.name in WRITTEN_ONCE:
        with suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copyfile(source, target)


class ModelStore:
    """All vintages of one deposit's block model on one grid."""

    def __init__(self, folder: Path, grid: BlockGrid) -> None:
        """Open (or make) the store of ``grid`` below ``folder``.

        Another grid, or another layout of what is stored, is another store.
        """
        self.grid = grid
        self._path = store_folder(folder, grid)
        self._path.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._path / "writer.lock", timeout=0)
        storage = icechunk.local_filesystem_storage(str(self._path / BLOCKS))
        if icechunk.Repository.exists(storage):
            self._repository = icechunk.Repository.open(storage)
            return
        try:
            with self._lock:
                self._repository = icechunk.Repository.open_or_create(storage)
        except Timeout:
            raise self._busy() from None

    @contextmanager
    def write_vintage(self, vintage: date, layers: tuple[str, ...]) -> Iterator[VintageWriter]:
        """Open a vintage for writing; one writer at a time. ``layers``: those beside the geometry.

        Raises
        ------
        StoreBusyError
            Another process holds the store.
        """
        try:
            with self._lock:
                branch = self._branch_of(vintage)
                yield VintageWriter(self._repository, branch, self.grid, layers)
        except Timeout:
            raise self._busy() from None

    def _busy(self) -> StoreBusyError:
        name = self._path.parent.name
        return StoreBusyError(
            f"{name}: its model is held by another run; run this again when that is done / "
            f"{name}：模型正被另一运行占用，请待其结束后重试"
        )

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

    def start_vintage(self, vintage: date, tag: str) -> None:
        """Start a vintage's branch from a finished revision, whose tiles it can then reuse."""
        name = f"vintage-{vintage.isoformat()}"
        self._repository.create_branch(name, self._repository.lookup_tag(tag))

    def copied(self, folder: Path) -> ModelStore:
        """The same store below another folder, to try things in; what is written once is shared.

        Raises
        ------
        StoreBusyError
            Another process holds the store.
        """
        target = store_folder(folder, self.grid)
        try:
            with self._lock:
                ignored = shutil.ignore_patterns("writer.lock")
                shutil.copytree(self._path, target, ignore=ignored, copy_function=_share)
        except Timeout:
            raise self._busy() from None
        return ModelStore(folder, self.grid)

    def seal(self) -> int:
        """Note the SHA-256 of every file written since the last seal; returns how many they are."""
        return seal_store(self._path)

    @property
    def finished(self) -> list[tuple[date, str]]:
        """Every finished revision: its vintage and its tag."""
        tags = sorted(self._repository.list_tags())
        return [(date.fromisoformat(tag.split(".")[0]), tag) for tag in tags]

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
