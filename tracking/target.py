"""Growth against a target: per baseline, by vintage, belt and deposit.

With R0 the baseline, A the additions since its date (勘查增减 + 重算增减) and D the depletion::

    G_gross = A / R0        G_net = (A - D) / R0        A_req(p) = p R0 + D

(domain report 3.4; the identities are those of :mod:`tracking.movement`). Growth without the
recalculated part stands beside both: a lowered cut-off alone can fill a national target. The
growth of modelled deposits is never extrapolated to deposits that are not in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from estimation.plan import ClassName
from tracking.entries import LedgerEntry, current_of
from tracking.movement import Movement, identified_kg, movements, retained_kg
from tracking.target_file import Baseline, Citation, Target, read_target

__all__ = [
    "AGGREGATE_EN",
    "AGGREGATE_ZH",
    "Baseline",
    "BaselineProgress",
    "Citation",
    "Excluded",
    "Line",
    "Share",
    "Stock",
    "Target",
    "TargetProgress",
    "read_target",
    "target_progress",
]

AGGREGATE_ZH = "合计（统计口径）"
AGGREGATE_EN = "total (statistical basis)"
"""Label of every tonnage here: classes added up, which only statistics do."""

DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Excluded:
    """A deposit whose growth can't be measured from a baseline, and why."""

    belt_id: str
    deposit_id: str
    reason_zh: str
    reason_en: str


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
    net_growth_pct: float | None
    gross_growth_pct: float | None
    net_growth_ex_recalculation_pct: float | None
    carried: tuple[str, ...]
    """Deposits whose latest figure is older than ``date``; it is carried forward."""

    @property
    def additions_t(self) -> float:
        """勘查增减 + 重算增减 since the baseline's date."""
        return self.explored_t + self.recalculated_t


@dataclass(frozen=True)
class Share:
    """What one belt or deposit has at the latest vintage."""

    id: str
    belt_id: str
    stock: Stock
    contribution_pct: float | None
    """Its growth, on the baseline's basis, in percent of the whole baseline."""


@dataclass(frozen=True)
class Line:
    """What is still needed to reach one line (+5 %, +10 %)."""

    growth: float
    """The line as a fraction of the baseline."""
    line_t: float
    missing_t: float
    """On the baseline's basis, from the latest vintage; negative once the line is passed."""
    gross_required_t: float
    """Additions needed in all since the baseline's date, depletion to date made good."""
    years_left: float
    """From the latest vintage to the deadline."""
    pace_t_per_year: float | None
    """Missing tonnes a year; None where the line is reached or the deadline is past."""
    elsewhere_growth_pct: float | None
    """National baseline: growth that all other deposits need on their part of it."""

    @property
    def reached(self) -> bool:
        """Whether the latest vintage is at or above the line."""
        return self.missing_t <= 0


@dataclass(frozen=True)
class BaselineProgress:
    """Growth from one baseline. ``baseline_t`` and all that rests on it is None while unknown."""

    baseline: Baseline
    baseline_t: float | None
    low_t: float | None
    high_t: float | None
    modelled_base_t: float | None
    """Metal of the included deposits at the baseline's date, on its basis."""
    points: tuple[Stock, ...]
    """By vintage, from the baseline's date on."""
    lines: tuple[Line, ...]
    """Lower, then upper; empty while the baseline is unknown."""
    by_belt: tuple[Share, ...]
    by_deposit: tuple[Share, ...]
    coverage_ratio: float | None
    """National baseline: modelled baseline over it; None where unknown or not national."""
    deposits: tuple[str, ...]
    excluded: tuple[Excluded, ...]

    @property
    def latest(self) -> Stock | None:
        """The newest point."""
        return self.points[-1] if self.points else None

    @property
    def growth_pct(self) -> float | None:
        """Headline growth on the baseline's own basis: net of depletion where it is retained."""
        if self.latest is None:
            return None
        identified = self.baseline.basis == "identified"
        return self.latest.gross_growth_pct if identified else self.latest.net_growth_pct


@dataclass(frozen=True)
class TargetProgress:
    """A target and how far it is reached, from each of its baselines."""

    target: Target
    element: str
    classes: tuple[ClassName, ...]
    baselines: tuple[BaselineProgress, ...]

    @property
    def coverage_ratio(self) -> float | None:
        """Modelled over national baseline; None where no national baseline is known."""
        known = [b.coverage_ratio for b in self.baselines if b.coverage_ratio is not None]
        return known[0] if known else None


@dataclass(frozen=True)
class _Question:
    """Which metal is asked for, and whether tonnages written in the target answer it."""

    element: str
    classes: tuple[ClassName, ...]
    is_the_targets: bool


@dataclass(frozen=True)
class _Series:
    """One deposit from a baseline's date on: kilograms of the element, classes added."""

    belt_id: str
    deposit_id: str
    dates: tuple[date, ...]
    """The baseline's date and the vintages after it."""
    retained_kg: int
    """At the baseline's date, like ``identified_kg``."""
    identified_kg: int
    lines: tuple[Movement, ...]

    def base_kg(self, baseline: Baseline) -> int:
        """What stands in the baseline, on its basis."""
        return self.identified_kg if baseline.basis == "identified" else self.retained_kg


def target_progress(
    target: Target,
    entries: Iterable[LedgerEntry],
    *,
    element: str | None = None,
    classes: tuple[ClassName, ...] | None = None,
) -> TargetProgress:
    """Measure growth of ``element`` (the target's own by default) from each baseline.

    ``entries`` are ledger entries of any deposits and vintages; the latest of each counts.
    ``element`` may be a by-product: then only baselines from the ledger have a figure, since a
    written tonnage is the target element's. ``classes`` narrows the classes added up (for
    example measured and indicated only), with the same consequence.
    """
    chosen, counted = element or target.element, classes or target.classes
    own = chosen == target.element and set(counted) == set(target.classes)
    question = _Question(chosen, counted, own)
    histories: dict[str, list[LedgerEntry]] = {}
    for entry in current_of(entries):
        if target.belts is None or entry.belt_id in target.belts:
            histories.setdefault(entry.deposit_id, []).append(entry)
    progress = tuple(
        _baseline_progress(target, baseline, question, tuple(histories.values()))
        for baseline in target.baselines
    )
    return TargetProgress(target=target, element=chosen, classes=counted, baselines=progress)


def _baseline_progress(
    target: Target,
    baseline: Baseline,
    question: _Question,
    histories: Sequence[Sequence[LedgerEntry]],
) -> BaselineProgress:
    """Progress from one baseline; without a date there is nothing to measure from."""
    measured = [_series(h, baseline.date, question) for h in histories if baseline.date]
    series = [one for one in measured if isinstance(one, _Series)]
    modelled_t = sum(one.base_kg(baseline) for one in series) / 1000 if series else None
    if baseline.from_ledger:
        base_t = modelled_t or None
    else:
        base_t = baseline.value_t if question.is_the_targets else None
    days = sorted({day for one in series for day in one.dates})
    points = tuple(_stock(series, day, base_t) for day in days)
    return BaselineProgress(
        baseline=baseline,
        baseline_t=base_t,
        low_t=None if base_t is None else base_t * (1 + target.growth_low),
        high_t=None if base_t is None else base_t * (1 + target.growth_high),
        modelled_base_t=modelled_t,
        points=points,
        lines=_lines(target, baseline, base_t, modelled_t, points),
        by_belt=_shares(series, baseline, base_t, by_belt=True),
        by_deposit=_shares(series, baseline, base_t, by_belt=False),
        coverage_ratio=_coverage(baseline, base_t, modelled_t),
        deposits=tuple(one.deposit_id for one in series),
        excluded=tuple(one for one in measured if isinstance(one, Excluded)),
    )


def _coverage(baseline: Baseline, base_t: float | None, modelled_t: float | None) -> float | None:
    """Modelled over national baseline, where both are known."""
    if baseline.scope != "national" or base_t is None or modelled_t is None:
        return None
    return modelled_t / base_t


def _series(
    history: Sequence[LedgerEntry], day: date | None, question: _Question
) -> _Series | Excluded:
    """One deposit's course from ``day`` on, or why there is none."""
    first = history[0]
    opening = [entry for entry in history if entry.vintage == day]
    if not opening or day is None:
        return Excluded(
            first.belt_id,
            first.deposit_id,
            f"台账中没有基准日 {day} 的估算（最早为 {first.vintage}）",
            f"no estimate as of {day} in the ledger (the first is {first.vintage})",
        )
    if not any(question.element in entry.content["elements"] for entry in history):
        return Excluded(
            first.belt_id,
            first.deposit_id,
            f"未评价 {question.element}",
            f"{question.element} is not evaluated",
        )
    lines = [
        line
        for line in movements(history)
        if line.element == question.element and line.class_name in question.classes
    ]
    before = [line for line in lines if line.closing_vintage <= day]
    return _Series(
        belt_id=first.belt_id,
        deposit_id=first.deposit_id,
        dates=tuple(entry.vintage for entry in history if entry.vintage >= day),
        retained_kg=_asked(retained_kg(opening[0]), question),
        identified_kg=_asked(identified_kg(first), question)
        + sum(line.explored_kg + line.recalculated_kg for line in before),
        lines=tuple(line for line in lines if line.opening_vintage >= day),
    )


def _asked(sums: Mapping[tuple[str, str], int], question: _Question) -> int:
    """The asked element's kilograms in the asked classes."""
    return sum(sums.get((question.element, name), 0) for name in question.classes)


def _stock(series: Sequence[_Series], day: date, base_t: float | None) -> Stock:
    """The deposits' sum as of ``day``, growth in percent of ``base_t``."""
    lines = [line for one in series for line in one.lines if line.closing_vintage <= day]
    explored = sum(line.explored_kg for line in lines)
    recalculated = sum(line.recalculated_kg for line in lines)
    depleted = sum(line.depletion_kg for line in lines)
    sterilized = sum(line.sterilized_kg for line in lines)
    opening = sum(one.retained_kg for one in series)
    gross = explored + recalculated
    net = gross - depleted - sterilized
    return Stock(
        date=day,
        base_t=opening / 1000,
        retained_t=(opening + net) / 1000,
        identified_t=(sum(one.identified_kg for one in series) + gross) / 1000,
        explored_t=explored / 1000,
        recalculated_t=recalculated / 1000,
        depletion_t=depleted / 1000,
        sterilized_t=sterilized / 1000,
        net_growth_pct=_percent(net, base_t),
        gross_growth_pct=_percent(gross, base_t),
        net_growth_ex_recalculation_pct=_percent(net - recalculated, base_t),
        carried=tuple(one.deposit_id for one in series if one.dates[-1] < day),
    )


def _percent(part_kg: int, base_t: float | None) -> float | None:
    """``part_kg`` in percent of ``base_t``; None where the base is unknown or zero."""
    return part_kg / 10 / base_t if base_t else None


def _lines(
    target: Target,
    baseline: Baseline,
    base_t: float | None,
    modelled_t: float | None,
    points: Sequence[Stock],
) -> tuple[Line, ...]:
    """What the lower and the upper line still need, from the latest point."""
    if base_t is None or modelled_t is None:
        return ()
    latest = points[-1]
    removed_t = 0.0
    if baseline.basis != "identified":
        removed_t = latest.depletion_t + latest.sterilized_t
    years = max(0.0, (target.deadline - latest.date).days / DAYS_A_YEAR)
    others_t = base_t - modelled_t if baseline.scope == "national" else 0.0
    lines = []
    for growth in (target.growth_low, target.growth_high):
        needed_t = growth * base_t + removed_t
        missing_t = needed_t - latest.additions_t
        lines.append(
            Line(
                growth=growth,
                line_t=base_t * (1 + growth),
                missing_t=missing_t,
                gross_required_t=needed_t,
                years_left=years,
                pace_t_per_year=missing_t / years if years > 0 and missing_t > 0 else None,
                elsewhere_growth_pct=100 * missing_t / others_t if others_t > 0 else None,
            )
        )
    return tuple(lines)


def _shares(
    series: Sequence[_Series], baseline: Baseline, base_t: float | None, *, by_belt: bool
) -> tuple[Share, ...]:
    """Each belt's, or each deposit's, stock at the latest vintage, in percent of its own base."""
    groups: dict[str, list[_Series]] = {}
    for one in series:
        groups.setdefault(one.belt_id if by_belt else one.deposit_id, []).append(one)
    shares = []
    for name, group in sorted(groups.items()):
        own_t = sum(one.base_kg(baseline) for one in group) / 1000
        stock = _stock(group, max(one.dates[-1] for one in group), own_t or None)
        added_t = stock.additions_t
        if baseline.basis != "identified":
            added_t -= stock.depletion_t + stock.sterilized_t
        contribution = 100 * added_t / base_t if base_t else None
        shares.append(Share(name, group[0].belt_id, stock, contribution))
    return tuple(shares)
