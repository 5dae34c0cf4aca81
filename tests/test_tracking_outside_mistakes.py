"""Forms of figures from outside: each mistake is told with its place and fix."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.findings import Finding
from geo.rules import rules
from reporting.record_form import form_workbook
from tests.record_forms import (
    checked,
    codes,
    example_header,
    example_rows,
    row,
    write,
)
from tracking.forms.words import (
    field_of,
    form_fields,
    sheet_name,
)

AGAINST_THE_LEDGER = {
    *(f"BN-LED-{n:03d}" for n in range(44, 54)),
}
"""Rules about what stands in the ledger: tests/test_flows_record_doubles.py plants them."""


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


def _with(changes: dict[int, dict[str, str | None]]) -> list[dict[str, str]]:
    """The example's rows with changes."""
    rows: list[dict[str, Any]] = [*example_rows(), *({} for n in changes if n > 6)]
    for number, change in changes.items():
        rows[number] = {k: v for k, v in (rows[number] | change).items() if v is not None}
    return rows


def test_every_rule_of_records_is_planted_somewhere() -> None:
    planted = {mistake.code for mistake in MISTAKES} | ELSEWHERE | AGAINST_THE_LEDGER
    assert planted == {code for code in rules() if code.startswith("BN-LED-")}


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
