"""A grade shell that the program proposes: where grades at or above a cut-off prevail.

Composites of every metre assayed, whatever the domain, become 1 at or above the cut-off and 0
below. Their mean is drawn over a grid within reach of the samples; the shell is where it passes a
threshold, which is set so that the shell takes the share of that ground which the declustered
composites have: neither more nor less ore than was found.
SOURCE: A. G. Journel, Nonparametric estimation of spatial distributions, Mathematical Geology
15(3), 1983 (indicators); W. E. Lorensen and H. E. Cline, Marching cubes, SIGGRAPH 1987.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.exploratory.declustering import declustering_weights
from estimation.plan import ElementPlan
from estimation.rotation import axes_from_gslib
from geo.drillholes.composite import composite
from geo.meshes.mesh import Mesh, joined, pieces
from geo.meshes.solids import MeshBody, enclosed_volume_m3
from geo.version import code_version

if TYPE_CHECKING:
    from estimation.deposit import DepositData
    from estimation.studies import Workbench
    from geo.config import GridSpec

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEAREST = 16
"""Composites behind each node's mean."""
LEAST_HOLES = 2
"""A piece of the shell, or a hollow in it, with composites of fewer holes is dropped."""
MOST_NODES = 4_000_000
"""Nodes of the grid; a larger model's shell is drawn on coarser steps."""


@dataclass(frozen=True)
class Shell:
    """A proposed shell and how it was made."""

    mesh: Mesh
    element: str
    cutoff: float
    """In the element's unit."""
    share: float
    """Declustered share of composites at or above the cut-off, 0-1: what the shell keeps to."""
    threshold: float
    """Of the mean indicator, 0-1."""
    step_m: tuple[float, float, float]
    """Between nodes, metres."""
    radii_m: tuple[float, float, float]
    """Of the ellipsoid (the element's first search pass) that says how far a composite reaches."""
    composites: int
    holes: int
    pieces: int
    """Bodies and hollows kept."""
    dropped: int
    """Bodies and hollows dropped: fewer than two holes had composites in them."""
    dropped_m3: float

    @property
    def volume_m3(self) -> float:
        """Volume that the shell encloses."""
        return enclosed_volume_m3(self.mesh)

    def record(self, data: DepositData) -> str:
        """How it was made, as the JSON kept beside the mesh."""
        plain: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("element", "cutoff", "share", "threshold", "step_m", "radii_m")
        }
        plain |= {"composites": self.composites, "holes": self.holes}
        plain |= {"pieces": self.pieces, "dropped": self.dropped, "dropped_m3": self.dropped_m3}
        made = {
            "deposit": data.deposit.id,
            "vintage": str(data.vintage),
            "data_hash": data.data_hash(),
            "engine": code_version(),
            "crs": data.belt.crs,
            "volume_m3": self.volume_m3,
            "method": f"indicator, inverse distance squared of the nearest {NEAREST} composites, "
            f"marching cubes; pieces of fewer than {LEAST_HOLES} holes dropped",
        }
        return json.dumps({**made, **plain}, indent=1, ensure_ascii=False) + "\n"


def propose_shell(bench: Workbench, element: str, cutoff: float) -> Shell:
    """Propose a closed mesh around the ground whose grade is at least ``cutoff``.

    Raises
    ------
    EstimationError
        The plan has no such element, no or every composite is at or above the cut-off, or no piece
        has composites of two holes.
    """
    data = bench.data
    plan = data.plan.elements.get(element)
    if plan is None:
        raise EstimationError(
            f"{data.deposit.id}: the plan has no element {element}; it has "
            f"{', '.join(data.plan.elements)} / 方案中没有该元素"
        )
    points, grade, holes = _composites(data, element)
    indicator = (grade >= cutoff).astype(float)
    share = float(np.average(indicator, weights=declustering_weights(points, holes)))
    if not 0.0 < share < 1.0:
        found = "no" if share == 0.0 else "every"
        raise EstimationError(
            f"{data.deposit.id}, {element}: {found} composite of {len(grade)} is at or above "
            f"{cutoff:g}; choose a cut-off between {grade.min():g} and {grade.max():g} / "
            "边界品位以上没有（或全是）组合样，请另选边界品位"
        )
    axes, step, shape = _nodes(data.grid.spec)
    mean = _mean_indicator(axes, points, indicator, plan)
    threshold = _threshold(mean[np.isfinite(mean)], share)
    mesh = _march(np.where(np.isfinite(mean), mean, 0.0).reshape(shape), threshold, axes, step)
    kept, counts, dropped_m3 = _sound_pieces(mesh, points, indicator > 0, holes)
    if not counts[0]:
        raise EstimationError(
            f"{data.deposit.id}, {element} >= {cutoff:g}: no piece of the shell has composites of "
            f"{LEAST_HOLES} holes; choose a lower cut-off / 没有两孔以上控制的块段，请降低边界品位"
        )
    return Shell(
        Mesh(f"{element}_{cutoff:g}", kept.vertices_m, kept.triangles), element, cutoff, share,
        threshold, step, plan.search[0].radii_m, len(grade), len(np.unique(holes)), *counts,
        dropped_m3,
    )  # fmt: skip


def _composites(data: DepositData, element: str) -> tuple[Floats, Floats, npt.NDArray[Any]]:
    """Places, grades and holes of composites over every assayed metre."""
    rule = data.plan.composites
    made = composite(
        data.drillholes,
        length_m=rule.length_m,
        min_coverage=rule.min_coverage,
        elements=(element,),
    ).table
    made = made[made[element].notna()]
    xyz = made[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    return xyz, made[element].to_numpy(dtype=float), made["hole_id"].to_numpy(dtype=object)


def _nodes(
    grid: GridSpec,
) -> tuple[tuple[Floats, Floats, Floats], tuple[float, float, float], tuple[int, int, int]]:
    """Nodes along x, y, z: the middles of blocks, of several where there are too many."""
    every = int(np.ceil(max(np.prod(np.array(grid.shape, float)) / MOST_NODES, 1.0) ** (1 / 3)))
    counts = [-(-count // every) for count in grid.shape]
    x, y, z = (
        np.asarray(origin + size * every * (np.arange(count) + 0.5), np.float64)
        for origin, size, count in zip(grid.origin_m, grid.block_m, counts, strict=True)
    )
    dx, dy, dz = (size * every for size in grid.block_m)
    return (x, y, z), (dx, dy, dz), (len(x), len(y), len(z))


def _mean_indicator(
    axes: tuple[Floats, Floats, Floats], points: Floats, indicator: Floats, plan: ElementPlan
) -> Floats:
    """Mean indicator at each node (x slowest); NaN beyond the reach of every composite.

    Weights are 1 / (d^2 + e^2), ``d`` in the ellipsoid's metric and ``e`` a tenth of its radius,
    so that a node beside one composite still hears the others.
    """
    from scipy.spatial import cKDTree

    turned = axes_from_gslib(plan.search_orientation or plan.variogram.orientation)
    metric = turned.T / np.array(plan.search[0].radii_m)
    middle = points.mean(axis=0)
    tree = cKDTree((points - middle) @ metric)
    mean = np.full((len(axes[0]), len(axes[1]) * len(axes[2])), np.nan)
    y, z = (part.ravel() for part in np.meshgrid(axes[1], axes[2], indexing="ij"))
    asked = min(NEAREST, len(points))
    for i, x in enumerate(axes[0]):
        nodes = np.column_stack([np.full(y.size, x), y, z])
        distance, near = tree.query((nodes - middle) @ metric, k=asked, distance_upper_bound=1.0)
        distance, near = distance.reshape(y.size, -1), near.reshape(y.size, -1)
        within = np.isfinite(distance)
        weight = np.where(within, 1.0 / (np.where(within, distance, 0.0) ** 2 + 0.01), 0.0)
        total = weight.sum(axis=1)
        value = np.append(indicator, 0.0)[near]
        reached = total > 0
        mean[i, reached] = (weight * value).sum(axis=1)[reached] / total[reached]
    return mean.ravel()


def _threshold(means: Floats, share: float) -> float:
    """Threshold that ``share`` of the means are above: half-way between two neighbours."""
    ordered = np.sort(means)[::-1]
    at = int(np.clip(round(share * len(ordered)), 1, len(ordered) - 1))
    while at < len(ordered) - 1 and ordered[at] == ordered[at - 1]:
        at += 1  # equal means stay together
    return float((ordered[at - 1] + ordered[at]) / 2.0)


def _march(
    mean: Floats,
    threshold: float,
    axes: tuple[Floats, Floats, Floats],
    step: tuple[float, float, float],
) -> Mesh:
    """The surface where the mean passes the threshold, closed at the grid's sides."""
    from skimage.measure import marching_cubes

    padded = np.pad(mean, 1)
    vertices, faces, _, _ = marching_cubes(padded, threshold, allow_degenerate=False)
    corner = np.array([axis[0] for axis in axes]) - np.array(step)
    mesh = Mesh("", corner + vertices.astype(np.float64) * step, faces.astype(np.int64))
    if mesh.volume_m3 < 0:
        mesh = Mesh("", mesh.vertices_m, mesh.triangles[:, ::-1].copy())
    return mesh


def _sound_pieces(
    mesh: Mesh, points: Floats, above: Bools, holes: npt.NDArray[Any]
) -> tuple[Mesh, tuple[int, int], float]:
    """The mesh without pieces of too few holes; pieces kept and dropped, and the volume dropped.

    A body counts the holes of composites at or above the cut-off in it, a hollow those of
    composites below; a hollow needs a body about it.
    """
    label = pieces(mesh)
    bodies: list[Mesh] = []
    hollows: list[Mesh] = []
    dropped, dropped_m3 = 0, 0.0
    for number in range(int(label.max()) + 1):
        triangles = mesh.triangles[label == number]
        used, place = np.unique(triangles, return_inverse=True)
        part = Mesh("", mesh.vertices_m[used], place.reshape(-1, 3).astype(np.int64))
        volume = part.volume_m3
        wanted = above if volume > 0 else ~above
        held = MeshBody.of(part).holds(points[wanted])
        if len(np.unique(holes[wanted][held])) >= LEAST_HOLES:
            (bodies if volume > 0 else hollows).append(part)
        else:
            dropped, dropped_m3 = dropped + 1, dropped_m3 + volume
    whole = _together(bodies)
    for part in hollows:
        if len(bodies) and MeshBody.of(whole).holds(part.vertices_m[:1])[0]:
            bodies.append(part)
        else:
            dropped, dropped_m3 = dropped + 1, dropped_m3 + part.volume_m3
    return _together(bodies), (len(bodies), dropped), float(dropped_m3)


def _together(parts: list[Mesh]) -> Mesh:
    """Pieces as one mesh."""
    empty = Mesh("", np.empty((0, 3)), np.empty((0, 3), np.int64))
    return joined(parts) if parts else empty
