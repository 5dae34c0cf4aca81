"""Map sheet numbers (图幅号) after GB/T 13989-2012: where a sheet lies, which one a point is on.

A sheet of 1:1 000 000 is 6° by 4°: a letter counted north from the equator (A = 0–4° N) and a
number counted east from 180° W (1–60). Larger scales divide it into equal rows, counted from the
north, and columns, counted from the west: ``H46C001002`` is row 1, column 2 of the 4 × 4 sheets of
1:250 000 on H46.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.dictionary import normal

LON_DEG, LAT_DEG = 6.0, 4.0
DIVISIONS = {
    "B": 2,
    "C": 4,
    "D": 12,
    "E": 24,
    "F": 48,
    "G": 96,
    "H": 192,
    "I": 576,
    "J": 1152,
    "K": 2304,
}
"""Scale letter -> rows and columns of one 1:1 000 000 sheet (GB/T 13989-2012, table 1): B is
1:500 000, C 1:250 000, D 1:100 000, E 1:50 000, F 1:25 000, G 1:10 000, H 1:5 000, I 1:2 000,
J 1:1 000, K 1:500."""

_DIGITS = {"J": 4, "K": 4}
_NUMBER = re.compile(r"(?P<row>[A-V])(?P<column>\d\d)(?:(?P<scale>[B-K])(?P<inner>\d{6}|\d{8}))?")


@dataclass(frozen=True)
class Sheet:
    """One map sheet: its number and its bounds in degrees (CGCS2000)."""

    number: str
    west: float
    south: float
    east: float
    north: float

    def holds(
        self, lon: ArrayLike, lat: ArrayLike, tolerance_deg: float = 0.0
    ) -> NDArray[np.bool_]:
        """Whether points lie on the sheet or within ``tolerance_deg`` of it."""
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        across = (lon >= self.west - tolerance_deg) & (lon <= self.east + tolerance_deg)
        return across & (lat >= self.south - tolerance_deg) & (lat <= self.north + tolerance_deg)


def parse_sheet(number: str) -> Sheet | None:
    """Return the sheet of a number; None where it is no number of GB/T 13989-2012.

    Numbers of before 1992 (``J-50-5-B``) and sheet names are None: they carry no bounds here.
    """
    found = _NUMBER.fullmatch("".join(normal(number).upper().split()))
    if found is None or not 1 <= int(found["column"]) <= 60:
        return None
    west = LON_DEG * (int(found["column"]) - 31)
    south = LAT_DEG * (ord(found["row"]) - ord("A"))
    plain = found["row"] + found["column"]
    if found["scale"] is None:
        return Sheet(plain, west, south, west + LON_DEG, south + LAT_DEG)
    scale, inner = found["scale"], found["inner"]
    parts, half = DIVISIONS[scale], len(inner) // 2
    row, column = int(inner[:half]), int(inner[half:])
    if half != _DIGITS.get(scale, 3) or not (1 <= row <= parts and 1 <= column <= parts):
        return None
    wide, high = LON_DEG / parts, LAT_DEG / parts
    left, low = west + (column - 1) * wide, south + (parts - row) * high
    return Sheet(plain + scale + inner, left, low, left + wide, low + high)


def sheet_numbers(lon: ArrayLike, lat: ArrayLike, scale: str) -> list[str]:
    """Number of the sheet of each point at a scale letter (``C`` is 1:250 000).

    Parameters
    ----------
    lon, lat : (n,) degrees, northern hemisphere.
    scale : a key of :data:`DIVISIONS`.

    Raises
    ------
    KeyError
        There is no such scale letter.
    """
    parts, digits = DIVISIONS[scale], _DIGITS.get(scale, 3)
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    million_column = np.floor(lon / LON_DEG).astype(int) + 31
    million_row = np.floor(lat / LAT_DEG).astype(int)
    column = np.floor((lon % LON_DEG) / (LON_DEG / parts)).astype(int) + 1
    row = parts - np.floor((lat % LAT_DEG) / (LAT_DEG / parts)).astype(int)
    return [
        f"{chr(ord('A') + a)}{b:02d}{scale}{c:0{digits}d}{d:0{digits}d}"
        for a, b, c, d in zip(million_row, million_column, row, column, strict=True)
    ]
