"""How far figures may be off by simulation: P10 and P90 as the ledger's entries state them.

Deposits' figures are added as if all were off in the same direction, which gives the widest
interval; where any deposit that holds metal was not simulated, there is no interval of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from estimation.results import DepositResult
from reporting.report import SiteReport
from reporting.rounding import in_interval
from reporting.sums import add, class_metal_t


@dataclass(frozen=True)
class Interval:
    """A simulated figure's ends and middle, tonnes of metal."""

    p10_t: float
    p50_t: float
    p90_t: float

    @property
    def ends_t(self) -> tuple[float, float]:
        """P10 and P90."""
        return self.p10_t, self.p90_t

    def holds(self, stated_t: float) -> bool:
        """Whether the estimate lies between P10 and P90, as these are printed."""
        return in_interval(stated_t, *self.ends_t)


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


def _stated(report: SiteReport, result: DepositResult) -> Mapping[str, Mapping[str, Any]]:
    """Element -> class -> P10, P50 and P90 in kilograms; empty where nothing was simulated."""
    entry = report.ledger.entry(result.deposit_id, result.vintage)
    return (entry.content.get("uncertainty") if entry else None) or {}
