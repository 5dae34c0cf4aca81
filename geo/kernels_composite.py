"""Kernel of compositing: which intervals overlap which pieces, in one walk down both."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _walk(
    hole: Numbers,
    from_m: Floats,
    to_m: Floats,
    other_hole: Numbers,
    other_from_m: Floats,
    other_to_m: Floats,
    pairs: Numbers,
    metres: Floats,
) -> int:
    """Fill ``pairs`` (n, 2) and ``metres`` (n,) where they have room; returns the number found."""
    found, start = 0, 0
    for i in range(len(hole)):
        while start < len(other_hole) and (
            other_hole[start] < hole[i]
            or (other_hole[start] == hole[i] and other_to_m[start] <= from_m[i])
        ):
            start += 1
        j = start
        while j < len(other_hole) and other_hole[j] == hole[i] and other_from_m[j] < to_m[i]:
            length = min(to_m[i], other_to_m[j]) - max(from_m[i], other_from_m[j])
            if length > 0.0:
                if found < len(pairs):
                    pairs[found, 0], pairs[found, 1], metres[found] = i, j, length
                found += 1
            j += 1
    return found


@njit(cache=True, nogil=True)
def overlapping_pairs(
    hole: Numbers,
    from_m: Floats,
    to_m: Floats,
    other_hole: Numbers,
    other_from_m: Floats,
    other_to_m: Floats,
) -> tuple[Numbers, Floats]:
    """Pairs (n, 2) of pieces and intervals that overlap, and by how many metres (n,).

    Pieces (``hole``, ``from_m``, ``to_m``) and intervals are each sorted by hole and from, and
    lie apart from each other within a hole. Pairs come in the order of the pieces.
    """
    nothing, none = np.empty((0, 2), dtype=np.int64), np.empty(0)
    args = (hole, from_m, to_m, other_hole, other_from_m, other_to_m)
    count = _walk(*args, nothing, none)
    pairs, metres = np.empty((count, 2), dtype=np.int64), np.empty(count)
    _walk(*args, pairs, metres)
    return pairs, metres


@njit(cache=True, nogil=True)
def assayed_sums(
    pairs: Numbers, metres: Floats, grades: Floats, pieces: int, least_m: float
) -> tuple[Floats, Floats]:
    """Metal (grade x metres) and assayed metres (pieces, elements) over pairs.

    ``grades`` (intervals, elements), NaN where not assayed; pairs shorter than ``least_m`` merely
    touch.
    """
    elements = grades.shape[1]
    metal, assayed = np.zeros((pieces, elements)), np.zeros((pieces, elements))
    for n in range(len(metres)):
        if metres[n] <= least_m:
            continue
        for e in range(elements):
            grade = grades[pairs[n, 1], e]
            if np.isfinite(grade):
                metal[pairs[n, 0], e] += metres[n] * grade
                assayed[pairs[n, 0], e] += metres[n]
    return metal, assayed
