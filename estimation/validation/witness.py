"""An independent witness: chosen blocks kriged again by PyKrige from the same samples.

Where a plan asks for what PyKrige does not know (a drift, a known mean, samples with support,
structures of different anisotropy), and where PyKrige made the estimate itself, the witness is a
plain dense solution in numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine.again import neighbours_of
from estimation.engine.by_pykrige import solve_by_pykrige
from estimation.engine.dense import Solution, solve
from estimation.engine.krige import Problem
from estimation.errors import EstimationError
from estimation.models.layers import GEOMETRY_LAYER
from estimation.models.store_read import VintageReader
from estimation.models.tile_statistics import statistic
from estimation.plan import known_to_pykrige

Floats = npt.NDArray[np.float64]

LIMIT = 1e-8
"""Largest relative difference that a run may show."""


class WitnessError(EstimationError):
    """An estimate differs from the independent solution by more than :data:`LIMIT`."""


@dataclass(frozen=True)
class Testimony:
    """What the witness saw: blocks checked and the largest relative differences."""

    element: str
    witness: str
    blocks: int
    largest_estimate_difference: float
    largest_variance_difference: float


def call_witness(
    problem: Problem, model: VintageReader, element: str, blocks: int, seed: int
) -> Testimony:
    """Check ``blocks`` random estimated blocks of one element, none with redundant samples.

    Raises
    ------
    WitnessError
        A relative difference (estimate: of the samples' mean; variance: of the sill) is beyond
        :data:`LIMIT`.
    """
    plan = problem.plan.elements[element]
    points = problem.elements[element].points_m.shape[1]
    asks_pykrige = problem.plan.engine == "bornite" and known_to_pykrige(plan, points)
    worst = np.zeros(2)
    seen = 0
    for chosen in draw_blocks(model, element, blocks, seed):
        found = neighbours_of(problem, element, chosen.centre_m, chosen.domain, chosen.number)
        if found.choices.partner:
            continue  # a partner's samples are no neighbourhood that a dense solution could take
        answer: Solution
        answer = (
            solve_by_pykrige(plan, found.near) if asks_pykrige else solve(found.choices, found.near)
        )
        scale = max(abs(float(np.mean(found.near.values))), 1e-12)
        worst[0] = np.maximum(worst[0], abs(answer.estimate - chosen.estimate) / scale)
        if not (np.isnan(answer.variance) and np.isnan(chosen.variance)):
            sill = found.choices.variogram.total_sill
            worst[1] = np.maximum(worst[1], abs(answer.variance - chosen.variance) / sill)
        seen += 1
    name = "PyKrige" if asks_pykrige else "numpy (dense)"
    if not worst.max() <= LIMIT:
        raise WitnessError(f"{element}: {name} differs by {worst.max():.2e}, limit {LIMIT:g}")
    return Testimony(element, name, seen, float(worst[0]), float(worst[1]))


@dataclass(frozen=True)
class DrawnBlock:
    """A block drawn for the witness, with what the model says of it."""

    centre_m: Floats
    domain: int
    number: int
    """Search pass."""
    estimate: float
    variance: float


def draw_blocks(model: VintageReader, element: str, count: int, seed: int) -> Iterator[DrawnBlock]:
    """Draw different blocks, each as likely as any other, among the sound ones of an element.

    A block is sound that was estimated from no redundant sample: a duplicate without nugget makes
    the witness's own system singular. Statistics say how many there are in each tile; only the
    tiles drawn are read.
    """
    table = model.statistics(element)
    sound = statistic(table, "estimated") - statistic(table, "redundant_blocks")
    ends = np.cumsum(np.nan_to_num(sound)).astype(np.int64)
    total = int(ends[-1])
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(total, size=min(count, total), replace=False))
    tiles = np.searchsorted(ends, drawn, side="right")
    wanted = {GEOMETRY_LAYER: ("domain",), element: ("estimate", "variance", "redundant", "pass")}
    for index in np.unique(tiles):
        tile = model.grid.tile(int(index))
        found = model.read(tile.slices, wanted)
        fields = {name: values.ravel() for name, values in found[element].items()}
        domain = found[GEOMETRY_LAYER]["domain"].ravel()
        known = np.flatnonzero(~np.isnan(fields["estimate"]) & (fields["redundant"] == 0))
        before = ends[index - 1] if index else 0
        centres = model.grid.tile_centres_m(tile)
        for block in known[drawn[tiles == index] - before]:
            yield DrawnBlock(
                centres[block],
                int(domain[block]),
                int(fields["pass"][block]),
                float(fields["estimate"][block]),
                float(fields["variance"][block]),
            )
