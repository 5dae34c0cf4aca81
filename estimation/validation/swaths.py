"""Swaths: means of composites and blocks in slices along an axis, and how well they go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem
from estimation.engine.visit import Samples
from estimation.rotation import axes_from_gslib
from estimation.validation.walk import MEANS, Axis, axis_along

Floats = npt.NDArray[np.float64]

FEWEST_SAMPLES = 5
"""Composites of a slice whose mean is shown."""
FEWEST_BLOCKS = 10
"""Blocks of a slice that counts in a correlation."""


@dataclass(frozen=True)
class Swath:
    """Slices along one axis; arrays (slices,), means NaN where too few stand behind them."""

    axis: Axis
    composites: Floats
    """Declustered mean."""
    means: Mapping[str, Floats]
    """Of kriging, inverse distance and nearest neighbour, by the name of their field."""
    samples: Floats
    blocks: Floats

    @property
    def correlation(self) -> float:
        """Correlation of kriging with the nearest neighbour over the slices; NaN of too few."""
        known = self.blocks >= FEWEST_BLOCKS
        one, other = self.means["estimate"][known], self.means["nearest"][known]
        if one.size < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
            return float("nan")
        return float(np.corrcoef(one, other)[0, 1])


def swath_axes(problem: Problem, element: str) -> tuple[Axis, ...]:
    """East, north and up; and along the variogram's axes where these are turned."""
    grid = problem.grid
    plain = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
    axes = [axis_along(grid, name, vector) for name, vector in plain.items()]
    turned = axes_from_gslib(problem.plan.elements[element].variogram.orientation)
    for name, vector in zip(("major", "semi", "minor"), turned, strict=True):
        if np.abs(vector).max() < 1.0 - 1e-9:
            axes.append(axis_along(grid, name, vector))
    return tuple(axis for axis in axes if axis.count > 1)


def swath(axis: Axis, sums: Floats, samples: Samples, weights: Floats) -> Swath:
    """One axis from the sums of a walk (4, slices) and the composites with their weights (n,)."""
    place = axis.slice_of(samples.xyz_m)
    count = np.bincount(place, minlength=axis.count).astype(float)
    weight = np.bincount(place, weights, axis.count)
    with np.errstate(invalid="ignore", divide="ignore"):
        composites = np.bincount(place, weights * samples.values, axis.count) / weight
        means = {name: sums[row] / sums[0] for row, name in enumerate(MEANS, start=1)}
    composites[count < FEWEST_SAMPLES] = np.nan
    return Swath(axis, composites, means, count, sums[0])
