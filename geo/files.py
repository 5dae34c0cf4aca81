"""Writing a file whole or not at all, and the hash of one."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path


def partial_name() -> str:
    """A mark of this process and thread, for the name of a file that is being written.

    Two runs, or two threads of one, that write the same file do not write into one another's.
    """
    return f"{os.getpid()}-{threading.get_ident()}.partial"


def write_whole(path: Path, data: bytes) -> None:
    """Write beside, then rename: a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{partial_name()}")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
