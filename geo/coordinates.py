"""What two numbers of a row are: which is north, whose zone, degrees or a mine grid.

Ranges in China don't overlap (northings 1.9-6.1 million metres, eastings of six digits or of eight
with a zone prefix, longitudes 73-136, latitudes 3-54), so the order of two columns can be told
from the numbers. A heading alone never can: survey tables call north X, GIS exports call east X.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

Floats = NDArray[np.float64]

MAJORITY = 0.95
"""A file speaks for one way of writing when this share of its rows does."""
NORTHINGS_M = (1.9e6, 6.1e6)
LONGITUDES_DEG = (73.0, 136.0)
LATITUDES_DEG = (3.0, 54.0)
EASTINGS_M = (1.0e5, 9.0e5)
LOCAL_BELOW_M = 1.0e5
OUTSIDE_ZONE_M = 15_000.0
"""An easting may lie this far outside its zone before the zone is doubted (working rule)."""
MOST_EXCHANGED = 1 / 3
"""Where more rows than this share have X and Y exchanged, no order is the file's (working rule)."""
FEWEST_PACKED = 20
"""Rows from which packed degrees (ddd.mmss) can be told from decimal ones."""

GEOGRAPHIC, PREFIXED, PLAIN, LOCAL, UNKNOWN = range(5)
KINDS = {
    GEOGRAPHIC: ("经纬度", "longitude and latitude"),
    PREFIXED: ("带号加东坐标", "easting with a zone prefix"),
    PLAIN: ("无带号的东坐标", "easting without a prefix"),
    LOCAL: ("独立坐标", "mine grid"),
    UNKNOWN: ("无法识别", "not recognised"),
}


@dataclass(frozen=True)
class Rows:
    """Verdict on each row of a table: (n,) arrays.

    ``kind`` is one of GEOGRAPHIC, PREFIXED, PLAIN, LOCAL, UNKNOWN; ``first_is_east`` says that the
    first number is the easting (longitude); ``zone`` is the prefix (0: none); ``east`` and
    ``north`` are metres with the prefix taken off, or degrees.
    """

    kind: NDArray[np.int8]
    first_is_east: NDArray[np.bool_]
    zone: NDArray[np.int64]
    east: Floats
    north: Floats


@dataclass(frozen=True)
class FileVerdict:
    """What a file's rows say together, and the rows that say otherwise."""

    kind: int
    first_is_east: bool
    zone: int
    share: float
    minority: NDArray[np.intp]
    exchanged: NDArray[np.bool_]
    """(n,) rows that say the same with their two numbers exchanged."""

    @property
    def sure(self) -> bool:
        """Whether at least 95 % of the rows agree."""
        return self.share >= MAJORITY

    @property
    def settled(self) -> bool:
        """Whether at least 95 % agree once a minority of rows is exchanged back."""
        turned = float(self.exchanged.mean()) if len(self.exchanged) else 0.0
        return self.sure or (turned <= MOST_EXCHANGED and self.share + turned >= MAJORITY)


def zone_width(zone: int) -> int:
    """Width in degrees of the zone a prefix names: 6 (13-23), 3 (25-45), 0 where there is none."""
    return 6 if 13 <= zone <= 23 else 3 if 25 <= zone <= 45 else 0


def zone_code(zone: int, *, prefixed: bool) -> str:
    """EPSG code of a CGCS2000 zone, with the prefix in its eastings or without.

    EPSG 4491-4501 and 4502-4512 (six degrees), 4513-4533 and 4534-4554 (three degrees).

    Raises
    ------
    ValueError
        There is no such zone.
    """
    if not zone_width(zone):
        raise ValueError(f"no zone {zone}")
    first = {(6, True): 4491, (6, False): 4502, (3, True): 4513, (3, False): 4534}
    width = zone_width(zone)
    return f"EPSG:{first[width, prefixed] + zone - (13 if width == 6 else 25)}"


def zone_of(crs: CRS | None) -> tuple[int, bool] | None:
    """Zone number and "eastings carry it" of a CGCS2000 or legacy Gauss-Krueger system.

    None for any other system.
    """
    code = crs.to_epsg() if crs is not None else None
    blocks = (
        *((4491, 13, 11, True), (4502, 13, 11, False), (4513, 25, 21, True), (4534, 25, 21, False)),
        *((2327, 13, 11, True), (2338, 13, 11, False), (2349, 25, 21, True), (2370, 25, 21, False)),
        *((21413, 13, 11, True), (21453, 13, 11, False)),
        *((2401, 25, 21, True), (2422, 25, 21, False)),
    )
    for first, zone, count, prefixed in blocks:
        if code is not None and first <= code < first + count:
            return zone + code - first, prefixed
    return None


def classify(first: ArrayLike, second: ArrayLike) -> Rows:
    """Say of every row what its two numbers are, in whichever order.

    Parameters
    ----------
    first, second
        (n,) numbers of two columns, metres or degrees; the order need not be known.

    Returns
    -------
    Rows
        Blank rows, rows that fit nothing, and rows with two northings are UNKNOWN.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    lonlat, latlon = _degrees(a, b), _degrees(b, a)
    a_north, b_north = _within(a, NORTHINGS_M), _within(b, NORTHINGS_M)
    zone_a, zone_b = _prefix(a), _prefix(b)
    east_a = b_north & ~a_north & ((zone_a > 0) | _within(a, EASTINGS_M))
    east_b = a_north & ~b_north & ((zone_b > 0) | _within(b, EASTINGS_M))
    zone = np.where(east_a, zone_a, np.where(east_b, zone_b, 0))
    geographic = (lonlat | latlon) & ~east_a & ~east_b
    small = (np.abs(a) < LOCAL_BELOW_M) & (np.abs(b) < LOCAL_BELOW_M) & ~geographic
    kind = np.select(
        [geographic, (east_a | east_b) & (zone > 0), east_a | east_b, small],
        [GEOGRAPHIC, PREFIXED, PLAIN, LOCAL],
        UNKNOWN,
    ).astype(np.int8)
    first_is_east = ~(east_b | (geographic & latlon & ~lonlat))
    east, north = np.where(first_is_east, a, b), np.where(first_is_east, b, a)
    return Rows(kind, first_is_east, zone, east - zone * 1e6, north)


def judge(rows: Rows) -> FileVerdict:
    """Verdict of a file by majority; rows that don't share it are the minority."""
    signs = rows.kind.astype(np.int64) * 1000 + rows.zone * 2 + rows.first_is_east
    if not len(signs):
        none = np.array([], dtype=np.bool_)
        return FileVerdict(UNKNOWN, True, 0, 0.0, np.array([], dtype=np.intp), none)
    values, counts = np.unique(signs, return_counts=True)
    most = int(values[counts.argmax()])
    minority = np.flatnonzero(signs != most)
    share = float(counts.max() / len(signs))
    told = most // 1000 in (GEOGRAPHIC, PREFIXED, PLAIN)
    exchanged = (signs == most + (-1 if most % 2 else 1)) & told
    return FileVerdict(most // 1000, bool(most % 2), most % 1000 // 2, share, minority, exchanged)


def half_width_m(northing_m: ArrayLike, width_deg: int) -> Floats:
    """Half a zone's width in metres at a northing: 158.9 km at 18° for three degrees."""
    latitude = np.asarray(_latitudes().transform(np.full(np.shape(northing_m), 5e5), northing_m)[1])
    edge = np.full(latitude.shape, 117.0 + width_deg / 2)
    east = _latitudes().transform(edge, latitude, direction="INVERSE")[0]
    return np.asarray(east, dtype=float) - 5e5


def outside_zone(rows: Rows, width_deg: int) -> NDArray[np.bool_]:
    """Rows whose easting lies outside its zone by more than :data:`OUTSIDE_ZONE_M`.

    So look a wrong zone, or six-degree eastings taken for three-degree ones.
    """
    metric = np.isin(rows.kind, (PREFIXED, PLAIN))
    out = np.zeros(len(rows.kind), dtype=bool)
    out[metric] = beyond_zone(rows.east[metric], rows.north[metric], width_deg)
    return out


def beyond_zone(east: Floats, north: Floats, width_deg: int) -> NDArray[np.bool_]:
    """Places (n,), metres without prefix, over :data:`OUTSIDE_ZONE_M` outside their zone."""
    return np.asarray(np.abs(east - 5e5) > half_width_m(north, width_deg) + OUTSIDE_ZONE_M)


def meridian_deg(zone: int) -> int:
    """Central meridian of the zone a prefix names: 16 (six degrees) and 31 (three) have 93."""
    return 6 * zone - 3 if zone_width(zone) == 6 else 3 * zone


LONGEST_ANGLE = 60
"""Signs of the longest text that is read as an angle."""
_DMS = re.compile(
    r"\s*(?P<before>[NSEW北南东西]?)(?:纬|经)?\s*(?P<sign>-?)(?P<d>\d{1,3})\s*[°度:\s]\s*"
    r"(?P<m>\d{1,2})\s*(?:[′'分:\s]\s*(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:″|\"|''|秒|′′)?)?)?\s*"
    r"(?P<after>[NSEW北南东西]?)\s*",
    re.IGNORECASE,
)


def read_dms(texts: Sequence[str]) -> Floats:
    """Degrees of texts such as ``29°37′30″``, ``29 37 30``, ``N29:37:30``, ``29度37分30秒``.

    Plain numbers stay as they are; what can't be read, or has 60 minutes or more, is NaN.
    """
    known = {text: _dms(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=float)


def _dms(text: str) -> float:
    text = text.strip()
    if len(text) > LONGEST_ANGLE or "_" in text:  # Python reads 1_000 as a number
        return float("nan")
    try:
        return float(text) if np.isfinite(float(text)) else float("nan")
    except ValueError:
        found = _DMS.fullmatch(text)
    if found is None:
        return float("nan")
    degrees, minutes = float(found["d"]), float(found["m"])
    seconds = float(found["s"] or 0.0)
    if minutes >= 60 or seconds >= 60:
        return float("nan")
    side = (found["before"] or found["after"]).upper()
    value = degrees + minutes / 60 + seconds / 3600
    return -value if found["sign"] or side in {"S", "W", "南", "西"} else value


def unpack_dms(packed: ArrayLike) -> Floats:
    """Degrees of packed numbers ``ddd.mmss``: 29.3730 is 29°37′30″ = 29.625."""
    values = np.asarray(packed, dtype=float)
    size = np.round(np.abs(values) * 1e8) / 1e8
    degrees = np.floor(size)
    minutes = np.floor(np.round((size - degrees) * 1e2, 8))
    seconds = np.round(((size - degrees) * 1e2 - minutes) * 1e2, 8)
    return np.asarray(np.sign(values) * (degrees + minutes / 60 + seconds / 3600), dtype=float)


def may_be_packed(texts: Sequence[str]) -> bool:
    """Whether degrees may be packed (ddd.mmss): four decimals or more, no 60 in any of 20 rows.

    One decimal degree in three would pass by chance, twenty in a row don't.
    """
    parts = [text.strip().partition(".")[2] for text in texts if text.strip()]
    if len(parts) < FEWEST_PACKED or any(len(part) < 4 or not part.isdigit() for part in parts):
        return False
    return all(int(part[:2]) < 60 and int(part[2:4]) < 60 for part in parts)


def area_of_use(crs: CRS) -> tuple[float, float, float, float] | None:
    """West, south, east, north (degrees) of a system's area of use; None where it has none."""
    area: Any = crs.area_of_use
    return (area.west, area.south, area.east, area.north) if area is not None else None


def outside_area(crs: CRS, longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
    """Rows farther than a degree outside the system's area of use."""
    area = area_of_use(crs)
    if area is None or area[0] > area[2]:
        return np.zeros(len(longitude), dtype=bool)
    west, south, east, north = area
    inside = (longitude >= west - 1) & (longitude <= east + 1)
    inside &= (latitude >= south - 1) & (latitude <= north + 1)
    return np.asarray(~inside)


def kind_words(kind: int, language: Literal["zh", "en"]) -> str:
    """A kind's name for people."""
    return KINDS[kind][0 if language == "zh" else 1]


def _within(values: Floats, limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])


def _degrees(longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
    return _within(longitude, LONGITUDES_DEG) & _within(latitude, LATITUDES_DEG)


def _prefix(easting_m: Floats) -> NDArray[np.int64]:
    """Zone number in front of an easting; 0 where there is none."""
    zone = np.floor(np.nan_to_num(easting_m) / 1e6).astype(np.int64)
    right = ((zone >= 13) & (zone <= 23)) | ((zone >= 25) & (zone <= 45))
    return np.where(right, zone, 0)


@lru_cache(maxsize=1)
def _latitudes() -> Transformer:
    """From a CGCS2000 zone (117° E, no prefix) to degrees: latitude by northing."""
    return Transformer.from_crs("EPSG:4548", "EPSG:4490", always_xy=True)
