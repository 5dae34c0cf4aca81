"""What changed in all deposits together, interval by interval, and which deposits made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from estimation.belts import Belt
from reporting.figures.store import FigureStore, Plate
from reporting.report import MAIN_COPPER
from reporting.site.frame import HOME, deposit_href
from reporting.site.room import Leaf, Room
from reporting.units import TOTAL_TEXT, Text, symbol
from reporting.views.bars import (
    STATUTORY_WORDS,
    cause_bars,
    cause_words,
    statutory_bars,
    waterfall_of,
    without_nothing,
)
from reporting.views.change import (
    Interval,
    bars_table,
    deposits_table,
    intervals,
    kinds_table,
    missing,
    movers,
)
from reporting.views.summary import belt_groups, latest_of

DRAWN = 11
"""Intervals shown, newest first: those between twelve vintages."""
TOP = 5
"""Largest contributors that are named with a link."""


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The page of changes."""
    yield Leaf("change.html", "change", change_page(room))


def change_page(room: Room) -> dict[str, Any]:
    """Context of the page of changes."""
    report = room.report
    results = latest_of(report, report.belts)
    title, kinds = Text("资源量变动", "Resource movement"), belt_groups(report)
    return {
        "page": room.page(title, "change", results, above=((HOME, "index.html"),)),
        "groups": [_group(room, belts) for belts in kinds],
        "metal": symbol(MAIN_COPPER),
        "several": len(kinds) > 1,
    }


def _group(room: Room, belts: Sequence[Belt]) -> dict[str, Any]:
    """Every interval of one kind of deposits."""
    found = intervals(room.report, belts, MAIN_COPPER)
    kind = "synthetic" if belts[0].synthetic else "real"
    return {
        "synthetic": belts[0].synthetic,
        "intervals": [_section(room, belts, one, kind) for one in found[:DRAWN]],
        "older": [one.span for one in found[DRAWN:]],
        "moved": bool(found),
    }


def _section(room: Room, belts: Sequence[Belt], interval: Interval, kind: str) -> dict[str, Any]:
    """One interval: both splits, the deposits, and who has none."""
    report = room.report
    pages = {d.id: deposit_href(d, "") for belt in belts for d in report.estimated(belt)}
    found = movers(report, interval)
    return {
        "key": f"{kind}-{interval.closing}",
        "span": interval.span,
        "count": len(found),
        "statutory": _plate(room.store, interval, "statutory"),
        "causes": _plate(room.store, interval, "causes"),
        "tables": [bars_table(report, interval, part) for part in ("statutory", "causes")],
        "kinds": kinds_table(report, interval),
        "unseparated": _unseparated(interval),
        "deposits": deposits_table(report, interval),
        "top": [(one.name, pages.get(one.deposit_id, ""), one.change) for one in found[:TOP]],
        "missing": missing(report, belts, interval),
    }


def _unseparated(interval: Interval) -> bool:
    """Whether any part of the change has no cause of its own."""
    return any(name == "not_separated" and kg for name, kg in cause_bars(interval.lines).steps)


def _plate(store: FigureStore, interval: Interval, part: str) -> Plate:
    """The waterfall of all deposits together, by the ledger's order or by cause."""
    metal = symbol(interval.element)
    if part == "statutory":
        bars, words = statutory_bars(interval.lines), STATUTORY_WORDS
        how = Text("按矿山台账次序", "in the order of the mine ledger")
    else:
        bars = without_nothing(cause_bars(interval.lines))
        words = cause_words(bars)
        how = Text("按原因（地质人员口径）", "by cause (the geologists' split)")
    svg = store.svg("waterfall", None, waterfall_of(bars, interval.element, words))
    caption = Text(
        f"{metal} 金属量变动（kt），{interval.span}，{how.zh}，{TOTAL_TEXT.zh}；"
        "小数位取至所印各项恰好相加为止，余差为零。",
        f"{metal} metal movement (kt), {interval.span}, {how.en}, {TOTAL_TEXT.en}; as many "
        "decimals as the printed bars need to add up, nothing left over.",
    )
    return Plate(svg, caption, caption)
