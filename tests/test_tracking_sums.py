"""Sums inside ledger entries: right ones pass, each kind of wrong one is named by its entry."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.fabricated import chain_of, copper_row, fabricated_result
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.sums import sum_problems
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
