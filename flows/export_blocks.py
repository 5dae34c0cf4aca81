"""The block model as it is exported: every block's fields as the statement counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from estimation.byproducts.derive import VARIANCE, derive_grade
from estimation.deposit import DepositData
from estimation.domains.volumes import volumes_of
from estimation.ground import measure_ground
from estimation.models.blocks import blocks_in
from estimation.models.layers import GEOMETRY_LAYER, second_layer
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES, Plan
from estimation.results import DepositResult, grade_unit
from estimation.statement.class_field import ClassField, classes_of
from estimation.statement.density import Densities, densities
from estimation.statement.gate import gated_plan
from estimation.statement.parts import second_codes
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.formats.exports import BlockField, BlockSource, Floats
from geo.grids import Slices, Tile

UNITS = {"pct": "%", "ppm": "g/t", "gpt": "g/t"}
FIELDS_OF_ELEMENT = ("variance", "slope", "samples", "pass")
"""Written beside each element's estimate."""
ORE = "ore = block volume x in_place x share x density_tpm3"
CLASS = "by rules, smoothing, overrides and caps of the plan; none where nothing is in the ground"
DISTANCE = "to the nearest three drill-holes; none where fewer are within reach"
ORE_PARTS = {
    "ore_t": ("density_tpm3", "share"),
    "second_ore_t": ("second_density_tpm3", "second_share"),
}
"""Column of tonnes -> density and share that it is worked out from."""
SECOND = "of the part of the block that its second domain has"


@dataclass(frozen=True)
class _Model:
    """A finished model with what its figures rest on."""

    plan: Plan
    """The plan in force."""
    domains: dict[int, str]
    reader: VintageReader
    classes: ClassField
    density: Densities
    left: Any
    """Share of each block in place, by slices."""

    @property
    def has_second_parts(self) -> bool:
        """Whether two domains may share a block."""
        domains = self.plan.domains
        return bool(domains.volumes) and domains.subcells != (1, 1, 1)

    @property
    def stored(self) -> dict[str, tuple[str, str]]:
        """Fields that are exported as the store has them -> their layer and field."""
        places = {"mean_distance_m": (GEOMETRY_LAYER, "mean_distance_m")}
        places |= {n: (GEOMETRY_LAYER, n) for n in ("domain", "share")}
        for element in self.plan.elements:
            places[element] = (element, "estimate")
            places |= {f"{element}_{f}": (element, f) for f in FIELDS_OF_ELEMENT}
        if self.has_second_parts:
            places |= {n: (GEOMETRY_LAYER, n) for n in ("second_domain", "second_share")}
            for element in self.plan.elements:
                places[f"second_{element}"] = (second_layer(element), "estimate")
        return places


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
    plan = gated_plan(data.plan, result.statement.gate)
    model = _Model(
        plan,
        dict(enumerate(result.extras["domains"], start=1)),
        reader,
        classes_of(reader, plan, data.base, data.belt.crs),
        densities(data.drillholes, plan, volumes_of(data)),
        measure_ground(data, None).left,
    )

    def read(names: Sequence[str], slices: Slices) -> dict[str, Floats]:
        return _read(model, names, slices)

    return BlockSource(data.grid, _fields(model), read)


def _fields(model: _Model) -> tuple[BlockField, ...]:
    """Names, units, codes and meanings of what is exported of each block."""
    classes = dict(enumerate(CLASSES, start=1))
    fields = [
        BlockField("domain", "", model.domains),
        BlockField("class", "", classes, CLASS),
        BlockField("density_tpm3", "t/m3"),
        BlockField("in_place", "share", meaning="part of the block that is in the ground"),
        BlockField("share", "share", meaning="part of the block that its domain has"),
        BlockField("ore_t", "t", meaning=f"tonnes of its domain in the ground; {ORE}"),
        BlockField("mean_distance_m", "m", meaning=DISTANCE),
    ]
    for element in model.plan.elements:
        unit = UNITS.get(grade_unit(element), grade_unit(element))
        fields.append(BlockField(element, unit))
        units = {"variance": f"({unit})2"}
        fields += [BlockField(f"{element}_{f}", units.get(f, "")) for f in FIELDS_OF_ELEMENT]
    for name in model.plan.derived:
        unit = UNITS.get(grade_unit(name), grade_unit(name))
        fields.append(BlockField(name, unit, meaning="derived, not estimated"))
    if model.has_second_parts:
        fields += [
            BlockField("second_domain", "", model.domains, SECOND),
            BlockField("second_class", "", classes, SECOND),
            BlockField("second_density_tpm3", "t/m3", meaning=SECOND),
            BlockField("second_share", "share", meaning="part of the block of its second domain"),
            BlockField("second_ore_t", "t", meaning=SECOND),
        ]
        for name in model.plan.all_elements:
            unit = UNITS.get(grade_unit(name), grade_unit(name))
            fields.append(BlockField(f"second_{name}", unit, meaning=SECOND))
    return tuple(fields)


def _read(model: _Model, names: Sequence[str], slices: Slices) -> dict[str, Floats]:
    """Named fields within slices; only what they need is read. NaN for none, never infinite."""
    tonnes = {n: ORE_PARTS[n] for n in names if n in ORE_PARTS}
    asked = {*names, *(one for parts in tonnes.values() for one in parts)}
    made = _stored(model, asked, slices)
    for prefix in ("", "second_"):
        known = {f"{prefix}{n}": n for n in ("density_tpm3", *model.plan.derived)}
        known |= {"second_class": "class"} if prefix else {}
        here = {n: known[n] for n in known if n in asked}
        if here:
            made |= _worked_out(model, slices, here, second=bool(prefix))
    if tonnes or asked & {"class", "second_class", "in_place"}:
        made["in_place"] = np.asarray(model.left(slices), dtype=np.float64)
    for name, (density, share) in tonnes.items():
        volume_m3 = made["in_place"] * model.reader.grid.block_volume_m3
        made[name] = volume_m3 * made[share] * made[density]
    for name in asked & {"class", "second_class"}:
        made[name] = np.where(made["in_place"] > 0.0, made[name], 0.0)
    return {name: np.where(np.isfinite(made[name]), made[name], np.nan) for name in names}


def _stored(model: _Model, names: set[str], slices: Slices) -> dict[str, Floats]:
    """Those of the fields that are in the store, and the first domain's class."""
    stored = model.stored
    wanted: dict[str, set[str]] = {}
    for name in names & set(stored):
        wanted.setdefault(stored[name][0], set()).add(stored[name][1])
    found = model.reader.read(slices, {layer: tuple(sorted(f)) for layer, f in wanted.items()})
    made = {n: found[stored[n][0]][stored[n][1]] for n in names if n in stored}
    made |= {n: np.nan_to_num(made[n]) for n in ("domain", "second_domain") if n in made}
    if "class" in names:
        made["class"] = model.classes.at(slices).astype(np.float64)
    return made


def _worked_out(
    model: _Model, slices: Slices, names: dict[str, str], *, second: bool
) -> dict[str, Floats]:
    """Density, derived grades and second parts' classes, as the statement works them out.

    ``names``: name of a field -> what it is.
    """
    tile = _tile_over(slices)
    blocks = blocks_in(model.reader, model.plan, tile, second=second)
    outside = blocks.domain_code == 0
    made = {}
    for name, what in names.items():
        values: Floats
        if what == "class":
            first = model.reader.field(model.plan.main_element, "estimate", slices).ravel()
            first_codes = model.classes.at(slices).ravel()
            judged = ~np.isnan(first)
            codes = second_codes(model.plan, model.classes, blocks, first_codes, judged)
            values = np.where(outside, 0.0, codes)
        elif what == "density_tpm3":
            centres = model.reader.grid.tile_centres_m(tile)
            values = model.density.at(blocks.domain_code, blocks.grades, centres)[0]
            values = np.where(outside, np.nan, values)
        else:
            known = blocks.grades | {
                VARIANCE.format(model.plan.main_element): blocks.main["variance"]
            }
            values = derive_grade(model.plan, what, known, blocks.domain_code)[0]
        made[name] = np.asarray(values, np.float64).reshape([s.stop - s.start for s in slices])
    return made


def _tile_over(slices: Slices) -> Tile:
    """Slices of whole blocks as a tile that the grid does not know."""
    z, y, x = slices
    start = (x.start, y.start, z.start)
    return Tile(-1, start, (x.stop - x.start, y.stop - y.start, z.stop - z.start))
