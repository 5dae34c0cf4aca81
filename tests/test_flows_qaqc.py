"""``bornite qaqc``: a folder or a belt, its page, its JSON and its exit code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from flows.cli import main
from flows.qaqc import deposit_qaqc
from geo.config import DrillholeFile
from geo.qaqc import QaqcSource
from tests.qaqc_tables import agreeing, internal, standards, written

ROOT = Path(__file__).resolve().parent.parent


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def test_a_folder_is_judged_and_its_page_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    written(data, "内检.csv", internal(agreeing()))
    assert _run("qaqc", str(data), "--json", "--out", str(tmp_path / "page")) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["controls"] == {"pulp": 30}
    assert answer["pass_rates_pct"] == {"pulp": 100.0}
    assert answer["pairs"][0]["passed"] is True
    assert (tmp_path / "page" / "index.html").read_text("utf-8").count("<img") == 1


def test_a_failed_batch_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = [*[0.5, 0.51] * 10, 0.9]
    file = tmp_path / written(tmp_path, "标样.csv", standards(values)).path
    assert _run("--lang", "en", "qaqc", str(file)) == 3
    assert "BN-QAQ-020" in capsys.readouterr().err


def test_an_unknown_unit_or_target_is_a_usage_error(tmp_path: Path) -> None:
    assert _run("qaqc", str(tmp_path), "--unit", "Cu=stones") == 2
    assert _run("qaqc", "no_such_belt") == 2


def test_the_documented_answer_has_the_keys_that_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/json.md shows every key of the command's answer."""
    text = (ROOT / "docs" / "json.md").read_text("utf-8")
    section = text[text.index("## `bornite qaqc") :]
    (documented,) = json.loads(section[section.index("```json") + 7 : section.index("\n```\n")])
    data = tmp_path / "data"
    data.mkdir()
    written(data, "内检.csv", internal(agreeing()))
    written(data, "标样.csv", standards([*[0.5, 0.51] * 10, 0.9]))
    head: list[object] = ["id", "type", "Cu (ppm)"]
    written(data, "a.csv", [head, ["1", "BLANK", "<1"], ["2", "BLANK", "2"], ["3", "", "50"]])
    assert _run("qaqc", str(data), "--json") == 3
    (given,) = json.loads(capsys.readouterr().out)
    assert documented.keys() == given.keys()
    for name in ("failed", "standards", "blanks", "pairs", "findings"):
        assert documented[name][0].keys() == given[name][0].keys(), name


def test_the_documented_block_is_a_valid_one() -> None:
    text = (ROOT / "docs" / "qaqc.md").read_text("utf-8")
    block = yaml.safe_load(text[text.index("```yaml") + 7 : text.rindex("```")])
    source = QaqcSource.model_validate(block["qaqc"])
    assert source.rules.on_failure == "hold"
    assert source.certificates[0].sd == 0.02


def test_a_deposits_assay_tables_are_searched_and_its_rules_kept(tmp_path: Path) -> None:
    text = "BHID,FROM,TO,SAMPLE,BATCH,REMARK,CU_PCT\n"
    rows = [
        "A1,0,2,s1,J1,,0.5",
        "A1,2,4,s2,J1,,0.6",
        ",,,q1,J1,BLANK,0.4",
        ",,,q2,J1,DUP OF s1,0.51",
    ]
    (tmp_path / "assay.csv").write_text(text + "\n".join(rows) + "\n", "utf-8")
    sources = SimpleNamespace(
        root=str(tmp_path),
        campaigns=[
            SimpleNamespace(
                as_of=date(2025, 12, 31), files=[DrillholeFile(path="assay.csv", table="assay")]
            )
        ],
        conventions=SimpleNamespace(not_assayed=("-",)),
    )
    rules = {"on_failure": "hold", "standard": "both", "blank_times_detection_limit": 5}
    block = QaqcSource.model_validate({"rules": rules, "detection_limits": {"Cu": 0.005}})
    deposit: Any = SimpleNamespace(drillholes=sources, qaqc=block)
    reading = deposit_qaqc(deposit, tmp_path)
    assert reading.controls.count == {"blank": 1, "pulp": 1}
    assert [(f.batch, f.code) for f in reading.failures] == [("J1", "BN-QAQ-007")]
    assert reading.holds
    told = deposit_qaqc(SimpleNamespace(drillholes=sources, qaqc=None), tmp_path)  # type: ignore[arg-type]
    assert told.controls.count == reading.controls.count
    assert not told.holds
