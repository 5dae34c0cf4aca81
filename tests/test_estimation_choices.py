"""What a plan can choose, from the plan to the blocks: each choice against kriging written anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from estimation.engine.kernels_blocks import DRIFT_UNSEEN, FEW_SECTORS, OUTSIDE
from estimation.engine.krige import Problem, prepare
from estimation.errors import EstimationError
from estimation.models.layers import GEOMETRY_LAYER
from geo.drillholes.composite import Composites, with_points
from tests.by_the_book import against_the_book, drill_unevenly
from tests.engine_problems import (
    TWO_DOMAINS,
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    tables,
)

GRID = make_grid(shape=(16, 16, 8), tile=(8, 8, 4))


def one_element(**choices: Any) -> Problem:
    """Copper alone, some choices made."""
    plan = make_plan({"cu_pct": element_plan(**choices)})
    return problem_of(GRID, plan, drill_unevenly(GRID, 14, 7))


def estimates(problem: Problem) -> npt.NDArray[np.float64]:
    """Copper of every block."""
    return estimate_whole(problem).field("cu_pct", "estimate")


# ------------------------------------------------------------------ method, search, high grades


@pytest.mark.parametrize(
    "choices",
    [
        {"method": "simple", "known_mean": 0.4},
        {"method": "linear_drift", "search": (search_pass(90.0, min_samples=8, max_samples=24),)},
    ],
)
def test_what_is_known_of_the_mean_reaches_the_blocks(choices: dict[str, Any]) -> None:
    """Simple kriging and a linear drift, through a plan: the book's numbers, not ordinary's."""
    problem = one_element(**choices)
    assert against_the_book(problem, "cu_pct")[0] > 50
    ordinary = one_element(**{**choices, "method": "ordinary", "known_mean": None})
    one, other = estimates(problem), estimates(ordinary)
    assert np.nanmax(np.abs(one - other)) > 1e-3


@pytest.mark.parametrize("kind", ["quadrants", "octants"])
def test_sectors_fill_from_every_side(kind: str) -> None:
    """At most two of a sector and three sectors at least: the book's blocks, some left blank."""
    sectors = {"kind": kind, "max_samples": 2, "min_filled": 3}
    passes = (search_pass((60.0, 50.0, 30.0), sectors=sectors, max_per_hole=3),)
    seen = against_the_book(one_element(search=passes), "cu_pct")
    assert seen[0] > 50
    assert seen[FEW_SECTORS] > 10


def test_the_search_may_lie_along_other_axes_than_the_variogram() -> None:
    """An ellipsoid of its own orientation, narrow enough to matter: the book's numbers."""
    own = {"azimuth_deg": 120.0, "dip_deg": -60.0, "rake_deg": 0.0}
    search = (search_pass((80.0, 30.0, 15.0), max_per_hole=3),)
    problem = one_element(search=search, search_orientation=own)
    assert against_the_book(problem, "cu_pct")[0] > 50
    one, other = estimates(problem), estimates(one_element(search=search))
    assert not np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize("beyond", ["limit", "discard"])
def test_high_grades_count_in_full_near_by_only(beyond: str) -> None:
    """Above 0.45 % beyond 25 m a grade counts as that, or its sample is left out: by the book."""
    rule = {"above": 0.45, "radii_m": (25.0, 20.0, 10.0), "beyond": beyond}
    problem, free = one_element(high_yield=rule), one_element()
    assert (problem.elements["cu_pct"].values > 0.45).sum() > 10
    assert against_the_book(problem, "cu_pct", every=3)[0] > 100
    ours, without = estimates(problem), estimates(free)
    assert np.nanmean(ours) < np.nanmean(without) - 0.01
    nowhere = one_element(high_yield={**rule, "above": 1e6})
    np.testing.assert_array_equal(estimates(nowhere), without)


# ------------------------------------------------------------------ samples with support


def test_long_samples_are_kriged_at_their_support() -> None:
    """Six points along samples of 15 m down inclined holes: covariances averaged, by the book."""
    basic = drill(GRID, 9, 7)
    names = sorted(basic["hole_id"].unique())
    first = basic.groupby("hole_id").first().loc[names]
    collar = pd.DataFrame(
        {
            "hole_id": names,
            "easting_m": first["easting_m"].to_numpy(),
            "northing_m": first["northing_m"].to_numpy(),
            "elevation_m": 340.0,
            "depth_m": 45.0,
        }
    )
    survey = pd.DataFrame(
        {"hole_id": names, "depth_m": 0.0, "azimuth_deg": 75.0, "dip_down_deg": 60.0}
    )
    long = pd.concat(
        [
            pd.DataFrame({"hole_id": names, "from_m": depth, "to_m": depth + 15.0})
            for depth in (0.0, 15.0, 30.0)
        ]
    ).sort_values(["hole_id", "from_m"], ignore_index=True)
    down = (long["from_m"] + 7.5) * np.sin(np.deg2rad(60.0))
    along = (long["from_m"] + 7.5) * np.cos(np.deg2rad(60.0))
    at = collar.set_index("hole_id").loc[long["hole_id"]]
    long = long.assign(
        length_m=15.0,
        easting_m=at["easting_m"].to_numpy() + along * np.sin(np.deg2rad(75.0)),
        northing_m=at["northing_m"].to_numpy() + along * np.cos(np.deg2rad(75.0)),
        elevation_m=340.0 - down,
        domain="all",
        mo_ppm=np.random.default_rng(4).lognormal(0.0, 0.5, len(long)),
    )
    elements = {"cu_pct": element_plan(), "mo_ppm": element_plan(source="combined")}
    plan = make_plan(elements, sample_points={"basic": 1, "combined": 6})
    spread = with_points(Composites(long), tables(collar=collar, survey=survey), 6)
    problem = prepare(GRID, plan, Composites(basic), spread)
    samples = problem.elements["mo_ppm"]
    assert samples.points_m.shape == (27, 6, 3)
    assert problem.elements["cu_pct"].points_m.shape[1] == 1
    assert samples.points_m.mean(axis=1) == pytest.approx(samples.xyz_m, abs=1e-3)
    apart = np.linalg.norm(np.diff(samples.points_m, axis=1), axis=2)
    assert apart == pytest.approx(np.full((27, 5), 2.5), abs=1e-3)
    assert against_the_book(problem, "mo_ppm", every=3)[0] > 100
    as_points = replace(samples, points_m=samples.xyz_m[:, None])
    other = replace(problem, elements={**problem.elements, "mo_ppm": as_points})
    one, two = (estimate_whole(p).field("mo_ppm", "variance") for p in (problem, other))
    assert np.nanmax(np.abs(one - two)) > 0.01


# ------------------------------------------------------------------ bad input, and reasons


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("easting_m", np.nan, "coordinates"),
        ("elevation_m", np.inf, "coordinates"),
        ("cu_pct", np.inf, "cu_pct"),
        ("mo_ppm", -np.inf, "mo_ppm"),
    ],
)
def test_a_sample_without_a_place_or_a_grade_is_named(
    column: str, value: float, words: str
) -> None:
    """NaN coordinates and infinite grades: hole, depth and how many, before any kriging."""
    table = drill(GRID, 6, 7)
    at = table.index[(table["hole_id"] == "H003") & (table["from_m"] == 10.0)]
    table.loc[at, column] = value
    plan = make_plan({"cu_pct": element_plan(), "mo_ppm": element_plan()})
    message = rf"hole H003, from 10\.0 m: {words}.*\(1 samples\)"
    with pytest.raises(EstimationError, match=message):
        problem_of(GRID, plan, table)


def test_a_grid_far_from_every_sample_is_refused() -> None:
    """Blocks far outside: both boxes are named, and the key to correct."""
    far = make_grid(origin_m=(501000.0, 2000.0, 300.0))
    with pytest.raises(EstimationError, match=r"grid\.origin_m"):
        problem_of(far, make_plan(), drill(GRID, 6, 7))


def test_long_names_of_holes_stay_apart() -> None:
    """Holes whose names differ in their last letter only, far beyond 64 bytes: two identities."""
    table = drill(GRID, 2, 7)
    table["hole_id"] = "钻孔" * 40 + table["hole_id"]
    samples = problem_of(GRID, make_plan(), table).elements["cu_pct"]
    assert len(set(samples.identity.tolist())) == len(samples) == len(table)


def test_one_sample_and_equal_grades_are_no_trouble() -> None:
    """One sample alone, or all grades equal: its grade everywhere, and no NaN without a reason."""
    search = (search_pass(500.0),)
    plan = make_plan({"cu_pct": element_plan(search=search)})
    table = drill(GRID, 9, 7)
    for rows in (table.iloc[[3]], table.assign(cu_pct=0.7)):
        model = estimate_whole(problem_of(GRID, plan, rows))
        expected = rows["cu_pct"].iloc[0]
        assert model.field("cu_pct", "estimate") == pytest.approx(expected, rel=1e-12)
        assert (model.field("cu_pct", "reason") == 0).all()


@pytest.mark.parametrize("engine", ["bornite", "pykrige"])
def test_every_block_without_an_estimate_says_why(engine: str) -> None:
    """A reason above 0 if and only if there is no estimate; 6 outside every domain, only there."""
    grid = make_grid(shape=(24, 24, 4), tile=(10, 10, 4))
    table = drill(grid, 7, 2, domains=("ore", "host"))
    table = table[table["easting_m"] < 1160.0]
    search = (search_pass(25.0, min_samples=3), search_pass(32.0, min_samples=4))
    elements = {"cu_pct": element_plan(search=search), "mo_ppm": element_plan(search=search)}
    rules = {n: {"max_mean_distance_m": 60.0, "min_holes": 1, "min_slope": -10.0} for n in
             ("measured", "indicated", "inferred")}  # fmt: skip
    plan = make_plan(
        elements,
        domains=TWO_DOMAINS,
        engine=engine,
        discretisation=(1, 1, 1),
        classification={**rules, "citation": "a test"},
    )
    model = estimate_whole(problem_of(grid, plan, table))
    outside = model.field(GEOMETRY_LAYER, "domain") == 0
    for name in elements:
        blank = np.isnan(model.field(name, "estimate"))
        reason, used = model.field(name, "reason"), model.field(name, "pass")
        np.testing.assert_array_equal(reason > 0, blank)
        np.testing.assert_array_equal(reason == OUTSIDE, outside)
        np.testing.assert_array_equal(np.isnan(model.field(name, "variance")), blank)
        assert (used[blank & ~outside] == 0).all()
        assert (used[~blank] > 0).all()
        assert min(outside.sum(), (blank & ~outside).sum(), (~blank).sum()) > 50
        assert len(np.unique(reason)) >= 3


@pytest.mark.parametrize("method", ["linear_drift", "quadratic_drift"])
def test_a_drift_that_the_samples_cannot_show_is_a_reason(method: str) -> None:
    """Samples of one level can't tell a trend upward: no estimate, pass 0, the reason said."""
    table = drill(GRID, 30, 7)
    table = table[table["from_m"] == 10.0]
    search = (search_pass(90.0, min_samples=4, max_samples=24),)
    plan = make_plan({"cu_pct": element_plan(method=method, search=search)})
    model = estimate_whole(problem_of(GRID, plan, table))
    reason = model.field("cu_pct", "reason")
    assert np.isnan(model.field("cu_pct", "estimate")).all()
    assert (model.field("cu_pct", "pass")[reason < OUTSIDE] == 0).all()
    assert (reason == DRIFT_UNSEEN).mean() > 0.5
