"""The ledger's table and its door to the database: SQLite by default, PostgreSQL for a bureau.

The table is made by Alembic migrations (``tracking/migrations``), which also put the triggers
there that refuse every change to a written entry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError

BUSY_TIMEOUT_MS = 60_000
"""How long a writer waits for another writer before it gives up."""

MIGRATION_LOCK = 0x424F524E
"""PostgreSQL advisory lock that lets one process at a time migrate ("BORN")."""

TRIGGERS = ("ledger_entry_append", "ledger_entry_no_update", "ledger_entry_no_delete")
"""Triggers on both databases; PostgreSQL has ``ledger_entry_no_truncate`` as well."""

metadata = MetaData()

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("belt_id", String, nullable=False),
    Column("deposit_id", String, nullable=False),
    Column("vintage", String(10), nullable=False),
    Column("status", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("previous_hash", String(64), nullable=False, unique=True),
    Column("entry_hash", String(64), nullable=False, unique=True),
    Column("run_id", String, nullable=False),
    Column("recorded_at", String(32), nullable=False),
    Column("code_version", String, nullable=False),
    Column("supersedes", BigInteger, nullable=True, unique=True),
)


class LedgerError(Exception):
    """The ledger can't be opened or written; the message is for people, in both languages."""


def open_engine(url: str) -> Engine:
    """Return an engine for ``sqlite:///path`` or ``postgresql://...``.

    Raises
    ------
    LedgerError
        The URL is not one, or names another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError(f"not a database URL / 不是数据库 URL: {url!r}") from None
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, isolation_level="READ COMMITTED", pool_pre_ping=True)
    if kind != "sqlite":
        raise LedgerError(
            f"the ledger is kept in SQLite or PostgreSQL, not {kind} / "
            f"台账只支持 SQLite 或 PostgreSQL, 不支持 {kind}"
        )
    try:
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"the ledger's folder can't be made / 无法建立台账目录: {error}"
        ) from None
    engine = create_engine(parsed)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(dbapi_connection: Any, _record: Any) -> None:
    """Wait for other writers, write ahead, and leave BEGIN to us (the driver's own comes late)."""
    dbapi_connection.isolation_level = None
    dbapi_connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    if dbapi_connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        dbapi_connection.execute("PRAGMA journal_mode=WAL")
    dbapi_connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once, so that what it reads is what it appends to."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock_for_append(connection: Connection) -> None:
    """Keep other writers out until the transaction ends; readers go on.

    SQLite took its lock with BEGIN IMMEDIATE. On PostgreSQL the table is locked before the last
    entry is read, and READ COMMITTED reads what the writer before us committed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE ledger_entry IN EXCLUSIVE MODE"))


def upgrade(engine: Engine) -> None:
    """Bring the database to this program's schema; nothing is written where it is there already.

    Raises
    ------
    LedgerError
        The database was made by a later version of the program.
    """
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise LedgerError(
                f"the ledger's schema is newer than this program / 台账结构比本程序新: {error}"
            ) from None


def missing_triggers(connection: Connection) -> tuple[str, ...]:
    """Names of the append-only triggers that are absent or switched off."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledger_entry'::regclass"
            " AND tgenabled <> 'D'"
        )
        wanted: tuple[str, ...] = (*TRIGGERS, "ledger_entry_no_truncate")
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        wanted = TRIGGERS
    present = set(connection.execute(text(query)).scalars())
    return tuple(name for name in wanted if name not in present)
