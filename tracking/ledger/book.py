"""What pages and targets are computed from: figures, where they stand, splits and mining records.

A book is read in one go, so that everything in it is of one moment. Everything is found by index
in the folded tables; the chain is not walked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, func, or_, select

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
    """Of each vintage, also those that the view leaves out, the estimate that says what was mined:
    the usable one, else (all held) the newest that was not taken back."""

    def mined_beside(self, deposit_id: str) -> tuple[LedgerEntry, ...]:
        """What says, beside a deposit's figures, what was mined between them."""
        return tuple(self._mined_beside.get(deposit_id, ()))

    @cached_property
    def _mined_beside(self) -> dict[str, list[LedgerEntry]]:
        """The same of every deposit, looked through once."""
        found: dict[str, list[LedgerEntry]] = defaultdict(list)
        for entry in (*self.beside, *self.mining):
            found[entry.deposit_id].append(entry)
        return found


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
        lines += _of_areas(connection, query, deposits)
    return tuple(sorted(map(entry_of, lines), key=_place))


def read_standings(
    connection: Connection, deposits: Collection[str] | None
) -> tuple[Standing, ...]:
    """Where figures stand, by deposit, vintage and series."""
    query = select(standing)
    rows = [*_of_deposits(connection, query, standing.c.deposit_id, deposits)]
    rows += _of_areas(connection, query, deposits)
    return tuple(sorted(map(standing_of, rows), key=_place))


def read_book(
    connection: Connection, view: View, wanted: Collection[tuple[str, date]] | None
) -> Book:
    """Read a book; ``wanted`` keeps figures of those deposits and vintages only.

    Official figures, splits and mining records are of the wanted deposits at any date, and of
    areas (national, provinces) always.
    """
    deposits = None if wanted is None else sorted({deposit_id for deposit_id, _ in wanted})
    figures = _wanted(read_figures(connection, view, deposits), wanted)
    asked = {e.deposit_id for e in figures} if view == "official" else deposits
    beside = _beside(connection, view, asked, figures)
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
        beside=_wanted(beside, wanted),
    )


def _beside(
    connection: Connection,
    view: View,
    deposits: Collection[str] | None,
    figures: Iterable[LedgerEntry],
) -> tuple[LedgerEntry, ...]:
    """Estimates that say what was mined, by deposit and vintage (:attr:`Book.beside`).

    Those that ``figures`` already are aren't read again.
    """
    counted = func.coalesce(standing.c.usable, _newest_not_corrected())
    query = (
        select(ledger_entry)
        .select_from(standing)
        .join(ledger_entry, ledger_entry.c.number == counted)
        .where(
            standing.c.series == INTERNAL,
            or_(standing.c[view].is_(None), standing.c[view] != counted),
        )
    )
    lines = _of_deposits(connection, query, standing.c.deposit_id, deposits)
    found = {_place(entry): entry for entry in map(entry_of, lines)}
    same = {_place(figure): figure for figure in figures if figure.series == INTERNAL}
    return tuple(entry for _, entry in sorted({**same, **found}.items()))


def _newest_not_corrected() -> Any:
    """Number of a figure's newest entry that no correction took back; null where there is none."""
    entry, state = ledger_entry.alias(), entry_state.alias()
    corrected = and_(state.c.number == entry.c.number, state.c.corrected_by.is_not(None))
    same = [entry.c[name] == standing.c[name] for name in ("deposit_id", "vintage", "series")]
    return (
        select(func.max(entry.c.number))
        .select_from(entry)
        .outerjoin(state, corrected)
        .where(*same, entry.c.kind == "estimate", state.c.number.is_(None))
        .correlate(standing)
        .scalar_subquery()
    )


def _wanted(
    found: Iterable[LedgerEntry], wanted: Collection[tuple[str, date]] | None
) -> tuple[LedgerEntry, ...]:
    """Those of wanted deposits and vintages; all where nothing is said."""
    kept = None if wanted is None else frozenset(wanted)
    return tuple(e for e in found if kept is None or (e.deposit_id, e.vintage) in kept)


def read_totals(
    connection: Connection, view: View, by: By, as_of: date | None, *, domestic: bool
) -> tuple[Total, ...]:
    """Sums over each deposit's latest figure in ``view`` with an effective date up to ``as_of``.

    Areas are left out: a province's statistics already hold its deposits. Of several official
    figures of a deposit and date the one entered last counts. An official resource is without
    low-grade ore, an estimate's too, which is a stock beside it; in the other views it is in it.
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
    rows = _grouped(connection, query, by)
    if view == "official":
        inside = counted.c.series == INTERNAL, lines.stock == "low_grade", lines.part == "retained"
        rows = _without_low_grade(rows, _grouped(connection, query.where(*inside), by))
    rows.sort(key=lambda row: (row[0] or "", *row[1:5]))
    return tuple(Total(*row) for row in rows)


_Sum = tuple[str | None, str, str, str, str, int, int]
"""Group, stock, part, class, element, kilograms and number of deposits."""


def _grouped(connection: Connection, query: Select[Any], by: By) -> list[_Sum]:
    """Rows of a query; the sum of all is a group by itself."""
    named = ("all",) if by == "all" else ()
    return [(*named, *row[:-2], int(row[-2]), int(row[-1])) for row in connection.execute(query)]


def _without_low_grade(rows: Iterable[_Sum], low: Iterable[_Sum]) -> list[_Sum]:
    """Take estimates' low-grade ore out of their resource; as a stock of its own it stays.

    The same of one figure is :func:`tracking.movement.quantities.resource_kg`.
    """
    taken = {(row[0], "resource", *row[2:5]): row[5] for row in low}
    return [(*row[:5], row[5] - taken.get(row[:5], 0), row[6]) for row in rows]


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
    place_of = (columns.deposit_id, columns.belt_id, columns.province, columns.series)
    names = (*place_of, number.label("number"))
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
        yield from connection.execute(query).mappings().all()
        return
    names: Sequence[str] = sorted(set(deposits))
    for first in range(0, len(names), IN_ONE_QUERY):
        some = names[first : first + IN_ONE_QUERY]
        yield from connection.execute(query.where(column.in_(some))).mappings().all()


def _of_areas(
    connection: Connection, query: Select[Any], deposits: Collection[str] | None
) -> Iterator[Mapping[Any, Any]]:
    """Rows of ``query`` about areas that ``deposits`` (names of areas may be there) left out."""
    if deposits is not None:
        found = connection.execute(query.where(standing.c.scope.in_(AREAS))).mappings()
        named = frozenset(deposits)
        yield from (row for row in found if row["deposit_id"] not in named)


def _place(found: LedgerEntry | Standing) -> tuple[str, date, str]:
    """Where a figure stands in a list."""
    return found.deposit_id, found.vintage, found.series
