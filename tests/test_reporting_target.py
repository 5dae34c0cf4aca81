"""The target page: growth of every kind side by side, what is needed, planned, and official."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import rich.table

from flows.show import Voice, growth_table
from flows.track import Tracked
from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.figures.target import target as draw_target
from reporting.site.pages.target import target_page
from reporting.site.room import Room
from reporting.tables import Table
from reporting.units import Text
from reporting.views.growth import causes_table, intervals
from reporting.views.odds import odds
from reporting.views.outlook import chance_text, official_table, projection_table
from reporting.views.target import Headline, headline, target_parameters
from reporting.views.target_shares import shares_table, types_table
from reporting.views.target_tables import (
    GROWTHS,
    baselines_table,
    needs_table,
    targets_table,
)
from reporting.workbook.growth import target_sheet
from tests.browser_fixture import fabricated_report, sample_belts
from tests.fabricated import chain_of, copper_result
from tests.target_fixture import (
    CONFIG,
    V24,
    V25,
    at_cutoffs,
    from_entry,
    outside,
    results,
    with_national,
)
from tracking.ledger.book import Book
from tracking.target.projection import Chance, Projected
from tracking.target.target import read_target, target_progress


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    return fabricated_report(tmp_path_factory.mktemp("target"), sample_belts()[:2])


@pytest.fixture(scope="module")
def found(report: SiteReport) -> Headline:
    headline_ = headline(report)
    assert headline_ is not None
    return headline_


def by_quantity(table: Table, row: int) -> dict[str, str]:
    """Raw values of one row by what they count."""
    cells = table.rows[row].cells
    return {
        c.attributes["data-quantity"]: c.attributes["data-v"]
        for c in cells
        if "data-quantity" in c.attributes
    }


def test_every_kind_of_growth_stands_beside_the_others(report: SiteReport, found: Headline) -> None:
    table = baselines_table(report, found.progress)
    first = by_quantity(table, 0)
    latest = found.from_baseline.latest
    assert latest is not None
    for name, _zh, _en in GROWTHS:
        assert float(first[name]) == pytest.approx(getattr(latest, name))
    assert found.from_baseline.surer is not None
    surer = found.from_baseline.surer.net_growth_pct
    assert float(first["surer_net_growth_pct"]) == pytest.approx(surer)
    unknown = by_quantity(table, 2)
    assert set(unknown.values()) == {""}


def test_what_cannot_be_separated_is_a_dash_and_a_note(report: SiteReport) -> None:
    opening = copper_result(V24, {"indicated": 1000.0})
    closing = copper_result(V25, {"indicated": 1300.0}, plan_hash="new")
    book = Book(chain_of([opening, at_cutoffs(closing, 0.17, {})]))
    table = baselines_table(report, target_progress(read_target(CONFIG), book))
    row = by_quantity(table, 0)
    assert row["net_growth_ex_indicator_pct"] == ""
    assert float(row["net_growth_pct"]) == pytest.approx(30.0)
    assert any("can't be told apart: test-syn" in note.en for note in table.notes)


def test_a_national_baseline_shows_coverage_and_what_the_others_need(report: SiteReport) -> None:
    target = with_national(read_target(CONFIG), 20_000.0)
    table = needs_table(report, target_progress(target, Book(chain_of(results()))))
    assert table is not None
    low = by_quantity(table, 4)
    assert float(low["coverage_pct"]) == pytest.approx(5.0)
    assert float(low["elsewhere_growth_pct"]) == pytest.approx(100 * 920 / 19_000)
    assert by_quantity(table, 0)["coverage_pct"] == ""
    silver = read_target(CONFIG.with_name("silver-2027.yaml"))
    assert needs_table(report, target_progress(silver, Book(chain_of(results())))) is None


@pytest.mark.parametrize("by", ["belts", "provinces", "deposits"])
def test_shares_add_up_however_they_are_grouped(
    report: SiteReport, found: Headline, by: str
) -> None:
    table = shares_table(report, found, by)
    *rows, foot = [by_quantity(table, nth) for nth in range(len(table.rows))]
    total = sum(float(row["contribution_pct"]) for row in rows)
    assert total == pytest.approx(found.from_baseline.growth_pct)
    assert table.rows[-1].style == "total"
    for name in ("base_t", "retained_t", "explored_t", "depletion_t", "contribution_pct"):
        assert float(foot[name]) == pytest.approx(sum(float(row[name]) for row in rows))


def test_growth_types_add_up_to_the_change(report: SiteReport, found: Headline) -> None:
    table = types_table(report, found)
    latest = found.from_baseline.latest
    assert latest is not None
    *rows, foot = [by_quantity(table, nth) for nth in range(len(table.rows))]
    change = latest.retained_t - latest.base_t
    assert sum(float(row["type_t"]) for row in rows) == pytest.approx(change)
    assert float(foot["types_total_t"]) == pytest.approx(change)


def test_the_projection_names_its_source_and_why_there_is_no_probability(
    report: SiteReport, found: Headline
) -> None:
    table = projection_table(report, found)
    assert table is not None
    assert len(table.rows) == 3
    notes = " ".join(note.en for note in table.notes)
    assert "Invented sample plans" in notes
    assert "no probability" in notes
    assert {cell.text.en for row in table.rows for cell in row.cells[-2:]} == {"—"}
    without = replace(found.from_baseline, projection=None)
    assert projection_table(report, replace(found, from_baseline=without)) is None


def test_a_probability_is_a_range_over_how_errors_go_together() -> None:
    one = Projected("mid", 0, 0, 0, 0, 0.0, 0.0, (Chance(0.05, 0.62, 0.71),))
    assert chance_text(one, 0.05) == Text("62 – 71 %", "62 – 71 %")
    assert chance_text(one, 0.1) == Text("—", "—")


def test_no_probability_is_printed_as_certain() -> None:
    assert [odds(x) for x in (1.0, 0.996, 0.99, 0.006, 0.004, 0.0)] == [
        "> 99", "> 99", "99", "1", "< 1", "< 1",
    ]  # fmt: skip
    assert [odds(x, 1) for x in (1.0, 0.9994, 0.0)] == ["> 99.9", "99.9", "< 0.1"]
    assert odds(None) == "—"
    one = Projected("mid", 0, 0, 0, 0, 0.0, 0.0, (Chance(0.05, 0.97, 1.0), Chance(0.1, 0.0, 0.0)))
    assert chance_text(one, 0.05) == Text("97 % 至 > 99 %", "97 % to > 99 %")
    assert chance_text(one, 0.1) == Text("< 1 %", "< 1 %")


def test_filed_figures_have_a_table_of_their_own(report: SiteReport) -> None:
    """Every baseline by all three dates; its caption is of what was filed, and no draft."""
    old = outside("test-syn", V24, "A[2024]1号", 500.0, reporting_cutoff=0.2)
    new = outside("test-syn", V25, "A[2025]1号", 800.0, reporting_cutoff=0.3)
    other = results("duobaoshan-syn", "duobaoshan")
    book = Book(chain_of([*results(), *other]), official=(old, new))
    progress = target_progress(read_target(CONFIG), book)
    table = official_table(report, progress)
    assert len(table.rows) == 3 * len(progress.baselines)
    row = by_quantity(table, 0)
    assert float(row["official_net_growth_pct"]) == pytest.approx(60.0)
    assert float(row["official_base_t"]) == 500.0
    assert "draft" not in table.basis.status.en
    assert table.basis.status.zh.startswith("官方数字，已评审备案")
    assert (table.basis.cutoff.en, table.basis.data_date.en) == ("0.20 %, 0.30 %", "2025-12-31")
    said = [row.cells[-1].text for row in table.rows]
    assert (
        said[0].en
        == "in: test-syn; out: Duobaoshan synthetic porphyry Cu-Mo deposit: no filed figure"
    )
    assert said[0].zh == "计入：test-syn；未计入：多宝山合成斑岩铜钼矿床：没有已备案的数字"
    assert "test-syn: no date of filing on record" in said[1].en
    assert "base date is not known" in said[-1].en
    assert set(by_quantity(table, 8).values()) == {""}


def test_without_filed_figures_the_official_view_is_one_line(
    report: SiteReport, found: Headline
) -> None:
    (row,) = official_table(report, found.progress).rows
    (cell,) = row.cells
    assert (cell.text.zh, cell.span) == ("尚无已备案数字", 8)


def test_a_national_row_says_what_it_is_of(report: SiteReport) -> None:
    """Metal of the modelled deposits, growth in points, coverage, no M+I of another base."""
    statistics = outside("national", V24, "source:s", 1.0, statement=[], totals=[
        {"part": "statement", "class": "unclassified", "domain": "all", "ore_kg": None,
         "elements": {"cu_pct": {"metal_kg": 20_000_000}}}])  # fmt: skip
    book = Book(chain_of(results()), official=(statistics,))
    shipped = read_target(CONFIG)
    national = from_entry(shipped, "source:s").baselines
    target = shipped.model_copy(update={"baselines": (*shipped.baselines[:2], *national)})
    progress = target_progress(target, book)
    table = baselines_table(report, progress)
    row = by_quantity(table, 2)
    assert (float(row["baseline_coverage_pct"]), row["surer_net_growth_pct"]) == (5.0, "")
    cells = {c.attributes.get("data-quantity"): c for c in table.rows[2].cells}
    for name in ("retained_t", "identified_t"):
        assert cells[name].note == Text("建模", "modelled")
    note = cells["net_growth_pct"].note
    assert note is not None
    assert "points" in note.en
    said = table.rows[2].cells[0].note
    assert said is not None
    assert f"ledger entry {statistics.number}" in said.en
    assert "retained and identified: of the modelled deposits" in said.en
    assert "points of this national figure" in said.en
    nation = Headline(progress, progress.baselines[0]).nation
    assert nation is not None
    assert [float(cell.attributes["data-v"]) for cell in nation[1:]] == pytest.approx([0.4, 5.0])
    assert all(one.note is None for one in table.rows[0].cells[3:])


def test_notes_name_deposits_and_elements_in_their_language(report: SiteReport) -> None:
    """No id of a deposit, no name of a column."""
    progress = target_progress(read_target(CONFIG), Book(chain_of(
        [*results(), *results("duobaoshan-syn", "duobaoshan")[1:]])), element="cu_pct")  # fmt: skip
    notes = baselines_table(report, progress).notes
    assert any("多宝山合成斑岩铜钼矿床" in note.zh for note in notes)
    assert not any("duobaoshan-syn" in note.zh + note.en for note in notes)


def test_growth_made_of_older_figures_says_so_and_is_not_judged(
    report: SiteReport, capsys: pytest.CaptureFixture[str]
) -> None:
    """One deposit's newest figure is of the year before: marked in every place, no verdict."""
    figures = [*results(), *results("duobaoshan-syn", "duobaoshan")[:2]]
    progress = target_progress(read_target(CONFIG), Book(chain_of(figures)), element="cu_pct")
    part = progress.baselines[0]
    assert part.latest is not None
    assert part.latest.carried == ("duobaoshan-syn",)
    standing = Headline(progress, part).standing
    assert "1 个矿床沿用较早数字" in standing.zh
    assert "carried from earlier" in standing.en
    assert " line" not in standing.en.replace("the lines", "")
    notes = baselines_table(report, progress).notes
    assert any("沿用较早数字：多宝山合成斑岩铜钼矿床" in note.zh for note in notes)
    sheet = target_sheet(replace(report, progress=(progress,)))
    newest = [row for row in sheet.rows if row[4] == part.latest.date]
    assert newest
    carried = [field.name.en for field in sheet.fields].index("Carried from earlier")
    assert all(row[carried] == "duobaoshan-syn" for row in newest)
    tracked = Tracked(Book(()), (), (), (progress,), 0)
    Voice("en").out.print(growth_table(Voice("en"), tracked))
    out = capsys.readouterr().out
    assert "‡ carried from earlier: duobaoshan-syn" in out
    assert f"{part.latest.date} ‡" in out


def test_an_invented_target_is_never_the_headline(report: SiteReport) -> None:
    paths = sorted(CONFIG.parent.glob("*.yaml"))
    book = Book(report.ledger.entries)
    listed = [target_progress(read_target(path), book) for path in paths]
    several = replace(report, progress=tuple(reversed(listed)))
    chosen = headline(several)
    assert chosen is not None
    assert chosen.progress.target.id == "copper-2027"
    invented = tuple(p for p in listed if p.target.status != "official")
    assert headline(replace(report, progress=invented)) is None
    table = targets_table(several, several.progress[0])
    standings = {row.cells[0].text.zh: row.cells[1].text.zh for row in table.rows}
    assert len(standings) == len(paths)
    assert all("虚构" in said for name, said in standings.items() if "虚构" in name)


def test_the_page_has_every_target_with_its_sources(report: SiteReport, tmp_path: Path) -> None:
    paths = sorted(CONFIG.parent.glob("*.yaml"))
    book = Book(report.ledger.entries)
    every = tuple(target_progress(read_target(path), book) for path in paths)
    page = target_page(Room(replace(report, progress=every), FigureStore(tmp_path)))
    keys = [table.key for table in page["tables"]]
    assert len(set(keys)) == len(keys)
    assert {f"target-{path.stem}" for path in paths} <= set(keys)
    assert set(page["sources"]) == {path.stem for path in paths}


def test_causes_and_kinds_add_up_to_the_change(report: SiteReport) -> None:
    deposit = report.belts[0].deposits[0].id
    lines = intervals(report, deposit)[0]
    table = causes_table(lines, report.results[deposit][-1], "causes-1")
    main = report.results[deposit][-1].statement.main_element
    for name in ("measured", "indicated", "inferred"):
        (line,) = [m for m in lines if (m.element, m.class_name) == (main, name)]
        for quantity in ("bars_t", "growth_t"):
            shown = [
                float(cell.attributes["data-v"])
                for row in table.rows
                for cell in row.cells
                if cell.attributes.get("data-quantity") == quantity
                and cell.attributes["data-class"] == name
            ]
            assert sum(shown) == pytest.approx((line.closing_kg - line.opening_kg) / 1000)


def test_the_figure_says_that_its_axis_is_cut_and_draws_the_plans(found: Headline) -> None:
    parameters = target_parameters(found)
    figure = draw_target({}, parameters)
    (axes,) = figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert axes.get_ylim()[0] > 0
    assert any("axis does not start at 0" in text for text in texts)
    labels = axes.get_legend_handles_labels()[1]
    assert any("as planned" in label for label in labels)
    bare = draw_target({}, {**parameters, "fan": None}).axes[0]
    assert not any("planned" in label for label in bare.get_legend_handles_labels()[1])
    assert parameters["fan"]["dates"] == ["2026-10-31", "2027-12-31"]


def test_the_terminal_names_baselines_and_prints_each_on_its_own_basis() -> None:
    history = [*results()[:1], copper_result(date(2025, 12, 31), {"indicated": 1030.0},
                                             {"indicated": 20_000.0})]  # fmt: skip
    progress = target_progress(read_target(CONFIG), Book(chain_of(history)))
    tracked = Tracked(Book(()), (), (), (progress,), 0)
    (table,) = growth_table(Voice("en"), tracked).renderables
    assert isinstance(table, rich.table.Table)
    cells = [list(column.cells) for column in table.columns]
    names = ["Coverage basis, retained, end of 2024"]
    names += ["Coverage basis, cumulative identified, end of 2024"]
    assert cells[0] == [names[0], "", names[1], ""]
    assert cells[2] == ["1.0 kt", "1.0 kt", "1.0 kt", "21.0 kt"]
    assert "5-10 %" in str(table.title)
