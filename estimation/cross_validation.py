"""Leave one hole out: each composite estimated from the other holes.

Leaving out single samples would flatter the estimate, since a sample's neighbours in its own hole
are a few metres away (DZ/T 0338.3 flow).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.kernels_kriging import krige_groups
from estimation.krige import FIELDS, Problem, domain_names, kernel_samples, kriging_model

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
    plan = problem.plan
    model = kriging_model(plan.elements[element], problem.grid, (1, 1, 1))
    everything = problem.elements[element]
    parts = []
    for code in range(1, len(domain_names(plan)) + 1):
        samples = everything.subset(everything.domains == code)
        if len(samples) < 2:
            continue
        places, holes, values = kernel_samples(model, samples)
        out = krige_groups(
            places,
            np.arange(len(samples) + 1),
            holes,
            (places, holes, values),
            model.offsets,
            model.model,
            model.search,
        )
        parts.append(
            np.column_stack(
                [values, out[:, FIELDS.index("estimate")], out[:, FIELDS.index("variance")]]
            )
        )
    table = np.concatenate(parts) if parts else np.empty((0, 3))
    table = table[~np.isnan(table[:, 1])]
    return CrossValidation(element, table[:, 0], table[:, 1], table[:, 2])
