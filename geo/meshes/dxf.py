"""Drawings (DXF): triangles of 3DFACE, POLYFACE and MESH by layer, polygons of closed polylines."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from geo.formats.guard import MAX_CELLS, MAX_MEMBERS, below, refusing
from geo.meshes.mesh import Mesh

MAX_CORNERS = MAX_CELLS // 100
"""Corners of all faces of one drawing."""
ARC_M = 0.1
"""Arcs of polylines are drawn as chords no farther than this from them."""


def _entities(path: Path) -> Any:
    """Model space of a drawing; a damaged one is mended as far as the library can."""
    from ezdxf import recover

    drawing, _ = recover.readfile(path)
    space = drawing.modelspace()
    below("entities", len(space), MAX_CORNERS)
    return space


@refusing("DXF")
def dxf_meshes(path: Path) -> list[Mesh]:
    """One mesh for each layer that has faces; the layer is its name.

    Faces of more than three corners are cut into triangles from their first corner.

    Raises
    ------
    UnreadableError
        Damaged (BN-FMT-001) or too large (BN-FMT-002).
    """
    from ezdxf.render import MeshBuilder

    corners: dict[str, list[Any]] = defaultdict(list)
    total = 0
    for entity in _entities(path):
        kind, layer = entity.dxftype(), str(entity.dxf.layer)
        if kind == "3DFACE":
            faces = [entity.wcs_vertices()]
        elif kind == "MESH":
            faces = list(MeshBuilder.from_mesh(entity).faces_as_vertices())
        elif kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh):
            faces = list(MeshBuilder.from_polyface(entity).faces_as_vertices())
        else:
            continue
        total += sum(len(face) for face in faces)
        below("corners", total, MAX_CORNERS)
        for face in faces:
            corners[layer] += [(face[0], face[i], face[i + 1]) for i in range(1, len(face) - 1)]
    below("layers", len(corners), MAX_MEMBERS)
    return [_mesh(layer, triangles) for layer, triangles in corners.items()]


def _mesh(layer: str, triangles: list[Any]) -> Mesh:
    """Loose triangles as a mesh; the corners are made one later."""
    points = np.array([[tuple(p) for p in triangle] for triangle in triangles], np.float64)
    numbers = np.arange(3 * len(triangles), dtype=np.int64).reshape(-1, 3)
    return Mesh(layer, points.reshape(-1, 3), numbers)


@refusing("DXF")
def dxf_polygons(path: Path, layer: str | None) -> list[Any]:
    """Closed polylines of a layer (None: of all) in plan, as shapely polygons.

    Raises
    ------
    UnreadableError
        Damaged (BN-FMT-001) or too large (BN-FMT-002).
    """
    import shapely
    from ezdxf.path import make_path

    found = []
    for entity in _entities(path):
        if layer is not None and str(entity.dxf.layer) != layer:
            continue
        outline = entity.dxftype() == "LWPOLYLINE" or (
            entity.dxftype() == "POLYLINE" and (entity.is_2d_polyline or entity.is_3d_polyline)
        )
        if outline and entity.is_closed:
            points = [(p.x, p.y) for p in make_path(entity).flattening(ARC_M)]
            if len(points) > 3:
                found.append(shapely.Polygon(points))
    return found
