"""A triangle mesh, and what is measured on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """Triangles over shared vertices."""

    name: str
    """Name of the object, layer or element in its file; "" where the format has none."""
    vertices_m: Floats
    """(n, 3) easting, northing, elevation."""
    triangles: Numbers
    """(m, 3) positions in ``vertices_m``; seen from outside they run anticlockwise."""

    @property
    def corners_m(self) -> Floats:
        """The corners of each triangle, (m, 3, 3)."""
        return self.vertices_m[self.triangles]

    @property
    def volume_m3(self) -> float:
        """Volume that a closed mesh encloses; negative where its triangles face inward.

        The sum of the tetrahedra from one point to every triangle (the divergence theorem);
        the point is the mean vertex, so that large coordinates cost no digits.
        """
        a, b, c = np.moveaxis(self.corners_m - self.vertices_m.mean(axis=0), 1, 0)
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)

    @property
    def area_m2(self) -> float:
        """Area of all triangles."""
        return float(np.linalg.norm(doubled_areas(self.corners_m), axis=1).sum() / 2.0)

    @property
    def box_m(self) -> tuple[Floats, Floats]:
        """Lower and upper corner of the box around it."""
        return self.vertices_m.min(axis=0), self.vertices_m.max(axis=0)


def doubled_areas(corners_m: Floats) -> Floats:
    """Normal of each triangle with twice its area as length, (m, 3)."""
    made: Floats = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    return made


def welded(mesh: Mesh, within_m: float) -> tuple[Mesh, int]:
    """The mesh with vertices closer than ``within_m`` made one, and how many vanished.

    Formats without shared vertices (STL, 3DFACE) repeat each corner; without welding every edge
    would be open. Coordinates are rounded to the distance to find what falls together; a vertex
    keeps the coordinates of the first of its kind.
    """
    if not len(mesh.vertices_m):
        return mesh, 0
    grid = np.round(mesh.vertices_m / within_m).astype(np.int64)
    _, first, place = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    kept = np.sort(first)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(len(first))
    triangles = number[place.reshape(-1)][mesh.triangles]
    gone = len(mesh.vertices_m) - len(kept)
    return Mesh(mesh.name, mesh.vertices_m[kept], triangles), gone


def without_degenerate(mesh: Mesh) -> tuple[Mesh, int]:
    """The mesh without triangles that name a vertex twice, and how many those were."""
    a, b, c = mesh.triangles.T
    flat = (a == b) | (b == c) | (c == a)
    return Mesh(mesh.name, mesh.vertices_m, mesh.triangles[~flat]), int(flat.sum())


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one, under the first one's name."""
    starts = np.cumsum([0, *(len(mesh.vertices_m) for mesh in meshes)])
    return Mesh(
        meshes[0].name,
        np.vstack([mesh.vertices_m for mesh in meshes]),
        np.vstack([m.triangles + at for m, at in zip(meshes, starts[:-1], strict=True)]),
    )


def pieces(mesh: Mesh) -> Numbers:
    """Number of the connected piece that each triangle belongs to, (m,), from 0."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b, c = mesh.triangles.T
    count = len(mesh.vertices_m)
    one = np.ones(2 * len(a), bool)
    links = coo_matrix((one, (np.r_[a, b], np.r_[b, c])), shape=(count, count))
    _, label = connected_components(links, directed=False)
    made: Numbers = np.unique(label[a], return_inverse=True)[1].astype(np.int64)
    return made
