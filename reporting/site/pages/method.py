"""Method, limitations and terms in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.method import UNVERIFIED, cited, standards, steps, terms, text_of, words
from reporting.views.summary import latest_of
from reporting.views.trust import CHECKING, HELD, INTERVALS, TRIALS


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The method page."""
    yield Leaf("method.html", "method", method_page(room))


def method_page(room: Room) -> dict[str, Any]:
    """Context of the method page."""
    book = words()
    title = Text("方法与术语", "Method and terms")
    results = latest_of(room.report, room.report.belts)
    return {
        "page": room.page(title, "method", results, above=((HOME, "index.html"),)),
        "steps": steps(),
        "limits": [text_of(entry) for entry in book["limits"]],
        "intervals": INTERVALS,
        "trials": TRIALS,
        "held": HELD,
        "checking": CHECKING,
        "terms": terms(),
        "unfc": Text("仅 G 轴", "G axis only"),
        "rounding": (text_of(book["rounding"]["text"]), cited(book["rounding"]["citation"])),
        "equivalents": (
            text_of(book["equivalents"]["text"]),
            book["equivalents"]["formula"],
            cited(book["equivalents"]["citation"]),
        ),
        "cite": text_of(book["cite"]),
        "check": [text_of(entry) for entry in book["check"]],
        "synthetic": text_of(book["synthetic"]),
        "standards": standards(),
        "unverified": UNVERIFIED,
    }
