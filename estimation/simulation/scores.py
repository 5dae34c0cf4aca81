"""One domain's grades as a standard normal variable: the scores, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls
from scipy.signal import fftconvolve

from estimation.plan import Variogram
from estimation.rotation import axes_from_gslib
from estimation.validation.change_of_support import Anamorphosis, fit_anamorphosis
from estimation.variography.experimental_scores import normal_scores
from estimation.variography.models import covariance, structure_gamma

Floats = npt.NDArray[np.float64]

LAGS = np.linspace(0.02, 1.2, 40)
"""Lags, in longest ranges, at which the scores' variogram is fitted."""


FARTHEST = 5.0
"""Scores beyond it, one in two million, are taken as it."""
STEPS = 2**16
WIDEST = 6.0
"""Standard deviations of the nugget to which an expectation is taken."""


@dataclass(frozen=True)
class Scores:
    """Grades (m,) rising and the normal score of each, straight lines between, flat beyond."""

    grades: Floats
    gaussian: Floats
    nugget: float = 0.0
    """Part of the scores' variance that differs from point to point: a node stands for a part of
    its block, over which it averages out."""

    def forward(self, grades: Floats) -> Floats:
        """Normal scores of grades; beyond the table's ends the scores of the ends."""
        return np.asarray(np.interp(grades, self.grades, self.gaussian))

    @cached_property
    def _steps(self) -> Floats:
        """Mean grade ``E[phi(y + sqrt(nugget) W)]`` at :data:`STEPS` equal steps of the score y."""
        step, deviation = 2.0 * FARTHEST / (STEPS - 1), np.sqrt(self.nugget)
        beyond = int(np.ceil(WIDEST * deviation / step))
        places = -FARTHEST + step * np.arange(-beyond, STEPS + beyond)
        grades = np.interp(places, self.gaussian, self.grades)
        if beyond == 0:
            return np.asarray(grades)
        kernel = np.exp(-0.5 * (step * np.arange(-beyond, beyond + 1) / deviation) ** 2)
        means = fftconvolve(grades, kernel / kernel.sum(), mode="valid")
        return np.asarray(np.clip(means, self.grades[0], self.grades[-1]))

    def back(self, scores: Floats) -> Floats:
        """Mean grades about nodes whose scores, without their nugget, are given, any shape.

        Never beyond the least and the greatest sample; without a nugget the grades themselves.
        To the nearest of :data:`STEPS` steps: three times as fast as a search in the table.
        """
        place = (scores + FARTHEST) * ((STEPS - 1) / (2.0 * FARTHEST)) + 0.5
        return np.asarray(self._steps[np.clip(place, 0, STEPS - 1).astype(np.int32)])


def scores_of(values: Floats, weights: Floats, nugget: float = 0.0) -> Scores:
    """Table of declustered samples (n,), none NaN (Deutsch & Journel 1998, GSLIB, ``nscore``)."""
    grades, first = np.unique(values, return_index=True)
    return Scores(grades, normal_scores(values, weights)[first], nugget)


def scores_variogram(variogram: Variogram, values: Floats, weights: Floats) -> Variogram:
    """Variogram of the normal scores, sill 1, that gives grades the plan's relative variogram.

    For pairs that are bivariate normal ``C_Z(h) / C_Z(0) = sum phi_n^2 rho(h)^n / sum phi_n^2``
    with the anamorphosis' coefficients (Chilès & Delfiner 2012, 6.4; Journel & Huijbregts 1978,
    VI.B), a rising function of rho: it is turned round at lags along the axes, and the plan's
    structures, with their own ranges, are fitted anew to rho by non-negative sills.
    """
    raw, columns = [], []
    model = fit_anamorphosis(values, weights)
    for vectors in _lag_vectors(variogram):
        raw.append(covariance(variogram, vectors) / variogram.total_sill)
        columns.append(
            np.column_stack(
                [
                    1.0 - structure_gamma(s, variogram.orientation, vectors) / s.sill
                    for s in variogram.structures
                ]
            )
        )
    rho = gaussian_correlation(model, np.concatenate(raw))
    sills, _ = nnls(np.concatenate(columns), rho)
    sills = sills / max(float(sills.sum()), 1.0)
    structures = tuple(
        s.model_copy(update={"sill": float(sill)})
        for s, sill in zip(variogram.structures, sills, strict=True)
        if sill > 0.0
    )
    nugget = max(0.0, 1.0 - float(sills.sum()))
    return variogram.model_copy(update={"nugget": nugget, "structures": structures})


def gaussian_correlation(model: Anamorphosis, raw: Floats) -> Floats:
    """Correlation of the scores behind a correlation of grades, 0-1."""
    rho = np.linspace(0.0, 1.0, 1001)
    total, power = np.zeros_like(rho), np.ones_like(rho)
    for phi in model.coefficients[1:]:
        power = power * rho
        total += phi**2 * power
    return np.asarray(np.interp(raw, total / total[-1], rho))


def _lag_vectors(variogram: Variogram) -> list[Floats]:
    """Lags along the three axes, each to a little beyond the longest range."""
    axes = axes_from_gslib(variogram.orientation)
    reach = np.max([s.ranges_m for s in variogram.structures], axis=0)
    return [LAGS[:, None] * reach[a] * axes[a] for a in range(3)]
