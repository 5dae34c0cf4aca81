"""Meshes as files that other programs read: OBJ and DXF, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from geo.files import write_whole
from geo.meshes.mesh import Mesh

DECIMALS = 4
"""Of coordinates: a tenth of a millimetre."""


def write_obj(meshes: Sequence[Mesh], path: Path, note: str = "") -> None:
    """Write meshes as objects of one OBJ, metres, east north up; ``note`` becomes comments."""
    lines = [f"# {line}" for line in note.splitlines()]
    start = 1
    for mesh in meshes:
        lines.append(f"o {mesh.name or 'mesh'}")
        lines += ["v " + " ".join(f"{x:.{DECIMALS}f}" for x in row) for row in mesh.vertices_m]
        lines += ["f " + " ".join(str(n + start) for n in row) for row in mesh.triangles.tolist()]
        start += len(mesh.vertices_m)
    write_whole(path, ("\n".join(lines) + "\n").encode("utf-8"))


def write_dxf(meshes: Sequence[Mesh], path: Path) -> None:
    """Write meshes as MESH entities, each on the layer of its name, units metres."""
    import ezdxf
    from ezdxf import units

    drawing = ezdxf.new("R2010", units=units.M)
    for mesh in meshes:
        layer = mesh.name or "0"
        if layer not in drawing.layers:
            drawing.layers.add(layer)
        entity = drawing.modelspace().add_mesh(dxfattribs={"layer": layer})
        with entity.edit_data() as data:
            data.vertices = mesh.vertices_m.round(DECIMALS).tolist()
            data.faces = mesh.triangles.tolist()
    text = io.StringIO()
    drawing.write(text)
    write_whole(path, text.getvalue().encode(drawing.encoding))
