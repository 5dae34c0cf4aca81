"""The report pack: every heading answered or left to a person, every file accounted for."""

from __future__ import annotations

import inspect
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from docx import Document
from docx.shared import Cm
from openpyxl import load_workbook

from estimation.studies import Study, StudyTable, Words
from flows.estimate import estimate
from flows.runtime import Workspace
from flows.study import TOPICS, open_workbench, work_out
from geo.config import ConfigError
from geo.dictionary import load_words
from geo.files import sha256
from reporting.pack import facts, facts_plan
from reporting.pack.document import OUTLINES, TO_WRITE, answers_to, write_document
from reporting.pack.facts import Known
from reporting.pack.folder import write_pack
from reporting.working.study import Made
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"
TABLE = StudyTable(
    "means",
    Words("均值", "Means"),
    pd.DataFrame({"domain": ["all", "ore"], "mean_pct": [0.25, float("nan")], "count": [3, 0]}),
    {"domain": Words("矿化域", "Domain")},
    Words("空白不作零", "blank is not zero"),
)
MADE = Made(datetime(2026, 1, 2, tzinfo=UTC), "20260102T000000-abcd")
STUDY = Study("exploration", Words("统计", "Statistics"), (TABLE,), (), (Words("偏斜", "Skewed"),))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    folder = tmp_path_factory.mktemp("pack")
    configs = write_small_belt(folder)
    estimate(DEPOSIT, str(configs), str(folder / "ws"))
    bench = open_workbench(DEPOSIT, configs, Workspace(folder / "ws"))
    assert bench.result is not None
    return Known(bench, (STUDY,))


def _words() -> set[str]:
    outlines = [load_words(path) for path in OUTLINES.values()]
    return {w for o in outlines for s in o["sections"] for h in s["headings"] for w in h["fill"]}


def test_every_fill_word_is_answered_and_every_answer_is_asked(known: Known) -> None:
    """No heading asks what nobody answers; no function answers what nobody asks."""
    for word in _words():
        for text in answers_to(word, known):
            assert text.zh
            assert text.en
    functions = {
        name
        for module in (facts, facts_plan)
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__ and not name.startswith("_")
    }
    assert functions == _words()


def test_a_pack_is_whole(known: Known, tmp_path: Path) -> None:
    """Documents, workbook, CSV and manifest; the manifest's hashes are those of the files."""
    folder = tmp_path / "packs" / "x"
    folder.parent.mkdir()
    files = write_pack(known, folder, MADE)
    assert {"jorc-table-1.docx", "resource-report.docx", "tables.xlsx"} <= set(files)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["files"] == files
    assert manifest["run_id"] == MADE.run_id
    assert all(sha256(folder / name) == value for name, value in files.items())
    time.sleep(2.1)  # the clock of an archive ticks in two seconds
    assert write_pack(known, folder, MADE) == files  # swapped in, not merged; the same bytes
    assert [p.name for p in folder.parent.iterdir()] == ["x"]
    book = load_workbook(folder / "tables.xlsx")
    sheet: Any = book["explore means"]
    assert [c.value for c in sheet[4]] == ["矿化域 / Domain", "mean pct", "count"]
    assert sheet["A5"].value == "全部 / all"
    assert sheet["B5"].value == 0.25
    assert sheet["B6"].value is None
    for name in book.sheetnames:
        page: Any = book[name]
        assert "SYNTHETIC" in page["A1"].value
        assert "not filed" in page["A2"].value


def test_headings_without_an_answer_are_left_to_a_person(known: Known, tmp_path: Path) -> None:
    """Every heading of the outline is there, in its order; empty ones say so."""
    folder = tmp_path / "pack"
    write_pack(known, folder, MADE)
    for name, outline in OUTLINES.items():
        document = Document(str(folder / f"{name}.docx"))
        sections = load_words(outline)["sections"]
        entries = [h for s in sections for h in s["headings"]]
        told: list[list[str]] = []
        for paragraph in document.paragraphs:
            style = paragraph.style.name if paragraph.style else ""
            if style == "Heading 2":
                told.append([paragraph.text, ""])
            elif told and style != "Heading 1":
                told[-1][1] += paragraph.text
        assert [line[0] for line in told] == [f"{e['zh']} / {e['en']}" for e in entries]
        for entry, (_, text) in zip(entries, told, strict=True):
            assert text
            if not any(entry.get(kind) for kind in ("fill", "tables", "figures")):
                assert TO_WRITE.en in text
        assert "SYNTHETIC" in "".join(p.text for p in document.paragraphs)


def test_documents_hold_the_tables_and_figures_that_headings_name(tmp_path: Path) -> None:
    """Of a whole study: statement, verdicts and contents as tables, drawings as pictures."""
    configs = write_small_belt(tmp_path)
    estimate(DEPOSIT, str(configs), str(tmp_path / "ws"))
    bench = open_workbench(DEPOSIT, configs, Workspace(tmp_path / "ws"))
    studies = tuple(work_out(name, bench) for name in ("exploration", "classification"))
    path = write_document("resource-report", Known(bench, studies), tmp_path / "r.docx")
    document = Document(str(path))
    assert len(document.inline_shapes) == 5
    assert all(shape.width <= Cm(15.6) for shape in document.inline_shapes)
    cells = [[c.text for c in row.cells] for t in document.tables for row in t.rows]
    text = "\n".join(" | ".join(row) for row in cells)
    assert bench.result is not None
    said = bench.result.statement
    for name in ("measured", "indicated", "inferred"):
        ore = sum(r.ore_t for r in said.at_cutoff() if r.class_name == name)
        assert f"{ore:,.0f}" in text
    for check in bench.result.checks:
        assert check.label_en in text
    assert "classification/tables/classes.csv" in text
    told = "\n".join(p.text for p in document.paragraphs)
    failed = sum(c.verdict == "fail" for c in bench.result.checks)
    assert f"{failed} fail." in told
    assert "780 m" in told, "13 holes of 60 m"
    assert "/-0" not in told


def test_every_pattern_of_an_outline_fits_something() -> None:
    """Tables and figures are named by topic; a topic that is none is a slip of the pen."""
    for path in OUTLINES.values():
        for section in load_words(path)["sections"]:
            for heading in section["headings"]:
                for pattern in (*heading.get("tables", ()), *heading.get("figures", ())):
                    assert pattern.split("/")[0] in {*TOPICS, "result", "pack"}, pattern


def test_without_an_estimate_there_is_no_pack(tmp_path: Path) -> None:
    """The message names the command that makes one."""
    from flows.pack import pack

    configs = write_small_belt(tmp_path)
    with pytest.raises(ConfigError, match="bornite estimate small-deposit"):
        pack(DEPOSIT, str(configs), str(tmp_path / "ws"))
