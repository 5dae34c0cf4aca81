"""Meshes from files: OBJ, DXF, OMF 1 and 2, STL, PLY; within limits, whatever the bytes are."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from geo.findings import DataError, Finding
from geo.formats import kind_of, omf1, omf2
from geo.formats.guard import MAX_BYTES, MAX_MEMBERS, below, refusing
from geo.meshes.dxf import dxf_meshes
from geo.meshes.mesh import Mesh, joined, welded, without_degenerate
from geo.rules import finding
from geo.tables.sheets import UnreadableError

MAX_FILE_BYTES = 512 * 1024**2
"""Of a file of text or of 32-bit coordinates; expanded it takes several times as much."""
WELD_M = 1e-4
"""Corners closer than a tenth of a millimetre are one."""
COARSE_M = 0.01
"""32-bit coordinates whose step is wider than this are told."""
MESHES = (".obj", ".dxf", ".omf", ".stl", ".ply")
"""Suffixes of files that hold meshes."""


def read_meshes(path: Path) -> tuple[list[Mesh], list[Finding]]:
    """Every mesh of a file, welded, in the file's order, and what is to be noted of them.

    Raises
    ------
    DataError
        The file is absent, damaged, too large or of another kind; it holds no triangle; a mesh
        names vertices it lacks, or has coordinates that are no numbers.
    """
    name = path.name
    if not path.is_file():
        raise DataError([finding("BN-TAB-001", file=name)])
    suffix = path.suffix.casefold()
    if suffix not in MESHES:
        raise DataError([finding("BN-MSH-015", file=name, found=suffix or "-")])
    try:
        raw = _raw(path, suffix)
    except UnreadableError as error:
        raise DataError([finding(error.code, file=name, **error.words)]) from None
    if not any(len(mesh.triangles) for mesh in raw):
        raise DataError([finding("BN-MSH-001", file=name, element=name, detail=suffix[1:].upper())])
    trouble = [found for mesh in raw for found in _unfit(mesh, name)]
    if trouble:
        raise DataError(trouble)
    meshes = [without_degenerate(welded(mesh, WELD_M)[0])[0] for mesh in raw]
    return [mesh for mesh in meshes if len(mesh.triangles)], _coarse(meshes, suffix, name)


def read_mesh(path: Path, element: str | None) -> tuple[Mesh, list[Finding]]:
    """One mesh of a file: the one named, or the only one.

    Raises
    ------
    DataError
        As :func:`read_meshes`; the name is missing in the file (BN-MSH-009), or several meshes are
        there and none is named (BN-MSH-008).
    """
    meshes, notes = read_meshes(path)
    names = [mesh.name for mesh in meshes]
    words: dict[str, Any] = {"found": ", ".join(name or "-" for name in names[:20])}
    if element is None and len(meshes) > 1:
        raise DataError([finding("BN-MSH-008", file=path.name, **words)])
    chosen = meshes if element is None else [m for m in meshes if m.name == element]
    if not chosen:
        raise DataError([finding("BN-MSH-009", file=path.name, element=element, **words)])
    if len(chosen) == 1:
        return chosen[0], notes
    return welded(joined(chosen), WELD_M)[0], notes


def _raw(path: Path, suffix: str) -> list[Mesh]:
    """Meshes as the file has them."""
    if suffix == ".omf":
        read = omf1.read_surfaces if kind_of(path) == "omf1" else omf2.read_surfaces
        return [Mesh(*one) for one in read(path)]
    below("bytes", path.stat().st_size, MAX_FILE_BYTES)
    return dxf_meshes(path) if suffix == ".dxf" else _by_trimesh(path, suffix[1:])


def _by_trimesh(path: Path, kind: str) -> list[Mesh]:
    """Meshes of an OBJ, STL or PLY; nothing that the file refers to is opened."""

    @refusing(kind.upper())
    def read(path: Path) -> list[Mesh]:
        import trimesh

        options: dict[str, Any] = {"process": False, "skip_materials": True}
        if kind == "obj":
            options |= {"split_objects": True, "group_material": False, "maintain_order": True}
        scene = trimesh.load_scene(io.BytesIO(path.read_bytes()), file_type=kind, **options)
        below("meshes", len(scene.geometry), MAX_MEMBERS)
        found = []
        for name, one in scene.geometry.items():
            if not isinstance(one, trimesh.Trimesh):
                continue
            below("bytes", one.faces.nbytes + one.vertices.nbytes, MAX_BYTES)
            label = str(one.metadata.get("object") or name) if kind == "obj" else ""
            vertices = np.asarray(one.vertices, np.float64)
            found.append(Mesh(label, vertices, np.asarray(one.faces, np.int64)))
        return found

    made: list[Mesh] = read(path)
    return made


def _unfit(mesh: Mesh, file: str) -> list[Finding]:
    """Coordinates that are no numbers, and triangles of vertices that are not there."""
    element = mesh.name or file
    bad = int((~np.isfinite(mesh.vertices_m)).sum())
    if bad:
        return [finding("BN-MSH-010", file=file, element=element, count=bad)]
    corners = mesh.triangles
    if corners.size and (corners.min() < 0 or corners.max() >= len(mesh.vertices_m)):
        return [finding("BN-MSH-011", file=file, element=element)]
    return []


def _coarse(meshes: list[Mesh], suffix: str, file: str) -> list[Finding]:
    """Told where coordinates are 32-bit numbers too large to be exact."""
    if suffix not in (".stl", ".ply"):
        return []
    points = np.vstack([mesh.vertices_m for mesh in meshes])
    if not np.array_equal(points, points.astype(np.float32)):
        return []
    step = float(np.spacing(np.abs(points).max().astype(np.float32)))
    return [finding("BN-MSH-012", file=file, step=f"{step:.3g}")] if step > COARSE_M else []
