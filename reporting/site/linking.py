"""A second name for a file that lies on the disk already."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def link_or_copy(source: Path, path: Path) -> None:
    """Give ``source`` the further name ``path``: a link, or a copy where the disk can't link.

    Raises
    ------
    OSError
        ``source`` can't be read, or ``path`` not be written.
    """
    try:
        os.link(source, path)
    except OSError:  # another disk, or one that knows no links
        shutil.copy2(source, path)
