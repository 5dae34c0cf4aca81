"""What is this file? Every file and sheet of a folder, with a score and the reason.

A table is named by the columns it has, not by its file's name; a name only breaks a tie. What is
no data (a read-me, a licence, a side-car) is said to be so: nothing in the folder goes unmentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from geo.archives import locate, members
from geo.dictionary import Dictionary, dictionary, load_words, normal, without_method
from geo.formats import kind_of, open_sheets
from geo.formats.delimited import read_bytes
from geo.formats.sampled import sample_text
from geo.formats.spoilt import holds_spoilt
from geo.recognise_rules import (
    RULES,
    SAMPLE_ROWS,
    Look,
    RawColumn,
    Recognised,
    is_number,
    key_of,
    words,
)
from geo.rules import finding
from geo.tables.sheets import Sheet, UnreadableError, as_texts

HEADER_ROWS = 20
OBJECTS = (".omf", ".shp", ".geoh5")
"""Suffixes of files of objects that are opened to see whether they are whole."""
LISTED_OBJECTS = 4
READ_INSIDE = ("laboratory", "members", "qaqc", "not_for_us", "unreadable")
"""Kinds besides the tables of drill-holes that a member of an archive may be."""


def recognise_folder(root: Path) -> list[Recognised]:
    """Say of every file below ``root``, and of every sheet, what it is; by path, then sheet.

    Never raises for data: what can't be opened is ``unreadable``, with the reason.
    """
    found: list[Recognised] = []
    for path in _files(root):
        found += recognise_file(path, str(path.relative_to(root)).replace("\\", "/"))
    return found


def recognise_file(path: Path, file: str) -> list[Recognised]:
    """Say what one file is, sheet by sheet; ``file`` is how it is called."""
    plain = _by_name(path, file)
    objects = plain is not None and plain.kind == "surface" and path.suffix.casefold() in OBJECTS
    if plain is not None and not objects:
        return [plain]
    try:
        if path.suffix.casefold() == ".zip":
            return _members(path, file)
        sampled = _sampled(path, file)
        if sampled is not None:
            return [sampled]
        sheets = open_sheets(path)
    except UnreadableError as error:
        return [_unreadable(path, file, error)]
    found = [recognise_sheet(path, file, sheet) for sheet in sheets]
    if plain is not None and not any(table.is_table for table in found):
        return [_with_objects(plain, sheets)]
    return found


def _members(path: Path, file: str) -> list[Recognised]:
    """What an archive's members are; tables and controls are read there, other data outside it."""
    found: list[Recognised] = []
    for name in members(path):
        if name.casefold().endswith(".zip"):
            zh, en = "压缩包里的压缩包；请先解压", "an archive in an archive; take it out"
            found.append(Recognised(path / name, f"{file}/{name}", None, "not_for_us", 0, zh, en))
            continue
        for table in recognise_file(locate(path / name), f"{file}/{name}"):
            inside = table.is_table or table.kind in READ_INSIDE
            zh = "" if inside else "在压缩包里不读取；请解压："
            en = "" if inside else "not read inside an archive; take it out: "
            found.append(
                replace(
                    table,
                    path=path / name,
                    kind=table.kind if inside else "not_for_us",
                    reason_zh=zh + table.reason_zh,
                    reason_en=en + table.reason_en,
                )
            )
    return found


def _with_objects(plain: Recognised, sheets: list[Sheet]) -> Recognised:
    """A file of surfaces, points and blocks, with what it holds as the reason."""
    names = [f"{sheet.name or plain.path.stem} ({len(sheet)})" for sheet in sheets]
    listed = ", ".join(names[:LISTED_OBJECTS]) + (" …" if len(names) > LISTED_OBJECTS else "")
    zh, en = f"{len(names)} 个对象：{listed}", f"{len(names)} objects: {listed}"
    return replace(plain, reason_zh=zh, reason_en=en)


def _sampled(path: Path, file: str) -> Recognised | None:
    """A big text by a sample of its lines; collars and surveys, which matter whole, are not."""
    sample = sample_text(path) if kind_of(path) == "delimited" else None
    if sample is None or holds_spoilt(path):
        return None
    sheet = read_bytes(sample.text)
    found = recognise_sheet(path, file, sheet)
    if found.kind in ("collar", "survey", "unreadable"):
        return None
    return replace(found, rows=sample.lines - (found.header or 0), sampled=found.rows)


def recognise_sheet(path: Path, file: str, sheet: Sheet) -> Recognised:
    """Say what one sheet is."""
    header, look = _look(sheet, f"{file} {sheet.name or ''}")
    rows = _count(sheet, header)
    numbers = _bare_numbers(sheet) if header is None else None
    if numbers is not None:
        zh, en = f"没有表头，前两列像经纬度（{numbers}）", f"no header; degrees first ({numbers})"
        return Recognised(path, file, sheet.name, "line_survey", 0.5, zh, en, rows)
    if header is None or not rows:
        zh = "没有可认的表头" if rows else "没有数据行"
        en = "no header that we know" if rows else "no data rows"
        return Recognised(path, file, sheet.name, "not_for_us", 0.0, zh, en, rows, header)
    for rule in RULES:
        verdict = rule(look)
        if verdict is not None:
            kind, score, zh, en = verdict
            known = {column.heading for column in look.columns.values()}
            strangers = tuple(h for h in look.headings if h and h not in known)
            columns = (rows, header, look.columns, strangers)
            taken = Recognised(path, file, sheet.name, kind, score, zh, en, *columns)
            return replace(taken, spoilt=sheet.spoilt)
    raise AssertionError("the last rule always answers")


def _files(root: Path) -> Iterator[Path]:
    """Files below ``root``, without hidden ones."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(root).parts):
            yield path


def _by_name(path: Path, file: str) -> Recognised | None:
    """What the name alone decides: documents, rasters, surfaces."""
    name = path.name.casefold()
    for kind, suffixes in words()["suffixes"].items():
        suffix = next((s for s in suffixes if name.endswith((s, f"{s}.zip", f"{s}.xz"))), None)
        if suffix is None or (suffix == ".grd" and _is_text_table(path)):
            continue
        zh, en = f"按后缀 {suffix}", f"by its suffix {suffix}"
        return Recognised(path, file, None, kind, 1.0, zh, en)
    stem = path.stem.casefold()
    word = next((w for w in words()["names"]["not_for_us"] if w in stem), None)
    if word is not None:
        zh, en = f"说明文件（{word}）", f"a document ({word})"
        return Recognised(path, file, None, "not_for_us", 1.0, zh, en)
    return None


def _is_text_table(path: Path) -> bool:
    """Whether a file starts with a line of headings rather than a grid's signature."""
    start = path.open("rb").read(4)
    grids = (b"DSAA", b"DSBB", b"DSRB", b"CDF\x01", b"CDF\x02", b"\x89HDF")
    return start[:4] not in grids and start.lower() != b"ncol"


def _unreadable(path: Path, file: str, error: UnreadableError) -> Recognised:
    """A file that can't be opened as a table."""
    told = finding(error.code, file=file, **error.words)
    detail = error.words.get("detail")
    zh, en = (str(detail or text) for text in (told.message_zh, told.message_en))
    return Recognised(path, file, None, "unreadable", 0.0, zh, en, trouble=error)


def _look(sheet: Sheet, name: str) -> tuple[int | None, Look]:
    """Header row (as a spreadsheet counts; 0: the format names its columns) and what it says."""
    if sheet.names is not None:
        rows, first, last = [list(sheet.names)], 0, 0
        start = 0
    else:
        rows = _head_rows(sheet)
        best = _best_row(rows)
        if best is None:
            return None, Look(name, frozenset(), {}, (), (), ())
        first, last = _header_block(rows, best)
        start = _after_markers(sheet, last + 1)
    headings = [_heading_texts(rows, first, last, i) for i in range(len(sheet.columns))]
    columns = _columns(sheet, headings, start)
    units_row = {c.texts[0] for c in columns.values() if len(c.texts)}
    book = dictionary()
    if units_row and all(not t.strip() or book.unit(t) for t in units_row):
        columns = {
            n: RawColumn(c.heading, c.unit or book.unit(c.texts[0]), c.texts[1:])
            for n, c in columns.items()
        }
        start += 1
    keys = frozenset(key_of(text) for texts in headings for text in texts)
    elements = tuple(
        name
        for name, column in columns.items()
        if (name.startswith("=") or _is_element(book, name)) and _holds_numbers(column)
    )
    plain = tuple(texts[0] if texts else "" for texts in headings)
    number = 0 if sheet.names is not None else int(sheet.rows[max(start - 1, 0)])
    cells = as_texts(sheet.columns[0].slice(start, SAMPLE_ROWS)).to_pylist()
    return number, Look(name, keys, columns, elements, plain, tuple(cells))


def _columns(sheet: Sheet, headings: list[list[str]], start: int) -> dict[str, RawColumn]:
    """Canonical columns, and elements the dictionary lacks as ``=Symbol``, with their cells."""
    found: dict[str, RawColumn] = {}
    for index, texts in enumerate(headings):
        for text in texts:
            name, unit = _meaning(text)
            if name is None or name in found:
                continue
            cells = sheet.column_texts(index, start).to_pylist()
            written = next((u for u in map(dictionary().unit, texts) if u), None)
            found[name] = RawColumn(text, unit or written or sheet.units.get(text), cells)
            break
    return found


def _bare_numbers(sheet: Sheet) -> str | None:
    """First row of a table of numbers without a header whose first two look like degrees."""
    row = " ".join(*sheet.head(1)).split() if len(sheet) else []
    if len(row) < 3 or not all(map(is_number, row)):
        return None
    degrees = abs(float(row[0])) <= 180 and abs(float(row[1])) <= 180
    return " ".join(row[:4]) if degrees and any("." in c for c in row[:2]) else None


def _after_markers(sheet: Sheet, start: int) -> int:
    """First row below a header that describes no columns (``DATA TYPE``, ``MANDATORY`` do)."""
    markers = {normal(word) for word in load_words("columns.yaml")["markers"]}
    cells = as_texts(sheet.columns[0].slice(start, HEADER_ROWS)).to_pylist()
    for number, cell in enumerate(cells):
        if normal(cell) not in markers:
            return start + number
    return start + len(cells)


def _holds_numbers(column: RawColumn) -> bool:
    """Whether most cells of a column are numbers or limits (an empty column may hold them)."""
    cells = [text for text in column.texts[:SAMPLE_ROWS] if text.strip()]
    return not cells or sum(map(is_number, cells)) >= 0.3 * len(cells)


@lru_cache(maxsize=4096)
def _meaning(heading: str) -> tuple[str | None, str | None]:
    """Canonical column of a heading in whichever table knows it, and its unit."""
    if not heading.strip():
        return None, None
    book, key = dictionary(), key_of(heading)
    symbol = _symbol(heading)
    for table in ("survey", "collar", "assay", "lithology", "density"):
        match = book.match(table, heading)
        if match is not None and not (symbol and table != "assay"):
            return match.column, match.unit
    groups = {"hole": "hole_id", "from": "from_m", "to": "to_m", "depth": "depth_m",
              "east": "easting_m", "north": "northing_m", "up": "elevation_m"}  # fmt: skip
    if symbol:
        return f"={symbol}", book.split(heading)[1]
    for group, name in groups.items():
        if key in words()[group]:
            return name, book.split(heading)[1]
    return None, None


_METHOD = re.compile(r"(?i)[^a-z](inaa|icp|xrf|ic|aas|aa|ppm|ppb|pct)")


@lru_cache(maxsize=4096)
def _symbol(heading: str) -> str | None:
    """Chemical symbol a heading begins with (``Cu_INAA``, ``A1_Ag``, ``Auppm``), else None."""
    plain = re.sub(r"^[A-Za-z]\d_", "", heading.strip())
    plain = without_method(plain)
    word = re.match(r"[A-Za-z0-9]+", plain)
    if word is None:
        return None
    text = re.sub(r"(?i)(ppm|ppb|pct|per|gt)$", "", word.group()) or word.group()
    if len(text) == 1 and re.search(r"[A-Za-z]", plain[1:]) and not _METHOD.search(plain):
        return None
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*|[A-Z]{1,2}|[a-z]{4,}", text):
        return None
    known = {s.casefold(): s for s in words()["symbols"]}
    alone = text.casefold() in {"x", "y", "n", "v", "u", "h", "e", "c"} and len(plain) == 1
    return None if alone else known.get(text.casefold())


def _is_element(book: Dictionary, name: str) -> bool:
    return book.kind("assay", name) == "grade"


def _head_rows(sheet: Sheet) -> list[list[str]]:
    """The first rows as texts."""
    return sheet.head(HEADER_ROWS + 2)


def _best_row(rows: list[list[str]]) -> int | None:
    """The row with the most known headings (two at least, or a lone known one)."""
    scores = [len(_known_in(row)) for row in rows]
    best = max(scores, default=0)
    if best >= 2:
        return scores.index(best)
    below = len(rows) > 1 and any(is_number(c) for c in rows[1])
    return 0 if below and not any(is_number(c) for c in rows[0]) else None


def _known_in(row: list[str]) -> set[str]:
    """Different columns and words of recognition among the cells of a row."""
    named = {_meaning(c)[0] or (key_of(c) if _known_word(c) else None) for c in row}
    return {name for name in named if name}


def _known_word(text: str) -> bool:
    """Whether a heading is among the words of recognition."""
    key = key_of(text)
    groups = ("qaqc", "line", "field", "block", "long_form", "combined", "member", "deposit_list")
    return bool(key) and any(key in words()[group] for group in groups)


def _header_block(rows: list[list[str]], best: int) -> tuple[int, int]:
    """First and last row of a header of several rows about the best one."""

    def is_words(row: list[str]) -> bool:
        cells = [c for c in row if c.strip()]
        return bool(cells) and not any(is_number(c) for c in cells) and len(cells) >= 2

    first = last = best
    while first > 0 and is_words(rows[first - 1]) and best - first < 2:
        first -= 1
    while last + 1 < len(rows) and _is_header_below(rows[last + 1]) and last - best < 8:
        last += 1
    return first, last


def _is_header_below(row: list[str]) -> bool:
    """Whether a row under the header still belongs to it: names of columns, and no numbers."""
    cells = [c for c in row if c.strip()]
    if not cells or any(is_number(c) or re.search(r"\d{3}|^[<>]", c) for c in cells):
        return False
    return len(_known_in(cells)) >= 2


def _heading_texts(rows: list[list[str]], first: int, last: int, index: int) -> list[str]:
    """The texts above one column, the lowest first."""
    texts = [rows[i][index].strip() for i in range(last, first - 1, -1) if index < len(rows[i])]
    return [t for t in texts if t and not t.startswith("Unnamed:")]


def _count(sheet: Sheet, header: int | None) -> int:
    """Data rows: rows below the header with anything in them."""
    start = 0 if sheet.names is not None else int((sheet.rows <= (header or 0)).sum())
    return int(sheet.filled(start).sum())
