"""Ground by its place: within a closed mesh or polygon, above or below a surface."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geo.findings import DataError, Finding
from geo.meshes.checks import check_mesh, closed_findings
from geo.meshes.kernels_meshes import cells_of_triangles, crossings_above
from geo.meshes.mesh import Floats, Mesh, Numbers, pieces
from geo.meshes.polygons import POLYGONS, read_polygon
from geo.meshes.reading import MESHES, read_mesh
from geo.rasters.surveys import surface_elevation
from geo.rules import blocks, finding
from geo.tables.sheets import UnreadableError

Bools = npt.NDArray[np.bool_]
Side = Literal["inside", "outside", "above", "below"]

RASTERS = (".tif", ".tiff", ".asc", ".img", ".vrt", ".nc", ".grd")
"""Suffixes of files that are read as a raster of elevations."""
MOST_CELLS = 1_000_000
"""Cells of the plan grid that triangles are sorted into."""
MOST_NESTED = 200
"""Pieces of one mesh that are asked which lies in which."""


@dataclass(frozen=True)
class MeshBody:
    """A mesh with its triangles sorted by plan cell, ready to be asked for points."""

    mesh: Mesh
    corner_m: Floats = field(repr=False)
    cell_m: float = field(repr=False)
    counts: tuple[int, int] = field(repr=False)
    cells: tuple[Numbers, Numbers] = field(repr=False)

    @classmethod
    def of(cls, mesh: Mesh) -> MeshBody:
        """Sort a mesh's triangles by the plan cells that they lie over."""
        low, high = mesh.box_m
        size = np.maximum(high[:2] - low[:2], 1e-6)
        cells = min(max(len(mesh.triangles), 1), MOST_CELLS)
        cell_m = float(max(np.sqrt(size[0] * size[1] / cells), size.max() / MOST_CELLS))
        nx, ny = (int(n) + 1 for n in np.floor(size / cell_m))
        corners = mesh.corners_m[:, :, :2]
        first = np.floor((corners.min(axis=1) - low[:2]) / cell_m).astype(np.int64)
        last = np.floor((corners.max(axis=1) - low[:2]) / cell_m).astype(np.int64)
        top = np.array([nx - 1, ny - 1])
        first, last = np.clip(first, 0, top), np.clip(last, 0, top)
        spans = np.column_stack([first[:, 0], last[:, 0], first[:, 1], last[:, 1]])
        return cls(mesh, low[:2].copy(), cell_m, (nx, ny), cells_of_triangles(spans, (nx, ny)))

    def holds(self, points_m: Floats) -> Bools:
        """Points (n, 3) from which a ray upwards meets the mesh an odd number of times.

        So a shell within a shell is a hollow, whichever way its triangles face. A point on the
        upper side lies outside, one on the lower side inside.
        """
        return self._crossings(points_m)[0] % 2 == 1

    def elevation_m(self, points_m: Floats) -> Floats:
        """Highest elevation of the mesh at the points' places in plan; NaN beside it."""
        return self._crossings(points_m)[1]

    def _crossings(self, points_m: Floats) -> tuple[Numbers, Floats]:
        points = np.ascontiguousarray(points_m, np.float64)
        grid = (self.corner_m, self.cell_m, self.counts)
        found: tuple[Numbers, Floats] = crossings_above(
            points, self.mesh.vertices_m, self.mesh.triangles, grid, self.cells
        )
        return found

    @property
    def box_m(self) -> tuple[Floats, Floats]:
        """Lower and upper corner."""
        return self.mesh.box_m


@dataclass(frozen=True)
class RasterBody:
    """A raster of elevations."""

    path: Path
    crs: str

    def elevation_m(self, points_m: Floats) -> Floats:
        """Bilinear elevation at the points' places in plan; NaN where the raster has none."""
        return surface_elevation(self.path, self.crs, points_m[:, 0], points_m[:, 1])

    @property
    def box_m(self) -> None:
        """Not asked of a raster."""
        return


@dataclass(frozen=True)
class PolygonBody:
    """A polygon in plan, to all depths."""

    shape: Any

    def holds(self, points_m: Floats) -> Bools:
        """Points (n, 3) whose place in plan is in the polygon."""
        import shapely

        shapely.prepare(self.shape)
        made: Bools = shapely.contains_xy(self.shape, points_m[:, 0], points_m[:, 1])
        return made

    @property
    def box_m(self) -> tuple[Floats, Floats]:
        """Lower and upper corner, open upwards and downwards."""
        west, south, east, north = self.shape.bounds
        return np.array([west, south, -np.inf]), np.array([east, north, np.inf])


@dataclass(frozen=True)
class Solid:
    """One body and which side of it is meant, cut at levels."""

    body: MeshBody | RasterBody | PolygonBody
    side: Side
    top_m: float | None = None
    bottom_m: float | None = None

    def holds(self, points_m: Floats) -> Bools:
        """Whether each point (n, 3) is in this ground.

        Levels cut the body before its outside is taken; a point on the top level lies outside, one
        on the bottom level inside. Where a surface has no elevation neither side holds.
        """
        z = points_m[:, 2]
        between = np.ones(len(points_m), bool)
        if self.top_m is not None:
            between &= z < self.top_m
        if self.bottom_m is not None:
            between &= z >= self.bottom_m
        if self.side in ("above", "below"):
            elevation = self.body.elevation_m(points_m)  # type: ignore[union-attr]
            return between & (z >= elevation if self.side == "above" else z < elevation)
        within = between & self.body.holds(points_m)  # type: ignore[union-attr]
        return ~within if self.side == "outside" else within

    @property
    def volume_m3(self) -> float:
        """Volume of a closed mesh, or of a polygon between two levels; NaN for all else."""
        levels = (self.top_m, self.bottom_m)
        if self.side == "inside" and isinstance(self.body, MeshBody) and levels == (None, None):
            return enclosed_volume_m3(self.body.mesh)
        if self.side == "inside" and isinstance(self.body, PolygonBody) and None not in levels:
            return float(self.body.shape.area * (self.top_m - self.bottom_m))  # type: ignore[operator]
        return float("nan")

    @property
    def box_m(self) -> tuple[Floats, Floats] | None:
        """Box around ground inside a mesh or polygon; None for ground without bounds."""
        box = self.body.box_m
        if self.side != "inside" or box is None:
            return None
        low, high = box[0].copy(), box[1].copy()
        low[2] = max(low[2], -np.inf if self.bottom_m is None else self.bottom_m)
        high[2] = min(high[2], np.inf if self.top_m is None else self.top_m)
        return low, high


def enclosed_volume_m3(mesh: Mesh) -> float:
    """Volume between the pieces of a closed mesh: a piece within another is its hollow.

    Each piece counts by its absolute volume, plus or minus by how many others it lies in: so the
    way that triangles face does not matter.
    """
    label = pieces(mesh)
    count = int(label.max()) + 1
    parts = [Mesh(mesh.name, mesh.vertices_m, mesh.triangles[label == k]) for k in range(count)]
    volumes = np.array([abs(part.volume_m3) for part in parts])
    if count == 1 or count > MOST_NESTED:
        return float(volumes.sum() if count == 1 else abs(mesh.volume_m3))
    start = np.array([part.corners_m[0].mean(axis=0) for part in parts])
    depth = np.zeros(count, np.int64)
    for k, part in enumerate(parts):
        used = np.unique(part.triangles)
        place = np.searchsorted(used, part.triangles)
        within = MeshBody.of(Mesh("", mesh.vertices_m[used], place)).holds(start)
        within[k] = False
        depth += within
    return float((volumes * np.where(depth % 2, -1.0, 1.0)).sum())


def open_solid(
    path: Path,
    element: str | None,
    side: Side,
    levels_m: tuple[float | None, float | None],
    crs: str,
) -> tuple[Solid, tuple[Finding, ...]]:
    """Ground from a file: mesh, polygon or raster by its suffix; and what is to be noted.

    Parameters
    ----------
    path, element
        The file, and the object, layer or element of it (None: the only one).
    side, levels_m
        Which side of it, and the levels (top, bottom) it is cut at, metres.
    crs
        The belt's system; polygons and rasters are brought to it.

    Raises
    ------
    DataError
        The file can't be used as this ground: absent, damaged, not closed, of another kind
        (BN-MSH-001 to -015).
    """
    body, notes = _body(path, element, side, crs)
    return Solid(body, side, *levels_m), tuple(notes)


def _body(
    path: Path, element: str | None, side: Side, crs: str
) -> tuple[MeshBody | RasterBody | PolygonBody, list[Finding]]:
    suffix, name = path.suffix.casefold(), path.name
    if not path.is_file():
        raise DataError([finding("BN-TAB-001", file=name)])
    surface = side in ("above", "below")
    if suffix in RASTERS:
        if not surface:
            raise DataError([_wrong_side(name, side, "栅格 / a raster")])
        return _raster(path, crs), []
    if suffix == ".dxf" and not surface:
        try:
            return _mesh(path, element, side)
        except DataError as error:
            if {found.code for found in error.findings} != {"BN-MSH-001"}:
                raise
    elif suffix in MESHES:
        return _mesh(path, element, side)
    if suffix in POLYGONS:
        if surface:
            raise DataError([_wrong_side(name, side, "多边形 / a polygon")])
        return _polygon(path, element, crs), []
    raise DataError([finding("BN-MSH-015", file=name, found=suffix or "-")])


def _mesh(path: Path, element: str | None, side: Side) -> tuple[MeshBody, list[Finding]]:
    """A mesh that is closed where ground is inside it, open where ground is above or below."""
    mesh, notes = read_mesh(path, element)
    report = check_mesh(mesh)
    if side in ("inside", "outside"):
        notes = notes + closed_findings(report, path.name)
        grave = [found for found in notes if blocks(found)]
        if grave:
            raise DataError(grave)
    elif report.closed:
        raise DataError([_wrong_side(path.name, side, "封闭实体 / a closed solid")])
    return MeshBody.of(mesh), notes


def _raster(path: Path, crs: str) -> RasterBody:
    """A raster that can be read (asked once, so that trouble is told at once)."""
    surface_elevation(path, crs, np.zeros(1), np.zeros(1))
    return RasterBody(path, crs)


def _polygon(path: Path, element: str | None, crs: str) -> PolygonBody:
    """A polygon; what a library says against it becomes a finding."""
    try:
        return PolygonBody(read_polygon(path, element, crs))
    except UnreadableError as error:
        raise DataError([finding(error.code, file=path.name, **error.words)]) from None
    except (ValueError, OSError, RuntimeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise DataError([finding("BN-MSH-014", file=path.name, detail=detail)]) from None


def _wrong_side(file: str, side: str, kind: str) -> Finding:
    return finding("BN-MSH-013", file=file, side=side, kind=kind)
