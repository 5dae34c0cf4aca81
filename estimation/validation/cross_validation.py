"""Leave one hole out: each composite estimated from the other holes.

Leaving out single samples would flatter the estimate, since a sample's neighbours in its own hole
are a few metres away (DZ/T 0338.3 flow).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem, domain_names
from estimation.engine.visit import visit_of
from estimation.models.layers import FIELDS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CrossValidation:
    """True and estimated values of the composites that could be estimated; arrays (n,)."""

    element: str
    true: Floats
    estimate: Floats
    variance: Floats

    @property
    def mean_error_share(self) -> float:
        """Mean error over the mean, signed."""
        return float(np.mean(self.estimate - self.true) / np.mean(self.true))

    @property
    def slope(self) -> float:
        """Slope of the regression of true on estimate."""
        covariance = np.cov(self.true, self.estimate)
        return float(covariance[0, 1] / covariance[1, 1])

    @property
    def correlation(self) -> float:
        """Pearson correlation of true and estimate."""
        return float(np.corrcoef(self.true, self.estimate)[0, 1])

    @property
    def standardized_variance(self) -> float:
        """Variance of errors divided by their kriging standard deviations; 1 is right."""
        return float(np.var((self.estimate - self.true) / np.sqrt(self.variance)))


def cross_validate(problem: Problem, element: str) -> CrossValidation:
    """Leave-one-hole-out cross-validation of one element, with the plan's search and model."""
    plan = problem.plan.elements[element]
    spec = problem.grid.spec
    visit = visit_of({element: plan}, spec.block_m, (1, 1, 1), np.array(spec.origin_m))
    everything = problem.elements[element]
    parts = []
    for code in range(1, len(domain_names(problem.plan)) + 1):
        targets = everything.take(everything.domains == code)
        samples = everything.take(everything.usable_in(code))
        if len(targets) == 0 or len(samples) < 2:
            continue
        alone = np.arange(len(targets) + 1)
        kernel_samples = visit.kernel_samples(samples)
        out = visit.krige(kernel_samples, targets.xyz_m, alone, targets.holes)[0]
        parts.append(
            np.column_stack(
                [targets.values, *(out[:, FIELDS.index(f)] for f in ("estimate", "variance"))]
            )
        )
    table = np.concatenate(parts) if parts else np.empty((0, 3))
    table = table[~np.isnan(table[:, 1])]
    return CrossValidation(element, table[:, 0], table[:, 1], table[:, 2])
