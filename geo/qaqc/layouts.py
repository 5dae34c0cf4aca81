"""How controls stand in a table: side by side, one below the other, by codes, or among samples."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo.dictionary import normal
from geo.qaqc.config import QaqcFile
from geo.qaqc.controls import PAIRS, Controls
from geo.qaqc.limits import known_element, tidy, words
from geo.qaqc.rows import pair_rows, repeat_rows, shown_limits, with_a_number
from geo.qaqc.samples import control_rows, names_controls
from geo.qaqc.sheets import (
    ControlSheet,
    Determination,
    first_data_row,
    heading_role,
    sheet_headings,
)
from geo.special.values import BELOW, NUMBER, read_numbers
from geo.tables.sheets import Sheet

LOOK = 50
"""So many cells of a column tell whether it holds numbers only."""
_PREFIX = re.compile(r"([A-Za-z]{1,3})([12])_(.+)")
_REPEAT = re.compile(r"(.+)\.\d")
_SUFFIX = re.compile(r"(.+?)[._ -]([12])")
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Layout:
    """Controls of one sheet and what the reader should be told of them."""

    name: str
    controls: Controls
    used: Rows
    """Positions of the rows that are controls (or hold both members of a pair)."""
    unmatched: tuple[tuple[int, str], ...] = ()
    """Duplicates whose original isn't in the table: (position, the sample they name)."""
    kind_assumed: bool = False


def read_layout(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """Find the controls of a sheet; None where it holds none.

    The first that fits: pairs side by side; rows of named materials; GSC replicate codes; control
    words among the samples; pairs of sample numbers ``.1``/``.2``; a table that is all of one kind
    by its configuration or its name.
    """
    tries: tuple[Callable[[ControlSheet, QaqcFile], Layout | None], ...] = (
        _side_by_side,
        _materials,
        _replicate_codes,
        _among_samples,
        _numbered_ids,
        _whole_table,
    )
    return next((found for find in tries if (found := find(sheet, file)) is not None), None)


def worth_reading(sheet: Sheet, file: QaqcFile) -> bool:
    """Whether a sheet may hold controls at all: a quick look, for tables of millions of rows.

    Its name or configuration says so, a heading names a role or a member of a pair, its sample
    numbers end in .1 and .2, or a cell of words names a control.
    """
    first = first_data_row(sheet)
    if first is None:
        return False
    if file.kind or named_kind(file.path):
        return True
    labels = [label for label, _ in sheet_headings(sheet, first)]
    if any(heading_role(label) in ("material", "replicate") or side_of(label) for label in labels):
        return True
    texts = [c for c in sheet.columns if pa.types.is_string(c.type)]
    for column in texts:
        cells = column[first : first + LOOK].to_pylist()
        if all(_SUFFIX.fullmatch(cell or "") for cell in cells):
            return True
    ids = [heading_role(label) in ("sample_id", "field_id") for label in labels]
    return any(
        names_controls(column, of_ids=of_ids)
        for column, of_ids in zip(sheet.columns, ids, strict=True)
        if pa.types.is_string(column.type) and not _all_numbers(column, first)
    )


def _all_numbers(column: pa.Array, first: int) -> bool:
    """Whether the first cells of a column are all numbers, so that its words needn't be read."""
    cells = column[first : first + LOOK].to_pylist()
    return bool(read_numbers([c or "" for c in cells], ()).of_kind(NUMBER, BELOW).all())


def side_of(label: str) -> tuple[str, int, str | None] | None:
    """Determination, member (1 original, 2 duplicate) and kind that a heading names, if any."""
    prefix = _PREFIX.fullmatch(label)
    if prefix:
        kind = words("sides")["prefixes"].get(prefix.group(1).casefold())
        return tidy(prefix.group(3)), int(prefix.group(2)), kind
    for word, member, kind in _side_words():
        rest = _without(label, word)
        if rest:
            return tidy(rest), member, kind
    suffix = _SUFFIX.fullmatch(label)
    return (tidy(suffix.group(1)), int(suffix.group(2)), None) if suffix else None


def _side_words() -> list[tuple[str, int, str | None]]:
    """Words that name a member of a pair, longest first."""
    sides = words("sides")
    found: list[tuple[str, int, str | None]] = [(w, 1, None) for w in sides["original"]]
    found += [(w, 2, kind) for kind, entry in sides["duplicate"].items() for w in entry]
    return sorted(found, key=lambda item: -len(item[0]))


def _without(label: str, word: str) -> str:
    """The label without a word at its start or end; empty where the word isn't there."""
    plain = normal(label)
    ends = word.isascii()  # Latin words need a separator: "Cu check", never "Cucheck"
    for start, rest in ((True, label[len(word) :]), (False, label[: -len(word)])):
        there = plain.startswith(word) if start else plain.endswith(word)
        edge = rest[:1] if start else rest[-1:]
        if there and len(plain) == len(label) and rest and not (ends and edge.isalnum()):
            return rest.strip(" _-./()（）")
    return ""


def _side_by_side(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """Original and duplicate in one row, told apart by their headings."""
    members: dict[str, dict[int, Determination]] = {}
    kinds: list[str | None] = []
    for label, column in sheet.numbers.items():
        side = side_of(label)
        if side is not None and not _is_repeat(label, side[0], sheet):
            members.setdefault(side[0], {}).setdefault(side[1], column)
            kinds.append(side[2])
    for base, pair in members.items():
        if 1 not in pair and base in sheet.numbers:
            pair[1] = sheet.numbers[base]
    # a repeated heading (Ag, Ag.1) doesn't say which repeat belongs to which
    repeated = {b for b in members if (m := _REPEAT.fullmatch(b)) and m.group(1) in members}
    pairs = {b: pair for b, pair in members.items() if len(pair) == 2 and b not in repeated}
    numbers = {b.label for p in pairs.values() for b in p.values()}
    places = [base for base in pairs if normal(base).strip(".") in ("loc", "id", "no")]
    elements = [base for base in pairs if known_element(base)]
    # what isn't an element is taken for a pair only where the table holds nothing else
    alone = numbers == set(sheet.numbers) and not any(map(_PREFIX.fullmatch, numbers))
    if not pairs or not (elements or alone):
        return None
    ids = _member_ids(sheet, pairs, places)
    kind, assumed = _kind(file, next((k for k in kinds if k), None))
    everything = np.arange(len(sheet))
    frame = pd.concat(
        [
            pair_rows(sheet, file, kind, base, (pair[1], pair[2]), (everything, everything), ids)
            for base, pair in pairs.items()
            if base not in places
        ],
        ignore_index=True,
    )
    frame = with_a_number(frame)
    used = np.flatnonzero(np.isin(sheet.rows, frame["row"].to_numpy(dtype=np.int64)))
    controls = Controls(pairs=frame, limits=shown_limits(sheet), samples=_others(sheet, used))
    return Layout("side_by_side", controls, used, kind_assumed=assumed)


def _is_repeat(label: str, base: str, sheet: ControlSheet) -> bool:
    """Whether ``Ag.1`` is a repeated heading: there is an ``Ag`` without a number too."""
    numbered = _SUFFIX.fullmatch(label) and not _PREFIX.fullmatch(label)
    return bool(numbered) and base in sheet.numbers


def _others(sheet: ControlSheet, used: Rows) -> int:
    """Ordinary samples; none where most rows are pairs (a table of checks)."""
    left = len(sheet) - len(used)
    return len(sheet) if left > len(used) else 0


def _member_ids(
    sheet: ControlSheet, pairs: dict[str, dict[int, Determination]], places: list[str]
) -> tuple[Any, Any]:
    """Sample numbers of both members: from a pair of number columns, a role, or the row."""
    if places:
        pair = pairs[places[0]]
        both = [pair[member].numbers.values for member in (1, 2)]
        texts = [np.array([f"{v:g}" for v in values], dtype=object) for values in both]
        return texts[0], texts[1]
    return sheet.ids(), sheet.roles.get("other_id", sheet.ids())


def _materials(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """Every row that names a reference material in a column of its own."""
    names = sheet.roles.get("material")
    if names is None or "kind" in sheet.roles:  # a column of kinds says more
        return None
    rows = np.flatnonzero(np.array([bool(name) for name in names]))
    if not len(rows) or not sheet.numbers:
        return None
    kinds = control_rows({"material": list(names)})["control_kind"].to_numpy()
    kind = np.where(np.isin(kinds, ["", "standard"]), "standard", kinds)
    return _repeats_layout("materials", sheet, file, rows, kind[rows], names[rows])


def _replicate_codes(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """GSC tables: code 8 repeats the next row's sample; 1 and 2 are a pair of field samples."""
    texts = sheet.roles.get("replicate")
    if texts is None or not sheet.numbers:
        return None
    status = words("replicate_status")
    codes = np.array([int(t) if t.isdecimal() and len(t) < 3 else -1 for t in texts])
    repeat = np.flatnonzero(codes == status["duplicate"])
    followed = repeat[(repeat + 1 < len(codes))]
    followed = followed[codes[followed + 1] != status["duplicate"]]
    alone = sorted(set(repeat.tolist()) - set(followed.tolist()))
    twins = np.flatnonzero(np.isin(codes, status["field"]))
    next_to = np.flatnonzero(np.diff(twins) == 1)  # the two samples of a site are neighbours
    twins = np.column_stack([twins[next_to], twins[next_to + 1]]).astype(np.intp)
    twins = twins[codes[twins].sum(axis=1) == sum(status["field"])]
    parts = []
    for kind, first, second in (
        ("pulp", followed + 1, followed),
        ("field", *_ordered(twins, codes, status["field"])),
    ):
        for label, column in sheet.numbers.items():
            ids = (sheet.ids()[first], sheet.ids()[second])
            parts.append(
                pair_rows(sheet, file, kind, label, (column, column), (first, second), ids)
            )
    frame = with_a_number(pd.concat(parts, ignore_index=True))
    if frame.empty:
        return None
    used = np.concatenate([followed, twins[:, 1]])
    controls = Controls(
        pairs=frame, samples=len(sheet) - len(used) - len(alone), limits=shown_limits(sheet)
    )
    missing = tuple((i, str(sheet.ids()[i])) for i in alone)
    return Layout("replicate_codes", controls, used, missing)


def _ordered(twins: Rows, codes: Any, order: list[int]) -> tuple[Rows, Rows]:
    """First and second member of each field pair, whichever row comes first."""
    swap = codes[twins[:, 0]] != order[0]
    first = np.where(swap, twins[:, 1], twins[:, 0])
    return first, np.where(swap, twins[:, 0], twins[:, 1])


def _among_samples(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """Rows that say in words that they are controls."""
    remarks = {**sheet.texts}
    if "kind" in sheet.roles:
        remarks["kind"] = sheet.roles["kind"]
    ids = {r: sheet.roles[r] for r in ("sample_id", "field_id") if r in sheet.roles}
    marks = control_rows(
        {k: list(v) for k, v in remarks.items()}, {k: list(v) for k, v in ids.items()}
    )
    kinds = marks["control_kind"].to_numpy() if len(marks) else np.array([])
    named = sheet.roles.get("material", np.full(len(sheet), "", dtype=object))
    if "kind" in sheet.roles:
        kinds = np.where((kinds == "") & (named != ""), "standard", kinds)
    rows = np.flatnonzero(kinds != "")
    if not len(rows) or not sheet.numbers:
        return None
    of = marks["control_of"].to_numpy()
    parents = sheet.roles.get("other_id")
    if parents is not None:
        of = np.where(parents == "", of, parents)
    single = rows[np.isin(kinds[rows], ["standard", "blank"])]
    read = np.where(named != "", named, marks["control_material"].to_numpy())[single]
    is_standard = kinds[single] == "standard"
    names = np.where((read == "") & is_standard, file.material or "", read)
    repeats = repeat_rows(sheet, file, single, kinds[single], names)
    pairs, missing = _linked(sheet, file, rows[~np.isin(rows, single)], kinds, of)
    controls = Controls(repeats, pairs, len(sheet) - len(rows), shown_limits(sheet))
    return Layout("among_samples", controls, rows, missing)


def _linked(
    sheet: ControlSheet, file: QaqcFile, rows: Rows, kinds: Any, of: Any
) -> tuple[pd.DataFrame, tuple[tuple[int, str], ...]]:
    """Pairs of duplicates with the samples they name, and those whose original isn't here."""
    place: dict[str, int] = {}
    for role in ("field_id", "sample_id"):
        for i, text in enumerate(sheet.roles.get(role, [])):
            if text and i not in set(rows.tolist()):
                place[normal(text)] = i
    found = [(i, place.get(normal(of[i])), of[i]) for i in rows.tolist()]
    missing = tuple((i, str(name)) for i, at, name in found if at is None)
    parts = [pd.DataFrame(columns=PAIRS)]
    for kind in dict.fromkeys(kinds[i] for i, at, _ in found if at is not None):
        mine = [(at, i) for i, at, _ in found if at is not None and kinds[i] == kind]
        first, second = (np.array(x, dtype=np.intp) for x in zip(*mine, strict=True))
        ids = (sheet.ids()[first], sheet.ids()[second])
        parts += [
            pair_rows(sheet, file, kind, label, (column, column), (first, second), ids)
            for label, column in sheet.numbers.items()
        ]
    filled = [part for part in parts if len(part)]
    return (with_a_number(pd.concat(filled, ignore_index=True)) if filled else parts[0]), missing


def _numbered_ids(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """Sample numbers that end in .1 and .2 throughout, in blocks or alternating."""
    found = [_SUFFIX.fullmatch(str(name)) for name in sheet.ids()]
    if len(found) < 2 or not all(found) or not sheet.numbers:
        return None
    base = np.array([m.group(1) for m in found if m], dtype=object)
    member = np.array([int(m.group(2)) for m in found if m])
    order = np.lexsort((np.arange(len(base)), member))
    first, second = order[member[order] == 1], order[member[order] == 2]
    if sorted(base[first]) != sorted(base[second]) or len(set(base)) != len(first):
        return None
    at = dict(zip(base[second], second, strict=True))
    second = np.array([at[name] for name in base[first]], dtype=np.intp)
    kind, assumed = _kind(file, None)
    ids = (sheet.ids()[first], sheet.ids()[second])
    parts = [
        pair_rows(sheet, file, kind, label, (column, column), (first, second), ids)
        for label, column in sheet.numbers.items()
    ]
    frame = with_a_number(pd.concat(parts, ignore_index=True))
    controls = Controls(pairs=frame, limits=shown_limits(sheet))
    return Layout("numbered_ids", controls, order, kind_assumed=assumed)


def _whole_table(sheet: ControlSheet, file: QaqcFile) -> Layout | None:
    """A table of repeats of one material (or of blanks) by its configuration or its name."""
    kind = file.kind or named_kind(file.path)
    if kind not in ("standard", "blank") or not sheet.numbers:
        return None
    rows = np.arange(len(sheet))
    name = file.material or PurePath(file.path).stem
    names = np.full(len(rows), name if kind == "standard" else "", dtype=object)
    return _repeats_layout("whole_table", sheet, file, rows, np.full(len(rows), kind), names)


def named_kind(path: str) -> str | None:
    """Kind that a file's name says, if any."""
    stem = PurePath(path).stem
    parts = {normal(part) for part in re.split(r"[^\w]+|_", stem)} | {normal(stem)}
    for kind, entry in words("files").items():
        for word in entry:
            if word in parts or (not word.isascii() and word in normal(stem)):
                return str(kind)
    return None


def _kind(file: QaqcFile, told: str | None) -> tuple[str, bool]:
    """Kind of a table of pairs, and whether it had to be taken for granted (pulp)."""
    kind = file.kind or named_kind(file.path) or told
    return (kind, False) if kind in ("pulp", "coarse", "field", "check") else ("pulp", True)


def _repeats_layout(
    name: str, sheet: ControlSheet, file: QaqcFile, rows: Rows, kinds: Any, names: Any
) -> Layout:
    """A layout of repeats only; the other rows are samples."""
    frame = repeat_rows(sheet, file, rows, kinds, names)
    controls = Controls(frame, samples=len(sheet) - len(rows), limits=shown_limits(sheet))
    return Layout(name, controls, rows)
