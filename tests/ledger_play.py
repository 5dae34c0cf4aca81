"""A ledger beside a plain model of it, and every operation that is done to both."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from estimation.statement.extraction import Ore
from tests.fabricated import copper_result
from tracking import Decision, Hold, Ledger, LedgerError, StateError, movements
from tracking.forms.outside import OutsideFigure
from tracking.mining.period import MinedClass, MinedPeriod

DEPOSITS = ("a-syn", "b-syn")
VINTAGES = (date(2024, 12, 31), date(2025, 12, 31), date(2026, 10, 31))
REVIEW = {
    "draft": {"approved", "held", "withdrawn"},
    "held": {"approved", "withdrawn"},
    "approved": {"published", "withdrawn"},
    "published": {"rolled_back", "withdrawn"},
    "superseded": {"published", "withdrawn"},
    "rolled_back": {"published", "withdrawn"},
    "withdrawn": {"approved"},
}
OUT = {"rejected", "withdrawn"}
FILING = {
    "draft": {"reviewed"} | OUT,
    "reviewed": {"submitted"} | OUT,
    "submitted": {"accepted"} | OUT,
    "accepted": {"supplement", "review_passed"} | OUT,
    "supplement": {"accepted"} | OUT,
    "review_passed": {"filed"} | OUT,
    "filed": {"in_statistics", "superseded", "withdrawn"},
    "in_statistics": {"superseded", "withdrawn"},
}
FORWARD = (
    "reviewed", "submitted", "accepted", "supplement", "accepted", "review_passed", "filed",
    "in_statistics",
)  # fmt: skip


@dataclass
class One:
    """One entry of the model."""

    number: int
    kg: int
    review: str = "draft"
    filing: str = "draft"
    document: str | None = None
    published_at: int = 0
    taken_back: bool = False

    @property
    def usable(self) -> bool:
        """Whether something may be computed from it."""
        return not self.taken_back and self.review not in ("held", "withdrawn", "rolled_back")

    @property
    def official(self) -> bool:
        """Whether it is filed and stands."""
        return not self.taken_back and self.filing in ("filed", "in_statistics")


@dataclass
class Model:
    """The ledger as a person would keep it on paper."""

    figures: dict[tuple[str, date, str], list[One]] = field(default_factory=dict)
    mining: dict[tuple[str, date], One] = field(default_factory=dict)
    count: int = 0

    def all(self) -> list[tuple[tuple[str, date, str], One]]:
        """Every figure entry, with its figure."""
        return [(key, one) for key, ones in self.figures.items() for one in ones]


OFTEN = {
    "record": 4, "deplete": 2, "hold": 2, "outside": 2, "mining": 1, "approve": 4, "publish": 4,
    "rollback": 3, "advance": 10, "withdraw": 1, "reject": 1, "correct": 1,
}  # fmt: skip
OPERATIONS = tuple(name for name, times in OFTEN.items() for _ in range(times))


class Play:
    """Does each operation to the ledger and to the model, and compares what they answer."""

    def __init__(self, ledger: Ledger):
        self.ledger, self.model = ledger, Model()

    def step(self, name: str, first: int, second: int) -> None:
        """One operation; the ledger grew as the model did."""
        getattr(self, f"do_{name}")(first, second)
        assert self.ledger.head()[0] == self.model.count

    def _estimate(
        self, first: int, second: int, hold: Hold | None, depletion: dict[str, float]
    ) -> None:
        deposit, vintage = DEPOSITS[first % 2], VINTAGES[first % 3]
        tonnes = 1000.0 + second % 5
        result = copper_result(vintage, {"measured": tonnes, "inferred": 7.0}, depletion,
                               deposit_id=deposit)  # fmt: skip
        ones = self.model.figures.setdefault((deposit, vintage, "internal"), [])
        said = int(tonnes * 1000) + 10**9 * bool(depletion)
        entry = self.ledger.record(result, "run", hold=hold)
        if ones and ones[-1].kg == said and not ones[-1].taken_back:
            assert entry.number == ones[-1].number
            return
        self.model.count += 1
        assert entry.number == self.model.count
        ones.append(One(entry.number, said))
        if hold is not None:
            self.model.count += 1
            ones[-1].review = "held"

    def do_record(self, first: int, second: int) -> None:
        """A night's estimate."""
        self._estimate(first, second, None, {})

    def do_deplete(self, first: int, second: int) -> None:
        """An estimate after mining."""
        self._estimate(first, second, None, {"measured": 3.0})

    def do_hold(self, first: int, second: int) -> None:
        """An estimate beyond a limit."""
        self._estimate(first, second, Hold(({"limit": "metal"},), "beyond"), {})

    def do_outside(self, first: int, second: int) -> None:
        """A filed report: entered, answered, or refused."""
        number, quantity = f"黑矿储评字[2024]{first % 4}号", 10**6 * (1 + second % 2)
        deposit, vintage = DEPOSITS[second % 2], VINTAGES[first % 2]
        figure = OutsideFigure(outside_content(deposit, vintage, number, quantity))
        stands = [one for _, one in self.model.all() if one.document == number]
        stands = [one for one in stands if not one.taken_back]
        if not stands:
            entry = self.ledger.record_outside(figure, "run")
            self.model.count += 1
            one = One(entry.number, quantity, filing="filed", document=number)
            self.model.figures.setdefault((deposit, vintage, number), []).append(one)
        elif stands[0].kg == quantity:
            assert self.ledger.record_outside(figure, "run").number == stands[0].number
        else:
            with pytest.raises(LedgerError, match=f"entry {stands[0].number} "):
                self.ledger.record_outside(figure, "run")

    def do_mining(self, first: int, second: int) -> None:
        """A mining record: entered, answered, or refused."""
        key = DEPOSITS[first % 2], VINTAGES[second % 3]
        part = MinedClass("measured", Ore(100.0 + second % 2, {"cu_pct": 0.5}))
        mined = MinedPeriod("gangdese", key[0], date(2024, 1, 1), key[1], (part,), "table 3")
        stands = self.model.mining.get(key)
        if stands is not None and not stands.taken_back and stands.kg != second % 2:
            with pytest.raises(LedgerError, match=f"entry {stands.number} "):
                self.ledger.record_mining(mined, "run")
            return
        entry = self.ledger.record_mining(mined, "run")
        if stands is None or stands.taken_back:
            self.model.count += 1
            self.model.mining[key] = One(entry.number, second % 2)
        assert entry.number == self.model.mining[key].number

    def _decide(self, one: One, axis: str, to: str, **more: Any) -> bool:
        """Decide; whether it was allowed, which must be as the model has it."""
        decision = Decision(one.number, axis, to, "geologist", "because", **more)  # type: ignore[arg-type]
        now = one.review if axis == "review" else one.filing
        table = REVIEW if axis == "review" else FILING
        good = to in table.get(now, set()) and not one.taken_back
        if axis == "filing" and to not in (*OUT, "superseded"):
            good = good and one.usable
        if (axis, to) == ("filing", "reviewed") and not one.document:
            good = good and one.review in ("approved", "published", "superseded")
        if to == "rolled_back":
            good = good and self._earlier(one) is not None
        if not good:
            with pytest.raises(StateError):
                self.ledger.decide(decision, "run")
            return False
        self.ledger.decide(decision, "run")
        self.model.count += 1
        return True

    def _pick(self, first: int) -> tuple[tuple[str, date, str], One] | None:
        """Some entry, one of the oldest most often, so that a few go far."""
        found = sorted(self.model.all(), key=lambda pair: pair[1].number)
        few = found[: 3 + first % 9]
        return few[first // 9 % len(few)] if few else None

    def _siblings(self, one: One) -> list[One]:
        return next(ones for ones in self.model.figures.values() if one in ones)

    def _earlier(self, one: One) -> One | None:
        found = [o for o in self._siblings(one) if o.review == "superseded" and not o.taken_back]
        return max(found, key=lambda o: o.published_at, default=None)

    def do_approve(self, first: int, _second: int) -> None:
        """Approve some entry."""
        if (found := self._pick(first)) and self._decide(found[1], "review", "approved"):
            found[1].review = "approved"

    def do_publish(self, first: int, _second: int) -> None:
        """Publish some entry."""
        if (found := self._pick(first)) and self._decide(found[1], "review", "published"):
            for other in self._siblings(found[1]):
                if other.review == "published":
                    other.review = "superseded"
            found[1].review, found[1].published_at = "published", self.model.count

    def do_withdraw(self, first: int, _second: int) -> None:
        """Withdraw some entry."""
        if (found := self._pick(first)) and self._decide(found[1], "review", "withdrawn"):
            found[1].review = "withdrawn"

    def do_rollback(self, first: int, _second: int) -> None:
        """Roll some entry back."""
        if not (found := self._pick(first)):
            return
        earlier = self._earlier(found[1])
        if self._decide(found[1], "review", "rolled_back"):
            assert earlier is not None
            found[1].review, earlier.review = "rolled_back", "published"

    def do_advance(self, first: int, second: int) -> None:
        """One step ahead on the filing axis."""
        if not (found := self._pick(first)):
            return
        one = found[1]
        moves = [s for s in FORWARD if s in FILING.get(one.filing, set())] or [FORWARD[second % 8]]
        to = moves[second % len(moves)]
        more: dict[str, Any] = {}
        if to == "filed":
            more = {"document_no": f"备案〔2026〕{one.number}号", "date": date(2026, 11, 1)}
        if to == "in_statistics":
            more = {"stat_year": 2026}
        if self._decide(one, "filing", to, **more):
            if to == "filed":
                for other in self._siblings(one):
                    if other.official:
                        other.filing = "superseded"
                one.document = f"备案[2026]{one.number}号"
            one.filing = to

    def do_reject(self, first: int, second: int) -> None:
        """One step off the filing axis."""
        to = ("rejected", "withdrawn", "superseded")[second % 3]
        if (found := self._pick(first)) and self._decide(found[1], "filing", to):
            found[1].filing = to

    def do_correct(self, first: int, second: int) -> None:
        """Take some entry back."""
        records = [*self.model.mining.values()] if second % 2 else []
        ones = records or [one for _, one in self.model.all()]
        if not ones:
            return
        one = ones[first % len(ones)]
        if one.taken_back:
            with pytest.raises(LedgerError, match="taken back"):
                self.ledger.correct(one.number, "geologist", "typed wrongly", "run")
        else:
            self.ledger.correct(one.number, "geologist", "typed wrongly", "run")
            self.model.count += 1
            one.taken_back = True

    def compare(self) -> None:
        """Everything the ledger says now against the model, and the ledger against itself."""
        assert self.ledger.verify() == []
        assert [e.number for e in self.ledger.entries()] == list(range(1, self.model.count + 1))
        said = {
            (s.deposit_id, s.vintage, s.series): (s.newest, s.usable, s.published, s.official)
            for s in self.ledger.standings()
        }
        assert said == {key: pointers(ones) for key, ones in self.model.figures.items() if ones}
        standing = {e.number for e in self.ledger.book().mining}
        assert standing == {o.number for o in self.model.mining.values() if not o.taken_back}
        self._compare_sums()

    def _compare_sums(self) -> None:
        """Totals are the model's, by hand; every movement foots."""
        latest = {}
        for (deposit, _vintage, series), ones in sorted(self.model.figures.items()):
            usable = used(ones)
            if series == "internal" and usable:
                latest[deposit] = usable.kg % 10**9
        found = [t.kg for t in self.ledger.totals(by="deposit") if t.part == "retained"
                 and (t.element, t.class_name) == ("cu_pct", "measured")]  # fmt: skip
        assert found == [latest[deposit] for deposit in sorted(latest)]
        for deposit in DEPOSITS:
            figures = self.ledger.current(deposit)
            assert all(line.foots for line in movements(figures))


def used(ones: list[One]) -> One | None:
    """The last usable entry that says another figure than every entry after it."""
    for place in range(len(ones) - 1, -1, -1):
        if ones[place].usable and ones[place].kg not in {one.kg for one in ones[place + 1 :]}:
            return ones[place]
    return None


def pointers(ones: list[One]) -> tuple[int, int | None, int | None, int | None]:
    """Newest, usable, published and official entry of a figure, by looking at all of them."""
    usable = used(ones)
    published = [o.number for o in ones if o.review == "published" and not o.taken_back]
    official = [one.number for one in ones if one.official]
    assert len(published) <= 1
    assert len(official) <= 1
    return (
        ones[-1].number,
        usable.number if usable else None,
        published[0] if published else None,
        official[0] if official else None,
    )


def outside_content(deposit: str, vintage: date, number: str, quantity_kg: int) -> dict[str, Any]:
    """A filed figure of one class."""
    row = {
        "class": "indicated",
        "domain": "all",
        "ore_kg": quantity_kg * 200,
        "elements": {"cu_pct": {"grade": 0.5, "metal_kg": quantity_kg}},
    }
    return {
        "kind": "outside",
        "series": number,
        "status": "filed report / 评审备案报告",
        "belt_id": "gangdese",
        "deposit_id": deposit,
        "vintage": vintage.isoformat(),
        "scope": "deposit",
        "province": None,
        "domestic": True,
        "elements": ["cu_pct"],
        "statement": [row],
        "filing": {
            "state": "filed",
            "filed_date": "2025-03-01",
            "stat_year": None,
            "document_no": number,
        },
    }


def play(url: str, steps: list[tuple[str, int, int]]) -> None:
    """One whole sequence on an empty ledger."""
    with Ledger(url, code_version="test") as ledger:
        game = Play(ledger)
        for step in steps:
            game.step(*step)
        game.compare()
