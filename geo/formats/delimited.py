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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from geo.formats.spoilt import is_spoilt, spoilt_cells
from geo.tables.encoding import signs_of
from geo.tables.header_rows import HEADER_ROWS, best_header
from geo.tables.kernels_texts import holds_sign, is_ascii
from geo.tables.sheets import Sheet, UnreadableError, from_rows

BULK_FROM = 1 << 18
"""Texts from this many bytes on are read by Arrow."""
EXPANDED_MOST = 2 << 30
"""A text may have this many bytes, expanded; more belongs into Parquet."""

SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "blanks"}
PACKED = (b"\x1f\x8b", b"\xfd7zXZ\x00")
"""First bytes of gzip and xz."""
STEADY_BLANKS = 0.5
"""Share of the first rows that must have one number of cells where blanks separate them."""
BLOCK_BYTES = 1 << 22
THREADS = 2
_HEAD_BYTES = 1 << 18
_Source = Callable[[int], pa.NativeFile]
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_MANGLINGS = (("gb18030", "utf-8"), ("latin-1", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gbk"))
"""Ways in which a text is spoilt for good: decoded by the first though written in the second."""
_STRAY_QUOTE = rb'(?<=[^%s\n\r"])"(?=[^%s\n\r"])'


def read(path: Path) -> list[Sheet]:
    """Read a delimited text.

    Raises
    ------
    UnreadableError
        The file is empty, too large, in no known encoding, spoilt by a wrong one, or damaged.
    """
    size = path.stat().st_size
    if size > EXPANDED_MOST:
        raise UnreadableError("BN-TAB-022", limit=f"{EXPANDED_MOST >> 20} MiB")
    try:
        sheet = _streamed(path) if size >= BULK_FROM else None
        return [_whole(_bytes(path)) if sheet is None else sheet]
    except (csv.Error, pa.ArrowInvalid) as error:
        raise UnreadableError("BN-TAB-003", detail=str(error)) from None


def _streamed(path: Path) -> Sheet | None:
    """A big UTF-8 text read from disk in one go; None where it must be looked at as a whole."""
    with path.open("rb") as stream:
        start = stream.read(_HEAD_BYTES)
    start = start[: start.rfind(b"\n") + 1]
    if not start or start.startswith((*_MARKS, *PACKED)) or b"\0" in start or b'"' in start:
        return None
    encoding, sign, head = _decide(start)
    if encoding != "utf-8" or sign == " ":
        return None
    try:
        sheet = _bulk(partial(_from_file, path), head, sign, {"encoding": encoding}, plain=True)
    except pa.ArrowInvalid:
        return None
    with ThreadPoolExecutor(THREADS) as pool:
        return sheet if all(pool.map(_is_sound, sheet.columns)) else None


def _is_sound(column: pa.Array) -> bool:
    """Whether texts hold no quotation mark and nothing that a wrong encoding leaves behind."""
    signs = signs_of(column)
    return not holds_sign(signs, ord('"')) and (is_ascii(signs) or not is_spoilt(signs.tobytes()))


def _from_file(path: Path, skipped: int) -> pa.NativeFile:
    """The file's bytes behind the first ``skipped`` ones."""
    stream = pa.OSFile(str(path))
    stream.seek(skipped)
    return stream


def _from_memory(text: bytes, skipped: int) -> pa.NativeFile:
    """The text's bytes behind the first ``skipped`` ones."""
    return pa.BufferReader(pa.py_buffer(text).slice(skipped))


def read_bytes(data: bytes) -> Sheet:
    """Read a delimited text in memory.

    Raises
    ------
    UnreadableError
        As :func:`read`.
    """
    try:
        return _whole(data)
    except (csv.Error, pa.ArrowInvalid) as error:
        raise UnreadableError("BN-TAB-003", detail=str(error)) from None


def _whole(data: bytes) -> Sheet:
    """A text in memory: decoded, its separator chosen, and parsed."""
    if not data or data.isspace():
        raise UnreadableError("BN-TAB-003", detail="empty file / 空文件")
    if b"\0" in data[:_HEAD_BYTES] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("BN-TAB-003", detail="binary, not text / 不是文本文件")
    encoding, sign, text = _decide(data)
    facts = {"encoding": encoding}
    if len(text) >= BULK_FROM and sign != " " and not _stray_quotes(text, sign):
        sheet = _bulk(partial(_from_memory, text), text, sign, facts, plain=b'"' not in text)
    else:
        rows = _parse(text.decode("utf-8"), sign, strict=True)
        separator = SEPARATORS[sign]
        sheet = from_rows(rows, "csv", widths=_widths(rows), separator=separator, **facts)
    return replace(sheet, spoilt=spoilt_cells(sheet)) if is_spoilt(text) else sheet


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
        head = "\n".join(_head(data, encoding))
        absent = [sign for sign in SEPARATORS if sign not in head][1:]  # like the first absent one
        for sign in (sign for sign in SEPARATORS if sign not in absent):
            rows = _parse(head, sign)[: HEADER_ROWS + 10]
            known = best_header(rows)[1]
            steady = _steadiness(rows)
            if sign == " ":  # words of a sentence are no cells
                known, steady = known if steady >= STEADY_BLANKS else 0, 0.0
            trials.append((known, steady, encoding, sign))
    if not trials:
        raise UnreadableError("BN-TAB-003", detail="not UTF-8, not GB18030 / 编码无法识别")
    known, _, encoding, sign = max(trials, key=lambda trial: trial[:2])
    plain = encoding in ("utf-8", "utf-8-sig")
    text = data.removeprefix(b"\xef\xbb\xbf") if plain else data.decode(encoding).encode()
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
    try:
        rows = list(reader)
    except csv.Error as error:
        where = f"line {reader.line_num} / 第 {reader.line_num} 行"
        raise csv.Error(f"{where}: {error}") from None
    if not blanks:
        return rows
    return [row[:-1] if len(row) > 1 and not row[-1] else row for row in rows]


def _widths(rows: list[list[str]]) -> tuple[int, ...]:
    """Cells of each of the first rows."""
    return tuple(len(row) for row in rows[: HEADER_ROWS + 10])


def _stray_quotes(text: bytes, sign: str) -> bool:
    """Whether quotation marks stand where the two readers might differ."""
    if b'"' not in text:
        return False
    cell = re.escape(sign.encode())
    return re.search(_STRAY_QUOTE % (cell, cell), text) is not None


def _bulk(source: _Source, head: bytes, sign: str, facts: dict[str, Any], *, plain: bool) -> Sheet:
    """A big text in columns; its first rows (titles, headings) by :mod:`csv`.

    ``source`` gives the text behind so many bytes, ``head`` its beginning; ``plain``: there are no
    quotation marks, or they are left as they are.
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
    columns, odd = _arrow_columns(partial(source, sum(taken)), sign, width, plain=plain)
    top = from_rows(rows, "csv")
    if odd:
        return _with_odd_rows(top, columns, odd, sign, facts)
    numbers = np.arange(1, len(rows) + len(columns[0]) + 1, dtype=np.int64)

    def joined(i: int) -> pa.Array:
        pieces = [top.columns[i], *columns[i].chunks]
        columns[i] = None  # a column's pieces go as soon as it is whole
        return pa.concat_arrays(pieces)

    with ThreadPoolExecutor(THREADS) as pool:
        whole = tuple(pool.map(joined, range(width)))
    pa.default_memory_pool().release_unused()
    return Sheet(None, whole, numbers, "csv", **facts)


def _arrow_columns(
    source: Callable[[], pa.NativeFile], sign: str, width: int, *, plain: bool
) -> tuple[list[Any], list[tuple[int, str]]]:
    """Columns, and (number, text) of rows of another width; ``plain``: no quotes."""
    names = [str(i) for i in range(width)]
    odd: list[tuple[int, str]] = []

    def keep(row: Any) -> str:
        odd.append((row.number, row.text))
        return "skip"

    def parsed(*, threads: bool) -> pa.Table:
        return arrow_csv.read_csv(
            source(),
            arrow_csv.ReadOptions(column_names=names, use_threads=threads, block_size=BLOCK_BYTES),
            arrow_csv.ParseOptions(
                delimiter=sign,
                quote_char=False if plain else '"',
                newlines_in_values=not plain,
                ignore_empty_lines=False,
                invalid_row_handler=None if threads else keep,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[],
                strings_can_be_null=False,
                check_utf8=True,
            ),
        )

    with source() as start:
        if not start.read(1):
            return [pa.chunked_array([], pa.string())] * width, odd
    try:
        table = parsed(threads=True)
    except pa.ArrowInvalid:  # rows of another width: read again, one thread, and keep them apart
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
