"""Tables that hold one row an element, and tables with a unit in each row, made wide.

A laboratory's long table (sample, element, value, unit) becomes one row a sample, in the units in
which elements are stored. Values stay texts, scaled exactly, so that ``<740`` ppm is ``<0.074`` %
and special values keep their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo.dictionary import dictionary, normal
from geo.findings import Finding
from geo.rules import Flag, finding, flag_findings
from geo.special.values import NOT_ASSAYED, read_numbers
from geo.tables.header_rows import Header
from geo.tables.headings import Place, heading_column
from geo.tables.sheets import Sheet

IDENTITY = ("sample_id", "hole_id", "from_m", "to_m", "qc_type", "batch", "laboratory")
"""Columns that tell the samples of a long table apart."""

_UNIT_COLUMN = re.compile(r"(.*[^\s_])[\s_]*units?", re.IGNORECASE)
_SCALED = re.compile(
    r"([<>≤≥]?=?\s*)([+-]?(?:\d+(?:\.\d*|,\d+)?|[.,]\d+)(?:e[+-]?0*\d{1,3})?)(l?)", re.ASCII
)
"""A sign, a number with a point or a comma, and the ``L`` of a Chinese "below the limit"."""


@dataclass(frozen=True)
class Wide:
    """A sheet of one row a sample, and what became of the rows it was made from."""

    sheet: Sheet
    rows_in: int
    lines: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    """First row of a sample -> numbers of all its rows; empty where nothing was gathered."""
    refused: tuple[tuple[int, str], ...] = ()
    """(row, code) of rows that break a rule here."""
    skipped: int = 0
    findings: tuple[Finding, ...] = ()


def widen(
    sheet: Sheet,
    header: Header,
    place: Place,
    columns: dict[str, str],
    marks: Sequence[str] = (),
) -> Wide | None:
    """Make a long table, or one with units in its rows, wide; None where it is neither.

    ``marks`` are texts that mean "no assay was made" (-99): no numbers, so they are not scaled.
    """
    names: dict[str, int] = {}
    for index, heading in enumerate(header.names):
        try:
            name = heading_column(place.table, heading, columns)[0]
        except KeyError:
            continue  # told when the headings are read
        names.setdefault(name, index)
    if "element" in names and "value" in names:
        return _Long(sheet, header, place, names, marks).wide()
    pairs = _unit_columns(header, place.table)
    return _by_row(sheet, header, place, pairs, marks) if pairs else None


class _Long:
    """The steps from a long table to a wide one."""

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        place: Place,
        names: dict[str, int],
        marks: Sequence[str],
    ):
        self.sheet, self.header, self.place, self.names = sheet, header, place, names
        self.marks = marks
        self.where = np.flatnonzero(sheet.filled(header.first)) + header.first
        self.numbers = sheet.rows[self.where]
        self.findings: list[Finding] = []
        self.refused: list[tuple[int, str]] = []
        self.skipped = 0

    def _texts(self, name: str) -> pd.Series:
        """Cells of one column."""
        cells = self.sheet.column_texts(self.names[name]).take(pa.array(self.where))
        return pd.Series(cells.to_pylist(), dtype=object).str.strip()

    def wide(self) -> Wide:
        """Gather the rows of each sample."""
        keys = [name for name in IDENTITY if name in self.names]
        ids = pd.DataFrame({name: self._texts(name) for name in keys})
        frame = pd.DataFrame({"key": ids.groupby(keys, sort=False, dropna=False).ngroup()})
        frame["column"], units = self._elements()
        frame["text"] = self._texts("value")
        keep = self._known(frame["column"])
        cells = frame["text"], units, frame["column"]
        frame["text"], bad = _scaled(cells, self.place.table, self.marks)
        keep = keep & self._units_known(bad & keep, units)
        keep = keep & self._repeated(frame, keep)
        return self._gathered(frame, keep, has_units=bool(units.notna().any()))

    def _elements(self) -> tuple[pd.Series, pd.Series]:
        """Column and unit of each row."""
        book = dictionary()
        codes = self._texts("element")
        found = {code: book.match_element(self.place.table, code) for code in codes.unique()}
        columns = codes.map(
            {code: match.column if match else None for code, match in found.items()}
        )
        units = codes.map({code: match.unit if match else None for code, match in found.items()})
        if "unit" in self.names:
            written = self._texts("unit")
            named = written.map({text: book.unit(text) or text for text in written.unique()})
            units = named.where(named != "", units)
        return columns, units.astype(object).where(units.notna(), None)

    def _known(self, columns: pd.Series) -> NDArray[np.bool_]:
        """Rows of known elements; the others are skipped and told."""
        known = columns.notna().to_numpy()
        if not known.all():
            codes = self._texts("element")[~known]
            listed = ", ".join(sorted(set(codes)))
            words = self.place.words(value=listed, found=listed, count=int((~known).sum()))
            self.findings.append(finding("BN-TAB-027", **words))
            self.skipped += int((~known).sum())
        return known

    def _units_known(self, bad: NDArray[np.bool_], units: pd.Series) -> NDArray[np.bool_]:
        """Rows whose unit can be read; all of them where no row has a unit."""
        if not units.notna().any():
            return np.ones(len(bad), dtype=bool)
        self._refuse("BN-TAB-026", bad, "unit" if "unit" in self.names else "element")
        return ~bad

    def _repeated(self, frame: pd.DataFrame, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows that are the only ones of their sample and element, or the first of equals."""
        used = frame[keep]
        again = used.duplicated(["key", "column"], keep=False)
        several = used[again].groupby(["key", "column"])["text"].transform("nunique") > 1
        clash = np.zeros(len(frame), dtype=bool)
        clash[several.index[several]] = True
        self._refuse("BN-TAB-025", clash, "value")
        rest = used[~clash[used.index]]
        equal = rest.index[rest.duplicated(["key", "column"])]
        if len(equal):
            self.findings.append(finding("BN-TAB-028", **self.place.words(count=len(equal))))
            self.skipped += len(equal)
        good = ~clash
        good[equal] = False
        return good

    def _refuse(self, code: str, mask: NDArray[np.bool_], name: str) -> None:
        """Flag rows by their number in the file."""
        rows = np.flatnonzero(mask)
        if len(rows):
            place = pd.DataFrame({"row": self.numbers})
            place["file"], place["sheet"] = self.place.file, self.place.sheet or ""
            values = list(self._texts(name).iloc[rows])
            flag = Flag(code, rows, self.header.names[self.names[name]], values)
            self.findings += flag_findings(flag, place)
            self.refused += [(int(number), code) for number in self.numbers[rows]]

    def _gathered(self, frame: pd.DataFrame, keep: NDArray[np.bool_], *, has_units: bool) -> Wide:
        """The wide sheet: the first row of each sample with a column for each element."""
        used = frame[keep]
        groups = used.groupby("key", sort=False).indices
        positions = {key: used.index.to_numpy()[at] for key, at in groups.items()}
        first = np.array([at[0] for at in positions.values()], dtype=np.int64)
        place = {key: i for i, key in enumerate(positions)}
        left = [i for i in range(len(self.header.names)) if i not in self._long_columns()]
        take = pa.array(self.where[first]) if len(first) else pa.array([], pa.int64())
        columns = [self.sheet.column_texts(i).take(take) for i in left]
        names = [self.header.names[i] for i in left]
        units: dict[str, str] = {}
        for column in used["column"].unique():
            mine = used[used["column"] == column]
            cells = np.full(len(first), "", dtype=object)
            cells[mine["key"].map(place).to_numpy()] = mine["text"]
            columns.append(pa.array(cells, pa.string()))
            symbol, _, unit = str(column).partition("_")
            names.append(symbol.capitalize())
            units |= {symbol.capitalize(): unit} if has_units else {}
        words = self.place.words(count=len(first), rows=len(self.where))
        self.findings.append(finding("BN-TAB-030", **words))
        made = _with_names(self.sheet, columns, self.numbers[first], names, units)
        lines = {int(self.numbers[at[0]]): self.numbers[at] for at in positions.values()}
        return Wide(
            made, len(self.where), lines, tuple(self.refused), self.skipped, tuple(self.findings)
        )

    def _long_columns(self) -> set[int]:
        """Columns that say something of one element only."""
        return {self.names[name] for name in ("element", "value", "unit") if name in self.names}


def _with_names(
    sheet: Sheet, columns: list[pa.Array], rows: Any, names: list[str], units: dict[str, str]
) -> Sheet:
    """A sheet whose headings stand apart from its cells."""
    return Sheet(
        sheet.name,
        tuple(columns),
        np.asarray(rows, dtype=np.int64),
        sheet.format,
        tuple(names),
        units,
        sheet.encoding,
        sheet.separator,
        sheet.crs,
        hidden=sheet.hidden,
    )


def _scaled(
    cells: tuple[pd.Series, pd.Series, pd.Series], table: str, marks: Sequence[str]
) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Texts in the stored unit of their column, and the rows whose unit is not one of grades.

    ``cells`` are the texts, their units and their columns; ``marks`` stay as they are.
    """
    texts, units, columns = cells
    distinct = list(dict.fromkeys(texts))
    marked = read_numbers(distinct, marks).of_kind(NOT_ASSAYED)
    as_written = {text for text, mark in zip(distinct, marked, strict=True) if mark}
    book = dictionary()
    triples = pd.DataFrame({"text": texts, "unit": units, "column": columns}).astype(object)
    triples = triples.where(triples.notna(), None)
    known: dict[tuple[Any, ...], str | None] = {}
    for triple in dict.fromkeys(triples.itertuples(index=False, name=None)):
        text, unit, column = triple
        known[triple] = text
        if column is None or text in as_written:
            continue
        if unit not in book.units or not book.fits(table, column, unit):
            known[triple] = None
            continue
        stored = str(column).partition("_")[2]
        known[triple] = scaled_text(text, book.units[unit].factor, book.units[stored].factor)
    made = [known[triple] for triple in triples.itertuples(index=False, name=None)]
    bad = np.array([text is None for text in made], dtype=bool)
    result = pd.Series(made, dtype=object)
    return result.where(~bad, texts), bad


def scaled_text(text: str, factor: float, stored: float) -> str:
    """A number's text in another unit, exactly; a text that is no number stays as it is.

    ``factor`` and ``stored`` are the sizes of the unit written and of the unit wanted. A comma
    stays a comma: whether it is a decimal one is decided where numbers are read.
    """
    found = _SCALED.fullmatch(normal(text))
    if not found or factor == stored:
        return text
    sign, number, below = found.groups()
    scale = Decimal(repr(factor)) / Decimal(repr(stored))
    made = format(Decimal(number.replace(",", ".")) * scale, "f")
    return sign + (made.replace(".", ",") if "," in number else made) + below


def _unit_columns(header: Header, table: str) -> dict[int, int]:
    """Column of grades -> column of its units, such as ``Au`` and ``Au_UNIT``."""
    book = dictionary()
    places = {name.casefold(): i for i, name in enumerate(header.names)}
    pairs: dict[int, int] = {}
    for index, name in enumerate(header.names):
        found = _UNIT_COLUMN.fullmatch(name)
        grades = places.get(found.group(1).casefold()) if found else None
        if grades is not None and book.match_element(table, header.names[grades]):
            pairs[grades] = index
    return pairs


def _by_row(
    sheet: Sheet, header: Header, place: Place, pairs: dict[int, int], marks: Sequence[str]
) -> Wide:
    """A wide table whose units stand in columns of their own."""
    book = dictionary()
    where = np.flatnonzero(sheet.filled(header.first)) + header.first
    cells = [sheet.column_texts(i).take(pa.array(where)) for i in range(len(header.names))]
    units = {header.names[i]: unit for i, unit in header.units.items()}
    numbers = sheet.rows[where]
    refused: list[tuple[int, str]] = []
    findings: list[Finding] = []
    for grades, index in pairs.items():
        name = header.names[grades]
        found = book.match_element(place.table, name)
        column = found.column if found else ""
        texts = pd.Series(cells[grades].to_pylist(), dtype=object).str.strip()
        written = pd.Series(cells[index].to_pylist(), dtype=object).str.strip()
        named = written.map({text: book.unit(text) or text for text in written.unique()})
        made, bad = _scaled((texts, named, pd.Series([column] * len(texts))), place.table, marks)
        bad = bad & (texts != "").to_numpy()
        cells[grades] = pa.array(made.where(texts != "", ""), pa.string())
        units[name] = column.partition("_")[2]
        rows = np.flatnonzero(bad)
        spot = pd.DataFrame({"row": numbers}).assign(file=place.file, sheet=place.sheet or "")
        flag = Flag("BN-TAB-026", rows, header.names[index], list(written.iloc[rows]))
        findings += flag_findings(flag, spot)
        refused += [(int(numbers[row]), "BN-TAB-026") for row in rows]
    gone = [number for number, _ in refused]
    stay = ~np.isin(numbers, gone)
    kept = [i for i in range(len(header.names)) if i not in pairs.values()]
    columns = [cells[i].filter(pa.array(stay)) for i in kept]
    names = [header.names[i] for i in kept]
    made_sheet = _with_names(sheet, columns, numbers[stay], names, units)
    return Wide(made_sheet, len(where), {}, tuple(refused), 0, tuple(findings))
