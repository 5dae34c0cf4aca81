"""Derived grades: regressions against closed forms and simulation, factors, their errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from estimation.byproducts.derive import VARIANCE, derive_grade, domain_factor
from estimation.byproducts.regression import (
    extrapolated,
    fit_regression,
    interval,
    predict,
    prediction_error,
)
from estimation.errors import EstimationError
from estimation.plan import DerivedPlan, DomainGrade, Regression
from tests.engine_problems import TWO_DOMAINS, make_plan


def rhenium(
    count: int = 400, power: float = 0.95, noise: float = 0.3, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Lognormal Mo (%) and Re (g/t) that follows it by a power."""
    rng = np.random.default_rng(seed)
    mo = rng.lognormal(-3.5, 0.7, count)
    return mo, 5.0 * mo**power * rng.lognormal(0.0, noise, count)


def test_least_squares_equals_scipy() -> None:
    """Slope, intercept, correlation and residual of scipy's linregress."""
    x, y = rhenium()
    fit = fit_regression(x, y, "mo_pct", "linear").regression
    answer = stats.linregress(x, y)
    assert fit.slope == pytest.approx(answer.slope)
    assert fit.intercept == pytest.approx(answer.intercept)
    assert fit.correlation == pytest.approx(answer.rvalue)
    assert fit.residual_sd**2 == pytest.approx(
        np.sum((y - answer.intercept - answer.slope * x) ** 2) / (len(x) - 2)
    )


def test_the_bias_term_keeps_the_mean() -> None:
    """Back from logarithms with exp(s^2/2) the mean is right; without it 4 % of Re is lost."""
    x, y = rhenium(40_000)
    fit = fit_regression(x, y, "mo_pct", "log_log").regression
    assert fit.slope == pytest.approx(0.95, abs=0.01)
    assert predict(fit, x).mean() == pytest.approx(y.mean(), rel=0.01)
    bare = np.exp(fit.intercept + fit.slope * np.log(x))
    assert bare.mean() / y.mean() == pytest.approx(np.exp(-0.5 * 0.3**2), rel=0.01)


def test_prediction_intervals_cover_what_they_say() -> None:
    """95 % of new samples lie within, in both forms; quantile by Student's t is close to 1.96."""
    for form in ("linear", "log_log"):
        rng = np.random.default_rng(3)
        x = rng.lognormal(-3.5, 0.5, 4000)
        y = 4.0 * x + rng.normal(0, 0.02, 4000) + 1.0
        if form == "log_log":
            y = 4.0 * x * rng.lognormal(0, 0.3, 4000)
        fit = fit_regression(x[:2000], y[:2000], "mo_pct", form)
        low, high = interval(fit, x[2000:])
        inside = np.mean((y[2000:] >= low) & (y[2000:] <= high))
        assert inside == pytest.approx(0.95, abs=0.015)


def test_the_predictor_s_error_is_carried_on() -> None:
    """Against simulation: block Mo 0.03 % +- 0.006, residual of the regression on top."""
    for form in ("linear", "log_log"):
        x, y = rhenium(seed=9, noise=0.15)
        fit = fit_regression(x, y, "mo_pct", form).regression
        rng = np.random.default_rng(4)
        drawn = rng.normal(0.03, 0.004, 200_000)
        noise = rng.normal(0.0, fit.residual_sd, drawn.size)
        if form == "linear":
            grade = fit.intercept + fit.slope * drawn + noise
        else:
            grade = np.exp(fit.intercept + fit.slope * np.log(drawn) + noise)
        found = prediction_error(fit, np.array([0.03]), np.array([0.004**2]))[0]
        assert found == pytest.approx(grade.std(), rel=0.05)
        assert prediction_error(fit, np.array([0.03]))[0] < found


def test_flags_and_extrapolation() -> None:
    """Slope beyond 0.7-1.2 and R2 below 0.5 are said in both languages; so is extrapolation."""
    fit = fit_regression(*rhenium(power=1.5), "mo_pct", "log_log")
    assert any("1.5" in en and "斜率" in zh for zh, en in fit.flags)
    loose = fit_regression(*rhenium(noise=2.0), "mo_pct", "log_log")
    assert any("R2" in en for _, en in loose.flags)
    assert fit_regression(*rhenium(), "mo_pct", "log_log").flags == ()
    low, high = fit.regression.predictor_range
    out = extrapolated(fit.regression, np.array([low / 2, (low + high) / 2, high * 2]))
    assert out.tolist() == [True, False, True]


def test_too_few_samples_are_refused() -> None:
    """The message says how many there are and what else to do."""
    x, y = rhenium(9)
    with pytest.raises(EstimationError, match=r"9 samples.*needs 10.*domain factor"):
        fit_regression(x, y, "mo_pct", "linear")


def derived_plan() -> dict[str, DerivedPlan]:
    """Re on Cu by regression, Ag by the factor of one of two domains."""
    regression = Regression(
        predictor="cu_pct", form="linear", intercept=0.01, slope=0.2, residual_sd=0.03,
        correlation=0.9, samples=50, predictor_range=(0.1, 1.0),
    )  # fmt: skip
    factor = DomainGrade(grade=2.5, standard_error=0.2, samples=12)
    return {
        "re_ppm": DerivedPlan(
            method="regression", regression=regression, class_limit="inferred", reason="test"
        ),
        "ag_gpt": DerivedPlan(
            method="domain_factor", factors={"host": factor}, class_limit="inferred", reason="test"
        ),
    }


def test_derived_grades_of_blocks() -> None:
    """Regression with and without the predictor's variance; a factor in its domain alone."""
    plan = make_plan(domains=TWO_DOMAINS, derived=derived_plan())
    grades = {"cu_pct": np.array([0.5, np.nan, 1.0])}
    domain = np.array([1, 2, 0])
    grade, error = derive_grade(plan, "re_ppm", grades, domain)
    assert grade[[0, 2]] == pytest.approx([0.11, 0.21])
    assert np.isnan(grade[1])
    assert error[0] == pytest.approx(0.03)
    more = grades | {VARIANCE.format("cu_pct"): np.full(3, 0.04)}
    assert derive_grade(plan, "re_ppm", more, domain)[1][0] == pytest.approx(np.hypot(0.03, 0.04))
    grade, error = derive_grade(plan, "ag_gpt", grades, domain)
    assert np.isnan(grade[[0, 2]]).all()
    assert (grade[1], error[1]) == (2.5, 0.2)
    with pytest.raises(EstimationError, match="predictor cu_pct"):
        derive_grade(plan, "re_ppm", {}, domain)
    with pytest.raises(EstimationError, match="not a derived element"):
        derive_grade(plan, "au_gpt", grades, domain)


def test_the_factor_s_error_is_between_holes() -> None:
    """Against simulation: samples of one hole are alike, and the error must not shrink by them."""
    rng = np.random.default_rng(8)
    holes = np.repeat(np.arange(12), 20)
    means, errors = [], []
    for _ in range(400):
        values = 2.0 + rng.normal(0, 0.5, 12)[holes] + rng.normal(0, 0.1, holes.size)
        made = domain_factor(values, np.full(holes.size, 10.0), holes)
        means.append(made.grade)
        errors.append(made.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.1)
    naive = 0.5 / np.sqrt(holes.size)
    assert np.mean(errors) > 3 * naive
    with pytest.raises(EstimationError, match="no assayed sample"):
        domain_factor(np.array([np.nan]), np.ones(1), np.zeros(1))
