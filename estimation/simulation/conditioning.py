"""Kriging of residuals: what turns an unconditional field into one that honours the data.

``Y_c(x) = Y(x) + sum_a w_a(x) [y_a - Y(x_a)]`` with the weights of simple kriging (Journel &
Huijbregts 1978, VII.A; Chilès & Delfiner 2012, 7.3.1). Weights don't depend on the realization:
they are solved once, for all nodes of a small group of blocks from one wide neighbourhood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.engine.dense import correlation
from estimation.engine.visit import structure_metric
from estimation.plan import Variogram

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEAREST = 48
"""Samples of a group's neighbourhood; more only where more lie in the group itself."""
OF_A_HOLE = 6
"""Of them, most from one hole: a neighbourhood of one hole would not see the others. Those in the
group itself are all taken, for it must honour them."""
NEXT_TO = 2
"""Samples outside the group that a hole may give however many it has inside."""
LOOKED_AT = 400
"""Nearest samples that the neighbourhood is chosen from."""
LEAST_NUGGET = 1e-6
"""Added to the variance of each sample, so that two in one place can be solved."""
AT_ONCE = 128
"""Groups solved in one go: bounds memory."""


@dataclass(frozen=True)
class Data:
    """Where the conditioning data of one domain lie."""

    points_m: Floats
    """(n, 3) metres from the origin of the field."""
    holes: Ints
    """(n,)."""
    variogram: Variogram
    """Of the scores, sill 1."""
    metric: Floats
    """Metres to ranges of the longest structure, (3, 3)."""
    tree: cKDTree
    """Of the points in those ranges."""


@dataclass(frozen=True)
class Weights:
    """Kriging weights of groups of nodes."""

    near: Ints
    """(groups, k) samples of each group, -1 for none."""
    weight: Floats
    """(groups, k, nodes)."""

    def corrections(self, residuals: Floats) -> Floats:
        """What nodes are corrected by, (groups, nodes, r), from residuals (n, r) at the data."""
        there = np.where((self.near >= 0)[..., None], residuals[self.near], 0.0)
        return np.asarray(np.matmul(self.weight.transpose(0, 2, 1), there))


def data_of(points_m: Floats, holes: Ints, variogram: Variogram) -> Data:
    """Data ready to be searched."""
    longest = max(variogram.structures, key=lambda s: s.ranges_m[0])
    metric = structure_metric(variogram, longest)
    return Data(points_m, holes, variogram, metric, cKDTree(points_m @ metric.T))


def weights_of(data: Data, centres_m: Floats, offsets_m: Floats, half_m: Floats) -> Weights:
    """Weights of nodes at ``offsets_m`` (nodes, 3) about each centre (groups, 3).

    ``half_m`` (3,): half a group's sizes.
    """
    near = neighbourhoods(data, centres_m, half_m)
    weight = np.empty((*near.shape, len(offsets_m)))
    for first in range(0, len(centres_m), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        weight[part] = solve_weights(data, near[part], centres_m[part], offsets_m)
    return Weights(near, weight)


def neighbourhoods(data: Data, centres_m: Floats, half_m: Floats) -> Ints:
    """All samples within ``half_m`` of each centre, then the nearest others, no more of a hole
    than allowed: (groups, k), -1 for none."""
    count = min(LOOKED_AT, len(data.points_m))
    _, near = data.tree.query(centres_m @ data.metric.T, k=[*range(1, count + 1)])
    near = np.asarray(near, np.int64)
    inside = np.all(np.abs(data.points_m[near] - centres_m[:, None]) <= half_m, axis=2)
    number, outside = _in_holes(data.holes[near], inside)
    kept = inside | (number < OF_A_HOLE) | (outside < NEXT_TO)
    width = min(max(NEAREST, int(inside.sum(axis=1).max(initial=0))), count)
    # 0 inside, 1 kept, 2 left out; nearest first in each
    order = np.argsort(np.where(inside, 0, np.where(kept, 1, 2)), axis=1, kind="stable")
    first = order[:, :width]
    chosen = np.take_along_axis(near, first, axis=1)
    return np.where(np.take_along_axis(kept, first, axis=1), chosen, -1)


def _in_holes(holes: Ints, inside: Bools) -> tuple[Ints, Ints]:
    """Each sample's number in its hole, those inside first, and that among those outside, from 0.

    Arrays (groups, k), nearest first.
    """
    order = np.lexsort((~inside, holes), axis=1)
    ordered = np.take_along_axis(holes, order, axis=1)
    place = np.broadcast_to(np.arange(holes.shape[1]), holes.shape)
    starts = np.where(np.diff(ordered, axis=1, prepend=-1) != 0, place, 0)
    starts = np.maximum.accumulate(starts, axis=1)
    out = ~np.take_along_axis(inside, order, axis=1)
    before: Ints = np.cumsum(out, axis=1) - out
    number, outside = np.empty_like(holes), np.empty_like(holes)
    np.put_along_axis(number, order, place - starts, axis=1)
    ranks: Ints = before - np.take_along_axis(before, starts, axis=1)
    np.put_along_axis(outside, order, ranks, axis=1)
    return number, outside


def solve_weights(data: Data, near: Ints, centres_m: Floats, offsets_m: Floats) -> Floats:
    """Simple kriging weights (groups, k, nodes) of every node; 0 of places without a sample."""
    there = near >= 0
    points = data.points_m[near]
    left = _covariance(data.variogram, points[:, :, None] - points[:, None])
    both = there[:, :, None] & there[:, None]
    diagonal = np.eye(near.shape[1], dtype=bool)[None]
    nugget = data.variogram.nugget + LEAST_NUGGET
    left = np.where(both, left, 0.0) + diagonal * np.where(there, nugget, 1.0)[:, :, None]
    nodes = centres_m[:, None] + offsets_m
    right = _covariance(data.variogram, points[:, :, None] - nodes[:, None])
    return np.asarray(np.linalg.solve(left, np.where(there[:, :, None], right, 0.0)))


def _covariance(variogram: Variogram, vectors_m: Floats) -> Floats:
    """Covariance without nugget along vectors (..., 3)."""
    total = np.zeros(vectors_m.shape[:-1])
    for s in variogram.structures:
        apart = vectors_m @ structure_metric(variogram, s).T
        h = np.sqrt(np.einsum("...k,...k->...", apart, apart))
        total += s.sill * correlation(s.model, h)
    return total
