"""Readings along lines onto a regular grid, with the method judged on held-out lines.

Readings are first reduced to one median a block (the cell of the belt's grid), so that dense
sampling along lines does not outweigh the gaps between them; then interpolated by verde.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.config import MapGrid
from geo.rasters.config import LineSource

if TYPE_CHECKING:
    from geo.rasters.lines import LineSurvey

HELD_OUT = 10
"""Every tenth line is held out to judge a method (stations: every tenth block)."""
JUDGED = 50_000
"""Most held-out blocks a method is judged on."""
NEIGHBOURS = 8
METHODS = ("linear", "cubic", "nearest_mean")
TILE_CELLS = 250_000
"""Cells predicted at once."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gridded:
    """A gridded survey: values (rows, columns), the method used, its errors and the others'."""

    values: Floats
    method: str
    errors: dict[str, float]
    """Root mean square difference on held-out lines by method, in the survey's unit."""


def grid_readings(survey: LineSurvey, source: LineSource, grid: MapGrid) -> Gridded:
    """Grid a survey.

    Parameters
    ----------
    survey
        Readings in the belt's CRS.
    source
        The method, or ``best``: the least error on held-out lines; and the farthest distance.
    grid
        The belt's grid.

    Returns
    -------
    Gridded
        NaN where no reading is within ``max_distance_m``, and outside the hull of the readings
        for the methods that triangulate.
    """
    blocks, values, lines = _reduced(survey, grid, 2 * source.max_distance_m)
    asked = METHODS if source.method == "best" else (source.method,)
    errors = {method: _held_out_error(method, blocks, values, lines) for method in asked}
    method = min(errors, key=lambda name: (np.isnan(errors[name]), errors[name]))
    columns, rows = grid.shape
    if len(values) < 4:
        return Gridded(np.full((rows, columns), np.nan), method, errors)
    model = _fitted(method, blocks, values)
    made = np.full((rows, columns), np.nan)
    easting = grid.origin_m[0] + grid.cell_m * (np.arange(columns) + 0.5)
    tree = cKDTree(blocks)
    step = max(1, TILE_CELLS // columns)
    for first in range(0, rows, step):
        last = min(first + step, rows)
        northing = grid.origin_m[1] - grid.cell_m * (np.arange(first, last) + 0.5)
        x, y = np.meshgrid(easting, northing)
        places = np.column_stack([x.ravel(), y.ravel()])
        distance, _ = tree.query(places, distance_upper_bound=source.max_distance_m, workers=1)
        near = np.isfinite(distance)
        part = np.full(len(places), np.nan)
        if near.any():
            part[near] = model.predict((places[near, 0], places[near, 1]))
        made[first:last] = part.reshape(x.shape)
    return Gridded(made, method, errors)


def _reduced(
    survey: LineSurvey, grid: MapGrid, margin_m: float
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Median of place and value in each block near the map, and the line of each block.

    A block that two lines share belongs to the one of its median number.
    """
    import verde

    columns, rows = grid.shape
    west, north = grid.origin_m
    east, south = west + columns * grid.cell_m, north - rows * grid.cell_m
    x, y = survey.easting_m, survey.northing_m
    inside = (x > west - margin_m) & (x < east + margin_m)
    inside &= (y > south - margin_m) & (y < north + margin_m)
    if not inside.any():
        return np.empty((0, 2)), np.empty(0), np.empty(0, dtype=np.intp)
    where = (x[inside], y[inside])
    reducer = verde.BlockReduce(np.median, spacing=grid.cell_m)
    data = (survey.value[inside], survey.line[inside].astype(float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas, inside verde
        (bx, by), (values, lines) = reducer.filter(where, data)
    return np.column_stack([bx, by]), np.asarray(values), np.round(lines).astype(np.intp)


def _held_out_error(method: str, blocks: Floats, values: Floats, lines: NDArray[np.intp]) -> float:
    """Root mean square error at the blocks of every tenth line, predicted from all the others."""
    numbers = np.unique(lines)
    if len(numbers) >= HELD_OUT:
        out = np.isin(lines, numbers[HELD_OUT // 2 :: HELD_OUT])
    else:
        out = np.arange(len(values)) % HELD_OUT == HELD_OUT // 2
    held = np.flatnonzero(out)
    held = held[:: -(-len(held) // JUDGED)] if len(held) else held
    if not len(held) or (~out).sum() < 4:
        return float("nan")
    model = _fitted(method, blocks[~out], values[~out])
    wrong = model.predict((blocks[held, 0], blocks[held, 1])) - values[held]
    known = np.isfinite(wrong)
    return float(np.sqrt((wrong[known] ** 2).mean())) if known.any() else float("nan")


def _fitted(method: str, blocks: Floats, values: Floats) -> Any:
    """A verde gridder fitted to blocks."""
    import verde

    models = {
        "linear": verde.Linear,
        "cubic": verde.Cubic,
        "nearest_mean": lambda: verde.KNeighbors(k=min(NEIGHBOURS, len(values))),
    }
    return models[method]().fit((blocks[:, 0], blocks[:, 1]), values)
