"""The empty form of a record from outside: a workbook with drop-downs, or a commented YAML file.

Both are made from the same words as the form's reading (``data/dictionaries/records.yaml``), and
both carry a fictitious example that is whole.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter
import yaml

from tracking.forms.words import (
    FormField,
    choice_texts,
    form_fields,
    form_texts,
    form_version,
    provinces,
    sheet_name,
)

TITLE = "外部资源量登记表 / Form of a resource figure from outside"
ROWS = 400
"""Rows of the figures that the drop-downs are set for."""
HEADINGS = (
    "键 Key",
    "项目 / Item",
    "值 / Value",
    "填写 / Needed",
    "说明 / Note",
    "示例 / Example",
)
WIDTHS = (18, 34, 44, 26, 60, 40)
MADE = datetime(2025, 1, 1)
"""Date inside the workbook: the same form is the same bytes."""


def form_workbook() -> bytes:
    """The empty form as a workbook: header block, figures, example, notes, lists."""
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": TITLE, "created": MADE})
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "bg_color": "#F1F2F4"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "text": book.add_format({"num_format": "@", "bg_color": "#FFFBE6", "border": 1}),
            "date": book.add_format(
                {"num_format": "yyyy-mm-dd", "bg_color": "#FFFBE6", "border": 1, "align": "left"}
            ),
            "number": book.add_format({"bg_color": "#FFFBE6", "border": 1, "align": "left"}),
        }
        pages = {name: book.add_worksheet(sheet_name(name)) for name in SHEETS}
        ranges = _lists(pages["lists"], formats)
        _header(pages["header"], formats, ranges)
        _figures(pages["figures"], formats, ranges)
        _example(pages["example"], formats)
        _notes(pages["notes"], formats)
    return stream.getvalue()


SHEETS = ("header", "figures", "example", "notes", "lists")


def _lists(page: Any, formats: dict[str, Any]) -> dict[str, str]:
    """Write every list of choices; return the range that each drop-down is fed from."""
    fields = (*form_fields("header"), *form_fields("figures"))
    offered = {f.choices: choice_texts(f.choices) for f in fields if f.choices}
    texts = form_texts()
    offered |= {"class": texts.classes, "element": texts.elements, "province": provinces()}
    ranges = {}
    for column, (name, choices) in enumerate(offered.items()):
        page.write_string(0, column, name, formats["head"])
        page.set_column(column, column, 22)
        for row, choice in enumerate(choices, start=1):
            page.write_string(row, column, choice)
        letter = chr(ord("A") + column)
        ranges[name] = f"='{sheet_name('lists')}'!${letter}$2:${letter}${len(choices) + 1}"
    return ranges


def _header(page: Any, formats: dict[str, Any], ranges: dict[str, str]) -> None:
    """The header block: one line for each field."""
    page.write_string(0, 0, form_version(), formats["head"])
    page.write_string(0, 1, TITLE, formats["head"])
    for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
        page.write_string(2, column, heading, formats["head"])
        page.set_column(column, column, width)
    needed = form_texts().needed
    for row, field in enumerate(form_fields("header"), start=3):
        note = f"{field.note_zh} / {field.note_en}" if field.note_zh else ""
        cells = (field.key, field.heading, None, needed[field.needed], note, field.example)
        for column, text in enumerate(cells):
            if text is None:
                page.write_blank(row, column, None, formats[_format(field)])
            else:
                page.write_string(row, column, text, formats["wrap"])
        _validate(page, (row, 2, row, 2), field, ranges)
    page.freeze_panes(3, 3)


def _figures(page: Any, formats: dict[str, Any], ranges: dict[str, str]) -> None:
    """The table of figures: headings, and drop-downs below them."""
    for column, field in enumerate(form_fields("figures")):
        page.write_string(0, column, field.heading, formats["head"])
        page.set_column(column, column, 16, formats["text" if field.kind == "text" else "number"])
        if field.note_zh:
            page.write_comment(0, column, f"{field.note_zh}\n{field.note_en}")
        _validate(page, (1, column, ROWS, column), field, ranges)
    page.set_row(0, 32)
    page.freeze_panes(1, 1)


def _format(field: FormField) -> str:
    """Cell format of a field."""
    if field.kind == "date":
        return "date"
    return "number" if field.kind in ("number", "integer", "year") else "text"


def _validate(
    page: Any, where: tuple[int, int, int, int], field: FormField, ranges: dict[str, str]
) -> None:
    """What the workbook itself lets be typed; the form's own check decides."""
    rule: dict[str, Any] | None = None
    if field.choices:
        rule = {"validate": "list", "source": ranges[field.choices]}
    elif field.key in ranges:  # offered, other words are allowed
        rule = {"validate": "list", "source": ranges[field.key], "error_type": "information"}
    elif field.key == "main_element":
        rule = {"validate": "list", "source": ranges["element"], "error_type": "information"}
    elif field.kind == "number":
        rule = {"validate": "decimal", "criteria": ">=", "value": 0}
    elif field.kind == "date":
        rule = {"validate": "date", "criteria": ">=", "value": datetime(1900, 1, 1)}
    if rule is not None:
        page.data_validation(*where, {**rule, "input_title": "", "ignore_blank": True})


def _example(page: Any, formats: dict[str, Any]) -> None:
    """The example's rows, under the headings of the figures; never read."""
    for column, field in enumerate(form_fields("figures")):
        page.write_string(0, column, field.heading, formats["head"])
        page.set_column(column, column, 16)
        for row, cells in enumerate(form_texts().example_rows, start=1):
            text = cells.get(field.key, "")
            if field.kind == "number" and text:
                page.write_number(row, column, float(text))
            else:
                page.write_string(row, column, text)
    page.set_row(0, 32)


def _notes(page: Any, formats: dict[str, Any]) -> None:
    """How to fill the form, in both languages."""
    page.set_column(0, 1, 80)
    page.write_string(0, 0, "填写说明", formats["head"])
    page.write_string(0, 1, "How to fill it in", formats["head"])
    for row, (zh, en) in enumerate(form_texts().notes, start=1):
        page.write_string(row, 0, zh, formats["wrap"])
        page.write_string(row, 1, en, formats["wrap"])


def form_yaml() -> str:
    """The empty form as YAML, every field with its meaning and an example as comments."""
    lines = [f"# {TITLE}"]
    lines += [f"# {text}" for note in form_texts().notes for text in note]
    lines += [f"form: {form_version()}", "header:"]
    needed = form_texts().needed
    for field in form_fields("header"):
        note = f"; {field.note_zh} / {field.note_en}" if field.note_zh else ""
        lines.append(f"  # {field.heading} ({needed[field.needed]}){note}")
        if field.choices:
            lines.append(f"  #   {' | '.join(choice_texts(field.choices))}")
        if field.example:
            lines.append(f"  #   {field.key}: {_quoted(field.example)}")
        lines.append(f"  {field.key}:")
    lines.append("# 每个类别、品级、矿种一行 / one row for each class, stock and element:")
    for field in form_fields("figures"):
        note = f"; {field.note_zh} / {field.note_en}" if field.note_zh else ""
        lines.append(f"#   {field.key}: {field.heading} ({needed[field.needed]}){note}")
        if field.choices:
            lines.append(f"#     {' | '.join(choice_texts(field.choices))}")
    lines.append("figures:")
    for row in form_texts().example_rows:
        cells = ", ".join(f"{key}: {_quoted(text)}" for key, text in row.items())
        lines.append(f"#  - {{{cells}}}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as YAML writes it on one line."""
    return str(yaml.safe_dump(text, allow_unicode=True, width=10_000)).splitlines()[0]
