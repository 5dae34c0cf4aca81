"""The ledger of figures: append-only, hash-chained, the same on SQLite and PostgreSQL.

A night's estimate is entered once, a filing once. A figure that changed gets a new entry that
names the one it takes the place of; what was written stays. Decisions, mining records, splits of a
change and corrections are entries too. :meth:`Ledger.verify` recomputes the whole chain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Select, select

from estimation.results import DepositResult
from tracking.errors import LedgerError
from tracking.forms.outside import OutsideFigure, same_figures
from tracking.ledger.acts import (
    about,
    check_dates,
    check_filing,
    check_live,
    check_pair,
    correction_content,
    decision_content,
    entry_numbered,
    hold_content,
    live,
    other_stands,
    says,
    standing_outside,
)
from tracking.ledger.book import (
    Book,
    By,
    Total,
    View,
    read_book,
    read_figures,
    read_standings,
    read_totals,
)
from tracking.ledger.chain import Pen, append, end_of_chain, latest
from tracking.ledger.entries import (
    FIGURES,
    Decision,
    Facts,
    Hold,
    LedgerEntry,
    canonical,
    entry_content,
    kg,
)
from tracking.ledger.schema import (
    clear_errors,
    ledger_entry,
    lock_for_append,
    open_engine,
    unsure_commit,
    upgrade,
)
from tracking.ledger.standing import EntryState, Standing
from tracking.ledger.standing_tables import entry_of, read_state, read_states
from tracking.ledger.walk import Walk
from tracking.mining.period import MinedPeriod
from tracking.movement.attribution import check_attribution, read_attribution

__all__ = ["Ledger", "LedgerEntry", "LedgerError", "entry_content", "kg"]


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
        with clear_errors(self._engine):
            upgrade(self._engine)

    def record(
        self,
        result: DepositResult,
        run_id: str,
        *,
        facts: Facts | None = None,
        hold: Hold | None = None,
    ) -> LedgerEntry:
        """Enter ``result``, once: a figure that already is the newest one is not written again.

        Reads the last entry and appends in one transaction that no other writer can come between.
        With ``hold`` the decision that holds the new entry is appended in the same transaction.
        Returns the new entry, or the newest one that says the same, whatever its review state; one
        that was taken back is entered again.

        Raises
        ------
        ValueError
            The result holds a quantity that is not finite.
        LedgerError
            The database refused; nothing was written.
        """
        content = entry_content(result, facts)
        with self._writing() as connection:
            newest = latest(connection, content)
            if newest is not None and newest["content"] == canonical(content):
                state = read_state(connection, newest["number"])
                if state.corrected_by is None:
                    return entry_of(newest)
            entry = append(connection, content, self._pen(run_id))
            if hold is not None:
                append(connection, hold_content(entry, hold, run_id), self._pen(run_id))
        return entry

    def record_outside(self, figure: OutsideFigure, run_id: str) -> LedgerEntry:
        """Enter a figure from outside; one filing counts once, whoever reports it.

        A figure that says the same as the one that stands under its filing number (or source) is
        answered with that one. ``figure.replaces`` takes an entry back, with the reason, in the
        same transaction.

        Raises
        ------
        LedgerError
            Another figure stands there; or the database refused. Nothing was written.
        """
        with self._writing() as connection:
            self._take_back(connection, figure, run_id)
            stands = standing_outside(connection, figure)
            if stands is None:
                return append(connection, dict(figure.content), self._pen(run_id))
            if stands.kind == "outside" and same_figures(stands.content, figure.content):
                return stands
            raise other_stands(stands, figure.document_no or figure.series)

    def record_mining(self, mined: MinedPeriod, run_id: str) -> LedgerEntry:
        """Enter what was mined in a period, once; ``mined.replaces`` takes an entry back.

        Raises
        ------
        LedgerError
            The period has another record, which must be corrected first; or the database refused.
        """
        content = mined.content
        with self._writing() as connection:
            self._take_back(connection, mined, run_id)
            stands = live(connection, content)
            if stands is None:
                return append(connection, content, self._pen(run_id))
            if says(stands, content):
                return stands
            raise other_stands(stands, content["series"])

    def record_attribution(self, content: dict[str, Any], run_id: str) -> LedgerEntry:
        """Enter the split of the change between two figures; a new split replaces the one before.

        ``content`` names the entries ``opening`` and ``closing``
        (:mod:`tracking.movement.attribution` says what else); the rest is the closing entry's.

        Raises
        ------
        EstimationError
            The steps don't lead from the one figure to the other.
        LedgerError
            They aren't two figures of one deposit; or the database refused.
        """
        with self._writing() as connection:
            opening, closing = (
                entry_numbered(connection, content[n]) for n in ("opening", "closing")
            )
            check_pair(opening, closing)
            way = "reverse" if content.get("reverse") else "forward"
            whole = {
                **content,
                **about(closing, "attribution"),
                "series": f"{way}:{opening.number}-{closing.number}",
            }
            del whole["of"]  # a split moves no figure
            stands = live(connection, whole)
            if stands is not None and says(stands, whole):
                return stands
            check_attribution(read_attribution(whole), opening, closing)
            return append(connection, whole, self._pen(run_id))

    def decide(self, decision: Decision, run_id: str) -> LedgerEntry:
        """Enter a decision about a figure's review or filing state (:mod:`tracking.ledger.states`).

        Raises
        ------
        StateError
            The figure can't go there from where it is; the message names where it can.
        LedgerError
            No such figure, a filing number that counts already; or the database refused.
        """
        with self._writing() as connection:
            entry = entry_numbered(connection, decision.about)
            state = read_state(connection, entry.number)
            now = state.review if decision.axis == "review" else state.filing
            content = decision_content(entry, decision, now, run_id)
            check_dates(content)
            if decision.to == "filed":
                check_filing(connection, entry.number, content["document_no"])
            return append(connection, content, self._pen(run_id))

    def correct(self, number: int, by: str, reason: str, run_id: str) -> LedgerEntry:
        """Take an entry back, with the reason; it stays in the chain and counts no more.

        Raises
        ------
        LedgerError
            No such entry, one that can't be taken back, or was already; no reason; or the
            database refused.
        """
        with self._writing() as connection:
            entry = entry_numbered(connection, number)
            content = correction_content(entry, by, reason, run_id)
            if entry.kind not in FIGURES and read_state(connection, number).corrected_by:
                raise LedgerError(f"entry {number} was taken back already / 第 {number} 条已被更正")
            return append(connection, content, self._pen(run_id))

    def entries(
        self,
        deposit_id: str | None = None,
        kind: str | None = None,
        *,
        newest: int | None = None,
    ) -> tuple[LedgerEntry, ...]:
        """Return every entry (of one deposit, of one kind) in the order they were written.

        ``newest`` returns no more than the last so many.
        """
        number = ledger_entry.c.number
        query = select(ledger_entry).order_by(number if newest is None else number.desc())
        for column, wanted in (("deposit_id", deposit_id), ("kind", kind)):
            if wanted is not None:
                query = query.where(ledger_entry.c[column] == wanted)
        found = self._read(query.limit(newest))
        return found if newest is None else found[::-1]

    def entry(self, number: int) -> LedgerEntry:
        """Return one entry.

        Raises
        ------
        LedgerError
            There is none of that number.
        """
        with self._reading() as connection:
            return entry_numbered(connection, number)

    def current(
        self, deposit_id: str | None = None, view: View = "usable"
    ) -> tuple[LedgerEntry, ...]:
        """Return the entry that counts of each figure, by deposit, vintage and series.

        ``usable``, ``newest`` and ``published`` are of our own estimates, one of each deposit and
        vintage; ``official`` is of every filed figure.
        """
        with self._reading() as connection:
            return read_figures(connection, view, _one(deposit_id))

    def standings(self, deposit_id: str | None = None) -> tuple[Standing, ...]:
        """Return where every figure (of one deposit) stands."""
        with self._reading() as connection:
            found = read_standings(connection, _one(deposit_id))
        return tuple(s for s in found if deposit_id in (None, s.deposit_id))

    def states(self, figure: Standing) -> dict[int, EntryState]:
        """Return what was decided about a figure's entries, by number; drafts are left out."""
        with self._reading() as connection:
            return read_states(connection, figure.key)

    def book(
        self, view: View = "usable", wanted: Collection[tuple[str, date]] | None = None
    ) -> Book:
        """Read all that pages are made from, as of one moment (:mod:`tracking.ledger.book`)."""
        with self._reading() as connection:
            return read_book(connection, view, wanted)

    def totals(
        self,
        view: View = "usable",
        by: By = "all",
        *,
        as_of: date | None = None,
        domestic: bool = False,
    ) -> tuple[Total, ...]:
        """Sums in kilograms over each deposit's latest figure up to ``as_of``, in SQL.

        ``domestic`` leaves deposits abroad out. Stocks stand beside each other and are never to be
        added; classes neither, but as a labelled aggregate.
        """
        with self._reading() as connection:
            return read_totals(connection, view, by, as_of, domestic=domestic)

    def head(self) -> tuple[int, str]:
        """Return the last entry's number and hash: (0, sixty-four zeros) for an empty ledger.

        Print it where the ledger's owner can't reach it: a chain alone can't show that its last
        entries were cut off, a head printed before can (see :meth:`verify`).
        """
        with self._reading() as connection:
            return end_of_chain(connection)

    def verify(self, head: str | None = None, since: tuple[int, str] | None = None) -> list[str]:
        """Recompute the chain and what is folded from it; return the problems, empty when intact.

        Each problem names its entry or figure. ``head`` is an entry hash noted earlier; the chain
        must still contain it. ``since`` is a head (number and hash) up to which the chain was
        verified before: the walk starts there, and looks at figures that changed afterwards.

        Raises
        ------
        LedgerError
            The database can't be reached.
        """
        with self._reading() as connection:
            return Walk(connection, since).run(head)

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

    def _pen(self, run_id: str) -> Pen:
        return Pen(run_id, self._code_version)

    def _take_back(
        self, connection: Connection, record: OutsideFigure | MinedPeriod, run_id: str
    ) -> None:
        """Enter the correction that a record asks for, where it does."""
        if record.replaces is not None:
            taken = entry_numbered(connection, record.replaces)
            check_live(connection, taken)
            why = correction_content(taken, record.by, record.reason or "", run_id)
            append(connection, why, self._pen(run_id))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction that holds the ledger's end until it commits."""
        with clear_errors(self._engine), self._engine.connect() as connection:
            transaction = connection.execution_options(writes=True).begin()
            try:
                lock_for_append(connection)
                yield connection
            except BaseException:
                transaction.rollback()
                raise
            with unsure_commit(self._engine):
                transaction.commit()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One transaction that sees the ledger as of one moment."""
        with clear_errors(self._engine), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def _read(self, query: Select[Any]) -> tuple[LedgerEntry, ...]:
        """Entries that ``query`` finds."""
        with self._reading() as connection:
            return tuple(entry_of(line) for line in connection.execute(query).mappings())


def _one(deposit_id: str | None) -> tuple[str, ...] | None:
    """The deposits that a question is about; None for all."""
    return None if deposit_id is None else (deposit_id,)


def _installed_version() -> str:
    """Version of the installed program."""
    try:
        return version("bornite")
    except PackageNotFoundError:
        return "not installed"
