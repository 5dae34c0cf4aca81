"""How near drilling is: the nearest sample and the nearest three holes of every block."""

from __future__ import annotations

import math

import numpy as np

from estimation.engine.accelerate import hot, inner, kernel
from estimation.engine.kernels_gather import (
    candidates_for,
    distance_to,
    gather,
    keep_nearer,
    put_in_bins,
    squared_distance,
)

NEAREST_HOLES = 3


@hot
def note_hole(best, owner, hole, d2):  # type: ignore[no-untyped-def]
    """Keep a hole's squared distance among the nearest three, each hole once, nearest first."""
    if d2 >= best[NEAREST_HOLES - 1]:
        return
    at = NEAREST_HOLES - 1
    for t in range(NEAREST_HOLES):
        if owner[t] == hole:
            at = t
            break
    if d2 >= best[at]:
        return
    while at > 0 and best[at - 1] > d2:
        best[at] = best[at - 1]
        owner[at] = owner[at - 1]
        at -= 1
    best[at] = d2
    owner[at] = hole


@inner
def gather_near_holes(blocks_m, bins, holes, farthest, found, guess):  # type: ignore[no-untyped-def]
    """Gather the samples that can be among the nearest of three holes for a block of a group.

    Same bound as in a search: the third hole's distance from the centre, and twice the radius.
    Returns how many and the reach they were found within, metres.
    """
    centre = np.zeros(3)
    for b in range(blocks_m.shape[0]):
        for a in range(3):
            centre[a] += blocks_m[b, a] / blocks_m.shape[0]
    radius = 0.0
    for b in range(blocks_m.shape[0]):
        radius = max(radius, distance_to(blocks_m[b], centre))
    limit = (farthest + radius) * (1.0 + 1e-9) + 1e-6
    best = np.empty(NEAREST_HOLES)
    owner = np.empty(NEAREST_HOLES, np.int64)
    reach = min(guess, limit)
    while True:
        count = gather(centre, reach, bins, holes, -1, found)
        if reach >= limit:
            return count, reach
        best[:] = np.inf
        owner[:] = -1
        for i in range(count):
            note_hole(best, owner, holes[found.sample[i]], found.apart[i])
        if best[NEAREST_HOLES - 1] < np.inf:
            needed = (math.sqrt(best[NEAREST_HOLES - 1]) + 2.0 * radius) * (1.0 + 1e-9) + 1e-6
            if needed <= reach:
                return keep_nearer(found, count, needed), needed
            reach = min(needed, limit)
        else:
            reach = min(1.6 * reach, limit)


@kernel
def nearest_three_holes(blocks_m, group_start, samples_m, holes, reach_m, hole_reach_m):  # type: ignore[no-untyped-def]
    """Mean distance (metres) from each block centre to the nearest three different holes.

    A hole's distance is that of its nearest sample; holes beyond ``hole_reach_m`` do not count, and
    fewer than three give infinity. Returns the mean distance and the index of the nearest sample
    (-1 where none is within ``reach_m``; the earlier one of equally near ones).

    ``blocks_m`` (m, 3), ``group_start`` (g + 1,) first block of each group of neighbours,
    ``samples_m`` (n, 3), ``holes`` (n,) numbers.
    """
    means = np.full(blocks_m.shape[0], np.inf)
    nearest = np.full(blocks_m.shape[0], -1, np.int64)
    found = candidates_for(samples_m.shape[0], 0, 0)
    bins = put_in_bins(samples_m)
    best = np.empty(NEAREST_HOLES)
    owner = np.empty(NEAREST_HOLES, np.int64)
    farthest = max(reach_m, hole_reach_m)
    guess = farthest / 8.0
    for g in range(group_start.size - 1):
        group = blocks_m[group_start[g] : group_start[g + 1]]
        count, reach = gather_near_holes(group, bins, holes, farthest, found, guess)
        guess = 1.1 * reach
        for b in range(group_start[g], group_start[g + 1]):
            best[:] = np.inf
            owner[:] = -1
            closest = reach_m * reach_m
            for i in range(count):
                s = found.sample[i]
                d2 = squared_distance(
                    blocks_m[b, 0], blocks_m[b, 1], blocks_m[b, 2],
                    found.place[0, i], found.place[1, i], found.place[2, i],
                )  # fmt: skip
                if d2 < closest or (d2 == closest and (nearest[b] < 0 or s < nearest[b])):
                    closest = d2
                    nearest[b] = s
                if d2 <= hole_reach_m * hole_reach_m:
                    note_hole(best, owner, holes[s], d2)
            means[b] = (math.sqrt(best[0]) + math.sqrt(best[1]) + math.sqrt(best[2])) / 3.0
    return means, nearest
