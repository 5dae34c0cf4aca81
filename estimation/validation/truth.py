"""Exhaustive truth of a synthetic deposit, beside its estimate, over one and the same volume."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from estimation.models.store_read import VintageReader
from estimation.plan import Plan
from estimation.results import METAL_PER_GRADE, ResourceStatement, TruthRow, grade_unit
from estimation.statement.rows import tile_blocks
from estimation.statement.volumes import Share

COMPARED = ("measured", "indicated")


def truth_rows(
    folder: Path, model: VintageReader, plan: Plan, statement: ResourceStatement, share: Share
) -> tuple[TruthRow, ...]:
    """Metal of each element in the Measured + Indicated volume, estimated and true.

    ``truth_blocks.npz`` holds arrays (nz, ny, nx) for each element (its own unit) and
    ``density_tpm3``. The volume is the estimate's Measured + Indicated blocks where the element was
    evaluated; within it the estimate counts blocks it takes to be above cut-off, the truth those
    that are.
    """
    with np.load(folder / "truth_blocks.npz") as held:
        truth = {name: held[name] for name in held.files}
    cutoff = statement.reporting_cutoff
    sums: dict[str, list[float]] = {name: [] for name in plan.elements}
    for blocks in tile_blocks(model, plan):
        inside = (blocks.class_code == 1) | (blocks.class_code == 2)
        true = {name: array[blocks.slices].astype(float).ravel() for name, array in truth.items()}
        inside &= true[plan.main_element] >= cutoff
        volume = share(blocks.slices).ravel() * model.grid.block_volume_m3
        ore = volume * true["density_tpm3"]
        for name in plan.elements:
            here = inside & ~np.isnan(blocks.grades[name])
            factor = METAL_PER_GRADE[grade_unit(name)]
            sums[name].append(float((ore[here] * true[name][here]).sum()) * factor)
    return tuple(
        TruthRow(
            name,
            "+".join(COMPARED),
            cutoff,
            statement.metal_t(name, COMPARED),
            math.fsum(parts),
        )
        for name, parts in sums.items()
    )
