"""The ledger of figures: append-only, hash-chained, the same on SQLite and PostgreSQL.

A night's estimate is entered once. A figure that changed gets a new entry that names the one it
takes the place of; what was written stays. :meth:`Ledger.verify` recomputes the whole chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from estimation.results import DepositResult
from tracking.entries import (
    GENESIS,
    LedgerEntry,
    canonical,
    entry_content,
    entry_hash,
    kg,
    sha256,
)
from tracking.schema import (
    LedgerError,
    ledger_entry,
    lock_for_append,
    missing_triggers,
    open_engine,
    upgrade,
)

__all__ = ["Ledger", "LedgerEntry", "LedgerError", "entry_content", "kg"]

MIRRORED = ("belt_id", "deposit_id", "vintage", "status")
"""Columns that repeat what the content says, for queries."""


class Ledger:
    """The system of record for figures. Open one for each process; close it when done."""

    def __init__(self, url: str, *, code_version: str | None = None):
        """Open the ledger at ``url`` and bring its schema up to date.

        ``url`` is ``sqlite:///path/to/ledger.db`` or ``postgresql://user@host/name``.
        ``code_version`` is written into entries (the installed version where none is given).

        Raises
        ------
        LedgerError
            The database can't be reached or used.
        """
        self._engine = open_engine(url)
        self._code_version = code_version or _installed_version()
        with _clear_errors(self._engine):
            upgrade(self._engine)

    def record(self, result: DepositResult, run_id: str) -> LedgerEntry:
        """Enter ``result``, once: a figure that already is the current one is not written again.

        Reads the last entry and appends in one transaction that no other writer can come between.
        Returns the new entry, or the current one that says the same.

        Raises
        ------
        ValueError
            The result holds a quantity that is not finite.
        LedgerError
            The database refused; nothing was written.
        """
        content = entry_content(result)
        text = canonical(content)
        content_hash = sha256(text)
        with _clear_errors(self._engine), self._writing() as connection:
            current = _latest(connection, result.deposit_id, result.vintage.isoformat())
            if current is not None and current["content_hash"] == content_hash:
                return _entry(current)
            number, previous_hash = _end_of_chain(connection)
            line: dict[str, Any] = {
                **{name: content[name] for name in MIRRORED},
                "number": number + 1,
                "content": text,
                "content_hash": content_hash,
                "previous_hash": previous_hash,
                "run_id": run_id,
                "recorded_at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "code_version": self._code_version,
                "supersedes": None if current is None else current["number"],
            }
            line["entry_hash"] = entry_hash(line)
            connection.execute(ledger_entry.insert().values(line))
        return _entry(line)

    def entries(self, deposit_id: str | None = None) -> tuple[LedgerEntry, ...]:
        """Return every entry (of one deposit, where given) in the order they were written."""
        query = select(ledger_entry).order_by(ledger_entry.c.number)
        return self._read(_of_deposit(query, deposit_id))

    def current(self, deposit_id: str | None = None) -> tuple[LedgerEntry, ...]:
        """Return the latest entry of each deposit and vintage, by deposit, then vintage."""
        columns = ledger_entry.c
        newest = select(func.max(columns.number)).group_by(columns.deposit_id, columns.vintage)
        query = select(ledger_entry).where(columns.number.in_(_of_deposit(newest, deposit_id)))
        return self._read(query.order_by(columns.deposit_id, columns.vintage))

    def head(self) -> tuple[int, str]:
        """Return the last entry's number and hash: (0, sixty-four zeros) for an empty ledger.

        Print it where the ledger's owner can't reach it: a chain alone can't show that its last
        entries were cut off, a head printed before can (see :meth:`verify`).
        """
        with _clear_errors(self._engine), self._engine.connect() as connection:
            return _end_of_chain(connection)

    def verify(self, head: str | None = None) -> list[str]:
        """Recompute the chain from its first entry; return the problems, empty when intact.

        Each problem names its entry. ``head`` is an entry hash noted earlier; the chain must
        still contain it.

        Raises
        ------
        LedgerError
            The database can't be reached.
        """
        with _clear_errors(self._engine), self._engine.connect() as connection:
            absent = missing_triggers(connection)
            problems = [f"trigger {name} is missing / 触发器缺失" for name in absent]
            query = select(ledger_entry).order_by(ledger_entry.c.number)
            streamed = connection.execution_options(yield_per=500).execute(query).mappings()
            chain = _Chain(problems, head)
            try:
                for line in streamed:
                    chain.check(line)
            except SQLAlchemyError as error:
                chain.say(chain.number + 1, f"can't be read / 无法读取: {_first_line(error)}")
        if head is not None and not chain.head_seen:
            problems.append(
                f"the chain does not contain the head {head[:12]}… noted earlier: entries were cut "
                f"off or rewritten / 链中没有先前记下的末条 {head[:12]}…: 条目被截断或改写"
            )
        return problems

    def close(self) -> None:
        """Give back the database connections."""
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction that holds the ledger's end until it commits."""
        opened = self._engine.connect().execution_options(writes=True)
        with opened as connection, connection.begin():
            lock_for_append(connection)
            yield connection

    def _read(self, query: Select[Any]) -> tuple[LedgerEntry, ...]:
        """Entries that ``query`` finds."""
        with _clear_errors(self._engine), self._engine.connect() as connection:
            return tuple(_entry(line) for line in connection.execute(query).mappings())


class _Chain:
    """Walks the ledger's lines in order and gathers what is wrong with them."""

    def __init__(self, problems: list[str], head: str | None):
        self.problems = problems
        self.number = 0
        self.head_seen = head == GENESIS
        self._head = head
        self._last_hash = GENESIS
        self._current: dict[tuple[Any, Any], int] = {}

    def say(self, number: Any, what: str) -> None:
        """Note one problem of one entry."""
        self.problems.append(f"entry {number} / 第 {number} 条: {what}")

    def check(self, line: Mapping[Any, Any]) -> None:
        """Check one line against the ones before it, then go on from it."""
        number = line["number"]
        if number != self.number + 1:
            self.say(number, f"follows entry {self.number}: one is missing / 编号不连续")
        if line["previous_hash"] != self._last_hash:
            self.say(number, "does not name the entry before it / 前条散列不符")
        if line["entry_hash"] != _recomputed(line):
            self.say(number, "entry hash does not fit its columns / 条目散列与内容不符")
        for problem in _content_problems(line):
            self.say(number, problem)
        key = (line["deposit_id"], line["vintage"])
        if line["supersedes"] != self._current.get(key):
            self.say(number, "supersedes another entry than the current one / 取代的不是当前条目")
        self._current[key] = number
        self.number, self._last_hash = number, line["entry_hash"]
        self.head_seen = self.head_seen or line["entry_hash"] == self._head


def _recomputed(line: Mapping[Any, Any]) -> str | None:
    """The entry hash that a line's columns give; None where a column holds no plain value."""
    try:
        return entry_hash(dict(line))
    except TypeError:
        return None


def _content_problems(line: Mapping[Any, Any]) -> list[str]:
    """What is wrong inside one line: its content, its hash, and the columns that repeat it."""
    text = line["content"]
    if sha256(str(text)) != line["content_hash"]:
        return ["content was changed: its hash differs / 内容被改动: 散列不符"]
    try:
        content = json.loads(text)
    except ValueError:
        return ["content is not JSON / 内容不是 JSON"]
    return [
        f"column {name} differs from the content / 列 {name} 与内容不符"
        for name in MIRRORED
        if content.get(name) != line[name]
    ]


def _latest(connection: Connection, deposit_id: str, vintage: str) -> Mapping[Any, Any] | None:
    """The current line of a deposit and vintage."""
    columns = ledger_entry.c
    query = select(ledger_entry).where(columns.deposit_id == deposit_id, columns.vintage == vintage)
    return connection.execute(query.order_by(columns.number.desc()).limit(1)).mappings().first()


def _end_of_chain(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last entry."""
    columns = ledger_entry.c
    query = select(columns.number, columns.entry_hash).order_by(columns.number.desc()).limit(1)
    last = connection.execute(query).first()
    return (0, GENESIS) if last is None else (last.number, last.entry_hash)


def _of_deposit(query: Select[Any], deposit_id: str | None) -> Select[Any]:
    """``query``, narrowed to one deposit where one is named."""
    if deposit_id is None:
        return query
    return query.where(ledger_entry.c.deposit_id == deposit_id)


def _entry(line: Mapping[Any, Any]) -> LedgerEntry:
    """A line of the table as an entry."""
    raw = dict(line)
    raw["vintage"] = date.fromisoformat(raw["vintage"])
    raw["content"] = json.loads(raw["content"])
    return LedgerEntry(**raw)


def _installed_version() -> str:
    """Version of the installed program."""
    try:
        return version("bornite")
    except PackageNotFoundError:
        return "not installed"


@contextmanager
def _clear_errors(engine: Engine) -> Iterator[None]:
    """Turn a database error into one sentence that names the database, without its password."""
    try:
        yield
    except SQLAlchemyError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise LedgerError(
            f"ledger {where}: the database refused, nothing was written / "
            f"数据库拒绝, 未写入任何内容: {_first_line(error)}"
        ) from error


def _first_line(error: SQLAlchemyError) -> str:
    """The driver's own words, without the statement."""
    words = str(getattr(error, "orig", None) or error)
    return words.strip().splitlines()[0] if words.strip() else type(error).__name__
