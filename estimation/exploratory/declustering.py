"""Weights that take clustered drilling back to an even spread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def cell_weights(xyz_m: Floats, cell_m: tuple[float, float, float]) -> Floats:
    """Cell declustering weights with mean 1, shape (n,).

    Each occupied cell counts the same and shares its weight among its samples; averaged over
    eight origins so that no one placing of the cells decides.
    Source: Journel (1983); Deutsch & Journel, GSLIB (1998), program ``declus``.
    """
    size = np.array(cell_m)
    low = xyz_m.min(axis=0)
    weights = np.zeros(xyz_m.shape[0])
    for step in range(8):
        cells = np.floor((xyz_m - low + size * step / 8.0) / size).astype(np.int64)
        _, inverse, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        weights += 1.0 / counts[inverse.ravel()]
    return np.asarray(weights * (weights.size / weights.sum()))


def weighted_mean_and_variance(values: Floats, weights: Floats) -> tuple[float, float]:
    """Mean and variance of ``values`` under ``weights`` (no NaN)."""
    mean = float(np.average(values, weights=weights))
    return mean, float(np.average((values - mean) ** 2, weights=weights))
