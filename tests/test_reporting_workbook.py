"""The workbook holds the statement's own numbers, and text that stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geo.config import Names
from reporting import SiteReport, write_workbook
from reporting.settings import SiteSettings
from reporting.site.room import BUREAU, PUBLIC
from reporting.units import class_text, domain_text
from tests.browser_fixture import fabricated_report, sample_belts

SHEETS = [
    "说明 Notes",
    "资源量 Resource",
    "伴生 By-products",
    "变动 Movement",
    "目标 Target",
    "真值 Truth",
    "来源 Provenance",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    return fabricated_report(tmp_path_factory.mktemp("workbook"), sample_belts()[:2])


@pytest.fixture(scope="module")
def book(report: SiteReport, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = write_workbook(report, tmp_path_factory.mktemp("book") / "bornite.xlsx")
    return openpyxl.load_workbook(path)


def _rows(book: Any, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet by English column name."""
    lines = list(book[sheet].iter_rows(values_only=True))
    names = [str(name).split("\n")[-1] for name in lines[2]]
    return [dict(zip(names, line, strict=True)) for line in lines[4:]]


def test_sheets_are_named_in_both_languages_and_carry_the_banner(book: Any) -> None:
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet["A1"].value == "合成数据 / SYNTHETIC DATA"
        assert "未经评审备案" in sheet["A2"].value
        assert sheet.freeze_panes == "B5"


def test_the_resource_sheet_is_the_statement(report: SiteReport, book: Any) -> None:
    rows = {
        (row["Deposit id"], row["Class"], row["Domain"], row["Cut-off"]): row
        for row in _rows(book, "资源量 Resource")
    }
    assert len(rows) == 2 * 3 * 2 * 3
    for deposit_id, vintages in report.results.items():
        for stated in vintages[-1].statement.rows:
            domain = domain_text(stated.domain).both
            key = (deposit_id, class_text(stated.class_name).both, domain, stated.cutoff)
            figure = stated.elements["cu_pct"]
            assert rows[key]["Ore"] == pytest.approx(stated.ore_t, rel=1e-15)
            assert rows[key]["Metal"] == pytest.approx(figure.metal_t, rel=1e-15)
            assert rows[key]["Grade"] == pytest.approx(figure.grade, rel=1e-15)
            assert isinstance(rows[key]["Ore"], int | float)


def test_a_by_product_that_was_not_evaluated_is_blank(book: Any) -> None:
    rows = _rows(book, "伴生 By-products")
    inferred = [r for r in rows if r["Element"] == "Re" and "Inferred" in r["Class"]]
    assert inferred
    assert all(row["Grade"] is None and row["Metal"] is None for row in inferred)
    assert {row["Samples from"] for row in inferred} == {"组合分析 / combined samples"}


def test_movements_are_the_ledgers_kilograms_and_foot(report: SiteReport, book: Any) -> None:
    rows = _rows(book, "变动 Movement")
    stated = [row for row in rows if "statistical" not in row["Class"]]
    assert [row["Closing retained"] for row in stated] == [m.closing_kg for m in report.movements]
    for row in rows:
        closing = row["Opening retained"] - row["Mined"] - row["Lost"]
        closing += row["Exploration change"] + row["Recalculation change"]
        assert closing - row["Overlain (sterilized)"] == row["Closing retained"]


def test_target_and_truth_sheets_hold_what_the_report_says(report: SiteReport, book: Any) -> None:
    points = [p for part in report.progress[0].baselines for p in part.points]
    shown = [r["Retained"] for r in _rows(book, "目标 Target") if r["Retained"] is not None]
    assert shown == pytest.approx([point.retained_t for point in points])
    truth = [row for vintages in report.results.values() for row in vintages[-1].truth]
    assert [r["True metal"] for r in _rows(book, "真值 Truth")] == [row.truth_t for row in truth]


def test_a_name_that_looks_like_a_formula_is_text(report: SiteReport, tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://x",1)' + "\x01" + "y" * 40_000
    belt = report.belts[0].model_copy(update={"name": Names(zh=evil, en="@SUM(A1)")})
    path = write_workbook(replace(report, belts=(belt,)), tmp_path / "evil.xlsx")
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for line in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in line)


def test_the_same_report_gives_the_same_bytes(report: SiteReport, tmp_path: Path) -> None:
    first = write_workbook(report, tmp_path / "a.xlsx").read_bytes()
    assert write_workbook(report, tmp_path / "b.xlsx").read_bytes() == first


def test_publication_and_embargo_stand_on_every_sheet(report: SiteReport, tmp_path: Path) -> None:
    settings = SiteSettings(publication="draft", embargo_until=date(2026, 12, 31))
    path = write_workbook(replace(report, settings=settings), tmp_path / "held.xlsx")
    for sheet in openpyxl.load_workbook(path):
        assert "2026-12-31" in sheet["A2"].value
        assert "草稿" in sheet["A2"].value


def test_the_public_workbook_names_no_file(report: SiteReport, tmp_path: Path) -> None:
    left = {"domain": "east", "zh": "矿化域 east 未计入：ore.obj", "en": "east: ore.obj"}
    results = {
        key: (*found[:-1], replace(found[-1], extras={**found[-1].extras, "left_out": [left]}))
        for key, found in report.results.items()
    }
    told = replace(report, results=results)
    for audience, named in ((BUREAU, True), (PUBLIC, False)):
        path = write_workbook(told, tmp_path / f"{audience.name}.xlsx", audience)
        notes = _rows(openpyxl.load_workbook(path), "说明 Notes")
        words = " ".join(str(row["Content"]) for row in notes)
        assert ("ore.obj" in words) is named
        assert "east" in words


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(
    report: SiteReport, tmp_path: Path
) -> None:
    for start in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1"):
        belt = report.belts[0].model_copy(update={"name": Names(zh=start, en=start)})
        path = write_workbook(replace(report, belts=(belt,)), tmp_path / "start.xlsx")
        names = [row["Belt"] for row in _rows(openpyxl.load_workbook(path), "资源量 Resource")]
        assert set(names) == {start}
