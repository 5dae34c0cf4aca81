"""Checks of collars: places, axes, zone prefixes, depths, and doubles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo.holes import related
from geo.screening import Screening, hole_key
from geo.values import COORDINATE_DECIMALS

MAJORITY = 0.95
"""A file speaks for one way of writing when this share of its rows does."""
SAME_PLACE_M = 0.01
NEAR_M = 1.0
DEEPEST_M = 2500.0
NORTHINGS_M = (1.9e6, 6.1e6)
"""Range of northings in China, metres."""
EASTINGS_M = (1.0e5, 9.0e5)


def check_collars(work: Screening) -> bool:
    """Check and finish the collar table; False where it can't be used at all."""
    if not (_axes(work) and _zone_prefix(work)):
        return False
    collar = work.frames["collar"] = work.frames["collar"].copy()
    for column in ("easting_m", "northing_m", "elevation_m"):
        collar[column] = np.round(collar[column], COORDINATE_DECIMALS) + 0.0
    _missing(work)
    _depths(work)
    _doubles(work)
    _neighbours(work)
    return True


def _holes(work: Screening) -> Any:
    """Hole ids of the collar table by position."""
    return work.frames["collar"]["hole_id"].to_numpy()


def _axes(work: Screening) -> bool:
    """Easting and northing exchanged? Judged by the ranges they have in China."""
    collar = work.frames["collar"]
    east, north = collar["easting_m"].to_numpy(), collar["northing_m"].to_numpy()
    known = np.isfinite(east) & np.isfinite(north)
    like_north = (east > NORTHINGS_M[0]) & (east < NORTHINGS_M[1])
    like_east = (north > EASTINGS_M[0]) & (north < EASTINGS_M[1]) | (_zone(north) > 0)
    exchanged = known & like_north & like_east
    if exchanged.sum() < MAJORITY * max(known.sum(), 1):
        return True
    configured = work.conventions.x_is
    work.note(
        "collar",
        "BN-COL-005",
        "X/Y",
        rows=exchanged,
        count=int(exchanged.sum()),
        configured=configured,
    )
    return False


def _zone(easting_m: Any) -> Any:
    """Zone number in front of an easting; 0 where there is none (13-23 and 25-45 exist)."""
    prefix = np.floor(np.nan_to_num(easting_m) / 1e6).astype(int)
    return np.where((prefix >= 13) & (prefix <= 45) & (prefix != 24), prefix, 0)


def _zone_prefix(work: Screening) -> bool:
    """Take the configured zone prefix off; a file that contradicts it can't be used."""
    collar = work.frames["collar"]
    east = collar["easting_m"].to_numpy()
    known = np.isfinite(east)
    configured = work.conventions.zone_prefix or 0
    zones = _zone(east)
    wrong = known & (zones != configured)
    if wrong.sum() > (1 - MAJORITY) * max(known.sum(), 1):
        found = int(np.bincount(zones[wrong]).argmax()) or "无/none"
        words: dict[str, Any] = {"configured": configured or "null", "found": found}
        work.note("collar", "BN-COL-006", "easting_m", rows=wrong, **words)
        return False
    holes = _holes(work)
    collar["easting_m"] = east - configured * 1e6
    work.flag(
        "collar",
        "BN-COL-007",
        wrong,
        "easting_m",
        value="easting_m",
        words=lambda i: {"hole": holes[i], "configured": configured or "null"},
    )
    return True


def _missing(work: Screening) -> None:
    """C02: a collar without a place is no collar."""
    for column in ("easting_m", "northing_m", "elevation_m"):
        blank = work.frames["collar"][column].isna()
        work.flag("collar", "BN-COL-003", blank, column, words=_hole_words(_holes(work)))


def _hole_words(holes: Any) -> Callable[[int], dict[str, Any]]:
    """Words of a row that name its hole."""
    return lambda i: {"hole": holes[i]}


def _depths(work: Screening) -> None:
    """C07: depths that no hole has."""
    depth = work.frames["collar"]["depth_m"]
    wrong = (depth <= 0) | (depth > DEEPEST_M)
    words: dict[str, Any] = {"limit": f"{DEEPEST_M:g}"}
    work.flag("collar", "BN-COL-004", wrong, "depth_m", value="depth_m", words=lambda i: words)


def _doubles(work: Screening) -> None:
    """C01: one hole listed twice; kept once where the places agree, not at all where not."""
    collar = work.frames["collar"].sort_values(["as_of", "file", "row"], kind="stable")
    keys = collar["hole_id"].map(hole_key)
    if not keys.duplicated().any():
        return
    places = collar[["easting_m", "northing_m", "elevation_m"]]
    moved = (places - places.groupby(keys).transform("first")).pow(2).sum(axis=1).pow(0.5)
    apart = moved.groupby(keys).transform("max").sort_index().to_numpy()
    later = keys.duplicated().sort_index().to_numpy()
    torn = apart > SAME_PLACE_M
    holes = _holes(work)
    work.flag(
        "collar",
        "BN-COL-002",
        torn,
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i], "distance": f"{apart[i]:.2f}"},
    )
    rest = _holes(work)
    words = lambda i: {"hole": rest[i]}  # noqa: E731
    work.flag("collar", "BN-COL-001", later[~torn], "hole_id", value="hole_id", words=words)


def _neighbours(work: Screening) -> None:
    """C06: two collars within a metre under different names, unless one is the other's wedge."""
    collar = work.frames["collar"]
    if len(collar) < 2:
        return
    tree = cKDTree(collar[["easting_m", "northing_m"]].to_numpy())
    pairs = np.sort(tree.query_pairs(NEAR_M, output_type="ndarray"), axis=1)
    holes = _holes(work)
    other: dict[int, str] = {}
    for earlier, later in pairs[np.lexsort(pairs.T[::-1])].tolist():
        if not related(str(holes[earlier]), str(holes[later])):
            other[later] = str(holes[earlier])
    mask = np.isin(np.arange(len(collar)), list(other))
    work.flag(
        "collar",
        "BN-COL-008",
        mask,
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i], "other": other[i], "limit": f"{NEAR_M:g}"},
    )
