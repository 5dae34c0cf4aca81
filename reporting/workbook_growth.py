"""The workbook's movement and target sheets, where alone classes are added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reporting.limits import mark_of
from reporting.report import SiteReport
from reporting.units import TOTAL_TEXT, Text, class_text, symbol
from reporting.view_page import named
from reporting.view_target_tables import GROWTHS
from reporting.workbook_sheet import Field, Sheet
from tracking.movement.movement import ORE, STATUTORY_COLUMNS, TOTAL, Movement, add_classes


def movement_sheet(report: SiteReport) -> Sheet:
    """Movements by class in statutory order, then the statistical total, in kg."""
    names = {d.id: named(d.name).both for belt in report.belts for d in belt.deposits}
    fields = (
        Field(Text("矿床", "Deposit"), width=26),
        Field(Text("期初", "From"), width=12),
        Field(Text("期末", "To"), width=12),
        Field(Text("项目", "Item"), width=10),
        Field(Text("类别", "Class"), width=30),
        Field(Text("标记", "Mark"), width=7),
        *(
            Field(Text(zh.replace("年初", "期初").replace("年末", "期末"), en), "kg", 0, 19)
            for _name, zh, en in STATUTORY_COLUMNS
        ),
        Field(Text("变动归类", "Split"), width=16),
    )
    lines = [line for line in report.movements if line.class_name != TOTAL]
    rows = []
    for line in (*lines, *add_classes(lines)):
        item = "矿石 ore" if line.element == ORE else symbol(line.element)
        total = line.class_name == TOTAL
        label = TOTAL_TEXT.both if total else class_text(line.class_name).both
        values = (getattr(line, name) for name, _zh, _en in STATUTORY_COLUMNS)
        head = (
            names.get(line.deposit_id, line.deposit_id),
            line.opening_vintage,
            line.closing_vintage,
            item,
            label,
            _marks(report, line),
        )
        rows.append((*head, *values, line.split))
    return Sheet("变动 Movement", fields, tuple(rows))


def _marks(report: SiteReport, line: Movement) -> str:
    """Marks of a line's closing figure; a total holds every class, so only § can be on it."""
    found = report.results.get(line.deposit_id, ())
    closing = [result for result in found if result.vintage == line.closing_vintage]
    return mark_of(closing[0], line.element, line.class_name) if closing else ""


def target_sheet(report: SiteReport) -> Sheet:
    """Growth from each baseline, by vintage; classes added up, as statistics do."""
    fields = (
        Field(Text("目标", "Target"), width=30),
        Field(Text("元素", "Element")),
        Field(Text("基数", "Baseline"), width=30),
        Field(Text("口径", "Basis"), width=14),
        Field(Text("日期", "Date"), width=12),
        Field(Text("基数值", "Baseline value"), "t", 0, 16),
        Field(Text("下限", "Lower line"), "t", 0, 16),
        Field(Text("上限", "Upper line"), "t", 0, 16),
        Field(Text("保有", "Retained"), "t", 0, 16),
        Field(Text("累计查明", "Identified"), "t", 0, 16),
        *(Field(Text(zh, en), "%", 2, 14) for _name, zh, en in GROWTHS),
    )
    rows = tuple(_target_rows(report))
    return Sheet("目标 Target", fields, rows)


def _target_rows(report: SiteReport) -> Iterable[tuple[Any, ...]]:
    """One row for each baseline and vintage; a baseline without figures has one row."""
    for progress in report.progress:
        for part in progress.baselines:
            head = (
                named(progress.target.name).both,
                symbol(progress.element),
                named(part.baseline.name).both,
                part.baseline.basis,
            )
            lines = (part.baseline_t, part.low_t, part.high_t)
            if not part.points:
                yield (*head, part.since, *lines, None, None, *(None for _ in GROWTHS))
            for point in part.points:
                yield (
                    *head,
                    point.date,
                    *lines,
                    point.retained_t,
                    point.identified_t,
                    *(getattr(point, name) for name, _zh, _en in GROWTHS),
                )
