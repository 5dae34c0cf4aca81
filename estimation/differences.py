"""What differs between two results of a deposit: data, plan, code, figures, verdicts.

Every changed key is listed, so that a changed figure is never without its causes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from estimation.errors import EstimationError
from estimation.plan import CLASSES
from estimation.results import DepositResult

DECIDED = "decided"
"""Key of a result's extras: sources, grid, surfaces and plan as they were decided."""

ABSENT = "—"


@dataclass(frozen=True)
class Change:
    """One thing that is not the same; ``before`` or ``after`` is ``—`` where it is not there."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class FigureChange:
    """Ore and metal of one class at each result's reporting cut-off, tonnes."""

    class_name: str
    quantity: str
    """``ore`` or an element's column."""
    before_t: float | None
    after_t: float | None
    """None where a report from outside doesn't state it, which is not zero."""

    @property
    def change_t(self) -> float | None:
        """After less before; None where either is not stated."""
        if self.before_t is None or self.after_t is None:
            return None
        return self.after_t - self.before_t

    @property
    def change_share(self) -> float | None:
        """Change over before; None from nothing."""
        if self.change_t is None or not self.before_t:
            return None
        return self.change_t / self.before_t


@dataclass(frozen=True)
class Differences:
    """Two results side by side."""

    deposit_id: str
    before: str
    after: str
    """Vintage and digest of each result."""
    data: tuple[Change, ...]
    """Files by path: SHA-256 before and after."""
    plan: tuple[Change, ...]
    """Every key of the decision that differs."""
    code: tuple[Change, ...]
    figures: tuple[FigureChange, ...]
    checks: tuple[Change, ...]
    """Verdicts that are not the same."""

    def as_json(self) -> dict[str, Any]:
        """As plain values (docs/json.md)."""
        figures = [
            {**asdict(f), "change_t": f.change_t, "change_share": f.change_share}
            for f in self.figures
        ]
        return {**asdict(self), "figures": figures}


def compare_results(before: DepositResult, after: DepositResult) -> Differences:
    """Compare two results of one deposit.

    Raises
    ------
    EstimationError
        They are of two deposits.
    """
    if before.deposit_id != after.deposit_id:
        raise EstimationError(
            f"{before.deposit_id} and {after.deposit_id}: two deposits can't be compared / "
            "不能比较两个矿床"
        )
    return Differences(
        before.deposit_id,
        _name(before),
        _name(after),
        _changes(*(result.extras.get("files", {}) for result in (before, after))),
        _changes(*(dict(_flat(r.extras.get(DECIDED, {}))) for r in (before, after))),
        _changes(*({"engine_version": r.engine_version} for r in (before, after))),
        _figures(before, after),
        _changes(_verdicts(before), _verdicts(after)),
    )


def _name(result: DepositResult) -> str:
    return f"{result.vintage} {result.digest[:12]}"


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[Change, ...]:
    """Keys whose values differ, in order."""
    keys = sorted({*before, *after})
    pairs = [(key, str(before.get(key, ABSENT)), str(after.get(key, ABSENT))) for key in keys]
    return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Nested values by dotted path: ``plan.elements.cu_pct.search[0].max_samples``."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(item, f"{path}[{number}]")
    else:
        yield path, value


def _figures(before: DepositResult, after: DepositResult) -> tuple[FigureChange, ...]:
    """Ore and metal by class, classes surest first; what is nothing in both is left out."""
    names = dict.fromkeys([*before.statement.elements, *after.statement.elements])
    found = []
    for class_name in CLASSES:
        for quantity in ("ore", *names):
            pair = [_quantity(r, class_name, quantity) for r in (before, after)]
            if any(pair):
                found.append(FigureChange(class_name, quantity, *pair))
    return tuple(found)


def _quantity(result: DepositResult, class_name: str, quantity: str) -> float:
    rows = [r for r in result.statement.at_cutoff() if r.class_name == class_name]
    if quantity == "ore":
        return sum(row.ore_t for row in rows)
    return sum(row.elements[quantity].metal_t for row in rows if quantity in row.elements)


def _verdicts(result: DepositResult) -> dict[str, str]:
    return {
        f"{check.test} {check.element} {check.domain}": check.verdict for check in result.checks
    }
