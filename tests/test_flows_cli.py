"""The command: exit codes, streams, JSON shapes, and never a traceback for a data error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from flows.cli import COMMANDS, GROUPS, Exit, main
from tests.small_belt import spoil, write_small_belt


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A small belt that was estimated: (configs, workspace)."""
    folder = tmp_path_factory.mktemp("cli")
    configs, workspace = str(write_small_belt(folder)), str(folder / "workspace")
    assert _code("demo", "--no-open", configs=configs, workspace=workspace) == Exit.OK
    return configs, workspace


def _code(*words: str, configs: str | None = None, workspace: str | None = None) -> int:
    """Exit code of a command run in this process."""
    more = ["--configs", configs] if configs else []
    more += ["--workspace", workspace] if workspace else []
    with pytest.raises(SystemExit) as leave:
        main([*words, *more])
    return int(leave.value.code or 0)


def _answer(capsys: pytest.CaptureFixture[str]) -> Any:
    """Standard output, which must be JSON and nothing else."""
    return json.loads(capsys.readouterr().out)


def test_every_command_explains_itself_in_both_languages() -> None:
    """--help of each command says what it does in Chinese and in English."""
    for command in COMMANDS:
        words = command.__doc__ or ""
        assert " / " in words, command.__name__
        assert any("一" <= letter <= "鿿" for letter in words), command.__name__


def test_help_names_every_command_under_a_heading_and_where_to_begin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert _code("--help") == Exit.OK
    said = capsys.readouterr().out
    listed = re.findall(r"^│ (\w+) +\S*[一-鿿]", said, re.MULTILINE)
    assert listed == [command.__name__ for command in COMMANDS]
    for heading, _ in GROUPS:
        assert f"─ {heading} ─" in said
    assert "docs/own-data.md" in said


def test_demo_answers_with_statement_growth_tiles_and_paths(
    place: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Warm, every tile is reused; the JSON has what docs/json.md promises."""
    configs, workspace = place
    capsys.readouterr()
    assert _code("demo", "--no-open", "--json", configs=configs, workspace=workspace) == Exit.OK
    answer = _answer(capsys)
    assert answer["tiles"]["computed"] == 0
    assert answer["tiles"]["reused"] > 0
    vintage = answer["deposits"][0]["vintages"][-1]
    row = vintage["statement"][0]
    assert {"class", "domain", "cutoff", "ore_t", "elements"} <= set(row)
    assert row["elements"]["cu_pct"]["unit"] == "pct"
    assert Path(answer["paths"]["site"]).is_file()
    assert answer["growth"]["targets"][0]["baselines"][0]["points"]


def test_check_gives_findings_and_a_row_balance_that_foots(
    place: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """in = accepted + quarantined + skipped, table by table."""
    configs, _ = place
    capsys.readouterr()
    assert _code("check", "--json", configs=configs) == Exit.OK
    belt = _answer(capsys)["belts"][0]
    assert belt["accepted"] == ["small-deposit"]
    for line in belt["balance"]:
        assert line["in"] == line["accepted"] + line["quarantined"] + line["skipped"]
    assert all({"code", "severity", "file", "row", "fix"} <= set(f) for f in belt["findings"])


@pytest.mark.parametrize(
    "words", [("belts",), ("growth",), ("trace", "small-deposit"), ("verify",)]
)
def test_reading_commands_answer_in_json(
    words: tuple[str, ...], place: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each exits with 0 and prints JSON alone on stdout."""
    configs, workspace = place
    capsys.readouterr()
    where = None if words == ("belts",) else workspace
    assert _code(*words, "--json", configs=configs, workspace=where) == Exit.OK
    assert _answer(capsys)


def test_propose_writes_a_plan_that_loads_and_is_marked_proposed(
    place: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The proposal is a complete plan; nobody has accepted it."""
    from estimation.plan import Plan

    configs, workspace = place
    capsys.readouterr()
    code = _code("propose", "small-deposit", "--json", configs=configs, workspace=workspace)
    assert code == Exit.OK
    plan = Plan.model_validate(_answer(capsys))
    assert plan.acceptance.status == "proposed"
    assert plan.elements["cu_pct"].variogram.total_sill > 0
    assert all(element.reason for element in plan.elements.values())


def test_unknown_names_are_usage_errors_with_a_suggestion(
    place: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt deposit, command or key says which one was meant."""
    configs, workspace = place
    monkeypatch.setenv("BORNITE_LANG", "en")
    code = _code("estimate", "smal-deposit", configs=configs, workspace=workspace)
    assert code == Exit.USAGE
    assert "did you mean 'small-deposit'" in capsys.readouterr().err
    assert _code("estimat") == Exit.USAGE


def test_an_unknown_key_in_a_belt_names_the_nearest_right_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown keys are errors, never silently ignored."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    configs = write_small_belt(tmp_path)
    path = configs / "small.yaml"
    path.write_text(path.read_text("utf-8").replace("reporting:", "reportng:"), "utf-8")
    assert _code("belts", configs=str(configs)) == Exit.USAGE
    words = capsys.readouterr().err
    assert "reportng" in words
    assert "did you mean 'reporting'" in words


def test_refused_data_exit_with_3_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, rule and fix are printed; the word Traceback is not."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    configs = write_small_belt(tmp_path)
    spoil(configs, "assay", lambda text: text.replace("FROM", "NOPE", 1))
    workspace = str(tmp_path / "workspace")
    for words in (("check",), ("estimate", "small-deposit"), ("demo", "--no-open")):
        where = None if words == ("check",) else workspace
        assert _code(*words, configs=str(configs), workspace=where) == Exit.DATA
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        if words[0] != "demo":
            told = said.out if words == ("check",) else said.err
            assert "BN-TAB-006" in told
            assert "0/assay.csv" in told
            assert "fix" in told


def test_a_hole_without_collar_makes_check_and_ingest_exit_with_3_and_estimate_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows in the quarantine are data errors to the checker; the rest is still estimated."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    configs = str(write_small_belt(tmp_path))
    spoil(Path(configs), "assay", lambda text: text + "GHOST,0,2,g1,0.5,0.02\n")
    workspace = str(tmp_path / "workspace")
    assert _code("check", configs=configs) == Exit.DATA
    assert "BN-INT-006" in capsys.readouterr().out
    assert _code("ingest", configs=configs, workspace=workspace) == Exit.DATA
    assert _code("estimate", "small-deposit", configs=configs, workspace=workspace) == Exit.OK


def test_a_model_held_by_another_run_exits_with_5(place: tuple[str, str]) -> None:
    """Two runs on one store: the second says so and touches nothing."""
    configs, workspace = place
    lock = next(Path(workspace).glob("models/small-deposit/grid-*/writer.lock"))
    with FileLock(lock):
        code = _code("estimate", "small-deposit", configs=configs, workspace=workspace)
    assert code == Exit.LOCKED


def test_a_ledger_that_cannot_be_reached_exits_with_6(
    place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is down is the environment's trouble."""
    configs, workspace = place
    url = "postgresql+psycopg://nobody:secret@127.0.0.1:1/none"
    monkeypatch.setenv("BORNITE_DATABASE_URL", url)
    assert _code("growth", configs=configs, workspace=workspace) == Exit.ENVIRONMENT


def test_runtime_settings_never_change_a_number(
    place: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another number of workers, another language, the same statement."""
    configs, workspace = place
    answers = []
    for words, where in ((("--workers", "1"), workspace), (("--workers", "2"), str(tmp_path))):
        capsys.readouterr()
        _code("estimate", "small-deposit", "--json", *words, configs=configs, workspace=where)
        vintages = _answer(capsys)["deposits"][0]["vintages"]
        answers.append([(v["statement"], v["model_hash"]) for v in vintages])
    assert answers[0] == answers[1]


def test_doctor_examines_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line has a name and, where it fails, one fix."""
    code = _code("doctor", "--json")
    lines = _answer(capsys)
    assert {"python", "coordinates", "font", "configuration"} <= {line["name"] for line in lines}
    assert all(line["well"] or line["fix"] for line in lines)
    assert code in {Exit.OK, Exit.ENVIRONMENT}


def test_without_a_terminal_progress_is_plain_lines_on_stderr(place: tuple[str, str]) -> None:
    """A night's log has no control characters, and stdout holds the result alone."""
    configs, workspace = place
    words = ["estimate", "small-deposit", "--configs", configs, "--workspace", workspace]
    run = subprocess.run(
        [sys.executable, "-m", "flows.cli", "--lang", "en", *words],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
    )
    assert b"\x1b" not in run.stderr + run.stdout
    assert b"tiles" in run.stderr
    assert b"small-deposit" in run.stdout
    assert run.stderr.decode().strip().splitlines()[-1].startswith("next: ")


def test_a_refused_deposit_ends_with_a_line_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gravest finding last, then one line: which deposit, why, and the code."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    configs = write_small_belt(tmp_path)
    for path in tmp_path.rglob("assay.csv"):
        path.unlink()
    workspace = str(tmp_path / "workspace")
    code = _code("estimate", "small-deposit", configs=str(configs), workspace=workspace)
    assert code == Exit.DATA
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("small-deposit: not estimated - ")
    assert last.endswith("(BN-TAB-001)")
