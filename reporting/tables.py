"""Tables as plain records, before HTML: cells with their raw numbers, captions with their basis.

A table cannot be made without the line that says its cut-off, data date, density basis and
status, so none can be printed without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from estimation.plan import UNSEALED
from estimation.results import DepositResult
from reporting.rounding import BLANK, interval_digits, printed, raw
from reporting.units import Text, Unit, density_text, grade_display, symbol
from tracking.ledger.states import REVIEW as REVIEW_STATES
from tracking.ledger.states import State

SAME = Text("", "")


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: Text
    attributes: Mapping[str, str] = field(default_factory=dict)
    """``data-*`` attributes: the raw number and what it counts."""
    note: Text | None = None
    """A second, smaller line."""
    head: str = ""
    """``row`` or ``col`` where the cell is a heading."""
    numeric: bool = False
    span: int = 1
    down: int = 1
    """Rows that the cell spans."""
    style: str = ""
    mark: str = ""
    """A sign after the figure that a note explains."""
    href: str = ""
    """Where its words lead to."""


@dataclass(frozen=True)
class Row:
    """One row; ``style`` may be ``strong`` (a class's own total) or ``sub`` (a domain)."""

    cells: tuple[Cell, ...]
    style: str = ""


@dataclass(frozen=True)
class Basis:
    """What every table says under its title."""

    cutoff: Text
    data_date: Text
    density: Text
    status: Text


@dataclass(frozen=True)
class Table:
    """A titled table with its basis, column headings, rows and notes."""

    key: str
    title: Text
    basis: Basis
    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[Row, ...]
    notes: tuple[Text, ...] = ()
    sortable: bool = False
    """Whether a reader with scripts may order the rows by a column; rows of style ``total`` stay
    last. For tables whose every row stands by itself: no cell over several rows."""


def column(zh: str, en: str, unit: str = "", *, numeric: bool = True, down: int = 1) -> Cell:
    """A column heading, its unit on the second line."""
    note = Text(unit, unit) if unit else None
    return Cell(Text(zh, en), note=note, head="col", numeric=numeric, down=down)


def columns(text: Text, unit: Text) -> Cell:
    """A column heading whose unit differs by language (万t, Mt)."""
    return Cell(text, note=unit, head="col", numeric=True)


def heading(text: Text, note: Text | None = None, href: str = "") -> Cell:
    """A row heading."""
    return Cell(text, note=note, head="row", href=href)


def words(text: Text | str, style: str = "") -> Cell:
    """A cell of words; a plain string reads the same in both languages."""
    return Cell(text if isinstance(text, Text) else Text(text, text), style=style)


def number(
    value: float | int | Decimal | None,
    unit: Unit | Mapping[str, Unit],
    *,
    quantity: str,
    signed: bool = False,
    digits: int | None = None,
    about: Mapping[str, str] | None = None,
) -> Cell:
    """A cell that prints ``value`` and carries it unrounded in ``data-v``.

    ``unit`` is one for both languages, or one for each (``zh``, ``en``). ``digits``: significant
    figures that it is shown with at most. ``about`` names what is counted: metal, klass, domain,
    cutoff, deposit, vintage (``klass`` -> ``data-class``).
    """
    by_language = {"zh": unit, "en": unit} if isinstance(unit, Unit) else unit
    zh, en = (
        printed(value, u.decimals, scale=u.scale, signed=signed, digits=digits)
        for u in (by_language["zh"], by_language["en"])
    )
    attributes = {"data-quantity": quantity, "data-v": raw(value)}
    attributes["data-unit"] = "|".join(by_language[key].sign for key in ("zh", "en"))
    for name, word in (about or {}).items():
        attributes["data-class" if name == "klass" else f"data-{name}"] = word
    return Cell(Text(zh, en), attributes, numeric=True)


def percentile(
    value: float | int | Decimal | None,
    unit: Unit | Mapping[str, Unit],
    *,
    between: tuple[float, float],
    quantity: str,
    signed: bool = False,
    about: Mapping[str, str] | None = None,
) -> Cell:
    """A cell of an interval's P10, P50 or P90, as :func:`number` makes it, in few figures.

    ``between``: the interval's P10 and P90.
    """
    digits = interval_digits(*between)
    return number(value, unit, quantity=quantity, signed=signed, digits=digits, about=about)


def basis_of(result: DepositResult) -> Basis:
    """The line under every table of one estimate."""
    statement = result.statement
    unit = grade_display(statement.main_element)
    cutoff = printed(statement.reporting_cutoff, unit.decimals)
    text = f"{symbol(statement.main_element)} ≥ {cutoff} {unit.sign}"
    return Basis(
        cutoff=Text(text, text),
        data_date=Text(result.vintage.isoformat(), result.vintage.isoformat()),
        density=density_text(statement.density_basis or BLANK),
        status=status_of(result),
    )


REVIEW, FILED = "review", "filed"
"""Keys of a shown result's extras: where its ledger entry stands in review, and the filing number
of one that is filed; put there by whoever gathers a report."""


PLAN_WORDS = {
    "accepted": Text("参数已认可", "plan accepted"),
    UNSEALED: Text("参数已认可（未封存）", "plan accepted, not sealed"),
}
"""What is said of a plan that a person accepted; of every other that it is proposed."""


def status_of(result: DepositResult) -> Text:
    """Where a figure stands: filed, or its state of review; and whether its plan is accepted."""
    filed = result.extras.get(FILED)
    state = review_state(result)
    word = Text(f"已备案 {filed}", f"filed {filed}") if filed else Text(state.zh, state.en)
    plan = plan_text(result.plan_status)
    return Text(f"{word.zh}（{plan.zh}）", f"{word.en} ({plan.en})")


def plan_text(status: str) -> Text:
    """Whether a person accepted a plan (``Acceptance.words``)."""
    return PLAN_WORDS.get(status, Text("参数待认可", "plan proposed"))


def review_state(result: DepositResult) -> State:
    """State of review of a figure; a draft where no ledger has said otherwise."""
    return REVIEW_STATES[result.extras.get(REVIEW, "draft")]
