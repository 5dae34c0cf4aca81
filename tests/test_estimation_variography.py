"""Experimental variograms: pairs, lags, directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from estimation.variography.experimental import (
    Lags,
    direction_vector,
    experimental_variogram,
)


def test_experimental_variogram_by_brute_force() -> None:
    """Pairs, distances and half squared increments: all, one direction, one hole only."""
    rng = np.random.default_rng(21)
    xyz, values, holes = rng.uniform(0, 100, (90, 3)), rng.normal(size=90), rng.integers(0, 6, 90)
    east = direction_vector(90.0, 0.0)
    i, j = np.triu_indices(90, 1)
    h = np.linalg.norm(xyz[i] - xyz[j], axis=1)
    along = np.abs((xyz[i] - xyz[j]) @ east) / h
    masks = {
        "all": h > 0,
        "east": along >= np.cos(np.deg2rad(22.5)),
        "downhole": holes[i] == holes[j],
    }
    for name, mask in masks.items():
        direction: Any = east if name == "east" else name
        found = experimental_variogram(xyz, values, holes, Lags(12.0, 6), direction)
        for b in range(6):
            here = mask & (h > 12.0 * b) & (h <= 12.0 * (b + 1))
            assert found.pairs[b] == here.sum()
            if here.any():
                assert found.distance_m[b] == pytest.approx(h[here].mean())
                half = 0.5 * (values[i] - values[j])[here] ** 2
                assert found.gamma[b] == pytest.approx(half.mean())
            else:
                assert np.isnan(found.gamma[b])


def test_a_lag_holds_its_upper_bound() -> None:
    """Samples 10 m apart, lags of 10 m: two pairs in (0, 10], one in (10, 20], none beyond."""
    line = np.array([[0.0, 0, 0], [10.0, 0, 0], [20.0, 0, 0]])
    values, holes = np.array([1.0, 3.0, 7.0]), np.zeros(3, np.int64)
    found = experimental_variogram(line, values, holes, Lags(10.0, 3))
    assert found.pairs.tolist() == [2.0, 1.0, 0.0]
    assert found.gamma[:2].tolist() == [(2.0 + 8.0) / 2.0, 18.0]


def test_directions_are_azimuth_and_dip() -> None:
    """Azimuth 90 is east; dip -90 is down."""
    assert direction_vector(90.0, 0.0) == pytest.approx([1, 0, 0], abs=1e-15)
    assert direction_vector(0.0, -90.0) == pytest.approx([0, 0, -1], abs=1e-15)
    assert direction_vector(45.0, -30.0) == pytest.approx([0.6123724, 0.6123724, -0.5])
