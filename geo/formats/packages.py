"""Block models as CSV for mining packages: each one's headings, order, lines and blanks.

Centres are in world coordinates everywhere. Names of domains and classes are text; numbers are
written with the shortest digits that read back the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from geo.formats.dialects import csv_options
from geo.formats.exports import (
    BlockField,
    BlockSource,
    Floats,
    Provenance,
    block_sidecar,
    slab_table,
    whole_file,
    write_sidecar,
)

NO_NAME = "none"
"""Written for a block without a name (no domain, no class) where a blank isn't allowed."""


@dataclass(frozen=True)
class BlockDialect:
    """One package's way of writing a block model."""

    centre: tuple[str, str, str]
    """Headings of the centre: east, north, up."""
    size: tuple[str, str, str]
    """Headings of the block's sizes along them."""
    case: Literal["as it is", "upper", "lower"] = "as it is"
    """How fields are spelt."""
    longest: int = 64
    """Signs of a field's heading; a longer one is cut, and numbered where it then isn't alone."""
    northing_first: bool = False
    """Whether north stands before east in every triple."""
    blank: float | None = None
    """Number that stands for none; None: an empty cell."""
    origin: tuple[str, str, str] | None = None
    """Headings of the model's lower corner, and of the counts, repeated in every row."""
    counts: tuple[str, str, str] | None = None
    described: bool = False
    """Whether a column of volumes and three lines of descriptions, types and defaults follow."""


BLOCK_DIALECTS = {
    "csv-leapfrog": BlockDialect(("X", "Y", "Z"), ("DX", "DY", "DZ")),
    "csv-datamine": BlockDialect(
        ("XC", "YC", "ZC"),
        ("XINC", "YINC", "ZINC"),
        case="upper",
        longest=24,
        origin=("XMORIG", "YMORIG", "ZMORIG"),
        counts=("NX", "NY", "NZ"),
    ),
    "csv-micromine": BlockDialect(
        ("EAST", "NORTH", "RL"), ("_EAST", "_NORTH", "_RL"), case="upper"
    ),
    "csv-surpac": BlockDialect(
        ("x", "y", "z"), ("dx", "dy", "dz"), case="lower", northing_first=True, blank=-99.0
    ),
    "csv-vulcan": BlockDialect(
        ("centroid_x", "centroid_y", "centroid_z"),
        ("dim_x", "dim_y", "dim_z"),
        case="lower",
        longest=30,
        blank=-99.0,
        described=True,
    ),
}
"""Datamine repeats the corner (``XMORIG``) and leaves ``IJK`` to its own IJKGEN. Surpac has north
(``y``) before east. Vulcan: seven geometry columns, names in lower case, then lines of
descriptions, types and defaults, as its "CSV to Model" asks for."""


def write_blocks(
    path: Path, blocks: BlockSource, provenance: Provenance, dialect: BlockDialect
) -> Path:
    """Write a block model slab by slab as one package reads it, with the side-car beside it.

    The side-car gives the heading of every field, and the number that stands for none.
    """
    headings = _headings(blocks.fields, dialect)
    with whole_file(path) as partial, pa.OSFile(str(partial), "wb") as sink:
        first = True
        for benches, values in blocks.slabs():
            table = _table(blocks, benches, values, dialect, headings)
            if first:
                names = pa.table({name: pa.array([], pa.string()) for name in table.column_names})
                csv.write_csv(names, sink, csv_options(names, header=True))
                sink.write(_descriptions(blocks.fields, table.num_columns, dialect))
            csv.write_csv(table, sink, csv_options(table, header=False))
            first = False
    about = block_sidecar(blocks, provenance)
    how: dict[str, Any] = {"headings": headings, "blank": dialect.blank}
    if dialect.northing_first:
        how["columns"] = "north (y) stands before east (x)"
    write_sidecar(path, {**about, **how})
    return path


def _headings(fields: Sequence[BlockField], dialect: BlockDialect) -> dict[str, str]:
    """Field -> its heading, each one only once."""
    taken = {*dialect.centre, *dialect.size, *(dialect.origin or ()), *(dialect.counts or ())}
    found: dict[str, str] = {}
    for one in fields:
        name = {"upper": one.name.upper(), "lower": one.name.lower()}.get(dialect.case, one.name)
        heading, number = name[: dialect.longest], 2
        while heading in taken:
            heading, number = f"{name[: dialect.longest - len(str(number))]}{number}", number + 1
        taken.add(heading)
        found[one.name] = heading
    return found


def _table(
    blocks: BlockSource,
    benches: slice,
    values: Mapping[str, Floats],
    dialect: BlockDialect,
    headings: Mapping[str, str],
) -> pa.Table:
    """A slab in the package's columns."""
    plain = slab_table(blocks, benches, values)
    order = (1, 0, 2) if dialect.northing_first else (0, 1, 2)
    columns: dict[str, Any] = {}
    for heads, names in ((dialect.centre, "xc yc zc"), (dialect.size, "xinc yinc zinc")):
        columns |= {heads[axis]: plain[names.split()[axis]] for axis in order}
    spec, count = blocks.grid.spec, plain.num_rows
    if dialect.origin and dialect.counts:
        for heads, numbers in ((dialect.origin, spec.origin_m), (dialect.counts, spec.shape)):
            columns |= {heads[axis]: pa.array(np.full(count, numbers[axis])) for axis in order}
    if dialect.described:
        columns["volume"] = pa.array(np.full(count, blocks.grid.block_volume_m3))
    for name, heading in headings.items():
        columns[heading] = _filled(plain[name], dialect)
    return pa.table(columns)


def _filled(column: pa.ChunkedArray, dialect: BlockDialect) -> pa.ChunkedArray:
    """A field with the package's word for none where there is none."""
    if dialect.blank is None:
        return column
    text = pa.types.is_string(column.type)
    return pc.fill_null(column, NO_NAME if text else dialect.blank)


def _descriptions(fields: Sequence[BlockField], width: int, dialect: BlockDialect) -> bytes:
    """The lines under the headings: descriptions, types, defaults; nothing where none is asked."""
    if not dialect.described:
        return b""
    lines = {
        "variable descriptions": [one.unit or one.name for one in fields],
        "variable types": ["name" if one.codes else "double" for one in fields],
        "variable defaults": [NO_NAME if one.codes else str(dialect.blank) for one in fields],
    }
    gap = [""] * (width - len(fields) - 1)
    rows = [",".join([head, *gap, *cells]) for head, cells in lines.items()]
    return ("\n".join(rows) + "\n").encode("utf-8")
