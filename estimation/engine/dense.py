"""Kriging of one block by one dense solve: slow, short, and independent of the kernels.

The bordered system of the book, [K F; F' 0] [w; mu] = [c; f0], solved in one piece (Journel &
Huijbregts 1978, chapter V; Goovaerts 1997, section 5.4). What the kernels say is checked against
it, so nothing here is borrowed from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estimation.engine import indicators
from estimation.plan import Choices, Variogram
from estimation.rotation import axes_from_gslib

Floats = npt.NDArray[np.float64]

TELLS_NOTHING = 1e-10
"""Share of its own variance that a sample must leave unexplained by those before it."""


@dataclass(frozen=True)
class Neighbourhood:
    """The samples of one block, and its place."""

    block_m: Floats
    """(3,) centre."""
    offsets_m: Floats
    """(p, 3) discretization points from the centre."""
    centres_m: Floats
    """(n, 3) middles of the samples."""
    points_m: Floats
    """(n, s, 3) points along each sample."""
    values: Floats
    """(n,) grades."""
    drift: Floats | None = None
    """(n,) external drift, where the method has one."""
    block_drift: float = 0.0
    apart: Floats | None = None
    """(n,) distances in the ellipsoid of the search pass: what inverse distance goes by."""


@dataclass(frozen=True)
class Solution:
    """Kriging of one block."""

    estimate: float
    variance: float
    lagrange: float
    """Sum of multipliers times drift functions at the block; ordinary kriging's mu."""
    explained: float
    """w'c."""
    weights: Floats
    """Of indicators: those of the cut-off in the middle."""
    shares: Floats | None = None
    """Of indicators: share of the block at or below each cut-off, in order."""

    @property
    def block_variance(self) -> float:
        """C(V,V)."""
        return self.variance + self.explained + self.lagrange


def correlation(model: str, h: Floats) -> Floats:
    """Correlation of a structure at ``h`` ranges (practical ranges where it has no other)."""
    if model == "spherical":
        return np.where(h < 1.0, 1.0 - 1.5 * h + 0.5 * h**3, 0.0)
    if model == "cubic":
        polynomial = 1.0 - 7.0 * h**2 + 8.75 * h**3 - 3.5 * h**5 + 0.75 * h**7
        return np.where(h < 1.0, polynomial, 0.0)
    if model == "matern_3_2":
        scaled = 4.743864518390578 * h
        return (1.0 + scaled) * np.exp(-scaled)
    return np.exp(-3.0 * h) if model == "exponential" else np.exp(-3.0 * h**2)


def covariance(variogram: Variogram, a_m: Floats, b_m: Floats) -> Floats:
    """Covariances without nugget between places (n, 3) and (m, 3), metres; shape (n, m)."""
    metres = a_m[:, None, :] - b_m[None, :, :]
    total = np.zeros(metres.shape[:2])
    for s in variogram.structures:
        apart = metres @ axes_from_gslib(s.orientation or variogram.orientation).T
        total += s.sill * correlation(s.model, np.linalg.norm(apart / np.array(s.ranges_m), axis=2))
    return total


def mean_covariance(variogram: Variogram, a_m: Floats, b_m: Floats) -> Floats:
    """Covariances of supports: (n, s, 3) and (m, p, 3) points, averaged; shape (n, m)."""
    (n, s), (m, p) = a_m.shape[:2], b_m.shape[:2]
    every = covariance(variogram, a_m.reshape(-1, 3), b_m.reshape(-1, 3))
    return np.asarray(every.reshape(n, s, m, p).mean(axis=(1, 3)))


def solve(choices: Choices, near: Neighbourhood) -> Solution:
    """One block from its samples by any method but those that need a partner.

    Raises
    ------
    numpy.linalg.LinAlgError
        The system is singular: the samples can't tell a drift from a constant.
    """
    if choices.method in ("inverse_distance", "nearest"):
        return _by_distance(choices, near)
    if choices.indicators:
        return _by_indicators(choices, near)
    return solve_block(choices, near)


def _by_distance(choices: Choices, near: Neighbourhood) -> Solution:
    """Inverse squared distance, or the nearest sample: weights, and nothing that was kriged."""
    if near.apart is None:
        raise TypeError("inverse distance and nearest need the distances in the search ellipsoid")
    weights = np.zeros(near.values.size)
    if choices.method == "nearest":
        weights[int(np.argmin(near.apart))] = 1.0
    else:
        # at the very centre a sample is met by a millionth of the radius, not by 1/0
        weights = 1.0 / np.maximum(near.apart**2, 1e-12)
        weights /= weights.sum()
    estimate = float(weights @ _grades(choices, near))
    return Solution(estimate, np.nan, np.nan, np.nan, weights)


def _by_indicators(choices: Choices, near: Neighbourhood) -> Solution:
    """The mean of the block's distribution; the rest is ordinary kriging of the grade."""
    asked = choices.indicators
    if asked is None:
        raise TypeError("no indicators")
    plans = indicators.indicator_choices(choices)
    grade = solve_block(plans[indicators.GRADE], near)
    found = [
        solve_block(plans[str(k)], replace(near, values=values))
        for k, values in enumerate(indicators.indicators_of(near.values, asked.cutoffs))
    ]
    shares = indicators.in_order(np.array([one.estimate for one in found])[:, None])
    mean, variance = indicators.mean_and_variance(shares, asked)
    return Solution(
        float(mean[0]),
        float(variance[0]),
        grade.lagrange,
        grade.explained,
        found[len(found) // 2].weights,
        shares[:, 0],
    )


def solve_block(element: Choices, near: Neighbourhood) -> Solution:
    """Krige one block from its samples as an element's plan says.

    A sample that tells nothing new (a duplicate without nugget) has no weight.

    Raises
    ------
    numpy.linalg.LinAlgError
        The system is singular: the samples can't tell a drift from a constant.
    """
    variogram = element.variogram
    count = near.values.size
    block = (near.block_m + near.offsets_m)[None]
    functions, at_block = _drift(element, near)
    drifts = at_block.size
    left = np.zeros((count + drifts, count + drifts))
    left[:count, :count] = mean_covariance(variogram, near.points_m, near.points_m)
    left[:count, :count] += variogram.nugget * np.eye(count)
    left[:count, count:] = functions
    left[count:, :count] = functions.T
    c = mean_covariance(variogram, near.points_m, block)[:, 0]
    kept = np.append(_telling(left[:count, :count]), np.arange(count, count + drifts))
    solution = np.zeros(count + drifts)
    solution[kept] = np.linalg.solve(left[np.ix_(kept, kept)], np.append(c, at_block)[kept])
    weights: Floats = np.asarray(solution[:count], np.float64)
    own = variogram.total_sill
    if len(near.offsets_m) > 1:
        own = float(mean_covariance(variogram, block, block)[0, 0])
    explained, lagrange = float(weights @ c), float(solution[count:] @ at_block)
    mean = element.known_mean or 0.0
    estimate = float(weights @ _grades(element, near))
    if element.method == "simple":
        estimate += float((1.0 - weights.sum()) * mean)
    return Solution(estimate, own - explained - lagrange, lagrange, explained, weights)


def _telling(k: Floats) -> npt.NDArray[np.int64]:
    """Samples, in order, that say something those before them have not said."""
    kept: list[int] = []
    for i in range(len(k)):
        said = np.linalg.solve(k[np.ix_(kept, kept)], k[kept, i]) @ k[kept, i] if kept else 0.0
        if k[i, i] - said >= TELLS_NOTHING * k[i, i]:
            kept.append(i)
    return np.array(kept, np.int64)


def _drift(element: Choices, near: Neighbourhood) -> tuple[Floats, Floats]:
    """Drift functions at the samples (n, q) and over the block (q,): monomials about its centre."""
    count = near.values.size
    if element.method == "simple":
        return np.empty((count, 0)), np.empty(0)
    size = max(element.search[-1].radii_m)
    u, o = (near.centres_m - near.block_m) / size, near.offsets_m / size
    own = (near.points_m - near.centres_m[:, None]) / size
    columns, at_block = [np.ones(count)], [1.0]
    if element.method in ("linear_drift", "quadratic_drift"):
        columns += list(u.T)
        at_block += [0.0, 0.0, 0.0]
    if element.method == "quadratic_drift":
        for a in range(3):
            for b in range(a, 3):
                columns.append(u[:, a] * u[:, b] + (own[:, :, a] * own[:, :, b]).mean(axis=1))
                at_block.append(float(np.mean(o[:, a] * o[:, b])))
    if near.drift is not None:
        columns.append(near.drift - near.block_drift)
        at_block.append(0.0)
    return np.column_stack(columns), np.array(at_block)


def _grades(element: Choices, near: Neighbourhood) -> Floats:
    """Grades as they count: limited beyond the high-yield ellipsoid."""
    rule = element.high_yield
    if rule is None or rule.beyond == "discard":
        return near.values
    axes = axes_from_gslib(element.search_orientation or element.variogram.orientation)
    apart = np.linalg.norm(
        (near.centres_m - near.block_m) @ axes.T / np.array(rule.radii_m), axis=1
    )
    return np.where(apart <= 1.0, near.values, np.minimum(near.values, rule.above))
