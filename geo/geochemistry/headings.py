"""What the headings of a survey table mean: places, texts, and elements by method.

A survey has many elements, the same one by several methods (Cu, Cu_INAA), and often two pairs of
coordinates; ``Y`` is a coordinate beside ``X`` and yttrium without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from geo.dictionary import IGNORED, bare, dictionary, load_words, normal

TABLE = "geochemistry"
HEADER_ROWS = 20


@dataclass(frozen=True)
class ElementColumn:
    """One column of contents: ``cu_ppm``, or ``cu_inaa_ppm`` where its method is named."""

    name: str
    symbol: str
    method: str | None
    index: int
    heading: str
    written: str | None
    """Unit written in the heading or the row of units."""
    stored: str


@dataclass
class SurveyHeadings:
    """The columns of one survey table."""

    first: int = 0
    """Position of the first row of data."""
    pairs: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of coordinate columns (east, north), the surest first."""
    texts: dict[str, int] = field(default_factory=dict)
    elements: list[ElementColumn] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    repeated: list[tuple[str, str]] = field(default_factory=list)
    """Element column, and the two headings that both stand for it."""


@dataclass(frozen=True)
class _Words:
    """The words of survey.yaml by key."""

    raw: dict[str, Any]
    texts: dict[str, str]
    methods: frozenset[str]


@lru_cache(maxsize=1)
def words() -> _Words:
    """Load the words and figures of surveys (once in a process)."""
    raw = load_words("survey.yaml")
    texts = {key(alias): name for name, aliases in raw["texts"].items() for alias in aliases}
    return _Words(raw, texts, frozenset(raw["methods"]))


def key(heading: str) -> str:
    """Letters and digits of a heading after NFKC and case-folding, without R's ``X.``."""
    return bare(normal(heading).removeprefix("x."))


def find_header(rows: Sequence[Sequence[str]], columns: dict[str, str]) -> int:
    """Position of the row, among the first, with most known headings; -1 where none has three."""
    scores = [len({key(c) for c in row if _known(c, columns)}) for row in rows[:HEADER_ROWS]]
    best = max(scores, default=0)
    return scores.index(best) if best >= 3 else -1


def _known(heading: str, columns: dict[str, str]) -> bool:
    """Whether a heading means something in a survey."""
    plain = key(heading)
    if not plain or plain.isdigit():
        return heading.strip() in columns
    axes = (*words().raw["coordinates"], *words().raw["bare_axes"])
    in_axes = any(plain in (key(a), key(b)) for a, b in axes)
    return heading in columns or in_axes or plain in words().texts or _element(heading) is not None


def read_headings(
    headings: Sequence[str],
    units_row: Sequence[str],
    columns: dict[str, str],
    x_is: str,
) -> SurveyHeadings:
    """Find out what each heading means.

    Parameters
    ----------
    headings, units_row
        Cells of the header row, and of a row of units below it (empty where there is none).
    columns
        The configuration's: heading -> ``cu_ppm``, ``easting_m``, ``medium``, ``ignore``.
    x_is
        ``east`` or ``north``: what a bare X holds.
    """
    result = SurveyHeadings(headings=[heading.strip() for heading in headings])
    taken: dict[int, str] = {}
    for i, heading in enumerate(result.headings):
        if heading in columns:
            taken[i] = columns[heading]
    _axes(result, taken, x_is)
    for i, heading in enumerate(result.headings):
        if not heading or any(i in pair for pair in result.pairs) or taken.get(i) == IGNORED:
            continue
        name = taken.get(i) or words().texts.get(key(heading), "")
        if name in words().raw["texts"] and (i in taken or name not in result.texts):
            result.texts[name] = i
            continue
        written = units_row[i] if i < len(units_row) else ""
        column = _named(taken[i], i, heading, written) if i in taken else None
        column = column or _element_column(heading, i, written)
        if column is None:
            result.strangers.append(heading)
        else:
            _enter(result, column)
    return result


def _enter(result: SurveyHeadings, column: ElementColumn) -> None:
    """Enter an element column; of ``Sc`` and ``SC`` only the first is spelt like scandium."""
    other = next((e for e in result.elements if e.name == column.name), None)
    if other is None:
        result.elements.append(column)
        return
    spelt = [_spelt(one) for one in (other, column)]
    if spelt == [True, False]:
        result.strangers.append(column.heading)
    elif spelt == [False, True]:
        result.elements[result.elements.index(other)] = column
        result.strangers.append(other.heading)
    else:
        result.repeated.append((column.name, f"{other.heading}, {column.heading}"))


def _spelt(column: ElementColumn) -> bool:
    """Whether a heading begins with the symbol as chemists write it."""
    return column.heading.startswith(column.symbol.capitalize())


def _axes(result: SurveyHeadings, taken: dict[int, str], x_is: str) -> None:
    """Find the pairs of coordinates; the configuration's pair comes first."""
    named = {name: i for i, name in taken.items() if name in ("easting_m", "northing_m")}
    if len(named) == 2:
        result.pairs.append((named["easting_m"], named["northing_m"]))
    free = {i: key(h) for i, h in enumerate(result.headings) if i not in taken}
    first = {plain: i for i, plain in reversed(free.items())}
    for east, north in words().raw["coordinates"]:
        pair = first.get(key(east)), first.get(key(north))
        if pair[0] is not None and pair[1] is not None:
            result.pairs.append((pair[0], pair[1]))
    for x, y in words().raw["bare_axes"]:
        # "Y(10-6)" is yttrium: a coordinate carries no unit of content
        plain = {p: i for p, i in first.items() if not _has_grade_unit(result.headings[i])}
        pair = plain.get(key(x)), plain.get(key(y))
        if pair[0] is not None and pair[1] is not None:
            result.pairs.append((pair[0], pair[1]) if x_is == "east" else (pair[1], pair[0]))


def _has_grade_unit(heading: str) -> bool:
    """Whether a heading ends in a unit of contents."""
    unit = dictionary().split(heading)[1]
    return unit is not None and dictionary().units[unit].kind == "grade"


def _element(heading: str) -> tuple[str, str | None, str | None] | None:
    """Symbol, method and written unit of a heading; None where it names no element."""
    book = dictionary()
    found = book.match(TABLE, heading)
    if found is not None and (symbol := found.column.partition("_")[0]) in book.elements:
        return symbol, None, found.unit
    plain = normal(heading).removeprefix("x.")
    base, _, rest = plain.partition("_")
    method, _, unit = rest.partition("_")
    if method not in words().methods:
        return None
    found = book.match(TABLE, f"{base}_{unit}" if unit else base)
    if found is None or (symbol := found.column.partition("_")[0]) not in book.elements:
        return None
    return symbol, method, found.unit


def _element_column(heading: str, index: int, written: str) -> ElementColumn | None:
    """The element column of a heading; None where it is something else."""
    found = _element(heading)
    if found is None:
        return None
    symbol, method, unit = found
    stored = dictionary().elements[symbol].survey_unit
    name = "_".join(part for part in (symbol, method, stored) if part)
    unit = unit or (dictionary().unit(written) if written.strip() else None)
    return ElementColumn(name, symbol, method, index, heading, unit, stored)


def _named(name: str, index: int, heading: str, written: str) -> ElementColumn | None:
    """The element column that the configuration names; None where it names none."""
    symbol, _, rest = name.partition("_")
    element = dictionary().elements.get(symbol)
    if element is None or not rest.endswith(element.survey_unit):
        return None
    method = rest.removesuffix(element.survey_unit).strip("_") or None
    unit = dictionary().split(heading)[1] or (dictionary().unit(written) if written else None)
    return ElementColumn(name, symbol, method, index, heading, unit, element.survey_unit)


def is_units_row(cells: Sequence[str], headings: SurveyHeadings) -> bool:
    """Whether a row holds units below the elements rather than contents."""
    below = [cells[e.index] for e in headings.elements if e.index < len(cells)]
    filled = [text for text in below if text.strip()]
    return bool(filled) and all(dictionary().unit(text) is not None for text in filled)
