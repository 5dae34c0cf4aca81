"""Readings: a deposit's files read and checked, whole or as of a vintage.

An estimate always starts from the files themselves, so it can't rest on an older reading.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from estimation.belts import Belt, Deposit
from estimation.deposit import DepositData
from estimation.readiness import (
    codes_in_no_domain,
    planned_elements_missing,
    surfaces_missing,
)
from flows.door import step
from flows.runtime import Workspace
from geo.archives import original
from geo.config import resolve_root
from geo.crs import check_crs
from geo.drillholes import DrillholeReading, read_drillholes
from geo.findings import DataError, Finding
from geo.quarantine import write_quarantine
from geo.rules import finding
from geo.vault import keep


def read_as_of(
    belt: Belt, deposit: Deposit, base: Path, vintage: date
) -> tuple[DepositData | None, tuple[Finding, ...]]:
    """Read and check the campaigns up to a vintage; nothing is written.

    Later files are not looked at, so they can't change the vintage. Returns None and the findings
    where the drill-holes can't be used.
    """
    trouble = coordinate_system_findings(belt)
    if trouble:
        return None, trouble
    reading = read_and_check(_as_of(deposit, vintage), base, belt.crs)
    if reading.drillholes is None:
        return None, reading.findings
    data = DepositData(belt, deposit, base, vintage, reading.drillholes, reading.files)
    return data, reading.findings


def accepted_drillholes(
    belt: Belt, deposit: Deposit, base: Path, house: Workspace, vintage: date
) -> tuple[DepositData, DrillholeReading]:
    """Read and check one deposit as of a vintage, keep its originals, quarantine refused rows.

    Returns the data and the whole reading.

    Raises
    ------
    DataError
        The drill-holes can't be used; it carries the findings.
    """
    trouble = coordinate_system_findings(belt)
    if trouble:
        raise DataError(trouble)
    known = _as_of(deposit, vintage)
    reading = read_and_check(known, base, belt.crs)
    keep_originals(reading, deposit, base, house)
    if known.drillholes == deposit.drillholes:  # an older vintage is no newer drop
        quarantine_rows(reading, house, belt.id, deposit.id)
    if reading.drillholes is None:
        raise DataError(reading.findings)
    data = DepositData(belt, deposit, base, vintage, reading.drillholes, reading.files)
    return data, reading


def count_by_severity(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Number of findings of each severity."""
    counts = Counter(f.severity for f in findings)
    return {str(severity): count for severity, count in sorted(counts.items())}


def _as_of(deposit: Deposit, vintage: date) -> Deposit:
    """A deposit with the campaigns up to a vintage only."""
    known = tuple(c for c in deposit.drillholes.campaigns if c.as_of <= vintage)
    sources = deposit.drillholes.model_copy(update={"campaigns": known})
    return deposit.model_copy(update={"drillholes": sources, "vintages": (vintage,)})


def coordinate_system_findings(belt: Belt) -> tuple[Finding, ...]:
    """Findings where the belt's CRS can't be used; empty where it can."""
    try:
        check_crs(belt.crs, file=f"{belt.id}.yaml")
    except DataError as error:
        return error.findings
    return ()


@step(name="读取与检查 Read and check")
def read_and_check(deposit: Deposit, base: Path, crs: str) -> DrillholeReading:
    """Read a deposit's tables, check every row, and look for the plan's elements.

    ``crs`` is the belt's coordinate system, to which the collars are brought.
    """
    reading = read_drillholes(deposit.drillholes, base, crs)
    missing = (*planned_elements_missing(deposit, reading), *surfaces_missing(deposit, base))
    found = (*missing, *codes_in_no_domain(deposit, reading), *reading.findings)
    return replace(reading, drillholes=None if missing else reading.drillholes, findings=found)


@step(name="原件入库 Keep originals", retries=3)
def keep_originals(
    reading: DrillholeReading, deposit: Deposit, base: Path, house: Workspace
) -> None:
    """Put every original, tables and mined-out surfaces, into the vault.

    Raises
    ------
    DataError
        A file is no longer what was read: it was written to in between.
    """
    surfaces = [resolve_root(mined.root, base) / mined.path for mined in deposit.mined]
    kept = {name: _kept(path, house) for name, path in reading.origins.items()}
    for path in surfaces:
        _kept(path, house)
    changed = [name for name, sha in reading.files.items() if kept[name] != sha]
    if changed:
        raise DataError([finding("BN-INB-005", file=name) for name in sorted(changed)])


def _kept(path: Path, house: Workspace) -> str | None:
    """SHA-256 of a file (or of the archive it stands in), now in the vault; None where absent."""
    whole = original(path)
    return keep(whole, house.root) if whole.is_file() else None


@step(name="隔离 Quarantine", retries=3)
def quarantine_rows(
    reading: DrillholeReading, house: Workspace, belt_id: str, deposit_id: str
) -> None:
    """Write refused rows with the rule each broke."""
    at = datetime.now(UTC)
    write_quarantine(reading.findings, reading.refused, house.root, belt_id, deposit_id, at=at)
