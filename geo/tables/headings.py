"""What the columns of one table are: headings, units, methods, and what is missing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from geo.config import Conventions
from geo.dictionary import IGNORED, UNIT_KINDS, dictionary, load_words, method_in, normal
from geo.findings import Finding
from geo.rules import finding
from geo.tables.header_rows import HEADER_ROWS, Header, find_header, single
from geo.tables.sheets import Sheet

DEFAULT_UNITS = {
    "azimuth": "deg",
    "dip": "deg",
    "zenith": "deg",
    "density": "tpm3",
    "mass": "kg",
    "percent": "pct",
}
LENGTHS = {"coordinate": "coordinate_unit", "elevation": "coordinate_unit", "depth": "depth_unit"}
PLAIN_KINDS = ("text", "date")
"""Kinds that are kept as texts."""


@dataclass(frozen=True)
class ColumnRead:
    """One column to read: where it stands, what it is, and the factor to its stored unit."""

    name: str
    kind: str
    index: int
    heading: str
    unit: str | None
    factor: float
    method: str | None = None
    """The laboratory's method, where the header names it."""


@dataclass(frozen=True)
class Place:
    """The file, sheet and dictionary table of a reading, for its findings."""

    file: str
    sheet: str | None
    table: str

    def words(self, **more: Any) -> dict[str, Any]:
        """Where a finding is."""
        return {"file": self.file, "sheet": self.sheet, **more}


@dataclass
class Headings:
    """The columns found, the first data row's index, and what was wrong."""

    columns: dict[str, ColumnRead] = field(default_factory=dict)
    first: int = 0
    findings: list[Finding] = field(default_factory=list)
    names: tuple[str, ...] = ()
    """The headings as written (a repeated one with ``.1``, ``.2``, ...)."""


def header_of(sheet: Sheet, table: str, columns: dict[str, str]) -> Header:
    """Header of a sheet: its format's own names, or the best of its first rows."""
    if sheet.names is None:
        return find_header(sheet.head(HEADER_ROWS + 12), table, columns)
    book = dictionary()
    texts = {i: sheet.units[n] for i, n in enumerate(sheet.names) if sheet.units.get(n)}
    units = {i: book.unit(text) or text for i, text in texts.items()}
    known = sum(bool(columns.get(n) or book.match(table, n)) for n in sheet.names)
    return Header(0, sheet.names, units, {}, 0, known)


def read_headings(
    sheet: Sheet,
    header: Header,
    place: Place,
    conventions: Conventions,
    columns: dict[str, str],
    units: dict[str, str],
) -> Headings:
    """Find the columns of ``sheet`` and their units; findings say what is missing or contradicts.

    ``columns`` and ``units`` are the configuration's (heading -> column, column -> unit).
    """
    result = Headings(first=header.first)
    if header.row < 0:
        result.findings.append(finding("BN-TAB-005", limit=HEADER_ROWS, **place.words()))
        return result
    result.names = tuple(numbered(header.names))
    claims = _claims(result, place, conventions, columns, header)
    chosen = _settled(claims, result, place)
    configured = _configured_units(place, units)
    for name, claim in chosen.items():
        written = header.units.get(claim.index) or claim.unit
        _settle_unit(name, claim, written, configured.get(name), (place, conventions, result))
    _missing(list(result.names), place, result)
    words = {"encoding": sheet.encoding or sheet.format, "separator": sheet.separator or "cells"}
    row = int(sheet.rows[header.row]) if sheet.names is None else None
    result.findings.append(
        finding("BN-TAB-019", row=row, header=row or "-", **words, **place.words())
    )
    if sheet.spoilt:
        where = place.words(value=sheet.spoilt)
        result.findings.append(finding("BN-TAB-040", count=sheet.spoilt, **where))
    return result


def numbered(headings: tuple[str, ...]) -> Iterator[str]:
    """Headings that are all different, so that a configuration can name each."""
    seen: dict[str, int] = {}
    taken = set(headings)
    for heading in headings:
        count = seen.get(heading, -1) + 1
        while heading and count and f"{heading}.{count}" in taken:
            count += 1
        seen[heading] = count
        yield f"{heading}.{count}" if heading and count else heading


@dataclass(frozen=True)
class _Claim:
    """A heading that stands for a column."""

    index: int
    heading: str
    unit: str | None
    method: str | None
    rank: int
    """0 named in the configuration, 1 known, 2 known but yielding."""


def _claims(
    result: Headings,
    place: Place,
    conventions: Conventions,
    columns: dict[str, str],
    header: Header,
) -> dict[str, list[_Claim]]:
    """Column -> headings that stand for it; ``""`` -> headings that nothing is known of."""
    axes = {"x": "easting_m", "y": "northing_m"}
    if conventions.x_is == "north":
        axes = {"x": "northing_m", "y": "easting_m"}
    claims: dict[str, list[_Claim]] = {}
    for index, heading in enumerate(result.names):
        try:
            name, unit, rank = heading_column(place.table, heading, columns)
        except KeyError as error:
            wanted = str(error.args[0])
            words = place.words(column=heading, found=wanted, near=_nearest(place.table, wanted))
            result.findings.append(finding("BN-TAB-021", **words))
            continue
        if heading and name != IGNORED:
            method = header.methods.get(index) or method_in(heading)
            claim = _Claim(index, heading, unit, method, rank)
            claims.setdefault(axes.get(name, name), []).append(claim)
    return claims


def heading_column(
    table: str, heading: str, columns: dict[str, str]
) -> tuple[str, str | None, int]:
    """Return the column a heading stands for, its unit, and how surely it does.

    A configured name (0) wins over the dictionary (1), and that over headings that yield (2).
    The column is ``""`` where nothing is known, ``ignore`` where it must not be read.

    Raises
    ------
    KeyError
        The configuration names a column that the dictionary doesn't have.
    """
    book = dictionary()
    configured = columns.get(heading.strip())
    if configured is not None:
        name = book.canonical(table, configured)
        if name is None:
            raise KeyError(configured)
        return name, book.split(single(heading))[1], 0
    if not heading.strip():
        return "", None, 1
    found = book.match(table, heading) or book.match(table, single(heading))
    return (found.column, found.unit, 1 + found.weak) if found else ("", None, 1)


def _settled(claims: dict[str, list[_Claim]], result: Headings, place: Place) -> dict[str, _Claim]:
    """One heading for each column; several methods of one element are all kept."""
    book = dictionary()
    strangers = [claim.heading for claim in claims.pop("", [])]
    chosen: dict[str, _Claim] = {}
    for name, all_of_it in claims.items():
        best = [c for c in all_of_it if c.rank == min(c.rank for c in all_of_it)]
        letters = [c for c in best if len(c.heading) == 1]
        if {c.heading.islower() for c in letters} == {True, False}:
            best = [c for c in best if c not in letters or c.heading.isupper()]  # y beside Y
        for loser in (c for c in all_of_it if c not in best):
            other = book.match_element(place.table, loser.heading) if loser.rank == 2 else None
            if other and other.column not in claims:
                chosen[other.column] = loser
            else:
                strangers.append(loser.heading)
        ranked = sorted(best, key=lambda claim: _trust(name, claim.method))
        if len(best) > 1 and not _told_apart(name, ranked):
            both = ", ".join(claim.heading for claim in best)
            result.findings.append(finding("BN-TAB-007", **place.words(column=name, found=both)))
            continue
        chosen[name] = ranked[0]
        for other_method in ranked[1:]:
            chosen[f"{name}__{_key(other_method.method)}"] = other_method
        if len(ranked) > 1:
            found = ", ".join(f"{c.heading} ({c.method})" for c in ranked)
            words: dict[str, Any] = {"found": found, "kept": ranked[0].method}
            words["heading"] = ranked[1].heading
            words["wanted"] = name
            result.findings.append(finding("BN-TAB-023", **place.words(column=name), **words))
    if strangers:
        listed = ", ".join(strangers)
        result.findings.append(finding("BN-TAB-013", value=listed, found=listed, **place.words()))
    return chosen


def _trust(name: str, method: str | None) -> int:
    """Place of a method in the dictionary's order of trust; a large number where it has none."""
    ways = load_words("columns.yaml")["methods"]
    patterns = [*ways.get(name.partition("_")[0], ()), *ways["all"]]
    if not method:
        return 1 << 20
    # beside its element a method often stands bare: Cu_OG46_pct for Cu-OG46, Cu_ICP61 for ME-ICP61
    symbol = name.partition("_")[0].capitalize()
    spelled = (method, f"{symbol}-{method}", f"ME-{method}")
    places = (i for i, p in enumerate(patterns) if any(re.match(p, text) for text in spelled))
    return next(places, 1 << 20)


def _told_apart(name: str, ranked: list[_Claim]) -> bool:
    """Whether headings of one element differ by methods of known and different trust."""
    trusts = [_trust(name, claim.method) for claim in ranked]
    return all(claim.method for claim in ranked) and trusts[0] < trusts[1]


def _key(method: str | None) -> str:
    """A method's code as part of a column's name."""
    return re.sub(r"\W+", "_", normal(method or ""))


def _nearest(table: str, wanted: str) -> str:
    """Dictionary columns closest in spelling to a wrong name."""
    words = dictionary().tables[table]
    return ", ".join(difflib.get_close_matches(wanted, list(words.kinds), n=3, cutoff=0.0))


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
    name: str,
    claim: _Claim,
    written: str | None,
    configured: str | None,
    scene: tuple[Place, Conventions, Headings],
) -> None:
    """Decide the unit of one column and keep it; contradictions become findings."""
    place, conventions, result = scene
    book = dictionary()
    kind = book.kind(place.table, name.partition("__")[0]) or "text"
    words = place.words(column=claim.heading)
    if kind in PLAIN_KINDS:
        read = ColumnRead(name, kind, claim.index, claim.heading, None, 1.0, claim.method)
        result.columns[name] = read
        return
    stored, default = _stored_and_default(name, kind, conventions)
    wanted = configured or (None if kind in ("grade", "percent") else default)
    unit = written or wanted or default
    for text in (unit, wanted):
        if text and (text not in book.units or book.units[text].kind not in UNIT_KINDS[kind]):
            near = ", ".join(n for n, u in book.units.items() if u.kind in UNIT_KINDS[kind])
            result.findings.append(finding("BN-TAB-020", found=text, near=near, **words))
            return
    if written and wanted and _differ(written, wanted):
        result.findings.append(finding("BN-TAB-008", found=written, wanted=wanted, **words))
        return
    if written == "ft" and wanted == "us_survey_ft":
        unit = wanted
    if kind == "grade" and not (written or wanted):
        result.findings.append(finding("BN-TAB-012", unit=unit, **words))
    factor = 1.0
    if book.units[unit].kind != "angle":
        factor = book.units[unit].factor / book.units[stored].factor
    read = ColumnRead(name, kind, claim.index, claim.heading, unit, factor, claim.method)
    result.columns[name] = read


def _stored_and_default(name: str, kind: str, conventions: Conventions) -> tuple[str, str]:
    """Return the unit a column is stored in, and the unit it has where none is written."""
    if kind in LENGTHS:
        return "m", str(getattr(conventions, LENGTHS[kind]))
    if kind == "grade":
        unit = name.partition("__")[0].partition("_")[2]
        return unit, unit
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
    blocked = ("BN-TAB-007", "BN-TAB-008", "BN-TAB-020")
    refused = {f.column for f in result.findings if f.code in blocked}
    used = {normal(column.heading) for column in result.columns.values()}
    free = [h for h in headings if h and normal(h) not in used]
    for wanted in book.tables[place.table].required:
        present = wanted in result.columns
        if wanted == "dip_deg":
            present = present or "zenith_deg" in result.columns
        if present or wanted in refused or any(h and h in refused for h in headings):
            continue
        near = book.nearest(place.table, wanted, free)
        first = near[0] if near else "<header>"
        words: dict[str, Any] = {"near": ", ".join(near) or "-", "near_first": first}
        words |= place.words(column=wanted)
        result.findings.append(finding("BN-TAB-006", wanted=wanted, **words))
