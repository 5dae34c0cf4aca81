"""Ingest: what a bureau dropped becomes tables on record, or is refused with a clear reason.

Originals go to the vault before anything is made of them; refused rows go to the quarantine with
their findings; accepted tables and aligned rasters go to the curated store.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from estimation.belts import Belt, Deposit
from estimation.copper_map import krige_copper_map
from estimation.deposit import DepositData
from estimation.readiness import (
    codes_in_no_domain,
    planned_elements_missing,
    surfaces_missing,
)
from flows.belts import find_belt
from flows.door import publish_table, step, workflow
from flows.manifest import new_run_id, write_manifest
from flows.runtime import Workspace
from geo.config import digest, resolve_root
from geo.crs import check_crs
from geo.curated import write_rasters, write_table
from geo.drillholes import DrillholeReading, read_drillholes
from geo.files import write_whole
from geo.findings import DataError, Finding, RowBalance
from geo.geochemistry import GeochemistryReading, read_geochemistry
from geo.quarantine import write_quarantine
from geo.rasters import align_rasters
from geo.rules import blocks
from geo.tables import REFUSED_COLUMNS
from geo.vault import keep
from geo.version import code_version

DRILLHOLE_TABLES = ("collar", "survey", "assay", "lithology", "density", "combined")


@dataclass
class Ingested:
    """What became of one belt's files."""

    belt_id: str
    accepted: list[str] = field(default_factory=list)
    """Deposits whose drill-holes can be estimated."""
    refused: dict[str, str] = field(default_factory=dict)
    """Deposit, or survey file -> why it can't be used."""
    findings: tuple[Finding, ...] = ()
    balances: tuple[RowBalance, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    """Path as configured -> SHA-256 (its name in the vault)."""


@workflow(name="ingest")
def ingest(
    belt_id: str,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    run_id: str | None = None,
) -> Ingested:
    """Read, check and keep every file of one belt; data errors end in findings, not in failure."""
    house = Workspace(Path(workspace))
    belt, base, found = _open_account(belt_id, configs)
    if found.refused:
        return found
    for deposit in belt.deposits:
        reading = read_and_check(deposit, base)
        keep_originals(reading, deposit, base, house)
        quarantine_rows(reading, house, belt.id, deposit.id)
        _take_note(found, deposit, reading)
        if reading.drillholes is not None:
            curate_drillholes(reading, house, belt, deposit.id)
    surveys = read_surveys(belt, base, house)
    _note_surveys(found, belt, tuple(f for survey in surveys for f in survey.findings))
    found.balances += tuple(b for survey in surveys for b in survey.balances)
    _note_surveys(found, belt, curate_belt_map(belt, base, house, surveys))
    table = [f.as_json() for f in found.findings if f.severity != "info"]
    publish_table(f"findings-{belt.id.replace('_', '-')}", table, f"Findings of {belt.name.en}")
    write_manifest(house.run(run_id or new_run_id()), f"ingest-{belt.id}", found)
    return found


def check(belt_id: str, configs: str = "configs/belts") -> Ingested:
    """Read and check one belt's files without writing anything."""
    belt, base, found = _open_account(belt_id, configs)
    if found.refused:
        return found
    for deposit in belt.deposits:
        _take_note(found, deposit, read_and_check(deposit, base))
    for source in belt.geochemistry:
        survey = read_geochemistry(source, belt.crs, base)
        _note_surveys(found, belt, survey.findings)
        found.balances += survey.balances
    _, findings, _ = align_rasters(belt.rasters, belt.crs, belt.map_grid, base)
    _note_surveys(found, belt, findings)
    return found


def _note_surveys(found: Ingested, belt: Belt, findings: tuple[Finding, ...]) -> None:
    """Enter what was found in surveys and rasters.

    A file that can't be used is refused, and so is every deposit whose ground it is.
    """
    found.findings += findings
    for item in filter(blocks, findings):
        found.refused.setdefault(item.file, item.message_en)
        names = {raster.name for raster in belt.rasters if raster.path == item.file}
        for deposit in belt.deposits:
            if deposit.topography.raster in names and deposit.id in found.accepted:
                found.accepted.remove(deposit.id)
                found.refused[deposit.id] = f"{item.file}: {item.message_en}"


def _open_account(belt_id: str, configs: str) -> tuple[Belt, Path, Ingested]:
    """A belt, its folder and its account; all refused where the belt's CRS can't be used."""
    belt, base = find_belt(belt_id, Path(configs))
    trouble = coordinate_system_findings(belt)
    refused = {d.id: trouble[0].message_en for d in belt.deposits} if trouble else {}
    return belt, base, Ingested(belt.id, refused=refused, findings=trouble)


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
    reading = read_and_check(_as_of(deposit, vintage), base)
    if reading.drillholes is None:
        return None, reading.findings
    data = DepositData(belt, deposit, base, vintage, reading.drillholes, reading.files)
    return data, reading.findings


def accepted_drillholes(
    belt: Belt, deposit: Deposit, base: Path, house: Workspace, vintage: date
) -> tuple[DepositData, dict[str, int]]:
    """Read and check one deposit as of a vintage, keep its originals, quarantine refused rows.

    An estimate always starts from the files themselves, so it can't rest on an older reading.
    Returns the data and the number of findings by severity.

    Raises
    ------
    DataError
        The drill-holes can't be used; it carries the findings.
    """
    trouble = coordinate_system_findings(belt)
    if trouble:
        raise DataError(trouble)
    reading = read_and_check(_as_of(deposit, vintage), base)
    keep_originals(reading, deposit, base, house)
    quarantine_rows(reading, house, belt.id, deposit.id)
    if reading.drillholes is None:
        raise DataError(reading.findings)
    counts = Counter(f.severity for f in reading.findings)
    data = DepositData(belt, deposit, base, vintage, reading.drillholes, reading.files)
    return data, {str(severity): count for severity, count in sorted(counts.items())}


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
def read_and_check(deposit: Deposit, base: Path) -> DrillholeReading:
    """Read a deposit's tables, check every row, and look for the plan's elements."""
    reading = read_drillholes(deposit.drillholes, base)
    missing = (*planned_elements_missing(deposit, reading), *surfaces_missing(deposit, base))
    found = (*missing, *codes_in_no_domain(deposit, reading), *reading.findings)
    return replace(reading, drillholes=None if missing else reading.drillholes, findings=found)


@step(name="原件入库 Keep originals", retries=3)
def keep_originals(
    reading: DrillholeReading, deposit: Deposit, base: Path, house: Workspace
) -> None:
    """Put every original, tables and mined-out surfaces, into the vault."""
    surfaces = [resolve_root(mined.root, base) / mined.path for mined in deposit.mined]
    for path in (*reading.origins.values(), *surfaces):
        if path.is_file():
            keep(path, house.root)


@step(name="隔离 Quarantine", retries=3)
def quarantine_rows(
    reading: DrillholeReading, house: Workspace, belt_id: str, deposit_id: str
) -> None:
    """Write refused rows with the rule each broke."""
    write_quarantine(reading.findings, reading.refused, house.root, belt_id, deposit_id)


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
        path = resolve_root(source.root, base) / source.path
        if path.is_file():
            keep(path, house.root)
        name = f"geochemistry-{number}"
        write_quarantine(reading.findings, reading.refused, house.root, belt.id, name)
        if reading.table is not None:
            write_table(reading.table, name, house.root, belt.id, belt.crs)
        readings.append(reading)
    return readings


@step(name="栅格与铜异常图 Rasters and copper map", retries=2)
def curate_belt_map(
    belt: Belt, base: Path, house: Workspace, surveys: list[GeochemistryReading]
) -> tuple[Finding, ...]:
    """Align the rasters, krige the copper map, write both; returns the findings."""
    if belt.map_grid is None:
        return ()
    dataset, findings, files = align_rasters(belt.rasters, belt.crs, belt.map_grid, base)
    for source in belt.rasters:
        path = resolve_root(source.root, base) / source.path
        if path.is_file():
            keep(path, house.root)
    write_rasters(dataset, house.root, belt.id)
    no_rows = pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
    write_quarantine(findings, no_rows, house.root, belt.id, "rasters")
    tables = [survey.table for survey in surveys if survey.table is not None]
    made_from = digest(
        [files, [s.files for s in surveys], belt.model_dump(mode="json"), code_version()]
    )
    if tables and not _is_current(map_path(house, belt.id), made_from):
        _write_map(belt, house, dataset, pd.concat(tables), made_from)
    return findings


def map_path(house: Workspace, belt_id: str) -> Path:
    """Where the arrays of a belt's maps are."""
    return house.root / "curated" / belt_id / "map.npz"


def _is_current(path: Path, made_from: str) -> bool:
    """Whether the map was made from these inputs."""
    if not path.exists():
        return False
    with np.load(path) as held:
        return str(held["made_from"]) == made_from


def _write_map(
    belt: Belt, house: Workspace, dataset: Any, table: pd.DataFrame, made_from: str
) -> None:
    """Krige the copper map and write it with the rasters, for the belt's page."""
    arrays: dict[str, Any] = {
        "easting_m": dataset["easting_m"].to_numpy(),
        "northing_m": dataset["northing_m"].to_numpy(),
        "made_from": np.array(made_from),
        **{name: dataset[name].to_numpy() for name in dataset.data_vars},
    }
    settings = belt.copper_map
    if settings is not None and settings.element in table:
        table = table[table[settings.element].notna()]
        drift = dataset[settings.drift].to_numpy() if settings.drift in dataset else None
        mapped = krige_copper_map(table, arrays["easting_m"], arrays["northing_m"], drift, settings)
        places = table[["easting_m", "northing_m", settings.element]].to_numpy(dtype=float)
        arrays |= {
            "cu_ppm": mapped.cu_ppm,
            "samples": places,
            "drift_used": np.array(mapped.drift or ""),
            "error_plain": np.array(mapped.error_plain),
            "error_drift": np.array(mapped.error_drift or np.nan),
        }
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    write_whole(map_path(house, belt.id), held.getvalue())


def _take_note(found: Ingested, deposit: Deposit, reading: DrillholeReading) -> None:
    """Enter one deposit's reading in the belt's account."""
    deposit_id = deposit.id
    found.findings += reading.findings
    found.balances += reading.balances
    found.files |= reading.files
    if reading.drillholes is None:
        first = next((f for f in reading.findings if blocks(f)), None)
        found.refused[deposit_id] = first.message_en if first else "no usable drill-holes"
    else:
        found.accepted.append(deposit_id)
