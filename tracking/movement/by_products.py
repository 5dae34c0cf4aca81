"""By-products that are no simple figure of their row: content below a threshold, moved metal.

An element below its threshold (``judged`` BELOW_THRESHOLD) is content (含量), no resource. One
whose samples don't support its ore's class (``class_limit``) stands in a less sure class, †: its
place in the surer row is blank, which is not zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from estimation.plan import CLASSES
from estimation.statement.standards import class_names
from tracking.ledger.entries import LedgerEntry

CONTENT = ("含量，非资源量", "content, no resource")
"""What is said of an element below its threshold."""


def is_content(entry: LedgerEntry, element: str) -> bool:
    """Whether a figure's element was judged below its threshold."""
    return (entry.content.get("judged") or {}).get(element) == "BELOW_THRESHOLD"


def content_elements(entry: LedgerEntry) -> tuple[str, ...]:
    """Elements of a figure whose metal is content."""
    return tuple(name for name in entry.content["elements"] if is_content(entry, name))


def listed_under(ends: Iterable[LedgerEntry], element: str, class_name: str) -> str | None:
    """The class in whose rows every end that states the element has this class's metal.

    None where it stands in its own class at one end, or no end states the element.
    """
    limits = [limit for end in ends if (limit := _limit(end.content, element)) is not None]
    if not limits or class_name not in CLASSES:
        return None
    surest = min(limits, key=CLASSES.index)
    return surest if CLASSES.index(class_name) < CLASSES.index(surest) else None


def symbols(elements: Iterable[str]) -> tuple[str, str]:
    """``au_gpt``, ``re_ppm`` -> ``Au、Re`` and ``Au, Re``."""
    names = [element.split("_", 1)[0].capitalize() for element in elements]
    return "、".join(names), ", ".join(names)


def _limit(content: dict[str, Any], element: str) -> str | None:
    """The surest class that an estimate's samples support; measured where it says nothing."""
    if element not in content["elements"]:
        return None
    held = [s["class_limit"] for s in content.get("support") or () if s["element"] == element]
    return held[0] if held else CLASSES[0]


def remarks_on(
    closing: LedgerEntry, element: str, class_name: str, under: str | None
) -> list[tuple[str, str]]:
    """What a row of a form says of by-products: where its metal stands; what is left out.

    ``class_name`` is one of the classes, or else their sum: there the main mineral's row names
    the elements that the forms don't have, as they are content.
    """
    said = []
    if under is not None:
        words = class_names(under)
        said.append((f"† 列入{words['zh']}", f"† listed under {words['en']}"))
    left_out = content_elements(closing)
    if left_out and class_name not in CLASSES and element == closing.content["main_element"]:
        zh, en = symbols(left_out)
        said.append((f"{zh}：{CONTENT[0]}，不列表", f"{en}: {CONTENT[1]}, not entered"))
    return said
