"""Weighted statistics of grades: moments, percentiles, correlations, log-probability coordinates.

Everything takes weights; equal ones give the raw figures. Grades that are blank (NaN) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]

PERCENTILES = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.9)


@dataclass(frozen=True)
class Statistics:
    """Statistics of one set of grades, in the grades' unit; NaN where there is nothing to say."""

    n: int
    mean: float
    sd: float
    """Population form: the divisor is the sum of the weights."""
    cv: float
    """Standard deviation over mean."""
    skewness: float
    minimum: float
    p5: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p95: float
    p97_5: float
    p99: float
    p99_9: float
    maximum: float
    geometric_mean: float
    """Of the grades above zero."""
    not_positive: int
    """Grades at or below zero, which logarithms leave out."""
    effective_n: float
    """(sum of weights)² / sum of squared weights: Kish (1965), Survey Sampling, section 8.2."""

    def row(self) -> dict[str, Any]:
        """The statistics by name, as one row of a table."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def describe(values: Floats, weights: Floats | None = None) -> Statistics:
    """Statistics of ``values`` (n,) under ``weights`` (n,); equal weights without any.

    Skewness is the third standardized moment; NaN where all grades are equal.
    """
    values, weights = _known(values, weights)
    if not values.size:
        nothing = dict.fromkeys((part.name for part in fields(Statistics)), np.nan)
        counts = {"n": 0, "not_positive": 0, "effective_n": 0.0}
        return Statistics(**{**nothing, **counts})  # type: ignore[arg-type]
    mean = float(np.average(values, weights=weights))
    sd = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    level = sd <= 1e-12 * max(abs(mean), float(np.abs(values).max()))
    sd = 0.0 if level else sd
    cube = np.nan if level else float(np.average(((values - mean) / sd) ** 3, weights=weights))
    positive = values > 0
    logs = np.log(values[positive])
    percentiles = weighted_quantiles(values, np.array(PERCENTILES) / 100.0, weights)
    named = {
        f"p{share:g}".replace(".", "_"): float(grade)
        for share, grade in zip(PERCENTILES, percentiles, strict=True)
    }
    return Statistics(
        n=int(values.size),
        mean=mean,
        sd=sd,
        cv=sd / mean if mean > 0 else np.nan,
        skewness=cube,
        minimum=float(values.min()),
        **named,
        maximum=float(values.max()),
        geometric_mean=float(np.exp(np.average(logs, weights=weights[positive])))
        if logs.size
        else np.nan,
        not_positive=int((~positive).sum()),
        effective_n=float(weights.sum() ** 2 / (weights**2).sum()),
    )


def weighted_quantiles(values: Floats, shares: Floats, weights: Floats | None = None) -> Floats:
    """Grades below which the given shares (0-1) of the weight lie, linear between samples.

    A sample stands at the middle of its weight, so that equal weights give plotting position
    (i - 0.5)/n: Hazen (1914); Hyndman & Fan (1996), type 5.
    """
    values, weights = _known(values, weights)
    if not values.size:
        return np.full(np.shape(shares), np.nan)
    order, share = _cumulative(values, weights)
    return np.asarray(np.interp(shares, share, values[order]))


def log_probability(values: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Log-probability coordinates: positive grades, rising, and their standard normal quantiles.

    The share below a sample counts every grade, also those at or below zero. A lognormal
    distribution is a straight line of slope 1/sd of logs.
    """
    values, weights = _known(values, weights)
    if not values.size:
        return np.zeros(0), np.zeros(0)
    order, share = _cumulative(values, weights)
    kept = values[order] > 0
    return values[order][kept], np.asarray(ndtri(share[kept]))


@dataclass(frozen=True)
class Correlation:
    """Correlation of two elements over the samples that have both."""

    first: str
    second: str
    n: int
    pearson: float
    spearman: float
    pearson_logs: float
    """Of natural logarithms, over samples with both grades above zero."""
    n_logs: int


FEWEST_PAIRS = 3
"""Fewer pairs give no correlation."""


def correlations(table: pd.DataFrame, elements: list[str]) -> tuple[Correlation, ...]:
    """Correlation of every pair of elements, in their order; NaN of fewer than three pairs."""
    found = []
    for place, first in enumerate(elements):
        for second in elements[place + 1 :]:
            both = table[[first, second]].dropna()
            logs = both[(both > 0).all(axis=1)].apply(np.log)
            found.append(
                Correlation(
                    first,
                    second,
                    len(both),
                    _correlation(both, "pearson"),
                    _correlation(both, "spearman"),
                    _correlation(logs, "pearson"),
                    len(logs),
                )
            )
    return tuple(found)


def _correlation(pairs: pd.DataFrame, method: Any) -> float:
    """Correlation of a table's two columns; NaN of too few pairs or of a constant column."""
    if len(pairs) < FEWEST_PAIRS or (pairs.nunique() < 2).any():
        return float("nan")
    return float(pairs.iloc[:, 0].corr(pairs.iloc[:, 1], method=method))


def _known(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """Grades that are not blank, with their weights."""
    values = np.asarray(values, dtype=float)
    weights = np.ones(values.size) if weights is None else np.asarray(weights, dtype=float)
    known = np.isfinite(values)
    return values[known], weights[known]


def _cumulative(values: Floats, weights: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Order of the grades, and the share of the weight below the middle of each."""
    order = np.argsort(values, kind="stable")
    sorted_weights = weights[order]
    return order, (np.cumsum(sorted_weights) - sorted_weights / 2.0) / sorted_weights.sum()
