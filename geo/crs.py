"""Coordinate systems: known ones only, and never a silent ballpark shift.

PROJ hands Beijing 1954 and Xi'an 1980 coordinates back unchanged and without an error, so these
are refused by name. Chinese EPSG codes declare north first: every call here is ``always_xy``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geo.findings import DataError, Finding
from geo.rules import finding

LOCAL = "local"
"""A mine grid: coordinates that belong to no published system."""

LEGACY_DATUMS = ("beijing", "xian", "xi'an", "new beijing")
SAME_WITHIN_A_METRE = ("China 2000", "World Geodetic System 1984")


def check_crs(text: str, *, file: str = "") -> CRS | None:
    """Return the coordinate system named by ``text`` (``EPSG:4540``, WKT); None for ``local``.

    ``file`` is named in the finding.

    Raises
    ------
    DataError
        The system is unknown, or on a legacy datum (Beijing 1954, Xi'an 1980) for which no
        published transformation exists.
    """
    crs = known_crs(text, file=file)
    if crs is not None and is_legacy(crs):
        raise DataError([finding("BN-CRS-002", file=file, value=text, found=crs.name)])
    return crs


def known_crs(text: str, *, file: str = "") -> CRS | None:
    """Return the system named by ``text``, on whatever datum; None for ``local``.

    Raises
    ------
    DataError
        The system is unknown.
    """
    if text.strip().casefold() == LOCAL:
        return None
    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise DataError([finding("BN-CRS-001", file=file, value=text, found=text)]) from None


def is_legacy(crs: CRS) -> bool:
    """Whether a system is on Beijing 1954 or Xi'an 1980: no published transformation exists."""
    geodetic = crs.geodetic_crs.name.casefold() if crs.geodetic_crs else ""
    return any(name in geodetic for name in LEGACY_DATUMS)


def transform(
    source: str | CRS, target: str | CRS, easting: ArrayLike, northing: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Transform coordinates, east (or longitude) first.

    Parameters
    ----------
    source, target
        Coordinate systems, as text or checked; two mine grids (``local``) are taken as one.
    easting, northing
        (n,) metres, or degrees where the system is geographic.

    Returns
    -------
    two arrays (n,)
        Easting (longitude) and northing (latitude) in the target system.

    Raises
    ------
    DataError
        A system is refused, or PROJ knows no exact operation between the two.
    """
    east, north = np.asarray(easting, dtype=float), np.asarray(northing, dtype=float)
    first, second = _checked(source), _checked(target)
    if first is None and second is None:
        return east, north
    if first is None or second is None:
        words: dict[str, Any] = {"found": _name(first), "wanted": _name(second)}
        raise DataError([finding("BN-CRS-003", file="", **words)])
    x, y = transformer(first, second).transform(east, north)
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


@lru_cache(maxsize=64)
def transformer(source: CRS, target: CRS) -> Transformer:
    """Return PROJ's exact operation between two systems.

    WGS 84 and CGCS2000 have none but agree within a metre: between these two the identity is
    used (see :func:`identity_note`, which puts it on record).

    Raises
    ------
    DataError
        There is no exact operation.
    """
    ballpark = _is_identity(source, target)
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=ballpark)
    except ProjError:
        words: dict[str, Any] = {"found": source.name, "wanted": target.name}
        raise DataError([finding("BN-CRS-003", file="", **words)]) from None


def identity_note(source: CRS, target: CRS, file: str) -> list[Finding]:
    """The finding that WGS 84 and CGCS2000 were taken as one; empty where they weren't."""
    if not _is_identity(source, target):
        return []
    return [finding("BN-CRS-004", file=file, found=source.name, wanted=target.name)]


def _is_identity(source: CRS, target: CRS) -> bool:
    """Whether one system is on WGS 84 and the other on CGCS2000."""
    pair = (_datum(source), _datum(target))
    first, second = SAME_WITHIN_A_METRE
    return any(first in a and second in b for a, b in (pair, pair[::-1]))


def _datum(crs: CRS) -> str:
    """Name of a system's datum (an ensemble counts by its name)."""
    geodetic: Any = crs.geodetic_crs
    return str(geodetic.datum.name) if geodetic is not None and geodetic.datum else ""


def _checked(crs: str | CRS) -> CRS | None:
    """A checked system from text or from a checked one."""
    return check_crs(crs) if isinstance(crs, str) else crs


def _name(crs: CRS | None) -> str:
    """A system's name for people."""
    return LOCAL if crs is None else crs.name
