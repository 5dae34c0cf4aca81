"""What the three-dimensional pages show: blocks, drill-holes and ground of the newest estimates."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.deposit import DepositData
from estimation.domains.volumes import volumes_of
from estimation.errors import EstimationError
from estimation.ground import measure_ground
from estimation.models.layers import second_layer
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES, Plan
from estimation.results import DepositResult
from estimation.statement.class_field import classes_of
from estimation.statement.density import densities
from estimation.statement.gate import gated_plan
from estimation.statement.ground_inside import Prospects, open_prospects
from estimation.statement.parts import Parts, parts_of
from estimation.statement.tally import constrained_shares
from flows.belts import find_deposit
from flows.readings import read_as_of
from flows.reasons import reason_of_trouble
from flows.runtime import Workspace
from geo.config import ConfigError, digest
from geo.drillholes.desurvey import Traces as Paths
from geo.drillholes.reading import Drillholes
from geo.findings import DataError
from geo.version import code_version
from reporting.units import Text
from reporting.viewer.blocks import CellGrid, Cells, Floats, fitted
from reporting.viewer.scene import (
    ClassSlope,
    Scene,
    Traces,
    plates_path,
    scene_about,
    write_scene,
)

FORM = 3
"""Of the file; another form is another key."""


def viewer_scenes(
    configs: Path, house: Workspace, shown: dict[str, tuple[DepositResult, ...]], limit: int
) -> tuple[dict[str, Path], dict[str, Text]]:
    """Deposit -> the file of what its three-dimensional page shows, made where it is not there yet.

    A deposit whose newest estimate is no longer that of its data, plan and store is left out; the
    second answer says why.
    """
    found: dict[str, Path] = {}
    missing: dict[str, Text] = {}
    for deposit_id, results in shown.items():
        try:
            path = make_scene(results[-1], configs, house, limit)
        except (ConfigError, DataError, EstimationError) as trouble:
            missing[deposit_id] = reason_of_trouble(trouble)
            continue
        for old in set(path.parent.glob("*.npz")) - {path, plates_path(path)}:
            old.unlink()
        found[deposit_id] = path
    return found, missing


def make_scene(result: DepositResult, configs: Path, house: Workspace, limit: int) -> Path:
    """The file of what the three-dimensional page of an estimate shows, made where it isn't there.

    Beside it lies what its plates are drawn from.

    Raises
    ------
    ConfigError, DataError, EstimationError
        The estimate is no longer that of its data, plan and store.
    """
    path = house.models(result.deposit_id) / "viewer" / f"{result.model_hash[:16]}.npz"
    hashes = (result.model_hash, result.plan_hash, result.data_hash)
    gate = [asdict(verdict) for verdict in result.statement.gate]
    key = digest([FORM, code_version(), *hashes, gate, limit])
    if any(scene_about(one).get("key") != key for one in (path, plates_path(path))):
        write_scene(path, _scene(result, configs, house, limit), key)
    return path


def _scene(result: DepositResult, configs: Path, house: Workspace, limit: int) -> Scene:
    """Read one estimate's scene.

    Raises
    ------
    ConfigError
        The store no longer holds the model, or data or plan have changed since.
    DataError
        The drill-holes or the ground can't be used.
    """
    belt, deposit, base = find_deposit(result.deposit_id, configs)
    data, findings = read_as_of(belt, deposit, base, result.vintage)
    if data is None:
        raise DataError(list(findings))
    if (data.data_hash(), data.plan_hash) != (result.data_hash, result.plan_hash):
        raise ConfigError(
            "data or plan have changed since the estimate; estimate again / "
            "估算之后数据或方案已变，请重新估算"
        )
    store = ModelStore(house.models(deposit.id), data.grid)
    readers = (store.read_vintage(data.vintage, tag) for tag in store.revisions(data.vintage)[::-1])
    reader = next((one for one in readers if one.model_hash == result.model_hash), None)
    if reader is None:
        raise ConfigError(
            "the model is not in the store; estimate again / 存储中没有该模型，请重新估算"
        )
    plan = gated_plan(data.plan, result.statement.gate)
    parts, slopes = _parts(data, reader, plan)
    cells = fitted(parts, limit)
    ground = measure_ground(data, None).ground_m
    main = plan.main_element
    return Scene(
        cells,
        tuple(result.extras["domains"]),
        _traces(data.drillholes, main),
        None if ground is None else _of_cells(ground, cells.grid),
        limit,
        slopes,
    )


def _parts(
    data: DepositData, model: VintageReader, plan: Plan
) -> tuple[Cells, tuple[ClassSlope, ...]]:
    """Every part of a block that has a class and lies in the ground, its ore as it is stated.

    The second answer tells how well the main element is known in each class.
    """
    classes = classes_of(model, plan, data.base, data.belt.crs)
    density = densities(data.drillholes, plan, volumes_of(data))
    ground, prospects = measure_ground(data, None), open_prospects(plan, data.base, data.belt.crs)
    tables: list[dict[str, npt.NDArray[Any]]] = []
    for parts in parts_of(model, plan, classes):
        centres = model.grid.tile_centres_m(parts.tile)[parts.block]
        share = ground.left(parts.tile.slices).ravel()[parts.block] * parts.share
        share = share * _minable(plan, prospects, centres, model.grid.spec.block_m)
        tonnes = density.at(parts.domain_code, parts.grades, centres)[0]
        z, y, x = np.unravel_index(parts.block, parts.tile.shape[::-1])
        table = {
            "ijk": np.column_stack([x, y, z]) + np.array(parts.tile.start),
            "class": parts.class_code.astype(np.int64),
            "domain": parts.domain_code,
            "ore_t": share * model.grid.block_volume_m3 * tonnes,
            **_support(model, plan, parts),
            **parts.grades,
        }
        kept = table["ore_t"] > 0
        tables.append({name: values[kept] for name, values in table.items()})
    spec = data.grid.spec
    grid = CellGrid(spec.origin_m, spec.block_m, spec.shape)
    return _cells(grid, plan, tables), _slopes(tables)


def _minable(
    plan: Plan, prospects: Prospects, centres_m: Floats, block_m: tuple[float, float, float]
) -> Floats:
    """Share of each block with reasonable prospects, which alone is stated."""
    shares = constrained_shares(plan, prospects, centres_m, block_m)
    good = [share for state, share in shares if prospects.reasonable(state)]
    return np.sum(good, axis=0) if good else np.zeros(len(centres_m))


def _support(model: VintageReader, plan: Plan, parts: Parts) -> dict[str, Floats]:
    """Deviation, slope, samples and holes of the main element; a second part's where alone."""
    fields = ("variance", "samples", "holes", "slope")
    main, found = plan.main_element, {}
    layers = [main]
    if plan.domains.volumes and plan.domains.subcells != (1, 1, 1):
        layers.append(second_layer(main))
    read = model.read(parts.tile.slices, dict.fromkeys(layers, fields))
    for name in fields:
        first, *others = (read[layer][name].ravel()[parts.block] for layer in layers)
        found[name] = np.where(np.isnan(first), others[0], first) if others else first
    variance = np.maximum(found.pop("variance"), 0.0)
    return {"deviation": np.sqrt(variance), **found}


def _slopes(tables: list[dict[str, npt.NDArray[Any]]]) -> tuple[ClassSlope, ...]:
    """Parts of each class, and their mean slope of regression, weighted with ore."""
    found = []
    for code in range(1, len(CLASSES) + 1):
        here = [(table["slope"], table["ore_t"], table["class"] == code) for table in tables]
        slope, ore = (
            np.concatenate([one[n][one[2]] for one in here]) if here else np.zeros(0)
            for n in range(2)
        )
        known = ~np.isnan(slope)
        mean = float(np.average(slope[known], weights=ore[known])) if known.any() else None
        found.append(ClassSlope(len(slope), mean))
    return tuple(found)


def _cells(grid: CellGrid, plan: Plan, tables: list[dict[str, npt.NDArray[Any]]]) -> Cells:
    """Tables of tiles as one record."""

    def column(name: str) -> npt.NDArray[Any]:
        return np.concatenate([table[name] for table in tables]) if tables else np.zeros(0)

    def whole(name: str) -> npt.NDArray[np.int64]:
        return np.nan_to_num(column(name)).astype(np.int64)

    names = (plan.main_element, *(n for n in plan.all_elements if n != plan.main_element))
    return Cells(
        grid,
        whole("ijk").reshape(-1, 3),
        {name: column(name) for name in names},
        whole("class"),
        whole("domain"),
        column("deviation"),
        whole("samples"),
        whole("holes"),
        column("ore_t"),
    )


def _traces(holes: Drillholes, element: str) -> Traces:
    """Holes from collar to end, an assay of ``element`` between every two nodes."""
    paths = Paths(holes.collar, holes.survey)
    assays = dict(list(holes.assay.groupby("hole_id", sort=False)))
    nodes, depths, grades, numbers = [], [], [], []
    names = [str(name) for name in holes.collar["hole_id"]]
    ends = holes.collar["depth_m"].to_numpy(np.float64)
    for name, end in zip(names, ends, strict=True):
        rows = assays.get(name)
        at, values = _intervals(rows, element, end)
        nodes.append(len(at))
        depths.append(at)
        grades.append(values)
        numbers.append(np.repeat(paths.numbers([name]), len(at)))
    if not names:
        return Traces(element, (), np.zeros(0, np.int64), np.zeros((0, 3)), *np.zeros((2, 0)))
    points = paths.points(np.concatenate(numbers), np.concatenate(depths))
    last_m = np.array([at[-1] or np.nan for at in depths])  # at its collar: depth unknown
    return Traces(element, tuple(names), np.array(nodes), points, np.concatenate(grades), last_m)


def _intervals(rows: pd.DataFrame | None, element: str, end_m: float) -> tuple[Floats, Floats]:
    """Nodes of one hole and the grade below each: gaps and what lies beyond the assays are NaN."""
    if rows is None or rows.empty:
        return np.array([0.0, max(float(np.nan_to_num(end_m)), 0.0)]), np.full(2, np.nan)
    top, bottom = (rows[name].to_numpy(np.float64) for name in ("from_m", "to_m"))
    last = max(float(np.nan_to_num(end_m)), float(bottom.max()))
    at = np.unique(np.concatenate([[0.0], top, bottom, [last]]))
    grades = np.full(len(at), np.nan)
    if element in rows:
        values = rows[element].to_numpy(np.float64)
        for begin, stop, value in zip(*np.searchsorted(at, (top, bottom)), values, strict=True):
            grades[begin:stop] = value
    return at, grades


def _of_cells(ground_m: Floats, grid: CellGrid) -> Floats:
    """Ground at the columns of cells: the mean of those of their blocks."""
    across, deep, _ = grid.join
    rows, columns = (-(-n // f) for n, f in zip(ground_m.shape, (deep, across), strict=True))
    padded = np.full((rows * deep, columns * across), np.nan)
    padded[: ground_m.shape[0], : ground_m.shape[1]] = ground_m
    return np.nanmean(padded.reshape(rows, deep, columns, across), axis=(1, 3))
