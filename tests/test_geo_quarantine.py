"""The quarantine holds each refused row with its text, rule and fix, until it is let go."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from geo.drillholes.reading import read_drillholes
from geo.quarantine import read_history, write_quarantine
from geo.rules import finding
from geo.tables.table import REFUSED_COLUMNS
from tests.conftest import ASSAY

MONDAY = datetime(2026, 11, 2, 22, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 3, 22, 0, tzinfo=UTC)
STRANGER = "A9,0,2,s9,0.5,1\n"


def test_refused_rows_are_written_with_their_original_text(deposit, tmp_path):
    reading = read_drillholes(deposit(assay=ASSAY + STRANGER), Path())
    work = tmp_path / "ws"
    write_quarantine(reading.findings, reading.refused, work, "belt", "dep", at=MONDAY)
    path = work / "quarantine" / "belt" / "dep.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(path)
    assert table["raw"].tolist() == ["A9 | 0 | 2 | s9 | 0.5 | 1"]
    assert table["code"].tolist() == ["BN-INT-006"]
    findings = json.loads((path.parent / "dep.findings.json").read_text("utf-8"))
    assert len(findings) == len(reading.findings)
    assert {"zh", "en"} == set(findings[0]["message"])


def test_a_corrected_drop_releases_the_row_and_its_history_stays(deposit, tmp_path):
    bad = read_drillholes(deposit(assay=ASSAY + STRANGER), Path())
    good = read_drillholes(deposit(assay=ASSAY), Path())
    write_quarantine(bad.findings, bad.refused, tmp_path, "belt", "dep", at=MONDAY)
    history = write_quarantine(good.findings, good.refused, tmp_path, "belt", "dep", at=TUESDAY)
    assert history["opened"].tolist() == [MONDAY.isoformat()]
    assert history["released"].tolist() == [TUESDAY.isoformat()]
    again = write_quarantine(bad.findings, bad.refused, tmp_path, "belt", "dep", at=TUESDAY)
    assert again["released"].tolist() == [TUESDAY.isoformat(), ""]
    folder = tmp_path / "quarantine" / "belt"
    assert pd.read_csv(folder / "dep.csv")["raw"].tolist() == ["A9 | 0 | 2 | s9 | 0.5 | 1"]
    kept = read_history(folder / "dep.history.csv")
    assert kept.to_numpy().tolist() == again.to_numpy().tolist()


def test_a_row_still_refused_keeps_its_first_day_wherever_it_moved(tmp_path):
    first = _rows([(7, "A9 | 0 | 2"), (8, "A9 | 0 | 2")])
    moved = _rows([(12, "A9 | 0 | 2"), (40, "A9 | 0 | 2"), (41, "A9 | 0 | 2")])
    write_quarantine([], first, tmp_path, "belt", at=MONDAY)
    history = write_quarantine([], moved, tmp_path, "belt", at=TUESDAY)
    monday, tuesday = MONDAY.isoformat(), TUESDAY.isoformat()
    assert history["opened"].tolist() == [monday, monday, tuesday]
    assert set(history["released"]) == {""}


def test_a_refused_file_is_held_and_released_too(tmp_path):
    nothing = _rows([])
    broken = finding("BN-TAB-003", file="a.csv", detail="empty")
    history = write_quarantine([broken], nothing, tmp_path, "belt", at=MONDAY)
    assert history[["file", "code", "released"]].to_numpy().tolist() == [
        ["a.csv", "BN-TAB-003", ""]
    ]
    history = write_quarantine([], nothing, tmp_path, "belt", at=TUESDAY)
    assert history["released"].tolist() == [TUESDAY.isoformat()]


def _rows(rows):
    lines = [("assay", "a.csv", "", row, "BN-INT-006", raw) for row, raw in rows]
    return pd.DataFrame(lines, columns=[*REFUSED_COLUMNS, "raw"])
