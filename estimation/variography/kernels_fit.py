"""Pairs of samples by vector, and how well a model foretells samples from those around them."""

from __future__ import annotations

import math

import numpy as np

from estimation.engine.accelerate import inner, kernel

COUNT, EAST, NORTH, UP, LENGTH, GAMMA, SUM, SQUARES = 0, 1, 2, 3, 4, 5, 6, 7
"""Columns of the sums of a bin."""


@inner
def fan_cell(x, y, z, size):  # type: ignore[no-untyped-def]
    """Row and column of a unit vector with z >= 0 in a square table of the half sphere.

    The octahedral map (Meyer et al. 2010, Computer Graphics Forum 29): the half sphere becomes a
    diamond, and turned by 45 degrees a square.
    """
    scale = 1.0 / (abs(x) + abs(y) + z)
    u = (x * scale + y * scale + 1.0) * 0.5 * size
    v = (x * scale - y * scale + 1.0) * 0.5 * size
    return min(int(u), size - 1), min(int(v), size - 1)


@kernel
def nearest_of_fan(fan, size):  # type: ignore[no-untyped-def]
    """Nearest line of a fan for each cell of the half sphere's table.

    Parameters
    ----------
    fan : (d, 3) unit vectors; size : rows and columns of the table.

    Returns
    -------
    (size, size) index into ``fan``.
    """
    table = np.zeros((size, size), np.int64)
    for i in range(size):
        for j in range(size):
            u = (i + 0.5) / size * 2.0 - 1.0
            v = (j + 0.5) / size * 2.0 - 1.0
            x, y = 0.5 * (u + v), 0.5 * (u - v)
            z = 1.0 - abs(x) - abs(y)
            best = -1.0
            for d in range(fan.shape[0]):
                along = abs(x * fan[d, 0] + y * fan[d, 1] + z * fan[d, 2])
                if along > best:
                    best = along
                    table[i, j] = d
    return table


@kernel
def pairs_by_vector(  # type: ignore[no-untyped-def]
    places, values, first, second, groups, table, fan, edges, stride
):
    """Half products of increments summed by direction and lag (Matheron 1963; cross: 1965).

    Parameters
    ----------
    places : (n, 3) metres; values : (n, v), NaN where not assayed.
    first, second : (q,) the two columns of ``values`` of each wanted variogram.
    groups : (n,) group of each sample, 0 to g - 1, for a jackknife.
    table : directions by :func:`nearest_of_fan` of ``fan``; edges : (l + 1,) metres, ascending.
    stride : every how-many-th sample is paired with all others before it.

    Returns
    -------
    (g, g, q, d, l, 8): sums over the pairs of two groups, the later sample's group first: count,
    vector (to its line's side), length, half product of increments, sum and sum of products of the
    values themselves at both ends. Samples in order of their groups run faster.
    """
    many, lags, wanted = np.max(groups) + 1, edges.size - 1, first.size
    sums = np.zeros((many, many, wanted, np.max(table) + 1, lags, 8))
    size = table.shape[0]
    farthest = edges[lags] * edges[lags]
    for i in range(0, places.shape[0], stride):
        for j in range(i):
            x = places[i, 0] - places[j, 0]
            y = places[i, 1] - places[j, 1]
            z = places[i, 2] - places[j, 2]
            h = x * x + y * y + z * z
            if h > farthest:
                continue
            h = math.sqrt(h)
            if h <= edges[0]:
                continue
            if z < 0.0:
                x, y, z = -x, -y, -z
            row, column = fan_cell(x / h, y / h, z / h, size)
            d = table[row, column]
            # near the level the two ends of one line are both "up": they must not cancel
            if x * fan[d, 0] + y * fan[d, 1] + z * fan[d, 2] < 0.0:
                x, y, z = -x, -y, -z
            b = min(max(np.searchsorted(edges, h) - 1, 0), lags - 1)
            for q in range(wanted):
                one = values[i, first[q]] - values[j, first[q]]
                other = values[i, second[q]] - values[j, second[q]]
                product = 0.5 * one * other
                if math.isnan(product):
                    continue
                own = sums[groups[i], groups[j], q, d, b]
                own[COUNT] += 1.0
                own[EAST] += x
                own[NORTH] += y
                own[UP] += z
                own[LENGTH] += h
                own[GAMMA] += product
                own[SUM] += values[i, first[q]] + values[j, first[q]]
                own[SQUARES] += (
                    values[i, first[q]] * values[i, second[q]]
                    + values[j, first[q]] * values[j, second[q]]
                )
    return sums


@inner
def fall(kind, h):  # type: ignore[no-untyped-def]
    """Correlation at ``h`` ranges, one at a time; kinds as :mod:`kernels_covariance` numbers them.

    Deutsch & Journel, GSLIB (1998), II.3; Chilès & Delfiner (2012), 2.5.
    """
    if kind == 0:
        return 1.0 + h * (0.5 * h * h - 1.5) if h < 1.0 else 0.0
    if kind == 1:
        return math.exp(-3.0 * h)
    if kind == 2:
        return math.exp(-3.0 * h * h)
    if kind == 3:
        even = h * h
        return 1.0 - even * (7.0 + h * (even * (3.5 - 0.75 * even) - 8.75)) if h < 1.0 else 0.0
    x = 4.743864518390578 * h
    return (1.0 + x) * math.exp(-x)


@kernel
def block_scores(places, values, targets, metrics, sills, nugget, kind):  # type: ignore[no-untyped-def]
    """How badly a model foretells the last samples of each block from its first ones.

    Minus the logarithm of the normal density of the last ``targets`` samples, given the others,
    less a constant: the pseudo-likelihood of Besag (1975, The Statistician 24) by blocks (Stein,
    Chi & Welty 2004, J. Royal Statistical Society B 66). The mean is not known: a variance of ten
    sills on it leaves the contrasts, as ordinary kriging does.

    Parameters
    ----------
    places : (b, n, 3) metres; values : (b, n) of mean 0; targets : how many of n.
    metrics : (s, 3, 3) axes (rows) over ranges; sills : (s,); kind : number of the model.

    Returns
    -------
    (b,); infinite where the covariances are not positive definite.
    """
    blocks, n = values.shape
    scores = np.zeros(blocks)
    reduced = np.zeros((n, 3))
    total = nugget + np.sum(sills)
    unknown = 10.0 * total
    lower = np.zeros((n, n))
    z = np.zeros(n)
    for b in range(blocks):
        lower[:] = unknown
        for s in range(sills.size):
            for i in range(n):
                for a in range(3):
                    reduced[i, a] = (
                        metrics[s, a, 0] * places[b, i, 0]
                        + metrics[s, a, 1] * places[b, i, 1]
                        + metrics[s, a, 2] * places[b, i, 2]
                    )
            for i in range(n):
                for j in range(i):
                    x = reduced[i, 0] - reduced[j, 0]
                    y = reduced[i, 1] - reduced[j, 1]
                    w = reduced[i, 2] - reduced[j, 2]
                    lower[i, j] += sills[s] * fall(kind, math.sqrt(x * x + y * y + w * w))
        score = 0.0
        for i in range(n):
            rest = values[b, i]
            for j in range(i):
                v = lower[i, j]
                for k in range(j):
                    v -= lower[i, k] * lower[j, k]
                lower[i, j] = v / lower[j, j]
                rest -= lower[i, j] * z[j]
            v = total + unknown
            for k in range(i):
                v -= lower[i, k] * lower[i, k]
            if not v > 1e-9 * total:
                score = np.inf
                break
            lower[i, i] = math.sqrt(v)
            z[i] = rest / lower[i, i]
            if i >= n - targets:
                score += math.log(lower[i, i]) + 0.5 * z[i] * z[i]
        scores[b] = score
    return scores
