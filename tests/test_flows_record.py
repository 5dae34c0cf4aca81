"""``bornite form`` and ``bornite record``: forms into the ledger, once, whole, one by one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from flows import records
from flows.cli import app, run
from flows.cli_options import Exit
from flows.review import find_figure
from geo.config import ConfigError
from geo.vault import vault_path
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tests.record_desk import ROOT, Desk
from tests.record_forms import example_rows
from tracking import Ledger


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_an_empty_form_is_written_and_never_over_another(desk: Desk) -> None:
    for name in ("a.xlsx", "b.yaml"):
        out = str(desk.folder / name)
        assert run(lambda out=out: app(["form", out], standalone_mode=False)) == Exit.OK
        before = Path(out).read_bytes()
        assert run(lambda out=out: app(["form", out], standalone_mode=False)) == Exit.USAGE
        assert Path(out).read_bytes() == before
    out = str(desk.folder / "c.docx")
    assert run(lambda: app(["form", out], standalone_mode=False)) == Exit.USAGE


def test_an_unfilled_form_is_refused_with_every_field_that_is_needed(desk: Desk) -> None:
    out = str(desk.folder / "a.xlsx")
    assert run(lambda: app(["form", out], standalone_mode=False)) == Exit.OK
    code, (answer,) = desk.record(out)
    assert code == Exit.DATA
    rows = {f["row"] for f in answer["findings"] if f["code"] in ("BN-LED-004", "BN-LED-010")}
    assert len(rows) >= 8
    assert None not in rows
    assert desk.head[0] == 0


def test_a_whole_form_is_entered_once_and_its_original_kept(desk: Desk) -> None:
    path = desk.form("a.xlsx")
    first, second = desk.record(path), desk.record(path)
    assert first[0] == second[0] == Exit.OK
    assert first[1][0]["outcome"] == "entered"
    assert second[1][0]["outcome"] == "standing"
    assert first[1][0]["entry"] == second[1][0]["entry"] == 1
    with Ledger(desk.url) as ledger:
        (entry,) = ledger.entries()
        assert ledger.verify() == []
        (figure,) = ledger.standings()
    assert (figure.filing, figure.stat_year, figure.document_no) == (
        "in_statistics",
        2025,
        "甘资储备字[2025]8号",
    )
    assert figure.filed_date == date(2025, 6, 20)
    kept = vault_path(entry.content["form_sha256"], desk.folder / "ws")
    assert kept.read_bytes() == Path(path).read_bytes()


def test_check_enters_nothing(desk: Desk) -> None:
    path = desk.form("a.yaml")
    code, (answer,) = desk.record(path, "--check")
    assert (code, answer["outcome"], answer["entry"]) == (Exit.OK, "whole", None)
    assert desk.head[0] == 0
    assert not (desk.folder / "ws" / "vault").exists()


def test_one_bad_form_stops_no_other(desk: Desk) -> None:
    folder = desk.folder / "forms"
    folder.mkdir()
    desk.form("forms/1.yaml", filing_no="甘资储备字〔2025〕1号", deposit_id="one", mine_code=None)
    desk.form("forms/2.xlsx", filing_no="坏")
    (folder / "3.yaml").write_text("no form", "utf-8")
    (folder / "~$2.xlsx").write_bytes(b"a lock of the spreadsheet")
    (folder / "notes.txt").write_text("not a form", "utf-8")
    desk.form("forms/4.xlsx", filing_no="甘资储备字〔2025〕4号", deposit_id="four", mine_code=None)
    code, answers = desk.record(str(folder))
    assert code == Exit.DATA
    assert [a["outcome"] for a in answers] == ["entered", "refused", "refused", "entered"]
    assert desk.head[0] == 2


def test_what_is_not_there_is_a_usage_error(desk: Desk) -> None:
    (desk.folder / "empty").mkdir()
    for name in ("absent.xlsx", "empty"):
        assert desk.record(str(desk.folder / name)) == (Exit.USAGE, [])


def test_a_discovery_keeps_its_date(desk: Desk) -> None:
    """Fixture 14 as a record: found on 2024-06-30, before a base at the end of 2024."""
    header = {"growth_type": "新发现", "discovered": "2024-06-30"}
    assert desk.one("a.yaml", **header)["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        (entry,) = ledger.entries()
    assert entry.content["growth_type"] == "discovery"
    assert entry.content["registry"]["discovered"]["date"] == "2024-06-30"


def test_a_form_that_changes_while_it_is_read_is_not_entered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "keep", lambda path, root: "0" * 64)
    answer = desk.one("a.yaml")
    assert answer["outcome"] == "refused"
    assert "BN-INB-005" in answer["codes"]
    assert desk.head[0] == 0


def test_an_unwritable_vault_enters_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, root: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records, "keep", full)
    assert desk.record(desk.form("a.yaml")) == (Exit.ENVIRONMENT, [])
    assert desk.head[0] == 0


def test_the_answers_are_those_documented(desk: Desk) -> None:
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    text = page.split("## `bornite record FORM --json`")[1].split("```json")[1].split("```")[0]
    (documented,) = json.loads(text)["forms"]
    rows = example_rows()
    rows[4] |= {"grade": "0.02", "metal": "3100"}
    _, (given,) = desk.record(desk.form("beishan-2024.xlsx", rows))
    assert given.keys() == documented.keys()
    (found,) = given["findings"]
    (shown,) = documented["findings"]
    assert found.keys() == shown.keys()
    assert {k: v for k, v in found.items() if isinstance(v, str | int)} == {
        k: v for k, v in shown.items() if isinstance(v, str | int)
    }
    same = ("file", "outcome", "deposit", "vintage", "series", "filing", "status")
    assert [given[k] for k in same] == [documented[k] for k in same]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database's URL, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ws' / 'ledger.db'}"
    else:
        yield new_database(request.getfixturevalue("postgres_server"), "records")


def test_many_clerks_with_one_form_enter_it_once(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BORNITE_DATABASE_URL", url)
    path, outcomes = desk.form("a.yaml"), []
    Ledger(url).close()

    def clerk() -> None:
        (found,) = records.record([path], str(desk.configs), str(desk.folder / "ws"))
        outcomes.append(found.outcome)

    clerks = [threading.Thread(target=clerk) for _ in range(4)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert sorted(outcomes) == ["entered", "standing", "standing", "standing"]
    with Ledger(url) as ledger:
        assert len(ledger.entries()) == 1
        assert ledger.verify() == []


def test_an_unstated_use_is_null(desk: Desk) -> None:
    """A blank cell says nothing: the deposit isn't taken for usable."""
    assert desk.one("a.yaml", usable_status=None)["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        assert ledger.entry(1).content["usable_status"] is None


def test_after_a_check_comes_the_record(desk: Desk) -> None:
    """The next step is the same forms, without --check."""
    path = desk.form("a.yaml")
    options = ["--configs", str(desk.configs), "--workspace", str(desk.folder / "ws"), "--check"]
    assert run(lambda: app(["record", path, *options], standalone_mode=False)) == Exit.OK
    said = "".join(desk.capsys.readouterr().err.split())
    assert f"bornite record {path}".replace(" ", "") in said
    assert "--check" not in said


def test_the_only_figure_of_a_date_needs_no_series(desk: Desk) -> None:
    """A filed figure without an estimate of ours beside it."""
    assert desk.one("a.yaml")["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        (figure,) = ledger.standings()
        assert find_figure(ledger, figure.deposit_id, str(figure.vintage)) == figure
        with pytest.raises(ConfigError, match="it has"):
            find_figure(ledger, figure.deposit_id, str(figure.vintage), "other")
