"""How far figures may be off by simulation: P10 and P90 as the ledger's entries state them.

Deposits' figures are added as if all were off in the same direction, which gives the widest
interval; where any deposit that holds metal was not simulated, there is no interval of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from estimation.results import DepositResult
from reporting.report import SiteReport
from reporting.sums import add, class_metal_t
from reporting.units import Text
from tracking.target.progress import BaselineProgress

TOGETHER = Text(
    "P10–P90 为条件模拟区间，各矿床按同向误差相加（偏宽）",
    "P10–P90: by simulation; deposits added as if all were off the same way (the widest)",
)


@dataclass(frozen=True)
class Interval:
    """A simulated figure's ends and middle, tonnes of metal."""

    p10_t: float
    p50_t: float
    p90_t: float


def class_interval(
    report: SiteReport, results: Iterable[DepositResult], element: str, name: str
) -> Interval | None:
    """P10, P50 and P90 of one class over some estimates.

    None where nothing holds metal of the class, or a deposit that does was not simulated.
    """
    parts = []
    for result in results:
        if not class_metal_t(result, element, name):
            continue
        part = _stated(report, result).get(element, {}).get(name)
        if part is None:
            return None
        parts.append(part)
    ends = [add(part[f"p{p}_kg"] / 1000 for part in parts) for p in (10, 50, 90)]
    low, middle, high = ends
    if low is None or middle is None or high is None:
        return None
    return Interval(low, middle, high)


def growth_interval(
    report: SiteReport, part: BaselineProgress, element: str, classes: Sequence[str]
) -> tuple[float, float] | None:
    """Growth on a baseline, percent, at P10 and P90 of the newest figures; None where unknown.

    The baseline is taken as given: the interval is of the newest figures alone.
    """
    if part.growth_pct is None or not part.baseline_t:
        return None
    newest = [report.latest(identity) for identity in part.deposits]
    found = [result for result in newest if result is not None]
    if len(found) < len(newest):
        return None
    below = above = 0.0
    for name in classes:
        if not any(class_metal_t(result, element, name) for result in found):
            continue
        interval = class_interval(report, found, element, name)
        if interval is None:
            return None
        below += interval.p50_t - interval.p10_t
        above += interval.p90_t - interval.p50_t
    scale = 100 / part.baseline_t
    return part.growth_pct - below * scale, part.growth_pct + above * scale


def _stated(report: SiteReport, result: DepositResult) -> Mapping[str, Mapping[str, Any]]:
    """Element -> class -> P10, P50 and P90 in kilograms; empty where nothing was simulated."""
    entry = report.ledger.entry(result.deposit_id, result.vintage)
    return (entry.content.get("uncertainty") if entry else None) or {}
