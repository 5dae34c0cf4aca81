"""Grades without an estimate of their own: a regression on a kriged element, or a factor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.byproducts.regression import predict, prediction_error
from estimation.errors import EstimationError
from estimation.plan import DomainGrade, Plan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

VARIANCE = "{}:variance"
"""Key under which an element's kriging variance may stand beside its grade."""


def derive_grade(
    plan: Plan, name: str, grades: dict[str, Floats], domain_code: Ints
) -> tuple[Floats, Floats]:
    """Grade and standard error of a derived element in blocks, both (n,).

    Parameters
    ----------
    grades
        Estimates by element, (n,), NaN where there is none; where ``"<predictor>:variance"`` is
        there too, the predictor's kriging variance is carried into the standard error.
    domain_code
        (n,) from 1 in plan order, 0 outside; a domain without a factor gives NaN.

    Raises
    ------
    EstimationError
        The plan doesn't derive the element, or its predictor has no grades here.
    """
    if name not in plan.derived:
        raise EstimationError(
            f"{name}: not a derived element of the plan / 方案未规定该元素由推算得出"
        )
    made = plan.derived[name]
    if made.regression is not None:
        x = grades.get(made.regression.predictor)
        if x is None:
            raise EstimationError(
                f"{name}: its predictor {made.regression.predictor} is not estimated; add it to "
                "the plan's elements / 回归自变量未估算"
            )
        variance = grades.get(VARIANCE.format(made.regression.predictor))
        return predict(made.regression, x), prediction_error(made.regression, x, variance)
    grade = np.full(len(domain_code), np.nan)
    error = np.full(len(domain_code), np.nan)
    for code, domain in enumerate(plan.domains.names, start=1):
        if domain in made.factors:
            here = domain_code == code
            grade[here] = made.factors[domain].grade
            error[here] = made.factors[domain].standard_error
    return grade, error


def domain_factor(values: Floats, lengths_m: Floats, holes: npt.NDArray[np.generic]) -> DomainGrade:
    """Length-weighted mean of a domain's samples, with the standard error between holes.

    Samples of one hole are alike, so the error is that of hole means, each by its metres: a
    ratio estimator (Cochran 1977, Sampling Techniques, 6.4). One hole: the spread of its samples.

    Raises
    ------
    EstimationError
        No sample.
    """
    known = np.isfinite(values)
    v, w, h = values[known], lengths_m[known], holes[known]
    if not len(v):
        raise EstimationError("no assayed sample in the domain / 该矿化域无化验样品")
    mean = float(np.average(v, weights=w))
    _, number = np.unique(h, return_inverse=True)
    metal, metres = np.bincount(number, w * v), np.bincount(number, w)
    if len(metres) > 1:
        left = metal - mean * metres
        error = float(np.sqrt(np.sum(left**2) * len(left) / (len(left) - 1)) / w.sum())
    else:
        error = float(np.std(v) / np.sqrt(len(v)))
    return DomainGrade(grade=max(mean, 0.0), standard_error=error, samples=len(v))
