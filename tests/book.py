"""Kriging written anew, plainly: one dense system for each block, in numpy.

Read against Goovaerts (1997), chapter 5, and Deutsch & Journel (1998), chapters II and IV. It
shares no line with the engine: plans say what to do, everything else is done here, slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.plan import ElementPlan, HighYield, Orientation, SearchPass, Variogram

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REASONS = ("estimated", "no samples", "few samples", "few holes", "few sectors", "drift unseen")
"""Why a block has no estimate, by number."""
NO_DRIFT = np.zeros(0)
POINT = np.zeros((1, 3))
"""A block that is a point: its one discretization point, from its centre."""


@dataclass(frozen=True)
class Data:
    """Samples in order of identity."""

    centres: Floats
    """(n, 3) metres."""
    points: Floats
    """(n, s, 3) points along each sample, metres."""
    holes: Ints
    """(n,) number of the hole."""
    values: Floats
    """(n,) grades."""
    drift: Floats
    """(n, d) external drift."""

    def of(self, values: Any) -> Data:
        """Return the same samples with another element's grades."""
        return replace(self, values=np.asarray(values, dtype=float))

    def take(self, rows: Any) -> Data:
        """Return some of the samples."""
        parts = (self.centres, self.points, self.holes, self.values, self.drift)
        return Data(*(part[rows] for part in parts))


class Place(NamedTuple):
    """A block: its centre, its discretization points from there, its external drift."""

    centre: Floats
    offsets: Floats = POINT
    drift: Floats = NO_DRIFT


def samples(
    centres: Any, values: Any, holes: Any = None, points: Any = None, drift: Any = None
) -> Data:
    """Samples; by default points, each of a hole of its own, without external drift."""
    places = np.array(centres, dtype=float, order="C")
    n = len(places)
    return Data(
        places,
        places[:, None] if points is None else np.asarray(points, dtype=float),
        np.arange(n) if holes is None else np.array(holes, dtype=np.int64),
        np.array(values, dtype=float),
        np.zeros((n, 0)) if drift is None else np.array(drift, dtype=float).reshape(n, -1),
    )


# ------------------------------------------------------------------ covariance


def axes(orientation: Orientation) -> Floats:
    """Unit vectors (rows) along the major, semi-major and minor axis, (east, north, up).

    The major axis by its azimuth and dip; the semi-major one level, to the left of it, then both
    of the others turned about the major axis.
    """
    a, d, r = np.deg2rad([orientation.azimuth_deg, orientation.dip_deg, orientation.rake_deg])
    major = np.array([np.sin(a) * np.cos(d), np.cos(a) * np.cos(d), np.sin(d)])
    level = np.array([-np.cos(a), np.sin(a), 0.0])
    third = np.cross(major, level)
    return np.array(
        [major, np.cos(r) * level + np.sin(r) * third, np.cos(r) * third - np.sin(r) * level]
    )


def correlation(model: str, h: Floats) -> Floats:
    """Correlation at ``h`` ranges; the range is where it has fallen to 5 % or, if ever, to 0."""
    if model == "spherical":
        return np.where(h < 1.0, 1.0 - 1.5 * h + 0.5 * h**3, 0.0)
    if model == "cubic":
        inside = 1.0 - 7.0 * h**2 + 8.75 * h**3 - 3.5 * h**5 + 0.75 * h**7
        return np.where(h < 1.0, inside, 0.0)
    if model == "exponential":
        return np.exp(-3.0 * h)
    if model == "gaussian":
        return np.exp(-3.0 * h**2)
    assert model == "matern_3_2"
    x = 4.743864518390578 * h  # (1 + x) exp(-x) = 0.05
    return (1.0 + x) * np.exp(-x)


def covariance(variogram: Variogram, one: Floats, other: Floats) -> Floats:
    """Mean covariances, without nugget, of supports (n, s, 3) and (m, p, 3): (n, m)."""
    (n, s), (m, p) = one.shape[:2], other.shape[:2]
    turned = [support.reshape(-1, 3) @ axes(variogram.orientation).T for support in (one, other)]
    total = np.zeros((n * s, m * p))
    for structure in variogram.structures:
        apart = (turned[0][:, None] - turned[1][None]) / np.array(structure.ranges_m)
        total += structure.sill * correlation(structure.model, np.linalg.norm(apart, axis=2))
    return total.reshape(n, s, m, p).mean(axis=(1, 3))


def own_variance(variogram: Variogram, offsets: Floats) -> float:
    """Variance of a block's grade, C(V,V); of a point's with the nugget."""
    if len(offsets) == 1:
        return variogram.total_sill
    return float(covariance(variogram, offsets[None], offsets[None])[0, 0])


# ------------------------------------------------------------------ the system


class Solution(NamedTuple):
    """Weights of the samples and the Lagrange multipliers of the drift functions."""

    weights: Floats
    multiplier: float
    """Multipliers times drift functions at the block, summed."""
    c: Floats
    """Covariances of samples and block."""
    k: Floats
    """Covariances among the samples."""
    condition: float
    """Of the whole system; infinite where the samples can't tell the drift functions apart."""


def monomials(degree: int, points: Floats) -> Floats:
    """Means of the monomials up to a degree over supports (n, s, 3): (n, functions)."""
    columns = [np.ones(points.shape[:2])]
    for power in range(1, degree + 1):
        for which in combinations_with_replacement(range(3), power):
            columns.append(np.prod([points[..., a] for a in which], axis=0))
    return np.stack(columns, axis=-1).mean(axis=1)


def drift_functions(method: str, data: Data, place: Place) -> tuple[Floats, Floats]:
    """Drift functions at the samples (n, q) and at the block (q,); of the size of one."""
    if method == "simple":
        return np.zeros((len(data.values), 0)), np.zeros(0)
    degree = {"ordinary": 0, "linear_drift": 1, "quadratic_drift": 2}[method]
    scale = max(float(np.abs(data.centres - place.centre).max()), 1e-6)
    at_samples = monomials(degree, (data.points - place.centre) / scale)
    at_block = monomials(degree, place.offsets[None] / scale)[0]
    outside = data.drift - place.drift
    size = np.maximum(np.abs(outside).max(axis=0, initial=0.0), 1e-12)
    return np.hstack([at_samples, outside / size]), np.append(at_block, np.zeros(len(size)))


def solve(variogram: Variogram, method: str, data: Data, place: Place) -> Solution:
    """Solve [K F; F' 0] [w; mu] = [c; f0] in one piece."""
    n = len(data.values)
    k = covariance(variogram, data.points, data.points) + variogram.nugget * np.eye(n)
    c = covariance(variogram, data.points, (place.centre + place.offsets)[None])[:, 0]
    f, f0 = drift_functions(method, data, place)
    left = np.block([[k, f], [f.T, np.zeros((len(f0), len(f0)))]])
    if len(f0) > n:
        return Solution(np.full(n, np.nan), np.nan, c, k, np.inf)
    condition = float(np.linalg.cond(left))
    if condition > 1e15:
        return Solution(np.full(n, np.nan), np.nan, c, k, np.inf)
    solved = np.linalg.solve(left, np.append(c, f0))
    return Solution(solved[:n], float(solved[n:] @ f0), c, k, condition)


# ------------------------------------------------------------------ the neighbourhood


class Choice(NamedTuple):
    """Samples chosen for a block, in order of identity, and why they will not do, if so."""

    rows: Ints
    holes: int
    reason: int


def inside(points: Floats, centre: Floats, turned: Floats, radii_m: Sequence[float]) -> Floats:
    """Distances from a centre in radii of an ellipsoid with axes ``turned``."""
    return np.asarray(np.linalg.norm(((points - centre) @ turned.T) / np.array(radii_m), axis=-1))


def sector_of(one: SearchPass, offset: Floats) -> int:
    """Quadrant or octant of an offset along the search's axes; 0 where there are none."""
    if one.sectors is None:
        return 0
    sides = offset >= 0.0
    octant = 4 * int(sides[2]) if one.sectors.kind == "octants" else 0
    return int(sides[0]) + 2 * int(sides[1]) + octant


def choose(
    one: SearchPass, turned: Floats, data: Data, centre: Floats, allowed: npt.NDArray[np.bool_]
) -> Choice:
    """Greedy choice: nearest first, ties to the earlier sample, holes and sectors not overfull."""
    apart = inside(data.centres, centre, turned, one.radii_m)
    taken: list[int] = []
    of_hole: dict[int, int] = {}
    of_sector: dict[int, int] = {}
    for i in np.lexsort((np.arange(len(apart)), apart)):
        hole = int(data.holes[i])
        sector = sector_of(one, turned @ (data.centres[i] - centre))
        full = one.sectors is not None and of_sector.get(sector, 0) == one.sectors.max_samples
        if not allowed[i] or apart[i] > 1.0 or full or len(taken) == one.max_samples:
            continue
        if of_hole.get(hole, 0) < one.max_per_hole:
            taken.append(int(i))
            of_hole[hole] = of_hole.get(hole, 0) + 1
            of_sector[sector] = of_sector.get(sector, 0) + 1
    reason = reason_against(one, len(taken), len(of_hole), len(of_sector))
    return Choice(np.array(sorted(taken), dtype=np.int64), len(of_hole), reason)


def reason_against(one: SearchPass, count: int, holes: int, sectors: int) -> int:
    """First of a pass's conditions that a choice does not meet; 0 where it meets all."""
    if count == 0:
        return REASONS.index("no samples")
    if count < one.min_samples:
        return REASONS.index("few samples")
    if holes < one.min_holes:
        return REASONS.index("few holes")
    if one.sectors is not None and sectors < one.sectors.min_filled:
        return REASONS.index("few sectors")
    return 0


def far_high_grades(
    rule: HighYield | None, turned: Floats, data: Data, centre: Floats
) -> npt.NDArray[np.bool_]:
    """Which samples are high and too far away for it."""
    if rule is None:
        return np.zeros(len(data.values), dtype=bool)
    return (inside(data.centres, centre, turned, rule.radii_m) > 1.0) & (data.values > rule.above)


# ------------------------------------------------------------------ the answer


def krige(plan: ElementPlan, data: Data, place: Place, own_hole: int = -1) -> dict[str, float]:
    """Every field of one block, by name, and the ``condition`` of its system.

    Of a block that no pass could estimate: pass 0 and the last pass's reason.
    """
    turned = axes(plan.search_orientation or plan.variogram.orientation)
    far = far_high_grades(plan.high_yield, turned, data, place.centre)
    discard = plan.high_yield is not None and plan.high_yield.beyond == "discard"
    allowed = (data.holes != own_hole) & ~(far & discard)
    above = plan.high_yield.above if plan.high_yield else np.inf
    grades = np.where(far, np.minimum(data.values, above), data.values)
    reason = 1
    for number, one in enumerate(plan.search, 1):
        choice = choose(one, turned, data, place.centre, allowed)
        reason = choice.reason
        if reason:
            continue
        near = data.of(grades).take(choice.rows)
        solution = solve(plan.variogram, plan.method, near, place)
        if np.isinf(solution.condition):
            reason = REASONS.index("drift unseen")
            continue
        beside = by_distance(
            near, place.centre, inside(near.centres, place.centre, turned, one.radii_m)
        )
        counted = {"samples": len(choice.rows), "holes": choice.holes, "pass": number, "reason": 0}
        return answer(plan, solution, near, place.offsets) | beside | counted
    return {"pass": 0.0, "reason": float(reason), "condition": np.nan}


def answer(plan: ElementPlan, solution: Solution, near: Data, offsets: Floats) -> dict[str, float]:
    """Estimate, variance and diagnostics from the weights (Krige 1996; Deutsch et al. 2014)."""
    w, c, mu = solution.weights, solution.c, solution.multiplier
    own = own_variance(plan.variogram, offsets)
    variance = own - w @ c - mu
    spread = w @ solution.k @ w
    return {
        "estimate": w @ near.values + (1.0 - w.sum()) * (plan.known_mean or 0.0),
        "variance": variance,
        "lagrange": mu,
        "slope": (w @ c) / spread if spread else np.nan,
        "efficiency": (own - variance) / own,
        "negative_weights": w[w < 0.0].sum(),
        "condition": solution.condition,
    }


def by_distance(near: Data, centre: Floats, apart: Floats) -> dict[str, float]:
    """Mean distance in metres, inverse squared distance and nearest sample (in the ellipsoid)."""
    shares = 1.0 / np.maximum(apart**2, 1e-12)
    return {
        "mean_distance_m": np.linalg.norm(near.centres - centre, axis=1).mean(),
        "inverse_distance": shares @ near.values / shares.sum(),
        "nearest": near.values[np.argmin(apart)],
    }
