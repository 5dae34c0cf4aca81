"""Quality control in a deposit's account: what it found, its rows, and the assays that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from geo.checks.drillholes import Checked
from geo.findings import Finding, RowBalance
from geo.qaqc.batches import held_flag, unnamed_batches
from geo.qaqc.reading import QaqcReading
from geo.rules import finding, flag_findings
from geo.tables.table import refused_rows


def hold_failed(checked: Checked, quality: QaqcReading, elements: Sequence[str]) -> Checked:
    """Quarantine the assays of failed batches, where the project holds them (BN-QAQ-021).

    The rules of intervals have seen them: that they wait makes no gap. ``elements`` are the ones
    that matter (none: any). A failed batch that no assay names is told (BN-QAQ-028).
    """
    if checked.frames is None or not quality.holds or not quality.failures:
        return checked
    assay = checked.frames["assay"]
    wanted = elements or None
    flag = held_flag(assay, quality.failures, wanted)
    found = flag_findings(flag, assay)
    lost = {f.batch: f.file for f in unnamed_batches(assay, quality.failures, wanted)}
    found += [finding("BN-QAQ-028", file=file, batch=batch) for batch, file in lost.items()]
    gone = refused_rows([flag], assay, "assay")
    left = assay.drop(index=assay.index[flag.rows]).reset_index(drop=True)
    parts = [part for part in (checked.refused, gone) if len(part)]
    refused = pd.concat(parts, ignore_index=True) if parts else checked.refused
    frames = {**checked.frames, "assay": left}
    return replace(checked, frames=frames, findings=(*checked.findings, *found), refused=refused)


def quality_findings(quality: QaqcReading, told: Iterable[Finding]) -> list[Finding]:
    """What quality control found beside what the reading told of the same files."""
    known = {(f.code, f.file) for f in told if f.code == "BN-QAQ-001"}
    return [f for f in quality.findings if (f.code, f.file) not in known]


def quality_balances(quality: QaqcReading, counted: Iterable[RowBalance]) -> tuple[RowBalance, ...]:
    """Rows of tables of controls that no other balance counts."""
    files = {balance.file for balance in counted}
    return tuple(balance for balance in quality.balances if balance.file not in files)
