"""Where a figure stands, entry by entry; and the sums that pages are made from."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from estimation.errors import EstimationError
from estimation.results import Breakdown
from estimation.statement.extraction import Ore
from tests.fabricated import copper_result, fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import Decision, Facts, Hold, Ledger, LedgerEntry, LedgerError, StateError
from tracking.forms.outside import OutsideFigure
from tracking.ledger.entries import entry_content
from tracking.ledger.lines import lines_of
from tracking.ledger.schema import open_engine
from tracking.ledger.standing import Standing
from tracking.mining.period import MinedClass, MinedPeriod

NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
WHEN = date(2024, 12, 31)
LATER = date(2025, 12, 31)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server, f"standing_{os.getpid()}_{next(NAMES)}")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An open, empty ledger."""
    with Ledger(url, code_version="test") as opened:
        yield opened


def estimate(ledger: Ledger, tonnes: float, hold: Hold | None = None) -> int:
    """Enter an estimate of so much copper; returns its number."""
    return ledger.record(copper_result(WHEN, {"measured": tonnes}), "run", hold=hold).number


def review(ledger: Ledger, about: int, *states: str) -> None:
    """Take an entry through review states."""
    for to in states:
        ledger.decide(Decision(about, "review", to, "geologist", "because"), "run")


def advance(ledger: Ledger, about: int, *states: str, **more: Any) -> None:
    """Take an entry through filing states; ``more`` goes with the last one."""
    for to in states[:-1]:
        ledger.decide(Decision(about, "filing", to, "geologist", "because"), "run")
    last = Decision(about, "filing", states[-1], "geologist", "because", **more)
    ledger.decide(last, "run")


TO_FILED = ("reviewed", "submitted", "accepted", "supplement", "accepted", "review_passed", "filed")


def one(ledger: Ledger) -> Standing:
    """Where the only figure stands; the chain and the tables agree."""
    assert ledger.verify() == []
    found = ledger.standings("test-syn")
    assert len(found) == 1
    return found[0]


def pointers(ledger: Ledger) -> tuple[int | None, ...]:
    """Newest, usable, published and official entry of the only figure."""
    found = one(ledger)
    return found.newest, found.usable, found.published, found.official


def outside(
    kilograms: int, number: str | None = "黑矿储评字[2024]6号", **changes: Any
) -> OutsideFigure:
    """A filed figure of the same deposit and date, with whatever else a test changes."""
    row = {
        "class": "indicated",
        "domain": "all",
        "ore_kg": kilograms * 200,
        "elements": {"cu_pct": {"grade": 0.5, "metal_kg": kilograms}},
    }
    filing = {"state": "filed", "filed_date": "2025-03-01", "stat_year": None}
    content = {
        "kind": "outside",
        "series": number or "source:yearbook",
        "status": "filed report / 评审备案报告",
        "belt_id": "",
        "deposit_id": "test-syn",
        "vintage": WHEN.isoformat(),
        "scope": "deposit",
        "province": {"zh": "黑龙江", "en": "Heilongjiang"},
        "domestic": True,
        "elements": ["cu_pct"],
        "statement": [row],
        "filing": {**filing, "document_no": number},
    }
    replaces, reason = changes.pop("replaces", None), changes.pop("reason", None)
    return OutsideFigure({**content, **changes}, replaces, reason, by="clerk")


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
