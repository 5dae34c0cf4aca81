"""Traces of two holes that come closer than rock and survey allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.checks.screening import Screening
from geo.drillholes.desurvey import Traces
from geo.drillholes.holes import related

CLOSE_M = 2.0
"""Two traces nearer than this cross: an error of place, survey or name (expert default)."""
NEAR_COLLAR_M = 20.0
"""Near the collars of fans and neighbours traces are close by nature."""
STEP_M = 30.0
"""Traces are taken as straight over so many metres; at 9 degrees in 30 m that is 0.6 m off."""

Array = NDArray[Any]


def check_traces(work: Screening) -> None:
    """Report the deeper of two holes whose traces come within two metres below their collars."""
    collar = work.frames["collar"]
    if len(collar) < 2:
        return
    hole, depth = _stops(work)
    if not len(hole):
        return
    position = np.zeros(len(work.names), dtype=np.int64)
    position[work.holes("collar")] = np.arange(len(collar))
    points = Traces(collar, work.frames["survey"]).points(position[hole], depth)
    first, second = _candidates(hole, points)
    if not len(first):
        return
    gap, along = _closest(points, first, second)
    starts = collar[["easting_m", "northing_m", "elevation_m"]].to_numpy(float)
    place = np.full((len(work.names), 3), np.nan)
    place[work.holes("collar")] = starts
    at = points[first] + along[:, None] * (points[first + 1] - points[first])
    away = [np.linalg.norm(at - place[hole[side]], axis=1) for side in (first, second)]
    crossing = (gap < CLOSE_M) & (np.minimum(*away) > NEAR_COLLAR_M)
    found: dict[int, tuple[int, float, float]] = {}
    for i in np.flatnonzero(crossing).tolist():
        one, other = int(hole[first[i]]), int(hole[second[i]])
        if related(str(work.names[one]), str(work.names[other])):
            continue
        m = float(depth[first[i]] + along[i] * STEP_M)
        if one not in found or gap[i] < found[one][1]:
            found[one] = (other, float(gap[i]), m)
    _report(work, found)


def _report(work: Screening, found: dict[int, tuple[int, float, float]]) -> None:
    """One finding for each hole whose trace meets another's."""
    mine = work.holes("collar")

    def words(i: int) -> dict[str, Any]:
        other, gap, m = found[int(mine[i])]
        names = {"hole": work.names[mine[i]], "other": work.names[other]}
        return {**names, "distance": f"{gap:.1f}", "depth": f"{m:.0f}"}

    mask = np.isin(mine, list(found))
    work.flag("collar", "BN-SUR-028", mask, "hole_id", value="hole_id", words=words)


def _stops(work: Screening) -> tuple[Array, Array]:
    """Depths at even steps down each hole, to its end or below: (hole numbers, metres)."""
    collar = work.frames["collar"]
    numbers = work.holes("collar")
    end = np.fmax(collar["depth_m"].to_numpy(dtype=float), work.sampled_depths()[numbers])
    count = np.where(np.isfinite(end), np.ceil(np.nan_to_num(end) / STEP_M), 0).astype(int) + 1
    count[count < 2] = 0
    hole = np.repeat(numbers, count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return hole, step * STEP_M


def _candidates(hole: Array, points: Array) -> tuple[Array, Array]:
    """Pairs of pieces (by their upper point) of two holes that may meet; the later hole first."""
    upper = np.flatnonzero(hole[1:] == hole[:-1])
    middle = (points[upper] + points[upper + 1]) / 2
    placed = np.isfinite(middle).all(axis=1)
    upper, middle = upper[placed], middle[placed]
    pairs = cKDTree(middle).query_pairs(STEP_M + CLOSE_M, output_type="ndarray")
    pairs = pairs[hole[upper[pairs[:, 0]]] != hole[upper[pairs[:, 1]]]]
    one, other = upper[pairs[:, 0]], upper[pairs[:, 1]]
    swap = hole[one] < hole[other]
    return np.where(swap, other, one), np.where(swap, one, other)


def _closest(points: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Least distance (n,) of two straight pieces, and its share along the first.

    Closest points of two segments by clamping in turn (Ericson 2005, Real-Time Collision
    Detection, 5.1.9).
    """
    p, q = points[first], points[second]
    u, v, w = points[first + 1] - p, points[second + 1] - q, p - q
    a, b, c = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    d, e = (u * w).sum(1), (v * w).sum(1)
    bend = a * c - b * b
    share = np.where(bend > 1e-9, np.clip((b * e - c * d) / np.maximum(bend, 1e-9), 0, 1), 0.0)
    other = np.clip((b * share + e) / np.maximum(c, 1e-9), 0, 1)
    share = np.clip((b * other - d) / np.maximum(a, 1e-9), 0, 1)
    gap = np.linalg.norm(w + share[:, None] * u - other[:, None] * v, axis=1)
    return gap, share
