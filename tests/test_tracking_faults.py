"""Full disks, servers that refuse or go away: nothing is lost, doubled or half done."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from sqlalchemy import event, text

from tests.fabricated import copper_result, fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import Decision, Hold, Ledger, LedgerError
from tracking.ledger.schema import open_engine

NAMES = itertools.count()
WHEN = fabricated_result().vintage


def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    """SQLite out of pages: one sentence, the chain as it was; with room again it goes on."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with Ledger(url) as ledger:
        ledger.record(fabricated_result(), "run")

        @event.listens_for(ledger._engine, "connect")
        def no_room(link: object, _record: object) -> None:
            pages = link.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
            link.execute(f"PRAGMA max_page_count={pages + 3}")  # type: ignore[attr-defined]

        ledger._engine.dispose()
        before = ledger.entries()

        def fill() -> None:
            for turn in range(50):
                ledger.record(fabricated_result(f"d{turn}-syn"), "run", hold=Hold((), "x"))

        with pytest.raises(LedgerError, match="full") as caught:
            fill()
        assert "\n" not in str(caught.value)
        assert ledger.verify() == []
        kept = ledger.entries()
        assert kept[:1] == before
        assert len(kept) % 2 == 1
    with Ledger(url) as ledger:
        assert ledger.record(fabricated_result("more-syn"), "run").number == len(kept) + 1
        assert ledger.verify() == []


@pytest.mark.postgres
def test_a_server_that_refuses_midway_leaves_nothing(postgres_server: Path) -> None:  # noqa: F811
    """PostgreSQL fails as the last of several rows is written (here: it says its disk is full)."""
    url = new_database(postgres_server, f"faults_{os.getpid()}_{next(NAMES)}")
    with Ledger(url) as ledger:
        ledger.record(fabricated_result(), "run")
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.execute(text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF NEW.review = 'held' THEN RAISE EXCEPTION 'could not extend file: No space"
                " left on device' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$"
            ))  # fmt: skip
            connection.execute(text(
                "CREATE TRIGGER full_disk BEFORE INSERT ON entry_state"
                " FOR EACH ROW EXECUTE FUNCTION full_disk()"
            ))  # fmt: skip
        engine.dispose()
        with pytest.raises(LedgerError, match="No space left"):
            ledger.record(fabricated_result("other-syn"), "run", hold=Hold((), "x"))
        assert len(ledger.entries()) == 1
        assert ledger.verify() == []


@pytest.mark.postgres
def test_a_server_that_goes_away_midway_leaves_nothing(postgres_server: Path) -> None:  # noqa: F811
    """The connection is cut inside the transaction: one sentence; the next try finds the server."""
    url = new_database(postgres_server, f"faults_{os.getpid()}_{next(NAMES)}")
    with Ledger(url) as ledger:
        ledger.record(fabricated_result(), "run")
        cut = open_engine(url)

        @event.listens_for(ledger._engine, "before_cursor_execute")
        def go_away(connection: object, _c: object, statement: str, *_: object) -> None:
            if statement.startswith("INSERT INTO standing "):
                with cut.begin() as other:
                    other.execute(text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                        " current_database() AND pid <> pg_backend_pid()"
                    ))  # fmt: skip

        with pytest.raises(LedgerError) as caught:
            ledger.record(fabricated_result("other-syn"), "run")
        assert "\n" not in str(caught.value)
        event.remove(ledger._engine, "before_cursor_execute", go_away)
        cut.dispose()
        assert len(ledger.entries()) == 1
        assert ledger.record(fabricated_result("other-syn"), "run").number == 2
        assert ledger.verify() == []


@pytest.mark.postgres
def test_a_server_lost_while_it_commits_is_not_taken_for_a_refusal(
    postgres_server: Path,  # noqa: F811
) -> None:
    """Nobody knows then whether the entry was kept: the error says so; once more enters it once."""
    url = new_database(postgres_server, f"faults_{os.getpid()}_{next(NAMES)}")
    with Ledger(url) as ledger:
        cut = open_engine(url)

        @event.listens_for(ledger._engine, "commit")
        def go_away(_connection: object) -> None:
            with cut.begin() as other:
                other.execute(text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                    " current_database() AND pid <> pg_backend_pid()"
                ))  # fmt: skip

        with pytest.raises(LedgerError, match="may be there"):
            ledger.record(fabricated_result(), "run")
        event.remove(ledger._engine, "commit", go_away)
        cut.dispose()
        assert ledger.record(fabricated_result(), "run").number == 1
        assert ledger.verify() == []


def test_a_ledger_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A database that allows reading only: one sentence, whatever is asked to be written."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with Ledger(url) as ledger:
        number = ledger.record(copper_result(WHEN, {"measured": 1.0}), "run").number

        @event.listens_for(ledger._engine, "connect")
        def read_only(link: object, _record: object) -> None:
            link.execute("PRAGMA query_only=ON")  # type: ignore[attr-defined]

        ledger._engine.dispose()
        for act in (
            lambda: ledger.record(copper_result(WHEN, {"measured": 2.0}), "run"),
            lambda: ledger.decide(Decision(number, "review", "approved", "g"), "run"),
            lambda: ledger.correct(number, "g", "because", "run"),
        ):
            with pytest.raises(LedgerError, match="nothing was written") as caught:
                act()
            assert "\n" not in str(caught.value)
        assert len(ledger.entries()) == 1
