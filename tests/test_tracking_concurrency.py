"""Writers side by side, killed or cut off: what was acknowledged stands, once, and all goes on."""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.ledger_writers import killed_writers
from tests.fabricated import fabricated_result
from tests.postgres_fixture import (  # noqa: F401
    Cluster,
    cluster,
    new_database,
    postgres_server,
    skip_without_postgres,
)
from tracking import Hold, Ledger, LedgerError

ROOT = Path(__file__).resolve().parent.parent
NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server, f"concurrency_{os.getpid()}_{next(NAMES)}")


@pytest.fixture
def own_server() -> Iterator[Cluster]:
    """A server that the test may stop."""
    skip_without_postgres()
    with cluster() as server:
        yield server


def test_killed_writers_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    """Eight writers, twelve kills: what was acknowledged is there, once; holds came along."""
    said = killed_writers(url, tmp_path, count=8, each=60, kills=12)
    assert said["problems"] == []
    assert said["kills"] == 12
    assert said["entries"] == 8 * (60 + 12)


@pytest.mark.slow
def test_eight_killed_writers_of_500_entries(url: str, tmp_path: Path) -> None:
    """The whole of it: eight writers with 500 entries each, forty kills."""
    said = killed_writers(url, tmp_path, count=8, each=500, kills=40)
    assert said["problems"] == []
    assert (said["kills"], said["entries"]) == (40, 8 * (500 + 100))


@pytest.mark.postgres
def test_a_server_that_stops_under_writers(own_server: Cluster) -> None:
    """Each writer is told in one sentence; after the start all stands that was acknowledged."""
    address = new_database(own_server.folder, "stopped")
    Ledger(address).close()
    told: list[LedgerError] = []
    answered: list[tuple[int, str]] = []

    def write(who: str) -> None:
        with Ledger(address) as ledger:
            try:
                for turn in range(10_000):
                    result = fabricated_result(f"{who}-syn", scale=1.0 + turn)
                    entry = ledger.record(result, who, hold=Hold((), "x"))
                    answered.append((entry.number, entry.entry_hash))
            except LedgerError as error:
                told.append(error)

    writers = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(3)]
    for writer in writers:
        writer.start()
    while len(answered) < 10:
        time.sleep(0.02)
    own_server.stop()
    for writer in writers:
        writer.join(timeout=60)
    assert len(told) == 3
    assert all("\n" not in str(error) for error in told)
    with pytest.raises(LedgerError, match="refused") as caught:
        Ledger(address)
    assert "\n" not in str(caught.value)

    own_server.start()
    with Ledger(address) as ledger:
        assert ledger.verify() == []
        entries = {entry.number: entry for entry in ledger.entries()}
        assert all(entries[number].entry_hash == tied for number, tied in answered)
        kinds = [entries[number].kind for number in sorted(entries)]
        assert kinds == ["estimate", "decision"] * (len(entries) // 2)
        assert ledger.record(fabricated_result("next-syn"), "run").number == len(entries) + 1


@pytest.mark.postgres
def test_an_open_ledger_goes_on_after_the_server_was_away(own_server: Cluster) -> None:
    """A reader or writer that stayed open is refused while there is no server, and then isn't."""
    with Ledger(new_database(own_server.folder, "away")) as ledger:
        ledger.record(fabricated_result(), "run")
        own_server.stop()
        for ask in (
            ledger.current,
            lambda: ledger.record(fabricated_result("other-syn"), "run"),
        ):
            with pytest.raises(LedgerError) as caught:
                ask()
            assert "\n" not in str(caught.value)
        own_server.start()
        assert len(ledger.current()) == 1
        assert ledger.record(fabricated_result("other-syn"), "run").number == 2
        assert ledger.verify() == []


FILLER = """
import sys
from tests.fabricated import fabricated_result
from tracking import Hold, Ledger, LedgerError
with Ledger(sys.argv[1]) as ledger:
    try:
        for turn in range(1000):
            entry = ledger.record(fabricated_result(f"d{turn}-syn"), "run", hold=Hold((), "x"))
            print(entry.number, entry.entry_hash, flush=True)
    except LedgerError as error:
        print(error, file=sys.stderr)
        sys.exit(4)
"""


def test_a_disk_without_room_ends_in_one_sentence(tmp_path: Path) -> None:
    """The system refuses to let files grow; no half entry, and with room it goes on."""
    address = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger(address).close()
    room = 1_000_000

    def leave_no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = subprocess.run(
        [sys.executable, "-c", FILLER, address],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=leave_no_room,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 4, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "nothing was written" in done.stderr
    answers = [line.split() for line in done.stdout.splitlines()]
    with Ledger(address) as ledger:
        assert ledger.verify() == []
        entries = {entry.number: entry for entry in ledger.entries()}
        assert all(entries[int(number)].entry_hash == tied for number, tied in answers)
        assert len(entries) == 2 * len(answers)
        assert ledger.record(fabricated_result("more-syn"), "run").number == len(entries) + 1
        assert ledger.verify() == []
