"""The resource statement: tonnes, grade and metal by class, domain and cut-off.

Added up tile after tile. By-products repeat the main element's
ore (伴生 elements have no cut-off of their own) and are counted only where they were
evaluated.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import domain_names
from estimation.models.layers import GEOMETRY, GEOMETRY_LAYER
from estimation.models.store_read import VintageReader
from estimation.models.tile_statistics import statistic
from estimation.plan import CLASSES, Plan
from estimation.results import METAL_PER_GRADE, ElementFigure, StatementRow, grade_unit
from estimation.statement.classification import CLASS_FIELDS, classify
from estimation.statement.volumes import Share
from geo.grids import Slices

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TileBlocks:
    """One tile's blocks, flattened: what a statement adds up."""

    class_code: npt.NDArray[np.int8]
    domain_code: npt.NDArray[np.int64]
    grades: dict[str, Floats]
    """Estimates in the element's unit, below zero set to zero, NaN where not evaluated."""
    slices: Slices


def tile_blocks(model: VintageReader, plan: Plan) -> Iterator[TileBlocks]:
    """Tiles of a model, classified, with every element's grades.

    Tiles without an estimate of the main element, which can't have a class, are passed over.
    """
    main = plan.main_element
    wanted = {GEOMETRY_LAYER: GEOMETRY, **dict.fromkeys(plan.elements, ("estimate",))}
    wanted[main] = CLASS_FIELDS
    estimated = statistic(model.statistics(main), "estimated")
    for index in np.flatnonzero(estimated > 0):
        tile = model.grid.tile(int(index))
        found = model.read(tile.slices, wanted)
        geometry = found[GEOMETRY_LAYER]
        codes = classify(found[main], geometry["mean_distance_m"], plan.classification)
        grades = {name: np.maximum(found[name]["estimate"], 0.0).ravel() for name in plan.elements}
        domain = np.nan_to_num(geometry["domain"]).astype(np.int64).ravel()
        yield TileBlocks(codes.ravel(), domain, grades, tile.slices)


def state_rows(
    model: VintageReader,
    plan: Plan,
    densities_tpm3: dict[str, float],
    share: Share,
    cutoffs: Iterable[float],
) -> tuple[StatementRow, ...]:
    """Rows of a statement over ``share`` of each block, classes surest first."""
    domains = domain_names(plan)
    cutoffs = sorted(set(cutoffs))
    sums: dict[tuple[int, int, float], list[Floats]] = defaultdict(list)
    density = np.array([0.0, *(densities_tpm3[name] for name in domains)])
    for blocks in tile_blocks(model, plan):
        volume = share(blocks.slices).ravel() * model.grid.block_volume_m3
        ore = volume * density[blocks.domain_code]
        for key, inside in _cells(blocks, plan.main_element, len(domains), cutoffs):
            sums[key].append(_add_up(blocks, inside, volume, ore))
    return tuple(
        _row(plan, domains, key, [math.fsum(column) for column in zip(*sums[key], strict=True)])
        for key in sorted(sums)
    )


def _cells(
    blocks: TileBlocks, main: str, domain_count: int, cutoffs: list[float]
) -> Iterator[tuple[tuple[int, int, float], npt.NDArray[np.bool_]]]:
    """Each class x domain x cut-off with the blocks that belong to it."""
    for class_code in range(1, len(CLASSES) + 1):
        for domain_code in range(1, domain_count + 1):
            here = (blocks.class_code == class_code) & (blocks.domain_code == domain_code)
            if not here.any():
                continue
            for cutoff in cutoffs:
                yield (class_code, domain_code, cutoff), here & (blocks.grades[main] >= cutoff)


def _add_up(
    blocks: TileBlocks, inside: npt.NDArray[np.bool_], volume: Floats, ore: Floats
) -> Floats:
    """Volume and ore, then metal and evaluated ore of each element."""
    totals = [volume[inside].sum(), ore[inside].sum()]
    for name, grade in blocks.grades.items():
        here = inside & ~np.isnan(grade)
        factor = METAL_PER_GRADE[grade_unit(name)]
        totals += [(ore[here] * grade[here]).sum() * factor, ore[here].sum()]
    return np.array(totals)


def _row(
    plan: Plan, domains: tuple[str, ...], key: tuple[int, int, float], totals: list[float]
) -> StatementRow:
    """One row from its sums; an element evaluated nowhere has no grade (blank is not zero)."""
    class_code, domain_code, cutoff = key
    figures = {}
    for i, name in enumerate(plan.elements):
        metal, evaluated = totals[2 + 2 * i], totals[3 + 2 * i]
        factor = METAL_PER_GRADE[grade_unit(name)]
        grade = metal / evaluated / factor if evaluated > 0 else None
        figures[name] = ElementFigure(grade, metal, evaluated)
    return StatementRow(
        CLASSES[class_code - 1],
        domains[domain_code - 1],
        cutoff,
        totals[0],
        totals[1],
        figures,
    )
