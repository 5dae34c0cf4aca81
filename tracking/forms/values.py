"""What a form's cells say, typed; a cell that can't be read so is told with its place and fix."""

from __future__ import annotations

import difflib
import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from estimation.statement.standards import standard
from geo.dictionary import bare, dictionary
from tracking.forms.reading import Cell, Form
from tracking.forms.words import FormField, choice_facts, choice_of, choice_texts

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_YEAR = re.compile(r"(\d{4})年?")
_MANY = re.compile(r"\d{1,3}([,，]\d{3})+(\.\d+)?")


MOST_KG = 10**16
"""No quantity is larger: sums of so much fit the database's integers a hundred times over."""
EXACT = Context(prec=80)
"""Digits of the products: more than any number of a form and its unit have."""
_DIGITS = 30


def limit(name: str) -> float:
    """One limit of ``standards/records.yaml``."""
    return float(standard("records")[name]["value"])


def value_of(form: Form, field: FormField, cell: Cell) -> Any:
    """The cell's value by the field's kind; None, and a finding, where it is none."""
    match field.kind:
        case "choice":
            return choice(form, cell, str(field.choices))
        case "number":
            return number(form, cell)
        case "date":
            return day(form, cell)
        case "year":
            return year(form, cell)
        case "integer":
            return integer(form, cell)
    return " ".join(cell.text.split())


def number(form: Form, cell: Cell) -> Decimal | None:
    """A number that is not negative, exactly as written."""
    text = unicodedata.normalize("NFKC", cell.text).strip()
    if not _NUMBER.fullmatch(text):
        hint = text.replace(",", "") if _MANY.fullmatch(text) else "—"
        form.say("BN-LED-006", cell, hint=hint)
        return None
    found = Decimal(text)
    if found < 0:
        form.say("BN-LED-007", cell)
        return None
    if found > MOST_KG or len(text) > _DIGITS:
        form.say("BN-LED-055", cell)
        return None
    return found


def integer(form: Form, cell: Cell) -> int | None:
    """A whole number from 1."""
    text = unicodedata.normalize("NFKC", cell.text).strip()
    if re.fullmatch(r"[1-9]\d{0,17}", text):
        return int(text)
    form.say("BN-LED-006", cell, hint="—")
    return None


def day(form: Form, cell: Cell) -> date | None:
    """A date with year, month and day, in that order."""
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", cell.text).strip())
    if found:
        parts = [int(part) for part in found.groups() if part]
        try:
            return date(parts[0], parts[1], parts[2])
        except ValueError:
            pass
    form.say("BN-LED-005", cell)
    return None


def year(form: Form, cell: Cell) -> int | None:
    """A year of four digits."""
    found = _YEAR.fullmatch(unicodedata.normalize("NFKC", cell.text).strip())
    if found:
        return int(found[1])
    form.say("BN-LED-005", cell)
    return None


def choice(form: Form, cell: Cell, choices: str) -> str | None:
    """One of a list's choices."""
    found = choice_of(choices, cell.text)
    if found is None:
        known = choice_texts(choices)
        near = difflib.get_close_matches(cell.text, known, n=1, cutoff=0.3)
        form.say("BN-LED-008", cell, near=near[0] if near else "—", known="、".join(known))
    return found


def element(form: Form, cell: Cell) -> str | None:
    """Ledger name of an element: ``铜`` and ``Cu`` are ``cu_pct``."""
    book = dictionary()
    symbol = book.element_words.get(bare(cell.text))
    if symbol is None and cell.text in {f"{s}_{e.unit}" for s, e in book.elements.items()}:
        symbol = cell.text.split("_")[0]
    if symbol is None:
        form.say("BN-LED-009", cell)
        return None
    return f"{symbol}_{book.elements[symbol].unit}"


def mass_kg(quantity: Decimal, unit: str) -> int:
    """Whole kilograms of a quantity in one of the list's units, half to even (GB/T 8170)."""
    exact = EXACT.multiply(quantity, Decimal(choice_facts("mass_unit", unit)["kg"]))
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN, context=EXACT))


def share(grade: Decimal, unit: str) -> Decimal:
    """Tonnes of metal in a tonne of ore."""
    return grade * Decimal(choice_facts("grade_unit", unit)["share"])


def in_element_unit(name: str, part: Decimal) -> float:
    """A share as a grade in the unit of the element's name."""
    unit = dictionary().units[name.rsplit("_", 1)[1]]
    return float(part / Decimal(repr(unit.factor)))


def most_grade(name: str) -> Decimal:
    """Largest share of metal that ore of the element can hold."""
    symbol, unit = name.rsplit("_", 1)
    book = dictionary()
    return Decimal(str(book.elements[symbol].most)) * Decimal(repr(book.units[unit].factor))
