"""Write Open Mining Format 1 (``OMF-v0.9.0``): the version that most packages read.

Arrays are compressed as they are made, one field of the model at a time. Identifiers come from the
content's provenance, so that the same model gives the same file.
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from geo.formats.exports import (
    BlockField,
    BlockSource,
    Floats,
    Layer,
    Provenance,
    block_sidecar,
    layer_sidecar,
    layer_table,
    whole_file,
    write_sidecar,
)
from geo.formats.omf1 import HEADER, MAGIC, VERSION

COLOUR = [184, 115, 51]
"""Elements need one; this is copper."""

Json = dict[str, Any]


def write_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a block model as a volume; names of coded fields are legends."""
    with _Writer(path, provenance) as writer:
        spec = blocks.grid.spec
        axes = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
        geometry: Json = {"origin": list(spec.origin_m)}
        for axis, name in enumerate("uvw"):
            geometry[f"tensor_{name}"] = [float(spec.block_m[axis])] * spec.shape[axis]
            geometry[f"axis_{name}"] = axes[axis]
        data = []
        for one in blocks.fields:
            values = blocks.whole(one.name).transpose(2, 1, 0)
            data.append(writer.block_field(one, values))
        writer.element("VolumeElement", f"{provenance.name} blocks", "volume", data,
                       writer.add("VolumeGridGeometry", geometry))  # fmt: skip
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_layers(path: Path, layers: Sequence[Layer], provenance: Provenance) -> Path:
    """Write points as point sets and intervals as line sets; layers without a place are left out.

    Coordinates are float64 and absolute; every origin is zero.
    """
    placed = [layer for layer in layers if layer.points is not None]
    with _Writer(path, provenance) as writer:
        for layer in placed:
            _write_layer(writer, layer)
    write_sidecar(path, layer_sidecar(placed, provenance))
    return path


def _write_layer(writer: _Writer, layer: Layer) -> None:
    """One layer as one element."""
    assert layer.points is not None
    lines = layer.ends is not None
    points = layer.points if layer.ends is None else _interleaved(layer.points, layer.ends)
    geometry: Json = {"origin": [0.0, 0.0, 0.0], "vertices": writer.array("Vector3Array", points)}
    if lines:
        pairs = np.arange(len(points), dtype="<i8").reshape(-1, 2)
        geometry["segments"] = writer.array("Int2Array", pairs)
    location = "segments" if lines else "vertices"
    table = layer_table(layer)
    data = [
        writer.column(name, values.combine_chunks(), location)
        for name, values in zip(table.column_names, table.columns, strict=True)
    ]
    kind, subtype = ("LineSet", "borehole") if lines else ("PointSet", "point")
    uid = writer.add(f"{kind}Geometry", geometry)
    writer.element(f"{kind}Element", layer.name, subtype, data, uid)


def _interleaved(points: Floats, ends: Floats) -> Floats:
    """Both ends of segments, one after the other, shape (2n, 3)."""
    return np.stack([points, ends], axis=1).reshape(-1, 3)


class _Writer:
    """A file being written: arrays as they come, the registry at the end."""

    def __init__(self, path: Path, provenance: Provenance) -> None:
        self.provenance = provenance
        self.space = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(provenance.as_json(), default=str))
        self.date = f"{provenance.vintage}T00:00:00Z"
        self.registry: dict[str, Json] = {}
        self.elements: list[str] = []
        self._whole = whole_file(path)

    def __enter__(self) -> _Writer:
        self.stream: BinaryIO = self._whole.__enter__().open("wb")
        self.stream.write(bytes(HEADER.size))
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            if error[0] is None:
                self._finish()
        finally:
            self.stream.close()
            self._whole.__exit__(*error)

    def _finish(self) -> None:
        """The project, the registry, and the header that says where it is."""
        note = self.provenance
        project: Json = {
            "name": note.name,
            "description": json.dumps(note.as_json(), ensure_ascii=False),
            "author": note.engine_version,
            "revision": note.vintage,
            "units": "m",
            "origin": [0.0, 0.0, 0.0],
            "elements": self.elements,
            "date": self.date,
        }
        uid = self.add("Project", project)
        start = self.stream.tell()
        self.stream.write(json.dumps(self.registry).encode("utf-8"))
        self.stream.seek(0)
        self.stream.write(HEADER.pack(MAGIC, VERSION, uuid.UUID(uid).bytes, start))

    def add(self, kind: str, content: Json) -> str:
        """Enter one object; returns its uuid."""
        uid = str(uuid.uuid5(self.space, str(len(self.registry))))
        dates = {"date_created": self.date, "date_modified": self.date}
        self.registry[uid] = {**dates, **content, "__class__": kind}
        return uid

    def element(self, kind: str, name: str, subtype: str, data: list[str], geometry: str) -> None:
        """Enter one element of the project."""
        content: Json = {
            "name": name,
            "description": self.provenance.note,
            "data": data,
            "color": COLOUR,
            "subtype": subtype,
            "geometry": geometry,
        }
        self.elements.append(self.add(kind, content))

    def array(self, kind: str, values: Any) -> str:
        """Compress one array of float64 or int64."""
        plain = np.ascontiguousarray(values)
        dtype = "<i8" if plain.dtype.kind in "iu" else "<f8"
        start = self.stream.tell()
        packer = zlib.compressobj(6)
        for part in np.array_split(plain, max(plain.nbytes // 2**24, 1)):
            self.stream.write(packer.compress(np.ascontiguousarray(part, dtype).tobytes()))
        self.stream.write(packer.flush())
        index = {"start": start, "dtype": dtype, "length": self.stream.tell() - start}
        return self.add(kind, {"array": index})

    def column(self, name: str, values: pa.Array, location: str) -> str:
        """One column of a table: numbers, or texts (a blank is an empty text)."""
        content: Json = {"name": name, "description": "", "location": location}
        if pa.types.is_string(values.type):
            texts = ["" if v is None else v for v in values.to_pylist()]
            array = self.add("StringArray", {"array": texts})
            return self.add("StringData", {**content, "array": array})
        array = self.array("ScalarArray", values.to_numpy(zero_copy_only=False).astype("<f8"))
        return self.add("ScalarData", {**content, "array": array})

    def block_field(self, one: BlockField, values: Floats) -> str:
        """One field of a block model in the volume's order, w fastest."""
        content: Json = {"name": one.name, "description": one.unit, "location": "cells"}
        if not one.codes:
            array = self.array("ScalarArray", values.reshape(-1))
            return self.add("ScalarData", {**content, "array": array})
        known = sorted(code for code in one.codes if code)
        names = self.add("StringArray", {"array": [one.codes[code] for code in known]})
        legend = self.add("Legend", {"name": one.name, "description": "", "values": names})
        found = np.nan_to_num(values.reshape(-1)).astype("<i8")
        index = np.full(max(known, default=0) + 1, -1, dtype="<i8")
        index[known] = np.arange(len(known))
        found = np.where((found >= 0) & (found < len(index)), found, 0)
        array = self.array("ScalarArray", index[found])
        return self.add("MappedData", {**content, "array": array, "legends": [legend]})
