"""A ledger of the first schema comes forward with its data; its entries keep their bytes."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

import tracking
from tests.fabricated import fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import Decision, Ledger, LedgerError, entry_content, same_figure
from tracking.ledger.schema import open_engine

NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
FIRST_KEYS = (
    "status", "belt_id", "deposit_id", "vintage", "main_element", "elements", "reporting_cutoff",
    "statement", "mined", "depletion", "density_basis", "support", "holes", "composites",
    "plan_status", "data_hash", "plan_hash", "model_hash", "engine_version",
)  # fmt: skip
"""Keys of a content of the first format, beside ``format``."""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server, f"migration_{os.getpid()}_{next(NAMES)}")


def migrate(engine: Engine, revision: str) -> None:
    """Bring a database to one revision, as the program of its time did."""
    config = Config()
    folder = Path(tracking.__file__).parent / "ledger" / "migrations"
    config.set_main_option("script_location", str(folder))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def first_content(*arguments: Any, **changes: Any) -> dict[str, Any]:
    """What an entry of the first format said of a made-up estimate."""
    said = entry_content(fabricated_result(*arguments, **changes))
    return {"format": 1, **{name: said[name] for name in FIRST_KEYS}}


def plain(value: Any) -> str:
    """The written form that hashes are taken of."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def write_first(engine: Engine, contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Append entries as the first program did, hashes and all; returns the rows."""
    rows: list[dict[str, Any]] = []
    newest: dict[tuple[str, str], int] = {}
    for number, content in enumerate(contents, start=1):
        key = content["deposit_id"], content["vintage"]
        row = {
            "number": number,
            **{name: content[name] for name in ("belt_id", "deposit_id", "vintage", "status")},
            "content_hash": hashlib.sha256(plain(content).encode()).hexdigest(),
            "previous_hash": rows[-1]["entry_hash"] if rows else "0" * 64,
            "run_id": f"run-{number}",
            "recorded_at": "2026-11-01T00:00:00.000000+00:00",
            "code_version": "0.1.0",
            "supersedes": newest.get(key),
        }
        row["entry_hash"] = hashlib.sha256(plain({"format": 1, **row}).encode()).hexdigest()
        row["content"] = plain(content)
        newest[key] = number
        rows.append(row)
    names = list(rows[0]) if rows else []
    insert = f"INSERT INTO ledger_entry ({', '.join(names)}) VALUES (:{', :'.join(names)})"
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        for row in rows:
            connection.execute(text(insert), row)
    return rows


@pytest.fixture
def old(url: str) -> list[dict[str, Any]]:
    """A ledger of the first schema with four entries; the fourth supersedes the first."""
    engine = open_engine(url)
    migrate(engine, "0001")
    rows = write_first(
        engine,
        [
            first_content(mined_ore_t=5e5, depletion_ore_t=2e5),
            first_content(vintage=date(2025, 12, 31), scale=1.1),
            first_content("other-syn", "duobaoshan"),
            first_content(scale=1.02, mined_ore_t=5e5, depletion_ore_t=2e5),
        ],
    )
    engine.dispose()
    return rows


def test_entries_keep_their_bytes_and_are_drafts_of_our_own(
    url: str, old: list[dict[str, Any]]
) -> None:
    """Every column is what it was; kind, series and state are what they then were."""
    with Ledger(url) as ledger:
        entries, standings = ledger.entries(), ledger.standings()
        assert ledger.verify() == []
        assert ledger.verify(old[1]["entry_hash"]) == []
    for entry, row in zip(entries, old, strict=True):
        assert plain(entry.content) == row["content"]
        assert all(str(getattr(entry, name)) == str(row[name]) for name in row if name != "content")
        assert (entry.format, entry.kind, entry.series) == (1, "estimate", "internal")
    assert [(s.deposit_id, s.newest, s.usable, s.published, s.review) for s in standings] == [
        ("other-syn", 3, 3, None, "draft"),
        ("test-syn", 4, 4, None, "draft"),
        ("test-syn", 2, 2, None, "draft"),
    ]


def test_old_figures_are_summed_as_new_ones_are(url: str, old: list[dict[str, Any]]) -> None:
    """Lines folded by the migration are those that the program folds from the same content."""
    with Ledger(url) as ledger:
        moved = {t: t.kg for t in ledger.totals(by="deposit")}
    content = json.loads(old[1]["content"])
    copper = sum(
        row["elements"]["cu_pct"]["metal_kg"]
        for row in content["statement"]
        if row["cutoff"] == content["reporting_cutoff"]
    )
    found = sum(
        total.kg
        for total in moved
        if (total.group, total.part, total.element) == ("test-syn", "retained", "cu_pct")
    )
    assert found == copper
    with Ledger(url) as ledger:
        mined = ledger.totals(as_of=date(2024, 12, 31))
    ore = {t.part: t.kg for t in mined if (t.class_name, t.element) == ("measured", "ore")}
    assert (ore["mined"], ore["depletion"]) == (5 * 10**8, 2 * 10**8)


def test_an_old_ledger_goes_on(url: str, old: list[dict[str, Any]]) -> None:
    """New entries are chained to old ones, and old figures can be decided about."""
    with Ledger(url) as ledger:
        fifth = ledger.record(fabricated_result(scale=1.05), "run-5")
        ledger.decide(Decision(3, "review", "approved", "geologist"), "run-5")
        ledger.decide(Decision(3, "review", "published", "geologist"), "run-5")
        assert (fifth.number, fifth.supersedes, fifth.format) == (5, 4, 2)
        assert fifth.previous_hash == old[-1]["entry_hash"]
        assert [e.number for e in ledger.current(view="published")] == [3]
        assert ledger.verify() == []
        assert ledger.verify(since=(4, old[-1]["entry_hash"])) == []


def test_an_old_figure_is_known_again(url: str, old: list[dict[str, Any]]) -> None:
    """The result that an old entry was made from says the same as the entry; another doesn't."""
    with Ledger(url) as ledger:
        entry = ledger.entry(2)
    same = fabricated_result(vintage=date(2025, 12, 31), scale=1.1)
    assert same_figure(entry.content, same)
    assert not same_figure(entry.content, fabricated_result(vintage=date(2025, 12, 31), scale=1.2))


def test_a_byte_changed_in_an_old_entry_is_still_found(url: str, old: list[dict[str, Any]]) -> None:
    """The columns that came later can't be used to pass an old entry off as something else."""
    Ledger(url).close()
    engine = open_engine(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))
        else:
            connection.execute(text("DROP TRIGGER ledger_entry_no_update"))
        connection.execute(text("UPDATE ledger_entry SET kind = 'outside' WHERE number = 2"))
        connection.execute(text("UPDATE ledger_entry SET series = 'filed' WHERE number = 3"))
    engine.dispose()
    with Ledger(url) as ledger:
        problems = ledger.verify()
    for number in (2, 3):
        assert any(p.startswith(f"entry {number} ") and "kind or series" in p for p in problems)


def test_an_empty_old_ledger_comes_forward(url: str) -> None:
    """Nothing to fold is no trouble."""
    engine = open_engine(url)
    migrate(engine, "0001")
    engine.dispose()
    with Ledger(url) as ledger:
        assert ledger.record(fabricated_result(), "run-1").number == 1
        assert ledger.verify() == []


def test_a_migration_that_fails_leaves_the_old_ledger(url: str, old: list[dict[str, Any]]) -> None:
    """An entry that can't be folded stops the migration whole: no column, no table, no row."""
    engine = open_engine(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("CREATE TABLE standing_line (number INTEGER)"))
    with pytest.raises(LedgerError, match="standing_line"):
        Ledger(url)
    with engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        assert version == "0001"
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT kind FROM ledger_entry"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("DROP TABLE standing_line"))
    engine.dispose()
    with Ledger(url) as ledger:
        assert len(ledger.entries()) == len(old)
        assert ledger.verify() == []
