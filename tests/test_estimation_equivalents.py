"""Copper equivalents by hand, and what they refuse."""

from __future__ import annotations

import pytest

from estimation.statement.equivalents import (
    MetalTerms,
    copper_equivalent_pct,
    equivalent_factors,
    rhenium_in_ore_gpt,
)

TERMS = {
    "cu_pct": MetalTerms(70_000, 0.87),
    "mo_pct": MetalTerms(400_000, 0.60),
    "au_gpt": MetalTerms(550, 0.60),
    "ag_gpt": MetalTerms(7, 0.60),
    "re_ppm": MetalTerms(20, 0.30),
}
GRADES = {"cu_pct": 0.45, "mo_pct": 0.030, "au_gpt": 0.10, "ag_gpt": 2.0, "re_ppm": 0.15}


def test_factors_and_equivalent_are_those_worked_out_by_hand():
    factors = equivalent_factors(TERMS)
    assert factors["cu_pct"] == 1.0
    assert factors["mo_pct"] == pytest.approx(3.941, abs=5e-4)
    assert factors["au_gpt"] == pytest.approx(0.5419, abs=5e-5)
    assert factors["ag_gpt"] == pytest.approx(0.006897, abs=5e-7)
    assert factors["re_ppm"] == pytest.approx(0.009852, abs=5e-7)
    assert copper_equivalent_pct(GRADES, TERMS) == pytest.approx(0.6377, abs=5e-5)


def test_value_of_ore_is_the_same_as_metal_or_as_equivalent_copper():
    """A tonne of ore is worth its metals, or its equivalent's copper: one sum, done apart."""
    metal_t = {n: g / 100 if n.endswith("pct") else g for n, g in GRADES.items()}
    worth = sum(metal_t[n] * TERMS[n].price * TERMS[n].recovery for n in GRADES)
    copper = copper_equivalent_pct(GRADES, TERMS) / 100 * 70_000 * 0.87
    assert copper == pytest.approx(worth, rel=1e-12)


def test_nothing_is_left_out_in_silence():
    with pytest.raises(ValueError, match="s_pct"):
        copper_equivalent_pct({**GRADES, "s_pct": 1.0}, TERMS)
    with pytest.raises(ValueError, match="copper"):
        equivalent_factors({"mo_pct": TERMS["mo_pct"]})
    for wrong in ({"price": 0.0, "recovery": 0.5}, {"price": 1.0, "recovery": 60.0}):
        with pytest.raises(ValueError, match=r"price|recovery"):
            MetalTerms(**wrong)


def test_rhenium_follows_molybdenum():
    assert rhenium_in_ore_gpt(0.030, 300) == pytest.approx(0.150, abs=5e-4)
