"""One block of a model explained: its samples, their weights, and why the others had none.

The block is solved again from the composites by a dense solution that shares nothing with the
kernels but the choice of samples, and stands beside what the model has stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estimation.engine.again import Neighbours, neighbours_of
from estimation.engine.dense import Solution, solve
from estimation.engine.krige import Problem, domain_names
from estimation.engine.reach import lay_out
from estimation.errors import EstimationError
from estimation.models.layers import FIELDS
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import Places, place_blocks
from estimation.plan import CLASSES, Plan
from estimation.statement.class_field import classes_of
from estimation.statement.classification import held_back
from estimation.studies import Words, Workbench
from geo.grids import BlockGrid, Tile

Floats = npt.NDArray[np.float64]

AGREES = 1e-9
"""Largest relative difference between the stored estimate and the block solved again."""

REASONS = (
    Words("已估算", "estimated"),
    Words("搜索范围内没有样品", "no sample within the search"),
    Words("样品数不足", "fewer samples than the minimum"),
    Words("钻孔数不足", "fewer holes than the minimum"),
    Words("有样品的扇区不足", "fewer sectors filled than the minimum"),
    Words("样品不足以确定漂移", "the samples can't tell the drift from a constant"),
    Words("不在任何矿化域内", "outside every domain"),
    Words("该处外部漂移栅格无值", "no value of the drift raster here"),
)
"""By reason code of a block."""


@dataclass(frozen=True)
class ElementExplained:
    """One element in one block."""

    element: str
    method: str
    found: Neighbours
    solution: Solution | None
    """None where no pass had enough samples, or the samples can't be solved."""
    stored: Mapping[str, float] | None
    """Fields of the model; None without a model."""

    @property
    def difference(self) -> float | None:
        """Relative difference of the stored estimate from the one solved again; None without."""
        if self.solution is None or self.stored is None or np.isnan(self.stored["estimate"]):
            return None
        size = max(abs(self.solution.estimate), float(np.abs(self.found.near.values).mean()), 1e-12)
        return abs(self.stored["estimate"] - self.solution.estimate) / size

    @property
    def agrees(self) -> bool:
        """Whether stored and solved again are one number, or both are missing."""
        if self.difference is not None:
            return self.difference <= AGREES
        known = self.stored is not None and not np.isnan(self.stored["estimate"])
        return self.stored is None or known == (self.solution is not None)


@dataclass(frozen=True)
class ClassLimit:
    """One limit of one class, and what the block has."""

    class_name: str
    limit: str
    asked: float
    found: float
    met: bool


@dataclass(frozen=True)
class ClassExplained:
    """The class of a block and what decided it."""

    name: str
    """A class, or ``none``."""
    limits: tuple[ClassLimit, ...]
    decided_by: Words


@dataclass(frozen=True)
class BlockExplained:
    """Everything about one block."""

    index: tuple[int, int, int]
    """Block along x, y, z, from 0."""
    centre_m: Floats
    size_m: tuple[float, float, float]
    place: Places
    domain: str
    """"" outside every domain."""
    elements: tuple[ElementExplained, ...]
    class_of: ClassExplained | None
    """None without a model."""


def block_at(grid: BlockGrid, place_m: tuple[float, float, float]) -> tuple[int, int, int]:
    """The block that holds a place (east, north, up), metres.

    Raises
    ------
    EstimationError
        The place lies outside the grid.
    """
    spec = grid.spec
    at = np.floor((np.array(place_m) - np.array(spec.origin_m)) / np.array(spec.block_m))
    index = (int(at[0]), int(at[1]), int(at[2]))
    check_index(grid, index)
    return index


def check_index(grid: BlockGrid, index: tuple[int, int, int]) -> None:
    """A block that is in the grid.

    Raises
    ------
    EstimationError
        It is not.
    """
    if any(not 0 <= n < count for n, count in zip(index, grid.spec.shape, strict=True)):
        wide = ", ".join(f"0..{count - 1}" for count in grid.spec.shape)
        boxes = zip("ENZ", (grid.edges_m(axis) for axis in range(3)), strict=True)
        box = ", ".join(f"{name} {edge[0]:.0f}..{edge[-1]:.0f}" for name, edge in boxes)
        raise EstimationError(
            f"block {index} is not in the grid: I, J, K {wide}; {box} m; choose another block / "
            f"块体 {index} 不在网格内"
        )


def explain_block(bench: Workbench, index: tuple[int, int, int]) -> BlockExplained:
    """Solve one block again, for every element.

    Raises
    ------
    EstimationError
        The block is not in the grid.
    """
    problem = bench.problem
    check_index(problem.grid, index)
    tile = Tile(0, index, (1, 1, 1))
    centre = problem.grid.tile_centres_m(tile)[0]
    place = place_blocks(lay_out(problem), tile)
    code = int(place.domain[0])
    elements = (
        ()
        if code == 0
        else tuple(
            _element(problem, bench.model, name, centre, tile, code) for name in problem.elements
        )
    )
    domain = domain_names(problem.plan)[code - 1] if code else ""
    classed = None if bench.model is None else _class_of(bench, bench.model, tile, place)
    return BlockExplained(
        index, centre, problem.grid.spec.block_m, place, domain, elements, classed
    )


def _element(
    problem: Problem,
    model: VintageReader | None,
    name: str,
    centre_m: Floats,
    tile: Tile,
    code: int,
) -> ElementExplained:
    """One element of a block of a domain."""
    stored = None
    if model is not None:
        read = model.read(tile.slices, {name: FIELDS})[name]
        stored = {field: float(values.ravel()[0]) for field, values in read.items()}
    number = int(stored["pass"]) if stored and not np.isnan(stored["pass"]) else 0
    found = neighbours_of(problem, name, centre_m, code, number)
    method = found.choices.method
    return ElementExplained(name, method, found, _solved(problem, name, found, code), stored)


def _solved(problem: Problem, name: str, found: Neighbours, code: int) -> Solution | None:
    """The block solved again; None where it can't be."""
    if not found.number or np.isnan(found.near.block_drift):
        return None
    if found.choices.partner:
        return _with_partner(problem, name, found, code)
    try:
        return solve(found.choices, found.near)
    except np.linalg.LinAlgError:
        return None


def _with_partner(problem: Problem, name: str, found: Neighbours, code: int) -> Solution | None:
    """Cokriging: the engine's own estimate, and weights as its answers to grades of one and nought.

    What the partner adds is the estimate less the weighted sum of the own grades.
    """
    from estimation.engine.cokriging import estimate

    centre = found.near.block_m[None]
    reach = problem.reach_m
    near = {
        n: s.take(np.all(np.abs(s.xyz_m - centre[0]) <= reach, axis=1))
        for n, s in problem.elements.items()
    }
    answer = dict(zip(FIELDS, estimate(problem, near, name, centre, code)[0], strict=True))
    if np.isnan(answer["estimate"]):
        return None
    others = {n: replace(s, values=np.zeros(len(s))) for n, s in near.items() if n != name}
    own, weights = near[name], []
    for identity in found.samples.identity[found.rows]:
        unit = replace(own, values=(own.identity == identity).astype(float))
        weights.append(estimate(problem, {**others, name: unit}, name, centre, code)[0, 0])
    lagrange = float(answer["lagrange"])
    return Solution(
        float(answer["estimate"]), float(answer["variance"]), lagrange, np.nan, np.array(weights)
    )


def _class_of(bench: Workbench, model: VintageReader, tile: Tile, place: Places) -> ClassExplained:
    """Class of the block, limit by limit, and which step decided."""
    plan, data = bench.data.plan, bench.data
    field = classes_of(model, plan, data.base, data.belt.crs)
    code = int(field.at(tile.slices).ravel()[0])
    names = ("estimate", "holes", "slope", "efficiency", "pass")
    read = model.read(tile.slices, {plan.main_element: names})[plan.main_element]
    main = {name: float(values.ravel()[0]) for name, values in read.items()}
    limits = _limits(plan, main, float(place.mean_distance_m[0]))
    name = CLASSES[code - 1] if code else "none"
    held = bool(held_back({k: np.array([v]) for k, v in main.items()})[0])
    return ClassExplained(name, limits, _decided(name, limits, main, held=held))


def _limits(plan: Plan, main: Mapping[str, float], distance_m: float) -> tuple[ClassLimit, ...]:
    """Every limit of every class, surest first."""
    found = []
    for name in CLASSES:
        rule = getattr(plan.classification, name)
        checks = [
            ("mean_distance_m", rule.max_mean_distance_m, distance_m, False),
            ("holes", rule.min_holes, main["holes"], True),
            ("slope", rule.min_slope, main["slope"], True),
            ("efficiency", rule.min_efficiency, main["efficiency"], True),
            ("pass", rule.max_pass, main["pass"], False),
        ]
        for limit, asked, has, least in checks:
            if asked is None:
                continue
            unasked = limit in ("slope", "efficiency") and np.isnan(main["slope"])
            met = bool(unasked or (has >= asked if least else has <= asked))
            found.append(ClassLimit(name, limit, float(asked), float(has), met))
    return tuple(found)


def _decided(
    name: str, limits: tuple[ClassLimit, ...], main: Mapping[str, float], *, held: bool
) -> Words:
    """Which rule decided a class."""
    if np.isnan(main["estimate"]):
        return Words("没有估值", "no estimate")
    failed = {
        one: [x.limit for x in limits if x.class_name == one and not x.met] for one in CLASSES
    }
    by_rules = next((one for one in CLASSES if not failed[one]), "none")
    if held and by_rules in ("measured", "indicated"):
        by_rules = "inferred"
        if name == by_rules:
            return Words(
                "单孔或无回归斜率的块体最高为推断", "one hole or no slope: Inferred at best"
            )
    if name != by_rules:
        return Words(
            f"规则得 {by_rules}, 经平滑、人工指定或上限改变",
            f"the rules gave {by_rules}; smoothing, an override or a cap changed it",
        )
    surer = CLASSES[: CLASSES.index(name)] if name != "none" else CLASSES
    if not surer:
        return Words("满足全部要求", "all limits are met")
    why = ", ".join(failed[surer[-1]])
    return Words(f"未满足 {surer[-1]}: {why}", f"not {surer[-1]}: {why}")
