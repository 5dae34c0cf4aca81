"""Archives in the inbox: one member taken out, within limits, never to a path of its choosing."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from geo.files import write_whole
from geo.tables.sheets import UnreadableError

MEMBERS = 1000
EXPANDED_BYTES = 2 * 1024**3
RATIO = 200.0
"""Most members, most bytes expanded in all, and most expansion of one member (text packs to a
tenth or so; a bomb to a thousandth)."""
DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    ValueError,
    OSError,
)
"""What a damaged or locked archive makes its library raise."""
SMALL_BYTES = 1024**2
"""A member this small may pack as well as it likes."""


def locate(path: Path) -> Path:
    """Return the file to read for ``path``: itself, or a member that it names in a zip archive.

    ``drop.zip/assay.csv`` is taken out of ``drop.zip`` into a folder of temporary files, named by
    the archive's content, and read there.

    Raises
    ------
    UnreadableError
        The archive is damaged, locked by a password or beyond the limits, or lacks the member.
    """
    archive = next((p for p in path.parents if p.suffix.casefold() == ".zip" and p.is_file()), None)
    if archive is None:
        return path
    return _member(archive, path.relative_to(archive).as_posix())


def members(path: Path) -> list[str]:
    """Names of an archive's files in their order, without hidden ones.

    Raises
    ------
    UnreadableError
        The archive is damaged or beyond the limits.
    """
    try:
        with zipfile.ZipFile(path) as opened:
            _within_limits(opened)
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
    except DAMAGED_ZIP as error:
        raise UnreadableError("BN-INB-006", detail=f"{path.name}: {error}") from None
    return [n for n in names if not any(p.startswith((".", "__MACOSX")) for p in n.split("/"))]


def original(path: Path) -> Path:
    """Return the file on disk that ``path`` stands in: the archive of a member, else itself."""
    archives = (p for p in path.parents if p.suffix.casefold() == ".zip" and p.is_file())
    return next(archives, path)


def _member(archive: Path, name: str) -> Path:
    """One member as a file of its own."""
    try:
        with zipfile.ZipFile(archive) as opened:
            _within_limits(opened)
            if name not in opened.namelist():
                words = {"detail": f"no {name} in {archive.name} / 压缩包里没有 {name}"}
                raise UnreadableError("BN-INB-006", **words)
            info = opened.getinfo(name)
            stamp = f"{archive.stat().st_size}-{archive.stat().st_mtime_ns}-{info.CRC}-{name}"
            target = _folder() / hashlib.sha256(stamp.encode()).hexdigest() / Path(name).name
            if not target.is_file():
                write_whole(target, opened.read(info))
    except DAMAGED_ZIP as error:
        raise UnreadableError("BN-INB-006", detail=f"{archive.name}: {error}") from None
    return target


def _within_limits(opened: zipfile.ZipFile) -> None:
    """Refuse an archive that would fill the disk or leave its folder."""
    infos = opened.infolist()
    if len(infos) > MEMBERS:
        raise UnreadableError("BN-INB-006", detail=f"{len(infos)} members > {MEMBERS}")
    if sum(info.file_size for info in infos) > EXPANDED_BYTES:
        raise UnreadableError("BN-INB-006", detail=f"> {EXPANDED_BYTES >> 20} MiB expanded")
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise UnreadableError("BN-INB-006", detail=f"path {info.filename!r}")
        bombs = info.file_size > SMALL_BYTES and info.file_size > RATIO * info.compress_size
        if bombs:
            raise UnreadableError("BN-INB-006", detail=f"{info.filename}: ratio > {RATIO:g}")


def _folder() -> Path:
    """Where members are put: temporary, and this user's own."""
    folder = Path(tempfile.gettempdir()) / f"bornite-archives-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
