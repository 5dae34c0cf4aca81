"""Cokriging of blocks: search of both elements' samples, one system for each block, its answers.

Ordinary cokriging with the traditional conditions: own weights sum to 1, the partner's to 0
(Goovaerts 1997, section 6.2.3). Collocated: the partner counts by its grade of the block alone,
under one condition, brought to the element's mean (the same, section 6.2.6).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import inner, kernel
from estimation.engine.kernels_blocks import (
    ESTIMATED,
    empty_results,
    most_samples,
    reason_against,
)
from estimation.engine.kernels_coordinates import turned
from estimation.engine.kernels_cosystem import (
    OWN,
    PARTNER,
    add_collocated,
    factorize,
    lay_out,
    room_for,
    solve,
)
from estimation.engine.kernels_desk import (
    DISTANCE,
    EFFICIENCY,
    ESTIMATE,
    HOLES,
    INVERSE_DISTANCE,
    LAGRANGE,
    NEAREST,
    NEGATIVE,
    PASS,
    REASON,
    REDUNDANT,
    SAMPLES,
    SLOPE,
    VARIANCE,
)
from estimation.engine.kernels_gather import (
    candidates_for,
    distance_to,
    gather,
    largest,
    measure,
    put_in_bins,
)
from estimation.engine.kernels_search import (
    MAX_PER_SECTOR,
    MAX_SAMPLES,
    SECTORS,
    choose,
    gather_for_group,
)

_AT_THE_SAMPLE = 1e-9
"""Squared search distance below which a block lies on its sample."""


class Looking(NamedTuple):
    """One set of samples as a search pass sees it."""

    places: npt.NDArray[np.float64]
    """(n, 3) in the coordinates of the pass, where its ellipsoid is the unit sphere."""
    near: npt.NDArray[np.float64]
    """(n, 3) in those of the high-yield ellipsoid."""
    limits: npt.NDArray[np.int64]
    """Of the pass, see ``kernels_search``."""


def cokrige(model, places, sets, search, rules):  # type: ignore[no-untyped-def]
    """Cokrige blocks pass after pass: results (m, FIELD_COUNT).

    Parameters
    ----------
    model, places
        :class:`~estimation.engine.kernels_cosystem.Model` and ``Places``.
    sets
        (own, partner) samples as ``kernels_desk.Samples``, points turned into the model's axes.
    search
        ``kernels_blocks.Search`` of the element.
    rules
        (most partner samples of a block, 0 for collocated; grade above which an own sample counts
        as the threshold to far blocks; own samples' partner grades (n,), empty where not
        collocated).
    """
    out = empty_results(1, len(places.centres))[0]
    if sets[0].holes.size:
        for p in range(len(search.limits)):
            cokrige_pass(out, model, places, sets, search, rules, p)
    return out


@inner
def enter(samples, search, p):  # type: ignore[no-untyped-def]
    """One set of samples in the coordinates of a pass."""
    places = np.empty((samples.centres.shape[0], 3))
    near = np.empty((samples.centres.shape[0], 3))
    turned(search.matrices[p], samples.centres, places, 0)
    turned(search.yield_matrix, samples.centres, near, 0)
    return Looking(places, near, search.limits[p].copy())


@inner
def bar_far(found, count, samples, looking, yield_place):  # type: ignore[no-untyped-def]
    """Bar restricted samples from a block outside their high-yield ellipsoid."""
    for i in range(count):
        s = found.sample[i]
        if samples.restricted[s] and distance_to(looking.near[s], yield_place) > 1.0:
            found.apart[i] = np.inf


@inner
def look(block, own_hole, samples, looking, bins, found, yield_place):  # type: ignore[no-untyped-def]
    """Choose one block's samples (block (1, 3) in the pass's coordinates)."""
    limits = looking.limits
    count, _, _, full = gather_for_group(
        block, bins, samples.holes, own_hole, limits, found, 2.0 * bins.size[0]
    )
    bound = min(full, 1.0)
    measure(found, count, block[0], bound)
    bar_far(found, count, samples, looking, yield_place)
    choice = choose(block[0], found, count, limits)
    if bound < 1.0 and choice.taken < limits[MAX_SAMPLES]:
        count = gather(block[0], 1.0 + 1e-9, bins, samples.holes, own_hole, found)
        measure(found, count, block[0], 1.0)
        bar_far(found, count, samples, looking, yield_place)
        choice = choose(block[0], found, count, limits)
    return choice


@inner
def grades_of(room, sets, chosen, counts, looking, yield_place, threshold):  # type: ignore[no-untyped-def]
    """Grades of the chosen samples as they count for one block."""
    many, more = counts
    for i in range(many):
        s = chosen[0][i]
        value = sets[0].values[0, s]
        if value > threshold and distance_to(looking.near[s], yield_place) > 1.0:
            value = threshold
        room.grade[i] = value
    for j in range(more):
        room.grade[many + j] = sets[1].values[0, chosen[1][j]]


@inner
def collocated_grade(room, model, chosen, many, beside, partner):  # type: ignore[no-untyped-def]
    """The partner's grade of the block, brought to the element's mean and spread.

    Both means are those of the block's own samples that have the partner's grade; NaN without any.
    """
    own = other = 0.0
    both = 0
    for i in range(many):
        grade = beside[chosen[0][i]]
        if not math.isnan(grade):
            own += room.grade[i]
            other += grade
            both += 1
    scale = math.sqrt(model.block[OWN] / model.block[PARTNER])
    return own / both + scale * (partner - other / both) if both > 0 else np.nan


@inner
def answer(room, model, row, n, many, fallen):  # type: ignore[no-untyped-def]
    """Estimate, variance and what is read from them, of one block into its row."""
    estimate = explained = negative = 0.0
    for i in range(n):
        estimate += room.weight[i] * room.grade[i]
        explained += room.weight[i] * room.right[i]
        if i < many:
            negative += min(room.weight[i], 0.0)
    multiplier = room.mu[0]
    own = explained - multiplier
    block = model.block[OWN]
    row[ESTIMATE] = estimate
    row[VARIANCE] = block - explained - multiplier
    row[LAGRANGE] = multiplier
    row[SLOPE] = explained / own if own > 0.0 else 1.0
    row[EFFICIENCY] = (explained + multiplier) / block
    row[NEGATIVE] = negative
    row[REDUNDANT] = fallen
    row[REASON] = ESTIMATED


@inner
def answer_beside(room, row, centre, block, samples, looking, chosen, many):  # type: ignore[no-untyped-def]
    """Mean distance of own samples, and two plainer estimates from them."""
    metres = inverse = value = 0.0
    closest = np.inf
    for i in range(many):
        s = chosen[i]
        metres += distance_to(samples.centres[s], centre)
        d2 = max(distance_to(looking.places[s], block) ** 2, _AT_THE_SAMPLE)
        inverse += 1.0 / d2
        value += room.grade[i] / d2
        if d2 < closest:
            closest = d2
            row[NEAREST] = room.grade[i]
    row[DISTANCE] = metres / many
    row[INVERSE_DISTANCE] = value / inverse


@inner
def partner_limits(limits, most):  # type: ignore[no-untyped-def]
    """Limits of the partner's search: the element's, but for how many there may be."""
    if limits[SECTORS] == 1:
        limits[MAX_PER_SECTOR] = most
    limits[MAX_SAMPLES] = most


@kernel
def cokrige_pass(out, model, places, sets, search, rules, p):  # type: ignore[no-untyped-def]
    """Cokrige the blocks that are still open, in one search pass (see :func:`cokrige`)."""
    most, threshold, beside = rules
    own, partner = sets
    here, there = enter(own, search, p), enter(partner, search, p)
    bins = put_in_bins(here.places)
    found = candidates_for(own.holes.size, largest(own.holes) + 1, most_samples(search))
    partner_limits(there.limits, max(most, 1))
    has_partner = most > 0 and partner.holes.size > 0
    other_bins = put_in_bins(there.places) if has_partner else bins
    seen = candidates_for(partner.holes.size, largest(partner.holes) + 1, max(most, 1))
    points = max(own.points.shape[0], partner.points.shape[0])
    room = room_for(most_samples(search), most, points)
    block, near = np.empty((1, 3)), np.empty((1, 3))
    for b in range(places.centres.shape[0]):
        if out[b, REASON] == ESTIMATED:
            continue
        turned(search.matrices[p], places.centres[b : b + 1], block, 0)
        turned(search.yield_matrix, places.centres[b : b + 1], near, 0)
        hole = places.own_hole[b]
        choice = look(block, hole, own, here, bins, found, near[0])
        out[b, REASON] = reason_against(choice, here.limits)
        if out[b, REASON] != ESTIMATED:
            continue
        many, more = choice.taken, 0
        if has_partner:
            barred = places.partner_hole[b]
            more = look(block, barred, partner, there, other_bins, seen, near[0]).taken
        chosen, counts = (found.chosen, seen.chosen), (many, more)
        n = lay_out(room, model, places, b, sets, chosen, counts)
        grades_of(room, sets, chosen, counts, here, near[0], threshold)
        if beside.size > 0:
            datum = collocated_grade(room, model, chosen, many, beside, places.partner[b])
            room.grade[n] = datum
            if not math.isnan(room.grade[n]):
                n = add_collocated(room, model, n)
        fallen = factorize(room, n)
        solve(room, n, 2 if more > 0 else 1)
        answer(room, model, out[b], n, many, fallen)
        answer_beside(room, out[b], places.centres[b], block[0], own, here, chosen[0], many)
        out[b, SAMPLES], out[b, HOLES], out[b, PASS] = many, choice.holes, p + 1
