"""One element of a survey on the belt's grid: kriged with a variogram, else inverse distance.

Contents are log10; the map is the back-transformed median, not a mean. No resource figure rests
on it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.config import MapGrid
from geo.geochemistry.config import SurveyMaps, SurveyVariogram
from geo.geochemistry.maps import Field, grid_axes, inverse_distance

Floats = npt.NDArray[np.float64]


def map_element(table: pd.DataFrame, element: str, grid: MapGrid, maps: SurveyMaps) -> Field:
    """Interpolate one element onto the belt's grid.

    Parameters
    ----------
    table : one row for each place with ``easting_m``, ``northing_m`` and the element.
    element, grid, maps
        Column, the belt's grid, and how it is interpolated.

    Returns
    -------
    Field
        Contents (rows from north to south, columns); NaN farther than ``max_distance_m`` from
        every sample.

    Raises
    ------
    ValueError
        The element has no content above zero.
    """
    known = table[table[element] > 0]
    if known.empty:
        raise ValueError(f"{element}: no content above zero")
    places = known[["easting_m", "northing_m"]].to_numpy(dtype=float)
    logs = np.log10(known[element].to_numpy(dtype=float))
    easting, northing = grid_axes(grid)
    x, y = np.meshgrid(easting, northing)
    targets = np.column_stack([x.ravel(), y.ravel()])
    near = inverse_distance(places, logs, targets, maps.neighbours, maps.power, maps.max_distance_m)
    variogram = maps.kriged.get(element)
    how = f"{maps.neighbours} samples within {maps.max_distance_m:g} m, log10"
    if variogram is None:
        method = f"inverse distance, power {maps.power:g}, {how}"
    else:
        inside = np.isfinite(near)
        near[inside] = _krige(places, logs, targets[inside], variogram, maps.neighbours)
        method = f"ordinary kriging (PyKrige), {_words(variogram)}, {how}"
    return Field(element, (10.0**near).reshape(x.shape), method)


def _krige(
    places: Floats, logs: Floats, targets: Floats, variogram: SurveyVariogram, neighbours: int
) -> Floats:
    """Ordinary kriging from the nearest samples."""
    from pykrige.ok import OrdinaryKriging

    parameters = {
        "psill": variogram.sill,
        "range": variogram.range_m,
        "nugget": variogram.nugget,
    }
    kriging = OrdinaryKriging(
        *places.T, logs, variogram_model=variogram.model, variogram_parameters=parameters
    )
    count = min(neighbours, len(logs))
    found = kriging.execute("points", *targets.T, backend="loop", n_closest_points=count)
    return np.asarray(found[0], dtype=float)


def _words(variogram: SurveyVariogram) -> str:
    """A variogram in one line."""
    shape = f"{variogram.model}, sill {variogram.sill:g}, nugget {variogram.nugget:g}"
    return f"{shape}, range {variogram.range_m:g} m"
