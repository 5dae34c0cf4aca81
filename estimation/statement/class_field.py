"""The class of every block of a model: the one place where it is worked out.

In this order: rules (``classification``), smoothing, a person's overrides, caps by domain. After
every step a block of one hole or without a slope is at best Inferred. Class rules cost no kriging,
so the field is not stored; it is made once for a model that is open, one byte a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import domain_names
from estimation.errors import EstimationError
from estimation.models.layers import GEOMETRY, GEOMETRY_LAYER
from estimation.models.store_read import VintageReader, Wanted
from estimation.models.tile_statistics import statistic
from estimation.plan import CLASSES, Override, Plan
from estimation.statement.classification import (
    CLASS_FIELDS,
    UNCLASSIFIED,
    Bools,
    Codes,
    classify,
    held_back,
)
from estimation.statement.ground_inside import open_ground
from estimation.statement.smoothing import isolated_blocks, smooth
from geo.config import digest
from geo.grids import BlockGrid, Slices
from geo.meshes.solids import Solid

NO_CLASS = len(CLASSES) + 1
"""Of ground that an override has taken out of all classes."""


@dataclass(frozen=True)
class ClassStep:
    """The field after one step."""

    name: str
    """rules, smoothing, overrides or caps."""
    blocks: dict[str, int]
    """Blocks by class."""
    isolated: dict[str, int]
    """Blocks by class that share no face with a block of their class."""


@dataclass(frozen=True)
class ClassField:
    """Class of every block, 0 none, 1 measured, 2 indicated, 3 inferred."""

    codes: Codes
    """Shape (nz, ny, nx)."""
    steps: tuple[ClassStep, ...]
    limits: npt.NDArray[np.int8]
    """Surest class by domain code, 0 for none: caps of the plan."""
    surest: Codes
    """Surest class that a person's overrides allow in each block, :data:`NO_CLASS` for none; shape
    as ``codes``."""

    def at(self, slices: Slices) -> Codes:
        """Class codes within some slices."""
        return self.codes[slices]

    def allowed(self, codes: Codes, domain_code: npt.NDArray[np.int64], slices: Slices) -> Codes:
        """Codes of parts of a tile's blocks, (n,), no surer than their domain's cap and a person's
        overrides allow."""
        most = np.maximum(self.limits[domain_code], self.surest[slices].ravel())
        return np.where((codes > 0) & (most < NO_CLASS), np.maximum(codes, most), 0).astype(np.int8)


_MADE: WeakKeyDictionary[VintageReader, dict[str, ClassField]] = WeakKeyDictionary()
"""Fields of the models that are open, by their rules."""


def classes_of(
    model: VintageReader, plan: Plan, base: Path | None = None, crs: str = "local"
) -> ClassField:
    """The class field of a model by a plan.

    ``base`` is the folder of the belt's file and ``crs`` the belt's system, for the polygons of
    overrides: they are needed the first time that an open model's field is asked for.

    Raises
    ------
    geo.findings.DataError
        A polygon of an override can't be used.
    EstimationError
        The plan has overrides, and no base was given yet.
    """
    rules = plan.classification.model_dump(mode="json")
    key = digest([rules, plan.main_element, list(domain_names(plan))])
    made = _MADE.setdefault(model, {})
    if key not in made:
        if plan.classification.overrides and base is None:
            raise EstimationError(
                "classification.overrides: no folder to find their polygons from; ask for the "
                "classes with base and crs of the belt / 类别调整多边形缺少所在文件夹"
            )
        made[key] = _make(model, plan, base, crs)
    return made[key]


def _make(model: VintageReader, plan: Plan, base: Path | None, crs: str) -> ClassField:
    """Rules, smoothing, overrides and caps, in this order."""
    rules = plan.classification
    codes, evidence = _by_rules(model, plan)
    steps = [_step("rules", codes)]
    if rules.smoothing:
        codes = smooth(codes, evidence.estimated, rules.smoothing)
        steps.append(_step("smoothing", codes))
    surest: Codes = np.broadcast_to(np.int8(1), model.grid.array_shape)
    for override, solid in zip(rules.overrides, open_overrides(plan, base, crs), strict=True):
        here = _inside(solid, model.grid)
        codes = _override(codes, evidence, override, here)
        surest = np.where(here, _surest(override, surest), surest)
    if rules.overrides:
        steps.append(_step("overrides", codes))
    limits = class_limits(plan)
    if rules.caps:
        codes = np.where(codes > 0, np.maximum(codes, limits[evidence.domain]), codes)
        steps.append(_step("caps", codes))
    return ClassField(codes, tuple(steps), limits, surest)


@dataclass(frozen=True)
class _Evidence:
    """What every step must know of each block."""

    estimated: Bools
    held: Bools
    """Of one hole, or without a slope."""
    domain: npt.NDArray[np.int16]


def _by_rules(model: VintageReader, plan: Plan) -> tuple[Codes, _Evidence]:
    """Classes by the rules alone, tile after tile; tiles without an estimate are passed over."""
    shape = model.grid.array_shape
    codes = np.zeros(shape, np.int8)
    evidence = _Evidence(np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, np.int16))
    main = plan.main_element
    wanted: Wanted = {GEOMETRY_LAYER: GEOMETRY, main: CLASS_FIELDS}
    for index in np.flatnonzero(statistic(model.statistics(main), "estimated") > 0):
        slices = model.grid.tile(int(index)).slices
        found = model.read(slices, wanted)
        geometry = found[GEOMETRY_LAYER]
        codes[slices] = classify(found[main], geometry["mean_distance_m"], plan.classification)
        evidence.estimated[slices] = ~np.isnan(found[main]["estimate"])
        evidence.held[slices] = held_back(found[main])
        evidence.domain[slices] = np.nan_to_num(geometry["domain"])
    return codes, evidence


def open_overrides(plan: Plan, base: Path | None, crs: str) -> tuple[Solid, ...]:
    """Ground of a plan's overrides.

    Raises
    ------
    DataError
        A polygon can't be used.
    """
    return tuple(
        open_ground(one.polygon, (one.top_m, one.bottom_m), base, crs)
        for one in plan.classification.overrides
    )


def _inside(solid: Solid, grid: BlockGrid) -> Bools:
    """Blocks whose centre lies in some ground."""
    here = np.zeros(grid.array_shape, bool)
    for tile in grid.tiles():
        part = here[tile.slices]
        part[:] = solid.holds(grid.tile_centres_m(tile)).reshape(part.shape)
    return here


def _override(codes: Codes, evidence: _Evidence, override: Override, here: Bools) -> Codes:
    """One override: ``at_most`` lowers; ``set`` raises too, but not a block held back."""
    if override.class_name == "none":
        return np.where(here, np.int8(UNCLASSIFIED), codes)
    wanted = np.int8(CLASSES.index(override.class_name) + 1)
    lower = here & (codes > 0) & (codes < wanted)
    changed = np.where(lower, wanted, codes)
    if override.change == "set":
        surer = (changed == 0) | (changed > wanted)
        raised = here & surer & evidence.estimated & ~evidence.held
        changed = np.where(raised, wanted, changed)
    return changed


def _surest(override: Override, before: Codes) -> Codes:
    """Surest class within one override's ground; ``set`` undoes what earlier ones forbade."""
    if override.class_name == "none":
        return np.full_like(before, NO_CLASS)
    wanted = np.int8(CLASSES.index(override.class_name) + 1)
    return np.full_like(before, wanted) if override.change == "set" else np.maximum(before, wanted)


def class_limits(plan: Plan) -> npt.NDArray[np.int8]:
    """Surest class that caps allow, by domain code; 1 where none is named, 0 outside domains."""
    domains = domain_names(plan)
    limits = np.ones(len(domains) + 1, np.int8)
    limits[0] = 0
    for cap in plan.classification.caps:
        for name in cap.domains:
            code = domains.index(name) + 1
            limits[code] = max(limits[code], CLASSES.index(cap.at_most) + 1)
    return limits


def _step(name: str, codes: Codes) -> ClassStep:
    """Count a field."""
    blocks = {c: int((codes == n).sum()) for n, c in enumerate(CLASSES, start=1)}
    return ClassStep(name, blocks, isolated_blocks(codes))
