"""Cross-validation by hole, by fold and by sample, for each plain method and by domain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from estimation.engine.krige import Problem
from estimation.validation.checks import cross_checks
from estimation.validation.cross_validation import CrossValidation, cross_validate
from estimation.validation.rules import book, rule
from tests.engine_problems import (
    TWO_DOMAINS,
    drill,
    element_plan,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
)


@pytest.fixture(scope="module")
def problem() -> Problem:
    """Twelve holes in two domains."""
    grid = make_grid(shape=(8, 8, 4))
    search = (search_pass((120.0, 90.0, 40.0), min_samples=2, max_per_hole=3, min_holes=2),)
    plan = make_plan({"cu_pct": element_plan(search=search)}, domains=TWO_DOMAINS)
    return problem_of(grid, plan, drill(grid, 12, 4, domains=("ore", "host")))


def test_as_many_folds_as_holes_is_hole_by_hole(problem: Problem) -> None:
    """The kernel that passes over a hole, and the engine's door without the hole's samples."""
    by_hole = cross_validate(problem, "cu_pct", "hole")
    folds = cross_validate(problem, "cu_pct", 12)
    assert by_hole.asked == folds.asked == len(problem.elements["cu_pct"])
    assert folds.true.tolist() == by_hole.true.tolist()
    assert folds.estimate == pytest.approx(by_hole.estimate, rel=1e-10)
    assert folds.variance == pytest.approx(by_hole.variance, rel=1e-10)


def test_fewer_folds_leave_more_out(problem: Problem) -> None:
    """Farther samples: no fold's kriging variance is below the hole's, on average."""
    by_hole = cross_validate(problem, "cu_pct", "hole")
    folds = cross_validate(problem, "cu_pct", 3)
    assert folds.true.size <= by_hole.true.size
    assert folds.variance.mean() > by_hole.variance.mean()
    again = cross_validate(problem, "cu_pct", 3)
    assert again.estimate.tolist() == folds.estimate.tolist()


def test_single_samples_flatter(problem: Problem) -> None:
    by_hole = cross_validate(problem, "cu_pct", "hole")
    by_sample = cross_validate(problem, "cu_pct", "sample")
    assert by_sample.root_mean_square_error < by_hole.root_mean_square_error


@pytest.mark.parametrize("method", ["nearest", "inverse_distance"])
def test_methods_without_a_variance(problem: Problem, method: str) -> None:
    """The replaced method and the same one in the plan; nothing is said of their spread."""
    element = problem.plan.elements["cu_pct"].model_copy(update={"method": method})
    plan = problem.plan.model_copy(update={"elements": {"cu_pct": element}})
    planned = cross_validate(replace(problem, plan=plan), "cu_pct", 4)
    asked = cross_validate(problem, "cu_pct", 4, method)  # type: ignore[arg-type]
    assert asked.estimate.tolist() == planned.estimate.tolist()
    assert not asked.has_variance
    assert {check.test for check in cross_checks(asked)} == {"cross_mean_error", "cross_slope"}


def test_nearest_takes_a_sample_of_another_hole(problem: Problem) -> None:
    found = cross_validate(problem, "cu_pct", "hole", "nearest")
    assert np.isin(found.estimate, problem.elements["cu_pct"].values).all()
    assert (found.estimate != found.true).all()


def test_domains_add_up(problem: Problem) -> None:
    found = cross_validate(problem, "cu_pct")
    parts = [found.within(code) for code in (1, 2)]
    assert sum(part.true.size for part in parts) == found.true.size
    assert set(found.domains.tolist()) == {1, 2}
    total = sum(part.errors.sum() for part in parts)
    assert total / found.true.size == pytest.approx(found.mean_error)


def made_up(true: list[float], estimate: list[float], variance: float) -> CrossValidation:
    count = len(true)
    return CrossValidation(
        "cu_pct",
        np.array(true),
        np.array(estimate),
        np.full(count, variance),
        np.ones(count, np.int64),
        count,
    )


def test_statistics_by_hand() -> None:
    """Errors 1, -1, 3, 1 with standard deviation 2."""
    found = made_up([1.0, 3.0, 2.0, 6.0], [2.0, 2.0, 5.0, 7.0], 4.0)
    assert found.mean_error == pytest.approx(1.0)
    assert found.mean_absolute_error == pytest.approx(1.5)
    assert found.root_mean_square_error == pytest.approx(np.sqrt(3.0))
    assert found.mean_error_share == pytest.approx(1.0 / 3.0)
    assert found.standardized_mean == pytest.approx(0.5)
    assert found.standardized_variance == pytest.approx(0.5)
    assert found.coverage_95 == 1.0
    assert made_up([0.0, 0.0], [1.0, 5.0], 4.0).coverage_95 == 0.5


def test_too_few_or_equal_grades_are_not_judged() -> None:
    assert cross_checks(made_up([1.0] * 9, [float(n) for n in range(9)], 1.0)) == []
    assert cross_checks(made_up([2.0] * 20, [float(n) for n in range(20)], 1.0)) == []
    assert len(cross_checks(made_up([float(n) for n in range(20)], [1.0, 2.0] * 10, 1.0))) == 5


def test_thresholds_are_cited_and_judge_both_ways() -> None:
    """Every test has a citation; the swaths' correlation is wrong only below."""
    for name, entry in book()["tests"].items():
        assert entry["citation"], name
        assert isinstance(entry["verified"], bool)
        assert entry["passing"] <= entry["marginal"]
    swaths = rule("swath_correlation")
    verdicts = [swaths.judge(v, "cu_pct").verdict for v in (1.0, 0.8, 0.79, 0.6, 0.59)]
    assert verdicts == ["pass", "pass", "marginal", "marginal", "fail"]
    slope = rule("cross_slope")
    assert [slope.judge(v, "cu_pct").verdict for v in (0.9, 1.11, 1.3)] == [
        "pass",
        "marginal",
        "fail",
    ]
