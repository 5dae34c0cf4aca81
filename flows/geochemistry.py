"""Geochemistry: a belt's surveys become thresholds, levelled maps, anomalies and a page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from estimation.belts import Belt
from estimation.survey_map import map_element
from flows.belts import find_belt
from flows.door import step, workflow
from flows.lock import workspace_lock
from flows.manifest import new_run_id
from flows.runtime import Workspace
from geo.config import digest, resolve_root
from geo.curated import write_rasters
from geo.files import sha256, write_whole
from geo.findings import Finding
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.maps import (
    REGISTER_COLUMNS,
    anomaly_outlines,
    anomaly_register,
    grid_axes,
    medium_text,
    survey_dataset,
)
from geo.geochemistry.results import (
    SurveyMade,
    element_thresholds,
    level_survey,
    thresholds_table,
)
from geo.geochemistry.survey import GeochemistryReading, read_geochemistry
from geo.version import code_version
from reporting.working.geochemistry import keep_surveys, survey_page


@dataclass(frozen=True)
class GeochemistryMade:
    """What was made of a belt's surveys, and where it lies."""

    belt_id: str
    folder: Path
    surveys: tuple[SurveyMade, ...]
    refused: dict[str, str]
    """Survey file -> why it can't be used."""
    findings: tuple[Finding, ...]
    kept: dict[str, Any] = field(default_factory=dict)
    """What a page says of them (:func:`reporting.working.geochemistry.keep_surveys`)."""


@workflow(name="geochemistry")
def geochemistry(
    belt_id: str, configs: str = "configs/belts", workspace: str = "workspace"
) -> GeochemistryMade:
    """Read, level, map and register every survey of one belt; write tables, dataset and page.

    Raises
    ------
    flows.lock.WorkspaceBusyError
        Another run writes into the workspace.
    """
    belt, base = find_belt(belt_id, Path(configs))
    house = Workspace(Path(workspace))
    with workspace_lock(house.root, "geochemistry", new_run_id()):  # a report reads these files
        found = work_surveys(belt, base, house)
        if found.surveys:
            write_page(belt, found.kept, found.folder)
    return found


def survey_folder(house: Workspace, belt_id: str) -> Path:
    """Where a belt's worked surveys are kept."""
    return house.root / "geochemistry" / belt_id


def work_surveys(belt: Belt, base: Path, house: Workspace) -> GeochemistryMade:
    """The same without a page: tables, dataset, and what a page would say and draw."""
    folder = survey_folder(house, belt.id)
    made: list[SurveyMade] = []
    refused: dict[str, str] = {}
    findings: tuple[Finding, ...] = ()
    for number, source in enumerate(belt.geochemistry, start=1):
        reading = read_survey(source, belt, base)
        findings += reading.findings
        if reading.survey is None:
            errors = [f.message_en for f in reading.findings if f.severity == "error"]
            refused[source.path] = errors[0] if errors else "no usable row"
            continue
        one = make_survey(reading, source, belt)
        findings += one.levelled.findings
        write_survey(one, belt, house, folder, number)
        made.append(one)
    kept = keep_surveys(made, folder, made_from(belt, base)) if made else {}
    return GeochemistryMade(belt.id, folder, tuple(made), refused, findings, kept)


def made_from(belt: Belt, base: Path) -> str:
    """Digest of all that a belt's surveys are made from: files, configuration, program."""
    files = [resolve_root(source.root, base) / source.path for source in belt.geochemistry]
    content = [sha256(path) if path.is_file() else None for path in files]
    return digest([content, belt.model_dump(mode="json"), code_version()])


@step(name="化探读取 Read a survey", retries=2)
def read_survey(source: GeochemistrySource, belt: Belt, base: Path) -> GeochemistryReading:
    """Read and check one survey; originals and quarantine are the ingest's."""
    return read_geochemistry(source, belt.crs, base)


@step(name="化探成图 Level and map a survey")
def make_survey(reading: GeochemistryReading, source: GeochemistrySource, belt: Belt) -> SurveyMade:
    """Level one survey, work out thresholds, map it and register its anomalies."""
    assert reading.survey is not None
    levelled = level_survey(reading.survey, source)
    survey, maps, grid = levelled.survey, source.maps, belt.map_grid
    fields, labels, registers = {}, {}, []
    if maps is not None and grid is not None:
        table = survey.frame(maps.below_detection)
        mapped = [e for e in maps.elements if e in table and (table[e] > 0).any()]
        fields = {e: map_element(table, e, grid, maps) for e in mapped}
    thresholds = {}
    for element in survey.elements:
        cells = fields[element].values if element in fields else None
        found = element_thresholds(survey, element, cells)
        if found is not None:
            thresholds[element] = found
    for element, mapped_field in fields.items():
        assert maps is not None
        assert grid is not None
        at = thresholds[element].values[maps.threshold]
        limit = at if np.isfinite(at) else np.inf
        register, labels[element] = anomaly_register(mapped_field, grid, limit, maps.min_cells)
        registers.append(register)
    whole = [r for r in registers if len(r)]
    return SurveyMade(
        source,
        levelled,
        (*reading.findings, *levelled.findings),
        thresholds,
        fields,
        pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=REGISTER_COLUMNS),
        labels,
        grid_axes(grid) if grid is not None else (np.empty(0), np.empty(0)),
        _provenance(reading, source),
    )


def _provenance(reading: GeochemistryReading, source: GeochemistrySource) -> dict[str, Any]:
    """Where a survey's figures come from and what was done to them."""
    levelling, maps = source.levelling, source.maps
    return {
        "source": source.path,
        "source_sha256": reading.files[source.path],
        "medium": medium_text(source.medium),
        "source_crs": source.crs,
        "censoring_in_file": source.censoring,
        "below_detection": maps.below_detection if maps else "none",
        "levelling": levelling.model_dump(mode="json") if levelling else "none",
        "transform": "log10 before interpolation, back-transformed median",
        "configuration": digest(source),
        "code_version": code_version(),
    }


@step(name="化探入库 Write a survey", retries=3)
def write_survey(made: SurveyMade, belt: Belt, house: Workspace, folder: Path, number: int) -> None:
    """Write thresholds, levelling and anomalies as tables, and the maps as Zarr and NetCDF."""
    stem = f"survey{number}"
    tables = {"thresholds": thresholds_table(made.thresholds)}
    if made.source.levelling is not None:
        tables |= {"levelling": made.levelled.seams, "levelling-groups": made.levelled.groups}
    if made.fields:
        tables["anomalies"] = made.register
    for name, table in tables.items():
        text = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
        write_whole(folder / f"{stem}-{name}.csv", text.encode("utf-8-sig"))
    facts = json.dumps(made.provenance, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(folder / f"{stem}-provenance.json", facts.encode())
    if not made.fields or belt.map_grid is None:
        return
    dataset = survey_dataset(list(made.fields.values()), belt.map_grid, belt.crs, made.provenance)
    write_rasters(dataset, house.root, belt.id, stem)
    write_whole(folder / f"{stem}.nc", bytes(dataset.to_netcdf(engine="scipy")))
    _write_outlines(made, belt, folder / f"{stem}-anomalies.gpkg")


def _write_outlines(made: SurveyMade, belt: Belt, path: Path) -> None:
    """Write the outlines of all anomalies as one GeoPackage layer."""
    import geopandas

    assert belt.map_grid is not None
    parts = []
    for element in made.fields:
        own = made.register[made.register["element"] == element].reset_index(drop=True)
        if len(own):
            parts.append(anomaly_outlines(own, made.labels[element], belt.map_grid, belt.crs))
    if not parts:
        path.unlink(missing_ok=True)
        return
    whole = geopandas.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)
    partial = path.with_name(f"{path.stem}.partial.gpkg")
    whole.to_file(partial, layer="anomalies", driver="GPKG")
    partial.replace(path)


@step(name="化探页面 Write the page", retries=3)
def write_page(belt: Belt, kept: dict[str, Any], folder: Path) -> None:
    """Write the belt's page of surveys."""
    text = survey_page(belt, kept, folder, datetime.now(UTC))
    write_whole(folder / "page.html", text.encode())
