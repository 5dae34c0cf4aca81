"""Any two of the last days side by side: a matrix to choose from, and a page for each pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from reporting.report import SiteReport
from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import CLASS_TEXT, Text
from reporting.views.compare import (
    Sides,
    change_bars,
    days,
    differences_table,
    pair_key,
    pairs,
    sides_of,
)
from reporting.views.compare_tables import (
    causes_table,
    compared,
    days_table,
    parameters_table,
    revisions_table,
)
from reporting.views.summary import belt_groups, latest_of

FIGURES = "downloads/comparison.csv"
"""The download that holds every vintage's figures in rows."""
COMPARE = Text("两期对比", "Compare two days")


def items(report: SiteReport) -> tuple[str, ...]:
    """The page with the matrix, then every pair."""
    return ("", *(pair_key(*pair) for pair in pairs(report)))


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """The matrix, or one pair's page."""
    if not item:
        yield Leaf("compare.html", "compare", compare_page(room))
        return
    before, after = (date.fromisoformat(day) for day in item.split("_"))
    yield Leaf(f"compare/{item}.html", "pair", pair_page(room, (before, after)))


def compare_page(room: Room) -> dict[str, Any]:
    """Context of the page to choose two days from."""
    report = room.report
    found = days(report)
    return {
        "page": room.page(
            COMPARE, "compare", latest_of(report, report.belts), above=((HOME, "index.html"),)
        ),
        "later": [str(day) for day in found[1:]],
        "matrix": [
            (str(a), [f"compare/{pair_key(a, b)}.html" if a < b else "" for b in found[1:]])
            for a in found[:-1]
        ],
        "days": days_table(report) if found else None,
        "csv": FIGURES,
    }


def pair_page(room: Room, pair: tuple[date, date]) -> dict[str, Any]:
    """Context of one pair's page."""
    report = room.report
    groups = [(belts, sides_of(report, belts, pair)) for belts in belt_groups(report)]
    shown = [one.after for _belts, found in groups for one in found if one.after is not None]
    return {
        "page": room.page(
            Text(f"两期对比：{pair[0]} → {pair[1]}", f"Compare: {pair[0]} → {pair[1]}"),
            "compare",
            shown,
            above=((HOME, "../index.html"), (COMPARE, "../compare.html")),
            deep=True,
        ),
        "groups": [
            _group(room, found, pair, synthetic=belts[0].synthetic) for belts, found in groups
        ],
        "several": len(groups) > 1,
        "classes": CLASS_TEXT,
        "csv": FIGURES,
    }


def _group(
    room: Room, found: Sequence[Sides], pair: tuple[date, date], *, synthetic: bool
) -> dict[str, Any]:
    """One kind of deposits on two days; a plan's own values are for the bureau alone."""
    report, key = room.report, "synthetic" if synthetic else "real"
    made = compared(found)
    tables = [
        differences_table(report, found, pair, key),
        revisions_table(found, report.revisions, pair, key),
        causes_table(found, made, pair, key),
        parameters_table(found, made, pair, key) if room.audience.files else None,
    ]
    return {
        "synthetic": synthetic,
        "bars": change_bars(found),
        "tables": [table for table in tables if table is not None and table.rows],
        "same_plan": not any(table and table.key.startswith("parameters") for table in tables),
        "moved": any(one.moved for one in found),
    }
