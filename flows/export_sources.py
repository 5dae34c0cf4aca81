"""What can be exported of a deposit: its block model, holes, composites and statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from estimation.deposit import DepositData, composite_samples, measure_ground
from estimation.models.layers import GEOMETRY, GEOMETRY_LAYER
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES
from estimation.results import DepositResult, StatementRow, grade_unit
from estimation.statement.classification import CLASS_FIELDS, classify
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.drillholes.desurvey import desurvey
from geo.drillholes.reading import COLUMNS, Drillholes
from geo.formats.exports import BlockField, BlockSource, Floats, Layer, Provenance
from geo.grids import Slices

UNITS = {"pct": "%", "ppm": "g/t", "gpt": "g/t"}
FIELDS_OF_ELEMENT = ("variance", "slope", "samples", "pass")
"""Written beside each element's estimate."""

HOUSEKEEPING = ("as_of", "file", "sheet", "row", "hole_id_raw")
"""Columns that say where a row came from and how it was spelt; they stay in the workspace."""
PLACE = ["easting_m", "northing_m", "elevation_m"]


@dataclass(frozen=True)
class _Model:
    """A finished model with what its figures rest on."""

    data: DepositData
    result: DepositResult
    reader: VintageReader
    left: Any
    """Share of each block in place, by slices."""


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


def block_source(data: DepositData, result: DepositResult, house: Workspace) -> BlockSource:
    """The block model behind a result, with classes and shares in place.

    Raises
    ------
    ConfigError
        The store no longer holds the model that the result names.
    """
    store = ModelStore(house.models(data.deposit.id), data.grid)
    readers = (store.read_vintage(data.vintage, tag) for tag in store.revisions(data.vintage)[::-1])
    reader = next((one for one in readers if one.model_hash == result.model_hash), None)
    if reader is None:
        raise ConfigError(
            f"{data.deposit.id} {data.vintage}: the result's model is not in the store / "
            f"存储中没有该结果的模型; run: bornite estimate {data.deposit.id}"
        )
    model = _Model(data, result, reader, measure_ground(data, None).left)

    def read(names: Sequence[str], slices: Slices) -> dict[str, Floats]:
        return _read(model, names, slices)

    return BlockSource(data.grid, _fields(model), read)


def _fields(model: _Model) -> tuple[BlockField, ...]:
    """Names, units and codes of what is exported of each block."""
    domains = dict(enumerate(model.result.extras["domains"], start=1))
    fields = [
        BlockField("domain", "", domains),
        BlockField("class", "", dict(enumerate(CLASSES, start=1))),
        BlockField("density_tpm3", "t/m3"),
        BlockField("in_place", "share"),
        BlockField("mean_distance_m", "m"),
    ]
    for element in model.data.plan.elements:
        unit = UNITS.get(grade_unit(element), grade_unit(element))
        fields.append(BlockField(element, unit))
        units = {"variance": f"({unit})2"}
        fields += [BlockField(f"{element}_{f}", units.get(f, "")) for f in FIELDS_OF_ELEMENT]
    return tuple(fields)


def _read(model: _Model, names: Sequence[str], slices: Slices) -> dict[str, Floats]:
    """Named fields within slices; only what they need is read."""
    plan = model.data.plan
    wanted: dict[str, set[str]] = {}
    if {"domain", "class", "density_tpm3", "mean_distance_m"} & set(names):
        wanted[GEOMETRY_LAYER] = set(GEOMETRY)
    if "class" in names:
        wanted[plan.main_element] = set(CLASS_FIELDS)
    places = {f"{e}_{f}": (e, f) for e in plan.elements for f in FIELDS_OF_ELEMENT}
    places |= {element: (element, "estimate") for element in plan.elements}
    for name in set(names) & set(places):
        wanted.setdefault(places[name][0], set()).add(places[name][1])
    found = model.reader.read(slices, {layer: tuple(sorted(f)) for layer, f in wanted.items()})
    made = {n: found[places[n][0]][places[n][1]] for n in names if n in places}
    return made | _derived(model, names, slices, found)


def _derived(
    model: _Model, names: Sequence[str], slices: Slices, found: dict[str, dict[str, Floats]]
) -> dict[str, Floats]:
    """Class, domain, density and share in place, as the statement counts them."""
    plan, made = model.data.plan, {}
    geometry = found.get(GEOMETRY_LAYER, {})
    if "class" in names:
        codes = classify(found[plan.main_element], geometry["mean_distance_m"], plan.classification)
        made["class"] = codes.astype(np.float64)
    domain = np.nan_to_num(geometry["domain"]) if geometry else np.empty(0)
    if "domain" in names:
        made["domain"] = domain
    if "density_tpm3" in names:
        densities = model.result.extras["density_tpm3"]
        table = [np.nan, *(densities[name] for name in model.result.extras["domains"])]
        made["density_tpm3"] = np.array(table)[domain.astype(np.int64)]
    if "mean_distance_m" in names:
        made["mean_distance_m"] = geometry["mean_distance_m"]
    if "in_place" in names:
        made["in_place"] = np.asarray(model.left(slices), dtype=np.float64)
    return made


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
