"""The chain walked from its first entry, or from a head noted earlier, and what is wrong with it.

Every line is checked by itself and against the line before it, and folded as it was folded when it
was written; at the end the folded tables must be what the chain says.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, Select, Table, select, text, type_coerce
from sqlalchemy.exc import SQLAlchemyError

from tracking.errors import LedgerError, StateError
from tracking.ledger.chain import content_problems, identity, latest, recomputed
from tracking.ledger.entries import FIGURES, GENESIS, LedgerEntry
from tracking.ledger.schema import (
    entry_state,
    ledger_entry,
    standing,
    standing_line,
    wrong_triggers,
)
from tracking.ledger.standing import EntryState, Key, Standing, fold, key_of
from tracking.ledger.standing_tables import FIGURE, content_of, entry_of, line_rows, plain

BATCH = 500
"""Entries read at a time."""


@dataclass
class _Figure:
    """One figure as folded so far."""

    connection: Connection
    standing: Standing | None = None
    states: dict[int, EntryState] = field(default_factory=dict)
    numbers: array[int] = field(default_factory=lambda: array("q"))
    """Its entries, oldest first."""
    changed_by: dict[int, int] = field(default_factory=dict)
    """Entry that changed each state last."""

    def older(self, number: int) -> int | None:
        """Number of the entry before ``number``."""
        place = bisect_left(self.numbers, number)
        return self.numbers[place - 1] if place else None

    def content(self, number: int) -> dict[str, Any]:
        """Content of one of its entries."""
        return content_of(self.connection, number)

    def _has(self, number: int) -> bool:
        place = bisect_left(self.numbers, number)
        return place < len(self.numbers) and self.numbers[place] == number

    def fold(self, entry: LedgerEntry) -> None:
        """Go on to after ``entry``; raises StateError where it isn't allowed."""
        if entry.kind in FIGURES:
            self.numbers.append(entry.number)
        elif not self._has(entry.content["about"]):
            raise StateError("it is about no entry of its figure / 所指条目不属于该数据")
        self.standing, changed = fold(self.standing, self.states, entry, self)
        self.states |= changed
        self.changed_by |= dict.fromkeys(changed, entry.number)

    def state_rows(self, key: Key) -> dict[int, dict[str, Any]]:
        """Its rows of ``entry_state``, by number."""
        return {n: _state_row(s, key, self.changed_by[n]) for n, s in self.states.items()}


def _state_row(state: EntryState, key: Key, changed_by: int) -> dict[str, Any]:
    """A row of ``entry_state`` with all its columns."""
    return {**dict(zip(FIGURE, key, strict=True)), **asdict(state), "changed_by": changed_by}


def _as_held(table: Table) -> list[Any]:
    """A table's columns as the database holds them: SQLite may hold any number for a yes."""
    return [
        type_coerce(column, Integer).label(column.name)
        if isinstance(column.type, Boolean)
        else column
        for column in table.columns
    ]


class Walk:
    """Walks the ledger's lines in order and gathers what is wrong with them."""

    def __init__(self, connection: Connection, since: tuple[int, str] | None = None):
        self.problems: list[str] = []
        self._connection = connection
        self._since = since[0] if since else 0
        self._number, self._last_hash = since or (0, GENESIS)
        self._seen = {GENESIS, self._last_hash}
        self._current: dict[tuple[Any, ...], int | None] = {}
        self._figures: dict[Key, _Figure] = {}
        self._others: dict[int, dict[str, Any]] = {}
        """Rows of ``entry_state`` of entries that are no figures: those that were taken back."""

    def run(self, head: str | None) -> list[str]:
        """Walk to the end, compare the tables, and return the problems."""
        wanted = {head} - {None}
        try:
            self._check_database()
            self._check_start()
            for line in self._lines(select(ledger_entry).where(self._later(ledger_entry.c.number))):
                self._check(line)
                wanted -= {line["entry_hash"]}
            self._compare_states()
            self._compare_standings()
        except SQLAlchemyError as error:
            words = str(getattr(error, "orig", None) or error).splitlines()[0]
            self.say(self._number + 1, f"can't be read / 无法读取: {words}")
        if head is not None and wanted - self._seen:
            self.problems.append(
                f"the chain does not contain the head {head[:12]}… noted earlier: entries were cut "
                f"off or rewritten / 链中没有先前记下的末条 {head[:12]}…: 条目被截断或改写"
            )
        return self.problems

    def say(self, number: Any, what: str) -> None:
        """Note one problem of one entry."""
        self.problems.append(f"entry {number} / 第 {number} 条: {what}")

    def _later(self, column: Any) -> Any:
        return column > self._since

    def _lines(self, query: Select[Any]) -> Iterable[Mapping[Any, Any]]:
        ordered = query.order_by(ledger_entry.c.number)
        return self._connection.execution_options(yield_per=BATCH).execute(ordered).mappings()

    def _check_database(self) -> None:
        """The triggers are there; and SQLite's file is whole, its indexes too."""
        self.problems += [
            f"trigger {name} is missing, off or not as it was made / 触发器缺失、停用或被改写"
            for name in wrong_triggers(self._connection)
        ]
        if self._connection.dialect.name == "sqlite" and not self._since:
            said = self._connection.execute(text("PRAGMA integrity_check")).scalars().all()
            self.problems += [f"database file / 数据库文件: {w}" for w in said if w != "ok"]

    def _check_start(self) -> None:
        """The head that the walk starts from must stand where it was noted."""
        if not self._since:
            return
        query = select(ledger_entry.c.entry_hash).where(ledger_entry.c.number == self._since)
        if self._connection.execute(query).scalar_one_or_none() != self._last_hash:
            self.say(self._since, "is not the head noted earlier / 与先前记下的末条不符")

    def _check(self, line: Mapping[Any, Any]) -> None:
        """Check one line against the ones before it, then go on from it."""
        number = line["number"]
        if not isinstance(number, int):
            self.say(number, "its number is none / 编号不是整数")
            return
        if number != self._number + 1:
            self.say(number, f"follows entry {self._number}: one is missing / 编号不连续")
        if line["previous_hash"] != self._last_hash:
            self.say(number, "does not name the entry before it / 前条散列不符")
        if line["entry_hash"] != recomputed(line):
            self.say(number, "entry hash does not fit its columns / 条目散列与内容不符")
        wrong = content_problems(line)
        for problem in wrong:
            self.say(number, problem)
        if line["supersedes"] != self._latest(line):
            self.say(number, "supersedes another entry than the current one / 取代的不是当前条目")
        self._number, self._last_hash = number, line["entry_hash"]
        if not wrong:
            self._fold(line)

    def _latest(self, line: Mapping[Any, Any]) -> int | None:
        """The entry that ``line`` takes the place of; from now on, ``line`` itself."""
        same = identity(line)
        if same is None:
            return None
        if same not in self._current and self._since:
            found = latest(self._connection, line, up_to=self._since)
            self._current[same] = found["number"] if found else None
        before = self._current.get(same)
        self._current[same] = line["number"]
        return before

    def _fold(self, line: Mapping[Any, Any]) -> None:
        """Fold one line whose content is whole."""
        try:
            entry = entry_of(line)
            if entry.kind in FIGURES or entry.content.get("of") in FIGURES:
                self._figure(key_of(entry)).fold(entry)
            elif entry.kind == "correction":
                taken = EntryState(entry.content["about"], corrected_by=entry.number)
                self._others[taken.number] = _state_row(taken, key_of(entry), entry.number)
        except (LedgerError, KeyError, TypeError, ValueError, AttributeError) as error:
            self.say(line["number"], f"can't be / 不成立: {error}")

    def _figure(self, key: Key) -> _Figure:
        """A figure as it stood before the line at hand."""
        if key not in self._figures:
            figure = self._figures[key] = _Figure(self._connection)
            columns = ledger_entry.c
            same = [columns[name] == value for name, value in zip(FIGURE, key, strict=True)]
            earlier = select(ledger_entry).where(*same, columns.number <= self._since)
            for line in self._lines(earlier) if self._since else ():
                entry = entry_of(line)
                if entry.kind in FIGURES or entry.content.get("of") in FIGURES:
                    figure.fold(entry)
        return self._figures[key]

    def _compare_states(self) -> None:
        """Table ``entry_state`` against the fold, and no filing number twice."""
        folded = dict(self._others)
        for key, figure in self._figures.items():
            folded |= figure.state_rows(key)
        self._find_filed_twice()
        query = select(entry_state).where(self._later(entry_state.c.changed_by))
        rows = {row["number"]: row for row in self._connection.execute(query).mappings()}
        said = {n: row for n, row in folded.items() if row["changed_by"] > self._since}
        for number in sorted({*rows, *said}, key=str):
            name = f"state of entry {number} / 第 {number} 条状态"
            self._compare(name, rows.get(number), folded.get(number))

    def _find_filed_twice(self) -> None:
        """Two entries that count under one filing number."""
        filed: dict[str, int] = {}
        states = [s for figure in self._figures.values() for s in figure.states.values()]
        for state in states:
            if state.official and state.document_no:
                first = filed.setdefault(state.document_no, state.number)
                if first != state.number:
                    self.say(
                        state.number, f"counts the filing of entry {first} again / 重复计入备案"
                    )

    def _compare_standings(self) -> None:
        """Tables ``standing`` and ``standing_line`` against the fold."""
        query = select(*_as_held(standing)).where(self._later(standing.c.changed_by))
        rows = {
            tuple(row[name] for name in FIGURE): row
            for row in self._connection.execute(query).mappings()
        }
        folded = {key: f.standing for key, f in self._figures.items() if f.standing is not None}
        for key in sorted({*rows, *folded}, key=str):
            said = plain(folded[key]) if key in folded else None
            self._compare(f"standing {' '.join(key)} / 现状", rows.get(key), said)
        pointed = sorted(number for found in folded.values() for number in found.pointed)
        for first in range(0, len(pointed), BATCH):
            self._compare_lines(pointed[first : first + BATCH])
        if not self._since:
            self._find_stray_lines(set(pointed))

    def _compare(
        self, name: str, row: Mapping[Any, Any] | None, said: Mapping[str, Any] | None
    ) -> None:
        """One row of a folded table against what the chain says."""
        if row is None or said is None:
            what = "is missing / 缺失" if row is None else "has no entry behind it / 无条目支持"
            self.problems.append(f"{name}: {what}")
            return
        for column, value in said.items():
            if row[column] != value:
                self.problems.append(
                    f"{name}: {column} is {row[column]}, the chain says {value} / 与链不符"
                )

    def _compare_lines(self, numbers: list[int]) -> None:
        """Summed kilograms of some entries against their contents."""
        columns = standing_line.c
        query = select(standing_line).where(columns.number.in_(numbers))
        held: dict[int, set[tuple[Any, ...]]] = {number: set() for number in numbers}
        for row in self._connection.execute(query):
            held[row.number].add(tuple(row))
        names = [column.name for column in standing_line.columns]
        for line in self._lines(select(ledger_entry).where(ledger_entry.c.number.in_(numbers))):
            entry = entry_of(line)
            said = line_rows(entry.number, entry.content)
            if held[entry.number] != {tuple(row[name] for name in names) for row in said}:
                self.say(entry.number, "its summed lines are not what it says / 汇总行与内容不符")

    def _find_stray_lines(self, pointed: set[int]) -> None:
        """Lines of entries that no figure points to."""
        query = select(standing_line.c.number).distinct()
        for number in sorted(set(self._connection.execute(query).scalars()) - pointed, key=str):
            self.say(number, "has summed lines, and no figure points to it / 多余的汇总行")
