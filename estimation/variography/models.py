"""Model variograms and covariances along any vector.

Formulas of the structures: ``estimation.engine.dense.correlation`` (Deutsch & Journel, GSLIB 1998,
II.3; cubic and Matérn: Chilès & Delfiner 2012, 2.5). Distances are taken along each structure's
own axes and divided by its ranges, so that anisotropy is geometric and structures may differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.engine.dense import correlation
from estimation.plan import Coregionalisation, Orientation, Structure, Variogram
from estimation.rotation import axes_from_gslib

Floats = npt.NDArray[np.float64]

EFFECTIVE = 0.95
"""Share of the total sill at which a model counts as having reached it."""


def reduced_distance(vectors_m: Floats, axes: Floats, ranges_m: Floats) -> Floats:
    """Length of vectors (n, 3), metres, in ranges: along ``axes`` (rows), each by its range."""
    return np.asarray(np.sqrt(np.sum(((vectors_m @ axes.T) / ranges_m) ** 2, axis=1)))


def structure_gamma(structure: Structure, orientation: Orientation, vectors_m: Floats) -> Floats:
    """Variogram of one structure along vectors (n, 3), metres; ``orientation`` where it has none.

    Returns
    -------
    (n,) in the element's unit squared, 0 at a vector of no length.
    """
    axes = axes_from_gslib(structure.orientation or orientation)
    h = reduced_distance(vectors_m, axes, np.array(structure.ranges_m))
    return np.asarray(structure.sill * (1.0 - correlation(structure.model, h)))


def gamma(variogram: Variogram, vectors_m: Floats) -> Floats:
    """Model variogram along vectors (n, 3) in metres (east, north, up); (n,), 0 at the origin.

    The nugget is a jump: it counts at every vector that has a length (Matheron 1963).
    """
    total = np.where(np.any(vectors_m != 0.0, axis=1), variogram.nugget, 0.0)
    for structure in variogram.structures:
        total = total + structure_gamma(structure, variogram.orientation, vectors_m)
    return np.asarray(total)


def covariance(variogram: Variogram, vectors_m: Floats) -> Floats:
    """Model covariance along vectors (n, 3) in metres: the total sill less the variogram."""
    return np.asarray(variogram.total_sill - gamma(variogram, vectors_m))


def gamma_along(variogram: Variogram, h_m: Floats, direction: Floats) -> Floats:
    """Model variogram at distances ``h_m`` (n,) along a unit vector (east, north, up)."""
    return gamma(variogram, h_m[:, None] * direction[None, :])


def coregionalisation_gamma(model: Coregionalisation, vectors_m: Floats) -> Floats:
    """Variograms of a coregionalization along vectors (n, 3), metres.

    Returns
    -------
    (n, 3): of the element, across, of the partner.
    """
    axes = axes_from_gslib(model.orientation)
    apart = np.any(vectors_m != 0.0, axis=1)
    total = apart[:, None] * np.array(model.nuggets)
    for s in model.structures:
        h = reduced_distance(vectors_m, axes, np.array(s.ranges_m))
        total = total + (1.0 - correlation(s.model, h))[:, None] * np.array(s.sills)
    return np.asarray(total)


def effective_range_m(
    variogram: Variogram, direction: Floats, share: float = EFFECTIVE, nugget: bool = False
) -> float:
    """Distance in metres along a unit vector at which the model reaches ``share`` of its sill.

    By default of the sill without nugget, so that two models of different nuggets compare; the
    models rise monotonically, so halving the interval finds the place.
    """
    base = variogram.nugget
    wanted = (
        share * variogram.total_sill if nugget else base + share * (variogram.total_sill - base)
    )
    low, high = 0.0, 4.0 * max(max(s.ranges_m) for s in variogram.structures)
    for _ in range(60):
        middle = 0.5 * (low + high)
        reached = gamma_along(variogram, np.array([middle]), direction)[0] >= wanted
        low, high = (low, middle) if reached else (middle, high)
    return 0.5 * (low + high)
