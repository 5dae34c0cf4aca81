"""PyKrige in our engine's place: one block, or a whole estimate, slow and independent.

PyKrige knows points, not blocks, and has no covariance between block and samples. It is given a
block's own samples and its discretization points, once with the grades and once with each unit
vector in their place, which makes it print its weights. Block kriging is linear in the points, so

    estimate = mean of the point estimates,          w = mean of the point weights
    mu = mean over points of C(0) - w_p'c_p - s_p    (from PyKrige's own point variances s_p)
    variance = C(V,V) - w'c - mu

where c_p and c are covariances of samples with point and block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.dense import (
    Neighbourhood,
    Solution,
    correlation,
    covariance,
    mean_covariance,
    solve_block,
)
from estimation.engine.kernels_blocks import ESTIMATED, FEW_SAMPLES, NO_SAMPLES
from estimation.engine.krige import Problem
from estimation.engine.visit import Samples, discretisation
from estimation.errors import EstimationError
from estimation.models.layers import FIELDS
from estimation.plan import ElementPlan, Variogram
from estimation.rotation import axes_from_gslib, turn

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def solve_by_pykrige(element: ElementPlan, near: Neighbourhood) -> Solution:
    """Krige one block from its samples through PyKrige; one sample alone is kriged densely."""
    from pykrige.ok3d import OrdinaryKriging3D

    if near.values.size == 1:
        return solve_block(element, near)
    variogram = element.variogram
    scale = axes_from_gslib(variogram.orientation).T / np.array(variogram.structures[0].ranges_m)
    points = near.block_m + near.offsets_m
    # from the block's centre, or large coordinates would cost the last digits
    targets = (points - near.block_m) @ scale
    pykrige = OrdinaryKriging3D(
        *((near.centres_m - near.block_m) @ scale).T,
        near.values.astype(float),
        variogram_model="custom",
        variogram_parameters=[0.0],
        variogram_function=lambda _, d: _gamma(variogram, d),
        exact_values=False,
    )
    estimates, variances = pykrige.execute("points", *targets.T)
    weights = np.empty((near.values.size, len(points)))
    for i in range(near.values.size):
        pykrige.VALUES = np.eye(near.values.size)[i]
        weights[i] = pykrige.execute("points", *targets.T)[0]
    covariances = covariance(variogram, near.centres_m, points)
    mu = np.mean(variogram.total_sill - (weights * covariances).sum(axis=0) - variances)
    mean_weights = weights.mean(axis=1)
    explained = float(mean_weights @ covariances.mean(axis=1))
    own = variogram.total_sill
    if len(points) > 1:
        own = float(mean_covariance(variogram, points[None], points[None])[0, 0])
    return Solution(
        float(np.mean(estimates)), own - explained - float(mu), float(mu), explained, mean_weights
    )


def _gamma(variogram: Variogram, d: Floats) -> Floats:
    """Variogram at distances in ranges of the first structure."""
    first = variogram.structures[0].ranges_m[0]
    structured = [
        s.sill * (1.0 - correlation(s.model, d * first / s.ranges_m[0]))
        for s in variogram.structures
    ]
    return np.asarray(variogram.nugget + np.sum(structured, axis=0))


def krige_by_pykrige(problem: Problem, element: str, samples: Samples, centres_m: Floats) -> Floats:
    """Estimate blocks with PyKrige from a moving window (:func:`window_of`), shape (m, fields).

    Raises
    ------
    EstimationError
        Duplicate samples without nugget: PyKrige has no rule for them.
    """
    plan = problem.plan.elements[element]
    offsets = discretisation(problem.grid.spec.block_m, problem.plan.discretisation)
    fields = np.full((len(centres_m), len(FIELDS)), np.nan)
    for b, centre in enumerate(centres_m):
        window = window_of(plan, samples, centre)
        fields[b, FIELDS.index("pass")] = window.number
        fields[b, FIELDS.index("reason")] = FEW_SAMPLES if window.rows.size else NO_SAMPLES
        if window.number:
            near = samples.take(window.rows)
            block = Neighbourhood(centre, offsets, near.xyz_m, near.points_m, near.values)
            try:
                solution = solve_by_pykrige(plan, block)
            except np.linalg.LinAlgError as error:
                east, north, up = centre
                raise EstimationError(
                    f"{element}: PyKrige can't solve the block at {east:.1f}, {north:.1f}, {up:.1f}"
                    " (samples at one place, and no nugget); give a nugget or take engine: bornite"
                    " / 样品重复且无块金，PyKrige 无解"
                ) from error
            fields[b] = _row(solution, block, near.holes, window)
    return fields


@dataclass(frozen=True)
class Window:
    """The samples that a block is kriged from."""

    rows: Ints
    """Nearest first; of equally near ones the earlier."""
    apart: Floats
    """Their squared distances in the pass's ellipsoid."""
    number: int
    """Which pass; 0 where none has enough."""


def window_of(plan: ElementPlan, samples: Samples, centre_m: Floats) -> Window:
    """Nearest ``max_samples`` in the ellipsoid of the first pass that has ``min_samples``.

    Of a plan's other limits PyKrige has none (holes, sectors), and they are not applied.
    """
    turned = turn(
        samples.xyz_m,
        axes_from_gslib(plan.search_orientation or plan.variogram.orientation),
        centre_m,
    )
    for number, one in enumerate(plan.search, start=1):
        x, y, z = (turned / np.array(one.radii_m)).T
        apart = x * x + y * y + z * z
        inside = np.flatnonzero(apart <= 1.0)
        rows = inside[np.argsort(apart[inside], kind="stable")][: one.max_samples]
        if rows.size >= one.min_samples:
            return Window(rows, apart[rows], number)
    return Window(rows, apart[rows], 0)


def _row(solution: Solution, near: Neighbourhood, holes: Ints, window: Window) -> Floats:
    """One block's fields, in the order of ``layers.FIELDS``."""
    metres = np.linalg.norm(near.centres_m - near.block_m, axis=1)
    inverse = 1.0 / np.maximum(window.apart, 1e-12)
    own, lagrange = solution.block_variance, solution.lagrange
    found = {
        "estimate": solution.estimate,
        "variance": solution.variance,
        "lagrange": lagrange,
        "slope": solution.explained / (solution.explained - lagrange),
        "efficiency": (own - solution.variance) / own,
        "negative_weights": float(np.minimum(solution.weights, 0.0).sum()),
        "samples": near.values.size,
        "holes": np.unique(holes).size,
        "mean_distance_m": float(metres.mean()),
        "pass": window.number,
        "inverse_distance": float(inverse @ near.values / inverse.sum()),
        "nearest": near.values[0],
        "redundant": 0.0,
        "reason": ESTIMATED,
    }
    return np.array([found[name] for name in FIELDS], dtype=float)
