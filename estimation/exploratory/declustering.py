"""Weights that take clustered drilling back to an even spread.

:func:`declustering_weights` gives the weights of every statistic that is quoted; the other
functions show how much hangs on its choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ORIGINS = 8
SPACING_PERCENTILE = 90.0
"""Of the distances from hole to nearest hole: what the sparse part of the drilling keeps to.

The median is the spacing inside the clusters wherever more than half of the holes are infill.
"""
FLATTEST = 0.5
"""Height of the automatic cell, in spacings."""
SURE = 0.10
"""Level at which hole means and hole weights count as correlated."""
NUDGE = 1e-6
"""Share of a cell that the origin lies below the lowest sample: rounding decides nothing."""
SAME_PLACE_M = 1e-3
"""Samples nearer than this are in one place."""
TIE = 1e-9
"""Relative difference up to which two samples are equally near."""


def cell_weights(
    xyz_m: Floats, cell_m: tuple[float, float, float], origins: int = ORIGINS
) -> Floats:
    """Cell declustering weights with mean 1, shape (n,).

    Each occupied cell counts the same and shares its weight among its samples; averaged over
    ``origins`` origins, each as good as the other, so that no one placing of the cells decides.
    Source: Journel (1983) Math. Geol. 15(3); Deutsch & Journel, GSLIB (1998), program ``declus``
    2.905 (origins move along the diagonal by size/origins, at most half the extent).
    """
    if not len(xyz_m):
        return np.zeros(0)
    size = np.array(cell_m, dtype=float)
    low = xyz_m.min(axis=0)
    move = np.minimum(size / origins, np.ptp(xyz_m, axis=0) / 2.0)
    weights = np.zeros(xyz_m.shape[0])
    for step in range(origins):
        cells = np.floor((xyz_m - low + size * NUDGE + move * step) / size).astype(np.int64)
        count = cells.max(axis=0) + 1
        number = (cells[:, 2] * count[1] + cells[:, 1]) * count[0] + cells[:, 0]
        _, inverse, inside = np.unique(number, return_inverse=True, return_counts=True)
        weights += 1.0 / inside[inverse] / inside.size
    return np.asarray(weights * (weights.size / weights.sum()))


def usual_spacing(xyz_m: Floats, holes: npt.NDArray[np.generic]) -> float:
    """Usual drill spacing, metres: 90th percentile over holes of how far the next hole is.

    A hole's distance is the median, over its samples, of the distance to the nearest sample of
    another hole: holes that reach to different depths, or fan out, are as far apart as where they
    stand side by side. Twins (one place) count once. NaN of fewer than two holes.
    """
    _, hole = np.unique(holes, return_inverse=True)
    distance = _to_other_holes(xyz_m, hole)
    far = np.isfinite(distance)
    if not far.any():
        return float("nan")
    order = np.lexsort((distance[far], hole[far]))
    apart = [np.median(d) for d in np.split(distance[far][order], _starts(hole[far][order]))]
    return float(np.percentile(apart, SPACING_PERCENTILE))


def _starts(hole: Ints) -> Ints:
    """Where each hole but the first begins, of sorted holes."""
    return np.asarray(np.flatnonzero(np.diff(hole)) + 1)


def _to_other_holes(xyz_m: Floats, hole: Ints) -> Floats:
    """Distance from each sample (n,) to the nearest in another place and hole; inf of none.

    Neighbours are asked for in growing numbers, as the nearest are mostly of the same hole.
    """
    found = np.full(len(xyz_m), np.inf)
    tree, todo, near = cKDTree(xyz_m), np.arange(len(xyz_m)), 8
    while todo.size:
        near = min(near, len(xyz_m))
        distance, index = tree.query(xyz_m[todo], k=[*range(1, near + 1)])
        other = (hole[index] != hole[todo][:, None]) & (distance > SAME_PLACE_M)
        known = other.any(axis=1)
        found[todo[known]] = distance[known, other[known].argmax(axis=1)]
        if near == len(xyz_m):
            break
        todo, near = todo[~known], 4 * near
    return found


def usual_cell(xyz_m: Floats, holes: npt.NDArray[np.generic]) -> tuple[float, float, float] | None:
    """Automatic cell: the usual drill spacing in plan, half of it in height; None of one hole."""
    spacing = usual_spacing(xyz_m, holes) if len(xyz_m) else float("nan")
    return (spacing, spacing, spacing * FLATTEST) if spacing > 0 else None


def declustering_weights(
    xyz_m: Floats,
    holes: npt.NDArray[np.generic],
    cell_m: tuple[float, float, float] | None = None,
) -> Floats:
    """Weights (n,) with mean 1 of every statistic that is quoted: cell declustering.

    ``xyz_m`` (n, 3) and ``holes`` (n,) are of the samples that the statistic is about (one element,
    one domain or all). The cell is :func:`usual_cell` of these unless given. Samples of one hole
    weigh alike: nothing can be said of their spread.
    """
    cell = usual_cell(xyz_m, holes) if cell_m is None else cell_m
    return np.ones(len(xyz_m)) if cell is None else cell_weights(xyz_m, cell)


def weighted_mean_and_variance(values: Floats, weights: Floats) -> tuple[float, float]:
    """Mean and variance of ``values`` under ``weights`` (no NaN)."""
    mean = float(np.average(values, weights=weights))
    return mean, float(np.average((values - mean) ** 2, weights=weights))


@dataclass(frozen=True)
class CellSweep:
    """Declustered mean against cell size."""

    sizes_m: Floats
    """Along x; y and z by the shape asked for."""
    means: Floats
    naive_mean: float
    clusters_in: Literal["rich", "poor", "neither"]
    """Ground that is drilled more closely, judged hole by hole."""
    best_size_m: float
    """Size of the least mean (clusters in rich ground) or of the greatest; NaN for neither."""
    best_mean: float
    trend: float
    """Rank correlation of hole weight and hole mean, below zero with clusters in rich ground."""


def sweep_cells(
    xyz_m: Floats,
    values: Floats,
    sizes_m: Floats,
    *,
    holes: npt.NDArray[np.generic] | None = None,
    shape: tuple[float, float, float] = (1.0, 1.0, 1.0),
    origins: int = ORIGINS,
) -> CellSweep:
    """Declustered mean for each cell size, and the size that stands out.

    Without ``holes`` each sample is a hole of its own (maps, published two-dimensional sets).
    ``shape``: cell sides in shares of the size (GSLIB's anisotropy factors). The rule of the
    least or greatest mean is Journel's (1983): it supposes clusters in rich or in poor ground.
    """
    means = np.array(
        [
            np.average(values, weights=cell_weights(xyz_m, _sides(size, shape), origins))
            for size in sizes_m
        ]
    )
    naive = float(values.mean())
    hole = np.arange(len(values)) if holes is None else np.unique(holes, return_inverse=True)[1]
    clusters, trend = _clusters(xyz_m, values, hole)
    sizes = np.asarray(sizes_m, dtype=float)
    if clusters == "neither":
        return CellSweep(sizes, means, naive, clusters, np.nan, np.nan, trend)
    best = int(np.argmin(means) if clusters == "rich" else np.argmax(means))
    return CellSweep(sizes, means, naive, clusters, float(sizes[best]), float(means[best]), trend)


def sweep_sizes(spacing_m: float, count: int = 16) -> Floats:
    """Cell sizes for a sweep: from a quarter of the usual spacing to four times it."""
    return np.asarray(spacing_m * np.linspace(0.25, 4.0, count))


def _sides(size: float, shape: tuple[float, float, float]) -> tuple[float, float, float]:
    """Sides of a cell of one size."""
    return (size * shape[0], size * shape[1], size * shape[2])


def _clusters(
    xyz_m: Floats, values: Floats, hole: npt.NDArray[np.int64]
) -> tuple[Literal["rich", "poor", "neither"], float]:
    """Whether close drilling is in rich ground: rank correlation of hole weight and hole mean."""
    weights = declustering_weights(xyz_m, hole)
    count = np.bincount(hole)
    weight, grade = (np.bincount(hole, weights=v) / count for v in (weights, values))
    if count.size < 5 or np.ptp(weight) < TIE or np.ptp(grade) == 0:
        return "neither", 0.0
    found = stats.spearmanr(weight, grade)
    trend = float(found.statistic)
    if not float(found.pvalue) < SURE:
        return "neither", trend
    return ("rich" if trend < 0 else "poor"), trend


def nearest_weights(
    xyz_m: Floats, step_m: tuple[float, float, float], reach_m: tuple[float, float, float]
) -> Floats:
    """Nearest-neighbour weights with mean 1, (n,): each node of a fine grid counts for its sample.

    Polygonal declustering in two dimensions and in three. Nodes lie ``step_m`` apart; distance is
    measured in ``reach_m`` (three radii), and a node out of reach of all samples counts for none,
    so that border samples don't speak for ground beyond the drilling. A flat reach compares samples
    of one level. Of samples equally near the first one counts (rows in order of identity).
    Source: Isaaks & Srivastava (1989), chapter 10.
    """
    if not len(xyz_m):
        return np.zeros(0)
    reach = np.array(reach_m, dtype=float)
    step = np.array(step_m, dtype=float) / reach
    places = (xyz_m - xyz_m.min(axis=0)) / reach
    high = places.max(axis=0)
    pad = np.where(high < TIE, 0.0, np.ceil(1.0 / step))
    x, y, z = (
        step[a] * np.arange(-pad[a], np.ceil(high[a] / step[a]) + pad[a] + 1) for a in range(3)
    )
    # the first of samples in one place speaks for all: a crowd would hide who is first
    first = np.sort(np.unique(places, axis=0, return_index=True)[1])
    tree = cKDTree(places[first])
    total = np.zeros(len(xyz_m))
    for level in z:
        east, north = np.meshgrid(x, y)
        nodes = np.stack([east.ravel(), north.ravel(), np.full(east.size, level)], axis=1)
        total[first] += np.bincount(_owners(tree, nodes), minlength=first.size + 1)[:-1]
    return np.asarray(total * (total.size / total.sum())) if total.any() else np.ones(len(xyz_m))


def _owners(tree: cKDTree, nodes: Floats) -> Ints:
    """The nearest sample of each node, the first of equals; n where none is in reach."""
    near = min(8, tree.n)
    distance, index = tree.query(nodes, k=near, distance_upper_bound=1.0)
    distance, index = distance.reshape(-1, near), index.reshape(-1, near)
    tied = distance <= distance[:, :1] * (1 + TIE) + TIE
    return np.asarray(np.where(tied, index, tree.n).min(axis=1), dtype=np.int64)


def ground_weights(xyz_m: Floats, nodes_m: Floats, shares: Floats | None = None) -> Floats:
    """Weights (n,) with mean 1 by the ground that is compared: nodes (m, 3), each its nearest's.

    For samples that stand beside blocks: the nodes are the blocks that were estimated, so that no
    border is guessed and ground nobody estimates has no weight; ``shares`` (m,): how much each
    counts. Source: Isaaks & Srivastava (1989), chapter 10 (polygons), within known limits.
    """
    _, nearest = cKDTree(xyz_m).query(nodes_m)
    total = np.bincount(nearest, shares, minlength=len(xyz_m)).astype(float)
    return np.asarray(total / total.mean()) if total.any() else np.ones(len(xyz_m))


NODES = 400_000
"""Most nodes of the automatic grid of :func:`nearest_grid`."""


def nearest_grid(
    xyz_m: Floats, spacing_m: float, length_m: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Step and reach for :func:`nearest_weights`, level by level.

    Reach: three quarters of the usual spacing in plan (the middle of a square of holes is 0.71 off)
    and one sample length in height. Step: a tenth of the spacing and half a length, coarser alike
    where the grid would have more than :data:`NODES` nodes.
    """
    reach = (0.75 * spacing_m, 0.75 * spacing_m, length_m)
    extent = np.ptp(xyz_m, axis=0)
    extent = np.where(extent < TIE, 0.0, extent + 2.0 * np.array(reach))
    step = np.array([spacing_m / 10.0, spacing_m / 10.0, length_m / 2.0])
    while np.prod(np.ceil(extent / step) + 1.0) > NODES:
        step *= 1.1
    return (float(step[0]), float(step[1]), float(step[2])), reach
