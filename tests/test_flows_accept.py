"""Special values without a rule hold a deposit back until someone says why it may pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from estimation.results import DepositResult
from flows.cli import main
from flows.cli_options import Exit
from flows.nightly import nightly
from tests.small_belt import write_small_belt

REASON = "two cells, far from the ore"


def code(*words: str) -> int:
    with pytest.raises(SystemExit) as leave:
        main([*words])
    return int(leave.value.code or 0)


def spoil(folder: Path, cells: int, word: str) -> None:
    """Write a word in place of the last copper values of the first campaign."""
    path = folder / "data" / "small" / "0" / "assay.csv"
    lines = path.read_text("utf-8").splitlines()
    for i in range(-cells, 0):
        parts = lines[i].split(",")
        parts[4] = word
        lines[i] = ",".join(parts)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def estimate(belts: Path, workspace: Path, *more: str) -> int:
    places = ("--configs", str(belts), "--workspace", str(workspace), "--workers", "1")
    return code("estimate", "small-deposit", *places, *more)


def result(workspace: Path, vintage: str = "2025-12-31") -> DepositResult:
    return DepositResult.read(
        workspace / "models" / "small-deposit" / "results" / f"{vintage}.json"
    )


def test_a_sentinel_holds_the_deposit_until_a_reason_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    belts, workspace = write_small_belt(tmp_path, crs="local"), tmp_path / "workspace"
    spoil(tmp_path, 2, "-99")
    assert estimate(belts, workspace) == Exit.HELD
    said = capsys.readouterr()
    assert not said.out
    assert "BN-ASY-012" in said.err
    assert "BN-ASY-011" in said.err
    night = nightly(str(belts), str(workspace), workers=1)
    assert "cu_pct" in night.held["small-deposit"].en

    assert estimate(belts, workspace, "--accept", REASON, "--json") == Exit.OK
    kept = result(workspace).extras["special_values"]
    assert kept["reason"] == REASON
    assert kept["by"]
    assert kept["at"]
    assert [(w["column"], w["kind"], w["count"]) for w in kept["waiting"]] == [
        ("cu_pct", "sentinel", 2)
    ]
    manifests = [json.loads(p.read_text()) for p in (workspace / "runs").rglob("estimate-*.json")]
    runs = [run for manifest in manifests for run in manifest["estimate-small-deposit"]]
    assert all(run["special_values"]["reason"] == REASON for run in runs)

    again = nightly(str(belts), str(workspace), workers=1)
    assert not again.held, "what was let pass stands as long as the same values wait"
    assert result(workspace).extras["special_values"] == kept
    page = (workspace / "site" / "deposits" / "small-deposit.html").read_text("utf-8")
    assert f"“{REASON}” (cells: cu_pct 2)" in page
    assert f"“{REASON}”（格数：cu_pct 2）" in page
    spoil(tmp_path, 3, "-99")
    assert estimate(belts, workspace) == Exit.HELD, "one more cell: someone must look again"


def test_a_rule_in_the_belt_file_lets_the_deposit_pass(tmp_path: Path) -> None:
    belts, workspace = write_small_belt(tmp_path, crs="local"), tmp_path / "workspace"
    spoil(tmp_path, 2, "NS")
    assert estimate(belts, workspace) == Exit.HELD
    path = belts / "small.yaml"
    belt: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    rule = {"columns": ["cu_pct"], "kind": "mark", "becomes": "not_assayed"}
    rule |= {"by": "geologist", "date": "2026-01-02", "reason": "NS is 'no sample'"}
    belt["deposits"][0]["drillholes"]["conventions"]["special_values"] = [rule]
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    assert estimate(belts, workspace) == Exit.OK
    assert result(workspace).extras["special_values"]["waiting"] == []


def test_columns_that_the_plan_does_not_estimate_hold_nothing(tmp_path: Path) -> None:
    belts = write_small_belt(tmp_path, crs="local")
    path = tmp_path / "data" / "small" / "0" / "assay.csv"
    lines = path.read_text("utf-8").splitlines()
    extra = [lines[0] + ",AU_GPT", *(line + ",-99" for line in lines[1:])]
    path.write_text("\n".join(extra) + "\n", "utf-8")
    assert estimate(belts, tmp_path / "workspace") == Exit.OK


def test_check_prints_the_special_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    belts = write_small_belt(tmp_path, crs="local")
    spoil(tmp_path, 2, "-99")
    assert code("--lang", "en", "check", "small", "--configs", str(belts)) == Exit.OK
    assert "to be decided" in capsys.readouterr().out
    assert code("check", "small", "--configs", str(belts), "--json") == Exit.OK
    (belt,) = json.loads(capsys.readouterr().out)["belts"]
    (special,) = belt["special_values"]
    assert special["deposit"] == "small-deposit"
    rows = special["rows"]
    assert [(r["kind"], r["count"], r["reviewed"]) for r in rows] == [("sentinel", 2, False)]
