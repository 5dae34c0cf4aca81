"""Strict configuration: what a person decided, and a clear word when a key is wrong.

Every number that changes a figure is written in the belt's file; nothing is inherited and
nothing that matters has a default, so the hash of a block *is* the decision.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from geo.config_words import explained

__all__ = [
    "Campaign",
    "ConfigError",
    "Conventions",
    "DatumShift",
    "DrillholeFile",
    "DrillholeSources",
    "GridSpec",
    "HeightShift",
    "MapGrid",
    "MinedGround",
    "Names",
    "RasterSource",
    "SpecialRule",
    "StatedCrs",
    "StrictModel",
    "Topography",
    "digest",
    "load_yaml",
]


class ConfigError(Exception):
    """A configuration file that can't be used; the message names file, key and fix."""


class StrictModel(BaseModel):
    """Base of every configuration block: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Names(StrictModel):
    """A name in Chinese and in English."""

    zh: str
    en: str


class SpecialRule(StrictModel):
    """What one kind of special value in columns of grades becomes; a person's decision.

    The first rule of a list that fits a row holds. A row without a method, laboratory or year is
    fitted only by rules that ask for none.
    """

    columns: tuple[str, ...] | Literal["all"]
    """Dictionary columns (``cu_pct``, ``au_gpt``)."""
    kind: Literal[
        "below", "below_word", "negative_limit", "sentinel", "over", "zero", "spike", "mark"
    ]
    """What is written: docs/special-values.md."""
    method: str | None = None
    laboratory: str | None = None
    from_year: int | None = None
    to_year: int | None = None
    """Years of the assay, both included."""
    limit: PositiveFloat | None = None
    """The detection limit, where the cell does not state it (or states another)."""
    limit_unit: Literal["pct", "ppm", "ppb", "gpt"] | None = None
    becomes: Literal["half_limit", "limit", "zero", "not_assayed", "value", "refuse"]
    """``value``: the number as written stands; ``refuse``: the row goes to quarantine."""
    by: str
    date: date
    reason: str
    citation: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> SpecialRule:
        if (self.limit is None) != (self.limit_unit is None):
            raise ValueError("limit and limit_unit go together")
        unknown = self.kind in ("below_word", "sentinel", "zero", "mark") and self.limit is None
        if self.becomes in ("half_limit", "limit") and unknown:
            raise ValueError(f"kind {self.kind} needs a limit to become {self.becomes}")
        if self.becomes == "value" and self.kind in ("below", "below_word", "mark"):
            raise ValueError(f"kind {self.kind} has no number to stand as it is")
        if self.from_year and self.to_year and self.from_year > self.to_year:
            raise ValueError("from_year is after to_year")
        return self


class Conventions(StrictModel):
    """How one source writes its tables; decided by a person, checked against the data."""

    x_is: Literal["east", "north"]
    """What a column headed only ``X`` holds (Chinese survey tables: north)."""
    zone_prefix: Annotated[int, Field(ge=13, le=45)] | None
    """Gauss-Krueger zone number in front of the easting, removed on reading."""
    coordinate_unit: Literal["m", "ft", "us_survey_ft"]
    depth_unit: Literal["m", "ft", "us_survey_ft"]
    dip: Literal["positive_down", "negative_down", "zenith"]
    """Sign of the dip column; ``zenith`` is 顶角/天顶角, the angle from straight down."""
    below_detection: Literal["half_limit", "zero"]
    """The value that ``<0.01`` stands for."""
    no_survey_deeper_than_m: float
    """Survey rows deeper than this (metres) are sentinels, not stations (Babbitt writes 90000)."""
    zero_is: Literal["zero", "not_assayed"]
    """What an exact 0 in an assay column means."""
    not_assayed: tuple[str, ...]
    """Texts and numbers that mean "no assay was made", beside a blank cell."""
    special_values: tuple[SpecialRule, ...] = ()
    """Rules for special values by column, method and year; where none fits, the column waits."""
    azimuth: Literal["0_360", "signed"] = "0_360"
    """``signed``: -180..180, turned to 0..360; without it a negative azimuth is refused."""
    decimal: Literal["point", "comma"] = "point"
    """``comma``: ``0,35`` is 0.35; without it a comma in a number is refused."""
    angles: Literal["degrees", "dms", "packed_dms"] = "degrees"
    """How longitudes and latitudes are written: ``29.625``, ``29°37′30″``, or ``29.3730``."""


class DrillholeFile(StrictModel):
    """One table of one file. ``table`` names what it holds."""

    path: str
    table: Literal[
        "collar",
        "survey",
        "assay",
        "lithology",
        "density",
        "combined",
        "laboratory",
        "qaqc",
        "members",
    ]
    sheet: str | None = None


class Campaign(StrictModel):
    """The files that arrived with one campaign of drilling, complete as of a date."""

    as_of: date
    files: tuple[DrillholeFile, ...]


class DatumShift(StrictModel):
    """From a legacy datum (Beijing 1954, Xi'an 1980) to the belt's, by local parameters.

    Exactly one of ``parameters`` (a YAML file of seven parameters) and ``grid`` (a PROJ grid of
    shifts) is named; both are secret in China and lie outside the repository.
    """

    source: str
    """The legacy system the coordinates are in, for example ``EPSG:2349``."""
    parameters: str | None = None
    grid: str | None = None
    control: str | None = None
    """CSV of points known in both systems: ``east_from,north_from,east_to,north_to`` (metres)."""
    citation: str
    """Who determined the parameters, and when."""

    @model_validator(mode="after")
    def _one_way(self) -> DatumShift:
        if (self.parameters is None) == (self.grid is None):
            raise ValueError("give either parameters or grid")
        return self


class HeightShift(StrictModel):
    """From the heights as delivered to the belt's: ``offset_m`` is added, or a geoid taken off."""

    source: Literal["yellow_sea_1956", "ellipsoidal", "other"]
    offset_m: float | None = None
    geoid_grid: str | None = None
    """PROJ grid of geoid heights N, for ellipsoidal heights: H = h - N."""
    citation: str

    @model_validator(mode="after")
    def _one_way(self) -> HeightShift:
        if (self.offset_m is None) == (self.geoid_grid is None):
            raise ValueError("give either offset_m or geoid_grid")
        return self


class DrillholeSources(StrictModel):
    """Where a deposit's drill-holes lie, and how they are written."""

    root: str
    """Folder of the files; ``$NAME`` is expanded from the environment, relative to the config."""
    campaigns: tuple[Campaign, ...]
    conventions: Conventions
    columns: dict[str, str] = {}
    """Header as written -> dictionary column, where the dictionary can't tell."""
    units: dict[str, str] = {}
    """Dictionary column -> unit as written, where the header carries no unit."""
    desurvey: Literal["minimum_curvature", "balanced_tangential"] = "minimum_curvature"
    """How a hole runs between two stations; trenches and adits are always polylines."""
    crs: str | None = None
    """Coordinate system of the collars; null: the belt's own."""
    datum_shift: DatumShift | None = None
    """Needed where ``crs`` is on a legacy datum; without it such collars are refused."""
    heights: Literal["belt", "yellow_sea_1956", "ellipsoidal", "other"] = "belt"
    """Height system of the collars; anything but the belt's needs ``height_shift``."""
    height_shift: HeightShift | None = None
    templates: str | None = None
    """Folder of confirmed layouts, relative to the belt's file; null: nobody is asked."""


class GridSpec(StrictModel):
    """A block model's grid: the lower south-west corner, block sizes and counts.

    Axes are east, north, up; arrays are ordered (z, y, x) with x fastest.
    """

    origin_m: tuple[float, float, float]
    block_m: tuple[PositiveFloat, PositiveFloat, PositiveFloat]
    shape: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Counts (nx, ny, nz)."""
    tile: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Blocks of one tile (nx, ny, nz)."""


class MapGrid(StrictModel):
    """The belt's map grid in the belt's CRS; ``origin_m`` is the north-west corner."""

    origin_m: tuple[float, float]
    cell_m: PositiveFloat
    shape: tuple[PositiveInt, PositiveInt]
    """Counts (columns, rows)."""


class StatedCrs(StrictModel):
    """A coordinate system that a person states for a file that has none, or a wrong one."""

    code: str
    reason: str
    """Who knows it, and from where; kept with the layer."""


class RasterSource(StrictModel):
    """One raster survey. ``name`` is its variable's name on the belt's grid."""

    name: str
    root: str
    path: str
    quantity: Names
    unit: str
    resampling: Literal["nearest", "bilinear", "cubic", "average", "mode"]
    """Categories are taken by ``nearest`` or ``mode`` only."""
    kind: str | None = None
    """Kind of survey in ``data/dictionaries/rasters.yaml`` (elevation, magnetic_anomaly …): the
    range its values are checked against. None: not checked."""
    variable: str | None = None
    """Variable of a netCDF or HDF file; None where it holds one only."""
    band: PositiveInt | str | None = None
    """Band by number or by name; None where there is one only."""
    declared_nodata: tuple[float, ...] = ()
    """Values that mean "nothing here" although the file does not say so."""
    categorical: bool = False
    """Whether the values are codes of classes, never averaged."""
    scale: float | None = None
    offset: float | None = None
    """Value = stored number x scale + offset, where the file does not say so."""
    crs: StatedCrs | None = None
    rotated: Literal["refuse", "warp"] = "refuse"
    """Whether a rotated or sheared raster is turned onto the grid or refused."""
    line_spacing_m: PositiveFloat | None = None
    line_azimuth_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    """Spacing and direction of the survey lines behind a gridded survey, where known."""
    security: Literal["public", "internal", "important", "secret"] | None = None
    """公开, 内部, 重要, 涉密: asked for where a raster could be restricted; secret is refused."""


class Topography(StrictModel):
    """Where the ground is: a raster of the belt by name, the collars, or nothing above."""

    source: Literal["raster", "collars", "none"]
    raster: str | None = None


class MinedGround(StrictModel):
    """Ground mined out by a date, from a survey: all above a surface, or a closed solid.

    What is mined stays mined: the ground of every volume up to a date counts, once.
    """

    as_of: date
    kind: Literal["surface", "solid"] = "surface"
    """``surface``: a raster or open mesh of elevations, m; ``solid``: a closed mesh (stopes)."""
    root: str
    path: str
    element: str | None = None
    """Name of one element of a file that holds several; null: the only one."""
    loss_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    """损失率: of the resource that this volume took, the share not brought out, 0-1; null: not
    known, so that lost ore is not told from mined ore."""
    dilution_rate: Annotated[float, Field(ge=0, lt=1)] | None = None
    """贫化率 (废石混入率): waste in ore delivered, 0-1; null: not known. No resource."""
    citation: str | None = None
    """Where the rates are from; needed where there is one."""

    @model_validator(mode="after")
    def _rates_have_a_source(self) -> MinedGround:
        if (self.loss_rate, self.dilution_rate) != (None, None) and not self.citation:
            raise ValueError("a rate needs a citation / 损失率、贫化率须注明来源")
        return self


Model = TypeVar("Model", bound=StrictModel)


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read one configuration file into ``model``.

    Raises
    ------
    ConfigError
        The file is absent or not YAML, or a key or value is wrong. The message names the file,
        the key and the nearest right key.
    """
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file / 没有这个配置文件") from None
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2024-13-31 is a ValueError
        raise ConfigError(f"{path}: not readable YAML / 不是可读的 YAML: {error}") from None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}:\n  " + "\n  ".join(explained(error, model))) from None


def resolve_root(root: str, base: Path) -> Path:
    """Folder named by ``root``: environment names expanded, relative to ``base``.

    ``$BORNITE_SHARED_DATA`` falls back to ``../shared/data`` beside the checkout.
    """
    default = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    os.environ.setdefault("BORNITE_SHARED_DATA", str(default))
    return (base / os.path.expandvars(root)).resolve()


def digest(value: Any) -> str:
    """Return the SHA-256 of a block or plain value, written as canonical JSON."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
