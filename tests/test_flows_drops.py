"""The same drop twice changes nothing; a file in transfer waits; nothing lying there is silent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.ingest import check, ingest
from geo.rules import finding
from tests.small_belt import write_small_belt


@pytest.fixture
def belt(tmp_path):
    configs = write_small_belt(tmp_path)
    return str(configs), str(tmp_path / "workspace")


def _stamps(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_the_same_drop_twice_writes_nothing_and_gives_the_same_account(belt):
    configs, workspace = belt
    first = ingest("small", configs, workspace)
    before = _stamps(Path(workspace))
    second = ingest("small", configs, workspace)
    assert first.unchanged_since is None
    assert second.unchanged_since is not None
    assert _stamps(Path(workspace)) == before
    assert (second.findings, second.balances, second.files) == (
        first.findings,
        first.balances,
        first.files,
    )


def test_a_changed_cell_is_a_new_drop(belt, tmp_path):
    configs, workspace = belt
    first = ingest("small", configs, workspace)
    path = next(p for p in tmp_path.rglob("*assay*.csv") if workspace not in str(p))
    lines = path.read_text("utf-8").splitlines()
    lines[1] = lines[1].replace(lines[1].split(",")[2], "-5", 1)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    second = ingest("small", configs, workspace)
    assert second.unchanged_since is None
    assert second.findings != first.findings
    folder = Path(workspace) / "quarantine" / "small"
    assert any("BN-INT-001" in path.read_text("utf-8") for path in folder.glob("*.history.csv"))


def test_a_deposit_whose_file_is_in_transfer_waits_and_is_read_the_next_time(belt, monkeypatch):
    configs, workspace = belt

    def still_written(paths, quiet_s):
        return {path for path in paths if "collar" in path.name}

    with monkeypatch.context() as patch:
        patch.setattr("flows.drops.growing", still_written)
        waiting = ingest("small", configs, workspace)
        assert waiting.accepted == []
        assert {f.code for f in waiting.findings if f.severity == "error"} == {"BN-INB-001"}
        assert check("small", configs).accepted == []
    reason = waiting.refused["small-deposit"]
    message = finding("BN-INB-001", file="x")
    assert reason.zh == f"0/collar.csv：{message.message_zh}（BN-INB-001）"
    assert reason.en == f"0/collar.csv: {message.message_en} (BN-INB-001)"
    assert ingest("small", configs, workspace).accepted


def test_what_nobody_named_is_told_once(belt, tmp_path):
    configs, workspace = belt
    path = next(p for p in tmp_path.rglob("*assay*.csv") if workspace not in str(p))
    shutil.copy(path, path.with_name("new_assay.csv"))
    path.with_name("late.csv.part").write_text("x")
    codes = [f.code for f in ingest("small", configs, workspace).findings]
    assert codes.count("BN-INB-002") == 1
    assert codes.count("BN-INB-003") == 1
