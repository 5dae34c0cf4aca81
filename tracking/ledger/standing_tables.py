"""The folded tables in SQL: where a figure stands is read, and written after each entry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from tracking.ledger.entries import FIGURES, LedgerEntry
from tracking.ledger.lines import lines_of
from tracking.ledger.schema import entry_state, ledger_entry, standing, standing_line
from tracking.ledger.standing import EntryState, Key, Standing, fold, key_of

FIGURE = ("deposit_id", "vintage", "series")


def entry_of(line: Mapping[Any, Any]) -> LedgerEntry:
    """A line of the ledger's table as an entry."""
    raw = dict(line)
    raw["vintage"] = date.fromisoformat(raw["vintage"])
    raw["content"] = json.loads(raw["content"])
    return LedgerEntry(**raw)


def standing_of(row: Mapping[Any, Any]) -> Standing:
    """A row of the table as a standing."""
    raw = dict(row)
    for name in ("vintage", "filed_date"):
        raw[name] = date.fromisoformat(raw[name]) if raw[name] else None
    return Standing(**raw)


def plain(found: Standing) -> dict[str, Any]:
    """A standing as a row of the table."""
    raw = asdict(found)
    raw["vintage"] = found.vintage.isoformat()
    raw["filed_date"] = found.filed_date.isoformat() if found.filed_date else None
    return raw


def read_standing(connection: Connection, key: Key) -> Standing | None:
    """Where a figure stands; None where it has no entry."""
    row = connection.execute(_of(select(standing), standing, key)).mappings().first()
    return None if row is None else standing_of(row)


def read_states(connection: Connection, key: Key) -> dict[int, EntryState]:
    """States of a figure's entries (and of others under the same key), drafts left out."""
    rows = connection.execute(_of(select(entry_state), entry_state, key)).mappings()
    return {row["number"]: state_of(row) for row in rows}


def read_state(connection: Connection, number: int) -> EntryState:
    """State of one entry."""
    query = select(entry_state).where(entry_state.c.number == number)
    row = connection.execute(query).mappings().first()
    return EntryState(number) if row is None else state_of(row)


def filed_under(connection: Connection, document_no: str) -> tuple[EntryState, ...]:
    """States of entries under a filing number, those that were taken back left out."""
    columns = entry_state.c
    query = select(entry_state).where(
        columns.document_no == document_no, columns.corrected_by.is_(None)
    )
    rows = connection.execute(query.order_by(columns.number)).mappings()
    return tuple(state_of(row) for row in rows)


def state_of(row: Mapping[Any, Any]) -> EntryState:
    """A row of the table as a state."""
    left_out = {*FIGURE, "changed_by"}
    return EntryState(**{name: value for name, value in row.items() if name not in left_out})


def store(connection: Connection, entry: LedgerEntry) -> None:
    """Fold an entry that was just appended into the tables.

    Raises
    ------
    StateError
        The entry isn't allowed where its figure stands; the transaction must be given up.
    """
    if entry.kind in FIGURES or entry.content.get("of") in FIGURES:
        _store_figure(connection, entry)
    elif entry.kind == "correction":
        about = entry.content["about"]
        state = replace(read_state(connection, about), corrected_by=entry.number)
        _store_states(connection, entry, {about: state})


@dataclass(frozen=True)
class _Past:
    """A figure's entries as the ledger's table has them."""

    connection: Connection

    def older(self, number: int) -> int | None:
        """Number of the figure's entry before the given one; None before its first."""
        query = select(ledger_entry.c.supersedes).where(ledger_entry.c.number == number)
        found: int | None = self.connection.execute(query).scalar_one()
        return found

    def content(self, number: int) -> dict[str, Any]:
        """Content of one entry."""
        return content_of(self.connection, number)


def _store_figure(connection: Connection, entry: LedgerEntry) -> None:
    """Where the entry's figure stands now."""
    key = key_of(entry)
    before = read_standing(connection, key)
    after, changed = fold(before, read_states(connection, key), entry, _Past(connection))
    _store_states(connection, entry, changed)
    row = plain(after)
    if before is None:
        connection.execute(standing.insert().values(row))
    else:
        connection.execute(_of(standing.update(), standing, key).values(row))
    _store_lines(connection, before.pointed if before else frozenset(), after.pointed, entry)


def _store_states(
    connection: Connection, entry: LedgerEntry, changed: Mapping[int, EntryState]
) -> None:
    """States that an entry changed."""
    key = dict(zip(FIGURE, key_of(entry), strict=True))
    for number, state in changed.items():
        values = {**asdict(state), "changed_by": entry.number}
        here = entry_state.update().where(entry_state.c.number == number).values(values)
        if not connection.execute(here).rowcount:
            connection.execute(entry_state.insert().values({**key, **values}))


def _store_lines(
    connection: Connection, before: frozenset[int], after: frozenset[int], entry: LedgerEntry
) -> None:
    """Lines of entries that a figure points to now, and of no others."""
    if gone := before - after:
        connection.execute(standing_line.delete().where(standing_line.c.number.in_(gone)))
    for number in sorted(after - before):
        content = entry.content if number == entry.number else content_of(connection, number)
        rows = line_rows(number, content)
        if rows:
            connection.execute(standing_line.insert(), rows)


def line_rows(number: int, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of one entry as rows of the table."""
    names = ("stock", "part", "class_name", "element")
    return [
        {"number": number, **dict(zip(names, where, strict=True)), "kg": quantity_kg}
        for where, quantity_kg in sorted(lines_of(content).items())
    ]


def content_of(connection: Connection, number: int) -> dict[str, Any]:
    """Content of one entry."""
    query = select(ledger_entry.c.content).where(ledger_entry.c.number == number)
    content: dict[str, Any] = json.loads(connection.execute(query).scalar_one())
    return content


def _of(query: Any, table: Any, key: Key) -> Any:
    """``query``, narrowed to one figure."""
    pairs: Iterable[tuple[str, str]] = zip(FIGURE, key, strict=True)
    return query.where(and_(*(table.c[name] == value for name, value in pairs)))
