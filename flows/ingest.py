"""Ingest: what a bureau dropped becomes tables on record, or is refused with a clear reason.

Originals go to the vault before anything is made of them; refused rows go to the quarantine with
their findings; accepted tables and aligned rasters go to the curated store. The same drop a second
time changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from estimation.belts import Belt, Deposit
from flows.account import Ingested
from flows.belt_map import curate_belt_map, layers_of
from flows.belts import find_belt
from flows.door import publish_table, step, workflow
from flows.drops import (
    bystanders,
    deposit_files,
    drop_files,
    drop_key,
    in_transfer,
    keep_account,
    standing_account,
    without,
)
from flows.manifest import new_run_id, write_manifest
from flows.readings import (
    coordinate_system_findings,
    keep_originals,
    quarantine_rows,
    read_and_check,
)
from flows.reasons import reason_of
from flows.runtime import Workspace, read_runtime
from geo.config import resolve_root
from geo.curated import write_table
from geo.drillholes.reading import DrillholeReading
from geo.findings import Finding
from geo.geochemistry.survey import GeochemistryReading, read_geochemistry
from geo.inbox import lies_inside
from geo.quarantine import write_quarantine
from geo.vault import keep

DRILLHOLE_TABLES = ("collar", "survey", "assay", "lithology", "density", "combined", "members")


@workflow(name="ingest")
def ingest(
    belt_id: str,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    run_id: str | None = None,
) -> Ingested:
    """Read, check and keep every file of one belt; data errors end in findings, not in failure."""
    house = Workspace(Path(workspace))
    belt, base, found, waiting = _open_account(belt_id, configs)
    if found.refused:
        return found
    files = drop_files(belt, base)
    key = drop_key(belt, base, files)
    standing = None if waiting else standing_account(house, belt, key)
    if standing is not None:
        return standing
    for deposit in belt.deposits:
        if _waiting_of(deposit, base, waiting):
            found.refuse(deposit, _waiting_of(deposit, base, waiting))
            continue
        reading = read_and_check(belt, deposit, base)
        keep_originals(reading, belt, deposit, base, house)
        quarantine_rows(reading, house, belt.id, deposit.id)
        found.take_reading(deposit, reading)
        if reading.drillholes is not None:
            curate_drillholes(reading, house, belt, deposit.id)
    whole = without(belt, waiting)
    surveys = read_surveys(whole, base, house)
    found.take_surveys(belt, tuple(f for survey in surveys for f in survey.findings))
    found.balances += tuple(b for survey in surveys for b in survey.balances)
    found.take_surveys(belt, curate_belt_map(whole, base, house, surveys))
    found.take_surveys(belt, tuple(waiting.values()))
    tell_of(found, belt)
    unchanged = set(found.files.values()) <= set(files.values())
    if not waiting and unchanged:  # a query may have answered otherwise in between
        keep_account(house, belt, key, found)
    write_manifest(house.run(run_id or new_run_id()), f"ingest-{belt.id}", found)
    return found


def check(belt_id: str, configs: str = "configs/belts") -> Ingested:
    """Read and check one belt's files without writing anything."""
    belt, base, found, waiting = _open_account(belt_id, configs)
    if found.refused:
        return found
    for deposit in belt.deposits:
        if _waiting_of(deposit, base, waiting):
            found.refuse(deposit, _waiting_of(deposit, base, waiting))
        else:
            found.take_reading(deposit, read_and_check(belt, deposit, base))
    whole = without(belt, waiting)
    for source in whole.geochemistry:
        survey = read_geochemistry(source, belt.crs, base)
        found.take_surveys(belt, survey.findings)
        found.balances += survey.balances
    _, findings, _ = layers_of(whole, base)
    found.take_surveys(belt, (*findings, *waiting.values()))
    return found


def _open_account(belt_id: str, configs: str) -> tuple[Belt, Path, Ingested, dict[str, Finding]]:
    """A belt, its folder, its account, and its files in transfer.

    All is refused where the belt's CRS can't be used.
    """
    belt, base = find_belt(belt_id, Path(configs))
    trouble = coordinate_system_findings(belt)
    refused = {d.id: reason_of(trouble[0]) for d in belt.deposits} if trouble else {}
    if refused:
        return belt, base, Ingested(belt.id, refused=refused, findings=trouble), {}
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    waiting = in_transfer(belt, base, runtime.inbox_quiet_s)
    return belt, base, Ingested(belt.id, findings=bystanders(belt, base)), waiting


def _waiting_of(deposit: Deposit, base: Path, waiting: dict[str, Finding]) -> tuple[Finding, ...]:
    """The findings of a deposit's own files that are still in transfer."""
    names = dict.fromkeys(name for _, name in deposit_files(deposit, base))
    return tuple(waiting[name] for name in names if name in waiting)


def tell_of(found: Ingested, belt: Belt) -> None:
    """Put findings on the run's page; people read them, and the quarantine, on the site."""
    table = [f.as_json() for f in found.findings if f.severity != "info"]
    publish_table(f"findings-{belt.id.replace('_', '-')}", table, f"Findings of {belt.name.en}")


@step(name="整编钻孔 Curate drill-holes", retries=3)
def curate_drillholes(
    reading: DrillholeReading, house: Workspace, belt: Belt, deposit_id: str
) -> None:
    """Write the accepted tables as GeoParquet."""
    for name in DRILLHOLE_TABLES:
        frame = getattr(reading.drillholes, name)
        write_table(frame, f"{deposit_id}/{name}", house.root, belt.id, belt.crs)


@step(name="化探 Read geochemistry", retries=2)
def read_surveys(belt: Belt, base: Path, house: Workspace) -> list[GeochemistryReading]:
    """Read, check, keep and curate the belt's geochemical surveys."""
    readings = []
    for number, source in enumerate(belt.geochemistry, start=1):
        reading = read_geochemistry(source, belt.crs, base)
        root = resolve_root(source.root, base)
        path = root / source.path
        if lies_inside(root, source.path) and path.is_file():
            keep(path, house.root)
        name = f"geochemistry-{number}"
        at = datetime.now(UTC)
        write_quarantine(reading.findings, reading.refused, house.root, belt.id, name, at=at)
        if reading.survey is not None:
            write_table(reading.survey.curated(), name, house.root, belt.id, belt.crs)
        readings.append(reading)
    return readings
