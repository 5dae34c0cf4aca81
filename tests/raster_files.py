"""Rasters for tests: written by GDAL with whatever is odd about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

from geo.config import MapGrid, RasterSource
from geo.rasters.surveys import align_rasters

BELT = "EPSG:4548"
GRID = MapGrid(origin_m=(500000.0, 3330000.0), cell_m=500.0, shape=(12, 10))
PLACE = Affine(250.0, 0, 500000.0, 0, -250.0, 3330000.0)
SHAPE = (20, 24)


def plane(shape: tuple[int, int] = SHAPE, place: Affine = PLACE) -> np.ndarray:
    """Values easting/100 + northing/1000 at cell centres, exact in float64."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    x, y = place * (columns, rows)
    return x / 100 + y / 1000


def write(path: Path, values: Any, **changes: Any) -> Path:
    """Write bands (rows, columns) or (bands, rows, columns); keywords change the profile.

    ``descriptions``, ``units``, ``scales``, ``offsets`` and ``mask``
    are set after writing.
    """
    bands = np.asarray(values)
    bands = bands[None] if bands.ndim == 2 else bands
    after = {
        key: changes.pop(key)
        for key in ("descriptions", "units", "scales", "offsets")
        if key in changes
    }
    mask, tags = changes.pop("mask", None), changes.pop("tags", None)
    profile: dict[str, Any] = {"driver": "GTiff", "crs": BELT, "transform": PLACE}
    profile |= {"dtype": str(bands.dtype), "count": len(bands)}
    profile |= {"height": bands.shape[1], "width": bands.shape[2], **changes}
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(bands)
        for key, value in after.items():
            setattr(raster, key, value)
        if tags:
            raster.update_tags(**tags)
        if mask is not None:
            raster.write_mask(mask)
    return path


def source(folder: Path, file: str, **changes: Any) -> RasterSource:
    """A raster's entry in a belt's file."""
    plain: dict[str, Any] = {
        "name": "layer",
        "root": str(folder),
        "path": file,
        "quantity": {"zh": "面", "en": "plane"},
        "unit": "nT",
        "resampling": "bilinear",
    }
    return RasterSource(**{**plain, **changes})


def align(entry: RasterSource, crs: str = BELT, grid: MapGrid = GRID) -> tuple[Any, set[str]]:
    """The layer (None where it was refused) and the codes found."""
    dataset, findings, _ = align_rasters([entry], crs, grid, Path())
    return dataset.get(entry.name), {f.code for f in findings}
