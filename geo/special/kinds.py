"""The kinds of special values in a column of grades, told apart by what is written.

A cell alone tells ``<0.01`` or ``NS``; only the column tells a negative detection limit from a slip
of the pen, and half a limit written everywhere from a low grade.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.dictionary import load_words, normal
from geo.special import values as read
from geo.special.values import Numbers, texts_at

MARK, BELOW_WORD, ZERO, NEGATIVE_LIMIT, NEGATIVE, SENTINEL, SPIKE = range(7, 14)

NAMES = {
    read.NUMBER: "number",
    read.BLANK: "blank",
    read.NOT_ASSAYED: "not_assayed",
    read.BELOW: "below",
    read.OVER: "over",
    read.COMMA: "decimal_comma",
    read.TEXT: "text",
    MARK: "mark",
    BELOW_WORD: "below_word",
    ZERO: "zero",
    NEGATIVE_LIMIT: "negative_limit",
    NEGATIVE: "negative",
    SENTINEL: "sentinel",
    SPIKE: "spike",
}
"""Names of the kinds, as configuration and JSON write them."""

WORDS = {
    "number": ("数值", "numbers"),
    "blank": ("空白", "blanks"),
    "not_assayed": ("已声明的未分析记号", "declared marks of no assay"),
    "below": ("低于检出限", "below detection"),
    "over": ("超出测定上限", "over range"),
    "decimal_comma": ("小数逗号", "decimal commas"),
    "text": ("文字", "texts"),
    "mark": ("未声明的记号", "undeclared marks"),
    "below_word": ("未给检出限的“未检出”", "'not detected' without a limit"),
    "zero": ("零", "exact zeros"),
    "negative_limit": ("负的检出限", "negative detection limits"),
    "negative": ("负值", "negative values"),
    "sentinel": ("哨兵值", "sentinels"),
    "spike": ("最低端重复值（疑为半检出限）", "a repeated lowest value (half a limit?)"),
}

SENTINELS = (99999.0, 999999.0, 9999999.0, -999.25)
"""Numbers that programs write for "no value": runs of nines, and -999.25 (LAS)."""
NINES = (9.0, 99.0, 999.0, 9999.0, 9.99, 99.99, 999.99, 9999.99, *SENTINELS[:3])
"""Negatives of these are sentinels too; positive, the short ones may be assays."""
HUGE = 1e20
"""No grade: 1E21 and 1E31 (GSLIB), -1E30 and -1E32 (Datamine, Geosoft), 1.70141E38 (Surfer)."""
USUAL_LIMITS = (1, 2, 3, 5)
"""First digits of detection limits as laboratories state them (0.01, 0.002, 0.3, 0.5)."""
NEGATIVE_REPEATS = 2
"""A usual limit that stands negative at least this often is a mark, once it may be a slip."""
SPIKE_SHARE, SPIKE_LEAST, SPIKE_TIMES = 0.05, 10, 2.5
"""A lowest value is a spike where it fills at least this share of the numbers and this many rows,
and stands so many times above each of the five levels over it. Rounded grades fall off gently
(Babbitt nickel: 1046 at 0.01 %, 2259 at 0.02 %); half limits do not (Kola molybdenum: 463 at 0.1,
34 at 0.2)."""
LEVELS = 5
OFF_GRID_LEAST = 3
"""So many times a lowest value of finer digits than all levels above it (0.05 below 0.1, 0.2, 0.3)
is half a limit however small its share."""


@lru_cache(maxsize=1)
def usual_words() -> tuple[frozenset[str], frozenset[str]]:
    """Usual words for "not assayed" and "below detection" (data/dictionaries/special.yaml)."""
    words = load_words("special.yaml")
    known = [frozenset(map(normal, words[k])) for k in ("not_assayed", "below_detection")]
    return known[0], known[1]


def tell_kinds(
    numbers: Numbers, cells: Sequence[str] | pa.Array, wanted: frozenset[str] = frozenset()
) -> NDArray[np.int8]:
    """Return the kind of each cell, of the cell's own kinds and the column's.

    Parameters
    ----------
    numbers, cells
        The column as read, and as written.
    wanted
        Kinds that a rule names for this column: a single negative limit then counts as one.
    """
    kinds = numbers.kinds.copy()
    _tell_words(kinds, cells)
    values = numbers.values
    low = np.flatnonzero(values <= 0)
    low = low[kinds[low] == read.NUMBER]
    kinds[low[values[low] == 0]] = ZERO
    negative = low[values[low] < 0]
    if len(negative):
        repeats = 1 if NAMES[NEGATIVE_LIMIT] in wanted else NEGATIVE_REPEATS
        kinds[negative] = _tell_negatives(values[negative], repeats)
    high = np.flatnonzero(values >= min(SENTINELS[:3]))
    high = high[kinds[high] == read.NUMBER]
    kinds[high[(values[high] >= HUGE) | np.isin(values[high], SENTINELS)]] = SENTINEL
    plain = values[kinds == read.NUMBER]
    spike = spike_of(plain)
    if spike is not None:
        kinds[(kinds == read.NUMBER) & (values == spike)] = SPIKE
    return kinds


def _tell_words(kinds: NDArray[np.int8], cells: Sequence[str] | pa.Array) -> None:
    """Texts that are usual words."""
    rows = np.flatnonzero(kinds == read.TEXT)
    marks, below = usual_words()
    for row, text in zip(rows.tolist(), texts_at(cells, rows), strict=True):
        word = normal(text)
        kinds[row] = MARK if word in marks else BELOW_WORD if word in below else read.TEXT


def _tell_negatives(values: NDArray[np.float64], repeats: int) -> NDArray[np.int8]:
    """Sentinels, detection limits and slips among negative numbers."""
    kinds = np.full(len(values), NEGATIVE, dtype=np.int8)
    for value, count in zip(*np.unique(values, return_counts=True), strict=True):
        if value <= -HUGE or -value in NINES or value in SENTINELS:
            kinds[values == value] = SENTINEL
        elif count >= repeats and is_usual_limit(-float(value)):
            kinds[values == value] = NEGATIVE_LIMIT
    return kinds


def is_usual_limit(value: float) -> bool:
    """Whether a positive number is one usual digit and zeros: 0.01, 0.5, 20."""
    digits = str(Decimal(repr(float(f"{value:.6g}"))).normalize().as_tuple().digits)
    return digits in {f"({first},)" for first in USUAL_LIMITS}


def spike_of(values: NDArray[np.float64]) -> float | None:
    """The lowest of positive values where it is a spike, else None."""
    total = len(values)
    if not total:
        return None
    lowest = float(values.min())
    count = int((values == lowest).sum())
    if count < OFF_GRID_LEAST:
        return None
    large = count >= max(SPIKE_LEAST, SPIKE_SHARE * total)
    if not large and not _may_be_half(lowest):
        return None
    levels, counts = _levels_above(values, lowest)
    if large and count >= SPIKE_TIMES * max(counts, default=0):
        return lowest
    finer = all(_decimals(level) < _decimals(lowest) for level in levels)
    return lowest if len(levels) == LEVELS and finer and _may_be_half(lowest) else None


def _levels_above(values: NDArray[np.float64], lowest: float) -> tuple[list[float], list[int]]:
    """The next levels above the lowest, and how often each stands."""
    levels, counts = [], []
    left = values[values > lowest]
    for _ in range(LEVELS):
        if not len(left):
            break
        level = float(left.min())
        levels.append(level)
        counts.append(int((left == level).sum()))
        left = left[left > level]
    return levels, counts


def _may_be_half(value: float) -> bool:
    """Whether a number is half of a usual limit with finer digits: 0.05, 0.25, 2.5."""
    return str(Decimal(repr(value)).normalize()).endswith("5") and is_usual_limit(2 * value)


def _decimals(value: float) -> int:
    """Digits behind the point as written; noise of single precision is left out."""
    exponent = Decimal(repr(float(f"{value:.6g}"))).normalize().as_tuple().exponent
    return -int(exponent)
