"""The vault: every original that a figure stands on, unchanged, by its SHA-256."""

from __future__ import annotations

import shutil
from pathlib import Path

from geo.files import partial_name, sha256


def keep(path: Path, workspace: Path) -> str:
    """Copy an original into ``workspace/vault/<first two>/<sha256>`` and return its SHA-256.

    The copy is read-only and appears whole or not at all; an original already kept is not
    written again.

    Raises
    ------
    OSError
        The file can't be read, the disk is full, or the file changed while it was copied.
    """
    digest = sha256(path)
    target = vault_path(digest, workspace)
    if target.is_file():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{digest}.{partial_name()}")
    try:
        shutil.copyfile(path, partial)
        if sha256(partial) != digest:
            raise OSError(f"{path} changed while it was copied / 复制时文件在变化")
        partial.chmod(0o444)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return digest


def vault_path(digest: str, workspace: Path) -> Path:
    """Where the original with this SHA-256 is kept."""
    return workspace / "vault" / digest[:2] / digest
