"""The report pack: every heading answered or left to a person, every file accounted for."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from docx import Document
from openpyxl import load_workbook

from estimation.studies import Study, StudyTable, Words
from flows.estimate import estimate
from flows.runtime import Workspace
from flows.study import open_workbench
from geo.config import ConfigError
from geo.dictionary import load_words
from geo.files import sha256
from reporting.pack import facts, facts_plan
from reporting.pack.document import OUTLINES, TO_WRITE, answers_to
from reporting.pack.facts import Known
from reporting.pack.folder import write_pack
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"
TABLE = StudyTable(
    "means",
    Words("均值", "Means"),
    pd.DataFrame({"domain": ["all", "ore"], "mean_pct": [0.25, float("nan")], "count": [3, 0]}),
    {"domain": Words("矿化域", "Domain")},
    Words("空白不作零", "blank is not zero"),
)
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
    files = write_pack(known.bench, known.studies, folder, datetime.now(UTC))
    assert {"jorc-table-1.docx", "resource-report.docx", "tables.xlsx"} <= set(files)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["files"] == files
    assert all(sha256(folder / name) == value for name, value in files.items())
    write_pack(known.bench, known.studies, folder, datetime.now(UTC))  # swapped in, not merged
    assert [p.name for p in folder.parent.iterdir()] == ["x"]
    book = load_workbook(folder / "tables.xlsx")
    sheet: Any = book["explorat means"]
    assert [c.value for c in sheet[3]] == ["domain", "mean_pct", "count"]
    assert sheet["B4"].value == 0.25
    assert sheet["B5"].value is None


def test_headings_without_an_answer_are_left_to_a_person(known: Known, tmp_path: Path) -> None:
    """Every heading of the outline is there, in its order; empty ones say so."""
    folder = tmp_path / "pack"
    write_pack(known.bench, known.studies, folder, datetime.now(UTC))
    for name, outline in OUTLINES.items():
        document = Document(str(folder / f"{name}.docx"))
        sections = load_words(outline)["sections"]
        entries = [h for s in sections for h in s["headings"]]
        told: list[list[str]] = []
        for paragraph in document.paragraphs:
            if paragraph.style.name == "Heading 2":
                told.append([paragraph.text, ""])
            elif told and paragraph.style.name != "Heading 1":
                told[-1][1] += paragraph.text
        assert [line[0] for line in told] == [f"{e['zh']} / {e['en']}" for e in entries]
        for entry, (_, text) in zip(entries, told, strict=True):
            assert text
            if not entry["fill"]:
                assert TO_WRITE.en in text
        assert "SYNTHETIC" in "".join(p.text for p in document.paragraphs)


def test_without_an_estimate_there_is_no_pack(tmp_path: Path) -> None:
    """The message names the command that makes one."""
    from flows.pack import pack

    configs = write_small_belt(tmp_path)
    with pytest.raises(ConfigError, match="bornite estimate small-deposit"):
        pack(DEPOSIT, str(configs), str(tmp_path / "ws"))
