"""Raster surveys on the belt's grid; the only door to rasterio.

A raster is used with its CRS and its nodata declared, or not at all: a sentinel read as a value
(-9999, 1.70141e38) would be a mountain on the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo.config import MapGrid, RasterSource, resolve_root
from geo.crs import LOCAL, check_crs, identity_note, transform, transformer
from geo.findings import DataError, Finding
from geo.rules import blocks, finding

if TYPE_CHECKING:
    import xarray as xr

SENTINELS = (-9999.0, -99999.0, -32768.0, 1.70141e38, -1e32)
"""What programs write for "nothing here": Surfer 1.70141e38, Geosoft -1e32."""
NOTICEABLE_GAP = 0.2

Floats = NDArray[np.float64]


def align_rasters(
    sources: Sequence[RasterSource], crs: str, map_grid: MapGrid | None, base: Path
) -> tuple[xr.Dataset, tuple[Finding, ...], dict[str, str]]:
    """Bring raster surveys onto the belt's grid.

    Parameters
    ----------
    sources
        The surveys, from the belt's file; each is reprojected with its own resampling.
    crs, map_grid
        The belt's CRS and map grid (north-west corner, cell, counts).
    base
        Folder of the belt's file.

    Returns
    -------
    dataset
        One variable a survey, dims (northing_m, easting_m), rows from north to south, NaN where
        there is no value; attributes ``units`` and names; CRS as WKT in ``spatial_ref`` (CF grid
        mapping). A survey that can't be used is left out, and its finding says why.
    findings, files
        What was found; configured path -> sha256.
    """
    import xarray as xr

    from geo.drillholes import sha256, sort_findings

    if map_grid is None:
        return xr.Dataset(), (), {}
    belt = check_crs(crs)
    dataset = _empty_dataset(belt, crs, map_grid)
    findings: list[Finding] = []
    files: dict[str, str] = {}
    for source in sources:
        path = resolve_root(source.root, base) / source.path
        if not path.is_file():
            findings.append(finding("BN-TAB-001", file=source.path))
            continue
        files[source.path] = sha256(path)
        try:
            values, found = _align(path, source, belt, map_grid)
        except DataError as error:
            findings += [replace(f, file=source.path) for f in error.findings]
            continue
        findings += found
        if not any(map(blocks, found)):
            dataset[source.name] = (("northing_m", "easting_m"), values)
            dataset[source.name].attrs = {
                "units": source.unit,
                "long_name": source.quantity.en,
                "long_name_zh": source.quantity.zh,
                "resampling": source.resampling,
                "grid_mapping": "spatial_ref",
            }
    return dataset, sort_findings(findings), files


def surface_elevation(
    path: Path, crs: str | CRS | None, easting_m: ArrayLike, northing_m: ArrayLike
) -> Floats:
    """Sample a raster of elevations bilinearly at points in the belt's CRS.

    Parameters
    ----------
    path
        Raster of elevations, metres, with CRS and nodata declared (a belt on a mine grid takes
        the raster's coordinates as its own).
    crs
        The belt's CRS.
    easting_m, northing_m
        (n,) points.

    Returns
    -------
    array (n,)
        Metres; NaN outside the raster and wherever one of the four cells has no value.

    Raises
    ------
    DataError
        The raster can't be read, has no CRS or undeclared nodata, or can't be transformed.
    """
    values, own, affine = _read(path, path.name, needs_crs=not _is_local(crs))
    x, y = np.asarray(easting_m, dtype=float), np.asarray(northing_m, dtype=float)
    if own is not None and crs is not None and not _is_local(crs):
        x, y = transform(crs, own, x, y)
    column, row = ~affine * (x, y)
    return _bilinear(values, np.asarray(row) - 0.5, np.asarray(column) - 0.5)


def _is_local(crs: str | CRS | None) -> bool:
    """Whether coordinates are on a mine grid."""
    return crs is None or (isinstance(crs, str) and crs.strip().casefold() == LOCAL)


def _bilinear(values: Floats, row: Floats, column: Floats) -> Floats:
    """Bilinear values at fractional rows and columns of cell centres; NaN outside the raster."""
    height, width = values.shape
    inside = (row >= -0.5) & (row <= height - 0.5) & (column >= -0.5) & (column <= width - 0.5)
    row = np.clip(np.where(inside, row, 0.0), 0, height - 1)
    column = np.clip(np.where(inside, column, 0.0), 0, width - 1)
    top = np.minimum(np.floor(row).astype(int), max(height - 2, 0))
    left = np.minimum(np.floor(column).astype(int), max(width - 2, 0))
    below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, along = row - top, column - left
    upper = values[top, left] * (1 - along) + values[top, right] * along
    lower = values[below, left] * (1 - along) + values[below, right] * along
    return np.where(inside, upper * (1 - down) + lower * down, np.nan)


def _read(path: Path, file: str, *, needs_crs: bool) -> tuple[Floats, CRS | None, Any]:
    """First band as float with NaN for nodata, its CRS and its affine transform."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as raster:
            values = raster.read(1, masked=True)
            wkt = raster.crs.to_wkt() if raster.crs else None
            nodata, affine = raster.nodata, raster.transform
    except (RasterioError, OSError) as error:
        raise DataError([finding("BN-RAS-004", file=file, detail=str(error))]) from None
    if needs_crs and wkt is None:
        raise DataError([finding("BN-RAS-001", file=file)])
    plain = np.asarray(values.filled(0), dtype=float)
    plain[np.ma.getmaskarray(values)] = np.nan
    if nodata is None:
        _refuse_sentinels(plain, file)
    return plain, (check_crs(wkt, file=file) if wkt else None), affine


def _refuse_sentinels(values: Floats, file: str) -> None:
    """Raise where values look like an undeclared nodata."""
    for sentinel in SENTINELS:
        count = int(np.isclose(values, sentinel, rtol=1e-4, atol=0).sum())
        if count:
            words: dict[str, Any] = {"count": count, "found": f"{sentinel:g}"}
            raise DataError([finding("BN-RAS-002", file=file, value=f"{sentinel:g}", **words)])


def _align(
    path: Path, source: RasterSource, belt: CRS | None, grid: MapGrid
) -> tuple[Floats, list[Finding]]:
    """One raster on the belt's grid, and what was found."""
    from rasterio.transform import from_origin
    from rasterio.warp import Resampling, reproject

    values, own, affine = _read(path, source.path, needs_crs=belt is not None)
    findings: list[Finding] = []
    same: dict[str, Any] = {"src_crs": "EPSG:3857", "dst_crs": "EPSG:3857"}  # a mine grid
    if own is not None and belt is not None:
        transformer(own, belt)  # refuses what PROJ would only do by ballpark
        findings += identity_note(own, belt, source.path)
        same = {"src_crs": own.to_wkt(), "dst_crs": belt.to_wkt()}
    columns, rows = grid.shape
    aligned = np.full((rows, columns), np.nan)
    reproject(
        values,
        aligned,
        src_transform=affine,
        dst_transform=from_origin(*grid.origin_m, grid.cell_m, grid.cell_m),
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling[source.resampling],
        num_threads=1,
        **same,
    )
    return aligned, findings + _summary(aligned, source)


def _summary(values: Floats, source: RasterSource) -> list[Finding]:
    """Extent, missing share and range of a raster on the belt's grid (R03, R05)."""
    known = np.isfinite(values)
    if not known.any():
        return [finding("BN-RAS-003", file=source.path)]
    found = []
    missing = 1.0 - float(known.mean())
    if missing > NOTICEABLE_GAP:
        found.append(finding("BN-RAS-005", file=source.path, share=f"{100 * missing:.0f}"))
    some = values[known]
    words: dict[str, Any] = {
        "low": f"{some.min():g}",
        "high": f"{some.max():g}",
        "mean": f"{some.mean():.4g}",
    }
    found.append(finding("BN-RAS-006", file=source.path, unit=source.unit, **words))
    return found


def _empty_dataset(belt: CRS | None, crs: str, grid: MapGrid) -> xr.Dataset:
    """A dataset with the grid's cell centres and its CRS, and no variable yet."""
    import xarray as xr

    columns, rows = grid.shape
    easting = grid.origin_m[0] + grid.cell_m * (np.arange(columns) + 0.5)
    northing = grid.origin_m[1] - grid.cell_m * (np.arange(rows) + 0.5)
    dataset = xr.Dataset(coords={"northing_m": northing, "easting_m": easting})
    for axis, name in (
        ("easting_m", "projection_x_coordinate"),
        ("northing_m", "projection_y_coordinate"),
    ):
        dataset[axis].attrs = {"units": "m", "standard_name": name}
    dataset = dataset.assign_coords(spatial_ref=0)
    dataset["spatial_ref"].attrs = {"crs_wkt": belt.to_wkt() if belt else "", "crs": crs}
    dataset.attrs = {"crs": crs, "cell_m": grid.cell_m}
    return dataset
