"""Forms of figures from outside: each mistake is told with its place and fix, whole forms foot."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.findings import Finding
from geo.rules import rules
from reporting.record_form import form_workbook, form_yaml
from tests.record_forms import TODAY, example_header, example_rows, row, write
from tracking.forms.checks import KnownDeposit, checked_figure
from tracking.forms.class_codes import class_code, nearest_codes
from tracking.forms.outside import (
    OutsideFigure,
    filing_number,
    same_figures,
    stated_kg,
)
from tracking.forms.reading import Form, read_form
from tracking.forms.words import (
    choice_of,
    choice_texts,
    field_of,
    form_fields,
    form_version,
    province_of,
    sheet_name,
)
from tracking.ledger.states import FILING
from tracking.movement.growth_types import GROWTH_TYPES

KNOWN = {"gangdese-syn": KnownDeposit("gangdese", "西藏")}

AGAINST_THE_LEDGER = {
    *(f"BN-LED-{n:03d}" for n in range(44, 54)),
}
"""Rules about what stands in the ledger: tests/test_flows_record.py plants them."""


@dataclass(frozen=True)
class Planted:
    """One mistake in the example's form, and where its finding must point."""

    code: str
    header: dict[str, str | None] = field(default_factory=dict)
    rows: dict[int, dict[str, str | None]] = field(default_factory=dict)
    """Changes by the row's number from 0; one beyond the last is a new row."""
    at: str = ""
    """Key of the header field, or column, that the finding names."""
    line: int | None = None
    """Row of the figures that it names, from 0."""


MISTAKES = (
    Planted("BN-LED-003", {"effective": "2024-12-31"}, at="effective"),
    Planted("BN-LED-004", {"province": None}, at="province"),
    Planted("BN-LED-004", rows={1: {"metal_unit": None}}, at="metal_unit", line=1),
    Planted("BN-LED-005", {"effective_date": "2024年末"}, at="effective_date"),
    Planted("BN-LED-005", {"effective_date": "2024-02-30x"}, at="effective_date"),
    Planted("BN-LED-005", {"stat_year": "25"}, at="stat_year"),
    Planted("BN-LED-006", rows={0: {"metal": "约5.4"}}, at="metal", line=0),
    Planted("BN-LED-006", rows={0: {"ore": "1,200"}}, at="ore", line=0),
    Planted("BN-LED-006", rows={2: {"grade": "#REF!"}}, at="grade", line=2),
    Planted("BN-LED-006", rows={2: {"grade": "—"}}, at="grade", line=2),
    Planted("BN-LED-006", {"replaces": "十二", "reason": "x"}, at="replaces"),
    Planted("BN-LED-007", rows={3: {"metal": "-2.0"}}, at="metal", line=3),
    Planted("BN-LED-008", {"scope": "市级"}, at="scope"),
    Planted("BN-LED-008", rows={0: {"metal_unit": "磅"}}, at="metal_unit", line=0),
    Planted("BN-LED-009", rows={4: {"element": "Xx"}}, at="element", line=4),
    Planted("BN-LED-010", {"citation_title": None}, at="citation_title"),
    Planted("BN-LED-010", {"citation_where": None}, at="citation_where"),
    Planted("BN-LED-011", {"deposit_id": "North Hill"}, at="deposit_id"),
    Planted("BN-LED-012", {"province": "北方"}, at="province"),
    Planted("BN-LED-013", {"mine_code": "62-1"}, at="mine_code"),
    Planted("BN-LED-014", {"licence_no": "C123"}, at="licence_no"),
    Planted("BN-LED-015", {"domestic": "否", "province": "秘鲁"}, at="domestic"),
    Planted("BN-LED-016", {"filing_no": "备案第8"}, at="filing_no"),
    Planted("BN-LED-016", {"review_no": "2025-6"}, at="review_no"),
    Planted("BN-LED-017", {"filing_no": "甘资储备字〔2019〕08号"}, at="filing_no"),
    Planted("BN-LED-017", {"filing_no": "甘资储备字〔2026〕08号"}, at="filing_no"),
    Planted("BN-LED-018", {"source_kind": "公开报道", "citation_quote": "x"}, at="filing_no"),
    Planted("BN-LED-019", {"filed_date": "2024-06-20"}, at="filed_date"),
    Planted("BN-LED-019", {"discovered": "2025-01-01"}, at="effective_date"),
    Planted("BN-LED-020", {"filed_date": "2027-06-20"}, at="filed_date"),
    Planted("BN-LED-021", {"stat_year": "2023"}, at="stat_year"),
    Planted("BN-LED-022", {"cutoff_unit": None}, at="cutoff"),
    Planted("BN-LED-022", {"replaces": "3"}, at="replaces"),
    Planted("BN-LED-022", {"reason": "印错"}, at="reason"),
    Planted("BN-LED-022", {"filing_no": None, "stat_year": None}, at="filed_date"),
    Planted(
        "BN-LED-023", {"filing_no": None, "stat_year": None, "filed_date": None}, at="filing_no"
    ),
    Planted("BN-LED-025", rows={2: {"metal": None}}, at="metal", line=2),
    Planted("BN-LED-026", rows={2: {"class": "335"}}, at="class", line=2),
    Planted("BN-LED-027", rows={2: {"class": "333"}}, at="class", line=2),
    Planted("BN-LED-028", rows={2: {"class": "尚难利用"}}, at="class", line=2),
    Planted("BN-LED-031", rows={0: {"ore_unit": None}}, at="ore", line=0),
    Planted("BN-LED-032", rows={5: {"grade_unit": "%"}}, at="grade", line=5),
    Planted("BN-LED-033", rows={4: {"grade": "0.02", "metal": "3100"}}, at="metal", line=4),
    Planted("BN-LED-034", rows={0: {"metal_unit": "t"}}, at="metal", line=0),
    Planted("BN-LED-034", rows={5: {"metal_unit": "t"}}, at="metal", line=5),
    Planted("BN-LED-035", rows={0: {"metal": "5.6"}}, at="metal", line=0),
    Planted("BN-LED-036", rows={7: row("推断", "5.25")}, at="class", line=7),
    Planted("BN-LED-037", rows={7: row("资源量合计", "18.65")}, at="class", line=7),
    Planted("BN-LED-037", rows={7: row("合计", "18.65")}, at="class", line=7),
    Planted("BN-LED-037", rows={7: row("推断", "2", ore_type="氧化")}, at="class", line=2),
    Planted("BN-LED-039", rows={6: {"ore": "1300", "metal": "5.85"}}, at="class", line=6),
    Planted("BN-LED-041", rows={7: row("推断", "1", part="累计查明")}, at="class", line=7),
    Planted("BN-LED-042", rows={4: {"ore": "9000", "metal": "18000"}}, at="class", line=4),
    Planted("BN-LED-043", {"deposit_id": "gangdese-syn"}, at="province"),
    Planted("BN-LED-055", rows={0: {"ore": "12000000", "ore_unit": "亿t"}}, at="ore", line=0),
    Planted("BN-LED-055", rows={0: {"metal": "5" + "4" * 20}}, at="metal", line=0),
    Planted("BN-LED-054", {"main_element": "Zn"}, at="main_element"),
    Planted("BN-LED-056", rows={7: row("证实", "2", part="累计查明")}, at="part", line=7),
)
ELSEWHERE = {
    "BN-LED-001",
    "BN-LED-002",
    "BN-LED-024",
    "BN-LED-029",
    "BN-LED-030",
    "BN-LED-038",
    "BN-LED-040",
}
"""Rules that tests further down plant."""


def checked(path: Path) -> tuple[Form, OutsideFigure | None]:
    """Read and check one form."""
    form = read_form(path)
    return form, checked_figure(form, TODAY, KNOWN)


def codes(form: Form) -> set[str]:
    """Codes of the form's findings."""
    return {found.code for found in form.findings}


def whole(path: Path, header: dict[str, str], rows: list[dict[str, str]]) -> Any:
    """Content of a form that must be whole."""
    form, figure = checked(write(path, header, rows))
    assert figure is not None, form.findings
    return figure.content


def _with(changes: dict[int, dict[str, str | None]]) -> list[dict[str, str]]:
    """The example's rows with changes."""
    rows: list[dict[str, Any]] = [*example_rows(), *({} for n in changes if n > 6)]
    for number, change in changes.items():
        rows[number] = {k: v for k, v in (rows[number] | change).items() if v is not None}
    return rows


def test_every_rule_of_records_is_planted_somewhere() -> None:
    planted = {mistake.code for mistake in MISTAKES} | ELSEWHERE | AGAINST_THE_LEDGER
    assert planted == {code for code in rules() if code.startswith("BN-LED-")}


@pytest.mark.parametrize("ending", [".yaml", ".xlsx"])
def test_the_empty_forms_own_example_is_whole(tmp_path: Path, ending: str) -> None:
    content = whole(tmp_path / f"a{ending}", example_header(), example_rows())
    assert content["series"] == "甘资储备字[2025]8号"
    assert content["filing"] == {
        "state": "in_statistics",
        "document_no": "甘资储备字[2025]8号",
        "filed_date": "2025-06-20",
        "stat_year": 2025,
        "review_no": "甘矿储评字[2025]6号",
        "authority": "province",
    }
    assert stated_kg(content, "cu_pct") == 186_500_000  # 5.4 + 8.0 + 5.25 万t
    assert stated_kg(content, "cu_pct", "low_grade") == 20_000_000
    assert stated_kg(content, "mo_pct") == 3_000_000
    assert stated_kg(content, "re_ppm") == 3_000
    assert stated_kg(content, "cu_pct", "reserves") == 45_000_000
    assert content["statement"][0]["ore_kg"] == 12_000_000_000
    assert content["reporting_cutoff"] == 0.2
    assert content["province"] == {"zh": "甘肃", "en": "Gansu"}


def test_both_kinds_of_form_state_the_same(tmp_path: Path) -> None:
    contents = [
        whole(tmp_path / f"a{ending}", example_header(), example_rows())
        for ending in (".yaml", ".xlsx")
    ]
    for content in contents:
        del content["form_sha256"], content["as_reported"]
    assert contents[0] == contents[1]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.code}-{m.at}")
@pytest.mark.parametrize("ending", [".yaml", ".xlsx"])
def test_a_mistake_is_told_with_its_place_and_fix(
    tmp_path: Path, mistake: Planted, ending: str
) -> None:
    path = write(tmp_path / f"f{ending}", example_header(**mistake.header), _with(mistake.rows))
    form, figure = checked(path)
    found = next((f for f in form.findings if f.code == mistake.code), None)
    assert found is not None, form.findings
    assert found.file == path.name
    assert found.fix_zh
    assert found.fix_en
    assert (figure is None) == (found.severity == "error"), form.findings
    _points_to(found, mistake, path)


def _points_to(found: Finding, mistake: Planted, path: Path) -> None:
    """The finding's sheet, row, column and value are those of the planted cell."""
    if path.suffix == ".yaml":
        assert found.sheet is None
        assert found.column == mistake.at
        if found.value is not None and found.row is not None:
            line = path.read_text("utf-8").splitlines()[found.row - 1]
            assert found.value in line or found.value in yaml.safe_load(line.strip("- ")).values()
        return
    part = "header" if mistake.line is None else "figures"
    assert found.sheet == sheet_name(part)
    page = openpyxl.load_workbook(path)[found.sheet]
    if mistake.line is not None:
        assert found.row == mistake.line + 2
        headings = {cell.value for cell in page[1]}
        assert found.column in headings
        assert field_of("figures", str(found.column)).key == mistake.at
    else:
        assert found.row is not None
        assert page.cell(found.row, 1).value == mistake.at


@pytest.mark.parametrize("mistake", MISTAKES[1:], ids=lambda m: f"{m.code}-{m.at}")
def test_one_mistake_draws_no_other_error_after_it(tmp_path: Path, mistake: Planted) -> None:
    path = write(tmp_path / "f.yaml", example_header(**mistake.header), _with(mistake.rows))
    errors = {f.code for f in checked(path)[0].findings if f.severity == "error"}
    assert errors <= {mistake.code}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "form: other/1\nheader: {}\n",
        "form: [bornite-record/1]\n",
        "form: bornite-record/1\nheader: {a: 1\n",
        "[" * 2000,
        "\x00\x01",
    ],
)
def test_what_is_no_form_is_told_and_never_raised(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(text, "utf-8")
    form, figure = checked(path)
    assert figure is None
    assert codes(form) == {"BN-LED-001"}


def test_other_files_are_told_and_never_raised(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00form")
    (tmp_path / "broken.xlsx").write_bytes(form_workbook()[:2000])
    (tmp_path / "form.pdf").write_text("x")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    for name in ("bytes.yaml", "broken.xlsx", "form.pdf", "other.xlsx", "absent.yaml"):
        form, figure = checked(tmp_path / name)
        assert figure is None
        assert codes(form) <= {"BN-LED-001", "BN-TAB-003"}
        assert codes(form)


def test_a_key_twice_or_a_list_for_a_value_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "f.yaml", example_header(), example_rows())
    text = path.read_text("utf-8")
    path.write_text(text.replace("header:\n", "header:\n  scope: 全国\n"), "utf-8")
    assert "BN-LED-002" in codes(checked(path)[0])
    path.write_text(text.replace("scope: 矿区 deposit", "scope: [矿区]"), "utf-8")
    assert {"BN-LED-002", "BN-LED-004"} == {
        f.code for f in checked(path)[0].findings if f.severity == "error"
    }


def test_a_form_without_figures_is_refused(tmp_path: Path) -> None:
    for ending in (".yaml", ".xlsx"):
        form, figure = checked(write(tmp_path / f"f{ending}", example_header(), []))
        assert figure is None
        assert codes(form) == {"BN-LED-024"}
    rows = [row("潜在矿产资源", "5")]
    assert "BN-LED-024" in codes(checked(write(tmp_path / "g.yaml", example_header(), rows))[0])


OLD = {"reporting_code": "GBT17766_1999", "cutoff": None, "cutoff_unit": None}


def test_a_table_of_1999_is_converted_and_nothing_counts_twice(tmp_path: Path) -> None:
    """Fixture 8: 111=80 inside 111b=100, 122b=50, 333=30, 334?=500."""
    rows = [
        row("111", "80"),
        row("111b", "100"),
        row("122b", "50"),
        row("333", "30"),
        row("334?", "500"),
    ]
    form, figure = checked(write(tmp_path / "f.xlsx", example_header(**OLD), rows))
    assert figure is not None, form.findings
    content = figure.content
    by_class = {r["class"]: r["elements"]["cu_pct"]["metal_kg"] for r in content["statement"]}
    ten_thousand_t = 10_000_000
    assert by_class == {
        "measured": 100 * ten_thousand_t,
        "indicated": 50 * ten_thousand_t,
        "inferred": 30 * ten_thousand_t,
    }
    assert stated_kg(content, "cu_pct") == 180 * ten_thousand_t
    assert stated_kg(content, "cu_pct", "reserves") == 80 * ten_thousand_t
    assert [(e["code"], e["metal_kg"]) for e in content["excluded"]] == [
        ("334?", 500 * ten_thousand_t)
    ]
    assert content["converted"] is True
    assert content["conversion"]
    assert {"BN-LED-028", "BN-LED-029", "BN-LED-040"} <= codes(form)


def test_a_reserve_of_1999_needs_the_basic_reserve_it_lies_in(tmp_path: Path) -> None:
    header = example_header(**OLD)
    for rows in ([row("111", "80"), row("122b", "900")], [row("111", "80"), row("111b", "79.9")]):
        assert "BN-LED-039" in codes(checked(write(tmp_path / "f.yaml", header, rows))[0])


def test_probable_and_proved_share_the_indicated_resource(tmp_path: Path) -> None:
    rows = [row("探明", "10"), row("控制", "5"), row("证实", "9"), row("可信", "6")]
    whole(tmp_path / "f.yaml", example_header(), rows)
    rows[-1] = row("可信", "6.1")
    assert "BN-LED-039" in codes(checked(write(tmp_path / "f.yaml", example_header(), rows))[0])


def test_low_grade_by_code_is_a_stock_of_its_own(tmp_path: Path) -> None:
    rows = [row("332", "100"), row("333低", "30"), row("332（低）", "4")]
    content = whole(tmp_path / "f.yaml", example_header(**OLD), rows)
    assert stated_kg(content, "cu_pct") == 1_000_000_000
    assert stated_kg(content, "cu_pct", "low_grade") == 340_000_000
    rows[1]["stock"] = "工业"
    form, _ = checked(write(tmp_path / "f.yaml", example_header(**OLD), rows))
    assert "BN-LED-030" in codes(form)


def test_codes_of_one_class_are_added_and_their_grade_weighed(tmp_path: Path) -> None:
    more = {"ore_unit": "万t", "grade_unit": "%"}
    rows = [
        row("111b", "1", ore="200", grade="0.5", **more),
        row("331", "3", ore="300", grade="1.0", **more),
    ]
    (line,) = whole(tmp_path / "f.yaml", example_header(**OLD), rows)["statement"]
    assert line["class"] == "measured"
    assert line["ore_kg"] == 5_000_000_000
    assert line["elements"]["cu_pct"] == {
        "grade": 0.8,
        "metal_kg": 40_000_000,
        "evaluated_ore_kg": 5_000_000_000,
    }


def test_blank_ore_stays_unknown_and_zero_stays_zero(tmp_path: Path) -> None:
    rows = [row("探明", "0"), row("控制", "5", ore="0", ore_unit="t")]
    content = whole(tmp_path / "f.yaml", example_header(), rows)
    measured, indicated = content["statement"]
    assert measured["ore_kg"] is None
    assert measured["elements"]["cu_pct"]["metal_kg"] == 0
    assert measured["elements"]["cu_pct"]["grade"] is None
    assert indicated["ore_kg"] == 0
    assert stated_kg(content, "mo_pct") is None


STATISTICS: dict[str, str | None] = {
    "source_kind": "统计资料",
    "scope": "全国",
    "deposit_id": None,
    "deposit_zh": None,
    "filing_no": None,
    "filed_date": None,
    "review_no": None,
    "mine_code": None,
    "licence_no": None,
    "cutoff": None,
    "cutoff_unit": None,
    "province": None,
    "citation_issuer": "自然资源主管部门",
    "citation_quote": "铜矿储量4077.18万吨",
}


def test_national_statistics_are_official_and_of_no_deposit(tmp_path: Path) -> None:
    """Reserves of 2022, 4077.18 万t: a memo of a total that is not split into classes."""
    header = example_header(
        **{**STATISTICS, "effective_date": "2022-12-31", "stat_year": "2022"},
        citation_title="全国矿产资源储量统计表",
    )
    content = whole(tmp_path / "f.yaml", header, [row("储量", "4077.18")])
    assert content["deposit_id"] == "national"
    assert content["scope"] == "national"
    assert content["filing"]["state"] == "in_statistics"
    assert content["series"] == "source:全国矿产资源储量统计表-自然资源主管部门-2022"
    assert stated_kg(content, "cu_pct") is None
    assert stated_kg(content, "cu_pct", "reserves") == 40_771_800_000
    assert content["statement"] == []


def test_a_province_and_an_unsplit_total(tmp_path: Path) -> None:
    header = example_header(**{**STATISTICS, "scope": "省级", "province": "西藏自治区"})
    content = whole(tmp_path / "f.yaml", header, [row("资源量", "2000")])
    assert content["deposit_id"] == "province:西藏"
    assert content["province"]["en"] == "Tibet"
    assert stated_kg(content, "cu_pct") == 20_000_000_000
    form, figure = checked(write(tmp_path / "g.yaml", example_header(), [row("资源量", "2000")]))
    assert figure is None
    assert "BN-LED-038" in codes(form)


def test_abroad_is_entered_and_marked(tmp_path: Path) -> None:
    header = example_header(domestic="否", province="秘鲁")
    content = whole(tmp_path / "f.yaml", header, example_rows())
    assert content["domestic"] is False
    assert content["province"] == {"zh": "秘鲁", "en": "秘鲁"}


def test_the_state_is_what_the_citation_proves(tmp_path: Path) -> None:
    def state(**changes: str | None) -> str:
        header = example_header(**changes)
        return str(whole(tmp_path / "f.yaml", header, example_rows())["filing"]["state"])

    assert state() == "in_statistics"
    assert state(stat_year=None) == "filed"
    unfiled: dict[str, str | None] = {"stat_year": None, "filing_no": None, "filed_date": None}
    assert state(**unfiled) == "review_passed"
    assert state(**unfiled, review_no=None) == "draft"
    press = {**unfiled, "source_kind": "公开报道", "citation_quote": "新增铜365万吨"}
    assert state(**press, review_no=None) == "draft"


def test_identified_stands_beside_retained(tmp_path: Path) -> None:
    rows = [row("推断", "10"), row("推断", "12.5", part="累计查明")]
    content = whole(tmp_path / "f.yaml", example_header(), rows)
    assert stated_kg(content, "cu_pct") == 100_000_000
    assert stated_kg(content, "cu_pct", "identified") == 125_000_000


def test_a_configured_deposit_brings_its_belt(tmp_path: Path) -> None:
    header = example_header(deposit_id="gangdese-syn", province="西藏")
    content = whole(tmp_path / "f.yaml", header, example_rows())
    assert content["belt_id"] == "gangdese"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("黑矿储评字【2024】06号", "黑矿储评字〔2024〕6号"),
        ("中矿蒙储评字[2009]27号", "中矿蒙储评字（2009）27 号"),
        ("湘国土资储备字〔2009〕167号", "湘国土资储备字[２００９]第167号"),
    ],
)
def test_one_filing_number_in_any_brackets_is_one(one: str, other: str) -> None:
    assert filing_number(one) == filing_number(other)
    assert filing_number(filing_number(one)) == filing_number(one)
    assert filing_number(one) != filing_number(one.replace("号", "1号"))


def test_states_and_causes_of_the_form_are_the_ledgers() -> None:
    assert {"draft", "review_passed", "filed", "in_statistics"} <= set(FILING)
    causes = {choice_of("growth_type", text) for text in choice_texts("growth_type")}
    assert causes <= set(GROWTH_TYPES)


def test_codes_in_any_writing() -> None:
    for text in ("111b", "111B", "（111b）", " 111 b"):
        assert class_code(text) == class_code("111b")
    assert class_code("334？").kind == "excluded"
    assert class_code("探明资源量").class_name == "measured"
    assert class_code("1111") is None
    assert "111b" in nearest_codes("1111b")
    assert nearest_codes("探明的")[0] == "探明"


def test_every_code_of_the_table_becomes_the_class_of_its_last_figure() -> None:
    """An independent reading: 1 or b-codes by their last digit, resources 331-333 likewise."""
    geology = {"1": "measured", "2": "indicated", "3": "inferred"}
    for code in ("111b", "121b", "122b", "2M11", "2M21", "2M22", "2S11", "2S21", "2S22"):
        assert class_code(code).class_name == geology[code.rstrip("b")[-1]], code
    for code in ("331", "332", "333"):
        assert class_code(code).class_name == geology[code[-1]]
    assert [class_code(c).class_name for c in ("111", "121", "122")] == [
        "proved",
        "probable",
        "probable",
    ]


def test_a_province_in_short_and_in_full() -> None:
    for text in ("西藏", "西藏自治区", "Tibet"):
        assert province_of(text) == ("西藏", "Tibet")
    assert province_of("新疆维吾尔自治区") == ("新疆", "Xinjiang")
    assert province_of("黑龙江省") == ("黑龙江", "Heilongjiang")
    assert province_of("内蒙") is None


def test_every_choice_and_heading_of_the_form_is_read_back() -> None:
    for part in ("header", "figures"):
        for one in form_fields(part):
            for text in (one.key, one.zh, one.en, one.heading):
                assert field_of(part, text) == one, text
            for offered in choice_texts(one.choices) if one.choices else ():
                assert choice_of(str(one.choices), offered) is not None, offered


def test_the_empty_workbook_has_drop_downs_and_is_the_same_every_time() -> None:
    from io import BytesIO

    assert form_workbook() == form_workbook()
    book = openpyxl.load_workbook(BytesIO(form_workbook()))
    assert book.sheetnames == [sheet_name(n) for n in SHEET_KEYS]
    lists = {f.key for f in (*form_fields("header"), *form_fields("figures")) if f.choices}
    for part, offset in (("header", 4), ("figures", None)):
        page = book[sheet_name(part)]
        held = {
            str(r).split(":")[0]
            for v in page.data_validations.dataValidation
            if v.type == "list"
            for r in v.sqref.ranges
        }
        for number, one in enumerate(form_fields(part)):
            cell = f"C{number + offset}" if offset else page.cell(2, number + 1).coordinate
            assert (cell in held) or one.key not in lists, one.key


SHEET_KEYS = ("header", "figures", "example", "notes", "lists")


def test_the_empty_yaml_is_a_form_whose_comments_name_every_field() -> None:
    text = form_yaml()
    plain = yaml.safe_load(text)
    assert plain["form"] == form_version()
    assert list(plain["header"]) == [f.key for f in form_fields("header")]
    assert set(plain["header"].values()) == {None}
    for one in (*form_fields("header"), *form_fields("figures")):
        assert one.heading in text


@settings(max_examples=20, deadline=None)
@given(
    metal=st.integers(0, 10**9),
    unit=st.sampled_from([("t", 1000), ("kt", 10**6), ("万t", 10**7), ("kg", 1)]),
    decimals=st.integers(0, 3),
)
def test_kilograms_are_those_of_exact_arithmetic(
    tmp_path_factory: pytest.TempPathFactory,
    metal: int,
    unit: tuple[str, int],
    decimals: int,
) -> None:
    text = str(Decimal(metal).scaleb(-decimals))
    path = tmp_path_factory.mktemp("forms") / "f.yaml"
    content = whole(path, example_header(), [row("推断", text, metal_unit=unit[0])])
    exact = Decimal(metal).scaleb(-decimals) * unit[1]
    assert abs(Decimal(stated_kg(content, "cu_pct") or 0) - exact) <= Decimal("0.5")


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_a_cell_says_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    keys = [f.key for f in form_fields("header")]
    wild = st.one_of(
        st.text(max_size=12),
        st.sampled_from(["1e99", "-0", "NaN", "Infinity", "9" * 40, "0." + "1" * 40, "是", "0"]),
    )
    header = example_header() | data.draw(st.dictionaries(st.sampled_from(keys), wild, max_size=3))
    rows = example_rows()
    for change in data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=3)):
        column = data.draw(st.sampled_from([f.key for f in form_fields("figures")]))
        rows[change][column] = data.draw(wild)
    path = write(tmp_path_factory.mktemp("forms") / "f.yaml", header, rows)
    form, figure = checked(path)
    refused = any(f.severity == "error" for f in form.findings)
    assert (figure is None) == refused


def test_rows_in_any_order_state_the_same(tmp_path: Path) -> None:
    one = whole(tmp_path / "a.yaml", example_header(), example_rows())
    rows = example_rows()
    random.Random(3).shuffle(rows)
    other = whole(tmp_path / "b.yaml", example_header(), rows)
    assert same_figures(one, other)
    rows[0]["metal"] = str(Decimal(rows[0]["metal"]) + Decimal("0.001"))
    assert not same_figures(one, whole(tmp_path / "c.yaml", example_header(), rows))
