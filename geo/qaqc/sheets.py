"""One sheet of any laboratory: which columns are determinations, and which say what a row is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.dictionary import bare, dictionary, normal
from geo.qaqc.limits import known_element, tidy, words
from geo.special.values import BELOW, BLANK, NOT_ASSAYED, NUMBER, OVER, Numbers, read_numbers
from geo.tables.sheets import Sheet, as_texts

HEADER_ROWS = 20
"""The first row of data is looked for in this many rows."""
NUMERIC_SHARE = 0.5
"""A column is one of numbers where at least this share of its filled cells are numbers."""
_UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")
_REPEATED = re.compile(r"(.+?)\.(\d)")


@dataclass(frozen=True)
class Determination:
    """One column of numbers: its label, unit where stated, and what its cells hold."""

    label: str
    unit: str | None
    numbers: Numbers


@dataclass(frozen=True)
class ControlSheet:
    """A sheet's texts by role and its columns of numbers by label."""

    rows: NDArray[np.int64]
    """Row numbers as a spreadsheet shows them."""
    numbers: dict[str, Determination]
    roles: dict[str, NDArray[np.object_]]
    """Role (``sample_id``, ``kind``, ``material``, ...) -> texts."""
    texts: dict[str, NDArray[np.object_]]
    """Other columns of words by label."""
    hidden: tuple[str, ...] = ()
    """Labels of columns of numbers that are places or serial numbers."""
    blanks: int = 0
    """Blank cells in columns of numbers, of any meaning."""
    negatives: int = 0
    """Negative numbers in the same columns, where a column has others too."""

    def __len__(self) -> int:
        return len(self.rows)

    def ids(self) -> NDArray[np.object_]:
        """Sample numbers, or the row's number where the table has none."""
        found = self.roles.get("sample_id")
        if found is None:
            found = np.array([str(row) for row in self.rows], dtype=object)
        return found


def read_control_sheet(sheet: Sheet, not_assayed: Sequence[str]) -> ControlSheet | None:
    """Read the columns of a sheet by what they hold; None where it has no rows of numbers.

    ``not_assayed`` are texts and numbers that mean "no assay was made". Titles, several header
    rows, a row of units and repeated headings are seen through; nothing is converted.
    """
    first = first_data_row(sheet)
    if first is None:
        return None
    columns = [_texts(column) for column in sheet.columns]
    kept = np.zeros(len(sheet), dtype=bool)
    for column in columns:
        kept |= np.array([bool(text) for text in column])
    kept[:first] = False
    if not kept.any():
        return None
    heads = sheet_headings(sheet, first)
    return _sorted_columns(
        sheet.rows[kept], heads, [column[kept] for column in columns], not_assayed
    )


def sheet_headings(sheet: Sheet, first: int) -> list[tuple[str, str | None]]:
    """Label and unit of every column; ``first`` is the index of the first row of data."""
    return [_headings(sheet, i, _texts(c[:first])) for i, c in enumerate(sheet.columns)]


def _sorted_columns(
    rows: NDArray[np.int64],
    heads: list[tuple[str, str | None]],
    columns: list[NDArray[np.object_]],
    not_assayed: Sequence[str],
) -> ControlSheet:
    """Columns into determinations, roles and other words."""
    numbers: dict[str, Determination] = {}
    roles: dict[str, NDArray[np.object_]] = {}
    texts: dict[str, NDArray[np.object_]] = {}
    hidden: list[str] = []
    blanks = negatives = 0
    has_x = any(bare(label) == "x" for label, _ in heads)
    for (label, unit), column in zip(heads, columns, strict=True):
        role = _role(label, unit, has_x)
        if role and role != "ignore":
            roles.setdefault(role, column)
            continue
        read = read_numbers(list(column), tuple(not_assayed))
        numeric = _is_numeric(read, column)
        if numeric or _is_codes(read, column):
            blanks += int(read.of_kind(BLANK, NOT_ASSAYED).sum())
            negatives += int(numeric and (read.values < 0).sum())
        if not numeric:
            texts[_free(label or "remark", texts)] = column
        elif role == "ignore" or not label:
            hidden.append(label)
        else:
            _add(numbers, Determination(label, unit, read))
    if "parent_id" in roles:
        numbered = "sample_id" in roles
        roles.setdefault("other_id" if numbered else "sample_id", roles.pop("parent_id"))
    if "sample_id" not in roles and "field_id" in roles:
        roles["sample_id"] = roles["field_id"]
    return ControlSheet(rows, numbers, roles, texts, tuple(hidden), blanks, negatives)


def _add(numbers: dict[str, Determination], new: Determination) -> None:
    """Enter a determination; a copy of an earlier column is dropped, another method renamed."""
    copied = _REPEATED.fullmatch(new.label)
    base = copied.group(1) if copied else new.label
    twin = numbers.get(base)
    if twin is not None and _same(twin.numbers, new.numbers):
        return
    label = _free(new.label, numbers)
    numbers[label] = Determination(label, new.unit, new.numbers)


def _same(one: Numbers, other: Numbers) -> bool:
    """Whether two columns hold the same cells."""
    return bool(
        np.array_equal(one.kinds, other.kinds)
        and np.array_equal(one.values, other.values, equal_nan=True)
    )


def _free(label: str, used: object) -> str:
    """A label not used yet: ``Au``, ``Au (2)``, ..."""
    number, name = 1, label
    while name in used:  # type: ignore[operator]
        number += 1
        name = f"{label} ({number})"
    return name


def _is_numeric(read: Numbers, column: NDArray[np.object_]) -> bool:
    """Whether a column is one of numbers (with at least one that isn't a negative code)."""
    filled = sum(map(bool, column))
    good = read.of_kind(NUMBER, BELOW, OVER)
    if not filled or good.sum() < NUMERIC_SHARE * filled:
        return False
    return bool((read.values[good] >= 0).any())


def _is_codes(read: Numbers, column: NDArray[np.object_]) -> bool:
    """Whether every filled cell is a negative number: a column that only says "not known"."""
    filled = sum(map(bool, column))
    return bool(filled and (read.values < 0).sum() == filled)


def _texts(column: pa.Array) -> NDArray[np.object_]:
    """Cells as trimmed texts."""
    return np.array([(text or "").strip() for text in as_texts(column).to_pylist()], dtype=object)


def first_data_row(sheet: Sheet) -> int | None:
    """Index of the first row of which a quarter or more are numbers, after at least one heading.

    0 where the format itself names the columns; None where there is no such row.
    """
    if sheet.names:
        return 0 if sheet.columns and len(sheet) else None
    columns = [_texts(column[:HEADER_ROWS]) for column in sheet.columns]
    for i in range(1, max(map(len, columns), default=0)):
        cells = [column[i] for column in columns if column[i]]
        kinds = read_numbers(cells, ()).of_kind(NUMBER, BELOW, OVER)
        if len(cells) and kinds.sum() >= 0.25 * len(cells):
            return i
    return None


def _headings(sheet: Sheet, index: int, above: NDArray[np.object_]) -> tuple[str, str | None]:
    """Label and unit of a column from the format's names or the rows above the data."""
    if sheet.names:
        name = sheet.names[index]
        return name.strip(), sheet.units.get(name) or dictionary().split(name)[1]
    found = [t for t in above if t and not _UNNAMED.fullmatch(t)]
    unit = next((t for t in reversed(found) if _grade_unit(t)), None)
    # a line of units may name the first columns too ("Interval (m)"), so units go last
    labels = [t for t in found if not _grade_unit(t)] or found
    known = [t for t in labels if known_element(t)]
    roles = [t for t in labels if heading_role(t)]
    label = (known or roles[:1] or labels or [""])[-1]
    return _without_unit(label), unit or dictionary().split(label)[1]


def _grade_unit(text: str) -> bool:
    """Whether a text is a unit of grade and nothing else."""
    name = dictionary().unit(text)
    return name is not None and dictionary().units[name].kind == "grade"


def _without_unit(label: str) -> str:
    """A heading of an element without the unit at its end: ``Ba_ppm`` -> ``Ba``."""
    key, unit = dictionary().split(label)
    start = label[: len(key)]
    is_element = unit is not None and known_element(key) is not None
    return tidy(start if is_element and normal(start) == key else label.strip().rstrip("."))


def _role(label: str, unit: str | None, has_x: bool) -> str | None:
    """Role of a heading; ``ignore`` for places and serial numbers; None for a determination.

    ``Y`` is yttrium where it has a unit of grade, or where there is no X beside it.
    """
    graded = unit is not None and _grade_unit(unit)
    if bare(label) == "y" and (graded or not has_x):
        return None
    if unit is not None and not graded:
        return "ignore"
    return heading_role(label)


def heading_role(label: str) -> str | None:
    """Role of a heading by its words; None where it names none."""
    return _roles().get(bare(label))


@lru_cache(maxsize=1)
def _roles() -> dict[str, str]:
    """Heading key -> role."""
    return {bare(w): role for role, entry in words("headings").items() for w in map(str, entry)}
