"""Readings: a deposit's files read and checked, whole or as of a vintage.

An estimate always starts from the files themselves, so it can't rest on an older reading.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estimation.belts import Belt, Deposit
from estimation.deposit import DepositData
from estimation.domains.volumes import volumes_of
from estimation.ground import mined_findings
from estimation.originals import originals_beside
from estimation.readiness import codes_in_no_domain, planned_elements_missing
from estimation.statement.class_field import open_overrides
from estimation.statement.ground_inside import open_prospects
from flows.door import step
from flows.qaqc import deposit_qaqc, gather_controls
from flows.runtime import Workspace
from geo.archives import original
from geo.checks.drillholes import Ground
from geo.config import resolve_root
from geo.crs import check_crs
from geo.drillholes.gathering import gather
from geo.drillholes.licence import licence_boundary
from geo.drillholes.reading import DrillholeReading, read_drillholes
from geo.findings import DataError, Finding
from geo.inbox import lies_inside
from geo.quarantine import write_quarantine
from geo.rasters.surveys import surface_elevation
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
    reading = read_and_check(belt, as_of(deposit, vintage), base)
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
    known = as_of(deposit, vintage)
    reading = read_and_check(belt, known, base)
    keep_originals(reading, belt, deposit, base, house)
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


def as_of(deposit: Deposit, vintage: date) -> Deposit:
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
def read_and_check(belt: Belt, deposit: Deposit, base: Path) -> DrillholeReading:
    """Read a deposit's tables, check every row, judge its QA/QC, and look for the plan's elements.

    The collars are brought to the belt's coordinate system and compared with its ground and the
    licence. Assays of batches that fail wait where the deposit says so.
    """
    gathered = gather(deposit.drillholes, base)
    controls = gather_controls(deposit, base)
    quality = deposit_qaqc(deposit, base, [*gathered, *controls])
    boundary, licensed = licence_boundary(deposit.licence, belt.crs, base)
    ground, grounded = ground_of(belt, deposit, base)
    reading = read_drillholes(
        deposit.drillholes,
        base,
        belt.crs,
        gathered=gathered,
        ground=ground,
        boundary=boundary,
        quality=quality if deposit.qaqc is not None or quality.controls.count else None,
        elements=_main_elements(deposit),
    )
    missing = planned_elements_missing(deposit, reading)
    missing += mined_findings(deposit, base, belt.crs)
    missing += (*licensed, *grounded)
    refused, shapes = geometry_findings(belt, deposit, base, reading)
    missing += refused
    found = (*missing, *shapes, *codes_in_no_domain(deposit, reading), *reading.findings)
    return replace(
        reading,
        drillholes=None if missing else reading.drillholes,
        findings=found,
        files=reading.files | {c.file.path: c.sha256 for c in controls if c.sha256 is not None},
        origins=reading.origins | {c.file.path: c.path for c in controls if c.trouble is None},
    )


def geometry_findings(
    belt: Belt, deposit: Deposit, base: Path, reading: DrillholeReading
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What is wrong with the plan's geometry: findings that refuse the deposit, and the others.

    A volume that can't be used leaves out its own ground only; without any volume, and without a
    constraint or an override's polygon, nothing can be stated.
    """
    if deposit.plan is None or reading.drillholes is None:
        return (), ()
    data = DepositData(
        belt, deposit, base, max(deposit.vintages), reading.drillholes, reading.files
    )
    refused: tuple[Finding, ...] = ()
    noted: tuple[Finding, ...] = ()
    try:
        volumes = volumes_of(data)
        noted = volumes.findings if volumes is not None else ()
    except DataError as error:
        refused = error.findings
    for open_files in (
        lambda: open_prospects(data.plan, base, belt.crs),
        lambda: open_overrides(data.plan, base, belt.crs),
    ):
        try:
            open_files()
        except DataError as error:
            refused += error.findings
    return refused, noted


def _main_elements(deposit: Deposit) -> tuple[str, ...]:
    """Elements that the plan estimates from basic assays; none where there is no plan."""
    planned = deposit.plan.elements.items() if deposit.plan is not None else ()
    return tuple(name for name, element in planned if element.source == "basic")


def ground_of(
    belt: Belt, deposit: Deposit, base: Path
) -> tuple[Ground | None, tuple[Finding, ...]]:
    """The deposit's ground from its raster, by place in the belt's system; and if it may be read.

    A raster that can't be used gives no ground here; the belt's rasters tell why.
    """
    raster = next((r for r in belt.rasters if r.name == deposit.topography.raster), None)
    if deposit.topography.source != "raster" or raster is None:
        return None, ()
    root = resolve_root(raster.root, base)
    if not lies_inside(root, raster.path):
        return None, (finding("BN-INB-004", file=raster.path, value=raster.path),)
    path = root / raster.path
    if not path.is_file():
        return None, ()

    def ground(
        easting_m: NDArray[np.float64], northing_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        try:
            return surface_elevation(path, belt.crs, easting_m, northing_m)
        except DataError:
            return np.full(len(easting_m), np.nan)

    return ground, ()


@step(name="原件入库 Keep originals", retries=3)
def keep_originals(
    reading: DrillholeReading, belt: Belt, deposit: Deposit, base: Path, house: Workspace
) -> None:
    """Put every original that a figure rests on into the vault: tables, and what lies beside them.

    Raises
    ------
    DataError
        A file is no longer what was read: it was written to in between.
    """
    for path in originals_beside(belt, deposit, base).values():
        keep(path, house.root)
    kept = {name: _kept(path, house) for name, path in reading.origins.items()}
    changed = [name for name, sha in reading.files.items() if kept.get(name) != sha]
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
