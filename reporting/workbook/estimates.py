"""The workbook's sheets of estimates: resource, by-products, truth, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult, ElementSupport
from reporting.limits import beyond_limit, mark_of
from reporting.report import SiteReport
from reporting.site.frame import named
from reporting.tables import status_of
from reporting.units import (
    Text,
    class_text,
    density_text,
    domain_text,
    grade_display,
    status_text,
    symbol,
)
from reporting.views.deposit import SOURCES
from reporting.workbook.sheet import Field, Sheet


def newest_estimates(report: SiteReport) -> Iterator[tuple[Belt, Deposit, DepositResult]]:
    """Every deposit's newest estimate, in order of belts."""
    for belt in report.belts:
        for deposit in report.estimated(belt):
            yield belt, deposit, report.results[deposit.id][-1]


_WHO = (
    Field(Text("成矿带", "Belt"), width=22),
    Field(Text("矿床", "Deposit"), width=26),
    Field(Text("矿床编号", "Deposit id"), width=18),
    Field(Text("数据截止", "Data to"), width=12),
)
_CLASS = (
    Field(Text("类别", "Class"), width=24),
    Field(Text("矿化域", "Domain"), width=20),
)
_MARKED = Field(Text("标记", "Mark"), width=7)


def _who(belt: Belt, deposit: Deposit, vintage: object) -> tuple[Any, ...]:
    """The columns that say which estimate a row is of."""
    return (named(belt.name).both, named(deposit.name).both, deposit.id, str(vintage))


def resource_sheet(report: SiteReport) -> Sheet:
    """The main element by class, domain and cut-off."""
    fields = (
        *_WHO,
        *_CLASS,
        Field(Text("主元素", "Main element")),
        _MARKED,
        Field(Text("边界品位", "Cut-off"), "主元素单位 / main element's unit", 2),
        Field(Text("报告值", "Reported")),
        Field(Text("体积", "Volume"), "m³", 0, 16),
        Field(Text("矿石量", "Ore"), "t", 0, 16),
        Field(Text("品位", "Grade"), "% 或 g/t / % or g/t", 3),
        Field(Text("金属量", "Metal"), "t", 0, 16),
        Field(Text("体重依据", "Density basis"), width=30),
        Field(Text("状态", "Status"), width=34),
    )
    rows = []
    for belt, deposit, result in newest_estimates(report):
        statement = result.statement
        for row in statement.rows:
            figure = row.elements[statement.main_element]
            reported = row.cutoff == statement.reporting_cutoff
            rows.append(
                (
                    *_who(belt, deposit, result.vintage),
                    class_text(row.class_name).both,
                    domain_text(row.domain).both,
                    statement.main_element,
                    mark_of(result, statement.main_element, row.class_name, row.domain),
                    row.cutoff,
                    "是 / yes" if reported else "",
                    row.volume_m3,
                    row.ore_t,
                    figure.grade,
                    figure.metal_t if figure.grade is not None else None,
                    density_text(statement.density_basis).both,
                    status_of(result).both,
                )
            )
    return Sheet("资源量 Resource", fields, tuple(rows))


def byproducts_sheet(report: SiteReport) -> Sheet:
    """By-products by class and domain at the reporting cut-off, with their sample support."""
    fields = (
        *_WHO,
        *_CLASS,
        Field(Text("元素", "Element")),
        _MARKED,
        Field(Text("品位", "Grade"), "见单位列 / see unit", 3),
        Field(Text("品位单位", "Grade unit")),
        Field(Text("金属量", "Metal"), "t", 3, 16),
        Field(Text("已评价矿石", "Evaluated ore"), "t", 0, 16),
        Field(Text("数值所依矿石量", "Figure rests on ore"), "t", 0, 16),
        Field(Text("矿石量", "Ore"), "t", 0, 16),
        Field(Text("样品来源", "Samples from"), width=28),
        Field(Text("方法", "Method"), width=20),
        Field(Text("样品数", "Samples"), "", 0),
        Field(Text("钻孔数", "Holes"), "", 0),
        Field(Text("样长中位数", "Median length"), "m", 1),
        Field(Text("类别上限", "Class limit"), width=24),
        Field(Text("评价状态", "Status"), width=24),
        Field(Text("矿床已评矿石占比", "Deposit's share of ore evaluated"), "", 3, 16),
    )
    return Sheet("伴生 By-products", fields, tuple(_byproduct_rows(report)))


def _byproduct_rows(report: SiteReport) -> Iterator[tuple[Any, ...]]:
    """One row for each by-product, class and domain."""
    for belt, deposit, result in newest_estimates(report):
        statement = result.statement
        support = {item.element: item for item in statement.support}
        for element in statement.elements:
            if element == statement.main_element:
                continue
            for row in statement.at_cutoff():
                figure = row.elements[element]
                over_t = row.ore_t if figure.over_ore_t is None else figure.over_ore_t
                moved = not over_t and beyond_limit(result, element, row.class_name)
                yield (
                    *_who(belt, deposit, result.vintage),
                    class_text(row.class_name).both,
                    domain_text(row.domain).both,
                    symbol(element),
                    mark_of(result, element, row.class_name, row.domain),
                    figure.grade,
                    grade_display(element).sign,
                    figure.metal_t if figure.grade is not None else None,
                    None if moved else figure.evaluated_ore_t,
                    None if moved else over_t,
                    row.ore_t,
                    *_stands_on(support.get(element)),
                )


def _stands_on(item: ElementSupport | None) -> tuple[Any, ...]:
    """The columns of sample support."""
    if item is None:
        return ("", "", None, None, None, "", "", None)
    limit, status = class_text(item.class_limit).both, status_text(item.status).both
    share = item.evaluated_ore_share
    figures = (item.samples, item.holes, item.support_m)
    source = SOURCES.get(item.source, Text(item.source, item.source)).both
    return (source, item.method, *figures, limit, status, share)


def truth_sheet(report: SiteReport) -> Sheet:
    """Estimate beside truth of synthetic deposits."""
    fields = (
        *_WHO,
        Field(Text("元素", "Element")),
        _MARKED,
        Field(Text("检验范围", "Volume compared"), width=30),
        Field(Text("边界品位", "Cut-off"), "主元素单位 / main element's unit", 2),
        Field(Text("估算金属量", "Estimated metal"), "t", 3, 18),
        Field(Text("真值金属量", "True metal"), "t", 3, 18),
        Field(Text("估算/真值", "Estimate / truth"), "", 4),
    )
    rows = [
        (
            *_who(belt, deposit, result.vintage),
            symbol(row.element),
            mark_of(result, row.element, row.volume),
            class_text(row.volume).both,
            row.cutoff,
            row.estimate_t,
            row.truth_t,
            row.ratio,
        )
        for belt, deposit, result in newest_estimates(report)
        for row in result.truth
    ]
    return Sheet("真值 Truth", fields, tuple(rows))


def provenance_sheet(report: SiteReport) -> Sheet:
    """Hashes and ledger entries of every figure."""
    fields = (
        *_WHO,
        Field(Text("数据指纹", "Data hash"), width=66),
        Field(Text("参数指纹", "Plan hash"), width=66),
        Field(Text("模型指纹", "Model hash"), width=66),
        Field(Text("引擎版本", "Engine version")),
        Field(Text("台账编号", "Ledger entry"), "", 0),
        Field(Text("登记链指纹", "Entry chain hash"), width=66),
    )
    rows = []
    for belt, deposit, _newest in newest_estimates(report):
        for result in report.results[deposit.id]:
            entry = report.ledger.entry(deposit.id, result.vintage)
            rows.append(
                (
                    *_who(belt, deposit, result.vintage),
                    result.data_hash,
                    result.plan_hash,
                    result.model_hash,
                    result.engine_version,
                    entry.number if entry else None,
                    entry.entry_hash if entry else "",
                )
            )
    return Sheet("来源 Provenance", fields, tuple(rows))
