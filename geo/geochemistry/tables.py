"""Reading one survey table: contents keep what is known of them, limits beside values.

A content below detection has no value, only a limit; what stands for it is decided where it is
used, never here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.dictionary import IGNORED, dictionary, load_words, normal
from geo.findings import Finding, RowBalance
from geo.formats import open_sheets
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.headings import (
    HEADER_ROWS,
    TABLE,
    ElementColumn,
    SurveyHeadings,
    find_header,
    is_units_row,
    key,
    read_headings,
    words,
)
from geo.rules import Flag, blocks, finding, flag_findings
from geo.special import values as special
from geo.special.values import read_numbers
from geo.tables.sheets import Sheet, UnreadableError
from geo.tables.table import REFUSED_COLUMNS, refused_rows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass
class SurveyTable:
    """One survey table as read; rows of the three frames are the same.

    ``points``: file, sheet, row, the words (sample_id, medium, ...), and each pair of coordinates
    as ``east_0``, ``north_0``, ``east_1``, ... (as written). ``values``: contents in the unit of
    the column's name, NaN where not analysed or below detection. ``limits``: the detection limit
    where a content is below it, else NaN.
    """

    points: pd.DataFrame
    values: pd.DataFrame
    limits: pd.DataFrame
    columns: tuple[ElementColumn, ...]
    findings: list[Finding]
    flags: list[Flag] = field(default_factory=list)
    raw: dict[int, str] = field(default_factory=dict)
    refused: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REFUSED_COLUMNS))
    skipped: int = 0
    repeats: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Coded repeats taken out of the survey: points, values and limits side by side."""

    @property
    def usable(self) -> bool:
        """Whether no finding stops the table from being used."""
        return not any(blocks(found) for found in self.findings)

    def report(self, code: str, mask: Bools, column: str | None = None, **parts: Any) -> None:
        """Report the rows of ``mask``, and take them out where the rule refuses rows."""
        rows = np.flatnonzero(mask)
        if not len(rows):
            return
        flag = Flag(code, rows, column, parts.get("values"), parts.get("words"))
        self.findings += flag_findings(flag, self.points)
        gone = refused_rows([flag], self.points, TABLE)
        if len(gone):
            self.refused = pd.concat([self.refused, gone], ignore_index=True)
            self.keep(~mask)

    def keep(self, mask: Bools) -> None:
        """Keep the rows of ``mask``."""
        frames = (self.points, self.values, self.limits)
        self.points, self.values, self.limits = (f[mask].reset_index(drop=True) for f in frames)

    def balance(self, file: str, sheet: str | None) -> RowBalance:
        """Where the rows went; a table that can't be used has them all in quarantine."""
        rows = len(self.raw)
        kept = len(self.points) + len(self.repeats) if self.usable else 0
        skipped = self.skipped if self.usable else 0
        return RowBalance(file, TABLE, rows, kept, rows - kept - skipped, skipped, sheet)


def read_survey_table(path: Path, source: GeochemistrySource) -> SurveyTable:
    """Read one survey; what is wrong is a finding, never an exception."""
    try:
        sheets = open_sheets(path, source.sheet)
    except UnreadableError as error:
        found = finding(error.code, file=source.path, sheet=source.sheet, **error.words)
        return _unusable([found], {})
    sheet = max(sheets, key=lambda one: _elements_in(one, source)) if sheets else None
    if sheet is None:
        return _unusable([finding("BN-TAB-005", file=source.path, limit=20)], {})
    return _Reader(sheet, source).read()


def _unusable(findings: list[Finding], raw: dict[int, str]) -> SurveyTable:
    """A table of which nothing is read."""
    nothing = pd.DataFrame()
    return SurveyTable(nothing, nothing, nothing, (), findings, raw=raw)


def _elements_in(sheet: Sheet, source: GeochemistrySource) -> int:
    """How many element columns a sheet has (to choose among the sheets of a workbook)."""
    rows = [list(sheet.names)] if sheet.names else sheet.head(20)
    header = find_header(rows, source.columns)
    if header < 0:
        return 0
    found = read_headings(rows[header], [], source.columns, source.conventions.x_is)
    return len(found.elements)


class _Reader:
    """The steps from a sheet to a :class:`SurveyTable`."""

    def __init__(self, sheet: Sheet, source: GeochemistrySource):
        self.sheet = sheet
        self.source = source
        self.where: dict[str, Any] = {"file": source.path, "sheet": sheet.name}
        self.findings: list[Finding] = []
        if sheet.spoilt:
            count = sheet.spoilt
            self.findings.append(finding("BN-TAB-040", value=count, count=count, **self.where))

    def read(self) -> SurveyTable:
        """Read headings, then columns."""
        headings = self._headings()
        if headings is None:
            found = finding("BN-TAB-005", limit=20, **self.where)
            return _unusable([found], {})
        filled = np.flatnonzero(self.sheet.filled(headings.first)) + headings.first
        numbers = self.sheet.rows[filled]
        texts = self.sheet.texts(filled)
        raw = {int(n): " | ".join(row) for n, row in zip(numbers, texts, strict=True)}
        self._report_headings(headings)
        if any(blocks(found) for found in self.findings):
            return _unusable(self.findings, raw)
        columns = list(map(list, zip(*texts, strict=True))) if texts else []
        points = pd.DataFrame({"row": numbers.astype(np.int64)})
        points["file"], points["sheet"] = self.source.path, self.sheet.name or ""
        for name, index in headings.texts.items():
            points[name] = [text.strip() for text in columns[index]] if columns else ""
        table = SurveyTable(
            points,
            pd.DataFrame(index=points.index),
            pd.DataFrame(index=points.index),
            tuple(headings.elements),
            self.findings,
            raw=raw,
        )
        if columns:
            self._fill(table, headings, columns)
        return table

    def _headings(self) -> SurveyHeadings | None:
        """The header row's meaning, with a row of units below it taken in."""
        settings, axis = self.source.columns, self.source.conventions.x_is
        if self.sheet.names is not None:
            units = [self.sheet.units.get(name, "") for name in self.sheet.names]
            return read_headings(self.sheet.names, units, settings, axis)
        rows = self.sheet.head(22)
        at = find_header(rows, settings)
        if at < 0:
            return None
        found = read_headings(rows[at], [], settings, axis)
        below = rows[at + 1] if at + 1 < len(rows) else []
        with_units = is_units_row(below, found)
        if with_units:
            found = read_headings(rows[at], below, settings, axis)
        found.first = self._after_markers(at + (2 if with_units else 1))
        return found

    def _after_markers(self, start: int) -> int:
        """First row at or below ``start`` that describes no columns (``DATA TYPE`` does)."""
        markers = {normal(word) for word in load_words("columns.yaml")["markers"]}
        cells = self.sheet.column_texts(0, start).slice(0, HEADER_ROWS).to_pylist()
        described = (i for i, cell in enumerate(cells) if normal(cell) not in markers)
        return start + next(described, len(cells))

    def _report_headings(self, headings: SurveyHeadings) -> None:
        """Findings on the headings as a whole."""
        for name, both in headings.repeated:
            self.findings.append(finding("BN-TAB-007", column=name, found=both, **self.where))
        if not headings.pairs:
            self.findings.append(finding("BN-GCH-006", column="X/Y", **self.where))
        if not headings.elements:
            self.findings.append(finding("BN-GCH-007", **self.where))
        if headings.strangers:
            names = ", ".join(headings.strangers)
            self.findings.append(finding("BN-TAB-013", value=names, found=names, **self.where))
        self._report_configured(headings)
        given = self.source.units
        silent = [e for e in headings.elements if not (e.written or _given(given, e))]
        if silent:
            listed = ", ".join(f"{e.heading} → {e.stored}" for e in silent)
            self.findings.append(
                finding(
                    "BN-GCH-008", value=len(silent), found=listed, count=len(silent), **self.where
                )
            )

    def _report_configured(self, headings: SurveyHeadings) -> None:
        """Headings that the configuration names and the table lacks, or that mean nothing."""
        known = {*words().raw["texts"], "easting_m", "northing_m", IGNORED}
        known |= {element.name for element in headings.elements}
        for heading, name in self.source.columns.items():
            wrong = heading if heading not in headings.headings else name
            if wrong == heading or name not in known:
                near = ", ".join(headings.headings if wrong == heading else sorted(known))
                parts: dict[str, Any] = {"where": "columns", "found": wrong, "near": near}
                self.findings.append(finding("BN-GCH-029", value=wrong, **parts, **self.where))

    def _fill(self, table: SurveyTable, headings: SurveyHeadings, columns: list[list[str]]) -> None:
        """Read coordinates and contents; rows with unreadable cells are refused."""
        bad = np.zeros(len(table.points), dtype=bool)
        for number, pair in enumerate(headings.pairs):
            for axis, index in zip(("east", "north"), pair, strict=True):
                read = self._numbers(columns[index])
                table.points[f"{axis}_{number}"] = read.values
                if number == 0:
                    text = read.of_kind(special.TEXT, special.COMMA, special.BELOW, special.OVER)
                    self._flag(table, "BN-TAB-010", text, headings.headings[index], columns[index])
                    bad |= text
        values, limits = {}, {}
        for element in headings.elements:
            cells = columns[element.index]
            found = self._content(table, element, cells)
            values[element.name], limits[element.name], wrong = found
            bad |= wrong
        table.values = pd.DataFrame(values, index=table.points.index)
        table.limits = pd.DataFrame(limits, index=table.points.index)
        for flag in table.flags:
            table.findings += flag_findings(flag, table.points)
        table.refused = refused_rows(table.flags, table.points, TABLE)
        table.keep(~bad)

    def _numbers(self, cells: list[str]) -> special.Numbers:
        """Cells as numbers by the source's conventions."""
        marks = self.source.conventions.not_assayed
        return read_numbers(cells, marks, self.source.conventions.decimal)

    @staticmethod
    def _flag(table: SurveyTable, code: str, mask: Bools, heading: str, cells: list[str]) -> None:
        """Note the rows of ``mask`` with their texts."""
        rows = np.flatnonzero(mask)
        if len(rows):
            table.flags.append(Flag(code, rows, heading, [cells[i] for i in rows]))

    def _content(
        self, table: SurveyTable, element: ElementColumn, cells: list[str]
    ) -> tuple[Floats, Floats, Bools]:
        """Values, limits and refused rows of one element column."""
        read = self._numbers(cells)
        plain, below = read.of_kind(special.NUMBER), read.of_kind(special.BELOW)
        text = read.of_kind(special.TEXT, special.COMMA)
        self._flag(table, "BN-TAB-010", text, element.heading, cells)
        self._flag(table, "BN-ASY-004", read.of_kind(special.OVER), element.heading, cells)
        factor = self._factor(element)
        values = special.canonical(read.values, factor)
        limits = np.where(below, values, np.nan)
        values[below] = np.nan
        coded = self._coded(element, values, limits, plain)
        wrong = plain & ~coded & (values <= 0)
        self._flag(table, "BN-GCH-004", wrong, element.heading, cells)
        return values, limits, text | wrong

    def _coded(self, element: ElementColumn, values: Floats, limits: Floats, plain: Bools) -> Bools:
        """Turn the file's own coding of "below detection" into limits, in place; which rows."""
        given = self.source.detection_limits.get(element.name)
        how = self.source.censoring
        positive = values[plain & (values > 0)]
        if how == "zero":
            coded = plain & (values == 0)
            lowest = float(positive.min()) if len(positive) else np.nan
            limits[coded] = lowest if given is None else given
        elif how == "negative_limit":
            coded = plain & (values < 0)
            limits[coded] = -values[coded] if given is None else given
        elif how == "half_limit_spike" and len(positive):
            lowest, count = spike(positive)
            coded = plain & (values == lowest) & (count > 0)
            limits[coded] = 2 * lowest if given is None else given
        else:
            return np.zeros(len(values), dtype=bool)
        values[coded] = np.nan
        return coded

    def _factor(self, element: ElementColumn) -> float:
        """From the written (else configured, else usual) unit to the stored one."""
        units = dictionary().units
        text = element.written or _given(self.source.units, element) or element.stored
        unit = dictionary().unit(text)
        if unit is None or units[unit].kind != "grade":
            near = ", ".join(n for n, u in units.items() if u.kind == "grade")
            where = {**self.where, "column": element.heading}
            self.findings.append(finding("BN-TAB-020", found=text, near=near, **where))
            return 1.0
        return units[unit].factor / units[element.stored].factor


def _given(units: dict[str, str], column: ElementColumn) -> str | None:
    """Unit that the configuration states for a column, for its method, or for all columns."""
    return units.get(column.name) or units.get(column.method or "all") or units.get("all")


def spike(values: Floats) -> tuple[float, int]:
    """The lowest value and how often it stands, 0 where not often enough to be a coded limit."""
    figures = words().raw["checks"]
    lowest = float(values.min())
    count = int((values == lowest).sum())
    least = max(figures["spike_least_count"], figures["spike_least_share_pct"] / 100 * len(values))
    return lowest, count if count >= least else 0


def medium_kind(word: str) -> str | None:
    """Kind of a medium's word (``stream_sediment``, ``soil``, ...); None where unknown."""
    for kind, texts in words().raw["media"].items():
        if key(word) in {key(text) for text in texts}:
            return str(kind)
    return None
