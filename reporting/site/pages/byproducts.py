"""By-products: each element by deposit with the samples behind it, sizes, equivalents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from estimation.belts import Belt
from reporting.report import SiteReport
from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import Text, symbol
from reporting.views.byproducts import (
    element_table,
    elements_of,
    equivalents,
    evaluated,
    sizes_table,
    thresholds_table,
)
from reporting.views.summary import belt_groups, byproducts_table, latest_of


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The page of by-products."""
    yield Leaf("byproducts.html", "byproducts", byproducts_page(room))


def byproducts_page(room: Room) -> dict[str, Any]:
    """Context of the page of by-products."""
    report = room.report
    results = latest_of(report, report.belts)
    title = Text("伴生资源", "By-products")
    kinds = belt_groups(report)
    return {
        "page": room.page(title, "byproducts", results, above=((HOME, "index.html"),)),
        "groups": [_group(report, belts) for belts in kinds],
        "several": len(kinds) > 1,
        "thresholds": thresholds_table(results, "thresholds") if results else None,
    }


def _group(report: SiteReport, belts: Sequence[Belt]) -> dict[str, Any]:
    """By-products of one kind of deposits; synthetic and real ones are never added."""
    results = latest_of(report, belts)
    elements = elements_of(results)
    kind = "synthetic" if belts[0].synthetic else "real"
    return {
        "synthetic": belts[0].synthetic,
        "boxes": [evaluated(results, element) for element in elements],
        "summary": byproducts_table(report, belts),
        "tables": [
            element_table(report, belts, e, f"by-{kind}-{symbol(e).lower()}") for e in elements
        ],
        "sizes": sizes_table(report, belts, f"sizes-{kind}"),
        "equivalents": equivalents(report, belts),
    }
