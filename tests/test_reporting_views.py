"""What readers must not miss: the limit mark, small numbers, findings, the target's line."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from estimation.plan import CLASSES
from estimation.results import Check, DepositResult, ElementFigure
from flows.report import gather_facts
from flows.runtime import Workspace
from flows.show import Voice, statement_table
from flows.track import Tracked
from geo.quarantine import write_quarantine
from reporting import SiteBuilt, SiteReport, build_site, write_workbook
from reporting.limits import beyond_limit, limit_notes
from reporting.units import Text, bilingual, density_text, domain_text, element_text
from reporting.views.checks import checks_table, small
from reporting.views.deposit import resource_table, support_table
from reporting.views.findings import findings_of, rule_lines
from reporting.views.summary import byproducts_table
from reporting.views.target import headline
from tests.browser_fixture import fabricated_findings, fabricated_report, sample_belts
from tests.fabricated import fabricated_result
from tracking.ledger.book import Book

CELL = r"<t[dh][^>]*data-quantity=\"(?:grade|metal_t|summary_metal_t)\"[^>]*>.*?</t[dh]>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("views")


@pytest.fixture(scope="module")
def report(folder: Path) -> SiteReport:
    return fabricated_report(folder, sample_belts()[:2])


@pytest.fixture(scope="module")
def built(report: SiteReport, folder: Path) -> SiteBuilt:
    return build_site(replace(report, figures={}, belt_maps={}), folder / "site")


def _table(built: SiteBuilt, page: str, key: str) -> str:
    """One table's HTML, with the notes under it."""
    html = (built.folder / page).read_text("utf-8")
    found = re.search(rf'<table id="{key}".*?</table>.*?</ul>', html, re.S)
    assert found, key
    return found[0]


def test_rhenium_under_measured_is_marked_wherever_it_is_tabled(
    report: SiteReport, built: SiteBuilt
) -> None:
    belt = report.belts[0]
    tables = {
        "byproducts": "index.html",
        "belt": f"belts/{belt.id}.html",
        "resource": f"deposits/{belt.deposits[0].id}.html",
    }
    for key, page in tables.items():
        html = _table(built, page, key)
        cells = re.findall(CELL, html, re.S)
        assert cells
        for cell in cells:
            limited = 'data-metal="re_ppm"' in cell and 'data-class="measured"' in cell
            assert ("<sup>†</sup>" in cell) is limited, (key, cell)
        assert "† Re: capped at Indicated" in html
        assert "† Re：样品支撑所限，可靠程度不高于控制资源量" in html
        assert "探明矿石中的该元素金属并入控制资源量列示" in html


def test_a_limit_in_one_deposit_only_says_so(report: SiteReport) -> None:
    limited = fabricated_result("a")
    support = tuple(replace(item, class_limit="measured") for item in limited.statement.support)
    free = replace(limited, statement=replace(limited.statement, support=support))
    assert limit_notes([free]) == ()
    (note,) = limit_notes([limited, free])
    assert "in some deposits" in note.en
    assert "部分矿床" in note.zh
    assert beyond_limit(limited, "re_ppm", "measured+indicated")
    assert not beyond_limit(limited, "re_ppm", "indicated")
    assert not beyond_limit(limited, "cu_pct", "measured")


def test_the_workbook_marks_rhenium_under_measured(report: SiteReport, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workbook(report, tmp_path / "book.xlsx"))
    for name, elements in (("伴生 By-products", {"Re"}), ("变动 Movement", {"Re"})):
        lines = list(book[name].iter_rows(values_only=True))
        heads = [str(head).split("\n")[-1] for head in lines[2]]
        element = heads.index("Element" if "Element" in heads else "Item")
        marked = {
            (line[element], line[heads.index("Class")].split(" / ")[-1])
            for line in lines[4:]
            if line[heads.index("Signs")] == "†"
        }
        assert marked == {(symbol, "Measured") for symbol in elements}, name
    assert any("†" in str(cell.value) for cell in book["说明 Notes"]["A"])


def test_the_workbooks_movements_have_every_mark(report: SiteReport, tmp_path: Path) -> None:
    belt = report.belts[0]
    deposit = belt.deposits[0].id
    results = {**report.results, deposit: tuple(_moved(r) for r in report.results[deposit])}
    path = write_workbook(replace(report, results=results), tmp_path / "book.xlsx")
    lines = list(openpyxl.load_workbook(path)["变动 Movement"].iter_rows(values_only=True))
    heads = [str(head).split("\n")[-1] for head in lines[2]]
    name = f"{belt.deposits[0].name.zh} / {belt.deposits[0].name.en}"
    marks: dict[tuple[str, str], set[str]] = {}
    for line in lines[4:]:
        if line[heads.index("Deposit")] == name:
            item, klass = (line[heads.index(head)] for head in ("Item", "Class"))
            marks.setdefault((item, klass.split(" / ")[-1]), set()).add(
                line[heads.index("Signs")] or ""
            )
    assert marks["Re", "Measured"] == {"†"}
    assert marks["Re", "Indicated"] == {"‡"}
    assert all(found == {"§"} for (item, _), found in marks.items() if item == "Au")
    assert all(found == {""} for (item, _), found in marks.items() if item == "Cu")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0.000"),
        (0.0123, "0.012"),
        (-0.026, "−0.026"),
        (5.6e-4, "0.0006"),
        (-5.6e-4, "−0.0006"),
        (5.6e-5, "<0.0001"),
        (-5.6e-5, ">−0.0001"),
        (3e-6, "<0.00001"),
        (9.9e-9, "<0.00000001"),
        (1e-15, "<0.00000001"),
        (float("nan"), "—"),
    ],
)
def test_a_small_value_is_printed_in_plain_decimals(value: float, expected: str) -> None:
    assert small(value) == expected


def test_a_threshold_of_one_in_100_million_is_said_in_words_and_once() -> None:
    rule = "|value - 0| <= 1e-08 pass, <= 1e-08 marginal"
    witness = Check("witness", "独立复核", "Witness", "all", "cu_pct", 2e-15, rule, "pass")
    table = checks_table(fabricated_result(checks=(witness,)))
    texts = [cell.text for cell in table.rows[0].cells]
    assert (
        Text("|值| ≤ 0.00000001（一亿分之一）合格", "|value| ≤ 0.00000001 (1 in 100 million) pass")
        in texts
    )


def test_findings_stand_by_rule_gravest_first_with_the_first_place(
    report: SiteReport, built: SiteBuilt
) -> None:
    belt = report.belts[0]
    lines = rule_lines(report, belt)
    assert lines is not None
    assert [(line.code, line.count) for line in lines] == [("BN-INT-002", 342), ("BN-ASY-005", 1)]
    assert lines[0].place == Text(
        "2024/样品.csv，第 7 行，列 from_m", "2024/样品.csv, row 7, column from_m"
    )
    assert lines[0].more is not None
    assert "340" in lines[0].more.en
    counts = {severity: count for _text, severity, count in findings_of(report, belt)}
    assert counts == {"error": 342, "warning": 0, "info": 1}
    html = (built.folder / "belts" / f"{belt.id}.html").read_text("utf-8")
    for word in ("BN-INT-002", "7.5", "how to mend BN-INT-002", "BN-INT-002 的说明", "row 7"):
        assert word in html


def test_hostile_findings_stay_text(report: SiteReport, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    first = replace(fabricated_findings()[0], row=7)
    found = replace(first, file=evil, value=evil, message_zh=evil, fix_en=evil)
    belt = report.belts[0]
    hostile = replace(report, findings={belt.id: (found,)}, figures={}, belt_maps={})
    built = build_site(hostile, tmp_path / "site")
    html = (built.folder / "belts" / f"{belt.id}.html").read_text("utf-8")
    assert evil not in html
    assert html.count("&lt;script&gt;alert(1)") == 5  # place and value, message, fix


def test_a_belt_never_ingested_counts_its_estimates_findings(report: SiteReport) -> None:
    belt = report.belts[0]
    bare = replace(report, findings={})
    assert rule_lines(bare, belt) is None
    newest = report.results[belt.deposits[0].id][-1].findings
    assert {key: count for _text, key, count in findings_of(bare, belt)} == newest


def test_the_report_takes_findings_from_the_quarantine_and_only_targets_of_its_belts(
    report: SiteReport, tmp_path: Path
) -> None:
    import pandas as pd

    belts = sample_belts()
    columns = ["table", "file", "sheet", "row", "code", "raw"]
    deposit = belts[0].deposits[0].id
    write_quarantine(
        fabricated_findings(),
        pd.DataFrame(columns=columns),
        tmp_path,
        belts[0].id,
        deposit,
        at=datetime(2026, 11, 3, tzinfo=UTC),
    )
    tracked = Tracked(Book(()), (), (), report.progress, 0)
    house = Workspace(tmp_path)
    here = Path(__file__).resolve().parent.parent / "configs"
    facts = gather_facts(str(here / "belts"), house, tracked, "run")
    assert facts.findings == {belts[0].id: fabricated_findings()}
    assert facts.progress == report.progress
    assert gather_facts(str(here / "public"), house, tracked, "run").progress == ()


def test_a_site_without_a_target_says_nothing_of_growth(report: SiteReport, tmp_path: Path) -> None:
    real = tuple(belt.model_copy(update={"synthetic": False}) for belt in report.belts)
    results = {
        name: (replace(vintages[-1], truth=()),) for name, vintages in report.results.items()
    }
    plain = replace(
        report, belts=real, results=results, progress=(), movements=(), figures={}, belt_maps={}
    )
    built = build_site(plain, tmp_path / "site")
    html = built.index.read_text("utf-8")
    for word in ("Growth on baseline", "Estimate / truth", "target.html", "since last vintage"):
        assert word not in html
    assert not (built.folder / "target.html").exists()
    book = openpyxl.load_workbook(built.workbook)
    assert not {"变动 Movement", "目标 Target", "真值 Truth"} & set(book.sheetnames)


@pytest.mark.parametrize(
    ("growth_pct", "standing"),
    [
        (3.0, Text("未达到 +5 % 线", "is below the +5 % line")),
        (7.0, Text("介于 +5 % 线与 +10 % 线之间", "is between the +5 % line and the +10 % line")),
        (11.1, Text("在 +10 % 线以上", "is above the +10 % line")),
        (-2.0, Text("未达到 +5 % 线", "is below the +5 % line")),
        (40.0, Text("在 +10 % 线以上", "is above the +10 % line")),
    ],
)
def test_the_sentence_says_which_line_growth_has_passed(
    report: SiteReport, growth_pct: float, standing: Text
) -> None:
    found = headline(report)
    assert found is not None
    part = found.from_baseline
    assert part.latest is not None
    latest = replace(part.latest, net_growth_pct=growth_pct, gross_growth_pct=growth_pct)
    moved = replace(found, from_baseline=replace(part, points=(*part.points[:-1], latest)))
    assert moved.standing.zh == f"样例矿床（合成）估算值{standing.zh}"
    assert moved.standing.en == f"synthetic sample deposits: the estimate {standing.en}"
    assert 0 <= moved.filled < 100
    assert all(0 < place < 100 for place, _name in moved.marks)
    passed = [place <= moved.filled for place, _name in moved.marks]
    assert passed == [growth_pct >= 5, growth_pct >= 10]


def test_the_conclusion_names_date_basis_coverage_and_line(
    report: SiteReport, built: SiteBuilt
) -> None:
    found = headline(report)
    assert found is not None
    lead = re.search(r'<p class="lead">.*?</p>', built.index.read_text("utf-8"), re.S)
    assert lead
    for word in (
        found.as_of,
        found.basis.zh,
        found.basis.en,
        found.standing.zh,
        found.standing.en,
        "not the national figure",
        "非全国数",
    ):
        assert word in lead[0]


def test_known_domains_and_densities_are_said_in_both_languages() -> None:
    assert domain_text("oxide") == Text("氧化矿", "oxide")
    assert domain_text("skarn <b>") == Text("skarn <b>", "skarn <b>")
    basis = "oxide 2.46 t/m³ (n=140); all 2.95 t/m³ (assigned / 指定)"
    assert density_text(basis) == Text(
        "氧化矿 2.46 t/m³（实测 140 件）、全部 2.95 t/m³（指定值）",
        "oxide 2.46 t/m³ (140 measured), all 2.95 t/m³ (assigned)",
    )
    assert density_text("as told by the mine") == Text("as told by the mine", "as told by the mine")
    assert bilingual("ordinary block kriging / 普通块段克里格") == Text(
        "普通块段克里格", "ordinary block kriging"
    )
    assert bilingual("a / b") == Text("a / b", "a / b")


def _moved(result: DepositResult) -> DepositResult:
    """The estimate with Re of measured ore stated under Indicated, and Au below its threshold."""
    statement = result.statement
    ore = {(r.domain, r.cutoff): r.ore_t for r in statement.rows if r.class_name == "measured"}
    rows = []
    for row in statement.rows:
        figure = row.elements["re_ppm"]
        if row.class_name == "measured":
            figure = ElementFigure(None, 0.0, 0.0, 0.0)
        elif row.class_name == "indicated":
            figure = replace(figure, over_ore_t=row.ore_t + ore[row.domain, row.cutoff])
        rows.append(replace(row, elements={**row.elements, "re_ppm": figure}))
    said = "评价值 0.05 g/t，指标 0.1 g/t（矿石；未核对） / judged 0.05 against 0.1 (unverified)"
    support = tuple(
        replace(item, status="BELOW_THRESHOLD", judgement=said) if "au" in item.element else item
        for item in statement.support
    )
    return replace(result, statement=replace(statement, rows=tuple(rows), support=support))


def test_moved_metal_and_content_below_the_threshold_are_marked() -> None:
    result = _moved(fabricated_result("a"))
    statement = result.statement
    table = resource_table(result)
    cells = {
        (c.attributes["data-class"], c.attributes["data-metal"], c.attributes["data-quantity"]): c
        for row in table.rows
        for c in row.cells
        if c.attributes.get("data-domain") == "*" and "data-metal" in c.attributes
    }
    blank = cells["measured", "re_ppm", "grade"]
    assert (blank.text.en, blank.mark, blank.note) == ("†", "", None)  # the notes say what it is
    moved = cells["indicated", "re_ppm", "grade"]
    rows = [r for r in statement.at_cutoff() if r.class_name in ("measured", "indicated")]
    assert moved.mark == "‡"
    assert moved.note is not None
    assert len(moved.note.en) < len("eval. 100 % ")
    assert cells["indicated", "re_ppm", "metal_t"].mark == "‡"
    assert {cells[name, "au_gpt", "metal_t"].mark for name in CLASSES} == {"§"}
    assert not any(c.mark for (_, metal, _), c in cells.items() if metal == "cu_pct")
    notes = " ".join(note.en for note in table.notes)
    assert all(word in notes for word in ("‡ includes", "§ Au: below the threshold"))
    assert f"Indicated all {sum(r.ore_t for r in rows) / 1e6:.2f} Mt" in notes
    (line,) = [n for n in support_table(result).notes if "against" in n.en]
    assert line.en.startswith("Au: below the threshold")
    assert "未核对" in line.zh


def test_content_below_the_threshold_is_not_summed_with_the_resource(report: SiteReport) -> None:
    belts = report.belts
    first = belts[0].deposits[0].id
    results = {
        name: (*vintages[:-1], _moved(vintages[-1]) if name == first else vintages[-1])
        for name, vintages in report.results.items()
    }
    mixed = replace(report, results=results)
    table = byproducts_table(mixed, belts)
    assert table is not None
    lines = [row.cells for row in table.rows if row.cells[0].text == element_text("au_gpt")]
    assert [cells[0].mark for cells in lines] == ["", "§"]
    metal = {
        name: vintages[-1].statement.metal_t("au_gpt", ("measured",))
        for name, vintages in results.items()
    }
    stated = [float(cells[2].attributes["data-v"]) for cells in lines]
    others = sum(value for name, value in metal.items() if name != first)
    assert stated == pytest.approx([others, metal[first]])


def test_the_terminal_table_says_what_its_marks_mean() -> None:
    table = statement_table(Voice("en"), [_moved(fabricated_result("a"))])
    cells = [str(cell) for column in table.columns for cell in column.cells]
    assert any(cell.endswith("‡") for cell in cells)
    assert any(cell.endswith("§") for cell in cells)
    assert "†" in cells
    caption = str(table.caption)
    assert [line[0] for line in caption.split("\n")[1:]] == ["—", "†", "‡", "§"]
