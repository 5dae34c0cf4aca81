"""Experimental variograms, fits, and the plan proposed from them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.plan import Plan
from estimation.propose import propose_plan
from estimation.variography.experimental import (
    ExperimentalVariogram,
    Lags,
    direction_vector,
    experimental_variogram,
    fit_variogram,
    model_gamma,
)
from tests.engine_problems import (
    LEVEL,
    tables,
    variogram,
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


def points_of_model(true: Any, axis: int, step: float, pairs: float = 500.0) -> Any:
    """An experimental variogram that lies exactly on a model."""
    h = step * np.arange(1, 13)
    return ExperimentalVariogram("exact", np.full(12, pairs), h, model_gamma(true, h, axis))


def test_a_fit_recovers_the_model_that_made_its_points() -> None:
    """Nugget 0.2, sill 1, ranges 120, 80, 40 m: found again from exact points."""
    true = variogram(0.2, ("spherical", 0.8, (120.0, 80.0, 40.0)))
    down = points_of_model(true, 2, 5.0)
    directions = tuple(points_of_model(true, axis, 15.0) for axis in range(3))
    found = fit_variogram(down, directions, 1.0, LEVEL)  # type: ignore[arg-type]
    assert found.nugget == pytest.approx(0.2, abs=1e-3)
    assert found.structures[0].ranges_m == pytest.approx((120.0, 80.0, 40.0), abs=0.5)
    assert found.total_sill == pytest.approx(1.0, abs=1e-5)


def test_a_fit_needs_no_pairs_down_the_hole() -> None:
    """One sample a hole (combined samples, surveys): a fifth of the sill is nugget, ranges fit."""
    true = variogram(0.2, ("spherical", 0.8, (120.0, 80.0, 40.0)))
    none = ExperimentalVariogram("downhole", np.zeros(12), np.full(12, np.nan), np.full(12, np.nan))
    level = points_of_model(true, 0, 15.0)
    across = points_of_model(true, 1, 15.0)
    found = fit_variogram(none, (level, across, none), 1.0, LEVEL)
    assert found.nugget == pytest.approx(0.2)
    assert found.structures[0].ranges_m == pytest.approx((120.0, 80.0, 120.0), abs=0.5)
    with pytest.raises(EstimationError, match="too few samples"):
        fit_variogram(none, (none, none, none), 1.0, LEVEL)


# ------------------------------------------------------------------ proposed plans


def drilled(holes: int, **grades: Any) -> DepositData:
    """Vertical holes 40 m apart, copper assays of 2 m along a smooth field, other grades given."""
    rng = np.random.default_rng(5)
    names = [f"H{i:02d}" for i in range(holes)]
    east, north = 40.0 * (np.arange(holes) % 5), 40.0 * (np.arange(holes) // 5)
    collar = pd.DataFrame(
        {
            "hole_id": names,
            "easting_m": east,
            "northing_m": north,
            "elevation_m": 500.0,
            "depth_m": 60.0,
        }
    )
    survey = pd.DataFrame(
        {"hole_id": names, "depth_m": 0.0, "azimuth_deg": 0.0, "dip_down_deg": 90.0}
    )
    from_m = np.tile(np.arange(30) * 2.0, holes)
    x, y = np.repeat(east, 30), np.repeat(north, 30)
    copper = 0.5 + 0.2 * np.sin(x / 40.0 + y / 90.0 + from_m / 25.0) + rng.normal(0, 0.05, x.size)
    assay = pd.DataFrame(
        {
            "hole_id": np.repeat(names, 30),
            "from_m": from_m,
            "to_m": from_m + 2.0,
            "sample_id": [f"S{i}" for i in range(x.size)],
            "cu_pct": copper,
            **{name: np.broadcast_to(np.asarray(v, float), x.shape) for name, v in grades.items()},
        }
    )
    deposit: Any = SimpleNamespace(id="test", plan=None, main_element=None)
    belt: Any = SimpleNamespace()
    found = tables(collar=collar, survey=survey, assay=assay)
    return DepositData(belt, deposit, Path(), date(2025, 12, 31), found, {})


def test_a_proposed_plan_is_valid_and_says_that_it_is_proposed() -> None:
    """From 20 holes: a plan that reads back from its own YAML form, nobody's name on it."""
    plan = propose_plan(drilled(20))
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan
    assert (plan.acceptance.status, plan.acceptance.by) == ("proposed", None)
    assert plan.main_element == "cu_pct"
    assert plan.composites.length_m == 4.0
    copper = plan.elements["cu_pct"]
    assert 0 < copper.variogram.nugget < 0.5 * copper.variogram.total_sill
    assert all(r > 40.0 for r in copper.search[-1].radii_m[:2])
    assert copper.search[0].min_holes == 3


def test_an_element_that_is_everywhere_the_same_is_not_proposed() -> None:
    """Gold all below detection has no variogram; copper is planned all the same."""
    plan = propose_plan(drilled(20, au_gpt=0.005))
    assert set(plan.elements) == {"cu_pct"}
