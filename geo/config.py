"""Strict configuration: what a person decided, and a clear word when a key is wrong.

Every number that changes a figure is written in the belt's file; nothing is inherited and
nothing that matters has a default, so the hash of a block *is* the decision.
"""

from __future__ import annotations

import difflib
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
)

__all__ = [
    "Campaign",
    "ConfigError",
    "Conventions",
    "DrillholeFile",
    "DrillholeSources",
    "GeochemistrySource",
    "GridSpec",
    "MapGrid",
    "MinedSurface",
    "Names",
    "RasterSource",
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


class DrillholeFile(StrictModel):
    """One table of one file. ``table`` names what it holds."""

    path: str
    table: Literal["collar", "survey", "assay", "lithology", "density", "combined"]
    sheet: str | None = None


class Campaign(StrictModel):
    """The files that arrived with one campaign of drilling, complete as of a date."""

    as_of: date
    files: tuple[DrillholeFile, ...]


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


class GeochemistrySource(StrictModel):
    """A regional survey table (stream sediments, soils)."""

    root: str
    path: str
    medium: Names
    conventions: Conventions
    crs: str
    columns: dict[str, str] = {}
    units: dict[str, str] = {}


class RasterSource(StrictModel):
    """One raster survey. ``name`` is its variable's name on the belt's grid."""

    name: str
    root: str
    path: str
    quantity: Names
    unit: str
    resampling: Literal["nearest", "bilinear", "cubic", "average"]


class Topography(StrictModel):
    """Where the ground is: a raster of the belt by name, the collars, or nothing above."""

    source: Literal["raster", "collars", "none"]
    raster: str | None = None


class MinedSurface(StrictModel):
    """The mined-out surface as of a date (a raster of elevations in metres, belt CRS)."""

    as_of: date
    root: str
    path: str


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
        lines = [_explain(item, model) for item in error.errors()]
        raise ConfigError(f"{path}:\n  " + "\n  ".join(lines)) from None


def _explain(item: Any, model: type[BaseModel]) -> str:
    """One pydantic error as a line a person can act on."""
    where = ".".join(str(part) for part in item["loc"]) or "(whole file)"
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(item["loc"][-1]), sorted(_known_keys(model)), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"{where}: unknown key / 未知的键{hint}"
    if item["type"] == "missing":
        return f"{where}: this key is needed / 缺少这个键"
    found = repr(item.get("input"))
    found = found if len(found) <= 120 else found[:117] + "..."
    return f"{where}: {item['msg']} (found / 实际值: {found})"


def _known_keys(model: type[BaseModel]) -> set[str]:
    """Every key of ``model`` and the blocks below it."""
    keys: set[str] = set()
    seen: list[type[BaseModel]] = [model]
    for block in seen:
        for name, field in block.model_fields.items():
            keys.add(name)
            seen += [t for t in _models_in(field.annotation) if t not in seen]
    return keys


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The configuration blocks named in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models_in(part)]


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
