"""Kernels on columns of texts: offsets (n + 1,) into bytes, as Arrow keeps them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_DIGIT, _POINT, _MINUS = 0x30, 0x2E, 0x2D
_EXACT = 2**53
"""Whole numbers below this, and powers of ten up to the 22nd, are exact as floats; so one division
gives the nearest float, as the decimal's own conversion does (Clinger 1990, section 3)."""
_TENS = 10.0 ** np.arange(23)
_MOST_DIGITS = 18


@njit(cache=True, nogil=True)
def plain_numbers(
    offsets: NDArray[Any], data: NDArray[np.uint8], values: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Read plain decimal numbers (``-12.50``) into ``values`` (n,); return the rows of other cells.

    A blank is NaN and none of the other cells. A number of too many digits to be exact here is
    one of them.
    """
    others = np.empty(16, dtype=np.int64)
    found = 0
    for i in range(len(values)):
        at, stop = offsets[i], offsets[i + 1]
        values[i] = np.nan
        if at == stop:
            continue
        negative = data[at] == _MINUS
        at += negative
        whole, places, digits, plain = np.int64(0), 0, 0, at < stop
        point = stop
        for j in range(at, stop):
            sign = np.int64(data[j]) - _DIGIT
            if 0 <= sign <= 9:
                whole = whole * 10 + sign
                digits += 1
                if digits > _MOST_DIGITS:
                    plain = False
                    break
            elif data[j] == _POINT and point == stop and at < j < stop - 1:
                point = j
            else:
                plain = False
                break
        places = stop - point - 1 if point < stop else 0
        if plain and whole < _EXACT:
            values[i] = whole / _TENS[places]
            if negative:
                values[i] = -values[i]
            continue
        if found == len(others):
            more = np.empty(2 * found, dtype=np.int64)
            more[:found] = others
            others = more
        others[found] = i
        found += 1
    return others[:found].copy()


@njit(cache=True, nogil=True)
def numbered_runs(offsets: NDArray[Any], data: NDArray[np.uint8]) -> tuple[Any, Any]:
    """Number (n,) of the run of equal texts that each row is in, and each run's first row."""
    count = len(offsets) - 1
    run, first = np.empty(count, dtype=np.int32), np.empty(64, dtype=np.int64)
    found = 0
    for i in range(count):
        size = offsets[i + 1] - offsets[i]
        same = i > 0 and size == offsets[i] - offsets[i - 1]
        j = 0
        while same and j < size:
            same = data[offsets[i] + j] == data[offsets[i - 1] + j]
            j += 1
        if not same:
            if found == len(first):
                more = np.empty(2 * found, dtype=np.int64)
                more[:found] = first
                first = more
            first[found] = i
            found += 1
        run[i] = found - 1
    return run, first[:found].copy()


@njit(cache=True, nogil=True)
def rows_starting(
    offsets: NDArray[Any], data: NDArray[np.uint8], wanted: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Rows whose first two bytes (missing ones are 0) are ``wanted`` (256, 256)."""
    rows = np.empty(16, dtype=np.int64)
    found = 0
    for i in range(len(offsets) - 1):
        size = offsets[i + 1] - offsets[i]
        first = data[offsets[i]] if size > 0 else np.uint8(0)
        second = data[offsets[i] + 1] if size > 1 else np.uint8(0)
        if not wanted[first, second]:
            continue
        if found == len(rows):
            more = np.empty(2 * found, dtype=np.int64)
            more[:found] = rows
            rows = more
        rows[found] = i
        found += 1
    return rows[:found].copy()


@njit(cache=True, nogil=True)
def holds_sign(data: NDArray[np.uint8], sign: int) -> bool:
    """Whether one byte stands anywhere among ``data``."""
    found = False
    for k in range(len(data)):
        found |= data[k] == sign
    return found


@njit(cache=True, nogil=True)
def is_ascii(data: NDArray[np.uint8]) -> bool:
    """Whether all bytes are ASCII."""
    every = np.uint8(0)
    for k in range(len(data)):
        every |= data[k]
    return bool(every < 0x80)


@njit(cache=True, nogil=True)
def is_plain(data: NDArray[np.uint8]) -> bool:
    """Whether all bytes are visible ASCII signs but the full stop."""
    plain = True
    for k in range(len(data)):
        plain &= (data[k] > 0x20) & (data[k] <= 0x7E) & (data[k] != _POINT)
    return plain


@njit(cache=True, nogil=True)
def rounded(values: NDArray[np.float64], factor: float, tens: float) -> NDArray[np.float64]:
    """``values`` (n,) times a factor, rounded to ``1 / tens``, without ``-0.0``."""
    made = np.empty(len(values))
    for i in range(len(values)):
        made[i] = np.rint(values[i] * factor * tens) / tens + 0.0
    return made


@njit(cache=True, nogil=True)
def counts_of(numbers: NDArray[np.int8], most: int) -> NDArray[np.int64]:
    """How often (most,) each number from 0 to below ``most`` stands among ``numbers``."""
    counts = np.zeros(most, dtype=np.int64)
    for i in range(len(numbers)):
        counts[numbers[i]] += 1
    return counts
