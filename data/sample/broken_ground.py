"""Defects of collars against the ground and the licence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from broken_base import Drop, small_tables
from broken_cases import LOST_HOLE, SURROUNDINGS, Planted, case, setting

BELT = "ground"
CORNER, CELL_M, CELLS = (435500.0, 3227500.0), 25.0, 120
HOLES, DEPTH_M = 10, 60.0


def _terrain(folder: Path) -> dict[str, Any]:
    """An elevation model through the collars, 25 m, by inverse distance."""
    collar = small_tables(HOLES, DEPTH_M)["collar"]
    steps = CELL_M * (np.arange(CELLS) + 0.5)
    east, north = np.meshgrid(CORNER[0] + steps, CORNER[1] - steps)
    away = np.hypot(
        east[..., None] - collar["easting_m"].to_numpy(),
        north[..., None] - collar["northing_m"].to_numpy(),
    )
    weight = 1 / np.maximum(away, 1.0) ** 2
    values = (weight * collar["elevation_m"].to_numpy()).sum(axis=2) / weight.sum(axis=2)
    place = Affine(CELL_M, 0, CORNER[0], 0, -CELL_M, CORNER[1])
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": -9999.0}
    profile |= {"height": CELLS, "width": CELLS, "crs": "EPSG:4540", "transform": place}
    folder.mkdir(parents=True, exist_ok=True)
    with rasterio.open(folder / "terrain.tif", "w", **profile) as out:
        out.write(values.astype(np.float32), 1)
    raster = {"name": "terrain", "root": f"../../data/{BELT}", "path": "terrain.tif"}
    raster |= {"quantity": {"zh": "高程", "en": "elevation"}, "unit": "m", "kind": "elevation"}
    grid = {"origin_m": list(CORNER), "cell_m": CELL_M, "shape": [CELLS, CELLS]}
    return {"map_grid": grid, "rasters": [raster | {"resampling": "bilinear"}]}


SURROUNDINGS[BELT] = _terrain


def _placed(d: Drop) -> None:
    """The deposit with its ground and its licence, 200 m around the collars."""
    places = d.frame("collar")[["easting_m", "northing_m"]].astype(float)
    (west, south), (right, top) = places.min() - 200, places.max() + 200
    corners = [(west, south), (right, south), (right, top), (west, top), (west, south)]
    ring = ", ".join(f"{x:.0f} {y:.0f}" for x, y in corners)
    d.deposit["topography"] = {"source": "raster", "raster": "terrain"}
    d.deposit["licence"] = {"wkt": f"POLYGON (({ring}))", "citation": "synthetic / 合成"}


def _ground(name: str) -> str:
    return setting(name, BELT, holes=HOLES, depth_m=DEPTH_M, prepare=_placed)


SITES = _ground("sites")
SLOPES = ("BN-COL-011", "collar"), ("BN-COL-027", "collar")


def _lifted(d: Drop, hole: int, metres: float, code: str) -> Planted:
    """One collar off the ground."""
    d.put("collar", hole, "elevation_m", f"{d.number('collar', hole, 'elevation_m') + metres:.2f}")
    return [d.seen(code, "collar", hole)], (*LOST_HOLE, ("BN-COL-027", "collar"))


@case("collars", "collar above the ground", SITES)
def _above(d: Drop) -> Planted:
    return _lifted(d, 0, 48.0, "BN-COL-011")


@case("collars", "collar far below the ground", SITES)
def _below(d: Drop) -> Planted:
    return _lifted(d, 1, -420.0, "BN-COL-012")


def _moved(d: Drop, hole: int, metres: float, code: str) -> Planted:
    """One collar to the east of its place."""
    d.put("collar", hole, "easting_m", f"{d.number('collar', hole, 'easting_m') + metres:.2f}")
    return [d.seen(code, "collar", hole)], (*LOST_HOLE, *SLOPES, ("BN-COL-026", "collar"))


@case("collars", "collar outside the licence", SITES)
def _outside(d: Drop) -> Planted:
    return _moved(d, 2, 1400.0, "BN-COL-015")


@case("collars", "collar far outside the licence", SITES)
def _far(d: Drop) -> Planted:
    return _moved(d, 3, 30000.0, "BN-COL-016")


@case("collars", "ellipsoidal heights", _ground("ellipsoidal"))
def _ellipsoidal(d: Drop) -> Planted:
    frame = d.frame("collar")
    frame["elevation_m"] = [f"{float(text) - 36.4:.2f}" for text in frame["elevation_m"]]
    return [d.seen("BN-COL-013", "collar")], ()


@case("collars", "elevations in feet", _ground("feet"))
def _feet(d: Drop) -> Planted:
    frame = d.frame("collar")
    frame["elevation_m"] = [f"{float(text) / 0.3048:.2f}" for text in frame["elevation_m"]]
    follow = ("BN-INT-009", "assay"), ("BN-SUR-020", "survey")
    empty = tuple(("BN-TAB-016", table) for table in ("collar", "survey", "assay"))
    return [d.seen("BN-COL-030", "collar", i) for i in range(len(frame))], (*follow, *empty)
