"""Trace of a filed figure: ledger entry, form in the vault, and the cells as they were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flows.cli import Exit, main
from flows.records import record
from tests.record_forms import example_header, example_rows, write
from tests.small_belt import write_small_belt
from tracking import Ledger

DEPOSIT = "example-deposit"


class Clerk:
    """A ledger with one filed report on a workbook and another on YAML, and the command."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.belts, self.workspace = str(write_small_belt(folder)), str(folder / "ws")
        self.capsys = capsys
        plain: dict[str, str | None] = {"mine_code": None, "licence_no": None, "review_no": None}
        header = example_header(deposit_id=DEPOSIT, **plain)
        later = header | {"effective_date": "2024-06-30", "filing_no": "藏矿储评字〔2024〕77号"}
        self.forms = [write(folder / "a.xlsx", header, example_rows())]
        self.forms.append(write(folder / "b.yaml", later, example_rows()))
        for form in self.forms:
            (found,) = record([str(form)], self.belts, self.workspace)
            assert found.outcome == "entered", found.findings

    def trace(self, *words: str) -> tuple[int, str, str]:
        """The command's exit code and what it prints."""
        where = ["--configs", self.belts, "--workspace", self.workspace]
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["trace", *words, *where])
        out = self.capsys.readouterr()
        return int(str(left.value.code)), out.out, out.err

    def answer(self, *words: str) -> dict[str, Any]:
        """The command's JSON."""
        code, out, err = self.trace(*words, "--json")
        assert code == Exit.OK, err
        return dict(json.loads(out))


@pytest.fixture
def clerk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    return Clerk(tmp_path, capsys)


def test_a_filed_figure_leads_to_the_cells_of_its_workbook(clerk: Clerk) -> None:
    """Each cell is looked up in the vault's bytes with nothing of ours."""
    found = clerk.answer(DEPOSIT, "--entry", "1")
    with Ledger(f"sqlite:///{clerk.workspace}/ledger.db") as ledger:
        content = ledger.entry(1).content
    assert (found["kind"], found["series"]) == ("outside", content["series"])
    assert (found["form"]["format"], found["form"]["otherwise"]) == ("xlsx", [])
    vault = Path(found["form"]["vault"])
    assert vault.read_bytes() == clerk.forms[0].read_bytes()
    with vault.open("rb") as stream:
        book = openpyxl.load_workbook(stream)
        assert len(found["rows"]) == len(example_rows())
        for one in found["rows"]:
            line = [str(cell.value) for cell in book[one["sheet"]][one["row"]]]
            for cell in one["cells"].values():
                text = cell["value"]
                assert text in line or f"{text}.0" in line or text.rstrip("0").rstrip(".") in line
        (filed,) = (cell for cell in found["header"] if cell["key"] == "filing_no")
        assert book[filed["sheet"]].cell(filed["row"], 3).value == filed["value"]
    metal = [x for x in found["figure"]["lines"] if (x["class"], x["element"]) == (
        "measured", "cu_pct") and (x["stock"], x["part"]) == ("resource", "retained")]  # fmt: skip
    row = next(r for r in content["statement"] if r["class"] == "measured")
    assert [line["kg"] for line in metal] == [row["elements"]["cu_pct"]["metal_kg"]]


def test_the_official_view_takes_the_latest_filing(clerk: Clerk) -> None:
    """Or that of the date that is named; a line of the YAML form is a line of the file."""
    found = clerk.answer(DEPOSIT, "--view", "official")
    assert [one["number"] for one in found["ledger"]] == [2 if _later(clerk) else 1]
    (first,) = clerk.answer(DEPOSIT, "--view", "official", "--vintage", _dates(clerk)[0])["ledger"]
    assert first["number"] == 1
    found = clerk.answer(DEPOSIT, "--entry", "2")
    lines = clerk.forms[1].read_text("utf-8").splitlines()
    for one in found["rows"]:
        for cell in one["cells"].values():
            assert cell["column"] in lines[cell["row"] - 1]
            assert cell["value"].strip() in lines[cell["row"] - 1]


def _dates(clerk: Clerk) -> list[str]:
    with Ledger(f"sqlite:///{clerk.workspace}/ledger.db") as ledger:
        return [entry.vintage.isoformat() for entry in ledger.entries()]


def _later(clerk: Clerk) -> bool:
    first, second = _dates(clerk)
    return second > first


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_terminal_says_it_in_words_and_tonnes(
    clerk: Clerk, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader's language alone, no Python value; the filing number and the cells are there."""
    monkeypatch.setenv("BORNITE_LANG", language)
    code, out, _ = clerk.trace(DEPOSIT, "--entry", "1")
    assert code == Exit.OK
    assert not set("{}'") & set(out)
    assert "None" not in out
    words = ("探明", "保有", "第 2 行", "登记表") if language == "zh" else (
        "Measured", "retained", "row 2", "form")  # fmt: skip
    assert all(word in out for word in (*words, " t, "))
    assert "measured" not in out


def test_a_form_that_is_gone_is_said_with_what_the_entry_keeps(clerk: Clerk) -> None:
    """Exit 3, the rows as they were written all the same."""
    form = Path(clerk.answer(DEPOSIT, "--entry", "1")["form"]["vault"])
    form.unlink()
    code, out, _ = clerk.trace(DEPOSIT, "--entry", "1", "--json")
    found = json.loads(out)
    assert code == Exit.DATA
    assert "not in the vault" in found["why"]
    assert len(found["rows"]) == len(example_rows())
    code, out, _ = clerk.trace(DEPOSIT, "--entry", "1")
    assert code == Exit.DATA
    assert "✗" in out


def test_what_is_not_there_is_a_usage_error(clerk: Clerk) -> None:
    """No such entry, no official figure, blocks of a figure from outside."""
    assert clerk.trace(DEPOSIT, "--entry", "9")[0] == Exit.USAGE
    code, _, err = clerk.trace("small-deposit", "--view", "official")
    assert (code, "bornite ledger small-deposit" in err) == (Exit.USAGE, True)
    assert clerk.trace(DEPOSIT, "--entry", "1", "--block", "1", "1", "1")[0] == Exit.USAGE
