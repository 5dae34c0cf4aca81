"""What a night meets before its figures: bad target files, broken rules, another night."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from estimation.models.store import StoreBusyError
from flows import nightly as night_module
from flows.cli import Exit
from flows.lock import WorkspaceBusyError, workspace_lock
from flows.nightly import nightly
from flows.reasons import reason_of_trouble
from flows.runtime import Workspace
from geo.config import ConfigError
from tests.review_fixture import DEPOSIT, NEW, OLD, House, entered_house

HOLDER = (
    "import sys, time; from pathlib import Path; from flows.lock import workspace_lock\n"
    "with workspace_lock(Path(sys.argv[1]), 'nightly', 'run-of-another'):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


@pytest.fixture
def house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> House:
    """Two vintages entered; nothing waits."""
    return entered_house(tmp_path, capsys, monkeypatch)


def _targets(house: House) -> Path:
    return house.configs.parent / "targets"


def test_a_bad_target_is_a_remark_and_the_others_go_on(house: House) -> None:
    """The night ends with its figures entered, the good target measured, and the bad one named."""
    (_targets(house) / "bad.yaml").write_text("id: bad\nscope: [", "utf-8")
    house.estimate(NEW, 1.06)
    told = house.answer(Exit.DATA, "growth")
    assert told["ledger"]["recorded"] == 1
    assert len(told["targets"]) == 1
    (refused,) = told["ledger"]["refused"]
    assert "bad.yaml" in refused
    assert "0 entries written" in house.said(Exit.DATA, "growth")


def test_two_targets_of_one_id_are_refused_by_both_names(house: House) -> None:
    first = next(_targets(house).glob("*.yaml"))
    (_targets(house) / "twin.yaml").write_text(first.read_text("utf-8"), "utf-8")
    told = house.answer(Exit.DATA, "growth")
    assert told["targets"] == []
    (refused,) = told["ledger"]["refused"]
    assert first.name in refused
    assert "twin.yaml" in refused


def test_no_targets_are_said(house: House) -> None:
    for path in _targets(house).glob("*.yaml"):
        path.unlink()
    assert "no target file" in house.said(Exit.OK, "growth")
    _targets(house).rmdir()
    assert "no folder of targets" in house.said(Exit.OK, "growth")


def test_broken_rules_stop_a_night_before_anything_is_estimated(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (house.configs.parent / "review.yaml").write_text("limits: 3\n", "utf-8")
    monkeypatch.setattr(night_module, "ingest", lambda *_: pytest.fail("something was read"))
    with pytest.raises(ConfigError, match=r"review\.yaml"):
        nightly(str(house.configs), str(house.workspace.root), workers=1)


def test_a_second_night_is_refused_by_the_name_of_the_first(house: House) -> None:
    """Code 5; when the first dies without a word, the next goes on."""
    words = [sys.executable, "-c", HOLDER, str(house.workspace.root)]
    other = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        said = house.said(Exit.LOCKED, "report")
        assert "nightly run-of-another" in said
        assert f"pid {other.pid}" in said
        with pytest.raises(WorkspaceBusyError, match="另一运行"):
            nightly(str(house.configs), str(house.workspace.root), workers=1)
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()
    with workspace_lock(house.workspace.root, "report", "mine"):
        note = json.loads((house.workspace.root / "run.lock.json").read_text("utf-8"))
        assert (note["pid"], note["run"]) == (os.getpid(), "mine")
        with workspace_lock(house.workspace.root, "report", "inner"):
            time.sleep(0)
        assert (house.workspace.root / "run.lock.json").exists()
    assert not (house.workspace.root / "run.lock.json").exists()


def test_the_list_of_the_ledger_says_that_its_chain_is_broken(house: House) -> None:
    assert house.answer(Exit.OK, "ledger")["problems"] == []
    with sqlite3.connect(house.workspace.root / "ledger.db") as database:
        database.execute("DROP TRIGGER ledger_entry_no_update")
        database.execute("UPDATE ledger_entry SET run_id = 'another' WHERE number = 1")
    said = house.said(Exit.DATA, "ledger")
    assert "entry 1" in said
    assert "entry hash does not fit" in said
    assert house.answer(Exit.DATA, "ledger", DEPOSIT)["problems"]


@pytest.mark.parametrize(
    "words",
    [
        ["ledger"], ["verify"], ["movement", "--all"], ["retained", DEPOSIT], ["trace", DEPOSIT],
        ["compare", "published", "usable"], ["approve", DEPOSIT, NEW, "--reason", "x"],
        ["export", DEPOSIT, "--format", "csv"], ["report"], ["digest"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("made", [True, False])
def test_a_mistyped_workspace_is_said_and_nothing_is_made(
    house: House,
    words: list[str],
    made: bool,
) -> None:
    """Whether the folder is empty or not there."""
    other = house.workspace.root.parent / "mistyped"
    if made:
        other.mkdir()
    elsewhere = House.__new__(House)
    elsewhere.configs, elsewhere.workspace = house.configs, Workspace(other)
    elsewhere._capsys = house._capsys
    assert "no workspace here" in elsewhere.said(Exit.USAGE, *words)
    assert list(other.iterdir()) == [] if made else not other.exists()


def test_a_busy_model_is_told_in_each_language_without_a_path() -> None:
    busy = StoreBusyError("x-syn: its model is held by another run / x-syn：模型正被另一运行占用")
    reason = reason_of_trouble(busy)
    assert reason.en == "x-syn: its model is held by another run"
    assert reason.zh == "x-syn：模型正被另一运行占用"


def test_growth_names_what_was_withdrawn(house: House) -> None:
    house.run("withdraw", DEPOSIT, NEW, "--reason", "assays recalled")
    told = house.answer(Exit.OK, "growth")["ledger"]
    (gone,) = told["taken_out"]
    assert (gone["deposit"], gone["vintage"], gone["entry"], gone["usable"]) == (
        DEPOSIT, NEW, 2, None,
    )  # fmt: skip
    said = house.said(Exit.OK, "growth")
    assert f"taken out of use {DEPOSIT} {NEW}" in said
    assert "assays recalled" in said
    assert OLD not in said.split("taken out")[1].split("\n")[0]


@pytest.mark.parametrize("changes", [{"engine_version": "2"}, {"model_hash": "other"}])
def test_a_withdrawn_figure_comes_back_held(house: House, changes: dict[str, str]) -> None:
    """Only the program changed: the new entry waits, and names the withdrawal."""
    house.run("withdraw", DEPOSIT, NEW, "--reason", "assays recalled", "--by", "Li")
    house.estimate(NEW, 1.05, **changes)
    (held,) = house.answer(Exit.HELD, "growth")["ledger"]["held"]
    assert (held["entry"], held["usable"], held["by"]) == (4, None, "bornite")
    assert held["why"]["en"].startswith("entry 2 was withdrawn (Li, ")
    assert "assays recalled" in held["why"]["en"]
    assert held["why"]["zh"].startswith("第 2 条已撤回")
    house.estimate(NEW, 1.051, **changes)
    assert house.answer(Exit.HELD, "growth")["ledger"]["held"][0]["entry"] == 6


def test_what_is_rolled_back_comes_back_held(house: House) -> None:
    house.run("publish", DEPOSIT, NEW)
    house.estimate(NEW, 1.07)
    house.run("growth")
    house.run("publish", DEPOSIT, NEW)
    house.run("rollback", DEPOSIT, NEW, "--reason", "wrong density")
    house.estimate(NEW, 1.07, engine_version="2")
    (held,) = house.answer(Exit.HELD, "growth")["ledger"]["held"]
    assert held["usable"] == 2
    assert "wrong density" in held["why"]["en"]
