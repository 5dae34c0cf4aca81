"""Spread of values of which some are wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAD_TO_SIGMA = 1.4826
"""1 / Φ⁻¹(3/4): makes the median absolute deviation of normal data their standard deviation."""


def scaled_mad(values: NDArray[np.float64]) -> float:
    """Median absolute deviation from the median, times 1.4826, in the unit of ``values``."""
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))
