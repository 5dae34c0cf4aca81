"""Where a survey's points are: the right pair of coordinates, zones, the belt's system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.crs import check_crs, identity_note, transform
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.tables import SurveyTable
from geo.rules import finding
from geo.special.values import COORDINATE_DECIMALS

Floats = NDArray[np.float64]

MAJORITY = 0.95
HALF = 0.5
MARGIN_DEG = 3.0
"""How far outside its area of use a coordinate system's points may lie (neighbouring zone)."""
_ZONE = re.compile(r"zone (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Placed:
    """Points of one survey, each row of its table."""

    places: Floats
    """(n, 2) easting and northing in the belt's system, metres."""
    lon: Floats
    lat: Floats
    """Degrees on the survey's own datum; NaN on a mine grid."""


def place(table: SurveyTable, source: GeochemistrySource, crs: str) -> Placed | None:
    """Bring a survey's points into the belt's system; rows without coordinates are refused.

    Returns None where the table can't be placed (the findings say why).

    Raises
    ------
    DataError
        A coordinate system is refused, or PROJ knows no exact operation.
    """
    own, belt = check_crs(source.crs, file=source.path), check_crs(crs)
    pair = _pair(table, own, source)
    if pair is None:
        table.findings.append(finding("BN-GCH-006", file=source.path, column="X/Y"))
        return None
    east, north = _read(table, pair, source)
    table.report("BN-GCH-001", ~(np.isfinite(east) & np.isfinite(north)), "X/Y")
    east, north = _read(table, pair, source)
    zones = _zones(table, own, source)
    if not table.usable:
        return None
    lon, lat = np.full_like(east, np.nan), np.full_like(east, np.nan)
    x, y = east.copy(), north.copy()
    for system, rows in zones:
        x[rows], y[rows] = transform(system or "local", belt or "local", east[rows], north[rows])
        if system is not None and system.geodetic_crs is not None:
            geodetic = system.geodetic_crs
            lon[rows], lat[rows] = transform(system, geodetic, east[rows], north[rows])
    _outside(table, own, lon, lat, source)
    if own is not None and belt is not None:
        table.findings += identity_note(own, belt, source.path)
    places = np.column_stack([np.round(v, COORDINATE_DECIMALS) + 0.0 for v in (x, y)])
    return Placed(places, lon, lat)


def _read(table: SurveyTable, pair: int, source: GeochemistrySource) -> tuple[Floats, Floats]:
    """East and north of one pair as written, less the zone's prefix, in metres or degrees."""
    factor = 1000.0 if source.coordinates_km else 1.0
    east = table.points[f"east_{pair}"].to_numpy(float) * factor
    north = table.points[f"north_{pair}"].to_numpy(float) * factor
    return east - (source.conventions.zone_prefix or 0) * 1e6, north


def _in_degrees(table: SurveyTable, pair: int) -> bool:
    """Whether a pair's numbers can be longitude and latitude."""
    east, north = (table.points[f"{axis}_{pair}"].to_numpy(float) for axis in ("east", "north"))
    known = np.isfinite(east) & np.isfinite(north)
    small = (np.abs(east[known]) <= 180) & (np.abs(north[known]) <= 90)
    return bool(known.any() and small.mean() >= MAJORITY)


def _pair(table: SurveyTable, own: CRS | None, source: GeochemistrySource) -> int | None:
    """The surest pair whose numbers fit the coordinate system (degrees or metres)."""
    count = sum(str(name).startswith("east_") for name in table.points.columns)
    for pair in range(count):
        degrees = _in_degrees(table, pair) and not source.coordinates_km
        if own is None or degrees == own.is_geographic:
            return pair
    return None


def _zones(
    table: SurveyTable, own: CRS | None, source: GeochemistrySource
) -> list[tuple[CRS | None, NDArray[np.intp]]]:
    """Coordinate system of each zone named in a column, and its rows; one where none is named."""
    everywhere = np.arange(len(table.points))
    if "zone" not in table.points or own is None or own.is_geographic:
        return [(own, everywhere)]
    numbers = table.points["zone"].str.extract(r"(\d+)")[0]
    named = sorted(set(numbers.dropna()), key=lambda number: (len(number), number))
    base, code = _ZONE.search(own.name), own.to_epsg()
    if len(named) < 2 and base is not None and named in ([], [base.group(1)]):
        return [(own, everywhere)]
    parts: list[tuple[CRS | None, NDArray[np.intp]]] = []
    for zone in named:
        system = _neighbour(code, base.group(1), zone) if base and code else None
        if system is None:
            words: dict[str, Any] = {"found": ", ".join(named), "crs": f"{source.crs} {own.name}"}
            table.findings.append(finding("BN-GCH-025", file=source.path, column="zone", **words))
            return []
        parts.append((system, np.flatnonzero((numbers == zone).to_numpy())))
    blank = np.flatnonzero(numbers.isna().to_numpy())
    if len(blank):
        parts.append((own, blank))
    found = ", ".join(f"{zone}: {len(rows)}" for zone, (_, rows) in zip(named, parts, strict=False))
    table.findings.append(
        finding("BN-GCH-026", file=source.path, column="zone", count=len(named), found=found)
    )
    return parts


def _neighbour(code: int, base: str, zone: str) -> CRS | None:
    """The same system in another zone; None where the register numbers it otherwise."""
    try:
        system = CRS.from_epsg(code + int(zone) - int(base))
    except (CRSError, ValueError):  # a number without end is no zone
        return None
    same = CRS.from_epsg(code).name.replace(f"zone {base}", f"zone {zone}")
    return system if system.name == same else None


def _outside(
    table: SurveyTable, own: CRS | None, lon: Floats, lat: Floats, source: GeochemistrySource
) -> None:
    """A finding where the points don't lie where their coordinate system is used."""
    if own is None or own.area_of_use is None or not len(lon) or "zone" in table.points:
        return
    area = own.area_of_use
    inside = (lon > area.west - MARGIN_DEG) & (lon < area.east + MARGIN_DEG)
    inside &= (lat > area.south - MARGIN_DEG) & (lat < area.north + MARGIN_DEG)
    if inside.all():
        return
    # a wrong zone moves every point; a wide survey in one zone reaches out on one side
    code = "BN-GCH-030" if inside.mean() > HALF else "BN-GCH-005"
    words: dict[str, Any] = {"found": f"{source.crs} {own.name}", "count": int((~inside).sum())}
    table.findings.append(finding(code, file=source.path, column="X/Y", **words))


def second_places(
    table: SurveyTable, source: GeochemistrySource
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]] | None:
    """The two pairs of a table that gives degrees and metres, both in its own projected system.

    None where there is one pair only, or the system is not projected.
    """
    own = check_crs(source.crs, file=source.path)
    if own is None or own.geodetic_crs is None or own.is_geographic:
        return None
    count = sum(str(name).startswith("east_") for name in table.points.columns)
    first = _pair(table, own, source)
    degrees = next((p for p in range(count) if _in_degrees(table, p)), None)
    if first is None or degrees is None or degrees == first or "zone" in table.points:
        return None
    lon, lat = (table.points[f"{axis}_{degrees}"].to_numpy(float) for axis in ("east", "north"))
    east, north = transform(own.geodetic_crs, own, lon, lat)
    return _read(table, first, source), (east, north)
