"""Top cuts against plain sums, Parrish's definition, Sichel's series, and populations made up."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.exploratory.capping import cap_by_multiple_of_mean, metal_removed_share
from estimation.exploratory.tails import (
    cap_of_mean,
    decile_analysis,
    disintegration,
    log_probability_break,
    sichel_mean,
)
from estimation.exploratory.top_cuts import (
    candidates,
    evaluate,
    high_yield_distance,
    mean_and_variance,
    recommend,
)


def lognormal(n: int = 1000, sd: float = 0.8, seed: int = 1) -> np.ndarray:
    """A skewed population without outliers."""
    return np.random.default_rng(seed).lognormal(-1.0, sd, n)


@given(
    grades=st.lists(st.floats(0.001, 50), min_size=3, max_size=40),
    share=st.floats(0.05, 1.2),
    seed=st.integers(0, 99),
)
def test_a_cut_takes_exactly_the_metal_it_says(
    grades: list[float], share: float, seed: int
) -> None:
    """Metal before less metal after, over metal before; the means differ by just that."""
    values = np.array(grades)
    weights = np.random.default_rng(seed).uniform(0.2, 3.0, values.size)
    cap = share * float(values.max())
    found = evaluate(values, weights, cap, "round", "")
    before = float((values * weights).sum())
    after = float((np.where(values > cap, cap, values) * weights).sum())
    assert found.metal_removed_share == pytest.approx((before - after) / before, abs=1e-12)
    assert found.mean_before * (1 - found.metal_removed_share) == pytest.approx(found.mean_after)
    assert found.samples_cut == sum(grade > cap for grade in grades)
    assert found.cv_after <= found.cv_before + 1e-9


def test_deciles_of_metal_are_those_of_a_plain_sum() -> None:
    """1000 samples of equal weight: each tenth's share of the ranked sum; each part sums up."""
    values = lognormal()
    found = decile_analysis(values, np.ones(1000))
    ranked = np.sort(values).reshape(10, 100).sum(axis=1) / values.sum()
    assert found.decile_shares == pytest.approx(ranked)
    assert found.decile_shares.sum() == pytest.approx(1.0)
    tops = np.sort(values)[900:].reshape(10, 10).sum(axis=1) / values.sum()
    assert found.percentile_shares == pytest.approx(tops)


def test_parrish_asks_for_a_cut_where_the_top_holds_too_much() -> None:
    """One sample in a hundred with half of the metal: a cut, at the foot of that hundredth."""
    values = np.r_[np.full(990, 1.0), np.full(10, 99.0)]
    found = decile_analysis(values, np.ones(1000))
    assert found.needs_cut
    assert found.percentile_shares[9] == pytest.approx(0.5)
    assert 1.0 <= found.cap < 99.0
    even = decile_analysis(np.linspace(1, 2, 1000), np.ones(1000))
    assert not even.needs_cut
    assert np.isnan(even.cap)


def test_disintegration_is_the_grade_below_the_first_gap() -> None:
    """A tail in steps of 1 %, then a jump of a third."""
    values = np.r_[np.linspace(0.1, 1.0, 500), 1.0 * 1.01 ** np.arange(1, 20), 1.6, 2.9]
    assert disintegration(values, np.ones(values.size)) == pytest.approx(1.01**19)
    assert np.isnan(disintegration(np.linspace(1, 2, 500), np.ones(500)))


def test_the_break_of_two_populations_is_found() -> None:
    """5 % of a second, wilder population: the break lies where it takes over."""
    rng = np.random.default_rng(8)
    values = np.r_[rng.lognormal(-1, 0.35, 1900), rng.lognormal(0, 0.9, 100)]
    found = log_probability_break(values, np.ones(2000))
    assert np.exp(-1 + 0.35 * 1.5) < found < np.exp(-1 + 0.35 * 4)
    ideal = np.exp(-1 + 0.5 * np.random.default_rng(9).standard_normal(3000))
    assert np.isnan(log_probability_break(ideal, np.ones(3000))) or (
        log_probability_break(ideal, np.ones(3000)) > np.quantile(ideal, 0.99)
    )


def test_sichel_is_finneys_series() -> None:
    """The series as printed (Finney 1941), n = 20; and exp(m + s²/2) of many samples."""
    values = lognormal(20, seed=3)
    logs, n = np.log(values), 20
    t = logs.var(ddof=1) / 2
    series, denominator = 1.0 + (n - 1) / n * t, 1.0
    for k in range(2, 30):
        denominator *= n + 2 * k - 3
        series += (n - 1) ** (2 * k - 1) * t**k / (n**k * denominator * factorial(k))
    assert sichel_mean(values, np.ones(20)) == pytest.approx(np.exp(logs.mean()) * series)
    many = lognormal(200_000, seed=4)
    assert sichel_mean(many, np.ones(many.size)) == pytest.approx(np.exp(-1 + 0.32), rel=0.01)
    barren = np.r_[values, np.zeros(20)]  # half of the ground barren: half the mean
    assert sichel_mean(barren, np.ones(40)) == pytest.approx(sichel_mean(values, np.ones(20)) / 2)


def test_cap_of_mean_gives_that_mean() -> None:
    """A cap solved for a mean has it."""
    values, weights = lognormal(), np.random.default_rng(2).uniform(0.5, 2, 1000)
    wanted = 0.93 * float(np.average(values, weights=weights))
    cap = cap_of_mean(values, weights, wanted)
    assert np.average(np.minimum(values, cap), weights=weights) == pytest.approx(wanted, rel=1e-6)
    assert np.isnan(cap_of_mean(values, weights, 2 * wanted))


def test_candidates_rise_and_cut_something() -> None:
    """The table is in order of grade, each cut touches a sample, each takes less than the last."""
    values = np.r_[lognormal(), 30.0, 45.0]
    found = candidates(values, np.ones(values.size))
    caps = [c.cap for c in found]
    assert caps == sorted(caps)
    assert all(c.samples_cut >= 1 for c in found)
    removed = [c.metal_removed_share for c in found]
    assert removed == sorted(removed, reverse=True)
    bases = {c.basis for c in found}
    assert {"percentile", "round", "multiple_of_mean", "disintegration"} <= bases
    rule = next(c for c in found if c.basis == "multiple_of_mean")
    assert rule.cap == cap_by_multiple_of_mean(values, np.ones(values.size))


def test_two_wild_grades_are_cut_at_the_gap_below_them() -> None:
    """The recommendation rests on the 6-8 x rule, says what it takes, and shows both neighbours."""
    base = lognormal(600, sd=0.5, seed=5)
    values = np.r_[base, 20.0, 31.0]
    found = recommend(values, np.ones(values.size))
    assert found.value is not None
    assert base.max() * 0.9 < found.value < 20.0
    assert found.chosen is not None
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower.cap < found.value < found.upper.cap
    assert found.chosen.metal_removed_share == pytest.approx(
        metal_removed_share(values, np.ones(values.size), found.value)
    )
    for words in found.reason:
        assert f"{found.value:g}" in words


def test_a_calm_population_is_not_cut() -> None:
    """No grade beyond the rule, low CV: no cut, and the reason says so in both languages."""
    found = recommend(np.random.default_rng(6).normal(1.0, 0.2, 500), np.ones(500))
    assert found.value is None
    assert "no cut" in found.reason.en
    assert "无需" in found.reason.zh


@pytest.mark.parametrize(
    "values",
    [np.zeros(0), np.array([1.0]), np.full(50, 0.3), np.zeros(50), lognormal(12)],
    ids=["none", "one", "constant", "zero", "few"],
)
def test_too_little_to_cut_says_so(values: np.ndarray) -> None:
    """No samples, one, all alike, only zeros, fewer than thirty."""
    found = recommend(values, np.ones(values.size))
    assert found.value is None
    assert found.reason.en
    assert found.reason.zh


def test_much_metal_is_warned_of() -> None:
    """A cut that takes more than 5 % says so; gold may lose 10 %."""
    values = np.r_[np.random.default_rng(1).normal(1.0, 0.05, 200), 40.0]
    assert "more than 5 %" in recommend(values, np.ones(201)).reason.en
    assert "more than 10 %" in recommend(values, np.ones(201), precious=True).reason.en


def test_mean_and_variance_ends_at_the_uncut_statistics() -> None:
    """The curve's last cap is the maximum: nothing cut; mean and CV rise with the cap."""
    values = lognormal()
    curve = mean_and_variance(values, np.ones(1000))
    assert curve["mean"][-1] == pytest.approx(values.mean())
    assert curve["cv"][-1] == pytest.approx(values.std() / values.mean())
    assert curve["metal_removed"][-1] == pytest.approx(0.0, abs=1e-12)
    assert (np.diff(curve["mean"]) >= -1e-12).all()


def test_reach_of_high_grades_against_every_pair() -> None:
    """The correlogram by all pairs; blobs of 30 m lose it beyond their width."""
    rng = np.random.default_rng(3)
    xyz = np.column_stack([rng.uniform(0, 400, (1500, 2)), np.zeros(1500)])
    centres = rng.uniform(0, 400, (8, 2))
    away = np.sqrt(((xyz[:, None, :2] - centres) ** 2).sum(axis=2)).min(axis=1)
    values = np.where(away < 30, 5.0, 1.0)
    lags = np.arange(10.0, 160.0, 10.0)
    reach, found = high_yield_distance(xyz, values, 2.0, lags)
    high = values > 2
    distance = np.sqrt(((xyz[high][:, None] - xyz) ** 2).sum(axis=2))
    for i, (low, top) in enumerate(zip(np.r_[0, lags[:-1]], lags, strict=True)):
        inside = (distance > low) & (distance <= top)
        share = (inside & high).sum() / inside.sum()
        assert found[i] == pytest.approx((share - high.mean()) / (1 - high.mean())), top
    assert 30 <= reach <= 70
    assert np.isnan(high_yield_distance(xyz, np.ones(1500), 2.0, lags)[0])
