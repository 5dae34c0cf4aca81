"""What decisions need: reasons, approvals, documents and days that can be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from geo.days import today
from tests.fabricated import copper_result
from tracking import Decision, Hold, Ledger, StateError

WHEN = date(2024, 12, 31)
WAY = ("reviewed", "submitted", "accepted", "review_passed")
NUMBER = "黑矿储评字【2025】06号"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An open, empty ledger."""
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", code_version="test") as opened:
        yield opened


def estimate(ledger: Ledger, tonnes: float, hold: Hold | None = None) -> int:
    """Enter an estimate of so much copper; returns its number."""
    return ledger.record(copper_result(WHEN, {"measured": tonnes}), "run", hold=hold).number


def decide(ledger: Ledger, about: int, to: str, axis: str = "review", **more: Any) -> None:
    """One decision, without a reason unless one is given."""
    ledger.decide(Decision(about, axis, to, "geologist", **more), "run")  # type: ignore[arg-type]


def test_what_was_taken_back_can_be_entered_again(ledger: Ledger) -> None:
    """A new entry counts, once; the one that was taken back stays so."""
    first = estimate(ledger, 1.0)
    ledger.correct(first, "geologist", "by mistake", "run")
    again = estimate(ledger, 1.0)
    assert again == 3
    assert estimate(ledger, 1.0) == again
    assert [e.number for e in ledger.current()] == [again]
    assert ledger.entry(again).supersedes == first
    assert ledger.verify() == []


def test_what_was_rolled_back_is_published_again_with_a_reason_only(ledger: Ledger) -> None:
    first, second = estimate(ledger, 1.0), estimate(ledger, 2.0)
    for number in (first, second):
        decide(ledger, number, "approved")
        decide(ledger, number, "published")
    decide(ledger, second, "rolled_back", reason="wrong density")
    with pytest.raises(StateError, match="give reason"):
        decide(ledger, second, "published")
    decide(ledger, second, "published", reason="the density was right")
    assert [one.published for one in ledger.standings()] == [second]


@pytest.mark.parametrize("state", ["draft", "withdrawn", "rolled_back"])
def test_nothing_goes_to_the_authority_that_the_house_did_not_approve(
    ledger: Ledger, state: str
) -> None:
    number = estimate(ledger, 1.0)
    if state == "rolled_back":
        decide(ledger, number, "approved")
        decide(ledger, number, "published")
        number = estimate(ledger, 2.0)
        decide(ledger, number, "approved")
        decide(ledger, number, "published")
    if state != "draft":
        decide(ledger, number, state, reason="because")
    with pytest.raises(StateError, match=f"is {state}"):
        decide(ledger, number, "reviewed", "filing")
    decide(ledger, number, "rejected", "filing", reason="it may be turned down all the same")


@pytest.mark.parametrize("state", ["approved", "published", "superseded"])
def test_what_was_approved_goes_on(ledger: Ledger, state: str) -> None:
    number = estimate(ledger, 1.0)
    decide(ledger, number, "approved")
    if state != "approved":
        decide(ledger, number, "published")
    if state == "superseded":
        newer = estimate(ledger, 2.0)
        decide(ledger, newer, "approved")
        decide(ledger, newer, "published")
    decide(ledger, number, "reviewed", "filing")
    assert [one.filing for one in ledger.standings()] == ["reviewed"]


TOMORROW = today() + timedelta(days=2)


@pytest.mark.parametrize(
    ("document_no", "day", "words"),
    [
        ("2025-6", date(2025, 3, 1), "no document's number"),
        ("黑矿储评字[2025]", date(2025, 3, 1), "no document's number"),
        ("黑矿储评字[2023]6号", date(2025, 3, 1), "a number of 2023"),
        ("黑矿储评字[2026]6号", date(2025, 3, 1), "a number of 2026"),
        ("黑矿储评字[2024]6号", date(2027, 3, 1), "lies ahead"),
        (NUMBER, TOMORROW, "lies ahead"),
        (NUMBER, date(2024, 12, 30), "before its effective date|does not fit"),
    ],
)
def test_a_filing_by_decision_is_checked_as_by_form(
    ledger: Ledger, document_no: str, day: date, words: str
) -> None:
    """The shape of the number, its year between the two dates, and no day to come."""
    number = estimate(ledger, 1.0)
    decide(ledger, number, "approved")
    for to in WAY:
        decide(ledger, number, to, "filing")
    before = ledger.head()
    with pytest.raises(StateError, match=words) as caught:
        decide(ledger, number, "filed", "filing", document_no=document_no, date=day)
    assert " / " in str(caught.value)
    assert ledger.head() == before
    decide(ledger, number, "filed", "filing", document_no=NUMBER, date=date(2025, 3, 1))
    with pytest.raises(StateError, match="lies ahead"):
        decide(ledger, number, "in_statistics", "filing", stat_year=today().year + 1)
    decide(ledger, number, "in_statistics", "filing", stat_year=2025)


def test_no_decision_is_of_a_day_to_come(ledger: Ledger) -> None:
    number = estimate(ledger, 1.0)
    with pytest.raises(StateError, match="lies ahead"):
        decide(ledger, number, "approved", date=TOMORROW)
