"""Errors of estimates beside truth, as the benchmarks of by-products print them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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
    spread: float
    """Mean squared error over the kriging variance: 1 is honest, above 1 claims too much."""

    @classmethod
    def of(cls, case: str, method: str, true: Floats, both: Floats) -> Row:
        """Errors of estimates (n, [estimate, variance]) beside truth (n,)."""
        found, variance = both.T
        error = found - true
        slope = np.polyfit(found, true, 1)[0]
        rmse = float(np.sqrt(np.mean(error**2)))
        mae, bias = float(np.abs(error).mean()), float(error.mean())
        honest = float(np.mean(error**2 / np.maximum(variance, 1e-12)))
        return cls(case, method, len(true), mae, rmse, bias, float(slope), honest)

    def __str__(self) -> str:
        return (
            f"{self.case:34s} {self.method:34s} n {self.count:6d}  MAE {self.mae:.5g}  "
            f"RMSE {self.rmse:.5g}  bias {self.bias:+.3g}  slope {self.slope:.2f}  "
            f"err2/var {self.spread:.2f}"
        )


def compared(case: str, true: Floats, found: dict[str, Floats]) -> Iterator[Row]:
    """Rows of all methods where all have an estimate."""
    same = np.all([np.isfinite(values[:, 0]) for values in found.values()], axis=0)
    for method, values in found.items():
        yield Row.of(case, method, true[same], values[same])
