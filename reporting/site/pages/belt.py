"""A belt: its deposits, its surveys, its data's findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt
from reporting.site.frame import (
    HOME,
    belt_href,
    crs_text,
    deposit_href,
    named,
    same,
)
from reporting.site.room import Leaf, Room
from reporting.units import Text, bilingual
from reporting.views.belt import (
    belt_plates,
    belt_table,
)
from reporting.views.findings import findings_of, rule_lines
from reporting.views.summary import (
    as_of,
    latest_of,
)


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One belt's page."""
    belt = next(belt for belt in room.report.belts if belt.id == item)
    yield Leaf(belt_href(belt, ""), "belt", belt_page(room, belt))


def belt_page(room: Room, belt: Belt) -> dict[str, Any]:
    """Context of a belt's page."""
    report, store = room.report, room.store
    results = latest_of(report, [belt])
    return {
        "page": room.page(
            named(belt.name),
            "belt",
            results,
            above=((HOME, "../index.html"),),
            deep=True,
            synthetic=belt.synthetic,
        ),
        "belt": belt,
        "facts": [
            (Text("省区", "Province"), named(belt.province)),
            (Text("坐标系", "CRS"), crs_text(belt)),
            (Text("高程基准", "Vertical datum"), bilingual(belt.vertical_datum)),
            (Text("数据截止", "Data to"), same(as_of(results))),
        ],
        "note": named(belt.note),
        "deposits": [
            (named(deposit.name), named(deposit.kind), deposit_href(deposit, "../"))
            for deposit in report.estimated(belt)
        ],
        "missing": [named(d.name) for d in belt.deposits if not report.results.get(d.id)],
        "table": belt_table(report, belt),
        "plates": belt_plates(report, belt, store),
        "findings": findings_of(report, belt),
        "rules": rule_lines(report, belt),
    }
