"""The ledger's tables and their door to the database: SQLite by default, PostgreSQL for a bureau.

The tables are made by Alembic migrations (``tracking/ledger/migrations``), which also put the
triggers there that refuse every change to a written entry, and every change to what is folded
from entries that doesn't come with a new entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tracking.errors import LedgerError, NewerLedgerError

BUSY_TIMEOUT_MS = 60_000
"""How long a writer waits for another writer before it gives up."""

MIGRATION_LOCK = 0x424F524E
"""PostgreSQL advisory lock that lets one process at a time migrate ("BORN")."""

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
    Column("format", Integer, nullable=False, server_default="1"),
    Column("kind", String, nullable=False, server_default="estimate"),
    Column("series", String, nullable=False, server_default="internal"),
)

entry_state = Table(
    "entry_state",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("deposit_id", String, nullable=False),
    Column("vintage", String(10), nullable=False),
    Column("series", String, nullable=False),
    Column("review", String, nullable=False),
    Column("filing", String, nullable=False),
    Column("filed_date", String(10), nullable=True),
    Column("stat_year", Integer, nullable=True),
    Column("document_no", String, nullable=True),
    Column("published_by", BigInteger, nullable=True),
    Column("corrected_by", BigInteger, nullable=True),
    Column("changed_by", BigInteger, nullable=False),
)
"""States of entries that something was decided about; an entry without a row is a draft."""

standing = Table(
    "standing",
    metadata,
    Column("deposit_id", String, primary_key=True),
    Column("vintage", String(10), primary_key=True),
    Column("series", String, primary_key=True),
    Column("belt_id", String, nullable=False),
    Column("province", String, nullable=True),
    Column("scope", String, nullable=False),
    Column("domestic", Boolean, nullable=False),
    Column("newest", BigInteger, nullable=False),
    Column("usable", BigInteger, nullable=True),
    Column("published", BigInteger, nullable=True),
    Column("official", BigInteger, nullable=True),
    Column("review", String, nullable=False),
    Column("filing", String, nullable=False),
    Column("filed_date", String(10), nullable=True),
    Column("stat_year", Integer, nullable=True),
    Column("document_no", String, nullable=True),
    Column("changed_by", BigInteger, nullable=False),
)
"""Where every figure stands (:class:`tracking.ledger.standing.Standing`)."""

standing_line = Table(
    "standing_line",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("stock", String, primary_key=True),
    Column("part", String, primary_key=True),
    Column("class_name", String, primary_key=True),
    Column("element", String, primary_key=True),
    Column("kg", BigInteger, nullable=False),
)
"""Whole kilograms of the entries that ``standing`` points to, for sums in SQL."""


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
    NewerLedgerError
        The database was made by a later version of the program.
    """
    config = _migrations()
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
            raise NewerLedgerError(
                f"the ledger's schema is newer than this program / 台账结构比本程序新: {error}"
            ) from None


def _migrations() -> Config:
    """Where the migrations lie."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def wrong_triggers(connection: Connection) -> tuple[str, ...]:
    """Names of the triggers that are absent, switched off, or do otherwise than they were made to.

    What a trigger was made to do is the text that its migration has for it, and on PostgreSQL the
    text of its function as well.
    """
    scripts = ScriptDirectory.from_config(_migrations()).walk_revisions("base", "heads")
    dialect = connection.dialect.name
    made = [text for script in scripts for text in script.module.triggers(dialect)]
    if dialect == "postgresql":
        wanted, present = _wanted_on_postgresql(made), _present_on_postgresql(connection)
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        present = {name: _plain(sql) for name, sql in connection.execute(text(query))}
        wanted = {_made(statement): _plain(statement) for statement in made}
    return tuple(name for name in sorted(wanted) if present.get(name) != wanted[name])


def _wanted_on_postgresql(made: list[str]) -> dict[str, str]:
    """Trigger -> its text, its function's text behind it."""
    bodies = {
        _made(statement).removesuffix("()"): statement.split("$$")[1]
        for statement in made
        if statement.startswith("CREATE FUNCTION")
    }
    triggers = [_plain(statement) for statement in made if "$$" not in statement]
    return {
        _made(trigger): f"{trigger} {bodies[trigger.split()[-1].removesuffix('()')]}"
        for trigger in triggers
    }


def _present_on_postgresql(connection: Connection) -> dict[str, str]:
    """The same of the triggers that are switched on ("O": always but on a replica; "A": always)."""
    query = (
        "SELECT tgname, pg_get_triggerdef(pg_trigger.oid, true), prosrc FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
        " WHERE pg_table_is_visible(pg_class.oid) AND tgenabled IN ('O', 'A')"
    )
    found = connection.execute(text(query))
    return {name: f"{_plain(made)} {body}" for name, made, body in found}


def _plain(statement: str) -> str:
    """A statement with single spaces."""
    return " ".join(statement.split())


def _made(statement: str) -> str:
    """What a CREATE statement makes: its third word."""
    return statement.split()[2]


@contextmanager
def clear_errors(engine: Engine) -> Iterator[None]:
    """Turn a database error into one sentence that names the database, without its password."""
    try:
        yield
    except SQLAlchemyError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise LedgerError(
            f"ledger {where}: the database refused, nothing was written / "
            f"数据库拒绝, 未写入任何内容: {_first_line(error)}"
        ) from error


@contextmanager
def unsure_commit(engine: Engine) -> Iterator[None]:
    """Say of a server that went away while it was told to keep an entry what is not known."""
    try:
        yield
    except SQLAlchemyError as error:
        if engine.dialect.name != "postgresql":
            raise
        where = engine.url.render_as_string(hide_password=True)
        raise LedgerError(
            f"ledger {where}: the server went away as the entry was kept, so it may be there; look "
            "(bornite ledger), and run this again where it isn't: nothing is entered twice / "
            f"提交时连接中断, 该条可能已写入; 请用 bornite ledger 查看, 未写入再重做: "
            f"{_first_line(error)}"
        ) from error


def _first_line(error: SQLAlchemyError) -> str:
    """The driver's own words, without the statement."""
    words = str(getattr(error, "orig", None) or error)
    return words.strip().splitlines()[0] if words.strip() else type(error).__name__
