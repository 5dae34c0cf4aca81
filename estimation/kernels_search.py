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
import numpy.typing as npt

from estimation.accelerate import inner

FINGERPRINT = 1_000_003
BUCKETS = 64
"""Classes of distance in which candidates are put before they are put in order."""
SHORT = 24
"""More than this are sorted by heaps, not by insertion: a million duplicates are one bucket."""
MOST_TRIALS = 60
"""Of a distance; then candidates are equally near and are taken one by one."""

# Columns of a search pass's limits.
MIN_SAMPLES, MAX_SAMPLES, MAX_PER_HOLE, MIN_HOLES = 0, 1, 2, 3
SECTORS, MAX_PER_SECTOR, MIN_SECTORS = 4, 5, 6
LIMIT_COUNT = 7


class Bins(NamedTuple):
    """Samples sorted into cubes, east fastest, so that near ones are found without a full look."""

    low: npt.NDArray[np.float64]
    """(3,) corner of the first cube."""
    shape: npt.NDArray[np.int64]
    """(3,) number of cubes."""
    size: npt.NDArray[np.float64]
    """(1,) edge of a cube."""
    start: npt.NDArray[np.int64]
    """(cubes + 1,) first sample of each cube."""
    order: npt.NDArray[np.int64]
    """(n,) samples by cube, in order of identity within it."""
    places: npt.NDArray[np.float64]
    """(n, 3) their search coordinates, in the same order."""


class Candidates(NamedTuple):
    """Samples that the blocks of a group choose from, and what choosing needs."""

    sample: npt.NDArray[np.int64]
    """Index of each candidate."""
    place: npt.NDArray[np.float64]
    """(3, n) search coordinates."""
    hole: npt.NDArray[np.int64]
    """Number of its hole."""
    sector: npt.NDArray[np.int64]
    """Sector it lies in, seen from whoever is choosing."""
    apart: npt.NDArray[np.float64]
    """(n,) squared distance from whoever is choosing; infinite where it may not choose."""
    order: npt.NDArray[np.int64]
    """(n,) candidates as they are sorted: bucket after bucket, nearest first."""
    bucket: npt.NDArray[np.int64]
    """(BUCKETS + 1,) first of each bucket."""
    of_hole: npt.NDArray[np.int64]
    """Chosen samples of each hole; all zero between choices."""
    of_sector: npt.NDArray[np.int64]
    """(8,) chosen samples of each sector."""
    turn: npt.NDArray[np.int64]
    """(n + 1,) candidates as they are chosen."""
    chosen: npt.NDArray[np.int64]
    """(most,) chosen samples, in order of identity."""
    guess: npt.NDArray[np.float64]
    """(1,) squared distance within which the last block's choice lay."""


class Choice(NamedTuple):
    """What one choice came to."""

    taken: int
    holes: int
    sectors: int
    farthest: float
    """Squared distance of the last sample chosen."""
    fingerprint: int
    """A number that differs for nearly all other choices."""


@inner
def squared_distance(a0, a1, a2, b0, b1, b2):  # type: ignore[no-untyped-def]
    """Squared distance of two points."""
    d0 = a0 - b0
    d1 = a1 - b1
    d2 = a2 - b2
    return d0 * d0 + d1 * d1 + d2 * d2


@inner
def candidates_for(samples, holes, most):  # type: ignore[no-untyped-def]
    """Room for up to ``samples`` candidates of ``holes`` holes and ``most`` chosen ones."""
    return Candidates(
        np.empty(samples + 1, np.int64),
        np.empty((3, samples + 1)),
        np.empty(samples + 1, np.int64),
        np.zeros(samples + 1, np.int64),
        np.empty(samples + 1),
        np.empty(samples + 1, np.int64),
        np.empty(max(BUCKETS + 1, most), np.int64),
        np.zeros(holes, np.int64),
        np.zeros(8, np.int64),
        np.empty(samples + 1, np.int64),
        np.empty(most, np.int64),
        np.full(1, 0.1),
    )


@inner
def put_in_bins(places):  # type: ignore[no-untyped-def]
    """Sort samples (n, 3) into cubes, about as many as there are samples."""
    count = places.shape[0]
    low, extent = box_of(places)
    size, shape = cubes_of(extent, count)
    cubes = shape[0] * shape[1] * shape[2]
    start = np.zeros(cubes + 1, np.int64)
    cube = np.empty(count, np.int64)
    for s in range(count):
        number = 0
        for a in range(2, -1, -1):
            along = min(int((places[s, a] - low[a]) / size), shape[a] - 1)
            number = number * shape[a] + along
        cube[s] = number
        start[number + 1] += 1
    for c in range(cubes):
        start[c + 1] += start[c]
    order = np.empty(count, np.int64)
    filled = start.copy()
    sorted_places = np.empty((count, 3))
    for s in range(count):
        at = filled[cube[s]]
        filled[cube[s]] += 1
        order[at] = s
        for a in range(3):
            sorted_places[at, a] = places[s, a]
    return Bins(low, shape, np.array([size]), start, order, sorted_places)


@inner
def box_of(places):  # type: ignore[no-untyped-def]
    """Lower corner and extent (3,) of points (n, 3)."""
    low = np.zeros(3)
    extent = np.zeros(3)
    for a in range(3):
        least = np.inf
        most = -np.inf
        for s in range(places.shape[0]):
            least = min(least, places[s, a])
            most = max(most, places[s, a])
        if most >= least:
            low[a] = least
            extent[a] = most - least
    return low, extent


@inner
def cubes_of(extent, count):  # type: ignore[no-untyped-def]
    """Edge and number (3,) of the finest cubes that are not more than the samples."""
    size = max(extent[0], extent[1], extent[2], 1e-9)
    shape = np.ones(3, np.int64)
    finer = np.ones(3, np.int64)
    while size > 1e-9:
        cubes = 1.0
        for a in range(3):
            finer[a] = int(extent[a] / (0.5 * size)) + 1
            cubes *= finer[a]
        if cubes > count:
            break
        size *= 0.5
        for a in range(3):
            shape[a] = finer[a]
    return size, shape


@inner
def largest(numbers):  # type: ignore[no-untyped-def]
    """Largest of some numbers that are not negative; 0 where there are none."""
    most = 0
    for number in numbers:
        most = max(most, number)
    return most


@inner
def first_and_last_cube(bins, axis, centre, reach):  # type: ignore[no-untyped-def]
    """Range of cubes along one axis that lie within ``reach`` of a centre."""
    size = bins.size[0]
    most = float(bins.shape[axis])
    low = math.floor((centre - reach - bins.low[axis]) / size)
    high = math.floor((centre + reach - bins.low[axis]) / size)
    return int(min(max(low, 0.0), most)), int(min(max(high, -1.0), most - 1.0))


@inner
def gather(centre, reach, bins, holes, own_hole, found):  # type: ignore[no-untyped-def]
    """Collect the samples within ``reach`` of a centre, none of ``own_hole``; return how many.

    ``found.apart`` gets their squared distances from the centre.
    """
    first_x, last_x = first_and_last_cube(bins, 0, centre[0], reach)
    first_y, last_y = first_and_last_cube(bins, 1, centre[1], reach)
    first_z, last_z = first_and_last_cube(bins, 2, centre[2], reach)
    limit = reach * reach
    count = 0
    if last_x < first_x:
        return count
    for z in range(first_z, last_z + 1):
        for y in range(first_y, last_y + 1):
            row = (z * bins.shape[1] + y) * bins.shape[0]
            for at in range(bins.start[row + first_x], bins.start[row + last_x + 1]):
                x0 = bins.places[at, 0]
                x1 = bins.places[at, 1]
                x2 = bins.places[at, 2]
                d2 = squared_distance(x0, x1, x2, centre[0], centre[1], centre[2])
                hole = holes[bins.order[at]]
                found.sample[count] = bins.order[at]
                found.hole[count] = hole
                found.sector[count] = 0
                found.place[0, count] = x0
                found.place[1, count] = x1
                found.place[2, count] = x2
                found.apart[count] = d2
                count += d2 <= limit and hole != own_hole
    return count


@inner
def keep_nearer(found, count, reach):  # type: ignore[no-untyped-def]
    """Drop candidates farther than ``reach`` from where ``apart`` was measured; return how many."""
    limit = reach * reach
    kept = 0
    for i in range(count):
        if found.apart[i] <= limit:
            found.sample[kept] = found.sample[i]
            found.hole[kept] = found.hole[i]
            found.sector[kept] = 0
            for a in range(3):
                found.place[a, kept] = found.place[a, i]
            found.apart[kept] = found.apart[i]
            kept += 1
    return kept


@inner
def measure(found, count, block, bound):  # type: ignore[no-untyped-def]
    """Squared distances of the candidates from one block; beyond ``bound``, infinite."""
    x = found.place[0]
    y = found.place[1]
    z = found.place[2]
    apart = found.apart
    limit = bound * bound
    for i in range(count):
        d2 = squared_distance(x[i], y[i], z[i], block[0], block[1], block[2])
        apart[i] = d2 if d2 <= limit else np.inf


@inner
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


@inner
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


@inner
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


@inner
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


@inner
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


@inner
def distance_to(a, b):  # type: ignore[no-untyped-def]
    """Distance of two points (3,)."""
    return math.sqrt(squared_distance(a[0], a[1], a[2], b[0], b[1], b[2]))
