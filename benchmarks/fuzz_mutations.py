"""Mutations of whole files: bytes, cells, headers, encodings, workbook parts, TIFF tags."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable

from geo.archives import DAMAGED_ZIP

NASTY_CELLS = (
    "", " ", "\u3000", "0", "-0", "-1", "-99", "-999", "1E31", "1e400", "nan", "inf", "NULL",
    "0,45", "1.234,5", "1,234.5", "0.45%", "0.4.5", "O.45", "l.5", "０．４５", "٤٥", "<0.01",
    "＜0.01", ">10", "<", "<<1", "<-1", "≤0.5", "+0.3", "1_000", "0x1F", "1e-3", "4.5E-1", ".5",
    "5.", "--1", "12m", "1/2", "2024-13-45", "1-1", "#REF!", "#DIV/0!", "=1+1", "'0.5", "null\x00",
    "未测", "痕", "𝟜𝟝", "½", "10²", "9" * 400, "0." + "1" * 400, "\ufeff0.5", "0.5\u200b", '"',
    '"0.5', "'", "\\", "ZK0801", "合计", "\t", ";", "0;5", "\r", "0.5 ", " 0.5", "−0.5", "0.5-",
    "(0.5)", "1e5e5", "NA",
)  # fmt: skip
BYTES = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b",", b";", b"\t",
    b"\x80", b"\x1a",
)  # fmt: skip
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030", "big5", "latin-1", "cp1252")
TEXTS = (".csv", ".txt", ".dat", ".las", ".asc", ".grd")
SEPARATORS = (",", ";", "\t", "|", " ", "，")


def mutate(data: bytes, suffix: str, rng: random.Random) -> bytes:
    """One mutated copy of a file; one to four mutations, chosen by ``rng``."""
    kinds: list[Callable[[bytes, random.Random], bytes]] = [_flip, _cut, _repeat, _insert]
    if suffix in TEXTS:
        kinds += [_cell, _cell, _cell, _cell, _header, _encoding, _separator, _rows]
    if suffix in (".xlsx", ".omf") and data.startswith(b"PK"):
        kinds += [_part, _part, _part]
    if suffix == ".tif":
        kinds += [_tag, _tag, _tag, _tag]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice(kinds)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    """A few bytes changed."""
    changed = bytearray(data or b"x")
    for _ in range(rng.choice((1, 1, 3, 20))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    """A piece taken out, or the end cut off."""
    start = rng.randrange(len(data) + 1)
    return data[:start] + (data[start + rng.randrange(1, 200) :] if rng.random() < 0.5 else b"")


def _repeat(data: bytes, rng: random.Random) -> bytes:
    """A piece written twice, or many times."""
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.randrange(1, 120)]
    return data[:start] + piece * rng.choice((2, 2, 3, 200)) + data[start:]


def _insert(data: bytes, rng: random.Random) -> bytes:
    """Unwelcome bytes put in."""
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.choice(BYTES) * rng.choice((1, 1, 5, 1000)) + data[start:]


def _text(data: bytes) -> tuple[str, str]:
    """A file's text and its encoding, so that what is changed can be written back."""
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def _back(text: str, encoding: str) -> bytes:
    """The text as bytes; signs that the encoding lacks become question marks."""
    return text.encode(encoding, "replace")


def _split(text: str) -> tuple[list[list[str]], str]:
    """Lines of cells and the sign between them."""
    sign = max(SEPARATORS, key=text[:2000].count)
    return [line.split(sign) for line in text.split("\n")], sign


def _cell(data: bytes, rng: random.Random) -> bytes:
    """One cell, or one column of cells, changed to something unpleasant."""
    text, encoding = _text(data)
    lines, sign = _split(text)
    line = rng.randrange(len(lines))
    column = rng.randrange(len(lines[line]))
    whole = rng.random() < 0.15
    word = rng.choice(NASTY_CELLS)
    for i in range(1, len(lines)) if whole else (line,):
        if column < len(lines[i]):
            lines[i][column] = word
    return _back("\n".join(sign.join(cells) for cells in lines), encoding)


def _header(data: bytes, rng: random.Random) -> bytes:
    """Headings doubled, emptied, exchanged, misspelt, or moved."""
    text, encoding = _text(data)
    lines, sign = _split(text)
    cells = lines[0]
    i, j = rng.randrange(len(cells)), rng.randrange(len(cells))
    choice = rng.randrange(6)
    if choice == 0:
        cells[i] = cells[j]
    elif choice == 1:
        cells[i] = ""
    elif choice == 2:
        cells[i], cells[j] = cells[j], cells[i]
    elif choice == 3:
        cells[i] = cells[i][::-1]
    elif choice == 4:
        cells[i] += rng.choice(("(ft)", " ppm", "(%)", "_ppb", "\u3000", "²", "(g/t)"))
    else:
        lines.insert(rng.randrange(min(30, len(lines)) + 1), list(cells))
    return _back("\n".join(sign.join(line) for line in lines), encoding)


def _encoding(data: bytes, rng: random.Random) -> bytes:
    """The same text in another encoding."""
    return _back(_text(data)[0], rng.choice(ENCODINGS))


def _separator(data: bytes, rng: random.Random) -> bytes:
    """Another sign between the cells, of all lines or of one."""
    text, encoding = _text(data)
    lines, sign = _split(text)
    other = rng.choice(SEPARATORS)
    only = rng.randrange(len(lines)) if rng.random() < 0.5 else None
    joined = [(other if only in (None, i) else sign).join(cells) for i, cells in enumerate(lines)]
    return _back("\n".join(joined), encoding)


def _rows(data: bytes, rng: random.Random) -> bytes:
    """Lines doubled, exchanged, emptied, made longer or shorter."""
    text, encoding = _text(data)
    lines, sign = _split(text)
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    choice = rng.randrange(5)
    if choice == 0:
        lines.insert(i, list(lines[j]))
    elif choice == 1:
        lines[i], lines[j] = lines[j], lines[i]
    elif choice == 2:
        lines[i] = [""]
    elif choice == 3:
        lines[i] = [*lines[i], rng.choice(NASTY_CELLS)]
    else:
        lines[i] = lines[i][1:]
    return _back("\n".join(sign.join(line) for line in lines), encoding)


def _part(data: bytes, rng: random.Random) -> bytes:
    """One part of a zipped file spoilt, dropped, doubled, or made a bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            parts = [(name, opened.read(name)) for name in opened.namelist()]
    except DAMAGED_ZIP:
        return _flip(data, rng)
    if not parts:
        return data
    i = rng.randrange(len(parts))
    name, inside = parts[i]
    choice = rng.randrange(6)
    if choice == 0:
        parts[i] = (name, _flip(inside, rng))
    elif choice == 1:
        parts[i] = (name, _cut(inside, rng))
    elif choice == 2:
        del parts[i]
    elif choice == 3:
        parts[i] = (name, inside.replace(b"<v>", b"<v>" + rng.choice(BYTES), 3))
    elif choice == 4:
        entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        parts[i] = (name, inside.replace(b"?>", b"?>" + entity, 1))
    else:
        parts.append(("xl/media/big.bin", b"\0" * (8 << 20)))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, inside in parts:
            made.writestr(name, inside)
    return held.getvalue()


def _tag(data: bytes, rng: random.Random) -> bytes:
    """One entry of a TIFF's directory changed: its tag, type, count or value."""
    if data[:2] != b"II" or len(data) < 16:
        return _flip(data, rng)
    offset = struct.unpack_from("<I", data, 4)[0]
    if offset + 2 > len(data):
        return _flip(data, rng)
    count = struct.unpack_from("<H", data, offset)[0]
    place = offset + 2 + 12 * rng.randrange(max(count, 1))
    if place + 12 > len(data):
        return _flip(data, rng)
    changed = bytearray(data)
    field, form = rng.choice(((0, "<H"), (2, "<H"), (4, "<I"), (8, "<I")))
    highest = 0xFFFF if form == "<H" else 0xFFFFFFFF
    value = rng.choice((0, 1, 2, 7, 255, 4096, 65535, highest, rng.randrange(highest + 1)))
    struct.pack_into(form, changed, place + field, min(value, highest))
    return bytes(changed)
