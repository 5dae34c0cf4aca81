"""A belt's file: its map, its surveys, and its deposits with their plans."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from estimation.plan import Plan
from estimation.registry import Registry
from geo.config import (
    ConfigError,
    DrillholeSources,
    GridSpec,
    MapGrid,
    MinedGround,
    Names,
    RasterSource,
    StrictModel,
    Topography,
    load_yaml,
)
from geo.drillholes.licence import Licence
from geo.geochemistry.config import GeochemistrySource
from geo.qaqc.config import QaqcSource
from geo.rasters.config import Covariate, LineSource


class CopperMap(StrictModel):
    """How the belt's stream-sediment copper map is kriged (PyKrige, 2-D, log10 of ppm)."""

    element: str
    model: Literal["spherical", "exponential", "gaussian"]
    """PyKrige variogram model."""
    sill: float
    range_m: float
    nugget: float
    drift: str | None
    """Raster used as external drift where cross-validation shows that it helps; else none."""


class Deposit(StrictModel):
    """One deposit: sources, grid, surfaces and plan."""

    id: str
    name: Names
    kind: Names
    """Type of deposit, for readers (for example porphyry Cu-Mo)."""
    drillholes: DrillholeSources
    qaqc: QaqcSource | None = None
    """Quality control of the assays; without it controls are told, and nothing is held."""
    licence: Licence | None = None
    """Boundary that collars are compared with; without it they are not."""
    registry: Registry | None = None
    """Mine code, licence, holder, county and discovery; without it the ledger has nulls there."""
    grid: GridSpec
    topography: Topography
    mined: tuple[MinedGround, ...]
    vintages: tuple[date, ...] = Field(min_length=1)
    truth: str | None
    """Folder of the exhaustive truth (synthetic deposits only), relative to the file."""
    main_element: str | None = None
    """Element that a plan is proposed for (``ni_pct``); None: copper. A plan names its own."""
    plan: Plan | None
    """None until one is proposed (``bornite propose``); without it nothing is estimated."""

    @model_validator(mode="after")
    def _vintages_rise(self) -> Deposit:
        if list(self.vintages) != sorted(set(self.vintages)):
            raise ValueError("vintages: each date once, oldest first")
        return self


class Belt(StrictModel):
    """One mineralization belt, complete in one file."""

    id: str
    name: Names
    province: Names
    synthetic: bool
    crs: str
    """EPSG code of the projected CRS all easting/northing are in, or ``local`` for a mine grid."""
    vertical_datum: str
    map_grid: MapGrid | None
    geochemistry: tuple[GeochemistrySource, ...]
    rasters: tuple[RasterSource, ...]
    lines: tuple[LineSource, ...] = ()
    """Surveys measured along lines, gridded."""
    covariates: tuple[Covariate, ...] = ()
    """Layers derived from rasters and lines (slope, analytic signal, band ratios)."""
    copper_map: CopperMap | None
    deposits: tuple[Deposit, ...]
    note: Names

    @model_validator(mode="after")
    def _every_raster_named_is_a_raster(self) -> Belt:
        known = {raster.name for raster in self.rasters}
        drift = self.copper_map.drift if self.copper_map else None
        wanted = {d.topography.raster for d in self.deposits if d.topography.source == "raster"}
        for name in (wanted | {drift}) - {None}:
            if name not in known:
                raise ValueError(f"no raster {name!r} (rasters: {', '.join(sorted(known))})")
        if any(d.topography.source == "raster" and not d.topography.raster for d in self.deposits):
            raise ValueError("topography.source raster needs topography.raster")
        return self


def read_belt(path: Path) -> Belt:
    """Read one belt's file; see :func:`geo.config.load_yaml` for what can go wrong."""
    return load_yaml(path, Belt)


def read_belts(folder: Path) -> tuple[dict[str, tuple[Path, Belt]], dict[str, str]]:
    """Every belt in ``folder`` by id, and what is wrong with the files that can't be used.

    One bad file does not stop the others. Belts and deposits are kept apart by their ids: a second
    one of the same id is refused.
    """
    belts: dict[str, tuple[Path, Belt]] = {}
    troubles: dict[str, str] = {}
    seen: set[str] = set()
    for path in sorted(folder.glob("*.yaml")):
        try:
            belt = read_belt(path)
        except ConfigError as error:
            troubles[path.name] = str(error)
            continue
        names = [belt.id, *(deposit.id for deposit in belt.deposits)]
        twice = sorted({n for n in names if n in seen or names.count(n) > 1})
        if twice:
            troubles[path.name] = f"{path}: id used already / 编号重复: {', '.join(twice)}"
            continue
        seen |= set(names)
        belts[belt.id] = (path, belt)
    return belts, troubles


if __name__ == "__main__":
    # python -m estimation.belts > configs/belt.schema.json (for editors that complete YAML)
    print(json.dumps(Belt.model_json_schema(), ensure_ascii=False, indent=1))
