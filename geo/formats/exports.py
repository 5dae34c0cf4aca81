"""What writers are given: a block model that is read slab by slab, layers of points and intervals.

Every writer of this package takes a :class:`BlockSource` or :class:`Layer` objects and the
:class:`Provenance` that goes into the file where it has a place for it, and into the ``.json``
beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo.files import partial_name, write_whole
from geo.grids import BlockGrid

Floats = NDArray[np.float64]

SLAB_BLOCKS = 200_000
"""Blocks of one slab, about; whole benches."""

SYNTHETIC = "SYNTHETIC DATA, NOT A REAL DEPOSIT / 合成数据,非真实矿床"
INTERNAL = "internal estimate, not reviewed or filed / 内部估算,未经评审备案"


@dataclass(frozen=True)
class Provenance:
    """Where exported figures come from."""

    deposit: str
    name: str
    vintage: str
    crs: str
    vertical_datum: str
    synthetic: bool
    engine_version: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    """``data``, ``plan``, ``model`` -> SHA-256."""

    @property
    def note(self) -> str:
        """One line for a file's title or description."""
        words = [SYNTHETIC] if self.synthetic else []
        return "; ".join([*words, INTERNAL, f"{self.deposit} {self.vintage}", self.engine_version])

    def as_json(self) -> dict[str, Any]:
        """Plain values, with the note."""
        return {**asdict(self), "note": self.note}


@dataclass(frozen=True)
class BlockField:
    """One number of every block; ``codes`` where it stands for names (0 is none)."""

    name: str
    unit: str = ""
    codes: Mapping[int, str] | None = None
    meaning: str = ""
    """For the side-car, where the name does not say it."""


@dataclass(frozen=True)
class BlockSource:
    """A block model to be written.

    ``read(names, slices)`` gives each named field's numbers within slices of the (z, y, x) array,
    float64, NaN for none.
    """

    grid: BlockGrid
    fields: tuple[BlockField, ...]
    read: Callable[[Sequence[str], tuple[slice, slice, slice]], dict[str, Floats]]

    @property
    def count(self) -> int:
        """Blocks in all."""
        return int(np.prod(self.grid.array_shape))

    def slabs(
        self, names: Sequence[str] | None = None
    ) -> Iterator[tuple[slice, dict[str, Floats]]]:
        """Fields of whole benches, from below: (benches, field -> array of (benches, ny, nx))."""
        wanted = [f.name for f in self.fields] if names is None else list(names)
        nz, ny, nx = self.grid.array_shape
        step = max(
            self._tile_step(), SLAB_BLOCKS // (ny * nx) // self._tile_step() * self._tile_step()
        )
        for low in range(0, nz, step):
            benches = slice(low, min(low + step, nz))
            yield benches, self.read(wanted, (benches, slice(0, ny), slice(0, nx)))

    def whole(self, name: str) -> Floats:
        """One field of the whole model, shape (nz, ny, nx)."""
        return self.read([name], self.grid.whole)[name]

    def _tile_step(self) -> int:
        """Benches of a tile: the store unpacks whole tiles."""
        return int(self.grid.spec.tile[2])


@dataclass(frozen=True)
class Layer:
    """One table with places: points, or segments where ``ends`` is given.

    ``frame`` holds text and float64 columns; ``points`` and ``ends`` are (n, 3), east, north, up.
    ``units``: column -> unit.
    """

    name: str
    frame: pd.DataFrame
    points: Floats | None = None
    ends: Floats | None = None
    units: Mapping[str, str] = field(default_factory=dict)


def axis_centres(blocks: BlockSource, benches: slice) -> tuple[Floats, Floats, Floats]:
    """Centres of a slab's blocks, flattened in the order x fastest, then y, then z."""
    axes = [blocks.grid.centres_m(2)[benches], blocks.grid.centres_m(1), blocks.grid.centres_m(0)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return x.ravel(), y.ravel(), z.ravel()


def named(values: Floats, codes: Mapping[int, str]) -> pa.Array:
    """Names of coded numbers; null for 0, NaN, and codes without a name."""
    plain = np.nan_to_num(values.ravel()).astype(np.int64)
    book = [codes.get(code) for code in range(max(codes, default=0) + 1)]
    inside = np.where((plain >= 0) & (plain < len(book)), plain, 0)
    if book:
        book[0] = None
    return pa.array(book or [None], type=pa.string()).take(pa.array(inside))


def numbers_or_null(values: Any) -> pa.Array:
    """Float64 with null for NaN."""
    return pa.array(np.asarray(values, dtype=np.float64).ravel(), from_pandas=True)


def slab_table(blocks: BlockSource, benches: slice, values: Mapping[str, Floats]) -> pa.Table:
    """A slab as a table: centre, sizes, then every field; names where a field is coded."""
    x, y, z = axis_centres(blocks, benches)
    sizes = [np.full(len(x), size) for size in blocks.grid.spec.block_m]
    columns: dict[str, pa.Array] = dict(
        zip(
            ("xc", "yc", "zc", "xinc", "yinc", "zinc"),
            [pa.array(column) for column in (x, y, z, *sizes)],
            strict=True,
        )
    )
    for one in blocks.fields:
        found = values[one.name]
        columns[one.name] = named(found, one.codes) if one.codes else numbers_or_null(found)
    return pa.table(columns)


def layer_table(layer: Layer) -> pa.Table:
    """A layer's attributes: text (null for a blank) and float64 (null for NaN)."""
    columns = {}
    for name in layer.frame.columns:
        values = layer.frame[name]
        if values.dtype.kind in "fiu":
            columns[str(name)] = numbers_or_null(values)
        else:
            cells = [None if pd.isna(v) else str(v) for v in values]
            columns[str(name)] = pa.array(cells, type=pa.string())
    return pa.table(columns) if columns else pa.table({})


def block_sidecar(blocks: BlockSource, provenance: Provenance) -> dict[str, Any]:
    """What the ``.json`` beside a block model says: place, order, units, codes, provenance."""
    spec = blocks.grid.spec
    first = [blocks.grid.centres_m(axis)[0] for axis in range(3)]
    return {
        "kind": "block model",
        "origin_corner_m": list(spec.origin_m),
        "first_centroid_m": [float(v) for v in first],
        "block_m": list(spec.block_m),
        "counts": list(spec.shape),
        "rotation": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        "order": "x fastest, then y, then z upwards",
        "axes": "east, north, up; metres",
        "fields": {
            one.name: {
                "unit": one.unit,
                **({"codes": dict(one.codes)} if one.codes else {}),
                **({"meaning": one.meaning} if one.meaning else {}),
            }
            for one in blocks.fields
        },
        "provenance": provenance.as_json(),
    }


def layer_sidecar(layers: Sequence[Layer], provenance: Provenance) -> dict[str, Any]:
    """What the ``.json`` beside tables says."""
    return {
        "kind": "tables",
        "axes": "east, north, up; metres",
        "tables": {
            one.name: {"rows": len(one.frame), "columns": list(map(str, one.frame.columns)),
                       "units": dict(one.units)}
            for one in layers
        },
        "provenance": provenance.as_json(),
    }  # fmt: skip


def write_sidecar(path: Path, content: Mapping[str, Any]) -> Path:
    """Write ``<file>.json`` beside an exported file."""
    target = path.with_name(f"{path.name}.json")
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_whole(target, text.encode("utf-8"))
    return target


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to that takes its place under the right name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{partial_name()}.{path.name}")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
