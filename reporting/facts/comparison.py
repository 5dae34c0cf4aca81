"""Figures made again, and every vintage's figures in rows that anybody can compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from estimation.differences import ABSENT, DECIDED, Change
from estimation.plan import CLASSES
from reporting.rounding import raw
from reporting.sums import element_sum, of_class, ore_t

if TYPE_CHECKING:
    from estimation.results import DepositResult
    from reporting.report import SiteReport


@dataclass(frozen=True)
class Revision:
    """A vintage's figure that was made again: the entry that is used, and one that it replaced.

    The replaced entry stays in the ledger as it was written.
    """

    deposit_id: str
    vintage: date
    element: str
    """The main element's column."""
    entry: int
    recorded: str
    """Day on which the used entry was written, ISO, UTC; of the replaced one ``was_recorded``."""
    replaced: int
    was_recorded: str
    metal_kg: tuple[tuple[str, int, int], ...]
    """Class, whole kilograms as replaced, and as used."""


def comparison_rows(report: SiteReport) -> list[dict[str, str]]:
    """Every figure of every vintage: one row for each deposit, day, class and element.

    Numbers are unrounded decimals, empty where nothing was evaluated; ``ore_t`` is the class's ore
    at the reporting cut-off, ``grade`` in the unit of the element's own name.
    """
    entries = {(e.deposit_id, e.vintage): e.number for e in report.ledger.entries}
    again: dict[tuple[str, date], list[str]] = {}
    for one in report.revisions:
        again.setdefault((one.deposit_id, one.vintage), []).append(str(one.replaced))
    return [
        {**row, "entry": str(entries.get(key, "")), "replaces": " ".join(again.get(key, ()))}
        for belt in report.belts
        for deposit in belt.deposits
        for result in report.results.get(deposit.id, ())
        for key in [(result.deposit_id, result.vintage)]
        for row in _rows(result)
    ]


def _rows(result: DepositResult) -> Iterator[dict[str, str]]:
    """One estimate's rows."""
    statement = result.statement
    for name in CLASSES:
        rows = of_class(statement.at_cutoff(), name)
        if not rows:
            continue
        for element in statement.elements:
            total = element_sum(rows, element)
            yield {
                "belt": result.belt_id,
                "deposit": result.deposit_id,
                "vintage": result.vintage.isoformat(),
                "class": name,
                "cutoff": raw(statement.reporting_cutoff),
                "cutoff_element": statement.main_element,
                "ore_t": raw(ore_t(rows)),
                "element": element,
                "grade": raw(total.grade),
                "metal_t": raw(total.metal_t),
                "evaluated_share": raw(total.evaluated_share),
                "data_hash": result.data_hash,
                "plan_hash": result.plan_hash,
                "engine_version": result.engine_version,
            }


@dataclass(frozen=True)
class Unlike:
    """What else differs between two estimates of a deposit."""

    files: int
    """Files of data that are not the same, or in one of them only."""
    plan: tuple[Change, ...]
    """Keys of the plan that differ, as ``bornite diff`` names them."""


def unlike(before: DepositResult, after: DepositResult) -> Unlike:
    """Files and keys of the plan that differ.

    The same as :func:`estimation.differences.compare_results` says, without the digests of both
    results, which cost more than hundreds of pairs of pages allow.
    """
    pair = (before, after)
    files = [dict(result.extras.get("files", {})) for result in pair]
    changed = [name for name in {*files[0], *files[1]} if files[0].get(name) != files[1].get(name)]
    decided = [result.extras.get(DECIDED, {}).get("plan", {}) for result in pair]
    if decided[0] == decided[1]:
        return Unlike(len(changed), ())
    plans = [dict(_keys(plan, "plan")) for plan in decided]
    names = sorted({*plans[0], *plans[1]})
    values = [(name, *(str(plan.get(name, ABSENT)) for plan in plans)) for name in names]
    changes = tuple(Change(*one) for one in values if one[1] != one[2])
    return Unlike(len(changed), changes)


def _keys(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Nested values by dotted path."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _keys(item, f"{path}.{key}")
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for place, item in enumerate(value):
            yield from _keys(item, f"{path}[{place}]")
    else:
        yield path, value
