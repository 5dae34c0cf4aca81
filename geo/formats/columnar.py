"""Typed tables: Parquet and GeoParquet by pyarrow; GeoPackage and Shapefile by pyogrio (GDAL).

Point geometries become ``easting``, ``northing`` and, where they have one, ``elevation``; of lines
the first and the last point are given (``start_...``, ``end_...``); of other shapes only the
attributes. What the file says of its coordinate system goes into ``Sheet.crs``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo.formats.columns import Named, coordinate_names, make_sheet, numbers, plain_column
from geo.formats.guard import MAX_MEMBERS, Budget, below, load_json, refusing
from geo.tables.sheets import Sheet, UnreadableError

BATCH_ROWS = 16_384
POINT, LINE = 0, 1
"""Shapely's numbers of the two geometries that tables of holes hold."""


@refusing("Parquet")
def read_parquet(path: Path) -> list[Sheet]:
    """One sheet of a Parquet or GeoParquet file.

    Raises
    ------
    UnreadableError
        It is damaged (BN-FMT-001) or larger than a table may be (BN-FMT-002).
    """
    with open_parquet(path) as source:
        table = read_within(source, Budget())
        geo = _geo_metadata(source.schema_arrow.metadata)
    geometry = {n: m for n, m in geo.get("columns", {}).items() if n in table.column_names}
    binary = {n for n, m in geometry.items() if m.get("encoding") == "WKB"}
    columns = _attributes(table, set(geometry))
    primary = geo.get("primary_column")
    if primary in binary:
        columns += _coordinates(table.column(primary).to_pylist(), [name for name, _ in columns])
    crs = _crs_text(geometry[primary]) if primary in geometry else None
    return [make_sheet(None, columns, "geoparquet" if geometry else "parquet", crs=crs)]


@refusing("GeoPackage")
def read_geopackage(path: Path) -> list[Sheet]:
    """Every layer and attribute table of a GeoPackage, a sheet each."""
    return _read_layers(path, "gpkg")


@refusing("Shapefile")
def read_shapefile(path: Path) -> list[Sheet]:
    """The one table of a Shapefile (its ``.dbf`` and ``.shx`` beside it)."""
    return _read_layers(path, "shp")


def open_parquet(source: Any) -> pq.ParquetFile:
    """Open a Parquet file so that texts come as dictionaries, before they are written out."""
    schema = pq.read_schema(source)
    if hasattr(source, "seek"):
        source.seek(0)
    texts = [field.name for field in schema if _is_text(field.type)]
    return pq.ParquetFile(source, read_dictionary=texts, page_checksum_verification=True)


def read_within(source: pq.ParquetFile, budget: Budget) -> pa.Table:
    """The table of a Parquet file, read in batches and counted on the way."""
    schema = source.schema_arrow.remove_metadata()
    budget.take_cells(source.metadata.num_rows, len(schema))
    batches = []
    for batch in source.iter_batches(BATCH_ROWS):
        for column in batch.columns:
            budget.take_bytes(_room_for(column))
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=schema)


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column can come as a dictionary."""
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _room_for(column: pa.Array) -> int:
    """Bytes of a column once every text is written out: a short file may repeat a long text."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    total = pc.sum(pc.take(lengths, column.indices)).as_py()
    return int(column.indices.nbytes) + (total or 0)


def _read_layers(path: Path, format_name: str) -> list[Sheet]:
    """Every layer of a file that GDAL opens."""
    import pyogrio

    layers = pyogrio.list_layers(path)[:, 0].tolist()
    below("layers", len(layers), MAX_MEMBERS)
    budget = Budget()
    sheets = []
    for layer in layers:
        info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
        budget.take_cells(info["features"], len(info["fields"]) + 3)
        about, table = pyogrio.read_arrow(path, layer=layer)
        budget.take_bytes(table.nbytes)
        shape = about.get("geometry_name") or "wkb_geometry"
        known = shape if shape in table.column_names else None
        columns = _attributes(table, {known} if known else set())
        if known:
            columns += _coordinates(table.column(known).to_pylist(), [n for n, _ in columns])
        name = None if format_name == "shp" else str(layer)
        sheets.append(make_sheet(name, columns, format_name, crs=about.get("crs")))
    return sheets


def _attributes(table: pa.Table, leave: set[str]) -> list[Named]:
    """Columns of a table as text or float64, without its geometry."""
    return [
        (name, plain_column(table.column(name))) for name in table.column_names if name not in leave
    ]


def _coordinates(wkb: list[bytes | None], taken: Sequence[str]) -> list[Named]:
    """Coordinates of a geometry column in WKB: of points, or of both ends of lines."""
    import shapely

    if not wkb:
        return []
    shapes = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="raise")
    kinds = set(shapely.get_type_id(shapes[~shapely.is_missing(shapes)]).tolist())
    if kinds == {POINT}:
        return _point_columns(shapes, coordinate_names(taken))
    if kinds == {LINE}:
        first = _point_columns(shapely.get_point(shapes, 0), coordinate_names(taken, "start_"))
        last = _point_columns(shapely.get_point(shapes, -1), coordinate_names(taken, "end_"))
        return first + last
    return []


def _point_columns(points: Any, names: Sequence[str]) -> list[Named]:
    """Columns of points; the third only where one of them has a height."""
    import shapely

    axes = [shapely.get_x(points), shapely.get_y(points), shapely.get_z(points)]
    found = [(name, numbers(axis)) for name, axis in zip(names, axes, strict=True)]
    return found if pc.count(found[2][1]).as_py() else found[:2]


def _geo_metadata(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """GeoParquet's own metadata (https://geoparquet.org/releases/v1.1.0/); {} without."""
    raw = (metadata or {}).get(b"geo")
    found = load_json(raw) if raw else {}
    if not isinstance(found, dict) or not isinstance(found.get("columns", {}), dict):
        raise UnreadableError("BN-FMT-001", format="GeoParquet", detail="metadata 'geo'")
    return found


def _crs_text(column: dict[str, Any]) -> str | None:
    """Coordinate system of a GeoParquet column; none written means longitude and latitude."""
    if "crs" not in column:
        return "OGC:CRS84"
    stated = column["crs"]
    return None if stated is None else crs_words(stated)


def crs_words(projjson: dict[str, Any]) -> str:
    """``EPSG:...`` of a PROJJSON where it has a code, else its WKT."""
    from pyproj import CRS

    stated = projjson.get("id") or {}
    if {"authority", "code"} <= set(stated):
        return f"{stated['authority']}:{stated['code']}"
    return str(CRS.from_json(json.dumps(projjson)).to_wkt())
