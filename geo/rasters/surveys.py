"""Raster surveys on the belt's grid; the only door to rasterio.

A raster is used with its CRS and its nodata declared, or not at all: a sentinel read as a value
(-9999, 1.70141e38) would be a mountain on the map. Opening is in :mod:`geo.rasters.reading`,
facts in :mod:`geo.rasters.facts`, what follows from them in :mod:`geo.rasters.checks`,
resampling in :mod:`geo.rasters.align`.
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
from geo.files import sha256
from geo.findings import DataError, Finding
from geo.inbox import lies_inside
from geo.rasters.align import Placing, align_band, applied, grid_transform
from geo.rasters.checks import band_findings, flip_findings, layer_findings, place_findings
from geo.rasters.facts import RasterFacts, facts_of
from geo.rasters.reading import Survey, opened
from geo.rasters.sampling import sampled
from geo.rules import blocks, finding

if TYPE_CHECKING:
    import xarray as xr

NOTICEABLE_GAP = 0.2
PERCENTILES = (2, 25, 50, 75, 98)

Floats = NDArray[np.float64]


def inspect_raster(
    path: Path,
    file: str | None = None,
    source: RasterSource | None = None,
    *,
    variable: str | None = None,
) -> tuple[RasterFacts | None, tuple[Finding, ...]]:
    """Say what a raster file is, and what is wrong with it.

    Parameters
    ----------
    path
        The file; ``.zip`` with one raster and ``.xz`` are expanded within limits.
    file
        Its name in findings; its own name by default.
    source
        What a person stated about it, where it is configured.
    variable
        Variable of a netCDF or HDF file that holds several; ``source`` may name it too.

    Returns
    -------
    facts, findings
        Facts of all bands (None where the file can't be read; without bands where it holds
        several variables and none is named). A finding whose rule has the effect ``table`` says
        why the raster can't be used.
    """
    from geo.drillholes.reading import sort_findings

    name = file or path.name
    variable = variable or (source.variable if source else None)
    try:
        with opened(path, name, variable) as survey:
            facts = facts_of(survey, source)
            found = _contents(survey, name)
            if facts.bands:
                found += place_findings(facts, source, name)
            for band in facts.bands:
                found += band_findings(band, source, name)
    except DataError as error:
        return None, tuple(replace(f, file=name) for f in error.findings)
    return facts, sort_findings(found)


def _contents(survey: Survey, file: str) -> list[Finding]:
    """What the file holds, where that is more than one layer."""
    names = survey.band_names or list(survey.variables)
    if len(names) < 2:
        return []
    return [finding("BN-RAS-045", file=file, count=len(names), names=", ".join(names[:20]))]


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
        there is no value; attributes ``units`` and names, where it is from and its statistics
        (:func:`layer_attributes`); CRS as WKT in ``spatial_ref`` (CF grid mapping). A survey that
        can't be used is left out, and its finding says why.
    findings, files
        What was found; configured path -> sha256.
    """
    import xarray as xr

    from geo.drillholes.reading import sort_findings

    if map_grid is None:
        return xr.Dataset(), (), {}
    dataset = empty_dataset(crs, map_grid)
    findings: list[Finding] = []
    files: dict[str, str] = {}
    for source in sources:
        root = resolve_root(source.root, base)
        path = root / source.path
        if not lies_inside(root, source.path):
            findings.append(finding("BN-INB-004", file=source.path, value=source.path))
            continue
        if not path.is_file():
            findings.append(finding("BN-TAB-001", file=source.path))
            continue
        files[source.path] = sha256(path)
        if source.name in dataset:
            findings.append(finding("BN-RAS-042", file=source.path, name=source.name))
            continue
        try:
            layer, found = _layer(path, source, crs, map_grid)
        except DataError as error:
            findings += [replace(f, file=source.path) for f in error.findings]
            continue
        findings += found
        if not any(map(blocks, found)):
            layer.attrs["sha256"] = files[source.path]
            findings += _compared(layer, dataset, source)
            dataset[source.name] = layer
    return dataset, sort_findings(findings), files


def _compared(layer: xr.DataArray, dataset: xr.Dataset, source: RasterSource) -> list[Finding]:
    """A layer beside earlier ones of its kind: is it turned over?"""
    found = []
    for name, other in dataset.data_vars.items():
        if source.kind is not None and other.attrs.get("kind") == source.kind:
            at = (layer.to_numpy(), other.to_numpy())
            found += flip_findings(*at, str(name), source.path)
    return found


def _layer(
    path: Path, source: RasterSource, crs: str, grid: MapGrid
) -> tuple[xr.DataArray, list[Finding]]:
    """One raster on the belt's grid with its attributes, and what was found."""
    import xarray as xr

    belt = check_crs(crs)
    columns, rows = grid.shape
    with opened(path, source.path, source.variable) as survey:
        band = chosen_band(survey, source)
        facts = facts_of(survey, source, [band])
        found = place_findings(facts, source, source.path, needs_crs=belt is not None)
        found += band_findings(facts.bands[0], source, source.path)
        values = np.full((rows, columns), np.nan)
        if not any(map(blocks, found)):
            own = check_crs(source.crs.code) if source.crs else facts.crs
            placing = _placing(facts, own, belt, grid)
            if own is not None and belt is not None:
                found += identity_note(own, belt, source.path)
            values = align_band(survey, band, source, placing)
            found += _summary(values, source)
            found += layer_findings(values, facts, source, grid.cell_m)
    attributes = layer_attributes(values, source, facts)
    return xr.DataArray(values, dims=("northing_m", "easting_m"), attrs=attributes), found


def _placing(facts: RasterFacts, own: CRS | None, belt: CRS | None, grid: MapGrid) -> Placing:
    """How the raster lies on the belt's grid.

    Raises
    ------
    DataError
        PROJ knows no exact operation between the two systems.
    """
    if own is not None and belt is not None:
        transformer(own, belt)  # refuses what PROJ would only do by ballpark
    columns, rows = grid.shape
    both = own is not None and belt is not None
    return Placing(
        source=facts.transform,
        target=grid_transform(grid),
        source_crs=own if both else None,
        target_crs=belt if both else None,
        width=facts.width,
        height=facts.height,
        shape=(rows, columns),
    )


def chosen_band(survey: Survey, source: RasterSource | None) -> int:
    """Return the number of the band that the configuration chose, or of the only one.

    Raises
    ------
    DataError
        There are several and none is chosen, or there is no such band or variable.
    """
    wanted = source.band if source else None
    variable = source.variable if source else None
    held = survey.dataset.tags(1).get("NETCDF_VARNAME") if survey.dataset.count else None
    known = (*survey.variables, held)
    if variable is not None and variable not in known:
        raise _no_such(survey.file, variable, [name for name in known if name])
    names = survey.band_names or list(survey.variables)
    if not survey.dataset.count or (wanted is None and len(survey.value_bands) != 1):
        words: dict[str, Any] = {"count": len(names), "names": ", ".join(names[:20])}
        raise DataError([finding("BN-RAS-016", file=survey.file, **words)])
    if wanted is None:
        return survey.value_bands[0]
    match = [b for b in survey.value_bands if wanted in (b, survey.band_name(b))]
    if len(match) != 1:
        raise _no_such(survey.file, wanted, names)
    return match[0]


def _no_such(file: str, wanted: object, names: list[str]) -> DataError:
    """No band or variable of that name."""
    words: dict[str, Any] = {"wanted": wanted, "names": ", ".join(names[:20])}
    return DataError([finding("BN-RAS-017", file=file, **words)])


def surface_elevation(
    path: Path,
    crs: str | CRS | None,
    easting_m: ArrayLike,
    northing_m: ArrayLike,
    source: RasterSource | None = None,
) -> Floats:
    """Sample a raster (elevations, or any other quantity) bilinearly at points in the belt's CRS.

    Parameters
    ----------
    path
        Raster of elevations, metres, with CRS and nodata declared (a belt on a mine grid takes
        the raster's coordinates as its own).
    crs
        The belt's CRS.
    easting_m, northing_m
        (n,) points.
    source
        What a person stated about the raster: variable, band, nodata, scale, offset, system.

    Returns
    -------
    array (n,)
        In the raster's unit; NaN outside it and wherever one of the four cells has no value.

    Raises
    ------
    DataError
        The raster can't be read, has no CRS or undeclared nodata, or can't be transformed.
    """
    x, y = np.asarray(easting_m, dtype=float), np.asarray(northing_m, dtype=float)
    with opened(path, path.name, source.variable if source else None) as survey:
        band = chosen_band(survey, source)
        facts = facts_of(survey, source, [band])
        trouble = place_findings(facts, source, path.name, needs_crs=not _is_local(crs))
        trouble += band_findings(facts.bands[0], source, path.name)
        grave = [f for f in trouble if blocks(f) and f.code not in SAMPLED_ANYWAY]
        if grave:
            raise DataError(grave)
        own = check_crs(source.crs.code) if source and source.crs else facts.crs
        if own is not None and crs is not None and not _is_local(crs):
            x, y = transform(crs, own, x, y)
        column, row = applied(~facts.transform, x, y)
        return sampled(survey, band, (row - 0.5, column - 0.5), source)


SAMPLED_ANYWAY = ("BN-RAS-011", "BN-RAS-032")
"""A rotated raster is sampled by its transform; security is asked where it is a layer."""


def _is_local(crs: str | CRS | None) -> bool:
    """Whether coordinates are on a mine grid."""
    return crs is None or (isinstance(crs, str) and crs.strip().casefold() == LOCAL)


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


def layer_attributes(values: Floats, source: RasterSource, facts: RasterFacts) -> dict[str, Any]:
    """What is stored with a layer: names, unit, where it is from, how it came here, statistics."""
    band = facts.bands[0]
    own = check_crs(source.crs.code) if source.crs else facts.crs
    return {
        "units": source.unit,
        "long_name": source.quantity.en,
        "long_name_zh": source.quantity.zh,
        "kind": source.kind or "",
        "resampling": source.resampling,
        "source": source.path,
        "source_band": band.name,
        "source_crs": own.to_string() if own is not None else LOCAL,
        "source_cell": [float(facts.cell[0]), float(facts.cell[1])],
        "source_dtype": band.dtype,
        "source_nodata": "" if band.nodata is None else f"{band.nodata:g}",
        "declared_nodata": [float(value) for value in source.declared_nodata],
        "masks": list(band.masks),
        "scale_applied": band.scale,
        "offset_applied": band.offset,
        "grid_mapping": "spatial_ref",
        **statistics(values),
    }


def statistics(values: Floats) -> dict[str, Any]:
    """Statistics of a layer on the belt's grid: share missing, extremes, mean, spread, percentiles.

    Without a value anywhere only ``missing_share`` is given.
    """
    some = values[np.isfinite(values)]
    plain: dict[str, Any] = {"missing_share": 1.0 - some.size / max(values.size, 1)}
    if some.size:
        plain |= {"minimum": float(some.min()), "maximum": float(some.max())}
        plain |= {"mean": float(some.mean()), "sd": float(some.std())}
        marks = np.percentile(some, PERCENTILES)
        plain |= {f"p{p:02d}": float(v) for p, v in zip(PERCENTILES, marks, strict=True)}
    return plain


def empty_dataset(crs: str, grid: MapGrid) -> xr.Dataset:
    """Return a dataset with the grid's cell centres and its CRS, and no variable yet."""
    import xarray as xr

    belt = check_crs(crs)
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
