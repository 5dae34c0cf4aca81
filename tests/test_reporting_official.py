"""Filed figures on a deposit's page, on the target page and in the workbook, beside our own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.track import book_with_filings
from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.site.pages.deposit import deposit_page
from reporting.site.pages.target import target_page
from reporting.site.room import Room
from reporting.tables import Table
from reporting.views.official import filed_only_table, official_block
from reporting.views.provenance import ledger_state
from reporting.workbook.growth import official_sheet
from tests.browser_fixture import fabricated_report, sample_belts
from tests.target_fixture import CONFIG, V24, outside, results, standing
from tests.test_tracking_official import filed as form_of
from tracking import Ledger
from tracking.ledger.book import Book
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import resource_kg
from tracking.target.target import read_target, target_progress


def rows(**tonnes: float) -> list[dict[str, Any]]:
    """Rows of copper by class, tonnes."""
    return [
        {"class": name, "domain": "all", "cutoff": 0.2, "ore_kg": round(200_000 * amount),
         "elements": {"cu_pct": {"metal_kg": round(1000 * amount)}}}
        for name, amount in tonnes.items()
    ]  # fmt: skip


def filed(deposit_id: str, day: date = V24) -> LedgerEntry:
    """A filed figure with every stock, converted from the classes of 1999."""
    return outside(
        deposit_id, day, "甘[2025]8号", 1.0, reporting_cutoff=0.2, main_element="cu_pct",
        kind="outside", statement=rows(measured=100.0, indicated=400.0), converted=True,
        low_grade=rows(inferred=30.0), reserves=rows(proved=80.0), identified=rows(measured=120.0),
        deposit_name={"zh": "老山铜矿", "en": "Laoshan"}, scope="deposit",
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """One estimated deposit with a filing, and one that only a filing knows."""
    found = fabricated_report(tmp_path_factory.mktemp("official"), sample_belts()[:1])
    entries = (filed("duobaoshan-syn"), filed("laoshan"))
    ledger = replace(
        found.ledger,
        official=entries,
        standings=tuple(standing(entry, date(2025, 6, 20), 2025) for entry in entries),
        length=16,
    )
    return replace(found, ledger=ledger)


def amounts(table: Table, quantity: str) -> dict[tuple[str, str], str]:
    """Raw values by stock and class."""
    return {
        (c.attributes["data-stock"], c.attributes["data-class"]): c.attributes["data-v"]
        for row in table.rows
        for c in row.cells
        if c.attributes.get("data-quantity") == quantity
    }


def test_a_deposit_page_has_its_filed_figures_by_stock_and_class(
    report: SiteReport, tmp_path: Path
) -> None:
    belt = report.belts[0]
    page = deposit_page(Room(report, FigureStore(tmp_path)), belt, belt.deposits[0])
    table = page["official"]
    metal = amounts(table, "filed_metal_t")
    assert {key: float(value) for key, value in metal.items()} == {
        ("statement", "measured"): 100.0,
        ("statement", "indicated"): 400.0,
        ("low_grade", "inferred"): 30.0,
        ("identified", "measured"): 120.0,
        ("reserves", "proved"): 80.0,
    }
    first = table.rows[0].cells[0]
    assert first.text.zh == "A[2025]8号".replace("A", "甘")
    said = "effective 2024-12-31 · filed 2025-06-20 · statistics 2025 · cut-off Cu 0.20 %"
    assert first.note.en == f"{said} · converted from the 1999 classes"
    assert "draft" not in table.basis.status.en
    assert any("never added" in note.en for note in table.notes)
    own = next(e for e in report.ledger.entries if e.vintage == V24)
    ours = resource_kg(own)["cu_pct", "indicated"] / 1000
    apart = amounts(table, "apart_t")
    assert float(apart["statement", "indicated"]) == pytest.approx(ours - 400.0)
    assert apart["reserves", "proved"] == apart["identified", "measured"] == ""


def test_an_older_estimate_beside_a_filing_names_its_date(report: SiteReport) -> None:
    later = filed("duobaoshan-syn", date(2025, 3, 31))
    table = official_block(
        replace(report, ledger=replace(report.ledger, official=(later,))), "duobaoshan-syn"
    )
    assert table is not None
    notes = {cell.note.en for row in table.rows[1:] for cell in row.cells if cell.note}
    assert notes == {"as of 2024-12-31"}
    assert official_block(report, "east-tianshan-syn") is None


def test_deposits_known_only_from_filings_are_listed_and_not_counted(
    report: SiteReport, tmp_path: Path
) -> None:
    table = filed_only_table(report, "cu_pct")
    assert table is not None
    assert [row.cells[0].text.en for row in table.rows] == ["Laoshan"]
    page = target_page(Room(report, FigureStore(tmp_path)))
    assert "filed-only" in [one.key for one in page["tables"]]
    bare = replace(report, ledger=replace(report.ledger, official=()))
    assert filed_only_table(bare, "cu_pct") is None


def test_the_workbook_has_every_stock_class_and_element_on_a_line(report: SiteReport) -> None:
    sheet = official_sheet(report)
    names = [field.name.en for field in sheet.fields]
    lines = [dict(zip(names, row, strict=True)) for row in sheet.rows]
    assert len(lines) == 2 * 5
    reserve = next(one for one in lines if one["Class"] == "证实储量 / Proved")
    assert "memo" in reserve["Stock"]
    assert (reserve["Metal"], reserve["Filed"]) == (80.0, date(2025, 6, 20))
    assert reserve["Difference"] is None
    assert {one["Converted from 1999 classes"] for one in lines} == {"yes"}
    assert {one["Status"] for one in lines} == {"filed"}
    assert {one["Synthetic"] for one in lines} == {"yes", "no"}  # one deposit is in no belt
    assert all("已备案：" in one["Mark"] for one in lines)


def test_the_ledger_is_as_long_as_its_chain(report: SiteReport) -> None:
    """Decisions and records count, not only the estimates that the pages are made of."""
    assert len(report.ledger.entries) != 16
    assert ledger_state(report).en.startswith("16 entries")


def test_a_ledger_without_estimates_says_so(report: SiteReport, tmp_path: Path) -> None:
    empty = (target_progress(read_target(CONFIG), Book(())),)
    bare = replace(report, results={}, progress=empty, ledger=replace(report.ledger, entries=()))
    page = target_page(Room(bare, FigureStore(tmp_path)))
    assert (page["target"], page["estimated"]) == (None, False)
    notes = [note.en for table in page["tables"] for note in table.notes]
    assert any("holds no estimate that may be used" in note for note in notes)


def test_a_filing_of_an_unconfigured_deposit_reaches_the_pages(tmp_path: Path) -> None:
    """The night reads every filed figure, and no estimate that isn't configured."""
    figure = form_of(tmp_path, "2023-12-31", "a", ("4.0", "2.0"), "2024")
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        for result in (*results(), *results("elsewhere-syn")):
            ledger.record(result, "run")
        ledger.record_outside(figure, "run")
        book = book_with_filings(ledger, {("test-syn", V24)})
    assert [entry.deposit_id for entry in book.official] == ["north-hill"]
    assert [(e.deposit_id, e.vintage) for e in book.figures] == [("test-syn", V24)]
    assert [one.deposit_id for one in book.standings if one.series != "internal"] == ["north-hill"]
