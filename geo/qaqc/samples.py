"""Control samples hidden among the samples: found by words, and taken out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.dictionary import normal
from geo.qaqc.limits import words

CONTROL = ["control_kind", "control_material", "control_of"]
"""Columns that :func:`control_rows` gives: kind (empty for samples), material, repeated sample."""


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
    columns = [(_arrow(v), "cell") for v in remarks.values()]
    columns += [(_arrow(v), "id") for v in (ids or {}).values()]
    rows = len(columns[0][0]) if columns else 0
    found = pd.DataFrame({name: np.full(rows, "", dtype=object) for name in CONTROL})
    for column, place in columns:
        for i in np.flatnonzero(_suspects(column, place)):
            if not found.at[i, "control_kind"]:
                kind, material, of = _read(str(column[int(i)]), place)
                found.loc[i, CONTROL] = [kind, material, of]
    return found


def split_controls(
    frame: pd.DataFrame, columns: Sequence[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a table of samples: ``(samples, controls)``; every row is in one of them.

    ``columns`` are the columns of remarks to search (default: every column of texts that isn't a
    place or a sample number). ``controls`` has :data:`CONTROL` beside the table's own columns.
    """
    texts = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    ids = [c for c in texts if c == "sample_id"]
    known = {"hole_id", "file", "sheet", "as_of", "sample_id"}
    remarks = [c for c in texts if c not in known] if columns is None else list(columns)
    marks = control_rows(
        {c: frame[c].to_numpy() for c in remarks}, {c: frame[c].to_numpy() for c in ids}
    )
    if not len(marks):
        return frame, frame.iloc[:0].assign(**dict.fromkeys(CONTROL, ""))
    is_control = marks["control_kind"].to_numpy() != ""
    chosen = {name: marks[name].to_numpy()[is_control] for name in CONTROL}
    return frame[~is_control].reset_index(drop=True), frame[is_control].assign(**chosen)


def names_controls(column: pa.Array) -> bool:
    """Whether any cell of a column of texts may name a control."""
    return any(bool(_suspects(column, place).any()) for place in ("cell", "id"))


def kind_of_cell(text: str) -> str:
    """Kind of control that a remark names; empty where it names none."""
    return _read(text, "cell")[0]


def _arrow(values: Any) -> pa.Array:
    """Texts as an Arrow array; blanks for nulls and numbers."""
    if isinstance(values, pa.Array):
        return values if pa.types.is_string(values.type) else pa.array([""] * len(values))
    return pa.array(["" if not isinstance(v, str) else v for v in values], pa.string())


def _suspects(column: pa.Array, place: str) -> Any:
    """Rows whose text may name a control: one pass of the machine over the column."""
    if not len(column):
        return np.zeros(0, dtype=bool)
    plain = pc.utf8_normalize(pc.utf8_trim_whitespace(column), "NFKC")
    hit = pc.match_substring_regex(plain, pattern=_any(place), ignore_case=True)
    return pc.fill_null(hit, False).to_numpy(zero_copy_only=False)


@lru_cache(maxsize=2)
def _any(place: str) -> str:
    """One pattern for every kind."""
    each = [p for kind in words("kinds").values() for p in kind[place]]
    return "^(?:" + "|".join(p.replace("(?P<of>", "(?:") for p in each) + ")$"


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
        of = (found.groupdict().get("of") or "").strip()
        bare = not any(sign.isdigit() for sign in normal(plain))
        return kind, "" if kind != "standard" or bare else plain, of
    return "", "", ""
