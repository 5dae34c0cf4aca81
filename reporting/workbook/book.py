"""The Excel workbook: the same figures as the site, as real numbers with their units.

Numbers are unrounded and shown at the trade's decimals; text is always text (a name that starts
with ``=`` stays a name); the same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timezone
from pathlib import Path
from typing import Any

import xlsxwriter

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult, ElementSupport
from reporting.limits import (
    CONTENT_NOTE,
    DAGGER,
    DOUBLE_DAGGER,
    SECTION,
    beyond_limit,
    mark_of,
)
from reporting.report import SiteReport
from reporting.rounding import is_number
from reporting.site.frame import named, shanghai
from reporting.tables import status_of
from reporting.units import (
    TOTAL_TEXT,
    Text,
    class_text,
    density_text,
    domain_text,
    grade_display,
    status_text,
    symbol,
)
from reporting.views.deposit import SOURCES
from reporting.workbook.growth import movement_sheet, official_sheet, target_sheet
from reporting.workbook.sheet import Field, Sheet

WORKBOOK = "downloads/bornite.xlsx"
"""Where the site offers it."""
BANNER = "合成数据 / SYNTHETIC DATA"
MARK = "内部估算，未经评审备案 / internal estimate, not filed"
CLASSES = (
    "GB/T 17766-2020: 探明 Measured, 控制 Indicated, 推断 Inferred; "
    "分别列出，不相加 / listed separately, never added"
)
INVENTED = "由程序生成，不代表任何真实矿床 / made by a program; no real deposit is described"
LIMITED = (
    "样品支撑所限，该元素不列入本类别，此处矿石中的金属量并入其“类别上限”所在行 / for want of "
    "samples the element is not stated in this class; the metal in this ore is listed in the row "
    "of its own 'Class limit' (by-products sheet)"
)
RECEIVING = (
    "含更高类别矿石中的该元素金属；品位与金属量按“数值所依矿石量”计 / "
    "includes the element's metal in surer ore; grade and metal rest on the column "
    "'Figure rests on ore'"
)
BLANK_SAID = (
    f"未评价，不是零；标 {DAGGER} 者列入其他行 / not evaluated, not zero; at {DAGGER} listed in "
    "another row"
)
SHARE_SAID = (
    "为全矿床（各类别合计矿石）的比例，逐行相同 / "
    "of the whole deposit's ore, all classes: the same in each of its rows"
)
LONGEST = 32_000
"""Characters kept of one cell's text; Excel's own limit is 32,767."""


def write_workbook(report: SiteReport, path: Path) -> Path:
    """Write every sheet of ``report`` to ``path``, atomically, and return the path.

    Tonnes of ore and metal are in t, movements in kg as in the ledger, grades in the unit of the
    units row; a blank cell means not evaluated.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(partial), options) as book:
        made = report.generated_at.astimezone(timezone.utc).replace(tzinfo=None)  # noqa: UP017
        book.set_properties({"title": "Bornite", "comments": MARK, "created": made})
        formats = _formats(book)
        for sheet in _sheets(report):
            _write_sheet(book, sheet, formats, synthetic=report.synthetic)
    partial.replace(path)
    return path


def _formats(book: Any) -> dict[str, Any]:
    """Cell formats: banner, mark, header, units, text, and one for each number of decimals."""
    formats = {
        "banner": book.add_format({"bold": True, "bg_color": "#FFE9B8", "font_color": "#5A3800"}),
        "mark": book.add_format({"font_color": "#9E2A22"}),
        "head": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bg_color": "#F1F2F4"}
        ),
        "unit": book.add_format({"italic": True, "font_color": "#55606C", "bottom": 1}),
        "text": book.add_format({"valign": "top"}),
    }
    for decimals in range(7):
        point = "." + "0" * decimals if decimals else ""
        formats[f"n{decimals}"] = book.add_format({"num_format": f"#,##0{point}"})
    return formats


def _write_sheet(book: Any, sheet: Sheet, formats: dict[str, Any], *, synthetic: bool) -> None:
    """One sheet: banner, mark, header, units, rows; the first four lines stay in view."""
    page = book.add_worksheet(sheet.name)
    if synthetic:
        page.write_string(0, 0, BANNER, formats["banner"])
    page.write_string(1, 0, MARK, formats["mark"])
    for column, field in enumerate(sheet.fields):
        page.write_string(2, column, field.name.both.replace(" / ", "\n"), formats["head"])
        page.write_string(3, column, field.unit, formats["unit"])
        page.set_column(column, column, field.width)
    for row, values in enumerate(sheet.rows, start=4):
        for column, (field, value) in enumerate(zip(sheet.fields, values, strict=True)):
            if field.decimals is None:
                page.write_string(row, column, _text(value), formats["text"])
            elif is_number(value):
                page.write_number(row, column, float(value), formats[f"n{field.decimals}"])
    page.set_row(2, 32)
    page.freeze_panes(4, 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, 3)


def _text(value: object) -> str:
    """Text of a cell, cut at Excel's limit; nothing where there is nothing."""
    return "" if value is None else str(value)[:LONGEST]


def _sheets(report: SiteReport) -> Iterator[Sheet]:
    """Every sheet in order; one without a row is left out."""
    yield _notes(report)
    rooms = (
        *(_resource, _byproducts, movement_sheet, target_sheet),
        *(official_sheet, _truth, _provenance),
    )
    yield from (sheet for sheet in (room(report) for room in rooms) if sheet.rows)


def _estimates(report: SiteReport) -> Iterator[tuple[Belt, Deposit, DepositResult]]:
    """Every deposit's newest estimate, in order of belts."""
    for belt in report.belts:
        for deposit in report.estimated(belt):
            yield belt, deposit, report.results[deposit.id][-1]


def _notes(report: SiteReport) -> Sheet:
    """What the workbook is, and how to read it."""
    lines = [
        ("状态 / status", MARK),
        ("运行编号 / run", report.run_id),
        ("程序版本 / code version", report.code_version),
        ("生成时间 / generated (Asia/Shanghai)", shanghai(report.generated_at)),
        ("分类 / classes", CLASSES),
        ("合计 / totals", f"{TOTAL_TEXT.both}: 只见于变动与目标表 / movement and target only"),
        ("空白 / blank", BLANK_SAID),
        ("数值 / numbers", "未修约，按显示位数显示 / unrounded, shown at the stated decimals"),
        ("品位 / grade", "已评价矿石的平均值 / mean over evaluated ore"),
        ("矿床已评矿石占比 / deposit's share of ore evaluated", SHARE_SAID),
        (f"{DAGGER} 标记 / mark", LIMITED),
        (f"{DOUBLE_DAGGER} 标记 / mark", RECEIVING),
        (f"{SECTION} 标记 / mark", CONTENT_NOTE.both),
        ("储量 / reserves", "本工作簿不含储量 / no reserves are stated"),
    ]  # fmt: skip
    if report.synthetic:
        lines.insert(0, ("数据 / data", f"{BANNER}: {INVENTED}"))
    for _, deposit, result in _estimates(report):
        missing = [f"{one['zh']} / {one['en']}" for one in result.extras.get("left_out", ())]
        lines += [(f"未计入 / left out: {deposit.id}", one) for one in missing]
        lines += [(f"说明 / note: {deposit.id}", note) for note in result.statement.notes]
    fields = (
        Field(Text("项目", "Item"), width=38),
        Field(Text("内容", "Content"), width=100),
    )
    return Sheet("说明 Notes", fields, tuple(lines))


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


def _resource(report: SiteReport) -> Sheet:
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
    for belt, deposit, result in _estimates(report):
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


def _byproducts(report: SiteReport) -> Sheet:
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
    for belt, deposit, result in _estimates(report):
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


def _truth(report: SiteReport) -> Sheet:
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
        for belt, deposit, result in _estimates(report)
        for row in result.truth
    ]
    return Sheet("真值 Truth", fields, tuple(rows))


def _provenance(report: SiteReport) -> Sheet:
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
    for belt, deposit, _newest in _estimates(report):
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
