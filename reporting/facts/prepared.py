"""Files that lie ready in the workspace for the site to offer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reporting.units import Text

SOFTWARE = "software"
"""Folder of the downloads that holds exports for other programs."""


@dataclass(frozen=True)
class PreparedFile:
    """One file made before the site is built, for the bureau alone."""

    name: str
    """Where it lies among the downloads, with ``/``."""
    title: Text
    source: Path
    """Where it lies; it is linked, never changed."""
    sha256: str
