"""The nugget, from the shortest lags that the data have: down the holes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.spatial import cKDTree

from estimation.engine.dense import correlation
from estimation.variography.experimental import (
    ExperimentalVariogram,
    Lags,
    experimental_variogram,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DOWNHOLE_LAGS = 12
FEWEST_LAGS = 3
"""Lags with pairs enough, below which a variogram gives no nugget."""
ALL_DIRECTIONS = "all directions"
LEAST_NUGGET, MOST_NUGGET = 0.02, 0.7
"""Limits of the nugget as shares of the sill: without any, duplicates make systems singular."""


def downhole(
    xyz_m: Floats, values: Floats, holes: Integers, support_m: float
) -> ExperimentalVariogram:
    """Down the holes; where these have too few pairs, the shortest lags of all directions.

    Lags are then as wide as the usual distance to the nearest sample (Isaaks & Srivastava 1989,
    ch. 7: the omnidirectional variogram gives the nugget).
    """
    lags = Lags(support_m, DOWNHOLE_LAGS)
    down = experimental_variogram(xyz_m, values, holes, lags, "downhole", "downhole")
    if down.usable.sum() >= FEWEST_LAGS:
        return down
    apart = cKDTree(np.unique(xyz_m, axis=0)).query(np.unique(xyz_m, axis=0), k=2)[0][:, 1]
    lags = Lags(max(float(np.median(apart)), support_m), DOWNHOLE_LAGS)
    return experimental_variogram(xyz_m, values, holes, lags, "all", ALL_DIRECTIONS)


def downhole_nugget(down: ExperimentalVariogram, sill: float, kind: str) -> float:
    """Nugget of a downhole variogram: one structure of ``kind`` through its first lags.

    The partial sill is free (the hole need not reach the whole sill within twelve lags), weights
    are pairs / distance^2 (Cressie 1985). Without enough pairs: a fifth of the sill.
    """
    use = down.usable & np.isfinite(down.gamma)
    if use.sum() < FEWEST_LAGS:
        return 0.2 * sill
    h, found = down.distance_m[use], down.gamma[use]
    weights = np.sqrt(down.pairs[use]) / h
    weights = weights / weights.mean()

    def residual(p: Floats) -> Floats:
        rise = 1.0 - correlation(kind, h / np.exp(p[2]))
        return np.asarray(weights * (p[0] + p[1] * rise - found / sill))

    start = [0.15, 0.7, float(np.log(h.max()))]
    bounds = ([0.0, 0.05, np.log(h.min())], [1.0, 1.5, np.log(6.0 * h.max())])
    nugget = float(least_squares(residual, start, bounds=bounds).x[0])
    return float(np.clip(nugget, LEAST_NUGGET, MOST_NUGGET)) * sill
