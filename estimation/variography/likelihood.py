"""A model refined and judged by how well it foretells samples from the holes around them.

Bins of an experimental variogram share their samples, so that it knows less than it seems to; the
likelihood of the samples themselves says more of axes and ranges from the same data. Taken by small
blocks (kernel :func:`kernels_fit.block_scores`) it costs little and asks for no more of the model
than kriging will: samples near by, a mean that is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from estimation.engine.visit import KINDS
from estimation.variography.fitting import (
    DISC,
    LAYERED,
    LEVEL,
    ROD,
    ROUND,
    TRIAXIAL,
    FittedModel,
    Held,
    Shape,
    first_parameters,
    nested_parameters,
    unpack,
)
from estimation.variography.kernels_fit import block_scores
from estimation.variography.orientation import right_handed

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BLOCKS = 300
"""Blocks drawn."""

FEWEST_BLOCKS = 40
"""Below it a model is neither refined nor judged so."""

STEPS = np.array([0, 1, 3, 7])
"""Places of a block's foretold samples along their hole, in samples from the first."""

HOLES_AROUND, SAMPLES_OF_EACH, WITHIN = 8, 3, 16
"""A block's other samples: of so many of the nearest holes, so many of the nearest samples each,
spread over so many."""

TRIED_STRIKES = 6

LEAST_GAIN = 2.0
"""Gain in score (units of log-likelihood) below which no shape counts as better than another."""

PRIOR = 2.0
"""Standard deviation, of log ranges and radians, of what is known without data."""

_SEED = 338
"""Of the places that blocks are drawn at."""

_STEP = 1e-4


@dataclass(frozen=True)
class Blocks:
    """Samples that are foretold (the last of each block) and those that foretell them."""

    places_m: Floats
    """(b, n, 3)"""
    values: Floats
    """(b, n), of mean 0 over all samples."""
    holes: Integers
    """(b,) hole of the foretold samples."""

    def __len__(self) -> int:
        """How many."""
        return len(self.holes)


@dataclass(frozen=True)
class Judged:
    """A model and how badly it foretells."""

    model: FittedModel
    scores: Floats
    """(b,) of :func:`kernels_fit.block_scores`: the smaller, the better."""

    @property
    def score(self) -> float:
        """Sum over blocks."""
        return float(np.sum(self.scores))


def draw_blocks(xyz_m: Floats, values: Floats, holes: Integers, count: int = BLOCKS) -> Blocks:
    """Draw blocks at random over the samples, always the same ones; fewer where holes are short."""
    _, hole = np.unique(holes, return_inverse=True)
    order = np.argsort(hole, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(hole))[:-1])
    rank = np.empty(len(values), np.int64)
    for m in members:
        rank[m] = np.arange(m.size)
    rows: list[Integers] = []
    own: list[int] = []
    for i in np.random.default_rng(_SEED).permutation(len(values)):
        if len(rows) == count:
            break
        foretold = _along_hole(members[hole[i]], int(rank[i]))
        around = _around(xyz_m, hole, members, foretold)
        if foretold.size and around.size:
            rows.append(np.concatenate([around, foretold]))
            own.append(int(hole[i]))
    if not rows:
        return Blocks(np.empty((0, 1, 3)), np.empty((0, 1)), np.empty(0, np.int64))
    chosen = np.array(rows)
    return Blocks(xyz_m[chosen], (values - np.mean(values))[chosen], np.array(own, np.int64))


def _along_hole(members: Integers, rank: int) -> Integers:
    """Samples of one hole at :data:`STEPS` down from the one of ``rank``, else up; else none."""
    for steps in (rank + STEPS, rank - STEPS):
        if steps.min() >= 0 and steps.max() < members.size:
            return members[steps]
    if members.size < STEPS.size:
        return members[:0]
    return members[np.linspace(0, members.size - 1, STEPS.size).astype(np.int64)]


def _around(xyz_m: Floats, hole: Integers, members: list[Integers], foretold: Integers) -> Integers:
    """Samples of the nearest other holes; none where there are too few holes."""
    if foretold.size == 0:
        return foretold
    apart = np.sum((xyz_m - xyz_m[foretold].mean(axis=0)) ** 2, axis=1)
    nearest = np.full(len(members), np.inf)
    np.minimum.at(nearest, hole, apart)
    nearest[hole[foretold[0]]] = np.inf
    nearest[[m.size < SAMPLES_OF_EACH for m in members]] = np.inf
    chosen = np.argsort(nearest, kind="stable")[:HOLES_AROUND]
    if chosen.size < HOLES_AROUND or not np.isfinite(nearest[chosen]).all():
        return foretold[:0]
    parts = []
    for other in chosen:
        near = members[other][np.argsort(apart[members[other]], kind="stable")[:WITHIN]]
        parts.append(near[np.linspace(0, near.size - 1, SAMPLES_OF_EACH).astype(np.int64)])
    return np.concatenate(parts)


def score_blocks(
    blocks: Blocks, axes: Floats, ranges_m: Floats, sills: Floats, held: Held
) -> Floats:
    """Scores (b,) of a model: axes (rows), ranges (s, 3), sills (s,)."""
    metrics = np.ascontiguousarray(axes[None] / ranges_m[:, :, None])
    kind = KINDS[held.kind]
    return np.asarray(
        block_scores(blocks.places_m, blocks.values, STEPS.size, metrics, sills, held.nugget, kind)
    )


def refine(blocks: Blocks, start: FittedModel, shape: Shape) -> Judged:
    """The model of ``shape`` that foretells best, from one near by; nugget and sill are held."""
    held = replace(start.held, shape=shape)
    axes, ranges = _axes_to_start(blocks, start, held)
    values = np.append(np.log(ranges), nested_parameters(start))
    first, lows, highs = first_parameters(held, values)

    def total(p: Floats) -> float:
        return float(np.mean(score_blocks(blocks, *unpack(p, axes, held), held)))

    found = minimize(
        total,
        first,
        method="L-BFGS-B",
        bounds=np.column_stack([lows, highs]),
        options={"maxiter": 25, "ftol": 2e-6, "eps": _STEP},
    )
    turned, longer, sills = unpack(found.x, axes, held)
    model = replace(start, axes=turned, ranges_m=longer, sills=sills, held=held)
    return Judged(model, score_blocks(blocks, turned, longer, sills, held))


def _axes_to_start(blocks: Blocks, start: FittedModel, held: Held) -> tuple[Floats, Floats]:
    """Axes and ranges: longest first; for a level shape the best of some strikes."""
    ranges = start.ranges_m[-1]
    if held.shape in (ROUND, LAYERED):
        return np.eye(3), ranges if start.held.shape in (ROUND, LAYERED) else np.full(
            3, np.exp(np.mean(np.log(ranges)))
        )
    if held.shape is not LEVEL:
        order = np.argsort(-ranges, kind="stable")
        return right_handed(start.axes[order]), ranges[order]
    level = ranges * np.array([1.4, 0.7, 1.0])
    nested = np.exp(nested_parameters(start)[1:])
    own = np.vstack([*(level[None] * nested[:, None]), level])
    best, chosen = np.inf, np.eye(3)
    for angle in np.arange(TRIED_STRIKES) * np.pi / TRIED_STRIKES:
        c, s = np.cos(angle), np.sin(angle)
        axes = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        score = float(np.sum(score_blocks(blocks, axes, own, start.sills, held)))
        if score < best:
            best, chosen = score, axes
    return chosen, level


def choose(blocks: Blocks, starts: list[FittedModel]) -> Judged:
    """Kind, structures and shape by the one-standard-error rule, from fits of three ranges.

    Of kinds and structures the one that foretells best, at a price of 1 for every parameter of a
    second structure (Akaike 1974); of the shapes the simplest whose loss against the best is within
    its standard error over holes, or below :data:`LEAST_GAIN` (Breiman et al. 1984, Classification
    and Regression Trees, 3.4.3).
    """
    full = [refine(blocks, start, TRIAXIAL) for start in starts]
    best = min(full, key=lambda j: j.score + 2.0 * (j.model.held.structures - 1))
    one = refine(blocks, best.model, ROUND)
    layered = refine(blocks, one.model, LAYERED)
    level = refine(blocks, layered.model, LEVEL)
    # as many parameters each: the better one comes first
    turned = [refine(blocks, best.model, shape) for shape in (DISC, ROD)]
    turned.sort(key=lambda j: j.score)
    tried = [one, layered, level, *turned, best]
    least = min(tried, key=lambda j: j.score)
    return next(j for j in tried if _loss_is_chance(blocks, j, least))


def _loss_is_chance(blocks: Blocks, simple: Judged, best: Judged) -> bool:
    """Whether a model foretells no worse than the best but for what holes happen to say."""
    _, hole = np.unique(blocks.holes, return_inverse=True)
    by_hole = np.bincount(hole, simple.scores - best.scores)
    n = by_hole.size
    error = np.sqrt(n / (n - 1.0) * np.sum((by_hole - by_hole.mean()) ** 2))
    return bool(by_hole.sum() <= max(error, LEAST_GAIN))


def parameter_covariance(blocks: Blocks, model: FittedModel) -> Floats:
    """Covariance (k, k) of a model's parameters: turn, log ranges, second structure.

    Godambe's (1960) sandwich with holes as the independent parts; information of the blocks from
    the products of their slopes, and a prior of standard deviation :data:`PRIOR`.
    """
    held = model.held
    values = np.append(np.log(model.ranges_m[-1]), nested_parameters(model))
    first, _, _ = first_parameters(held, values)

    def at(p: Floats) -> Floats:
        return score_blocks(blocks, *unpack(p, model.axes, held), held)

    moves = 1e-3 * np.eye(first.size)
    slopes = np.column_stack([(at(first + m) - at(first - m)) / 2e-3 for m in moves])
    _, hole = np.unique(blocks.holes, return_inverse=True)
    by_hole = np.zeros((hole.max() + 1, first.size))
    np.add.at(by_hole, hole, slopes - slopes.mean(axis=0))
    inverse = np.linalg.inv(slopes.T @ slopes + np.eye(first.size) / PRIOR**2)
    return np.asarray(inverse @ (by_hole.T @ by_hole) @ inverse)
