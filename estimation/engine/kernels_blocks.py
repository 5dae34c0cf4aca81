"""From blocks to their estimates: pass after pass, group after group, desk after desk.

Everything that a block's result depends on is its samples and the plan. Groups, passes and desks
only order the work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import hot, inner, kernel
from estimation.engine.kernels_coordinates import coordinates_of, enter_pass, turned
from estimation.engine.kernels_covariance import Models
from estimation.engine.kernels_desk import (
    AROUND,
    DISTANCE,
    FIELD_COUNT,
    HOLES,
    NEAREST,
    PASS,
    REASON,
    SAMPLES,
    YIELD,
    Elements,
    Samples,
    Targets,
    clear_desk,
    lane_of,
    lay_out_blocks,
    lay_out_samples,
    make_desk,
    put_on_desk,
)
from estimation.engine.kernels_gather import (
    candidates_for,
    distance_to,
    gather,
    largest,
    measure,
    put_in_bins,
)
from estimation.engine.kernels_kriging import (
    ORDINARY,
    answer_beside,
    answer_estimate,
    covariances_among,
    covariances_with_block,
    drift_count,
    lay_out_drift,
    lay_out_external_drift,
    solve_weights,
)
from estimation.engine.kernels_lanes import LANES
from estimation.engine.kernels_search import (
    MAX_SAMPLES,
    MIN_HOLES,
    MIN_SAMPLES,
    MIN_SECTORS,
    choose,
    gather_for_group,
)
from estimation.engine.kernels_systems import REDUNDANT_PIVOT, factorize

# Why a block has no estimate; 0 where it has one.
ESTIMATED, NO_SAMPLES, FEW_SAMPLES, FEW_HOLES, FEW_SECTORS, DRIFT_UNSEEN, OUTSIDE = range(7)
NO_DRIFT = 7


class Search(NamedTuple):
    """Search passes, first to last."""

    matrices: npt.NDArray[np.float64]
    """(passes, 3, 3) metres to the coordinates in which the ellipsoid is the unit sphere."""
    limits: npt.NDArray[np.int64]
    """(passes, LIMIT_COUNT) see ``kernels_search``."""
    yield_matrix: npt.NDArray[np.float64]
    """(3, 3) the same for the ellipsoid within which high grades count in full."""


@hot
def bar_far_high_grades(found, count, made, samples, block):  # type: ignore[no-untyped-def]
    """Bar restricted samples from blocks outside the high-yield ellipsoid."""
    if made.blocks.shape[1] - made.around[1] < AROUND:
        return
    there, here = made.around[0] + YIELD, made.around[1] + YIELD
    for i in range(count):
        s = found.sample[i]
        if samples.restricted[s]:
            d2 = 0.0
            for a in range(3):
                d2 += (made.samples[s, there + a] - made.blocks[block, here + a]) ** 2
            if d2 > 1.0:
                found.apart[i] = np.inf


@hot
def reason_against(choice, limits):  # type: ignore[no-untyped-def]
    """Why a choice can't be kriged; ESTIMATED where it can."""
    if choice.taken == 0:
        return NO_SAMPLES
    if choice.taken < limits[MIN_SAMPLES]:
        return FEW_SAMPLES
    if choice.holes < limits[MIN_HOLES]:
        return FEW_HOLES
    if choice.sectors < limits[MIN_SECTORS]:
        return FEW_SECTORS
    return ESTIMATED


@inner
def drift_is_seen(desk, drifts, lane, count):  # type: ignore[no-untyped-def]
    """Whether the samples of a lane can tell every drift function from the others."""
    for k in range(1, drifts):
        if desk.normal_inverse[k * LANES + lane] == 0.0:
            for i in range(count):
                if desk.drift[k, i * LANES + lane] != 0.0:
                    return False
    return True


@inner
def write_answers(desk, out, e, turn, p, drifts):  # type: ignore[no-untyped-def]
    """Copy the round's answers for one element to its blocks' rows."""
    for lane in range(desk.lanes[0]):
        if turn >= desk.rounds[lane]:
            continue
        row = out[e, desk.block[lane, turn]]
        if row[REASON] == ESTIMATED:  # in an earlier pass, which another element failed
            continue
        count = desk.taken[lane]
        seen = drift_is_seen(desk, drifts, lane, count)
        for field in range(FIELD_COUNT):
            if seen or DISTANCE <= field <= NEAREST:
                row[field] = desk.answer[field * LANES + lane]
        row[SAMPLES] = count
        row[HOLES] = desk.holes[lane]
        row[PASS] = p + 1 if seen else 0
        row[REASON] = ESTIMATED if seen else DRIFT_UNSEEN


@inner
def work_desk(desk, out, parts, made, rules):  # type: ignore[no-untyped-def]
    """Krige every block that waits on the desk, and clear it. ``rules``: degree of drift, pass."""
    if desk.lanes[0] == 0:
        return
    degree, p = rules
    targets, samples, models, elements = parts
    points = samples.points.shape[0]
    drifts = drift_count(degree, samples.drift.shape[1])
    count = lay_out_samples(desk, made.samples)
    covariances_among(desk, models, count, points)
    for f in range(models.nuggets.size):
        factorize(desk.factors[f], count, desk.width, desk.inverse[f], REDUNDANT_PIVOT)
    for turn in range(largest(desk.rounds)):
        lay_out_blocks(desk, turn, made.blocks)
        covariances_with_block(desk, models, count, points, made.offsets)
        if degree >= ORDINARY:
            lay_out_drift(desk, count, degree, made.spread_m2)
            lay_out_external_drift(desk, count, samples, targets, turn)
        solved = -1
        for e in range(elements.model.size):
            if elements.model[e] != solved:
                solved = elements.model[e]
                solve_weights(desk, solved, count, drifts)
            answer_estimate(desk, models, elements, e, count, drifts)
            answer_beside(desk, elements, e, count)
            write_answers(desk, out, e, turn, p, drifts)
    clear_desk(desk)


def empty_results(elements: int, blocks: int) -> npt.NDArray[np.float64]:
    """Results of blocks that no pass has reached yet."""
    out = np.full((elements, blocks, FIELD_COUNT), np.nan)
    out[:, :, PASS] = 0.0
    out[:, :, REASON] = NO_SAMPLES
    return out


def krige_groups(
    targets: Targets,
    samples: Samples,
    models: Models,
    elements: Elements,
    search: Search,
    degree: int,
) -> npt.NDArray[np.float64]:
    """Krige blocks, pass after pass: results (elements, m, FIELD_COUNT).

    Rows of blocks that no pass could estimate are NaN but for pass 0 and the last pass's reason.
    """
    out = empty_results(elements.model.size, len(targets.blocks))
    if samples.holes.size:
        for p in range(len(search.limits)):
            krige_pass(out, targets, samples, models, elements, search, degree, p)
    return out


@inner
def most_samples(search):  # type: ignore[no-untyped-def]
    """Largest neighbourhood that any pass allows."""
    most = 0
    for p in range(search.limits.shape[0]):
        most = max(most, search.limits[p, MAX_SAMPLES])
    return most


@inner
def any_open(out, first, last):  # type: ignore[no-untyped-def]
    """Whether a block of a group still waits for an estimate of some element."""
    waiting = 0
    for e in range(out.shape[0]):
        for b in range(first, last):
            waiting += out[e, b, REASON] != ESTIMATED
    return waiting > 0


@hot
def look_around(found, count, made, samples, block, b, bound, limits):  # type: ignore[no-untyped-def]
    """Choose block number ``b``'s samples from the candidates within ``bound``."""
    measure(found, count, block, bound)
    bar_far_high_grades(found, count, made, samples, b)
    return choose(block, found, count, limits)


@kernel
def krige_pass(out, targets, samples, models, elements, search, degree, p):  # type: ignore[no-untyped-def]
    """Krige the blocks that are still open, in one search pass.

    ``out`` (elements, m, FIELD_COUNT) begins as :func:`empty_results`; elements of one model stand
    side by side. Rows that no pass can estimate keep NaN, pass 0 and the last pass's reason.
    """
    parts = (targets, samples, models, elements)
    rules = (degree, p)
    most = search.limits[p, MAX_SAMPLES]
    made = coordinates_of(targets, samples, models, elements)
    drifts = drift_count(degree, samples.drift.shape[1])
    desk = make_desk(most, samples, models, made, targets.offsets.shape[0], drifts)
    found = candidates_for(samples.holes.size, largest(samples.holes) + 1, most)
    limits = search.limits[p]
    places, blocks = enter_pass(made, targets, samples, search, p)
    bins = put_in_bins(places)
    guess = 2.0 * bins.size[0]
    for g in range(targets.group_start.size - 1):
        first = targets.group_start[g]
        last = targets.group_start[g + 1]
        if not any_open(out, first, last):
            continue
        own = targets.own_hole[first]
        count, centre, radius, full = gather_for_group(
            blocks[first:last], bins, samples.holes, own, limits, found, guess
        )
        guess = min(1.1 * full + 2.0 * radius, 1.0 + radius)
        for b in range(first, last):
            if not any_open(out, b, b + 1):
                continue
            block = blocks[b]
            bound = min(full + distance_to(block, centre), 1.0)
            choice = look_around(found, count, made, samples, block, b, bound, limits)
            if bound < 1.0 and choice.taken < limits[MAX_SAMPLES]:
                full = np.inf
                whole = (1.0 + radius) * (1.0 + 1e-9)
                count = gather(centre, whole, bins, samples.holes, own, found)
                choice = look_around(found, count, made, samples, block, b, 1.0, limits)
            reason = reason_against(choice, limits)
            if reason != ESTIMATED:
                for e in range(out.shape[0]):
                    if out[e, b, REASON] != ESTIMATED:
                        out[e, b, REASON] = reason
                continue
            lane = lane_of(desk, found, choice)
            if lane < 0 and desk.lanes[0] == LANES:
                work_desk(desk, out, parts, made, rules)
            put_on_desk(desk, lane, found, choice, b)
    work_desk(desk, out, parts, made, rules)


@kernel
def chosen_samples(block, own_hole, samples, search):  # type: ignore[no-untyped-def]
    """Samples that one block (3,) is kriged from: (indices by identity, pass), pass 0 for none."""
    n = samples.centres.shape[0]
    here = block.reshape(1, 3)
    places = np.empty((n, 3))
    target = np.empty((1, 3))
    near = np.empty((n, 3))
    near_target = np.empty((1, 3))
    turned(search.yield_matrix, samples.centres, near, 0)
    turned(search.yield_matrix, here, near_target, 0)
    most = most_samples(search)
    found = candidates_for(n, largest(samples.holes) + 1, most)
    for p in range(search.limits.shape[0]):
        turned(search.matrices[p], samples.centres, places, 0)
        turned(search.matrices[p], here, target, 0)
        bins = put_in_bins(places)
        count = gather(target[0], 1.0 + 1e-9, bins, samples.holes, own_hole, found)
        measure(found, count, target[0], 1.0)
        for i in range(count):
            s = found.sample[i]
            if samples.restricted[s] and distance_to(near[s], near_target[0]) > 1.0:
                found.apart[i] = np.inf
        choice = choose(target[0], found, count, search.limits[p])
        if reason_against(choice, search.limits[p]) == ESTIMATED:
            return found.chosen[: choice.taken].copy(), p + 1
    return np.empty(0, np.int64), 0
