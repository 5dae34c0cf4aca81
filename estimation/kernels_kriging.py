"""Ordinary kriging of blocks from point samples, read against the book.

With K the covariances among the samples (nugget on the diagonal), c those between samples and
block (mean over the discretization points) and C(V,V) the block's own, ordinary kriging solves

    K w + mu 1 = c,   1' w = 1

by one Cholesky factor of K and two solves, u = K^-1 c and v = K^-1 1:

    mu = (1'u - 1) / 1'v,   w = u - mu v,   variance = C(V,V) - w'c - mu

(Goovaerts 1997, Geostatistics for Natural Resources Evaluation, section 5.3; Journel &
Huijbregts 1978, chapter V). Slope of regression and kriging efficiency: Krige (1996); with BV the
block variance and KV the kriging variance, slope = (BV - KV - mu) / (BV - KV - 2 mu).
"""

from __future__ import annotations

import math

import numpy as np

from estimation.accelerate import kernel
from estimation.kernels_covariance import block_variance, covariance
from estimation.kernels_search import choose, count_holes, gather_candidates

# Columns of the result, in the order of estimation.krige.FIELDS.
ESTIMATE, VARIANCE, LAGRANGE, SLOPE, EFFICIENCY, NEGATIVE = 0, 1, 2, 3, 4, 5
SAMPLES, HOLES, DISTANCE, PASS, INVERSE_DISTANCE, NEAREST, REDUNDANT = 6, 7, 8, 9, 10, 11, 12
FIELD_COUNT = 13

REDUNDANT_PIVOT = 1e-10
"""A sample whose pivot falls below this share of the sill tells nothing that nearer samples have
not told already (a duplicate); it gets no weight and is counted."""


@kernel
def factorize(k_matrix, count, sill, dropped):  # type: ignore[no-untyped-def]
    """Cholesky factor of K in its lower triangle, in place; returns how many samples fell out."""
    out = 0
    for j in range(count):
        pivot = k_matrix[j, j]
        for m in range(j):
            pivot -= k_matrix[j, m] * k_matrix[j, m]
        dropped[j] = pivot < REDUNDANT_PIVOT * sill
        if dropped[j]:
            out += 1
            for m in range(j):
                k_matrix[j, m] = 0.0
            k_matrix[j, j] = 1.0
            for i in range(j + 1, count):
                k_matrix[i, j] = 0.0
            continue
        root = math.sqrt(pivot)
        k_matrix[j, j] = root
        for i in range(j + 1, count):
            value = k_matrix[i, j]
            for m in range(j):
                value -= k_matrix[i, m] * k_matrix[j, m]
            k_matrix[i, j] = value / root
    return out


@kernel
def solve_factored(factor, count, right):  # type: ignore[no-untyped-def]
    """Solve L L' x = right in place."""
    for i in range(count):
        value = right[i]
        for m in range(i):
            value -= factor[i, m] * right[m]
        right[i] = value / factor[i, i]
    for i in range(count - 1, -1, -1):
        value = right[i]
        for m in range(i + 1, count):
            value -= factor[m, i] * right[m]
        right[i] = value / factor[i, i]


@kernel
def ordinary_weights(  # type: ignore[no-untyped-def]
    block, offsets, places, chosen, count, nugget, kinds, sills, inverse_ranges, space
):
    """Weights of one block's samples. Returns (mu, w'c, samples without weight).

    ``places`` and ``block`` are in the axes of anisotropy, metres; ``space`` is the workspace
    (K, c, u, v, dropped) and holds the weights in u and the covariances in c on return.
    """
    k_matrix, c, u, v, dropped = space
    sill = nugget + np.sum(sills)
    for i in range(count):
        p = chosen[i]
        for j in range(i):
            q = chosen[j]
            k_matrix[i, j] = covariance(
                places[p, 0] - places[q, 0],
                places[p, 1] - places[q, 1],
                places[p, 2] - places[q, 2],
                kinds,
                sills,
                inverse_ranges,
            )
        k_matrix[i, i] = sill
        mean = 0.0
        for o in range(offsets.shape[0]):
            mean += covariance(
                places[p, 0] - block[0] - offsets[o, 0],
                places[p, 1] - block[1] - offsets[o, 1],
                places[p, 2] - block[2] - offsets[o, 2],
                kinds,
                sills,
                inverse_ranges,
            )
        c[i] = mean / offsets.shape[0]
    redundant = factorize(k_matrix, count, sill, dropped)
    for i in range(count):
        u[i] = 0.0 if dropped[i] else c[i]
        v[i] = 0.0 if dropped[i] else 1.0
    solve_factored(k_matrix, count, u)
    solve_factored(k_matrix, count, v)
    sum_u = 0.0
    sum_v = 0.0
    for i in range(count):
        sum_u += u[i]
        sum_v += v[i]
    mu = (sum_u - 1.0) / sum_v
    explained = 0.0
    for i in range(count):
        u[i] -= mu * v[i]
        explained += u[i] * c[i]
    return mu, explained, redundant


@kernel
def workspace(max_samples):  # type: ignore[no-untyped-def]
    """Scratch arrays for :func:`ordinary_weights`, one set to a thread."""
    return (
        np.empty((max_samples, max_samples)),
        np.empty(max_samples),
        np.empty(max_samples),
        np.empty(max_samples),
        np.empty(max_samples, np.bool_),
    )


@kernel
def write_block(  # type: ignore[no-untyped-def]
    out, block_var, solution, weights, values, places, block, chosen, distances, count
):
    """Fill one row of results from the solved system. Distances are in search units, squared."""
    mu, explained, redundant = solution
    estimate = 0.0
    negative = 0.0
    inverse_sum = 0.0
    inverse_value = 0.0
    metres = 0.0
    for i in range(count):
        p = chosen[i]
        estimate += weights[i] * values[p]
        negative += min(weights[i], 0.0)
        # a sample at the very centre is met by a millionth of the search radius, not by 1/0
        inverse = 1.0 / max(distances[i], 1e-12)
        inverse_sum += inverse
        inverse_value += inverse * values[p]
        metres += math.sqrt(
            (places[p, 0] - block[0]) ** 2
            + (places[p, 1] - block[1]) ** 2
            + (places[p, 2] - block[2]) ** 2
        )
    variance = block_var - explained - mu
    out[ESTIMATE] = estimate
    out[VARIANCE] = variance
    out[LAGRANGE] = mu
    below = block_var - variance - 2.0 * mu
    out[SLOPE] = (block_var - variance - mu) / below if below != 0.0 else np.nan
    out[EFFICIENCY] = (block_var - variance) / block_var
    out[NEGATIVE] = negative
    out[SAMPLES] = count
    out[DISTANCE] = metres / count
    out[INVERSE_DISTANCE] = inverse_value / inverse_sum
    out[NEAREST] = values[chosen[0]]
    out[REDUNDANT] = redundant


@kernel
def krige_groups(  # type: ignore[no-untyped-def]
    blocks, group_start, own_hole, samples, offsets, model, search
):
    """Krige blocks, group after group of neighbours, pass after pass.

    Parameters
    ----------
    blocks : (m, 3) block centres in the axes of anisotropy, metres, ordered by group.
    group_start : (g + 1,) first block of each group.
    own_hole : (m,) hole whose samples a block may not use; -1 for none.
    samples : places (n, 3) in the same axes, holes (n,), values (n,); in order of identity.
    offsets : (p, 3) discretization points of a block, in the same axes.
    model : nugget, kinds (s,), sills (s,), inverse_ranges (s, 3).
    search : radii (passes, 3) and limits (passes, 4): min and max samples, max per hole, min holes.

    Returns
    -------
    (m, FIELD_COUNT) results; rows of blocks that no pass could estimate are NaN with pass 0.
    """
    places, holes, values = samples
    nugget, kinds, sills, inverse_ranges = model
    radii, limits = search
    out = np.full((blocks.shape[0], FIELD_COUNT), np.nan)
    out[:, PASS] = 0.0
    block_var = block_variance(offsets, nugget, kinds, sills, inverse_ranges)
    most = np.max(limits[:, 1])
    chosen = np.empty(most, np.int64)
    distances = np.empty(most)
    space = workspace(most)
    for p in range(radii.shape[0]):
        scaled_samples = places / radii[p]
        scaled_blocks = blocks / radii[p]
        min_samples, max_samples, max_per_hole, min_holes = limits[p]
        for g in range(group_start.size - 1):
            first = group_start[g]
            last = group_start[g + 1]
            open_blocks = False
            for b in range(first, last):
                if out[b, PASS] == 0.0:
                    open_blocks = True
            if not open_blocks:
                continue
            candidates = gather_candidates(
                scaled_blocks[first:last],
                scaled_samples,
                holes,
                own_hole[first],
                max_samples,
                max_per_hole,
            )
            if candidates.size < min_samples:
                continue
            for b in range(first, last):
                if out[b, PASS] != 0.0:
                    continue
                count = choose(
                    scaled_blocks[b],
                    scaled_samples,
                    holes,
                    candidates,
                    max_samples,
                    max_per_hole,
                    chosen,
                    distances,
                )
                if count < min_samples:
                    continue
                different = count_holes(holes, chosen, count)
                if different < min_holes:
                    continue
                solution = ordinary_weights(
                    blocks[b],
                    offsets,
                    places,
                    chosen,
                    count,
                    nugget,
                    kinds,
                    sills,
                    inverse_ranges,
                    space,
                )
                write_block(
                    out[b],
                    block_var,
                    solution,
                    space[2],
                    values,
                    places,
                    blocks[b],
                    chosen,
                    distances,
                    count,
                )
                out[b, HOLES] = different
                out[b, PASS] = p + 1
    return out


@kernel
def chosen_samples(block, own_hole, places, holes, radii, limits):  # type: ignore[no-untyped-def]
    """Samples that one block is kriged from: (indices nearest first, pass), pass 0 for none."""
    one = block.reshape(1, 3)
    for p in range(radii.shape[0]):
        min_samples, max_samples, max_per_hole, min_holes = limits[p]
        scaled = places / radii[p]
        target = one / radii[p]
        candidates = gather_candidates(target, scaled, holes, own_hole, max_samples, max_per_hole)
        chosen = np.empty(max_samples, np.int64)
        distances = np.empty(max_samples)
        count = choose(
            target[0], scaled, holes, candidates, max_samples, max_per_hole, chosen, distances
        )
        if count >= min_samples and count_holes(holes, chosen, count) >= min_holes:
            return chosen[:count].copy(), p + 1
    return np.empty(0, np.int64), 0
