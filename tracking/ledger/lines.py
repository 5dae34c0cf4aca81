"""What a figure says in whole kilograms, and whether two entries say one figure twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tracking.movement.quantities import rows_kg, summed

PARTS = {
    "statement": ("resource", "retained"),
    "identified": ("resource", "identified"),
    "mined": ("resource", "mined"),
    "depletion": ("resource", "depletion"),
    "lost": ("resource", "lost"),
    "low_grade": ("low_grade", "retained"),
    "identified_low_grade": ("low_grade", "identified"),
    "reserves": ("reserve", "retained"),
}
"""Stock and part under which a content's rows are summed, by the rows' key.

Stocks are never added to each other: the resource includes the reserve, and low-grade ore (低品位)
is told apart. ``identified`` is cumulative (累计查明), ``retained`` what is left (保有).
"""


MADE_FROM = ("data_hash", "plan_hash", "model_hash")
"""What an estimate was made from, and what was made of it."""


def same_again(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two contents, of whatever format, are of one figure entered twice.

    They are where both were made from the same data by the same plan into the same model, or
    where the kilograms of every part that both state are equal (and both state some).
    """
    made = [tuple(content.get(name) for name in MADE_FROM) for content in (one, other)]
    if made[0] == made[1] and None not in made[0]:
        return True
    parts = [name for name in (*PARTS, "totals") if name in one and name in other]
    pairs = [(rows_kg(one, name), rows_kg(other, name)) for name in parts]
    return any(a for a, _ in pairs) and all(a == b for a, b in pairs)


def lines_of(content: Mapping[str, Any]) -> dict[tuple[str, str, str, str], int]:
    """Whole kilograms by (stock, part, class, element) of a figure, at its reporting cut-off.

    Ore stands under ``ore``; what the content does not state has no line.
    """
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for rows, (stock, part) in PARTS.items():
        for (name, class_name), quantity_kg in rows_kg(content, rows).items():
            sums[stock, part, class_name, name] += quantity_kg
    for row in content.get("totals") or ():
        for (name, class_name), quantity_kg in summed([row]).items():
            sums[(*PARTS[row["part"]], class_name, name)] += quantity_kg
    return dict(sums)
