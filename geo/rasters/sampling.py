"""Values of a raster between the centres of its cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.config import RasterSource
from geo.rasters.reading import Survey

Floats = npt.NDArray[np.float64]


def sampled(
    survey: Survey, band: int, place: tuple[Floats, Floats], source: RasterSource | None
) -> Floats:
    """Bilinear values of a band at fractional rows and columns (n,), NaN outside the raster.

    Only the window around them is read. ``source``: what a person stated about the raster.
    """
    from rasterio.windows import Window

    row, column = place
    height, width = survey.dataset.height, survey.dataset.width
    inside = (row >= -0.5) & (row <= height - 0.5) & (column >= -0.5) & (column <= width - 0.5)
    if not inside.any():
        return np.full(row.shape, np.nan)
    top, left = (max(int(np.floor(v[inside].min())) - 1, 0) for v in (row, column))
    bottom = min(int(np.ceil(row[inside].max())) + 2, height)
    right = min(int(np.ceil(column[inside].max())) + 2, width)
    values = survey.read(band, Window(left, top, right - left, bottom - top), source)
    found = _bilinear(values, np.where(inside, row - top, 0), np.where(inside, column - left, 0))
    return np.where(inside, found, np.nan)


def _bilinear(values: Floats, row: Floats, column: Floats) -> Floats:
    """Bilinear values at fractional rows and columns of cell centres, held at the edges."""
    height, width = values.shape
    row, column = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
    top = np.minimum(np.floor(row).astype(int), max(height - 2, 0))
    left = np.minimum(np.floor(column).astype(int), max(width - 2, 0))
    below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, along = row - top, column - left
    upper = values[top, left] * (1 - along) + values[top, right] * along
    lower = values[below, left] * (1 - along) + values[below, right] * along
    return upper * (1 - down) + lower * down
