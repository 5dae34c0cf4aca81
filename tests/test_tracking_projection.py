"""Planned work is carried to the deadline; a probability needs a simulation behind every figure."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from tests.fabricated import chain_of
from tests.target_fixture import CONFIG, V26, results, stated
from tracking.ledger.book import Book
from tracking.ledger.entries import LedgerEntry
from tracking.target.programme import Drilling, Mining, Plans
from tracking.target.projection import Projection, chance_of
from tracking.target.spread import Spread
from tracking.target.target import Target, read_target, target_progress

WORDS = {"zh": "虚构", "en": "invented"}
SPREAD = {"indicated": {"p10_kg": 1_000_000, "p50_kg": 1_080_000, "p90_kg": 1_200_000}}


def span(low: float, mid: float, high: float) -> dict[str, float]:
    """A planned range."""
    return {"low": low, "mid": mid, "high": high}


def plans(deposit: str = "test-syn") -> Plans:
    """Drilling over the year that ends at the deadline, mining over two years around it."""
    drilling = Drilling.model_validate(
        {
            "deposit": deposit, "start": date(2026, 12, 31), "end": date(2027, 12, 31),
            "metres": span(100, 200, 300), "yield_t_per_m": span(0.1, 0.2, 0.3),
            "source": WORDS, "confidence": "assumed",
        }
    )  # fmt: skip
    mining = Mining.model_validate(
        {
            "deposit": deposit, "start": date(2026, 1, 1), "end": date(2028, 12, 31),
            "metal_t_per_year": span(10, 20, 30), "source": WORDS, "confidence": "planned",
        }
    )  # fmt: skip
    return Plans.model_validate({"source": WORDS, "drilling": (drilling,), "mining": (mining,)})


def projected(entries: tuple[LedgerEntry, ...], planned: Plans, **change: Any) -> Projection:
    """The projection from the first baseline."""
    target = read_target(CONFIG).model_copy(update={"plans": planned, **change})
    found = target_progress(target, Book(entries)).baselines[0].projection
    assert found is not None
    return found


def test_the_three_cases_worked_by_hand() -> None:
    """1080 t on 2026-10-31: 426 days of mining are left, and all of the drilling."""
    found = projected(chain_of(results()), plans())
    assert (found.since, found.deadline) == (V26, date(2027, 12, 31))
    years = 426 / 365.25
    expected = {"low": (10, 30 * years), "mid": (40, 20 * years), "high": (90, 10 * years)}
    for case in found.cases:
        added, mined = expected[case.case]
        assert case.additions_t == pytest.approx(added)
        assert case.depletion_t == pytest.approx(mined)
        assert case.retained_t == pytest.approx(1080 + added - mined)
        assert case.identified_t == pytest.approx(1100 + added)
        assert case.net_growth_pct == pytest.approx((80 + added - mined) / 10)
        assert case.gross_growth_pct == pytest.approx((100 + added) / 10)
    assert [case.case for case in found.cases] == ["low", "mid", "high"]


def test_what_is_over_already_is_not_planned_again() -> None:
    """A programme that ended before the newest figure adds nothing to it."""
    planned = plans()
    over = planned.drilling[0].model_copy(update={"start": date(2025, 1, 1), "end": V26})
    found = projected(chain_of(results()), planned.model_copy(update={"drilling": (over,)}))
    assert [case.additions_t for case in found.cases] == [0.0, 0.0, 0.0]


def test_plans_for_a_deposit_that_does_not_count_are_named() -> None:
    """Nothing of another deposit's plan is added."""
    found = projected(chain_of(results()), plans("elsewhere-syn"))
    assert found.left_out == ("elsewhere-syn",)
    assert [case.retained_t for case in found.cases] == [1080.0] * 3


def test_without_simulation_there_is_no_probability_and_it_says_why() -> None:
    """One deposit of two has P10, P50, P90: not enough."""
    first = stated(chain_of(results()), uncertainty={"cu_pct": SPREAD})
    second = chain_of(results("b-syn"))
    found = projected((*first, *second), plans())
    assert all(case.chances == () for case in found.cases)
    assert "P10" in found.reason_zh
    assert found.without_spread == ("b-syn",)


def test_probability_of_a_line_from_p10_p50_p90() -> None:
    """Mid case: 80 + 40 - 20 * 426/365.25 t of growth, 50 and 100 wanted."""
    entries = stated(chain_of(results()), uncertainty={"cu_pct": SPREAD})
    found = projected(entries, plans())
    assert found.reason_zh == ""
    mid = found.cases[1]
    grown = 120 - 20 * 426 / 365.25
    low, high = mid.chances
    z = norm.ppf(0.9)
    assert low.together == pytest.approx(norm.cdf((grown - 50) / (80 / z)))
    assert high.together == pytest.approx(norm.sf((100 - grown) / (120 / z)))
    assert low.together > high.together
    chances = [case.chances[0].together for case in found.cases]
    assert chances == sorted(chances)


def test_a_class_without_a_simulation_is_no_simulation() -> None:
    """Metal in a class that wasn't simulated: no probability."""
    entries = stated(chain_of(results()), uncertainty={"cu_pct": {"measured": SPREAD["indicated"]}})
    assert projected(entries, plans()).cases[0].chances == ()


@pytest.mark.parametrize("missing_t", [-150.0, -20.0, 0.0, 35.0, 180.0])
def test_probabilities_agree_with_drawing_the_errors(missing_t: float) -> None:
    """Ten deposits of half-normal errors, drawn 200,000 times, together and independently."""
    spreads = [Spread(20_000 + 3_000 * k, 30_000 + 1_000 * k) for k in range(10)]
    rng = np.random.default_rng(20271231)
    z = norm.ppf(0.9)
    sides = np.array([[s.below_kg / z, s.above_kg / z] for s in spreads])

    def errors(draws: np.ndarray) -> np.ndarray:
        return np.where(draws > 0, sides[:, 1], sides[:, 0]) * draws

    one = rng.standard_normal((200_000, 1))
    many = rng.standard_normal((200_000, len(spreads)))
    together, independent = chance_of(missing_t, spreads)
    for stated_chance, draws, off in ((together, one, 0.004), (independent, many, 0.006)):
        drawn = float((errors(draws).sum(axis=1) >= 1000 * missing_t).mean())
        assert stated_chance == pytest.approx(drawn, abs=off)


def test_certain_figures_reach_a_line_or_don_t() -> None:
    """No spread at all: 0 or 1."""
    sure = [Spread(0, 0)]
    assert chance_of(-1.0, sure) == (1.0, 1.0)
    assert chance_of(1.0, sure) == (0.0, 0.0)


def test_the_identified_basis_does_not_lose_what_is_mined() -> None:
    """From the cumulative baseline the same plans are 100 + 40 t in the middle case."""
    target = read_target(CONFIG).model_copy(update={"plans": plans()})
    entries = stated(chain_of(results()), uncertainty={"cu_pct": SPREAD})
    found = target_progress(target, Book(entries)).baselines[1].projection
    assert found is not None
    mid = found.cases[1]
    assert mid.growth_pct("identified") == pytest.approx(14.0)
    assert mid.chances[1].together == pytest.approx(norm.cdf(40 / (80 / norm.ppf(0.9))))


def test_no_plans_no_projection() -> None:
    """Nothing is carried on without a plan, and by-products have no copper plan."""
    target: Target = read_target(CONFIG)
    bare = target.model_copy(update={"plans": None})
    book = Book(chain_of(results()))
    assert target_progress(bare, book).baselines[0].projection is None
    surer = target_progress(target, book, classes=("measured", "indicated"))
    assert surer.baselines[0].projection is None


def test_the_shipped_plans_say_that_they_are_invented() -> None:
    """The sample's plans are of the sample's deposits, with their source."""
    target = read_target(CONFIG)
    assert target.plans is not None
    assert "虚构" in target.plans.source.zh
    for one in (*target.plans.drilling, *target.plans.mining):
        assert one.deposit.endswith("-syn")
        assert one.confidence == "assumed"
        assert one.end <= target.deadline
