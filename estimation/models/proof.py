"""Proof of a model's store: every file against the seal, every tile against its digest.

Nothing is estimated here and no configuration is needed: the store alone is looked at. Files that
are damaged are never unpacked. What they hold is found by reading the store without them.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import icechunk
import numpy as np
import numpy.typing as npt
import zarr

from estimation.models.layers import GEOMETRY_LAYER, arrays_of, is_probability, statistics_array
from estimation.models.seal import BLOCKS, SealError, broken_files, read_seal, store_files
from estimation.models.store_read import LAYERS
from estimation.models.tile_estimate import content_digest, statistics_of
from geo.config import GridSpec
from geo.grids import BlockGrid, Tile

KEYS, DIGESTS = "tile_key", "tile_digest"

_FILE = re.compile(r"/((?:chunks|manifests|snapshots|transactions)/[0-9A-Z]+)")
"""A file of the store in what the library says of a failed reading."""

_SUFFIX = "_statistics"

Progress = Callable[[int, int], None]
"""Called with (tiles read, tiles in all) as they are read."""


@dataclass(frozen=True)
class Revision:
    """One published revision of a vintage, as the store has it now."""

    tag: str
    """``2025-12-31``, or ``2025-12-31.2`` where it was made again."""
    tiles: int
    """Tiles read."""
    model_hash: str | None
    """Over all keys and digests; None where they can't be read."""


@dataclass(frozen=True)
class StoreProof:
    """What looking at one store found; without problems it holds what was published."""

    name: str
    """Name of the store's folder."""
    revisions: tuple[Revision, ...]
    files: int
    """Sealed files whose bytes were read."""
    unsealed: int
    """Files that the seal does not name: of an earlier version, or of a run that was killed."""
    problems: tuple[str, ...]
    """Sentences, ``English / Chinese``; each names the file, or the tile and its array."""


@dataclass
class _Notes:
    """What is wrong, gathered by the file or the tile that it is wrong with."""

    broken: dict[str, str]
    holds: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Damaged file -> what it holds -> the tiles that need it."""
    said: list[str] = field(default_factory=list)

    def failed(self, what: str, place: str, error: BaseException) -> None:
        """Note a reading that failed, with the damaged file behind it where there is one."""
        found = _FILE.search(str(error))
        name = found.group(1) if found else ""
        if name in self.broken:
            self.holds.setdefault(name, defaultdict(list))[what].append(place)
            return
        words = str(error).strip().splitlines()[0].strip() if str(error).strip() else ""
        file = f" (file {name})" if name else f" ({type(error).__name__}: {words})"
        self.said.append(f"{place} {what}: can't be read / 无法读取{file}")

    def sentences(self) -> Iterator[str]:
        """Damaged files with what they hold, then what else was found."""
        for name, happened in sorted(self.broken.items()):
            held = "; ".join(
                f"{what} of {_some(places)}" for what, places in self.holds.get(name, {}).items()
            )
            nothing = "no number of a published tile / 不含已发布瓦片的数值"
            yield f"file {name}: {happened}; it holds / 所含: {held or nothing}"
        yield from self.said


def prove_store(folder: Path, progress: Progress = lambda done, total: None) -> StoreProof:
    """Read every sealed file and every tile of every published revision of one store.

    Nothing raises for damage: whatever can't be read is a problem that says what it is.
    """
    said: list[str] = []
    try:
        sealed = read_seal(folder)
    except SealError as error:
        sealed = None
        said.append(str(error))
    broken = broken_files(folder, sealed) if sealed else {}
    notes = _Notes(broken, said=said)
    with _without(folder, broken) as place:
        revisions = _prove_revisions(place, notes, progress)
    return StoreProof(
        folder.name,
        revisions,
        len(sealed or {}),
        sum(name not in (sealed or {}) for name in store_files(folder)),
        tuple(notes.sentences()),
    )


@contextmanager
def _without(folder: Path, broken: dict[str, str]) -> Iterator[Path]:
    """The store's files without the damaged ones: links to the others, in a folder of their own."""
    if not broken:
        yield folder / BLOCKS
        return
    with tempfile.TemporaryDirectory(prefix="bornite-proof-") as made:
        place = Path(made) / BLOCKS
        heads = (folder / BLOCKS / "refs").glob("branch.*/*")
        names = [*store_files(folder), *(h.relative_to(folder / BLOCKS).as_posix() for h in heads)]
        for name in names:
            if name not in broken:
                link = place / name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to((folder / BLOCKS / name).resolve())
        yield place


def _prove_revisions(place: Path, notes: _Notes, progress: Progress) -> tuple[Revision, ...]:
    """Every published revision of a store, and the heads of its branches."""
    found = []
    for name in notes.broken:
        if name.startswith("refs/tag."):
            found.append(Revision(name.split("/")[1].removeprefix("tag."), 0, None))
            notes.holds[name] = {"all / 全部": [found[-1].tag]}
    try:
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(str(place)))
        tags = sorted(repository.list_tags())
        branches = sorted(repository.list_branches())
    except Exception as error:
        notes.failed("all / 全部", "the store / 模型库", error)
        return tuple(found)
    for name in branches:
        _prove_head(repository, name, notes)
    opened = [_Opened.of(repository, tag, notes) for tag in tags]
    total = sum(one.grid.tile_count for one in opened if one is not None)
    done = 0
    for tag, one in zip(tags, opened, strict=True):
        if one is None:
            found.append(Revision(tag, 0, None))
            continue
        found.append(one.prove(partial(_told, progress, done, total)))
        done += found[-1].tiles
    return tuple(found)


def _told(progress: Progress, before: int, total: int, done: int) -> None:
    """Tell of the tiles of this revision and of those before it."""
    progress(before + done, total)


def _prove_head(repository: Any, branch: str, notes: _Notes) -> None:
    """The head of a branch, from which the next run goes on: it must lead somewhere."""
    try:
        next(repository.ancestry(branch=branch))
    except Exception as error:
        notes.failed("head / 分支末端", f"branch {branch}", error)


@dataclass(frozen=True)
class _Opened:
    """One revision, open for reading."""

    tag: str
    arrays: dict[str, Any]
    layers: tuple[str, ...]
    grid: BlockGrid
    notes: _Notes

    @classmethod
    def of(cls, repository: Any, tag: str, notes: _Notes) -> _Opened | None:
        """The revision; None where it can't be opened, which is noted."""
        # damage may surface as any error of the store, the array library or the decompressor
        try:
            session = repository.readonly_session(tag=tag)
            root = zarr.open_group(session.store, mode="r")
            arrays = dict(root.arrays())
            layers = tuple(root.attrs.get(LAYERS) or _layers_in(arrays))
            return cls(tag, arrays, layers, _grid_of(arrays[GEOMETRY_LAYER]), notes)
        except Exception as error:
            notes.failed("all / 全部", tag, error)
            return None

    def prove(self, progress: Callable[[int], None]) -> Revision:
        """Read everything and compare."""
        described = [name for name in self.layers if name != GEOMETRY_LAYER]
        described = [name for name in described if not is_probability(name)]
        tables = {name: self._table(statistics_array(name)) for name in described}
        keys, digests = self._table(KEYS), self._table(DIGESTS)
        whole = all(table is not None for table in (*tables.values(), digests))
        for tile in self.grid.tiles():
            held = self._tile(tile)
            if held is not None and whole and digests is not None:
                rows = {n: t[tile.index] for n, t in tables.items() if t is not None}
                self._compare(tile, held, rows, digests[tile.index].tobytes())
            progress(tile.index + 1)
        made = None
        if keys is not None and digests is not None:
            made = hashlib.sha256(keys.tobytes() + digests.tobytes()).hexdigest()
        return Revision(self.tag, self.grid.tile_count, made)

    def _table(self, name: str) -> npt.NDArray[Any] | None:
        """An array with a row for each tile; None where it can't be read, which is noted."""
        try:
            return np.asarray(self.arrays[name][:])
        except Exception as error:
            self.notes.failed(name, f"{self.tag} every tile / 所有瓦片", error)
            return None

    def _tile(self, tile: Tile) -> dict[str, npt.NDArray[Any]] | None:
        """All numbers of one tile; None where any can't be read, which is noted."""
        held = {}
        for name in (array.name for layer in self.layers for array in arrays_of(layer)):
            try:
                held[name] = np.asarray(self.arrays[name][(slice(None), *tile.slices)])
            except Exception as error:
                self.notes.failed(name, f"{self.tag} tile {tile.index}", error)
        complete = sum(len(arrays_of(layer)) for layer in self.layers)
        return held if len(held) == complete else None

    def _compare(
        self,
        tile: Tile,
        held: dict[str, npt.NDArray[Any]],
        rows: dict[str, npt.NDArray[np.float64]],
        digest: bytes,
    ) -> None:
        """A tile's numbers against its digest; where they differ, the layers whose sums differ."""
        if content_digest(held, rows) == digest:
            return
        odd = [
            layer
            for layer, row in rows.items()
            if not np.array_equal(statistics_of(layer, held), row, equal_nan=True)
        ]
        where = f" ({', '.join(odd)})" if odd else ""
        self.notes.said.append(
            f"{self.tag} tile {tile.index}: not the numbers that were computed{where} / "
            f"数值与原计算不一致{where}"
        )


def _layers_in(arrays: dict[str, Any]) -> list[str]:
    """Layers of a store that does not name them: those that have an array."""
    support = "_support"
    names = {n for n in arrays if not n.endswith((_SUFFIX, support)) and n not in (KEYS, DIGESTS)}
    return [GEOMETRY_LAYER, *sorted(names - {GEOMETRY_LAYER})]


def _grid_of(geometry: Any) -> BlockGrid:
    """The grid's counts and tiles, from the shape of its geometry (place and size don't matter)."""
    _, nz, ny, nx = geometry.shape
    _, tz, ty, tx = geometry.chunks
    spec = GridSpec(
        origin_m=(0.0, 0.0, 0.0), block_m=(1.0, 1.0, 1.0), shape=(nx, ny, nz), tile=(tx, ty, tz)
    )
    return BlockGrid(spec)


def _some(places: list[str]) -> str:
    """The first few of a list of places."""
    shown = ", ".join(places[:4])
    return shown if len(places) <= 4 else f"{shown} and {len(places) - 4} more / 等"
