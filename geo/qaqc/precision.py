"""How well pairs agree: HARD, Thompson-Howarth, reduced major axis, paired t, ANOVA.

Every function takes two arrays of equal length, the originals and their duplicates, in one unit,
all determined (no NaN, nothing below detection).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.qaqc.limits import limits

Floats = NDArray[np.float64]


def _distributions() -> Any:
    """Return scipy's distributions; imported late, as they take long to load."""
    from scipy import stats

    return stats


def hard_pct(first: Any, second: Any) -> Floats:
    """Half absolute relative difference |a - b| / (a + b) in %.

    It is the relative deviation |RD| of a pair in DZ/T 0130.3-2006. A pair of zeros is 0.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    total = a + b
    gap = np.abs(a - b)
    return np.divide(100 * gap, total, out=np.zeros_like(gap), where=total != 0)


def cv_avr_pct(first: Any, second: Any) -> float:
    """Average coefficient of variation of pairs, in %: 100 sqrt(2/n sum(((a-b)/(a+b))^2)).

    Abzalov (2008), Exploration and Mining Geology 17, p. 131-144.
    """
    share = hard_pct(first, second) / 100
    return float(100 * np.sqrt(2 * np.mean(share**2)))


@dataclass(frozen=True)
class MajorAxis:
    """Reduced major axis of duplicates on originals, with the interval of the slope."""

    slope: float
    low: float
    high: float
    intercept: float

    @property
    def one_is_inside(self) -> bool:
        """Whether a slope of 1 can't be told from this one."""
        return self.low <= 1 <= self.high


def major_axis(first: Any, second: Any) -> MajorAxis | None:
    """Reduced major axis: slope = sign(r) s_y / s_x; None for fewer than 3 pairs or no spread.

    The interval is slope (sqrt(B + 1) -+ sqrt(B)), B = t^2 (1 - r^2) / (n - 2)
    (McArdle 1988, Canadian Journal of Zoology 66, p. 2329-2339).
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    n = len(a)
    if n < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    r = float(np.corrcoef(a, b)[0, 1])
    slope = float(np.sign(r) * b.std(ddof=1) / a.std(ddof=1))
    if slope == 0:
        return None
    t = _distributions().t.ppf(0.5 + limits()["bias"]["confidence"] / 2, n - 2)
    spread = t**2 * max(0.0, 1 - r**2) / (n - 2)
    low, high = sorted(
        slope * (np.sqrt(spread + 1) + sign * np.sqrt(spread)) for sign in (-1.0, 1.0)
    )
    return MajorAxis(slope, float(low), float(high), float(b.mean() - slope * a.mean()))


@dataclass(frozen=True)
class PairedT:
    """Mean of (duplicate - original), Student's t and its two-sided probability."""

    mean_difference: float
    t: float
    p: float


def paired_t(first: Any, second: Any) -> PairedT | None:
    """Paired t test of duplicates against originals; None where the differences don't vary."""
    gap = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    n = len(gap)
    if n < 2 or np.ptp(gap) == 0:
        return None
    t = float(gap.mean() / (gap.std(ddof=1) / np.sqrt(n)))
    return PairedT(float(gap.mean()), t, float(2 * _distributions().t.sf(abs(t), n - 1)))


@dataclass(frozen=True)
class ThompsonHowarth:
    """Standard deviation s = s0 + k c of a method as its pairs show it."""

    s0: float
    k: float
    means: tuple[float, ...]
    """Mean grade of each group."""
    medians: tuple[float, ...]
    """Median absolute difference of each group."""

    def precision_pct(self, grade: float) -> float:
        """Precision at a grade: twice the relative standard deviation, in %."""
        return 200 * (self.s0 + self.k * grade) / grade

    @property
    def detection(self) -> float | None:
        """Grade at which the precision is 100 %: 2 s0 / (1 - 2 k); None where there is none."""
        at = 2 * self.s0 / (1 - 2 * self.k) if self.k < 0.5 else -1.0
        return at if at > 0 else None


def thompson_howarth(first: Any, second: Any) -> ThompsonHowarth | None:
    """Precision against grade from groups of 11 pairs; None for fewer than 50 pairs.

    Pairs are sorted by mean; the median of |a - b| of a group is 0.9539 s, and s is fitted as
    s0 + k c by least squares over the groups (Thompson and Howarth 1976, The Analyst 101,
    p. 690-709). A last group of fewer than 11 is joined to the one before it.
    """
    words = limits()["thompson_howarth"]
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    size, least = int(words["group"]), int(words["least"])
    if len(a) < least:
        return None
    mean = (a + b) / 2
    order = np.argsort(mean, kind="stable")
    groups = np.split(order, np.arange(size, len(a) - size + 1, size))
    means = np.array([mean[g].mean() for g in groups])
    medians = np.array([np.median(np.abs(a - b)[g]) for g in groups])
    half_normal = float(np.sqrt(2) * _distributions().norm.ppf(0.75))
    k, s0 = np.polyfit(means, medians / half_normal, 1)
    return ThompsonHowarth(float(s0), float(k), tuple(means.tolist()), tuple(medians.tolist()))


@dataclass(frozen=True)
class Anova:
    """One-way analysis of variance of pairs: between the samples, and within the pairs."""

    between_ms: float
    within_ms: float
    f: float
    p: float
    rsd_pct: float
    """Standard deviation within pairs over the grand mean, in %."""


def pair_anova(first: Any, second: Any) -> Anova | None:
    """One-way ANOVA of duplicate pairs; None for fewer than 2 pairs or pairs that all agree.

    Within: sum(d^2) / 2n; as printed by ``anova1`` of Garrett's rgr (one-way model).
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    n = len(a)
    within = float(np.sum((a - b) ** 2) / (2 * n)) if n else 0.0
    if n < 2 or within == 0:
        return None
    between = float(2 * np.var((a + b) / 2, ddof=1))
    f = between / within
    grand = float((a.mean() + b.mean()) / 2)
    rsd = 100 * np.sqrt(within) / grand if grand else float("nan")
    return Anova(between, within, f, float(_distributions().f.sf(f, n - 1, n)), float(rsd))
