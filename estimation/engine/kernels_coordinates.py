"""Records of samples and blocks: their coordinates in every system that a search pass needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import inner
from estimation.engine.kernels_desk import AROUND, PLACE, SPREADS, WORLD, YIELD


class Coordinates(NamedTuple):
    """Records of samples and blocks: their coordinates in every system that a pass needs."""

    samples: npt.NDArray[np.float64]
    """(n, columns) for each metric and point, three in ranges; those around a block; grades."""
    blocks: npt.NDArray[np.float64]
    """(m, columns) for each metric, three in ranges; those around a block."""
    offsets: npt.NDArray[np.float64]
    """(p, metrics x 3) in ranges."""
    spread_m2: npt.NDArray[np.float64]
    """(1, SPREADS) mean products of a block's offsets in search coordinates."""
    around: npt.NDArray[np.int64]
    """(2,) first column around a block, of samples and of blocks."""


@inner
def turned(matrix, points, out, column):  # type: ignore[no-untyped-def]
    """Write ``matrix`` times each of ``points`` (n, 3) into three columns of ``out``."""
    for s in range(points.shape[0]):
        for a in range(3):
            out[s, column + a] = (
                matrix[a, 0] * points[s, 0]
                + matrix[a, 1] * points[s, 1]
                + matrix[a, 2] * points[s, 2]
            )


@inner
def copied(points, out, column):  # type: ignore[no-untyped-def]
    """Write ``points`` (n, 3) into three columns of ``out``."""
    for s in range(points.shape[0]):
        for a in range(3):
            out[s, column + a] = points[s, a]


@inner
def coordinates_of(targets, samples, models, elements):  # type: ignore[no-untyped-def]
    """Coordinates in ranges and metres, and grades; :func:`enter_pass` fills in the rest."""
    points = samples.points.shape[0]
    metrics = models.metrics.shape[0]
    around = WORLD + 3
    for e in range(elements.threshold.size):
        if elements.threshold[e] < np.inf:
            around = AROUND
    if samples.restricted.any():
        around = AROUND
    grades = metrics * points * 3 + around
    if points > 1:
        grades += SPREADS
    made = Coordinates(
        np.empty((samples.centres.shape[0], grades + samples.values.shape[0])),
        np.empty((targets.blocks.shape[0], metrics * 3 + around)),
        np.empty((targets.offsets.shape[0], metrics * 3)),
        np.empty((1, SPREADS)),
        np.array([metrics * points * 3, metrics * 3]),
    )
    for g in range(metrics):
        for point in range(points):
            column = (g * points + point) * 3
            turned(models.metrics[g], samples.points[point], made.samples, column)
        turned(models.metrics[g], targets.blocks, made.blocks, 3 * g)
        turned(models.metrics[g], targets.offsets, made.offsets, 3 * g)
    copied(samples.centres, made.samples, made.around[0] + WORLD)
    copied(targets.blocks, made.blocks, made.around[1] + WORLD)
    for e in range(samples.values.shape[0]):
        for s in range(samples.values.shape[1]):
            made.samples[s, grades + e] = samples.values[e, s]
    return made


@inner
def enter_pass(made, targets, samples, search, p):  # type: ignore[no-untyped-def]
    """Fill in the coordinates of one search pass; return its samples (n, 3) and blocks (m, 3)."""
    places = np.empty((samples.centres.shape[0], 3))
    blocks = np.empty((targets.blocks.shape[0], 3))
    turned(search.matrices[p], samples.centres, places, 0)
    turned(search.matrices[p], targets.blocks, blocks, 0)
    copied(places, made.samples, made.around[0] + PLACE)
    copied(blocks, made.blocks, made.around[1] + PLACE)
    if made.blocks.shape[1] - made.around[1] == AROUND:
        turned(search.yield_matrix, samples.centres, made.samples, made.around[0] + YIELD)
        turned(search.yield_matrix, targets.blocks, made.blocks, made.around[1] + YIELD)
    offsets = np.empty((targets.offsets.shape[0], 3))
    turned(search.matrices[p], targets.offsets, offsets, 0)
    mean_products(offsets, made.spread_m2, 0, 0)
    points = samples.points.shape[0]
    if points > 1:
        own = np.empty((points, 3))
        shifts = np.empty((points, 3))
        column = made.samples.shape[1] - samples.values.shape[0] - SPREADS
        for s in range(samples.centres.shape[0]):
            for point in range(points):
                for a in range(3):
                    own[point, a] = samples.points[point, s, a] - samples.centres[s, a]
            turned(search.matrices[p], own, shifts, 0)
            mean_products(shifts, made.samples, s, column)
    return places, blocks


@inner
def mean_products(offsets, out, row, column):  # type: ignore[no-untyped-def]
    """Write the mean products of coordinates of ``offsets`` (p, 3): xx, xy, xz, yy, yz, zz."""
    count = offsets.shape[0]
    for a in range(3):
        for b in range(a, 3):
            total = 0.0
            for o in range(count):
                total += offsets[o, a] * offsets[o, b]
            out[row, column] = total / count
            column += 1
