"""What the columns of one table are: headings, units row, units, and what is missing."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from geo.cells import HEADER_ROWS, Cells, heading_column
from geo.config import Conventions
from geo.dictionary import dictionary, normal
from geo.findings import Finding
from geo.rules import finding

DEFAULT_UNITS = {"azimuth": "deg", "dip": "deg", "zenith": "deg", "density": "tpm3"}
LENGTHS = {"coordinate": "coordinate_unit", "elevation": "coordinate_unit", "depth": "depth_unit"}
UNIT_KINDS = {
    "coordinate": ("length", "angle"),
    "elevation": ("length",),
    "depth": ("length",),
    "azimuth": ("angle",),
    "dip": ("angle",),
    "zenith": ("angle",),
    "density": ("density",),
    "grade": ("grade",),
    "percent": ("grade",),
}


@dataclass(frozen=True)
class ColumnRead:
    """One column to read: where it stands, what it is, and the factor to its stored unit."""

    name: str
    kind: str
    index: int
    heading: str
    unit: str | None
    factor: float


@dataclass(frozen=True)
class Place:
    """The file, sheet and dictionary table of a reading, for its findings."""

    file: str
    sheet: str | None
    table: str


@dataclass
class Headings:
    """The columns found, the first data row's index, and what was wrong."""

    columns: dict[str, ColumnRead] = field(default_factory=dict)
    first: int = 0
    findings: list[Finding] = field(default_factory=list)


def read_headings(
    cells: Cells,
    place: Place,
    conventions: Conventions,
    columns: dict[str, str],
    units: dict[str, str],
) -> Headings:
    """Find the columns of ``cells`` and their units; findings say what is missing or contradicts.

    ``columns`` and ``units`` are the configuration's (heading -> column, column -> unit).
    """
    result = Headings()
    where: dict[str, Any] = {"file": place.file, "sheet": place.sheet}
    if cells.header < 0:
        result.findings.append(finding("BN-TAB-005", limit=HEADER_ROWS, **where))
        return result
    headings = [heading.strip() for heading in cells.rows[cells.header]]
    named = _name_columns(headings, place, conventions, columns, result)
    below = cells.rows[cells.header + 1] if cells.header + 1 < len(cells.rows) else []
    units_row = _units_row(below, named)
    result.first = cells.header + (2 if units_row else 1)
    configured = _configured_units(place, units)
    for name, (index, heading_unit) in named.items():
        written = units_row.get(index) or heading_unit
        column = _Candidate(name, index, headings[index], written, configured.get(name))
        _settle_unit(column, place, conventions, result)
    _missing(headings, place, result)
    encoding, row = cells.encoding, cells.header + 1
    words: dict[str, Any] = {"encoding": encoding, "separator": cells.separator, "header": row}
    result.findings.append(finding("BN-TAB-019", row=row, **where, **words))
    return result


@dataclass(frozen=True)
class _Candidate:
    """A column before its unit is settled."""

    name: str
    index: int
    heading: str
    written: str | None
    configured: str | None


def _name_columns(
    headings: list[str],
    place: Place,
    conventions: Conventions,
    columns: dict[str, str],
    result: Headings,
) -> dict[str, tuple[int, str | None]]:
    """Column name -> (index, unit in the heading); clashes and strangers become findings."""
    where: dict[str, Any] = {"file": place.file, "sheet": place.sheet}
    axes = {"x": "easting_m", "y": "northing_m"}
    if conventions.x_is == "north":
        axes = {"x": "northing_m", "y": "easting_m"}
    named: dict[str, tuple[int, str | None]] = {}
    strangers: list[str] = []
    for index, heading in enumerate(headings):
        try:
            name, unit = heading_column(place.table, heading, columns)
        except KeyError as error:
            wanted = str(error.args[0])
            near = _nearest_names(place.table, wanted)
            words: dict[str, Any] = {"column": heading, "found": wanted, "near": near}
            result.findings.append(finding("BN-TAB-021", **where, **words))
            continue
        name = axes.get(name, name)
        if not name:
            strangers += [heading] if heading and columns.get(heading) is None else []
        elif name in named:
            both = f"{headings[named[name][0]]}, {heading}"
            result.findings.append(finding("BN-TAB-007", column=name, found=both, **where))
        else:
            named[name] = (index, unit)
    if strangers:
        result.findings.append(
            finding("BN-TAB-013", value=", ".join(strangers), found=", ".join(strangers), **where)
        )
    return named


def _nearest_names(table: str, wanted: str) -> str:
    """Dictionary columns closest in spelling to a wrong name."""
    words = dictionary().tables[table]
    near = difflib.get_close_matches(wanted, list(words.kinds), n=3, cutoff=0.0)
    return ", ".join(near)


def _units_row(row: list[str], named: dict[str, tuple[int, str | None]]) -> dict[int, str]:
    """Units by column index where ``row`` is a row of units; empty where it is data."""
    book = dictionary()
    texts = {i: row[i] for i, _ in named.values() if i < len(row) and row[i].strip()}
    found = {index: book.unit(text) for index, text in texts.items()}
    units = {index: unit for index, unit in found.items() if unit}
    others = [texts[index] for index, unit in found.items() if not unit]
    has_numbers = any(sign.isdigit() for text in others for sign in text)
    return units if units and not has_numbers and len(units) >= len(others) else {}


def _configured_units(place: Place, units: dict[str, str]) -> dict[str, str]:
    """Configured units by canonical column (a text that is no unit is refused later)."""
    book = dictionary()
    by_column: dict[str, str] = {}
    for name, text in units.items():
        column = book.canonical(place.table, name)
        if column is None:
            continue  # the configuration serves all tables of a deposit
        by_column[column] = book.unit(text) or text
    return by_column


def _settle_unit(
    column: _Candidate, place: Place, conventions: Conventions, result: Headings
) -> None:
    """Decide the unit of one column and keep it; contradictions become findings."""
    book = dictionary()
    kind = book.kind(place.table, column.name) or "text"
    where: dict[str, Any] = {"file": place.file, "sheet": place.sheet, "column": column.heading}
    if kind == "text":
        read = ColumnRead(column.name, kind, column.index, column.heading, None, 1.0)
        result.columns[column.name] = read
        return
    stored, default = _stored_and_default(column.name, kind, place.table, conventions)
    wanted = column.configured or (None if kind in ("grade", "percent") else default)
    unit = column.written or wanted or default
    for text in (unit, wanted):
        if text and (text not in book.units or book.units[text].kind not in UNIT_KINDS[kind]):
            near = ", ".join(n for n, u in book.units.items() if u.kind in UNIT_KINDS[kind])
            result.findings.append(finding("BN-TAB-020", found=text, near=near, **where))
            return
    if column.written and wanted and _differ(column.written, wanted):
        words: dict[str, Any] = {"found": column.written, "wanted": wanted}
        result.findings.append(finding("BN-TAB-008", **where, **words))
        return
    if column.written == "ft" and wanted == "us_survey_ft":
        unit = wanted
    if kind == "grade" and not (column.written or wanted):
        result.findings.append(finding("BN-TAB-012", unit=unit, **where))
    factor = 1.0
    if book.units[unit].kind != "angle":
        factor = book.units[unit].factor / book.units[stored].factor
    read = ColumnRead(column.name, kind, column.index, column.heading, unit, factor)
    result.columns[column.name] = read


def _stored_and_default(
    name: str, kind: str, table: str, conventions: Conventions
) -> tuple[str, str]:
    """Return the unit a column is stored in, and the unit it has where none is written."""
    if kind in LENGTHS:
        return "m", str(getattr(conventions, LENGTHS[kind]))
    if kind == "grade":
        unit = name.partition("_")[2]
        return unit, unit
    if kind == "percent":
        return "pct", "pct"
    return DEFAULT_UNITS[kind], DEFAULT_UNITS[kind]


def _differ(written: str, wanted: str) -> bool:
    """Whether two units are not the same size (a survey foot is written as a foot)."""
    units = dictionary().units
    if units[wanted].kind == "length" and units[written].kind == "angle":
        return False
    close = abs(units[written].factor / units[wanted].factor - 1) < 1e-5
    return not close


def _missing(headings: list[str], place: Place, result: Headings) -> None:
    """Findings for required columns that no heading stands for."""
    book = dictionary()
    refused = {f.column for f in result.findings if f.code in ("BN-TAB-008", "BN-TAB-020")}
    used = {normal(column.heading) for column in result.columns.values()}
    free = [h for h in headings if normal(h) not in used]
    for wanted in book.tables[place.table].required:
        present = wanted in result.columns
        if wanted == "dip_deg":
            present = present or "zenith_deg" in result.columns
        if present or any(column and column in refused for column in headings):
            continue
        near = book.nearest(place.table, wanted, free)
        first = near[0] if near else "<header>"
        words: dict[str, Any] = {"near": ", ".join(near) or "-", "near_first": first}
        place_words: dict[str, Any] = {"file": place.file, "sheet": place.sheet, "column": wanted}
        result.findings.append(finding("BN-TAB-006", **place_words, wanted=wanted, **words))
