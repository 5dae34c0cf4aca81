"""A by-product from another element's grade: least squares, and what its error does to a block.

``y = a + b x`` or ``ln y = a + b ln x``, the latter back from logarithms with the lognormal bias
term exp(s^2 / 2) (Draper & Smith 1998, chapters 1 and 3; Aitchison & Brown 1957, chapter 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from estimation.byproducts.standards import rules
from estimation.errors import EstimationError
from estimation.plan import Regression

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A regression, and what its prediction error needs beside it."""

    regression: Regression
    predictor_mean: float
    """Of x (or ln x)."""
    predictor_spread: float
    """Sum of squared deviations of x (or ln x) from its mean."""
    flags: tuple[tuple[str, str], ...]
    """What a reviewer must know, each in Chinese and English: slope or R2 outside the usual."""

    @property
    def r2(self) -> float:
        """Share of the variance explained."""
        return self.regression.correlation**2


def fit_regression(
    x: Floats,
    y: Floats,
    predictor: str,
    form: Literal["linear", "log_log"],
    weights: Floats | None = None,
) -> Fit:
    """Fit ``y`` on ``x`` by least squares over samples that have both (and are above 0 for logs).

    Raises
    ------
    EstimationError
        Fewer samples than the rules ask for, or a predictor that does not vary.
    """
    known = np.isfinite(x) & np.isfinite(y)
    if form == "log_log":
        known &= (x > 0) & (y > 0)
    u, v = x[known], y[known]
    w = np.ones(len(u)) if weights is None else weights[known] / weights[known].mean()
    least = int(rules()["regression"]["fewest_samples"]["value"])
    if len(u) < least or np.ptp(u) == 0:
        raise EstimationError(
            f"{predictor}: {len(u)} samples have both grades (needs {least}, not all alike); "
            "use a domain factor / 同时有两元素品位的样品不足，宜用矿化域平均品位法"
        )
    reach = (float(u.min()), float(u.max()))
    if form == "log_log":
        u, v = np.log(u), np.log(v)
    mean, middle = float(np.average(u, weights=w)), float(np.average(v, weights=w))
    spread = float(np.sum(w * (u - mean) ** 2))
    slope = float(np.sum(w * (u - mean) * (v - middle)) / spread)
    intercept = middle - slope * mean
    left = v - intercept - slope * u
    residual = float(np.sqrt(np.sum(w * left**2) / (len(u) - 2)))
    total = float(np.sqrt(spread * np.sum(w * (v - middle) ** 2)))
    r = float(np.clip(slope * spread / total, -1, 1)) if total > 0 else 0.0
    found = Regression(
        predictor=predictor,
        form=form,
        intercept=intercept,
        slope=slope,
        residual_sd=residual,
        correlation=r,
        samples=len(u),
        predictor_range=reach,
    )
    return Fit(found, mean, spread, flags_of(found))


def flags_of(fit: Regression) -> tuple[tuple[str, str], ...]:
    """Warnings (zh, en) of a regression by the rules of ``by_products.yaml``."""
    limits = rules()["regression"]
    low, high = limits["slope_log_log"]["value"]
    least = limits["least_r2"]["value"]
    found = []
    if fit.form == "log_log" and not low <= fit.slope <= high:
        found.append(
            (
                f"双对数斜率 {fit.slope:.2f} 超出 {low}–{high}",
                f"log-log slope {fit.slope:.2f} is outside {low} to {high}",
            )
        )
    if fit.correlation**2 < least:
        r2 = fit.correlation**2
        found.append((f"R² = {r2:.2f}，低于 {least}", f"R2 = {r2:.2f}, below {least}"))
    return tuple(found)


def predict(fit: Regression, x: Floats) -> Floats:
    """Grade from the predictor's; a predictor that is not above 0 gives 0 in logarithms."""
    if fit.form == "linear":
        return np.maximum(fit.intercept + fit.slope * x, 0.0)
    with np.errstate(divide="ignore"):
        logs = fit.intercept + fit.slope * np.log(np.maximum(x, 0.0))
    return np.where(np.isnan(x), np.nan, np.exp(logs + 0.5 * fit.residual_sd**2))


def prediction_error(fit: Regression, x: Floats, variance: Floats | None = None) -> Floats:
    """Standard error of a predicted grade, with the error of the predictor carried on.

    Linear: s^2 + b^2 var(x). In logarithms, by first-order propagation: grade^2 (exp(s^2) - 1) and
    (grade b / x)^2 var(x) together (JCGM 100:2008, 5.1.2). ``variance``: the predictor's kriging
    variance. The residual is taken whole: what it averages to in a block is not known.
    """
    grade = predict(fit, x)
    added = np.zeros_like(grade) if variance is None else np.maximum(variance, 0.0)
    if fit.form == "linear":
        return np.sqrt(fit.residual_sd**2 + fit.slope**2 * added)
    with np.errstate(divide="ignore", invalid="ignore"):
        carried = np.where(x > 0, (grade * fit.slope / x) ** 2 * added, 0.0)
    return np.sqrt(grade**2 * np.expm1(fit.residual_sd**2) + carried)


def interval(fit: Fit, x: Floats, times: float = 1.96) -> tuple[Floats, Floats]:
    """Prediction interval of a single new sample (Draper & Smith 1998, 3.1); 95 % by default."""
    found = fit.regression
    u = np.log(x) if found.form == "log_log" else x
    wide = 1.0 + 1.0 / found.samples + (u - fit.predictor_mean) ** 2 / fit.predictor_spread
    half = times * found.residual_sd * np.sqrt(wide)
    middle = found.intercept + found.slope * u
    if found.form == "log_log":
        return np.exp(middle - half), np.exp(middle + half)
    return middle - half, middle + half


def extrapolated(fit: Regression, x: Floats) -> npt.NDArray[np.bool_]:
    """Blocks whose predictor lies outside the grades that the fit rests on."""
    low, high = fit.predictor_range
    return np.asarray((x < low) | (x > high))
