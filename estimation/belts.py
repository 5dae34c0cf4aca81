"""A belt's file: its map, its surveys, and its deposits with their plans."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from estimation.plan import Plan
from geo.config import (
    DrillholeSources,
    GeochemistrySource,
    GridSpec,
    MapGrid,
    MinedSurface,
    Names,
    RasterSource,
    StrictModel,
    Topography,
    load_yaml,
)


class CopperMap(StrictModel):
    """How the belt's stream-sediment copper map is kriged (PyKrige, 2-D, log10 of ppm)."""

    element: str
    model: str
    """PyKrige variogram model: spherical, exponential, gaussian."""
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
    grid: GridSpec
    topography: Topography
    mined: tuple[MinedSurface, ...]
    vintages: tuple[date, ...]
    truth: str | None
    """Folder of the exhaustive truth (synthetic deposits only), relative to the file."""
    plan: Plan | None
    """None until one is proposed (``bornite propose``); without it nothing is estimated."""


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
    copper_map: CopperMap | None
    deposits: tuple[Deposit, ...]
    note: Names


def read_belt(path: Path) -> Belt:
    """Read one belt's file; see :func:`geo.config.load_yaml` for what can go wrong."""
    return load_yaml(path, Belt)


def read_belts(folder: Path) -> dict[str, tuple[Path, Belt]]:
    """Every belt in ``folder`` by id, in order of file name."""
    belts = [(path, read_belt(path)) for path in sorted(folder.glob("*.yaml"))]
    return {belt.id: (path, belt) for path, belt in belts}


if __name__ == "__main__":
    # python -m estimation.belts > configs/belt.schema.json (for editors that complete YAML)
    print(json.dumps(Belt.model_json_schema(), ensure_ascii=False, indent=1))
