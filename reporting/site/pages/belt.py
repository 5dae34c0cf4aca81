"""A belt: its deposits, its surveys, its data's findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt
from reporting.site.frame import (
    HOME,
    as_of,
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
from reporting.views.coverage import coverage_table, trend_plate
from reporting.views.findings import findings_of, rule_lines
from reporting.views.summary import latest_of
from reporting.views.surveys import has_surveys, surveys_href


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One belt's page."""
    belt = next(belt for belt in room.report.belts if belt.id == item)
    yield Leaf(belt_href(belt, ""), "belt", belt_page(room, belt))


def belt_page(room: Room, belt: Belt) -> dict[str, Any]:
    """Context of a belt's page."""
    report, store, bureau = room.report, room.store, room.audience.files
    results = latest_of(report, [belt])
    places = [
        (Text("坐标系", "CRS"), crs_text(belt)),
        (Text("高程基准", "Vertical datum"), bilingual(belt.vertical_datum)),
    ]
    return {
        "page": room.page(
            named(belt.name),
            "belt",
            results,
            above=((HOME, "../index.html"),),
            deep=True,
            synthetic=belt.synthetic,
        ),
        "belt": belt.id,
        "facts": [
            (Text("省区", "Province"), named(belt.province)),
            (Text("矿床数（有估算）", "Deposits with an estimate"), same(len(results))),
            (Text("数据截止", "Data to"), same(as_of(results))),
            *(places if room.audience.holes else []),
        ],
        "note": Text(belt.note.zh, belt.note.en),
        "deposits": [
            (named(deposit.name), named(deposit.kind), deposit_href(deposit, "../"))
            for deposit in report.estimated(belt)
        ],
        "missing": [named(d.name) for d in belt.deposits if not report.results.get(d.id)],
        "table": belt_table(report, belt),
        "trend": trend_plate(report, belt, store),
        "coverage": coverage_table(report, belt, files=bureau),
        "surveys": surveys_href(belt, "../") if bureau and has_surveys(report, belt) else "",
        "plates": belt_plates(report, belt, store) if room.audience.holes else [],
        "findings": findings_of(report, belt) if bureau else [],
        "rules": rule_lines(report, belt) if bureau else (),
    }
