"""Kriging of one block by one dense solve: slow, short, and independent of the kernels.

The bordered system of the book, [K F; F' 0] [w; mu] = [c; f0], solved in one piece (Journel &
Huijbregts 1978, chapter V; Goovaerts 1997, section 5.4). What the kernels say is checked against
it, so nothing here is borrowed from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.plan import ElementPlan, Variogram
from estimation.rotation import axes_from_gslib

Floats = npt.NDArray[np.float64]


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
    axes = axes_from_gslib(variogram.orientation)
    apart = (a_m[:, None, :] - b_m[None, :, :]) @ axes.T
    total = np.zeros(apart.shape[:2])
    for s in variogram.structures:
        total += s.sill * correlation(s.model, np.linalg.norm(apart / np.array(s.ranges_m), axis=2))
    return total


def mean_covariance(variogram: Variogram, a_m: Floats, b_m: Floats) -> Floats:
    """Covariances of supports: (n, s, 3) and (m, p, 3) points, averaged; shape (n, m)."""
    (n, s), (m, p) = a_m.shape[:2], b_m.shape[:2]
    every = covariance(variogram, a_m.reshape(-1, 3), b_m.reshape(-1, 3))
    return np.asarray(every.reshape(n, s, m, p).mean(axis=(1, 3)))


def solve_block(element: ElementPlan, near: Neighbourhood) -> Solution:
    """Krige one block from its samples as an element's plan says.

    Raises
    ------
    numpy.linalg.LinAlgError
        The system is singular: duplicate samples without nugget.
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
    solution = np.linalg.solve(left, np.append(c, at_block))
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


def _drift(element: ElementPlan, near: Neighbourhood) -> tuple[Floats, Floats]:
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
    return np.column_stack(columns), np.array(at_block)


def _grades(element: ElementPlan, near: Neighbourhood) -> Floats:
    """Grades as they count: limited beyond the high-yield ellipsoid."""
    rule = element.high_yield
    if rule is None or rule.beyond == "discard":
        return near.values
    axes = axes_from_gslib(element.search_orientation or element.variogram.orientation)
    apart = np.linalg.norm(
        (near.centres_m - near.block_m) @ axes.T / np.array(rule.radii_m), axis=1
    )
    return np.where(apart <= 1.0, near.values, np.minimum(near.values, rule.above))
