"""Workbooks (xlsx, xlsm, xls, ods): every sheet as texts, within limits; no macro is run.

Values are those that the workbook kept at its last saving. A formula that failed (``#REF!``)
stays a text, so that it is refused where a number is needed.
"""

from __future__ import annotations

import re
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from geo.archives import DAMAGED_ZIP
from geo.tables.sheets import Sheet, UnreadableError, cell_text, from_rows

EXPANDED_MOST = 1 << 30
RATIO_MOST = 500.0
SHEETS_MOST = 256
CELLS_MOST = 60_000_000
"""Most bytes expanded in all, most expansion of one large part, most sheets, most cells."""
_LARGE_PART = 1 << 20

_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*>")
_NUMBER = re.compile(r"[<>]?[+-]?[\d.,]+(e[+-]?\d+)?", re.IGNORECASE)
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bt="e")[^<>]*\br="([A-Z]{1,3})(\d{1,7})"[^<>]*>'
    rb"(?:(?!</?(?:\w+:)?c\b).)*?<(?:\w+:)?v>([^<]*)<",
    re.S,
)


def read(path: Path) -> list[Sheet]:
    """Read all sheets of a workbook.

    Merged cells hold their value in every cell of the merge, and nowhere else; a number that is
    merged across columns stays in the first, for it is one grade, not several.

    Raises
    ------
    UnreadableError
        The workbook is damaged, locked, beyond the limits, or declares XML entities.
    """
    stamp = path.stat()
    return list(_opened(path, stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=2)
def _opened(path: Path, modified_ns: int, size: int) -> tuple[Sheet, ...]:
    """Sheets of a workbook; kept while its tables are read one after the other."""
    import python_calamine

    parts = _parts(path) if zipfile.is_zipfile(path) else {}
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            if len(book.sheet_names) > SHEETS_MOST:
                raise UnreadableError("BN-TAB-022", limit=f"{SHEETS_MOST} sheets")
            sheets = tuple(_sheet(book.get_sheet_by_name(n), parts) for n in book.sheet_names)
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise UnreadableError("BN-TAB-003", detail=f"{path.name}: {error}") from None
    if not sheets:
        raise UnreadableError("BN-TAB-003", detail="no sheet / 没有工作表")
    return sheets


def _sheet(sheet: Any, parts: dict[str, bytes]) -> Sheet:
    """One sheet's cells as texts from row 1, with merges filled."""
    height, width = (0, 0) if sheet.end is None else (sheet.end[0] + 1, sheet.end[1] + 1)
    if height * width > CELLS_MOST:
        raise UnreadableError("BN-TAB-022", limit=f"{CELLS_MOST} cells")
    values = sheet.to_python(skip_empty_area=False)
    rows = [[cell_text(value) for value in row] for row in values]
    xml = parts.get(sheet.name, b"")
    for letters, number, failed in _ERROR.findall(xml):
        at, column = int(number) - 1, _column(letters)
        if at < len(rows) and column < len(rows[at]):
            rows[at][column] = failed.decode()
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        text = rows[top][left]
        across = right + 1 if text and not _NUMBER.fullmatch(text) else left + 1
        for row in rows[top : bottom + 1]:
            row[left:across] = [text] * len(row[left:across])
    return from_rows(rows, "xlsx", name=sheet.name, hidden=_hidden(xml))


def _hidden(xml: bytes) -> tuple[int, ...]:
    """Numbers of the rows that are hidden."""
    tags = [tag for tag in _ROW.findall(xml) if re.search(rb'\bhidden="(1|true)"', tag)]
    numbers = [re.search(rb'\br="(\d+)"', tag) for tag in tags]
    return tuple(int(found.group(1)) for found in numbers if found)


def _column(letters: bytes) -> int:
    """Index of a spreadsheet column: A is 0."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _parts(path: Path) -> dict[str, bytes]:
    """XML of each sheet by its name, after the archive has been found within the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            _within_limits(archive)
            damaged = archive.testzip()
            if damaged:
                raise UnreadableError("BN-TAB-003", detail=f"damaged: {damaged}")
            return _sheet_parts(archive)
    except DAMAGED_ZIP as error:
        raise UnreadableError("BN-TAB-003", detail=f"{path.name}: {error}") from None


def _within_limits(archive: zipfile.ZipFile) -> None:
    """Refuse archives that expand beyond the limits, and parts that declare XML entities."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > EXPANDED_MOST:
        raise UnreadableError("BN-TAB-022", limit=f"{EXPANDED_MOST >> 20} MiB")
    for info in infos:
        if info.file_size > max(_LARGE_PART, RATIO_MOST * info.compress_size):
            raise UnreadableError("BN-TAB-022", limit=f"{RATIO_MOST:g} : 1")
        if info.filename.endswith((".xml", ".rels")):
            with archive.open(info) as stream:
                if b"<!DOCTYPE" in stream.read(4096):
                    raise UnreadableError("BN-TAB-003", detail="XML entities / XML 实体")


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """XML of each worksheet by the sheet's name (empty for OpenDocument workbooks)."""
    from defusedxml import ElementTree

    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (ElementTree.ParseError, ValueError) as error:
        raise UnreadableError("BN-TAB-003", detail=str(error)) from None
    targets = {link.get("Id"): str(link.get("Target")).lstrip("/") for link in links}
    parts = {}
    for sheet in book.findall(".//{*}sheets/{*}sheet"):
        keys = [value for key, value in sheet.attrib.items() if key.endswith("}id")]
        target = targets.get(keys[0], "") if keys else ""
        part = target if target.startswith("xl/") else f"xl/{target}"
        if part in names:
            parts[str(sheet.get("name"))] = archive.read(part)
    return parts
