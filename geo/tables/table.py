"""Reading one table of one file: rows become dictionary columns, or findings.

Every row of the file is accounted for: accepted, quarantined (with the rule it breaks) or
skipped (sentinels, totals). Nothing is repaired silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.archives import locate
from geo.checks.remnants import remnant_flags
from geo.config import Conventions
from geo.dictionary import load_words
from geo.drillholes.control_rows import control_frame, controls_among, controls_finding
from geo.findings import Finding, RowBalance
from geo.formats import open_sheets
from geo.rules import Flag, blocks, finding, flag_findings, refuses
from geo.special.grades import SpecialColumn, row_context
from geo.special.values import texts_at
from geo.tables.columns import IDS, ColumnMade, ColumnReader
from geo.tables.encoding import text_buffers
from geo.tables.header_rows import Header
from geo.tables.headings import ColumnRead, Headings, Place, header_of, read_headings
from geo.tables.kernels_texts import rows_starting
from geo.tables.long_form import Wide, widen
from geo.tables.raw_rows import RawRows
from geo.tables.sheets import Sheet, UnreadableError, as_texts
from geo.tables.templates import known, mapping_of, review

THREADS = 2
"""Columns of one table that are read at the same time."""


@dataclass(frozen=True)
class Table:
    """One table as read, in canonical columns and units.

    ``frame`` holds the accepted rows with ``file``, ``sheet`` and ``row``; ``raw`` gives a data
    row's original text by row number; ``refused`` has one line for each row and rule
    (table, file, sheet, row, code).
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    balance: RowBalance
    raw: Mapping[int, str]
    refused: pd.DataFrame
    special: tuple[SpecialColumn, ...] = ()
    """Special values of each column of grades, counted before and after their rules."""
    lines: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    """Long tables: a row's number -> numbers of all rows of the file that it was made from."""
    columns: tuple[ColumnRead, ...] = ()
    """What each heading was taken for."""
    headings: tuple[str, ...] = ()
    """All headings as written."""
    controls: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Rows of control samples that stood among the samples; skipped in the balance."""

    @property
    def usable(self) -> bool:
        """Whether no finding stops the table from being used."""
        return not any(blocks(found) for found in self.findings)


REFUSED_COLUMNS = ["table", "file", "sheet", "row", "code"]


def read_table(
    path: Path,
    table: str,
    *,
    sheet: str | None = None,
    conventions: Conventions,
    columns: dict[str, str] | None = None,
    units: dict[str, str] | None = None,
    name: str | None = None,
    templates: Path | None = None,
) -> Table:
    """Read one table of a file of any known format, or of one in a zip archive.

    Parameters
    ----------
    path, table, sheet
        The file, its dictionary table (``collar``, ``survey``, ...), and the workbook's sheet.
    conventions, columns, units
        How the source writes, as configured: axes, signs, units; heading -> column;
        column -> unit.
    name
        How findings call the file (default: its name without folders).
    templates
        Folder of confirmed layouts: a known one says what its headings mean (``columns`` of the
        configuration win), an unknown or changed one becomes a finding. None: no templates.

    Returns
    -------
    Table
        Lengths in metres, angles in degrees as written (signs are not turned here), grades in
        the unit of the column's name. Never raises for data: what is wrong is a finding.
    """
    place = Place(name or path.name, sheet, table)
    try:
        path = locate(path)
        cells, header = best_sheet(open_sheets(path, sheet), table, columns or {})
    except UnreadableError as error:
        found = finding(error.code, **place.words(), **error.words)
        return _empty(place, [found], 0)
    place = Place(place.file, cells.name, table)
    asked: list[Finding] = []
    if templates is not None:
        columns, asked = _by_template(cells, place, conventions, columns or {}, templates)
        header = header_of(cells, table, columns)
    raw = RawRows(path, cells)
    wide = None
    if header.row >= 0:
        wide = widen(cells, header, place, columns or {}, conventions.not_assayed)
    if wide is not None:
        cells, header = wide.sheet, header_of(wide.sheet, table, columns or {})
    headings = read_headings(cells, header, place, conventions, columns or {}, units or {})
    headings.findings += asked
    if any(blocks(found) for found in headings.findings):
        rows = wide.rows_in if wide else int(cells.filled(headings.first).sum())
        told = [*headings.findings, *(wide.findings if wide else ())]
        return _empty(place, told, rows if header.row >= 0 else 0)
    reader = _Reader(cells, place, conventions, headings, wide)
    del cells, wide  # a large table's cells go column by column while they are read
    return reader.read(raw)


def _by_template(
    cells: Sheet,
    place: Place,
    conventions: Conventions,
    columns: dict[str, str],
    folder: Path,
) -> tuple[dict[str, str], list[Finding]]:
    """Heading -> column by the layout's template, and findings where it has none."""
    template = known(cells, folder, place.table)
    if template is not None:
        return {**template.named, **columns}, []
    mapping = mapping_of(cells, place.table, conventions, columns)
    return columns, review(mapping, folder, place) if mapping.columns else []


def best_sheet(sheets: list[Sheet], table: str, columns: dict[str, str]) -> tuple[Sheet, Header]:
    """The sheet with the most known headings of ``table``, the first among equals."""
    headers = [header_of(sheet, table, columns) for sheet in sheets]
    best = max(range(len(sheets)), key=lambda i: (headers[i].known, -i))
    return sheets[best], headers[best]


def _empty(place: Place, findings: list[Finding], rows: int) -> Table:
    """A table that can't be used: all its rows are refused."""
    balance = RowBalance(place.file, place.table, rows, 0, rows, 0, place.sheet)
    nothing = pd.DataFrame(columns=REFUSED_COLUMNS)
    return Table(pd.DataFrame(), tuple(findings), balance, {}, nothing)


class _Reader:
    """The steps between cells and a :class:`Table`, with what they found on the way."""

    def __init__(
        self,
        sheet: Sheet,
        place: Place,
        conventions: Conventions,
        headings: Headings,
        wide: Wide | None,
    ):
        self.place, self.conventions = place, conventions
        self.widths, self.hidden = sheet.widths, sheet.hidden
        self.headings, self.wide = headings, wide
        self.findings = [*headings.findings, *(wide.findings if wide else ())]
        filled = sheet.filled(headings.first)
        self.where = np.flatnonzero(filled)
        self.rows_in = wide.rows_in if wide else len(self.where)
        self.skipped = wide.skipped if wide else 0
        self.flags: list[Flag] = []
        self.special: list[SpecialColumn] = []
        self.controls = pd.DataFrame()
        self.rows = sheet.rows[headings.first :]
        self.columns: list[Any] = [column.slice(headings.first) for column in sheet.columns]

    def read(self, raw: RawRows) -> Table:
        """Read every column, apply the rules, and account for every row."""
        self._drop_totals()
        self._drop_controls()
        self._ragged()
        self._hidden()
        reader = ColumnReader(self.place, self.conventions, self._cells)
        if self.place.table == "collar":
            written = self._cells(self.headings.columns["hole_id"].index)
        wanted = list(self.headings.columns.values())
        plain = [column for column in wanted if column.kind != "grade"]
        with ThreadPoolExecutor(THREADS) as pool:  # Arrow and numpy work beside each other
            of_plain = pool.map(lambda column: self._made(column, reader.read), plain)
            made = dict(zip(plain, of_plain, strict=True))
            context = row_context({c.name: made[c].values for c in plain})
            grades = [column for column in wanted if column.kind == "grade"]
            read_grade = partial(reader.read_grade, context=context)
            of_grades = pool.map(lambda column: self._made(column, read_grade), grades)
            made |= dict(zip(grades, of_grades, strict=True))
        for column in wanted:
            self.flags += made[column].flags
            self.findings += made[column].findings
            self.special += made[column].special
        data = {column.name: made[column].values for column in wanted}
        strings = {n: pd.Series(v, dtype="str") for n, v in data.items() if isinstance(v, pa.Array)}
        place = {"file": self.place.file, "sheet": self.place.sheet or ""}
        here = {name: constant(text, len(self.where)) for name, text in place.items()}
        if self.place.table == "collar":
            strings["hole_id_raw"] = pd.Series(written, dtype="str")
        columns = {"row": self._numbers(), **data, **strings, **here}
        frame = pd.DataFrame(columns, copy=False)
        pa.default_memory_pool().release_unused()
        return self._finish(frame, raw)

    def _numbers(self) -> NDArray[np.int64]:
        """Numbers of the rows in the file."""
        whole = len(self.where) == len(self.rows)
        numbers: NDArray[np.int64] = self.rows if whole else self.rows[self.where]
        return numbers

    def _cells(self, index: int, *, as_text: bool = True) -> pa.Array:
        """Cells of one column in the rows that are read."""
        column = self.columns[index]
        if as_text:
            column = as_texts(column)
        return column if len(self.where) == len(column) else column.take(pa.array(self.where))

    def _made(self, column: ColumnRead, make: Callable[[ColumnRead], ColumnMade]) -> ColumnMade:
        """Read one column, and let its cells go."""
        made = make(column)
        self.columns[column.index] = None
        pa.default_memory_pool().release_unused()
        return made

    def _finish(self, frame: pd.DataFrame, raw: RawRows) -> Table:
        """Drop refused and skipped rows and write the balance."""
        self.flags += remnant_flags(self.flags, frame, list(self.headings.columns.values()))
        refused = refused_rows(self.flags, frame, self.place.table)
        for flag in self.flags:
            self.findings += flag_findings(flag, frame)
        keep = np.ones(len(frame), dtype=bool)
        if len(refused):
            keep = ~frame["row"].isin(refused["row"]).to_numpy()
        if self.place.table == "density":
            blank = keep & frame["density_tpm3"].isna().to_numpy()
            self.skipped += int(blank.sum())
            keep &= ~blank
        accepted = frame if keep.all() else frame[keep].reset_index(drop=True)
        lines = self.wide.lines if self.wide else {}
        refused = with_all_lines(refused, lines)
        if self.wide and self.wide.refused:
            here = {"table": self.place.table, "file": self.place.file}
            here["sheet"] = self.place.sheet or ""
            rows = [{**here, "row": row, "code": code} for row, code in self.wide.refused]
            refused = pd.concat([refused, pd.DataFrame(rows)[REFUSED_COLUMNS]], ignore_index=True)
        quarantined = int(refused["row"].nunique())
        if accepted.empty and self.rows_in:
            self.findings.append(finding("BN-TAB-016", count=self.rows_in, **self.place.words()))
        taken = self.rows_in - quarantined - self.skipped
        balance = RowBalance(
            self.place.file,
            self.place.table,
            self.rows_in,
            taken,
            quarantined,
            self.skipped,
            self.place.sheet,
        )
        columns = tuple(self.headings.columns.values())
        told = tuple(self.findings)
        counted = tuple(self.special)
        names, controls = self.headings.names, self.controls
        return Table(
            accepted, told, balance, raw, refused, counted, lines, columns, names, controls
        )

    def _drop_totals(self) -> None:
        """Skip rows of totals and means, which are not data."""
        keep = np.ones(len(self.where), dtype=bool)
        for name in IDS[:3]:
            column = self.headings.columns.get(name)
            if column is not None:
                cells = self._cells(column.index)
                rows = rows_starting(*text_buffers(cells), _may_be_totals())
                bare = pc.utf8_normalize(cells.take(pa.array(rows)), "NFKC")
                bare = pc.utf8_trim_whitespace(bare)
                keep[rows[np.asarray(pc.is_in(bare, value_set=_totals()))]] = False
        count = int((~keep).sum())
        if count:
            self.skipped += count
            self.findings.append(finding("BN-TAB-015", count=count, **self.place.words()))
            self.where = self.where[keep]

    def _drop_controls(self) -> None:
        """Skip rows of control samples, which are kept for the quality control."""
        few = controls_among(self.place.table, self.headings, self.columns, self._cells)
        if few.empty:
            return
        whole, at = self.where, few.index.to_numpy()
        self.where = whole[at]
        controls = control_frame(self.place, self.conventions, self.headings, self._cells)
        marks = {str(name): few[name].to_numpy() for name in few}
        self.controls = controls.assign(row=self._numbers(), **marks)
        self.where = np.delete(whole, at)
        lines = self.wide.lines if self.wide else {}
        self.skipped += sum(len(lines.get(int(row), (row,))) for row in self.controls["row"])
        self.findings.append(controls_finding(self.controls, self.place))

    def _ragged(self) -> None:
        """Flag rows with more filled cells than the header has headings."""
        row = self.headings.first - 1
        widths = self.widths[max(row - 2, 0) : row + 1]
        for index in range(max(widths), len(self.columns)) if widths else ():
            cells = self._cells(index)
            rows = np.flatnonzero(pc.not_equal(pc.utf8_trim_whitespace(cells), "").to_numpy(False))
            self.flags.append(Flag("BN-TAB-014", rows, None, texts_at(cells, rows)))

    def _hidden(self) -> None:
        """Tell of hidden rows among those that are read."""
        count = int(np.isin(self._numbers(), self.hidden).sum()) if self.hidden else 0
        if count:
            self.findings.append(finding("BN-TAB-031", count=count, **self.place.words()))


@lru_cache(maxsize=1)
def _totals() -> pa.Array:
    """First cells of rows of totals and means, in any usual lettering."""
    words = load_words("columns.yaml")["totals"]
    return pa.array({form for w in words for form in (w, w.lower(), w.upper(), w.title())})


@lru_cache(maxsize=1)
def _may_be_totals() -> NDArray[np.bool_]:
    """First two bytes (256, 256) of cells that NFKC and trimming may make a word of totals."""
    table = np.zeros((256, 256), dtype=bool)
    table[:0x21] = table[0x80:] = table[:, 0x80:] = True
    for word in _totals().to_pylist():
        first, *rest = word.encode()
        table[first, rest[0] if rest else slice(0x21)] = True
    return table


def constant(text: str, count: int) -> Any:
    """One text in every row as a categorical, at one byte a row."""
    return pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), pd.Index([text]))


def with_all_lines(refused: pd.DataFrame, lines: Mapping[int, NDArray[np.int64]]) -> pd.DataFrame:
    """Refused rows of a long table with all rows of the file that they were made from."""
    if not lines or refused.empty:
        return refused
    all_rows = [lines.get(int(row), np.array([row])) for row in refused["row"]]
    gathered = pd.Series(all_rows, index=refused.index, dtype=object)
    return refused.assign(row=gathered).explode("row", ignore_index=True).astype({"row": "int64"})


def refused_rows(flags: list[Flag], frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """One line (table, file, sheet, row, code) for each row that a refusing rule flags."""
    parts = []
    for flag in flags:
        if refuses(flag.code) and len(flag.rows):
            part = frame[["file", "sheet", "row"]].iloc[flag.rows].drop_duplicates()
            part = part.astype({"file": "str", "sheet": "str"})
            parts.append(part.assign(code=flag.code, table=table))
    if not parts:
        return pd.DataFrame(columns=REFUSED_COLUMNS)
    return pd.concat(parts, ignore_index=True)[REFUSED_COLUMNS].drop_duplicates(ignore_index=True)
