"""The inbox: what may be read now, what is left alone, and what lies there unasked.

A file that is still being written is not read, a path may not lead out of its folder, and nothing
that was dropped is passed over in silence.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geo.findings import DataError, Finding
from geo.rules import finding

PARTIAL = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download")
"""Endings that transfer programs give to a file until it is whole."""
HELPERS = (
    ".aux.xml", ".ovr", ".msk", ".prj", ".tfw", ".hdr", ".ers", ".rdc", ".sgrd", ".shx", ".dbf",
    ".cpg", ".qix",
)  # fmt: skip
"""Side-cars of a file that is named itself."""
LISTED = 10


def growing(paths: Iterable[Path], quiet_s: float) -> set[Path]:
    """Files that are still being written.

    Parameters
    ----------
    paths
        Files to be read; absent ones are passed over.
    quiet_s
        A file untouched for this many seconds is whole. Younger ones are looked at a second
        time, after one wait for all of them: those whose size or time changed are growing.

    Returns
    -------
    set of Path
        The files that changed between the two looks.
    """
    first = {path: _stamp(path) for path in paths if path.is_file()}
    now = time.time()
    young = {path for path, (_, modified) in first.items() if now - modified / 1e9 < quiet_s}
    if not young:
        return set()
    oldest_wait = max(quiet_s - (now - first[path][1] / 1e9) for path in young)
    time.sleep(min(max(oldest_wait, 0.0), quiet_s))
    return {path for path in young if _stamp(path) != first[path]}


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of last change; of an absent file nothing."""
    try:
        status = path.stat()
    except OSError:
        return (-1, 0)
    return (status.st_size, status.st_mtime_ns)


def inside(root: Path, name: str) -> Path:
    """Return the path of ``name`` in the folder ``root``.

    Raises
    ------
    DataError
        The path leads out of the folder, by ``..``, from the root of the disk or by a link.
    """
    if not lies_inside(root, name):
        raise DataError([finding("BN-INB-004", file=name, value=name)])
    return root / name


def lies_inside(root: Path, name: str) -> bool:
    """Whether ``name`` is a path in the folder ``root`` (:func:`inside`); others are never read."""
    return (root / name).resolve().is_relative_to(root.resolve())


def lying_there(root: Path, named: Iterable[str]) -> list[Finding]:
    """What lies in ``root`` and is not read: files in transfer, and files nobody named.

    ``named`` are the files that the belt's file names (relative to ``root``).
    """
    known = {(root / name).resolve() for name in named}
    stems = {path.stem for path in known}
    found: list[Finding] = []
    strangers: list[str] = []
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(root).as_posix()
        if path.name.startswith("~$") or path.name.casefold().endswith(PARTIAL):
            found.append(finding("BN-INB-002", file=name))
        elif path.resolve() not in known and not _is_helper(path, stems):
            strangers.append(name)
    if strangers:
        listed = ", ".join(strangers[:LISTED])
        more = f" (+{len(strangers) - LISTED})" if len(strangers) > LISTED else ""
        words: dict[str, Any] = {"count": len(strangers), "found": listed + more}
        found.append(finding("BN-INB-003", file=strangers[0], value=len(strangers), **words))
    return found


def _is_helper(path: Path, stems: set[str]) -> bool:
    """Whether a file belongs to a named one (or hides behind a dot)."""
    if path.name.startswith("."):
        return True
    plain = path.name.casefold()
    for ending in HELPERS:
        if plain.endswith(ending):
            stem = path.name[: -len(ending)]
            return stem in stems or Path(stem).stem in stems
    return False
