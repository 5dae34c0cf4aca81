"""Lineage: which rows of the original tables a sample was made of, and what rests on one row.

What rests on a row is found by leaving it out: tiles whose key changes, and the statement that
the changed model gives. Nothing is taken for granted about how a table acts on the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.deposit import DepositData, composite_samples, set_up_kriging, state_resource
from estimation.engine.krige import Problem, identities
from estimation.engine.reach import TileWork, lay_out
from estimation.ground import measure_ground
from estimation.models.block_model import all_keys
from estimation.models.layers import place_of
from estimation.models.store_read import Fields, VintageReader, Wanted
from estimation.models.tile_estimate import TileResult, estimate_tile
from estimation.results import ResourceStatement
from geo.drillholes.combined import link_members
from geo.drillholes.composite import Composites
from geo.drillholes.reading import Drillholes
from geo.grids import BlockGrid, Slices

TABLES = ("collar", "survey", "assay", "combined", "lithology", "density", "members")
"""Tables of drill-holes whose rows can be traced."""

INTERVALS = ("assay", "combined", "lithology", "density")

TOUCH_M = 1e-6
"""Intervals that share less than this do not overlap."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SourceRow:
    """One row of an original table behind a sample."""

    table: str
    file: str
    """As configured, below the deposit's folder."""
    row: int
    from_m: float | None
    to_m: float | None
    value: float | None
    """Grade of the asked element in that row; None where it has none."""
    metres: float | None
    """How much of the sample it makes up; None where that is not asked (collar, survey)."""


@dataclass(frozen=True)
class Effect:
    """What changes when one row is left out."""

    samples: pd.DataFrame
    """Samples that are made of the row or go with it: source, hole_id, from_m, to_m, domain."""
    tiles: tuple[int, ...]
    """Tiles whose inputs are others without it."""
    blocks: int
    """Blocks of those tiles."""


def rows_of_hole(drillholes: Drillholes, hole: str) -> list[SourceRow]:
    """Where a hole is: its collar and its surveys."""
    found = []
    for table in ("collar", "survey"):
        frame = getattr(drillholes, table)
        found += [_row(table, one, None, None) for one in _records(frame[frame["hole_id"] == hole])]
    return found


def rows_of_sample(
    drillholes: Drillholes, source: str, place: tuple[str, float, float], element: str
) -> list[SourceRow]:
    """The rows that one sample (hole, from, to) of a source was made of, down the hole.

    ``basic``: assays within the composite; ``combined``: the combined sample (组合分析) itself and
    the basic samples that went into it.
    """
    hole, from_m, to_m = place
    found = list(_overlapping(drillholes, "assay", place, element))
    if source == "combined":
        own = drillholes.combined
        at = (own["hole_id"] == hole) & ((own["from_m"] - from_m).abs() < TOUCH_M)
        at &= (own["to_m"] - to_m).abs() < TOUCH_M
        made = [_row("combined", one, element, to_m - from_m) for one in _records(own[at])]
        listed = drillholes.members if len(drillholes.members) else None
        links = link_members(own[at].reset_index(drop=True), drillholes.assay, listed)
        parts = links[(links["composite"] >= 0) & (links["sample"] >= 0)]
        basics = _records(drillholes.assay.iloc[parts["sample"].to_numpy()])
        weights = parts["weight_m"].to_numpy()
        found = [*made, *(_row("assay", b, None, w) for b, w in zip(basics, weights, strict=True))]
    return [*found, *_overlapping(drillholes, "lithology", place, None)]


def used_rows(drillholes: Drillholes, samples: Mapping[str, Composites], table: str) -> Bools:
    """Rows of an interval table of which some part lies within a sample, (n,)."""
    frame = getattr(drillholes, table)
    used = np.zeros(len(frame), bool)
    source = "combined" if table == "combined" else "basic"
    if source not in samples:
        return used
    made = samples[source].table
    by_hole = dict(list(made.groupby("hole_id", sort=False)))
    for hole, rows in frame.groupby("hole_id", sort=False):
        part = by_hole.get(hole)
        if part is None:
            continue
        low = np.maximum.outer(rows["from_m"].to_numpy(), part["from_m"].to_numpy())
        high = np.minimum.outer(rows["to_m"].to_numpy(), part["to_m"].to_numpy())
        used[rows.index.to_numpy()] = (high - low > TOUCH_M).any(axis=1)
    return used


def identity_of(samples: Composites) -> dict[bytes, tuple[str, float, float]]:
    """Name of a sample in the engine -> its hole, from and to."""
    table = samples.table
    places = zip(table["hole_id"], table["from_m"], table["to_m"], strict=True)
    return dict(zip(identities(table).tolist(), places, strict=True))


def without_rows(data: DepositData, table: str, rows: Bools) -> DepositData:
    """A deposit without some rows of a table; without a collar its whole hole goes."""
    holes = data.drillholes
    frame = getattr(holes, table)
    changed: dict[str, Any] = {table: frame[~rows].reset_index(drop=True)}
    if table == "collar":
        gone = set(frame.loc[rows, "hole_id"])
        for name in TABLES:
            own = getattr(holes, name)
            changed[name] = own[~own["hole_id"].isin(gone)].reset_index(drop=True)
    return replace(data, drillholes=replace(holes, **changed))


@dataclass(frozen=True)
class Laid:
    """A deposit laid out for the engine: samples, problem, work and the keys of all tiles."""

    data: DepositData
    samples: dict[str, Composites]
    problem: Problem
    work: TileWork
    keys: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, data: DepositData) -> Laid:
        """Composite, set up and key a deposit.

        Raises
        ------
        EstimationError
            Nothing can be estimated from what is left.
        """
        samples = composite_samples(data)
        problem = set_up_kriging(data, samples)
        work = lay_out(problem)
        return cls(data, samples, problem, work, all_keys(work))


def effect_of(whole: Laid, rest: Laid) -> Effect:
    """What the rows that ``rest`` does not have change of ``whole``."""
    tiles = np.flatnonzero((whole.keys != rest.keys).any(axis=1))
    grid = whole.problem.grid
    blocks = sum(int(np.prod(grid.tile(int(n)).shape)) for n in tiles)
    parts = [
        _other_samples(made.table, rest.samples[source].table).assign(source=source)
        for source, made in whole.samples.items()
    ]
    return Effect(pd.concat(parts, ignore_index=True), tuple(map(int, tiles)), blocks)


def _other_samples(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Samples that are not among the others just as they are."""
    place = ["hole_id", "from_m", "to_m", "domain"]
    said = [column for column in before.columns if column in after.columns]
    merged = before.merge(after[said].drop_duplicates(), on=said, how="left", indicator="_in")
    return before.loc[(merged["_in"] == "left_only").to_numpy(), place].reset_index(drop=True)


def estimate_tiles(laid: Laid, tiles: tuple[int, ...]) -> list[TileResult]:
    """Some tiles of a deposit, estimated now."""
    grid = laid.problem.grid
    return [estimate_tile(laid.work, grid.tile(n), laid.keys[n].tobytes()) for n in tiles]


def statement_of(laid: Laid, model: VintageReader, made: list[TileResult]) -> ResourceStatement:
    """The statement of a deposit, counted now: the made tiles, and the others as stored.

    Raises
    ------
    EstimationError, DataError
        Nothing can be stated.
    """
    edited: Any = EditedModel(model, made)
    return state_resource(laid.data, edited, measure_ground(laid.data, None), laid.samples)


def changed_blocks(model: VintageReader, before: list[TileResult], after: list[TileResult]) -> int:
    """Blocks of which some number differs; what ``before`` does not have is as stored."""
    made = {one.tile.index: one.arrays for one in before}
    count = 0
    for one in after:
        other = np.zeros(one.tile.shape[::-1], bool)
        for name, values in one.arrays.items():
            held = made.get(one.tile.index, {})
            was = held[name] if name in held else model.stored(name, one.tile.slices)
            differs = (was != values) & ~(np.isnan(was) & np.isnan(values))
            other |= differs.any(axis=0)
        count += int(other.sum())
    return count


class EditedModel:
    """A finished model, read as if some of its tiles were others."""

    def __init__(self, model: VintageReader, tiles: list[TileResult]) -> None:
        self._model, self._tiles = model, tiles
        self.grid: BlockGrid = model.grid

    def read(self, slices: Slices, wanted: Wanted) -> Fields:
        """Fields within ``slices``, as :meth:`VintageReader.read` gives them."""
        found = self._model.read(slices, wanted)
        for made in self._tiles:
            both = _common(slices, made.tile.slices)
            if both is None:
                continue
            into, out_of = both
            for layer, fields in found.items():
                for field, values in fields.items():
                    name, index = place_of(layer, field)
                    values[into] = made.arrays[name][index][out_of]
        return found

    def field(self, layer: str, field: str, slices: Slices | None = None) -> Any:
        """One field, as :meth:`VintageReader.field` gives it."""
        return self.read(slices or self.grid.whole, {layer: (field,)})[layer][field]

    def statistics(self, layer: str) -> Any:
        """Statistics of every tile, as :meth:`VintageReader.statistics` gives them."""
        table = self._model.statistics(layer).copy()
        for made in self._tiles:
            table[made.tile.index] = made.statistics[layer]
        return table


def _common(asked: Slices, tile: Slices) -> tuple[Slices, Slices] | None:
    """Where two boxes of blocks meet, within the one and within the other; None where nowhere."""
    into, out_of = [], []
    for one, other in zip(asked, tile, strict=True):
        low, high = max(one.start, other.start), min(one.stop, other.stop)
        if low >= high:
            return None
        into.append(slice(low - one.start, high - one.start))
        out_of.append(slice(low - other.start, high - other.start))
    return (into[0], into[1], into[2]), (out_of[0], out_of[1], out_of[2])


def _overlapping(
    drillholes: Drillholes, table: str, place: tuple[str, float, float], element: str | None
) -> Iterator[SourceRow]:
    """Rows of an interval table within a sample."""
    hole, from_m, to_m = place
    frame = getattr(drillholes, table)
    for one in _records(frame[frame["hole_id"] == hole]):
        metres = min(to_m, one["to_m"]) - max(from_m, one["from_m"])
        if metres > TOUCH_M:
            yield _row(table, one, element, round(metres, 6))


def _row(
    table: str, one: Mapping[str, Any], element: str | None, metres: float | None
) -> SourceRow:
    """One row as it is told."""
    value = one.get(element) if element else None
    ends = [float(one[name]) if name in one else None for name in ("from_m", "to_m")]
    known = value is not None and np.isfinite(value)
    grade = float(value) if known and value is not None else None
    weight = None if metres is None else float(metres)
    return SourceRow(table, str(one["file"]), int(one["row"]), ends[0], ends[1], grade, weight)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain values, in order of depth."""
    depth = next((name for name in ("from_m", "depth_m") if name in frame), None)
    ordered = frame.sort_values(depth) if depth else frame
    return [{str(k): v for k, v in one.items()} for one in ordered.to_dict("records")]
