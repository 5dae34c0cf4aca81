"""The seal of a model's store: the SHA-256 of every file in it, noted when a vintage is published.

A tile's digest proves its numbers; a byte of a file can change without changing a number (in a
header of the compressor, say). The seal finds that too, and says which file it was. A store's
files are written once and never changed, but for the heads of branches, which are not published.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from geo.files import sha256, write_whole

BLOCKS = "blocks.icechunk"
"""Folder of the store's own files, beside the seal."""

SEAL = "seal.sha256"
"""One line for each file, as ``sha256sum`` writes them; the last line is of the lines before."""

_UNSEALED = "refs/branch."


class SealError(Exception):
    """The seal itself was changed or is cut off."""


def seal_store(folder: Path) -> int:
    """Note every file of a store that the seal does not have yet; returns how many those were.

    Files that are sealed are not read again. A damaged seal is made anew: what the tiles hold is
    proved by their digests.
    """
    try:
        known = read_seal(folder) or {}
    except SealError:
        known = {}
    missing = [name for name in store_files(folder) if name not in known]
    if missing:
        made = {name: sha256(folder / BLOCKS / name) for name in missing}
        write_seal(folder, known | made)
    return len(missing)


def write_seal(folder: Path, sealed: dict[str, str]) -> None:
    """Write the seal: file -> SHA-256."""
    lines = "".join(f"{sealed[name]}  {name}\n" for name in sorted(sealed))
    write_whole(folder / SEAL, f"{lines}{_own(lines)}  {SEAL}\n".encode())


def read_seal(folder: Path) -> dict[str, str] | None:
    """File -> SHA-256 as noted; None where the store was never sealed.

    Raises
    ------
    SealError
        The seal is not what was written.
    """
    path = folder / SEAL
    if not path.is_file():
        return None
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise SealError(f"{SEAL}: bytes changed / 封签文件内容已变") from None
    lines = text.split("\n")
    body = "".join(f"{line}\n" for line in lines[:-2])
    if len(lines) < 2 or lines[-2:] != [f"{_own(body)}  {SEAL}", ""]:
        raise SealError(f"{SEAL}: bytes changed / 封签文件内容已变")
    return {line[66:]: line[:64] for line in lines[:-2]}


def broken_files(folder: Path, sealed: dict[str, str]) -> dict[str, str]:
    """Sealed files that are gone or whose bytes changed: file -> what happened, both languages."""
    broken = {}
    for name, digest in sealed.items():
        path = folder / BLOCKS / name
        try:
            if sha256(path) != digest:
                broken[name] = "bytes changed / 内容已变"
        except FileNotFoundError:
            broken[name] = "is gone / 文件缺失"
        except OSError as error:
            broken[name] = f"can't be read ({error.strerror}) / 无法读取"
    return broken


def store_files(folder: Path) -> list[str]:
    """Names of a store's files that are never changed, in order."""
    blocks = folder / BLOCKS
    names = (path.relative_to(blocks).as_posix() for path in blocks.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(_UNSEALED))


def _own(lines: str) -> str:
    """The seal's own digest."""
    return hashlib.sha256(lines.encode()).hexdigest()
