"""From texts to numbers: special values keep their meaning.

A blank is not a zero, ``<0.01`` is not a blank, ``>10`` is not ten: each is told apart, counted,
and turned into a number only by a rule that a person configured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.dictionary import normal

DECIMALS = 10
"""Every quantity is rounded to this many decimals after unit conversion, so that one deposit
written in different units gives the same bits."""
COORDINATE_DECIMALS = 4

NUMBER, BLANK, NOT_ASSAYED, BELOW, OVER, COMMA, TEXT = range(7)
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d[\d.]*(,\d+)+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Numbers:
    """One column read as numbers: values as written, and what kind each cell is."""

    values: NDArray[np.float64]
    """The number, or the limit behind ``<`` and ``>``; NaN for blanks and texts."""
    kinds: NDArray[np.int8]

    def of_kind(self, *kinds: int) -> NDArray[np.bool_]:
        """Rows whose cell is one of ``kinds``."""
        return np.isin(self.kinds, kinds)


def read_numbers(texts: list[str], not_assayed: tuple[str, ...]) -> Numbers:
    """Read cells as numbers.

    Parameters
    ----------
    texts
        The cells.
    not_assayed
        Texts and numbers that mean "no assay was made" (compared after NFKC and case-folding,
        numbers by value).

    Returns
    -------
    Numbers
        ``values`` (n,) as written in the file's own unit, and ``kinds`` (n,).
    """
    marks = {normal(mark) for mark in not_assayed}
    known: dict[str, tuple[float, int]] = {}
    values = np.empty(len(texts))
    kinds = np.empty(len(texts), dtype=np.int8)
    for i, text in enumerate(texts):
        pair = known.get(text)
        if pair is None:
            pair = known[text] = _read(text, marks)
        values[i], kinds[i] = pair
    mark_values = [_number(mark) for mark in marks]
    for value in (v for v in mark_values if v is not None):
        same = (kinds == NUMBER) & (values == value)
        kinds[same] = NOT_ASSAYED
        values[same] = np.nan
    return Numbers(values, kinds)


def canonical(values: NDArray[np.float64], factor: float = 1.0) -> NDArray[np.float64]:
    """Return ``values`` times a unit factor, rounded to :data:`DECIMALS`, without ``-0.0``."""
    return np.round(values * factor, DECIMALS) + 0.0


def _number(text: str) -> float | None:
    """A plain decimal number, or None (``nan``, ``inf`` and ``1_000`` are texts here)."""
    return float(text) if _PLAIN.fullmatch(text) else None


def _read(text: str, marks: set[str]) -> tuple[float, int]:
    """One cell: its number (or limit) and its kind."""
    plain = normal(text)
    if not plain:
        return np.nan, BLANK
    if plain in marks:
        return np.nan, NOT_ASSAYED
    value = _number(plain)
    if value is not None:
        return value, NUMBER
    if plain[0] in "<>≤≥":
        limit = _number(plain[1:].lstrip("= "))
        if limit is not None and limit >= 0:
            return limit, BELOW if plain[0] in "<≤" else OVER
    return (np.nan, COMMA) if _COMMA.fullmatch(plain) else (np.nan, TEXT)
