"""Write GeoPackage and GeoParquet: places as points, or as lines for intervals, in the belt's CRS.

Geometry is ISO WKB with heights. Block models go out bench by bench, a point at each centre.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo.formats.exports import (
    BlockSource,
    Floats,
    Layer,
    Provenance,
    block_sidecar,
    layer_sidecar,
    layer_table,
    slab_table,
    whole_file,
    write_sidecar,
)

GEOMETRY = "geometry"
POINT_Z, LINE_Z = 1001, 1002
"""ISO WKB's numbers of a point and of a line with heights."""
PACKING: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
"""A page that was changed afterwards is found out on reading."""

NAMES = {POINT_Z: "Point Z", LINE_Z: "LineString Z", None: None}


def write_geopackage_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a block model as the point layer ``blocks``."""
    schema = _with_geometry(_block_schema(blocks))
    reader = pa.RecordBatchReader.from_batches(schema, _block_batches(blocks, schema))
    with whole_file(path) as partial:
        _write_layer(partial, "blocks", reader, POINT_Z, provenance)
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_geopackage(path: Path, layers: Sequence[Layer], provenance: Provenance) -> Path:
    """Write every table as a layer; those without a place as attribute tables."""
    with whole_file(path) as partial:
        for layer in layers:
            table, kind = _placed(layer)
            _write_layer(partial, layer.name, table.to_reader(), kind, provenance)
    write_sidecar(path, layer_sidecar(layers, provenance))
    return path


def write_geoparquet_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a block model as GeoParquet 1.1, a row group for each slab."""
    schema = _with_geometry(_block_schema(blocks))
    schema = schema.with_metadata(_metadata(POINT_Z, provenance))
    with whole_file(path) as partial, pq.ParquetWriter(partial, schema, **PACKING) as file:
        for batch in _block_batches(blocks, schema):
            file.write_batch(batch)
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_geoparquet(path: Path, layer: Layer, provenance: Provenance) -> Path:
    """Write one table as GeoParquet 1.1; plain Parquet where it has no place."""
    table, kind = _placed(layer)
    table = table.replace_schema_metadata(_metadata(kind, provenance))
    with whole_file(path) as partial:
        pq.write_table(table, partial, **PACKING)
    write_sidecar(path, layer_sidecar([layer], provenance))
    return path


def _block_schema(blocks: BlockSource) -> pa.Schema:
    """Columns of a slab's table."""
    numbers = [(name, pa.float64()) for name in ("xc", "yc", "zc", "xinc", "yinc", "zinc")]
    fields = [(f.name, pa.string() if f.codes else pa.float64()) for f in blocks.fields]
    return pa.schema([*numbers, *fields])


def _with_geometry(schema: pa.Schema) -> pa.Schema:
    """The schema and a geometry column."""
    return schema.append(_geometry_field(schema.names))


def _geometry_field(taken: Sequence[str]) -> pa.Field:
    """The geometry's column, marked as GeoArrow's WKB."""
    marks = {"ARROW:extension:name": "geoarrow.wkb"}
    name = GEOMETRY if GEOMETRY not in taken else f"{GEOMETRY}_wkb"
    return pa.field(name, pa.binary(), metadata=marks)


def _block_batches(blocks: BlockSource, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """A model's slabs as batches."""
    for benches, values in blocks.slabs():
        table = slab_table(blocks, benches, values)
        centres = np.column_stack([table.column(name).to_numpy() for name in ("xc", "yc", "zc")])
        table = table.append_column(schema.field(len(schema) - 1), wkb(centres))
        yield from table.cast(schema).to_batches()


def _placed(layer: Layer) -> tuple[pa.Table, int | None]:
    """A layer's table with its geometry, and the geometry's kind."""
    table = layer_table(layer)
    if layer.points is None:
        return table, None
    field = _geometry_field(table.column_names)
    kind = POINT_Z if layer.ends is None else LINE_Z
    return table.append_column(field, wkb(layer.points, layer.ends)), kind


def wkb(points: Floats, ends: Floats | None = None) -> pa.Array:
    """ISO WKB of points, or of lines from ``points`` to ``ends``; arrays of shape (n, 3)."""
    layout: list[tuple[Any, ...]] = [("order", "u1"), ("kind", "<u4")]
    places = points
    if ends is not None:
        layout.append(("count", "<u4"))
        places = np.concatenate([points, ends], axis=1)
    made = np.zeros(len(points), dtype=[*layout, ("places", "<f8", (places.shape[1],))])
    made["order"], made["kind"] = 1, POINT_Z if ends is None else LINE_Z
    if ends is not None:
        made["count"] = 2
    made["places"] = places
    size = made.dtype.itemsize
    offsets = pa.array(np.arange(len(points) + 1, dtype=np.int32) * size)
    buffers = [None, offsets.buffers()[1], pa.py_buffer(made.tobytes())]
    return pa.Array.from_buffers(pa.binary(), len(points), buffers)


def _write_layer(
    path: Path, name: str, reader: Any, kind: int | None, provenance: Provenance
) -> None:
    """Write one layer of a GeoPackage."""
    import pyogrio

    geometry = reader.schema.names[-1] if kind is not None else None
    crs = None if provenance.crs == "local" or kind is None else provenance.crs
    pyogrio.write_arrow(
        reader,
        path,
        layer=name,
        driver="GPKG",
        geometry_name=geometry,
        geometry_type=NAMES[kind],
        crs=crs,
        dataset_metadata={"provenance": json.dumps(provenance.as_json(), ensure_ascii=False)},
        layer_metadata={"description": provenance.note},
    )


def _metadata(kind: int | None, provenance: Provenance) -> dict[str, str]:
    """GeoParquet's metadata (version 1.1) and the provenance."""
    found = {"bornite": json.dumps(provenance.as_json(), ensure_ascii=False)}
    if kind is None:
        return found
    from pyproj import CRS

    local = provenance.crs == "local"
    column = {
        "encoding": "WKB",
        "geometry_types": [NAMES[kind]],
        "crs": None if local else CRS.from_user_input(provenance.crs).to_json_dict(),
    }
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    return {**found, "geo": json.dumps(geo)}
