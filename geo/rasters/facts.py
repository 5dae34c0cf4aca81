"""What a raster file is: its bands, place, gaps and figures, read in windows.

Facts only; what follows from them is in :mod:`geo.rasters.checks`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.config import RasterSource
from geo.crs import check_crs
from geo.rasters.reading import Survey, book, same_number

WINDOW_CELLS = 4_000_000
"""Cells read at once."""
SAMPLE = 1024
"""Side of the thinned copy in which classes, seams and corners are looked for."""
CLASSES = 16
"""A raster of so few different whole numbers looks like classes."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BandFacts:
    """One band, over all its cells. Figures are of values (scaled), NaN where none is left."""

    number: int
    name: str
    dtype: str
    nodata: float | None
    masks: tuple[str, ...]
    """What hides cells: ``nodata``, ``mask``, ``alpha``."""
    scale: float
    offset: float
    unit: str | None
    cells: int
    hidden: int
    minimum: float
    maximum: float
    mean: float
    sd: float
    sentinels: tuple[tuple[float, int], ...]
    """Numbers among the values that programs write for "nothing here", and their counts."""
    classes: int | None
    """How many different whole numbers, where there are no more than :data:`CLASSES`."""
    corner_zeros: float
    """Share of zeros, where a corner is zero."""
    stated_found: tuple[tuple[float, int], ...]
    """The stated nodata values, and how many cells hold each."""
    impossible_nodata: str | None
    """Nodata that the file declares and the type can't hold."""
    other_nodata: str | None
    """Nodata that an attribute of the file names beside the one that GDAL uses."""
    thin: Floats = field(repr=False, compare=False)
    """Every n-th cell of every n-th row; no side is longer than :data:`SAMPLE`."""


@dataclass(frozen=True)
class RasterFacts:
    """One raster file (or one variable of it)."""

    driver: str
    width: int
    height: int
    crs: CRS | None
    crs_from: str
    """Where the coordinate system is from: ``file``, ``attribute`` or nothing."""
    transform: Affine
    placed: bool
    """Whether the file says where it lies by a transform."""
    rotation_deg: float
    south_up: bool
    at_nodes: bool
    gcps: int
    rpcs: bool
    overviews: tuple[int, ...]
    side_cars: tuple[str, ...]
    variables: tuple[str, ...]
    bands: tuple[BandFacts, ...]

    @property
    def origin(self) -> tuple[float, float]:
        """The outer corner of the first cell."""
        return (self.transform.c, self.transform.f)

    @property
    def cell(self) -> tuple[float, float]:
        """Step of a column and of a row along the axes, in the units of its system."""
        return (self.transform.a, self.transform.e)

    @property
    def cell_m(self) -> float:
        """The larger side of a cell in metres (of a degree: along a meridian)."""
        a, b, _, d, e, _ = tuple(self.transform)[:6]
        side = max(math.hypot(a, d), math.hypot(b, e))
        return side * 111_195.0 if self.crs is not None and self.crs.is_geographic else side

    @property
    def area_km2(self) -> float:
        """Extent, km2 (of degrees: at the middle latitude)."""
        area = abs(self.transform.determinant) * self.width * self.height
        if self.crs is not None and self.crs.is_geographic:
            middle = self.transform.f + self.transform.e * self.height / 2
            area *= 111_195.0**2 * max(math.cos(math.radians(middle)), 0.0)
        return area / 1e6


def facts_of(
    survey: Survey, source: RasterSource | None = None, bands: list[int] | None = None
) -> RasterFacts:
    """Read everything worth knowing about an open raster, in windows of bounded memory.

    Parameters
    ----------
    survey
        The open file.
    source
        What a person stated about it.
    bands
        Numbers of the bands to read; all that hold values by default.
    """
    dataset = survey.dataset
    affine = dataset.transform
    crs, whence = coordinate_system(survey)
    turned = abs(affine.b) + abs(affine.d) > 1e-9 * (abs(affine.a) + abs(affine.e))
    wanted = survey.value_bands if bands is None else bands
    return RasterFacts(
        driver=dataset.driver,
        width=dataset.width,
        height=dataset.height,
        crs=crs,
        crs_from=whence,
        transform=affine,
        placed=not (affine == Affine.identity() or dataset.count == 0),
        rotation_deg=math.degrees(math.atan2(affine.d, affine.a)) if turned else 0.0,
        south_up=not turned and affine.e > 0,
        at_nodes=_at_nodes(dataset),
        gcps=len(dataset.gcps[0]),
        rpcs=bool(dataset.rpcs),
        overviews=tuple(dataset.overviews(1)) if dataset.count else (),
        side_cars=tuple(name.rsplit("/", 1)[-1] for name in dataset.files[1:]),
        variables=survey.variables,
        bands=tuple(_band(survey, number, source) for number in wanted),
    )


def coordinate_system(survey: Survey) -> tuple[CRS | None, str]:
    """The file's coordinate system and where it is from.

    Raises
    ------
    DataError
        It is on a legacy datum.
    """
    dataset = survey.dataset
    if dataset.crs:
        return check_crs(dataset.crs.to_wkt(), file=survey.file), "file"
    tags = dataset.tags(1) if dataset.count else {}
    text = str(tags.get("crs", "")).strip()
    if not text:
        return None, ""
    text = re.sub(r"^\+init=(epsg):(\d+).*$", r"\1:\2", text, flags=re.IGNORECASE)
    try:
        CRS.from_user_input(text)
    except CRSError:
        return None, ""
    return check_crs(text, file=survey.file), "attribute"


def windows(height: int, width: int, block_rows: int) -> Iterator[Any]:
    """Windows of whole rows that together cover a raster, each of about WINDOW_CELLS cells."""
    from rasterio.windows import Window

    rows = max(1, WINDOW_CELLS // max(width, 1))
    rows = max(rows // block_rows, 1) * block_rows if block_rows < 4 * rows else rows
    for first in range(0, height, rows):
        yield Window(0, first, width, min(rows, height - first))


def _at_nodes(dataset: Any) -> bool:
    """Whether values stand at nodes rather than for cells."""
    area = dataset.tags().get("AREA_OR_POINT", "Area")
    return dataset.driver in book()["node_drivers"] or area.casefold() == "point"


def _band(survey: Survey, number: int, source: RasterSource | None) -> BandFacts:
    """Figures of one band."""
    dataset = survey.dataset
    totals = _Totals(tuple(source.declared_nodata) if source else ())
    step = max(1, -(-max(dataset.height, dataset.width) // SAMPLE))
    parts = []
    for window in windows(dataset.height, dataset.width, dataset.block_shapes[number - 1][0]):
        raw = dataset.read(number, window=window)
        values = survey.values(number, raw, window, source)
        totals.add(raw, values)
        parts.append(values[-int(window.row_off) % step :: step, ::step].copy())
    scale, offset = survey.scaling(number, source)
    thin = np.vstack(parts)
    return BandFacts(
        number=number,
        name=survey.band_name(number),
        dtype=dataset.dtypes[number - 1],
        nodata=survey.nodata(number),
        masks=_masks(survey, number),
        scale=scale,
        offset=offset,
        unit=dataset.units[number - 1] or None,
        cells=dataset.width * dataset.height,
        hidden=totals.hidden,
        minimum=totals.low if totals.known else math.nan,
        maximum=totals.high if totals.known else math.nan,
        mean=totals.mean,
        sd=totals.sd,
        sentinels=tuple(sorted(totals.sentinels.items())),
        classes=_classes(thin),
        corner_zeros=_corner_zeros(thin),
        stated_found=tuple(totals.stated.items()),
        impossible_nodata=survey.impossible_nodata(number),
        other_nodata=_other_nodata(survey, number),
        thin=thin,
    )


class _Totals:
    """Running figures over windows (Chan, Golub & LeVeque 1983 for the spread)."""

    def __init__(self, stated: tuple[float, ...]):
        self.known = self.hidden = 0
        self.low, self.high = math.inf, -math.inf
        self._mean = self._squares = 0.0
        self.sentinels: dict[float, int] = {}
        self.stated = dict.fromkeys(stated, 0)

    def add(self, raw: NDArray[Any], values: Floats) -> None:
        """Take in one window: as stored, and as values."""
        for number in self.stated:
            self.stated[number] += int(same_number(raw, number).sum())
        missing = np.isnan(values)
        self.hidden += int(missing.sum())
        some = values[~missing]
        if not some.size:
            return
        self.low, self.high = min(self.low, some.min()), max(self.high, some.max())
        self._note_sentinels(raw.real[~missing])
        ordinary = some[np.abs(some) < book()["largest_reading"]]
        count, mean = ordinary.size, float(ordinary.mean()) if ordinary.size else 0.0
        if not count:
            return
        total, apart = self.known + count, mean - self._mean
        self._squares += float(((ordinary - mean) ** 2).sum())
        self._squares += apart**2 * self.known * count / total
        self._mean += apart * count / total
        self.known = total

    def _note_sentinels(self, stored: NDArray[Any]) -> None:
        """Count numbers that stand for "nothing here"."""
        low, high = float(stored.min()), float(stored.max())
        for sentinel in map(float, book()["sentinels"]):
            if low <= sentinel <= high and (count := int((stored == sentinel).sum())):
                self.sentinels[sentinel] = self.sentinels.get(sentinel, 0) + count
        if max(-low, high) >= book()["largest_reading"]:
            huge = stored[np.abs(stored) >= book()["largest_reading"]]
            for value, count in zip(*np.unique(huge, return_counts=True), strict=True):
                key = float(value)
                self.sentinels[key] = self.sentinels.get(key, 0) + int(count)

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return self._mean if self.known else math.nan

    @property
    def sd(self) -> float:
        """Standard deviation of the values (divisor n)."""
        return math.sqrt(self._squares / self.known) if self.known else math.nan


def _masks(survey: Survey, number: int) -> tuple[str, ...]:
    """What hides cells of a band."""
    flags = {flag.name for flag in survey.dataset.mask_flag_enums[number - 1]}
    found = ["nodata"] if survey.nodata(number) is not None else []
    if survey.alpha_band is not None:
        found.append("alpha")
    elif "per_dataset" in flags:
        found.append("mask")
    return tuple(found)


def _other_nodata(survey: Survey, number: int) -> str | None:
    """A nodata that an attribute names and that is not the one in use."""
    tags = survey.dataset.tags(number)
    for key in ("_FillValue", "missing_value", "nodata"):
        try:
            value = float(tags[key])
        except (KeyError, ValueError):
            continue
        used = survey.nodata(number)
        same = used is not None and (value == used or (math.isnan(value) and math.isnan(used)))
        if not same:
            return f"{value:g}"
    return None


def _classes(thin: Floats) -> int | None:
    """Count of different values, where they are few and whole."""
    values = thin[np.isfinite(thin)]
    if values.size < 4 * CLASSES:
        return None
    different = np.unique(values)
    whole = bool((different == np.round(different)).all())
    return len(different) if whole and len(different) <= CLASSES else None


def _corner_zeros(thin: Floats) -> float:
    """Share of zeros among the values, where a corner is zero and most values are not."""
    corners = thin[[0, 0, -1, -1], [0, -1, 0, -1]]
    values = thin[np.isfinite(thin)]
    if not values.size or not (corners == 0).any():
        return 0.0
    share = float((values == 0).mean())
    return share if len(np.unique(values)) > CLASSES else 0.0
