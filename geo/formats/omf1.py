"""Open Mining Format 1 (``OMF-v0.9.0``), read by its bytes so that every array can be counted.

A 60-byte header (magic, version, project's uuid, where the JSON starts), arrays compressed with
zlib, and a JSON at the end that names elements and arrays by uuid. Cells of a volume are in C
order of (u, v, w): w fastest.
"""

from __future__ import annotations

import struct
import uuid
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from geo.formats.columns import Named, categories, make_sheet, numbers, set_apart, texts
from geo.formats.guard import (
    MAX_INDEX_BYTES,
    MAX_MEMBERS,
    Budget,
    below,
    inflate,
    load_json,
    refusing,
)
from geo.formats.placed import (
    Frame,
    Surface,
    block_columns,
    coordinate_units,
    grid_triangles,
    point_columns,
    segment_columns,
)
from geo.tables.sheets import Sheet, UnreadableError

MAGIC = b"\x84\x83\x82\x81"
VERSION = b"OMF-v0.9.0"
HEADER = struct.Struct("<4s32s16sQ")
DTYPES = ("<f8", "<i8")

Json = dict[str, Any]


@refusing("OMF 1")
def read(path: Path) -> list[Sheet]:
    """A sheet for each element that has a table: points, segments of lines, surfaces, blocks.

    Raises
    ------
    UnreadableError
        Damaged (BN-FMT-001), too large (BN-FMT-002), of another version (BN-FMT-009), or an
        attribute has not as many values as its element has places (BN-FMT-010).
    """
    with path.open("rb") as stream:
        return _open(stream).sheets()


@refusing("OMF 1")
def read_surfaces(path: Path) -> list[Surface]:
    """Name, vertices (n, 3) and triangles (m, 3) of each surface of the project.

    Raises
    ------
    UnreadableError
        As :func:`read`.
    """
    with path.open("rb") as stream:
        return _open(stream).surfaces()


def _open(stream: BinaryIO) -> _Project:
    """The project of a file, its header and version checked."""
    magic, version, project, start = HEADER.unpack(stream.read(HEADER.size))
    if magic != MAGIC or version.rstrip(b"\0") != VERSION:
        found = version.rstrip(b"\0").decode("ascii", "replace")
        raise UnreadableError("BN-FMT-009", format="OMF", found=found, wanted="OMF-v0.9.0")
    stream.seek(start)
    registry = load_json(stream.read(MAX_INDEX_BYTES + 1))
    return _Project(stream, registry, str(uuid.UUID(bytes=project)))


class _Project:
    """One project: its registry of objects by uuid, and the stream of its arrays."""

    def __init__(self, stream: BinaryIO, registry: Json, uid: str) -> None:
        self.stream = stream
        self.registry = registry
        self.budget = Budget()
        self.project: Json = registry[uid]
        self.origin = self.vector(self.project.get("origin"))

    def sheets(self) -> list[Sheet]:
        """Every element's sheet, in the project's order."""
        uids = self.project["elements"]
        below("elements", len(uids), MAX_MEMBERS)
        return [self.sheet(self.registry[uid]) for uid in uids]

    def surfaces(self) -> list[Surface]:
        """Every surface with its triangles; a surface over a grid has two for each cell."""
        uids = self.project["elements"]
        below("elements", len(uids), MAX_MEMBERS)
        found: list[Surface] = []
        for element in (self.registry[uid] for uid in uids):
            geometry = self.registry[element["geometry"]]
            name = str(element.get("name", ""))
            if geometry["__class__"] == "SurfaceGridGeometry":
                counts = [len(geometry[f"tensor_{axis}"]) + 1 for axis in "vu"]
                found.append((name, self.grid_points(geometry), grid_triangles(*counts)))
            elif geometry["__class__"] == "SurfaceGeometry":
                origin = self.origin + self.vector(geometry.get("origin"))
                points = self.array(geometry["vertices"], 3).astype(np.float64) + origin
                triangles = self.array(geometry["triangles"], 3).astype(np.int64)
                found.append((name, points, triangles))
        return found

    def sheet(self, element: Json) -> Sheet:
        """One element: its coordinates, then its data at the same places."""
        geometry = self.registry[element["geometry"]]
        kind, location, columns = self.places(geometry)
        count = len(columns[0][1])
        data = [self.registry[uid] for uid in element.get("data") or ()]
        self.budget.take_cells(count, len(columns) + len(data))
        attributes = [self.values(one) for one in data if one["location"] == location]
        columns = set_apart(columns, [column for made in attributes for column in made])
        units = coordinate_units(columns, self.project.get("units"))
        return make_sheet(f"{kind}: {element.get('name', '')}", columns, "omf1", units=units)

    def places(self, geometry: Json) -> tuple[str, str, list[Named]]:
        """Kind of the sheet, the location its data must have, and its coordinates."""
        kind = geometry["__class__"]
        if kind == "VolumeGridGeometry":
            frame = self.frame(geometry)
            self.budget.take_cells(frame.size, 6)
            return "blocks", "cells", block_columns(frame, "uvw")
        if kind == "SurfaceGridGeometry":
            return "surface", "vertices", point_columns(self.grid_points(geometry))
        points = self.array(geometry["vertices"], 3).astype(np.float64)
        points = points + self.origin + self.vector(geometry.get("origin"))
        if kind == "LineSetGeometry":
            segments = self.array(geometry["segments"], 2).astype(np.int64)
            return "lines", "segments", segment_columns(points, segments)
        kinds = {"PointSetGeometry": "points", "SurfaceGeometry": "surface"}
        return kinds[kind], "vertices", point_columns(points)

    def frame(self, geometry: Json) -> Frame:
        """Corner, axes and edges of a volume."""
        edges = [edges_of(geometry[f"tensor_{axis}"]) for axis in "uvw"]
        axes = np.array([self.vector(geometry[f"axis_{axis}"]) for axis in "uvw"])
        origin = self.origin + self.vector(geometry.get("origin"))
        return Frame(origin, axes, (edges[0], edges[1], edges[2]))

    def grid_points(self, geometry: Json) -> NDArray[np.float64]:
        """Vertices of a grid surface, v fastest (C order of u, v), shape (n, 3)."""
        u, v = edges_of(geometry["tensor_u"]), edges_of(geometry["tensor_v"])
        self.budget.take_cells(len(u) * len(v), 3)
        axes = np.array([self.vector(geometry["axis_u"]), self.vector(geometry["axis_v"])])
        flat = np.column_stack([np.repeat(u, len(v)), np.tile(v, len(u))]) @ axes
        if geometry.get("offset_w"):
            offset = self.array(geometry["offset_w"], 1).ravel()
            flat = flat + offset[:, None] * np.cross(axes[0], axes[1])
        return flat + self.origin + self.vector(geometry.get("origin"))

    def values(self, entry: Json) -> list[Named]:
        """Columns of one data entry; colours and pictures are left out."""
        name, kind = str(entry.get("name", "")), entry["__class__"]
        if kind == "MappedData":
            return self.mapped(name, entry)
        if kind in ("StringData", "DateTimeData"):
            return [(name, texts(self.registry[entry["array"]]["array"]))]
        if kind == "ScalarData":
            return [(name, numbers(self.array(entry["array"], 1).ravel().astype(np.float64)))]
        if kind in ("Vector2Data", "Vector3Data"):
            width = int(kind[6])
            found = self.array(entry["array"], width).astype(np.float64)
            return [
                (f"{name}.{axis}", numbers(found[:, i])) for i, axis in enumerate("xyz"[:width])
            ]
        return []

    def mapped(self, name: str, entry: Json) -> list[Named]:
        """Texts (or numbers, as text) of coded data; -1 is a blank."""
        codes = self.array(entry["array"], 1).ravel()
        found: list[Named] = []
        for uid in entry.get("legends") or ():
            legend = self.registry[uid]
            values = self.registry[legend["values"]]
            if values["__class__"] == "ColorArray":
                continue
            stored = values["array"]
            names = stored if isinstance(stored, list) else self.array(legend["values"], 1).ravel()
            label = name if not found else f"{name}: {legend.get('name', '')}"
            found.append((label, categories(codes, [str(n) for n in names])))
        return found or [(name, numbers(np.where(codes < 0, np.nan, codes.astype(np.float64))))]

    def array(self, uid: str, width: int) -> NDArray[Any]:
        """A stored array, shape (n, width)."""
        index = self.registry[uid]["array"]
        if index["dtype"] not in DTYPES:
            raise ValueError(f"array of type {index['dtype']!r}")
        self.stream.seek(int(index["start"]))
        data = inflate(self.stream, int(index["length"]), self.budget)
        return np.frombuffer(data, index["dtype"]).reshape(-1, width)

    def vector(self, stated: Any) -> NDArray[np.float64]:
        """Three numbers; (0, 0, 0) where nothing is stated, X, Y or Z an axis."""
        if isinstance(stated, str):
            return np.eye(3)["XYZ".index(stated.upper())]
        return np.array(stated or (0.0, 0.0, 0.0), dtype=np.float64).reshape(3)


def edges_of(widths: Any) -> NDArray[np.float64]:
    """Edges from the origin, of cells with these widths."""
    plain = np.asarray(widths, dtype=np.float64).ravel()
    return np.concatenate([[0.0], np.cumsum(plain)])
