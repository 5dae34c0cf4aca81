"""Rows of a made-up chain into SQLite or PostgreSQL, past triggers and indexes, put back after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import make_url

from benchmarks.ledger_chain import COLUMNS, Chain
from tracking import Ledger
from tracking.ledger.schema import entry_state, ledger_entry, metadata, standing, standing_line

FOLDED = (entry_state, standing, standing_line)
LINES = 20_000
"""Lines sent at a time."""
FASTER = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-3000000", "temp_store=MEMORY")


def load(url: str, chain: Chain) -> None:
    """Make the ledger at ``url`` and write the whole chain and what is folded from it."""
    Ledger(url).close()
    if make_url(url).get_backend_name() == "sqlite":
        _into_sqlite(str(make_url(url).database), chain)
    else:
        _into_postgresql(url, chain)


def _into_sqlite(path: str, chain: Chain) -> None:
    """Indexes that are part of a table (its unique columns) stay on."""
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        for pragma in FASTER:
            link.execute(f"PRAGMA {pragma}").fetchall()
        query = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')"
        away = [row for row in link.execute(query).fetchall() if row[2] is not None]
        for kind, name, _ in away:
            link.execute(f"DROP {kind} {name}")
        link.execute("BEGIN")
        marks = ", ".join("?" * len(COLUMNS))
        link.executemany(
            f"INSERT INTO ledger_entry ({', '.join(COLUMNS)}) VALUES ({marks})", iter(chain)
        )
        rows = chain.folded.rows()
        for table in FOLDED:
            names = [column.name for column in table.columns]
            into = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES (:{', :'.join(names)})"
            link.executemany(into, rows[table.name])
        link.execute("COMMIT")
        for _, _, made in sorted(away):
            link.execute(made)
        link.execute("PRAGMA journal_mode=WAL").fetchall()


def _into_postgresql(url: str, chain: Chain) -> None:
    """COPY without indexes; they are made again, and the planner's statistics with them."""
    import psycopg

    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('p', 'u') AND conrelid::regclass::text = ANY(%s)"
    )
    indexes = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    names = [table.name for table in metadata.sorted_tables]
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("SET maintenance_work_mem = '1GB'")
        ties = link.execute(constraints, [names]).fetchall()
        found = link.execute(indexes, [names]).fetchall()
        for name in names:
            link.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        for table, name, _ in ties:
            link.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in found:
            link.execute(f"DROP INDEX {name}")
        _copy(link, ledger_entry.name, COLUMNS, iter(chain))
        rows = chain.folded.rows()
        for table in FOLDED:
            columns = tuple(column.name for column in table.columns)
            lines = (tuple(row[name] for name in columns) for row in rows[table.name])
            _copy(link, table.name, columns, lines)
        for table, name, made in ties:
            link.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}")
        for _, made in found:
            link.execute(made)
        for name in names:
            link.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
            link.execute(f"VACUUM ANALYZE {name}")


def _copy(link: Any, table: str, columns: tuple[str, ...], rows: Iterable[Any]) -> None:
    """COPY in text form."""
    rows = iter(rows)
    with (
        link.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as out,
    ):
        while some := list(islice(rows, LINES)):
            out.write("".join(map(_text_line, some)))


def _text_line(row: Iterable[Any]) -> str:
    """One row as COPY reads it."""
    cells = [r"\N" if cell is None else str(cell).replace("\\", "\\\\") for cell in row]
    return "\t".join(cells) + "\n"
