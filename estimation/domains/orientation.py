"""Which way a surface faces near a place, for axes that follow it; and the trend of points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from geo.meshes.mesh import Mesh, doubled_areas

Floats = npt.NDArray[np.float64]

FIRST_ASKED = 8
"""Triangles, by their middles, that a place is measured to at first."""
CANDIDATES = 1 << 19
"""Triangles asked at a time: a bound on memory, not on the result."""


def directions_at(surface: Mesh, xyz_m: Floats) -> tuple[Floats, Floats]:
    """Dip and dip direction of the triangle nearest to each place.

    Parameters
    ----------
    surface
        The mesh; triangles without area are passed over.
    xyz_m
        (n, 3) places.

    Returns
    -------
    dip_deg, dip_direction_deg
        (n,) each: dip 0-90 below the horizontal, and its direction clockwise from north, 0-360.
        A level triangle has direction 0. Of triangles equally near the first in the file counts.
    """
    normals = doubled_areas(surface.corners_m)
    sound = np.linalg.norm(normals, axis=1) > 0
    corners, normals = surface.corners_m[sound], normals[sound]
    dip, direction = plane_directions(normals)
    nearest = _nearest_triangle(corners, np.asarray(xyz_m, np.float64))
    return dip[nearest], direction[nearest]


def plane_directions(normals: Floats) -> tuple[Floats, Floats]:
    """Dip (0-90) and dip direction (0-360), degrees, of planes with these normals (n, 3)."""
    up = np.where(normals[:, 2:] < 0, -normals, normals)
    flat = np.hypot(up[:, 0], up[:, 1])
    dip = np.degrees(np.arctan2(flat, up[:, 2]))
    direction = np.degrees(np.arctan2(up[:, 0], up[:, 1])) % 360.0
    return dip, np.where(flat > 0, direction, 0.0)


def trend_of(points_m: Floats) -> tuple[float, float]:
    """Dip and dip direction, degrees, of the plane that fits points (n, 3) best.

    The plane is normal to the direction in which the points vary least (principal axes).

    Raises
    ------
    EstimationError
        Fewer than three points, or points along a line: they have no plane.
    """
    centred = np.asarray(points_m, np.float64) - np.mean(points_m, axis=0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    if len(centred) < 3 or spread[1] <= 1e-9 * max(spread[0], 1e-300):
        raise EstimationError(
            f"no plane through {len(centred)} points: give at least three that are not in line / "
            "点数不足或共线，定不出产状"
        )
    dip, direction = plane_directions(axes[2:3])
    return float(dip[0]), float(direction[0])


def _nearest_triangle(corners_m: Floats, points_m: Floats) -> npt.NDArray[np.int64]:
    """Number of the nearest triangle (m, 3, 3) to each point (n, 3), exactly.

    Triangles are asked in the order of their middles; a point is done when no triangle further
    on can be nearer: its middle's distance less the widest triangle's radius.
    """
    from scipy.spatial import cKDTree
    from trimesh.triangles import closest_point

    middles = corners_m.mean(axis=1)
    radius = float(np.linalg.norm(corners_m - middles[:, None], axis=2).max())
    tree = cKDTree(middles)
    found = np.zeros(len(points_m), np.int64)
    rows, asked = np.arange(len(points_m)), min(FIRST_ASKED, len(middles))
    while rows.size:
        left = []
        for part in np.array_split(rows, -(-rows.size * asked // CANDIDATES)):
            far, candidates = tree.query(points_m[part], k=asked)
            far, candidates = far.reshape(len(part), -1), candidates.reshape(len(part), -1)
            repeated = np.repeat(points_m[part], asked, axis=0)
            on = closest_point(corners_m[candidates.ravel()], repeated)
            distance = np.linalg.norm(on - repeated, axis=1).reshape(len(part), asked)
            least = distance.min(axis=1)
            equal = distance <= least[:, None] * (1.0 + 1e-12)
            found[part] = np.where(equal, candidates, len(middles)).min(axis=1)
            left.append(part[(least >= far[:, -1] - radius) & (asked < len(middles))])
        rows, asked = np.concatenate(left), min(asked * 4, len(middles))
    return found
