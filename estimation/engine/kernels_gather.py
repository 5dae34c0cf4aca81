"""Candidates: samples sorted into cubes once, and those of a neighbourhood collected from them.

Samples and blocks come in search coordinates: turned into the axes of the search and divided by
its radii, so that the search ellipsoid is the unit sphere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import hot, inner

BUCKETS = 64
"""Classes of distance in which candidates are put before they are put in order."""


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


@hot
def squared_distance(a0, a1, a2, b0, b1, b2):  # type: ignore[no-untyped-def]
    """Squared distance of two points."""
    d0 = a0 - b0
    d1 = a1 - b1
    d2 = a2 - b2
    return d0 * d0 + d1 * d1 + d2 * d2


@hot
def distance_to(a, b):  # type: ignore[no-untyped-def]
    """Distance of two points (3,)."""
    return math.sqrt(squared_distance(a[0], a[1], a[2], b[0], b[1], b[2]))


@inner
def largest(numbers):  # type: ignore[no-untyped-def]
    """Largest of some numbers that are not negative; 0 where there are none."""
    most = 0
    for number in numbers:
        most = max(most, number)
    return most


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


@hot
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
