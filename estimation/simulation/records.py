"""What a simulation says of a figure: plain records that go to JSON and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

PERCENTS = (10.0, 50.0, 90.0)
"""P10 is the 10th percentile: the metal is below it with a probability of 10 %. (Reports of
petroleum, and some of mining, number the other way round.)"""


@dataclass(frozen=True)
class ClassDraws:
    """Metal and ore of one class above the cut-off in every realization, in the same order."""

    class_name: str
    metal_kg: tuple[int, ...]
    ore_kg: tuple[int, ...]


@dataclass(frozen=True)
class Uncertainty:
    """Conditional simulation of one element of one figure, or why there is none."""

    element: str
    realizations: int
    seed: int
    nodes: tuple[int, int, int]
    draws: tuple[ClassDraws, ...]
    """Surest class first; empty where nothing could be simulated."""
    reason: str = ""
    """Why nothing was simulated, ``Chinese / English``."""

    @property
    def words(self) -> str:
        """What a reader must know, ``Chinese / English``."""
        if self.reason:
            zh, _, en = self.reason.partition(" / ")
            return f"无 P10/P50/P90：{zh} / no P10, P50, P90: {en}"
        return (
            f"P10–P90 由 {self.realizations} 次条件模拟得出；变异函数、矿化域、类别与体重均取定值，"
            "未计其误差，故区间偏窄 / "
            f"P10-P90 from {self.realizations} conditional simulations; variogram, domains, "
            "classes and density are held fixed, their errors are not in it: the interval is too "
            "narrow"
        )

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Uncertainty:
        """Build the record from its JSON form."""
        draws = tuple(
            ClassDraws(one["class_name"], tuple(one["metal_kg"]), tuple(one["ore_kg"]))
            for one in raw["draws"]
        )
        return cls(**{**raw, "nodes": tuple(raw["nodes"]), "draws": draws})


def summed_kg(draws_kg: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """Draws of a sum from the draws of its parts: realization by realization, never percentile by
    percentile.

    Raises
    ------
    ValueError
        Parts have different numbers of realizations.
    """
    return tuple(sum(parts) for parts in zip(*draws_kg, strict=True))


def percentiles_kg(draws_kg: Sequence[int]) -> tuple[int, int, int]:
    """P10, P50 and P90 of some draws, whole kilograms (linear between draws: type 7 of Hyndman and
    Fan 1996, The American Statistician 50(4))."""
    low, middle, high = np.percentile(np.array(draws_kg, dtype=float), PERCENTS)
    return round(float(low)), round(float(middle)), round(float(high))
