"""Problems for tests of the methods of a plan, and every block solved again without the kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.engine.again import neighbours_of
from estimation.engine.dense import Solution, solve
from estimation.engine.krige import Problem, prepare
from estimation.engine.surroundings import Surroundings
from estimation.models.layers import GEOMETRY_LAYER
from estimation.models.store_read import VintageReader
from estimation.plan import ElementPlan, Plan
from geo.drillholes.composite import Composites
from geo.grids import BlockGrid
from tests.engine_problems import drill, element_plan, make_grid, make_plan

Floats = npt.NDArray[np.float64]

GRID = make_grid(shape=(8, 8, 4), tile=(4, 4, 4))


@dataclass(frozen=True)
class Plane:
    """A plane surface, as a mesh would be."""

    dip_deg: float
    direction_deg: float
    digest: str = "a plane"

    def directions_at(self, xyz_m: Floats) -> tuple[Floats, Floats]:
        """The same everywhere."""
        one = np.ones(len(xyz_m))
        return self.dip_deg * one, self.direction_deg * one


@dataclass(frozen=True)
class Fold:
    """An upright fold about a line that runs north: limbs dip away from it."""

    axis_east_m: float
    digest: str = "a fold"

    def directions_at(self, xyz_m: Floats) -> tuple[Floats, Floats]:
        """Limbs steepen with distance."""
        off = xyz_m[:, 0] - self.axis_east_m
        return np.minimum(np.abs(off), 40.0), np.where(off >= 0, 90.0, 270.0)


def problem_with(
    around: Surroundings | None = None,
    grid: BlockGrid = GRID,
    domains: tuple[str, ...] = ("all",),
    plan: Plan | None = None,
    holes: int = 14,
    **choices: Any,
) -> Problem:
    """Copper alone, estimated by the given choices."""
    made = plan or make_plan({"cu_pct": element_plan(**choices)})
    return prepare(grid, made, Composites(drill(grid, holes, 7, domains=domains)), None, around)


def plan_with(elements: dict[str, ElementPlan], domains: dict[str, Any]) -> Plan:
    """A plan of several domains."""
    return make_plan(elements, domains=domains)


def fields_of(model: VintageReader, *names: str, layer: str = "cu_pct") -> tuple[Floats, ...]:
    """Fields of a whole model, flattened."""
    return tuple(model.field(layer, name).ravel() for name in names)


def again(
    problem: Problem, model: VintageReader, element: str = "cu_pct", layer: str | None = None
) -> list[tuple[int, Solution]]:
    """Every estimated block solved once more, densely, from the samples of its pass."""
    second = layer is not None
    domain = model.field(GEOMETRY_LAYER, "second_domain" if second else "domain").ravel()
    estimate, number = fields_of(model, "estimate", "pass", layer=layer or element)
    grid = problem.grid
    z, y, x = np.meshgrid(*(grid.centres_m(axis) for axis in (2, 1, 0)), indexing="ij")
    centres = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    found = []
    for block in np.flatnonzero(~np.isnan(estimate)):
        code, which = int(domain[block]), int(number[block])
        beside = neighbours_of(problem, element, centres[block], code, which)
        found.append((int(block), solve(beside.choices, beside.near)))
    return found


def largest_difference(
    solutions: list[tuple[int, Solution]], stored: Floats, of: Callable[[Solution], float]
) -> float:
    """Largest difference between what is stored and what was solved again."""
    return max(abs(of(solution) - stored[block]) for block, solution in solutions)
