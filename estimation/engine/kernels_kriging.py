"""Kriging of blocks, eight neighbourhoods at once, read against the book.

With K the covariances among the samples (nugget on the diagonal), c those between samples and
block, F the drift functions at the samples, f0 at the block and C(V,V) the block's own covariance,

    K w + F mu = c,   F' w = f0

is solved with one Cholesky factor K = U'U and half solutions y = U'^-1 c and G = U'^-1 F:

    (G'G) mu = G'y - f0,   U w = y - G mu,   variance = C(V,V) - w'c - mu'f0

Simple kriging has no F, ordinary kriging F = 1 (Goovaerts 1997, Geostatistics for Natural
Resources Evaluation, sections 5.2-5.4; Journel & Huijbregts 1978, chapter V). Covariances are means
over the block's discretization points and, for a sample with support, over its own points. Slope of
regression of true on estimated grade: cov / var(estimate) = w'c / w'Kw, and w'Kw = w'c - mu'f0;
kriging efficiency: Krige (1996).
"""

from __future__ import annotations

import numpy as np

from estimation.engine.accelerate import inner
from estimation.engine.kernels_covariance import correlation, length
from estimation.engine.kernels_desk import (
    DISTANCE,
    EFFICIENCY,
    ESTIMATE,
    INVERSE_DISTANCE,
    LAGRANGE,
    NEAREST,
    NEGATIVE,
    PLACE,
    REDUNDANT,
    SLOPE,
    SPREADS,
    VARIANCE,
    WORLD,
    YIELD,
    wipe,
)
from estimation.engine.kernels_lanes import LANES, load, root, spread, store, times_plus, where_less
from estimation.engine.kernels_systems import (
    UNSEEN_PIVOT,
    dot,
    factorize,
    solve_backward,
    solve_forward,
)

SIMPLE, ORDINARY, LINEAR, QUADRATIC = -1, 0, 1, 2
"""What is known of the mean: its value; that it is constant; a trend of first or second degree."""

SAME_METRIC = -1
"""Metric of a structure that measures as the structure before it does."""

_AT_THE_SAMPLE = 1e-12
"""Least squared distance in inverse distance: a sample at the very centre is met by a millionth
of the search radius, not by 1/0."""


@inner
def drift_count(degree, external):  # type: ignore[no-untyped-def]
    """Number of drift functions: monomials up to a degree, and external ones."""
    if degree == SIMPLE:
        return 0
    if degree == ORDINARY:
        return 1 + external
    return (4 if degree == LINEAR else 10) + external


@inner
def measure_to_samples(desk, metric, points, pair, i):  # type: ignore[no-untyped-def]
    """Distances, in ranges, from sample ``i`` to itself and those before it.

    ``pair``: which of their points (one of ``i``, one of the others).
    """
    width = desk.width
    a = (metric * points + pair[0]) * 3 * width + i
    b = (metric * points + pair[1]) * 3 * width
    x = load(desk.laid, a)
    y = load(desk.laid, a + width)
    z = load(desk.laid, a + 2 * width)
    for j in range(i + 1):
        apart = length(
            load(desk.laid, b + j) - x,
            load(desk.laid, b + width + j) - y,
            load(desk.laid, b + 2 * width + j) - z,
        )
        store(desk.apart, j, apart)


@inner
def covariances_among(desk, models, count, points):  # type: ignore[no-untyped-def]
    """Fill ``desk.factors`` with K of every model, upper triangles; masked places are identity."""
    width = desk.width
    for f in range(models.nuggets.size):
        wipe(desk.factors[f])
    for one in range(points):
        for other in range(points):
            for i in range(count):
                for t in range(models.kinds.size):
                    if models.metric[t] != SAME_METRIC:
                        measure_to_samples(desk, models.metric[t], points, (one, other), i)
                    k_matrix = desk.factors[models.owner[t]]
                    sill = spread(models.sills[t] / (points * points))
                    stretch = spread(models.stretch[t])
                    for j in range(i + 1):
                        r = correlation(models.kinds[t], load(desk.apart, j) * stretch)
                        at = j * width + i
                        store(k_matrix, at, times_plus(sill, r, load(k_matrix, at)))
    one_each = spread(1.0)
    for f in range(models.nuggets.size):
        k_matrix = desk.factors[f]
        for i in range(count):
            there = load(desk.mask, i)
            for j in range(i):
                at = j * width + i
                store(k_matrix, at, load(k_matrix, at) * there * load(desk.mask, j))
            own = load(k_matrix, i * width + i) + spread(models.nuggets[f])
            store(k_matrix, i * width + i, times_plus(own, there, one_each - there))


@inner
def measure_to_block(desk, metric, points, point, i, offsets):  # type: ignore[no-untyped-def]
    """Distances, in ranges, from one point of sample ``i`` to the block's points.

    ``offsets`` (p, metrics x 3) from the block's centre, in ranges.
    """
    width = desk.width
    a = (metric * points + point) * 3 * width + i
    x = load(desk.laid, a) - load(desk.target, 3 * metric)
    y = load(desk.laid, a + width) - load(desk.target, 3 * metric + 1)
    z = load(desk.laid, a + 2 * width) - load(desk.target, 3 * metric + 2)
    for p in range(offsets.shape[0]):
        apart = length(
            x - spread(offsets[p, 3 * metric]),
            y - spread(offsets[p, 3 * metric + 1]),
            z - spread(offsets[p, 3 * metric + 2]),
        )
        store(desk.apart, p, apart)


@inner
def covariances_with_block(desk, models, count, points, offsets):  # type: ignore[no-untyped-def]
    """Fill ``desk.c`` with the mean covariance of each sample with the block, for every model."""
    for f in range(models.nuggets.size):
        wipe(desk.c[f])
    share = 1.0 / (points * offsets.shape[0])
    for point in range(points):
        for i in range(count):
            for t in range(models.kinds.size):
                if models.metric[t] != SAME_METRIC:
                    measure_to_block(desk, models.metric[t], points, point, i, offsets)
                stretch = spread(models.stretch[t])
                total = spread(0.0)
                for p in range(offsets.shape[0]):
                    r = correlation(models.kinds[t], load(desk.apart, p) * stretch)
                    total = total + r
                c = desk.c[models.owner[t]]
                sill = spread(models.sills[t] * share)
                store(c, i, times_plus(sill, total * load(desk.mask, i), load(c, i)))


@inner
def around_in_target(desk):  # type: ignore[no-untyped-def]
    """Column of the block's record at which the coordinates around it begin."""
    end = desk.grades if desk.spreads < 0 else desk.spreads
    return desk.target.size // LANES - (end - desk.around)


@inner
def lay_out_drift(desk, count, degree, spread_m2):  # type: ignore[no-untyped-def]
    """Drift functions at samples and block: monomials about the block's centre.

    In the search's coordinates, where they are of the size of one, averaged over supports.
    ``spread_m2`` (1, SPREADS): mean products of a block's offsets in those coordinates.
    """
    for k in range(desk.drift.shape[0]):
        store(desk.at_block, k, spread(1.0 if k == 0 else 0.0))
    if degree == QUADRATIC:
        for k in range(SPREADS):
            store(desk.at_block, 4 + k, spread(spread_m2[0, k]))
    width = desk.width
    in_target = around_in_target(desk)
    for i in range(count):
        there = load(desk.mask, i)
        store(desk.drift[0], i, there)
        if degree <= ORDINARY:
            continue
        for a in range(3):
            u = load(desk.laid, (desk.around + PLACE + a) * width + i)
            u = u - load(desk.target, in_target + PLACE + a)
            store(desk.drift[1 + a], i, u * there)
        if degree == QUADRATIC:
            k = 4
            for a in range(3):
                for b in range(a, 3):
                    product = load(desk.drift[1 + a], i) * load(desk.drift[1 + b], i)
                    if desk.spreads >= 0:
                        own = load(desk.laid, (desk.spreads + k - 4) * width + i)
                        product = times_plus(own, there, product)
                    store(desk.drift[k], i, product)
                    k += 1


@inner
def lay_out_external_drift(desk, count, samples, targets, turn):  # type: ignore[no-untyped-def]
    """External drift at the samples as the difference from the block's; the last functions."""
    external = samples.drift.shape[1]
    first = desk.drift.shape[0] - external
    for k in range(external):
        row = desk.drift[first + k]
        for lane in range(LANES):
            here = turn < desk.rounds[lane]
            for i in range(count):
                there = here and i < desk.taken[lane]
                s = desk.sample[lane, i]
                b = desk.block[lane, turn]
                row[i * LANES + lane] = samples.drift[s, k] - targets.drift[b, k] if there else 0.0


@inner
def solve_weights(desk, f, count, drifts):  # type: ignore[no-untyped-def]
    """Weights of the round's blocks under model ``f`` into ``desk.weight``; mu into ``desk.mu``."""
    width = desk.width
    u_matrix = desk.factors[f]
    inverse = desk.inverse[f]
    y = desk.weight
    for i in range(count):
        store(y, i, load(desk.c[f], i))
    solve_forward(u_matrix, count, width, inverse, y)
    for k in range(drifts):
        half = desk.half[k]
        for i in range(count):
            store(half, i, load(desk.drift[k], i))
        solve_forward(u_matrix, count, width, inverse, half)
        for other in range(k + 1):
            store(desk.normal, other * drifts + k, dot(desk.half[other], half, count))
        store(desk.mu, k, dot(half, y, count) - load(desk.at_block, k))
    factorize(desk.normal, drifts, drifts, desk.normal_inverse, UNSEEN_PIVOT)
    solve_forward(desk.normal, drifts, drifts, desk.normal_inverse, desk.mu)
    solve_backward(desk.normal, drifts, drifts, desk.normal_inverse, desk.mu)
    for k in range(drifts):
        minus = spread(0.0) - load(desk.mu, k)
        for i in range(count):
            store(y, i, times_plus(minus, load(desk.half[k], i), load(y, i)))
    solve_backward(u_matrix, count, width, inverse, y)


@inner
def squared_apart(desk, first, i):  # type: ignore[no-untyped-def]
    """Squared distance of sample ``i`` from the block in one of the coordinates ``around`` it."""
    width = desk.width
    in_target = around_in_target(desk)
    total = spread(0.0)
    for a in range(3):
        u = load(desk.laid, (desk.around + first + a) * width + i)
        u = u - load(desk.target, in_target + first + a)
        total = times_plus(u, u, total)
    return total


@inner
def grade(desk, elements, e, i):  # type: ignore[no-untyped-def]
    """Grade of sample ``i``; high ones count as the threshold to blocks that are far away."""
    value = load(desk.laid, (desk.grades + e) * desk.width + i)
    threshold = elements.threshold[e]
    if threshold == np.inf:
        return value
    limited = where_less(value, spread(threshold), value, spread(threshold))
    return where_less(spread(1.0), squared_apart(desk, YIELD, i), limited, value)


@inner
def answer_estimate(desk, models, elements, e, count, drifts):  # type: ignore[no-untyped-def]
    """Estimate, variance and what is read from them, of one element into ``desk.answer``."""
    f = elements.model[e]
    factor = spread(elements.factor[e])
    zero = spread(0.0)
    estimate = zero
    weights = zero
    negative = zero
    redundant = zero
    for i in range(count):
        w = load(desk.weight, i)
        estimate = times_plus(w, grade(desk, elements, e, i), estimate)
        weights = weights + w
        negative = negative + where_less(w, zero, w, zero)
        redundant = redundant + where_less(zero, load(desk.inverse[f], i), zero, spread(1.0))
    if drifts == 0:
        estimate = times_plus(spread(1.0) - weights, spread(elements.mean[e]), estimate)
    explained = dot(desk.weight, desk.c[f], count)
    multiplier = dot(desk.mu, desk.at_block, drifts)
    block = spread(models.block_variances[f])
    reduction = explained + multiplier
    store(desk.answer, ESTIMATE, estimate)
    store(desk.answer, VARIANCE, (block - reduction) * factor)
    store(desk.answer, LAGRANGE, multiplier * factor)
    # the estimate's own variance: none where it is the known mean, which is without bias
    own = explained - multiplier
    store(desk.answer, SLOPE, where_less(zero, own, explained / own, spread(1.0)))
    store(desk.answer, EFFICIENCY, reduction / block)
    store(desk.answer, NEGATIVE, negative)
    store(desk.answer, REDUNDANT, redundant)


@inner
def answer_beside(desk, elements, e, count):  # type: ignore[no-untyped-def]
    """Mean distance, and two plainer estimates: inverse squared distance and nearest sample."""
    one = spread(1.0)
    closest = spread(np.inf)
    nearest = spread(np.nan)
    sum_inverse = spread(0.0)
    sum_value = spread(0.0)
    sum_metres = spread(0.0)
    many = spread(0.0)
    for i in range(count):
        there = load(desk.mask, i)
        value = grade(desk, elements, e, i)
        d2 = squared_apart(desk, PLACE, i)
        d2 = where_less(d2, spread(_AT_THE_SAMPLE), spread(_AT_THE_SAMPLE), d2)
        inverse = there / d2
        sum_inverse = sum_inverse + inverse
        sum_value = times_plus(inverse, value, sum_value)
        sum_metres = times_plus(there, root(squared_apart(desk, WORLD, i)), sum_metres)
        many = many + there
        d2 = where_less(there, one, spread(np.inf), d2)
        nearest = where_less(d2, closest, value, nearest)
        closest = where_less(d2, closest, d2, closest)
    store(desk.answer, INVERSE_DISTANCE, sum_value / sum_inverse)
    store(desk.answer, NEAREST, nearest)
    store(desk.answer, DISTANCE, sum_metres / many)
