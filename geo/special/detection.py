"""Which rule fits a special value: by column, kind, method, laboratory and year of the assay.

A detection limit is a property of one method in one laboratory at one time: where it changed, two
rules with years stand beside each other, and every row takes its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.config import SpecialRule
from geo.dictionary import dictionary, normal

METHOD, LABORATORY, DATE = "method", "laboratory", "date"
"""Dictionary columns of an assay table that say how, where and when a sample was assayed."""
_YEAR_FIRST_OR_LAST = re.compile(r"^\D*(19[5-9]\d|20\d\d)|(?<!\d)(19[5-9]\d|20\d\d)\D*$")


@dataclass(frozen=True)
class RowContext:
    """What else a row says about its assay, read only where a rule asks for it.

    ``columns`` holds text columns by dictionary name: sequences of texts, Arrow or numpy arrays.
    Each property is None where the table has no such column.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    heading_method: str | None = None
    """The method that a column's own heading names (``ME-ICP41``)."""

    def with_method(self, method: str) -> RowContext:
        """The same rows for a column whose heading names its method; a method column wins."""
        return self if METHOD in self.columns else replace(self, heading_method=normal(method))

    @cached_property
    def method(self) -> NDArray[Any] | str | None:
        """Method by row (or of all rows), after NFKC and case-folding."""
        return self.heading_method or _mapped(self.columns.get(METHOD), normal)

    @cached_property
    def laboratory(self) -> NDArray[Any] | None:
        """Laboratory by row, after NFKC and case-folding."""
        return _mapped(self.columns.get(LABORATORY), normal)

    @cached_property
    def year(self) -> NDArray[Any] | None:
        """Year of the assay by row; NaN where the row has no date that can be read."""
        return _mapped(self.columns.get(DATE), year_of)


def row_context(columns: Mapping[str, Any]) -> RowContext:
    """Methods, laboratories and years of a table, from its text columns by dictionary name.

    Names other than :data:`METHOD`, :data:`LABORATORY` and :data:`DATE` are not looked at.
    """
    return RowContext({c: columns[c] for c in (METHOD, LABORATORY, DATE) if c in columns})


def year_of(text: str) -> float:
    """The year in a date as people write it (``2019-05-01``, ``1/5/2019``, ``2019年``); or NaN."""
    found = _YEAR_FIRST_OR_LAST.search(normal(text))
    return float(found.group(1) or found.group(2)) if found else np.nan


def _mapped(cells: Any, meaning: Any) -> NDArray[Any] | None:
    """A meaning of every cell; each distinct cell is read once."""
    if cells is None:
        return None
    array = cells if isinstance(cells, pa.Array | pa.ChunkedArray) else _arrow(cells)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    coded = pc.fill_null(array.cast(pa.string()), "").dictionary_encode()
    distinct = np.array([meaning(text) for text in coded.dictionary.to_pylist()])
    return distinct[coded.indices.to_numpy()]


def _arrow(cells: Any) -> pa.Array:
    """A sequence, numpy array or pandas column as an Arrow array."""
    return pa.array(cells, from_pandas=True)


def matching_rules(
    rules: Sequence[SpecialRule],
    column: str,
    kind: str,
    rows: NDArray[np.intp],
    context: RowContext,
) -> Iterator[tuple[int, SpecialRule, NDArray[np.intp]]]:
    """Each rule that fits some of ``rows``, with its number and its rows; the first fit holds.

    Parameters
    ----------
    rules
        The source's rules, in order.
    column, kind
        Dictionary column and kind of the special values.
    rows
        Positions of these values in the column.
    context
        Methods, laboratories and years of the column's rows.
    """
    left = rows
    for number, rule in enumerate(rules):
        if rule.kind != kind or not (rule.columns == "all" or column in rule.columns):
            continue
        fits = _fits(rule, left, context)
        if fits.any():
            yield number, rule, left[fits]
            left = left[~fits]


def _fits(rule: SpecialRule, rows: NDArray[np.intp], context: RowContext) -> NDArray[np.bool_]:
    """Rows whose method, laboratory and year the rule asks for."""
    fits = np.ones(len(rows), dtype=bool)
    for wanted, held in ((rule.method, context.method), (rule.laboratory, context.laboratory)):
        if wanted is not None:
            mine = held[rows] if isinstance(held, np.ndarray) else np.array(held or "")
            fits &= mine == normal(wanted)
    for wanted_year, side in ((rule.from_year, np.greater_equal), (rule.to_year, np.less_equal)):
        if wanted_year is not None:
            fits &= side(context.year[rows], wanted_year) if context.year is not None else False
    return fits


def limit_as_stored(rule: SpecialRule, column: str) -> float | None:
    """The rule's limit in the unit of the column's name; None where it states none."""
    if rule.limit is None or rule.limit_unit is None:
        return None
    book = dictionary()
    unit, stored = book.units[rule.limit_unit], book.units[column.rpartition("_")[2]]
    return round(rule.limit * unit.factor / stored.factor, 12)
