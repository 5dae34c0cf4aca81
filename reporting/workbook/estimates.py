"""The workbook's sheets of estimates: resource, by-products, truth, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.plan import CLASSES
from estimation.results import DepositResult, ElementSupport, StatementRow
from reporting.limits import beyond_limit, mark_of
from reporting.report import SiteReport
from reporting.site.frame import named
from reporting.sums import element_sum, of_class, ore_t
from reporting.units import (
    Text,
    class_text,
    density_text,
    domain_text,
    grade_display,
    status_text,
    symbol,
)
from reporting.views.deposit import SOURCES, method_text
from reporting.workbook.sheet import Field, Sheet, count_field
from reporting.workbook.standing import STANDING, YES_NO, standing, yes_no

ALL_DOMAINS = Text("全部矿化域", "all domains")
"""Of a class's own row over its domains, as the deposit's page states it."""
ALL_SAID = Text(
    "同一类别各矿化域合在一起，即矿床页所示的该类别数；已含其下各域，不得再与之相加；"
    "只有一个矿化域的类别只列该域一行",
    "one class over its domains, as the deposit's page states it: it holds the domains' "
    "rows, never add them to it; a class of one domain has that domain's row alone",
)
"""What such a row holds."""


def newest_estimates(report: SiteReport) -> Iterator[tuple[Belt, Deposit, DepositResult]]:
    """Every deposit's newest estimate, in order of belts."""
    for belt in report.belts:
        for deposit in report.estimated(belt):
            yield belt, deposit, report.results[deposit.id][-1]


WHO = (
    Field(Text("成矿带", "Belt"), width=22),
    Field(Text("矿床", "Deposit"), width=26),
    Field(Text("矿床编号", "Deposit id"), width=18),
    Field(Text("数据截止", "Data to"), width=12),
)
_CLASS = (
    Field(Text("类别", "Class"), width=24),
    Field(
        Text("矿化域", "Domain"),
        width=20,
        about=Text(
            f"“{ALL_DOMAINS.both}”为{ALL_SAID.zh}", f"'{ALL_DOMAINS.both}' is {ALL_SAID.en}"
        ),
    ),
)
SIGNS = Field(Text("注记", "Signs"), width=7)
"""The signs † ‡ § that the notes explain."""


def who(belt: Belt, deposit: Deposit, vintage: object) -> tuple[Any, ...]:
    """The columns that say which estimate a row is of."""
    return (named(belt.name).both, named(deposit.name).both, deposit.id, str(vintage))


def _stated(
    result: DepositResult, cutoff: float
) -> Iterator[tuple[str, str, tuple[StatementRow, ...]]]:
    """Class, domain and rows of each line at a cut-off: ``*`` is the class's own, before its
    domains; where its ore is of one domain, that domain's line alone."""
    at = result.statement.at_cutoff(cutoff)
    for name in CLASSES:
        rows = of_class(at, name)
        if len(rows) > 1:
            yield name, "*", rows
        yield from ((name, row.domain, (row,)) for row in rows)


def _domain(name: str) -> str:
    """A domain's words; of all of them together for ``*`` and where the ore has no domains."""
    return (ALL_DOMAINS if name in ("*", "all") else domain_text(name)).both


def resource_sheet(report: SiteReport) -> Sheet:
    """The main element by class, domain and cut-off."""
    fields = (
        *WHO,
        *_CLASS,
        Field(Text("主元素", "Main element")),
        SIGNS,
        Field(Text("边界品位", "Cut-off"), "主元素单位 / main element's unit", 2),
        Field(Text("报告值", "Reported"), codes=YES_NO),
        Field(Text("体积", "Volume"), "m³", 0, 16),
        Field(Text("矿石量", "Ore"), "t", 0, 16),
        Field(Text("品位", "Grade"), "% 或 g/t / % or g/t", 3),
        Field(Text("金属量", "Metal"), "t", 0, 16),
        Field(Text("体重依据", "Density basis"), width=30),
        *STANDING,
    )
    return Sheet("资源量 Resource", fields, tuple(_resource_rows(report)))


def _resource_rows(report: SiteReport) -> Iterator[tuple[Any, ...]]:
    """One row for each cut-off, class and domain, a class's own row first."""
    for belt, deposit, result in newest_estimates(report):
        statement, main = result.statement, result.statement.main_element
        said = (density_text(statement.density_basis).both, *standing(report, [result]))
        for cutoff in dict.fromkeys(row.cutoff for row in statement.rows):
            for name, domain, rows in _stated(result, cutoff):
                total = element_sum(rows, main)
                yield (
                    *who(belt, deposit, result.vintage),
                    class_text(name).both,
                    _domain(domain),
                    symbol(main),
                    mark_of(result, main, name, domain),
                    cutoff,
                    yes_no(cutoff == statement.reporting_cutoff),
                    math.fsum(row.volume_m3 for row in rows),
                    ore_t(rows),
                    total.grade,
                    total.metal_t,
                    *said,
                )


def byproducts_sheet(report: SiteReport) -> Sheet:
    """By-products by class and domain at the reporting cut-off, with their sample support."""
    fields = (
        *WHO,
        *_CLASS,
        Field(Text("元素", "Element")),
        SIGNS,
        Field(Text("品位", "Grade"), "见单位列 / see unit", 3),
        Field(Text("品位单位", "Grade unit")),
        Field(Text("金属量", "Metal"), "t", 3, 16),
        Field(Text("已评价矿石", "Evaluated ore"), "t", 0, 16),
        Field(Text("数值所依矿石量", "Figure rests on ore"), "t", 0, 16),
        Field(Text("矿石量", "Ore"), "t", 0, 16),
        Field(Text("样品来源", "Samples from"), width=28),
        Field(Text("方法", "Method"), width=30),
        count_field(Text("样品数", "Samples")),
        count_field(Text("钻孔数", "Holes")),
        Field(Text("样长中位数", "Median length"), "m", 1),
        Field(Text("类别上限", "Class limit"), width=24),
        Field(Text("评价状态", "Evaluation"), width=24),
        Field(Text("矿床已评矿石占比", "Deposit's share of ore evaluated"), "", 3, 16),
        *STANDING,
    )
    return Sheet("伴生 By-products", fields, tuple(_byproduct_rows(report)))


def _byproduct_rows(report: SiteReport) -> Iterator[tuple[Any, ...]]:
    """One row for each by-product, class and domain."""
    for belt, deposit, result in newest_estimates(report):
        statement = result.statement
        support = {item.element: item for item in statement.support}
        stands = standing(report, [result])
        for element in statement.elements:
            if element == statement.main_element:
                continue
            for name, domain, rows in _stated(result, statement.reporting_cutoff):
                total = element_sum(rows, element)
                moved = not total.over_ore_t and beyond_limit(result, element, name)
                evaluated_t = math.fsum(row.elements[element].evaluated_ore_t for row in rows)
                yield (
                    *who(belt, deposit, result.vintage),
                    class_text(name).both,
                    _domain(domain),
                    symbol(element),
                    mark_of(result, element, name, domain),
                    total.grade,
                    grade_display(element).sign,
                    total.metal_t,
                    None if moved else evaluated_t,
                    None if moved else total.over_ore_t,
                    ore_t(rows),
                    *_stands_on(support.get(element)),
                    *stands,
                )


def _stands_on(item: ElementSupport | None) -> tuple[Any, ...]:
    """The columns of sample support."""
    if item is None:
        return ("", "", None, None, None, "", "", None)
    limit, status = class_text(item.class_limit).both, status_text(item.status).both
    share = item.evaluated_ore_share
    figures = (item.samples, item.holes, item.support_m)
    source = SOURCES.get(item.source, Text(item.source, item.source)).both
    return (source, method_text(item.method).both, *figures, limit, status, share)


def truth_sheet(report: SiteReport) -> Sheet:
    """Estimate beside truth of synthetic deposits."""
    fields = (
        *WHO,
        Field(Text("元素", "Element")),
        SIGNS,
        Field(Text("检验范围", "Volume compared"), width=30),
        Field(Text("边界品位", "Cut-off"), "主元素单位 / main element's unit", 2),
        Field(Text("估算金属量", "Estimated metal"), "t", 3, 18),
        Field(Text("真值金属量", "True metal"), "t", 3, 18),
        Field(Text("估算/真值", "Estimate / truth"), "", 4),
        *STANDING,
    )
    rows = [
        (
            *who(belt, deposit, result.vintage),
            symbol(row.element),
            mark_of(result, row.element, row.volume),
            class_text(row.volume).both,
            row.cutoff,
            row.estimate_t,
            row.truth_t,
            row.ratio,
            *standing(report, [result]),
        )
        for belt, deposit, result in newest_estimates(report)
        for row in result.truth
    ]
    return Sheet("真值 Truth", fields, tuple(rows))


def provenance_sheet(report: SiteReport) -> Sheet:
    """Hashes and ledger entries of every figure."""
    fields = (
        *WHO,
        Field(Text("数据指纹", "Data hash"), width=66),
        Field(Text("参数指纹", "Plan hash"), width=66),
        Field(Text("模型指纹", "Model hash"), width=66),
        Field(Text("引擎版本", "Engine version")),
        count_field(Text("台账编号", "Ledger entry")),
        Field(Text("登记链指纹", "Entry chain hash"), width=66),
        *STANDING,
    )
    rows = []
    for belt, deposit, _newest in newest_estimates(report):
        for result in report.results[deposit.id]:
            entry = report.ledger.entry(deposit.id, result.vintage)
            rows.append(
                (
                    *who(belt, deposit, result.vintage),
                    result.data_hash,
                    result.plan_hash,
                    result.model_hash,
                    result.engine_version,
                    entry.number if entry else None,
                    entry.entry_hash if entry else "",
                    *standing(report, [result]),
                )
            )
    return Sheet("来源 Provenance", fields, tuple(rows))
