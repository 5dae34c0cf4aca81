"""The desk: eight neighbourhoods laid side by side, waiting to be kriged together.

Neighbourhoods come one by one from the search. One that is on the desk already takes its block
along, so that it is factorized once; when all lanes are taken, the desk is worked and cleared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.accelerate import inner
from estimation.kernels_lanes import LANES
from estimation.kernels_search import largest

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 16
"""Blocks that one neighbourhood can serve before the desk is worked."""

PLACE, WORLD, YIELD = 0, 3, 6
"""First of three coordinates: in the search's ellipsoid, in metres, in the high-yield ellipsoid."""
AROUND = 9

# Columns of the result, in the order of estimation.layers.FIELDS.
ESTIMATE, VARIANCE, LAGRANGE, SLOPE, EFFICIENCY, NEGATIVE = 0, 1, 2, 3, 4, 5
SAMPLES, HOLES, DISTANCE, PASS, INVERSE_DISTANCE, NEAREST, REDUNDANT = 6, 7, 8, 9, 10, 11, 12
REASON = 13
FIELD_COUNT = 14


class Samples(NamedTuple):
    """Samples in order of identity."""

    points: Floats
    """(s, n, 3) points of each sample's own length, metres; one where a sample is a point."""
    centres: Floats
    """(n, 3) its middle, metres: what the search measures from."""
    holes: Ints
    """(n,) number of its hole, 0 to the number of holes."""
    values: Floats
    """(e, n) grade of every element."""
    drift: Floats
    """(n, d) external drift; d may be 0."""
    restricted: npt.NDArray[np.bool_]
    """(n,) high grades that only near blocks may choose."""


class Targets(NamedTuple):
    """Blocks, ordered by group."""

    blocks: Floats
    """(m, 3) centres, metres."""
    group_start: Ints
    """(g + 1,) first block of each group of neighbours."""
    own_hole: Ints
    """(m,) hole whose samples a block may not use; -1 for none."""
    drift: Floats
    """(m, d) external drift."""
    offsets: Floats
    """(p, 3) a block's discretization points, metres from its centre."""


class Elements(NamedTuple):
    """Elements kriged from the same samples and search."""

    model: Ints
    """(e,) its variogram model."""
    factor: Floats
    """(e,) its sills over the model's: proportional models share weights."""
    mean: Floats
    """(e,) known mean of simple kriging."""
    threshold: Floats
    """(e,) grade above which a sample counts as the threshold to far blocks; infinite for never."""


class Desk(NamedTuple):
    """Neighbourhoods in lanes, and room to work them in. Flat arrays hold lanes innermost."""

    width: int
    """Most samples of a neighbourhood: the stride of rows."""
    sample: Ints
    """(LANES, width) samples of each lane's neighbourhood, in order of identity."""
    taken: Ints
    """(LANES,) how many."""
    holes: Ints
    """(LANES,) of how many holes."""
    block: Ints
    """(LANES, ROUNDS) blocks that wait for it."""
    rounds: Ints
    """(LANES,) how many."""
    lanes: Ints
    """(1,) lanes taken."""
    x: Floats
    """Coordinates (metric, point, axis, sample) in ranges."""
    target: Floats
    """Coordinates (metric, axis) of the round's blocks."""
    around: Floats
    """Coordinates (AROUND, sample)."""
    target_around: Floats
    """Coordinates (AROUND,) of the round's blocks."""
    mask: Floats
    """(sample,) 1 where a lane has that sample, else 0."""
    value: Floats
    """Grades (element, sample)."""
    apart: Floats
    """Distances, between one sample and others or a block's points."""
    factors: Floats
    """(model, sample, sample) covariances, then their factors."""
    inverse: Floats
    """(model, sample) inverse pivots."""
    c: Floats
    """(model, sample) covariances of samples and block."""
    weight: Floats
    """(sample,) the weights."""
    drift: Floats
    """(drift, sample) drift functions at the samples."""
    at_block: Floats
    """(drift,) drift functions at the blocks."""
    half: Floats
    """(drift, sample) drift functions solved half way."""
    normal: Floats
    """(drift, drift) their normal equations."""
    normal_inverse: Floats
    """(drift,) inverse pivots of those."""
    mu: Floats
    """(drift,) Lagrange multipliers."""
    answer: Floats
    """(field,) results of the round's blocks for one element."""


@inner
def vectors(rows, columns):  # type: ignore[no-untyped-def]
    """Zeros for so many vectors of lanes."""
    return np.zeros(rows * columns * LANES)


@inner
def models_of_vectors(models, rows, columns):  # type: ignore[no-untyped-def]
    """Zeros for so many vectors of lanes of each model."""
    return np.zeros((models, rows * columns * LANES))


@inner
def make_desk(width, samples, models, points, drifts):  # type: ignore[no-untyped-def]
    """Room for neighbourhoods of up to ``width`` samples and blocks of ``points`` points."""
    count = models.nuggets.size
    metrics = models.metrics.shape[0]
    return Desk(
        width,
        np.zeros((LANES, width), np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((LANES, ROUNDS), np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(1, np.int64),
        vectors(metrics * samples.points.shape[0] * 3, width),
        vectors(metrics * 3, 1),
        vectors(AROUND, width),
        vectors(AROUND, 1),
        vectors(width, 1),
        vectors(samples.values.shape[0], width),
        vectors(max(width, points), 1),
        models_of_vectors(count, width, width),
        models_of_vectors(count, width, 1),
        models_of_vectors(count, width, 1),
        vectors(width, 1),
        models_of_vectors(max(drifts, 1), width, 1),
        vectors(max(drifts, 1), 1),
        models_of_vectors(max(drifts, 1), width, 1),
        vectors(max(drifts, 1), max(drifts, 1)),
        vectors(max(drifts, 1), 1),
        vectors(max(drifts, 1), 1),
        vectors(FIELD_COUNT, 1),
    )


@inner
def lane_of(desk, chosen, count):  # type: ignore[no-untyped-def]
    """Lane that holds exactly these samples and has room for a block; -1 for none."""
    for lane in range(desk.lanes[0]):
        if desk.taken[lane] != count or desk.rounds[lane] == ROUNDS:
            continue
        same = True
        for i in range(count):
            if desk.sample[lane, i] != chosen[i]:
                same = False
                break
        if same:
            return lane
    return -1


@inner
def put_on_desk(desk, chosen, choice, block):  # type: ignore[no-untyped-def]
    """Add a block and its neighbourhood; the desk must have a lane free."""
    lane = lane_of(desk, chosen, choice.taken)
    if lane < 0:
        lane = desk.lanes[0]
        desk.lanes[0] += 1
        for i in range(choice.taken):
            desk.sample[lane, i] = chosen[i]
        desk.taken[lane] = choice.taken
        desk.holes[lane] = choice.holes
        desk.rounds[lane] = 0
    desk.block[lane, desk.rounds[lane]] = block
    desk.rounds[lane] += 1


@inner
def clear_desk(desk):  # type: ignore[no-untyped-def]
    """Take every neighbourhood off the desk."""
    desk.lanes[0] = 0
    for lane in range(LANES):
        desk.taken[lane] = 0
        desk.rounds[lane] = 0


@inner
def wipe(numbers):  # type: ignore[no-untyped-def]
    """Set all numbers to zero."""
    for i in range(numbers.size):
        numbers[i] = 0.0


@inner
def lay_out_samples(desk, samples, in_ranges, around):  # type: ignore[no-untyped-def]
    """Fill the lanes with the coordinates and grades of their samples; return the largest count.

    ``in_ranges`` (n, metrics x points x 3) and ``around`` (n, AROUND) are the samples' coordinates.
    Places that a lane has no sample for are masked.
    """
    most = largest(desk.taken)
    row = desk.width * LANES
    wipe(desk.mask)
    wipe(desk.x)
    wipe(desk.value)
    x, near, value, mask = desk.x, desk.around, desk.value, desk.mask
    for lane in range(LANES):
        for i in range(desk.taken[lane]):
            at = i * LANES + lane
            s = desk.sample[lane, i]
            mask[at] = 1.0
            for v in range(in_ranges.shape[1]):
                x[v * row + at] = in_ranges[s, v]
            for v in range(AROUND):
                near[v * row + at] = around[s, v]
            for e in range(samples.values.shape[0]):
                value[e * row + at] = samples.values[e, s]
    return most


@inner
def lay_out_blocks(desk, turn, in_ranges, around):  # type: ignore[no-untyped-def]
    """Fill the lanes with the coordinates of the blocks of one round."""
    for lane in range(LANES):
        b = desk.block[lane, turn] if turn < desk.rounds[lane] else desk.block[0, 0]
        for v in range(in_ranges.shape[1]):
            desk.target[v * LANES + lane] = in_ranges[b, v]
        for v in range(AROUND):
            desk.target_around[v * LANES + lane] = around[b, v]
