"""Local visual validation: composites over blocks in vertical sections through the drilling."""

from __future__ import annotations

import numpy as np

from estimation.engine.krige import Problem
from estimation.exploratory.declustering import usual_spacing
from estimation.models.store_read import VintageReader
from estimation.results import grade_unit
from estimation.studies import StudyFigure, Words

SHARES = (0.25, 0.5, 0.75)
"""Sections go through these quantiles of the composites, across north and across east."""
LOOKING = {
    1: (Words("北", "north"), Words("北坐标", "northing")),
    0: (Words("西", "west"), Words("东坐标", "easting")),
}
"""By the axis that a section is across: which way one looks, and what the axis is called."""


def sections(model: VintageReader, problem: Problem) -> list[StudyFigure]:
    """Three sections looking north and three looking west, of the main element.

    The half-width is a quarter of the drill spacing, at least half a block: composites farther
    from the section are not shown.
    """
    samples = problem.elements[problem.plan.main_element]
    spacing = usual_spacing(samples.xyz_m, samples.holes)
    figures = []
    for axis in (1, 0):
        edges = model.grid.edges_m(axis)
        half = max(0.25 * spacing if spacing > 0 else 0.0, 0.5 * model.grid.spec.block_m[axis])
        places = np.quantile(samples.xyz_m[:, axis], SHARES, method="nearest")
        rows = np.unique(np.clip(np.searchsorted(edges, places) - 1, 0, len(edges) - 2))
        figures += [_section(model, problem, axis, int(row), half) for row in rows]
    return figures


def _section(
    model: VintageReader, problem: Problem, axis: int, row: int, half_m: float
) -> StudyFigure:
    """One section across an axis, through one row of blocks."""
    element = problem.plan.main_element
    samples, grid, along = problem.elements[element], model.grid, 1 - axis
    cut = list(grid.whole)
    cut[2 - axis] = slice(row, row + 1)
    values = model.field(element, "estimate", (cut[0], cut[1], cut[2]))
    middle = float(grid.centres_m(axis)[row])
    near = np.abs(samples.xyz_m[:, axis] - middle) <= half_m
    look, at = LOOKING[axis]
    return StudyFigure(
        f"section_{look.en}_{row:04d}",
        "validation_section",
        Words(f"剖面：{at.zh} {middle:.0f} m", f"Section at {at.en} {middle:.0f} m"),
        Words(
            f"{element}；向{look.zh}看；半宽 ±{half_m:.0f} m，组合样 {near.sum()} 个；"
            "垂直与水平比例相同",
            f"{element}; looking {look.en}; half-width ±{half_m:.0f} m, {near.sum()} composites; "
            "vertical scale equals horizontal",
        ),
        {
            "element": element,
            "unit": grade_unit(element),
            "along": ["东 / easting (m)", "北 / northing (m)"][along],
            "bins": _bins(problem),
            "reporting": problem.plan.cutoffs.reporting,
        },
        {
            "blocks": np.squeeze(values, axis=2 - axis).astype(np.float32),
            "along_m": grid.edges_m(along),
            "z_m": grid.edges_m(2),
            "samples": np.column_stack([samples.xyz_m[near][:, [along, 2]], samples.values[near]]),
        },
    )


def _bins(problem: Problem) -> list[float]:
    """Limits of colours, the same in every section: the plan's cut-offs, or quantiles if few."""
    plan = problem.plan.cutoffs
    known = sorted({c for c in (plan.reporting, *plan.others) if c > 0})
    if len(known) >= 3:
        return known
    values = problem.elements[problem.plan.main_element].values
    some = values[values > 0]
    middle = np.quantile(some, [0.25, 0.5, 0.75, 0.9]).tolist() if some.size else []
    return sorted({*known, *(float(f"{q:.2g}") for q in middle)}) or [plan.reporting or 1.0]
