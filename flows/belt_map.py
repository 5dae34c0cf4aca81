"""The belt's map: rasters on one grid and the kriged copper of its survey, for its page."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from estimation.belts import Belt
from estimation.copper_map import krige_copper_map
from flows.door import step
from flows.runtime import Workspace
from geo.config import digest, resolve_root
from geo.curated import write_rasters
from geo.files import write_whole
from geo.findings import Finding
from geo.geochemistry.survey import GeochemistryReading
from geo.inbox import lies_inside
from geo.quarantine import write_quarantine
from geo.rasters.layers import belt_layers
from geo.tables.table import REFUSED_COLUMNS
from geo.vault import keep
from geo.version import code_version


@step(name="栅格与铜异常图 Rasters and copper map", retries=2)
def curate_belt_map(
    belt: Belt, base: Path, house: Workspace, surveys: list[GeochemistryReading]
) -> tuple[Finding, ...]:
    """Align the rasters, krige the copper map, write both; returns the findings."""
    if belt.map_grid is None:
        return ()
    dataset, findings, files = layers_of(belt, base)
    places = [(raster.root, raster.path) for raster in belt.rasters]
    for root, name in (*places, *((line.root, line.path) for line in belt.lines)):
        path = resolve_root(root, base) / name
        if lies_inside(resolve_root(root, base), name) and path.is_file():
            keep(path, house.root)
    write_rasters(dataset, house.root, belt.id)
    no_rows = pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
    write_quarantine(findings, no_rows, house.root, belt.id, "rasters", at=datetime.now(UTC))
    tables = [survey.table for survey in surveys if survey.table is not None]
    made_from = digest(
        [files, [s.files for s in surveys], belt.model_dump(mode="json"), code_version()]
    )
    if tables and not _is_current(map_path(house, belt.id), made_from):
        _write_map(belt, house, dataset, pd.concat(tables), made_from)
    return findings


def layers_of(belt: Belt, base: Path) -> tuple[Any, tuple[Finding, ...], dict[str, str]]:
    """The belt's rasters, gridded lines and derived layers (:func:`geo.rasters.layers`)."""
    surveys = (belt.rasters, belt.lines, belt.covariates)
    return belt_layers(*surveys, belt.crs, belt.map_grid, base)


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
