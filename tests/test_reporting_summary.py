"""The summary and the frame: intervals, movers, the way from opening to closing, banners."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.settings import SiteSettings
from reporting.site.frame import embargo_text
from reporting.site.pages.summary import _whisker, index_page
from reporting.site.room import Room, Stamp
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.brief import MOST, freshness, movers_table, size_text, way
from reporting.views.intervals import class_interval
from reporting.views.summary import cards, evaluated_ore_share, latest_of
from reporting.views.target import headline
from tests.browser_fixture import PageReader, fabricated_report, sample_belts
from tests.fabricated import copper_result
from tests.target_fixture import CONFIG
from tracking.ledger.book import Book
from tracking.ledger.entries import LedgerEntry
from tracking.target.target import read_target, target_progress

CU = "cu_pct"
KG = {"p10_kg": 900_000_000, "p50_kg": 1_000_000_000, "p90_kg": 1_150_000_000}
DRAWS = list(range(-100_000_000, 100_000_001, 2_000_000))
"""Of measured and, the other way round, of indicated metal: together they vary by nothing."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    made = fabricated_report(tmp_path_factory.mktemp("summary"), sample_belts()[:2])
    return replace(made, figures={}, belt_maps={})


def _simulated(report: SiteReport, *, all_of_them: bool = True, drawn: bool = False) -> SiteReport:
    """The report with P10, P50 and P90 of every class in the ledger, or of one deposit only;
    ``drawn``: with draws, of which two classes' cancel out."""
    first = report.belts[0].deposits[0].id
    classes: dict[str, Any] = dict.fromkeys(("measured", "indicated", "inferred"), KG)
    if drawn:
        draws = (DRAWS, DRAWS[::-1], [0] * len(DRAWS))
        classes = {n: {**KG, "draws_kg": d} for n, d in zip(classes, draws, strict=True)}
    told = {"uncertainty": {CU: classes}}

    def of(entry: LedgerEntry) -> LedgerEntry:
        if all_of_them or entry.deposit_id == first:
            return replace(entry, content={**entry.content, **told})
        return entry

    entries = tuple(of(entry) for entry in report.ledger.entries)
    progress = target_progress(read_target(CONFIG), Book(entries))
    return replace(report, ledger=replace(report.ledger, entries=entries), progress=(progress,))


def _html(report: SiteReport, folder: Path, **changes: Any) -> str:
    """The summary's HTML."""
    room = Room(replace(report, **changes), FigureStore(folder / "figures"))
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    nav = ({"title": Text("目标", "Target"), "href": "target.html", "here": False},)
    return render_page("index", {**index_page(room), "nav": nav, "stamp": stamp})


def test_intervals_are_added_over_deposits_class_by_class(report: SiteReport) -> None:
    told = _simulated(report)
    results = latest_of(told, told.belts)
    interval = class_interval(told, results, CU, "indicated")
    assert interval is not None
    assert (interval.p10_t, interval.p50_t, interval.p90_t) == (1.8e6, 2e6, 2.3e6)
    (low, high) = cards(told, told.belts)[0].ends or (None, None)
    assert low is not None
    assert high is not None
    assert (low.text, high.text) == (Text("180", "1,800"), Text("230", "2,300"))


def test_where_a_deposit_was_not_simulated_there_is_no_interval(
    report: SiteReport, tmp_path: Path
) -> None:
    for told in (report, _simulated(report, all_of_them=False)):
        assert all(card.ends is None for card in cards(told, told.belts))
        html = _html(told, tmp_path)
        assert "未模拟" in html
        assert 'data-quantity="summary_p10_t"' not in html


def test_the_goal_bar_has_a_whisker_where_there_is_an_interval(
    report: SiteReport, tmp_path: Path
) -> None:
    told = _simulated(report)
    found = headline(told)
    assert found is not None
    part = found.from_baseline
    assert part.growth_pct is not None
    assert part.baseline_t is not None
    whisker = _whisker(found)
    assert whisker is not None
    low, high = (float(whisker[end].attributes["data-v"]) for end in ("low", "high"))
    assert low == pytest.approx(part.growth_pct - 100 * 6 * 1e5 / part.baseline_t)
    assert high == pytest.approx(part.growth_pct + 100 * 6 * 1.5e5 / part.baseline_t)
    html = _html(told, tmp_path)
    assert 'data-quantity="growth_p10_pct"' in html
    assert "误差同向" in html


def test_the_whisker_adds_classes_realization_by_realization(report: SiteReport) -> None:
    """It is the answer of growth itself: what two classes are off by may cancel out."""
    found = headline(_simulated(report, drawn=True))
    assert found is not None
    whisker = _whisker(found)
    assert whisker is not None
    assert [whisker[end].text.en for end in ("low", "high")] == [found.growth.text.en] * 2
    assert "已达到 +5 % 的概率 > 99 %，已达到 +10 % 的概率 < 1 %" in found.standing.zh
    assert f"截至 {found.as_of}，已达到" in found.standing.zh, "a probability is of a day"
    assert f"as of {found.as_of} +5 % is reached" in found.standing.en
    assert "the estimates' error alone" in found.standing.en


def test_the_bar_reaches_beyond_the_whisker_and_caps_no_cut_end(report: SiteReport) -> None:
    found = headline(_simulated(report))
    assert found is not None
    whisker = _whisker(found)
    assert whisker is not None
    high = float(whisker["high"].attributes["data-v"])
    assert found.place(high) < 100
    assert int(found.end.strip("+ %")) >= high
    low = float(whisker["low"].attributes["data-v"])
    assert whisker["path"].count("V") == 1 + (low > 0)


def test_beside_the_intervals_stands_what_they_do_not_know(
    report: SiteReport, tmp_path: Path
) -> None:
    html = _html(_simulated(report), tmp_path)
    between = html[html.index('class="ends"') : html.index('class="fresh"')]
    for said in ("均取定值", "the true doubt is larger", "never held the truth", "从未含真值"):
        assert said in between
    assert "doubt" not in _html(report, tmp_path)


def test_share_of_copper_ore_evaluated_leaves_other_deposits_out(report: SiteReport) -> None:
    copper = copper_result(date(2026, 6, 30), {"indicated": 1000.0})
    gold = replace(copper, statement=replace(copper.statement, main_element="au_ppm"))
    bare = replace(gold, statement=replace(gold.statement, support=()))
    assert evaluated_ore_share([copper, bare], CU) == evaluated_ore_share([copper], CU)
    assert evaluated_ore_share([gold], CU) is None


def test_the_table_has_the_deposits_that_moved_most_in_that_order(report: SiteReport) -> None:
    belt = report.belts[0]
    deposit = belt.deposits[0]
    named = [deposit.model_copy(update={"id": f"d{k}"}) for k in range(7)]
    moved = {"d0": 1.0, "d1": -9.0, "d2": 4.0, "d3": 0.0, "d4": 7.0, "d5": 2.0, "d6": -3.0}
    results = {
        name: tuple(
            copper_result(day, {"indicated": 1e5 + change * 1e3}, deposit_id=name, belt_id=belt.id)
            for day, change in ((date(2025, 12, 31), 0.0), (date(2026, 6, 30), by))
        )
        for name, by in moved.items()
    }
    many = replace(
        report, belts=(belt.model_copy(update={"deposits": tuple(named)}),), results=results
    )
    table = movers_table(many, many.belts, {})
    assert [row.cells[3].attributes["data-deposit"] for row in table.rows] == [
        "d1", "d4", "d2", "d6", "d5",
    ]  # fmt: skip
    assert len(table.rows) == MOST
    assert "共 7 个" in table.title.zh
    assert table.rows[0].cells[4].text == Text("−0.90", "−9.0")
    assert table.rows[0].cells[2].text == Text("—", "—")  # no measured ore: blank, not zero
    assert size_text(results["d1"][-1]) == Text("小型", "small")
    assert size_text(results["d2"][-1]) == Text("中型", "medium")
    below = results["d2"][-1].statement
    support = tuple(replace(one, status="BELOW_THRESHOLD") for one in below.support)
    content = replace(results["d2"][-1], statement=replace(below, support=support))
    assert size_text(content) == Text("—", "—")


def test_the_way_from_opening_to_closing_foots_as_printed_in_both_languages(
    report: SiteReport,
) -> None:
    found = way(report, report.belts)
    assert found is not None
    for language in ("zh", "en"):
        printed = [
            Decimal(getattr(step.amount.text, language).replace(",", "").replace("−", "-"))
            for step in found.steps
        ]
        assert sum(printed[:-1]) == printed[-1]
    exact = [int(step.amount.attributes["data-v"]) for step in found.steps]
    assert sum(exact[:-1]) == exact[-1]
    assert all(0 <= step.start <= step.start + step.width <= 100.001 for step in found.steps)
    assert all(step.amount.attributes["data-class"] == "total" for step in found.steps)


def test_data_are_as_old_as_the_day_in_china(report: SiteReport) -> None:
    """17:30 UTC of the 20th is the 21st in China: 21 days after the end of October."""
    ages = freshness(report, report.belts)
    assert [(one.newest, one.days.text.zh) for one in ages] == [("2026-10-31", "21")] * 2


@pytest.mark.parametrize(
    ("hour", "held"), [("2026-12-31T15:59", True), ("2026-12-31T16:00", False)]
)
def test_an_embargo_lasts_to_the_end_of_its_day_in_china(hour: str, held: bool) -> None:
    settings = SiteSettings(embargo_until=date(2026, 12, 31))
    now = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    assert (embargo_text(settings, now) is not None) is held


def test_what_the_house_says_of_a_publication_stands_on_the_page_the_tab_and_the_sheet(
    report: SiteReport, tmp_path: Path
) -> None:
    for word, said in (
        ("draft", "草稿：供内部讨论"),
        ("preliminary", "初步数据"),
        ("final", "定稿"),
    ):
        told = {"publication": word, "embargo_until": date(2027, 1, 1)}
        settings = SiteSettings.model_validate(told)
        html = _html(report, tmp_path, settings=settings)
        title = re.findall(r"<title>(.*?)</title>", html)[0]
        sheet = re.findall(r"@top-right\{content:\"(.*?)\"", html)[0]
        for place in (title, sheet, re.findall(r'class="mark".*?</p>', html, re.S)[0]):
            assert said in place, word
        assert "Under embargo to the end of 2027-01-01" in title
        assert '<p class="banner embargo" role="note">' in html
    assert "embargo" not in re.sub(r"<style>.*?</style>", "", _html(report, tmp_path), flags=re.S)


def test_the_summary_leads_only_to_pages_that_are_there(report: SiteReport, tmp_path: Path) -> None:
    links = PageReader(_html(report, tmp_path)).links
    assert "target.html" in links
    assert not {"method.html", "downloads.html"} & set(links)


def test_every_number_of_the_summary_is_printed_as_it_is(
    report: SiteReport, tmp_path: Path
) -> None:
    """Both languages print ``data-v`` in their unit, rounded once."""
    scale = {"万t": "1e-4", "kt": "1e-3", "t": "1", "d": "1"}
    seen = 0
    for found in PageReader(_html(_simulated(report), tmp_path)).numbers:
        units = dict(zip(("zh", "en"), found.attributes["data-unit"].split("|"), strict=True))
        for language, unit in units.items():
            kilograms = found.attributes["data-quantity"].endswith("_kg")
            text = found.texts[language].strip("▲▼ \n†").replace(",", "").replace("−", "-")
            if unit not in scale or text == "—" or not text:
                continue
            exact = Decimal(found.attributes["data-v"]) * Decimal(scale[unit])
            exact = exact / 1000 if kilograms else exact
            step = Decimal(1).scaleb(-len(text.partition(".")[2]))
            assert abs(Decimal(text) - exact) <= step / 2, found
            seen += 1
    assert seen > 60
