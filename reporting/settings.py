"""``configs/site.yaml``: what the pages may say to whom, and how exactly."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from geo.config import ConfigError, StrictModel, load_yaml

PNG = b"\x89PNG\r\n\x1a\n"
"""First bytes of every PNG."""


class BaseMap(StrictModel):
    """A map that the user supplies, with the number it was approved under (审图号)."""

    image: str
    """PNG beside the file that names it, plate carrée (degrees evenly spaced)."""
    west_deg: float = Field(ge=-180, le=180)
    south_deg: float = Field(ge=-90, le=90)
    east_deg: float = Field(ge=-180, le=180)
    north_deg: float = Field(ge=-90, le=90)
    approval_no: str = Field(min_length=1)
    source: str = Field(min_length=1)
    _png: bytes = PrivateAttr(default=b"")

    @model_validator(mode="after")
    def _spans_some_ground(self) -> BaseMap:
        """Refuse edges that are the wrong way round."""
        if self.west_deg >= self.east_deg or self.south_deg >= self.north_deg:
            raise ValueError(
                "west_deg must be less than east_deg, south_deg less than north_deg / "
                "west_deg 须小于 east_deg，south_deg 须小于 north_deg"
            )
        return self

    @property
    def png(self) -> bytes:
        """The image, as :func:`read_settings` found it."""
        return self._png

    def read(self, folder: Path, said_in: Path) -> None:
        """Read the image beside the settings.

        Raises
        ------
        geo.config.ConfigError
            There is no such file, or it is no PNG.
        """
        path = folder / self.image
        try:
            self._png = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"{said_in}: base_map.image: {self.image!r}: cannot be read ({error.strerror}); "
                "put the PNG beside this file, or set base_map: null / "
                "读不到底图文件；请把 PNG 放在本配置文件旁，或写 base_map: null"
            ) from None
        if not self._png.startswith(PNG):
            raise ConfigError(
                f"{said_in}: base_map.image: {self.image!r}: not a PNG; save the map as PNG / "
                "不是 PNG 图像；请另存为 PNG"
            )


class Public(StrictModel):
    """How exactly the public build says where things are."""

    coordinates_m: float | None = Field(default=100_000.0, gt=0)
    """Places are rounded to this; null: not shown."""
    allowed: tuple[str, ...] = ()
    """Words that its pages may hold although a drill-hole, file or sheet has the same name."""


class Viewer(StrictModel):
    """Limits of the three-dimensional page."""

    blocks: int = Field(default=200_000, ge=1000)


Topic = Literal[
    "exploration",
    "domains",
    "variography",
    "neighbourhood",
    "by-products",
    "validation",
    "classification",
]


class Geology(StrictModel):
    """What the night works out for the geologist's pages."""

    topics: tuple[Topic, ...] = ()
    """Studies made of every new estimate; others by ``bornite study``."""
    surveys: bool = False
    """Whether the night levels and maps each belt's geochemical surveys."""


class Freshness(StrictModel):
    """From how many days on data are called old."""

    amber_days: int = Field(default=400, ge=1)
    red_days: int = Field(default=800, ge=1)

    def light(self, days: int) -> str:
        """green, amber or red; each from its number of days on."""
        return "red" if days >= self.red_days else "amber" if days >= self.amber_days else "green"


class Night(StrictModel):
    """When a night is expected."""

    expected_by: time = time(7, 0)
    """In China; a morning without a night that ended in the day before is told."""


ExportFormat = Literal[
    "omf",
    "omf1",
    "csv",
    "csv-leapfrog",
    "csv-datamine",
    "csv-micromine",
    "csv-surpac",
    "csv-vulcan",
    "gslib",
    "vtk",
    "gpkg",
    "geoparquet",
    "zarr",
]


class Downloads(StrictModel):
    """What the bureau's downloads hold for other programs."""

    formats: tuple[ExportFormat, ...] = ("omf1", "omf", "gpkg")
    """Formats that each deposit's newest model is offered in; the others: ``bornite export``."""


class SiteSettings(StrictModel):
    """The reading room's settings; no figure depends on one."""

    publication: Literal["draft", "preliminary", "final"] = "preliminary"
    embargo_until: date | None = None
    public: Public = Public()
    base_map: BaseMap | None = None
    viewer: Viewer = Viewer()
    downloads: Downloads = Downloads()
    freshness: Freshness = Freshness()
    night: Night = Night()
    geology: Geology = Geology()


def read_settings(path: Path) -> SiteSettings:
    """The settings in ``path``; those of a new house where there is no such file.

    Raises
    ------
    geo.config.ConfigError
        The file is wrong, or names a base map that isn't there.
    """
    if not path.exists():
        return SiteSettings()
    settings = load_yaml(path, SiteSettings)
    if settings.base_map is not None:
        settings.base_map.read(path.parent, path)
    return settings
