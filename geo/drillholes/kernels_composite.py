"""Kernels of compositing: intervals and pieces of holes met in one walk down both."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Holes = NDArray[np.int32]
Numbers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _first_below(hole: int, from_m: float, start: int, holes: Holes, to_m: Floats) -> int:
    """First interval from ``start`` on that ends below ``from_m`` in ``hole``, or lies behind."""
    while start < len(holes) and (
        holes[start] < hole or (holes[start] == hole and to_m[start] <= from_m)
    ):
        start += 1
    return start


@njit(cache=True, nogil=True)
def _walk(
    hole: Holes,
    from_m: Floats,
    to_m: Floats,
    other_hole: Holes,
    other_from_m: Floats,
    other_to_m: Floats,
    pairs: Numbers,
    metres: Floats,
) -> int:
    """Fill ``pairs`` (n, 2) and ``metres`` (n,) where they have room; returns the number found."""
    found, start = 0, 0
    for i in range(len(hole)):
        start = _first_below(hole[i], from_m[i], start, other_hole, other_to_m)
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
    hole: Holes,
    from_m: Floats,
    to_m: Floats,
    other_hole: Holes,
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
def assayed_grades(
    hole: Holes,
    from_m: Floats,
    to_m: Floats,
    other_hole: Holes,
    other_from_m: Floats,
    other_to_m: Floats,
    grade: Floats,
    limits: tuple[float, float],
) -> tuple[Floats, Floats]:
    """Length-weighted grade and assayed metres (pieces,) of one element.

    Pieces and intervals as in :func:`overlapping_pairs`; ``grade`` (intervals,), NaN where not
    assayed. ``limits``: metres up to which an interval merely touches a piece, and the least
    assayed share of a piece, below which its grade is NaN.
    """
    least_m, least_share = limits
    metal, assayed = np.zeros(len(hole)), np.zeros(len(hole))
    start = 0
    for i in range(len(hole)):
        start = _first_below(hole[i], from_m[i], start, other_hole, other_to_m)
        j = start
        while j < len(other_hole) and other_hole[j] == hole[i] and other_from_m[j] < to_m[i]:
            length = min(to_m[i], other_to_m[j]) - max(from_m[i], other_from_m[j])
            if length > 0.0 and length > least_m and np.isfinite(grade[j]):
                metal[i] += length * grade[j]
                assayed[i] += length
            j += 1
        covered = assayed[i] > 0 and assayed[i] / (to_m[i] - from_m[i]) >= least_share
        metal[i] = metal[i] / assayed[i] if covered else np.nan
    return metal, assayed


@njit(cache=True, nogil=True)
def assayed_runs(hole: Holes, to_m: Floats, held: NDArray[np.bool_]) -> tuple[Numbers, Floats]:
    """First row (holes,) of each hole among the rows ``held`` (n,), and their deepest end, metres.

    Rows are sorted by hole; a hole without a row held is left out.
    """
    first, deepest = np.empty(len(hole), dtype=np.int64), np.empty(len(hole))
    found, current = 0, np.int32(-1)
    for i in range(len(hole)):
        if not held[i]:
            continue
        if found and hole[i] == current:
            deepest[found - 1] = max(deepest[found - 1], to_m[i])
        else:
            first[found], deepest[found], current = i, to_m[i], hole[i]
            found += 1
    return first[:found].copy(), deepest[:found].copy()


@njit(cache=True, nogil=True)
def laid(
    from_m: Floats, to_m: Floats, count: Numbers, length_m: float, tens: float
) -> tuple[Holes, Floats, Floats]:
    """Run, from and to (pieces,) of runs cut into ``count`` pieces of ``length_m`` each.

    Depths are rounded to ``1 / tens``; the last piece ends where its run ends.
    """
    total = count.sum()
    run, start, stop = np.empty(total, dtype=np.int32), np.empty(total), np.empty(total)
    at = 0
    for i in range(len(count)):
        for k in range(count[i]):
            run[at] = i
            start[at] = np.rint((from_m[i] + k * length_m) * tens) / tens
            stop[at] = np.rint((from_m[i] + (k + 1) * length_m) * tens) / tens
            at += 1
        if count[i]:
            stop[at - 1] = to_m[i]
    return run, start, stop
