"""Duplicates and external checks (内检、重复、外检): precision, bias and pass rate of pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.qaqc.limits import limits, pair_limit_pct
from geo.qaqc.precision import (
    Anova,
    MajorAxis,
    PairedT,
    ThompsonHowarth,
    cv_avr_pct,
    hard_pct,
    major_axis,
    pair_anova,
    paired_t,
    thompson_howarth,
)
from geo.qaqc.standards import at_floor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairSeries:
    """Pairs of one kind, element and laboratory; only pairs determined twice are judged."""

    kind: str
    element: str
    unit: str
    laboratory: str
    frame: pd.DataFrame
    """Judged pairs in sequence (``first``, ``second``, place)."""
    both_below: int
    one_below: int
    missing: int
    floor: int
    """Values taken as half of a limit and counted as below detection."""
    hard: Floats
    """Half absolute relative difference (= |RD|) of each judged pair, in %."""
    hard_limit_pct: float
    limits_pct: Floats | None
    """Y_C or Y_G at each pair's mean; None where unit or element isn't known."""

    @property
    def first(self) -> Floats:
        """Originals."""
        return self.frame["first"].to_numpy(dtype=float)

    @property
    def second(self) -> Floats:
        """Duplicates."""
        return self.frame["second"].to_numpy(dtype=float)

    @property
    def n(self) -> int:
        """Number of judged pairs."""
        return len(self.frame)

    @property
    def varies(self) -> bool:
        """Whether the judged values differ at all."""
        return bool(self.n) and bool(np.ptp(np.r_[self.first, self.second]) > 0)

    @property
    def hard_pass_pct(self) -> float | None:
        """Share of pairs within the HARD limit of their kind, in %."""
        return float(100 * (self.hard <= self.hard_limit_pct).mean()) if self.n else None

    @property
    def rejected(self) -> NDArray[np.bool_]:
        """Pairs beyond Y_C or Y_G; where there is no such limit, beyond the HARD limit."""
        bounds = self.hard_limit_pct if self.limits_pct is None else self.limits_pct
        return self.hard > bounds

    @property
    def limit_pass_pct(self) -> float | None:
        """Share of pairs within Y_C or Y_G (合格率), in %; None where there is no limit."""
        if self.limits_pct is None or not self.n:
            return None
        return float(100 * (~self.rejected).mean())

    @property
    def wanted_pass_pct(self) -> float:
        """The share that must keep the limit: DZ/T 0130's for its limits, else HARD's."""
        rates = limits()["pass_rate"]
        if self.limits_pct is None:
            return float(limits()["hard"]["share_pct"])
        return float(rates.get(self.kind, rates["check"]))

    @property
    def passed(self) -> bool | None:
        """Verdict on precision; None for fewer than 5 pairs, or where they have one value."""
        share = self.hard_pass_pct if self.limits_pct is None else self.limit_pass_pct
        if share is None or not self.varies or self.n < limits()["insertion"]["pulp_least"]:
            return None
        return share >= self.wanted_pass_pct

    @property
    def axis(self) -> MajorAxis | None:
        """Reduced major axis of duplicates on originals."""
        return major_axis(self.first, self.second)

    @property
    def t(self) -> PairedT | None:
        """Paired t test."""
        return paired_t(self.first, self.second)

    @property
    def thompson_howarth(self) -> ThompsonHowarth | None:
        """Precision against grade; None for fewer than 50 pairs."""
        return thompson_howarth(self.first, self.second)

    @property
    def anova(self) -> Anova | None:
        """One-way analysis of variance."""
        return pair_anova(self.first, self.second)

    @property
    def cv_avr_pct(self) -> float | None:
        """Average coefficient of variation, in %."""
        return cv_avr_pct(self.first, self.second) if self.n else None

    @property
    def biased(self) -> bool | None:
        """Whether duplicates are off their originals.

        The slope is outside its band and 1 outside its interval, and the relative differences are
        off 0 (paired t): the few highest grades alone can turn a slope. External checks are off
        too where their plain differences are. None for fewer than 10 pairs or no spread.
        """
        bias = limits()["bias"]
        axis, t = self.axis, self.t
        if self.n < bias["least"] or axis is None:
            return None
        outside = not bias["slope_low"] <= axis.slope <= bias["slope_high"]
        chance = 1 - bias["confidence"]
        shifted = t is not None and t.p < chance
        total = self.first + self.second
        some = total > 0
        relative = paired_t(self.first[some] / total[some], self.second[some] / total[some])
        off = relative is not None and relative.p < chance
        turned = outside and not axis.one_is_inside and off
        return turned or (self.kind == "check" and shifted)


def judge_pairs(pairs: pd.DataFrame) -> list[PairSeries]:
    """Judge every series of pairs.

    Pairs of which both members are below detection, or one, are counted and not judged: a
    detection limit is no determination. Substituted half limits are known by their pile at the
    lowest value (:func:`geo.qaqc.standards.at_floor`).
    """
    keys = ["kind", "element", "unit", "laboratory"]
    return [
        _series(tuple(map(str, key)), group)
        for key, group in pairs.groupby(keys, sort=False)
        if len(group)
    ]


def _series(key: tuple[str, ...], group: pd.DataFrame) -> PairSeries:
    """Judge one series."""
    kind, element, unit, laboratory = key
    first, second = (group[name].to_numpy(dtype=float) for name in ("first", "second"))
    low = at_floor(np.r_[first, second])
    below = [group["first_below"].to_numpy(dtype=bool), group["second_below"].to_numpy(dtype=bool)]
    below = [below[0] | low[: len(first)], below[1] | low[len(first) :]]
    missing = np.isnan(first) | np.isnan(second)
    both = below[0] & below[1] & ~missing
    one = (below[0] ^ below[1]) & ~missing
    frame = group[~(both | one | missing)].reset_index(drop=True)
    a, b = (frame[name].to_numpy(dtype=float) for name in ("first", "second"))
    return PairSeries(
        kind,
        element,
        unit,
        laboratory,
        frame,
        int(both.sum()),
        int(one.sum()),
        int(missing.sum()),
        int(low.sum()),
        np.round(hard_pct(a, b), 9),  # 0.9 and 1.1 are 10 % apart, not 10.000000000000004
        float(limits()["hard"][kind]),
        pair_limit_pct(element, unit or None, (a + b) / 2),
    )
