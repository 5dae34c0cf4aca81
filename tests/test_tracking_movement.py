"""Between two vintages every kilogram is accounted for, in the statutory order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.plan import CLASSES
from tests.fabricated import chain_of, copper_result, fabricated_result
from tracking.movement import (
    ORE,
    STATUTORY_COLUMNS,
    TOTAL,
    Movement,
    add_classes,
    join,
    movements,
    retained_kg,
)

V24, V25, V26 = date(2024, 12, 31), date(2025, 12, 31), date(2026, 10, 31)
SAME_DATA = {"data_hash": "same"}


def copper(lines: tuple[Movement, ...]) -> tuple[Movement, ...]:
    """Copper's lines."""
    return tuple(line for line in lines if line.element == "cu_pct")


def test_the_ledger_year_of_the_statutory_table() -> None:
    """年初 1000, 开采 20, 损失 2, 勘查 +60, 重算 −8: 年末保有 1030, 累计 +52 (appendix C 7)."""
    year = Movement(
        "belt", "deposit", "cu_pct", TOTAL, V24, V25,
        opening_kg=1000, mined_kg=20, lost_kg=2, explored_kg=60, recalculated_kg=-8,
        sterilized_kg=0, closing_kg=1030, cumulative_opening_kg=1500,
        cumulative_closing_kg=1552, split="explored",
    )  # fmt: skip
    assert year.foots
    assert year.depletion_kg == 22
    for name, _zh, _en in STATUTORY_COLUMNS:
        assert not replace(year, **{name: getattr(year, name) + 1}).foots
    assert not replace(year, cumulative_closing_kg=1551).foots


def test_new_drilling_alone_is_exploration() -> None:
    """Plan and engine unchanged: what is neither mined nor opening is 勘查增减."""
    entries = chain_of(
        [
            copper_result(V24, {"measured": 600.0, "indicated": 400.0}),
            copper_result(V25, {"measured": 700.0, "indicated": 350.5}, {"measured": 20.0}),
        ]
    )
    measured, indicated, inferred = copper(movements(entries))
    assert (measured.mined_kg, measured.explored_kg) == (20_000, 120_000)
    assert (indicated.mined_kg, indicated.explored_kg) == (0, -49_500)
    assert (inferred.opening_kg, inferred.closing_kg, inferred.explored_kg) == (0, 0, 0)
    assert {line.split for line in (measured, indicated, inferred)} == {"explored"}
    assert {line.recalculated_kg for line in (measured, indicated, inferred)} == {0}
    assert measured.cumulative_closing_kg == 720_000


@pytest.mark.parametrize("change", [{"plan_hash": "new plan"}, {"engine_version": "2"}])
def test_the_same_data_under_another_plan_or_engine_is_recalculation(
    change: dict[str, str],
) -> None:
    """Nothing was found: 重算增减."""
    entries = chain_of(
        [
            copper_result(V24, {"indicated": 400.0}, **SAME_DATA),
            copper_result(V25, {"indicated": 460.0}, {"indicated": 5.0}, **SAME_DATA, **change),
        ]
    )
    line = copper(movements(entries))[1]
    assert (line.split, line.recalculated_kg, line.explored_kg) == ("recalculated", 65_000, 0)


def test_when_data_and_plan_changed_the_line_says_that_it_is_not_separated() -> None:
    """The whole stands under 重算增减, marked, until factors are advanced one at a time."""
    entries = chain_of(
        [
            copper_result(V24, {"indicated": 400.0}),
            copper_result(V25, {"indicated": 460.0}, plan_hash="new"),
        ]
    )
    line = copper(movements(entries))[1]
    assert (line.split, line.recalculated_kg, line.explored_kg) == ("not separated", 60_000, 0)


def test_mining_alone_adds_nothing() -> None:
    """Same data, plan and engine: only mined, and the rest is zero."""
    entries = chain_of(
        [
            copper_result(V24, {"measured": 400.0}, **SAME_DATA),
            copper_result(V25, {"measured": 380.0}, {"measured": 20.0}, **SAME_DATA),
        ]
    )
    line = copper(movements(entries))[0]
    assert (line.split, line.mined_kg, line.recalculated_kg) == ("mined only", 20_000, 0)
    assert line.cumulative_closing_kg == line.cumulative_opening_kg == 400_000


def test_a_class_upgrade_is_zero_in_the_total() -> None:
    """推断 to 控制: one class loses what the other gains."""
    entries = chain_of(
        [
            copper_result(V24, {"indicated": 400.0, "inferred": 300.0}),
            copper_result(V25, {"indicated": 500.0, "inferred": 200.0}),
        ]
    )
    lines = copper(movements(entries))
    assert [line.explored_kg for line in lines] == [0, 100_000, -100_000]
    (total,) = copper(add_classes(lines))
    assert (total.class_name, total.explored_kg, total.foots) == (TOTAL, 0, True)


def test_the_first_vintage_has_identified_what_it_retains_and_what_was_mined_before() -> None:
    """累计查明 of the first entry: retained, and mined out up to its date."""
    first = fabricated_result(mined_ore_t=1e6)
    entries = chain_of([first, fabricated_result(vintage=V25, scale=1.1)])
    line = next(m for m in movements(entries) if (m.element, m.class_name) == (ORE, "measured"))
    assert line.cumulative_opening_kg - line.opening_kg == 10**9


def test_only_the_reporting_cutoff_moves() -> None:
    """Other cut-offs of the statement stay out of the sums."""
    (entry,) = chain_of([fabricated_result()])
    rows = fabricated_result().statement.at_cutoff()
    for name in CLASSES:
        expected = sum(row.ore_t for row in rows if row.class_name == name)
        assert abs(retained_kg(entry)[ORE, name] - 1000 * expected) <= 2


def test_an_element_evaluated_for_the_first_time_opens_at_zero() -> None:
    """伴生新评价: a by-product's line stands from its first evaluation on."""
    entries = chain_of([copper_result(V24, {"measured": 500.0}), fabricated_result(vintage=V25)])
    line = next(
        m for m in movements(entries) if (m.element, m.class_name) == ("mo_pct", "measured")
    )
    assert line.opening_kg == 0
    assert line.explored_kg == line.closing_kg > 0


def test_fewer_than_two_vintages_move_nothing_and_two_deposits_are_refused() -> None:
    """Movements are of one deposit."""
    assert movements([]) == ()
    one, other = chain_of([fabricated_result(), fabricated_result("other-syn", vintage=V25)])
    assert movements([one]) == ()
    with pytest.raises(ValueError, match="several"):
        movements([one, other])


def test_intervals_with_a_gap_are_not_joined() -> None:
    """2024-2025 and 2026-2027 don't make a movement."""
    results = [copper_result(day, {"measured": 1.0}) for day in (V24, V25, V26, date(2027, 12, 31))]
    lines = [line for line in copper(movements(chain_of(results))) if line.class_name == "measured"]
    assert join(lines).opening_vintage == V24
    with pytest.raises(ValueError, match="does not follow"):
        join([lines[0], lines[2]])
    with pytest.raises(ValueError, match="no movements"):
        join([])


amounts = st.floats(min_value=0, max_value=1e8, allow_nan=False)
vintage_figures = st.tuples(
    st.dictionaries(st.sampled_from(CLASSES), amounts, min_size=1),
    st.dictionaries(st.sampled_from(CLASSES), amounts),
    st.sampled_from(["data", "plan", "both", "neither"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(vintage_figures, min_size=2, max_size=6))
def test_any_history_foots_to_the_kilogram(history: list) -> None:  # type: ignore[type-arg]
    """Lines, class totals and joined intervals keep both identities, whatever happened."""
    results, data, plan = [], 0, 0
    for year, (retained, mined, change) in enumerate(history):
        data += change in ("data", "both")
        plan += change in ("plan", "both")
        day = date(2020 + year, 12, 31)
        hashes = {"data_hash": str(data), "plan_hash": str(plan)}
        results.append(copper_result(day, retained, mined if year else None, **hashes))
    entries = chain_of(results)
    lines = movements(entries)
    assert all(line.foots for line in lines)
    totals = add_classes(lines)
    assert all(line.foots for line in totals)
    whole = join(copper(totals))
    assert whole.foots
    assert whole.closing_kg == sum(retained_kg(entries[-1])["cu_pct", name] for name in CLASSES)
    assert whole.cumulative_closing_kg - whole.closing_kg == whole.depletion_kg
