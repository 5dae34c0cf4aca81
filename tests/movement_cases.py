"""Three vintages whose movement is worked out by hand: tests of movement and of its tables.

Tonnes of copper; every tonne stands in 200 t of ore. The tables below are the arithmetic that
docs/movement.md prints, and nothing here is computed by the code that is tested.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from estimation.results import DepositResult, StatementRow
from tests.fabricated import chain_of, copper_result, copper_row
from tracking.ledger.entries import LedgerEntry
from tracking.movement.attribution import Attribution, Step
from tracking.movement.movement import STATUTORY_COLUMNS, Movement
from tracking.review.file import FACTORS

V24, V25, V26 = date(2024, 12, 31), date(2025, 12, 31), date(2026, 10, 31)
KG = 1000
ORE_PER_COPPER = 200
MEASURED, INDICATED, INFERRED = "measured", "indicated", "inferred"

STEPS = {
    "software": {MEASURED: 1},
    "depletion": {MEASURED: -15},
    "drilling": {MEASURED: 20, INDICATED: 30, INFERRED: 10},
    "correction": {INDICATED: -5},
    "domains": {INDICATED: 6, INFERRED: 4},
    "method": {MEASURED: -2},
    "density": {MEASURED: 4, INDICATED: 3},
    "cutoff": {MEASURED: 30, INDICATED: 40, INFERRED: 35},
    "class": {MEASURED: 2, INDICATED: -4, INFERRED: 1},
    "licence": {INDICATED: -8},
}
"""Tonnes of copper by factor and class, 2025 to 2026; measured +40, indicated +62, inferred +50."""
STERILIZED = {INDICATED: 6}
"""Of the licence step: overlain."""


def rows(copper_t: dict[str, float]) -> tuple[StatementRow, ...]:
    """Rows of so many tonnes of copper by class."""
    return tuple(copper_row(name, tonnes) for name, tonnes in copper_t.items())


def quantities(copper_t: dict[str, float]) -> Counter[tuple[str, str]]:
    """The kilograms of ore and copper of so many tonnes of copper."""
    metal = {("cu_pct", name): round(t * KG) for name, t in copper_t.items()}
    ore = {("ore", name): round(t * KG * ORE_PER_COPPER) for name, t in copper_t.items()}
    return Counter({**metal, **ore})


def three_vintages() -> tuple[DepositResult, ...]:
    """2024; 2025 by drilling alone, with mining; 2026 with everything changed, and mining."""
    first = copper_result(V24, {MEASURED: 600, INDICATED: 400, INFERRED: 300})
    first = replace(first, statement=replace(first.statement, mined=rows({MEASURED: 50})))
    second = copper_result(
        V25,
        {MEASURED: 700, INDICATED: 450, INFERRED: 250},
        {MEASURED: 20, INDICATED: 5},
        lost=rows({MEASURED: 2, INDICATED: 0.5}),
        extension=rows({INDICATED: 30, INFERRED: 40}),
        reclassified_from=rows({MEASURED: 580, INDICATED: 395, INFERRED: 300}),
        reclassified_to=rows({MEASURED: 640, INDICATED: 405, INFERRED: 230}),
    )
    third = copper_result(
        V26,
        {MEASURED: 740, INDICATED: 512, INFERRED: 300},
        {MEASURED: 15},
        lost=rows({MEASURED: 1}),
        extension=rows({INDICATED: 12, INFERRED: 8}),
        reclassified_from=rows({MEASURED: 600, INDICATED: 440}),
        reclassified_to=rows({MEASURED: 609, INDICATED: 431}),
        plan_hash="another plan",
        engine_version="2",
    )
    return first, second, third


def steps(**changes: dict[str, float]) -> tuple[Step, ...]:
    """The steps of the attribution from 2025 to 2026; ``changes`` by factor."""
    table = {**STEPS, **changes}
    return tuple(
        Step(
            factor,
            quantities(copper_t),
            remark_zh=f"{factor} 说明",
            remark_en=f"{factor} remark",
            sterilized_kg=quantities(STERILIZED) if factor == "licence" else None,
        )
        for factor, copper_t in table.items()
    )


def attribution(opening: LedgerEntry, closing: LedgerEntry, **changes: object) -> Attribution:
    """The attribution from 2025 to 2026."""
    found = Attribution(
        opening=opening.number,
        closing=closing.number,
        order=FACTORS,
        reverse=False,
        steps=steps(),
        domains_are="explored",
        note="by hand",
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def attribution_entry(found: Attribution, like: LedgerEntry, number: int) -> LedgerEntry:
    """An entry that states an attribution."""
    return replace(like, number=number, kind="attribution", content=found.content())


def worked() -> tuple[tuple[LedgerEntry, ...], dict[tuple[int, int], LedgerEntry]]:
    """The three figures, and the attribution between the last two."""
    figures = chain_of(three_vintages())
    _first, second, third = figures
    entry = attribution_entry(attribution(second, third), third, 4)
    return figures, {(second.number, third.number): entry}


def copper(lines: tuple[Movement, ...]) -> tuple[Movement, ...]:
    """Copper's lines."""
    return tuple(line for line in lines if line.element == "cu_pct")


def tonnes(line: Movement, name: str) -> dict[str, float]:
    """What a line says of its bars or growth, in tonnes, zeros left out."""
    return {factor: kg / 1000 for factor, kg in getattr(line, name).items() if kg}


def columns_t(line: Movement) -> list[float | None]:
    """The statutory columns in tonnes; None where one isn't known."""
    amounts = (getattr(line, name) for name, _zh, _en in STATUTORY_COLUMNS)
    return [None if amount is None else amount / 1000 for amount in amounts]
