"""Linear model of coregionalization: shared structures, sill matrices fitted by iteration.

Goulard & Voltz (1992, Mathematical Geology 24): one sill matrix after the other is set to its
weighted least squares value with the others held, and its negative eigenvalues to 0, until
nothing moves; so every matrix is positive semi-definite, and the model with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.dense import correlation
from estimation.errors import EstimationError
from estimation.plan import Coregionalisation, SharedStructure, Variogram
from estimation.rotation import axes_from_gslib
from estimation.variography.fitting import bin_weights
from estimation.variography.models import reduced_distance
from estimation.variography.orientation import (
    PairSums,
    VectorVariogram,
    hole_groups,
    lag_edges,
    sum_pairs,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MOST_STEPS = 2000
STILL = 1e-9
"""Relative change of the misfit at which the iteration ends."""

FEWEST_BINS = 12


@dataclass(frozen=True)
class SillMatrices:
    """Sill matrices (s, k, k) of the basic structures, and how the iteration ended."""

    sills: Floats
    misfit: float
    """Weighted sum of squares, each variogram divided by the two standard deviations."""
    steps: int


@dataclass(frozen=True)
class SampledPair:
    """Two elements where either may be missing."""

    xyz_m: Floats
    """(n, 3)"""
    values: Floats
    """(n, 2) of the element and its partner; NaN where not assayed."""
    holes: Integers
    support_m: float


def fit_sills(basis: Floats, gammas: Floats, weights: Floats, scales: Floats) -> SillMatrices:
    """Sill matrices that fit direct and cross-variograms best and are positive semi-definite.

    Parameters
    ----------
    basis : (b, s) value of every basic structure (sill 1, the nugget among them) in every bin.
    gammas : (b, k, k) experimental direct and cross-variograms, symmetric; NaN where unknown.
    weights : (b, k, k) of bins; 0 where unknown.
    scales : (k,) standard deviations: elements of other units count the same.

    Returns
    -------
    Sills in the units of ``gammas``.
    """
    units = np.outer(scales, scales)
    wanted = np.where(weights > 0, np.nan_to_num(gammas) / units, 0.0)
    structures, elements = basis.shape[1], scales.size
    sills = np.repeat(np.eye(elements)[None] / structures, structures, axis=0)
    # a variogram that no bin knows would leave its denominator 0
    below = np.einsum("b,bkl->kl", np.ones(len(basis)), weights)
    if np.any(below <= 0):
        raise EstimationError(
            "no pairs of samples for one of the variograms of a coregionalization: the elements "
            "were not assayed together / 两元素无同时分析的样品对,无法建立协区域化模型"
        )
    last = np.inf
    step = 0
    while step < MOST_STEPS:
        step += 1
        for s in range(structures):
            rest = wanted - np.einsum("bt,tkl->bkl", np.delete(basis, s, 1), np.delete(sills, s, 0))
            own = basis[:, s, None, None]
            top = np.sum(weights * own * rest, axis=0)
            sills[s] = _nearest_psd(top / np.maximum(np.sum(weights * own**2, axis=0), 1e-300))
        left = wanted - np.einsum("bt,tkl->bkl", basis, sills)
        misfit = float(np.sum(weights * left**2))
        if last - misfit <= STILL * max(misfit, 1e-12):
            break
        last = misfit
    return SillMatrices(sills * units, misfit, step)


def _nearest_psd(matrix: Floats) -> Floats:
    """The symmetric matrix with negative eigenvalues set to 0."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def fit_coregionalisation(
    pair: SampledPair, shared: Variogram, variances: tuple[float, float] | None = None
) -> Coregionalisation:
    """Coregionalization of an element and its partner on the structures of ``shared``.

    Nugget, kinds, ranges and axes of ``shared`` (usually the better sampled element's variogram)
    are the basic structures; its sills are not used. Heterotopic samples are allowed: each direct
    variogram uses the samples that have its element, the cross-variogram those that have both
    (Goovaerts 1997, 4.2).

    Parameters
    ----------
    variances : declustered variances of both elements; the sills are scaled to them. None: none.

    Raises
    ------
    EstimationError
        Too few samples have both elements.
    """
    longest = max(max(s.ranges_m) for s in shared.structures)
    diagonal = float(np.linalg.norm(np.ptp(pair.xyz_m, axis=0)))
    sums = sum_pairs(
        pair.xyz_m,
        pair.values,
        hole_groups(pair.xyz_m, pair.holes),
        lag_edges(pair.support_m, min(0.5 * diagonal, 2.0 * longest)),
        ((0, 0), (0, 1), (1, 1)),
    )
    vectors, gammas, weights = _stack(sums)
    if min(np.sum(weights[:, 0, 1] > 0), np.sum(weights[:, 1, 1] > 0)) < FEWEST_BINS:
        both = int(np.sum(np.all(np.isfinite(pair.values), axis=1)))
        raise EstimationError(
            f"only {both} samples have both elements: too few for a coregionalization; estimate "
            f"the element alone or by regression / 仅 {both} 个样品同时分析两元素,协区域化不可靠"
        )
    scales = np.nanstd(pair.values, axis=0)
    fitted = fit_sills(_basis(shared, vectors), gammas, weights, scales).sills
    if variances is not None:
        fitted = fitted * _rescale(fitted, np.array(variances))
    structures = tuple(
        SharedStructure(model=s.model, ranges_m=s.ranges_m, sills=_triple(sills))
        for s, sills in zip(shared.structures, fitted[1:], strict=True)
    )
    return Coregionalisation(
        nuggets=_triple(fitted[0]), structures=structures, orientation=shared.orientation
    )


def _stack(sums: PairSums) -> tuple[Floats, Floats, Floats]:
    """Vectors (b, 3), variograms (b, 2, 2) and weights (b, 2, 2) of all three, bin upon bin."""
    parts: list[tuple[tuple[int, int], VectorVariogram]] = [
        (place, sums.variogram(which)) for which, place in enumerate(((0, 0), (0, 1), (1, 1)))
    ]
    vectors = np.vstack([bins.vectors_m for _, bins in parts])
    gammas = np.zeros((len(vectors), 2, 2))
    weights = np.zeros((len(vectors), 2, 2))
    low = 0
    for (k, m), bins in parts:
        rows = slice(low, low + bins.pairs.size)
        if bins.pairs.size:
            gammas[rows, k, m] = gammas[rows, m, k] = bins.gamma
            weights[rows, k, m] = weights[rows, m, k] = bin_weights(bins)
        low += bins.pairs.size
    return vectors, gammas, weights


def _basis(shared: Variogram, vectors_m: Floats) -> Floats:
    """Nugget and structures of sill 1 at vectors: (b, 1 + s)."""
    axes = axes_from_gslib(shared.orientation)
    columns = [np.ones(len(vectors_m))]
    for s in shared.structures:
        h = reduced_distance(vectors_m, axes, np.array(s.ranges_m))
        columns.append(1.0 - correlation(s.model, h))
    return np.column_stack(columns)


def _rescale(sills: Floats, variances: Floats) -> Floats:
    """Factors (2, 2) that bring both total sills to the variances and keep correlations."""
    own = np.sqrt(variances / np.maximum(np.diagonal(sills.sum(axis=0)), 1e-300))
    return np.asarray(np.outer(own, own))


def _triple(matrix: Floats) -> tuple[float, float, float]:
    """Own, cross and partner's sill, rounded so that the matrix stays positive semi-definite."""
    own, other = float(f"{max(matrix[0, 0], 0.0):.6g}"), float(f"{max(matrix[1, 1], 0.0):.6g}")
    most = float(np.sqrt(own * other))
    return own, float(np.clip(matrix[0, 1], -most, most)), other
