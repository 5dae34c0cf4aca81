"""Delimited text (CSV, TSV, semicolon, pipe, blanks), also packed with gzip or xz.

Encodings are decided, never guessed: a byte-order mark, then strict UTF-8, then strict GB18030,
and the one under which the most headings are known wins (GB18030 accepts most UTF-8 bytes, so
"it decoded" proves nothing). Small files go through :mod:`csv`, big ones through Arrow's reader,
which gives the same sheet.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from geo.header_rows import HEADER_ROWS, best_header, is_quantity
from geo.sheets import Sheet, UnreadableError, from_rows, signs_of

BULK_FROM = 1 << 18
"""Texts from this many bytes on are read by Arrow."""
EXPANDED_MOST = 2 << 30
"""A text may have this many bytes, expanded; more belongs into Parquet."""

SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "blanks"}
PACKED = (b"\x1f\x8b", b"\xfd7zXZ\x00")
"""First bytes of gzip and xz."""
_HEAD_BYTES = 1 << 18
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_MANGLINGS = (("gb18030", "utf-8"), ("latin-1", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gbk"))
"""Ways in which a text is spoilt for good: decoded by the first though written in the second."""
_PLAIN = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_NOT_A_NUMBER = re.compile(r"CSV column #(\d+): CSV conversion error")
_STRAY_QUOTE = rb'(?<=[^%s\n\r"])"(?=[^%s\n\r"])'


def read(path: Path, *, as_written: bool = False) -> list[Sheet]:
    """Read a delimited text; columns of a big one that hold nothing but numbers are numbers.

    ``as_written``: all columns are texts.

    Raises
    ------
    UnreadableError
        The file is empty, too large, in no known encoding, spoilt by a wrong one, or damaged.
    """
    size = path.stat().st_size
    if size > EXPANDED_MOST:
        raise UnreadableError("BN-TAB-022", limit=f"{EXPANDED_MOST >> 20} MiB")
    try:
        sheet = _streamed(path, as_written) if size >= BULK_FROM else None
        return [_whole(_bytes(path)) if sheet is None else sheet]
    except (csv.Error, pa.ArrowInvalid) as error:
        raise UnreadableError("BN-TAB-003", detail=str(error)) from None


def _streamed(path: Path, as_written: bool) -> Sheet | None:
    """A big UTF-8 text read from disk in one go; None where it must be looked at as a whole."""
    with path.open("rb") as stream:
        start = stream.read(_HEAD_BYTES)
    start = start[: start.rfind(b"\n") + 1]
    if not start or start.startswith((*_MARKS, *PACKED)) or b"\0" in start or b'"' in start:
        return None
    encoding, sign, head = _decide(start)
    if encoding != "utf-8" or sign == " ":
        return None
    with pa.memory_map(str(path)) as mapped:
        try:
            text = mapped.read_buffer()
            numeric = set() if as_written else _numeric(head, sign)
            sheet = _bulk(text, head, sign, {"encoding": encoding}, numeric)
        except pa.ArrowInvalid:
            return None
    for column in (c for c in sheet.columns if pa.types.is_string(c.type)):
        signs = signs_of(column)
        if np.any(signs == 0x22) or (np.any(signs >= 0x80) and _spoilt(signs.tobytes())):
            return None
    return sheet


def _whole(data: bytes) -> Sheet:
    """A text in memory: decoded, its separator chosen, and parsed."""
    if not data or data.isspace():
        raise UnreadableError("BN-TAB-003", detail="empty file / 空文件")
    if b"\0" in data[:_HEAD_BYTES] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("BN-TAB-003", detail="binary, not text / 不是文本文件")
    encoding, sign, text = _decide(data)
    facts = {"encoding": encoding}
    if len(text) >= BULK_FROM and sign != " " and not _stray_quotes(text, sign):
        return _bulk(pa.py_buffer(text), text, sign, facts)
    rows = _parse(text.decode("utf-8"), sign, strict=True)
    separator = SEPARATORS[sign]
    return from_rows(rows, "csv", widths=_widths(rows), separator=separator, **facts)


def _spoilt(text: bytes) -> bool:
    """Whether a replacement character or 锟斤拷 is in a text of UTF-8."""
    return b"\xef\xbf\xbd" in text or "锟斤拷".encode() in text


def _bytes(path: Path) -> bytes:
    """The file's bytes, unpacked."""
    with path.open("rb") as stream:
        start = stream.read(6)
        stream.seek(0)
        if start.startswith(b"\x1f\x8b"):
            return _unpacked(gzip.GzipFile(fileobj=stream), path)
        if start == b"\xfd7zXZ\x00":
            return _unpacked(lzma.LZMAFile(stream), path)
        return stream.read()


def _unpacked(stream: Any, path: Path) -> bytes:
    """Everything of a packed stream, up to the limit."""
    try:
        data: bytes = stream.read(EXPANDED_MOST + 1)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise UnreadableError("BN-TAB-003", detail=f"{path.name}: {error}") from None
    if len(data) > EXPANDED_MOST:
        raise UnreadableError("BN-TAB-022", limit=f"{EXPANDED_MOST >> 20} MiB")
    return data


def _decide(data: bytes) -> tuple[str, str, bytes]:
    """Encoding, separator, and the text as UTF-8."""
    trials = []
    for encoding in _encodings(data):
        head = _head(data, encoding)
        for sign in SEPARATORS:
            rows = _parse("\n".join(head), sign)[: HEADER_ROWS + 10]
            known = best_header(rows)[1]
            trials.append((known, _steadiness(rows) if sign != " " else 0.0, encoding, sign))
    if not trials:
        raise UnreadableError("BN-TAB-003", detail="not UTF-8, not GB18030 / 编码无法识别")
    known, _, encoding, sign = max(trials, key=lambda trial: trial[:2])
    plain = encoding in ("utf-8", "utf-8-sig")
    text = data.removeprefix(b"\xef\xbb\xbf") if plain else data.decode(encoding).encode()
    if not text.isascii() and _spoilt(text):
        detail = "replacement characters / 乱码（锟斤拷）"
        raise UnreadableError("BN-TAB-003", detail=detail)
    _refuse_mangled(_head(text, "utf-8"), sign, known)
    return encoding, sign, text


def _encodings(data: bytes) -> Iterator[str]:
    """Every encoding under which all bytes can be read, surest first."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            if _decodes(data, encoding):
                yield encoding
            return
    if data.isascii():
        yield "utf-8"
        return
    yield from (encoding for encoding in ("utf-8", "gb18030") if _decodes(data, encoding))


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether all of ``data`` is valid; in pieces, so that no copy of it is made."""
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    try:
        for start in range(0, len(data), 1 << 24):
            decoder.decode(view[start : start + (1 << 24)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _head(data: bytes, encoding: str) -> list[str]:
    """The first lines of the text."""
    text = data[:_HEAD_BYTES].decode(encoding, errors="ignore")
    return text.splitlines()[: HEADER_ROWS + 10]


def _steadiness(rows: list[list[str]]) -> float:
    """Share of the rows that have the commonest number of cells, where that is above one."""
    widths = [len(row) for row in rows if len(row) > 1]
    return max((widths.count(width) for width in set(widths)), default=0) / max(len(rows), 1)


def _refuse_mangled(head: list[str], sign: str, known: int) -> None:
    """Refuse text that somebody decoded wrongly and saved: 铜 become 閾, or é“œ."""
    text = "\n".join(head)
    if text.isascii():
        return
    for wrong, right in _MANGLINGS:
        try:
            mended = text.encode(wrong).decode(right)
        except UnicodeError:
            continue
        if best_header(_parse(mended, sign))[1] > known:
            detail = f"{right} text read as {wrong} / 乱码：{right} 文本曾被当作 {wrong}"
            raise UnreadableError("BN-TAB-003", detail=detail)


def _parse(text: str, sign: str, *, strict: bool = False) -> list[list[str]]:
    """Rows of a delimited text."""
    stream = io.StringIO(text, newline="")
    blanks = sign == " "
    reader = csv.reader(stream, delimiter=sign, strict=strict, skipinitialspace=blanks)
    if not blanks:
        return list(reader)
    return [row[:-1] if len(row) > 1 and not row[-1] else row for row in reader]


def _widths(rows: list[list[str]]) -> tuple[int, ...]:
    """Cells of each of the first rows."""
    return tuple(len(row) for row in rows[: HEADER_ROWS + 10])


def _stray_quotes(text: bytes, sign: str) -> bool:
    """Whether quotation marks stand where the two readers might differ."""
    if b'"' not in text:
        return False
    cell = re.escape(sign.encode())
    return re.search(_STRAY_QUOTE % (cell, cell), text) is not None


def _bulk(
    text: pa.Buffer,
    head: bytes,
    sign: str,
    facts: dict[str, Any],
    numeric: set[int] | None = None,
) -> Sheet:
    """A big text in columns; its first rows (titles, headings) by :mod:`csv`.

    ``head`` is the text's beginning. ``numeric``: columns to read as numbers where all their cells
    are; given, only ``head`` has been looked at, and quotation marks are left as they are.
    """
    lines = io.BytesIO(head)
    taken: list[int] = []

    def decoded() -> Iterator[str]:
        for line in lines:
            taken.append(len(line))
            yield line.decode("utf-8")

    reader = csv.reader(decoded(), delimiter=sign, strict=True)
    rows = list(itertools.islice(reader, HEADER_ROWS + 10))
    width = max(len(row) for row in rows)
    facts = {**facts, "separator": SEPARATORS[sign], "widths": _widths(rows)}
    plain = numeric is not None or b'"' not in head
    columns, odd = _parsed(text.slice(sum(taken)), sign, width, numeric or set(), plain=plain)
    top = from_rows(rows, "csv")
    if odd:
        return _with_odd_rows(top, columns, odd, sign, facts)
    numbers = np.arange(1, len(rows) + len(columns[0]) + 1, dtype=np.int64)
    joined = []
    typed = any(pa.types.is_floating(column.type) for column in columns)
    for first in top.columns:  # each column's pieces go as soon as it is whole
        column = columns.pop(0)
        start = first if pa.types.is_string(column.type) else _as_numbers(first)
        joined.append(pa.concat_arrays([start, *column.chunks]))
    pa.default_memory_pool().release_unused()
    facts |= {"top": tuple(map(tuple, rows))} if typed else {}
    return Sheet(None, tuple(joined), numbers, "csv", **facts)


def _numeric(head: bytes, sign: str) -> set[int]:
    """Columns whose headings mean quantities in every table, with nothing but numbers below."""
    rows = _parse(head.decode("utf-8"), sign)
    header = best_header(rows)[0]
    if header < 0:
        return set()
    found = set()
    for index in range(max(map(len, rows))):
        cells = [row[index] if index < len(row) else "" for row in rows]
        texts = [i for i, cell in enumerate(cells) if cell and not _PLAIN.fullmatch(cell)]
        last = max(texts, default=-1)
        if 0 <= last <= header + 3 and any(cells[last + 1 :]) and is_quantity(cells[: last + 1]):
            found.add(index)
    return found


def _as_numbers(column: pa.Array) -> pa.Array:
    """Texts as numbers; headings and blanks are null."""
    cells = column.to_pylist()
    return pa.array([float(c) if _PLAIN.fullmatch(c) else None for c in cells], pa.float64())


def _parsed(
    text: pa.Buffer, sign: str, width: int, numeric: set[int], *, plain: bool
) -> tuple[list[pa.ChunkedArray], list[tuple[int, str]]]:
    """Columns, those of ``numeric`` as numbers if all their cells are, and rows of other widths."""
    numeric = set(numeric)
    while numeric:
        try:
            columns, odd = _arrow_columns(text, sign, width, numeric, plain=plain)
        except pa.ArrowInvalid as error:
            found = _NOT_A_NUMBER.search(str(error))
            numeric -= {int(found.group(1))} if found else numeric
            continue
        wrong = {i for i in numeric if not pc.all(pc.is_finite(columns[i])).as_py()}
        if not wrong:  # Arrow takes "nan" and "inf" for numbers; here they are texts
            return columns, odd
        numeric -= wrong
    return _arrow_columns(text, sign, width, numeric, plain=plain)


def _arrow_columns(
    text: pa.Buffer, sign: str, width: int, numeric: set[int], *, plain: bool
) -> tuple[list[pa.ChunkedArray], list[tuple[int, str]]]:
    """Columns, and (number, text) of rows of another width; ``plain``: no quotes."""
    names = [str(i) for i in range(width)]
    odd: list[tuple[int, str]] = []

    def keep(row: Any) -> str:
        odd.append((row.number, row.text))
        return "skip"

    def parsed(*, threads: bool) -> pa.Table:
        return arrow_csv.read_csv(
            pa.BufferReader(text),
            arrow_csv.ReadOptions(column_names=names, use_threads=threads, block_size=1 << 22),
            arrow_csv.ParseOptions(
                delimiter=sign,
                quote_char=False if plain else '"',
                newlines_in_values=not plain,
                ignore_empty_lines=False,
                invalid_row_handler=None if threads else keep,
            ),
            arrow_csv.ConvertOptions(
                column_types={
                    name: pa.float64() if i in numeric else pa.string()
                    for i, name in enumerate(names)
                },
                null_values=[""],
                strings_can_be_null=False,
                check_utf8=True,
            ),
        )

    if not len(text):
        return [pa.chunked_array([], pa.string())] * width, odd
    try:
        table = parsed(threads=True)
    except pa.ArrowInvalid:  # rows of another width: read again, one thread, and keep them apart
        if numeric:
            raise
        odd.clear()
        table = parsed(threads=False)
    return list(table.columns), odd


def _with_odd_rows(
    top: Sheet,
    columns: list[pa.ChunkedArray],
    odd: list[tuple[int, str]],
    sign: str,
    facts: dict[str, Any],
) -> Sheet:
    """The sheet with rows of other widths put back in their places."""
    rest = from_rows([_parse(text, sign, strict=True)[0] for _, text in odd], "csv")
    width = max(len(columns), len(rest.columns))
    count = len(columns[0]) + len(odd)
    at = np.array([number - 1 for number, _ in odd], dtype=np.int64)
    regular = np.setdiff1d(np.arange(count), at, assume_unique=True)
    order = pa.array(np.argsort(np.concatenate([regular, at]), kind="stable"))
    joined = []
    for i in range(width):
        first = top.columns[i] if i < len(top.columns) else _blanks(len(top))
        bulk = columns[i].chunks if i < len(columns) else [_blanks(len(regular))]
        last = rest.columns[i] if i < len(rest.columns) else _blanks(len(odd))
        body = pc.take(pa.concat_arrays([*bulk, last]), order)
        joined.append(pa.concat_arrays([first, body]))
    numbers = np.arange(1, len(top) + count + 1, dtype=np.int64)
    return Sheet(None, tuple(joined), numbers, "csv", **facts)


def _blanks(count: int) -> pa.Array:
    """So many blank cells."""
    return pa.array([""] * count, pa.string())
