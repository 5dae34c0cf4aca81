"""What pages and targets are computed from: figures, where they stand, splits and mining records.

A book is read in one go, so that everything in it is of one moment. Everything is found by index
in the folded tables; the chain is not walked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, func, select

from tracking.ledger.entries import INTERNAL, LedgerEntry
from tracking.ledger.schema import entry_state, ledger_entry, standing, standing_line
from tracking.ledger.standing import Standing
from tracking.ledger.standing_tables import entry_of, standing_of

View = Literal["usable", "newest", "published", "official"]
"""Which entry of a figure counts. The first three are of our own estimates; ``official`` is of
every filed figure, ours or not."""

By = Literal["all", "belt", "province", "deposit"]

AREAS = ("national", "province")
"""Scopes of figures that are of no one deposit."""

IN_ONE_QUERY = 500
"""Names or numbers looked up at a time (databases bound the number of parameters)."""


@dataclass(frozen=True)
class Book:
    """The ledger as of one moment, for some deposits or all."""

    figures: tuple[LedgerEntry, ...]
    """Our own estimates in the chosen view, one of each deposit and vintage, in that order."""
    official: tuple[LedgerEntry, ...] = ()
    """Filed figures (and statistics), by deposit, vintage and series."""
    standings: tuple[Standing, ...] = ()
    attributions: dict[tuple[int, int], LedgerEntry] = field(default_factory=dict)
    """Latest split of the change between two figures, by numbers of opening and closing entry."""
    mining: tuple[LedgerEntry, ...] = ()
    """Mining records that stand, by deposit and end of period."""
    beside: tuple[LedgerEntry, ...] = ()
    """Newest estimates, also of vintages that the view leaves out: they say what was mined."""

    def mined_beside(self, deposit_id: str) -> tuple[LedgerEntry, ...]:
        """What says, beside a deposit's figures, what was mined between them."""
        return tuple(e for e in (*self.beside, *self.mining) if e.deposit_id == deposit_id)


@dataclass(frozen=True)
class Total:
    """A sum of figures over deposits: one stock, part, class and element."""

    group: str | None
    """Belt, province or deposit; None where the entry names none; ``all`` for the sum of all."""
    stock: str
    part: str
    class_name: str
    element: str
    kg: int
    deposits: int
    """How many deposits are in it."""


def read_figures(
    connection: Connection, view: View, deposits: Collection[str] | None
) -> tuple[LedgerEntry, ...]:
    """Entries that figures point to in ``view``, by deposit, vintage and series."""
    query = select(ledger_entry).join(standing, standing.c[view] == ledger_entry.c.number)
    if view != "official":
        query = query.where(standing.c.series == INTERNAL)
    lines = [*_of_deposits(connection, query, standing.c.deposit_id, deposits)]
    if view == "official":
        lines += [line for line in _of_areas(connection, query, deposits) if line not in lines]
    return tuple(sorted(map(entry_of, lines), key=_place))


def read_standings(
    connection: Connection, deposits: Collection[str] | None
) -> tuple[Standing, ...]:
    """Where figures stand, by deposit, vintage and series."""
    query = select(standing)
    rows = [*_of_deposits(connection, query, standing.c.deposit_id, deposits)]
    # an area that was asked for by its name is among the rows already
    rows += [row for row in _of_areas(connection, query, deposits) if row not in rows]
    return tuple(sorted(map(standing_of, rows), key=_place))


def read_book(
    connection: Connection, view: View, wanted: Collection[tuple[str, date]] | None
) -> Book:
    """Read a book; ``wanted`` keeps figures of those deposits and vintages only.

    Official figures, splits and mining records are of the wanted deposits at any date, and of
    areas (national, provinces) always.
    """
    deposits = None if wanted is None else sorted({deposit_id for deposit_id, _ in wanted})
    figures = read_figures(connection, view, deposits)
    if wanted is not None:
        figures = tuple(f for f in figures if _is_in(f, wanted))
    newest = () if view == "official" else read_figures(connection, "newest", deposits)
    splits = _standing_entries(connection, "attribution", deposits)
    return Book(
        figures=figures,
        official=read_figures(connection, "official", deposits),
        standings=read_standings(connection, deposits),
        attributions={
            (split.content["opening"], split.content["closing"]): split
            for split in sorted(splits, key=lambda split: split.number)
            if not split.content.get("reverse")
        },
        mining=_latest_of_each(_standing_entries(connection, "mining", deposits)),
        beside=newest if wanted is None else tuple(f for f in newest if _is_in(f, wanted)),
    )


def _is_in(entry: LedgerEntry, wanted: Collection[tuple[str, date]]) -> bool:
    """Whether an entry's deposit and vintage are wanted."""
    return (entry.deposit_id, entry.vintage) in wanted


def read_totals(
    connection: Connection, view: View, by: By, as_of: date | None, *, domestic: bool
) -> tuple[Total, ...]:
    """Sums over each deposit's latest figure in ``view`` with an effective date up to ``as_of``.

    Areas are left out: a province's statistics already hold its deposits. Of several official
    figures of a deposit and date the one entered last counts.
    """
    counted = _counted(view, as_of, domestic=domestic).subquery()
    group: Any = {
        "belt": counted.c.belt_id,
        "province": counted.c.province,
        "deposit": counted.c.deposit_id,
    }.get(by)
    lines = standing_line.c
    columns = (lines.stock, lines.part, lines.class_name, lines.element)
    groups = columns if group is None else (group, *columns)
    query = (
        select(*groups, func.sum(lines.kg), func.count(counted.c.deposit_id.distinct()))
        .join(counted, counted.c.number == lines.number)
        .group_by(*groups)
    )
    rows = [("all", *row) if group is None else tuple(row) for row in connection.execute(query)]
    rows.sort(key=lambda row: [str(cell or "") for cell in row[:5]])
    names = ("group", "stock", "part", "class_name", "element")
    return tuple(
        Total(**dict(zip(names, row[:5], strict=True)), kg=int(row[5]), deposits=int(row[6]))
        for row in rows
    )


def _counted(view: View, as_of: date | None, *, domestic: bool) -> Select[Any]:
    """Deposit, belt, province and entry number of each deposit's latest figure."""
    columns = standing.c
    number = columns[view]
    kept: list[Any] = [number.is_not(None), columns.scope.not_in(AREAS)]
    if view != "official":
        kept.append(columns.series == INTERNAL)
    if as_of is not None:
        kept.append(columns.vintage <= as_of.isoformat())
    if domestic:
        kept.append(columns.domestic)
    place = func.row_number().over(
        partition_by=columns.deposit_id, order_by=(columns.vintage.desc(), number.desc())
    )
    names = (columns.deposit_id, columns.belt_id, columns.province, number.label("number"))
    ranked = select(*names, place.label("place")).where(*kept).subquery()
    return select(ranked).where(ranked.c.place == 1)


def _standing_entries(
    connection: Connection, kind: str, deposits: Collection[str] | None
) -> tuple[LedgerEntry, ...]:
    """Entries of a kind that were not taken back."""
    taken_back = and_(
        entry_state.c.number == ledger_entry.c.number, entry_state.c.corrected_by.is_not(None)
    )
    query = (
        select(ledger_entry)
        .outerjoin(entry_state, taken_back)
        .where(ledger_entry.c.kind == kind, entry_state.c.number.is_(None))
    )
    found = map(entry_of, _of_deposits(connection, query, ledger_entry.c.deposit_id, deposits))
    return tuple(sorted(found, key=lambda e: (e.deposit_id, e.vintage, e.number)))


def _latest_of_each(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The latest of the entries of each deposit, end of period and series."""
    return tuple({(e.deposit_id, e.vintage, e.series): e for e in entries}.values())


def _of_deposits(
    connection: Connection, query: Select[Any], column: Any, deposits: Collection[str] | None
) -> Iterator[Mapping[Any, Any]]:
    """Rows of ``query`` whose ``column`` names one of the deposits; all rows for None."""
    if deposits is None:
        yield from connection.execute(query).mappings()
        return
    names: Sequence[str] = sorted(set(deposits))
    for first in range(0, len(names), IN_ONE_QUERY):
        some = names[first : first + IN_ONE_QUERY]
        yield from connection.execute(query.where(column.in_(some))).mappings()


def _of_areas(
    connection: Connection, query: Select[Any], deposits: Collection[str] | None
) -> Iterator[Mapping[Any, Any]]:
    """Rows of ``query`` about areas, where ``deposits`` left them out."""
    if deposits is not None:
        yield from connection.execute(query.where(standing.c.scope.in_(AREAS))).mappings()


def _place(found: LedgerEntry | Standing) -> tuple[str, date, str]:
    """Where a figure stands in a list."""
    return found.deposit_id, found.vintage, found.series
