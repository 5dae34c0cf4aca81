"""The ledger as a person reads it: every figure with its states, what waits, every entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flows.review import HeldFigure, held_figures, ledger_url, not_in_ledger
from flows.runtime import Workspace
from flows.track import chain_problems
from reporting.units import grade_display
from tracking import Ledger, LedgerEntry
from tracking.forms.class_codes import conversion_words
from tracking.ledger.lines import lines_of
from tracking.ledger.standing import EntryState, Standing


@dataclass(frozen=True)
class Part:
    """One entry that a figure points at: what it counts for, and its own states and metal."""

    number: int
    roles: tuple[str, ...]
    """Of ``newest``, ``usable``, ``published`` and ``official`` those that point at it."""
    review: str
    filing: str
    document_no: str | None
    """Its own filing number; None until it is filed."""
    main_element: str | None
    retained_t: float | None
    """Tonnes of main metal retained, classes added (合计，统计口径); None where not stated."""
    cutoff: float | None = None
    """Reporting cut-off in the unit of the main element's grade; None where not stated."""
    converted: tuple[str, str] | None = None
    """How its classes were converted from older codes; None where they weren't."""

    @property
    def cutoff_unit(self) -> str | None:
        """Unit of the cut-off; None where there is none."""
        known = self.cutoff is not None and self.main_element is not None
        return grade_display(str(self.main_element)).sign if known else None

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        return {
            "entry": self.number,
            "roles": list(self.roles),
            "main": self.main_element,
            "retained_t": self.retained_t,
            "cutoff": self.cutoff,
            "cutoff_unit": self.cutoff_unit,
            "converted": self.converted is not None,
            "review": self.review,
            "filing": self.filing,
            "document_no": self.document_no,
        }


@dataclass(frozen=True)
class Line:
    """One figure of the ledger: where it stands, and every entry that it points at."""

    figure: Standing
    parts: tuple[Part, ...]
    """Oldest entry first; no entry twice."""

    @property
    def used(self) -> Part:
        """The entry that is used; the newest where none is."""
        number = self.figure.usable or self.figure.newest
        return next(part for part in self.parts if part.number == number)

    def _tonnes_of(self, number: int | None) -> float | None:
        """Tonnes that one of the entries states; None where there is no such entry."""
        return next((part.retained_t for part in self.parts if part.number == number), None)

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        figure = self.figure
        return {
            "belt": figure.belt_id,
            "deposit": figure.deposit_id,
            "vintage": figure.vintage.isoformat(),
            "series": figure.series,
            "scope": figure.scope,
            "domestic": figure.domestic,
            "main": self.used.main_element,
            "retained_of": self.used.number,
            "retained_t": self.used.retained_t,
            "published_t": self._tonnes_of(figure.published),
            "official_t": self._tonnes_of(figure.official),
            "review": figure.review,
            "filing": figure.filing,
            "newest": figure.newest,
            "usable": figure.usable,
            "published": figure.published,
            "official": figure.official,
            "document_no": figure.document_no,
            "filed_date": None if figure.filed_date is None else str(figure.filed_date),
            "stat_year": figure.stat_year,
            "entries": [part.as_json() for part in self.parts],
        }


@dataclass(frozen=True)
class Account:
    """The ledger as a person reads it."""

    head: tuple[int, str]
    lines: tuple[Line, ...]
    held: tuple[HeldFigure, ...]
    entries: tuple[LedgerEntry, ...] = ()
    """Every entry, where the list was asked for."""
    problems: tuple[str, ...] = ()
    """What checking the hash chain found; empty where it holds."""

    def only_held(self) -> Account:
        """What waits, and nothing else."""
        waiting = {(one.deposit_id, one.vintage, one.series) for one in self.held}
        lines = [one for one in self.lines if _key(one.figure) in waiting]
        return replace(self, lines=tuple(lines), entries=())

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        return {
            "head": {"number": self.head[0], "hash": self.head[1]},
            "figures": [line.as_json() for line in self.lines],
            "held": [one.as_json() for one in self.held],
            "entries": [_entry_json(entry) for entry in self.entries],
            "problems": list(self.problems),
        }


def account(
    configs: str, house: Workspace, deposit_id: str | None = None, *, listed: bool = False
) -> Account:
    """Read the ledger, of one deposit or all; ``listed`` with every entry.

    Raises
    ------
    ConfigError
        The ledger has nothing of the deposit.
    """
    with Ledger(ledger_url(configs, house)) as ledger:
        figures = ledger.standings(deposit_id)
        if deposit_id is not None and not figures:
            raise not_in_ledger(ledger, deposit_id)
        lines = tuple(_line(ledger, figure) for figure in figures)
        entries = ledger.entries(deposit_id) if listed else ()
        problems = chain_problems(ledger, house.verified)
        held = held_figures(ledger, deposit_id)
        return Account(ledger.head(), lines, held, entries, problems)


def _line(ledger: Ledger, figure: Standing) -> Line:
    """One figure with the entries that it points at."""
    states = ledger.states(figure)
    parts = (
        _part(ledger.entry(number), figure, states.get(number, EntryState(number)))
        for number in sorted(figure.pointed)
    )
    return Line(figure, tuple(parts))


def _part(entry: LedgerEntry, figure: Standing, state: EntryState) -> Part:
    """One entry of a figure with its own states and its main metal."""
    roles = ("newest", "usable", "published", "official")
    return Part(
        entry.number,
        tuple(role for role in roles if getattr(figure, role) == entry.number),
        state.review,
        state.filing,
        state.document_no,
        *main_of(entry),
        entry.content.get("reporting_cutoff"),
        conversion_words(entry.content),
    )


def main_of(entry: LedgerEntry) -> tuple[str | None, float | None]:
    """Main element of a figure and tonnes retained of it, classes added; None where not stated."""
    main = entry.content.get("main_element")
    stated = [
        kilograms
        for (stock, part, _, element), kilograms in lines_of(entry.content).items()
        if (stock, part, element) == ("resource", "retained", main)
    ]
    return main, sum(stated) / 1000 if stated else None


def _key(figure: Standing) -> tuple[str, date, str]:
    return figure.deposit_id, figure.vintage, figure.series


def _entry_json(entry: LedgerEntry) -> dict[str, Any]:
    """One entry without its figures."""
    told = ("about", "axis", "from", "to", "by", "reason", "date", "document_no", "authority")
    said = {name: entry.content[name] for name in told if name in entry.content}
    return {
        "number": entry.number,
        "kind": entry.kind,
        "deposit": entry.deposit_id,
        "vintage": entry.vintage.isoformat(),
        "series": entry.series,
        "status": entry.status,
        **said,
        "content_hash": entry.content_hash,
        "entry_hash": entry.entry_hash,
        "run": entry.run_id,
        "recorded_at": entry.recorded_at,
    }
