"""The data: how fresh, what was used, what was refused and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.data import belt_lines, found_lines, holes_lines, source_lines
from reporting.views.summary import latest_of


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The data page."""
    report = room.report
    title = Text("数据与隔离区", "Data and quarantine")
    results = latest_of(report, report.belts)
    context = {
        "page": room.page(title, "data", results, above=((HOME, "index.html"),)),
        "sources": source_lines(report),
        "holes": holes_lines(report),
        "found": found_lines(report),
        "belts": belt_lines(report),
        "freshness": report.settings.freshness,
    }
    yield Leaf("data.html", "data", context)
