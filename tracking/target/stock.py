"""Sums of deposits as of a date, and growth in percent of a baseline.

With R0 the baseline, A the additions since its date (勘查增减 + 重算增减), I the part of them
that a changed cut-off made (工业指标调整), D the depletion and S what was sterilized::

    G_gross = A / R0        G_net = (A - D - S) / R0
    G_gross ex-indicator = (A - I) / R0        G_net ex-indicator = (A - I - D - S) / R0

The identities are those of the statutory table (:mod:`tracking.movement.movement`). Growth
without the cut-off part stands beside the others: a lowered cut-off alone can fill a national
target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from tracking.movement.growth_types import GROWTH_TYPES
from tracking.target.course import Course, Interval
from tracking.target.file import Basis


@dataclass(frozen=True)
class Stock:
    """A sum of deposits as of a date, and what happened since the baseline's date.

    Tonnes of metal in the target's classes; percentages are of the baseline (of the deposits'
    own baseline for a belt or a deposit), None where that is unknown or zero.
    """

    date: date
    base_t: float
    """The deposits' own retained metal at the baseline's date."""
    retained_t: float
    identified_t: float
    explored_t: float
    recalculated_t: float
    depletion_t: float
    sterilized_t: float
    index_t: float | None
    """Part of the additions that a changed cut-off made; None where it can't be told apart."""
    net_growth_pct: float | None
    gross_growth_pct: float | None
    net_growth_ex_recalculation_pct: float | None
    net_growth_ex_indicator_pct: float | None
    gross_growth_ex_indicator_pct: float | None
    carried: tuple[str, ...]
    """Deposits whose latest figure is older than ``date``; it is carried forward."""
    by_type: tuple[tuple[str, float], ...]
    """Growth type (``growth_types.GROWTH_TYPES``) and tonnes with their sign, in
    order; they add up to the change of retained metal."""
    not_separated: tuple[str, ...]
    """Deposits whose cut-off changed and whose change can't be told apart."""

    @property
    def additions_t(self) -> float:
        """勘查增减 + 重算增减 since the baseline's date."""
        return self.explored_t + self.recalculated_t

    @property
    def removed_t(self) -> float:
        """Mined, lost and sterilized since the baseline's date."""
        return self.depletion_t + self.sterilized_t

    def growth_pct(self, basis: Basis | None) -> float | None:
        """Growth on a basis: gross where it is 累计查明, net of depletion where it is 保有."""
        return self.gross_growth_pct if basis == "identified" else self.net_growth_pct

    def stock_t(self, basis: Basis | None) -> float:
        """Metal on a basis: 累计查明 or 保有."""
        return self.identified_t if basis == "identified" else self.retained_t

    def grown_t(self, basis: Basis | None) -> float:
        """Tonnes behind :meth:`growth_pct`."""
        return self.additions_t if basis == "identified" else self.additions_t - self.removed_t


@dataclass(frozen=True)
class Share:
    """What one belt, province or deposit has at the latest vintage."""

    id: str
    belt_id: str | None
    """None where it lies in several."""
    stock: Stock
    contribution_pct: float | None
    """Its growth, on the baseline's basis, in percent of the whole baseline."""


def stock_of(courses: Sequence[Course], day: date, base_t: float | None) -> Stock:
    """The deposits' sum as of ``day``, growth in percent of ``base_t``."""
    past = [(c, one) for c in courses for one in c.intervals if one.closing <= day]
    explored = sum(one.explored_kg for _, one in past)
    recalculated = sum(one.recalculated_kg for _, one in past)
    depleted = sum(one.depletion_kg for _, one in past)
    sterilized = sum(one.sterilized_kg for _, one in past)
    unknown = dict.fromkeys(c.deposit_id for c, one in past if one.index_kg is None)
    index = None if unknown else sum(one.index_kg or 0 for _, one in past)
    opening = sum(one.retained_kg for one in courses)
    gross = explored + recalculated
    net = gross - depleted - sterilized
    return Stock(
        date=day,
        base_t=opening / 1000,
        retained_t=(opening + net) / 1000,
        identified_t=(sum(one.identified_kg for one in courses) + gross) / 1000,
        explored_t=explored / 1000,
        recalculated_t=recalculated / 1000,
        depletion_t=depleted / 1000,
        sterilized_t=sterilized / 1000,
        index_t=None if index is None else index / 1000,
        net_growth_pct=percent(net, base_t),
        gross_growth_pct=percent(gross, base_t),
        net_growth_ex_recalculation_pct=percent(net - recalculated, base_t),
        net_growth_ex_indicator_pct=None if index is None else percent(net - index, base_t),
        gross_growth_ex_indicator_pct=None if index is None else percent(gross - index, base_t),
        carried=tuple(one.deposit_id for one in courses if one.dates[-1] < day),
        by_type=_by_type(past),
        not_separated=tuple(unknown),
    )


def _by_type(past: Sequence[tuple[Course, Interval]]) -> tuple[tuple[str, float], ...]:
    """Tonnes by growth type; types that nothing stands under are left out."""
    sums: Counter[str] = Counter()
    for _course, one in past:
        sums.update(one.by_type)
    return tuple((name, sums[name] / 1000) for name in GROWTH_TYPES if sums[name])


def percent(part_kg: int, base_t: float | None) -> float | None:
    """``part_kg`` in percent of ``base_t``; None where the base is unknown or zero."""
    return part_kg / 10 / base_t if base_t else None


def base_kg(course: Course, basis: Basis | None) -> int:
    """What a deposit has in a baseline, on its basis."""
    return course.identified_kg if basis == "identified" else course.retained_kg


def shares(
    courses: Sequence[Course],
    basis: Basis | None,
    base_t: float | None,
    group_of: Callable[[Course], str],
) -> tuple[Share, ...]:
    """Each group's stock at its latest vintage, in percent of its own base.

    Contributions add up to the growth of the whole, whatever the grouping.
    """
    groups: dict[str, list[Course]] = {}
    for one in courses:
        groups.setdefault(group_of(one), []).append(one)
    found = []
    for name, group in sorted(groups.items()):
        own_t = sum(base_kg(one, basis) for one in group) / 1000
        stock = stock_of(group, max(one.dates[-1] for one in group), own_t or None)
        contribution = 100 * stock.grown_t(basis) / base_t if base_t else None
        belts = {one.belt_id for one in group}
        found.append(Share(name, belts.pop() if len(belts) == 1 else None, stock, contribution))
    return tuple(found)
