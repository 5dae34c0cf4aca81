"""Cokriging through a plan: company, holes left out, tiles, and partners that can't be."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.byproducts.methods import intrinsic_model
from estimation.engine.cokriging import (
    common_holes,
    estimate,
    leave_holes_out,
)
from estimation.engine.krige import Problem, prepare
from estimation.errors import EstimationError
from estimation.plan import (
    GeometryFile,
    LocalOrientation,
    Partner,
)
from geo.drillholes.composite import Composites
from tests.engine_problems import (
    NAMES,
    TILTED,
    Floats,
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)


def planned(method: str, **changes: Any) -> Any:
    """A problem of copper and molybdenum, the latter cokriged with copper."""
    grid = make_grid()
    flat = variogram(0.01, orientation=TILTED)
    search = {"search": changes["search"]} if "search" in changes else {}
    cu = element_plan(variogram=flat, method=changes.get("beside", "ordinary"), **search)
    model = intrinsic_model(flat, 2000.0, 0.95, 0.05)
    partner = Partner(element="cu_pct", model=model, max_samples=20)
    mo = element_plan(variogram=flat, method=method, partner=partner, **search)
    plan = make_plan({"cu_pct": cu, "mo_ppm": mo})
    table = drill(grid, 12, seed=3)
    thin = ~table["hole_id"].isin(["H000", "H005", "H009"])
    table.loc[thin, "mo_ppm"] = np.nan
    return problem_of(grid, plan, table)


@pytest.mark.parametrize("method", ["cokriging", "collocated"])
def test_blocks_do_not_depend_on_their_company(method: str) -> None:
    """A block alone and among others: the same bits; all fields finite where estimated."""
    problem = planned(method)
    centres = problem.grid.tile_centres_m(problem.grid.tile(0))
    together = estimate(problem, problem.elements, "mo_ppm", centres, 1)
    alone = estimate(problem, problem.elements, "mo_ppm", centres[17:18], 1)
    assert together[17].tobytes() == alone[0].tobytes()
    done = together[:, NAMES["reason"]] == 0
    assert done.any()
    assert np.isfinite(together[done]).all()
    assert np.isnan(together[~done, 0]).all()


def test_leaving_a_hole_out_looks_at_no_sample_of_it() -> None:
    """A grade changed in one hole changes no estimate of that hole's own samples."""
    problem = planned("cokriging")
    before, truth, rows = leave_holes_out(problem, "mo_ppm")
    assert len(rows) == len(truth) == len(problem.elements["mo_ppm"])
    samples = problem.elements["mo_ppm"]
    first = samples.holes == samples.holes[0]
    spoilt = replace(samples, values=np.where(first, 99999.0, samples.values))
    other = replace(problem, elements={**problem.elements, "mo_ppm": spoilt})
    after, _, _ = leave_holes_out(other, "mo_ppm")
    assert np.array_equal(before[first[rows], 0], after[first[rows], 0], equal_nan=True)
    assert not np.array_equal(before[:, 0], after[:, 0], equal_nan=True)
    kept, _, _ = leave_holes_out(problem, "mo_ppm", keep_partner=True)
    error, near = (np.nanmean((z[:, 0] - truth) ** 2) for z in (before, kept))
    assert near < error


def deep_problem(tile_height: int) -> Problem:
    """Gold in 60 m samples down deep holes, collocated with copper; tiles so many blocks high."""
    grid = make_grid(shape=(4, 4, 80), tile=(4, 4, tile_height))
    table = drill(grid, 4, seed=2).reset_index(drop=True)
    wide = (search_pass(90.0, max_samples=8),)
    shape = variogram(0.01, orientation=TILTED)
    partner = Partner(element="cu_pct", model=intrinsic_model(shape, 0.2, 0.8, 0.05), max_samples=8)
    cu = element_plan(variogram=shape, search=wide)
    au = element_plan(
        variogram=shape, search=wide, method="collocated", partner=partner, source="combined"
    )
    runs = [part.iloc[k : k + 12] for _, part in table.groupby("hole_id")
            for k in range(0, len(part) - 11, 12)]  # fmt: skip
    long = pd.DataFrame([run.iloc[0] for run in runs]).assign(
        au_gpt=[3.0 * run["cu_pct"].mean() for run in runs]
    )
    columns = ["easting_m", "northing_m", "elevation_m"]
    points = np.array([run[columns].to_numpy() for run in runs])
    long = long.reset_index(drop=True)
    long[columns] = points.mean(axis=1)
    plan = make_plan({"cu_pct": cu, "au_gpt": au})
    return prepare(grid, plan, Composites(table), Composites(long, points_m=points))


def test_long_samples_at_the_edge_of_reach_do_not_depend_on_tiles() -> None:
    """Collocated: the partner's grade along a sample is whole in every tile."""

    def gold(problem: Problem) -> Floats:
        return estimate_whole(problem).field("au_gpt", "estimate")

    whole, tiled = gold(deep_problem(80)), gold(deep_problem(4))
    assert np.isfinite(whole).any()
    np.testing.assert_allclose(tiled, whole, rtol=1e-12)
    short = gold(replace(deep_problem(4), reach_m=90.0))
    assert np.nanmax(np.abs(short - whole)) > 1e-6


def test_a_surface_to_follow_is_refused_with_a_partner() -> None:
    """Cokriging keeps one orientation; the plan says so, and so does a partner that turns."""
    problem = planned("collocated")
    mo, cu = (problem.plan.elements[name] for name in ("mo_ppm", "cu_pct"))
    surface = GeometryFile(root=".", path="fold.obj")
    local = LocalOrientation(surface=surface, step_deg=5.0)
    with pytest.raises(ValueError, match="collocated can't follow a surface"):
        type(mo)(**{**dict(mo), "local_orientation": local})
    turning = cu.model_copy(update={"local_orientation": local})
    plan = problem.plan.model_copy(update={"elements": {"cu_pct": turning, "mo_ppm": mo}})
    other = replace(problem, plan=plan)
    with pytest.raises(EstimationError, match=r"mo_ppm, domain all.*cu_pct.*local_orientation"):
        estimate(other, other.elements, "mo_ppm", np.zeros((1, 3)), 1)


def test_a_partner_that_has_no_grade_of_its_own_is_named() -> None:
    """Collocated with an element that isn't kriged: element, domain, partner and the choices."""
    problem = planned("collocated", beside="nearest")
    with pytest.raises(EstimationError, match=r"mo_ppm, domain all: .*cu_pct.*nearest.*ordinary"):
        estimate(problem, problem.elements, "mo_ppm", np.zeros((1, 3)), 1)


def test_holes_are_the_same_in_both_sets_by_name() -> None:
    """Numbers go by the hole's name, not by each set's own numbering."""
    problem = planned("cokriging")
    own, partner = problem.elements["mo_ppm"], problem.elements["cu_pct"]
    mine, theirs = common_holes(own, partner)
    names = [dict(zip(numbers.tolist(), (i.split(b"@")[0] for i in s.identity), strict=False))
             for numbers, s in ((mine, own), (theirs, partner))]  # fmt: skip
    assert all(names[1][number] == name for number, name in names[0].items())


@pytest.mark.slow
def test_fifty_thousand_blocks_take_well_under_a_minute() -> None:
    """18 own and 20 partner samples, 8 points in a block."""
    problem = planned("cokriging", search=(search_pass(400.0, max_samples=20, max_per_hole=20),))
    rng = np.random.default_rng(1)
    low = np.array(problem.grid.spec.origin_m)
    centres = low + rng.random((50_000, 3)) * [160.0, 160.0, 40.0]
    estimate(problem, problem.elements, "mo_ppm", centres[:10], 1)
    start = time.perf_counter()
    found = estimate(problem, problem.elements, "mo_ppm", centres, 1)
    assert np.all(found[:, NAMES["samples"]] >= 18)  # all the thinned element has
    took = time.perf_counter() - start
    print(f"50 000 blocks: {took:.1f} s")
    assert took < 60.0
