"""Copper equivalents by hand, what they refuse, and tonnes that can't be added."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from mypy import api
from pydantic import ValidationError

from estimation.errors import EstimationError
from estimation.plan import EquivalentPlan, MetalPrice
from estimation.statement.equivalents import (
    copper_equivalent_pct,
    equivalent_factors,
    equivalent_rows,
    formula_text,
    rhenium_in_ore_gpt,
)
from estimation.statement.quantities import ReserveTonnes, ResourceTonnes, StatisticalTotal
from tests.fabricated import fabricated_statement


def price(price: float, recovery: float, payable: float = 1.0) -> MetalPrice:
    """A metal's price from a test."""
    return MetalPrice(price=price, recovery=recovery, payable=payable, source="a test")


METALS = {
    "cu_pct": price(70_000, 0.87),
    "mo_pct": price(400_000, 0.60),
    "au_gpt": price(550, 0.60),
    "ag_gpt": price(7, 0.60),
    "re_ppm": price(20, 0.30),
}
GRADES = {"cu_pct": 0.45, "mo_pct": 0.030, "au_gpt": 0.10, "ag_gpt": 2.0, "re_ppm": 0.15}


def equivalent(*names: str) -> EquivalentPlan:
    """An equivalent of some metals."""
    metals = {name: METALS[name] for name in names}
    return EquivalentPlan(currency="CNY", as_of=date(2026, 10, 31), metals=metals)


def test_factors_and_equivalent_are_those_worked_out_by_hand() -> None:
    factors = equivalent_factors(METALS)
    assert factors["cu_pct"] == 1.0
    assert factors["mo_pct"] == pytest.approx(3.941, abs=5e-4)
    assert factors["au_gpt"] == pytest.approx(0.5419, abs=5e-5)
    assert factors["ag_gpt"] == pytest.approx(0.006897, abs=5e-7)
    assert factors["re_ppm"] == pytest.approx(0.009852, abs=5e-7)
    assert copper_equivalent_pct(GRADES, METALS) == pytest.approx(0.6377, abs=5e-5)


def test_value_of_ore_is_the_same_as_metal_or_as_equivalent_copper() -> None:
    """A tonne of ore is worth its metals, or its equivalent's copper: one sum, done apart."""
    metal_t = {n: g / 100 if n.endswith("pct") else g for n, g in GRADES.items()}
    worth = sum(metal_t[n] * METALS[n].price * METALS[n].recovery for n in GRADES)
    copper = copper_equivalent_pct(GRADES, METALS) / 100 * 70_000 * 0.87
    assert copper == pytest.approx(worth, rel=1e-12)


def test_nothing_is_left_out_in_silence() -> None:
    with pytest.raises(EstimationError, match="s_pct"):
        copper_equivalent_pct({**GRADES, "s_pct": 1.0}, METALS)
    with pytest.raises(EstimationError, match="cu_pct"):
        equivalent_factors({"mo_pct": METALS["mo_pct"]})
    for wrong in ({"price": 0.0, "recovery": 0.5}, {"price": 1.0, "recovery": 60.0}):
        with pytest.raises(ValidationError):
            price(**wrong)
    with pytest.raises(ValidationError):
        MetalPrice.model_validate({"price": 1.0, "payable": 1.0, "source": "no recovery"})


def test_a_statement_has_its_equivalent_with_the_grades_beside_it() -> None:
    statement = fabricated_statement()
    plan = equivalent("cu_pct", "mo_pct")
    rows = equivalent_rows(plan, statement)
    assert len(rows) == len(statement.at_cutoff())
    for row, stated in zip(rows, statement.at_cutoff(), strict=True):
        copper, molybdenum = (stated.elements[n] for n in ("cu_pct", "mo_pct"))
        assert row.grades == {"cu_pct": copper.grade, "mo_pct": molybdenum.grade}
        factor = equivalent_factors(plan.metals)["mo_pct"]
        assert copper.grade is not None
        assert molybdenum.grade is not None
        assert row.equivalent_pct == pytest.approx(copper.grade + factor * molybdenum.grade)
        assert row.in_situ_t["mo_pct"] == molybdenum.metal_t
        assert row.in_concentrate_t["mo_pct"] == pytest.approx(0.60 * molybdenum.metal_t)
    assert "3.94" in formula_text(plan)
    assert "2026-10-31" in formula_text(plan)
    assert "CNY" in formula_text(plan)


def test_what_has_no_grade_of_its_own_ore_has_no_equivalent() -> None:
    """Rhenium is blank in Inferred ore: the row keeps its copper and gets no equivalent."""
    rows = equivalent_rows(equivalent("cu_pct", "re_ppm"), fabricated_statement())
    inferred = [row for row in rows if row.class_name == "inferred"]
    assert inferred
    assert all(row.equivalent_pct is None and row.grades["cu_pct"] for row in inferred)


def test_an_element_that_is_not_evaluated_takes_no_part() -> None:
    statement = fabricated_statement()
    support = tuple(
        replace(s, status="BELOW_THRESHOLD" if s.element == "mo_pct" else "EVALUATED")
        for s in statement.support
    )
    with pytest.raises(EstimationError, match="BELOW_THRESHOLD"):
        equivalent_rows(equivalent("cu_pct", "mo_pct"), replace(statement, support=support))
    fewer = replace(statement, elements=("cu_pct",))
    with pytest.raises(EstimationError, match="not in the statement"):
        equivalent_rows(equivalent("cu_pct", "mo_pct"), fewer)


def test_rhenium_follows_molybdenum() -> None:
    assert rhenium_in_ore_gpt(0.030, 300) == pytest.approx(0.150, abs=5e-4)


# ------------------------------------------------------------------ resource and reserve


def test_a_resource_and_a_reserve_are_not_added() -> None:
    resource: Any = ResourceTonnes("measured", 10.0)
    reserve: Any = ReserveTonnes("proved", 4.0)
    for one, other in ((resource, reserve), (reserve, resource)):
        with pytest.raises(TypeError, match="储量"):
            one + other
    with pytest.raises(TypeError):
        sum([resource, reserve])
    with pytest.raises(TypeError, match="分列"):
        resource + ResourceTonnes("indicated", 1.0)
    assert resource + ResourceTonnes("measured", 1.0) == ResourceTonnes("measured", 11.0)
    with pytest.raises(TypeError):
        StatisticalTotal.of([resource, reserve])


def test_classes_are_added_under_their_label_only() -> None:
    parts = fabricated_statement().resource_t("cu_pct")
    assert [part.class_name for part in parts] == ["measured", "indicated", "inferred"]
    total = StatisticalTotal.of(parts)
    assert total.label_zh == "合计（统计口径）"
    assert total.tonnes == pytest.approx(sum(part.tonnes for part in parts))


def test_the_type_checker_refuses_it_too(tmp_path: Path) -> None:
    source = (
        "from estimation.statement.quantities import ReserveTonnes, ResourceTonnes\n"
        "ResourceTonnes('measured', 1.0) + ReserveTonnes('proved', 1.0)\n"
    )
    (tmp_path / "added.py").write_text(source, "utf-8")
    said, _, status = api.run(["--follow-imports=silent", str(tmp_path / "added.py")])
    assert status == 1
    assert 'Unsupported operand types for + ("ResourceTonnes" and "ReserveTonnes")' in said
