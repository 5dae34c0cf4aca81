"""Killed writers, full disks, servers that go away: nothing is lost, doubled or half done."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import event, text

from tests.fabricated import copper_result, fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import Decision, Hold, Ledger, LedgerError
from tracking.ledger.schema import open_engine

ROOT = Path(__file__).resolve().parent.parent
NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
WHEN = fabricated_result().vintage

WRITER = """
import sys
from datetime import date
from tests.fabricated import copper_result
from tracking import Hold, Ledger
url, who, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with Ledger(url, code_version="test") as ledger:
    for turn in range(first, last):
        shared = turn % 2
        result = copper_result(
            date(2024, 12, 31),
            {"measured": 1.0 + turn},
            deposit_id="shared-syn" if shared else f"{who}-syn",
            data_hash=f"{who} {turn}",
        )
        entry = ledger.record(result, who, hold=Hold((), "x") if turn % 5 == 0 else None)
        print(turn, entry.number, entry.entry_hash, flush=True)
"""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server, f"faults_{os.getpid()}_{next(NAMES)}")


class Writer:
    """A process that enters estimates; killed, it goes on where it was last answered."""

    def __init__(self, url: str, who: str, count: int, folder: Path):
        self.url, self.who, self.count = url, who, count
        self.out = folder / f"{who}.txt"
        self.out.touch()
        self.process: subprocess.Popen[bytes] | None = None

    def answered(self) -> list[list[str]]:
        """What was acknowledged, whole lines only: turn, number, hash."""
        lines = self.out.read_text().split("\n")[:-1]
        return [line.split() for line in lines]

    def start(self) -> None:
        """Go on after the last turn that was acknowledged."""
        whole = self.out.read_text().rpartition("\n")
        self.out.write_text(whole[0] + whole[1])
        first = 1 + max((int(line[0]) for line in self.answered()), default=-1)
        command = [sys.executable, "-c", WRITER, self.url, self.who, str(first), str(self.count)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out)

    def running(self) -> bool:
        """Whether it is at work."""
        return self.process is not None and self.process.poll() is None


def write_and_kill(writers: list[Writer], kills: int) -> int:
    """Run all writers to their end; kill one at random now and then. Returns how many died."""
    rng, died = random.Random(7), 0
    for writer in writers:
        writer.start()
    while any(writer.running() for writer in writers):
        time.sleep(rng.uniform(0.05, 0.25))
        busy = [w for w in writers if w.running() and len(w.answered()) > 0]
        if died < kills and busy:
            victim = rng.choice(busy)
            assert victim.process is not None
            os.kill(victim.process.pid, signal.SIGKILL)
            died += victim.process.wait() == -signal.SIGKILL
            victim.start()
    return died


def killed_writers(url: str, folder: Path, *, count: int, each: int, kills: int) -> None:
    """Write with kills, then look at every entry there is."""
    Ledger(url).close()
    writers = [Writer(url, f"w{n}", each, folder) for n in range(count)]
    assert write_and_kill(writers, kills) == kills
    with Ledger(url) as ledger:
        assert ledger.verify() == []
        entries = {entry.number: entry for entry in ledger.entries()}
    estimates = [e for e in entries.values() if e.kind == "estimate"]
    said = [e.content["data_hash"] for e in estimates]
    assert len(said) == len(set(said)) == count * each
    for writer in writers:
        answers = writer.answered()
        assert [int(line[0]) for line in answers] == list(range(each))
        for _turn, number, entry_hash in answers:
            assert entries[int(number)].entry_hash == entry_hash
    held = {e.content["about"] for e in entries.values() if e.kind == "decision"}
    assert held == {e.number for e in estimates if int(e.content["data_hash"].split()[1]) % 5 == 0}


def test_killed_writers_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    """Three writers, two kills: what was acknowledged is there, once; holds came along."""
    killed_writers(url, tmp_path, count=3, each=20, kills=2)


@pytest.mark.slow
def test_eight_killed_writers_of_500_entries(url: str, tmp_path: Path) -> None:
    """The whole of it: eight writers with 500 entries each, forty kills."""
    killed_writers(url, tmp_path, count=8, each=500, kills=40)


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
