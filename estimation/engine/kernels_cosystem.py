"""One system of cokriging: samples of an element and of its partner, covariances in lanes.

Formulas: Goovaerts (1997), section 6.2.3; Journel & Huijbregts (1978), chapter V.A. Coordinates of
points come turned into the axes of the model, so that a structure's ranges lie along them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import inner
from estimation.engine.kernels_covariance import correlation, length
from estimation.engine.kernels_lanes import LANES, load, spread, store, times_plus
from estimation.engine.kernels_systems import REDUNDANT_PIVOT

OWN, ACROSS, PARTNER = 0, 1, 2
"""Columns of sills: of the element, across, of the partner."""
_SAME_PLACE_M2 = 1e-12
"""Samples of both elements nearer than this are one piece of rock and share its nugget."""


class Model(NamedTuple):
    """Linear model of coregionalization, and its mean covariances within a block."""

    kinds: npt.NDArray[np.int64]
    """(t,) of each structure."""
    scales: npt.NDArray[np.float64]
    """(t, 3) one over the range along each axis."""
    sills: npt.NDArray[np.float64]
    """(t, 3) of the element, across, of the partner."""
    nuggets: npt.NDArray[np.float64]
    """(3,) the same."""
    block: npt.NDArray[np.float64]
    """(3,) C(V,V), the same."""


class Places(NamedTuple):
    """Blocks to be estimated."""

    centres: npt.NDArray[np.float64]
    """(m, 3) metres."""
    turned: npt.NDArray[np.float64]
    """(m, 3) metres in the axes of the model."""
    own_hole: npt.NDArray[np.int64]
    """(m,) hole whose own samples a block may not use; -1 for none."""
    partner_hole: npt.NDArray[np.int64]
    """(m,) the same of the partner's samples."""
    offsets: npt.NDArray[np.float64]
    """(p, 3) discretization points from the centre, in the axes of the model."""
    shares: npt.NDArray[np.float64]
    """(p,) weight of each, summing to 1."""
    partner: npt.NDArray[np.float64]
    """(m,) the partner's estimate (collocated cokriging), NaN where there is none."""


class Room(NamedTuple):
    """Where one system is laid out and solved; columns of lanes, own samples first."""

    laid: npt.NDArray[np.float64]
    """(3, points, columns) coordinates of every point of every sample."""
    row: npt.NDArray[np.float64]
    """(columns,) covariances being added up."""
    left: npt.NDArray[np.float64]
    """(n, n) covariances, then their factor."""
    inverse: npt.NDArray[np.float64]
    """(n,) one over each pivot; 0 for a sample that says nothing new."""
    right: npt.NDArray[np.float64]
    """(n,) covariances with the block."""
    weight: npt.NDArray[np.float64]
    """(n,) solution."""
    drift: npt.NDArray[np.float64]
    """(2, n) conditions on the weights, then half solved."""
    mu: npt.NDArray[np.float64]
    """(2,) Lagrange multipliers."""
    grade: npt.NDArray[np.float64]
    """(n,) grades as they count."""


@inner
def room_for(own, partner, points):  # type: ignore[no-untyped-def]
    """Room for systems of up to so many samples of each element with so many points each."""
    columns = (own // LANES + partner // LANES + 2) * LANES
    most = own + partner + 1
    return Room(
        np.zeros((3, points, columns)),
        np.zeros(columns),
        np.empty((most, most)),
        np.empty(most),
        np.empty(most),
        np.empty(most),
        np.empty((2, most)),
        np.empty(2),
        np.empty(most),
    )


@inner
def columns_of(samples):  # type: ignore[no-untyped-def]
    """Vectors of lanes that hold so many samples."""
    return -(-samples // LANES)


@inner
def lay(room, samples, chosen, count, first):  # type: ignore[no-untyped-def]
    """Lay the points of the chosen samples out from column ``first``; the rest repeats the last."""
    padded = -(-count // LANES) * LANES
    for i in range(padded):
        s = chosen[min(i, count - 1)]
        for q in range(samples.points.shape[0]):
            for a in range(3):
                room.laid[a, q, first + i] = samples.points[q, s, a]


@inner
def add_covariances(room, model, place, columns, points, pair):  # type: ignore[no-untyped-def]
    """Add the covariances of one place with the samples of some vectors of columns to the row.

    ``place`` is (x, y, z, share); ``columns`` (first, last) vectors; ``pair`` the column of sills.
    """
    x, y, z, share = place
    for v in range(columns[0], columns[1]):
        total = spread(0.0)
        for q in range(points):
            dx = load(room.laid[0, q], v) - spread(x)
            dy = load(room.laid[1, q], v) - spread(y)
            dz = load(room.laid[2, q], v) - spread(z)
            for t in range(model.kinds.size):
                sill = model.sills[t, pair]
                if sill == 0.0:
                    continue
                h = length(
                    dx * spread(model.scales[t, 0]),
                    dy * spread(model.scales[t, 1]),
                    dz * spread(model.scales[t, 2]),
                )
                total = times_plus(spread(sill), correlation(model.kinds[t], h), total)
        store(room.row, v, times_plus(spread(share / points), total, load(room.row, v)))


@inner
def fill_own_rows(room, model, sets, chosen, counts):  # type: ignore[no-untyped-def]
    """Rows of the element's own samples, above the diagonal.

    ``sets`` (own, partner) samples, ``chosen`` and ``counts`` of each.
    """
    own, partner = sets
    many, more = counts
    first, last = columns_of(many), columns_of(many) + columns_of(more)
    points = own.points.shape[0]
    for i in range(many):
        room.row[:] = 0.0
        for q in range(points):
            p = own.points[q, chosen[0][i]]
            place = (p[0], p[1], p[2], 1.0 / points)
            add_covariances(room, model, place, (0, first), points, OWN)
            reach = (first, last)
            add_covariances(room, model, place, reach, partner.points.shape[0], ACROSS)
        for j in range(i, many):
            room.left[i, j] = room.row[j]
        for j in range(more):
            room.left[i, many + j] = room.row[first * LANES + j]


@inner
def fill_partner_rows(room, model, partner, chosen, counts):  # type: ignore[no-untyped-def]
    """Rows of the partner's samples, above the diagonal."""
    many, more = counts
    first, last = columns_of(many), columns_of(many) + columns_of(more)
    points = partner.points.shape[0]
    for i in range(more):
        room.row[:] = 0.0
        for q in range(points):
            p = partner.points[q, chosen[i]]
            place = (p[0], p[1], p[2], 1.0 / points)
            add_covariances(room, model, place, (first, last), points, PARTNER)
        for j in range(i, more):
            room.left[many + i, many + j] = room.row[first * LANES + j]


@inner
def add_nuggets(room, model, sets, chosen, counts):  # type: ignore[no-untyped-def]
    """A sample's own nugget, and what it shares with the partner's sample of the same rock."""
    own, partner = sets
    many, more = counts
    for i in range(many):
        room.left[i, i] += model.nuggets[OWN]
        for j in range(more):
            apart = 0.0
            for a in range(3):
                step = own.centres[chosen[0][i], a] - partner.centres[chosen[1][j], a]
                apart += step * step
            if apart < _SAME_PLACE_M2:
                room.left[i, many + j] += model.nuggets[ACROSS]
    for j in range(more):
        room.left[many + j, many + j] += model.nuggets[PARTNER]


@inner
def with_block(room, model, places, b, counts, points):  # type: ignore[no-untyped-def]
    """Covariances of the samples with one block, into ``room.right``."""
    many, more = counts
    first, last = columns_of(many), columns_of(many) + columns_of(more)
    room.row[:] = 0.0
    for p in range(places.offsets.shape[0]):
        x = places.turned[b, 0] + places.offsets[p, 0]
        y = places.turned[b, 1] + places.offsets[p, 1]
        z = places.turned[b, 2] + places.offsets[p, 2]
        place = (x, y, z, places.shares[p])
        add_covariances(room, model, place, (0, first), points[0], OWN)
        add_covariances(room, model, place, (first, last), points[1], ACROSS)
    for i in range(many):
        room.right[i] = room.row[i]
    for j in range(more):
        room.right[many + j] = room.row[first * LANES + j]


@inner
def lay_out(room, model, places, b, sets, chosen, counts):  # type: ignore[no-untyped-def]
    """The system of one block from samples of both elements; returns its size."""
    many, more = counts
    lay(room, sets[0], chosen[0], many, 0)
    if more > 0:
        lay(room, sets[1], chosen[1], more, columns_of(many) * LANES)
    fill_own_rows(room, model, sets, chosen, counts)
    fill_partner_rows(room, model, sets[1], chosen[1], counts)
    add_nuggets(room, model, sets, chosen, counts)
    points = (sets[0].points.shape[0], sets[1].points.shape[0])
    with_block(room, model, places, b, counts, points)
    for i in range(many + more):
        room.drift[0, i] = 1.0 if i < many else 0.0
        room.drift[1, i] = 0.0 if i < many else 1.0
    return many + more


@inner
def add_collocated(room, model, n):  # type: ignore[no-untyped-def]
    """One more datum: the partner's grade of the block itself, by the Markov model MM1.

    C12(h) = (C12(0) / C11(0)) C11(h), so that the partner's own covariance counts at the block
    alone (Xu et al. 1992; Almeida & Journel 1994); the ratio is taken at the block's support. The
    grade comes in units of the element's spread, or the one condition would weigh units.
    """
    r = model.block[ACROSS] / math.sqrt(model.block[OWN] * model.block[PARTNER])
    for i in range(n):
        room.left[i, n] = r * room.right[i]
    room.left[n, n] = model.block[OWN]
    room.right[n] = r * model.block[OWN]
    room.drift[0, n] = 1.0
    return n + 1


@inner
def factorize(room, n):  # type: ignore[no-untyped-def]
    """Factor the upper triangle, A = U'U; a duplicate falls out. Returns how many fell out."""
    left, inverse = room.left, room.inverse
    fallen = 0
    for m in range(n):
        inverse[m] = left[m, m] * REDUNDANT_PIVOT
    for m in range(n):
        pivot = left[m, m]
        scale = 1.0 / math.sqrt(pivot) if pivot > 0.0 and pivot >= inverse[m] else 0.0
        fallen += scale == 0.0
        inverse[m] = scale
        for i in range(m, n):
            left[m, i] *= scale
        for k in range(m + 1, n):
            factor = left[m, k]
            if factor != 0.0:
                for i in range(k, n):
                    left[k, i] -= factor * left[m, i]
    return fallen


@inner
def solve_forward(room, n, right):  # type: ignore[no-untyped-def]
    """Solve U'y = right in place."""
    for m in range(n):
        value = right[m] * room.inverse[m]
        right[m] = value
        for i in range(m + 1, n):
            right[i] -= room.left[m, i] * value


@inner
def solve_backward(room, n, right):  # type: ignore[no-untyped-def]
    """Solve U w = right in place."""
    for m in range(n - 1, -1, -1):
        value = right[m]
        for i in range(m + 1, n):
            value -= room.left[m, i] * right[i]
        right[m] = value * room.inverse[m]


@inner
def solve(room, n, conditions):  # type: ignore[no-untyped-def]
    """Weights under one condition or two: the first sums to 1, the second to 0."""
    for i in range(n):
        room.weight[i] = room.right[i]
    solve_forward(room, n, room.weight)
    a = b = c = 0.0
    f = g = 0.0
    for k in range(conditions):
        solve_forward(room, n, room.drift[k])
    for i in range(n):
        a += room.drift[0, i] * room.drift[0, i]
        f += room.drift[0, i] * room.weight[i]
    if conditions > 1:
        for i in range(n):
            b += room.drift[0, i] * room.drift[1, i]
            c += room.drift[1, i] * room.drift[1, i]
            g += room.drift[1, i] * room.weight[i]
    f -= 1.0
    if conditions > 1 and c > 0.0:
        bound = a * c - b * b
        room.mu[0] = (c * f - b * g) / bound
        room.mu[1] = (a * g - b * f) / bound
    else:
        room.mu[0] = f / a
        room.mu[1] = 0.0
    for i in range(n):
        room.weight[i] -= room.mu[0] * room.drift[0, i]
        if conditions > 1:
            room.weight[i] -= room.mu[1] * room.drift[1, i]
    solve_backward(room, n, room.weight)
