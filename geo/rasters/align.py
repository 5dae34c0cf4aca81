"""One band onto the belt's grid, in windows: the source is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo.config import MapGrid, RasterSource
from geo.crs import transformer
from geo.findings import DataError
from geo.rasters.reading import Survey
from geo.rules import finding

SOURCE_CELLS = 8_000_000
"""Source cells read for one window of the belt's grid."""
MARGIN_CELLS = 3
STRIP_ASPECT = 8
"""A file stored by whole rows is read in windows so many times as wide as high."""
ANY_PLANE = "EPSG:3857"
"""Stands for both systems where a belt on a mine grid takes the raster's coordinates as its own."""

Floats = NDArray[np.float64]
Box = tuple[int, int, int, int]
"""First row, row after the last, first column, column after the last."""


@dataclass(frozen=True)
class Placing:
    """How the source's cells and the belt's correspond."""

    source: Affine
    target: Affine
    source_crs: CRS | None
    target_crs: CRS | None
    """Both None: one plane."""
    width: int
    height: int
    """Columns and rows of the source."""
    shape: tuple[int, int]
    """Rows and columns of the belt's grid."""

    @property
    def systems(self) -> dict[str, str]:
        """Coordinate systems in GDAL's words."""
        if self.source_crs is None or self.target_crs is None:
            return {"src_crs": ANY_PLANE, "dst_crs": ANY_PLANE}
        return {"src_crs": self.source_crs.to_wkt(), "dst_crs": self.target_crs.to_wkt()}

    def source_box(self, box: Box) -> Box | None:
        """Source rows and columns behind a box of the belt's grid; None where there are none.

        Parameters
        ----------
        box
            Rows and columns of the belt's grid.
        """
        rows = np.linspace(box[0], box[1], 21)
        columns = np.linspace(box[2], box[3], 21)
        across, down = np.meshgrid(columns, rows)
        x, y = applied(self.target, across.ravel(), down.ravel())
        if self.source_crs is not None and self.target_crs is not None:
            x, y = transformer(self.target_crs, self.source_crs).transform(x, y)
        column, row = applied(~self.source, x, y)
        good = np.isfinite(column) & np.isfinite(row)
        if not good.any():
            return None
        top, bottom = _padded(row[good], self.height, box[1] - box[0])
        left, right = _padded(column[good], self.width, box[3] - box[2])
        return (top, bottom, left, right) if top < bottom and left < right else None


def _padded(places: Floats, limit: int, count: int) -> tuple[int, int]:
    """The range of source cells, wider by the reach of the resampling kernel."""
    low, high = float(places.min()), float(places.max())
    reach = MARGIN_CELLS * max(1.0, (high - low) / count) + 0.02 * (high - low)
    return max(0, int(np.floor(low - reach))), min(limit, int(np.ceil(high + reach)))


def applied(affine: Affine, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Apply an affine transform to arrays of points."""
    across, down = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    a, b, c, d, e, f = tuple(affine)[:6]
    return a * across + b * down + c, d * across + e * down + f


def grid_transform(grid: MapGrid) -> Affine:
    """The belt's grid as an affine transform (north-west corner, rows to the south)."""
    west, north = grid.origin_m
    return Affine(grid.cell_m, 0.0, west, 0.0, -grid.cell_m, north)


def align_band(survey: Survey, band: int, source: RasterSource, placing: Placing) -> Floats:
    """Resample one band onto the belt's grid.

    Each window is warped with the exact transformation (no approximation between points) and
    with one scale for all windows, so that the result does not depend on how it is cut.

    Parameters
    ----------
    survey, band
        The open file, and the number of the band.
    source
        Its resampling, and what a person stated about it.
    placing
        Both grids and systems; :attr:`Placing.target` is :func:`grid_transform` of the belt's.

    Returns
    -------
    array (rows, columns)
        NaN where there is no value.

    Raises
    ------
    DataError
        One cell of the belt covers more source cells than can be held.
    """
    rows, columns = placing.shape
    aligned = np.full((rows, columns), np.nan)
    stretch = _stretch(placing)
    strips = survey.dataset.block_shapes[band - 1][1] == placing.width
    flat = STRIP_ASPECT if strips else 1
    for box, behind in _boxes(placing, (0, rows, 0, columns), flat, survey.file):
        part = _warp(survey, band, source, placing, (box, behind), stretch)
        aligned[box[0] : box[1], box[2] : box[3]] = part
    return aligned


def _boxes(placing: Placing, box: Box, flat: int, file: str) -> Iterator[tuple[Box, Box]]:
    """Cut the belt's grid until the source behind each part is small enough to hold.

    Parts are about ``flat`` times as wide as high.
    """
    behind = placing.source_box(box)
    if behind is None:
        return
    cells = (behind[1] - behind[0]) * (behind[3] - behind[2])
    top, bottom, left, right = box
    rows, columns = bottom - top, right - left
    if cells <= SOURCE_CELLS:
        yield box, behind
        return
    if rows * columns == 1:
        words = f"{cells:,} cells behind one cell of the belt's grid"
        raise DataError([finding("BN-RAS-038", file=file, found=words)])
    if columns == 1 or (rows > 1 and rows * flat >= columns):
        middle = top + rows // 2
        parts = ((top, middle, left, right), (middle, bottom, left, right))
    else:
        middle = left + columns // 2
        parts = ((top, bottom, left, middle), (top, bottom, middle, right))
    for part in parts:
        yield from _boxes(placing, part, flat, file)


def _stretch(placing: Placing) -> dict[str, str]:
    """Cells of the belt for each cell of the source, the same for every window."""
    rows, columns = placing.shape
    box = (rows // 2, rows // 2 + 1, columns // 2, columns // 2 + 1)
    corners = np.array([(box[2], box[0]), (box[3], box[0]), (box[2], box[1])], dtype=float)
    x, y = applied(placing.target, corners[:, 0], corners[:, 1])
    if placing.source_crs is not None and placing.target_crs is not None:
        x, y = transformer(placing.target_crs, placing.source_crs).transform(x, y)
    column, row = applied(~placing.source, x, y)
    across = float(np.hypot(column[1] - column[0], row[1] - row[0]))
    down = float(np.hypot(column[2] - column[0], row[2] - row[0]))
    if not (np.isfinite(across) and np.isfinite(down) and across > 0 and down > 0):
        return {}
    return {"XSCALE": f"{1 / across:.9g}", "YSCALE": f"{1 / down:.9g}"}


def _warp(
    survey: Survey,
    band: int,
    source: RasterSource,
    placing: Placing,
    boxes: tuple[Box, Box],
    stretch: dict[str, str],
) -> Floats:
    """One window of the belt's grid from the source cells behind it."""
    from rasterio.warp import Resampling, reproject
    from rasterio.windows import Window

    (top, bottom, left, right), (first, last, west, east) = boxes
    values = survey.read(band, Window(west, first, east - west, last - first), source)
    part = np.full((bottom - top, right - left), np.nan)
    reproject(
        values,
        part,
        src_transform=placing.source * Affine.translation(west, first),
        dst_transform=placing.target * Affine.translation(left, top),
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling[source.resampling],
        num_threads=1,
        tolerance=0.0,
        **placing.systems,
        **stretch,
    )
    return part
