"""Errors of estimates beside truth, as the benchmarks of by-products print them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COVER = 1.96
"""Standard deviations on either side that hold 95 % of normal errors."""


@dataclass(frozen=True)
class Row:
    """Errors of one method, in the element's unit."""

    case: str
    method: str
    count: int
    mae: float
    rmse: float
    bias: float
    slope: float
    honesty: float
    """Mean squared error over the kriging variance: 1 is honest, above 1 claims too much."""
    covered: float
    """Share within 1.96 kriging standard deviations; 0.95 is honest."""
    variety: float
    """Variance of the estimates over that of the truth."""
    metal: float
    """Metal above the cut-off over the true one; NaN without a cut-off."""

    @classmethod
    def of(
        cls, case: str, method: str, true: Floats, both: Floats, cutoff: float | None = None
    ) -> Row:
        """Errors of estimates (n, [estimate, variance]) beside truth (n,)."""
        found, variance = both.T
        error = found - true
        share = error**2 / np.maximum(variance, 1e-12)
        metal = float("nan")
        if cutoff is not None:
            metal = float(found[found >= cutoff].sum() / true[true >= cutoff].sum())
        return cls(
            case,
            method,
            len(true),
            float(np.abs(error).mean()),
            float(np.sqrt(np.mean(error**2))),
            float(error.mean()),
            float(np.polyfit(found, true, 1)[0]),
            float(np.mean(share)),
            float(np.mean(share <= COVER**2)),
            float(np.var(found) / np.var(true)),
            metal,
        )

    def __str__(self) -> str:
        metal = "" if np.isnan(self.metal) else f"  metal {self.metal:.2f}"
        return (
            f"{self.case:38s} {self.method:26s} n {self.count:6d}  MAE {self.mae:.4g}  "
            f"RMSE {self.rmse:.4g}  bias {self.bias:+.2g}  slope {self.slope:.2f}  "
            f"err2/var {self.honesty:.2f}  in 95 % {100.0 * self.covered:.0f}  "
            f"var {self.variety:.2f}{metal}"
        )


def compared(
    case: str, true: Floats, found: dict[str, Floats], cutoff: float | None = None
) -> Iterator[Row]:
    """Rows of all methods where all have an estimate."""
    same = np.all([np.isfinite(values[:, 0]) for values in found.values()], axis=0)
    for method, values in found.items():
        yield Row.of(case, method, true[same], values[same], cutoff)
