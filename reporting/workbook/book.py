"""The Excel workbook: the same figures as the site, as real numbers with their units.

Numbers are unrounded and shown at the trade's decimals; text is always text (a name that starts
with ``=`` stays a name); the same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timezone
from pathlib import Path
from typing import Any

import xlsxwriter

from estimation.results import DepositResult
from reporting.limits import CONTENT_NOTE, DAGGER, DOUBLE_DAGGER, SECTION
from reporting.report import SiteReport
from reporting.rounding import interval_digits, is_number, places_of, round_half_even
from reporting.site.frame import shanghai
from reporting.site.room import BUREAU, Audience
from reporting.units import TOTAL_TEXT, Text, bilingual, seen
from reporting.views.deposit import with_domains
from reporting.workbook.certainty import approvals_sheet, chances_sheet, uncertainty_sheet
from reporting.workbook.estimates import (
    ALL_DOMAINS,
    ALL_SAID,
    byproducts_sheet,
    newest_estimates,
    provenance_sheet,
    resource_sheet,
    truth_sheet,
)
from reporting.workbook.growth import movement_sheet, official_sheet, target_sheet
from reporting.workbook.sheet import Field, Sheet
from reporting.workbook.standing import mark_line

WORKBOOK = "downloads/bornite.xlsx"
"""Where the site offers it."""
BANNER = "合成数据 / SYNTHETIC DATA"
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
TOTALS_SAID = (
    f"{TOTAL_TEXT.both}: 各类别只在“变动”“目标”“目标概率”三表中相加；“真值”表的检验范围可跨类别，"
    "是检验，不是资源量；“官方”表照录备案数，含未分类别者 / classes are added on the sheets "
    "Movement, Target and Chances alone; volumes of the sheet Truth may span classes, as a test "
    "and no resource; the sheet Official gives filed figures as they are, undivided ones too"
)
NUMBERS_SAID = (
    "未修约，按显示位数显示；P10、P50、P90 至少取三位有效数字，区间窄时取至其宽度有两位"
    "（CSV 中未修约） / unrounded, shown at the stated decimals; P10, P50 and P90 of at least "
    "three significant figures, of more where the interval is narrow, so that its width has two "
    "(unrounded in the CSV)"
)
RESERVES_SAID = (
    "内部估算不含储量；“官方”表照录备案的储量，为备忘，已含于资源量 / "
    "our estimates state no reserves; the sheet Official gives filed ones as a "
    "memo, which the resource already includes"
)
LONGEST = 32_000
"""Characters kept of one cell's text; Excel's own limit is 32,767."""


def write_workbook(report: SiteReport, path: Path, audience: Audience = BUREAU) -> Path:
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
    mark = _mark_of_all(report)
    notes, *others = sheets_of(report, audience)
    stamped = replace(notes, rows=(*_run_lines(report), *notes.rows))
    with xlsxwriter.Workbook(str(partial), options) as book:
        made = report.generated_at.astimezone(timezone.utc).replace(tzinfo=None)  # noqa: UP017
        book.set_properties({"title": "Bornite", "comments": mark, "created": made})
        formats = _formats(book)
        for sheet in (stamped, *others):
            page = _write_sheet(book, sheet, formats)
            page.write_string(0, 0, BANNER if report.synthetic else "", formats["banner"])
            page.write_string(1, 0, mark, formats["mark"])
    partial.replace(path)
    return path


def sheets_of(report: SiteReport, audience: Audience = BUREAU) -> Iterator[Sheet]:
    """Every sheet in order, but for the lines that name the run; one without a row is left out.

    The public's holds no name of a file.
    """
    yield _notes(report, audience)
    figures = (resource_sheet, byproducts_sheet, uncertainty_sheet)
    growth = (movement_sheet, target_sheet, chances_sheet, official_sheet)
    made = [make(report) for make in (*figures, *growth)]
    made.append(approvals_sheet(report, audience))
    made += [make(report) for make in (truth_sheet, provenance_sheet)]
    yield from (sheet for sheet in made if sheet.rows)


def _mark_of_all(report: SiteReport) -> str:
    """What every sheet says under its banner: filed or not, preliminary or final, embargo."""
    return mark_line(report, [result for _belt, _deposit, result in newest_estimates(report)])


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


def _write_sheet(book: Any, sheet: Sheet, formats: dict[str, Any]) -> Any:
    """One sheet from its third line on: header, units, rows; the first four lines stay in view."""
    page = book.add_worksheet(sheet.name)
    for column, field in enumerate(sheet.fields):
        page.write_string(2, column, _heading(field), formats["head"])
        page.write_string(3, column, field.unit, formats["unit"])
        page.set_column(column, column, field.width)
    for row, values in enumerate(sheet.rows, start=4):
        for column, (field, value) in enumerate(zip(sheet.fields, values, strict=True)):
            if field.decimals is None:
                page.write_string(row, column, _text(field.word(value)), formats["text"])
            elif is_number(value):
                shown, decimals = _shown(sheet, values, field, value)
                page.write_number(row, column, shown, formats[f"n{decimals}"])
    page.set_row(2, 32)
    page.freeze_panes(4, 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, 3)
    return page


def _heading(field: Field) -> str:
    """A column's name in both languages, one below the other."""
    return "\n".join(dict.fromkeys((field.name.zh, field.name.en)))


def _shown(sheet: Sheet, values: tuple[Any, ...], field: Field, value: Any) -> tuple[float, int]:
    """A number as its cell holds it, and its decimals: of an interval in few figures."""
    decimals = field.decimals or 0
    if field.between is None:
        return float(value), decimals
    names = [one.name.en for one in sheet.fields]
    low, high = (values[names.index(end)] for end in field.between)
    places = places_of(value, interval_digits(low, high), decimals)
    return float(round_half_even(value, places)), max(places, 0)


def _text(words: str) -> str:
    """Text of a cell without unseen signs, cut at Excel's limit."""
    return seen(words)[:LONGEST]


def _run_lines(report: SiteReport) -> tuple[tuple[str, str], ...]:
    """Which run wrote the workbook, and when."""
    return (
        ("运行编号 / run", report.run_id),
        ("程序版本 / code version", report.code_version),
        ("生成时间 / generated (Asia/Shanghai)", shanghai(report.generated_at)),
    )


def _notes(report: SiteReport, audience: Audience) -> Sheet:
    """What the workbook is, and how to read it."""
    lines = [
        ("状态 / status", _mark_of_all(report)),
        ("分类 / classes", CLASSES),
        ("合计 / totals", TOTALS_SAID),
        (ALL_DOMAINS.both, ALL_SAID.both),
        ("空白 / blank", BLANK_SAID),
        ("数值 / numbers", NUMBERS_SAID),
        ("公式 / formulas", "本工作簿不含公式 / there is no formula in this workbook"),
        ("品位 / grade", "已评价矿石的平均值 / mean over evaluated ore"),
        ("矿床已评矿石占比 / deposit's share of ore evaluated", SHARE_SAID),
        (f"{DAGGER} 注记 / sign", LIMITED),
        (f"{DOUBLE_DAGGER} 注记 / sign", RECEIVING),
        (f"{SECTION} 注记 / sign", CONTENT_NOTE.both),
        ("储量 / reserves", RESERVES_SAID),
    ]  # fmt: skip
    if report.synthetic:
        lines.insert(0, ("数据 / data", f"{BANNER}: {INVENTED}"))
    for _, deposit, result in newest_estimates(report):
        for one in _left_out(result, audience):
            lines.append((f"未计入 / left out: {deposit.id}", one))
        notes = (with_domains(bilingual(note)).both for note in result.statement.notes)
        lines += [(f"说明 / note: {deposit.id}", note) for note in notes]
    fields = (
        Field(Text("项目", "Item"), width=38),
        Field(Text("内容", "Content"), width=100),
    )
    return Sheet("说明 Notes", fields, tuple(lines))


def _left_out(result: DepositResult, audience: Audience) -> Iterator[str]:
    """What an estimate leaves out, and why; the public is told of whose ground, not of files."""
    for one in result.extras.get("left_out", ()):
        domain = one.get("domain", "")
        if domain and not audience.files:
            yield f"矿化域 {domain} 的全部或部分 / domain {domain}, the whole or a part of it"
        else:
            yield f"{one['zh']} / {one['en']}"
