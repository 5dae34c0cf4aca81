"""The mark † where a by-product is not stated in a class surer than its own samples allow.

Blocks are classified by the main element. A by-product that stands on fewer or longer samples
keeps its own limit (``ElementSupport.class_limit``): its metal in surer ore is stated in the row of
that limit, and its place in the surer row is marked wherever it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.tables import Cell
from reporting.units import Text, class_text, symbol

DAGGER = "†"


def limits_of(result: DepositResult) -> dict[str, str]:
    """Class limit of each element of an estimate."""
    return {item.element: item.class_limit for item in result.statement.support}


def beyond_limit(result: DepositResult, element: str, class_name: str) -> bool:
    """Whether ``class_name`` is surer than the element's own limit.

    ``class_name`` may join several (``measured+indicated``): one beyond the limit is enough.
    """
    limit = CLASSES.index(limits_of(result).get(element, "measured"))
    return any(CLASSES.index(name) < limit for name in class_name.split("+") if name in CLASSES)


def marked(cell: Cell, *, when: bool) -> Cell:
    """The cell with the mark, where its class is beyond the element's limit."""
    return replace(cell, mark=DAGGER) if when else cell


def limit_notes(results: Sequence[DepositResult]) -> tuple[Text, ...]:
    """What the mark means for these estimates: one line for each limit, none where none is met."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for element in dict.fromkeys(e for result in results for e in result.statement.elements):
        holding = [limits_of(r) for r in results if element in r.statement.elements]
        found = [limits.get(element, "measured") for limits in holding]
        for limit in CLASSES[1:]:
            if limit in found:
                key = (limit, all(each == limit for each in found))
                groups.setdefault(key, []).append(symbol(element))
    return tuple(_note(limit, names, everywhere=key) for (limit, key), names in groups.items())


def _note(limit: str, names: Iterable[str], *, everywhere: bool) -> Text:
    """How far some elements may be trusted, whatever the class they are listed in."""
    text = class_text(limit)
    where = Text("", "") if everywhere else Text("（部分矿床，见其页）", " in some deposits")
    listed = list(names)
    return Text(
        f"{DAGGER} {'、'.join(listed)}：样品支撑所限，可靠程度不高于{text.zh}{where.zh}，"
        "更高类别矿石中的金属量列于该类别。",
        f"{DAGGER} {', '.join(listed)}: no surer than {text.en}{where.en}, for want of samples; "
        "metal in surer ore is stated in that class.",
    )
