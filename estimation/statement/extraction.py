"""From ore in place to ore delivered, and back: loss (损失) and dilution (贫化).

With Q the ore that mining took out of the resource (动用量), K the loss rate and r the share of
waste in the ore delivered (废石混入率), waste taken to hold no metal::

    lost = K Q        delivered = Q (1 - K) / (1 - r)        metal delivered = metal (1 - K)

so that the grade delivered is the grade in place times (1 - r): with barren waste r is the fall of
grade as well (贫化率). Delivered ore is no resource.

Source: McCarthy 2001, Mining dilution and losses in underground mining, AusIMM Monograph 23,
pp. 333-336 (dilution as the waste in the ore delivered); 采矿手册 names the rates (unverified).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from estimation.results import METAL_PER_GRADE, grade_unit


@dataclass(frozen=True)
class Ore:
    """Ore and its metal, tonnes."""

    ore_t: float
    metal_t: Mapping[str, float]
    """By element column (``cu_pct``)."""

    def grade(self, element: str) -> float | None:
        """Mean grade in the element's own unit; None without ore."""
        if not self.ore_t:
            return None
        return self.metal_t[element] / self.ore_t / METAL_PER_GRADE[grade_unit(element)]

    def scaled(self, ore: float, metal: float) -> Ore:
        """With ore and metal times a factor each."""
        return Ore(self.ore_t * ore, {name: t * metal for name, t in self.metal_t.items()})


def delivered(taken: Ore, loss_rate: float, dilution_rate: float) -> Ore:
    """Ore brought out of what mining took, waste and all (采出矿石量)."""
    return taken.scaled((1.0 - loss_rate) / (1.0 - dilution_rate), 1.0 - loss_rate)


def taken(brought: Ore, loss_rate: float, dilution_rate: float) -> Ore:
    """Ore that mining took out of the resource, from the ore delivered (动用量).

    Raises
    ------
    ValueError
        All is said to be lost, so that nothing can have been delivered.
    """
    if loss_rate >= 1.0:
        raise ValueError("a loss rate of 1 delivers no ore / 损失率为 1 时无采出量")
    return brought.scaled((1.0 - dilution_rate) / (1.0 - loss_rate), 1.0 / (1.0 - loss_rate))
