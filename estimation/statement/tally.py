"""Sums over blocks that every table of a statement is read from, so that all of them foot.

Blocks are added into cells of class, domain, state of constraints, bench and grade. Each cell's
quantities are held to a grain (:data:`GRAINS`), a power of two: below 2**53 grains such numbers add
without any rounding, in any order, so parts and totals agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.engine.krige import domain_names
from estimation.models.store_read import VintageReader
from estimation.plan import Plan
from estimation.results import METAL_PER_GRADE, grade_unit
from estimation.statement.class_field import ClassField
from estimation.statement.density import BASES, Densities
from estimation.statement.ground_inside import Prospects
from estimation.statement.parts import Parts, parts_of
from estimation.statement.volumes import Share

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GRAINS = {"ore": 2.0**18, "pct": 2.0**20, "gpt": 2.0**28, "ppm": 2.0**28}
"""Parts of a tonne (of ore also of a cubic metre) that quantities of a cell are held to, of ore and
of metal by the unit of its grade: 4 g, 1 g and 4 mg; exact to 3e10, 8e9 and 3e7 tonnes."""

KEYS = ("class_code", "domain_code", "state", "bench", "step")


@dataclass(frozen=True)
class Counted:
    """What of each block counts, and by which density, class and constraints."""

    classes: ClassField
    density: Densities
    share: Share
    """Part of each block that is in the ground (or mined), by slices."""
    prospects: Prospects = field(default_factory=Prospects)
    parts: Callable[[VintageReader, Plan, ClassField], Iterable[Parts]] = parts_of
    """Which of a model's classified parts count."""


@dataclass(frozen=True)
class Tally:
    """Cells with a block, and what is in them."""

    plan: Plan
    edges: tuple[float, ...]
    """Grades of the main element, rising; ``step`` k holds edges[k-1] <= grade < edges[k]."""
    cells: pd.DataFrame
    """Columns :data:`KEYS`, ``blocks``, ``volume_m3``, ``ore_t``, and for each element
    ``<name>.metal_t``, ``<name>.evaluated_t``, and for derived ones ``<name>.error_t``: metal's
    standard error, the errors of all blocks taken to go the same way."""
    bases: dict[tuple[str, str], float]
    """Volume of classified ground (m3) by domain and density basis."""

    def above(self, cutoff: float) -> pd.DataFrame:
        """Cells at or above a cut-off.

        Raises
        ------
        ValueError
            It is not one of the edges.
        """
        return self.cells[self.cells["step"] > self.edges.index(cutoff)]


def count_blocks(
    model: VintageReader, plan: Plan, counted: Counted, edges: Iterable[float]
) -> Tally:
    """Add up a model's blocks, tile after tile."""
    steps = tuple(sorted(set(edges)))
    domains = domain_names(plan)
    tables: list[pd.DataFrame] = []
    bases = np.zeros((len(domains) + 1, len(BASES)))
    for parts in counted.parts(model, plan, counted.classes):
        centres = model.grid.tile_centres_m(parts.tile)[parts.block]
        ground = counted.share(parts.tile.slices).ravel()[parts.block]
        volume = ground * parts.share * model.grid.block_volume_m3
        density, basis = counted.density.at(parts.domain_code, parts.grades, centres)
        np.add.at(bases, (parts.domain_code, basis), volume)
        for state, share in constrained_shares(
            plan, counted.prospects, centres, model.grid.spec.block_m
        ):
            here = np.flatnonzero(share > 0)
            keys = _keys(plan, parts, here, centres, steps) | {"state": state}
            some = volume[here] * share[here]
            amounts = {"blocks": parts.share[here] * share[here], "volume_m3": some}
            amounts["ore_t"] = some * density[here]
            tables.append(_cells(plan, parts, here, keys, amounts))
    cells = pd.concat(tables) if tables else _no_cells(plan)
    cells = cells.groupby(list(KEYS), sort=True).sum().reset_index()
    found = {
        (domains[d - 1], BASES[b]): float(bases[d, b]) for d, b in np.argwhere(bases > 0).tolist()
    }
    return Tally(plan, steps, cells, found)


def constrained_shares(
    plan: Plan, prospects: Prospects, centres_m: Floats, block_m: tuple[float, float, float]
) -> list[tuple[int, Floats]]:
    """States of constraints and the share of each block in it, by the plan's sub-cells."""
    if not prospects.solids:
        return [(0, np.ones(len(centres_m)))]
    counts = plan.domains.subcells
    offsets = np.stack(
        np.meshgrid(*((np.arange(n) + 0.5) / n - 0.5 for n in counts), indexing="ij"), axis=-1
    ).reshape(-1, 3) * np.array(block_m)  # fmt: skip
    found = np.array([prospects.states(centres_m + offset) for offset in offsets])
    return [(int(s), (found == s).mean(axis=0)) for s in np.unique(found)]


def _keys(
    plan: Plan, parts: Parts, here: Ints, centres_m: Floats, steps: tuple[float, ...]
) -> dict[str, Any]:
    """Cell of each part: class, domain, bench (by the block's centre) and step of grade."""
    height = plan.statement.bench_m
    bench = np.floor(centres_m[here, 2] / height).astype(np.int64) if height else 0
    grade = parts.grades[plan.main_element][here]
    return {
        "class_code": parts.class_code[here].astype(np.int64),
        "domain_code": parts.domain_code[here],
        "bench": bench,
        "step": np.searchsorted(steps, grade, side="right"),
    }


def _cells(
    plan: Plan, parts: Parts, here: Ints, keys: dict[str, Any], amounts: dict[str, Floats]
) -> pd.DataFrame:
    """Sums of one tile by cell, held to the grain."""
    ore = amounts["ore_t"]
    table = {**keys, **amounts}
    for name in plan.all_elements:
        grade = parts.grades[name][here]
        known = ~np.isnan(grade)
        factor = METAL_PER_GRADE[grade_unit(name)]
        table[f"{name}.metal_t"] = np.where(known, ore * np.nan_to_num(grade) * factor, 0.0)
        table[f"{name}.evaluated_t"] = np.where(known, ore, 0.0)
        if name in parts.errors:
            error = np.nan_to_num(parts.errors[name][here])
            table[f"{name}.error_t"] = np.where(known, ore * error * factor, 0.0)
    sums = pd.DataFrame(table).groupby(list(KEYS), sort=True).sum()
    for column in sums:
        grain = GRAINS["ore"]
        if str(column).endswith((".metal_t", ".error_t")):
            grain = GRAINS[grade_unit(str(column).rsplit(".", 1)[0])]
        sums[column] = np.rint(sums[column] * grain) / grain
    return sums.reset_index()


def _no_cells(plan: Plan) -> pd.DataFrame:
    """The table of a model without a classified block."""
    columns = ["blocks", "volume_m3", "ore_t"]
    for name in plan.all_elements:
        columns += [f"{name}.metal_t", f"{name}.evaluated_t"]
        columns += [f"{name}.error_t"] * (name in plan.derived)
    return pd.DataFrame({c: pd.Series(dtype=float) for c in (*KEYS, *columns)})
