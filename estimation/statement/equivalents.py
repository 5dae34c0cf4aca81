"""Copper equivalent (当量品位), recoverable metal, and rhenium carried by molybdenite.

An equivalent serves cut-offs and comparison. It is no quantity of the ledger, and no figure of it
is given without its prices, recoveries and payable shares beside it (JORC Code 2012, clause 50).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from estimation.errors import EstimationError
from estimation.plan import EquivalentPlan, MetalPrice
from estimation.results import ElementFigure, ResourceStatement, StatementRow, grade_unit

MOS2_PER_MO = 160.07 / 95.95
"""Molar mass of molybdenite over that of molybdenum."""
MAIN = "cu_pct"
_SCALE = {"pct": 1.0, "gpt": 0.01, "ppm": 0.01}


def equivalent_factors(metals: Mapping[str, MetalPrice]) -> dict[str, float]:
    """Per cent of copper that one unit of each grade is worth.

    ``f = (P R pay) / (P_Cu R_Cu pay_Cu)`` for grades in per cent; for grades in g/t with prices
    per gram, ``f = (P R pay) / (0.01 P_Cu R_Cu pay_Cu)``, in per cent of copper per g/t
    (a_equivalent = a_main + sum of a_i f_i, the ministry's formula of 2013 for the three rates,
    三率; unverified against the notice's text).

    Raises
    ------
    EstimationError
        Copper's own price and recovery are missing.
    """
    if MAIN not in metals:
        raise EstimationError(
            f"statement.equivalent.metals: no {MAIN}: an equivalent of copper needs copper's own "
            "price and recovery / 铜当量缺铜的价格与回收率"
        )
    copper = _worth(metals[MAIN])
    return {n: _worth(m) / (_SCALE[grade_unit(n)] * copper) for n, m in metals.items()}


def _worth(metal: MetalPrice) -> float:
    """Value of a unit of metal that is recovered and paid."""
    return metal.price * metal.recovery * metal.payable


def copper_equivalent_pct(grades: Mapping[str, float], metals: Mapping[str, MetalPrice]) -> float:
    """Copper equivalent of some grades (``cu_pct``, ``mo_pct``, ``au_gpt``, ...), per cent.

    Raises
    ------
    EstimationError
        An element has no price or recovery: nothing is left out in silence.
    """
    missing = sorted(set(grades) - set(metals))
    if missing:
        raise EstimationError(
            f"statement.equivalent.metals: no price and recovery for {', '.join(missing)}; give "
            "them, or leave the element out by name / 缺少价格与回收率"
        )
    factors = equivalent_factors(metals)
    return sum(grade * factors[name] for name, grade in grades.items())


@dataclass(frozen=True)
class EquivalentRow:
    """One class in one domain, its grades, its equivalent and its recoverable metal."""

    class_name: str
    domain: str
    ore_t: float
    grades: dict[str, float | None]
    equivalent_pct: float | None
    """None where an element of the formula has no grade of its own in this row."""
    in_situ_t: dict[str, float]
    in_concentrate_t: dict[str, float]
    """In situ x metallurgical recovery."""
    payable_t: dict[str, float]
    """In concentrate x payable share."""


def check_equivalent(plan: EquivalentPlan, statement: ResourceStatement) -> None:
    """Refuse an equivalent that can't be stated.

    Raises
    ------
    EstimationError
        Copper is missing, a metal is not in the statement, or its status is not EVALUATED.
    """
    equivalent_factors(plan.metals)
    strangers = sorted(set(plan.metals) - set(statement.elements))
    if strangers:
        raise EstimationError(
            f"statement.equivalent.metals: {', '.join(strangers)} not in the statement "
            f"({', '.join(statement.elements)}) / 当量元素未列入估算"
        )
    for item in statement.support:
        if item.element in plan.metals and item.status not in (None, "EVALUATED"):
            raise EstimationError(
                f"statement.equivalent.metals: {item.element} is {item.status}: only evaluated "
                "elements take part in an equivalent / 未评价元素不得计入当量"
            )


def equivalent_rows(
    plan: EquivalentPlan, statement: ResourceStatement
) -> tuple[EquivalentRow, ...]:
    """Equivalent and recoverable metal of every row at the reporting cut-off.

    Raises
    ------
    EstimationError
        See :func:`check_equivalent`.
    """
    check_equivalent(plan, statement)
    return tuple(_row(plan, row) for row in statement.at_cutoff())


def _row(plan: EquivalentPlan, row: StatementRow) -> EquivalentRow:
    """One row; a metal whose figure covers other ore than the row's has no part in its grade."""
    figures = {name: row.elements[name] for name in plan.metals}
    grades = {n: f.grade if _own(f, row) else None for n, f in figures.items()}
    known = {n: g for n, g in grades.items() if g is not None}
    full = copper_equivalent_pct(known, plan.metals) if len(known) == len(grades) else None
    in_situ = {n: f.metal_t for n, f in figures.items()}
    smelted = {n: t * plan.metals[n].recovery for n, t in in_situ.items()}
    paid = {n: t * plan.metals[n].payable for n, t in smelted.items()}
    ore_t = row.ore_t
    return EquivalentRow(row.class_name, row.domain, ore_t, grades, full, in_situ, smelted, paid)


def _own(figure: ElementFigure, row: StatementRow) -> bool:
    return figure.over_ore_t in (None, row.ore_t)


def formula_text(plan: EquivalentPlan) -> str:
    """The formula with its factors, as a reader can work it out by hand."""
    factors = equivalent_factors(plan.metals)
    terms = [f"{factor:.6g} × {name}" for name, factor in factors.items() if name != MAIN]
    return f"CuEq % = {' + '.join([MAIN, *terms])} ({plan.currency}, {plan.as_of.isoformat()})"


def rhenium_in_ore_gpt(mo_pct: float, re_in_molybdenite_ppm: float) -> float:
    """Rhenium of ore whose molybdenum is all molybdenite, g/t.

    ``Re (g/t) = Re in MoS2 (ppm) x Mo (%) x 0.01 x 160.07/95.95``: rhenium sits in the lattice
    of molybdenite and forms no mineral of its own in porphyry ores.
    """
    return re_in_molybdenite_ppm * mo_pct * 0.01 * MOS2_PER_MO
