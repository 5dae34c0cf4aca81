"""Filled forms of records from outside, for tests: the empty form's own example, with changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from reporting.record_form import form_workbook
from tracking.forms.checks import KnownDeposit, checked_figure
from tracking.forms.outside import OutsideFigure
from tracking.forms.reading import Form, read_form
from tracking.forms.words import form_fields, form_texts, form_version, sheet_name

TODAY = date(2026, 11, 21)
KNOWN = {"gangdese-syn": KnownDeposit("gangdese", "西藏")}


def example_header(**changes: str | None) -> dict[str, str]:
    """The example's header block with changes; None leaves a field blank."""
    header = {f.key: f.example for f in form_fields("header") if f.example}
    return {key: text for key, text in (header | changes).items() if text is not None}


def example_rows() -> list[dict[str, str]]:
    """The example's rows: measured, indicated, inferred; low grade; Mo; Re; proved reserve."""
    return [dict(row) for row in form_texts().example_rows]


def row(class_name: str, metal: str, **more: str) -> dict[str, str]:
    """One row of copper in 万t; keys of ``more`` are added or take the place of these."""
    return {"class": class_name, "element": "Cu", "metal": metal, "metal_unit": "万t"} | more


def write(path: Path, header: dict[str, str], rows: Sequence[dict[str, str]]) -> Path:
    """Write a filled form, YAML or XLSX by the ending."""
    if path.suffix == ".yaml":
        plain = {"form": form_version(), "header": header, "figures": list(rows)}
        path.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), "utf-8")
        return path
    book = openpyxl.load_workbook(BytesIO(_empty()))
    top, table = book[sheet_name("header")], book[sheet_name("figures")]
    lines = {top.cell(n, 1).value: n for n in range(4, top.max_row + 1)}
    for key, text in header.items():
        line = lines.get(key) or top.max_row + 1
        top.cell(line, 1, key)
        top.cell(line, 3, _typed(text))
    keys = {field.key: n for n, field in enumerate(form_fields("figures"), start=1)}
    for number, cells in enumerate(rows, start=2):
        for key, text in cells.items():
            if key not in keys:
                keys[key] = len(keys) + 1
                table.cell(1, keys[key], key)
            table.cell(number, keys[key], _typed(text))
    book.save(path)
    return path


def checked(path: Path) -> tuple[Form, OutsideFigure | None]:
    """Read and check one form."""
    form = read_form(path)
    return form, checked_figure(form, TODAY, KNOWN)


def codes(form: Form) -> set[str]:
    """Codes of the form's findings."""
    return {found.code for found in form.findings}


def whole(path: Path, header: dict[str, str], rows: list[dict[str, str]]) -> Any:
    """Content of a form that must be whole."""
    form, figure = checked(write(path, header, rows))
    assert figure is not None, form.findings
    return figure.content


@lru_cache(maxsize=1)
def _empty() -> bytes:
    """The empty workbook, made once."""
    return form_workbook()


def _typed(text: str) -> Any:
    """A cell as a clerk's workbook holds it: numbers are numbers, dates are dates."""
    try:
        return date.fromisoformat(text) if text.count("-") == 2 else float(text)
    except ValueError:
        return text
