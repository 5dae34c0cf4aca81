"""GSLIB / GEO-EAS: a title, the number of variables, their names, then rows of numbers.

Deutsch and Journel (1998), GSLIB, 2nd edition, p. 21. Grids have one row a node, x fastest, then
y, then z up, and say nothing of their place except (in some programs) the counts after the number
of variables. Numbers at or beyond ±1e21, and SGeMS' -9966699, mean "no value": they are kept here
as they stand, since what a special value means is decided by rule, not by a reader.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.formats.columns import make_sheet, numbers
from geo.formats.guard import MAX_COLUMNS, Budget, refusing
from geo.tables.sheets import Sheet, UnreadableError

Numbers = NDArray[np.float64]
Lines = NDArray[np.int64]

_SPLIT = re.compile(r"[\s,]+")


@refusing("GSLIB")
def read(path: Path) -> list[Sheet]:
    """One sheet of numbers, with the names of the header; ``rows`` are the file's lines.

    Raises
    ------
    UnreadableError
        The header is not one (BN-FMT-001), a row has too few or too many numbers (BN-FMT-003), a
        grid has not the rows its counts call for (BN-FMT-004), or a cell is not a number
        (BN-FMT-005).
    """
    data = path.read_bytes()
    budget = Budget()
    budget.take_bytes(len(data))
    text = _text(data).replace("\r\n", "\n").replace("\r", "\n")
    head = text.split("\n", 2)
    count = _count(head[1]) if len(head) > 1 else None
    parts = [] if count is None or count > MAX_COLUMNS else text.split("\n", count + 2)
    if count is None or count < 1 or len(parts) < count + 2:
        detail = "no title, count and names / 缺少标题、变量数与变量名"
        raise UnreadableError("BN-FMT-001", format="GSLIB", detail=detail)
    body = parts[count + 2] if len(parts) > count + 2 else ""
    budget.take_cells(body.count("\n") + 1, count)
    values, where = _values(body, count)
    _check_grid(head[1], len(values))
    names = [_name(line, i) for i, line in enumerate(parts[2 : count + 2])]
    sheet = make_sheet(None, [(n, numbers(values[:, i])) for i, n in enumerate(names)], "gslib")
    return [replace(sheet, rows=where + count + 3)]


def _text(data: bytes) -> str:
    """The file's text: UTF-8, else GB18030 (titles and names only; numbers are ASCII)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _count(line: str) -> int | None:
    """Number of variables of a header's second line."""
    first = (_cells(line) or [""])[0]
    return int(first) if first.isascii() and first.isdigit() else None


def _cells(line: str) -> list[str]:
    """Cells of a line: blanks, tabs or commas between them."""
    return [cell for cell in _SPLIT.split(line.strip()) if cell]


def _name(line: str, index: int) -> str:
    """A variable's name; what follows a tab is a remark, as in ``X<tab>meters``."""
    return line.split("\t")[0].strip() or f"variable {index + 1}"


def _is_number(cell: str) -> bool:
    """Whether a cell reads as a number (``1E31``, ``.06``, Fortran's ``1.D0`` too)."""
    try:
        float(cell.upper().replace("D", "E"))
    except ValueError:
        return False
    return True


def _values(body: str, count: int) -> tuple[Numbers, Lines]:
    """Numbers (rows, count), and which line of the body each row stands on, from 0."""
    found = _read_at_once(body, count)
    if found is not None:
        return found, np.arange(len(found), dtype=np.int64)
    lines = body.split("\n")
    where = np.array([i for i, line in enumerate(lines) if line.strip()], dtype=np.int64)
    rows = [_cells(lines[i]) for i in where]
    for line, row in zip(where, rows, strict=True):
        if len(row) != count:
            words = {"line": int(line) + count + 3, "found": len(row), "wanted": count}
            raise UnreadableError("BN-FMT-003", **words)
    return _read_slowly(rows, where + count + 3).reshape(len(rows), count), where


def _read_at_once(body: str, count: int) -> Numbers | None:
    """Numbers of a body without blank lines, ragged rows or words; None where it has any."""
    text = body.replace(",", " ").rstrip("\n")
    if not text.strip():
        return np.empty((0, count)) if not body.strip() else None
    options: dict[str, Any] = {"sep": r"\s+", "header": None, "keep_default_na": False}
    try:
        frame = pd.read_csv(io.StringIO(text), **options)
    except (pd.errors.ParserError, OverflowError):
        return None
    numeric = all(dtype.kind in "fiu" for dtype in frame.dtypes)
    if not numeric or frame.shape != (text.count("\n") + 1, count) or frame.isna().any(axis=None):
        return None
    return frame.to_numpy(np.float64)


def _read_slowly(rows: list[list[str]], where: Lines) -> Numbers:
    """Numbers where some are written Fortran's way; names the cell that is none."""
    for line, row in zip(where, rows, strict=True):
        for cell in row:
            if not _is_number(cell):
                raise UnreadableError("BN-FMT-005", line=int(line), text=cell[:40])
    return np.array([[float(c.upper().replace("D", "E")) for c in row] for row in rows])


def _check_grid(header: str, rows: int) -> None:
    """Compare the rows with the counts that some programs write after the number of variables."""
    counts = _cells(header)[1:]
    if len(counts) < 3 or not all(c.isascii() and c.isdigit() for c in counts[:3]):
        return
    nodes = int(counts[0]) * int(counts[1]) * int(counts[2])
    simulations = int(counts[3]) if len(counts) > 3 and counts[3].isdigit() else 1
    if nodes and rows not in (nodes, nodes * max(simulations, 1)):
        raise UnreadableError("BN-FMT-004", found=rows, wanted=nodes)
