"""Tables folded from the entries: sums that pages are made from, and nobody's hand in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from estimation.results import Breakdown
from tests.fabricated import copper_result, fabricated_result
from tests.postgres_fixture import postgres_server  # noqa: F401
from tests.standing_acts import DATABASES, LATER, WHEN, empty_database, estimate, review
from tracking import Facts, Hold, Ledger, LedgerEntry
from tracking.ledger.entries import entry_content
from tracking.ledger.lines import lines_of
from tracking.ledger.schema import open_engine


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    return empty_database(request, tmp_path)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An open, empty ledger."""
    with Ledger(url, code_version="test") as opened:
        yield opened


def test_totals_count_the_latest_figure_of_each_deposit_once(ledger: Ledger) -> None:
    """By belt, province and deposit the same kilograms, up to a date, in a view, at home."""
    home = Facts(province={"zh": "西藏", "en": "Tibet"})
    abroad = Facts(domestic=False)
    for deposit, belt, facts in (("a", "gangdese", home), ("b", "gangdese", home),
                                 ("c", "overseas", abroad)):  # fmt: skip
        for vintage, tonnes in ((WHEN, 1.0), (LATER, 2.0)):
            result = copper_result(vintage, {"measured": tonnes}, {"measured": 0.5},
                                   deposit_id=deposit, belt_id=belt)  # fmt: skip
            ledger.record(result, "run", facts=facts)

    def copper(**asked: Any) -> dict[str | None, tuple[int, int]]:
        return {
            t.group: (t.kg, t.deposits)
            for t in ledger.totals(**asked)
            if (t.part, t.element) == ("retained", "cu_pct")
        }

    assert copper() == {"all": (6000, 3)}
    assert copper(domestic=True) == {"all": (4000, 2)}
    assert copper(by="belt") == {"gangdese": (4000, 2), "overseas": (2000, 1)}
    assert copper(by="province") == {None: (2000, 1), "西藏": (4000, 2)}
    assert copper(by="deposit", as_of=WHEN) == dict.fromkeys("abc", (1000, 1))
    assert copper(view="published") == {}
    review(ledger, 1, "approved", "published")
    assert copper(view="published") == {"all": (1000, 1)}
    review(ledger, 2, "withdrawn")
    assert copper(by="deposit")["a"] == (1000, 1)


def test_stocks_and_parts_are_told_apart() -> None:
    """Low grade and reserves never enter the resource; rows at other cut-offs don't either."""
    result = fabricated_result(mined_ore_t=1e6, depletion_ore_t=2e5)
    table = Breakdown(
        "low_grade",
        ("grade_class", "domain", "class", "ore_t", "cu_pct.grade", "cu_pct.metal_t"),
        (
            ("industrial", "sulphide", "measured", 10.0, 0.6, 0.06),
            ("low_grade", "sulphide", "measured", 4.0, 0.3, 0.012),
            ("low_grade", "oxide", "measured", 2.0, None, None),
        ),
    )
    alone = replace(result.statement, elements=("cu_pct",), rows=(), mined=(), breakdowns=(table,))
    content = entry_content(replace(result, statement=alone, depletion=()))
    assert lines_of(content) == {
        ("low_grade", "retained", "measured", "ore"): 6000,
        ("low_grade", "retained", "measured", "cu_pct"): 12,
    }
    whole = entry_content(replace(result, lost=result.depletion))
    lines = lines_of(whole)
    at_cutoff = [r for r in whole["statement"] if r["cutoff"] == whole["reporting_cutoff"]]
    for name in ("measured", "indicated", "inferred"):
        ore = sum(row["ore_kg"] for row in at_cutoff if row["class"] == name)
        assert lines["resource", "retained", name, "ore"] == ore
    assert lines["resource", "mined", "measured", "ore"] == 10**9
    assert lines["resource", "lost", "measured", "ore"] == 2 * 10**8
    reserve = {"class": "proved", "domain": "all", "ore_kg": 5, "elements": {}}
    total = {"part": "reserves", "class": "unclassified", "domain": "all", "ore_kg": None,
             "elements": {"cu_pct": {"grade": None, "metal_kg": 7}}}  # fmt: skip
    content = {"statement": [], "reserves": [reserve], "totals": [total]}
    assert lines_of(content) == {
        ("reserve", "retained", "proved", "ore"): 5,
        ("reserve", "retained", "unclassified", "cu_pct"): 7,
    }


CHANGES = {
    "state": "UPDATE entry_state SET review = 'approved'",
    "state removed": "DELETE FROM entry_state",
    "published by hand": "UPDATE standing SET published = newest",
    "standing removed": "DELETE FROM standing",
    "line changed": "UPDATE standing_line SET kg = kg + 1",
    "line removed": "DELETE FROM standing_line",
    "line added": "INSERT INTO standing_line VALUES (1, 'resource', 'retained', 'x', 'y', 1)",
    "standing added": "INSERT INTO standing SELECT 'x', vintage, series, belt_id, province, scope,"
    " domestic, newest, usable, published, official, review, filing, filed_date, stat_year,"
    " document_no, 1 FROM standing WHERE deposit_id = 'test-syn'",
}


@pytest.fixture
def mixed(ledger: Ledger) -> LedgerEntry:
    """A figure with a held entry, and a last entry about something else."""
    estimate(ledger, 1.0)
    estimate(ledger, 2.0, Hold((), "beyond"))
    return ledger.record(fabricated_result("other-syn"), "run")


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES.keys())
def test_the_folded_tables_change_with_entries_only(
    url: str, ledger: Ledger, mixed: LedgerEntry, statement: str
) -> None:
    """Direct SQL is refused while the triggers stand, and found where they were taken away."""
    engine = open_engine(url)
    with pytest.raises(DBAPIError, match="only with a new entry"), engine.begin() as connection:
        connection.execute(text(statement))
    assert ledger.verify() == []
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        for table in ("entry_state", "standing", "standing_line"):
            take_triggers_off(connection, table)
        connection.execute(text(statement))
    engine.dispose()
    problems = [p for p in ledger.verify() if not p.startswith("trigger")]
    assert problems
    assert all(p.startswith(("entry ", "standing ", "state of entry ")) for p in problems)


def take_triggers_off(connection: Any, table: str) -> None:
    """As an intruder with the owner's rights would."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
    for name in connection.execute(text(query), {"table": table}).scalars().all():
        connection.execute(text(f"DROP TRIGGER {name}"))


def test_a_walk_from_a_head_looks_at_what_came_after(ledger: Ledger, mixed: LedgerEntry) -> None:
    """Figures that went on are folded whole; a head that is not there is told."""
    head = ledger.head()
    review(ledger, 2, "approved", "published")
    estimate(ledger, 3.0)
    assert ledger.verify(since=head) == []
    assert ledger.verify(head[1], since=head) == []
    wrong = ledger.verify(since=(head[0], "0" * 64))
    assert any("is not the head" in problem for problem in wrong)
    assert ledger.verify(since=(99, head[1])) == [
        "entry 99 / 第 99 条: is not the head noted earlier / 与先前记下的末条不符"
    ]
