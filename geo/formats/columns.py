"""From a format's own arrays to the columns of a sheet: text or float64, null for a blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.tables.sheets import Sheet, UnreadableError

EXACT_INTEGER = 2**53
"""Integers up to here are exact in float64; a column with larger ones is kept as text."""

COORDINATES = ("easting", "northing", "elevation")
"""Names of the columns made from a geometry; ``geometry_...`` where the table has its own."""

Named = tuple[str, pa.Array]


def plain_column(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One column as text or float64, whatever type the format gave it.

    Dates and times become ISO text, booleans ``true``/``false``, whole numbers too large for
    float64 their digits, lists and structures their JSON-like text; NaN and null become a blank.
    """
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    kind = values.type
    if pa.types.is_integer(kind) and not _exact(values):
        return _text(values)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return numbers(pc.cast(values, pa.float64(), safe=False))
    return _text(values)


def numbers(values: Any) -> pa.Array:
    """Float64 with null for NaN."""
    if isinstance(values, pa.Array):
        return pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    return pa.array(values, type=pa.float64(), from_pandas=True)


def texts(values: Iterable[Any]) -> pa.Array:
    """Text, ``""`` for None."""
    return pa.array(["" if v is None else str(v) for v in values], type=pa.string())


def categories(indices: Any, names: Sequence[str]) -> pa.Array:
    """Text of coded values; a code below zero or null is a blank.

    Raises
    ------
    UnreadableError
        A code has no name (BN-FMT-010).
    """
    codes = np.nan_to_num(np.asarray(indices, dtype=np.float64), nan=-1.0).astype(np.int64)
    if codes.size and codes.max() >= len(names):
        words = {"name": "category", "found": int(codes.max()), "wanted": len(names)}
        raise UnreadableError("BN-FMT-010", **words)
    book = pa.array(["", *map(str, names)], type=pa.string())
    return book.take(pa.array(np.maximum(codes + 1, 0)))


def coordinate_names(taken: Iterable[str], prefix: str = "") -> tuple[str, str, str]:
    """Names for the columns of a geometry beside columns that are there already."""
    known = [name.casefold() for name in taken]
    own = any(name.startswith(c) for name in known for c in COORDINATES) and not prefix
    front = "geometry_" if own else prefix
    return tuple(f"{front}{name}" for name in COORDINATES)  # type: ignore[return-value]


def set_apart(places: Sequence[Named], attributes: Sequence[Named]) -> list[Named]:
    """Columns of places and of attributes, the former as ``geometry_...`` where both have them."""
    names = [name for name, _ in places[: len(COORDINATES)]]
    if tuple(names) != COORDINATES:
        return [*places, *attributes]
    renamed = coordinate_names([name for name, _ in attributes])
    own = [(name, values) for name, (_, values) in zip(renamed, places, strict=False)]
    return [*own, *places[len(COORDINATES) :], *attributes]


def make_sheet(
    name: str | None,
    columns: Sequence[Named],
    format_name: str,
    *,
    units: Mapping[str, str] | None = None,
    crs: str | None = None,
) -> Sheet:
    """A sheet of named columns; names that occur twice are numbered.

    Raises
    ------
    UnreadableError
        A column is not as long as the first (BN-FMT-010).
    """
    count = len(columns[0][1]) if columns else 0
    names: list[str] = []
    for heading, values in columns:
        if len(values) != count:
            words = {"name": heading, "found": len(values), "wanted": count}
            raise UnreadableError("BN-FMT-010", **words)
        names.append(_new_name(heading, names))
    return Sheet(
        name=name,
        columns=tuple(values for _, values in columns),
        rows=np.arange(1, count + 1, dtype=np.int64),
        format=format_name,
        names=tuple(names),
        units=dict(units or {}),
        crs=crs,
    )


def _new_name(name: str, taken: Sequence[str]) -> str:
    """``name``, numbered where it is taken."""
    number, made = 1, name
    while made in taken:
        number += 1
        made = f"{name} ({number})"
    return made


def _exact(values: pa.Array) -> bool:
    """Whether every whole number survives as float64."""
    if not len(values) or values.null_count == len(values):
        return True
    ends = pc.min_max(values).as_py()
    return ends["min"] >= -EXACT_INTEGER and ends["max"] <= EXACT_INTEGER


def _text(values: pa.Array) -> pa.Array:
    """Any column as text."""
    kind = values.type
    if pa.types.is_null(kind):
        return pa.array([""] * len(values), type=pa.string())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_large_string(kind):
        return pc.fill_null(pc.cast(values, pa.string()), "")
    if pa.types.is_string(kind):
        return pc.fill_null(values, "")
    if pa.types.is_temporal(kind):
        return texts(None if v is None else _iso(v) for v in values.to_pylist())
    return texts(values.to_pylist())


def _iso(value: Any) -> str:
    """A date or time in ISO 8601; a whole day without its midnight."""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return str(text).removesuffix("T00:00:00")
