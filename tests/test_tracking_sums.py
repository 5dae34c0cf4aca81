"""Sums inside ledger entries: right ones pass, each kind of wrong one is named by its entry."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from estimation.statement.extraction import Ore
from tests.fabricated import chain_of, copper_row, fabricated_result
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.sums import sum_problems
from tracking.mining.period import MinedClass, MinedPeriod
from tracking.movement.attribution import Attribution, Step
from tracking.movement.quantities import difference, retained_kg

OPENING, CLOSING = date(2024, 12, 31), date(2025, 12, 31)
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def chain() -> tuple[LedgerEntry, ...]:
    """Two figures of one deposit, the later with mining, losses, extension and an upgrade."""
    first = fabricated_result(vintage=OPENING)
    rows = first.statement.at_cutoff()
    later = replace(
        fabricated_result(vintage=CLOSING, scale=1.3),
        depletion=rows[:2],
        lost=(replace(rows[0], ore_t=rows[0].ore_t / 10, elements={}),),
        extension=rows[2:3],
        reclassified_from=(copper_row("inferred", 500.0), copper_row("indicated", 100.0)),
        reclassified_to=(copper_row("indicated", 600.0),),
    )
    return chain_of([first, later])


def changed(chain: tuple[LedgerEntry, ...], change: Change) -> list[str]:
    """Problems after the later figure's content was changed."""
    content = copy.deepcopy(chain[1].content)
    change(content)
    return sum_problems([chain[0], replace(chain[1], content=content)])


def split(chain: tuple[LedgerEntry, ...], more_kg: int = 0) -> list[str]:
    """Problems of the two figures and a split of their change, some kilograms out."""
    opening, closing = chain
    whole = difference(retained_kg(closing), retained_kg(opening))
    key = next(iter(whole))
    whole[key] += more_kg
    content = Attribution(1, 2, ("method",), True, (Step("method", whole),)).content()
    entry = replace(closing, number=3, kind="attribution", content=content)
    return sum_problems([opening, closing, entry])


def test_figures_that_foot_have_no_problem(chain: tuple[LedgerEntry, ...]) -> None:
    """Rounded rows, elements evaluated in part, by-products without a grade."""
    assert sum_problems(chain) == []
    assert split(chain) == []


@pytest.mark.parametrize("more_kg", [1, -1, 100_000])
def test_a_split_that_misses_a_kilogram_is_named(
    chain: tuple[LedgerEntry, ...], more_kg: int
) -> None:
    """Steps telescope exactly; entry and amount are in the sentence."""
    (said,) = split(chain, more_kg)
    assert said.startswith("entry 3 ")
    assert str(more_kg).lstrip("-") in said


RESERVE = {
    "class": "proved",
    "domain": "all",
    "stock": "industrial",
    "ore_kg": 100_000_000,
    "elements": {"cu_pct": {"grade": 0.5, "metal_kg": 500_000}},
}


def outside_problems(change: Change) -> list[str]:
    """Problems of a filed report, after a change of its content."""
    row = {key: value for key, value in RESERVE.items() if key != "stock"}
    content: dict[str, Any] = {
        "kind": "outside",
        "statement": [{**copy.deepcopy(row), "class": c} for c in ("measured", "indicated")],
        "reserves": [copy.deepcopy(RESERVE)],
    }
    change(content)
    (entry,) = chain_of([fabricated_result()])
    return sum_problems([replace(entry, kind="outside", content=content)])


def test_a_report_has_its_reserves_inside_its_resource() -> None:
    """L05: as much as the measured resource is right; a kilogram more is not; by class."""
    assert outside_problems(lambda content: None) == []

    def more(content: dict[str, Any]) -> None:
        content["reserves"][0]["elements"]["cu_pct"]["metal_kg"] += 1

    (said,) = outside_problems(more)
    assert "reserves proved cu_pct: 500001 kg is more than the resource 500000 kg" in said

    def probable(content: dict[str, Any]) -> None:
        content["reserves"] += [{**copy.deepcopy(RESERVE), "class": "probable"}]

    assert outside_problems(probable) == []

    def both(content: dict[str, Any]) -> None:
        probable(content)
        content["reserves"][1]["elements"]["cu_pct"]["metal_kg"] += 1

    (said,) = outside_problems(both)
    assert "reserves probable cu_pct: 1000001 kg" in said

    def total(content: dict[str, Any]) -> None:
        content["totals"] = [{**content["statement"][0], "part": "statement"}]
        content["statement"] = []

    assert outside_problems(total) == []


def test_a_reports_metal_is_its_ore_times_grade_within_the_digits_it_prints() -> None:
    """1 % is let pass; more only where half a digit of what is printed explains it."""

    def off(content: dict[str, Any]) -> None:
        content["statement"][1]["elements"]["cu_pct"]["metal_kg"] = 515_000

    (said,) = outside_problems(off)
    assert "statement indicated all cu_pct: 100000000 kg at 0.5 is not 515000 kg" in said

    def printed(content: dict[str, Any]) -> None:
        off(content)
        content["as_reported"] = [{"row": 5, "ore": "10.00", "grade": "0.50", "metal": "5.2"}]

    assert outside_problems(printed) == []

    def silent(content: dict[str, Any]) -> None:
        content["statement"][1]["ore_kg"] = None

    assert outside_problems(silent) == []


def test_a_mining_record_loses_no_more_than_it_took(chain: tuple[LedgerEntry, ...]) -> None:
    """A record that foots has no problem; more lost than mined, or metal off its grade, has."""
    part = MinedClass("measured", Ore(100.0, {"cu_pct": 0.5}), Ore(10.0, {"cu_pct": 0.05}))
    mined = MinedPeriod("b", "d", OPENING, CLOSING, (part,), "table 3")
    entry = replace(chain[0], kind="mining", content=mined.content)
    assert sum_problems([entry]) == []
    more = copy.deepcopy(mined.content)
    more["lost"][0]["ore_kg"] = 120_000
    more["lost"][0]["elements"]["cu_pct"] = {"grade": 0.5, "metal_kg": 600}
    said = sum_problems([replace(entry, content=more)])
    assert any("lost measured cu_pct: 600 kg is more than the whole 550 kg" in p for p in said)
    off = copy.deepcopy(mined.content)
    off["depletion"][0]["elements"]["cu_pct"]["metal_kg"] = 700
    assert any("is not 700 kg" in p for p in sum_problems([replace(entry, content=off)]))


def test_low_grade_ore_is_part_of_the_statement(chain: tuple[LedgerEntry, ...]) -> None:
    """More of it than the statement has of its class is named."""

    def low(content: dict[str, Any], ore_kg: int) -> None:
        figure = {"cu_pct": {"grade": 0.25, "metal_kg": 0}}
        content["low_grade"] = [
            {"class": "measured", "domain": "all", "ore_kg": ore_kg, "elements": figure}
        ]

    assert changed(chain, lambda content: low(content, 1_000)) == []
    (said,) = changed(chain, lambda content: low(content, 10**15))
    assert "low_grade measured ore: 1000000000000000 kg is more than the whole" in said


def _metal(content: dict[str, Any]) -> None:
    figure = content["statement"][0]["elements"]["cu_pct"]
    figure["metal_kg"] = round(figure["metal_kg"] * 1.0001) + 2


def _twice(content: dict[str, Any]) -> None:
    content["statement"].append(content["statement"][0])


def _no_grade(content: dict[str, Any]) -> None:
    content["statement"][0]["elements"]["cu_pct"]["grade"] = None


def _more_above(content: dict[str, Any]) -> None:
    content["statement"][-1]["ore_kg"] *= 3


def _all_lost(content: dict[str, Any]) -> None:
    content["lost"][0]["ore_kg"] *= 1000


def _all_new(content: dict[str, Any]) -> None:
    content["extension"][0]["ore_kg"] *= 1000


def _upgraded(content: dict[str, Any]) -> None:
    content["reclassified_to"][0]["elements"]["cu_pct"]["metal_kg"] += 10


def _nothing(content: dict[str, Any]) -> None:
    del content["statement"][0]["elements"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_metal, "cu_pct"),
        (_twice, "stands twice"),
        (_no_grade, "without a grade"),
        (_more_above, "more ore above"),
        (_all_lost, "lost"),
        (_all_new, "extension"),
        (_upgraded, "a change of class sums to zero"),
        (_nothing, "content lacks"),
    ],
)
def test_each_wrong_sum_is_named(
    chain: tuple[LedgerEntry, ...], change: Change, words: str
) -> None:
    """The entry's number and what is wrong; nothing raises."""
    said = changed(chain, change)
    assert any(one.startswith("entry 2 ") and words in one for one in said), said
