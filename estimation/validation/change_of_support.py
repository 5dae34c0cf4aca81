"""Change of support: the grades of blocks, told from the grades of samples and a variogram.

Two models, both of mean ``m`` and block variance ``f x variance`` (``f`` from the variogram):

- discrete Gaussian: ``Z = phi(Y)``, ``Z_v = phi_r(Y_v) = E[phi(r Y_v + sqrt(1 - r^2) W)]`` with
  ``Y, Y_v, W`` standard normal, and ``r`` such that ``sum phi_n^2 r^(2n)`` is the block variance.
  Source: Matheron (1976), Forecasting block grade distributions, NATO ASI Geostat 75, 237-251;
  Rivoirard (1994), ch. 5; Chilès & Delfiner (2012), Geostatistics, 2nd ed., 6.8.
- affine: ``z_v = m + sqrt(f) (z - m)``. Source: Journel & Huijbregts (1978), VI.A.2;
  Isaaks & Srivastava (1989), ch. 19.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from estimation.engine.visit import discretisation, total_sills, visit_of
from estimation.errors import EstimationError
from estimation.plan import Choices, Variogram
from estimation.variography.models import covariance

Floats = npt.NDArray[np.float64]

ORDER = 100
"""Hermite polynomials of an anamorphosis."""
EDGES = np.linspace(-7.0, 7.0, 4001)
"""Cells of the block's Gaussian value over which its grade is integrated."""


@dataclass(frozen=True)
class Anamorphosis:
    """Grades as a function of a standard normal variable: steps, and their Hermite expansion.

    ``values`` (n,) rising; ``gaussian`` (n - 1,) the normal score at each step;
    ``coefficients`` (order + 1,) of the normalized Hermite polynomials.
    """

    values: Floats
    gaussian: Floats
    coefficients: Floats
    variance: float

    @property
    def mean(self) -> float:
        """Mean grade: the first coefficient."""
        return float(self.coefficients[0])

    def block_values(self, y: Floats, r: float) -> Floats:
        """Grade of a block whose Gaussian value is ``y`` (m,), for a coefficient ``r`` below 1.

        The expectation is taken over the steps themselves, so that it is rising and no series is
        cut short.
        """
        spread = np.sqrt(1.0 - r * r)
        found = np.full(y.shape, self.values[0])
        rises = np.diff(self.values)
        for part in np.array_split(np.arange(rises.size), max(rises.size // 500, 1)):
            score = (r * y[:, None] - self.gaussian[part]) / spread
            found += ndtr(score) @ rises[part]
        return found

    def block_variance(self, r: float) -> float:
        """Variance of block grades: sum of ``phi_n^2 r^(2n)``, n from 1."""
        return series_variance(self.coefficients, r)


@dataclass(frozen=True)
class SupportCurve:
    """Tonnage and metal of blocks above cut-offs; arrays (cut-offs,)."""

    cutoffs: Floats
    tonnage: Floats
    """Share of the tonnes, 0-1."""
    metal: Floats
    """Tonnage share times mean grade, in the element's unit."""

    @property
    def grade(self) -> Floats:
        """Mean grade above each cut-off; NaN where nothing is above it."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.tonnage > 0, self.metal / self.tonnage, np.nan)


@dataclass(frozen=True)
class SupportChange:
    """What a change of support predicts of the blocks of one population."""

    ratio: float
    """Block variance over point variance, by the variogram."""
    r: float
    """Point-block coefficient of the discrete Gaussian model."""
    mean: float
    point_variance: float
    gaussian: SupportCurve
    affine: SupportCurve

    @property
    def block_variance(self) -> float:
        """Variance that blocks' true grades have, in the unit squared."""
        return self.ratio * self.point_variance


def hermite(y: Floats, order: int) -> Floats:
    """Normalized Hermite polynomials at ``y`` (m,), shape (order + 1, m).

    ``H_0 = 1``, ``H_1 = -y``, ``H_(n+1) = -(y H_n + sqrt(n) H_(n-1)) / sqrt(n + 1)``.
    Source: Rivoirard (1994), appendix; Chilès & Delfiner (2012), A.2 (with the same sign).
    """
    found = np.ones((order + 1, y.size))
    if order:
        found[1] = -y
    for n in range(1, order):
        found[n + 1] = -(y * found[n] + np.sqrt(n) * found[n - 1]) / np.sqrt(n + 1.0)
    return found


def series_variance(coefficients: Floats, r: float) -> float:
    """Sum of ``phi_n^2 r^(2n)`` for n from 1."""
    n = np.arange(1, coefficients.size)
    return float(np.sum(coefficients[1:] ** 2 * r ** (2.0 * n)))


def fit_anamorphosis(values: Floats, weights: Floats, order: int = ORDER) -> Anamorphosis:
    """Anamorphosis of weighted samples, (n,) each, none NaN.

    ``phi_n = sum_i (z_i - z_(i+1)) H_(n-1)(y_i) g(y_i) / sqrt(n)`` with ``y_i`` the normal score
    of the cumulated weight (Chilès & Delfiner 2012, 6.2.3).

    Raises
    ------
    EstimationError
        All grades are alike, or there are none.
    """
    grades, place = np.unique(values, return_inverse=True)
    if grades.size < 2:
        raise EstimationError(
            "change of support: all grades are alike, there is no distribution to change / "
            "品位全部相同,无法作支撑效应校正"
        )
    share = np.bincount(place.ravel(), weights=weights)
    share = share / share.sum()
    y = ndtri(np.cumsum(share)[:-1])
    density = np.exp(-0.5 * y * y) / np.sqrt(2.0 * np.pi)
    drop = grades[:-1] - grades[1:]
    polynomials = hermite(y, order - 1)
    higher = (polynomials * (density * drop)).sum(axis=1) / np.sqrt(np.arange(1.0, order + 1))
    mean = float(share @ grades)
    variance = float(share @ (grades - mean) ** 2)
    return Anamorphosis(grades, y, np.append(mean, higher), variance)


def coefficient_of(model: Anamorphosis, block_variance: float) -> float:
    """Point-block coefficient ``r`` that gives blocks the wanted variance, 0 to 1."""
    if block_variance >= model.block_variance(1.0):
        return 1.0
    return float(brentq(lambda r: model.block_variance(r) - block_variance, 0.0, 1.0, xtol=1e-12))


def gaussian_curve(model: Anamorphosis, r: float, cutoffs: Floats) -> SupportCurve:
    """Tonnage and metal of blocks above cut-offs by the discrete Gaussian model."""
    centres = (EDGES[1:] + EDGES[:-1]) / 2.0
    share = np.diff(ndtr(EDGES)) / (ndtr(EDGES[-1]) - ndtr(EDGES[0]))
    # with r = 1 a block is a point; the smallest spread keeps the same formula
    grades = model.block_values(centres, min(r, 1.0 - 1e-12))
    tonnage = np.append(np.cumsum(share[::-1])[::-1], 0.0)
    metal = np.append(np.cumsum((share * grades)[::-1])[::-1], 0.0)
    # where the cut-off lies between two cells, in parts of a cell
    rising = np.maximum.accumulate(grades) + np.arange(grades.size) * 1e-15 * abs(grades[-1])
    place = np.interp(cutoffs, rising, np.arange(grades.size) + 0.5, left=0.0, right=grades.size)
    at = np.arange(tonnage.size)
    return SupportCurve(cutoffs, np.interp(place, at, tonnage), np.interp(place, at, metal))


def affine_curve(values: Floats, weights: Floats, ratio: float, cutoffs: Floats) -> SupportCurve:
    """Tonnage and metal of blocks above cut-offs by the affine correction."""
    share = weights / weights.sum()
    mean = float(share @ values)
    return counted_curve(mean + np.sqrt(ratio) * (values - mean), share, cutoffs)


def counted_curve(values: Floats, weights: Floats, cutoffs: Floats) -> SupportCurve:
    """Tonnage and metal above cut-offs of grades as they are, (n,) with weights (n,)."""
    order = np.argsort(values, kind="stable")
    share = weights[order] / weights.sum()
    tonnage = np.append(np.cumsum(share[::-1])[::-1], 0.0)
    metal = np.append(np.cumsum((share * values[order])[::-1])[::-1], 0.0)
    first = np.searchsorted(values[order], cutoffs, side="left")
    return SupportCurve(cutoffs, tonnage[first], metal[first])


def variance_ratio(
    choices: Choices,
    block_m: Sequence[float],
    counts: tuple[int, int, int] = (10, 10, 10),
) -> float:
    """Block variance over point variance under a variogram: ``C(v, v) / C(0)``, 0-1.

    ``block_m`` metres along x, y, z; ``counts`` points of the block that covariances are averaged
    over . The nugget averages out.
    """
    plain = choices.model_copy(update={"method": "ordinary"})
    models = visit_of({"block": plain}, block_m, _points(block_m, counts), np.zeros(3)).models
    return float(models.block_variances[0] / total_sills(models)[0])


def ratio_of_scores(
    model: Anamorphosis,
    scores: Variogram,
    block_m: Sequence[float],
    counts: tuple[int, int, int] = (10, 10, 10),
) -> float:
    """Block variance over point variance from a variogram of normal scores.

    ``sum phi_n^2 mean(rho^n) / variance``, the mean over pairs of points of the block; ``rho`` the
    scores' correlation. The scores' variogram suffers less from clustered, skewed samples than the
    grades' own (Rivoirard 1994, ch. 4; Chilès & Delfiner 2012, 6.4.3).
    """
    offsets = discretisation(block_m, _points(block_m, counts))
    lags, times = np.unique(
        np.round((offsets[:, None] - offsets[None]).reshape(-1, 3), 9), axis=0, return_counts=True
    )
    # the nugget averages out over a block, at no distance too
    smooth = scores.model_copy(update={"nugget": 0.0})
    correlation = covariance(smooth, lags) / scores.total_sill
    power, total = np.ones(len(lags)), 0.0
    for coefficient in model.coefficients[1:]:
        power = power * correlation
        total += float(coefficient**2 * (power @ times))
    return total / float(times.sum()) / model.variance


def _points(block_m: Sequence[float], counts: tuple[int, int, int]) -> list[int]:
    """Points of a block along each axis: one along a side of a metre or less (flat data)."""
    return [1 if size <= 1.0 else count for size, count in zip(block_m, counts, strict=True)]


def change_support(
    values: Floats, weights: Floats, ratio: float, cutoffs: Floats, order: int = ORDER
) -> SupportChange:
    """Predict block grades from samples (n,), their declustering weights, and a variance ratio.

    Raises
    ------
    EstimationError
        All grades are alike.
    """
    model = fit_anamorphosis(values, weights, order)
    r = coefficient_of(model, ratio * model.variance)
    return SupportChange(
        ratio,
        r,
        model.mean,
        model.variance,
        gaussian_curve(model, r, cutoffs),
        affine_curve(values, weights, ratio, cutoffs),
    )
