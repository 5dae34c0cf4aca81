"""Pairs of samples, counted by lag and direction or by the cells of a map.

Samples come sorted into cells of space (:class:`Cells`), so that only pairs within reach are looked
at; a pair is looked at once, whatever the number of directions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estimation.engine.accelerate import hot, kernel

(
    PAIRS,
    DISTANCE,
    PRODUCT,
    ABSOLUTE,
    ROOT,
    RELATIVE_PAIRS,
    RELATIVE,
    BOTH,
    BOTH_DISTANCE,
    TAIL,
    HEAD,
    TAIL_SQUARE,
    HEAD_SQUARE,
    TAIL_HEAD,
) = range(14)
"""Columns of the sums: number and distance of pairs, products of the two variables' increments,
absolute increments and their roots, pairs with a positive sum and their squared relative
increments; number and distance of pairs with the first variable at the tail and the second at
the head, their sums, squares and products."""
SUMS = 14
CONE = 2.0
"""Cosine of the dip tolerance that stands for none: one tolerance about the direction."""


class Cells(NamedTuple):
    """Samples in cells of space.

    ``first`` (cells + 1,): first sample of each cell, x fastest; ``cell`` (n, 3): each sample's;
    ``shape`` and ``reach`` (3,): number of cells, and how many cells a pair may span.
    """

    first: NDArray[np.int64]
    cell: NDArray[np.int64]
    shape: NDArray[np.int64]
    reach: NDArray[np.int64]


class Bins(NamedTuple):
    """Lags: their width and number; ``tolerance_m`` about whole multiples, or below 0 for lags that
    touch, (b, b + 1] widths; ``both_ways``: tail and head change places, so both are counted."""

    width_m: float
    number: int
    tolerance_m: float
    both_ways: bool


@hot
def bin_of(distance, bins):  # type: ignore[no-untyped-def]
    """Lag of a distance, or -1."""
    if bins.tolerance_m < 0.0:
        b = math.ceil(distance / bins.width_m) - 1
    else:
        b = math.floor(distance / bins.width_m + 0.5) - 1
        if abs(distance - (b + 1) * bins.width_m) > bins.tolerance_m + 1e-9 * bins.width_m:
            return -1
    return b if 0 <= b < bins.number else -1


@hot
def side_of(dx, dy, dz, h, frame, limits):  # type: ignore[no-untyped-def]
    """1 or -1: the pair lies along the direction or against it; 0: outside its tolerances.

    ``frame`` (3, 3): the direction, the level line across it, and the line upright to both; a zero
    direction is every one. ``limits`` (4,): cosines of the tolerance and of the dip tolerance
    (``CONE``: none), half widths of the band on the level and upright.
    """
    if frame[0, 0] == 0.0 and frame[0, 1] == 0.0 and frame[0, 2] == 0.0:
        return 1 if dz > 0.0 or (dz == 0.0 and (dy > 0.0 or (dy == 0.0 and dx > 0.0))) else -1
    across = frame[1, 0] * dx + frame[1, 1] * dy
    if limits[1] == CONE:
        along = (frame[0, 0] * dx + frame[0, 1] * dy + frame[0, 2] * dz) / h
        upright = frame[2, 0] * dx + frame[2, 1] * dy + frame[2, 2] * dz
        near = abs(along)
    else:
        # GSLIB gamv: azimuth and dip of the pair each have a tolerance of their own
        flat = math.sqrt(dx * dx + dy * dy)
        ahead = frame[1, 0] * dy - frame[1, 1] * dx
        near = abs(ahead) / flat if flat > 1e-9 * h else 1.0
        signed = -flat if ahead < 0.0 else flat
        level = math.sqrt(frame[0, 0] ** 2 + frame[0, 1] ** 2)
        along = (signed * level + dz * frame[0, 2]) / h
        upright = level * dz - frame[0, 2] * signed
        if abs(along) < limits[1]:
            return 0
    if near < limits[0] or abs(across) > limits[2] or abs(upright) > limits[3]:
        return 0
    return 1 if along >= 0.0 else -1


@hot
def add_pair(sums, first, second, tail, head, h, both_ways):  # type: ignore[no-untyped-def]
    """Add one pair to the sums of its lag; not-a-number leaves out what it belongs to."""
    a, b = first[tail] - first[head], second[tail] - second[head]
    if not math.isnan(a) and not math.isnan(b):
        size = abs(a)
        sums[PAIRS] += 1.0
        sums[DISTANCE] += h
        sums[PRODUCT] += a * b
        sums[ABSOLUTE] += size
        sums[ROOT] += math.sqrt(size)
        total = first[tail] + first[head]
        if total > 0.0:
            ratio = 2.0 * a / total
            sums[RELATIVE_PAIRS] += 1.0
            sums[RELATIVE] += ratio * ratio
    for turned in range(2 if both_ways else 1):
        one = first[head] if turned else first[tail]
        two = second[tail] if turned else second[head]
        if not math.isnan(one) and not math.isnan(two):
            sums[BOTH] += 1.0
            sums[BOTH_DISTANCE] += h
            sums[TAIL] += one
            sums[HEAD] += two
            sums[TAIL_SQUARE] += one * one
            sums[HEAD_SQUARE] += two * two
            sums[TAIL_HEAD] += one * two


@hot
def row_ends(i, cells, ky, kz):  # type: ignore[no-untyped-def]
    """Samples (from, to) of one row of cells that pair with sample i and were not its tail."""
    x = cells.cell[i, 0]
    row = cells.shape[0] * (ky + cells.shape[1] * kz)
    last = cells.first[row + min(x + cells.reach[0], cells.shape[0] - 1) + 1]
    if ky == cells.cell[i, 1] and kz == cells.cell[i, 2]:
        return i + 1, last
    return cells.first[row + max(x - cells.reach[0], 0)], last


@kernel
def pair_sums(  # type: ignore[no-untyped-def]
    places, first, second, cells, bins, frames, limits
):
    """Sums over pairs by direction and lag, shape (directions, lags, SUMS).

    ``places`` (n, 3) metres and ``first``, ``second`` (n,) values (the same array for one
    variable; NaN: not assayed) in the order of ``cells``; ``frames`` (d, 3, 3) and ``limits`` (4,)
    as :func:`side_of`.
    """
    sums = np.zeros((frames.shape[0], bins.number, SUMS))
    every = frames.shape[0] == 1 and not frames.any()
    least = (1.0 - 1e-9) * limits[0] if limits[1] == CONE and not every else 0.0
    farthest = bins.width_m * bins.number + max(bins.tolerance_m, 0.0) + 1e-6 * bins.width_m
    for i in range(places.shape[0]):
        y, z = cells.cell[i, 1], cells.cell[i, 2]
        for kz in range(z, min(z + cells.reach[2], cells.shape[2] - 1) + 1):
            lowest = y if kz == z else max(y - cells.reach[1], 0)
            for ky in range(lowest, min(y + cells.reach[1], cells.shape[1] - 1) + 1):
                start, stop = row_ends(i, cells, ky, kz)
                for j in range(start, stop):
                    dx = places[j, 0] - places[i, 0]
                    dy = places[j, 1] - places[i, 1]
                    dz = places[j, 2] - places[i, 2]
                    h = dx * dx + dy * dy + dz * dz
                    if h == 0.0 or h > farthest * farthest:
                        continue
                    h = math.sqrt(h)
                    b = bin_of(h, bins)
                    if b < 0:
                        continue
                    for d in range(frames.shape[0]):
                        along = frames[d, 0, 0] * dx + frames[d, 0, 1] * dy + frames[d, 0, 2] * dz
                        if abs(along) < least * h:  # most pairs lie outside most cones
                            continue
                        side = side_of(dx, dy, dz, h, frames[d], limits)
                        if side > 0:
                            add_pair(sums[d, b], first, second, i, j, h, bins.both_ways)
                        elif side < 0:
                            add_pair(sums[d, b], first, second, j, i, h, bins.both_ways)
    return sums


@kernel
def increments(places, values, cells, bins, frame, limits, ends):  # type: ignore[no-untyped-def]
    """Increments (head less tail) of every pair of one direction, lag after lag.

    ``ends`` (lags + 1,): where each lag's increments begin, of the counts that :func:`pair_sums`
    gave; the other arguments as there, with one frame (3, 3).
    """
    found = np.empty(ends[-1])
    filled = ends[:-1].copy()
    for i in range(places.shape[0]):
        y, z = cells.cell[i, 1], cells.cell[i, 2]
        for kz in range(z, min(z + cells.reach[2], cells.shape[2] - 1) + 1):
            lowest = y if kz == z else max(y - cells.reach[1], 0)
            for ky in range(lowest, min(y + cells.reach[1], cells.shape[1] - 1) + 1):
                start, stop = row_ends(i, cells, ky, kz)
                for j in range(start, stop):
                    dx = places[j, 0] - places[i, 0]
                    dy = places[j, 1] - places[i, 1]
                    dz = places[j, 2] - places[i, 2]
                    h = math.sqrt(dx * dx + dy * dy + dz * dz)
                    b = bin_of(h, bins) if h > 0.0 else -1
                    if b < 0:
                        continue
                    side = side_of(dx, dy, dz, h, frame, limits)
                    if side != 0:
                        found[filled[b]] = side * (values[j] - values[i])
                        filled[b] += 1
    return found


@kernel
def map_sums(places, values, cells, plane, cell_m, half, thickness_m):  # type: ignore[no-untyped-def]
    """Pairs and half squared increments by the lag's place in a plane: (2, 2 half + 1, 2 half + 1).

    ``plane`` (3, 3): rows are the map's right, its up, and its normal; ``cell_m`` width of a cell,
    ``half`` cells each side of the middle; pairs farther than ``thickness_m`` off the plane are
    left out. A pair stands at its lag and at the opposite one.
    """
    size = 2 * half + 1
    sums = np.zeros((2, size, size))
    for i in range(places.shape[0]):
        y, z = cells.cell[i, 1], cells.cell[i, 2]
        for kz in range(z, min(z + cells.reach[2], cells.shape[2] - 1) + 1):
            lowest = y if kz == z else max(y - cells.reach[1], 0)
            for ky in range(lowest, min(y + cells.reach[1], cells.shape[1] - 1) + 1):
                start, stop = row_ends(i, cells, ky, kz)
                for j in range(start, stop):
                    dx = places[j, 0] - places[i, 0]
                    dy = places[j, 1] - places[i, 1]
                    dz = places[j, 2] - places[i, 2]
                    off = plane[2, 0] * dx + plane[2, 1] * dy + plane[2, 2] * dz
                    if abs(off) > thickness_m:
                        continue
                    right = plane[0, 0] * dx + plane[0, 1] * dy + plane[0, 2] * dz
                    up = plane[1, 0] * dx + plane[1, 1] * dy + plane[1, 2] * dz
                    column = math.floor(right / cell_m + 0.5)
                    row = math.floor(up / cell_m + 0.5)
                    opposite = math.floor(-right / cell_m + 0.5)
                    under = math.floor(-up / cell_m + 0.5)
                    if max(abs(column), abs(row), abs(opposite), abs(under)) > half:
                        continue
                    difference = values[i] - values[j]
                    gamma = 0.5 * difference * difference
                    sums[0, half + row, half + column] += 1.0
                    sums[1, half + row, half + column] += gamma
                    sums[0, half + under, half + opposite] += 1.0
                    sums[1, half + under, half + opposite] += gamma
    return sums


@kernel
def smallest_difference(ordered, rank):  # type: ignore[no-untyped-def]
    """The ``rank``-th smallest |a - b| of all pairs of sorted values (rank from 1).

    By halving: pairs no farther apart than a trial are counted in one walk of two pointers.
    """
    low, high = 0.0, ordered[-1] - ordered[0]
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        count, j = 0, 0
        for i in range(ordered.shape[0]):
            while ordered[i] - ordered[j] > middle:
                j += 1
            count += i - j
        if count >= rank:
            high = middle
        else:
            low = middle
    return high
