"""The workbook holds the statement's own numbers, and text that stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest

from estimation.plan import CLASSES
from geo.config import Names
from reporting import SiteReport, write_workbook
from reporting.facts.evidence import Decided, Evidence
from reporting.settings import SiteSettings
from reporting.site.room import BUREAU, PUBLIC
from reporting.sums import class_metal_t
from reporting.units import class_text, domain_text
from reporting.views.deposit import resource_table
from reporting.views.spread import spread_table
from reporting.views.target import BASES
from reporting.workbook.estimates import ALL_DOMAINS
from reporting.workbook.growth import SPLITS
from tests.browser_fixture import fabricated_report, sample_belts
from tests.target_fixture import CONFIG
from tracking.ledger.book import Book
from tracking.movement.change import Split
from tracking.target.target import read_target, target_progress

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
    assert len(rows) == 2 * 3 * (1 + 2) * 3
    for deposit_id, vintages in report.results.items():
        for stated in vintages[-1].statement.rows:
            domain = domain_text(stated.domain).both
            key = (deposit_id, class_text(stated.class_name).both, domain, stated.cutoff)
            figure = stated.elements["cu_pct"]
            assert rows[key]["Ore"] == pytest.approx(stated.ore_t, rel=1e-15)
            assert rows[key]["Metal"] == pytest.approx(figure.metal_t, rel=1e-15)
            assert rows[key]["Grade"] == pytest.approx(figure.grade, rel=1e-15)
            assert isinstance(rows[key]["Ore"], int | float)


def test_a_class_s_own_row_is_the_deposit_page_s(report: SiteReport, book: Any) -> None:
    """Over all domains, at each cut-off; its domains' rows below it add up to it."""
    rows = [row for row in _rows(book, "资源量 Resource") if row["Domain"] == ALL_DOMAINS.both]
    assert len(rows) == 2 * 3 * 3
    shown = [row for row in rows if row["Reported"] == "是 / yes"]
    for deposit_id, vintages in report.results.items():
        page = resource_table(vintages[-1])
        for row in shown:
            if row["Deposit id"] != deposit_id:
                continue
            (line,) = [
                [cell.attributes.get("data-v") for cell in one.cells]
                for one in page.rows
                if one.style == "strong" and one.cells[0].text.zh.startswith(row["Class"][:2])
            ]
            stated = [row[name] for name in ("Ore", "Grade", "Metal")]
            assert [float(text) for text in line[2:5]] == pytest.approx(stated, rel=1e-15)
    by_products = _rows(book, "伴生 By-products")
    assert any(row["Domain"] == ALL_DOMAINS.both and row["Metal"] for row in by_products)


def test_a_class_of_one_domain_is_listed_once(report: SiteReport, tmp_path: Path) -> None:
    """By its domain's name, as on the deposit's page; without a name as all domains."""
    for domain, said in (("sulphide", domain_text("sulphide")), ("all", ALL_DOMAINS)):
        results = {}
        for key, found in report.results.items():
            statement = found[-1].statement
            first = statement.rows[0].domain
            only = tuple(replace(r, domain=domain) for r in statement.rows if r.domain == first)
            results[key] = (
                *found[:-1],
                replace(found[-1], statement=replace(statement, rows=only)),
            )
        told = replace(report, results=results)
        book = openpyxl.load_workbook(write_workbook(told, tmp_path / f"{domain}.xlsx"))
        rows = _rows(book, "资源量 Resource")
        assert len(rows) == 2 * 3 * 3
        assert {row["Domain"] for row in rows} == {said.both}
        by_products = _rows(book, "伴生 By-products")
        keys = [(row["Deposit id"], row["Class"], row["Element"]) for row in by_products]
        assert len(set(keys)) == len(keys) > 0


def test_every_row_says_what_it_is_worth(report: SiteReport, book: Any) -> None:
    for sheet in SHEETS[1:]:
        for row in _rows(book, sheet):
            assert row["Synthetic"] == "是 / yes", sheet
            assert row["Status"] == "草稿 / draft", sheet
            assert "未经评审备案" in row["Mark"], sheet


def test_the_notes_say_where_classes_are_added_and_whose_reserves_are_listed(book: Any) -> None:
    told = {row["Item"]: row["Content"] for row in _rows(book, "说明 Notes")}
    assert "the sheet Truth may span classes" in told["合计 / totals"]
    assert "never add them to it" in told[ALL_DOMAINS.both]
    assert "the sheet Official gives filed ones" in told["储量 / reserves"]
    assert "three significant figures" in told["数值 / numbers"]


def test_codes_are_written_in_words(book: Any) -> None:
    splits = {row["Split"] for row in _rows(book, "变动 Movement")}
    assert splits <= {text.both for text in SPLITS.values()}
    assert set(SPLITS) == set(get_args(Split))
    bases = {row["Basis"] for row in _rows(book, "目标 Target")} - {""}
    assert bases <= {text.both for text in BASES.values()}
    assert {row["Main element"] for row in _rows(book, "资源量 Resource")} == {"Cu"}
    assert not {row["Method"] for row in _rows(book, "伴生 By-products")} & {"ok", "none"}


def test_how_sure_and_who_approved_have_their_sheets(report: SiteReport, tmp_path: Path) -> None:
    """Intervals of three figures with what they leave out; names for the bureau alone."""
    told = _simulated(report)
    for audience, named in ((BUREAU, True), (PUBLIC, False)):
        path = write_workbook(told, tmp_path / f"sure-{audience.name}.xlsx", audience)
        book = openpyxl.load_workbook(path)
        sure = _rows(book, "不确定性 Uncertainty")
        assert len(sure) == 2 * 3
        assert {(row["P10"], row["P50"], row["P90"]) for row in sure} == {(123_000, 456_000, 78.9)}
        fringe = [row for row in sure if "Inferred" in row["Class"]]
        assert all("held the truth" in row["Known limits"] for row in fringe)
        assert {row["Trials that held the truth"] for row in fringe} == {0}
        chances = _rows(book, "目标概率 Chances")
        assert {row["Line"] for row in chances} == {5, 10}
        assert all(row["Probability, off together"] for row in chances)
        log = _rows(book, "审批 Approvals")
        assert [row["Decision"] for row in log if row["Ledger entry"] == 99] == [
            "草稿 → 已批准（第 1 条） / draft → approved (entry 1)"
        ]
        assert ("Somebody" in {row["By"] for row in log}) is named
        assert ("as in ZK01" in {row["Reason"] for row in log}) is named


def _simulated(report: SiteReport) -> SiteReport:
    """The report with intervals of copper and a decision by a named person."""
    kg = {"p10_kg": 123_456_789, "p50_kg": 455_987_654, "p90_kg": 78_901}
    classes = {"uncertainty": {"cu_pct": dict.fromkeys(CLASSES, kg)}}
    entries = tuple(
        replace(entry, content={**entry.content, **classes}) for entry in report.ledger.entries
    )
    progress = target_progress(read_target(CONFIG), Book(entries))
    first = report.belts[0].deposits[0].id
    decided = Decided(
        99, 1, "2024-12-31", "internal", "decision", "review", "draft", "approved",
        "Somebody", "as in ZK01", "2026-11-21", "",
    )  # fmt: skip
    return replace(
        report,
        ledger=replace(report.ledger, entries=entries),
        progress=(progress,),
        evidence={first: Evidence(decisions=(decided,))},
    )


def test_page_and_workbook_agree_on_what_is_outside(report: SiteReport, tmp_path: Path) -> None:
    """By the ends as printed, which a narrow interval shows with more figures."""
    deposit_id, vintages = next(iter(report.results.items()))
    result = vintages[-1]
    stated = class_metal_t(result, "cu_pct", "measured")
    assert stated is not None
    for high, out in ((1.0004, False), (0.999, True), (0.5, True)):
        ends = {"p10_kg": 0.99 * high, "p50_kg": 0.995 * high, "p90_kg": high}
        kg = {name: round(1000 * stated * share) for name, share in ends.items()}
        entries = tuple(
            replace(e, content={**e.content, "uncertainty": {"cu_pct": {"measured": kg}}})
            for e in report.ledger.entries
        )
        told = replace(report, ledger=replace(report.ledger, entries=entries))
        table = spread_table(told, result)
        assert table is not None
        cells = {c.attributes.get("data-quantity"): c for c in table.rows[0].cells}
        assert bool(cells["metal_t"].mark) is out
        book = openpyxl.load_workbook(write_workbook(told, tmp_path / f"{high}.xlsx"))
        rows = _rows(book, "不确定性 Uncertainty")
        (row,) = [one for one in rows if one["Deposit id"] == deposit_id]
        assert row["Estimate outside P10-P90"] == ("是 / yes" if out else "否 / no")
        assert row["P90"] != row["P10"]
        assert (row["P10"] <= stated <= row["P90"]) is not out


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
        assert closing - row["Sterilized"] == row["Closing retained"]


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
