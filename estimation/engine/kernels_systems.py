"""Eight symmetric systems solved side by side (see ``kernels_lanes``).

Matrices are flat: the vector of row m and column i is number ``m * width + i``. A = U'U by
Cholesky's method, rows of U kept above the diagonal (Golub & Van Loan 2013, section 4.2).
"""

from __future__ import annotations

from estimation.engine.accelerate import inner
from estimation.engine.kernels_lanes import load, root, spread, store, times_plus, where_less

REDUNDANT_PIVOT = 1e-10
"""A sample whose pivot falls below this share of its diagonal says nothing that earlier ones have
not said already (a duplicate): it gets no weight and is counted."""
UNSEEN_PIVOT = 1e-6
"""The same for a drift function: samples that spread a thousandth as far as they lie off the block
(on a plane, say) can't tell a trend from a constant, and would extrapolate without bounds."""


@inner
def factorize(matrix, count, width, inverse, least):  # type: ignore[no-untyped-def]
    """Factor the upper triangles of ``matrix`` in place.

    An unknown falls out whose pivot is below ``least`` times its diagonal. ``inverse`` gets
    1 / pivot of each row, and 0 for an unknown that falls out: a zero takes it out of every later
    step, without a branch.
    """
    zero = spread(0.0)
    for i in range(count):
        store(inverse, i, load(matrix, i * width + i) * spread(least))
    for m in range(count):
        pivot = load(matrix, m * width + m)
        scale = where_less(pivot, load(inverse, m), zero, spread(1.0) / root(pivot))
        scale = where_less(zero, pivot, scale, zero)
        store(inverse, m, scale)
        for i in range(m, count):
            store(matrix, m * width + i, load(matrix, m * width + i) * scale)
        for k in range(m + 1, count):
            factor = zero - load(matrix, m * width + k)
            for i in range(k, count):
                left = load(matrix, k * width + i)
                store(matrix, k * width + i, times_plus(factor, load(matrix, m * width + i), left))


@inner
def solve_forward(matrix, count, width, inverse, right):  # type: ignore[no-untyped-def]
    """Solve U' y = right in place, with U and ``inverse`` from :func:`factorize`."""
    for m in range(count):
        value = load(right, m) * load(inverse, m)
        store(right, m, value)
        minus = spread(0.0) - value
        for i in range(m + 1, count):
            store(right, i, times_plus(minus, load(matrix, m * width + i), load(right, i)))


@inner
def solve_backward(matrix, count, width, inverse, right):  # type: ignore[no-untyped-def]
    """Solve U w = right in place, with U and ``inverse`` from :func:`factorize`."""
    for m in range(count - 1, -1, -1):
        value = load(right, m)
        for i in range(m + 1, count):
            minus = spread(0.0) - load(right, i)
            value = times_plus(minus, load(matrix, m * width + i), value)
        store(right, m, value * load(inverse, m))


@inner
def dot(a, b, count):  # type: ignore[no-untyped-def]
    """Sum of products of two columns of lanes."""
    total = spread(0.0)
    for i in range(count):
        total = times_plus(load(a, i), load(b, i), total)
    return total
