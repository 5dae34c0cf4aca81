"""Which code made a number: the version, and a digest of the source that can change it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from geo.dictionary import folder


@cache
def code_version() -> str:
    """Return for example ``0.1.0+3f2a9c1d77b0``: distribution version and source digest.

    The digest covers ``geo`` and ``estimation``, the two rooms whose code makes figures, and the
    data dictionaries, so a figure is never taken for up to date after an edit.
    """
    house = Path(__file__).resolve().parent.parent
    sha = hashlib.sha256()
    sources = [p for room in ("geo", "estimation") for p in sorted((house / room).rglob("*.py"))]
    words = sorted(folder().rglob("*.yaml"))
    for path in (*sources, *words):
        sha.update(f"{path.parent.name}/{path.name}".encode())
        sha.update(path.read_bytes())
    try:
        number = version("bornite")
    except PackageNotFoundError:
        number = "0"
    return f"{number}+{sha.hexdigest()[:12]}"
