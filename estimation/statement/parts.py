"""Parts of blocks as a statement counts them: class, domain, share and every element's grade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.models.blocks import TileBlocks, tile_blocks
from estimation.models.store_read import VintageReader
from estimation.plan import Plan
from estimation.statement.class_field import ClassField
from estimation.statement.classification import Codes, classify
from geo.grids import Tile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """First or second parts of one tile's blocks, those that have a class; arrays (n,)."""

    tile: Tile
    block: Ints
    """Number of the block in the flattened (z, y, x) array of the tile."""
    class_code: Codes
    domain_code: Ints
    share: Floats
    """Part of the block's volume that the domain has, 0-1."""
    grades: dict[str, Floats]
    """In the element's unit, below zero set to zero, NaN where not evaluated; estimated elements,
    then derived ones."""
    errors: dict[str, Floats]
    """Standard error of each derived element's grade, in its unit."""


def parts_of(model: VintageReader, plan: Plan, classes: ClassField) -> Iterator[Parts]:
    """Classified parts of a model, tile after tile.

    A second part is no surer than its block, than its own estimate, than its domain's cap and
    than a person's overrides allow; where the first part was not estimated, its own estimate
    decides.
    """
    judged = np.zeros(0, bool)
    for blocks in tile_blocks(model, plan):
        codes = classes.at(blocks.tile.slices).ravel()
        if blocks.second:
            codes = second_codes(plan, classes, blocks, codes, judged)
        else:
            judged = ~np.isnan(blocks.main["estimate"])
        kept = np.flatnonzero((codes > 0) & (blocks.domain_code > 0))
        if kept.size:
            yield _parts(plan, blocks, codes, kept)


def second_codes(
    plan: Plan,
    classes: ClassField,
    blocks: TileBlocks,
    codes: Codes,
    judged: npt.NDArray[np.bool_],
) -> Codes:
    """Class of second parts; ``judged``: blocks whose first part was estimated, (n,)."""
    own = classify(blocks.main, blocks.mean_distance_m, plan.classification)
    both = np.where((codes > 0) & (own > 0), np.maximum(codes, own), 0)
    found = np.where(judged, both, own).astype(np.int8)
    return classes.allowed(found, blocks.domain_code, blocks.tile.slices)


def _parts(plan: Plan, blocks: TileBlocks, codes: Codes, kept: Ints) -> Parts:
    """Some parts of a tile, derived elements added."""
    grades = {name: grade[kept] for name, grade in blocks.grades.items()}
    domain = blocks.domain_code[kept]
    errors: dict[str, Floats] = {}
    if plan.derived:
        # here, because the by-products' modules look at studies, which look at statements
        from estimation.byproducts.derive import VARIANCE, derive_grade

        known = grades | {VARIANCE.format(plan.main_element): blocks.main["variance"][kept]}
        for name in plan.derived:
            grades[name], errors[name] = derive_grade(plan, name, known, domain)
    return Parts(blocks.tile, kept, codes[kept], domain, blocks.share[kept], grades, errors)
