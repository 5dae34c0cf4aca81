"""Checks of collars: places, axes, zone prefixes, depths, and doubles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo.checks.screening import Screening, hole_key
from geo.coordinates import MOST_EXCHANGED
from geo.drillholes.holes import is_underground, related
from geo.special.values import COORDINATE_DECIMALS

MAJORITY = 0.95
"""A file speaks for one way of writing when this share of its rows does."""
SAME_PLACE_M = 0.01
NEAR_M = 1.0
DEEPEST_M = 2500.0
NORTHINGS_M = (1.9e6, 6.1e6)
"""Range of northings in China, metres."""
EASTINGS_M = (1.0e5, 9.0e5)
ELEVATIONS_M = (-500.0, 8900.0)
"""Collars below or above are impossible: the shore of the Dead Sea lies at about -430 m, Mount
Everest is 8,849 m high (limits are a working rule)."""
DEEPEST_MINE_M = -4500.0
"""Lowest elevation of an underground collar (working rule, unverified)."""
FEET_IN_METRE = 1 / 0.3048
FEET_WITHIN = 0.05
"""A ratio this near to 3.28 looks like feet (working rule)."""
NEIGHBOURS = 5


def check_collars(work: Screening) -> bool:
    """Check and finish the collar table; False where it can't be used at all."""
    if not (_axes(work) and _zone_prefix(work)):
        return False
    collar = work.frames["collar"] = work.frames["collar"].copy()
    for column in ("easting_m", "northing_m", "elevation_m"):
        collar[column] = np.round(collar[column], COORDINATE_DECIMALS) + 0.0
    _missing(work)
    _elevations(work)
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
        in_order = ((east > EASTINGS_M[0]) & (east < EASTINGS_M[1])) | (_zone(east) > 0)
        in_order &= known & (north > NORTHINGS_M[0]) & (north < NORTHINGS_M[1])
        agreed = (exchanged | in_order).sum() >= MAJORITY * max(known.sum(), 1)
        if agreed and exchanged.sum() <= MOST_EXCHANGED * known.sum():
            words = _hole_words(_holes(work))
            work.flag("collar", "BN-COL-029", exchanged, "X/Y", value="easting_m", words=words)
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


def feet_words(ratio: float, than_zh: str, than_en: str) -> dict[str, str]:
    """Hint in both languages where a ratio is about 3.28, else empty texts."""
    feet = abs(ratio / FEET_IN_METRE - 1) <= FEET_WITHIN
    hint_zh = f"；是{than_zh}的 {ratio:.2f} 倍：英尺？" if feet else ""
    hint_en = f"; {ratio:.2f} times {than_en}: feet?" if feet else ""
    return {"hint_zh": hint_zh, "hint_en": hint_en}


def _elevations(work: Screening) -> None:
    """Elevations that no collar has; feet are named where the nearest other collars say so."""
    collar = work.frames["collar"]
    up = collar["elevation_m"].to_numpy(dtype=float)
    underground = is_underground(collar["hole_type"].to_numpy())
    low = np.where(underground, DEEPEST_MINE_M, ELEVATIONS_M[0])
    wrong = (up < low) | (up > ELEVATIONS_M[1])
    if not wrong.any():
        return
    holes = _holes(work)
    places = collar[["easting_m", "northing_m"]].to_numpy(dtype=float)
    good = np.flatnonzero(~wrong)
    tree = cKDTree(places[good]) if len(good) else None

    def words(i: int) -> dict[str, Any]:
        ratio = np.nan
        if tree is not None:
            _, near = tree.query(places[i], k=min(NEIGHBOURS, len(good)))
            middle = float(np.median(up[good[near]]))
            ratio = up[i] / middle if middle > 0 else np.nan
        limits = {"low": f"{low[i]:g}", "high": f"{ELEVATIONS_M[1]:g}"}
        hint = feet_words(ratio, "邻孔", "its neighbours")
        return {"hole": holes[i], "elevation": f"{up[i]:g}", **limits, **hint}

    work.flag("collar", "BN-COL-030", wrong, "elevation_m", value="elevation_m", words=words)


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
