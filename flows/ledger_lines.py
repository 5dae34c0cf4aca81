"""The ledger as a person reads it: every figure with its states, what waits, every entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flows.review import HeldFigure, held_figures, ledger_url, not_in_ledger
from flows.runtime import Workspace
from tracking import Ledger, LedgerEntry
from tracking.ledger.standing import Standing, lines_of


@dataclass(frozen=True)
class Line:
    """One figure of the ledger: where it stands, and the main metal of the entry that is used."""

    figure: Standing
    main_element: str | None
    retained_t: float | None
    """Tonnes of main metal retained, classes added (合计，统计口径); None where not stated."""

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
            "main": self.main_element,
            "retained_t": self.retained_t,
            "review": figure.review,
            "filing": figure.filing,
            "newest": figure.newest,
            "usable": figure.usable,
            "published": figure.published,
            "official": figure.official,
            "document_no": figure.document_no,
            "filed_date": None if figure.filed_date is None else str(figure.filed_date),
            "stat_year": figure.stat_year,
        }


@dataclass(frozen=True)
class Account:
    """The ledger as a person reads it."""

    head: tuple[int, str]
    lines: tuple[Line, ...]
    held: tuple[HeldFigure, ...]
    entries: tuple[LedgerEntry, ...] = ()
    """Every entry, where the list was asked for."""

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
        return Account(ledger.head(), lines, held_figures(ledger, deposit_id), entries)


def _line(ledger: Ledger, figure: Standing) -> Line:
    """One figure with its main metal."""
    return Line(figure, *main_of(ledger.entry(figure.usable or figure.newest)))


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
