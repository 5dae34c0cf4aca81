"""Verify names what is gone: results, models and originals of the ledger's figures, and forms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from estimation.results import DepositResult
from flows.cli import Exit, main
from flows.nightly import nightly
from flows.prove import PARTS, problems_of, verify
from flows.prove_forms import content_differences, reread
from flows.records import record
from flows.retained import record_mined
from flows.runtime import Workspace
from flows.show_proof import next_step
from geo.vault import vault_path
from tests.record_forms import example_header, example_rows, write
from tests.small_belt import spoil, write_small_belt
from tracking import Ledger, LedgerEntry

DEPOSIT = "small-deposit"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small belt after a night, a filed report entered by form, and a mining record."""
    folder = tmp_path_factory.mktemp("night")
    belts, workspace = str(write_small_belt(folder)), str(folder / "workspace")
    nightly(belts, workspace, workers=1)
    for ending in ("xlsx", "yaml"):
        filed = _filed_form(folder / f"filed.{ending}", "6" if ending == "xlsx" else "7")
        (found,) = record([str(filed)], belts, workspace)
        assert found.outcome == "entered", found.findings
    record_mined(str(_mining_form(folder / "mined.yaml")), belts, workspace)
    return folder


def _filed_form(path: Path, number: str) -> Path:
    """A filled form of a filed report on a deposit of its own."""
    header = example_header(
        filing_no=f"藏储备字〔2024〕{number}号", mine_code=None, licence_no=None
    )
    if number != "6":
        header |= {"deposit_id": "another-deposit", "review_no": f"藏矿储评字〔2024〕{number}号"}
    return write(path, header, example_rows())


def _mining_form(path: Path) -> Path:
    """A mine's record of a year."""
    ore = {"ore_t": 1000.0, "metal_t": {"cu_pct": 5.0}}
    form: dict[str, Any] = {
        "deposit": DEPOSIT,
        "start": "2026-01-01",
        "end": "2026-06-30",
        "by": "A",
    }
    form |= {"citation": "台账", "classes": [{"class": "measured", "mined": ore, "lost": None}]}
    path.write_text(yaml.safe_dump(form, allow_unicode=True), "utf-8")
    return path


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def proved(place: Path, **options: Any) -> dict[str, Any]:
    """What verify finds."""
    belts = str(place / "configs" / "belts")
    return verify(belts, str(place / "workspace"), 0, **options)


def entries(place: Path) -> dict[int, LedgerEntry]:
    """The ledger's entries."""
    with Ledger(f"sqlite:///{place / 'workspace' / 'ledger.db'}") as ledger:
        return {entry.number: entry for entry in ledger.entries()}


def test_a_workspace_that_lost_every_model_and_result_does_not_pass(place: Path) -> None:
    """Nothing left but the ledger: every estimate that counts is named, for both."""
    shutil.rmtree(place / "workspace" / "models")
    found = proved(place)
    for number in (1, 2):
        assert any(f"entry {number} " in words for words in found["results"])
        assert any(f"entry {number} " in words for words in found["models"])
    shutil.rmtree(place / "workspace" / "vault")
    assert len(proved(place)["forms"]) == 3


def test_entries_of_deposits_that_are_not_configured_are_another_workspaces(place: Path) -> None:
    """A bureau's ledger holds figures of others: their results lie elsewhere."""
    shutil.rmtree(place / "workspace" / "models")
    path = place / "configs" / "belts" / "small.yaml"
    path.write_text(path.read_text("utf-8").replace(DEPOSIT, "other-deposit"), "utf-8")
    found = proved(place)
    assert (found["results"], found["models"]) == ([], [])


def test_a_kept_result_that_is_gone_is_named_and_a_superseded_one_counted(place: Path) -> None:
    """Of an entry that counts it is a problem; of one that another took the place of, a note."""
    belts = place / "configs" / "belts"
    text = (belts / "small.yaml").read_text("utf-8")
    old = next(line.split(": ")[1] for line in text.splitlines() if "root:" in line)
    (belts / "small.yaml").write_text(text.replace(old, str(place / "data" / "small")), "utf-8")
    spoil(belts, "assay", lambda text: text.replace(",0.351,", ",0.352,", 1))
    nightly(str(belts), str(place / "workspace"), workers=1)
    newer = [n for n, entry in entries(place).items() if entry.kind == "estimate" and n > 2]
    assert len(newer) == 2
    folder = Workspace(place / "workspace").models(DEPOSIT) / "results" / "kept"
    kept = {path: DepositResult.read(path) for path in folder.glob("*.json")}
    held = entries(place)

    def of(number: int) -> Path:
        content = held[number].content
        (path,) = (p for p, r in kept.items() if r.model_hash == content["model_hash"])
        return path

    of(1).unlink()
    found = proved(place)
    assert problems_of(found) == []
    assert [words.split()[0] for words in found["notes"]] == ["1"]
    of(newer[0]).unlink()
    (said,) = proved(place)["results"]
    assert said.startswith(f"entry {newer[0]} ({DEPOSIT} 2024-12-31)")


def test_forms_of_recorded_figures_are_in_the_vault_and_say_what_was_entered(place: Path) -> None:
    """A workbook, a YAML form and a mining record: each lost form is named by its entry."""
    assert problems_of(proved(place, rederive=True)) == []
    recorded = [entry for entry in entries(place).values() if entry.content.get("form_sha256")]
    assert [entry.kind for entry in recorded] == ["outside", "outside", "mining"]
    for entry in recorded:
        path = vault_path(entry.content["form_sha256"], place / "workspace")
        whole = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        (said,) = proved(place)["vault"]
        assert f"entry {entry.number} " in said
        path.unlink()
        found = proved(place, rederive=entry.kind == "mining")
        (said,) = found["forms"]
        assert said.startswith(f"entry {entry.number} ({entry.deposit_id}")
        path.write_bytes(whole)


@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_figure_that_its_form_does_not_state_is_found(place: Path, number: int) -> None:
    """The whole chain rewritten with one kilogram more: only the form tells."""
    entry = entries(place)[number]
    house = Workspace(place / "workspace")
    read = reread(entry, house)
    assert content_differences(entry.content, read) == []
    part = "depletion" if entry.kind == "mining" else "statement"
    forged = json.loads(json.dumps(entry.content))
    forged[part][0]["elements"]["cu_pct"]["metal_kg"] += 1
    assert content_differences(forged, read) == [part]


def test_a_mining_record_entered_again_on_another_form_stands(place: Path) -> None:
    """The same record with another blank: answered with its entry, as before forms were kept."""
    path = _mining_form(place / "again.yaml")
    path.write_text(path.read_text("utf-8") + "\n# copied\n", "utf-8")
    again = record_mined(str(path), str(place / "configs" / "belts"), str(place / "workspace"))
    assert again.number == 5


def test_verify_says_what_to_do_next_about_problems(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the report: what is lost is fetched from the copy, or estimated again."""
    words = ["verify", "--configs", str(place / "configs" / "belts"), "--tiles", "0"]
    words += ["--workspace", str(place / "workspace")]

    def run(language: str) -> tuple[int, str]:
        monkeypatch.setenv("BORNITE_LANG", language)
        with pytest.raises(SystemExit) as left:
            main(words)
        return int(str(left.value.code)), capsys.readouterr().err.strip().splitlines()[-1]

    code, last = run("en")
    assert code == Exit.OK
    assert last.startswith("next: bornite report ")
    shutil.rmtree(place / "workspace" / "models")
    for language, start in (("en", "next: restore "), ("zh", "下一步: 由备份恢复")):
        code, last = run(language)
        assert code == Exit.DATA
        assert last.startswith(start)
        assert f"bornite estimate {DEPOSIT} --configs" in last


def test_every_kind_of_problem_has_a_next_step() -> None:
    """Named in both languages, with the deposit where the problem names one."""
    whole: dict[str, list[str]] = {part: [] for part in PARTS}
    assert next_step(whole, " -x") == ("bornite report -x", "bornite report -x")
    for part in PARTS:
        zh, en = next_step(whole | {part: ["entry 7 (a-syn 2025-12-31): lost"]}, "")
        assert zh != en
        assert "bornite" in zh
        assert "report" not in en
    _, en = next_step(whole | {"models": ["a-syn grid-67bf: file chunks/4: bytes changed"]}, "")
    assert en.endswith("bornite estimate a-syn")
