"""The ledger at its size, and under writers that are killed.

``python -m benchmarks.ledger --entries 10000000`` makes a ledger of so many entries and times what
every page asks of it; ``--database URL`` names an empty PostgreSQL database (or a file that was
made before: ``sqlite:///...``), ``--postgres`` starts a server of its own. A ledger of up to
200 000 entries is verified whole.

``python -m benchmarks.ledger --writers 8 --entries 500`` lets writers enter so many estimates each
while they are killed at random moments (:mod:`benchmarks.ledger_writers`).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from benchmarks.ledger_chain import VINTAGES, Chain
from benchmarks.ledger_load import load
from benchmarks.ledger_writers import killed_writers
from tests.postgres_fixture import cluster, new_database
from tracking import Decision, Ledger
from tracking.ledger.book import By

DEPOSITS = 2000
PAGE, BELT = 20, 200
"""Deposits of a configuration such as the sample's, and of a large belt."""
WHOLE = 200_000
"""Up to so many entries the whole chain is verified."""
SERVER = {"shared_buffers": "1GB", "max_wal_size": "8GB", "effective_cache_size": "4GB"}
BY: tuple[By, ...] = ("all", "belt", "province", "deposit")


def questions(ledger: Ledger, deposits: int) -> dict[str, Callable[[], object]]:
    """What pages and commands ask, by name."""
    names = [f"deposit-{n:05d}" for n in range(deposits)]
    wanted = {
        some: {(name, vintage) for name in names[:some] for vintage in VINTAGES}
        for some in (PAGE, BELT)
    }
    middle, head = names[len(names) // 2], ledger.head()
    earlier = date(2020, 12, 31)
    return {
        "head": ledger.head,
        "one entry": lambda: ledger.entry(head[0] // 2),
        "newest 50 entries of a deposit": lambda: ledger.entries(middle, newest=50),
        "decisions of a deposit": lambda: ledger.entries(middle, kind="decision"),
        "standings of a deposit": lambda: ledger.standings(middle),
        "usable figures of a deposit": lambda: ledger.current(middle),
        "published figures of a deposit": lambda: ledger.current(middle, view="published"),
        "official figures of a deposit": lambda: ledger.current(middle, view="official"),
        f"book of {PAGE} deposits": lambda: ledger.book(wanted=wanted[PAGE]),
        f"book of {BELT} deposits": lambda: ledger.book(wanted=wanted[BELT]),
        **{f"totals by {by}": partial(ledger.totals, by=by) for by in BY},
        "totals by belt, published": lambda: ledger.totals("published", by="belt"),
        "totals by belt, official": lambda: ledger.totals("official", by="belt"),
        "totals by province at a date": lambda: ledger.totals(by="province", as_of=earlier),
        "standings of all": ledger.standings,
        "official figures of all": lambda: ledger.current(view="official"),
        "corrections of all": lambda: ledger.entries(kind="correction"),
        "approve, publish, withdraw": lambda: decide(ledger, middle),
        "verify since the head": lambda: ledger.verify(since=head),
        "usable figures of all": ledger.current,
        "book of all": ledger.book,
    }


def decide(ledger: Ledger, deposit_id: str) -> None:
    """Take a figure through three decisions and back to where it may be approved again."""
    figure = ledger.standings(deposit_id)[-1]
    for to in ("approved", "published", "withdrawn"):
        ledger.decide(Decision(figure.newest, "review", to, "bench", "bench"), "bench")


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and of them this process's own work, of the fastest of five answers.

    What the machine's other work adds is left out as far as it can be.
    """
    spans = []
    for _ in range(5):
        begun, worked = time.perf_counter(), time.process_time()
        ask()
        spans.append((time.perf_counter() - begun, time.process_time() - worked))
    return min(spans)


def measure(url: str, deposits: int) -> Iterator[tuple[str, tuple[float, float], list[str]]]:
    """Each question, its seconds, and the steps of its plans that walk the chain."""
    with Ledger(url, code_version="bench") as ledger:
        for name, ask in questions(ledger, deposits).items():
            with asked_of(ledger) as said:
                ask()
            yield name, timed(ask), walks(ledger, said)


@contextmanager
def asked_of(ledger: Ledger) -> Iterator[list[tuple[str, Any]]]:
    """Statements that the database is asked meanwhile, with their values."""
    said: list[tuple[str, Any]] = []

    def note(_link: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        said.append((statement, values))

    event.listen(ledger._engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(ledger._engine, "before_cursor_execute", note)


def walks(ledger: Ledger, said: list[tuple[str, Any]]) -> list[str]:
    """Steps of the database's plans that go through all entries."""
    sqlite = ledger._engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    found = set()
    with ledger._engine.connect() as connection:
        for statement, values in said:
            if not statement.startswith("SELECT") or "LIMIT" in statement:
                continue
            if not sqlite and "pg_" in statement:
                continue
            steps = connection.exec_driver_sql(explain + statement, values).all()
            words = [row[3] if sqlite else row[0].strip() for row in steps]
            found |= {w for w in words if re.search(r"(SCAN|Seq Scan on) ledger_entry", w)}
    return sorted(found)


def run_size(url: str, entries: int, deposits: int) -> None:
    """Make the ledger where it is empty, then print the time of every question."""
    with Ledger(url) as ledger:
        made = ledger.head()[0] == 0
    if made:
        begun = time.perf_counter()
        load(url, Chain(entries, deposits))
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
    with Ledger(url) as ledger:
        head = ledger.head()[0]
        print(json.dumps({"entries": head, "bytes": size_of(ledger)}), flush=True)
        if made and head <= WHOLE:
            begun = time.perf_counter()
            problems = ledger.verify()
            print(
                f"verified whole in {time.perf_counter() - begun:.1f} s: {len(problems)} problems"
            )
            if problems:
                raise SystemExit("\n".join(problems[:10]))
    for name, (seconds, own_s), steps in measure(url, deposits):
        print(f"{name:34s} {seconds:8.3f} s ({own_s:.3f})  {'; '.join(steps)}", flush=True)


def size_of(ledger: Ledger) -> int:
    """Bytes of the database on disk, indexes included."""
    query = "SELECT pg_database_size(current_database())"
    if ledger._engine.dialect.name == "sqlite":
        return Path(str(ledger._engine.url.database)).stat().st_size
    with ledger._engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


@contextmanager
def databases(url: str | None, postgres: bool, folder: Path) -> Iterator[list[str]]:
    """The databases to look at: the one named, else SQLite, with PostgreSQL where asked for."""
    if url is not None:
        yield [url]
    elif not postgres:
        yield [f"sqlite:///{folder / 'ledger.db'}"]
    else:
        with cluster(SERVER, folder) as server:
            yield [new_database(server.folder, "bench")]


def main() -> None:
    """Make or fill the ledger that was asked for and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--deposits", type=int, default=DEPOSITS)
    parser.add_argument("--writers", type=int, default=0)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--postgres", action="store_true", help="a server of its own")
    parser.add_argument("--database", help="URL of a ledger, or of an empty database")
    parser.add_argument(
        "--folder", type=Path, help="where the databases are made (else: temporary)"
    )
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="bornite-ledger-"))
    try:
        with databases(asked.database, asked.postgres, folder) as urls:
            for url in urls:
                if asked.writers:
                    said = killed_writers(url, folder, asked.writers, asked.entries, asked.kills)
                    print(json.dumps(said))
                else:
                    run_size(url, asked.entries, asked.deposits)
    finally:
        if asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
