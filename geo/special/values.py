"""From cells to numbers: special values keep their meaning.

A blank is not a zero, ``<0.01`` is not a blank, ``>10`` is not ten: each is told apart, counted,
and turned into a number only by a rule that a person configured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.dictionary import normal
from geo.tables.encoding import text_buffers
from geo.tables.kernels_texts import plain_numbers, rounded

DECIMALS = 10
"""Every quantity is rounded to this many decimals after unit conversion, so that one deposit
written in different units gives the same bits."""
COORDINATE_DECIMALS = 4

NUMBER, BLANK, NOT_ASSAYED, BELOW, OVER, COMMA, TEXT = range(7)
_PLAIN = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d[\d.]*,\d[\d,]*(\.\d+)?", re.ASCII)
_BELOW_L = re.compile(r"(\d+(?:\.\d*)?|\.\d+)l", re.ASCII)
"""``0.01L``: a Chinese laboratory's mark for "below the limit 0.01"."""
_DECIMAL_COMMA = re.compile(r"([<>≤≥]?=?\s*[+-]?\d*),(\d+)(e[+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Numbers:
    """One column read as numbers: values as written, and what kind each cell is."""

    values: NDArray[np.float64]
    """The number, or the limit behind ``<`` and ``>``; NaN for blanks and texts."""
    kinds: NDArray[np.int8]

    def of_kind(self, *kinds: int) -> NDArray[np.bool_]:
        """Rows whose cell is one of ``kinds``."""
        mask = self.kinds == kinds[0]
        for kind in kinds[1:]:
            mask |= self.kinds == kind
        return mask


def read_numbers(
    cells: Sequence[str] | pa.Array,
    not_assayed: Iterable[str],
    decimal: Literal["point", "comma"] = "point",
) -> Numbers:
    """Read cells as numbers.

    Parameters
    ----------
    cells
        Texts, an Arrow array of strings (blank: ``""`` or null), or one of float64 (blank: null
        or NaN). Python reads only the distinct texts that are not plain numbers.
    not_assayed
        Texts and numbers that mean "no assay was made" (compared after NFKC and case-folding,
        numbers by value).
    decimal
        ``comma``: ``0,35`` is 0.35. Otherwise a comma in a number is of kind :data:`COMMA`.

    Returns
    -------
    Numbers
        ``values`` (n,) as written in the file's own unit, and ``kinds`` (n,).
    """
    marks = {normal(mark) for mark in not_assayed}
    array = cells if isinstance(cells, pa.Array | pa.ChunkedArray) else _strings(cells)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        numbers = _typed(array)
    else:
        numbers = _texts(array, marks, decimal)
    values, kinds = numbers.values, numbers.kinds
    for value in (v for v in map(_number, marks) if v is not None):
        same = (kinds == NUMBER) & (values == value)
        kinds[same] = NOT_ASSAYED
        values[same] = np.nan
    return numbers


def canonical(values: NDArray[np.float64], factor: float = 1.0) -> NDArray[np.float64]:
    """Return ``values`` times a unit factor, rounded to :data:`DECIMALS`, without ``-0.0``."""
    made: NDArray[np.float64] = rounded(values, factor, 10.0**DECIMALS)
    return made


def texts_at(cells: Sequence[str] | pa.Array, rows: NDArray[np.intp]) -> list[str]:
    """The cells of some rows as they were written."""
    if isinstance(cells, pa.Array | pa.ChunkedArray):
        return [
            "" if cell is None else str(cell) for cell in cells.take(pa.array(rows)).to_pylist()
        ]
    return [cells[int(row)] for row in rows]


def _strings(cells: Sequence[str]) -> pa.Array:
    """Texts as an Arrow array."""
    return pa.array(cells, type=pa.string())


def _typed(array: pa.Array) -> Numbers:
    """A column that its format already holds as numbers."""
    values = np.array(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    kinds = np.where(np.isnan(values), BLANK, NUMBER).astype(np.int8)
    infinite = np.isinf(values)
    kinds[infinite] = TEXT
    values[infinite] = np.nan
    return Numbers(values, kinds)


def _texts(array: pa.Array, marks: set[str], decimal: str) -> Numbers:
    """A column of texts: plain numbers by a kernel, others once for each distinct cell."""
    array = array.fill_null("") if array.null_count else array
    values = np.empty(len(array))
    others: NDArray[np.int64] = plain_numbers(*text_buffers(array), values)
    kinds = np.isnan(values).astype(np.int8) * np.int8(BLANK)
    if len(others):
        coded = array.take(pa.array(others)).dictionary_encode()
        read = [_read(text, marks, decimal) for text in coded.dictionary.to_pylist()]
        codes = coded.indices.to_numpy()
        values[others] = np.array([value for value, _ in read])[codes]
        kinds[others] = np.array([kind for _, kind in read], dtype=np.int8)[codes]
    return Numbers(values, kinds)


def _number(text: str) -> float | None:
    """A plain decimal number, or None (``nan``, ``inf`` and ``1_000`` are texts here)."""
    if not _PLAIN.fullmatch(text):
        return None
    value = float(text)
    return value if np.isfinite(value) else None


def _read(text: str, marks: set[str], decimal: str) -> tuple[float, int]:
    """One cell: its number (or limit) and its kind."""
    plain = normal(text)
    if not plain:
        return np.nan, BLANK
    if plain in marks:
        return np.nan, NOT_ASSAYED
    if decimal == "comma" and (found := _DECIMAL_COMMA.fullmatch(plain)):
        plain = f"{found.group(1)}.{found.group(2)}{found.group(3) or ''}"
    value = _number(plain)
    if value is not None:
        return value, NUMBER
    if plain[0] in "<>≤≥":
        limit = _number(plain[1:].lstrip("= "))
        if limit is not None and limit >= 0:
            return limit, BELOW if plain[0] in "<≤" else OVER
    if _BELOW_L.fullmatch(plain):
        return float(plain[:-1]), BELOW
    return (np.nan, COMMA) if _COMMA.fullmatch(plain) else (np.nan, TEXT)
