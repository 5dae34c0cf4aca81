"""What counts from a baseline on, and what does not: cut-offs, discoveries, places, stocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fabricated import chain_of, copper_result, copper_row, fabricated_result
from tests.target_fixture import (
    CONFIG,
    V24,
    V25,
    at_cutoffs,
    found,
    results,
    split_of,
    stated,
)
from tracking.ledger.book import Book
from tracking.target.target import Target, read_target, target_progress


@pytest.fixture(scope="module")
def target() -> Target:
    """The target as it is shipped."""
    return read_target(CONFIG)


def test_the_cut_off_part_is_the_geologists_split_where_there_is_one(target: Target) -> None:
    """Drilling and a lower cut-off in one night: only a rerun tells 200 from 100."""
    opening = copper_result(V24, {"indicated": 1000.0})
    closing = copper_result(V25, {"indicated": 1300.0}, data_hash="new", plan_hash="new")
    entries = chain_of([opening, at_cutoffs(closing, 0.17, {})])
    blind = target_progress(target, Book(entries)).baselines[0].latest
    assert blind is not None
    assert blind.net_growth_pct == pytest.approx(30.0)
    assert (blind.index_t, blind.net_growth_ex_indicator_pct) == (None, None)
    assert blind.not_separated == ("test-syn",)
    split = {(1, 2): split_of(1, 2, {"drilling": 200.0, "cutoff": 100.0})}
    told = target_progress(target, Book(entries, attributions=split)).baselines[0].latest
    assert told is not None
    assert told.net_growth_pct == pytest.approx(30.0)
    assert told.net_growth_ex_indicator_pct == pytest.approx(20.0)
    assert (told.explored_t, told.recalculated_t, told.index_t) == (200.0, 100.0, 100.0)
    assert dict(told.by_type)["index_change"] == 100.0
    assert sum(amount for _, amount in told.by_type) == pytest.approx(300.0)


def test_a_changed_plan_under_one_cut_off_may_have_other_industrial_limits(
    target: Target,
) -> None:
    """The same reporting cut-off in another plan: what 工业指标 made of it can't be told."""
    entries = chain_of(
        [
            copper_result(V24, {"indicated": 1000.0}, data_hash="same"),
            copper_result(V25, {"indicated": 1040.0}, data_hash="same", plan_hash="new"),
        ]
    )
    latest = target_progress(target, Book(entries)).baselines[0].latest
    assert latest is not None
    assert (latest.recalculated_t, latest.index_t) == (40.0, None)
    assert (latest.net_growth_ex_indicator_pct, latest.not_separated) == (None, ("test-syn",))
    assert latest.net_growth_ex_recalculation_pct == pytest.approx(0.0)


def test_a_discovery_before_the_base_date_is_no_growth(target: Target) -> None:
    """Found 2024-06-30, base end of 2024: listed under 基期前, whether estimated by then or not."""
    early = copper_result(date(2024, 6, 30), {"inferred": 300.0})
    later = copper_result(V25, {"inferred": 330.0})
    entries = found(chain_of([early, later]), "2024-06-30")
    progress = target_progress(target, Book(entries)).baselines[0]
    assert progress.baseline_t == 300.0
    assert progress.growth_pct == pytest.approx(10.0)
    (event,) = progress.before
    assert (event.kind, event.date, event.metal_t) == ("discovery", date(2024, 6, 30), 300.0)
    assert progress.base_carried == (("test-syn", date(2024, 6, 30)),)
    late_only = found(chain_of([*results("old-syn"), later]), "2024-06-30")
    progress = target_progress(target, Book(late_only)).baselines[0]
    assert [one.deposit_id for one in progress.excluded] == ["test-syn"]
    assert progress.excluded[0].reason_zh.startswith("基期前")


def test_a_discovery_after_the_base_date_grows_from_zero(target: Target) -> None:
    """Found 2025-03-01 with 120 t of which 20 were mined at once: all of it is new."""
    fresh = replace(
        (result := copper_result(V25, {"inferred": 100.0}, deposit_id="new-syn")),
        statement=replace(result.statement, mined=(copper_row("inferred", 20.0),)),
    )
    entries = (*chain_of(results()), *found(chain_of([fresh]), "2025-03-01"))
    progress = target_progress(target, Book(entries)).baselines[0]
    assert progress.discovered == ("new-syn",)
    assert (progress.baseline_t, progress.excluded) == (1000.0, ())
    latest = progress.latest
    assert latest is not None
    assert latest.net_growth_pct == pytest.approx(8.0 + 10.0)
    assert latest.gross_growth_pct == pytest.approx(10.0 + 12.0)
    assert (latest.retained_t, latest.identified_t) == (1180.0, 1220.0)
    assert dict(latest.by_type)["discovery"] == 120.0
    new = next(share for share in progress.by_deposit if share.id == "new-syn")
    assert (new.stock.base_t, new.stock.net_growth_pct) == (0.0, None)
    assert new.contribution_pct == pytest.approx(10.0)


def test_a_base_date_between_two_vintages_takes_the_earlier_figure(target: Target) -> None:
    """Base 2023 or 2024 counts a jump of 2024 or doesn't: the sensitivity to the base."""
    jump = [copper_result(date(2023, 12, 31), {"indicated": 1000.0}), *results()[:1]]
    jump[1] = copper_result(date(2024, 9, 30), {"indicated": 1500.0})
    raw = target.baselines[0]
    years = [date(2023, 12, 31), V24]
    bases = tuple(raw.model_copy(update={"id": str(d), "date": d}) for d in years)
    both = target.model_copy(update={"baselines": bases})
    early, late = target_progress(both, Book(chain_of(jump))).baselines
    assert early.growth_pct == pytest.approx(50.0)
    assert late.growth_pct == pytest.approx(0.0)
    assert late.before[0].metal_t == 500.0
    assert late.base_carried == (("test-syn", date(2024, 9, 30)),)


def test_provinces_and_deposits_abroad(target: Target) -> None:
    """By province as by belt; abroad is left out by name; a province's target counts its own."""
    tibet = stated(chain_of(results()), province={"zh": "西藏", "en": "Tibet"})
    yunnan = stated(chain_of(results("b-syn")), province={"zh": "云南", "en": "Yunnan"})
    nowhere = chain_of(results("d-syn"))
    abroad = stated(chain_of(results("c-syn")), domestic=False)
    book = Book((*tibet, *yunnan, *nowhere, *abroad))
    progress = target_progress(target, book).baselines[0]
    assert [share.id for share in progress.by_province] == ["—", "云南", "西藏"]
    total = sum(share.contribution_pct or 0.0 for share in progress.by_province)
    assert total == pytest.approx(progress.growth_pct)
    assert [(one.deposit_id, one.reason_zh[:4]) for one in progress.excluded] == [
        ("c-syn", "位于境外")
    ]
    own = target.model_copy(update={"provinces": ("西藏",)})
    progress = target_progress(own, book).baselines[0]
    assert progress.deposits == ("test-syn",)
    reasons = {one.deposit_id: one.reason_en for one in progress.excluded}
    assert reasons["b-syn"] == "lies in Yunnan"
    assert "names no province" in reasons["d-syn"]


def test_low_grade_ore_is_told_apart_and_not_added(target: Target) -> None:
    """低品位 is a memo beside the retained metal."""
    low = [{"class": "indicated", "elements": {"cu_pct": {"metal_kg": 70_000}}, "ore_kg": 1}]
    progress = target_progress(target, Book(stated(chain_of(results()), low_grade=low)))
    assert progress.baselines[0].low_grade_t == 70.0
    assert progress.baselines[0].latest is not None
    assert progress.baselines[0].latest.retained_t == 1080.0


def test_content_below_the_threshold_does_not_grow_as_a_resource(target: Target) -> None:
    """A by-product below its threshold is content: left out by name."""
    entries = chain_of([fabricated_result(), fabricated_result(vintage=V25, scale=1.07)])
    judged = stated(entries, judged={"au_gpt": "BELOW_THRESHOLD"})
    progress = target_progress(target, Book(judged), element="au_gpt").baselines[0]
    assert progress.deposits == ()
    assert "content" in progress.excluded[0].reason_en
    assert target_progress(target, Book(judged), element="mo_pct").baselines[0].deposits


amounts = st.fixed_dictionaries(
    {name: st.integers(0, 5_000).map(float) for name in ("measured", "indicated", "inferred")}
)
histories = st.lists(
    st.lists(st.tuples(amounts, st.floats(0, 1)), min_size=1, max_size=4), min_size=1, max_size=4
)


@settings(max_examples=60, deadline=None)
@given(histories)
def test_any_history_foots_however_it_is_grouped(given_: list[Any]) -> None:
    """Retained is the newest statements' sum; shares, kinds and columns add up to it in kg."""
    made = []
    for deposit, vintages in enumerate(given_):
        held = dict.fromkeys(("measured", "indicated", "inferred"), 0.0)
        for nth, (stock, share) in enumerate(vintages):
            mined = {name: float(int(t * share)) for name, t in held.items()} if nth else {}
            day = date(2024 + nth, 12, 31)
            belt = ("gangdese", "duobaoshan")[deposit % 2]
            names: dict[str, Any] = {"deposit_id": f"d{deposit}", "belt_id": belt}
            made.append(copper_result(day, stock, mined, **names))
            held = stock
    progress = target_progress(read_target(CONFIG), Book(chain_of(made))).baselines[0]
    latest = progress.latest
    assert latest is not None
    ends = [sum(vintages[-1][0].values()) for vintages in given_]
    assert latest.retained_t == pytest.approx(sum(ends), abs=1e-6)
    assert latest.identified_t - latest.retained_t == pytest.approx(latest.depletion_t, abs=1e-6)
    change = latest.additions_t - latest.removed_t
    assert latest.retained_t - latest.base_t == pytest.approx(change, abs=1e-6)
    assert sum(amount for _, amount in latest.by_type) == pytest.approx(change, abs=1e-6)
    for shares in (progress.by_belt, progress.by_province, progress.by_deposit):
        for name in ("base_t", "retained_t", "explored_t", "recalculated_t", "depletion_t"):
            total = sum(getattr(share.stock, name) for share in shares)
            assert total == pytest.approx(getattr(latest, name), abs=1e-6)
