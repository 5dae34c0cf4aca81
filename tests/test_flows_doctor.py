"""Doctor: a ledger that is damaged, read-only or newer is told with what helps against it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flows import doctor
from flows.cli import Exit, main
from flows.records import record
from reporting.units import bilingual
from tests.record_forms import example_header, example_rows, write
from tests.small_belt import write_small_belt


class Place:
    """A configuration and a workspace whose ledger has one entry."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.belts, self.workspace = str(write_small_belt(folder)), str(folder / "ws")
        self.capsys = capsys
        plain: dict[str, str | None] = {"mine_code": None, "licence_no": None, "review_no": None}
        record(
            [str(write(folder / "a.yaml", example_header(**plain), example_rows()))],
            self.belts,
            self.workspace,
        )
        self.ledger = folder / "ws" / "ledger.db"

    def run(self, *words: str) -> tuple[int, str, str]:
        """The command: exit code, what it prints, what it says last."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["doctor", "--configs", self.belts, "--workspace", self.workspace, *words])
        out = self.capsys.readouterr()
        return int(str(left.value.code)), out.out, ("", *out.err.splitlines())[-1]

    def line(self) -> dict[str, Any]:
        """The ledger's line."""
        _, out, _ = self.run("--json")
        (line,) = (one for one in json.loads(out) if one["name"] == "ledger")
        return dict(line)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def newer(place: Place) -> None:
    """A schema that this program doesn't know."""
    with sqlite3.connect(place.ledger) as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    ledger.close()


def no_database(place: Place) -> None:
    """Some other file in its place."""
    _without_log(place)
    place.ledger.write_bytes(b"no database " * 999)


def malformed(place: Place) -> None:
    """The header stands, pages behind it do not."""
    _without_log(place)
    held = bytearray(place.ledger.read_bytes())
    held[100:] = bytes(byte ^ 0x5A for byte in held[100:])
    place.ledger.write_bytes(held)


def _without_log(place: Place) -> None:
    with sqlite3.connect(place.ledger) as ledger:
        ledger.execute("PRAGMA journal_mode=DELETE")
    ledger.close()
    for end in ("-wal", "-shm"):
        Path(f"{place.ledger}{end}").unlink(missing_ok=True)


def test_a_ledger_that_stands_is_well_and_the_demo_is_next(place: Place) -> None:
    """No fix, exit 0."""
    assert place.line() == {"name": "ledger", "well": True, "found": "1 entries", "fix": ""}
    code, _, last = place.run()
    assert (code, "bornite demo" in last) == (Exit.OK, True)


@pytest.mark.parametrize(
    ("damage", "remedy"),
    [(newer, doctor.NEWER), (no_database, doctor.MALFORMED), (malformed, doctor.MALFORMED)],
)
def test_each_trouble_of_the_ledger_has_its_remedy(
    place: Place, damage: Any, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never that of a database server; in the reader's language; the next step is to mend it."""
    damage(place)
    line = place.line()
    assert (line["well"], line["fix"]) == (False, remedy)
    for language in ("zh", "en"):
        monkeypatch.setenv("BORNITE_LANG", language)
        code, out, last = place.run()
        words = bilingual(remedy)
        assert code == Exit.ENVIRONMENT
        assert (words.zh if language == "zh" else words.en) in out
        assert (words.en if language == "zh" else words.zh) not in out
        assert "demo" not in last
        assert "bornite doctor" in last


def test_a_ledger_that_this_user_may_not_write_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the file's rights where it can be read, by what SQLite says where it can't."""
    rights = os.access
    monkeypatch.setattr(
        doctor.os,
        "access",
        lambda path, mode: Path(path) != place.ledger and rights(path, mode),
    )
    line = place.line()
    assert (line["well"], line["fix"]) == (False, doctor.READ_ONLY)
    monkeypatch.undo()
    _without_log(place)
    monkeypatch.chdir(place.ledger.parent)
    url = f"sqlite:///file:{place.ledger}?mode=ro&uri=true"
    monkeypatch.setenv("BORNITE_DATABASE_URL", url)
    line = place.line()
    assert "readonly" in line["found"]
    assert line["fix"] == doctor.READ_ONLY


def test_a_server_that_is_away_and_a_broken_chain_keep_their_own(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's remedy for a database; a chain that was written over is restored."""
    with sqlite3.connect(place.ledger) as ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            ledger.execute(f"DROP TRIGGER {name}")
        ledger.execute("UPDATE ledger_entry SET run_id = 'x'")
    ledger.close()
    assert place.line()["fix"] == doctor.CHAIN_BROKEN
    monkeypatch.setenv("BORNITE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert place.line()["fix"] == doctor.DATABASE


def test_every_remedy_is_in_both_languages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong: one half Chinese, the other English."""
    monkeypatch.setattr(doctor, "LEAST_FREE_GIB", 1e9)
    monkeypatch.setenv("BORNITE_WORKERS", "4096")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    rights = os.access
    closed = Path(place.workspace)
    monkeypatch.setattr(
        doctor.os, "access", lambda path, mode: Path(path) != closed and rights(path, mode)
    )
    shutil.rmtree(place.belts)
    _, out, _ = place.run("--json")
    fixes = [one["fix"] for one in json.loads(out) if not one["well"]]
    assert len(fixes) >= 4
    for fix in (*fixes, *doctor.REMEDIES.values(), doctor.PYTHON):
        words = bilingual(fix)
        assert words.zh != words.en, fix
