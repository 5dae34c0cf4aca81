"""Sums that readers are shown, made from statement rows without rounding.

Rows are added within one class only; adding classes is allowed nowhere but in
:func:`statistical_total`, which target and movement tables label 合计（统计口径）.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from estimation.plan import CLASSES
from estimation.results import DepositResult, StatementRow


@dataclass(frozen=True)
class ElementSum:
    """One element over several rows; ``grade`` is over evaluated ore, None where there is none."""

    grade: float | None
    metal_t: float | None
    evaluated_share: float | None
    """Evaluated ore over all ore that the figures are about, 0-1; None where they have none."""
    over_ore_t: float = 0.0
    """Ore that the figures are about, tonnes: surer ore too where its metal is stated here."""


def ore_t(rows: Iterable[StatementRow]) -> float:
    """Ore of the rows, tonnes."""
    return math.fsum(row.ore_t for row in rows)


def of_class(rows: Iterable[StatementRow], name: str) -> tuple[StatementRow, ...]:
    """Rows of one class."""
    return tuple(row for row in rows if row.class_name == name)


def element_sum(rows: Iterable[StatementRow], element: str) -> ElementSum:
    """Add one element over rows of one class; grade is weighted by evaluated tonnes."""
    kept = tuple(rows)
    stated = [(row, row.elements[element]) for row in kept if element in row.elements]
    figures = [figure for _, figure in stated]
    seen = [f for f in figures if f.grade is not None and f.evaluated_ore_t > 0]
    evaluated = math.fsum(f.evaluated_ore_t for f in seen)
    # a figure may be about surer ore too, which stands in rows of its own, or about no ore at all
    total = math.fsum(r.ore_t if f.over_ore_t is None else f.over_ore_t for r, f in stated)
    if not seen or evaluated <= 0:
        return ElementSum(None, None, 0.0 if total else None, total)
    weighted = math.fsum(f.evaluated_ore_t * f.grade for f in seen if f.grade is not None)
    grade = seen[0].grade if len(seen) == 1 else weighted / evaluated
    metal = math.fsum(f.metal_t for f in seen)
    return ElementSum(grade, metal, evaluated / total if total else None, total)


def class_metal_t(result: DepositResult, element: str, name: str) -> float | None:
    """Metal of one class at the reporting cut-off, tonnes; None where nothing was evaluated."""
    rows = of_class(result.statement.at_cutoff(), name)
    return element_sum(rows, element).metal_t


def add(values: Iterable[float | None]) -> float | None:
    """Sum of the numbers there are; None where there is none at all."""
    kept = [value for value in values if value is not None]
    return math.fsum(kept) if kept else None


def statistical_total(by_class: dict[str, float | None]) -> float | None:
    """合计（统计口径）: the three resource classes together, for target and movement only."""
    return add(by_class.get(name) for name in CLASSES)
