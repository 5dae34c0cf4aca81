"""The page of changes: bars that foot unrounded and as printed, causes, and who moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.patches import Rectangle

from estimation.plan import CLASSES
from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.figures.target import waterfall
from reporting.report import MAIN_COPPER
from reporting.rounding import printed
from reporting.site.pages.change import change_page
from reporting.site.room import BUREAU, Room, Stamp
from reporting.site.templating import render_page
from reporting.tables import Table
from reporting.views.bars import (
    STATUTORY_WORDS,
    Bars,
    cause_bars,
    footing_decimals,
    statutory_bars,
    waterfall_of,
)
from reporting.views.change import (
    Interval,
    bars_table,
    deposits_table,
    intervals,
    kinds_table,
    missing,
    movers,
    why,
)
from reporting.views.summary import belt_groups
from tests.browser_fixture import fabricated_report
from tests.fabricated import chain_of, copper_result
from tests.target_fixture import V24, V25, V26, split_of
from tracking import movements
from tracking.movement.quantities import retained_kg


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    return fabricated_report(tmp_path_factory.mktemp("change"))


@pytest.fixture(scope="module")
def found(report: SiteReport) -> tuple[Interval, ...]:
    return intervals(report, report.belts, MAIN_COPPER)


def whole(text: str) -> int:
    """The integer that a cell prints."""
    return int(text.replace(",", "").replace("−", "-").replace("+", ""))


def columns_of(table: Table) -> list[list[int]]:
    """Printed integers by column, headings left out."""
    rows = [[whole(c.text.en) for c in row.cells if c.attributes] for row in table.rows]
    return [list(column) for column in zip(*rows, strict=True)]


def stock(report: SiteReport, interval: Interval, day: str) -> int:
    """Copper that the ledger's entries hold on either end of an interval, whole kilograms."""
    held = 0
    for line in interval.lines:
        vintage = line.opening_vintage if day == "opening" else line.closing_vintage
        entry = report.ledger.entry(line.deposit_id, vintage)
        assert entry is not None
        held += retained_kg(entry)[MAIN_COPPER, line.class_name]
    return held


def test_bars_that_leave_something_over_are_refused() -> None:
    assert Bars(10, (("mined_kg", -3), ("explored_kg", 5)), 12).residual_kg == 0
    with pytest.raises(ValueError, match="leave 1 kg over"):
        Bars(10, (("mined_kg", -3), ("explored_kg", 5)), 13)


def test_the_whole_house_moves_from_the_ledgers_opening_to_its_closing(
    report: SiteReport, found: tuple[Interval, ...]
) -> None:
    assert [one.closing for one in found] == [V26, V25]
    for interval in found:
        assert len(interval.deposits) == len(report.results)
        for bars in (statutory_bars(interval.lines), cause_bars(interval.lines)):
            assert bars.opening_kg == stock(report, interval, "opening")
            assert bars.closing_kg == stock(report, interval, "closing")
            change = bars.closing_kg - bars.opening_kg
            assert sum(kg for _name, kg in bars.steps) == change != 0
    mined = dict(statutory_bars(found[0].lines).steps)["mined_kg"]
    assert mined == -sum(line.mined_kg or 0 for line in found[0].lines) < 0


@pytest.mark.parametrize("part", ["statutory", "causes"])
def test_tables_foot_in_every_column_and_row_as_printed(
    report: SiteReport, found: tuple[Interval, ...], part: str
) -> None:
    for interval in found:
        table = bars_table(report, interval, part)
        columns = columns_of(table)
        assert len(columns) == len(CLASSES) + 1
        for column in columns:
            assert column[0] + sum(column[1:-1]) == column[-1]
        assert [sum(row[:3]) for row in zip(*columns, strict=True)] == columns[3]
        assert "合计（统计口径）" in table.basis.status.zh
        for row in table.rows:
            for cell in row.cells[1:]:
                assert cell.text.zh == cell.text.en
                assert whole(cell.text.en) == int(cell.attributes["data-v"])


def test_deposits_add_up_to_the_whole_and_the_largest_change_stands_first(
    report: SiteReport, found: tuple[Interval, ...]
) -> None:
    for interval in found:
        table = deposits_table(report, interval)
        *rows, last = table.rows
        for place in range(1, 9):
            column = [whole(row.cells[place].text.en) for row in rows]
            assert sum(column) == whole(last.cells[place].text.en)
        for row in table.rows:
            amounts = [whole(cell.text.en) for cell in row.cells[1:9]]
            assert amounts[0] + sum(amounts[1:6]) == amounts[6]
            assert amounts[7] == amounts[6] - amounts[0]
        sizes = [abs(one.change_kg) for one in movers(report, interval)]
        assert sizes == sorted(sizes, reverse=True)


def test_printed_bars_take_as_many_decimals_as_footing_needs() -> None:
    foots = Bars(1_000_000, (("explored_kg", 500_000),), 1_500_000)
    assert footing_decimals(foots) == 1
    off = Bars(0, (("explored_kg", 40_000), ("recalculated_kg", 40_000)), 80_000)
    assert footing_decimals(off) == 2
    finest = Bars(1, (("explored_kg", 4),), 5)
    assert footing_decimals(finest) == 1  # 0.0 and 0.0 make 0.0
    tight = Bars(0, (("mined_kg", -444_445), ("explored_kg", 1_333_333)), 888_888)
    shown = footing_decimals(tight)
    texts = [printed(kg / 1e6, shown, signed=True) for _name, kg in tight.steps]
    ends = printed(tight.closing_kg / 1e6, shown)
    total = sum(round(float(t.replace("−", "-")) * 10**shown) for t in texts)
    assert total == round(float(ends) * 10**shown)


def test_kinds_of_growth_add_up_to_the_change(
    report: SiteReport, found: tuple[Interval, ...]
) -> None:
    """Every column, to the kilogram; an upgrade only moves metal between classes."""
    table = kinds_table(report, found[0])
    columns = [[int(row.cells[n].attributes["data-v"]) for row in table.rows] for n in (1, 2, 3, 4)]
    assert all(sum(kinds) == net for *kinds, net in columns)
    assert columns[3] == [sum(amounts) for amounts in zip(*columns[:3], strict=True)]
    first, last = stock(report, found[0], "opening"), stock(report, found[0], "closing")
    assert columns[3][-1] == last - first
    assert why(found[0]).zh


def test_the_waterfall_draws_what_it_is_given(found: tuple[Interval, ...]) -> None:
    bars = statutory_bars(found[0].lines)
    parameters = waterfall_of(bars, MAIN_COPPER, STATUTORY_WORDS)
    (axes,) = waterfall({}, parameters).axes
    bars_drawn = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    heights = [patch.get_height() for patch in bars_drawn]
    ends, steps = (heights[0], heights[-1]), heights[1:-1]
    assert ends[0] + sum(steps) == pytest.approx(ends[1])
    assert steps == pytest.approx([kg / 1e6 for _name, kg in bars.steps if kg])
    texts = [text.get_text() for text in axes.texts]
    up = [text for text in texts if text.startswith("▲ +")]
    down = [text for text in texts if text.startswith("▼ −")]
    assert (len(up), len(down)) == (1, 1)
    assert any("axis does not start at 0" in text for text in texts)


def test_synthetic_and_real_deposits_are_never_added(report: SiteReport, tmp_path: Path) -> None:
    first, *others = report.belts
    real = first.model_copy(update={"synthetic": False})
    mixed = replace(report, belts=(real, *others))
    kinds = belt_groups(mixed)
    assert [belts[0].synthetic for belts in kinds] == [False, True]
    own = {deposit.id for deposit in real.deposits}
    for belts, expected in ((kinds[0], own), (kinds[1], set(report.results) - own)):
        assert set(intervals(mixed, belts, MAIN_COPPER)[0].deposits) == expected


def moved(report: SiteReport, results: Sequence[object], **more: object) -> SiteReport:
    """The report with one deposit's movements alone."""
    entries = chain_of(results)  # type: ignore[arg-type]
    return replace(report, movements=movements(entries, **more))  # type: ignore[arg-type]


def test_a_change_that_nobody_separated_says_so(report: SiteReport, tmp_path: Path) -> None:
    names: dict[str, Any] = {
        "deposit_id": report.belts[0].deposits[0].id,
        "belt_id": report.belts[0].id,
    }
    opening = copper_result(V24, {"indicated": 1000.0}, **names)
    closing = copper_result(V25, {"indicated": 1300.0}, plan_hash="new", **names)
    page = change_page(Room(moved(report, [opening, closing]), FigureStore(tmp_path)))
    (section,) = page["groups"][0]["intervals"]
    assert section["unseparated"]
    causes = section["tables"][1]
    labels = [row.cells[0].text.zh for row in causes.rows]
    assert "未分开" in labels
    assert len(section["missing"]) == len(report.results) - 1


def test_an_attribution_gives_the_geologists_bars(report: SiteReport) -> None:
    names: dict[str, Any] = {
        "deposit_id": report.belts[0].deposits[0].id,
        "belt_id": report.belts[0].id,
    }
    opening = copper_result(V24, {"indicated": 1000.0}, **names)
    closing = copper_result(V25, {"indicated": 1300.0}, plan_hash="new", **names)
    split = split_of(1, 2, {"drilling": 400.0, "method": -100.0})
    told = moved(report, [opening, closing], attributions={(1, 2): split})
    (interval,) = intervals(told, told.belts, MAIN_COPPER)
    assert dict(cause_bars(interval.lines).steps) == {"drilling": 400_000, "method": -100_000}
    assert dict(statutory_bars(interval.lines).steps)["recalculated_kg"] == -100_000
    (one,) = movers(told, interval)
    assert one.split == "attributed"


def test_deposits_without_a_movement_are_named_with_the_reason(report: SiteReport) -> None:
    deposit = report.belts[0].deposits[0].id
    first, second, third = report.results[deposit]
    kept = tuple(line for line in report.movements if line.deposit_id != deposit)
    for results, word in (
        ((third,), "its first estimate"),
        ((first, second), "no estimate as of that day"),
        ((), "no estimate"),
    ):
        less = replace(report, movements=kept, results={**report.results, deposit: results})
        newest = intervals(less, less.belts, MAIN_COPPER)[0]
        (said,) = missing(less, less.belts, newest)
        assert word in said.en


def test_the_page_has_both_splits_and_links_to_its_deposits(
    report: SiteReport, tmp_path: Path
) -> None:
    room = Room(report, FigureStore(tmp_path))
    context = change_page(room)
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    html = render_page("change", {**context, "nav": (), "audience": BUREAU, "stamp": stamp})
    for day in (V25, V26):
        assert f'id="statutory-synthetic-{day}" checked' in html
        assert f'id="causes-synthetic-{day}"' in html
    for deposit in report.results:
        assert f'href="deposits/{deposit}.html"' in html
    assert "各时段期初以前采出的矿量不列入该时段的变动" in html


def test_nothing_moved_is_said(report: SiteReport, tmp_path: Path) -> None:
    page = change_page(Room(replace(report, movements=()), FigureStore(tmp_path)))
    assert [group["moved"] for group in page["groups"]] == [False]
