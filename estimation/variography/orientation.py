"""The vector variogram, and where the axes of anisotropy lie: found from the data, not given.

Pairs are sorted by direction (a fan of lines over half the sphere) and by lag; every bin keeps its
mean vector, so a model is fitted to vectors, not to axes chosen beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from estimation.variography.kernels_fit import (
    COUNT,
    GAMMA,
    LENGTH,
    SQUARES,
    SUM,
    nearest_of_fan,
    pairs_by_vector,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FAN_LINES = 160
"""Lines of the fan; each stands for about 7 degrees around it."""

TABLE_SIZE = 96
FEWEST_PAIRS = 30
"""Bins with fewer pairs carry no weight."""

FLATTEST = 1e-3
"""Least variance of a bin's samples that it is divided by, as a share of the sill."""

MOST_PAIRS = 30_000_000
"""Beyond it only every second (third ...) sample is paired with all others."""

GROUPS = 8
"""Groups of neighbouring holes that the jackknife leaves out in turn."""


@dataclass(frozen=True)
class VectorVariogram:
    """Bins of a vector variogram that have pairs enough to fit; one entry per bin."""

    vectors_m: Floats
    """(b, 3) mean vector of the pairs, of their mean length."""
    pairs: Floats
    """(b,)"""
    gamma: Floats
    """(b,) half mean squared increment, or half mean product of increments."""

    @property
    def distance_m(self) -> Floats:
        """(b,) mean distance of the pairs."""
        return np.asarray(np.sqrt(np.sum(self.vectors_m**2, axis=1)))


@dataclass(frozen=True)
class PairSums:
    """Sums over pairs by vector, with what a jackknife needs."""

    sums: Floats
    """(g, g, q, d, l, 8) of :func:`kernels_fit.pairs_by_vector`."""
    reach_m: float = np.inf
    """Bins of pairs farther apart are left out."""

    def variogram(self, which: int = 0, sill: float | None = None) -> VectorVariogram:
        """Bins of one variogram.

        With ``sill``, every bin is divided by the variance of its own samples and brought to that
        sill: (1 - correlogram) x sill (Srivastava & Parker 1989, in Geostatistics 1, Kluwer).
        Holes of one direction often stand in one part of a deposit; without it their variance
        would pass for anisotropy.
        """
        total = self.sums[:, :, which].sum(axis=(0, 1)).reshape(-1, 8)
        total = total[total[:, COUNT] >= FEWEST_PAIRS]
        total = total[total[:, LENGTH] <= self.reach_m * total[:, COUNT]]
        vectors = total[:, 1:4]
        length = total[:, LENGTH] / total[:, COUNT]
        vectors = vectors * (length / np.linalg.norm(vectors, axis=1))[:, None]
        gamma = total[:, GAMMA] / total[:, COUNT]
        if sill is not None:
            ends = 2.0 * total[:, COUNT]
            variance = total[:, SQUARES] / ends - (total[:, SUM] / ends) ** 2
            gamma = gamma * sill / np.maximum(variance, FLATTEST * sill)
        return VectorVariogram(vectors, total[:, COUNT], gamma)


def fan_of_lines(lines: int = FAN_LINES) -> Floats:
    """Unit vectors (lines, 3) spread evenly over the upper half sphere, upright first.

    Fibonacci's spiral (Swinbank & Purser 2006, Quarterly Journal of the Royal Meteorological
    Society 132).
    """
    step = np.arange(lines)
    up = 1.0 - step / lines
    around = step * np.pi * (3.0 - np.sqrt(5.0))
    level = np.sqrt(1.0 - up**2)
    return np.column_stack([level * np.cos(around), level * np.sin(around), up])


def lag_edges(shortest_m: float, farthest_m: float, growth: float = 1.25) -> Floats:
    """Edges of lags in metres: the first about ``shortest_m``, each wider by ``growth``."""
    edges, width = [0.5 * shortest_m], shortest_m
    while edges[-1] < farthest_m:
        edges.append(edges[-1] + width)
        width *= growth
    return np.array(edges)


def hole_groups(xyz_m: Floats, holes: Integers, groups: int = GROUPS) -> Integers:
    """Group of each sample: holes halved again and again across their longer extent in plan."""
    names, inverse = np.unique(holes, return_inverse=True)
    count = np.bincount(inverse)
    middles = np.column_stack([np.bincount(inverse, xyz_m[:, a]) / count for a in (0, 1)])
    members = [np.arange(names.size)]
    while len(members) < groups and all(m.size >= 2 for m in members):
        halves: list[Integers] = []
        for m in members:
            spread = np.ptp(middles[m], axis=0)
            order = m[np.argsort(middles[m, int(np.argmax(spread))], kind="stable")]
            halves += [order[: m.size // 2], order[m.size // 2 :]]
        members = halves
    group = np.zeros(names.size, np.int64)
    for number, m in enumerate(members):
        group[m] = number
    return np.asarray(group[inverse])


def sum_pairs(
    xyz_m: Floats,
    values: Floats,
    groups: Integers,
    edges_m: Floats,
    wanted: tuple[tuple[int, int], ...] = ((0, 0),),
) -> PairSums:
    """Sort the pairs of samples by vector.

    Parameters
    ----------
    xyz_m : (n, 3); values : (n, v), NaN where not assayed; groups : (n,) as :func:`hole_groups`.
    edges_m : lags; wanted : columns of ``values`` of each variogram, (a, a) or across (a, b).
    """
    order = np.argsort(groups, kind="stable")
    columns = np.array(wanted, np.int64)
    fan = fan_of_lines()
    stride = max(1, int(np.ceil(0.5 * len(order) ** 2 / MOST_PAIRS)))
    return PairSums(
        pairs_by_vector(
            np.ascontiguousarray(xyz_m[order]),
            np.ascontiguousarray(values[order]),
            np.ascontiguousarray(columns[:, 0]),
            np.ascontiguousarray(columns[:, 1]),
            np.ascontiguousarray(groups[order]),
            nearest_of_fan(fan, TABLE_SIZE),
            fan,
            edges_m,
            stride,
        )
    )


def ellipsoid_of_ranges(lines: Floats, ranges_m: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Axes (rows, longest first) and half axes of the ellipsoid through ranges along a fan.

    Weighted least squares of d' M d = 1 / range^2 in the six entries of M; half axes from its
    eigenvalues, kept within a hundredth and a hundred times the middle range.
    """
    x, y, z = lines.T
    rows = np.column_stack([x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z])
    # 1/r^2 has an error of 2/r^3 of the range's: relative errors of ranges are what is alike
    scale = np.sqrt(weights) * ranges_m**2
    found = np.linalg.lstsq(rows * scale[:, None], scale / ranges_m**2, rcond=None)[0]
    a, b, c, ab, ac, bc = found
    values, axes = np.linalg.eigh(np.array([[a, ab, ac], [ab, b, bc], [ac, bc, c]]))
    middle = 1.0 / np.median(ranges_m) ** 2
    half_axes = 1.0 / np.sqrt(np.clip(values, 1e-4 * middle, 1e4 * middle))
    return right_handed(axes.T), half_axes


def right_handed(axes: Floats) -> Floats:
    """The same lines as rows of a rotation: the third axis is turned where they are left-handed."""
    turned = axes.copy()
    if np.linalg.det(turned) < 0:
        turned[2] = -turned[2]
    return turned


def trial_axes() -> Floats:
    """Axes (60, 3, 3) spread over all orientations: the rotations of the icosahedron."""
    return np.asarray(Rotation.create_group("I").as_matrix())
