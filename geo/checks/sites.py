"""Checks of where and when holes were drilled: ground, boundary, lattice, line, dates, names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geo.checks.screening import Screening, hole_key
from geo.drillholes.holes import family, family_of_name, is_underground, parent_of
from geo.robust import scaled_mad

OFF_GROUND_M = (30.0, 100.0)
"""C05: collar against terrain model, warning and error (expert default, unverified)."""
ELLIPSOIDAL_M = (-50.0, -25.0)
"""Median of collar minus ground where ellipsoidal heights pass for heights above sea level:
geoid about -30 to -40 m in Tibet (unverified)."""
ELLIPSOIDAL_SPREAD_M = 10.0
FEW_HOLES = 5
OUTSIDE_M = 5000.0
"""C04: so far outside the boundary a collar is wrong, not merely over the line (expert default)."""
LATTICE_HOLES = 9
LATTICE_SHARE = 0.9
LATTICE_SPACING_M = 5.0
FAR_REACHES, FAR_M = 6.0, 1000.0
"""A collar is doubted that is farther from every other than both: so many times the median distance
of collars from their middle, and so many metres (expert defaults)."""
STEEP_DEG = 60.0
"""Steeper than this no ground lies between most neighbours (expert default)."""
OFF_LINE_SHARE = 0.10
"""C12: distance from the exploration line, as a share of the spacing along it (expert default)."""
OLDEST = pd.Timestamp("1950-01-01")
"""C10: earlier dates are slips of the pen (expert default)."""
TOGETHER_M = 1.0
"""A wedge keeps its parent's collar within this distance."""


def check_sites(work: Screening, ground: Callable[..., Any] | None, boundary: Any) -> None:
    """C04, C05, C09-C12 of the accepted collars, and wedges beside their parents."""
    if ground is not None:
        _ground(work, ground)
    if boundary is not None:
        _boundary(work, boundary)
    _lattice(work)
    _apart(work)
    if "line" in work.frames["collar"]:
        _lines(work)
    _types(work)
    _dates(work)
    _daughters(work)


def _places(work: Screening) -> tuple[Any, Any]:
    """Eastings and northings of the accepted collars."""
    collar = work.frames["collar"]
    return collar["easting_m"].to_numpy(), collar["northing_m"].to_numpy()


def _ground(work: Screening, ground: Callable[..., Any]) -> None:
    """C05: collars off the ground; ellipsoidal heights where all are off alike."""
    collar = work.frames["collar"]
    holes = collar["hole_id"].to_numpy()
    off = collar["elevation_m"].to_numpy() - np.asarray(ground(*_places(work)), dtype=float)
    off = np.where(is_underground(collar["hole_type"].to_numpy()), np.nan, off)
    known = np.isfinite(off)
    if not known.any():
        return
    middle = float(np.median(off[known]))
    spread = scaled_mad(off[known])
    low, high = ELLIPSOIDAL_M
    words: dict[str, Any] = {"median": f"{middle:.1f}", "spread": f"{spread:.1f}"}
    if known.sum() >= FEW_HOLES and low <= middle <= high and spread <= ELLIPSOIDAL_SPREAD_M:
        work.note("collar", "BN-COL-013", "elevation_m", count=int(known.sum()), **words)
        off = off - middle
    warn, wrong = OFF_GROUND_M
    far = known & (np.abs(off) > wrong)
    if known.sum() >= FEW_HOLES and 2 * far.sum() > known.sum():
        words |= {"count": int(far.sum()), "total": int(known.sum()), "limit": f"{wrong:g}"}
        work.note("collar", "BN-COL-014", "elevation_m", **words)
        return
    for code, mask in (("BN-COL-011", known & (np.abs(off) > warn) & ~far), ("BN-COL-012", far)):
        limit = warn if code == "BN-COL-011" else wrong
        work.flag(
            "collar",
            code,
            mask,
            "elevation_m",
            value="elevation_m",
            words=_off_words(holes, off, limit),
        )


def _off_words(holes: Any, off: Any, limit: float) -> Callable[[int], dict[str, Any]]:
    """Words of a collar off the ground."""
    return lambda i: {"hole": holes[i], "off": f"{off[i]:+.1f}", "limit": f"{limit:g}"}


def _away_words(holes: Any, away: Any) -> Callable[[int], dict[str, Any]]:
    """Words of a collar outside the boundary."""
    return lambda i: {"hole": holes[i], "distance": f"{away[i]:.0f}"}


def _boundary(work: Screening, boundary: Any) -> None:
    """C04: collars outside the licence or belt."""
    import geopandas as gpd  # slow to import, and seldom needed

    for code, least, most in (
        ("BN-COL-016", OUTSIDE_M, np.inf),
        ("BN-COL-015", 0.0, OUTSIDE_M),
    ):
        holes = work.frames["collar"]["hole_id"].to_numpy()
        away = gpd.GeoSeries.from_xy(*_places(work)).distance(boundary).to_numpy()
        work.flag(
            "collar",
            code,
            (away > least) & (away <= most),
            "easting_m",
            words=_away_words(holes, away),
        )


def _lattice(work: Screening) -> None:
    """C09: places that repeat one step exactly are a design, not a survey."""
    east, north = (np.round(values, 2) for values in _places(work))
    places = np.unique(np.column_stack([east, north]), axis=0)
    if len(places) < LATTICE_HOLES:
        return
    _, nearest = cKDTree(places).query(places, k=2)
    step = np.abs(np.round(places[nearest[:, 1]] - places, 2))
    # in a square lattice the nearest may lie along either axis: one step, whichever way round
    steps, count = np.unique(np.sort(step, axis=1), axis=0, return_counts=True)
    best = int(np.argmax(count))
    spacing = float(np.linalg.norm(steps[best]))
    if count[best] >= LATTICE_SHARE * len(places) and spacing >= LATTICE_SPACING_M:
        words: dict[str, Any] = {"count": int(count[best]), "total": len(places)}
        work.note("collar", "BN-COL-017", "easting_m", spacing=f"{spacing:.2f}", **words)


def _apart(work: Screening) -> None:
    """A collar far from all others, or far above or below them: a digit slipped."""
    collar = work.frames["collar"]
    holes = collar["hole_id"].to_numpy()
    places = np.column_stack(_places(work))
    if len(places) < FEW_HOLES:
        return
    away, near = cKDTree(places).query(places, k=FEW_HOLES)
    nearest = away[:, 1]
    middle = np.median(places, axis=0)
    reach = float(np.median(np.hypot(*(places - middle).T)))
    far = nearest > max(FAR_REACHES * reach, FAR_M)
    texts = {"reach": f"{reach:.0f}"}
    words: Callable[[int], dict[str, Any]]
    words = lambda i: {"hole": holes[i], "distance": f"{nearest[i]:.0f}", **texts}  # noqa: E731
    work.flag("collar", "BN-COL-026", far, "easting_m", words=words)
    up = collar["elevation_m"].to_numpy()
    off = up[:, None] - up[near[:, 1:]]
    slope = np.degrees(np.arctan2(np.abs(off), away[:, 1:]))
    surface = ~is_underground(collar["hole_type"].to_numpy())
    # most neighbours say so: a good hole beside the wrong one has its other neighbours for it
    steep = ((slope > STEEP_DEG) & (np.abs(off) > OFF_GROUND_M[1])).mean(axis=1) > 0.5
    above = np.median(off, axis=1)
    limit = f"{STEEP_DEG:g}"
    words = lambda i: {"hole": holes[i], "off": f"{above[i]:+.0f}", "limit": limit}  # noqa: E731
    work.flag("collar", "BN-COL-027", steep & surface & ~far, "elevation_m", words=words)


def _lines(work: Screening) -> None:
    """C12: collars off the straight line through the holes of their exploration line."""
    collar = work.frames["collar"]
    east, north = _places(work)
    off = np.zeros(len(collar))
    limit = np.full(len(collar), np.inf)
    named = collar[collar["line"].astype(str).str.strip() != ""]
    for rows in named.groupby("line").indices.values():
        rows = named.index.to_numpy()[rows]
        if len(rows) < FEW_HOLES:
            continue
        places = np.column_stack([east[rows], north[rows]])
        pair = places[:, None] - places[None, :]
        first, last = np.unravel_index(np.argmax((pair**2).sum(axis=2)), pair.shape[:2])
        along = places[last] - places[first]
        along = along / max(float(np.linalg.norm(along)), 1e-9)
        across = (places - np.median(places, axis=0)) @ np.array([-along[1], along[0]])
        off[rows] = np.abs(across - np.median(across))
        run = np.diff(np.sort(places @ along))
        limit[rows] = (
            OFF_LINE_SHARE * float(np.median(run[run > TOGETHER_M])) if run.max() > 1 else 0
        )
    holes, lines = collar["hole_id"].to_numpy(), collar["line"].to_numpy()
    words = lambda i: {"hole": holes[i], "line": lines[i], "off": f"{off[i]:.1f}"}  # noqa: E731
    mask = (off > limit) & (off > TOGETHER_M)
    work.flag("collar", "BN-COL-018", mask, "line", value="line", words=words)


def _types(work: Screening) -> None:
    """C11: the letters of a hole's name against its type."""
    collar = work.frames["collar"]
    holes, types = collar["hole_id"].to_numpy(), collar["hole_type"].to_numpy()
    kinds = {text: family(str(text)) for text in set(types)}
    if not any(kinds.values()):
        return
    said = np.array([kinds[text] or "" for text in types], dtype=object)
    named = np.array([family_of_name(str(hole)) or "" for hole in holes], dtype=object)
    differ = (said != "") & (named != "") & (said != named)
    words = lambda i: {"hole": holes[i], "found": types[i]}  # noqa: E731
    work.flag("collar", "BN-COL-019", differ, "hole_type", value="hole_type", words=words)


def _dates(work: Screening) -> None:
    """C10: an end before its start; dates before 1950 or after the campaign's own."""
    collar = work.frames["collar"]
    holes = collar["hole_id"].to_numpy()
    words = lambda i: {"hole": holes[i]}  # noqa: E731
    dates = {
        name: pd.to_datetime(collar[name], errors="coerce", format="mixed")
        for name in ("start_date", "end_date", "date")
        if name in collar
    }
    if {"start_date", "end_date"} <= set(dates):
        backward = (dates["end_date"] < dates["start_date"]).to_numpy()
        work.flag("collar", "BN-COL-020", backward, "end_date", value="end_date", words=words)
    complete = pd.to_datetime(collar["as_of"])
    for name, when in dates.items():
        odd = ((when < OLDEST) | (when > complete)).to_numpy()
        work.flag("collar", "BN-COL-021", odd, name, value=name, words=words)


def _daughters(work: Screening) -> None:
    """Wedges and redrilled holes: the parent found, its collar shared, the start noted."""
    collar = work.frames["collar"]
    holes = collar["hole_id"].to_numpy()
    keys = [hole_key(str(hole)) for hole in holes]
    row_of = {key: i for i, key in enumerate(keys)}
    parents = [parent_of(str(hole), row_of) for hole in holes]
    if "mother_hole" in collar:
        written = [hole_key(str(text)) for text in collar["mother_hole"].fillna("")]
        parents = [w or p for w, p in zip(written, parents, strict=True)]
    row = np.array([-1 if p is None else row_of.get(p, -2) for p in parents], dtype=int)
    if (row == -1).all():
        return
    start = _start(work)
    apart = np.hypot(*(values - values[row] for values in _places(work)))

    def words(i: int) -> dict[str, Any]:
        begins = f"{start[i]:g}" if np.isfinite(start[i]) else "—"
        place = {"distance": f"{apart[i]:.1f}", "start": begins}
        return {"hole": holes[i], "parent": parents[i], **place}

    for code, mask in (
        ("BN-COL-022", (row >= 0) & (apart <= TOGETHER_M)),
        ("BN-COL-023", (row >= 0) & (apart > TOGETHER_M)),
        ("BN-COL-024", row == -2),
    ):
        work.flag("collar", code, mask, "hole_id", value="hole_id", words=words)


def _start(work: Screening) -> Any:
    """Depth at which each collar's own data begin: as written, else its first station or sample."""
    collar = work.frames["collar"]
    start = np.full(len(collar), np.nan)
    for table, column in (("survey", "depth_m"), ("assay", "from_m")):
        frame = work.frames[table]
        first = frame.groupby("hole_id", observed=True)[column].min()
        found = collar["hole_id"].map(first).to_numpy(dtype=float)
        start = np.fmin(start, found)
    if "wedge_depth_m" in collar:
        start = np.where(np.isfinite(collar["wedge_depth_m"]), collar["wedge_depth_m"], start)
    return start
