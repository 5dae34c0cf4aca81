"""A whole model against kriging written anew, block by block."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from estimation.engine.krige import Problem
from estimation.models.layers import FIELDS, GEOMETRY_LAYER, NUMBERS
from geo.grids import BlockGrid
from tests import book
from tests.engine_problems import drill, estimate_whole

Bools = npt.NDArray[np.bool_]

COMPARED = (
    "estimate", "variance", "lagrange", "slope", "efficiency", "negative_weights", "samples",
    "holes", "mean_distance_m", "pass", "inverse_distance", "nearest",
)  # fmt: skip


def drill_unevenly(grid: BlockGrid, holes: int, seed: int) -> pd.DataFrame:
    """Composites at levels of their own: none as far above a block as another is below it.

    Two ways of reckoning distances may round such a tie to either side.
    """
    table = drill(grid, holes, seed)
    shift = np.random.default_rng(seed).uniform(-1.0, 1.0, len(table))
    return table.assign(elevation_m=table["elevation_m"] + shift)


def against_the_book(
    problem: Problem, element: str, usable: dict[int, Bools] | None = None, every: int = 5
) -> Counter[int]:
    """Compare every so many blocks with kriging written anew; returns how many of each reason.

    ``usable``: samples that blocks of each domain may use; by default those of the domain.
    """
    plan, samples = problem.plan.elements[element], problem.elements[element]
    may = usable or {code: samples.domains == code for code in np.unique(samples.domains)}
    data = {
        code: book.samples(s.xyz_m, s.values, s.holes, s.points_m)
        for code, s in ((code, samples.take(rows)) for code, rows in may.items())
    }
    offsets = problem.visits[0].offsets
    model = estimate_whole(problem)
    seen: Counter[int] = Counter()
    for tile in problem.grid.tiles():
        wanted = {GEOMETRY_LAYER: ("domain",), element: FIELDS}
        found = model.read(tile.slices, wanted)
        centres = problem.grid.tile_centres_m(tile)
        domain = found[GEOMETRY_LAYER]["domain"].ravel().astype(int)
        ours = {name: values.ravel() for name, values in found[element].items()}
        for b in range(tile.index % every, len(centres), every):
            if domain[b] == 0:
                continue
            answer = book.krige(plan, data[domain[b]], book.Place(centres[b], offsets))
            seen[int(answer["reason"])] += 1
            assert ours["reason"][b] == answer["reason"]
            for name in COMPARED if answer["reason"] == 0 else ("pass",):
                digits = 1e-9 if name in NUMBERS else 1e-5
                assert ours[name][b] == pytest.approx(answer[name], rel=digits, abs=digits), name
    return seen
