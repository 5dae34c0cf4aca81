"""Kernels of the checks on plain arrays: one pass over the intervals of many holes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_SHIFT = np.uint64(29)


@njit(cache=True, nogil=True)
def in_order(hole: NDArray[np.int32], depth: NDArray[np.float64]) -> bool:
    """Whether rows stand by hole and, within a hole, by depth."""
    for i in range(1, len(hole)):
        if hole[i] < hole[i - 1] or (hole[i] == hole[i - 1] and not depth[i] >= depth[i - 1]):
            return False
    return True


@njit(cache=True, nogil=True)
def overlapping(
    hole: NDArray[np.int32],
    from_m: NDArray[np.float64],
    to_m: NDArray[np.float64],
    alive: NDArray[np.bool_],
    tolerance_m: float,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Rows (sorted by hole and from) that overlap an accepted earlier row by over a tolerance.

    Rows that are not ``alive`` are passed over. Returns the mask (n,) and, for each row, the end
    of the accepted interval above it (n,), metres; NaN for the first of a hole.
    """
    refused = np.zeros(len(hole), dtype=np.bool_)
    above = np.full(len(hole), np.nan)
    end, current = -np.inf, np.int32(-1)
    for i in range(len(hole)):
        if not alive[i]:
            continue
        if hole[i] != current:
            current, end = hole[i], -np.inf
        else:
            above[i] = end
        if from_m[i] < end - tolerance_m:
            refused[i] = True
        else:
            end = max(end, to_m[i])
    return refused, above


@njit(cache=True, nogil=True)
def gaps(
    hole: NDArray[np.int32],
    from_m: NDArray[np.float64],
    to_m: NDArray[np.float64],
    least_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows whose interval begins over ``least_m`` below the deepest end above it in its hole.

    Rows are sorted by hole and from; an interval written upside down counts by its deeper end.
    Returns the rows (k,) and those deepest ends (k,), metres.
    """
    rows, above = np.empty(len(hole), dtype=np.int64), np.empty(len(hole))
    found, end = 0, -np.inf
    for i in range(len(hole)):
        if i == 0 or hole[i] != hole[i - 1]:
            end = -np.inf
        elif min(from_m[i], to_m[i]) - end > least_m:
            rows[found], above[found] = i, end
            found += 1
        end = max(end, from_m[i], to_m[i])
    return rows[:found].copy(), above[:found].copy()


@njit(cache=True, nogil=True)
def hash_texts(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], seed: NDArray[np.int32]
) -> NDArray[np.uint64]:
    """FNV-1a of each text (n,), mixed with a seed of its own (its hole, or zeros).

    ``offsets`` (n + 1,) into the bytes ``data``. Equal texts have equal hashes; the contrary is
    for the caller to prove.
    """
    hashes = np.empty(len(offsets) - 1, dtype=np.uint64)
    for i in range(len(hashes)):
        value = _FNV_START ^ (np.uint64(seed[i]) * _FNV_PRIME)
        for j in range(offsets[i], offsets[i + 1]):
            value = (value ^ np.uint64(data[j])) * _FNV_PRIME
        value ^= value >> _SHIFT
        hashes[i] = value * _FNV_PRIME
    return hashes


@njit(cache=True, nogil=True)
def contact_inside(
    hole: NDArray[np.int32],
    from_m: NDArray[np.float64],
    to_m: NDArray[np.float64],
    contact_hole: NDArray[np.int32],
    contact_m: NDArray[np.float64],
    least_m: float,
) -> NDArray[np.float64]:
    """First contact (n,) that lies over ``least_m`` inside an interval, metres; NaN for none.

    Both tables are sorted by hole and depth; one walk down both.
    """
    inside = np.full(len(hole), np.nan)
    j = 0
    for i in range(len(hole)):
        low, high = from_m[i] + least_m, to_m[i] - least_m
        while j < len(contact_m) and (
            contact_hole[j] < hole[i] or (contact_hole[j] == hole[i] and contact_m[j] < low)
        ):
            j += 1
        if j < len(contact_m) and contact_hole[j] == hole[i] and contact_m[j] <= high:
            inside[i] = contact_m[j]
    return inside


@njit(cache=True, nogil=True)
def rising(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> bool:
    """Whether texts rise strictly from row to row, by bytes or by length and bytes.

    Then no two of them are equal. ``offsets`` (n + 1,) into the bytes ``data``.
    """
    by_bytes, by_length = True, True
    for i in range(1, len(offsets) - 1):
        a, b, c = offsets[i - 1], offsets[i], offsets[i + 1]
        size, other = b - a, c - b
        j = 0
        while j < min(size, other) and data[a + j] == data[b + j]:
            j += 1
        greater = j < min(size, other) and data[a + j] > data[b + j]
        ended = j == min(size, other)
        by_bytes &= not greater and not (ended and size >= other)
        by_length &= size < other or (size == other and not greater and not ended)
        if not (by_bytes or by_length):
            return False
    return True


@njit(cache=True, nogil=True)
def two_largest(values: NDArray[np.float64]) -> tuple[float, float]:
    """The second largest and the largest of at least two values; NaN counts as 0."""
    below, top = -np.inf, -np.inf
    for i in range(len(values)):
        value = 0.0 if np.isnan(values[i]) else values[i]
        if value > top:
            below, top = top, value
        elif value > below:
            below = value
    return below, top
