"""Every column of every folded table, and every trigger, is held against what it must be."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from estimation.statement.extraction import Ore
from tests.fabricated import copper_result, fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import Decision, Hold, Ledger
from tracking.ledger.schema import metadata, open_engine, wrong_triggers
from tracking.mining.period import MinedClass, MinedPeriod

NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
WHEN = date(2024, 12, 31)
FOLDED = ("entry_state", "standing", "standing_line")
COLUMNS = [(name, column.name) for name in FOLDED for column in metadata.tables[name].columns]
ROWS = {"entry_state": "number = 1", "standing": "newest = 3", "standing_line": "number = 3"}


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger with figures, decisions, a mining record and corrections, on each database."""
    if request.param == "sqlite":
        made = f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        made = new_database(server, f"tampering_{os.getpid()}_{next(NAMES)}")
    with Ledger(made, code_version="test") as ledger:
        hold = Hold((), "beyond", "geologist")
        ledger.record(copper_result(WHEN, {"measured": 100.0}), "run", hold=hold)
        ledger.record(copper_result(WHEN, {"measured": 101.0}), "run")
        part = MinedClass("measured", Ore(100.0, {"cu_pct": 0.5}))
        mined = MinedPeriod("gangdese", "test-syn", date(2024, 1, 1), WHEN, (part,), "table 3")
        number = ledger.record_mining(mined, "run").number
        ledger.correct(number, "geologist", "typed wrongly", "run")
        assert ledger.verify() == []
    return made


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The database itself."""
    opened = open_engine(url)
    yield opened
    opened.dispose()


def past_triggers(engine: Engine, table: str, statement: str, **values: Any) -> None:
    """Run a statement with the table's triggers away, and put them back as they were."""
    with engine.connect().execution_options(writes=True) as link, link.begin():
        if engine.dialect.name == "postgresql":
            link.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            link.execute(text(statement), values)
            link.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            return
        query = (
            f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
        )
        triggers = link.execute(text(query)).all()
        for name, _ in triggers:
            link.execute(text(f"DROP TRIGGER {name}"))
        link.execute(text(statement), values)
        for _, made in triggers:
            link.connection.driver_connection.execute(made)  # type: ignore[union-attr]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_of_every_folded_table_is_compared(
    url: str, engine: Engine, table: str, column: str
) -> None:
    """The triggers stand again, so that nothing but the changed cell can tell."""
    with engine.connect() as link:
        query = f"SELECT {column} FROM {table} WHERE {ROWS[table]}"
        held = link.execute(text(query)).scalars().first()
    if isinstance(held, bool):
        changed: Any = not held
    elif isinstance(held, int):
        changed = held + 70
    elif column in ("published_by", "corrected_by", "published", "official", "stat_year"):
        changed = 2
    else:
        changed = "2001-01-01" if column in ("vintage", "filed_date") else "x"
    write = f"UPDATE {table} SET {column} = :changed WHERE {ROWS[table]}"
    if table == "standing_line":
        write += " AND element = 'ore'"
    past_triggers(engine, table, write, changed=changed)
    with Ledger(url) as ledger:
        said = ledger.verify()
    assert said, (table, column)
    assert not any(problem.startswith("trigger") for problem in said)


def test_a_correction_of_a_record_is_compared_too(url: str, engine: Engine) -> None:
    """States of what is no figure: series and the entry that changed them."""
    for column in ("series", "changed_by"):
        value: Any = "x" if column == "series" else 99
        past_triggers(
            engine, "entry_state", f"UPDATE entry_state SET {column} = :value WHERE number = 4",
            value=value,
        )  # fmt: skip
        with Ledger(url) as ledger:
            assert any("state of entry 4" in said and column in said for said in ledger.verify())


def test_a_walk_from_a_noted_head_compares_them_as_well(url: str, engine: Engine) -> None:
    """What changed after the head, in a figure that began before it."""
    with Ledger(url) as ledger:
        since = ledger.head()
        ledger.decide(Decision(3, "review", "approved", "geologist"), "run")
        ledger.decide(Decision(1, "review", "approved", "geologist", "because"), "run")
        ledger.record(fabricated_result("other-syn"), "run")
        assert ledger.verify(since=since) == []
    write = "UPDATE entry_state SET series = 'x' WHERE number = 3"
    past_triggers(engine, "entry_state", write)
    with Ledger(url) as ledger:
        assert any("state of entry 3" in said for said in ledger.verify(since=since))


def test_a_trigger_that_was_made_again_to_do_nothing_is_named(url: str, engine: Engine) -> None:
    """Its name is there; its text, or its function's, is another."""
    with engine.connect().execution_options(writes=True) as link, link.begin():
        assert wrong_triggers(link) == ()
        if engine.dialect.name == "postgresql":
            link.execute(text(
                "CREATE OR REPLACE FUNCTION entry_state_update_check() RETURNS trigger"
                " LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            ))  # fmt: skip
            link.execute(text("DROP TRIGGER ledger_entry_no_update ON ledger_entry"))
            link.execute(text(
                "CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry FOR EACH ROW"
                " WHEN (false) EXECUTE FUNCTION ledger_entry_refuse()"
            ))  # fmt: skip
            link.execute(text(
                "ALTER TABLE standing ENABLE REPLICA TRIGGER standing_no_delete"
            ))  # fmt: skip
        else:
            for table, word, event in (
                ("entry_state", "update", "UPDATE"),
                ("ledger_entry", "no_update", "UPDATE"),
                ("standing", "no_delete", "DELETE"),
            ):
                link.execute(text(f"DROP TRIGGER {table}_{word}"))
                link.execute(text(
                    f"CREATE TRIGGER {table}_{word} BEFORE {event} ON {table}"
                    " WHEN 0 BEGIN SELECT 1; END"
                ))  # fmt: skip
    with Ledger(url) as ledger:
        said = [words.split()[1] for words in ledger.verify() if words.startswith("trigger")]
    assert said == ["entry_state_update", "ledger_entry_no_update", "standing_no_delete"]
