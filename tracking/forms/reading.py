"""Reading a form (XLSX or YAML) into cells, each with the place it stands at.

Nothing is judged here but whether it is a form, and whether every key and heading is one of its
own: :mod:`tracking.forms.checks` judges what the cells say. A workbook is read within the limits of
:mod:`geo.formats.workbook`; no macro is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from geo.files import sha256
from geo.findings import Finding
from geo.formats import workbook
from geo.rules import finding
from geo.tables.sheets import Sheet, UnreadableError
from tracking.forms.words import Part, field_of, form_version, nearest_field, sheet_name

LARGEST_BYTES = 1 << 20
"""A form in YAML is a page or two."""
ENDINGS = (".xlsx", ".xlsm", ".yaml", ".yml")
"""Files that a form can be."""


@dataclass(frozen=True)
class Cell:
    """One value as written, and where it stands."""

    text: str
    row: int | None
    """Row of the sheet, or line of the YAML file."""
    column: str
    """Heading or key as the file writes it."""
    sheet: str | None = None


@dataclass
class Form:
    """One form as read; ``findings`` say what in it is no part of a form."""

    file: str
    sha256: str = ""
    header: dict[str, Cell] = field(default_factory=dict)
    """Field key -> cell; blank cells are left out."""
    figures: list[dict[str, Cell]] = field(default_factory=list)
    """One dict of column key -> cell for each row; blank cells and blank rows are left out."""
    findings: list[Finding] = field(default_factory=list)
    blank: dict[str, Cell] = field(default_factory=dict)
    """Places of header fields that are left blank, by key."""
    figures_sheet: str | None = None

    def say(self, code: str, cell: Cell | None = None, **words: Any) -> None:
        """Note what is wrong at a cell, or with the whole file."""
        place: dict[str, Any] = {}
        if cell is not None:
            place = {"sheet": cell.sheet, "row": cell.row, "column": cell.column}
            place["value"] = cell.text or None
        self.findings.append(finding(code, file=self.file, **place, **words))


def read_form(path: Path) -> Form:
    """Read one form; whatever is wrong with the file is among its findings, never raised."""
    form = Form(file=path.name)
    try:
        form.sha256 = sha256(path)
        reader = _READERS.get(path.suffix.lower())
        if reader is None:
            form.say("BN-LED-001", detail=f"{path.suffix or path.name}: {', '.join(ENDINGS)}")
            return form
        reader(path, form)
    except UnreadableError as error:
        form.findings.append(finding(error.code, file=form.file, **error.words))
    except OSError as error:
        form.say("BN-LED-001", detail=error.strerror or str(error))
    return form


def _read_workbook(path: Path, form: Form) -> None:
    """Cells of the two sheets that hold a form."""
    sheets = {sheet.name: sheet for sheet in workbook.read(path)}
    header, figures = (sheets.get(sheet_name(name)) for name in ("header", "figures"))
    if header is None or figures is None:
        wanted = f"{sheet_name('header')}, {sheet_name('figures')}"
        form.say("BN-LED-001", detail=f"sheets / 工作表: {wanted}")
        return
    rows = header.texts(range(len(header)))
    if not any(form_version() in row for row in rows):
        form.say("BN-LED-001", detail=f"{form_version()}: {sheet_name('header')} A1")
        return
    for number, row in zip(header.rows.tolist(), rows, strict=True):
        _header_row(form, header.name, number, row)
    form.figures_sheet = figures.name
    _figure_rows(form, figures)


def _header_row(form: Form, sheet: str | None, number: int, row: list[str]) -> None:
    """One line of the header block: key, item, value."""
    key, item, value = (cell.strip() for cell in (*row, "", "", "")[:3])
    if not key or key == form_version() or key.startswith("键"):
        return
    cell = Cell(value, number, item or key, sheet)
    known = field_of("header", key)
    if known is None:
        _unknown(form, "header", Cell(key, number, "键 / Key", sheet))
    elif not value:
        form.blank[known.key] = cell
    elif known.key in form.header:
        form.say("BN-LED-002", cell, name=known.key)
    else:
        form.header[known.key] = cell


def _figure_rows(form: Form, sheet: Sheet) -> None:
    """The table of figures below its heading row."""
    rows = sheet.texts(range(len(sheet)))
    numbers = sheet.rows.tolist()
    top = next((i for i, row in enumerate(rows) if _headings(row) >= 3), None)
    if top is None:
        form.say("BN-LED-001", detail=f"{sheet.name}: no headings / 没有表头")
        return
    keys: list[str | None] = []
    for heading in rows[top]:
        known = field_of("figures", heading) if heading.strip() else None
        if heading.strip() and known is None:
            _unknown(form, "figures", Cell(heading, numbers[top], heading, sheet.name))
        if known is not None and known.key in keys:
            form.say("BN-LED-002", Cell("", numbers[top], heading, sheet.name), name=known.key)
        keys.append(known.key if known else None)
    for number, row in zip(numbers[top + 1 :], rows[top + 1 :], strict=True):
        cells = {
            key: Cell(text.strip(), number, heading.strip(), sheet.name)
            for key, text, heading in zip(keys, row, rows[top], strict=True)
            if key is not None and text.strip()
        }
        if cells:
            form.figures.append(cells)


def _headings(row: list[str]) -> int:
    """How many cells of a row are headings of the figures."""
    return sum(1 for text in row if text.strip() and field_of("figures", text))


def _read_yaml(path: Path, form: Form) -> None:
    """Cells of a YAML form; rows are lines of the file."""
    if path.stat().st_size > LARGEST_BYTES:
        form.say("BN-LED-001", detail=f"> {LARGEST_BYTES >> 20} MiB")
        return
    try:
        top = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = " ".join(str(error).split())
        form.say("BN-LED-001", detail=f"YAML: {words}")
        return
    parts = dict(_pairs(top))
    version = parts.get("form")
    if version is None or getattr(version, "value", None) != form_version():
        form.say("BN-LED-001", detail=f"form: {form_version()}")
        return
    for name, node in parts.items():
        if name not in ("form", "header", "figures"):
            form.say("BN-LED-002", Cell("", _line(node), name), name=name)
    form.header = _cells(form, "header", parts.get("header"))
    listed = parts.get("figures")
    items = listed.value if isinstance(listed, yaml.SequenceNode) else []
    form.figures = [cells for item in items if (cells := _cells(form, "figures", item))]


def _cells(form: Form, part: Part, node: yaml.Node | None) -> dict[str, Cell]:
    """Keys and values of one mapping as cells."""
    cells: dict[str, Cell] = {}
    for name, value in _pairs(node):
        known = field_of(part, name)
        text = _text(value)
        if known is None:
            _unknown(form, part, Cell(name, _line(value), name))
        elif text is None or known.key in cells:
            form.say("BN-LED-002", Cell("", _line(value), name), name=name)
        elif text:
            cells[known.key] = Cell(text, _line(value), name)
        elif part == "header":
            form.blank[known.key] = Cell("", _line(value), name)
    return cells


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """Keys and value nodes of a mapping; nothing where it is none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value


def _text(node: yaml.Node) -> str | None:
    """A scalar as written (blank where it is null); None where it is a list or a mapping."""
    if not isinstance(node, yaml.ScalarNode):
        return None
    return "" if node.tag.endswith(":null") else str(node.value).strip()


def _line(node: yaml.Node) -> int:
    """Line of the file, from 1."""
    return int(node.start_mark.line) + 1


def _unknown(form: Form, part: Part, cell: Cell) -> None:
    """Tell of a key or heading that the form doesn't have, with the nearest one."""
    form.say("BN-LED-003", cell, near=nearest_field(part, cell.text) or "—")


_READERS: dict[str, Callable[[Path, Form], None]] = {
    ".xlsx": _read_workbook,
    ".xlsm": _read_workbook,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}
