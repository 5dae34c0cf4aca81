"""The workbook's sheets of how sure figures are, and of who decided about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.plan import CLASSES
from reporting.report import SiteReport
from reporting.site.frame import named
from reporting.site.room import Audience
from reporting.sums import class_metal_t
from reporting.units import Text, class_text, symbol
from reporting.views.evidence import history
from reporting.views.intervals import class_interval
from reporting.views.odds import limits_text, odds
from reporting.views.outlook import CASES
from reporting.views.trust import HELD
from reporting.workbook.estimates import WHO, newest_estimates, who
from reporting.workbook.growth import standing_of_target
from reporting.workbook.sheet import Field, Sheet, count_field
from reporting.workbook.standing import STANDING, YES_NO, standing, yes_no
from tracking.target.progress import BaselineProgress
from tracking.target.projection import Chance

NOW = "now"
WHEN = {
    NOW: Text("现值：是否已达到", "now: is it reached already"),
    **{
        name: Text(f"按计划至期限：{text.zh}", f"as planned to the deadline: {text.en}")
        for name, text in CASES.items()
    },
}
"""What a probability is of: the growth so far, or a case of the plans at the deadline."""
OUTSIDE = Text("估算值在区间外", "Estimate outside P10-P90")
OUTSIDE_SAID = Text(
    "按网页与工作簿所示有效数字的 P10、P90 判断",
    "judged by P10 and P90 of the figures that pages and workbook show",
)
LIMITS = Field(Text("已知局限", "Known limits"), width=100)


def _end(percent: int) -> Field:
    """A column of an interval's points, tonnes."""
    name = f"P{percent}"
    return Field(Text(name, name), "t", 3, 16, between=("P10", "P90"))


def uncertainty_sheet(report: SiteReport) -> Sheet:
    """P10, P50 and P90 of every simulated class, and how often such intervals held the truth."""
    fields = (
        *WHO,
        Field(Text("类别", "Class"), width=24),
        Field(Text("元素", "Element")),
        Field(Text("估算金属量", "Estimated metal"), "t", 0, 16),
        *map(_end, (10, 50, 90)),
        Field(OUTSIDE, width=14, about=OUTSIDE_SAID, codes=YES_NO),
        count_field(Text("合成矿床检验次数", "Trials on synthetic deposits")),
        count_field(Text("其中区间含真值", "Trials that held the truth")),
        LIMITS,
        *STANDING,
    )
    return Sheet("不确定性 Uncertainty", fields, tuple(_intervals(report)))


def _intervals(report: SiteReport) -> Iterator[tuple[Any, ...]]:
    """One row for each element and class that was simulated."""
    tried = {one.name: one for one in HELD}
    for belt, deposit, result in newest_estimates(report):
        stands = standing(report, [result])
        for element in result.statement.elements:
            for name in CLASSES:
                found = class_interval(report, [result], element, name)
                stated = class_metal_t(result, element, name)
                if found is None or stated is None:
                    continue
                yield (
                    *who(belt, deposit, result.vintage),
                    class_text(name).both,
                    symbol(element),
                    stated,
                    found.p10_t,
                    found.p50_t,
                    found.p90_t,
                    yes_no(not found.holds(stated)),
                    tried[name].trials,
                    tried[name].held,
                    limits_text(inferred=name == "inferred").both,
                    *stands,
                )


def chances_sheet(report: SiteReport) -> Sheet:
    """Probability of each line of each target: now, and as planned at the deadline."""
    fields = (
        Field(Text("目标", "Target"), width=30),
        Field(Text("元素", "Element")),
        Field(Text("基数", "Baseline"), width=30),
        Field(Text("情形", "Case"), width=44, codes=WHEN),
        Field(Text("日期", "Date"), width=12),
        Field(Text("目标线", "Line"), "%", 0, 8),
        Field(Text("概率：各矿床误差同向", "Probability, off together"), "%", width=16),
        Field(Text("概率：误差独立", "Probability, each by itself"), "%", width=16),
        LIMITS,
        *STANDING,
    )
    rows = (
        (named(progress.target.name).both, symbol(progress.element), *row)
        for progress in report.progress
        for part in progress.baselines
        for row in _chances(report, part, inferred="inferred" in progress.classes)
    )
    return Sheet("目标概率 Chances", fields, tuple(rows))


def _chances(
    report: SiteReport, part: BaselineProgress, *, inferred: bool
) -> Iterator[tuple[Any, ...]]:
    """One row for each case and line of a baseline; none where nothing was simulated."""
    told: list[tuple[str, Any, tuple[Chance, ...]]] = []
    if part.likely is not None and part.latest is not None:
        told.append((NOW, part.latest.date, part.likely.chances))
    if part.projection is not None:
        day = part.projection.deadline
        told += [(one.case, day, one.chances) for one in part.projection.cases]
    said = (limits_text(inferred=inferred).both, *standing_of_target(report, part))
    for case, day, chances in told:
        for chance in chances:
            shares = (odds(chance.together), odds(chance.independent))
            line = round(100 * chance.growth, 6)
            yield (named(part.baseline.name).both, case, day, line, *shares, *said)


def approvals_sheet(report: SiteReport, audience: Audience) -> Sheet:
    """Every decision about every deposit's plan and figures, oldest first.

    Who decided, and why, is not for the public: reasons may name holes and files.
    """
    fields = (
        *WHO[:3],
        Field(Text("日期", "Day"), width=12),
        Field(Text("所及数据截止", "Figure of"), width=18),
        Field(Text("事项", "Matter"), width=24),
        Field(Text("决定", "Decision"), width=50),
        Field(Text("决定人", "By"), width=34),
        Field(Text("理由", "Reason"), width=60),
        Field(Text("文号", "Document"), width=26),
        count_field(Text("台账编号", "Ledger entry")),
    )
    rows = [
        (
            *who(belt, deposit, "")[:3],
            step.day,
            step.vintage,
            step.axis.both,
            step.move.both,
            step.by.both,
            step.reason.both,
            step.document_no,
            int(step.number) if step.number.isdecimal() else None,
        )
        for belt, deposit, _result in newest_estimates(report)
        for step in history(report, deposit.id, names=audience.files) or ()
    ]
    return Sheet("审批 Approvals", fields, tuple(rows))
