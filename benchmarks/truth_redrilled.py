"""Each field drilled anew many times: what is the methods' error, and what is one sample's.

The designs are those of the published samples, with other places:

- Walker Lake: a grid of 20 m with a jitter of a metre; 150 more on the eight places 10 m about
  the samples beyond 500 ppm, richest first; 125 more 5 m east or west of samples beyond 500 ppm.
- GSLIB: one sample in each of 97 of the hundred cells of 5 x 5; then the four neighbours of the
  eleven richest (140 in all).
- Marvin: the same grid from every other corner.

The ratio of block variance to point variance stays what the published sample's variogram gave: the
spread is that of the samples' grades, not of variograms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks import truth_cases as fields
from benchmarks.truth_predicted import ground_of
from estimation.exploratory.declustering import declustering_weights
from estimation.validation.change_of_support import change_support, counted_curve

if TYPE_CHECKING:
    from benchmarks.truth import Outcome

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEED = 20
RICH_PPM = 500.0
WALKER_MORE = ((10, 150), (5, 125))
"""Distance and number of the samples of the second and the third campaign."""


@dataclass(frozen=True)
class Spread:
    """Errors over drillings (drillings, columns): of the two declustered means, and of metal."""

    name: str
    cutoffs: Floats
    means: Floats
    metal: Floats
    own: Outcome
    """The published sample's errors, beside them."""


def walker_anew(everywhere: Floats, count: int) -> Iterator[fields.Case]:
    """Walker Lake by its own three campaigns."""
    random = np.random.default_rng(SEED)
    high, wide = everywhere.shape
    for _ in range(count):
        start = random.integers(1, 20, 2)
        rows, columns = np.arange(start[0], high, 20), np.arange(start[1], wide, 20)
        grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
        taken = _within(grid + random.integers(-1, 2, grid.shape), everywhere)
        for apart, most in WALKER_MORE:
            around = [(0, apart), (0, -apart)]
            if apart == 10:
                around += [(apart, 0), (-apart, 0), *((a, b) for a in (-10, 10) for b in (-10, 10))]
            taken = _enrich(taken, everywhere, around, most, RICH_PPM)
        samples = fields.samples_at(taken[:, ::-1] + 1.0, everywhere[taken[:, 0], taken[:, 1]])
        yield fields.walker_case(samples, everywhere)


def gslib_anew(everywhere: Floats, count: int) -> Iterator[fields.Case]:
    """GSLIB's field: spread samples, then crosses about the richest."""
    random = np.random.default_rng(SEED)
    corners = np.stack(np.meshgrid(range(0, 50, 5), range(0, 50, 5)), axis=-1).reshape(-1, 2)
    for _ in range(count):
        chosen = corners[random.permutation(100)[:97]]
        taken = chosen + random.integers(0, 5, chosen.shape)
        taken = _enrich(taken, everywhere, [(0, 1), (0, -1), (1, 0), (-1, 0)], 43, 0.0)
        samples = fields.samples_at(taken[:, ::-1] + 0.5, everywhere[taken[:, 0], taken[:, 1]])
        yield fields.gslib_case(samples, everywhere)


def marvin_anew(everywhere: Floats, step: int) -> Iterator[fields.Case]:
    """Every grid of one spacing."""
    for row in range(step):
        for column in range(step):
            yield fields.marvin_case(everywhere, step, (row, column))


def _within(places: Ints, everywhere: Floats) -> Ints:
    """Places (rows, columns) inside the field."""
    inside = ((places >= 0) & (places < everywhere.shape)).all(axis=1)
    return np.asarray(places[inside])


def _enrich(
    taken: Ints, everywhere: Floats, around: Sequence[tuple[int, int]], most: int, rich: float
) -> Ints:
    """``taken`` and up to ``most`` new places about those beyond ``rich``, the richest first."""
    values = everywhere[taken[:, 0], taken[:, 1]]
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > rich]
    known = {(int(a), int(b)) for a, b in taken}
    new: list[tuple[int, int]] = []
    for row, column in taken[order]:
        for place in _within(np.array([row, column]) + np.array(around), everywhere):
            one = (int(place[0]), int(place[1]))
            if one not in known and len(new) < most:
                known.add(one)
                new.append(one)
    return np.concatenate([taken, np.array(new, dtype=np.int64).reshape(-1, 2)])


def spread_of(drilled: Iterator[fields.Case], own: Outcome) -> Spread:
    """Errors of every drilling against one truth."""
    means, metal = [], []
    for case in drilled:
        ground = ground_of(case)
        cells = declustering_weights(case.places_m, case.holes)
        found = change_support(case.values, ground, own.ratios[0], case.cutoffs)
        known = case.shares > 0
        true = counted_curve(case.truth[known], case.shares[known], case.cutoffs).metal
        mean = float(np.average(case.truth[known], weights=case.shares[known]))
        cell_mean = float(np.average(case.values, weights=cells))
        means.append([cell_mean / mean - 1, found.mean / mean - 1])
        metal.append(found.gaussian.metal / true - 1)
    return Spread(own.name, own.cutoffs, np.array(means), np.array(metal), own)


def spreads(shared: Path, found: list[Outcome], count: int) -> list[Spread]:
    """Every field: random ones ``count`` times, Marvin from all its corners."""
    walker = fields.walker_truth(shared / "18_walker_lake")
    gslib = fields.gslib_truth(shared / "19_gslib_cluster_true")
    marvin = fields.marvin_truth(shared / "20_minelib_open")
    drilled = [walker_anew(walker, count), gslib_anew(gslib, count)]
    drilled += [marvin_anew(marvin, step) for step in (2, 3, 4)]
    return [spread_of(anew, own) for anew, own in zip(drilled, found, strict=True)]


def spread_table(found: list[Spread]) -> str:
    """Median error of the methods, its middle 80 %, and where the published sample stands."""
    lines = [
        "| case | drillings | figure | median error | 10 % | 90 % | this sample | its percentile |",
        "| --- | --: | --- | --: | --: | --: | --: | --: |",
    ]
    for one in found:
        names = ["mean, cells", "mean, ground", *(f"metal above {c:g}" for c in one.cutoffs[1:])]
        errors = np.column_stack([one.means, one.metal[:, 1:]])
        bias = one.own.bias
        own = [bias["cells"], bias["ground"], *one.own.metal["gaussian"][1:]]
        for name, column, mine in zip(names, errors.T, own, strict=True):
            low, middle, high = np.percentile(column, (10, 50, 90))
            rank = np.mean(column < mine) + 0.5 * np.mean(column == mine)
            lines.append(
                f"| {one.name} | {len(column)} | {name} | {middle:+.1%} | {low:+.1%} "
                f"| {high:+.1%} | {mine:+.1%} | {100 * rank:.0f} |"
            )
    return "\n".join(lines)
