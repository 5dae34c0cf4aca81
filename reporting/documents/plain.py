"""The workbook's sheets as plain tables (CSV), and the dictionary of their columns.

UTF-8 with a byte order mark, so that a spreadsheet opens Chinese rightly; numbers unrounded; codes
as codes, which the dictionary explains; a text that a spreadsheet would take for a formula has an
apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.files import write_whole
from reporting.facts.comparison import comparison_rows
from reporting.report import SiteReport
from reporting.rounding import is_number, raw
from reporting.site.room import Audience
from reporting.units import CLASS_TEXT, Text
from reporting.workbook.book import sheets_of
from reporting.workbook.sheet import Field, count_field
from reporting.workbook.standing import STANDING, standing

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First signs by which spreadsheets take a text for a formula, full-width ones too."""
NO_TABLES = ("说明 Notes",)
"""Sheets for people alone."""
DICTIONARY = "data-dictionary"
TITLE = Text("数据字典：各表的列", "Data dictionary: the columns of every table")
COMPARISON = Text("各期对比数据（CSV）", "Every vintage's figures, to compare (CSV)")
_COMPARED = {
    "belt": Field(Text("成矿带编号", "Belt")),
    "deposit": Field(Text("矿床编号", "Deposit")),
    "vintage": Field(Text("数据截止", "Vintage")),
    "class": Field(Text("类别", "Class"), codes=CLASS_TEXT),
    "cutoff": Field(Text("边界品位", "Cut-off"), "主元素单位 / main element's unit", 2),
    "cutoff_element": Field(Text("边界品位所指元素", "Cut-off's element")),
    "ore_t": Field(Text("矿石量", "Ore"), "t", 0),
    "element": Field(Text("元素", "Element")),
    "grade": Field(Text("品位", "Grade"), "元素名所示单位 / unit of the element's name", 3),
    "metal_t": Field(Text("金属量", "Metal"), "t", 3),
    "evaluated_share": Field(Text("已评价矿石占比", "Share of ore evaluated"), "", 3),
    "data_hash": Field(Text("数据指纹", "Data hash")),
    "plan_hash": Field(Text("参数指纹", "Plan hash")),
    "engine_version": Field(Text("引擎版本", "Engine version")),
    "entry": count_field(Text("台账编号", "Ledger entry")),
    "replaces": Field(Text("取代的台账编号", "Replaces ledger entries")),
}
"""Columns of the comparison's rows."""
_HEAD = ("table", "column", "meaning_zh", "meaning_en", "unit", "type", "codes")


@dataclass(frozen=True)
class PlainTable:
    """One table as text: its file's name, its columns, its rows."""

    name: str
    title: Text
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Headings: the English names in lower case, joined by ``_``, each one only once."""
        names: list[str] = []
        for field in self.fields:
            name = re.sub(r"[^a-z0-9]+", "_", field.name.en.lower()).strip("_")
            names.append(name if name not in names else f"{name}_{len(names) + 1}")
        return tuple(names)

    def write(self, path: Path) -> None:
        """Write the table to ``path``, whole or not at all."""
        lines = (
            [plain_cell(field, value) for field, value in zip(self.fields, row, strict=True)]
            for row in self.rows
        )
        _write(path, [self.columns, *lines])


def plain_tables(report: SiteReport, audience: Audience) -> tuple[PlainTable, ...]:
    """The workbook's sheets as tables, without its notes, and every vintage's figures in rows."""
    made = []
    for sheet in sheets_of(report, audience):
        if sheet.name not in NO_TABLES:
            zh, en = sheet.name.split(" ", 1)
            title = Text(f"{zh}表（CSV）", f"{en} table (CSV)")
            made.append(PlainTable(en.lower(), title, sheet.fields, sheet.rows))
    made.append(_comparison(report))
    return tuple(made)


def _comparison(report: SiteReport) -> PlainTable:
    """Every vintage's figures, each with where it stands."""
    stands = {
        (result.deposit_id, result.vintage.isoformat()): standing(report, [result])
        for results in report.results.values()
        for result in results
    }
    rows = tuple(
        (
            *(_value(field, row[name]) for name, field in _COMPARED.items()),
            *stands[row["deposit"], row["vintage"]],
        )
        for row in comparison_rows(report)
    )
    return PlainTable("comparison", COMPARISON, (*_COMPARED.values(), *STANDING), rows)


def _value(field: Field, text: str) -> float | str | None:
    """A cell of the comparison: a number where its column is one."""
    if field.decimals is None:
        return text
    if not text:
        return None
    return int(text) if field.whole else float(text)


def dictionary_table(tables: Sequence[PlainTable]) -> PlainTable:
    """What every column of every table means, and its unit."""
    rows = [
        (
            table.name,
            name,
            field.meaning.zh,
            field.meaning.en,
            field.unit,
            _kind(field),
            "; ".join(f"{code} = {text.both}" for code, text in (field.codes or {}).items()),
        )
        for table in tables
        for name, field in zip(table.columns, table.fields, strict=True)
    ]
    return PlainTable(DICTIONARY, TITLE, tuple(Field(Text(n, n)) for n in _HEAD), tuple(rows))


def _kind(field: Field) -> str:
    """What the cells of a column are."""
    if field.decimals is not None:
        return "integer" if field.whole else "number"
    return "code" if field.codes else "text"


def plain_cell(field: Field, value: object) -> str:
    """A cell: a number unrounded; a text that no spreadsheet takes for a formula; else blank."""
    if value is None:
        return ""
    if field.decimals is not None:
        return raw(value) if isinstance(value, int | float) and is_number(value) else ""
    text = "".join(sign for sign in str(value) if sign.isprintable() or sign in "\t\n ")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _write(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Write lines as CSV: UTF-8 with a byte order mark, CR LF as spreadsheets write it."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(lines)
    write_whole(path, buffer.getvalue().encode("utf-8-sig", "replace"))
