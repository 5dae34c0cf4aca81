"""Geoscience ANALYST's geoh5 (HDF5): drill-holes, points, block models and 2-D grids.

Layout and object types: https://mirageoscience-geoh5py.readthedocs-hosted.com/, "geoh5 format".
Drill-holes are in ``geoh5_holes``. Links out of the file are not followed.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.formats.columns import Named, make_sheet, set_apart
from geo.formats.geoh5_holes import (
    CONCATENATED,
    Holes,
    data_column,
    text_of,
    triple,
    uuid_of,
    value_map,
)
from geo.formats.guard import MAX_MEMBERS, Budget, below, refusing
from geo.formats.isolated import read_apart
from geo.formats.placed import Floats, Frame, block_columns, point_columns
from geo.tables.sheets import Sheet, UnreadableError

POINTS = "202c5db1-a56d-4004-9cad-baafd8899406"
BLOCK_MODEL = "b020a277-90e2-4cd7-84d6-612ee3f25051"
GRID = "48f5054a-1c5c-4ca4-9048-80f36dc60a06"
DRILLHOLE = "7caebf0e-d16e-11e3-bc69-e4632694aa37"


def read(path: Path) -> list[Sheet]:
    """As :func:`read_here`, in a process of its own: HDF5 may break on damaged files."""
    return read_apart(f"{__name__}:read_here", path, "geoh5")


@refusing("geoh5")
def read_here(path: Path) -> list[Sheet]:
    """Sheets ``collar``, ``survey`` and one for each property group; points, blocks, grids.

    Raises
    ------
    UnreadableError
        Damaged (BN-FMT-001), too large (BN-FMT-002), holds drill-holes in a layout that is not
        read (BN-FMT-011), or nothing that is a table (BN-FMT-012).
    """
    import h5py

    with h5py.File(path, "r") as book:
        outside = book.visititems_links(_leads_outside)
        if outside:
            raise UnreadableError("BN-FMT-011", what=f"external link {outside}")
        root = next((book[name] for name in book if "Objects" in book[name]), None)
        if root is None:
            raise UnreadableError("BN-FMT-012", format="geoh5", found=", ".join(book) or "-")
        objects = root["Objects"]
        below("objects", len(objects), MAX_MEMBERS)
        sheets = _Workspace(root, objects).sheets()
        if not sheets:
            raise UnreadableError("BN-FMT-012", format="geoh5", found=f"{len(objects)} objects")
    return sheets


def _leads_outside(name: str, link: Any) -> str | None:
    """The name of a link to another file; None where it stays inside."""
    import h5py

    return name if isinstance(link, h5py.ExternalLink) else None


class _Workspace:
    """The objects of one file and what was read of them."""

    def __init__(self, root: Any, objects: Any) -> None:
        self.budget = Budget()
        self.root = root
        self.objects = objects
        unit = text_of(root.attrs.get("Distance unit"))
        self.unit = {"meter": "m", "metres": "m", "feet": "ft"}.get(unit, unit)
        self.holes = Holes(self.read, self.unit)

    def sheets(self) -> list[Sheet]:
        """Every sheet; the holes' tables first."""
        found = []
        for key in self.objects:
            item = self.objects[key]
            kind = uuid_of(item["Type"].attrs["ID"]) if "Type" in item else ""
            if kind == DRILLHOLE:
                self.holes.add_object(item)
            elif kind == POINTS:
                points = _triples(item["Vertices"])
                found.append(self.located(item, "points", point_columns(points), "Vertex"))
            elif kind == BLOCK_MODEL:
                found.append(self.located(item, "blocks", self.blocks(item), "Cell"))
            elif kind == GRID:
                found.append(self.located(item, "grid", self.grid(item), "Cell"))
        types = self.root.get("Types/Data types", {})
        named = {uuid_of(key): types[key] for key in types}
        for group in self.root.get("Groups", {}).values():
            if CONCATENATED in group:
                self.holes.add_concatenated(group, named)
        return self.holes.sheets() + found

    def located(self, item: Any, kind: str, columns: list[Named], place: str) -> Sheet:
        """Coordinates, and the data at the same places."""
        count = len(columns[0][1])
        entries = [
            entry
            for entry in item.get("Data", {}).values()
            if text_of(entry.attrs.get("Association")).casefold() == place.casefold()
        ]
        columns = set_apart(columns, [self.values(entry, count) for entry in entries])
        self.budget.take_cells(count, len(columns))
        units = {name: self.unit for name, _ in columns[:3]} if self.unit else {}
        name = f"{kind}: {text_of(item.attrs.get('Name'))}"
        return make_sheet(name, columns, "geoh5", units=units)

    def blocks(self, item: Any) -> list[Named]:
        """Centres and sizes of a block model's blocks, Z fastest, then U, then V."""
        edges = [self.read(item[f"{axis} cell delimiters"]).astype(float) for axis in "UVZ"]
        self.budget.take_cells(math.prod(max(len(edge) - 1, 0) for edge in edges), 6)
        frame = Frame(triple(item.attrs["Origin"]), _turned(item), (edges[0], edges[1], edges[2]))
        return block_columns(frame, "vuw")

    def grid(self, item: Any) -> list[Named]:
        """Centres of a flat grid's cells, U fastest."""
        attributes = item.attrs
        if float(attributes.get("Dip", 0.0)) or int(attributes.get("Vertical", 0)):
            raise UnreadableError("BN-FMT-011", what="2D Grid, Vertical/Dip")
        counts = [int(attributes[f"{axis} Count"]) for axis in "UV"]
        self.budget.take_cells(math.prod(counts), 3)
        u, v = (
            float(attributes[f"{axis} Size"]) * (np.arange(count) + 0.5)
            for axis, count in zip("UV", counts, strict=True)
        )
        flat = np.column_stack(
            [np.tile(u, len(v)), np.repeat(v, len(u)), np.zeros(len(u) * len(v))]
        )
        return point_columns(triple(attributes["Origin"]) + flat @ _turned(item))

    def values(self, entry: Any, count: int) -> Named:
        """One data array at ``count`` places."""
        stored = self.read(entry["Data"]) if "Data" in entry else np.empty(0)
        name = text_of(entry.attrs.get("Name"))
        return data_column(name, stored, count, value_map(entry.get("Type")))

    def read(self, dataset: Any) -> NDArray[Any]:
        """A dataset's values, counted before room is made for them."""
        if dataset.external or dataset.is_virtual:
            raise UnreadableError("BN-FMT-011", what="external or virtual data")
        self.budget.take_bytes(int(dataset.size) * int(dataset.dtype.itemsize))
        return np.asarray(dataset[()])


def _triples(dataset: Any) -> Floats:
    """A composite array (x, y, z), or an array of three columns, as shape (n, 3)."""
    stored = np.asarray(dataset[()])
    if stored.dtype.names:
        return np.column_stack([stored[name].astype(float) for name in stored.dtype.names[:3]])
    return stored.reshape(-1, 3).astype(float)


def _turned(item: Any) -> Floats:
    """Unit axes u, v, w as rows, turned counter-clockwise about the vertical."""
    angle = math.radians(float(item.attrs.get("Rotation", 0.0)))
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
