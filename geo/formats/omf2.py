"""Open Mining Format 2: a ZIP of stored members, ``index.json.gz`` and one Parquet an array.

Blocks and grid vertices are in the order u fastest, then v, then w. The comment of the archive
names the version; the layout of the first 2.0 betas (``project.json``) is refused by name.
"""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.formats.columnar import open_parquet, read_within
from geo.formats.columns import Named, categories, make_sheet, plain_column, set_apart, texts
from geo.formats.guard import (
    MAX_DEPTH,
    MAX_INDEX_BYTES,
    MAX_MEMBERS,
    Budget,
    below,
    inflate,
    load_json,
    refusing,
)
from geo.formats.omf1 import edges_of
from geo.formats.placed import (
    Floats,
    Frame,
    Surface,
    block_columns,
    box_columns,
    coordinate_units,
    grid_triangles,
    point_columns,
    segment_columns,
)
from geo.tables.sheets import Sheet, UnreadableError

COMMENT = b"Open Mining Format 2"
INDEX = "index.json.gz"
OLD_INDEX = "project.json"
TEXTURES = ("ProjectedTexture", "MappedTexture")

Json = dict[str, Any]


@refusing("OMF 2")
def read(path: Path) -> list[Sheet]:
    """A sheet for each element: points, segments of lines, surfaces, blocks, sub-blocks.

    Raises
    ------
    UnreadableError
        Damaged (BN-FMT-001), larger than a file may be (BN-FMT-002), a member is missing
        (BN-FMT-008), another layout (BN-FMT-009), or counts that contradict (BN-FMT-010).
    """
    with zipfile.ZipFile(path) as archive:
        return _open(archive).sheets()


@refusing("OMF 2")
def read_surfaces(path: Path) -> list[Surface]:
    """Name, vertices (n, 3) and triangles (m, 3) of each surface of the project.

    Raises
    ------
    UnreadableError
        As :func:`read`.
    """
    with zipfile.ZipFile(path) as archive:
        project = _open(archive)
        return [one for element in project.project["elements"] for one in project.surfaces(element)]


def _open(archive: zipfile.ZipFile) -> _Project:
    """The project of an archive, its layout and version checked."""
    below("members", len(archive.infolist()), MAX_MEMBERS)
    names = archive.namelist()
    if INDEX not in names:
        if OLD_INDEX in names:
            words = {"found": "2.0 beta (project.json)", "wanted": "2.0"}
            raise UnreadableError("BN-FMT-009", format="OMF", **words)
        raise UnreadableError("BN-FMT-008", member=INDEX)
    if not archive.comment.startswith(COMMENT):
        found = archive.comment[:40].decode("ascii", "replace")
        raise UnreadableError("BN-FMT-009", format="OMF", found=found, wanted="2.0")
    return _Project(archive)


class _Project:
    """One project: its index, and the archive of its arrays."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.budget = Budget()
        index = Budget(MAX_INDEX_BYTES)
        with archive.open(INDEX) as stream:
            packed = stream.read(MAX_INDEX_BYTES + 1)
        self.project: Json = load_json(inflate(io.BytesIO(packed), len(packed), index, wbits=31))
        self.origin = _vector(self.project.get("origin"))
        self.found: list[Sheet] = []

    def sheets(self) -> list[Sheet]:
        """Every element's sheets, in the project's order."""
        for element in self.project["elements"]:
            self.add(element, 0)
        return self.found

    def add(self, element: Json, depth: int) -> None:
        """Sheets of one element; of a composite, those of its parts."""
        below("nesting", depth, MAX_DEPTH)
        below("elements", len(self.found), MAX_MEMBERS)
        geometry = element["geometry"]
        if geometry["type"] == "Composite":
            for part in geometry["elements"]:
                self.add(part, depth + 1)
            return
        for kind, location, columns in self.places(geometry):
            self.found.append(self.sheet(element, kind, location, columns))

    def surfaces(self, element: Json, depth: int = 0) -> list[Surface]:
        """Surfaces of one element with their triangles; of a composite, those of its parts."""
        below("nesting", depth, MAX_DEPTH)
        geometry, name = element["geometry"], str(element.get("name", ""))
        if geometry["type"] == "Composite":
            parts = geometry["elements"]
            return [one for part in parts for one in self.surfaces(part, depth + 1)]
        if geometry["type"] == "GridSurface":
            counts = self.grid_counts(geometry["grid"])
            return [(name, self.grid_points(geometry), grid_triangles(*counts))]
        if geometry["type"] != "Surface":
            return []
        points = self.array(geometry["vertices"], "xyz") + self.origin
        points = points + _vector(geometry.get("origin"))
        return [(name, points, self.array(geometry["triangles"], "abc").astype(np.int64))]

    def grid_counts(self, grid: Json) -> tuple[int, int]:
        """Vertices of a grid surface along u and v."""
        if grid["type"] == "Regular":
            return int(grid["count"][0]) + 1, int(grid["count"][1]) + 1
        return int(grid["u"]["item_count"]) + 1, int(grid["v"]["item_count"]) + 1

    def sheet(self, element: Json, kind: str, location: str, columns: list[Named]) -> Sheet:
        """Coordinates, and the attributes at the same places."""
        attributes = [a for a in element.get("attributes") or () if a["location"] == location]
        self.budget.take_cells(len(columns[0][1]), len(columns) + len(attributes))
        units: dict[str, str] = {}
        found: list[Named] = []
        for attribute in attributes:
            made = self.values(attribute)
            found += made
            if attribute.get("units"):
                units |= {name: str(attribute["units"]) for name, _ in made}
        columns = set_apart(columns, found)
        units = coordinate_units(columns, self.project.get("units")) | units
        name = f"{kind}: {element.get('name', '')}"
        crs = self.project.get("coordinate_reference_system") or None
        return make_sheet(name, columns, "omf2", units=units, crs=crs)

    def places(self, geometry: Json) -> list[tuple[str, str, list[Named]]]:
        """Kind, location and coordinates of each sheet of a geometry."""
        kind = geometry["type"]
        if kind == "BlockModel":
            return self.blocks(geometry)
        if kind == "GridSurface":
            return [("surface", "Vertices", point_columns(self.grid_points(geometry)))]
        origin = self.origin + _vector(geometry.get("origin"))
        points = self.array(geometry["vertices"], "xyz") + origin
        if kind == "LineSet":
            segments = self.array(geometry["segments"], "ab").astype(np.int64)
            return [("lines", "Primitives", segment_columns(points, segments))]
        kinds = {"PointSet": "points", "Surface": "surface"}
        return [(kinds[kind], "Vertices", point_columns(points))]

    def blocks(self, geometry: Json) -> list[tuple[str, str, list[Named]]]:
        """Parent blocks, and sub-blocks where the model has them."""
        frame = self.frame(geometry)
        sheets = [("blocks", "Primitives", block_columns(frame, "wvu"))]
        subblocks = geometry.get("subblocks")
        if subblocks:
            sheets.append(("sub-blocks", "Subblocks", self.subblock_columns(frame, subblocks)))
        return sheets

    def frame(self, geometry: Json) -> Frame:
        """Corner, axes and edges of a block model."""
        orient, grid = geometry["orient"], geometry["grid"]
        axes = np.array([_vector(orient[axis]) for axis in "uvw"])
        origin = self.origin + _vector(orient["origin"])
        if grid["type"] == "Regular":
            size, count = _vector(grid["size"]), [int(n) for n in grid["count"]]
            self.budget.take_cells(math.prod(count), 6)
            edges = [size[a] * np.arange(count[a] + 1) for a in range(3)]
        else:
            edges = [edges_of(self.array(grid[axis], ("scalar",)).ravel()) for axis in "uvw"]
            self.budget.take_cells(math.prod(len(edge) for edge in edges), 6)
        return Frame(origin, axes, (edges[0], edges[1], edges[2]))

    def subblock_columns(self, frame: Frame, subblocks: Json) -> list[Named]:
        """Centres and sizes of sub-blocks, given by corners inside their parents."""
        sides = [f"{what}_{a}" for what in ("parent", "corner_min", "corner_max") for a in "uvw"]
        table = self.array(subblocks["subblocks"], sides)
        parent = table[:, :3].astype(np.int64)
        regular = subblocks["type"] == "Regular"
        parts = _vector(subblocks["count"]) if regular else np.ones(3)
        if len(parent) and (parent >= np.array(frame.counts)).any():
            raise ValueError("a sub-block names a parent that is not there")
        start = np.column_stack([frame.edges[a][parent[:, a]] for a in range(3)])
        stop = np.column_stack([frame.edges[a][parent[:, a] + 1] for a in range(3)])
        lower = start + (stop - start) * table[:, 3:6] / parts
        upper = start + (stop - start) * table[:, 6:9] / parts
        return box_columns(frame, lower, upper)

    def grid_points(self, geometry: Json) -> Floats:
        """Vertices of a grid surface, u fastest, shape (n, 3)."""
        orient, grid = geometry["orient"], geometry["grid"]
        if grid["type"] == "Regular":
            self.budget.take_cells(math.prod(int(n) + 1 for n in grid["count"]), 3)
            edges = [grid["size"][a] * np.arange(int(grid["count"][a]) + 1) for a in range(2)]
        else:
            edges = [edges_of(self.array(grid[axis], ("scalar",)).ravel()) for axis in "uv"]
        u, v = edges
        self.budget.take_cells(len(u) * len(v), 3)
        axes = np.array([_vector(orient["u"]), _vector(orient["v"])])
        flat = np.column_stack([np.tile(u, len(v)), np.repeat(v, len(u))]) @ axes
        if geometry.get("heights"):
            heights = self.array(geometry["heights"], ("scalar",)).ravel()
            flat = flat + heights[:, None] * np.cross(axes[0], axes[1])
        return flat + self.origin + _vector(orient["origin"])

    def values(self, attribute: Json) -> list[Named]:
        """Columns of one attribute; pictures are left out."""
        name, data = str(attribute.get("name", "")), attribute["data"]
        kind = data["type"]
        if kind in TEXTURES:
            return []
        if kind == "Category":
            codes = self.table(data["values"]).column(0)
            names = [str(n) for n in self.table(data["names"]).column(0).to_pylist()]
            plain = codes.cast(pa.float64()).to_numpy(zero_copy_only=False)
            return [(name, categories(plain, names))]
        values = self.table(data["values"]).column(0)
        if kind == "Vector":
            parts = values.combine_chunks()
            return [
                (f"{name}.{field.name}", plain_column(parts.field(i)))
                for i, field in enumerate(parts.type)
            ]
        if kind == "Color":
            return [(name, texts(_hex(value) for value in values.to_pylist()))]
        return [(name, plain_column(values))]

    def array(self, reference: Json, names: Any) -> Floats:
        """Named columns of one array as float64, shape (n, len(names))."""
        table = self.table(reference)
        columns = [table.column(n).to_numpy(zero_copy_only=False) for n in names]
        return np.column_stack(columns).astype(np.float64)

    def table(self, reference: Json) -> pa.Table:
        """One Parquet member, counted."""
        name, wanted = str(reference["filename"]), int(reference["item_count"])
        try:
            member = self.archive.getinfo(name)
        except KeyError:
            raise UnreadableError("BN-FMT-008", member=name) from None
        self.budget.take_bytes(member.file_size)
        with open_parquet(io.BytesIO(self.archive.read(member))) as source:
            table = read_within(source, self.budget)
        if table.num_rows != wanted:
            words = {"name": name, "found": table.num_rows, "wanted": wanted}
            raise UnreadableError("BN-FMT-010", **words)
        return table


def _vector(stated: Any) -> NDArray[np.float64]:
    """Three numbers; (0, 0, 0) where nothing is stated."""
    return np.array(stated or (0.0, 0.0, 0.0), dtype=np.float64).reshape(3)


def _hex(colour: Json | None) -> str | None:
    """A colour as ``#rrggbbaa``."""
    if colour is None:
        return None
    return "#" + "".join(f"{int(colour.get(part, 255)):02x}" for part in "rgba")
