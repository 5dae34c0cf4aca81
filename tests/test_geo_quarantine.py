"""The quarantine holds each refused row with its text, rule and fix."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from geo.drillholes import read_drillholes
from geo.quarantine import write_quarantine
from tests.conftest import ASSAY


def test_refused_rows_are_written_with_their_original_text(deposit, tmp_path):
    reading = read_drillholes(deposit(assay=ASSAY + "A9,0,2,s9,0.5,1\n"), Path())
    path = write_quarantine(reading.findings, reading.refused, tmp_path / "ws", "belt", "dep")
    assert path == tmp_path / "ws" / "quarantine" / "belt" / "dep.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(path)
    assert table["raw"].tolist() == ["A9 | 0 | 2 | s9 | 0.5 | 1"]
    assert table["code"].tolist() == ["BN-INT-006"]
    findings = json.loads((path.parent / "dep.findings.json").read_text("utf-8"))
    assert len(findings) == len(reading.findings)
    assert {"zh", "en"} == set(findings[0]["message"])
