"""Originals beside the drill-holes: mined-out ground, terrain, drift rasters, geometry, licence.

Their bytes are kept in the vault like the tables', and a result notes the SHA-256 of each, so that
a figure can be made again when the files in the inbox are long others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from estimation.deposit import geometry_files
from estimation.engine.surroundings import drift_rasters
from geo.archives import original
from geo.config import RasterSource, resolve_root
from geo.files import sha256
from geo.inbox import HELPERS, lies_inside

if TYPE_CHECKING:
    from estimation.belts import Belt, Deposit

BESIDE = "beside"
"""Key of a result's extras: name as configured -> SHA-256 of every original beside the tables."""


def rasters_used(belt: Belt, deposit: Deposit) -> list[RasterSource]:
    """The belt's rasters that a deposit's figures rest on: terrain, and what grades drift with."""
    wanted = set(drift_rasters(deposit.plan)) if deposit.plan is not None else set()
    if deposit.topography.source == "raster":
        wanted.add(deposit.topography.raster or "")
    return [raster for raster in belt.rasters if raster.name in wanted]


def originals_beside(belt: Belt, deposit: Deposit, base: Path) -> dict[str, Path]:
    """Originals beside the tables, with their side-cars: ``root/path`` as configured -> file.

    A file that is not there, or a path that leads out of its folder, is left out: reading tells it.
    """
    return {name: path for named in _named(belt, deposit) for name, path in _files(*named, base)}


def digests_beside(belt: Belt, deposit: Deposit, base: Path) -> dict[str, str]:
    """SHA-256 of each of :func:`originals_beside`."""
    files = originals_beside(belt, deposit, base)
    return {name: sha256(path) for name, path in files.items()}


def _named(belt: Belt, deposit: Deposit) -> Iterator[tuple[str, str]]:
    """Root and path of every file that the configuration names, as written."""
    yield from ((mined.root, mined.path) for mined in deposit.mined)
    yield from ((file.root, file.path) for file in geometry_files(deposit.plan))
    yield from ((raster.root, raster.path) for raster in rasters_used(belt, deposit))
    if deposit.licence is not None and deposit.licence.path is not None:
        yield deposit.licence.root, deposit.licence.path


def _files(root: str, name: str, base: Path) -> Iterator[tuple[str, Path]]:
    """One configured file (or the archive it stands in) and its side-cars."""
    folder = resolve_root(root, base)
    if not lies_inside(folder, name):
        return
    whole = original(folder / name)
    beside = [path for end in HELPERS for path in (whole.with_suffix(end), Path(f"{whole}{end}"))]
    for path in dict.fromkeys((whole, *beside)):
        if path.is_file():
            yield f"{root}/{path.relative_to(folder).as_posix()}", path
