"""Exhaustive truth of a synthetic deposit, beside its estimate, over one and the same volume."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from estimation.models.store_read import VintageReader
from estimation.plan import Plan
from estimation.results import METAL_PER_GRADE, ResourceStatement, TruthRow, grade_unit
from estimation.statement.class_field import classes_of
from estimation.statement.ground_inside import Prospects
from estimation.statement.parts import parts_of
from estimation.statement.rows import limits_of
from estimation.statement.tally import constrained_shares
from estimation.statement.volumes import Share

COMPARED = ("measured", "indicated")


def truth_rows(
    folder: Path,
    model: VintageReader,
    plan: Plan,
    statement: ResourceStatement,
    share: Share,
    prospects: Prospects | None = None,
) -> tuple[TruthRow, ...]:
    """Metal of each element in the Measured + Indicated volume, estimated and true.

    ``truth_blocks.npz`` holds arrays (nz, ny, nx) for each element (its own unit) and
    ``density_tpm3``. The volume is the estimate's Measured + Indicated blocks where the element was
    evaluated; within it the estimate counts blocks it takes to be above cut-off, the truth those
    that are. An element whose samples support no more than Inferred has no such volume.
    """
    with np.load(folder / "truth_blocks.npz") as held:
        truth = {name: held[name] for name in held.files}
    ground = prospects or Prospects()
    cutoff = statement.reporting_cutoff
    limits = limits_of(plan)
    sums: dict[str, list[float]] = {n: [] for n in plan.elements if limits[n] <= len(COMPARED)}
    for parts in parts_of(model, plan, classes_of(model, plan)):
        slices, block = parts.tile.slices, parts.block
        true = {name: array[slices].astype(float).ravel()[block] for name, array in truth.items()}
        inside = (parts.class_code <= len(COMPARED)) & (true[plan.main_element] >= cutoff)
        volume = share(slices).ravel()[block] * parts.share * model.grid.block_volume_m3
        centres = model.grid.tile_centres_m(parts.tile)[block]
        states = constrained_shares(plan, ground, centres, model.grid.spec.block_m)
        volume = volume * sum(part for state, part in states if ground.reasonable(state))
        ore = volume * true["density_tpm3"]
        for name in sums:
            here = inside & ~np.isnan(parts.grades[name])
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
