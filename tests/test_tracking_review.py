"""Judging a figure against the one before it: each limit alone, at it and just past it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from estimation.results import DepositResult, ElementFigure, StatementRow
from geo.config import ConfigError
from tests.fabricated import chain_of, copper_result, copper_row, fabricated_result
from tracking.ledger.entries import LedgerEntry, canonical, entry_content
from tracking.movement.movement import add_classes, movements
from tracking.review.file import FACTORS, Limits, Review, read_review
from tracking.review.review import Judgement, judge, last_filed, reference_of

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = read_review(ROOT / "configs" / "review.yaml")
OLD, NEW = date(2024, 12, 31), date(2025, 12, 31)
OFF = Limits(metal=None, filed=None, unexplained=None, lost_rows=None, extent=None, mean=None)


def only(*names: str) -> Limits:
    """The shipped limits, all but these switched off."""
    return OFF.model_copy(update={name: getattr(SHIPPED.limits, name) for name in names})


def copper(vintage: date, tonnes: float, **changes: Any) -> DepositResult:
    """So many tonnes of copper in one class; data that grew by half since the first vintage."""
    grown = (
        {"holes": 30, "composites": 1000} if vintage == OLD else {"holes": 45, "composites": 1500}
    )
    return copper_result(vintage, {"indicated": tonnes}, **{**grown, **changes})


def verdict(before: DepositResult, after: DepositResult, limits: Limits) -> Judgement:
    """The second judged against the first."""
    (entry,) = chain_of([before])
    return judge(entry_content(after), [entry], None, limits)


def beyond(judgement: Judgement) -> list[tuple[str, str]]:
    """Limit and subject of what waits."""
    return [(measure.limit, measure.subject) for measure in judgement.beyond]


def test_the_first_figure_of_a_deposit_has_nothing_to_be_judged_against() -> None:
    content = entry_content(copper(OLD, 1e6))
    judgement = judge(content, [reference_of((), content)], None, SHIPPED.limits)
    assert judgement.references == ()
    assert judgement.measures == ()
    assert judgement.beyond == ()


@pytest.mark.parametrize(
    ("tonnes", "waits"),
    [(1_150_000, False), (1_150_001, True), (850_000, False), (849_999, True)],
)
def test_metal_waits_just_past_its_limit_either_way(tonnes: float, waits: bool) -> None:
    """15 % of 1,000,000 t is 150,000 t: at the limit it passes, a tonne beyond it waits."""
    judgement = verdict(copper(OLD, 1e6), copper(NEW, tonnes), only("metal"))
    assert beyond(judgement) == ([("metal", "cu_pct")] if waits else [])


def test_mining_is_no_reason_to_wait() -> None:
    """200,000 t were mined: retained falls by a fifth, identified stays as it was."""
    after = copper(NEW, 800_000)
    mined = replace(after.statement, mined=(copper_row("indicated", 200_000),))
    assert beyond(verdict(copper(OLD, 1e6), after, only("metal"))) == [("metal", "cu_pct")]
    judgement = verdict(copper(OLD, 1e6), replace(after, statement=mined), only("metal"))
    assert judgement.beyond == ()
    assert judgement.measures[0].change == 0


def test_a_by_product_has_a_wider_limit_and_one_that_is_new_passes() -> None:
    """Rhenium (evaluated in part of the measured and indicated ore) has 30 %, copper 15 %."""
    before, after = fabricated_result(vintage=OLD), fabricated_result(vintage=NEW, scale=1.2)
    judgement = verdict(before, after, only("metal"))
    assert beyond(judgement) == [("metal", "cu_pct")]
    assert {m.subject for m in judgement.measures} == set(before.statement.elements)
    without = replace(before.statement, elements=("cu_pct",))
    rows = tuple(
        replace(row, elements={"cu_pct": row.elements["cu_pct"]}) for row in without.rows
    )  # fmt: skip
    alone = replace(before, statement=replace(without, rows=rows))
    assert {m.subject for m in verdict(alone, before, only("metal")).measures} == {"cu_pct"}


def test_copper_from_nothing_waits() -> None:
    judgement = verdict(copper(OLD, 0.0), copper(NEW, 5_000), only("metal"))
    assert judgement.beyond[0].change is None
    assert "从无到有" in judgement.beyond[0].zh


@pytest.mark.parametrize(
    ("tonnes", "composites", "waits"),
    [
        (1_110_000, 1049, True),  # +11 % with 4.9 % new data
        (1_110_000, 1050, False),  # with 5 %
        (1_100_000, 1000, False),  # +10 % is at the limit
        (880_000, 990, True),  # fewer data are as few as new ones
    ],
)
def test_a_change_that_few_new_data_cannot_explain_waits(
    tonnes: float, composites: int, waits: bool
) -> None:
    after = copper(NEW, tonnes, composites=composites)
    judgement = verdict(copper(OLD, 1e6), after, only("unexplained"))
    assert beyond(judgement) == ([("unexplained", "cu_pct")] if waits else [])


def test_lost_holes_composites_samples_and_elements_wait() -> None:
    """Each is named with its counts before and after."""
    before = fabricated_result(vintage=NEW)
    fewer = verdict(before, replace(before, holes=47), only("lost_rows"))
    assert beyond(fewer) == [("lost_rows", "holes")]
    assert "48 → 47" in fewer.beyond[0].en
    few = before.composites - 15
    assert beyond(verdict(before, replace(before, composites=few + 1), only("lost_rows"))) == []
    thin = verdict(before, replace(before, composites=few), only("lost_rows"))
    assert beyond(thin) == [("lost_rows", "composites")]  # more than 1 %
    support = tuple(
        replace(one, samples=60) if one.element == "re_ppm" else one
        for one in before.statement.support
    )
    rhenium = replace(before, statement=replace(before.statement, support=support))
    assert beyond(verdict(before, rhenium, only("lost_rows"))) == [("lost_rows", "samples re_ppm")]
    gone = verdict(before, _without(before, "re_ppm"), only("lost_rows"))
    assert beyond(gone) == [("lost_rows", "re_ppm")]
    assert "Re 不再估算" in gone.reason


def _without(result: DepositResult, element: str) -> DepositResult:
    """The result without one element."""
    statement = result.statement
    rows = tuple(
        replace(row, elements={k: v for k, v in row.elements.items() if k != element})
        for row in statement.rows
    )
    kept = tuple(name for name in statement.elements if name != element)
    support = tuple(one for one in statement.support if one.element != element)
    return replace(
        result, statement=replace(statement, rows=rows, elements=kept, support=support)
    )  # fmt: skip


def _ground(volume_m3: float, grade: float, ore_t: float = 1e8) -> DepositResult:
    """One row of a given volume and grade."""
    figure = ElementFigure(grade, ore_t * grade / 100, ore_t)
    row = StatementRow("indicated", "all", 0.3, volume_m3, ore_t, {"cu_pct": figure})
    result = copper(NEW, 1.0)
    return replace(result, statement=replace(result.statement, rows=(row,)))


def test_an_extent_that_jumps_waits_and_so_does_a_shifted_mean() -> None:
    """Volume 25 % and mean grade 10 %, each judged without the other."""
    both = only("extent", "mean")
    assert beyond(verdict(_ground(4e7, 0.50), _ground(5e7, 0.55), both)) == []
    far = verdict(_ground(4e7, 0.50), _ground(5.01e7, 0.50), both)
    assert beyond(far) == [("extent", "volume")]
    poor = verdict(_ground(4e7, 0.50), _ground(4e7, 0.449), both)
    assert beyond(poor) == [("mean", "cu_pct")]
    assert poor.beyond[0].change == pytest.approx(-10.2, abs=1e-6)


def test_a_change_past_thirty_per_cent_of_the_last_filed_figure_waits() -> None:
    """Though every night between was small: the filing is what it is measured from."""
    (filed, night) = chain_of([copper(OLD, 1e6), copper(NEW, 1_295_000)])
    content = entry_content(copper(date(2026, 6, 30), 1_301_000))
    judgement = judge(content, [night], filed, only("metal", "filed"))
    assert beyond(judgement) == [("filed", "cu_pct")]
    assert (judgement.references, judgement.filed) == ((2,), 1)
    assert judgement.beyond[0].change == pytest.approx(30.1)


def test_small_steps_are_judged_by_their_sum_since_the_publication() -> None:
    """+13 % on last night's figure passes; on what is published it is +28 %."""
    published, night = chain_of([copper(NEW, 1e6), copper(NEW, 1.13e6)])
    content = entry_content(copper(NEW, 1.28e6))
    assert beyond(judge(content, [night, night], None, only("metal"))) == []
    judgement = judge(content, [night, published], None, only("metal"))
    assert [(m.against, round(m.change or 0)) for m in judgement.beyond] == [(1, 28)]
    assert judgement.references == (2, 1)


def test_reaching_medium_size_calls_for_a_filing() -> None:
    """Copper of 100,000 t is of medium size, lower bound inclusive."""
    (filed,) = chain_of([copper(OLD, 90_000)])
    for tonnes, waits in ((99_999, []), (100_000, [("filed", "size")])):
        judgement = judge(entry_content(copper(NEW, tonnes)), [], filed, only("filed"))
        assert beyond(judgement) == waits


def _outside(number: int, vintage: date, **content: Any) -> LedgerEntry:
    """A filed report's entry, as the ledger would hold it."""
    (entry,) = chain_of([copper(vintage, 1.0)])
    row = {"class": "indicated", "domain": "all", "ore_kg": None}
    said = {
        "kind": "outside", "deposit_id": "test-syn", "vintage": vintage.isoformat(),
        "elements": ["cu_pct"], "statement": [], "totals": [], **content,
    }  # fmt: skip
    for part in ("statement", "identified"):
        if part in content:
            said[part] = [{**row, "elements": {"cu_pct": {"metal_kg": content[part]}}}]
    return replace(entry, number=number, kind="outside", series="X[2024]1号", content=said)


def test_julong_2022_to_2024_is_an_index_change_and_waits() -> None:
    """Cut-off 0.30 → 0.17 % Cu and +1,472.6 万t: past the filing's 30 %, and the cut-off named."""
    filed_t = 10_728_000.0
    filed = _outside(7, OLD, identified=round(filed_t * 1000))
    before = copper(OLD, filed_t)
    after = copper(NEW, filed_t + 14_726_000)
    low = replace(after.statement, reporting_cutoff=0.17, rows=tuple(
        replace(row, cutoff=0.17) for row in after.statement.rows))  # fmt: skip
    (night,) = chain_of([before])
    judgement = judge(
        entry_content(replace(after, statement=low)), [night], filed, SHIPPED.limits
    )  # fmt: skip
    assert ("filed", "cu_pct") in beyond(judgement)
    assert "cut-off changed: 0.3 → 0.17" in judgement.reason
    assert "工业指标调整" in judgement.reason
    against = {measure.limit: measure.against for measure in judgement.beyond}
    assert against == {"metal": 1, "filed": 7}


def test_a_filing_that_states_the_retained_resource_only_is_compared_with_the_retained() -> None:
    """Mined ore does not make the difference then; a filing on another metal says nothing."""
    after = copper(NEW, 1_000_000)
    mined = replace(after.statement, mined=(copper_row("indicated", 500_000),))
    content = entry_content(replace(after, statement=mined))
    retained = _outside(3, OLD, statement=1_000_000_000)
    assert judge(content, [], retained, only("filed")).measures[0].change == 0
    identified = _outside(3, OLD, identified=1_000_000_000, statement=1_000_000_000)
    assert beyond(judge(content, [], identified, only("filed"))) == [("filed", "cu_pct")]
    assert judge(content, [], _outside(3, OLD), only("filed")).measures == ()


def test_the_reference_is_the_same_date_or_the_one_before_and_never_a_later_one() -> None:
    entries = chain_of([copper(OLD, 1e6), copper(NEW, 2e6), copper(NEW, 3e6)])
    asked = [date(2024, 6, 30), OLD, date(2025, 6, 30), NEW, date(2026, 1, 1)]
    found = [reference_of(entries, entry_content(copper(day, 1.0))) for day in asked]
    assert [entry.number if entry else None for entry in found] == [None, 1, 1, 3, 3]
    other = entry_content(copper(NEW, 1.0, deposit_id="elsewhere"))
    assert reference_of(entries, other) is None
    outside = _outside(9, NEW)
    assert reference_of([outside], entry_content(copper(NEW, 1.0))) is None
    filed = last_filed([outside, _outside(8, OLD)], entry_content(copper(OLD, 1.0)))
    assert filed is not None
    assert filed.number == 8


def test_what_a_decision_keeps_is_plain_data_with_words_in_both_languages() -> None:
    judgement = verdict(copper(OLD, 1e6), copper(NEW, 2e6), SHIPPED.limits)
    kept = judgement.limits()
    assert json.loads(canonical(kept)) == kept
    first = kept[0]
    assert (first["limit"], first["subject"], first["change"]) == ("metal", "cu_pct", 100.0)
    assert (first["before"], first["after"], first["allowed"]) == (1e6, 2e6, 15.0)
    assert "+100.0 %" in first["zh"]
    assert "limit ±15 %" in first["en"]
    assert "against № 1, 2024-12-31" in first["en"]
    assert [word["en"] for word in first["circumstances"]] == [
        "the data changed (holes +15, composites +500)"
    ]


def test_every_limit_is_cited_and_a_file_that_is_wrong_names_the_key(tmp_path: Path) -> None:
    for name in Limits.model_fields:
        assert getattr(SHIPPED.limits, name).citation
    assert SHIPPED.attribution.order == FACTORS
    assert read_review(tmp_path / "none.yaml") == SHIPPED
    text = (ROOT / "configs" / "review.yaml").read_text("utf-8")
    path = tmp_path / "review.yaml"
    path.write_text(text.replace("main_pct: 15.0", "main_pc: 15.0"), "utf-8")
    with pytest.raises(ConfigError, match="main_pct"):
        read_review(path)
    path.write_text(text.replace("order: [software, ", "order: ["), "utf-8")
    with pytest.raises(ConfigError, match="each of these once"):
        read_review(path)


def test_a_limit_that_is_null_is_off() -> None:
    assert Review(limits=OFF, attribution=SHIPPED.attribution).limits.metal is None
    assert verdict(copper(OLD, 1e6), copper(NEW, 9e6), OFF).measures == ()


def test_identified_metal_is_the_sum_that_movement_counts() -> None:
    """Mined to date by the present model (40 t) is not the depletion of each date (10 + 20 t)."""
    first = copper_result(date(2023, 12, 31), {"measured": 1000.0})
    second = copper_result(date(2024, 12, 31), {"measured": 990.0}, {"measured": 10.0})
    third = copper_result(NEW, {"measured": 980.0}, {"measured": 20.0})
    mined = (copper_row("measured", 40.0),)
    third = replace(third, statement=replace(third.statement, mined=mined))
    entries = chain_of([first, second, third])
    lines = movements(entries)
    (line,) = (x for x in add_classes(lines) if x.element == "cu_pct" and x.closing_vintage == NEW)
    made = judge(
        entry_content(third), [entries[1]], None, only("metal"), history=entries[:2]
    ).measures[0]
    assert (made.before, made.after) == (1000.0, 1010.0)
    assert made.after == line.cumulative_closing_kg / 1000  # type: ignore[operator]
    assert made.before == line.cumulative_opening_kg / 1000  # type: ignore[operator]
