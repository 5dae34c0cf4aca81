"""Filed figures as plain lines, each beside our own estimate: what pages and workbook print.

Stocks stand apart: the resource, low-grade ore (低品位), what was identified in all (累计查明), and
reserves, a memo that the resource already includes. They are never added to each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from reporting.report import SiteReport
from reporting.site.frame import named
from reporting.units import CLASS_TEXT, Text
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.standing import Standing, key_of
from tracking.movement.quantities import ORE, resource_kg, rows_kg

STOCKS = {
    "statement": Text("资源量（保有）", "Resource (retained)"),
    "low_grade": Text("低品位（另计）", "Low grade (own stock)"),
    "identified": Text("累计查明", "Cumulative identified"),
    "reserves": Text("储量（备忘，含于资源量）", "Reserve (memo, included)"),
}
"""Parts of a filed figure, in the order printed."""
UNDIVIDED = "unclassified"
CLASSES = {
    **CLASS_TEXT,
    "proved": Text("证实储量", "Proved"),
    "probable": Text("可信储量", "Probable"),
    UNDIVIDED: Text("未分类别", "not divided into classes"),
}


@dataclass(frozen=True)
class Filing:
    """One filed figure with its three dates."""

    entry: LedgerEntry
    number: str
    """Filing number; the source where a figure has none (statistics)."""
    filed: date | None
    year: int | None
    """入统年度."""

    @property
    def effective(self) -> date:
        """基准日."""
        return self.entry.vintage

    @property
    def converted(self) -> bool:
        """Whether its classes were converted from those of GB/T 17766-1999."""
        return bool(self.entry.content.get("converted"))

    @property
    def cutoff(self) -> float | None:
        """Cut-off of the main element that it was filed at; None where it states none."""
        stated = self.entry.content.get("reporting_cutoff")
        return None if stated is None else float(stated)

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements that it states, the main one first."""
        main = str(self.entry.content["main_element"])
        return tuple(dict.fromkeys((main, *self.entry.content["elements"])))


@dataclass(frozen=True)
class FiledLine:
    """One stock and class of a filed figure, in kilograms; None: not stated."""

    stock: str
    class_name: str
    ore_kg: int | None
    metal_kg: Mapping[str, int]
    """By element, of those stated."""
    own_kg: Mapping[str, int]
    """Of our own estimate, for the same stock and class; empty where it is not comparable."""


def filings(report: SiteReport, deposit_id: str | None = None) -> tuple[Filing, ...]:
    """Filed figures of deposits, newest first; of one deposit where it is named."""
    standings = {one.key: one for one in report.ledger.standings}
    found = [
        _filing(entry, standings.get(key_of(entry)))
        for entry in report.ledger.official
        if entry.content.get("scope", "deposit") == "deposit"
        and deposit_id in (None, entry.deposit_id)
    ]
    return tuple(sorted(found, key=lambda one: one.effective, reverse=True))


def _filing(entry: LedgerEntry, standing: Standing | None) -> Filing:
    """A filed figure with its dates as they stand."""
    if standing is None:
        return Filing(entry, entry.series, None, None)
    number = standing.document_no or entry.series
    return Filing(entry, number, standing.filed_date, standing.stat_year)


def own_beside(report: SiteReport, filing: Filing) -> LedgerEntry | None:
    """Our own estimate of the same date, or the last before it; None where there is none."""
    found = [
        entry
        for entry in report.ledger.entries
        if entry.deposit_id == filing.entry.deposit_id and entry.vintage <= filing.effective
    ]
    return max(found, key=lambda entry: (entry.vintage, entry.number), default=None)


def filed_lines(filing: Filing, own: LedgerEntry | None) -> Iterator[FiledLine]:
    """Every stock and class that the figure states, ours beside where it is the same stock."""
    for stock in STOCKS:
        held = _held(filing.entry, stock)
        ours = {} if own is None else _held(own, stock)
        comparable = ours if stock in ("statement", "low_grade") else {}
        for name in (name for name in CLASSES if any(key[1] == name for key in held)):
            yield FiledLine(
                stock=stock,
                class_name=name,
                ore_kg=held.get((ORE, name)),
                metal_kg={e: held[e, name] for e in filing.elements if (e, name) in held},
                own_kg={e: comparable[e, name] for e in filing.elements if (e, name) in comparable},
            )


def _held(figure: LedgerEntry, stock: str) -> Mapping[tuple[str, str], int]:
    """Kilograms of one stock by (element or ore, class); one total where no class is stated."""
    held = resource_kg(figure) if stock == "statement" else rows_kg(figure.content, stock)
    totals = [row for row in figure.content.get("totals") or () if row["part"] == stock]
    undivided, split = rows_kg({stock: totals}, stock), {name for name, _ in held}
    return {**held, **{key: kg for key, kg in undivided.items() if key[0] not in split}}


def deposit_name(report: SiteReport, entry: LedgerEntry) -> Text:
    """A deposit's name as configured, or as its filing gives it."""
    for belt in report.belts:
        for deposit in belt.deposits:
            if deposit.id == entry.deposit_id:
                return named(deposit.name)
    said = entry.content.get("deposit_name") or {}
    return Text(said.get("zh") or entry.deposit_id, said.get("en") or entry.deposit_id)
