"""How far one figure may be off by the simulation behind it, its asked classes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from estimation.simulation.records import percentiles_kg, summed_kg
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import retained_kg


@dataclass(frozen=True)
class Spread:
    """How far simulation says that a figure may be off, kilograms from its middle (P50)."""

    below_kg: int
    """P50 - P10 of the asked classes' sum."""
    above_kg: int
    """P90 - P50."""


@dataclass(frozen=True)
class Simulated:
    """One figure's asked classes together, kilograms of one element."""

    stated_kg: int
    """What the figure itself states."""
    p10_kg: int
    p50_kg: int
    p90_kg: int

    @property
    def spread(self) -> Spread:
        """Both sides of the middle."""
        return Spread(self.p50_kg - self.p10_kg, self.p90_kg - self.p50_kg)


def simulated(entry: LedgerEntry, element: str, classes: Iterable[str]) -> Simulated | None:
    """What simulation says of an entry's classes together; None where one with metal has none.

    Classes are added realization by realization; of a figure that has no draws, the classes' own
    points are added: they are taken to be off in the same direction. A figure without metal in the
    asked classes is zero without any error.
    """
    held = retained_kg(entry)
    asked = [name for name in classes if held.get((element, name))]
    points = (entry.content.get("uncertainty") or {}).get(element) or {}
    if any(name not in points for name in asked):
        return None
    parts = [points[name] for name in asked]
    stated_kg = sum(held[element, name] for name in asked)
    if parts and all("draws_kg" in part for part in parts):
        ends = percentiles_kg(summed_kg(part["draws_kg"] for part in parts))
        return Simulated(stated_kg, *ends)
    low, middle, high = (sum(part[f"p{p}_kg"] for part in parts) for p in (10, 50, 90))
    return Simulated(stated_kg, low, middle, high)
