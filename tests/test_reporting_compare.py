"""Two days side by side: figures of the results, entries, figures made again, parameters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from estimation.differences import compare_results
from estimation.plan import CLASSES
from flows.room.compare import revisions
from reporting import SiteReport
from reporting.facts.comparison import comparison_rows, unlike
from reporting.figures.store import FigureStore
from reporting.rounding import printed, raw
from reporting.site.pages.compare import compare_page, items, leaves, pair_page
from reporting.site.room import BUREAU, PUBLIC, Room, Stamp
from reporting.site.templating import render_page
from reporting.sums import class_metal_t, element_sum, of_class, ore_t
from reporting.tables import Cell, Table
from reporting.units import metal_display
from reporting.views.compare import (
    LAST,
    change_bars,
    days,
    differences_table,
    pairs,
    sides_of,
)
from reporting.views.compare_tables import parameters_table, revisions_table
from tests.browser_fixture import fabricated_report, sample_belts
from tests.fabricated import copper_result, fabricated_result
from tests.target_fixture import V24, V25, V26
from tracking import Ledger
from tracking.movement.quantities import retained_kg

PAIR = (V24, V26)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    return fabricated_report(tmp_path_factory.mktemp("compare"), sample_belts()[:2])


def numbers(table: Table, deposit: str, name: str) -> dict[str, list[Cell]]:
    """Cells of one deposit and class by what they count."""
    found: dict[str, list[Cell]] = {}
    for cell in (cell for row in table.rows for cell in row.cells):
        about = cell.attributes
        if (about.get("data-deposit"), about.get("data-class")) == (deposit, name):
            found.setdefault(about["data-quantity"], []).append(cell)
    return found


def decided(report: SiteReport) -> SiteReport:
    """The first deposit's newest estimate made with another plan than the ones before."""
    deposit = report.belts[0].deposits[0].id
    results = report.results[deposit]
    plans = [{"search": [{"max": n}], "root": "/data/x"} for n in (12, 12, 16)]
    made = tuple(
        replace(r, extras={"decided": {"plan": plan, "root": "/a"}, "files": {f"{n}.csv": "0"}})
        for n, (r, plan) in enumerate(zip(results, plans, strict=True))
    )
    return replace(report, results={**report.results, deposit: made})


def test_every_number_is_the_results_and_changes_are_after_less_before(report: SiteReport) -> None:
    table = differences_table(report, sides_of(report, report.belts, PAIR), PAIR, "x")
    for deposit, results in report.results.items():
        ends = (results[0], results[-1])
        for name in CLASSES:
            cells = numbers(table, deposit, name)
            stated = [of_class(result.statement.at_cutoff(), name) for result in ends]
            metal = [class_metal_t(result, "cu_pct", name) for result in ends]
            grade = [element_sum(rows, "cu_pct").grade for rows in stated]
            for quantity, pair in (
                ("ore_t", [ore_t(rows) for rows in stated]),
                ("metal_t", metal),
                ("grade", grade),
            ):
                assert [c.attributes["data-v"] for c in cells[quantity]] == [raw(v) for v in pair]
                (change,) = cells[f"{quantity}_change"]
                assert float(change.attributes["data-v"]) == pytest.approx(pair[1] - pair[0])  # type: ignore[operator]
            unit = metal_display("cu_pct")
            texts = [printed(value, unit.decimals, scale=unit.scale) for value in metal]
            assert [c.text.en for c in cells["metal_t"]] == texts


def test_sums_stay_within_a_class(report: SiteReport) -> None:
    table = differences_table(report, sides_of(report, report.belts, PAIR), PAIR, "x")
    for name in CLASSES:
        whole = numbers(table, "*", name)
        parts = [numbers(table, deposit, name) for deposit in report.results]
        for place in (0, 1):
            total = sum(float(p["metal_t"][place].attributes["data-v"]) for p in parts)
            assert float(whole["metal_t"][place].attributes["data-v"]) == pytest.approx(total)
    assert not any(
        "total" in c.attributes.get("data-class", "") for r in table.rows for c in r.cells
    )


def test_each_figure_is_the_newest_up_to_the_day_and_says_its_entry(report: SiteReport) -> None:
    """One deposit was not estimated in 2026: both days have its figure of 2025."""
    deposit = report.belts[0].deposits[0].id
    older = replace(report, results={**report.results, deposit: report.results[deposit][:2]})
    found = sides_of(older, older.belts, (V25, V26))
    assert [one.moved for one in found] == [False, True]
    table = differences_table(older, found, (V25, V26), "x")
    assert any(older.belts[0].deposits[0].name.en in note.en for note in table.notes)
    note = table.rows[0].cells[0].note
    entries = [report.ledger.entry(found[1].deposit_id, day) for day in (V25, V26)]
    assert note is not None
    assert note.en == " → ".join(
        f"{'Cu · ' * (n == 0)}{e.vintage} № {e.number}" for n, e in enumerate(entries) if e
    )


def test_a_deposit_without_an_older_figure_is_blank_and_has_no_change(report: SiteReport) -> None:
    deposit = report.belts[0].deposits[0].id
    late = replace(report, results={**report.results, deposit: report.results[deposit][2:]})
    found = sides_of(late, late.belts, PAIR)
    cells = numbers(differences_table(late, found, PAIR, "x"), deposit, "indicated")
    assert cells["metal_t"][0].text.en == "—"
    assert cells["metal_t_change"][0].text.en == "—"
    assert cells["metal_t"][1].attributes["data-v"]
    assert [name.en for name, _bars in change_bars(found)] == [late.belts[1].deposits[0].name.en]


def test_a_class_that_was_not_evaluated_on_one_day_has_no_bar(report: SiteReport) -> None:
    """A blank is not zero: no change is made of it."""
    deposit = report.belts[0].deposits[0].id
    before, after = (copper_result(day, {"indicated": 1000.0}, deposit_id=deposit) for day in PAIR)
    rows = tuple(replace(row, elements={}) for row in before.statement.rows)
    unknown = replace(before, statement=replace(before.statement, rows=rows))
    late = replace(report, results={deposit: (unknown, after)})
    ((_name, bars),) = change_bars(sides_of(late, late.belts, PAIR))
    bar = next(one for one in bars if one.class_name == "indicated")
    assert (bar.change.text.en, bar.length) == ("—", "0.00")


def test_the_last_twelve_days_make_sixty_six_pairs(report: SiteReport) -> None:
    deposit = report.belts[0].deposits[0].id
    many = tuple(
        copper_result(V24 + timedelta(days=30 * n), {"indicated": 1000.0 + n}, deposit_id=deposit)
        for n in range(14)
    )
    long = replace(report, results={deposit: many}, belts=report.belts[:1])
    assert days(long) == tuple(r.vintage for r in many[-LAST:])
    assert len(pairs(long)) == 66
    assert len(items(long)) == 67
    assert all(before < after for before, after in pairs(long))


def test_the_matrix_leads_to_every_pairs_page(report: SiteReport, tmp_path: Path) -> None:
    room = Room(report, FigureStore(tmp_path))
    made = {leaf.path for item in items(report) for leaf in leaves(room, item)}
    page = compare_page(room)
    linked = {href for _day, links in page["matrix"] for href in links if href}
    assert linked == made - {"compare.html"}
    assert len(linked) == 3


def test_a_figure_made_again_is_flagged_and_the_old_one_stays(
    report: SiteReport, tmp_path: Path
) -> None:
    deposit = report.belts[0].deposits[0].id
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    belt: dict[str, Any] = {"deposit_id": deposit, "belt_id": report.belts[0].id}
    with Ledger(url) as ledger:
        old = ledger.record(fabricated_result(vintage=V24, scale=1.0, **belt), "one")
        new = ledger.record(fabricated_result(vintage=V24, scale=1.1, **belt), "two")
        (used,) = ledger.current(deposit)
    assert used.number == new.number
    (one,) = revisions(url, [used])
    assert (one.entry, one.replaced) == (new.number, old.number)
    for name, was, now in one.metal_kg:
        assert was == retained_kg(old)["cu_pct", name]
        assert now == retained_kg(new)["cu_pct", name] != was
    again = replace(report, revisions=(one,))
    found = sides_of(again, again.belts, PAIR)
    table = differences_table(again, found, PAIR, "x")
    assert [row.cells[0].mark for row in table.rows if row.cells[0].down > 1] == ["↻", "", ""]
    told = revisions_table(found, again.revisions, PAIR, "x")
    assert told is not None
    cells = [c.attributes["data-v"] for c in told.rows[0].cells if c.attributes]
    assert cells == [str(kg) for _name, *pair in one.metal_kg for kg in pair]
    assert f"№ {old.number}" in told.rows[0].cells[2].text.en
    assert revisions_table(found, (), PAIR, "x") is None
    assert revisions(url, [old]) == ()


def test_keys_that_differ_are_those_of_the_terminal(report: SiteReport) -> None:
    other = decided(report)
    results = other.results[report.belts[0].deposits[0].id]
    made, whole = unlike(results[0], results[2]), compare_results(results[0], results[2])
    assert made.plan == tuple(one for one in whole.plan if one.what.startswith("plan."))
    assert [one.what for one in made.plan] == ["plan.search[0].max"]
    assert made.files == len(whole.data) == 2
    assert unlike(results[0], results[1]).plan == ()


def test_only_the_bureau_reads_a_plans_values(report: SiteReport, tmp_path: Path) -> None:
    other = decided(report)
    store = FigureStore(tmp_path)
    bureau, public = (pair_page(Room(other, store, who), PAIR) for who in (BUREAU, PUBLIC))
    keys = [[t.key for g in page["groups"] for t in g["tables"]] for page in (bureau, public)]
    assert "parameters-synthetic" in keys[0]
    assert keys[1] == [key for key in keys[0] if not key.startswith("parameters")]
    assert "/data/x" not in repr(public)
    assert "max" not in repr(public["groups"])


def test_values_of_plans_stand_once_for_all_deposits_that_share_them(report: SiteReport) -> None:
    other = decided(report)
    found = sides_of(other, other.belts, PAIR)
    first = other.results[other.belts[0].deposits[0].id]
    made = unlike(first[0], first[2])
    table = parameters_table(found, {one.deposit_id: made for one in found}, PAIR, "x")
    assert table is not None
    (row,) = table.rows
    assert [cell.text.en for cell in row.cells[:3]] == ["plan.search[0].max", "12", "16"]
    assert all(one.name.en in row.cells[3].text.en for one in found)


def test_rows_for_others_hold_every_figure(report: SiteReport) -> None:
    rows = comparison_rows(report)
    keys = [(r["deposit"], r["vintage"], r["class"], r["element"]) for r in rows]
    assert len(set(keys)) == len(keys) == 2 * 3 * 3 * 5
    for deposit, results in report.results.items():
        for result in results:
            told = {
                r["class"]: r
                for r in rows
                if (r["deposit"], r["vintage"], r["element"])
                == (deposit, str(result.vintage), "cu_pct")
            }
            for name in CLASSES:
                assert told[name]["metal_t"] == raw(class_metal_t(result, "cu_pct", name))
                entry = report.ledger.entry(deposit, result.vintage)
                assert entry is not None
                assert told[name]["entry"] == str(entry.number)


def test_the_page_is_whole_in_html(report: SiteReport, tmp_path: Path) -> None:
    room = Room(report, FigureStore(tmp_path))
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    more = {"nav": (), "audience": BUREAU, "stamp": stamp}
    html = render_page("pair", {**pair_page(room, PAIR), **more})
    assert html.count("<svg viewBox") == 2 * len(CLASSES)
    assert 'href="../compare.html"' in html
    empty = (date(2020, 1, 1), date(2021, 1, 1))
    assert sides_of(report, report.belts, empty) == []


def test_the_rows_are_offered(report: SiteReport, tmp_path: Path) -> None:
    room = Room(report, FigureStore(tmp_path))
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    more = {"nav": (), "audience": BUREAU, "stamp": stamp}
    assert 'href="downloads/comparison.csv"' in render_page(
        "compare", {**compare_page(room), **more}
    )
    assert 'href="../downloads/comparison.csv"' in render_page(
        "pair", {**pair_page(room, PAIR), **more}
    )
