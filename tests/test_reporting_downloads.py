"""The downloads page: every file with its hash; tables that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from geo.config import Names
from geo.files import sha256
from reporting import SiteReport
from reporting.documents.plain import FORMULA_STARTS, PlainTable, plain_cell, plain_tables
from reporting.documents.write import write_documents
from reporting.facts.prepared import PreparedFile
from reporting.figures.store import FigureStore
from reporting.site.pages.downloads import leaves
from reporting.site.room import BUREAU, PUBLIC, Audience, Room, SiteFile, Stamp
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.downloads import file_groups, size_text
from reporting.workbook.sheet import Field
from tests.browser_fixture import PageReader, fabricated_report, sample_belts

EXPORT = "software/one/omf-blocks/one.omf"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    folder = tmp_path_factory.mktemp("downloads")
    made = folder / "one.omf"
    made.write_bytes(b"a block model")
    beside = folder / "one.omf.json"
    beside.write_text("{}", "utf-8")
    title = Text("块体模型", "block model")
    prepared = (
        PreparedFile(EXPORT, title, made, sha256(made)),
        PreparedFile(f"{EXPORT}.json", title, beside, sha256(beside)),
    )
    return replace(fabricated_report(folder, sample_belts()[:1]), prepared=prepared)


@pytest.fixture(scope="module")
def site(report: SiteReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _offered(report, tmp_path_factory.mktemp("site"), BUREAU)


@pytest.fixture(scope="module")
def public(report: SiteReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _offered(report, tmp_path_factory.mktemp("public"), PUBLIC)


def _offered(report: SiteReport, folder: Path, audience: Audience) -> Path:
    """A site of its downloads and the page that lists them, without the other pages."""
    room = Room(report, FigureStore(folder / "figures"), audience)
    site = folder / "site"
    files = write_documents(room, site, folder / "none")
    (leaf,) = leaves(replace(room, files=files), "")
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    beside = {"nav": (), "audience": audience, "stamp": stamp}
    (site / leaf.path).write_text(render_page(leaf.template, {**leaf.context, **beside}), "utf-8")
    return site


def test_every_file_is_listed_with_its_size_and_hash(site: Path) -> None:
    page = (site / "downloads.html").read_text("utf-8")
    links = {link for link in PageReader(page).links if link.startswith("downloads/")}
    files = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
    offered = {name: path for name, path in files.items() if name.startswith("downloads/")}
    assert links == set(offered)
    for name, path in offered.items():
        if not name.endswith(".json"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() in page, name
            assert size_text(path.stat().st_size) in page
    assert (site / "downloads" / EXPORT).read_bytes() == b"a block model"


def test_the_public_gets_its_own_files_and_no_export(site: Path, public: Path) -> None:
    names = [{p.name for p in (f / "downloads").rglob("*") if p.is_file()} for f in (site, public)]
    assert names[0] - names[1] == {"one.omf", "one.omf.json"}
    assert "one.omf" not in (public / "downloads.html").read_text("utf-8")


def test_every_column_of_every_table_is_explained(site: Path) -> None:
    lines = _read(site / "downloads" / "data-dictionary.csv")
    known = {(line["table"], line["column"]): line for line in lines}
    page = (site / "downloads.html").read_text("utf-8")
    for path in sorted((site / "downloads").glob("*.csv")):
        if path.stem == "data-dictionary":
            continue
        for column in _read(path)[0]:
            line = known.pop((path.stem, column))
            assert line["meaning_zh"]
            assert line["meaning_en"]
            assert f"<code>{column}</code>" in page
    assert not known
    units = {line["column"]: line["unit"] for line in lines if line["table"] == "resource"}
    assert (units["ore"], units["volume"]) == ("t", "m³")
    for table in ("resource", "by-products"):
        (domain,) = [one for one in lines if (one["table"], one["column"]) == (table, "domain")]
        assert "'全部矿化域 / all domains' is" in domain["meaning_en"]
        assert "never add them to it" in domain["meaning_en"]
        assert "不得再与之相加" in domain["meaning_zh"]


def _read(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_tables_are_the_workbooks_numbers(report: SiteReport, site: Path) -> None:
    book = openpyxl.load_workbook(site / "downloads" / "bornite.xlsx")
    fields = {one.name: one.fields for one in plain_tables(report, BUREAU)}
    for sheet, name in (("资源量 Resource", "resource"), ("变动 Movement", "movement")):
        rows = list(book[sheet].iter_rows(min_row=5, values_only=True))
        table = _read(site / "downloads" / f"{name}.csv")
        assert len(rows) == len(table) > 0
        for row, line in zip(rows, table, strict=True):
            for value, text, field in zip(row, line.values(), fields[name], strict=True):
                if isinstance(value, int | float):
                    assert float(text) == pytest.approx(value, rel=1e-15)
                else:
                    assert field.word(text) == (value or "")


def test_no_table_looks_final_and_whole_numbers_are_whole(site: Path) -> None:
    """Each row of figures says whether it is synthetic, where it stands, and what it is."""
    kinds = {
        (line["table"], line["column"]): (line["type"], line["codes"])
        for line in _read(site / "downloads" / "data-dictionary.csv")
    }
    counts = 0
    for path in sorted((site / "downloads").glob("*.csv")):
        if path.stem == "data-dictionary":
            continue
        for line in _read(path):
            assert line["synthetic"] == "yes", path.stem
            assert line["status"] == "draft", path.stem
            assert "not filed" in line["mark"], path.stem
            for column, text in line.items():
                kind, codes = kinds[path.stem, column]
                if kind == "integer" and text:
                    assert text.lstrip("-").isdecimal(), (path.stem, column, text)
                    counts += 1
                elif kind == "code" and text:
                    assert f"{text} = " in codes, (path.stem, column, text)
    assert kinds["provenance", "ledger_entry"] == kinds["comparison", "ledger_entry"]
    assert kinds["provenance", "ledger_entry"] == ("integer", "")
    assert counts > 50


def test_the_comparison_has_every_vintage(report: SiteReport, site: Path) -> None:
    table = _read(site / "downloads" / "comparison.csv")
    vintages = [result for found in report.results.values() for result in found]
    assert {line["vintage"] for line in table} == {str(one.vintage) for one in vintages}
    whole = sum(
        row.elements["cu_pct"].metal_t for one in vintages for row in one.statement.at_cutoff()
    )
    metal = [float(line["metal"]) for line in table if line["element"] == "cu_pct"]
    assert sum(metal) == pytest.approx(whole)


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_text_that_looks_like_a_formula_is_marked_as_text(start: str) -> None:
    field = Field(Text("名称", "Name"))
    for lead in ("", " "):
        made = plain_cell(field, f'{lead}{start}=HYPERLINK("http://x",1)')
        assert made.startswith("'")
    number = Field(Text("差", "Difference"), "t", 3)
    assert plain_cell(number, -1.5) == "-1.5"
    assert plain_cell(number, float("nan")) == plain_cell(number, None) == ""
    assert plain_cell(number, "=1") == ""


def test_headings_of_one_table_differ(tmp_path: Path) -> None:
    fields = (Field(Text("甲", "Grade (a)")), Field(Text("乙", "Grade a")))
    table = PlainTable("t", Text("", ""), fields, (("x", "y\x00\x1b z"),))
    assert table.columns == ("grade_a", "grade_a_2")
    table.write(tmp_path / "t.csv")
    assert _read(tmp_path / "t.csv") == [{"grade_a": "x", "grade_a_2": "y z"}]


def test_a_side_car_stands_beside_its_file() -> None:
    title = Text("甲", "a")
    names = ("downloads/a b#.csv", "downloads/software/a.vti", "downloads/software/a.vti.json")
    groups = file_groups(SiteFile(name, title, 1, "0" * 64) for name in names)
    assert [group.key for group in groups] == ["csv", "software"]
    assert groups[0].lines[0].href == "downloads/a%20b%23.csv"
    (line,) = groups[1].lines
    assert line.notes == "downloads/software/a.vti.json"
    assert line.form.opened_by.en == "ParaView"


def test_each_omf_says_which_and_names_no_reader_that_was_not_tried() -> None:
    title = Text("甲", "a")
    names = ("downloads/software/a-omf1.omf", "downloads/software/a.omf")
    (group,) = file_groups(SiteFile(name, title, 1, "0" * 64) for name in names)
    assert [line.form.name.en for line in group.lines] == ["OMF 1", "OMF 2"]
    assert "Leapfrog" not in group.lines[1].form.opened_by.en


def test_the_bureau_is_told_the_command_for_other_formats(site: Path, public: Path) -> None:
    page = (site / "downloads.html").read_text("utf-8")
    assert "bornite export DEPOSIT --format csv-surpac --out export" in page
    assert "--format omf1 " not in page
    assert "bornite export" not in (public / "downloads.html").read_text("utf-8")


def test_hostile_names_are_inert_on_the_page(report: SiteReport, tmp_path: Path) -> None:
    evil = Names(zh="<script>alert(1)</script>", en='"><img src=x onerror=alert(1)>')
    belt = report.belts[0].model_copy(update={"name": evil})
    site = _offered(replace(report, belts=(belt,)), tmp_path, BUREAU)
    page = (site / "downloads.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "img" not in PageReader(page).tags
