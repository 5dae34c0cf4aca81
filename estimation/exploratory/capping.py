"""特高品位: where to cut the few grades that would otherwise speak for too much ground."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.exploratory.rules import rule

Floats = npt.NDArray[np.float64]


def cap_by_multiple_of_mean(values: Floats, weights: Floats) -> float:
    """Top cut as a multiple of the mean: 6 where the CV is at most 0.6, 8 from 1.0, linear between.

    The 6-8 times rule is common practice under the Chinese exploration standards (unverified: no
    clause at hand); the interpolation is ours. ``values`` and ``weights`` are (n,), no NaN.
    Figures and citation: ``data/dictionaries/exploration.yaml``, ``multiple_of_mean``.
    """
    mean = float(np.average(values, weights=weights))
    spread = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    variation = spread / mean if mean > 0 else 1.0
    figures = rule("multiple_of_mean")
    return mean * float(np.interp(variation, figures["cv"], figures["multiple"]))


def metal_removed_share(values: Floats, weights: Floats, cap: float) -> float:
    """Share of the metal that a cap takes away, 0-1."""
    return float(1.0 - np.sum(weights * np.minimum(values, cap)) / np.sum(weights * values))
