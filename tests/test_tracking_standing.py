"""Where a figure stands, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.fabricated import copper_result
from tests.postgres_fixture import postgres_server  # noqa: F401
from tests.standing_acts import (
    DATABASES,
    LATER,
    TO_FILED,
    WHEN,
    advance,
    empty_database,
    estimate,
    one,
    outside,
    pointers,
    review,
)
from tracking import Decision, Facts, Hold, Ledger, LedgerError, StateError


@pytest.fixture(params=DATABASES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An open, empty ledger, on each kind of database."""
    with Ledger(empty_database(request, tmp_path), code_version="test") as opened:
        yield opened


def test_a_held_figure_is_not_used_before_it_is_approved(ledger: Ledger) -> None:
    """The one before stays usable; approval needs its reason; both decisions are entries."""
    first = estimate(ledger, 1.0)
    held = estimate(ledger, 2.0, Hold(({"limit": "metal", "change_pct": 100.0},), "metal +100 %"))
    assert (held, pointers(ledger)) == (2, (2, first, None, None))
    decision = ledger.entries(kind="decision")[0]
    assert decision.content["limits"] == [{"limit": "metal", "change_pct": 100.0}]
    assert (decision.content["about"], decision.content["from"], decision.content["to"]) == (
        2,
        "draft",
        "held",
    )
    with pytest.raises(StateError, match="reason"):
        ledger.decide(Decision(held, "review", "approved", "geologist"), "run")
    with pytest.raises(StateError, match="not to published"):
        review(ledger, held, "published")
    review(ledger, held, "approved")
    assert pointers(ledger) == (held, held, None, None)
    assert estimate(ledger, 2.0, Hold((), "asked again")) == held
    assert len(ledger.entries()) == 4


def test_publication_moves_on_and_back(ledger: Ledger) -> None:
    """The next publication supersedes; a rollback brings the one before back."""
    first, second = estimate(ledger, 1.0), estimate(ledger, 2.0)
    review(ledger, first, "approved", "published")
    assert pointers(ledger) == (second, second, first, None)
    review(ledger, second, "approved", "published")
    assert pointers(ledger) == (second, second, second, None)
    assert ledger.states(one(ledger))[first].review == "superseded"
    review(ledger, second, "rolled_back")
    assert pointers(ledger) == (second, first, first, None)
    assert [e.number for e in ledger.current(view="published")] == [first]
    with pytest.raises(StateError, match="withdraw it"):
        review(ledger, first, "rolled_back")
    review(ledger, second, "published")
    assert pointers(ledger) == (second, second, second, None)


def test_what_is_withdrawn_or_taken_back_counts_no_more(ledger: Ledger) -> None:
    """It falls back to the newest entry that is left; nothing is published in its stead."""
    first, second, third = (estimate(ledger, tonnes) for tonnes in (1.0, 2.0, 3.0))
    review(ledger, third, "approved", "published", "withdrawn")
    assert pointers(ledger) == (third, second, None, None)
    ledger.correct(second, "geologist", "a typing error", "run")
    assert pointers(ledger) == (third, first, None, None)
    with pytest.raises(StateError, match="taken back"):
        review(ledger, second, "approved")
    with pytest.raises(LedgerError, match="taken back"):
        ledger.correct(second, "geologist", "again", "run")
    ledger.correct(first, "geologist", "all wrong", "run")
    assert pointers(ledger) == (third, None, None, None)
    assert ledger.current() == ()
    assert [e.number for e in ledger.current(view="newest")] == [third]
    review(ledger, third, "approved")
    assert pointers(ledger) == (third, third, None, None)


def test_a_filing_goes_all_its_way(ledger: Ledger) -> None:
    """Three dates; the number is written one way; a new estimate stands beside what is filed."""
    filed = estimate(ledger, 1.0)
    with pytest.raises(StateError, match="to: reviewed"):
        advance(ledger, filed, "filed")
    with pytest.raises(StateError, match="approve it"):
        advance(ledger, filed, "reviewed")
    review(ledger, filed, "approved")
    with pytest.raises(StateError, match="document_no"):
        advance(ledger, filed, *TO_FILED)
    number = "黑矿储评字【2024】06号"
    with pytest.raises(StateError, match="before its effective date"):
        advance(ledger, filed, "filed", document_no=number, date=date(2024, 12, 30))
    with pytest.raises(StateError, match="no document's number"):
        advance(ledger, filed, "filed", document_no="abc", date=date(2025, 3, 1))
    advance(ledger, filed, "filed", document_no=number, date=date(2025, 3, 1))
    again = estimate(ledger, 2.0)
    found = one(ledger)
    assert pointers(ledger) == (again, again, None, filed)
    assert (found.filing, found.filed_date, found.stat_year) == ("filed", date(2025, 3, 1), None)
    assert found.document_no == "黑矿储评字[2024]6号"
    with pytest.raises(StateError, match="stat_year"):
        advance(ledger, filed, "in_statistics")
    advance(ledger, filed, "in_statistics", stat_year=2025)
    assert (one(ledger).filing, one(ledger).stat_year) == ("in_statistics", 2025)
    review(ledger, again, "approved")
    advance(ledger, again, *TO_FILED, document_no="黑矿储评字〔2026〕1号", date=date(2026, 3, 1))
    assert pointers(ledger) == (again, again, None, again)
    assert ledger.states(one(ledger))[filed].filing == "superseded"
    advance(ledger, again, "withdrawn")
    assert pointers(ledger) == (again, again, None, None)


def test_a_decision_is_of_the_day_in_china(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """At seven in the morning there it is still the day before in UTC; that day has come."""
    monkeypatch.setattr("tracking.ledger.acts.today", lambda: date(2026, 1, 1))
    number = estimate(ledger, 1.0)
    own = Decision(number, "review", "approved", "geologist", "because", date(2026, 1, 1))
    ledger.decide(own, "run")
    assert (
        ledger.decide(Decision(number, "review", "published", "geologist"), "run").content["date"]
        == "2026-01-01"
    )
    with pytest.raises(StateError, match="lies ahead"):
        ledger.decide(replace(own, to="withdrawn", date=date(2026, 1, 2)), "run")


@pytest.mark.parametrize("to", ["held", "withdrawn"])
def test_a_figure_entered_again_is_decided_on_with_its_older_twin(ledger: Ledger, to: str) -> None:
    """Only facts differ (or the format): what is decided of the newest holds for both."""
    other = estimate(ledger, 900.0)
    estimate(ledger, 1000.0)
    result = copper_result(WHEN, {"measured": 1000.0})
    again = ledger.record(result, "run", facts=Facts(stage="exploration")).number
    assert pointers(ledger)[:2] == (again, again)
    review(ledger, again, to)
    assert pointers(ledger)[:2] == (again, other)
    review(ledger, again, "approved")
    assert pointers(ledger)[:2] == (again, again)


def test_another_model_is_the_same_figure_where_every_kilogram_is(ledger: Ledger) -> None:
    """And the same model is, whatever the statement makes of it."""
    first = copper_result(WHEN, {"measured": 1000.0}, model_hash="a")
    ledger.record(first, "run")
    ledger.record(replace(first, model_hash="b"), "run")
    review(ledger, 2, "withdrawn")
    assert pointers(ledger)[:2] == (2, None)
    ledger.record(copper_result(WHEN, {"measured": 999.0}, model_hash="b"), "run")
    assert pointers(ledger)[:2] == (4, 4)
    review(ledger, 4, "held")
    assert pointers(ledger)[:2] == (4, None)


def test_the_same_model_is_the_same_figure_whatever_is_made_of_it(ledger: Ledger) -> None:
    """Same data, plan and model hash; a changed statement of it does not bring the older back."""
    ledger.record(copper_result(WHEN, {"measured": 1000.0}, model_hash="a"), "run")
    ledger.record(copper_result(WHEN, {"measured": 999.0}, model_hash="a"), "run")
    review(ledger, 2, "held")
    assert pointers(ledger)[:2] == (2, None)


def test_what_waits_or_is_withdrawn_is_not_taken_on(ledger: Ledger) -> None:
    """A held figure goes to no authority; it may be rejected there all the same."""
    number = estimate(ledger, 1.0, Hold((), "beyond"))
    with pytest.raises(StateError, match="is held"):
        advance(ledger, number, "reviewed")
    advance(ledger, number, "rejected")
    assert one(ledger).filing == "rejected"


def test_no_page_walks_the_chain(tmp_path: Path) -> None:
    """Every question of a page, on SQLite, finds entries by index: the plan has no scan of them."""
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", code_version="test") as ledger:
        estimate(ledger, 1.0)
        asked: list[tuple[str, Any]] = []

        @event.listens_for(ledger._engine, "before_cursor_execute")
        def note(_link: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            asked.append((statement, values))

        ledger.head()
        ledger.entry(1)
        ledger.current("test-syn")
        ledger.standings("test-syn")
        ledger.book(wanted={("test-syn", WHEN)})
        ledger.entries("test-syn", kind="decision")
        ledger.entries("test-syn", newest=50)
        ledger.current(view="official")
        for by in ("all", "belt", "province", "deposit"):
            ledger.totals(by=by, as_of=LATER)
        ledger.record(copper_result(WHEN, {"measured": 2.0}), "run", hold=Hold((), "beyond"))
        review(ledger, 2, "approved", "published", "withdrawn")
        ledger.record_outside(outside(1000), "run")
        event.remove(ledger._engine, "before_cursor_execute", note)
        with ledger._engine.connect() as connection:
            for statement, values in asked:
                if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                    steps = [row[3] for row in plan]
                    walks = [s for s in steps if s.startswith("SCAN ledger_entry")]
                    assert all("COVERING" in s or "USING INDEX" in s for s in walks), steps
                    assert not walks or "LIMIT" in statement, (statement, steps)
    assert len(asked) > 60
