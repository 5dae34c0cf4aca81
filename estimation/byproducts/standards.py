"""Thresholds, sizes and rules of by-products as configured, each with its citation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from estimation.statement.standards import standard

Basis = Literal["ORE", "CONCENTRATE", "MINERAL"]
PPM_PER_UNIT = {"pct": 1e4, "ppm": 1.0, "gpt": 1.0, "ppb": 1e-3}
"""Grams in a tonne of one unit of grade."""


@dataclass(frozen=True)
class Threshold:
    """The grade from which a by-product is worth evaluating."""

    value: float
    unit: str
    basis: Basis
    """What it is judged in: the ore, a concentrate, or a mineral."""
    carrier: str | None
    """The element whose concentrate or mineral carries it."""
    citation: str
    verified: bool

    def in_unit(self, unit: str) -> float:
        """The threshold in another unit of grade."""
        return self.value * PPM_PER_UNIT[self.unit] / PPM_PER_UNIT[unit]


@dataclass(frozen=True)
class SizeClass:
    """Large, medium or small (大型 / 中型 / 小型) by tonnes of metal."""

    name: Literal["large", "medium", "small"]
    citation: str
    verified: bool


def rules() -> dict[str, Any]:
    """The whole of ``data/dictionaries/standards/by_products.yaml``; not to be changed."""
    return standard("by_products")


def symbol(element: str) -> str:
    """Symbol of an element's column: ``mo_pct`` -> ``mo``."""
    return element.rsplit("_", 1)[0]


def threshold(element: str) -> Threshold | None:
    """The threshold of an element's column; None where the table has none."""
    table = rules()["thresholds"]
    row = table["elements"].get(symbol(element))
    if row is None:
        return None
    return Threshold(
        float(row["value"]),
        row["unit"],
        row["basis"],
        row.get("carrier"),
        row.get("citation", table["citation"]),
        bool(table["verified"]),
    )


def size_class(element: str, metal_t: float) -> SizeClass | None:
    """Size class of a quantity of metal; None where the table has none. Lower bounds count."""
    table = rules()["sizes"]
    row = table["elements"].get(symbol(element))
    if row is None:
        return None
    name: Literal["large", "medium", "small"] = "small"
    if metal_t >= row["large_t"]:
        name = "large"
    elif metal_t >= row["medium_t"]:
        name = "medium"
    return SizeClass(name, table["citation"], bool(table["verified"]))


def concentrate_grade(
    ore: float, carrier_ore_pct: float, carrier: str, unit: str
) -> tuple[float, str]:
    """Grade in the carrier's concentrate, in g/t, and by which rule.

    All of the by-product and all of the carrier go the same way: grade x (carrier in concentrate /
    carrier in ore). ``ore`` in ``unit``; the carrier's grade in the unit of its column.
    """
    row = rules()["concentrate"][carrier]
    upgrading = float(row["carrier_in_concentrate"]["value"]) / carrier_ore_pct
    return ore * PPM_PER_UNIT[unit] * upgrading, str(row["citation"])
