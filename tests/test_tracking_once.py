"""What counts once in the ledger, whoever brings it: filings, sources, mining records, splits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from estimation.errors import EstimationError
from estimation.statement.extraction import Ore
from tests.fabricated import copper_result, fabricated_result
from tests.postgres_fixture import postgres_server  # noqa: F401
from tests.standing_acts import (
    DATABASES,
    LATER,
    TO_FILED,
    WHEN,
    advance,
    empty_database,
    estimate,
    outside,
    pointers,
    review,
)
from tracking import Ledger, LedgerError
from tracking.mining.period import MinedClass, MinedPeriod


@pytest.fixture(params=DATABASES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An open, empty ledger, on each kind of database."""
    with Ledger(empty_database(request, tmp_path), code_version="test") as opened:
        yield opened


def test_one_filing_counts_once_whoever_reports_it(ledger: Ledger) -> None:
    """The same figures under the same number are one entry; other figures need a correction."""
    first = ledger.record_outside(outside(1000), "run")
    same = outside(1000, deposit_id="another-name", vintage="2024-11-30", citation="a newspaper")
    assert ledger.record_outside(same, "run") == first
    with pytest.raises(LedgerError, match=r"entry 1 .*correct it"):
        ledger.record_outside(outside(1001), "run")
    assert [e.number for e in ledger.entries()] == [1]
    second = ledger.record_outside(outside(1001, replaces=1, reason="page 3 says so"), "run")
    assert (second.number, second.supersedes) == (3, 1)
    assert ledger.entry(2).content["reason"] == "page 3 says so"
    assert [e.number for e in ledger.current(view="official")] == [3]
    with pytest.raises(LedgerError, match="taken back"):
        ledger.record_outside(outside(1002, replaces=1, reason="again"), "run")
    assert pointers(ledger) == (3, 3, None, 3)


def test_a_number_that_counts_already_is_not_given_to_our_own(ledger: Ledger) -> None:
    """A figure of ours can't be filed under a number that an outside figure stands under."""
    ledger.record_outside(outside(1000), "run")
    own = estimate(ledger, 1.0)
    review(ledger, own, "approved")
    advance(ledger, own, *TO_FILED[:-1])
    with pytest.raises(LedgerError, match="entry 1 "):
        advance(ledger, own, "filed", document_no="黑矿储评字（2024）6号", date=date(2025, 3, 1))
    assert len(ledger.standings("test-syn")) == 2
    assert [e.number for e in ledger.current()] == [own]
    assert [e.number for e in ledger.current(view="official")] == [1]


def test_a_source_without_a_number_stands_once(ledger: Ledger) -> None:
    """Statistics are known by their source, deposit and date."""
    area = {"deposit_id": "national", "scope": "national", "province": None}
    first = ledger.record_outside(outside(10**12, None, **area), "run")
    assert ledger.record_outside(outside(10**12, None, **area), "run") == first
    with pytest.raises(LedgerError, match="source:yearbook: entry 1 "):
        ledger.record_outside(outside(10**12 + 1, None, **area), "run")
    book = ledger.book(wanted={("test-syn", WHEN)})
    assert [e.deposit_id for e in book.official] == ["national"]
    assert [s.scope for s in book.standings] == ["national"]
    assert ledger.totals("official") == ()


def mined(ore_t: float, **changes: Any) -> MinedPeriod:
    """A year's record."""
    part = MinedClass("measured", Ore(ore_t, {"cu_pct": ore_t * 0.005}))
    period = {"start": date(2025, 1, 1), "end": LATER, "classes": (part,), "citation": "table 3"}
    return MinedPeriod("gangdese", "test-syn", **{**period, **changes})


def test_a_mining_record_stands_once_until_it_is_taken_back(ledger: Ledger) -> None:
    """The same is answered, another refused, a corrected one entered."""
    first = ledger.record_mining(mined(1e5), "run")
    assert ledger.record_mining(mined(1e5), "run") == first
    with pytest.raises(LedgerError, match="entry 1 "):
        ledger.record_mining(mined(2e5), "run")
    with pytest.raises(LedgerError, match="is no figure"):
        review(ledger, 1, "approved")
    ledger.record_mining(mined(2e5, replaces=1, reason="weighbridge", by="clerk"), "run")
    other = ledger.record_mining(mined(3e4, start=LATER, end=date(2026, 6, 30)), "run")
    assert [e.number for e in ledger.book().mining] == [3, other.number]
    ledger.correct(other.number, "clerk", "twice", "run")
    assert [e.number for e in ledger.book().mining] == [3]
    assert ledger.verify() == []
    assert ledger.standings() == ()


def test_a_split_belongs_to_two_figures_of_one_deposit(ledger: Ledger) -> None:
    """The latest forward split is in the book; what is no pair is refused."""
    opening = estimate(ledger, 1.0)
    closing = ledger.record(copper_result(LATER, {"measured": 2.0}), "run").number
    other = ledger.record(fabricated_result("other-syn", vintage=LATER), "run").number
    pair = {"opening": opening, "closing": closing}
    for wrong in ({**pair, "closing": other}, {"opening": closing, "closing": opening}):
        with pytest.raises(LedgerError):
            ledger.record_attribution(wrong, "run")
    step = {
        "factor": "drilling",
        "kg": {"cu_pct": {"measured": 1000}, "ore": {"measured": 200_000}},
    }
    split = {**pair, "order": ["drilling"], "reverse": False, "steps": [step]}
    first = ledger.record_attribution(split, "run")
    assert ledger.record_attribution(split, "run") == first
    ledger.record_attribution({**split, "reverse": True}, "run")
    short = {**step, "kg": {"cu_pct": {"measured": 999}, "ore": {"measured": 200_000}}}
    with pytest.raises(EstimationError, match="by"):
        ledger.record_attribution({**split, "steps": [short]}, "run")
    newer = ledger.record_attribution({**split, "note": "seen again"}, "run")
    assert newer.supersedes == first.number
    assert ledger.book().attributions == {(opening, closing): newer}
    assert ledger.book(wanted={("other-syn", LATER)}).attributions == {}
    with pytest.raises(LedgerError, match="between two figures"):
        ledger.record_attribution({"opening": opening, "closing": newer.number}, "run")
    assert ledger.verify() == []


def test_nothing_is_decided_about_what_is_not_there(ledger: Ledger) -> None:
    """An unknown entry, and decisions or corrections of decisions, are refused in one sentence."""
    number = estimate(ledger, 1.0)
    review(ledger, number, "approved")
    for act in (
        lambda: review(ledger, 9, "approved"),
        lambda: ledger.correct(9, "geologist", "because", "run"),
        lambda: ledger.correct(2, "geologist", "because", "run"),
        lambda: ledger.correct(number, "geologist", " ", "run"),
        lambda: ledger.entry(9),
    ):
        with pytest.raises(LedgerError) as caught:
            act()
        assert " / " in str(caught.value)
    assert len(ledger.entries()) == 2
