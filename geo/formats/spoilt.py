"""Characters lost before a text came to us: U+FFFD and 锟斤拷 stand where others stood.

What was lost can't be got back. In a remark it harms nobody; in a heading, an id, a code or a
number it does, and the file is refused.
"""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.dictionary import dictionary
from geo.tables.header_rows import HEADER_ROWS, best_header
from geo.tables.sheets import Sheet, UnreadableError

LOST = "\ufffd|锟斤拷"
"""What stands for characters that are lost."""
SIGNS = ("\ufffd".encode(), "锟斤拷".encode())
_NUMBER = r"^\s*[<>]?[+-]?\d[\d.,]*([eE][+-]?\d+)?\s*$"
_MOSTLY = 0.5
"""Share of numbers from which on a column is one of numbers."""


def is_spoilt(text: bytes) -> bool:
    """Whether a lost character's sign is in a text of UTF-8."""
    return any(sign in text for sign in SIGNS)


def holds_spoilt(path: Path) -> bool:
    """Whether a lost character's sign is anywhere in a file (in GB18030 锟斤拷 has its bytes)."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(sign) >= 0 for sign in SIGNS)


def spoilt_cells(sheet: Sheet) -> int:
    """Count the cells of free text that have lost characters.

    Raises
    ------
    UnreadableError
        A heading, a column that a table of ours reads, or a column of numbers has lost some; the
        detail names the row.
    """
    header = max(best_header(sheet.head(HEADER_ROWS))[0], 0)
    top = sheet.head(header + 1)
    count = 0
    for index, column in enumerate(sheet.columns):
        if not pa.types.is_string(column.type):
            continue
        lost = np.flatnonzero(pc.match_substring_regex(column, LOST))
        if not len(lost):
            continue
        headings = [row[index] for row in top]
        if lost[0] <= header or _matters(headings, column.slice(header + 1)):
            row = int(sheet.rows[lost[0]])
            zh, en = f"第 {row} 行有乱码（锟斤拷）", f"characters are lost in row {row}"
            raise UnreadableError("BN-TAB-003", detail=f"{en} / {zh}")
        count += len(lost)
    return count


def _matters(headings: list[str], cells: pa.Array) -> bool:
    """Whether a column is read by some table of ours, or holds mostly numbers."""
    book = dictionary()
    if any(book.match(table, text) for text in headings for table in book.tables if text.strip()):
        return True
    filled = cells.filter(pc.not_equal(pc.utf8_trim_whitespace(cells), ""))
    numbers = pc.sum(pc.match_substring_regex(filled, _NUMBER)).as_py() or 0
    return bool(numbers >= _MOSTLY * max(len(filled), 1))
