"""Trace both ways: a figure to the rows of its originals, and a row to the figures it touched."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from estimation.results import DepositResult
from flows.cli import Exit, main
from flows.estimate import estimate
from flows.nightly import nightly
from flows.runtime import Workspace
from flows.trace import trace
from flows.trace_row import Asked, trace_row
from geo.config import ConfigError
from tests.small_belt import CAMPAIGNS, spoil, write_small_belt
from tracking import Hold, Ledger, kg

DEPOSIT = "small-deposit"
ROW = 60
"""C0-01, 56-58 m and so on: any row of the first campaign's assays but the heading."""
GHOST = 272
"""Row of an assay of a hole that has no collar."""


def add_ghost(belts: Path) -> None:
    """One more assay row, of a hole without a collar: it is refused."""
    spoil(belts, "assay", lambda text: text + "GHOST,0,2,g1,0.5,0.02\n")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Configuration and workspace of the small belt after one night."""
    folder = tmp_path_factory.mktemp("night")
    belts = write_small_belt(folder)
    add_ghost(belts)
    nightly(str(belts), str(folder / "workspace"), workers=1)
    return str(belts), str(folder / "workspace")


def line_of(path: str, row: int) -> dict[str, str]:
    """A row of a CSV, read with nothing of ours: row 1 is the heading."""
    with Path(path).open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    return dict(zip(lines[0], lines[row - 1], strict=True))


def test_a_figure_leads_to_its_entry_files_and_tables(night: tuple[str, str]) -> None:
    """Rows accepted, used and refused by table; they add up to the file's."""
    found = trace(DEPOSIT, *night)
    (entry,) = found["ledger"]
    assert (entry["number"], entry["review"], entry["newest"]) == (2, "draft", True)
    assert (entry["usable"], entry["published"], found["official"]) == (True, False, [])
    assert (found["read_from"], found["data_unchanged"]) == ("vault", True)
    assert all(file["kept"] for file in found["files"])
    assert found["samples"] == {"basic": 13 * 15}
    tables = {(one["table"], one["file"]): one for one in found["tables"]}
    assay = tables["assay", "0/assay.csv"]
    assert (assay["rows"], assay["rows_in_samples"], assay["rows_refused"]) == (270, 270, 1)
    assert (assay["first_row"], assay["last_row"], assay["sheet"]) == (2, 271, None)
    assert tables["collar", "1/collar.csv"]["rows"] == 4


def test_the_figure_in_use_is_traced_or_the_entry_that_is_named(
    night: tuple[str, str], tmp_path: Path
) -> None:
    """A newer result waits: trace shows the one before; ``--entry`` shows it, or any other."""
    belts, workspace = night[0], str(tmp_path / "workspace")
    shutil.copytree(night[1], workspace)
    before = trace(DEPOSIT, belts, workspace)
    present = Path(before["result"])
    result = DepositResult.read(present)
    rows = tuple(replace(row, ore_t=2 * row.ore_t) for row in result.statement.rows)
    statement = replace(result.statement, rows=rows)
    newer = replace(result, plan_hash="f" * 64, statement=statement)
    newer.write(present)
    newer.write(Workspace(Path(workspace)).kept_result(DEPOSIT, newer))
    with Ledger(f"sqlite:///{workspace}/ledger.db") as ledger:
        ledger.record(newer, "run", hold=Hold((), "beyond"))
    found = trace(DEPOSIT, belts, workspace)
    assert (found["plan_hash"], found["figure"]) == (result.plan_hash, before["figure"])
    assert "kept" in found["result"]
    named = trace(DEPOSIT, belts, workspace, entry=3)
    assert (named["plan_hash"], named["result"]) == ("f" * 64, str(present))
    assert [one["number"] for one in named["ledger"]] == [3]
    assert trace(DEPOSIT, belts, workspace, entry=1)["vintage"] == "2024-12-31"
    for number, vintage in ((9, None), (1, "2025-12-31"), (4, None)):
        with pytest.raises(ConfigError, match=rf"--entry {number}: .*3 \(2025-12-31\)"):
            trace(DEPOSIT, belts, workspace, vintage, entry=number)
    Path(found["result"]).unlink()
    with pytest.raises(ConfigError, match="the result of ledger entry 2 is not in"):
        trace(DEPOSIT, belts, workspace)


def test_a_block_leads_to_the_very_cells_of_the_originals(night: tuple[str, str]) -> None:
    """Each row is looked up in the vault's bytes: hole, depths and grade are those of the sample.

    Weights times grades are the block's estimate; rows weighted by length are the sample's grade.
    """
    found = trace(DEPOSIT, *night, block=(5, 5, 3))
    kept = {file["file"]: file["vault"] for file in found["files"]}
    columns = {"cu_pct": "CU_PCT", "mo_pct": "MO_PCT"}
    for element, one in found["block"]["elements"].items():
        assert one["agrees"]
        total = sum(s["weight"] * s["grade"] for s in one["samples"])
        assert total == pytest.approx(one["estimate"], rel=1e-9)
        for sample in one["samples"]:
            rows = [row for row in sample["rows"] if row["table"] == "assay"]
            cells = [line_of(kept[row["file"]], row["row"]) for row in rows]
            assert {cell["BHID"] for cell in cells} == {sample["hole_id"]}
            for row, cell in zip(rows, cells, strict=True):
                assert (row["from_m"], row["to_m"]) == (float(cell["FROM"]), float(cell["TO"]))
                assert row["value"] == float(cell[columns[element]])
            metres = sum(row["metres"] for row in rows)
            mean = sum(row["metres"] * row["value"] for row in rows) / metres
            assert mean == pytest.approx(sample["grade"], abs=1e-6)
            assert metres == pytest.approx(sample["to_m"] - sample["from_m"])
    for hole, rows in found["block"]["holes"].items():
        assert {row["table"] for row in rows} == {"collar", "survey"}
        assert all(line_of(kept[row["file"]], row["row"])["BHID"] == hole for row in rows)


def test_what_a_row_weighs_is_what_the_figure_loses_without_it(
    night: tuple[str, str], tmp_path: Path
) -> None:
    """Truth: the row struck out of the file and everything estimated anew elsewhere."""
    found = trace_row(Asked("0/assay.csv", ROW), *night)
    told = {one["vintage"]: one for one in found["figures"]}
    assert list(told) == sorted(CAMPAIGNS, reverse=True)
    belts = write_small_belt(tmp_path)

    def struck(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(lines[: ROW - 1] + lines[ROW:])

    spoil(belts, "assay", struck)
    runs = estimate(DEPOSIT, str(belts), str(tmp_path / "workspace"), 1)
    whole = estimate(DEPOSIT, night[0], str(tmp_path / "other"), 1)
    for before, after in zip(whole, runs, strict=True):
        one = told[str(before.result.vintage)]
        assert one["status"] == "accepted"
        assert one["tile_count"] == len(one["tiles"]) == 4
        assert 0 < one["blocks_changed"] < one["blocks_in_tiles"]
        for element in ("cu_pct", "mo_pct"):
            parts = [run.result.statement.resource_t(element) for run in (before, after)]
            lost = {a.class_name: kg(a.tonnes) - kg(b.tonnes) for a, b in zip(*parts, strict=True)}
            assert one["weight_kg"][element] == lost
            assert any(lost.values())


def test_a_row_names_the_sample_it_went_into(night: tuple[str, str]) -> None:
    """The composite of 4 m that holds its 2 m, and the row as the file has it."""
    (later, _) = trace_row(Asked("0/assay.csv", ROW), *night)["figures"]
    kept = line_of(str(Path(night[1]) / "vault" / later["sha256"][:2] / later["sha256"]), ROW)
    values = later["tables"][0]["values"]
    assert (values["hole_id"], values["cu_pct"]) == (kept["BHID"], float(kept["CU_PCT"]))
    (sample,) = later["samples"]
    assert sample["hole_id"] == kept["BHID"]
    assert sample["from_m"] <= float(kept["FROM"]) < float(kept["TO"]) <= sample["to_m"]
    assert [entry["number"] for entry in later["ledger"]] == [2]


def test_a_collar_row_takes_its_whole_hole(night: tuple[str, str]) -> None:
    """Every composite of the hole, in the vintages that know it."""
    found = trace_row(Asked("1/collar.csv", 2), *night)["figures"]
    assert [one["vintage"] for one in found] == [CAMPAIGNS[1]]
    assert found[0]["sample_count"] == 15
    assert {sample["hole_id"] for sample in found[0]["samples"]} == {"C1-00"}


def test_rows_that_were_not_taken_say_why(night: tuple[str, str]) -> None:
    """Refused, by its rule; a heading; a file that no figure knows."""
    refused = trace_row(Asked("0/assay.csv", GHOST), *night)["figures"][0]
    assert refused["status"] == "refused"
    assert all(rule["code"].startswith("BN-") and rule["zh"] for rule in refused["rules"])
    assert trace_row(Asked("0/assay.csv", 1), *night)["figures"][0]["status"] == "no_data"
    with pytest.raises(ConfigError, match="no kept result"):
        trace_row(Asked("assays-of-2031.csv", 2), *night)


def test_a_corrected_row_is_shown_as_every_figure_read_it(tmp_path: Path) -> None:
    """Old bytes are in the vault: each figure shows its own reading, and which one counts now."""
    belts = write_small_belt(tmp_path)
    workspace = str(tmp_path / "workspace")
    nightly(str(belts), workspace, workers=1)
    (before, *_) = trace_row(Asked("1/assay.csv", 14), str(belts), workspace)["figures"]
    old = before["tables"][0]["values"]["cu_pct"]
    spoil(
        belts, "assay", lambda text: text.replace(f",{old},", f",{old + 0.01:.3f},", 1), campaign=1
    )
    nightly(str(belts), workspace, workers=1)
    found = trace_row(Asked("1/assay.csv", 14), str(belts), workspace)["figures"]
    said = {one["tables"][0]["values"]["cu_pct"]: one["ledger"][0] for one in found}
    assert sorted(said) == pytest.approx([old, old + 0.01])
    assert said[old]["number"] < said[max(said)]["number"]
    assert (said[old]["newest"], said[max(said)]["newest"]) == (False, True)
    (belts.parent.parent / "data" / "small" / "1" / "assay.csv").unlink()
    again = trace(DEPOSIT, str(belts), workspace)
    assert (again["read_from"], again["data_unchanged"]) == ("vault", False)


def test_without_the_vault_the_files_stand_in_and_without_both_it_is_said(
    night: tuple[str, str], tmp_path: Path
) -> None:
    """A trace never ends in a traceback: what can't be read is said, the rest is told."""
    workspace = Path(shutil.copytree(night[1], tmp_path / "workspace"))
    shutil.rmtree(workspace / "vault")
    found = trace(DEPOSIT, night[0], str(workspace))
    assert found["read_from"] == "files"
    assert not any(file["kept"] for file in found["files"])
    belts = write_small_belt(tmp_path)  # other bytes: without the row that is refused
    found = trace(DEPOSIT, str(belts), str(workspace))
    assert found["read_from"] is None
    assert "not in the vault" in found["why"]
    (one, *_) = trace_row(Asked("0/assay.csv", ROW), str(belts), str(workspace))["figures"]
    assert one["status"] == "unreadable"


def test_sheets_of_a_workbook_are_told_apart(tmp_path: Path) -> None:
    """The same row number in three sheets of one file is three rows."""
    belts = write_small_belt(tmp_path)
    data = tmp_path / "data" / "small"
    with pd.ExcelWriter(data / "all.xlsx") as book:
        for name in ("collar", "survey", "assay"):
            pd.read_csv(data / "0" / f"{name}.csv").to_excel(book, sheet_name=name, index=False)
    path = belts / "small.yaml"
    belt = yaml.safe_load(path.read_text("utf-8"))
    deposit = belt["deposits"][0]
    files = [{"path": "all.xlsx", "table": n, "sheet": n} for n in ("collar", "survey", "assay")]
    deposit["drillholes"]["campaigns"] = [{"as_of": CAMPAIGNS[0], "files": files}]
    deposit["vintages"] = [CAMPAIGNS[0]]
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    workspace = str(tmp_path / "workspace")
    estimate(DEPOSIT, str(belts), workspace, 1)
    found = trace(DEPOSIT, str(belts), workspace, block=(5, 5, 3))
    rows = found["block"]["elements"]["cu_pct"]["samples"][0]["rows"]
    assert {(row["file"], row["sheet"]) for row in rows} == {("all.xlsx", "assay")}

    def tables(sheet: str | None) -> list[str]:
        (one,) = trace_row(Asked("all.xlsx", 3, sheet), str(belts), workspace)["figures"]
        return [table["table"] for table in one["tables"]]

    assert tables("collar") == ["collar"]
    assert tables("assay") == ["assay"]
    assert sorted(tables(None)) == ["assay", "collar", "survey"]


def test_the_command_goes_both_ways(
    night: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deposit, or a file and a row; both as JSON and as text; neither is a usage error."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    where = ["--configs", night[0], "--workspace", night[1]]

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["trace", *words, *where])
        return int(str(left.value.code)), capsys.readouterr().out

    def answer(*words: str) -> dict[str, Any]:
        code, out = run(*words, "--json")
        assert code == Exit.OK
        return dict(json.loads(out))

    row = ["--file", "0/assay.csv", "--row", str(ROW)]
    assert answer(DEPOSIT, "--block", "5", "5", "3")["block"]["index"] == [5, 5, 3]
    assert len(answer(*row)["figures"]) == len(CAMPAIGNS)
    assert "0/assay.csv" in run(DEPOSIT, "--block", "5", "5", "3")[1]
    assert "cu_pct" in run(*row)[1]
    assert run()[0] == run("--file", "0/assay.csv")[0] == Exit.USAGE


def test_a_row_of_a_laboratory_leads_to_its_sample(tmp_path: Path) -> None:
    """Grades delivered apart, by the sample's number: the row touches what the sample touches."""
    belts = write_small_belt(tmp_path)
    data = tmp_path / "data" / "small" / "0"
    assay = pd.read_csv(data / "assay.csv")
    grades = assay[["SAMPLE", "CU_PCT", "MO_PCT"]].iloc[::-1]
    grades.assign(SAMPLE=grades["SAMPLE"].str.lower()).to_csv(data / "lab.csv", index=False)
    assay.drop(columns=["CU_PCT", "MO_PCT"]).to_csv(data / "assay.csv", index=False)
    path = belts / "small.yaml"
    belt = yaml.safe_load(path.read_text("utf-8"))
    deposit = belt["deposits"][0]
    campaign = deposit["drillholes"]["campaigns"][0]
    campaign["files"].append({"path": "0/lab.csv", "table": "laboratory"})
    deposit["drillholes"]["campaigns"] = [campaign]
    deposit["vintages"] = [CAMPAIGNS[0]]
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    workspace = str(tmp_path / "workspace")
    estimate(DEPOSIT, str(belts), workspace, 1)
    row = len(grades) - (ROW - 2) + 1  # the table is the other way round
    (own,) = trace_row(Asked("0/assay.csv", ROW), str(belts), workspace)["figures"]
    (lab,) = trace_row(Asked("lab.csv", row), str(belts), workspace)["figures"]
    assert lab["tables"][0]["values"] == own["tables"][0]["values"]
    assert (lab["samples"], lab["weight_kg"]) == (own["samples"], own["weight_kg"])
    assert lab["file"] == "0/lab.csv"
    assert own["tables"][0]["values"]["cu_pct"] > 0
