"""The statutory forms as files: a workbook as a bureau files them, or one flat table.

Quantities stand in the forms' own units with all their decimals, whole kilograms all the way, so
the printed columns foot as the ledger does.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

from geo.files import write_whole
from reporting.units import TOTAL_TEXT, Text, class_text, domain_text, element_text, seen
from reporting.workbook.book import BANNER
from tracking.movement.attribution import FACTOR_NAMES
from tracking.movement.growth_types import GROWTH_TYPES
from tracking.movement.movement import ORE, TOTAL, Movement
from tracking.movement.statutory import Column, StatutoryForm, StatutoryRow

SHEETS = {"ledger": "变动台帐 Ledger", "annual": "统计基础表 Annual"}
CAUSES, NOTES = "变动归因 Causes", "说明 Notes"
UNVERIFIED = Text(
    "未与原文核对，报送前须核对", "not compared with the text itself: check before filing"
)
RULES = (
    (
        "年末保有 = 年初保有 − 开采量 − 损失量 + 勘查增减 + 重算增减 − 压覆 / "
        "closing = opening − mined − lost + exploration + recalculation − overlain"
    ),
    (
        "年末累计 = 年初累计 + 勘查增减 + 重算增减 / "
        "closing cumulative = opening cumulative + exploration + recalculation"
    ),
    (
        "资源量包含储量，两者不相加；合计（统计口径）仅供统计 / "
        "resources contain reserves, which are never added; class totals are statistics only"
    ),
)
"""What every file of forms says of its columns."""
MIXED = Text(
    "套改类别与现行类别之间：类别间增减可能出自套改",
    "between converted and native classes: a change between classes may be the conversion's",
)
"""Said where one end of a period has converted classes and the other has not."""
_STOCKS = {
    "reported": Text("", ""),
    "industrial": Text("工业矿", "industrial"),
    "low_grade": Text("低品位矿", "low grade"),
}
_ITEMS = {"ore": Text("矿石", "ore"), "metal": Text("金属", "metal")}
_WIDTHS = {"ore_type": 26, "class": 20, "period": 26, "remark": 30, "code": 8}
_QUANTITY_WIDTH = 19
_NO_DAY = date(2000, 1, 1)


Figure = tuple[str, date]
"""Deposit and effective date of a figure of one account."""


@dataclass(frozen=True)
class StatutoryFile:
    """What a file of forms is written from."""

    forms: Sequence[StatutoryForm]
    movements: Sequence[Movement]
    """Lines whose causes are listed beneath the forms, classes added too."""
    orders: Sequence[str] = ()
    """For each attribution, the order its factors were advanced in, in words."""
    synthetic: frozenset[Figure] = frozenset()
    """Figures that a program made from invented data: marked wherever they stand."""
    converted: Mapping[Figure, tuple[str, str]] = field(default_factory=dict)
    """Figures whose classes are converted from older codes, and the words that say so."""

    def mark(self, form: StatutoryForm) -> str:
        """Whether a form can be filed, and what its figures are: synthetic, filed, converted."""
        days = {day for row in form.rows for day in (row.opening, row.closing)}
        figures = [(form.deposit_id, day) for day in sorted(days)]
        banner = f"{BANNER} " * any(figure in self.synthetic for figure in figures)
        old: dict[str, list[str]] = {}
        for figure in figures:
            if figure in self.converted:
                old.setdefault(" / ".join(self.converted[figure]), []).append(str(figure[1]))
        barred = not_for_filing(form)
        said = [barred.both] if barred else []
        said += [f"{'、'.join(dates)} 类别 classes: {words}" for words, dates in old.items()]
        return "；".join([banner + form.mark[0], *said])

    def row(self, form: StatutoryForm, row: StatutoryRow) -> StatutoryRow:
        """A row whose remark says where it leads from converted classes to native ones."""
        ends = [(form.deposit_id, day) in self.converted for day in (row.opening, row.closing)]
        if len(set(ends)) == 1:
            return row
        zh, en = row.remark
        return replace(row, remark=(f"{zh}；{MIXED.zh}", f"{en}; {MIXED.en}"))


def not_for_filing(form: StatutoryForm) -> Text | None:
    """Why a form can't be filed: a period of it is not one whole statistics year; None: it can."""
    periods = dict.fromkeys((row.opening, row.closing) for row in form.rows)
    odd = [f"{first} – {last}" for first, last in periods if not _whole_year(first, last)]
    if not odd:
        return None
    return Text(
        f"非报送：{'、'.join(odd)} 不是一个完整的统计年度（上年 12 月 31 日至本年 12 月 31 日）",
        f"not for filing: {', '.join(odd)} is not one whole statistics year (31 December to 31 "
        "December)",
    )


def _whole_year(first: date, last: date) -> bool:
    """Whether figures of two days are those of the ends of one calendar year."""
    return (first.month, first.day) == (12, 31) and last == first.replace(year=first.year + 1)


def write_statutory(path: Path, content: StatutoryFile) -> Path:
    """Write ``path``, a workbook (``.xlsx``) or a flat table (``.csv``), whole or not at all.

    Raises
    ------
    ValueError
        The name ends otherwise.
    """
    made: dict[str, Callable[[StatutoryFile], bytes]] = {".xlsx": _workbook, ".csv": _flat}
    if path.suffix.lower() not in made:
        raise ValueError(f"{path.name}: .xlsx or .csv / 只写 .xlsx 或 .csv")
    write_whole(path, made[path.suffix.lower()](content))
    return path


def cell_text(row: StatutoryRow, column: Column) -> str:
    """What a cell says, in Chinese; quantities in the row's unit, exactly."""
    if column.is_quantity:
        return row.amount(column.key)
    texts = {
        "period": f"{row.opening} 至 {row.closing}",
        "ore_type": ore_type(row),
        "class": row.class_words[0],
        "code": row.code,
        "remark": row.remark[0],
    }
    return texts[column.key]


def ore_type(row: StatutoryRow) -> str:
    """矿石类型 of a row: its domains, its stock, and whether it is ore or metal."""
    kinds = "、".join(domain_text(name).zh for name in row.domains if name)
    parts = (kinds, _STOCKS[row.stock].zh, _ITEMS[row.item].zh)
    return " · ".join(part for part in parts if part)


def _flat(content: StatutoryFile) -> bytes:
    """One line a row, the form's header repeated; UTF-8 with a mark, for spreadsheets."""
    headers = list(dict.fromkeys(words[0] for f in content.forms for words, _ in f.header))
    columns = list(dict.fromkeys(c.words[0] for f in content.forms for c in f.columns))
    text = io.StringIO(newline="")
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["表", "性质", *headers, "计量单位", *columns])
    for form in content.forms:
        header = {words[0]: value for words, value in form.header}
        mark = content.mark(form)
        for row in (content.row(form, one) for one in form.rows):
            cells = {column.words[0]: cell_text(row, column) for column in form.columns}
            out.writerow(
                [
                    form.title[0],
                    mark,
                    *(header.get(name, "") for name in headers),
                    row.unit.words[0],
                    *(cells.get(name, "") for name in columns),
                ]
            )
    return text.getvalue().encode("utf-8-sig")


def _workbook(content: StatutoryFile) -> bytes:
    """Both forms on a sheet each, the causes beneath, and where the forms' words come from."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        # the forms' own day, not the clock's: the same forms give the same bytes
        day = max((row.closing for form in content.forms for row in form.rows), default=_NO_DAY)
        book.set_properties({"created": datetime.combine(day, time())})
        formats = _formats(book)
        for table, name in SHEETS.items():
            forms = [form for form in content.forms if form.table == table]
            if forms:
                _write_forms(book.add_worksheet(name), forms, formats, content)
        _write_causes(book.add_worksheet(CAUSES), content, formats)
        _write_notes(book.add_worksheet(NOTES), content, formats)
    return buffer.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    """Cell formats; quantities by their decimals."""
    line = {"border": 1, "font_name": "SimSun", "font_size": 10}
    formats = {
        "title": book.add_format({"bold": True, "font_size": 14, "font_name": "SimHei"}),
        "mark": book.add_format({"font_color": "#9E2A22", "font_name": "SimSun"}),
        "header": book.add_format({"font_name": "SimSun", "font_size": 10}),
        "head": book.add_format({**line, "bold": True, "text_wrap": True, "align": "center"}),
        "english": book.add_format({**line, "italic": True, "text_wrap": True, "font_size": 8}),
        "text": book.add_format({**line, "text_wrap": True}),
    }
    for decimals in range(7):
        point = "." + "0" * decimals if decimals else ""
        formats[f"n{decimals}"] = book.add_format({**line, "num_format": f"#,##0{point}"})
    return formats


def _write_forms(
    page: Any, forms: Sequence[StatutoryForm], formats: dict[str, Any], content: StatutoryFile
) -> None:
    """Forms beneath one another, each with its title, mark, header, headings and rows."""
    top = 0
    for form in forms:
        page.write_string(top, 0, form.title[0], formats["title"])
        page.write_string(top + 1, 0, content.mark(form), formats["mark"])
        header = "    ".join(f"{words[0]}：{value}" for words, value in form.header)
        page.write_string(top + 2, 0, header, formats["header"])
        for place, column in enumerate(form.columns):
            width = _QUANTITY_WIDTH if column.is_quantity else _WIDTHS[column.key]
            page.set_column(place, place, width)
            page.write_string(top + 3, place, column.words[0], formats["head"])
            page.write_string(top + 4, place, column.words[1], formats["english"])
        for below, row in enumerate(form.rows, start=top + 5):
            _write_row(page, below, form.columns, content.row(form, row), formats)
        top += len(form.rows) + 7
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _write_row(
    page: Any, place: int, columns: Sequence[Column], row: StatutoryRow, formats: dict[str, Any]
) -> None:
    """One row; a quantity that the form doesn't have stays an empty cell."""
    number = formats[f"n{len(str(row.unit.kg)) - 1}"]
    for across, column in enumerate(columns):
        text = cell_text(row, column)
        if column.is_quantity and text:
            page.write_number(place, across, float(text), number)
        else:
            page.write_string(place, across, seen(text), formats["text"])


def _write_causes(page: Any, content: StatutoryFile, formats: dict[str, Any]) -> None:
    """The geologist's split: causes, then kinds of growth; both add up to the change, in kg."""
    bars = _names(FACTOR_NAMES, (line.bars for line in content.movements))
    kinds = _names(GROWTH_TYPES, (line.growth for line in content.movements))
    head = ["矿床 Deposit", "期初 From", "期末 To", "项目 Item", "类别 Class", "变动 Change (kg)"]
    head += [f"因素 {zh} {en}" for zh, en in bars.values()]
    head += [f"类型 {zh} {en}" for zh, en in kinds.values()]
    for across, words in enumerate(head):
        page.write_string(0, across, words, formats["head"])
    page.set_column(0, len(head) - 1, 18)
    for below, line in enumerate(content.movements, start=1):
        total = line.class_name == TOTAL
        item = _ITEMS["ore"].zh if line.element == ORE else element_text(line.element).zh
        stock = _STOCKS[line.stock].zh
        ends = {(line.deposit_id, day) for day in (line.opening_vintage, line.closing_vintage)}
        place = [
            line.deposit_id + "（合成 synthetic）" * bool(ends & content.synthetic),
            str(line.opening_vintage),
            str(line.closing_vintage),
            f"{item} {stock}".strip(),
            TOTAL_TEXT.zh if total else class_text(line.class_name).zh,
        ]
        for across, word in enumerate(place):
            page.write_string(below, across, word, formats["text"])
        amounts = [line.closing_kg - line.opening_kg]
        amounts += [line.bars.get(name, 0) for name in bars]
        amounts += [line.growth.get(name, 0) for name in kinds]
        for across, kg in enumerate(amounts, start=len(place)):
            page.write_number(below, across, kg, formats["n0"])
    page.freeze_panes(1, 5)


def _names(known: dict[str, tuple[str, str]], found: Iterable[Any]) -> dict[str, tuple[str, str]]:
    """Names that stand in the lines, in the printed order; what no factor explains comes last."""
    used = {name for one in found for name in one}
    every = {**known, "not_separated": GROWTH_TYPES["not_separated"]}
    return {name: words for name, words in every.items() if name in used}


def _write_notes(page: Any, content: StatutoryFile, formats: dict[str, Any]) -> None:
    """Where the forms' columns come from, and the order of every split."""
    notes = []
    for form in {form.table: form for form in content.forms}.values():
        checked = "" if form.verified else f"（{UNVERIFIED.zh} / {UNVERIFIED.en}）"
        notes.append(f"{form.title[0]} / {form.title[1]}: {form.citation}{checked}")
    notes += [*RULES, *content.orders]
    page.set_column(0, 0, 120)
    for below, words in enumerate(notes):
        page.write_string(below, 0, words, formats["text"])
