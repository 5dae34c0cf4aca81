"""Indicator kriging: a block's distribution of grades from kriged indicators, and its mean.

The indicator of a cut-off is 1 for a sample at or below it, else 0; kriged over a block it is the
share of the block's points at or below the cut-off (Journel 1983; Goovaerts 1997, section 7.3).
Kriging each cut-off by itself can break the order that shares must have; they are put right by the
mean of an upward and a downward correction (Deutsch & Journel, GSLIB 1998, section IV.1.9). The
estimate is the mean of the distribution (E-type): classes between cut-offs are uniform, the lowest
follows a power model, the highest a power or a hyperbolic model (the same, section V.1.6).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.plan import Choices, Indicators, Variogram

Floats = npt.NDArray[np.float64]

GRADE = "grade"
"""Name of the grade itself among the indicators of a visit."""


def indicator_choices(choices: Choices) -> dict[str, Choices]:
    """The grade and the indicator of every cut-off, each as something to be kriged.

    The grade is kriged along for what it says of the samples (slope, efficiency, inverse
    distance); names are ``grade`` and the cut-offs' numbers. All take the same search.

    Raises
    ------
    TypeError
        The choices have no indicators.
    """
    if choices.indicators is None:
        raise TypeError("indicator_choices: choices without indicators")
    plain = choices.model_copy(
        update={
            "method": "ordinary",
            "indicators": None,
            "search_orientation": choices.search_orientation or choices.variogram.orientation,
        }
    )
    plans = {GRADE: plain}
    for k in range(len(choices.indicators.cutoffs)):
        variogram = variogram_of(choices.indicators, k)
        plans[str(k)] = plain.model_copy(update={"variogram": variogram})
    return plans


def variogram_of(indicators: Indicators, k: int) -> Variogram:
    """The variogram of one cut-off's indicator."""
    return indicators.variograms[min(k, len(indicators.variograms) - 1)]


def indicators_of(values: Floats, cutoffs: tuple[float, ...]) -> Floats:
    """Indicators of grades (n,) at every cut-off, (cut-offs, n)."""
    return (values[None] <= np.array(cutoffs)[:, None]).astype(np.float64)


def in_order(shares: Floats) -> Floats:
    """Shares at or below each cut-off (cut-offs, m), within 0 and 1 and never falling."""
    held = np.clip(shares, 0.0, 1.0)
    upward = np.maximum.accumulate(held, axis=0)
    downward = np.minimum.accumulate(held[::-1], axis=0)[::-1]
    return np.asarray((upward + downward) / 2.0)


def mean_and_variance(shares: Floats, indicators: Indicators) -> tuple[Floats, Floats]:
    """Mean and variance of distributions given by shares in order, (m,) each."""
    edges = np.vstack([np.zeros(shares.shape[1:]), shares, np.ones(shares.shape[1:])])
    inside = np.diff(edges, axis=0)
    first, second = class_moments(indicators)
    mean = first @ inside
    return mean, np.maximum(second @ inside - mean**2, 0.0)


def class_moments(indicators: Indicators) -> tuple[Floats, Floats]:
    """Mean grade and mean squared grade of every class, lowest to highest, (cut-offs + 1,)."""
    edges = [indicators.lowest, *indicators.cutoffs, indicators.highest]
    powers = [indicators.lower_power, *[1.0] * (len(edges) - 3), indicators.upper_power]
    moments = [_power(*of) for of in zip(edges[:-1], edges[1:], powers, strict=True)]
    if indicators.upper_tail == "hyperbolic":
        moments[-1] = _hyperbolic(edges[-2], edges[-1], indicators.upper_power)
    first, second = np.array(moments).T
    return first, second


def _power(low: float, high: float, power: float) -> tuple[float, float]:
    """Moments of F(z) = ((z - low) / (high - low))^power."""
    width = high - low
    once, twice = power / (power + 1.0), power / (power + 2.0)
    return low + width * once, low**2 + 2.0 * low * width * once + width**2 * twice


def _hyperbolic(low: float, high: float, power: float) -> tuple[float, float]:
    """Moments of 1 - F(z) = (low / z)^power, cut off at ``high``."""
    scale = power * low**power / (1.0 - (low / high) ** power)

    def moment(order: int) -> float:
        left = order - power
        if abs(left) < 1e-12:
            return float(scale * np.log(high / low))
        return float(scale * (high**left - low**left) / left)

    return moment(1), moment(2)


def share_above(shares: Floats, indicators: Indicators, cutoff: float) -> Floats:
    """Share of each block above any cut-off (m,), by the same model of the classes."""
    edges = np.array([indicators.lowest, *indicators.cutoffs, indicators.highest])
    if cutoff < edges[0]:
        return np.where(np.isnan(shares[0]), np.nan, 1.0)
    if cutoff >= edges[-1]:
        return np.where(np.isnan(shares[0]), np.nan, 0.0)
    k = int(np.searchsorted(edges, cutoff, side="right")) - 1
    known = np.vstack([np.zeros(shares.shape[1:]), shares, np.ones(shares.shape[1:])])
    part = _part_below(indicators, k, cutoff, edges)
    return np.asarray(1.0 - known[k] - (known[k + 1] - known[k]) * part)


def _part_below(indicators: Indicators, k: int, cutoff: float, edges: Floats) -> float:
    """Part of class ``k`` that lies at or below a grade within it."""
    low, high = edges[k], edges[k + 1]
    last = len(edges) - 2
    if k == last and indicators.upper_tail == "hyperbolic":
        power = indicators.upper_power
        return float((1.0 - (low / cutoff) ** power) / (1.0 - (low / high) ** power))
    power = indicators.lower_power if k == 0 else indicators.upper_power if k == last else 1.0
    return float(((cutoff - low) / (high - low)) ** power)
