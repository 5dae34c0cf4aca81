"""From a file to rows of texts: encodings, separators, workbooks, and where the header is.

Encodings are decided, never guessed: a byte-order mark, then strict UTF-8, then strict GB18030,
and the one under which the most headings are known wins (GB18030 accepts most UTF-8 bytes, so
"it decoded" proves nothing).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from geo.dictionary import IGNORED, dictionary
from geo.sheets import UnreadableError

HEADER_ROWS = 20
"""A header is looked for in this many first rows."""

_SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon"}
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class Cells:
    """A file's rows as texts; ``rows[0]`` is row 1 as a spreadsheet shows it."""

    rows: list[list[str]]
    header: int
    """Index of the header row in ``rows``; -1 where none is recognised."""
    encoding: str
    separator: str
    sheet: str | None


def read_cells(path: Path, table: str, sheet: str | None, columns: dict[str, str]) -> Cells:
    """Read every cell of a CSV (comma, tab, semicolon) or xlsx file as text.

    Parameters
    ----------
    path, table, sheet
        The file, the dictionary table it should hold, and the workbook's sheet (None: the one
        whose headings are best known).
    columns
        Headings that the configuration names; they count as known.

    Raises
    ------
    UnreadableError
        The file is absent, damaged, in no known encoding, or lacks the sheet.
    """
    if not path.is_file():
        raise UnreadableError("BN-TAB-001")
    if path.suffix.casefold() in _WORKBOOKS:
        return _read_workbook(path, table, sheet, columns)
    if path.suffix.casefold() == ".xls":
        raise UnreadableError("BN-TAB-003", detail="xls (Excel 97) → xlsx")
    try:
        return _read_text(path.read_bytes(), table, columns)
    except (csv.Error, UnicodeError, OSError) as error:
        raise UnreadableError("BN-TAB-003", detail=str(error)) from None


def known_headings(row: list[str], table: str, columns: dict[str, str]) -> int:
    """Count the cells of ``row`` that are headings of ``table``."""
    book = dictionary()
    return sum(bool(c.strip()) and (c.strip() in columns or _known(book, table, c)) for c in row)


def _known(book: Any, table: str, heading: str) -> bool:
    """Whether the dictionary knows a heading of this table."""
    return book.match(table, heading) is not None


def find_header(rows: list[list[str]], table: str, columns: dict[str, str]) -> tuple[int, int]:
    """Index of the row with the most known headings (at least two) and their number; else -1."""
    scores = [known_headings(row, table, columns) for row in rows[:HEADER_ROWS]]
    best = max(scores, default=0)
    return (scores.index(best), best) if best >= 2 else (-1, best)


def _read_text(data: bytes, table: str, columns: dict[str, str]) -> Cells:
    """Decode, choose the separator, and parse."""
    if not data.strip():
        raise UnreadableError("BN-TAB-003", detail="empty file / 空文件")
    texts = _decodings(data)
    if not texts:
        raise UnreadableError("BN-TAB-003", detail="not UTF-8, not GB18030 / 编码无法识别")
    trials = []
    for encoding, text in texts:
        for sign in _SEPARATORS:
            head = _parse("\n".join(text.split("\n", HEADER_ROWS + 10)[: HEADER_ROWS + 10]), sign)
            trials.append((find_header(head, table, columns)[1], encoding, sign, text))
    _, encoding, sign, text = max(trials, key=lambda trial: trial[0])
    if "�" in text or "锟斤拷" in text:
        raise UnreadableError("BN-TAB-003", detail="replacement characters / 乱码（锟斤拷）")
    rows = _parse(text, sign, strict=True)
    header, _ = find_header(rows, table, columns)
    return Cells(rows, header, encoding, _SEPARATORS[sign], None)


def _decodings(data: bytes) -> list[tuple[str, str]]:
    """Every strict reading of the bytes, surest first."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return [(encoding, data.decode(encoding))]
    found = []
    for encoding in ("utf-8", "gb18030"):
        try:
            found.append((encoding, data.decode(encoding)))
        except UnicodeDecodeError:
            continue
        if found[0][1].isascii():
            break
    return found


def _parse(text: str, sign: str, *, strict: bool = False) -> list[list[str]]:
    """Rows of a delimited text."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=strict))


def _read_workbook(path: Path, table: str, sheet: str | None, columns: dict[str, str]) -> Cells:
    """Rows of one sheet, with vertical merges filled down."""
    stamp = path.stat()
    try:
        book = _workbook(path, stamp.st_mtime_ns, stamp.st_size)
    except Exception as error:  # openpyxl raises whatever the damaged archive makes it raise
        raise UnreadableError("BN-TAB-003", detail=f"{type(error).__name__}: {error}") from None
    if sheet is not None and sheet not in book:
        raise UnreadableError("BN-TAB-004", found=", ".join(book))
    best: tuple[int, Cells] | None = None
    for name in [sheet] if sheet is not None else book:
        rows = book[name]
        header, score = find_header(rows, table, columns)
        if best is None or score > best[0]:
            best = (score, Cells(rows, header, "xlsx", "cells", name))
    if best is None:
        raise UnreadableError("BN-TAB-003", detail="no sheet / 没有工作表")
    return best[1]


@lru_cache(maxsize=2)
def _workbook(path: Path, modified_ns: int, size: int) -> dict[str, list[list[str]]]:
    """Rows of every sheet by name; kept while its tables are read one after the other."""
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True)
    return {sheet.title: _sheet_rows(sheet) for sheet in book.worksheets}


def _sheet_rows(sheet: Any) -> list[list[str]]:
    """A worksheet's cells as texts from row 1."""
    rows = [[_cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for area in sheet.merged_cells.ranges:
        for row in range(area.min_row, area.max_row):
            rows[row][area.min_col - 1] = rows[area.min_row - 1][area.min_col - 1]
    return rows


def _cell_text(value: Any) -> str:
    """A cell as text; whole numbers without a decimal point, so ``34873`` stays an id."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def heading_column(table: str, heading: str, columns: dict[str, str]) -> tuple[str, str | None]:
    """Return the column a heading stands for and its unit; ``("", None)`` where unknown.

    A configured name wins over the dictionary; ``ignore`` drops the heading.

    Raises
    ------
    KeyError
        The configuration names a column that the dictionary doesn't have.
    """
    book = dictionary()
    configured = columns.get(heading.strip())
    if configured is not None:
        name = book.canonical(table, configured)
        if name is None:
            raise KeyError(configured)
        return ("" if name == IGNORED else name), book.split(heading)[1]
    found = book.match(table, heading) if heading.strip() else None
    return (found.column, found.unit) if found else ("", None)
