"""One column of a table, from cells to texts or quantities, with what is wrong in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from geo.config import Conventions
from geo.coordinates import read_dms
from geo.findings import Finding
from geo.rules import Flag, finding
from geo.special import values as special
from geo.special.grades import RowContext, SpecialColumn, read_grades
from geo.special.values import read_numbers
from geo.tables.encoding import encoded, signs_of
from geo.tables.headings import PLAIN_KINDS, ColumnRead, Place
from geo.tables.kernels_texts import is_plain

NEEDED = {"from_m", "to_m", "dip_deg", "zenith_deg"}
"""Numeric columns that may not be blank (``depth_m`` too, in a survey)."""
ASIDE = {
    "planned_azimuth_deg",
    "planned_dip_deg",
    "wedge_depth_m",
    "core_length_m",
    "true_thickness_m",
    "recovery_pct",
    "moisture_pct",
    "magnetic_azimuth_deg",
}
"""Numeric columns that nothing is estimated from: a wrong cell is blank, its row stays."""
IDS = ("hole_id", "sample_id", "composite_id", "parent_sample")
SAMPLE_TABLES = ("laboratory", "qaqc", "members")
"""Tables of samples, whose rows need no hole and no interval."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]00:00:00)?")


@dataclass
class ColumnMade:
    """One column: an Arrow array of texts or an array of quantities, and what was found."""

    values: Any = None
    flags: list[Flag] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    special: list[SpecialColumn] = field(default_factory=list)

    def flag(self, code: str, mask: Any, column: ColumnRead, cells: pa.Array) -> None:
        """Flag the rows of ``mask`` with their texts."""
        rows = np.flatnonzero(mask)
        if len(rows):
            self.flags.append(Flag(code, rows, column.heading, special.texts_at(cells, rows)))


class ColumnReader:
    """Reads columns of one table; ``cells`` gives a column's cells in the rows that are read."""

    def __init__(self, place: Place, conventions: Conventions, cells: Callable[..., pa.Array]):
        self.place, self.conventions, self._cells = place, conventions, cells

    def read(self, column: ColumnRead) -> ColumnMade:
        """Read a column of texts or quantities (metres, degrees as written, ...)."""
        return self._text(column) if column.kind in PLAIN_KINDS else self._number(column)

    def read_grade(self, column: ColumnRead, context: RowContext) -> ColumnMade:
        """Read a column of grades: special values by rules, then what can't be true."""
        cells = self._cells(column.index, as_text=False)
        if column.method:
            context = context.with_method(column.method)
        grades = read_grades(column, cells, self.conventions, self.place.table, context)
        made = ColumnMade(grades.values, list(grades.flags))
        for code, words in grades.notes:
            where = self.place.words(column=column.heading, value=words.get("count"))
            made.findings.append(finding(code, **where, **words))
        file, sheet = self.place.file, self.place.sheet
        made.special.append(replace(grades.special, file=file, sheet=sheet))
        return made

    def _text(self, column: ColumnRead) -> ColumnMade:
        """A column of names: NFKC and trimmed; hole ids may not be blank or dates."""
        made = ColumnMade()
        cells = self._cells(column.index)
        if column.name not in IDS[:1] and is_clean(cells):
            made.values = cells
            return made
        codes, words = encoded(cells)
        known = [unicodedata.normalize("NFKC", text or "").strip() for text in words]
        if column.name in IDS:
            known = self._without_decimals(column, known, made)
        if column.name == "hole_id" and self.place.table not in SAMPLE_TABLES:
            blank = np.array([not text for text in known], dtype=bool)
            if blank.any():
                made.flags.append(Flag("BN-TAB-017", np.flatnonzero(blank[codes]), column.heading))
            dates = np.array([bool(_DATE.fullmatch(text)) for text in known], dtype=bool)
            if dates.any():
                rows = np.flatnonzero(dates[codes])
                values = [known[code] for code in codes[rows]]
                made.flags.append(Flag("BN-TAB-018", rows, column.heading, values))
        same = known == words
        made.values = cells if same else pa.array(known, pa.string()).take(pa.array(codes))
        return made

    def _without_decimals(
        self, column: ColumnRead, known: list[str], made: ColumnMade
    ) -> list[str]:
        """Ids that a spreadsheet made decimal numbers (``280146.0``, all of them) as they were."""
        filled = [text for text in known if text]
        if not filled or not all(text.endswith(".0") and text[:-2].isdecimal() for text in filled):
            return known
        words = self.place.words(column=column.heading, found=filled[0])
        made.findings.append(finding("BN-TAB-029", **words))
        return [text.removesuffix(".0") for text in known]

    def _number(self, column: ColumnRead) -> ColumnMade:
        """A column of quantities in its stored unit."""
        if column.kind == "coordinate" and self.conventions.angles == "dms":
            return self._degrees(column)
        made = ColumnMade()
        cells = self._cells(column.index, as_text=False)
        numbers = read_numbers(cells, self.conventions.not_assayed, self.conventions.decimal)
        limits = numbers.of_kind(special.BELOW, special.OVER)
        wrong = numbers.of_kind(special.TEXT) | limits
        aside = column.name in ASIDE
        made.flag("BN-TAB-024" if aside else "BN-TAB-010", wrong, column, cells)
        comma = numbers.of_kind(special.COMMA)
        made.flag("BN-TAB-024" if aside else "BN-TAB-011", comma, column, cells)
        here = (self.place.table, column.name)
        needed = column.name in NEEDED and self.place.table not in SAMPLE_TABLES
        if needed or here == ("survey", "depth_m"):
            blank = numbers.of_kind(special.BLANK, special.NOT_ASSAYED)
            made.flag("BN-TAB-017", blank, column, cells)
        values = numbers.values
        if limits.any():
            values = np.where(limits, np.nan, values)
        made.values = special.canonical(values, column.factor)
        return made

    def _degrees(self, column: ColumnRead) -> ColumnMade:
        """A longitude or latitude in degrees, minutes and seconds."""
        made = ColumnMade()
        cells = self._cells(column.index)
        texts = [text or "" for text in cells.to_pylist()]
        made.values = read_dms(texts)
        filled = np.array([bool(text.strip()) for text in texts])
        made.flag("BN-TAB-010", np.isnan(made.values) & filled, column, cells)
        return made


def is_clean(cells: pa.Array) -> bool:
    """Whether texts need no normalising: only visible ASCII, no blanks, no ``.0`` to take off."""
    return bool(is_plain(signs_of(cells)))
