"""The ledger keeps what it is told, once, and shows every change made behind its back."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.fabricated import fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import INTERNAL_ESTIMATE, Ledger, LedgerError
from tracking.ledger.schema import LedgerError as SchemaError
from tracking.ledger.schema import open_engine, upgrade

ROOT = Path(__file__).resolve().parent.parent
NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'ledger.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server, f"ledger_{os.getpid()}_{next(NAMES)}")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An open, empty ledger."""
    with Ledger(url, code_version="test") as opened:
        yield opened


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Four entries: two vintages of one deposit, one of another, one that supersedes the first."""
    ledger.record(fabricated_result(), "run-1")
    ledger.record(fabricated_result(vintage=date(2025, 12, 31), scale=1.1), "run-1")
    ledger.record(fabricated_result("other-syn", "duobaoshan"), "run-1")
    ledger.record(fabricated_result(scale=1.02), "run-2")
    return ledger


def tamper(url: str, *statements: str) -> None:
    """Change the table as an intruder with the owner's rights would: triggers off first."""
    engine = open_engine(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))
        else:
            for name in ("append", "no_update", "no_delete"):
                connection.execute(text(f"DROP TRIGGER ledger_entry_{name}"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_an_entry_says_what_the_result_says(ledger: Ledger) -> None:
    """Number, names, status, and the content's own hash come back as they were written."""
    entry = ledger.record(fabricated_result(), "run-1")
    assert (entry.number, entry.belt_id, entry.deposit_id) == (1, "gangdese", "test-syn")
    assert (entry.vintage, entry.status) == (date(2024, 12, 31), INTERNAL_ESTIMATE)
    assert (entry.run_id, entry.code_version, entry.supersedes) == ("run-1", "test", None)
    assert ledger.entries() == (entry,)
    assert ledger.head() == (1, entry.entry_hash)


def test_the_same_figure_is_entered_once(filled: Ledger) -> None:
    """A second run with the same figure gets the first run's entry, and nothing is written."""
    before = filled.entries()
    again = filled.record(fabricated_result(vintage=date(2025, 12, 31), scale=1.1), "run-9")
    assert again == before[1]
    assert filled.entries() == before


def test_a_changed_figure_supersedes_the_current_one(filled: Ledger) -> None:
    """A figure that comes back is a new entry that takes the place of the one between."""
    back = filled.record(fabricated_result(), "run-3")
    first = filled.entries()[0]
    assert back.content_hash == first.content_hash
    assert (back.number, back.supersedes) == (5, 4)
    current = {(e.deposit_id, e.vintage.year): e.number for e in filled.current()}
    assert current == {("other-syn", 2024): 3, ("test-syn", 2024): 5, ("test-syn", 2025): 2}
    assert [e.number for e in filled.current("test-syn")] == [5, 2]
    assert [e.number for e in filled.entries("test-syn")] == [1, 2, 4, 5]
    assert [e.number for e in filled.entries("test-syn", newest=2)] == [4, 5]


def test_the_chain_of_an_untouched_ledger_is_whole(filled: Ledger) -> None:
    """Nothing is found where nothing was done, with a head noted earlier or without."""
    head = filled.head()[1]
    filled.record(fabricated_result("third-syn"), "run-3")
    assert filled.verify() == []
    assert filled.verify(head) == []


INTRUSION = """INSERT INTO ledger_entry SELECT {number}, belt_id, deposit_id, vintage, status,
    content, content_hash, {previous}, 'e', run_id, recorded_at, code_version, NULL, format, kind,
    series FROM ledger_entry WHERE number = 4"""
INTRUSIONS = {
    "update": "UPDATE ledger_entry SET run_id = 'x' WHERE number = 1",
    "delete": "DELETE FROM ledger_entry WHERE number = 4",
    "number out of turn": INTRUSION.format(number=13, previous="entry_hash"),
    "not chained to the last": INTRUSION.format(number=5, previous="substr(entry_hash, 2)"),
}


@pytest.mark.parametrize("statement", INTRUSIONS.values(), ids=INTRUSIONS.keys())
def test_the_database_itself_refuses_changes(filled: Ledger, url: str, statement: str) -> None:
    """Direct SQL can't change, remove or squeeze in an entry while the triggers stand."""
    before = filled.entries()
    engine = open_engine(url)
    with pytest.raises(DBAPIError, match=r"ledger_entry[: ]"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert filled.entries() == before


def test_a_written_entry_cannot_be_replaced(filled: Ledger, url: str) -> None:
    """INSERT OR REPLACE (SQLite) and TRUNCATE (PostgreSQL) go around row triggers: both refused."""
    engine = open_engine(url)
    statement = (
        "TRUNCATE ledger_entry"
        if engine.dialect.name == "postgresql"
        else "INSERT OR REPLACE INTO ledger_entry SELECT number, belt_id, deposit_id, vintage,"
        " status, content, content_hash, previous_hash, entry_hash, 'x', recorded_at,"
        " code_version, supersedes, format, kind, series FROM ledger_entry WHERE number = 4"
    )
    with pytest.raises(DBAPIError, match=r"ledger_entry[: ]"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert len(filled.entries()) == 4
    assert filled.verify() == []


COLUMNS = {
    "belt_id": "'elsewhere'",
    "deposit_id": "'elsewhere'",
    "vintage": "'2024-12-30'",
    "status": "'filed'",
    "content": "replace(content, '2.6', '2.7')",
    "content_hash": "replace(content_hash, substr(content_hash, 1, 1), '_')",
    "previous_hash": "replace(previous_hash, substr(previous_hash, 1, 1), '_')",
    "entry_hash": "replace(entry_hash, substr(entry_hash, 1, 1), '_')",
    "run_id": "'run-x'",
    "recorded_at": "'2020-01-01T00:00:00.000000+00:00'",
    "code_version": "'x'",
    "supersedes": "3",
    "format": "1",
    "kind": "'outside'",
    "series": "'elsewhere'",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_in_any_column_is_found_and_named(filled: Ledger, url: str, column: str) -> None:
    """With the triggers gone, whatever is changed in entry 2 is reported, and so are they."""
    statement = f"UPDATE ledger_entry SET {column} = {COLUMNS[column]} WHERE number = 2"
    tamper(url, statement)
    problems = filled.verify()
    assert any(problem.startswith("entry 2 ") for problem in problems)
    assert any("trigger ledger_entry_no_update" in problem for problem in problems)


def test_a_rewritten_figure_is_found_though_its_own_hashes_were_mended(
    filled: Ledger, url: str
) -> None:
    """Whoever rewrites an entry and its hashes breaks the entry after it."""
    from tracking.ledger.entries import canonical, entry_hash, sha256

    entry = filled.entries()[1]
    entry.content["statement"][0]["ore_kg"] += 1
    content = canonical(entry.content)
    line = {**entry.__dict__, "vintage": "2025-12-31", "content_hash": sha256(content)}
    tamper(
        url,
        f"UPDATE ledger_entry SET content = '{content.replace(':', chr(92) + ':')}',"
        f" content_hash = '{sha256(content)}', entry_hash = '{entry_hash(line)}' WHERE number = 2",
    )
    about_entries = [p for p in filled.verify() if p.startswith("entry")]
    assert about_entries == ["entry 3 / 第 3 条: does not name the entry before it / 前条散列不符"]


def test_a_removed_entry_is_found(filled: Ledger, url: str) -> None:
    """A gap shows in the numbers and in the chain; a cut end shows against a head noted earlier."""
    head = filled.head()[1]
    tamper(url, "DELETE FROM ledger_entry WHERE number = 4")
    assert any("standing test-syn 2024-12-31 internal" in p for p in filled.verify())
    assert any(head[:12] in problem for problem in filled.verify(head))
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM ledger_entry WHERE number = 2"))
    engine.dispose()
    assert any("one is missing" in problem for problem in filled.verify())


WRITER = """
import sys
from datetime import date
from tests.fabricated import fabricated_result
from tracking import Ledger
url, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Ledger(url) as ledger:
    for i in range(count):
        ledger.record(fabricated_result(f"{who}-syn"), "alone") if i == 0 else None
        ledger.record(fabricated_result("shared-syn", scale=1 + i + (who == "b") / 2), who)
"""


def test_writers_in_two_processes_make_one_chain(url: str) -> None:
    """Two processes open a new ledger at once and write: nothing lost, doubled or forked."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, who, "12"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for who in ("a", "b")
    ]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    with Ledger(url) as ledger:
        entries = ledger.entries()
        assert ledger.verify() == []
    assert [entry.number for entry in entries] == list(range(1, 27))
    assert sorted(entry.run_id for entry in entries) == ["a"] * 12 + ["alone"] * 2 + ["b"] * 12
    assert len({entry.content_hash for entry in entries}) == 26


def test_reading_goes_on_while_a_writer_holds_the_end(filled: Ledger) -> None:
    """A page can be built while an estimate is being entered."""
    with filled._writing():
        assert len(filled.current()) == 3


def test_a_refused_result_writes_nothing(filled: Ledger) -> None:
    """A quantity that is not a number never reaches the ledger."""
    good = fabricated_result("bad-syn")
    row = replace(good.statement.rows[0], ore_t=float("nan"))
    bad = replace(good, statement=replace(good.statement, rows=(row, *good.statement.rows[1:])))
    with pytest.raises(ValueError, match="finite"):
        filled.record(bad, "run-1")
    assert len(filled.entries()) == 4


def test_opening_again_changes_nothing(filled: Ledger, url: str) -> None:
    """The schema is made once; a second opening finds it and what was written."""
    before = filled.entries()
    engine: Engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    with Ledger(url) as again:
        assert again.entries() == before


def test_a_ledger_of_a_later_program_is_refused(url: str) -> None:
    """An older program does not write into a schema it doesn't know."""
    Ledger(url).close()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerError, match="newer than this program"):
        Ledger(url)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://bornite@localhost/x", "SQLite or PostgreSQL"),
        ("not a url", "not a database URL"),
        ("postgresql://bornite:secret@127.0.0.1:1/x?connect_timeout=2", "refused"),
    ],
)
def test_an_address_that_cannot_be_used_ends_in_one_sentence(address: str, words: str) -> None:
    """The error says what is wrong and never shows the password."""
    with pytest.raises(SchemaError, match=words) as caught:
        Ledger(address)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_ends_in_one_sentence(tmp_path: Path) -> None:
    """A damaged or foreign file is refused as it is opened."""
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, " * 64)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger(f"sqlite:///{path}")


def test_a_ledger_entry_is_json_on_disk(ledger: Ledger, url: str) -> None:
    """Anyone can check the content hash with the text column and sha256."""
    import hashlib

    entry = ledger.record(fabricated_result(), "run-1")
    engine = open_engine(url)
    with engine.connect() as connection:
        written = connection.execute(text("SELECT content FROM ledger_entry")).scalar_one()
    engine.dispose()
    assert hashlib.sha256(written.encode()).hexdigest() == entry.content_hash
    assert json.loads(written) == entry.content
