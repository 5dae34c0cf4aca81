"""What makes a mesh unfit to hold ground: holes, turned triangles, surfaces through itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.findings import Finding
from geo.meshes.kernels_meshes import crossing_pairs
from geo.meshes.mesh import Floats, Mesh, Numbers, doubled_areas, pieces
from geo.rules import finding

MOST_CROSSED = 200_000
"""Triangles beyond which a mesh isn't asked whether it passes through itself."""
LISTED_PAIRS = 1000
"""Pairs of triangles through one another that are counted at most."""
FLAT = 1e-10
"""A triangle is degenerate whose doubled area is below this share of its longest side squared."""


@dataclass(frozen=True)
class MeshReport:
    """What was found on one mesh; edges as (n, 2) vertex numbers."""

    mesh: Mesh
    open_edges: Numbers
    """Edges of one triangle only: the rim of a hole."""
    crowded_edges: Numbers
    """Edges of more than two triangles."""
    turned_edges: Numbers
    """Edges that both their triangles run along in the same sense: one of them is inside out."""
    degenerate: int
    """Triangles without area."""
    crossing: Numbers
    """(n, 2) triangles through one another."""
    crossing_asked: bool
    pieces: int

    @property
    def closed(self) -> bool:
        """Whether the mesh encloses ground (no open and no crowded edge)."""
        return bool(len(self.mesh.triangles)) and not (
            len(self.open_edges) or len(self.crowded_edges)
        )

    @property
    def volume_m3(self) -> float:
        """Volume enclosed, m3; NaN where the mesh is not closed or its triangles disagree."""
        if not self.closed or len(self.turned_edges):
            return float("nan")
        return abs(self.mesh.volume_m3)


def check_mesh(mesh: Mesh) -> MeshReport:
    """Look at every edge of a (welded) mesh, and where cheap at triangles through one another."""
    sides = np.sort(np.concatenate([mesh.triangles[:, (i, (i + 1) % 3)] for i in range(3)]), axis=1)
    edges, place, count = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    a = np.concatenate([mesh.triangles[:, i] for i in range(3)])
    forward = np.zeros(len(edges), np.int64)
    np.add.at(forward, place.reshape(-1), a == sides[:, 0])
    turned = (count == 2) & (forward != 1)
    corners = mesh.corners_m
    longest = np.max(
        [np.linalg.norm(corners[:, i] - corners[:, i - 1], axis=1) for i in range(3)], axis=0
    )
    flat = np.linalg.norm(doubled_areas(corners), axis=1) <= FLAT * longest**2
    asked = len(mesh.triangles) <= MOST_CROSSED
    return MeshReport(
        mesh,
        edges[count == 1],
        edges[count > 2],
        edges[turned],
        int(flat.sum()),
        _crossing(mesh) if asked else np.empty((0, 2), np.int64),
        asked,
        int(pieces(mesh).max()) + 1 if len(mesh.triangles) else 0,
    )


def _crossing(mesh: Mesh) -> Numbers:
    """Triangles through one another; coordinates about their middle, so that digits are kept."""
    if not len(mesh.triangles):
        return np.empty((0, 2), np.int64)
    xyz = np.ascontiguousarray(mesh.vertices_m - mesh.vertices_m.mean(axis=0))
    corners = xyz[mesh.triangles]
    boxes = (corners.min(axis=1), corners.max(axis=1))
    order = np.argsort(boxes[0][:, 0], kind="stable")
    found: Numbers = crossing_pairs(xyz, mesh.triangles, boxes, order, LISTED_PAIRS)
    return found


def closed_findings(report: MeshReport, file: str) -> list[Finding]:
    """Findings on a mesh that must enclose ground (BN-MSH-002 to -006)."""
    mesh = report.mesh
    element = mesh.name or "-"
    found: list[Finding] = []
    for code, edges in (
        ("BN-MSH-002", report.open_edges),
        ("BN-MSH-003", report.crowded_edges),
        ("BN-MSH-004", report.turned_edges),
    ):
        if len(edges):
            place = place_words(mesh.vertices_m[edges[0]].mean(axis=0))
            words: dict[str, Any] = {"element": element, "count": len(edges), "place": place}
            found.append(finding(code, file=file, **words))
    if report.degenerate:
        found.append(finding("BN-MSH-005", file=file, element=element, count=report.degenerate))
    if len(report.crossing):
        place = place_words(mesh.corners_m[report.crossing[0, 0]].mean(axis=0))
        words = {"element": element, "count": len(report.crossing), "place": place}
        found.append(finding("BN-MSH-006", file=file, **words))
    return found


def place_words(point_m: Floats) -> str:
    """A place as people read it: ``E 500123.4 N 4412345.6 Z 812.0``."""
    east, north, up = point_m
    return f"E {east:.1f} N {north:.1f} Z {up:.1f}"
