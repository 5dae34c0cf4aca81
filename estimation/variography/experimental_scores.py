"""Normal scores: grades as a standard normal variable, and its variogram back to grades."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]


def normal_scores(values: Floats, weights: Floats | None = None) -> Floats:
    """Standard normal score of each value, (n,): of the middle of its share of the weight.

    Equal values share one score, so nothing hangs on the order of samples; many of them (below
    detection) leave the variance of the scores under 1. Source: Deutsch & Journel, GSLIB (1998),
    program ``nscore`` (which breaks ties at random).
    """
    grades, place = np.unique(values, return_inverse=True)
    share = np.bincount(place.ravel(), weights=weights, minlength=grades.size).astype(float)
    share = share / share.sum()
    return np.asarray(ndtri(np.cumsum(share) - 0.5 * share)[place.ravel()])


def back_to_raw(score_gamma: Floats, coefficients: Floats) -> Floats:
    """Variogram of grades from that of their normal scores (any shape, sill 1).

    ``gamma_Z(h) = sum_n phi_n^2 (1 - rho(h)^n)``, ``rho = 1 - gamma_Y``, of pairs that are
    bivariate normal; ``coefficients`` (order + 1,) of the anamorphosis on normalized Hermite
    polynomials, whose sill ``sum phi_n^2`` is the variance of the grades.
    Source: Chilès & Delfiner (2012), Geostatistics, 2nd ed., 6.4; Journel & Huijbregts (1978), VI.
    """
    rho = np.clip(1.0 - np.asarray(score_gamma), -1.0, 1.0)
    power = np.ones_like(rho)
    total = np.zeros_like(rho)
    for phi in coefficients[1:]:
        power = power * rho
        total = total + phi**2 * (1.0 - power)
    return total
