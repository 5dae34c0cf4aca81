"""Neighbourhood search for groups of blocks.

Samples and blocks come in search coordinates: turned into the axes of anisotropy and divided by
the pass's radii, so that the search ellipsoid is the unit sphere. Samples are in order of
identity, and ties in distance go to the earlier one: a result depends on the samples, never on
how the grid was cut.
"""

from __future__ import annotations

import math

import numpy as np

from estimation.accelerate import inline, kernel


@inline
def squared_distance(a0, a1, a2, b0, b1, b2):  # type: ignore[no-untyped-def]
    """Squared distance of two points in search coordinates."""
    d0 = a0 - b0
    d1 = a1 - b1
    d2 = a2 - b2
    return d0 * d0 + d1 * d1 + d2 * d2


@kernel
def gather_candidates(blocks, samples, holes, own_hole, max_samples, max_per_hole):  # type: ignore[no-untyped-def]
    """Return indices of the samples that any block of a group can choose, nearest to it first.

    With the group's centre c and radius g, let d be the distance from c at which the greedy choice
    (nearest first, at most ``max_per_hole`` of a hole) has ``max_samples`` samples. Each block lies
    within g of c, so those samples are within d + g of it, its own choice reaches no further (the
    greedy choice has the least possible largest distance), and so lies within d + 2g of c.
    Samples of ``own_hole`` are passed over (cross-validation; -1 for none).
    """
    centre = np.zeros(3)
    for b in range(blocks.shape[0]):
        for a in range(3):
            centre[a] += blocks[b, a] / blocks.shape[0]
    radius = 0.0
    for b in range(blocks.shape[0]):
        radius = max(
            radius,
            squared_distance(
                blocks[b, 0], blocks[b, 1], blocks[b, 2], centre[0], centre[1], centre[2]
            ),
        )
    radius = math.sqrt(radius) + 1e-9
    limit = (1.0 + radius) ** 2
    count = 0
    near = np.empty(samples.shape[0], np.int64)
    far = np.empty(samples.shape[0])
    for s in range(samples.shape[0]):
        if holes[s] == own_hole:
            continue
        d2 = squared_distance(
            samples[s, 0], samples[s, 1], samples[s, 2], centre[0], centre[1], centre[2]
        )
        if d2 <= limit:
            near[count] = s
            far[count] = d2
            count += 1
    order = np.argsort(far[:count], kind="mergesort")
    taken = 0
    reach = math.sqrt(limit)
    used = np.zeros(max_samples, np.int64)
    for o in order:
        same = 0
        for t in range(taken):
            if used[t] == holes[near[o]]:
                same += 1
        if same < max_per_hole:
            used[taken] = holes[near[o]]
            taken += 1
            if taken == max_samples:
                reach = min(reach, math.sqrt(far[o]) + 2.0 * radius)
                break
    kept = 0
    for o in order:
        if far[o] > reach * reach * (1.0 + 1e-12):
            break
        kept += 1
    return near[order[:kept]]


@kernel
def choose(  # type: ignore[no-untyped-def]
    block, samples, holes, candidates, max_samples, max_per_hole, chosen, distances
):
    """Choose a block's samples: the nearest within the unit sphere, few of any one hole.

    Fills ``chosen`` (indices) and ``distances`` (squared, search coordinates), nearest first, and
    returns how many. Exchange keeps the choice greedy-optimal whatever the order of the candidates:
    a full hole gives up its farthest sample, a full list its last.
    """
    count = 0
    for c in candidates:
        d2 = squared_distance(
            block[0], block[1], block[2], samples[c, 0], samples[c, 1], samples[c, 2]
        )
        if d2 > 1.0:
            continue
        last = count - 1
        if count == max_samples and (
            d2 > distances[last] or (d2 == distances[last] and c > chosen[last])
        ):
            continue
        drop = last if count == max_samples else -1
        if max_per_hole < max_samples:
            same = 0
            farthest = -1
            for t in range(count):
                if holes[chosen[t]] == holes[c]:
                    same += 1
                    farthest = t
            if same == max_per_hole:
                if d2 > distances[farthest] or (d2 == distances[farthest] and c > chosen[farthest]):
                    continue
                drop = farthest
        if drop < 0:
            drop = count
            count += 1
        at = drop
        while at > 0 and (
            distances[at - 1] > d2 or (distances[at - 1] == d2 and chosen[at - 1] > c)
        ):
            distances[at] = distances[at - 1]
            chosen[at] = chosen[at - 1]
            at -= 1
        distances[at] = d2
        chosen[at] = c
    return count


@kernel
def count_holes(holes, chosen, count):  # type: ignore[no-untyped-def]
    """Count the different holes among the first ``count`` chosen samples."""
    different = 0
    for i in range(count):
        seen = False
        for j in range(i):
            if holes[chosen[j]] == holes[chosen[i]]:
                seen = True
                break
        if not seen:
            different += 1
    return different


@kernel
def nearest_three_holes(blocks_m, samples_m, holes, reach_m, hole_reach_m):  # type: ignore[no-untyped-def]
    """Mean distance (metres) from each block centre to the nearest three different holes.

    A hole's distance is that of its nearest sample; holes beyond ``hole_reach_m`` do not count, and
    fewer than three give infinity. Returns the mean distance and the index of the nearest sample
    (-1 where none is within ``reach_m``).
    """
    means = np.empty(blocks_m.shape[0])
    nearest = np.empty(blocks_m.shape[0], np.int64)
    best = np.empty(3)
    owner = np.empty(3, np.int64)
    for b in range(blocks_m.shape[0]):
        best[:] = np.inf
        owner[:] = -1
        nearest[b] = -1
        closest = reach_m * reach_m
        for s in range(samples_m.shape[0]):
            d2 = squared_distance(
                blocks_m[b, 0],
                blocks_m[b, 1],
                blocks_m[b, 2],
                samples_m[s, 0],
                samples_m[s, 1],
                samples_m[s, 2],
            )
            if d2 <= reach_m * reach_m and (nearest[b] < 0 or d2 < closest):
                closest = d2
                nearest[b] = s
            if d2 >= best[2] or d2 > hole_reach_m * hole_reach_m:
                continue
            at = 2
            for t in range(3):
                if owner[t] == holes[s]:
                    at = t
                    break
            if d2 >= best[at]:
                continue
            while at > 0 and best[at - 1] > d2:
                best[at] = best[at - 1]
                owner[at] = owner[at - 1]
                at -= 1
            best[at] = d2
            owner[at] = holes[s]
        means[b] = (math.sqrt(best[0]) + math.sqrt(best[1]) + math.sqrt(best[2])) / 3.0
    return means, nearest
