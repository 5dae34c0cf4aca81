"""The desk: eight neighbourhoods laid side by side, waiting to be kriged together.

Neighbourhoods come one by one from the search. One that is on the desk already takes its block
along, so that it is factorized once; when all lanes are taken, the desk is worked and cleared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import hot, inner
from estimation.engine.kernels_gather import largest
from estimation.engine.kernels_lanes import LANES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 16
"""Blocks that one neighbourhood can serve before the desk is worked."""

PLACE, WORLD, YIELD = 0, 3, 6
"""First of three coordinates around a block: in the search's ellipsoid, in metres, in the ellipsoid
within which high grades count in full."""
AROUND = 9
SPREADS = 6
"""Mean products of the coordinates of a support's points: xx, xy, xz, yy, yz, zz."""

# Columns of the result, in the order of estimation.models.layers.FIELDS.
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
    fingerprint: Ints
    """(LANES,) of the choice."""
    block: Ints
    """(LANES, ROUNDS) blocks that wait for it."""
    rounds: Ints
    """(LANES,) how many."""
    lanes: Ints
    """(1,) lanes taken."""
    around: int
    """First column of what lies around a block: columns before it are coordinates in ranges."""
    spreads: int
    """First column of the samples' own spread, which points do not have; -1 for none."""
    grades: int
    """First column of the grades."""
    laid: Floats
    """(column, sample) coordinates and grades of the samples, as in their record."""
    target: Floats
    """(column,) coordinates of the round's blocks."""
    mask: Floats
    """(sample,) 1 where a lane has that sample, else 0."""
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
def make_desk(width, samples, models, made, points, drifts):  # type: ignore[no-untyped-def]
    """Room for neighbourhoods of up to ``width`` samples and blocks of ``points`` points."""
    count = models.nuggets.size
    columns = made.samples.shape[1]
    functions = max(drifts, 1)
    grades = columns - samples.values.shape[0]
    return Desk(
        width,
        np.zeros((LANES, width), np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((LANES, ROUNDS), np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(1, np.int64),
        models.metrics.shape[0] * samples.points.shape[0] * 3,
        grades - SPREADS if samples.points.shape[0] > 1 else -1,
        grades,
        vectors(columns, width),
        vectors(made.blocks.shape[1], 1),
        vectors(width, 1),
        vectors(max(width, points), 1),
        models_of_vectors(count, width, width),
        models_of_vectors(count, width, 1),
        models_of_vectors(count, width, 1),
        vectors(width, 1),
        models_of_vectors(functions, width, 1),
        vectors(functions, 1),
        models_of_vectors(functions, width, 1),
        vectors(functions, functions),
        vectors(functions, 1),
        vectors(functions, 1),
        vectors(FIELD_COUNT, 1),
    )


@hot
def lane_of(desk, found, choice):  # type: ignore[no-untyped-def]
    """Lane that holds exactly the samples chosen and has room for a block; -1 for none."""
    for lane in range(desk.lanes[0]):
        if desk.fingerprint[lane] != choice.fingerprint or desk.taken[lane] != choice.taken:
            continue
        same = desk.rounds[lane] < ROUNDS
        for i in range(choice.taken):
            same = same and desk.sample[lane, i] == found.chosen[i]
        if same:
            return lane
    return -1


@hot
def put_on_desk(desk, lane, found, choice, block):  # type: ignore[no-untyped-def]
    """Add a block: to the lane that has its neighbourhood, or (-1) with it to a free lane."""
    if lane < 0:
        lane = desk.lanes[0]
        desk.lanes[0] += 1
        for i in range(choice.taken):
            desk.sample[lane, i] = found.chosen[i]
        desk.taken[lane] = choice.taken
        desk.fingerprint[lane] = choice.fingerprint
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
def lay_out_samples(desk, records):  # type: ignore[no-untyped-def]
    """Fill the lanes with the records (n, columns) of their samples; return the largest count.

    Places that a lane has no sample for are masked; what lies there is of no account.
    """
    most = largest(desk.taken)
    columns = records.shape[1]
    row = desk.width * LANES
    laid, mask = desk.laid, desk.mask
    for lane in range(LANES):
        taken = desk.taken[lane]
        for i in range(most):
            mask[i * LANES + lane] = 1.0 if i < taken else 0.0
        for i in range(taken):
            at = i * LANES + lane
            record = records[desk.sample[lane, i]]
            for column in range(columns):
                laid[at] = record[column]
                at += row
    return most


@inner
def lay_out_blocks(desk, turn, records):  # type: ignore[no-untyped-def]
    """Fill the lanes with the records (m, columns) of the blocks of one round."""
    target = desk.target
    for lane in range(LANES):
        b = desk.block[lane, turn] if turn < desk.rounds[lane] else desk.block[0, 0]
        at = lane
        for column in range(records.shape[1]):
            target[at] = records[b, column]
            at += LANES
