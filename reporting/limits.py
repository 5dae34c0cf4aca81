"""The marks † ‡ § of by-products that are not simply a figure of their row's own ore.

Blocks are classified by the main element. A by-product that stands on fewer or longer samples
keeps its own limit (``ElementSupport.class_limit``): its metal in surer ore is stated in the row of
that limit (marked ‡, the figure covers that ore too), and its place in the surer row is marked †.
An element below its threshold is marked §: its metal is content, not a resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.sums import element_sum, of_class, ore_t
from reporting.tables import Cell
from reporting.units import Text, class_text, symbol

DAGGER = "†"
DOUBLE_DAGGER = "‡"
SECTION = "§"
RECEIVING_NOTE = Text(
    f"{DOUBLE_DAGGER} 含更高类别矿石中的该元素金属，所依矿石量大于本行矿石量"
    "（矿床页的表下注有矿石量）。",
    f"{DOUBLE_DAGGER} includes the element's metal in surer ore: the figure rests on more ore than "
    "the row's (named below the table of the deposit's page).",
)
CONTENT_NOTE = Text(
    "低于评价指标，为含量，不作资源量。", "below the threshold: content, not a resource."
)


def limits_of(result: DepositResult) -> dict[str, str]:
    """Class limit of each element of an estimate."""
    return {item.element: item.class_limit for item in result.statement.support}


def beyond_limit(result: DepositResult, element: str, class_name: str) -> bool:
    """Whether ``class_name`` is surer than the element's own limit.

    ``class_name`` may join several (``measured+indicated``): one beyond the limit is enough.
    """
    limit = CLASSES.index(limits_of(result).get(element, "measured"))
    return any(CLASSES.index(name) < limit for name in class_name.split("+") if name in CLASSES)


def receives(result: DepositResult, element: str, class_name: str, domain: str = "*") -> bool:
    """Whether a class's figure of the element, at the reporting cut-off, is about surer ore too.

    ``domain`` ``*``: the class's total.
    """
    stated = of_class(result.statement.at_cutoff(), class_name)
    rows = [row for row in stated if domain in ("*", row.domain)]
    return limits_of(result).get(element) == class_name and (
        element_sum(rows, element).over_ore_t > ore_t(rows) * (1 + 1e-9)
    )


def below_threshold(result: DepositResult, element: str) -> bool:
    """Whether an element was judged below its threshold: its metal is content, no resource."""
    return any(
        item.element == element and item.status == "BELOW_THRESHOLD"
        for item in result.statement.support
    )


def mark_of(result: DepositResult, element: str, class_name: str, domain: str = "*") -> str:
    """The marks of an element's figure in a class: † or ‡ where its metal is moved, then §."""
    mark = DAGGER if beyond_limit(result, element, class_name) else ""
    mark += DOUBLE_DAGGER if receives(result, element, class_name, domain) else ""
    return mark + (SECTION if below_threshold(result, element) else "")


def marked(
    cell: Cell,
    results: Sequence[DepositResult],
    element: str,
    class_name: str,
    domain: str = "*",
) -> Cell:
    """The cell with its marks; where a surer row is left blank, the mark † alone: see the note."""
    found = {sign for r in results for sign in mark_of(r, element, class_name, domain)}
    cell = replace(cell, mark="".join(s for s in (DAGGER, DOUBLE_DAGGER, SECTION) if s in found))
    if DAGGER not in found or cell.attributes.get("data-v"):
        return cell
    return replace(cell, text=Text(DAGGER, DAGGER), mark=cell.mark.replace(DAGGER, ""))


def limit_notes(results: Sequence[DepositResult]) -> tuple[Text, ...]:
    """What the mark † means for these estimates: one line for each limit, none where none is."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for element in dict.fromkeys(e for result in results for e in result.statement.elements):
        holding = [limits_of(r) for r in results if element in r.statement.elements]
        found = [limits.get(element, "measured") for limits in holding]
        for limit in CLASSES[1:]:
            if limit in found:
                key = (limit, all(each == limit for each in found))
                groups.setdefault(key, []).append(symbol(element))
    return tuple(_note(limit, names, everywhere=key) for (limit, key), names in groups.items())


def mark_notes(results: Sequence[DepositResult]) -> tuple[Text, ...]:
    """What every mark on these estimates' figures means; nothing of a mark that isn't there."""
    stated = [(r, e) for r in results for e in r.statement.elements]
    receiving = any(receives(r, e, name) for r, e in stated for name in CLASSES)
    notes = (*limit_notes(results), *(RECEIVING_NOTE,) * receiving)
    return (*notes, *content_notes(results))


def content_notes(results: Sequence[DepositResult]) -> tuple[Text, ...]:
    """The mark § with the elements that it is on; nothing where there are none."""
    stated = [(r, e) for r in results for e in r.statement.elements]
    names = list(dict.fromkeys(symbol(e) for r, e in stated if below_threshold(r, e)))
    zh, en = "、".join(names), ", ".join(names)
    note = Text(f"{SECTION} {zh}：{CONTENT_NOTE.zh}", f"{SECTION} {en}: {CONTENT_NOTE.en}")
    return (note,) * bool(names)


def _note(limit: str, names: Iterable[str], *, everywhere: bool) -> Text:
    """How far some elements may be trusted, whatever the class they are listed in."""
    text = class_text(limit)
    surer = [class_text(name) for name in CLASSES[: CLASSES.index(limit)]]
    where = Text("", "") if everywhere else Text("（部分矿床，见其页）", " in some deposits")
    listed = list(names)
    ore_zh = "、".join(each.zh.removesuffix("资源量") for each in surer)
    ore_en = " and ".join(each.en for each in surer)
    return Text(
        f"{DAGGER} {'、'.join(listed)}：样品支撑所限，可靠程度不高于{text.zh}{where.zh}，"
        f"{ore_zh}矿石中的该元素金属并入{text.zh}列示。",
        f"{DAGGER} {', '.join(listed)}: capped at {text.en}{where.en}, for want of samples; "
        f"metal in {ore_en} ore is listed under {text.en}.",
    )
