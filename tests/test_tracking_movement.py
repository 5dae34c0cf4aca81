"""Between two vintages every kilogram is accounted for, in the statutory order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.errors import EstimationError
from estimation.plan import CLASSES
from tests.fabricated import chain_of, copper_result, fabricated_result
from tests.movement_cases import (
    INDICATED,
    INFERRED,
    MEASURED,
    V24,
    V25,
    V26,
    attribution,
    attribution_entry,
    columns_t,
    copper,
    rows,
    tonnes,
    worked,
)
from tracking.movement.growth_types import GROWTH_TYPES
from tracking.movement.movement import (
    ORE,
    STATUTORY_COLUMNS,
    TOTAL,
    Movement,
    add_classes,
    join,
    movements,
    retained_kg,
)
from tracking.movement.statutory import statutory_forms

SAME_DATA = {"data_hash": "same"}


def test_the_ledger_year_of_the_statutory_table() -> None:
    """年初 1000, 开采 20, 损失 2, 勘查 +60, 重算 −8: 年末保有 1030, 累计 +52."""
    year = Movement(
        "belt", "deposit", "cu_pct", TOTAL, V24, V25,
        opening_kg=1000, mined_kg=20, lost_kg=2, explored_kg=60, recalculated_kg=-8,
        sterilized_kg=0, closing_kg=1030, cumulative_opening_kg=1500,
        cumulative_closing_kg=1552, split="explored",
    )  # fmt: skip
    assert (year.depletion_kg, year.additions_kg) == (22, 52)
    for name, _zh, _en in STATUTORY_COLUMNS:
        with pytest.raises(ValueError, match="doesn't foot"):
            replace(year, **{name: getattr(year, name) + 1})
    assert replace(year, bars={"drilling": 30}, growth={"infill": 31, "upgrade": -1}).bars
    for name in ("bars", "growth"):
        with pytest.raises(ValueError, match="变动勾稽不符"):
            replace(year, **{name: {"drilling": 29}})


def test_three_vintages_by_hand_column_by_column() -> None:
    """Every column of every class, as worked out on paper (docs/movement.md)."""
    lines = copper(movements(*worked()))
    by_hand = [
        #  opening mined lost  expl. recalc. overlain closing  cumulative
        [600, 18, 2, 120, 0, 0, 700, 650, 770],
        [400, 4.5, 0.5, 55, 0, 0, 450, 400, 455],
        [300, 0, 0, -50, 0, 0, 250, 300, 250],
        [700, 14, 1, 20, 35, 0, 740, 770, 825],
        [450, 0, 0, 36, 32, 6, 512, 455, 523],
        [250, 0, 0, 14, 36, 0, 300, 250, 300],
    ]
    assert [columns_t(line) for line in lines] == by_hand
    assert [line.split for line in lines] == ["explored"] * 3 + ["attributed"] * 3
    totals = [columns_t(line) for line in add_classes(lines)]
    assert totals == [
        [1300, 22.5, 2.5, 125, 0, 0, 1400, 1350, 1475],
        [1400, 14, 1, 70, 103, 6, 1552, 1475, 1648],
    ]
    ore = [line for line in movements(*worked()) if line.element == ORE]
    assert [columns_t(line) for line in ore] == [[200 * t for t in line] for line in by_hand]


def test_three_vintages_by_hand_bar_by_bar() -> None:
    """Every cause of every class; the order is that of the attribution."""
    measured, indicated, inferred = copper(movements(*worked()))[3:]
    assert tonnes(measured, "bars") == {
        "software": 1, "depletion": -15, "drilling": 20, "method": -2, "density": 4,
        "cutoff": 30, "class": 2,
    }  # fmt: skip
    assert tonnes(indicated, "bars") == {
        "drilling": 30, "correction": -5, "domains": 6, "density": 3, "cutoff": 40,
        "class": -4, "licence": -8,
    }  # fmt: skip
    assert tonnes(inferred, "bars") == {"drilling": 10, "domains": 4, "cutoff": 35, "class": 1}
    total = add_classes(copper(movements(*worked())))[1]
    assert tonnes(total, "bars") == {
        "software": 1, "depletion": -15, "drilling": 60, "correction": -5, "domains": 10,
        "method": -2, "density": 7, "cutoff": 105, "class": -1, "licence": -8,
    }  # fmt: skip
    assert list(tonnes(total, "bars")) == list(total.bars)
    before = copper(movements(*worked()))[0]
    assert tonnes(before, "bars") == {"depletion": -20, "drilling": 120}


def test_three_vintages_by_hand_kind_by_kind() -> None:
    """Drilling divided by geometry, class rules zero over the classes, the index by itself."""
    lines = copper(movements(*worked()))
    assert [tonnes(line, "growth") for line in lines] == [
        {"depletion": -20, "infill": 60, "upgrade": 60},
        {"depletion": -5, "infill": 15, "upgrade": 10, "deep_edge": 30},
        {"infill": -20, "upgrade": -70, "deep_edge": 40},
        {"depletion": -15, "software": 1, "infill": 13, "upgrade": 9, "index_change": 30,
         "parameters": 2},
        {"correction": -5, "infill": 29, "upgrade": -9, "deep_edge": 12, "index_change": 40,
         "parameters": 3, "sterilized": -8},
        {"infill": 8, "deep_edge": 8, "index_change": 35, "parameters": -1},
    ]  # fmt: skip
    for total in add_classes(lines):
        assert "upgrade" not in tonnes(total, "growth")
    assert {name for line in lines for name in line.growth} <= set(GROWTH_TYPES)


def test_domains_stand_where_the_author_puts_them() -> None:
    """A changed interpretation is 勘查增减 or 重算增减; the sum of both does not move."""
    figures, _ = worked()
    found = attribution(figures[1], figures[2], domains_are="recalculated")
    entry = attribution_entry(found, figures[2], 4)
    _, indicated, inferred = copper(movements(figures, {(2, 3): entry}))[3:]
    assert [indicated.explored_kg, indicated.recalculated_kg] == [30_000, 38_000]
    assert tonnes(inferred, "growth") == {
        "infill": 4, "deep_edge": 8, "index_change": 35, "parameters": 3
    }  # fmt: skip


def test_an_attribution_that_does_not_foot_is_refused() -> None:
    """A step of a figure that is no longer the current one never passes unseen."""
    figures, entries = worked()
    other = copper_result(V26, {MEASURED: 741, INDICATED: 512, INFERRED: 300}, {MEASURED: 15})
    changed = chain_of([other])[0]
    with pytest.raises(EstimationError, match="miss closing"):
        movements([*figures[:2], replace(changed, number=3)], entries)
    fresh = movements([*figures[:2], replace(changed, number=9)], entries)
    assert copper(fresh)[3].split == "explored"


def test_factors_that_only_moved_together_are_not_told_apart() -> None:
    """New domains without a density of their own: one bar, its kind unknown, under 重算增减."""
    figures, _ = worked()
    found = attribution(figures[1], figures[2])
    joint = tuple(
        replace(step, also=("drilling",)) if step.factor == "cutoff" else step
        for step in found.steps
        if step.factor != "drilling"
    )
    drilled = next(step for step in found.steps if step.factor == "drilling").kg
    joint = tuple(
        replace(step, kg=step.kg + drilled) if step.factor == "cutoff" else step for step in joint
    )
    entry = attribution_entry(replace(found, steps=joint), figures[2], 4)
    line = copper(movements(figures, {(2, 3): entry}))[3]
    assert line.split == "not separated"
    assert (line.explored_kg, line.recalculated_kg) == (0, 55_000)
    assert tonnes(line, "growth")["not_separated"] == 50


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
    assert (total.class_name, total.explored_kg) == (TOTAL, 0)


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
    """伴生新评价: a by-product's line stands from its first evaluation on, as what it is."""
    entries = chain_of([copper_result(V24, {"measured": 500.0}), fabricated_result(vintage=V25)])
    line = next(
        m for m in movements(entries) if (m.element, m.class_name) == ("mo_pct", "measured")
    )
    assert line.opening_kg == 0
    assert line.explored_kg == line.closing_kg > 0
    assert {name for name, kg in line.growth.items() if kg} == {"byproduct_new"}


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
by_class = st.dictionaries(st.sampled_from(CLASSES), amounts)
vintage_figures = st.tuples(
    st.dictionaries(st.sampled_from(CLASSES), amounts, min_size=1),
    by_class,
    st.sampled_from(["data", "plan", "both", "neither"]),
    by_class,
    st.permutations(CLASSES),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(vintage_figures, min_size=2, max_size=6))
def test_any_history_foots_to_the_kilogram(history: list) -> None:  # type: ignore[type-arg]
    """Lines, class totals and joined intervals keep both identities, whatever happened.

    Lines that don't foot can't be made; so it is enough that all are there.
    """
    results, data, plan = [], 0, 0
    for year, (retained, mined, change, ground, turned) in enumerate(history):
        data += change in ("data", "both")
        plan += change in ("plan", "both")
        day = date(2020 + year, 12, 31)
        hashes = {"data_hash": str(data), "plan_hash": str(plan)}
        lost = {name: t / 7 for name, t in mined.items()}
        to = {turned[CLASSES.index(name)]: t for name, t in ground.items()}
        beside = {
            "lost": rows(lost) if year else (),
            "extension": rows(ground) if year else (),
            "reclassified_from": rows(ground) if year else (),
            "reclassified_to": rows(to) if year else (),
        }
        results.append(copper_result(day, retained, mined if year else None, **hashes, **beside))
    entries = chain_of(results)
    lines = copper(movements(entries))
    assert len(lines) == 3 * (len(results) - 1)
    for line in (*lines, *add_classes(lines)):
        assert sum(line.bars.values()) == line.closing_kg - line.opening_kg
        assert sum(line.growth.values()) == line.closing_kg - line.opening_kg
    for total in add_classes(lines):
        assert total.growth.get("upgrade", 0) == 0
    whole = join(add_classes(lines))
    assert whole.closing_kg == sum(retained_kg(entries[-1])["cu_pct", name] for name in CLASSES)
    assert whole.cumulative_closing_kg - whole.closing_kg == whole.depletion_kg


@pytest.mark.parametrize(
    ("holes", "composites", "split"),
    [
        (49, 1500, "explored"),
        (48, 1451, "explored"),
        (48, 1450, "not separated"),
        (47, 1500, "not separated"),
        (49, 1449, "not separated"),
    ],
)
def test_other_data_is_exploration_only_where_it_grew(
    holes: int, composites: int, split: str
) -> None:
    """Corrected or lost data under an unchanged plan is no exploration."""
    figures = chain_of(
        [
            copper_result(V24, {MEASURED: 100}, holes=48, composites=1450),
            copper_result(V25, {MEASURED: 110}, holes=holes, composites=composites),
        ]
    )
    line = copper(movements(figures))[0]
    assert line.split == split
    assert line.explored_kg == (10_000 if split == "explored" else 0)


def test_mining_is_valued_in_the_openings_own_model_or_said_not_to_be() -> None:
    """Published 2024 (1); it is estimated anew (2), and 2025 (3) counts from that one."""
    first, again, closing, later = chain_of(
        [
            copper_result(V24, {MEASURED: 100}),
            copper_result(V24, {MEASURED: 120}),
            copper_result(V25, {MEASURED: 110}, {MEASURED: 12}),
            copper_result(V25, {MEASURED: 111}, {MEASURED: 13}),
        ]
    )
    line = copper(movements([first, closing], beside=[again]))[0]
    assert (line.mined_kg, line.valued_in) == (12_000, 2)
    row = statutory_forms([first, closing], {}, "x", beside=[again])[0].rows[-1]
    assert "开采量按第 2 条的模型估值" in row.remark[0]
    line = copper(movements([again, closing], beside=[first]))[0]
    assert (line.mined_kg, line.valued_in) == (12_000, None)
    sooner = replace(closing, number=2)
    newer = replace(again, number=3)
    line = copper(movements([first, later], beside=[newer, sooner]))[0]
    assert (line.mined_kg, line.valued_in) == (12_000, None)
    line = copper(movements([newer, sooner]))[0]
    assert (line.mined_kg, line.valued_in) == (12_000, 0)
