"""Limits and statistics of pairs against tabulated values, closed forms and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from geo.qaqc.limits import (
    known_element,
    pair_limit_pct,
    precious_limit_pct,
    relative_limit_pct,
    standard_limit_pct,
)
from geo.qaqc.precision import (
    cv_avr_pct,
    hard_pct,
    major_axis,
    pair_anova,
    paired_t,
    thompson_howarth,
)

Y_C = {0.01: 18.05, 0.05: 13.32, 0.1: 11.56, 0.2: 9.95, 0.5: 8.03, 1: 6.71, 5: 4.07}
Y_G = {0.1: 28.87, 0.5: 17.78, 1: 14.43, 5: 8.89}


def _pairs(n: int = 60, slope: float = 1.0, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    true = random.lognormal(0, 1, n)
    first = true * (1 + 0.05 * random.standard_normal(n))
    return first, slope * true * (1 + 0.05 * random.standard_normal(n))


def test_the_permissible_deviations_are_the_tabulated_ones() -> None:
    assert relative_limit_pct(list(Y_C)) == pytest.approx(list(Y_C.values()), abs=0.01)
    assert precious_limit_pct(list(Y_G)) == pytest.approx(list(Y_G.values()), abs=0.01)


def test_a_limit_knows_the_unit_and_precious_metals() -> None:
    in_ppm = pair_limit_pct("Cu", "ppm", [100, 5000])
    assert in_ppm == pytest.approx([Y_C[0.01], Y_C[0.5]], abs=0.01)
    assert pair_limit_pct("Au", "ppb", [1000]) == pytest.approx([Y_G[1]], abs=0.01)
    assert pair_limit_pct("Ag_INAA", "g/t", [5]) == pytest.approx([Y_G[5]], abs=0.01)
    assert standard_limit_pct("Cu", "%", 1.0) == pytest.approx(6.711 / 2**0.5, abs=1e-3)
    assert pair_limit_pct("Cu", None, [1.0]) is None
    assert pair_limit_pct("pH", "ppm", [1.0]) is None


def test_very_low_grades_have_no_limit_beyond_the_cap_and_zero_has_none() -> None:
    limit = relative_limit_pct([1e-7, 0.0])
    assert limit[0] == 30.0
    assert np.isnan(limit[1])


def test_composite_copper_of_the_worked_example_is_beyond_one_limit_but_not_two() -> None:
    deviation = hard_pct([0.50], [0.42])[0]
    limit = pair_limit_pct("Cu", "%", [0.46])
    assert limit is not None
    assert deviation == pytest.approx(8.70, abs=0.01)
    assert limit[0] == pytest.approx(8.19, abs=0.01)
    assert limit[0] < deviation < 2 * limit[0]


def test_elements_are_known_by_their_symbol_only() -> None:
    assert [known_element(t) for t in ("Cu", "Ag_INAA", "Al2O3", "Loc", "pH", "Catch")] == [
        "cu", "ag", "al2o3", None, None, None,
    ]  # fmt: skip


def test_hard_and_its_mean_square_agree_with_a_loop() -> None:
    first, second = _pairs(25)
    by_hand = [100 * abs(a - b) / (a + b) for a, b in zip(first, second, strict=True)]
    assert hard_pct(first, second) == pytest.approx(by_hand, rel=1e-12)
    # with two members the coefficient of variation of a pair is sqrt(2) HARD
    each = [np.std([a, b], ddof=1) / np.mean([a, b]) for a, b in zip(first, second, strict=True)]
    assert cv_avr_pct(first, second) == pytest.approx(100 * np.sqrt(np.mean(np.square(each))))
    assert hard_pct([0.0], [0.0]).tolist() == [0.0]


def test_the_major_axis_makes_the_triangles_smallest() -> None:
    random = np.random.default_rng(4)
    true = random.uniform(1, 9, 40)
    first = true + 0.1 * random.standard_normal(40)
    second = 1.2 * true + 0.1 * random.standard_normal(40)
    found = major_axis(first, second)
    assert found is not None

    # the reduced major axis makes the sum of the triangles between points and line smallest
    def area(line: np.ndarray) -> float:
        return float(np.sum((second - line[0] * first - line[1]) ** 2) / abs(line[0]))

    best = optimize.minimize(area, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-10}).x
    assert (found.slope, found.intercept) == pytest.approx(tuple(best), abs=1e-5)
    assert found.low < found.slope < found.high
    assert not found.one_is_inside


def test_the_interval_of_the_slope_covers_the_true_slope_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    inside = 0
    for _ in range(400):
        true = random.standard_normal(30)
        pair = true + 0.3 * random.standard_normal(30), true + 0.3 * random.standard_normal(30)
        axis = major_axis(*pair)
        inside += axis is not None and axis.one_is_inside
    assert 0.92 <= inside / 400 <= 0.98


def test_the_paired_t_and_the_analysis_of_variance_are_scipys() -> None:
    first, second = _pairs(30, slope=1.05)
    t = paired_t(first, second)
    expected = stats.ttest_rel(second, first)
    assert t is not None
    assert (t.t, t.p) == pytest.approx((expected.statistic, expected.pvalue))
    anova = pair_anova(first, second)
    groups = stats.f_oneway(*[[a, b] for a, b in zip(first, second, strict=True)])
    assert anova is not None
    assert (anova.f, anova.p) == pytest.approx((groups.statistic, groups.pvalue), rel=1e-9)


def test_the_precision_of_made_pairs_is_found_again() -> None:
    random = np.random.default_rng(5)
    true = random.uniform(1, 100, 4000)
    sd = 0.5 + 0.03 * true
    first, second = (true + sd * random.standard_normal(4000) for _ in range(2))
    found = thompson_howarth(first, second)
    assert found is not None
    assert found.s0 == pytest.approx(0.5, abs=0.12)
    assert found.k == pytest.approx(0.03, abs=0.003)
    assert found.precision_pct(50) == pytest.approx(200 * 2.0 / 50, rel=0.06)
    assert len(found.means) == 4000 // 11
    assert thompson_howarth(first[:49], second[:49]) is None


def test_what_has_no_spread_gives_no_statistic() -> None:
    assert major_axis([1, 1, 1], [1, 2, 3]) is None
    assert paired_t([1, 2, 3], [1, 2, 3]) is None
    assert pair_anova([1, 2, 3], [1, 2, 3]) is None
