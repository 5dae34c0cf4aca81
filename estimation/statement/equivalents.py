"""Copper equivalent (当量品位) and rhenium carried by molybdenite, every input named.

An equivalent serves cut-offs and comparison. It is no quantity of the ledger, and no figure of it
is given without its prices, recoveries and payable shares beside it (JORC Code 2012, clause 50).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from estimation.results import grade_unit

MOS2_PER_MO = 160.07 / 95.95
"""Molar mass of molybdenite over that of molybdenum."""
MAIN = "cu_pct"


@dataclass(frozen=True)
class MetalTerms:
    """What one metal is worth: price, metallurgical recovery and payable share (both 0 to 1).

    ``price`` is per tonne of metal for elements in per cent, per gram for those in g/t and ppm,
    all in one currency.
    """

    price: float
    recovery: float
    payable: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what can't be a price or a share."""
        if not self.price > 0:
            raise ValueError(f"price must be positive, found {self.price}")
        for name in ("recovery", "payable"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share (0 to 1), found {getattr(self, name)}")

    @property
    def worth(self) -> float:
        """Value of a unit of metal that is recovered and paid."""
        return self.price * self.recovery * self.payable


def equivalent_factors(terms: Mapping[str, MetalTerms]) -> dict[str, float]:
    """Per cent of copper that one unit of each grade is worth.

    ``f = (P R pay) / (P_Cu R_Cu pay_Cu)`` for grades in per cent; for grades in g/t with prices
    per gram, ``f = (P R pay) / (0.01 P_Cu R_Cu pay_Cu)``, in per cent of copper per g/t
    (a_equivalent = a_main + sum of a_i f_i, the ministry's formula of 2013 for the three rates,
    三率; unverified against the notice's text).

    Raises
    ------
    ValueError
        Copper's own terms are missing.
    """
    if MAIN not in terms:
        raise ValueError("an equivalent of copper needs copper's own price and recovery")
    copper = terms[MAIN].worth
    scale = {"pct": 1.0, "gpt": 0.01, "ppm": 0.01}
    return {name: t.worth / (scale[grade_unit(name)] * copper) for name, t in terms.items()}


def copper_equivalent_pct(grades: Mapping[str, float], terms: Mapping[str, MetalTerms]) -> float:
    """Copper equivalent of some grades (``cu_pct``, ``mo_pct``, ``au_gpt``, ...), per cent.

    Raises
    ------
    ValueError
        A metal has no price or recovery: nothing is left out in silence.
    """
    missing = sorted(set(grades) - set(terms))
    if missing:
        raise ValueError(f"no price and recovery for {', '.join(missing)}")
    factors = equivalent_factors(terms)
    return sum(grade * factors[name] for name, grade in grades.items())


def rhenium_in_ore_gpt(mo_pct: float, re_in_molybdenite_ppm: float) -> float:
    """Rhenium of ore whose molybdenum is all molybdenite, g/t.

    ``Re (g/t) = Re in MoS2 (ppm) x Mo (%) x 0.01 x 160.07/95.95``: rhenium sits in the lattice
    of molybdenite and forms no mineral of its own in porphyry ores.
    """
    return re_in_molybdenite_ppm * mo_pct * 0.01 * MOS2_PER_MO
