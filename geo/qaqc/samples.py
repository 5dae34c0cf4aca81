"""Control samples hidden among the samples: found by words, and taken out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.dictionary import normal
from geo.qaqc.limits import words
from geo.tables.encoding import signs_of

CONTROL = ["control_kind", "control_material", "control_of"]
"""Columns that :func:`control_rows` gives: kind (empty for samples), material, repeated sample."""

FULL_WIDTH = 0xEF
"""First byte of full-width letters, which NFKC makes plain ones."""


def control_rows(remarks: Mapping[str, Any], ids: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Tell controls from samples by the words of their cells.

    Parameters
    ----------
    remarks
        Columns that may say it in words (``BLANK``, ``DUPL OF S020``, 标样, 内检), by name; texts
        of equal length (lists, arrays, Arrow arrays).
    ids
        Columns of sample numbers; only unmistakable numbers count there (``GBW07164``,
        ``S12-DUP``, ``BLK03``).

    Returns
    -------
    pandas.DataFrame
        One row for each row of the table with :data:`CONTROL`; all empty for a sample.
    """
    columns = [*remarks.values(), *(ids or {}).values()]
    rows = len(columns[0]) if columns else 0
    found = pd.DataFrame({name: np.full(rows, "", dtype=object) for name in CONTROL})
    few = find_controls(remarks, ids)
    found.loc[few.index, CONTROL] = few
    return found


def find_controls(remarks: Mapping[str, Any], ids: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The control samples among the rows of some columns, as :func:`control_rows` tells them.

    Returns
    -------
    pandas.DataFrame
        One row for each control, :data:`CONTROL`; the index is its position. Of a table of
        millions of samples only the different words are looked at.
    """
    found: dict[int, tuple[str, str, str]] = {}
    columns = [(_arrow(v), "cell") for v in remarks.values()]
    columns += [(_arrow(v), "id") for v in (ids or {}).values()]
    for column, place in columns:
        for i in np.flatnonzero(_suspects(column, place)):
            if int(i) not in found:
                found[int(i)] = _read(str(column[int(i)]), place)
    at = sorted(i for i, (kind, _, _) in found.items() if kind)
    cells = np.array([found[i] for i in at], dtype=object).reshape(len(at), len(CONTROL))
    return pd.DataFrame(cells, index=pd.Index(at, dtype=np.int64), columns=CONTROL)


def names_controls(column: pa.Array, *, of_ids: bool) -> bool:
    """Whether any cell of a column of texts (of sample numbers: ``of_ids``) may name a control."""
    return bool(_suspects(column, "id" if of_ids else "cell").any())


def kind_of_cell(text: str) -> str:
    """Kind of control that a remark names; empty where it names none."""
    return _read(text, "cell")[0]


def _arrow(values: Any) -> pa.Array:
    """Texts as an Arrow array; blanks for nulls and numbers."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if pa.types.is_string(values.type) else pa.array([""] * len(values))
    return pa.array(["" if not isinstance(v, str) else v for v in values], pa.string())


def _suspects(column: pa.Array, place: str) -> Any:
    """Rows whose text may name a control."""
    if not len(column):
        return np.zeros(0, dtype=bool)
    if place == "id" and not _may_be_ids(column):
        return np.zeros(len(column), dtype=bool)
    coded = column.dictionary_encode()
    plain = pc.utf8_normalize(pc.utf8_trim_whitespace(coded.dictionary), "NFKC")
    hit = pc.match_substring_regex(plain, pattern=_any(place), ignore_case=True)
    if not pc.any(hit).as_py():
        return np.zeros(len(column), dtype=bool)
    return pc.fill_null(hit.take(coded.indices), False).to_numpy(zero_copy_only=False)


def _may_be_ids(column: pa.Array) -> bool:
    """Whether any sample number of a column may be a control's: its letters are looked at.

    Digits and signs between the letters of a control's word can't be, so they are left out.
    """
    signs = signs_of(column.fill_null("")).tobytes()
    letters = signs.translate(None, b"0123456789 ._-/#").lower()
    absent = set(bytes(range(256)).translate(None, letters))
    if FULL_WIDTH not in absent:
        return True
    return any(word in letters for word in _id_words() if not absent.intersection(word))


@lru_cache(maxsize=1)
def _id_words() -> tuple[bytes, ...]:
    """A word of which every sample number of a control holds one."""
    return tuple(word.encode() for word in words("id_words"))


@lru_cache(maxsize=2)
def _any(place: str) -> str:
    """One pattern for every kind."""
    each = [p for kind in words("kinds").values() for p in kind[place]]
    return "^(?:" + "|".join(re.sub(r"\(\?P<\w+>", "(?:", p) for p in each) + ")$"


@lru_cache(maxsize=2)
def _patterns(place: str) -> list[tuple[str, re.Pattern[str]]]:
    """Compiled patterns in their order."""
    return [
        (kind, re.compile(pattern, re.IGNORECASE))
        for kind, entry in words("kinds").items()
        for pattern in entry[place]
    ]


@lru_cache(maxsize=65536)
def _read(text: str, place: str) -> tuple[str, str, str]:
    """Kind, material and repeated sample that a cell names."""
    plain = unicodedata.normalize("NFKC", text).strip()
    for kind, pattern in _patterns(place):
        found = pattern.fullmatch(plain)
        if found is None:
            continue
        groups = found.groupdict()
        of = (groups.get("of") or "").strip()
        material = groups.get("material") or plain
        bare = not any(sign.isdigit() for sign in normal(plain))
        return kind, "" if kind != "standard" or bare else material, of
    return "", "", ""
