"""A chain cut short is whole in itself: the head noted by the last run tells."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

import flows.track
from flows.track import check_chain
from tests.fabricated import copper_result
from tracking import Ledger


def filled(path: Path, count: int) -> Ledger:
    """A ledger with so many figures, the first ones always the same."""
    ledger = Ledger(f"sqlite:///{path}", code_version="test")
    for turn in range(count):
        ledger.record(copper_result(date(2024, 12, 31), {"measured": 100.0 + turn}), "run")
    return ledger


@pytest.mark.parametrize("walked_whole", [10_000, 1])
def test_an_older_copy_put_back_is_found_and_the_note_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walked_whole: int
) -> None:
    """A short chain is walked whole, a long one from the note: both look for the noted head."""
    monkeypatch.setattr(flows.track, "WALKED_WHOLE", walked_whole)
    note = tmp_path / "ledger.verified.json"
    with filled(tmp_path / "ledger.db", 2):
        pass
    for name in tmp_path.glob("ledger.db*"):
        shutil.copy(name, tmp_path / f"old-{name.name}")
    with filled(tmp_path / "ledger.db", 2) as ledger:
        ledger.record(copper_result(date(2024, 12, 31), {"measured": 200.0}), "run")
        assert check_chain(ledger, note) == ()
        kept = json.loads(note.read_text("utf-8"))
        assert (kept["number"], kept["hash"]) == ledger.head()
    with Ledger(f"sqlite:///{tmp_path / 'old-ledger.db'}") as ledger:
        for _ in range(2):  # the next night says so again
            assert any("noted earlier" in said for said in check_chain(ledger, note))
        assert json.loads(note.read_text("utf-8")) == kept
        note.unlink()  # put back on purpose, and looked at
        assert check_chain(ledger, note) == ()


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"number": 1}', '{"number": "1", "hash": "x"}', "\x00"]
)
def test_a_damaged_note_is_said_and_stops_nothing(tmp_path: Path, damage: str) -> None:
    """Nor is it written over: only a person can tell what was lost."""
    note = tmp_path / "ledger.verified.json"
    note.write_text(damage, "utf-8")
    with filled(tmp_path / "ledger.db", 1) as ledger:
        (said,) = check_chain(ledger, note)
    assert said.startswith("ledger.verified.json: ")
    assert note.read_text("utf-8") == damage
