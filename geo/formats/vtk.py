"""Write VTK's XML files for ParaView: ``.vti`` for a regular block model, ``.vtp`` for tables.

Arrays follow the XML as raw little-endian bytes, each behind its length (VTK File Formats,
"XML File Formats", appended data), so that a model is written slab by slab into its place.
Points are relative to nothing: coordinates are written as float64.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.formats.exports import (
    BlockSource,
    Layer,
    Provenance,
    block_sidecar,
    layer_sidecar,
    layer_table,
    whole_file,
    write_sidecar,
)

LENGTH = struct.Struct("<Q")
NUMBER = 8
"""Bytes of one float64."""


@dataclass(frozen=True)
class _Array:
    """One array of the appended data: its tag, and its bytes (None: written later in slabs)."""

    name: str
    tag: str
    size: int
    data: bytes | None


def write_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a regular, unrotated block model as image data; fields are cell data."""
    spec = blocks.grid.spec
    arrays = [_numbers(one.name, blocks.count * NUMBER, None) for one in blocks.fields]
    extent = " ".join(f"0 {n}" for n in spec.shape)
    origin, spacing = (" ".join(map(repr, map(float, v))) for v in (spec.origin_m, spec.block_m))
    place = f'WholeExtent="{extent}" Origin="{origin}" Spacing="{spacing}"'
    body = f'<Piece Extent="{extent}"><CellData>{_tags(arrays)}</CellData></Piece>'
    _, ny, nx = blocks.grid.array_shape
    with whole_file(path) as partial, partial.open("wb") as stream:
        start = _write_head(stream, "ImageData", place, body, arrays, provenance)
        for benches, values in blocks.slabs():
            for number, one in enumerate(blocks.fields):
                at = start + _offset(arrays, number) + LENGTH.size
                stream.seek(at + benches.start * ny * nx * NUMBER)
                stream.write(np.ascontiguousarray(values[one.name], "<f8").tobytes())
        stream.seek(start + _offset(arrays, len(arrays)))
        stream.write(b"\n</AppendedData>\n</VTKFile>\n")
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_layer(path: Path, layer: Layer, provenance: Provenance) -> Path:
    """Write points as vertices, intervals as lines; columns are cell data.

    Raises
    ------
    ValueError
        The layer has no places.
    """
    if layer.points is None:
        raise ValueError(f"{layer.name} has no coordinates")
    count, ends = len(layer.points), layer.ends
    points = layer.points if ends is None else np.stack([layer.points, ends], axis=1)
    width = 1 if ends is None else 2
    cells = [_column(n, c.combine_chunks()) for n, c in _columns(layer)]
    places = _numbers("Points", 0, np.ascontiguousarray(points, "<f8").tobytes(), 3)
    index = np.arange(count * width, dtype="<i8")
    links = [_whole("connectivity", index), _whole("offsets", index[:count] * width + width)]
    shape = "Verts" if ends is None else "Lines"
    number = f'NumberOfPoints="{count * width}" NumberOf{shape}="{count}"'
    arrays = [*cells, places, *links]
    tags = [_tags([a], _offset(arrays, i)) for i, a in enumerate(arrays)]
    body = (
        f"<Piece {number}><CellData>{''.join(tags[: len(cells)])}</CellData>"
        f"<Points>{tags[len(cells)]}</Points><{shape}>{''.join(tags[-2:])}</{shape}></Piece>"
    )
    with whole_file(path) as partial, partial.open("wb") as stream:
        _write_head(stream, "PolyData", "", body, arrays, provenance)
        stream.write(b"\n</AppendedData>\n</VTKFile>\n")
    write_sidecar(path, layer_sidecar([layer], provenance))
    return path


def _columns(layer: Layer) -> list[tuple[str, pa.ChunkedArray]]:
    """Names and values of a layer's attributes."""
    table = layer_table(layer)
    return list(zip(table.column_names, table.columns, strict=True))


def _write_head(
    stream: BinaryIO,
    kind: str,
    place: str,
    body: str,
    arrays: Sequence[_Array],
    provenance: Provenance,
) -> int:
    """Write the XML and the arrays whose bytes are known; returns where the data begin."""
    note = json.dumps(provenance.as_json(), ensure_ascii=False).encode("utf-8")
    words = " ".join(map(str, [*note, 0]))
    about = (
        '<FieldData><Array type="String" Name="provenance" NumberOfTuples="1" format="ascii">'
        f"{words}</Array></FieldData>"
    )
    version = 'version="1.0" byte_order="LittleEndian" header_type="UInt64"'
    text = (
        f'<?xml version="1.0"?>\n<VTKFile type="{kind}" {version}>\n<{kind} {place}>{about}'
        f'{body}</{kind}>\n<AppendedData encoding="raw">\n_'
    )
    stream.write(text.encode("utf-8"))
    start = stream.tell()
    for number, array in enumerate(arrays):
        stream.seek(start + _offset(arrays, number))
        stream.write(LENGTH.pack(array.size))
        if array.data is not None:
            stream.write(array.data)
    return start


def _offset(arrays: Sequence[_Array], number: int) -> int:
    """Where an array begins in the appended data."""
    return sum(LENGTH.size + array.size for array in arrays[:number])


def _tags(arrays: Sequence[_Array], first: int = 0) -> str:
    """The elements that describe arrays, at their offsets from ``first``."""
    return "".join(
        array.tag.format(offset=first + _offset(arrays, i)) for i, array in enumerate(arrays)
    )


def _numbers(name: str, size: int, data: bytes | None, width: int = 1) -> _Array:
    """An array of float64."""
    tag = (
        f'<DataArray type="Float64" Name={_quoted(name)} NumberOfComponents="{width}" '
        'format="appended" offset="{offset}"/>'
    )
    return _Array(name, tag, size if data is None else len(data), data)


def _whole(name: str, values: NDArray[np.int64]) -> _Array:
    """An array of whole numbers."""
    data = values.astype("<i8").tobytes()
    tag = f'<DataArray type="Int64" Name="{name}" format="appended" offset="{{offset}}"/>'
    return _Array(name, tag, len(data), data)


def _column(name: str, values: pa.Array) -> _Array:
    """One column as numbers, or as texts that each end in a zero byte."""
    if not pa.types.is_string(values.type):
        plain = values.to_numpy(zero_copy_only=False).astype("<f8")
        return _numbers(name, 0, plain.tobytes())
    texts = ["" if v is None else v.replace("\0", " ") for v in values.to_pylist()]
    data = b"".join(text.encode("utf-8") + b"\0" for text in texts)
    tag = (
        f'<Array type="String" Name={_quoted(name)} NumberOfTuples="{len(texts)}" '
        'format="appended" offset="{offset}"/>'
    )
    return _Array(name, tag, len(data), data)


def _quoted(name: str) -> str:
    """A name as an XML attribute, safe for ``str.format``."""
    return quoteattr(name).replace("{", "{{").replace("}", "}}")
