"""``configs/site.yaml``: what the pages may say to whom, and how exactly."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from geo.config import StrictModel, load_yaml


class BaseMap(StrictModel):
    """A map that the user supplies, with the number it was approved under (审图号)."""

    image: str
    """PNG beside the file that names it."""
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    approval_no: str
    source: str


class Public(StrictModel):
    """How exactly the public build says where things are."""

    coordinates_m: float | None = Field(default=100_000.0, gt=0)
    """Places are rounded to this; null: not shown."""


class Viewer(StrictModel):
    """Limits of the three-dimensional page."""

    blocks: int = Field(default=200_000, ge=1000)


class SiteSettings(StrictModel):
    """The reading room's settings; no figure depends on one."""

    publication: Literal["draft", "preliminary", "final"] = "preliminary"
    embargo_until: date | None = None
    public: Public = Public()
    base_map: BaseMap | None = None
    viewer: Viewer = Viewer()


def read_settings(path: Path) -> SiteSettings:
    """The settings in ``path``; those of a new house where there is no such file.

    Raises
    ------
    geo.config.ConfigError
        The file is wrong.
    """
    return load_yaml(path, SiteSettings) if path.exists() else SiteSettings()
