"""Progress against the target, with everything behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.figures.store import FigureStore, Plate
from reporting.report import SiteReport
from reporting.site.frame import (
    HOME,
    named,
)
from reporting.site.room import Leaf, Room
from reporting.tables import Table
from reporting.units import Text
from reporting.views.official import filed_only_table
from reporting.views.outlook import official_table, projection_table
from reporting.views.summary import (
    latest_of,
)
from reporting.views.target import Headline, headline, target_parameters
from reporting.views.target_shares import shares_table, types_table
from reporting.views.target_tables import (
    baselines_table,
    needs_table,
    source_line,
    targets_table,
)


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The target page."""
    yield Leaf("target.html", "target", target_page(room))


def target_page(room: Room) -> dict[str, Any]:
    """Context of the target page."""
    report, store = room.report, room.store
    results = latest_of(report, report.belts)
    title = Text("目标进度", "Progress against the target")
    found = headline(report)
    return {
        "page": room.page(title, "target", results, above=((HOME, "index.html"),)),
        "target": found,
        "plate": target_plate(report, store),
        "progress": report.progress,
        "estimated": bool(report.ledger.entries),
        "tables": _target_tables(report, found),
        "sources": {
            progress.target.id: [source_line(part) for part in progress.baselines]
            for progress in report.progress
        },
    }


def _target_tables(report: SiteReport, found: Headline | None) -> list[Table]:
    """The headline target first with everything behind it, then the others side by side."""
    listed: list[Table | None] = []
    if found:
        listed = [
            baselines_table(report, found.progress),
            needs_table(report, found.progress),
            projection_table(report, found),
            official_table(report, found.progress),
            filed_only_table(report, found.progress.element),
            types_table(report, found),
            *(shares_table(report, found, by) for by in ("belts", "provinces", "deposits")),
        ]
    if len(report.progress) > 1:
        listed.append(targets_table(report, report.progress[0]))
    for progress in report.progress:
        if found is None or progress is not found.progress:
            listed += [baselines_table(report, progress), needs_table(report, progress)]
    return [table for table in listed if table is not None]


def target_plate(report: SiteReport, store: FigureStore) -> Plate | None:
    """The target figure, where a baseline is known."""
    found = headline(report)
    if found is None:
        return None
    title = Text("铜资源量与目标线", "Copper resource against the target lines")
    base = named(found.from_baseline.baseline.name)
    classes = "M+I+F" if len(found.progress.classes) == 3 else "+".join(found.progress.classes)
    caption = Text(
        f"合计（统计口径，{classes}）；基数：{base.zh}；虚线为基数与目标线；"
        "阴影为计划范围（非置信区间）；横轴止于目标期限。",
        f"Total (statistical basis, {classes}); baseline: {base.en}; dashed: baseline and target "
        "lines; shaded: range of plans, no confidence limits; the axis ends at the deadline.",
    )
    return Plate(store.svg("target", None, target_parameters(found)), title, caption)
