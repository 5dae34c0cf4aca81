"""Kernels of meshes: how often a vertical line meets them, and where triangles cross.

Points are tested by a ray straight up: triangles are kept in the cells of a plan grid, so a point
meets a handful of them. Whether a ray passes a shared edge on its left or right is decided by the
same arithmetic for both triangles of the edge, so no ray slips between two of them.
SOURCE: W. R. Franklin, PNPOLY (half-open rule of edges); T. Moeller and B. Trumbore, Fast, minimum
storage ray/triangle intersection, Journal of Graphics Tools 2(1), 1997 (segments).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _left_of(xyz: Floats, first: int, second: int, x: float, y: float) -> bool:
    """Whether the edge (in plan) is crossed by the ray from (x, y) to the east.

    The edge is taken from its lower vertex number to its higher one, whichever triangle asks.
    """
    i, j = min(first, second), max(first, second)
    if (xyz[i, 1] > y) == (xyz[j, 1] > y):
        return False
    share = (y - xyz[i, 1]) / (xyz[j, 1] - xyz[i, 1])
    return x < xyz[i, 0] + share * (xyz[j, 0] - xyz[i, 0])


@njit(cache=True, nogil=True)
def _height(xyz: Floats, triangle: Numbers, x: float, y: float) -> float:
    """Elevation of a triangle's plane at (x, y); NaN where the point lies beside it in plan."""
    a, b, c = triangle[0], triangle[1], triangle[2]
    crossed = _left_of(xyz, a, b, x, y)
    crossed ^= _left_of(xyz, b, c, x, y)
    crossed ^= _left_of(xyz, c, a, x, y)
    if not crossed:
        return np.nan
    x1, y1 = xyz[b, 0] - xyz[a, 0], xyz[b, 1] - xyz[a, 1]
    x2, y2 = xyz[c, 0] - xyz[a, 0], xyz[c, 1] - xyz[a, 1]
    twice = x1 * y2 - x2 * y1
    if twice == 0.0:
        return np.nan
    s = ((x - xyz[a, 0]) * y2 - (y - xyz[a, 1]) * x2) / twice
    t = ((y - xyz[a, 1]) * x1 - (x - xyz[a, 0]) * y1) / twice
    z1, z2 = xyz[b, 2] - xyz[a, 2], xyz[c, 2] - xyz[a, 2]
    return xyz[a, 2] + s * z1 + t * z2


@njit(cache=True, nogil=True)
def cells_of_triangles(spans: Numbers, counts: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """Triangles over each cell of a plan grid: starts (cells + 1,) and members, x fastest.

    ``spans``: first and last cell of each triangle along x, then along y, (m, 4).
    """
    nx, ny = counts
    starts = np.zeros(nx * ny + 1, np.int64)
    for t in range(len(spans)):
        for j in range(spans[t, 2], spans[t, 3] + 1):
            for i in range(spans[t, 0], spans[t, 1] + 1):
                starts[j * nx + i + 1] += 1
    starts = np.cumsum(starts)
    members = np.empty(starts[-1], np.int64)
    filled = starts[:-1].copy()
    for t in range(len(spans)):
        for j in range(spans[t, 2], spans[t, 3] + 1):
            for i in range(spans[t, 0], spans[t, 1] + 1):
                members[filled[j * nx + i]] = t
                filled[j * nx + i] += 1
    return starts, members


@njit(cache=True, nogil=True)
def crossings_above(
    points: Floats,
    xyz: Floats,
    triangles: Numbers,
    grid: tuple[Floats, float, tuple[int, int]],
    cells: tuple[Numbers, Numbers],
) -> tuple[Numbers, Floats]:
    """How many triangles lie above each point (n,), and the highest one's elevation there.

    ``grid``: corner (2,), cell size and counts; ``cells`` as :func:`cells_of_triangles` gives
    them. The elevation is NaN where no triangle lies above or below the point.
    """
    corner, cell_m, counts = grid
    starts, members = cells
    above = np.zeros(len(points), np.int64)
    highest = np.full(len(points), np.nan)
    for p in range(len(points)):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        across, along = (x - corner[0]) / cell_m, (y - corner[1]) / cell_m
        if not (across >= 0.0 and along >= 0.0):
            continue
        i, j = int(across), int(along)
        if i >= counts[0] or j >= counts[1]:
            continue
        cell = j * counts[0] + i
        for m in range(starts[cell], starts[cell + 1]):
            height = _height(xyz, triangles[members[m]], x, y)
            if np.isnan(height):
                continue
            if height > z:
                above[p] += 1
            if not highest[p] >= height:
                highest[p] = height
    return above, highest


@njit(cache=True, nogil=True)
def _pierces(p: Floats, q: Floats, a: Floats, b: Floats, c: Floats) -> bool:
    """Whether the inside of the segment p-q goes through the inside of a triangle.

    SOURCE: Moeller and Trumbore 1997.
    """
    along, e1, e2 = q - p, b - a, c - a
    h = np.cross(along, e2)
    det = np.dot(e1, h)
    size = np.sqrt(np.dot(along, along) * np.dot(e1, e1) * np.dot(e2, e2))
    if abs(det) <= 1e-12 * size:
        return False
    s = p - a
    u = np.dot(s, h) / det
    k = np.cross(s, e1)
    v = np.dot(along, k) / det
    t = np.dot(e2, k) / det
    near = 1e-9
    return u > near and v > near and u + v < 1.0 - near and near < t < 1.0 - near


@njit(cache=True, nogil=True)
def crossing_pairs(
    xyz: Floats, triangles: Numbers, boxes: tuple[Floats, Floats], order: Numbers, most: int
) -> Numbers:
    """Pairs (n, 2) of triangles without a common vertex that go through one another.

    ``boxes``: lowest and highest coordinates of each triangle, (m, 3); ``order``: triangles by
    their lowest easting. Only those are compared whose boxes meet. Stops at ``most`` pairs.
    """
    count = len(triangles)
    low, high = boxes
    found = np.empty((most, 2), np.int64)
    size = 0
    for n in range(count):
        first = order[n]
        for m in range(n + 1, count):
            second = order[m]
            if low[second, 0] > high[first, 0]:
                break
            apart = False
            for axis in range(1, 3):
                apart |= low[second, axis] > high[first, axis]
                apart |= low[first, axis] > high[second, axis]
            for k in range(3):
                for j in range(3):
                    apart |= triangles[first, k] == triangles[second, j]
            if apart or not _meet(xyz, triangles[first], triangles[second]):
                continue
            found[size, 0], found[size, 1] = first, second
            size += 1
            if size == most:
                return found
    return found[:size].copy()


@njit(cache=True, nogil=True)
def _meet(xyz: Floats, one: Numbers, other: Numbers) -> bool:
    """Whether an edge of either triangle pierces the other."""
    for k in range(3):
        p, q = one[k], one[(k + 1) % 3]
        if _pierces(xyz[p], xyz[q], xyz[other[0]], xyz[other[1]], xyz[other[2]]):
            return True
        p, q = other[k], other[(k + 1) % 3]
        if _pierces(xyz[p], xyz[q], xyz[one[0]], xyz[one[1]], xyz[one[2]]):
            return True
    return False
