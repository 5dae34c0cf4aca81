"""Reasons name file and code in the reader's language."""

from __future__ import annotations

import pytest

from flows.cli_data import _after_ingest
from flows.ingest import check
from flows.reasons import reason_of, reason_of_json, reason_of_trouble
from flows.show import Voice
from flows.show_held import say_unread
from geo.findings import DataError
from geo.rules import finding
from reporting.units import Text
from tests.small_belt import write_small_belt


def test_a_damaged_workbook_is_named_with_its_code_in_one_language_each(tmp_path):
    configs = write_small_belt(tmp_path)
    path = next(tmp_path.rglob("*assay*.csv"))
    path.write_bytes(b"PK\x03\x04 cut short")
    reason = check("small", str(configs)).refused["small-deposit"]
    name = f"{path.parent.name}/{path.name}"
    assert reason.zh == f"{name}：文件读不出来：文件损坏或未传完（BN-TAB-003）"
    assert reason.en.startswith(f"{name}: the file can't be read: damaged")
    assert reason.en.endswith("(BN-TAB-003)")
    assert "/ " not in reason.en.replace(name, "")


def test_an_absent_file_is_named_with_its_configured_folder():
    lost = finding("BN-TAB-001", file="2024/样品.csv")
    assert reason_of(lost, "../data").zh == "../data/2024/样品.csv：找不到文件（BN-TAB-001）"
    assert reason_of(lost, names_file=False).en == "the file is not there (BN-TAB-001)"


def test_of_several_findings_the_one_that_blocks_is_the_reason():
    note, grave = finding("BN-INB-002", file="a"), finding("BN-INB-001", file="b")
    assert "b: " in reason_of_trouble(DataError([note, grave])).en
    assert reason_of_trouble(ValueError("x")) == Text("x", "x")
    assert reason_of_json("old words") == Text("old words", "old words")


def test_files_left_alone_get_one_line(capsys):
    found = [
        finding("BN-INB-002", file="late.csv.part"),
        finding("BN-INB-003", file="new.csv", value=1, count=1, found="new.csv"),
    ]
    say_unread(Voice("en"), "small", found)
    (line,) = capsys.readouterr().err.splitlines()
    assert "late.csv.part" in line
    assert "new.csv" in line
    say_unread(Voice("en"), "small", [])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("code", ["BN-INB-001", "BN-TAB-001"])
def test_after_a_file_that_was_not_read_the_next_step_is_to_run_again(code):
    from flows.account import Ingested

    account = Ingested("small", findings=(finding(code, file="a.csv"),))
    assert "bornite ingest small" in _after_ingest([account], "configs")
