"""Neighbourhood search for groups of blocks.

Samples and blocks come in search coordinates: turned into the axes of the search and divided by
its radii, so that the search ellipsoid is the unit sphere. Samples are in order of identity, and
ties in distance go to the earlier one: a result depends on the samples, never on how the grid was
cut or which blocks share a group.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from estimation.engine.accelerate import hot, inner
from estimation.engine.kernels_gather import BUCKETS, distance_to, gather, keep_nearer

FINGERPRINT = 1_000_003
SHORT = 24
"""More than this are sorted by heaps, not by insertion: a million duplicates are one bucket."""
MOST_TRIALS = 60
"""Of a distance; then candidates are equally near and are taken one by one."""

# Columns of a search pass's limits.
MIN_SAMPLES, MAX_SAMPLES, MAX_PER_HOLE, MIN_HOLES = 0, 1, 2, 3
SECTORS, MAX_PER_SECTOR, MIN_SECTORS = 4, 5, 6
LIMIT_COUNT = 7


class Choice(NamedTuple):
    """What one choice came to."""

    taken: int
    holes: int
    sectors: int
    farthest: float
    """Squared distance of the last sample chosen."""
    fingerprint: int
    """A number that differs for nearly all other choices."""


@hot
def comes_before(apart, sample, a, b):  # type: ignore[no-untyped-def]
    """Whether candidate ``a`` is nearer than ``b``; equally near ones by identity."""
    return apart[a] < apart[b] or (apart[a] == apart[b] and sample[a] < sample[b])


@inner
def sift(apart, sample, order, root, count):  # type: ignore[no-untyped-def]
    """Restore the heap of ``order[:count]`` below ``root`` (Williams 1964)."""
    while True:
        child = 2 * root + 1
        if child >= count:
            return
        if child + 1 < count and comes_before(apart, sample, order[child], order[child + 1]):
            child += 1
        if not comes_before(apart, sample, order[root], order[child]):
            return
        order[root], order[child] = order[child], order[root]
        root = child


@inner
def put_in_order(apart, sample, order):  # type: ignore[no-untyped-def]
    """Sort candidates, nearest first: by insertion where they are few, else by heaps."""
    count = order.size
    if count > SHORT:
        for root in range(count // 2 - 1, -1, -1):
            sift(apart, sample, order, root, count)
        for end in range(count - 1, 0, -1):
            order[0], order[end] = order[end], order[0]
            sift(apart, sample, order, 0, end)
        return
    for i in range(1, count):
        moving = order[i]
        at = i
        while at > 0 and comes_before(apart, sample, moving, order[at - 1]):
            order[at] = order[at - 1]
            at -= 1
        order[at] = moving


@hot
def nearest_within(found, count, most, guess):  # type: ignore[no-untyped-def]
    """Squared distance within which exactly ``most`` candidates lie (all, where they are fewer).

    Found by counting: from a guess (a neighbour's answer), by the third power of distance, with
    which evenly spread samples grow, then by halving. Negative where equal distances leave none.
    """
    apart = found.apart
    there = 0
    for i in range(count):
        there += apart[i] <= 1.0
    if there <= most:
        return 1.0
    low, high = 0.0, 1.0
    for trial in range(MOST_TRIALS):
        within = 0
        for i in range(count):
            within += apart[i] <= guess
        if within == most:
            return guess
        if within < most:
            low = guess
        else:
            high = guess
        guess *= 1.0 + (most - within) / (1.5 * max(within, 1))
        if trial > 4 or guess <= low or guess >= high:
            guess = 0.5 * (low + high)
    return -1.0


@inner
def put_in_buckets(found, count):  # type: ignore[no-untyped-def]
    """Put the candidates within reach into classes of distance; they are sorted when needed."""
    apart, bucket, order, turn = found.apart, found.bucket, found.order, found.turn
    there = 0
    farthest = 0.0
    for i in range(count):
        turn[there] = i
        there += apart[i] < np.inf
    for i in range(there):
        farthest = max(farthest, apart[turn[i]])
    scale = (BUCKETS - 1) / farthest if farthest > 0.0 else 0.0
    for b in range(BUCKETS + 1):
        bucket[b] = 0
    for i in range(there):
        bucket[int(apart[turn[i]] * scale)] += 1
    total = 0
    for b in range(BUCKETS + 1):
        total += bucket[b]
        bucket[b] = total
    for i in range(there - 1, -1, -1):
        b = int(apart[turn[i]] * scale)
        bucket[b] -= 1
        order[bucket[b]] = turn[i]
    return there


@inner
def find_sectors(found, count, block, sectors):  # type: ignore[no-untyped-def]
    """Octant (8), quadrant of the major plane (4) or none (1) of the candidates in order."""
    x, y, z = found.place[0], found.place[1], found.place[2]
    sector, order = found.sector, found.order
    for o in range(count):
        i = order[o]
        number = 0
        if sectors > 1:
            number = int(x[i] >= block[0]) + 2 * int(y[i] >= block[1])
        if sectors > 4:
            number += 4 * int(z[i] >= block[2])
        sector[i] = number


@inner
def still_open(found, first, last, limits):  # type: ignore[no-untyped-def]
    """Keep the candidates of a bucket whose hole and sector are not full; return the new last."""
    order, hole, sector = found.order, found.hole, found.sector
    kept = first
    for o in range(first, last):
        candidate = order[o]
        order[kept] = candidate
        kept += (
            found.of_hole[hole[candidate]] < limits[MAX_PER_HOLE]
            and found.of_sector[sector[candidate]] < limits[MAX_PER_SECTOR]
        )
    return kept


@hot
def choose(block, found, count, limits):  # type: ignore[no-untyped-def]
    """Choose from the candidates within reach: nearest first, few of a hole, few of a sector.

    A sample whose hole or sector is full is passed over; of equally near ones the earlier comes
    first. ``found.chosen`` gets samples in order of identity.
    """
    most = limits[MAX_SAMPLES]
    taken = -1
    if limits[MAX_PER_HOLE] >= most and limits[SECTORS] == 1:
        taken = choose_nearest(found, count, most)
    if taken < 0:
        taken = choose_in_turn(block, found, count, limits)
    return describe(found, taken)


@hot
def choose_nearest(found, count, most):  # type: ignore[no-untyped-def]
    """Choose the nearest, whatever their holes; return how many, -1 where ties are to be broken."""
    apart, turn = found.apart, found.turn
    within = nearest_within(found, count, most, found.guess[0])
    if within < 0.0:
        return -1
    found.guess[0] = within
    taken = 0
    for i in range(count):
        turn[taken] = i
        taken += apart[i] <= within
    return taken


@inner
def choose_in_turn(block, found, count, limits):  # type: ignore[no-untyped-def]
    """Choose one by one, bucket after bucket; return how many."""
    find_sectors(found, put_in_buckets(found, count), block, limits[SECTORS])
    order, hole, sector = found.order, found.hole, found.sector
    of_hole, of_sector, turn = found.of_hole, found.of_sector, found.turn
    most, per_hole, per_sector = limits[MAX_SAMPLES], limits[MAX_PER_HOLE], limits[MAX_PER_SECTOR]
    taken = 0
    for b in range(BUCKETS):
        first = found.bucket[b]
        last = still_open(found, first, found.bucket[b + 1], limits)
        put_in_order(found.apart, found.sample, order[first:last])
        for o in range(first, last):
            candidate = order[o]
            h, s = hole[candidate], sector[candidate]
            if of_hole[h] == per_hole or of_sector[s] == per_sector:
                continue
            of_hole[h] += 1
            of_sector[s] += 1
            turn[taken] = candidate
            taken += 1
            if taken == most:
                break
        if taken == most:
            break
    for i in range(taken):
        of_hole[hole[turn[i]]] = 0
        of_sector[sector[turn[i]]] = 0
    return taken


@hot
def describe(found, taken):  # type: ignore[no-untyped-def]
    """Name what was chosen by identity; count its holes and sectors, see how far it reaches."""
    sample, hole, sector, apart = found.sample, found.hole, found.sector, found.apart
    of_hole, of_sector, turn, chosen = found.of_hole, found.of_sector, found.turn, found.chosen
    different = occupied = fingerprint = 0
    farthest = 0.0
    for i in range(taken):
        candidate = turn[i]
        h, s = hole[candidate], sector[candidate]
        different += of_hole[h] == 0
        occupied += of_sector[s] == 0
        of_hole[h] = 1
        of_sector[s] = 1
        farthest = max(farthest, apart[candidate])
        turn[i] = sample[candidate]
        fingerprint += turn[i] * (turn[i] + FINGERPRINT)
        found.order[i] = h
        found.bucket[i] = s
    for i in range(taken):
        rank = 0
        for j in range(taken):
            rank += turn[j] < turn[i]
        chosen[rank] = turn[i]
        of_hole[found.order[i]] = 0
        of_sector[found.bucket[i]] = 0
    return Choice(taken, different, occupied, farthest, fingerprint)


@inner
def gather_for_group(blocks, bins, holes, own_hole, limits, found, guess):  # type: ignore[no-untyped-def]
    """Gather what a group of blocks (b, 3) chooses from; return (how many, centre, radius, full).

    With the group's centre c and radius g, let ``full`` be the distance from c at which its own
    choice is full. A block at distance r from c reaches no farther than full + r, and so no
    farther than full + 2g from c. (With a limit per hole and per sector together that is a guess:
    a block whose choice is not full must look again.) Where c's own choice can't be filled, all
    that any block reaches is gathered, and ``full`` is infinite. ``guess`` is where to begin: a
    neighbouring group's reach.
    """
    centre = np.zeros(3)
    for b in range(blocks.shape[0]):
        for a in range(3):
            centre[a] += blocks[b, a] / blocks.shape[0]
    radius = 0.0
    for b in range(blocks.shape[0]):
        radius = max(radius, distance_to(blocks[b], centre))
    farthest = (1.0 + radius) * (1.0 + 1e-9)
    reach = min(guess, farthest)
    while True:
        count = gather(centre, reach, bins, holes, own_hole, found)
        if reach >= farthest:
            return count, centre, radius, np.inf
        if count >= limits[MAX_SAMPLES]:
            own = choose(centre, found, count, limits)
            if own.taken == limits[MAX_SAMPLES]:
                full = math.sqrt(own.farthest) * (1.0 + 1e-9) + 1e-9
                needed = full + 2.0 * radius
                if needed <= reach:
                    return keep_nearer(found, count, needed), centre, radius, full
                reach = min(needed, farthest)
                continue
        reach = min(1.6 * reach, farthest)
