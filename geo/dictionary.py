"""The data dictionary: which heading means which column, and in which unit.

Headings are compared after NFKC, case-folding and stripping of spaces, brackets, signs and units
(``ω(Cu)/10⁻²``, ``Cu(%)`` and ``CU_PCT`` are one heading). The words are in
``data/dictionaries/*.yaml``; nothing about a language or a package is written in code.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

IGNORED = "ignore"
"""Column name that a configuration gives to a heading that must not be read."""

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
    "mass": ("mass",),
}
"""Kinds of units that a kind of column takes; other kinds of columns have no unit."""

LONGEST = 200
"""Signs of the longest heading; of a longer text no unit is looked for."""
_DASHES = dict.fromkeys(map(ord, "−–—‐‑﹣"), "-")
_SEPARATORS = r"[\s_(\[{</,:;×*.-]"


@dataclass(frozen=True)
class Element:
    """One element: its stored units and what can't be true of it."""

    symbol: str
    unit: str
    survey_unit: str
    most: float
    median_most: float
    survey_median_most: float


@dataclass(frozen=True)
class Unit:
    """One unit: its kind and its size in the kind's own unit (``kind`` grade: mass fraction)."""

    name: str
    kind: str
    factor: float


@dataclass(frozen=True)
class TableWords:
    """The columns of one table: kinds by name, and names by heading key."""

    required: tuple[str, ...]
    kinds: dict[str, str]
    names: dict[str, str]
    weak: dict[str, str]
    """Headings that stand for a column only where no other does."""
    elements: str | None
    """``pct`` for assays, ``ppm`` for surveys, None where the table holds no elements."""


@dataclass(frozen=True)
class Match:
    """What a heading means: the column, and the unit written in the heading."""

    column: str
    unit: str | None
    weak: bool = False
    """The heading yields to another one for the same column."""


@lru_cache(maxsize=1 << 14)
def normal(text: str) -> str:
    """Return ``text`` after NFKC, case-folding, one kind of dash, and trimming."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_DASHES).strip()


@lru_cache(maxsize=1 << 14)
def _bare(text: str) -> str:
    """Letters and digits of normal text only."""
    return "".join(sign for sign in text if sign.isalnum())


def bare(text: str) -> str:
    """Letters and digits of a text after :func:`normal`: how headings and names are compared."""
    return _bare(normal(text))


_METHOD = re.compile(
    r"(?:^|[_\s(-])([A-Z]{2,4}\d{2,4}[A-Za-z]{0,2}|[A-Z]{2}-[A-Z]{2,4}\d{1,3}[a-z]?)(?=$|[_\s)])"
)


def method_in(heading: str) -> str | None:
    """Laboratory method beside an element (``IC587_Ag``, ``Cu_ME-ICP41_ppm``, ``Cu-OG46 %``)."""
    found = _METHOD.search(heading.strip())
    return found.group(1) if found else None


def without_method(heading: str) -> str:
    """A heading without its laboratory method: ``Ag``, ``Cu_ppm``, ``Cu %``."""
    plain = heading.strip()
    found = _METHOD.search(plain)
    return (plain[: found.start()] + plain[found.end() :]).strip("_ ") if found else plain


@dataclass(frozen=True)
class Dictionary:
    """All tables, elements and units, with the rules of matching."""

    tables: dict[str, TableWords]
    elements: dict[str, Element]
    element_words: dict[str, str]
    units: dict[str, Unit]
    unit_texts: dict[str, str]
    unit_pattern: re.Pattern[str]

    def unit(self, text: str) -> str | None:
        """Name of the unit written as ``text`` (with or without brackets); None if unknown."""
        plain = normal(text)
        outside = plain.partition("(")[0].strip()
        for candidate in (plain, plain.strip("()[]{}<>/ _"), outside):
            if candidate in self.units or candidate in self.unit_texts:
                return self.unit_texts.get(candidate, candidate)
        return None

    def split(self, heading: str) -> tuple[str, str | None]:
        """Return a heading's key (letters and digits) and the unit written at its end."""
        plain = normal(heading)
        found = self.unit_pattern.search(plain) if len(plain) <= LONGEST else None
        if found and _bare(plain[: found.start()]):
            text = found.group("sign") or found.group("word")
            return _bare(plain[: found.start()]), self.unit_texts.get(text, text)
        return _bare(plain), None

    def match(self, table: str, heading: str) -> Match | None:
        """What ``heading`` means in ``table``; None where the dictionary doesn't know it."""
        words = self.tables[table]
        key, unit = self.split(heading)
        name = words.names.get(key) or words.names.get(bare(heading))
        if name:
            return Match(name, unit)
        yielding = words.weak.get(key) or words.weak.get(bare(heading))
        if yielding:
            return Match(yielding, unit, weak=True)
        return self.match_element(table, heading)

    def match_element(self, table: str, heading: str) -> Match | None:
        """The column of an element that ``heading`` means in ``table``."""
        if self.tables[table].elements is None:
            return None
        key, unit = self.split(heading)
        symbol = self.element_words.get(key)
        if symbol is None and method_in(heading):
            key, unit = self.split(without_method(heading))
            symbol = self.element_words.get(key)
        if symbol is None:
            symbol, unit = self._glued(key, unit)
        return Match(self.element_column(table, symbol), unit) if symbol else None

    def _glued(self, key: str, unit: str | None) -> tuple[str | None, str | None]:
        """Element and unit of short names without a separator, such as ``MOPPM``."""
        for text, name in self.unit_texts.items():
            symbol = self.element_words.get(key.removesuffix(text)) if key.endswith(text) else None
            if symbol and text.isalpha() and self.units[name].kind == "grade":
                return symbol, name
        return None, unit

    def element_column(self, table: str, symbol: str) -> str:
        """Column of an element in ``table``: ``cu_pct`` in assays, ``cu_ppm`` in surveys."""
        return f"{symbol}_{self.element_unit(table, symbol)}"

    def element_unit(self, table: str, symbol: str) -> str:
        """Unit in which ``table`` stores an element."""
        element = self.elements[symbol]
        return element.survey_unit if self.tables[table].elements == "ppm" else element.unit

    def kind(self, table: str, column: str) -> str | None:
        """Kind of a column by its canonical name; None where the table has no such column."""
        known = self.tables[table].kinds.get(column)
        if known:
            return known
        symbol, _, unit = column.partition("_")
        is_element = (
            self.tables[table].elements is not None
            and symbol in self.elements
            and unit == self.element_unit(table, symbol)
        )
        return "grade" if is_element else None

    def fits(self, table: str, column: str, unit: str) -> bool:
        """Whether ``column`` can be in ``unit``."""
        return self.units[unit].kind in UNIT_KINDS.get(self.kind(table, column) or "text", ())

    def canonical(self, table: str, name: str) -> str | None:
        """Canonical column for a name in a configuration (``cu_pct``, ``cu``, ``hole_id``)."""
        if name == IGNORED or self.kind(table, name):
            return name
        found = self.match(table, name)
        return found.column if found else None

    def nearest(self, table: str, wanted: str, headings: list[str]) -> list[str]:
        """Headings closest in spelling to any alias of ``wanted``, best first, at most three."""
        words = self.tables[table]
        keys = [key for key, name in (*words.names.items(), *words.weak.items()) if name == wanted]
        scores = {
            heading: max(
                (difflib.SequenceMatcher(None, self.split(heading)[0], k).ratio() for k in keys),
                default=0.0,
            )
            for heading in headings
            if heading.strip()
        }
        return sorted(scores, key=lambda heading: (-scores[heading], heading))[:3]


@lru_cache(maxsize=1)
def folder() -> Path:
    """Folder of the dictionaries: beside the checkout, or inside the installed package."""
    here = Path(__file__).resolve().parent
    installed = here / "dictionaries"
    return installed if installed.is_dir() else here.parent / "data" / "dictionaries"


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Load the data dictionary (once in a process)."""
    columns = load_words("columns.yaml")
    elements = load_words("elements.yaml")
    texts = {normal(t): name for name, unit in elements["units"].items() for t in unit["texts"]}
    pattern = _unit_pattern([*texts, *elements["units"]])
    book = Dictionary(
        tables={},
        elements={
            symbol: Element(symbol, **{k: v for k, v in entry.items() if k != "words"})
            for symbol, entry in elements["elements"].items()
        },
        element_words=_element_words(elements),
        units={
            name: Unit(name, unit["kind"], float(unit["factor"]))
            for name, unit in elements["units"].items()
        },
        unit_texts=texts,
        unit_pattern=pattern,
    )
    for name, entry in columns["tables"].items():
        book.tables[name] = _table(book, entry)
    return book


@cache
def load_words(name: str) -> dict[str, Any]:
    """Read one YAML file of the dictionary folder (once in a process; not to be changed)."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load((folder() / name).read_text("utf-8"), Loader=loader)
    return loaded


def _table(book: Dictionary, entry: dict[str, Any]) -> TableWords:
    """One table's words with its aliases as keys; the column's own name is always an alias."""
    names: dict[str, str] = {}
    for column, spec in entry["columns"].items():
        for alias in (column, *spec["aliases"]):
            names[book.split(alias)[0]] = column
            names[bare(alias)] = column
    kinds = {column: spec["kind"] for column, spec in entry["columns"].items()}
    weak: dict[str, str] = {}
    for column, spec in entry["columns"].items():
        weak |= {book.split(alias)[0]: column for alias in spec.get("weak", ())}
        weak |= {bare(alias): column for alias in spec.get("weak", ())}
    return TableWords(tuple(entry["required"]), kinds, names, weak, entry.get("elements"))


def _element_words(raw: dict[str, Any]) -> dict[str, str]:
    """Every bare key of an element: symbol, words, and these with a prefix or suffix."""
    keys: dict[str, str] = {}
    for symbol, entry in raw["elements"].items():
        for word in (symbol, *entry["words"]):
            before = [normal(str(p)) + word for p in raw["prefixes"]]
            after = [word + normal(str(s)) for s in raw["suffixes"]]
            for key in (word, *before, *after):
                keys.setdefault(bare(key), symbol)
    return keys


def _unit_pattern(texts: list[str]) -> re.Pattern[str]:
    """A unit at the end of a heading; a unit of letters needs a separator before it."""
    by_length = sorted(set(texts), key=lambda text: (-len(text), text))
    signs = "|".join(re.escape(t) for t in by_length if not t.replace("_", "").isalpha())
    words = "|".join(re.escape(t) for t in by_length if t.replace("_", "").isalpha())
    return re.compile(
        rf"(?:{_SEPARATORS}*(?P<sign>{signs})|{_SEPARATORS}+(?P<word>{words}))[\s)\]}}>]*$"
    )
