"""Which of a sheet's first rows are its header, and what they say of each column.

Above the data may stand titles, one to three rows of headings (品位(%) over Cu | Mo), codes of
laboratory methods (ME-ICP41 over Ag), a row of units, and rows of descriptions (government
templates). Merged headings have been filled by the workbook's reader; in text files a heading
reaches over the blank cells to its right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from geo.dictionary import LONGEST, dictionary, load_words, normal

HEADER_ROWS = 20
"""A header is looked for in this many first rows."""
DEEPEST = 3
"""A heading has at most this many rows."""

_NUMBER = re.compile(r"[<>]?[+-]?(\d[\d.,]*|\.\d+)(e[+-]?\d+)?%?", re.IGNORECASE)
_METHOD = re.compile(r"[A-Z][A-Za-z]{0,3}[-_][A-Z]{2,4}[\d_]*[a-z]{0,2}|FA\d{2,3}\w*|(4A|AR)/\w+")
_PANDAS = re.compile(r"Unnamed: \d+(_level_\d+)?")
_REPEATED = re.compile(r"\.\d{1,2}$")
_CODE = re.compile(r"H\d{4}")


@dataclass(frozen=True)
class Header:
    """A sheet's header: its headings in one row, and where the data begin."""

    row: int
    """Index of the (lowest) row of headings; -1 where none is recognised."""
    names: tuple[str, ...] = ()
    units: dict[int, str] = field(default_factory=dict)
    """Unit by column, from a row of units or from the heading above."""
    methods: dict[int, str] = field(default_factory=dict)
    """Laboratory method by column, where a row of them stands among the headings."""
    first: int = 0
    """Index of the first row below the header."""
    known: int = 0
    """Number of headings that are known."""


def best_header(rows: list[list[str]]) -> tuple[int, int]:
    """Row with the most headings known in any table, and their number (-1, 0 where none)."""
    scores = [
        max((sum(_known(t, c) for c in set(row)) for t in dictionary().tables), default=0)
        for row in rows[:HEADER_ROWS]
    ]
    best = max(scores, default=0)
    return (scores.index(best) if best else -1), best


def find_header(rows: list[list[str]], table: str, columns: dict[str, str]) -> Header:
    """Find the header of ``table`` among the first rows.

    Parameters
    ----------
    rows
        The sheet's first rows as texts.
    table, columns
        The dictionary's table; headings that the configuration names count as known.
    """
    rows = [[_plain(cell) for cell in row] for row in rows]
    titles = {i for i, row in enumerate(rows) if len({c for c in row if c}) < 2}
    best: tuple[int, int, int] | None = None
    for bottom in range(min(len(rows), HEADER_ROWS)):
        for depth in range(1, DEEPEST + 1):
            top = bottom - depth + 1
            window = range(top, bottom + 1)
            if top < 0 or any(_is_data(rows[i]) or (i in titles and depth > 1) for i in window):
                break
            composed = [_compose(cells, table, columns) for cells in _cells(rows, window)]
            score = len({c.column for c in composed if c.column})
            if best is None or score > best[0]:
                best = (score, depth, bottom)
    if best is None or best[0] < (1 if max(map(len, rows)) == 1 else 2):
        return Header(-1)
    return _header(rows, _raised(rows, best, titles, table, columns), table, columns)


def _raised(
    rows: list[list[str]],
    best: tuple[int, int, int],
    titles: set[int],
    table: str,
    columns: dict[str, str],
) -> tuple[int, int, int]:
    """The window with the headings above it, whose units and methods belong to its columns."""
    score, depth, bottom = best
    while depth < DEEPEST:
        above = bottom - depth
        if above < 0 or above in titles or _is_data(rows[above]):
            break
        cells = _cells(rows, range(above, bottom + 1))
        if (
            len({c.column for c in (_compose(x, table, columns) for x in cells) if c.column})
            < score
        ):
            break
        depth += 1
    return score, depth, bottom


def _header(
    rows: list[list[str]], best: tuple[int, int, int], table: str, columns: dict[str, str]
) -> Header:
    """The header of the best window of rows, with units and methods."""
    score, depth, bottom = best
    window = range(bottom - depth + 1, bottom + 1)
    composed = [_compose(cells, table, columns) for cells in _cells(rows, window)]
    units = {i: c.unit for i, c in enumerate(composed) if c.unit}
    methods = {i: c.method for i, c in enumerate(composed) if c.method}
    known = [i for i, c in enumerate(composed) if c.column]
    above = window.start - 1
    if above >= 0 and above not in window:
        units |= units_row(rows[above], known)
    first = bottom + 1
    while first < len(rows):
        row = rows[first]
        below = units_row(row, known, lenient=_is_marked(row))
        codes = {i: code for i in known if i < len(row) and (code := _method(row[i]))}
        if below:
            units |= below
        elif 2 * len(codes) > len([i for i in known if i < len(row) and row[i]]):
            methods |= codes
        elif not _is_marked(row):
            break
        first += 1
    return Header(bottom, tuple(c.heading for c in composed), units, methods, first, score)


def units_row(row: list[str], known: list[int], *, lenient: bool = False) -> dict[int, str]:
    """Units by column where ``row`` is a row of units; empty where it is data.

    ``lenient``: the row is known to be no data, and any unit in it counts.
    """
    book = dictionary()
    texts = {i: row[i] for i in known if i < len(row) and row[i].strip(" -")}
    found = {index: book.unit(text) for index, text in texts.items()}
    units = {index: unit for index, unit in found.items() if unit}
    others = [texts[index] for index, unit in found.items() if not unit]
    has_numbers = any(sign.isdigit() for text in others for sign in text)
    if lenient:
        return units
    return units if units and not has_numbers and len(units) >= len(others) else {}


@dataclass(frozen=True)
class _Composed:
    """What the header's rows say of one column."""

    heading: str
    column: str
    unit: str | None
    method: str | None


def _cells(rows: list[list[str]], window: range) -> list[tuple[str, ...]]:
    """Texts of each column over the rows of the window; upper headings reach to the right."""
    width = max(len(rows[i]) for i in window)
    filled = []
    for i in window:
        row = [*rows[i], *[""] * (width - len(rows[i]))]
        if i != window[-1]:
            for column in range(1, width):
                below = any(len(rows[j]) > column and rows[j][column] for j in window if j > i)
                if not row[column] and below and not _known_any(row[column - 1]):
                    row[column] = row[column - 1]
        filled.append(row)
    return list(zip(*filled, strict=True))


def _compose(cells: tuple[str, ...], table: str, columns: dict[str, str]) -> _Composed:
    """The heading of one column: its lowest known text, with unit and method from the others."""
    book = dictionary()
    method = next((m for m in map(_method, cells) if m), None)
    texts = list(dict.fromkeys(c for c in cells if c and not (_method(c) and len(cells) > 1)))
    known = [t for t in reversed(texts) if _known(table, t, columns) and not book.unit(t)]
    if known:
        others = [t for t in texts if t != known[0]]
        column = _column(table, known[0], columns)
        units = [u for u in map(_unit_of, others) if u and book.fits(table, column, u)]
        return _Composed(known[0], column, units[0] if units else None, method)
    joined = " ".join(texts)
    if len(texts) > 1 and _known(table, joined, columns):
        return _Composed(joined, _column(table, joined, columns), None, method)
    named = [t for t in texts if not book.unit(t)]
    return _Composed(named[-1] if named else "", "", None, method)


def _unit_of(text: str) -> str | None:
    """The unit that a heading is or ends in: ``%``, 品位(%)."""
    words = dictionary()
    return words.unit(text) or words.split(text)[1]


@lru_cache(maxsize=1 << 16)
def _match(table: str, text: str) -> str:
    """Column of a heading in one table, ``""`` where it has none."""
    found = dictionary().match(table, text)
    return found.column if found else ""


def _column(table: str, text: str, columns: dict[str, str]) -> str:
    """Column that a text stands for, by configuration or dictionary."""
    return columns.get(text, "") or _match(table, text) or _match(table, single(text))


def _known(table: str, text: str, columns: dict[str, str] | None = None) -> bool:
    """Whether a text is a heading of the table."""
    if not 0 < len(text) <= LONGEST or _NUMBER.fullmatch(text):
        return False
    named = (columns or {}).get(text)
    return named is not None or bool(_column(table, text, {}))


def _known_any(text: str) -> bool:
    """Whether a text is a heading of any table, so that it doesn't reach over its neighbours."""
    return any(_known(table, text) for table in dictionary().tables)


def single(text: str) -> str:
    """A heading without the number that a program adds to a repeated one: ``Au.1``."""
    return _REPEATED.sub("", text)


def _method(text: str) -> str | None:
    """A laboratory's method code, or None."""
    plain = single(text)
    return plain if _METHOD.fullmatch(plain) else None


def _plain(cell: str) -> str:
    """A heading's cell: trimmed, in one line, and blank where a program named it itself."""
    text = " ".join(cell.split())
    return "" if _PANDAS.fullmatch(text) else text


def _is_data(row: list[str]) -> bool:
    """Whether a row holds numbers, as data do and headings don't."""
    filled = [cell for cell in row if cell]
    numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in filled)
    described = bool(row) and normal(row[0]) in _markers() - {"field"}
    return numbers > 0.1 * len(filled) or described


def _is_marked(row: list[str]) -> bool:
    """Whether a row's first cell marks it as a description of the columns."""
    first = row[0] if row else ""
    return normal(first) in _markers() or bool(_CODE.fullmatch(first))


@lru_cache(maxsize=1)
def _markers() -> frozenset[str]:
    """First cells of rows that are no data."""
    return frozenset(normal(word) for word in load_words("columns.yaml")["markers"])
