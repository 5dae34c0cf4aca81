"""Accounts that leave vintages out, or where estimates and filed figures meet: nothing invented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from estimation.errors import EstimationError
from estimation.results import Breakdown, DepositResult
from estimation.statement.extraction import Ore
from flows.attribute import Figure, settle
from tests.fabricated import chain_of, copper_result, copper_row
from tests.ledger_play import outside_content
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
    quantities,
    rows,
    tonnes,
    worked,
)
from tracking import Decision, Hold, Ledger
from tracking.forms.outside import OutsideFigure
from tracking.ledger.book import Book
from tracking.ledger.entries import LedgerEntry
from tracking.mining.period import MinedClass, MinedPeriod
from tracking.movement.attribution import Attribution, Step, check_attribution, settled
from tracking.movement.movement import Movement, add_classes, movements
from tracking.movement.statutory import statutory_forms
from tracking.review.file import FiledLimit, Limits
from tracking.review.review import judge

V23 = date(2023, 12, 31)
FILED = "黑矿储评字[{}]{}号"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def publish(ledger: Ledger, entry: LedgerEntry) -> None:
    """Approve and publish."""
    for to in ("approved", "published"):
        ledger.decide(Decision(entry.number, "review", to, "A", "read"), "run")


def file(ledger: Ledger, entry: LedgerEntry) -> None:
    """Approve, and file under a number of its own."""
    ledger.decide(Decision(entry.number, "review", "approved", "A", "read"), "run")
    for to in ("reviewed", "submitted", "accepted", "review_passed"):
        ledger.decide(Decision(entry.number, "filing", to, "A"), "run")
    number = FILED.format(2026, entry.number)
    act = Decision(entry.number, "filing", "filed", "A", date=date(2026, 11, 1), document_no=number)
    ledger.decide(act, "run")


def account(book: Book, *, official: bool = False) -> tuple[Movement, ...]:
    """Copper's lines of a book's one deposit."""
    figures = book.official if official else book.figures
    beside = book.mined_beside(figures[0].deposit_id)
    return copper(movements(figures, book.attributions, beside=beside, official=official))


def mined_years(ledger: Ledger) -> list[LedgerEntry]:
    """1000 t measured; 100 t mined by 2024, 50 t by 2025."""
    figures = (
        copper_result(V23, {MEASURED: 1000}),
        copper_result(V24, {MEASURED: 900}, {MEASURED: 100}),
        copper_result(V25, {MEASURED: 850}, {MEASURED: 50}),
    )
    return [ledger.record(figure, "run") for figure in figures]


# ------------------------------------------------------------ which interval mining is of


def test_official_movement_counts_the_vintages_that_were_not_filed(ledger: Ledger) -> None:
    """2023 and 2025 are filed, 2024 is not: 150 t were mined, and nothing was recalculated away."""
    first, _, last = mined_years(ledger)
    file(ledger, first)
    file(ledger, last)
    line = account(ledger.book("official"), official=True)[0]
    assert columns_t(line) == [1000, 150, 0, 0, 0, 0, 850, 1000, 1000]


def test_mining_comes_from_usable_entries_never_from_held_or_corrected_ones(
    ledger: Ledger,
) -> None:
    """2024 is made again and held with absurd mining; held or taken back, it says nothing."""
    first, _, last = mined_years(ledger)
    publish(ledger, first)
    publish(ledger, last)
    wrong = copper_result(V24, {MEASURED: 400}, {MEASURED: 600})
    held = ledger.record(wrong, "run", hold=Hold((), "absurd mining", "A"))
    assert account(ledger.book("published"))[0].mined_kg == 150_000
    ledger.correct(held.number, "A", "wrong surface", "run")
    assert account(ledger.book("published"))[0].mined_kg == 150_000


def test_without_a_usable_entry_the_newest_that_stands_says_what_was_mined(ledger: Ledger) -> None:
    """2024 has a held entry and a newer one that was taken back: the held one counts."""
    first = ledger.record(copper_result(V23, {MEASURED: 1000}), "run")
    hold = Hold((), "waits", "A")
    ledger.record(copper_result(V24, {MEASURED: 900}, {MEASURED: 100}), "run", hold=hold)
    wrong = ledger.record(copper_result(V24, {MEASURED: 1}, {MEASURED: 999}), "run", hold=hold)
    ledger.correct(wrong.number, "A", "wrong", "run")
    last = ledger.record(copper_result(V25, {MEASURED: 850}, {MEASURED: 50}), "run")
    assert [first.number, last.number] == [e.number for e in ledger.book().figures]
    assert account(ledger.book())[0].mined_kg == 150_000


def test_an_opening_between_two_vintages_has_no_mining_of_either(ledger: Ledger) -> None:
    """Filed as of June 2024; the estimate of 2024 counts from 2023: records, or unknown."""
    mined_years(ledger)
    opening = outside_content("test-syn", date(2024, 6, 30), FILED.format(2024, 9), 900_000)
    ledger.record_outside(OutsideFigure(opening), "run")
    file(ledger, ledger.book().figures[-1])
    lines = account(ledger.book("official"), official=True)
    measured, indicated = lines[0], lines[1]
    assert (measured.mining, measured.mined_kg, measured.lost_kg) == ("unknown", None, None)
    assert (measured.recalculated_kg, indicated.recalculated_kg) == (850_000, -900_000)
    ore = Ore(6000.0, {"cu_pct": 30.0})
    period = MinedPeriod(
        "gangdese", "test-syn", date(2024, 7, 1), V25, (MinedClass(MEASURED, ore),), "ledger 2025"
    )
    ledger.record_mining(period, "run")
    measured = account(ledger.book("official"), official=True)[0]
    assert (measured.mining, measured.mined_kg) == ("stated", 30_000)


def test_a_form_says_that_mining_is_unknown() -> None:
    """No number, and the reason beside it."""
    figures = [filed(1, V24, 1000), filed(2, V25, 900)]
    (form, *_) = statutory_forms(figures, {}, "x", official=True)
    row = next(one for one in form.rows if (one.item, one.class_name) == ("metal", INDICATED))
    assert (row.amount("mined_kg"), row.amount("lost_kg")) == ("", "")
    assert "开采量未知" in row.remark[0]


def test_geometry_of_another_interval_divides_nothing() -> None:
    """2025 holds 1000 t of new ground; from 2024 to 2026, without 2025, that is not infill."""
    figures = chain_of(
        [
            copper_result(V24, {INFERRED: 1000}),
            copper_result(
                V25, {INFERRED: 2000}, data_hash="2", extension=rows({INFERRED: 1000}),
                reclassified_from=rows({INFERRED: 1000}), reclassified_to=rows({INFERRED: 1000}),
            ),
            copper_result(
                V26, {INFERRED: 2010}, data_hash="3", extension=rows({INFERRED: 1}),
                reclassified_from=rows({INFERRED: 2000}), reclassified_to=rows({INFERRED: 2000}),
            ),
        ]
    )  # fmt: skip
    skipped = copper(movements((figures[0], figures[2]), beside=figures))[2]
    assert tonnes(skipped, "growth") == {"exploration": 1010}
    each = copper(movements(figures))
    assert tonnes(each[2], "growth") == {"deep_edge": 1000}
    assert tonnes(each[5], "growth") == {"infill": 9, "deep_edge": 1}


def test_a_deposit_that_is_mined_out_moves_to_nothing() -> None:
    """An estimate without rows is a figure: nothing is left, and what was mined is told."""
    figures = chain_of([copper_result(V24, {INFERRED: 5}), copper_result(V25, {}, {INFERRED: 5})])
    assert columns_t(copper(movements(figures))[2]) == [5, 5, 0, 0, 0, 0, 0, 5, 5]
    found = chain_of([copper_result(V24, {}), copper_result(V25, {INFERRED: 5})])
    assert tonnes(copper(movements(found))[2], "growth") == {"discovery": 5}


# ------------------------------------------------------------ where estimates meet filed figures


def with_low_grade(result: DepositResult, class_name: str, copper_t: float) -> DepositResult:
    """An estimate whose plan tells so much of its metal apart as low grade."""
    row = copper_row(class_name, copper_t)
    names = ("class", "domain", "grade_class", "ore_t", "volume_m3", "cu_pct.metal_t")
    cells = (class_name, "all", "low_grade", row.ore_t, row.volume_m3, copper_t, 0.5)
    table = Breakdown("low_grade", (*names, "cu_pct.grade"), (cells,))
    return replace(result, statement=replace(result.statement, breakdowns=(table,)))


@pytest.fixture
def met(ledger: Ledger) -> Ledger:
    """Filed 1000 t and 400 t of low grade beside; then our 1400 t, of which 400 t are low grade."""
    content = outside_content("test-syn", V24, FILED.format(2024, 1), 1_000_000)
    low = {**content["statement"][0], "ore_kg": 80_000_000}
    low["elements"] = {"cu_pct": {"grade": 0.5, "metal_kg": 400_000}}
    ledger.record_outside(OutsideFigure({**content, "low_grade": [low]}), "run")
    ours = with_low_grade(copper_result(V25, {INDICATED: 1400}), INDICATED, 400)
    file(ledger, ledger.record(ours, "run"))
    return ledger


def test_low_grade_ore_is_no_growth_where_an_estimate_follows_a_filing(met: Ledger) -> None:
    """Either figure holds 1000 t of industrial and 400 t of low-grade ore: nothing moved."""
    figures = met.current("test-syn", "official")
    for stock, held in (("reported", 1000), ("industrial", 1000), ("low_grade", 400)):
        lines = movements(figures, stock=stock, official=True)  # type: ignore[arg-type]
        line = copper(lines)[1]
        assert columns_t(line)[:7] == [held, None, None, 0, 0, 0, held]
        assert not any(line.growth.values())
    back = [replace(figure, vintage=V26) if figure.vintage == V24 else figure for figure in figures]
    again = copper(movements(back, official=True))[1]
    assert columns_t(again)[3:5] == [0, 0]


def test_official_totals_have_low_grade_ore_beside_the_resource(met: Ledger) -> None:
    """1000 t and 400 t in the official view; ours alone holds all 1400 t, low grade as part."""
    for view, resource in (("official", 1_000_000), ("usable", 1_400_000)):
        for by in ("deposit", "all"):
            sums = {
                (one.stock, one.part): one.kg
                for one in met.totals(view, by=by)  # type: ignore[arg-type]
                if one.element == "cu_pct"
            }
            assert sums["resource", "retained"] == resource
            assert sums["low_grade", "retained"] == 400_000


def test_a_filing_is_compared_without_our_low_grade_ore(met: Ledger) -> None:
    """1400 t with 400 t of low grade beside a filed 1000 t: no change, and no filing is due."""
    filing, ours = met.current("test-syn", "official")
    limit = FiledLimit(change_pct=30, reaches_medium=False, citation="x", verified=False)
    others = dict.fromkeys(("metal", "unexplained", "lost_rows", "extent", "mean"))
    limits = Limits.model_validate({**others, "filed": limit})
    (measure, *_) = judge(ours.content, (), filing, limits).measures
    assert (measure.before, measure.after, measure.passes) == (1000, 1000, True)


# ------------------------------------------------------------ what reports don't state


def filed(number: int, day: date, copper_t: float, **content: object) -> LedgerEntry:
    """A filed figure, all of it indicated."""
    stated = outside_content("test-syn", day, FILED.format(2024, number), round(copper_t * 1000))
    (like,) = chain_of([copper_result(day, {INDICATED: 1})])
    stated = {**stated, "main_element": "cu_pct", **content}
    return replace(like, number=number, kind="outside", series=stated["series"], content=stated)


def part(**metal_t: float) -> list[dict[str, Any]]:
    """Indicated rows of so many tonnes of metal."""
    elements = {f"{name}_pct": {"grade": None, "metal_kg": round(t * 1000)}
                for name, t in metal_t.items()}  # fmt: skip
    return [{"class": INDICATED, "domain": "all", "ore_kg": None, "elements": elements}]


def test_an_element_that_a_report_does_not_state_has_not_vanished() -> None:
    """The second report is silent of molybdenum: no line, rather than all of it lost."""
    with_mo = {"elements": ["cu_pct", "mo_pct"], "statement": part(cu=1000, mo=5)}
    figures = [filed(1, V24, 0, **with_mo), filed(2, V25, 1100), filed(3, V26, 0, **with_mo)]
    assert {line.element for line in movements(figures)} == {"cu_pct"}
    both = [figures[0], figures[2]]
    assert {line.element for line in movements(both)} == {"cu_pct", "mo_pct"}


def test_identified_is_unknown_until_a_report_states_it() -> None:
    """累计查明: unknown in the first, stated by the second, carried on to the third."""
    figures = [
        filed(1, V23, 1000),
        filed(2, V24, 1000, identified=part(cu=1500)),
        filed(3, V25, 1100),
    ]
    year = mined(date(2025, 1, 1), V25, 20)
    lines = [line for line in copper(movements(figures, beside=[year])) if line.opening_kg]
    assert [columns_t(line)[-2:] for line in lines] == [[None, 1500], [1500, 1620]]
    total = add_classes(lines[:1])[0]
    assert (total.cumulative_opening_kg, total.mined_kg) == (None, None)


def mined(start: date, end: date, copper_t: float) -> LedgerEntry:
    """A mine's record of indicated ore."""
    (like,) = chain_of([copper_result(end, {INDICATED: 1}, {INDICATED: copper_t})])
    days = {"start": start.isoformat(), "end": end.isoformat()}
    return replace(like, number=99, kind="mining", content={**like.content, **days})


def test_a_reports_own_identified_is_held_against_the_account() -> None:
    """1500 and 120 of additions are 1620; the report says 1600: both stand, the remark tells."""
    figures = [
        filed(1, V24, 1000, identified=part(cu=1500)),
        filed(2, V25, 1100, identified=part(cu=1600)),
    ]
    year = mined(date(2025, 1, 1), V25, 20)
    line = copper(movements(figures, beside=[year]))[1]
    assert columns_t(line)[-2:] == [1500, 1620]
    assert (line.stated_identified_kg, line.off_identified_kg) == (1_600_000, -20_000)
    (form, *_) = statutory_forms(figures, {}, "x", beside=[year], official=True)
    row = next(one for one in form.rows if (one.item, one.class_name) == ("metal", INDICATED))
    assert "累计查明与台账相差 -20 吨" in row.remark[0]


def test_statistics_without_a_filing_number_are_marked_as_statistics() -> None:
    """统计资料 is no filed report."""
    stated = {"source_kind": "statistics"}
    figures = [filed(1, V24, 1000, **stated), filed(2, V25, 1100, **stated)]
    (form, *_) = statutory_forms(figures, {}, "x", official=True)
    assert form.mark[0].startswith("统计资料")
    assert "备案" not in form.mark[0].replace(figures[-1].series, "")


def test_mined_and_lost_state_the_same_elements() -> None:
    """Molybdenum stated of the lost alone would be dropped from what mining took."""
    part = MinedClass(MEASURED, Ore(100.0, {"cu_pct": 1.0}),
                      Ore(10.0, {"cu_pct": 0.1, "mo_pct": 0.01}))  # fmt: skip
    with pytest.raises(EstimationError, match="mo_pct"):
        MinedPeriod("gangdese", "test-syn", V24, V25, (part,), "annual report")


# ------------------------------------------------------------ losses of a split


def split_over_a_gap(**changes: Any) -> tuple[list[LedgerEntry], Attribution]:
    """2024 to 2026 over 2025: 35.5 t mined by the opening's own model."""
    figures, _ = worked()
    taken = quantities({MEASURED: 20, INDICATED: 5})
    steps = (
        Step("depletion", quantities({MEASURED: -35, INDICATED: -5})),
        Step("drilling", quantities({MEASURED: 175, INDICATED: 117})),
    )
    found = attribution(figures[0], figures[2], steps=settled(steps, figures[2], taken))
    return [figures[0], figures[2]], replace(found, mined_between=taken, **changes)


def test_losses_of_a_split_are_its_own() -> None:
    """Without ``lost_between`` only the closing's loss is told, whatever entries beside say."""
    ends, found = split_over_a_gap()
    entry = attribution_entry(found, ends[1], 4)
    beside = worked()[0]
    measured = copper(movements(ends, {(1, 3): entry}, beside=beside))[0]
    assert (measured.mined_kg, measured.lost_kg) == (34_000, 1_000)
    found = replace(found, lost_between=quantities({MEASURED: 2}))
    measured = copper(
        movements(ends, {(1, 3): attribution_entry(found, ends[1], 4)}, beside=beside)
    )[0]
    assert (measured.mined_kg, measured.lost_kg) == (32_000, 3_000)


def test_more_lost_than_mined_is_refused() -> None:
    """A loss is part of what was mined; one without it is refused too."""
    ends, found = split_over_a_gap(lost_between=quantities({MEASURED: 35}))
    with pytest.raises(EstimationError, match="lost"):
        check_attribution(found, *ends)
    none = replace(found, mined_between=None)
    with pytest.raises(EstimationError, match="lost_between without"):
        check_attribution(none, *ends)


def test_a_walk_over_a_gap_keeps_the_share_that_was_lost() -> None:
    """Entries say 3 t of 35 t lost; the walk's 70 t in its opening's model hold 6 t, 5 between."""
    figures, _ = worked()
    results = [replace(copper_result(V24, {MEASURED: 1}), extras={}),
               replace(copper_result(V26, {MEASURED: 1}), extras={})]  # fmt: skip
    ends = [Figure(results[0], figures[0]), Figure(results[1], figures[2])]
    walked = attribution(
        figures[0], figures[2], steps=(Step("depletion", quantities({MEASURED: -70})),)
    )
    found = settle(walked, ends, figures[1:2])
    assert found.mined_between is not None
    assert found.lost_between is not None
    assert found.mined_between["cu_pct", MEASURED] == 55_000
    assert found.lost_between["cu_pct", MEASURED] == 5_000
