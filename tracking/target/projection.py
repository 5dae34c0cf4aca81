"""Where growth stands at the deadline if planned drilling and mining happen as planned.

From the latest figures, with a the metal that planned drilling finds and m what planned mining
takes (both on the days left only, as the rest is in the figures already)::

    R(T) = R(t) + a - m        identified(T) = identified(t) + a

The plans are ranges, so the three cases are no confidence limits: ``low`` has the least drilling
and the most mining. A probability is stated only where simulation gives P10, P50 and P90 of every
deposit's figure. Each deposit's error is taken as two half normal curves joined at its P50, with
s- = (P50 - P10)/z and s+ = (P90 - P50)/z, z = 1.2816, around the stated figure. Deposits may err
together or each by itself; both are stated. For independent errors::

    mean = sum (s+ - s-)/sqrt(2 pi)
    variance = sum [(s+^2 + s-^2)/2 - (s+ - s-)^2/(2 pi)]

(moments of the two-piece normal: Wallis 2014, The two-piece normal, binormal, or double Gaussian
distribution, Statistical Science 29(1); here with weight 1/2 on each side). The baseline and the
plans are taken as given: the probability is about the estimate alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

from tracking.target.course import Course
from tracking.target.file import Basis
from tracking.target.programme import CASES, Case, Drilling, Mining, Plans
from tracking.target.spread import Spread
from tracking.target.stock import Stock

Z_90 = NormalDist().inv_cdf(0.9)
"""Standard deviations between the middle and the 90 % point of a normal distribution."""


@dataclass(frozen=True)
class Chance:
    """Probability of being at or above a line at the deadline, 0-1."""

    growth: float
    """The line as a fraction of the baseline."""
    together: float
    """If all deposits' figures are off in the same direction."""
    independent: float
    """If each is off by itself."""


@dataclass(frozen=True)
class Projected:
    """One case at the deadline, tonnes of metal; percentages are of the baseline."""

    case: Case
    additions_t: float
    """By planned drilling, from the latest figures on."""
    depletion_t: float
    """By planned mining, from the latest figures on."""
    retained_t: float
    identified_t: float
    net_growth_pct: float | None
    gross_growth_pct: float | None
    chances: tuple[Chance, ...]
    """By line; empty where no probability can be stated (:attr:`Projection.reason_zh`)."""

    def growth_pct(self, basis: Basis | None) -> float | None:
        """Growth on a baseline's own basis."""
        return self.gross_growth_pct if basis == "identified" else self.net_growth_pct


@dataclass(frozen=True)
class Projection:
    """The three cases, least growth first."""

    since: date
    """Date of the newest figure."""
    deadline: date
    cases: tuple[Projected, ...]
    reason_zh: str
    """Why no probability is stated; empty where it is."""
    reason_en: str
    without_spread: tuple[str, ...]
    """Deposits that the reason is about, where it is about deposits."""
    left_out: tuple[str, ...]
    """Deposits with a programme that the target doesn't count."""


@dataclass(frozen=True)
class Aim:
    """What a projection is held against."""

    basis: Basis | None
    base_t: float | None
    levels: tuple[float, ...]
    """The lines, as fractions of the baseline."""
    deadline: date


def project(courses: Sequence[Course], latest: Stock, plans: Plans, aim: Aim) -> Projection:
    """Carry the latest stock to the deadline, case by case."""
    newest = {one.deposit_id: one.dates[-1] for one in courses}
    programmes = (*plans.drilling, *plans.mining)
    reason_zh, reason_en = _no_chance(courses, aim)
    spreads = () if reason_zh else tuple(one.spread for one in courses if one.spread)
    return Projection(
        since=latest.date,
        deadline=aim.deadline,
        cases=tuple(_case(case, newest, latest, plans, aim, spreads) for case in CASES),
        reason_zh=reason_zh,
        reason_en=reason_en,
        without_spread=tuple(one.deposit_id for one in courses if one.spread is None)
        if aim.levels and aim.base_t
        else (),
        left_out=tuple(dict.fromkeys(p.deposit for p in programmes if p.deposit not in newest)),
    )


def _case(
    case: Case,
    newest: Mapping[str, date],
    latest: Stock,
    plans: Plans,
    aim: Aim,
    spreads: Sequence[Spread],
) -> Projected:
    """One case at the deadline."""
    found_t = _planned_t(plans.drilling, case, newest, aim.deadline)
    mined_t = _planned_t(plans.mining, case, newest, aim.deadline)
    gross_t = latest.additions_t + found_t
    net_t = gross_t - latest.removed_t - mined_t
    grown_t = gross_t if aim.basis == "identified" else net_t
    base_t = aim.base_t
    chances = [
        Chance(level, *chance_of(level * base_t - grown_t, spreads))
        for level in aim.levels
        if spreads and base_t
    ]
    return Projected(
        case=case,
        additions_t=found_t,
        depletion_t=mined_t,
        retained_t=latest.retained_t + found_t - mined_t,
        identified_t=latest.identified_t + found_t,
        net_growth_pct=100 * net_t / base_t if base_t else None,
        gross_growth_pct=100 * gross_t / base_t if base_t else None,
        chances=tuple(chances),
    )


def _planned_t(
    programmes: Sequence[Drilling | Mining],
    case: Case,
    newest: Mapping[str, date],
    deadline: date,
) -> float:
    """Metal of the programmes' days after each deposit's newest figure, up to the deadline."""
    return math.fsum(
        one.metal_t(case) * one.share_between(newest[one.deposit], deadline)
        for one in programmes
        if one.deposit in newest
    )


def _no_chance(courses: Sequence[Course], aim: Aim) -> tuple[str, str]:
    """Why no probability can be stated, in both languages; empty where it can."""
    if not aim.levels or not aim.base_t:
        return "无目标线或基数未知，不给概率", "no line or no known baseline: no probability"
    if all(one.spread is not None for one in courses):
        return "", ""
    return (
        "没有模拟得到的 P10/P50/P90，不给概率",
        "no probability: no P10, P50, P90 from simulation",
    )


def chance_of(missing_t: float, spreads: Sequence[Spread]) -> tuple[float, float]:
    """Probability that the figures' error is at least ``missing_t``: together, and independent."""
    missing_kg = 1000.0 * missing_t
    below, above = (math.fsum(side[k] for side in _sides(spreads)) for k in (0, 1))
    together = _beyond(missing_kg, 0.0, above if missing_kg > 0 else below)
    return together, _beyond(missing_kg, *moments_of(spreads))


def moments_of(spreads: Sequence[Spread]) -> tuple[float, float]:
    """Mean and standard deviation of the sum of independent errors, kilograms."""
    sides = _sides(spreads)
    mean = math.fsum(up - down for down, up in sides) / math.sqrt(2 * math.pi)
    variance = math.fsum(
        (up**2 + down**2) / 2 - (up - down) ** 2 / (2 * math.pi) for down, up in sides
    )
    return mean, math.sqrt(max(0.0, variance))


def _sides(spreads: Sequence[Spread]) -> list[tuple[float, float]]:
    """Standard deviations of each error's two halves."""
    return [(max(0, s.below_kg) / Z_90, max(0, s.above_kg) / Z_90) for s in spreads]


def _beyond(level: float, mean: float, deviation: float) -> float:
    """Probability of a normal value at or above ``level``; certain where nothing varies."""
    if deviation == 0:
        return 1.0 if level <= mean else 0.0
    return 1.0 - NormalDist(mean, deviation).cdf(level)
