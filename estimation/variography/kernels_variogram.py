"""Pairs of samples by lag, for experimental variograms."""

from __future__ import annotations

import math

import numpy as np

from estimation.engine.accelerate import kernel


@kernel
def pairs_by_lag(  # type: ignore[no-untyped-def]
    places, values, holes, direction, cosine_tolerance, lag, lags, same_hole
):
    """Half squared increments summed by lag (Matheron 1963).

    Parameters
    ----------
    places : (n, 3) metres; values : (n,); holes : (n,) hole numbers.
    direction : (3,) unit vector; a zero vector means every direction.
    cosine_tolerance : pairs whose |cos| to the direction is smaller are left out.
    lag, lags : width in metres and number of lags; bin b holds (b, b+1] * lag.
    same_hole : 1 only pairs of one hole (down-hole), 0 all pairs.

    Returns
    -------
    pairs (lags,), mean distance (lags,), gamma (lags,); NaN where a lag has no pair.
    """
    counts = np.zeros(lags)
    distance = np.zeros(lags)
    gamma = np.zeros(lags)
    everywhere = direction[0] == 0.0 and direction[1] == 0.0 and direction[2] == 0.0
    for i in range(places.shape[0]):
        for j in range(i):
            if same_hole == 1 and holes[i] != holes[j]:
                continue
            dx = places[i, 0] - places[j, 0]
            dy = places[i, 1] - places[j, 1]
            dz = places[i, 2] - places[j, 2]
            h = math.sqrt(dx * dx + dy * dy + dz * dz)
            if h == 0.0 or h > lag * lags:
                continue
            if not everywhere:
                along = abs(dx * direction[0] + dy * direction[1] + dz * direction[2]) / h
                if along < cosine_tolerance:
                    continue
            b = min(math.ceil(h / lag) - 1, lags - 1)
            counts[b] += 1.0
            distance[b] += h
            difference = values[i] - values[j]
            gamma[b] += 0.5 * difference * difference
    return counts, distance / counts, gamma / counts
