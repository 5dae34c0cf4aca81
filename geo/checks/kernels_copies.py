"""Kernels that look for one sequence of grades in two holes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

_MARK = np.uint64(0x9E3779B97F4A7C15)
_WINDOW = np.uint64(0xBF58476D1CE4E5B9)
_MARK_SHIFT, _WINDOW_SHIFT = np.uint64(29), np.uint64(31)
_NONE, _ONE = np.uint64(0), np.uint64(1)


@njit(cache=True, nogil=True)
def mix_in(
    marks: Numbers, filled: NDArray[np.bool_], values: NDArray[np.float64], bits: Numbers
) -> None:
    """Mix one element's grades into the ``marks`` of their rows (n,), and say which are ``filled``.

    ``bits`` are the same ``values`` as whole numbers; what isn't positive counts as nothing found.
    """
    for i in range(len(marks)):
        known = values[i] > 0
        filled[i] |= known
        mixed = (marks[i] ^ (bits[i] if known else _NONE)) * _MARK
        marks[i] = mixed ^ (mixed >> _MARK_SHIFT)


@njit(cache=True, nogil=True)
def finish_marks(marks: Numbers, filled: NDArray[np.bool_]) -> None:
    """Marks of rows without any grade become 0, and no other's is 0."""
    for i in range(len(marks)):
        marks[i] = max(marks[i], _ONE) if filled[i] else _NONE


@njit(cache=True, nogil=True)
def windows_of(
    marks: Numbers, hole: NDArray[np.int32], length: int
) -> tuple[Numbers, NDArray[np.bool_]]:
    """A number (n,) for the sequence of ``length`` rows from each row on, and whether it counts.

    It counts where it lies in one hole, every row has a grade (its mark isn't 0), and no row
    repeats the one above it.
    """
    windows = np.zeros(len(marks), dtype=np.uint64)
    valid = np.zeros(len(marks), dtype=np.bool_)
    whole = 0  # rows, up to the current one, that may stand in one sequence
    for last in range(len(marks)):
        follows = last > 0 and hole[last] == hole[last - 1] and marks[last] != marks[last - 1]
        whole = 0 if marks[last] == _NONE else whole + 1 if follows else 1
        if whole < length:
            continue
        first = last - length + 1
        number = _NONE
        for k in range(first, last + 1):
            mixed = (number ^ marks[k]) * _WINDOW
            number = mixed ^ (mixed >> _WINDOW_SHIFT)
        windows[first], valid[first] = number, True
    return windows, valid


@njit(cache=True, nogil=True)
def may_repeat(numbers: Numbers, counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows whose number may stand in another ``counted`` row too; all that do, and few others.

    The upper bits of a number choose one of about eight places for each row; a place taken twice
    marks its rows.
    """
    bits = 4
    while (1 << bits) < 8 * len(numbers):
        bits += 1
    shift = np.uint64(64 - bits)
    taken = np.zeros(1 << bits, dtype=np.uint8)
    for i in range(len(numbers)):
        if counted[i]:
            place = np.int64((numbers[i] * _MARK) >> shift)
            taken[place] = min(taken[place] + 1, 2)
    found = np.zeros(len(numbers), dtype=np.bool_)
    for i in range(len(numbers)):
        found[i] = counted[i] and taken[np.int64((numbers[i] * _MARK) >> shift)] > 1
    return found
