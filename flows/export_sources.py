"""What can be exported of a deposit beside its blocks: holes, composites and statement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from estimation.deposit import DepositData, composite_samples
from estimation.results import DepositResult, StatementRow
from flows.export_blocks import UNITS
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.drillholes.desurvey import desurvey
from geo.drillholes.reading import COLUMNS, Drillholes
from geo.formats.exports import Floats, Layer, Provenance

HOUSEKEEPING = ("as_of", "file", "sheet", "row", "hole_id_raw")
"""Columns that say where a row came from and how it was spelt; they stay in the workspace."""
PLACE = ["easting_m", "northing_m", "elevation_m"]


def provenance_of(data: DepositData, result: DepositResult | None) -> Provenance:
    """Where the exported figures come from."""
    hashes = {"data": data.data_hash()}
    if result is not None:
        hashes |= {"plan": result.plan_hash, "model": result.model_hash}
    return Provenance(
        deposit=data.deposit.id,
        name=data.deposit.name.zh,
        vintage=data.vintage.isoformat(),
        crs=data.belt.crs,
        vertical_datum=data.belt.vertical_datum,
        synthetic=data.belt.synthetic,
        engine_version="" if result is None else result.engine_version,
        hashes=hashes,
    )


def standing_result(data: DepositData, house: Workspace) -> DepositResult:
    """The vintage's result, where it is of these data and this plan.

    Raises
    ------
    ConfigError
        There is none, or data or plan have changed since.
    """
    path = house.result(data.deposit.id, data.vintage.isoformat())
    hint = f"run: bornite estimate {data.deposit.id}"
    if not path.is_file():
        raise ConfigError(f"{data.deposit.id} {data.vintage}: not estimated yet / 尚未估算; {hint}")
    result = DepositResult.read(path)
    if (result.data_hash, result.plan_hash) != (data.data_hash(), data.plan_hash):
        raise ConfigError(
            f"{data.deposit.id} {data.vintage}: data or plan have changed since the estimate / "
            f"数据或方案在估算后已变; {hint}"
        )
    return result


def hole_layers(holes: Drillholes) -> list[Layer]:
    """Every delivered table with its place: collars, stations, and intervals as segments."""
    layers = []
    for name in ("collar", "survey", "assay", "lithology", "density", "combined"):
        table: pd.DataFrame = getattr(holes, name)
        if table.empty:
            continue
        spare = [c for c in table if c not in COLUMNS[name] and _never_filled(table[c])]
        frame = table.drop(columns=[*spare, *(c for c in HOUSEKEEPING if c in table)])
        points, ends = _places(holes, name, table)
        layers.append(Layer(name, frame, points, ends, units_of(frame)))
    return layers


def _never_filled(values: pd.Series) -> bool:
    """Whether an optional column has no value in any row."""
    return bool((values.isna() | (values.astype(str) == "")).all())


def _places(holes: Drillholes, name: str, table: pd.DataFrame) -> tuple[Floats, Floats | None]:
    """Coordinates of a table's rows: points, or both ends of intervals."""
    if name == "collar":
        return table[PLACE].to_numpy(np.float64), None
    where = (holes.collar, holes.survey, table["hole_id"])
    if name == "survey":
        return desurvey(*where, table["depth_m"]), None
    return desurvey(*where, table["from_m"]), desurvey(*where, table["to_m"])


def composite_layers(data: DepositData) -> list[Layer]:
    """Composites of the basic assays and, where there are any, the combined samples."""
    names = {"basic": "composites", "combined": "combined_composites"}
    return [
        Layer(
            names[source],
            samples.table,
            samples.table[PLACE].to_numpy(np.float64),
            None,
            units_of(samples.table),
        )
        for source, samples in composite_samples(data).items()
    ]


def statement_layer(result: DepositResult) -> Layer:
    """The resource statement as a table: in place, and mined out."""
    rows = [_row("in place", row) for row in result.statement.rows]
    rows += [_row("mined", row) for row in result.statement.mined]
    frame = pd.DataFrame(rows)
    return Layer("statement", frame, units=units_of(frame))


def _row(part: str, row: StatementRow) -> dict[str, Any]:
    """One row of a statement, flat."""
    flat: dict[str, Any] = {
        "part": part,
        "class": row.class_name,
        "domain": row.domain,
        "cutoff": row.cutoff,
        "volume_m3": row.volume_m3,
        "ore_t": row.ore_t,
    }
    for name, figure in row.elements.items():
        flat[name] = np.nan if figure.grade is None else figure.grade
        flat[f"{name}_metal_t"] = figure.metal_t
        flat[f"{name}_evaluated_ore_t"] = figure.evaluated_ore_t
    return flat


def units_of(frame: pd.DataFrame) -> dict[str, str]:
    """Units by the suffix of each column's name."""
    known = {**UNITS, "m": "m", "deg": "degree", "tpm3": "t/m3", "t": "t", "m3": "m3"}
    suffixes = {str(c): str(c).rpartition("_")[2] for c in frame.columns if "_" in str(c)}
    return {name: known[suffix] for name, suffix in suffixes.items() if suffix in known}
