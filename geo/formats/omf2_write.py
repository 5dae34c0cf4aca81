"""Write Open Mining Format 2.0: a ZIP64 of stored members, one Parquet an array.

Block attributes are in the order u fastest, then v, then w, written bench by bench.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo.formats.exports import (
    BlockField,
    BlockSource,
    Layer,
    Provenance,
    block_sidecar,
    layer_sidecar,
    layer_table,
    numbers_or_null,
    whole_file,
    write_sidecar,
)
from geo.formats.omf2 import INDEX

COMMENT = b"Open Mining Format 2.0"
WHEN = (1980, 1, 1, 0, 0, 0)
"""Time of every member: the same model gives the same bytes."""
GZIP_LEVEL = 6
"""Nine takes five times as long for a file one hundredth smaller."""

Json = dict[str, Any]


def write_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a regular block model; coded fields are categories, NaN is null."""
    spec = blocks.grid.spec
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w", allowZip64=True) as archive:
        writer = _Writer(archive, provenance)
        attributes = [_block_attribute(writer, blocks, one) for one in blocks.fields]
        axes = {"u": [1.0, 0.0, 0.0], "v": [0.0, 1.0, 0.0], "w": [0.0, 0.0, 1.0]}
        geometry = {
            "type": "BlockModel",
            "orient": {"origin": list(spec.origin_m), **axes},
            "grid": {"type": "Regular", "size": list(spec.block_m), "count": list(spec.shape)},
        }
        writer.element(f"{provenance.name} blocks", geometry, attributes)
        writer.finish()
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_layers(path: Path, layers: Sequence[Layer], provenance: Provenance) -> Path:
    """Write points as point sets, intervals as line sets; layers without a place are left out."""
    placed = [layer for layer in layers if layer.points is not None]
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w", allowZip64=True) as archive:
        writer = _Writer(archive, provenance)
        for layer in placed:
            _write_layer(writer, layer)
        writer.finish()
    write_sidecar(path, layer_sidecar(placed, provenance))
    return path


def _block_attribute(writer: _Writer, blocks: BlockSource, one: BlockField) -> Json:
    """One field of a block model, a slab at a time."""
    slabs = (values[one.name].ravel() for _, values in blocks.slabs([one.name]))
    if not one.codes:
        parts = (pa.table({"number": numbers_or_null(part)}) for part in slabs)
        values = writer.array(parts, pa.schema([pa.field("number", pa.float64())]))
        return _attribute(one.name, one.unit, "Primitives", {"type": "Number", "values": values})
    known = sorted(code for code in one.codes if code)
    index = np.full(max(known, default=0) + 1, -1, dtype=np.int64)
    index[known] = np.arange(len(known))
    parts = (pa.table({"index": _indices(part, index)}) for part in slabs)
    values = writer.array(parts, pa.schema([pa.field("index", pa.uint32())]))
    names = writer.names([one.codes[code] for code in known])
    data = {"type": "Category", "values": values, "names": names}
    return _attribute(one.name, one.unit, "Primitives", data)


def _indices(codes: Any, index: Any) -> pa.Array:
    """Category indices of codes; null for none."""
    plain = np.nan_to_num(codes).astype(np.int64)
    found = index[np.where((plain >= 0) & (plain < len(index)), plain, 0)]
    return pa.array(np.maximum(found, 0).astype(np.uint32), mask=found < 0)


def _write_layer(writer: _Writer, layer: Layer) -> None:
    """One layer as one element."""
    assert layer.points is not None
    points = layer.points
    geometry: Json = {"type": "PointSet"}
    if layer.ends is not None:
        points = np.stack([layer.points, layer.ends], axis=1).reshape(-1, 3)
        pairs = np.arange(len(points), dtype=np.uint32).reshape(-1, 2)
        segments = writer.columns({"a": pairs[:, 0], "b": pairs[:, 1]}, pa.uint32())
        geometry = {"type": "LineSet", "segments": segments}
    places = {name: points[:, axis] for axis, name in enumerate("xyz")}
    geometry["vertices"] = writer.columns(places, pa.float64())
    location = "Vertices" if layer.ends is None else "Primitives"
    table = layer_table(layer)
    attributes = []
    for name, values in zip(table.column_names, table.columns, strict=True):
        text = pa.types.is_string(values.type)
        field = pa.field("text" if text else "number", values.type)
        part = pa.Table.from_arrays([values], schema=pa.schema([field]))
        data = {"type": "Text" if text else "Number", "values": writer.array([part], part.schema)}
        attributes.append(_attribute(name, layer.units.get(name, ""), location, data))
    writer.element(layer.name, geometry, attributes)


def _attribute(name: str, unit: str, location: str, data: Json) -> Json:
    """One attribute's entry in the index."""
    return {"name": name, **({"units": unit} if unit else {}), "location": location, "data": data}


class _Writer:
    """An archive being written: numbered arrays, then the index."""

    def __init__(self, archive: zipfile.ZipFile, provenance: Provenance) -> None:
        self.archive = archive
        self.provenance = provenance
        self.elements: list[Json] = []
        self.count = 0

    def element(self, name: str, geometry: Json, attributes: list[Json]) -> None:
        """Enter one element."""
        note = self.provenance.note
        entry = {"name": name, "description": note, "attributes": attributes, "geometry": geometry}
        self.elements.append(entry)

    def columns(self, columns: Json, kind: pa.DataType) -> Json:
        """An array of columns that are never null."""
        schema = pa.schema([pa.field(name, kind, nullable=False) for name in columns])
        arrays = [pa.array(values, type=kind) for values in columns.values()]
        return self.array([pa.Table.from_arrays(arrays, schema=schema)], schema)

    def names(self, names: list[str]) -> Json:
        """Names of categories."""
        schema = pa.schema([pa.field("name", pa.string(), nullable=False)])
        return self.array(
            [pa.Table.from_arrays([pa.array(names, pa.string())], schema=schema)], schema
        )

    def array(self, parts: Iterable[pa.Table], schema: pa.Schema) -> Json:
        """Write one array as the next Parquet member; returns its reference."""
        self.count += 1
        name = f"{self.count}.parquet"
        rows = 0
        info = zipfile.ZipInfo(name, WHEN)
        with self.archive.open(info, "w", force_zip64=True) as member:
            sink = _Counted(member)
            with pq.ParquetWriter(
                sink,
                schema,
                compression="gzip",
                compression_level=GZIP_LEVEL,
                # numbers hardly repeat: a dictionary of them makes the file larger, and slower
                use_dictionary=[f.name for f in schema if not pa.types.is_floating(f.type)],
                store_schema=False,
            ) as file:
                for part in parts:
                    rows += part.num_rows
                    file.write_table(part)
        return {"filename": name, "item_count": rows}

    def finish(self) -> None:
        """Write the index and the archive's comment."""
        about = self.provenance
        project: Json = {
            "name": about.name,
            "description": about.note,
            "author": about.engine_version,
            "application": "bornite",
            "date": f"{about.vintage}T00:00:00Z",
            "units": "m",
            "origin": [0.0, 0.0, 0.0],
            "metadata": about.as_json(),
            "elements": self.elements,
        }
        if about.crs != "local":
            project["coordinate_reference_system"] = about.crs
        data = json.dumps(project, ensure_ascii=False).encode("utf-8")
        self.archive.writestr(zipfile.ZipInfo(INDEX, WHEN), gzip.compress(data, mtime=0))
        self.archive.comment = COMMENT


class _Counted(io.RawIOBase):
    """A member of an archive that knows how far it has been written (Parquet asks)."""

    def __init__(self, member: Any) -> None:
        super().__init__()
        self.member = member
        self.place = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Bytes written so far."""
        return self.place

    def write(self, data: Any) -> int:
        """Append bytes."""
        count = self.member.write(bytes(data))
        self.place += count
        return int(count)
