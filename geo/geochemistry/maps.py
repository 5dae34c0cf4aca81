"""A survey on the belt's grid: inverse distance, the dataset with its provenance, anomalies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from geo.config import MapGrid, Names
from geo.crs import check_crs

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

DIMS = ("northing_m", "easting_m")
UNIT_TEXT = {"ppm": "mg/kg", "ppb": "ug/kg", "pct": "%", "gpt": "g/t"}
REGISTER_COLUMNS = [
    "anomaly",
    "element",
    "cells",
    "area_km2",
    "mean",
    "peak",
    "contrast",
    "nap",
    "easting_m",
    "northing_m",
]


def grid_axes(grid: MapGrid) -> tuple[Floats, Floats]:
    """Centres of a map grid's columns (west to east) and rows (north to south), metres."""
    columns, rows = grid.shape
    west, north = grid.origin_m
    easting = west + grid.cell_m * (np.arange(columns, dtype=np.float64) + 0.5)
    northing = north - grid.cell_m * (np.arange(rows, dtype=np.float64) + 0.5)
    return np.asarray(easting, np.float64), np.asarray(northing, np.float64)


def inverse_distance(
    places: Floats,
    logs: Floats,
    targets: Floats,
    neighbours: int,
    power: float,
    max_distance_m: float,
) -> Floats:
    """Interpolate by inverse distance from the nearest samples (Shepard 1968).

    Parameters
    ----------
    places, logs : (n, 2) metres and (n,) log10 of contents, one for each place.
    targets : (m, 2) metres.
    neighbours, power, max_distance_m
        Samples of one target, exponent, and how far the nearest sample may be.

    Returns
    -------
    (m,) log10 of contents; NaN where no sample is near enough. A target at a sample has its value.
    """
    count = min(neighbours, len(places))
    distance, index = cKDTree(places).query(targets, k=count)
    distance, index = distance.reshape(len(targets), -1), index.reshape(len(targets), -1)
    weights = np.maximum(distance, 1e-6) ** -power
    estimate = (weights * logs[index]).sum(axis=1) / weights.sum(axis=1)
    return np.where(distance[:, 0] <= max_distance_m, estimate, np.nan)


@dataclass(frozen=True)
class Field:
    """One element on the grid: contents (rows, columns), and how they were made."""

    element: str
    values: Floats
    method: str


def survey_dataset(
    fields: list[Field], grid: MapGrid, crs: str, provenance: dict[str, Any]
) -> xr.Dataset:
    """Return a survey's fields as a dataset that says what it is (CF-1.8).

    Each variable carries unit, method and grid mapping; the dataset carries source, medium,
    levelling, replacement below detection, and the code's version in ``provenance`` (JSON) and
    as attributes of their own.
    """
    import xarray as xr

    easting, northing = grid_axes(grid)
    system = check_crs(crs)
    mapping = {} if system is None else system.to_cf()
    layers: dict[str, Any] = {
        field.element: (
            DIMS,
            field.values,
            {
                "units": UNIT_TEXT[field.element.rpartition("_")[2]],
                "long_name": field.element,
                "method": field.method,
                "grid_mapping": "spatial_ref",
            },
        )
        for field in fields
    }
    layers["spatial_ref"] = ((), np.int32(0), mapping | {"crs_wkt": mapping.get("crs_wkt", "")})
    axis = {"units": "m"}
    coordinates = {
        "northing_m": (
            "northing_m",
            northing,
            {"standard_name": "projection_y_coordinate", **axis},
        ),
        "easting_m": ("easting_m", easting, {"standard_name": "projection_x_coordinate", **axis}),
    }
    attributes = {
        "Conventions": "CF-1.8",
        "crs": crs,
        **{name: _plain(value) for name, value in provenance.items()},
        "provenance": json.dumps(provenance, sort_keys=True, ensure_ascii=False),
    }
    return xr.Dataset(layers, coords=coordinates, attrs=attributes)


def _plain(value: Any) -> str:
    """An attribute as text."""
    return (
        value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    )


def anomaly_labels(
    field: Floats, threshold: float, min_cells: int
) -> tuple[NDArray[np.int32], int]:
    """Number the connected areas at or above a threshold (cells that share a side).

    Returns labels (rows, columns), 0 outside, 1.. by falling NAP of the area, and their count.
    """
    above = np.nan_to_num(field, nan=-np.inf) >= threshold
    labels, count = ndimage.label(above)
    if not count:
        return labels.astype(np.int32), 0
    numbers = np.arange(1, count + 1)
    cells = ndimage.sum_labels(above, labels, numbers)
    strength = ndimage.sum_labels(np.where(above, field / threshold, 0.0), labels, numbers)
    kept = [n for n in numbers[np.argsort(-strength, kind="stable")] if cells[n - 1] >= min_cells]
    renamed = np.zeros(count + 1, dtype=np.int32)
    renamed[kept] = np.arange(1, len(kept) + 1)
    return renamed[labels], len(kept)


def anomaly_register(
    field: Field, grid: MapGrid, threshold: float, min_cells: int
) -> tuple[pd.DataFrame, NDArray[np.int32]]:
    """Register the anomalies of one element (异常登记表), strongest first.

    ``mean`` and ``peak`` are the field's; ``contrast`` (衬度) = mean / threshold; ``nap``
    (规格化面金属量) = contrast × area in km²; the place is that of the peak. Definitions as in
    regional practice (unverified against DZ/T 0167).
    """
    labels, count = anomaly_labels(field.values, threshold, min_cells)
    easting, northing = grid_axes(grid)
    numbers = np.arange(1, count + 1)
    symbol = field.element.partition("_")[0].capitalize()
    lines = []
    for number in numbers:
        inside = labels == number
        values = np.where(inside, field.values, -np.inf)
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        cells = int(inside.sum())
        area = cells * grid.cell_m**2 / 1e6
        mean = float(field.values[inside].mean())
        contrast = mean / threshold
        peak = float(field.values[row, column])
        place = float(easting[column]), float(northing[row])
        name = f"{symbol}-{number:02d}"
        figures = [cells, area, mean, peak, contrast, contrast * area]
        lines.append([name, field.element, *figures, *place])
    return pd.DataFrame(lines, columns=REGISTER_COLUMNS), labels


def anomaly_outlines(
    register: pd.DataFrame, labels: NDArray[np.int32], grid: MapGrid, crs: str
) -> Any:
    """The register as a GeoDataFrame with the outline of each anomaly's cells."""
    import geopandas
    from rasterio.features import shapes
    from rasterio.transform import from_origin

    west, north = grid.origin_m
    turn = from_origin(west, north, grid.cell_m, grid.cell_m)
    parts = [
        {"type": "Feature", "geometry": outline, "properties": {"number": int(number)}}
        for outline, number in shapes(labels, mask=labels > 0, transform=turn)
    ]
    outlines = geopandas.GeoDataFrame.from_features(parts).dissolve(by="number").sort_index()
    return geopandas.GeoDataFrame(register, geometry=list(outlines.geometry), crs=check_crs(crs))


def medium_text(medium: Names) -> str:
    """A medium's name in both languages."""
    return f"{medium.zh} / {medium.en}"
