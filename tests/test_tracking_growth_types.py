"""Of what kind a change is, which stock it is in, and how filed figures and gaps move."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.errors import EstimationError
from estimation.plan import CLASSES
from tests.fabricated import chain_of, copper_result
from tests.movement_cases import (
    INDICATED,
    INFERRED,
    MEASURED,
    V24,
    V25,
    attribution,
    attribution_entry,
    columns_t,
    copper,
    quantities,
    rows,
    tonnes,
    worked,
)
from tracking.ledger.entries import LedgerEntry
from tracking.movement.attribution import Heading, Step, read_attribution, settled
from tracking.movement.growth_types import upgrade_kg
from tracking.movement.movement import add_classes, movements
from tracking.movement.quantities import retained_kg
from tracking.review.file import FACTORS


def test_an_upgrade_is_zero_to_the_kilogram() -> None:
    """Rows are rounded one by one; the class that moved most takes the odd kilogram."""
    closing = copper_result(
        V25,
        {MEASURED: 1},
        reclassified_from=rows({MEASURED: 10.0004, INDICATED: 20.0004, INFERRED: 30.0004}),
        reclassified_to=rows({MEASURED: 40.0008, INDICATED: 20.0004}),
    )
    (entry,) = chain_of([closing])
    moved = upgrade_kg(entry)
    assert moved is not None
    assert [moved["cu_pct", name] for name in CLASSES] == [30_000, 0, -30_000]
    unequal = replace(closing, reclassified_to=rows({MEASURED: 60.1}))
    assert upgrade_kg(chain_of([unequal])[0]) is None
    assert upgrade_kg(chain_of([copper_result(V25, {MEASURED: 1})])[0]) is None


def test_without_geometry_drilling_is_exploration_and_no_more_is_claimed() -> None:
    """Entries of earlier versions don't compare the two models' ground."""
    figures = chain_of([copper_result(V24, {MEASURED: 5}), copper_result(V25, {MEASURED: 8})])
    assert tonnes(copper(movements(figures))[0], "growth") == {"exploration": 3}


def test_new_ground_where_nothing_was_is_a_discovery() -> None:
    """An empty opening figure, or a discovery that the register dates after the opening."""
    found = copper_result(V25, {INDICATED: 80}, extension=rows({INDICATED: 80}))
    empty = chain_of([copper_result(V24, {INDICATED: 0}), found])
    assert tonnes(copper(movements(empty))[1], "growth") == {"discovery": 80}
    opening, closing = chain_of([copper_result(V24, {INDICATED: 5}), found])
    registry = {"discovered": {"date": "2025-06-30", "citation": "report"}}
    declared = replace(closing, content={**closing.content, "registry": registry})
    assert tonnes(copper(movements([opening, declared]))[1], "growth") == {"discovery": 75}
    early = {"discovered": {"date": "2024-06-30", "citation": "report"}}
    known = replace(closing, content={**closing.content, "registry": early})
    assert tonnes(copper(movements([opening, known]))[1], "growth") == {
        "deep_edge": 80, "infill": -5
    }  # fmt: skip


def with_low_grade(entry: LedgerEntry, indicated_t: int, inferred_t: int) -> LedgerEntry:
    """An estimate that tells so many tonnes of copper in low-grade ore apart."""
    part = [
        {"class": name, "domain": "all", "ore_kg": t * 200_000,
         "elements": {"cu_pct": {"grade": 0.2, "metal_kg": t * 1000}}}
        for name, t in ((INDICATED, indicated_t), (INFERRED, inferred_t))
    ]  # fmt: skip
    return replace(entry, content={**entry.content, "low_grade": part})


def test_low_grade_ore_is_a_stock_of_its_own() -> None:
    """低品位: its rows are part of the estimate's ore; both stocks foot, and add up to it."""
    first, second, _ = worked()[0]
    figures = [with_low_grade(first, 100, 40), with_low_grade(second, 130, 10)]
    reported, industrial, low = (
        copper(movements(figures, stock=stock)) for stock in ("reported", "industrial", "low_grade")
    )
    assert [columns_t(line) for line in low] == [
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [100, 0, 0, 0, 30, 0, 130, 100, 130],
        [40, 0, 0, 0, -30, 0, 10, 40, 10],
    ]
    assert [columns_t(line) for line in industrial] == [
        [600, 18, 2, 120, 0, 0, 700, 650, 770],
        [300, 4.5, 0.5, 55, -30, 0, 320, 300, 325],
        [260, 0, 0, -50, 30, 0, 240, 260, 240],
    ]
    for whole, one, other in zip(reported, industrial, low, strict=True):
        both = [a + b for a, b in zip(columns_t(one), columns_t(other), strict=True)]
        assert columns_t(whole) == both
    assert {line.split for line in low} == {"not separated"}
    assert movements(worked()[0], stock="low_grade") == ()


def test_one_cause_without_mining_is_low_grade_ores_too() -> None:
    """New holes alone: both stocks' changes are 勘查增减."""
    results = [copper_result(V24, {INDICATED: 400}), copper_result(V25, {INDICATED: 450})]
    first, second = chain_of(results)
    figures = [with_low_grade(first, 100, 0), with_low_grade(second, 130, 0)]
    industrial, low = (
        copper(movements(figures, stock=stock))[1] for stock in ("industrial", "low_grade")
    )
    assert columns_t(industrial)[:5] == [300, 0, 0, 20, 0]
    assert columns_t(low)[:5] == [100, 0, 0, 30, 0]
    assert tonnes(low, "bars") == {"drilling": 30}
    assert (industrial.split, low.split) == ("explored", "explored")


def filed(number: int, day: date, copper_t: float, **content: object) -> LedgerEntry:
    """A filed figure, all of it indicated."""
    (like,) = chain_of([copper_result(day, {INDICATED: copper_t})])
    stated = {**like.content, **content}
    for name in ("data_hash", "plan_hash", "engine_version", "depletion", "mined"):
        del stated[name]
    return replace(like, number=number, kind="outside", series=f"doc {number}", content=stated)


def test_a_report_that_states_what_was_identified_is_taken_at_its_word() -> None:
    """累计查明 of the first report, of either stock, is where the account begins.

    Mining after it is unknown, and so is what was identified at the second, which doesn't say it.
    """

    def part(copper_t: float) -> list:  # type: ignore[type-arg]
        figure = {"cu_pct": {"grade": 0.4, "metal_kg": round(copper_t * 1000)}}
        return [{"class": INDICATED, "domain": "", "ore_kg": None, "elements": figure}]

    stated = {"identified": part(1500), "low_grade": part(80), "identified_low_grade": part(90)}
    figures = [filed(1, V24, 1000, **stated), filed(2, V25, 1030, low_grade=part(85))]
    reported, low = (
        copper(movements(figures, stock=stock))[1] for stock in ("reported", "low_grade")
    )
    assert columns_t(reported) == [1000, None, None, 0, 30, 0, 1030, 1500, None]
    assert columns_t(low) == [80, None, None, 0, 5, 0, 85, 90, None]
    year = mining(3, date(2025, 1, 1), V25, 22, 2)
    reported = copper(movements(figures, beside=[year]))[1]
    assert columns_t(reported) == [1000, 20, 2, 0, 52, 0, 1030, 1500, 1552]


def test_growth_between_two_filings_goes_where_the_report_says() -> None:
    """Duolong 2013 to 2016: 7.1673 to 13.492 Mt Cu, by drilling; unsaid, it is not separated."""
    first = filed(1, date(2013, 12, 31), 7.1673e6)
    second = filed(2, date(2016, 12, 31), 13.492e6, growth_type="deep_edge")
    line = copper(movements([first, second]))[1]
    assert (line.explored_kg, line.recalculated_kg) == (6_324_700_000, 0)
    assert tonnes(line, "growth") == {"deep_edge": 6_324_700}
    assert line.split == "stated"
    silent = filed(2, date(2016, 12, 31), 13.492e6)
    line = copper(movements([first, silent]))[1]
    assert (line.split, line.recalculated_kg) == ("not separated", 6_324_700_000)
    assert tonnes(line, "growth") == {"not_separated": 6_324_700}


def mining(number: int, start: date, end: date, copper_t: float, lost_t: float) -> LedgerEntry:
    """A mine's record of a period: indicated ore, all that was taken and the part lost."""
    (like,) = chain_of([copper_result(end, {INDICATED: 1}, {INDICATED: copper_t},
                                      lost=rows({INDICATED: lost_t}))])  # fmt: skip
    stated = {**like.content, "start": start.isoformat(), "end": end.isoformat()}
    return replace(like, number=number, kind="mining", content=stated)


def test_between_filed_figures_the_mines_records_say_what_was_mined() -> None:
    """年初 1000, 开采 20, 损失 2, 勘查 +60; a record half outside counts by its days."""
    figures = [
        filed(1, V24, 1000),
        filed(2, V25, 1038, growth_type="infill"),
    ]
    year = mining(3, date(2025, 1, 1), V25, 22, 2)
    line = copper(movements(figures, beside=[year]))[1]
    assert columns_t(line) == [1000, 20, 2, 60, 0, 0, 1038, None, None]
    assert line.mining == "stated"
    bare = copper(movements(figures))[1]
    assert (columns_t(bare)[1:4], bare.mining) == ([None, None, 38], "unknown")
    half = mining(4, date(2024, 7, 1), date(2025, 6, 30), 9, 1)
    line = copper(movements(figures, beside=[half]))[1]
    assert (line.depletion_kg, line.lost_kg) == (round(9000 * 181 / 365), round(1000 * 181 / 365))
    assert line.mining == "partly"
    known = worked()[0]
    assert movements(known, beside=[year]) == movements(known)


def test_a_vintage_that_is_left_out_has_still_been_mined() -> None:
    """2024 to 2026, as where 2025 was never published: both years' mining counts."""
    figures, _ = worked()
    short = movements([figures[0], figures[2]], beside=figures)
    line = copper(short)[0]
    assert columns_t(line)[:3] == [600, 32, 3]
    assert line.closing_kg - line.opening_kg + line.depletion_kg == 175_000
    found = attribution(figures[0], figures[2])
    with pytest.raises(EstimationError):
        movements(short_of(figures), {(1, 3): attribution_entry(found, figures[2], 4)})
    taken = quantities({MEASURED: 20, INDICATED: 5})
    rerun = (
        Step("depletion", quantities({MEASURED: -35.5, INDICATED: -5})),
        Step("drilling", quantities({MEASURED: 175.5, INDICATED: 117})),
    )
    found = replace(found, steps=settled(rerun, figures[2], taken), mined_between=taken)
    entry = attribution_entry(read_attribution(found.content()), figures[2], 4)
    line = copper(movements(short_of(figures), {(1, 3): entry}, beside=figures))[0]
    assert columns_t(line)[:5] == [600, 34, 1, 175.5, -0.5]
    lost = replace(found, lost_between=quantities({MEASURED: 2, INDICATED: 0.5}))
    entry = attribution_entry(read_attribution(lost.content()), figures[2], 4)
    line = copper(movements(short_of(figures), {(1, 3): entry}, beside=figures))[0]
    assert columns_t(line)[:5] == [600, 32, 3, 175.5, -0.5]


def short_of(figures: tuple[LedgerEntry, ...]) -> list[LedgerEntry]:
    """The first and the last figure."""
    return [figures[0], figures[-1]]


def test_what_a_report_does_not_state_is_not_zero() -> None:
    """Metal without ore makes no ore line; a total without classes is no figure by class."""
    figures = [filed(1, V24, 1000), filed(2, V25, 1100)]
    bare = [{**row, "ore_kg": None} for row in figures[1].content["statement"]]
    without = replace(figures[1], content={**figures[1].content, "statement": bare})
    lines = movements([figures[0], without])
    assert {line.element for line in lines} == {"cu_pct"}
    total = replace(figures[1], content={**figures[1].content, "statement": []})
    assert movements([figures[0], total]) == ()


def test_a_lowered_cutoff_is_an_index_change_and_no_discovery() -> None:
    """Julong, June 2024: 0.30 to 0.17 % Cu; +14.726 Mt filed, none of it 勘查增减."""
    figures = [filed(1, date(2022, 12, 31), 10.72e6)]
    figures.append(filed(2, date(2024, 6, 30), 25.446e6, growth_type="index_change"))
    line = copper(movements(figures))[1]
    assert (line.explored_kg, line.recalculated_kg) == (0, 14_726_000_000)
    assert tonnes(line, "bars") == {"cutoff": 14_726_000}
    assert tonnes(line, "growth") == {"index_change": 14_726_000}


FREE = [name for name in FACTORS if name not in ("software", "depletion", "licence")]
some_kg = st.dictionaries(
    st.tuples(st.sampled_from(["ore", "cu_pct"]), st.sampled_from(CLASSES)),
    st.integers(-(10**9), 10**9),
)


@settings(max_examples=100, deadline=None)
@given(
    st.permutations(FREE),
    st.lists(st.tuples(some_kg, st.booleans()), max_size=5),
    some_kg,
    st.sampled_from(["explored", "recalculated"]),
)
def test_any_attribution_foots_in_columns_bars_and_kinds(
    order: list,
    parts: list,
    sterilized: dict,
    domains_are: Heading,  # type: ignore[type-arg]
) -> None:
    """Whatever the steps, joint or not: a line that doesn't foot could not be made.

    An upgrade stays zero over the classes, and only explored factors are under 勘查增减.
    """
    figures, _ = worked()
    left = list(order)
    made = [Step("depletion", quantities({MEASURED: -15}))]
    for kg, joint in parts:
        if len(left) < 2:
            break
        made.append(Step(left.pop(), Counter(kg), also=(left.pop(),) if joint else ()))
    rest = Counter(retained_kg(figures[2]))
    rest.subtract(retained_kg(figures[1]))
    for step in made:
        rest.subtract(step.kg)
    made.append(Step("licence", rest, sterilized_kg=Counter(sterilized)))
    found = attribution(figures[1], figures[2], steps=tuple(made), domains_are=domains_are)
    entry = attribution_entry(found, figures[2], 4)
    lines = copper(movements(figures, {(2, 3): entry}))[3:]
    explored = {"drilling", *(["domains"] if domains_are == "explored" else [])}
    for line in lines:
        own = [step for step in made if {step.factor, *step.also} <= explored]
        assert line.explored_kg == sum(step.kg[line.element, line.class_name] for step in own)
        assert line.sterilized_kg == sterilized.get(("cu_pct", line.class_name), 0)
        assert (
            sum(line.bars.values())
            == sum(line.growth.values())
            == line.closing_kg - line.opening_kg
        )
    (total,) = add_classes(lines)
    assert total.growth.get("upgrade", 0) == 0
