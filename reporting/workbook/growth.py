"""The workbook's sheets of movement and target, where alone classes are added, and of filings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reporting.limits import mark_of
from reporting.report import SiteReport
from reporting.site.frame import named
from reporting.units import TOTAL_TEXT, Text, class_text, symbol
from reporting.views.filed import (
    CLASSES,
    STOCKS,
    Filing,
    deposit_name,
    filed_lines,
    filings,
    own_beside,
)
from reporting.views.target import BASES
from reporting.views.target_tables import GROWTHS
from reporting.workbook.estimates import SIGNS
from reporting.workbook.sheet import Field, Sheet, count_field
from reporting.workbook.standing import (
    STANDING,
    STATES,
    YES_NO,
    Standing,
    is_synthetic,
    standing,
    with_publication,
    yes_no,
)
from tracking.ledger.standing import key_of
from tracking.ledger.states import OFFICIAL
from tracking.movement.movement import ORE, STATUTORY_COLUMNS, TOTAL, Movement, add_classes
from tracking.target.progress import BaselineProgress

SPLITS = {
    "attributed": Text("按归因分列", "by the ledger's attribution"),
    "stated": Text("按报告所述原因", "by the cause that the report gives"),
    "explored": Text("全部列勘查增减", "all under exploration"),
    "recalculated": Text("全部列重算增减", "all under recalculation"),
    "not separated": Text("尚未分开，暂列重算增减", "not separated, under recalculation"),
    "mined only": Text("除开采外为修约差", "rounding beside mining"),
    "several": Text("各行各按其因", "each line by its own cause"),
}
"""Where a line's change stands, and why, in few words (:data:`tracking.movement.change.Split`)."""


def movement_sheet(report: SiteReport) -> Sheet:
    """Movements by class in statutory order, then the statistical total, in kg."""
    fields = (
        Field(Text("矿床", "Deposit"), width=26),
        Field(Text("期初", "From"), width=12),
        Field(Text("期末", "To"), width=12),
        Field(Text("项目", "Item"), width=10),
        Field(Text("类别", "Class"), width=30),
        SIGNS,
        *(
            Field(
                Text(zh.replace("年初", "期初").replace("年末", "期末"), en),
                "kg",
                0,
                19,
                whole=True,
            )
            for _name, zh, en in STATUTORY_COLUMNS
        ),
        Field(Text("变动归类", "Split"), width=34, codes=SPLITS),
        *STANDING,
    )
    return Sheet("变动 Movement", fields, tuple(_movement_rows(report)))


def _movement_rows(report: SiteReport) -> Iterable[tuple[Any, ...]]:
    """One row for each line of a movement by class, then for their totals."""
    names = {d.id: named(d.name).both for belt in report.belts for d in belt.deposits}
    lines = [line for line in report.movements if line.class_name != TOTAL]
    stands: dict[tuple[Any, ...], Standing] = {}
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
        ends = (line.deposit_id, line.opening_vintage, line.closing_vintage)
        if ends not in stands:
            stands[ends] = _standing_of(report, line)
        yield (*head, *values, line.split, *stands[ends])


def _standing_of(report: SiteReport, line: Movement) -> Standing:
    """Where a line stands: as the less settled of the two figures that it leads between."""
    days = (line.opening_vintage, line.closing_vintage)
    found = report.results.get(line.deposit_id, ())
    return standing(report, [one for one in found if one.vintage in days], [line.deposit_id])


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
        Field(Text("口径", "Basis"), width=34, codes=BASES),
        Field(Text("日期", "Date"), width=12),
        Field(Text("基数值", "Baseline value"), "t", 0, 16),
        Field(Text("下限", "Lower line"), "t", 0, 16),
        Field(Text("上限", "Upper line"), "t", 0, 16),
        Field(Text("保有", "Retained"), "t", 0, 16),
        Field(Text("累计查明", "Identified"), "t", 0, 16),
        *(Field(Text(zh, en), "%", 2, 14) for _name, zh, en in GROWTHS),
        Field(Text("沿用较早数字", "Carried from earlier"), width=30),
        *STANDING,
    )
    rows = tuple(_target_rows(report))
    return Sheet("目标 Target", fields, rows)


def official_sheet(report: SiteReport) -> Sheet:
    """Filed figures by stock and class, ours beside; stocks and classes are never added."""
    fields = (
        Field(Text("矿床", "Deposit"), width=26),
        Field(Text("备案号", "Filing number"), width=26),
        Field(Text("基准日", "Effective date"), width=12),
        Field(Text("备案日", "Filed"), width=12),
        Field(Text("入统年度", "Statistics year"), width=12),
        Field(Text("由1999分类转换", "Converted from 1999 classes"), width=12, codes=YES_NO),
        Field(Text("边界品位", "Cut-off"), "", 2, 10),
        Field(Text("库", "Stock"), width=30),
        Field(Text("类别", "Class"), width=26),
        Field(Text("元素", "Element")),
        Field(Text("矿石量", "Ore"), "t", 0, 16),
        Field(Text("金属量", "Metal"), "t", 3, 16),
        Field(Text("内部估算", "Our estimate"), "t", 3, 16),
        Field(Text("内部估算基准日", "Its date"), width=12),
        Field(Text("差", "Difference"), "t", 3, 16),
        count_field(Text("台账编号", "Ledger entry")),
        *STANDING,
    )
    rows = tuple(row for one in filings(report) for row in _filing_rows(report, one))
    return Sheet("官方 Official", fields, rows)


def _filing_rows(report: SiteReport, one: Filing) -> Iterable[tuple[Any, ...]]:
    """One row for each stock, class and element of a filed figure."""
    own, stands = own_beside(report, one), _standing_of_filing(report, one)
    head = (
        deposit_name(report, one.entry).both,
        one.number,
        one.effective,
        one.filed,
        one.year,
        yes_no(one.converted),
        one.cutoff,
    )
    for line in filed_lines(one, own):
        for element, metal_kg in line.metal_kg.items():
            ours = line.own_kg.get(element)
            yield (
                *head,
                STOCKS[line.stock].both,
                CLASSES[line.class_name].both,
                symbol(element),
                None if line.ore_kg is None else line.ore_kg / 1000,
                metal_kg / 1000,
                None if ours is None else ours / 1000,
                own.vintage if own is not None and ours is not None else None,
                None if ours is None else (ours - metal_kg) / 1000,
                one.entry.number,
                *stands,
            )


def _standing_of_filing(report: SiteReport, one: Filing) -> Standing:
    """Where a filed figure stands with the authority; statistics have no filing of their own."""
    known = {standing.key: standing for standing in report.ledger.standings}
    found = known.get(key_of(one.entry))
    state = found.filing if found is not None and found.filing in OFFICIAL else "in_statistics"
    mark = Text(f"{STATES[state].zh}：{one.number}", f"{STATES[state].en}: {one.number}")
    made_up = is_synthetic(report, [one.entry.deposit_id])
    return yes_no(made_up), state, "", with_publication(report, mark)


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
            stands = standing_of_target(report, part)
            if not part.points:
                blanks = (None, None, *(None for _ in GROWTHS), None)
                yield (*head, part.since, *lines, *blanks, *stands)
            for point in part.points:
                yield (
                    *head,
                    point.date,
                    *lines,
                    point.retained_t,
                    point.identified_t,
                    *(getattr(point, name) for name, _zh, _en in GROWTHS),
                    ", ".join(point.carried) or None,
                    *stands,
                )


def standing_of_target(report: SiteReport, part: BaselineProgress) -> Standing:
    """Where growth from a baseline stands: as the least settled of the deposits counted.

    A baseline that counts none yet is as sure as the least settled of all.
    """
    names = part.deposits or tuple(report.results)
    found = [report.latest(name) for name in names]
    return standing(report, [one for one in found if one is not None], names)
