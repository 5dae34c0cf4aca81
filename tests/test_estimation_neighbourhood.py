"""Neighbourhood analysis: trials are the engine's own answers, advice follows its stated rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.engine.krige import Problem
from estimation.errors import EstimationError
from estimation.neighbourhood import study as neighbourhood
from estimation.neighbourhood.advice import advise
from estimation.neighbourhood.trials import (
    Ground,
    krige_blocks,
    look_at,
    run_trials,
    settings,
)
from estimation.validation import study as validation
from reporting.figures.store import draw
from tests.engine_problems import (
    LEVEL,
    NAMES,
    dense_kriging,
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)


def small(change: Any = None, holes: int = 14) -> Problem:
    grid = make_grid(shape=(12, 12, 6))
    model = variogram(0.1, ("spherical", 0.9, (90.0, 90.0, 40.0)), orientation=LEVEL)
    search = (
        search_pass((90.0, 90.0, 40.0), max_samples=16, max_per_hole=16),
        search_pass((150.0, 150.0, 60.0), max_samples=16, max_per_hole=16),
    )
    table = drill(grid, holes, 3)
    if change is not None:
        change(table)
    return problem_of(
        grid, make_plan({"cu_pct": element_plan(variogram=model, search=search)}), table
    )


@pytest.fixture(scope="module")
def ground() -> Ground:
    return look_at(small(), "cu_pct", "all")


def test_representatives_are_ranked_by_slope(ground: Ground) -> None:
    slope = krige_blocks(ground, ground.planned)[:, NAMES["slope"]]
    well, medium, poor = (slope[ground.chosen[name]] for name in ("well", "medium", "poor"))
    assert well > medium > poor
    again = look_at(small(), "cu_pct", "all")
    assert again.chosen == ground.chosen
    assert np.array_equal(again.centres_m, ground.centres_m)


def test_a_trial_is_a_dense_solution(ground: Ground) -> None:
    """Efficiency and slope of the well informed block from one dense solve of its samples."""
    problem = ground.problem
    samples = problem.elements["cu_pct"]
    planned = ground.planned
    wide = planned.search.model_copy(
        update={"radii_m": (5e3, 5e3, 5e3), "max_samples": 64, "max_per_hole": 64, "min_samples": 1}
    )
    at = ground.chosen["well"]
    centre = ground.centres_m[at]
    nearest = np.argsort(np.linalg.norm(samples.xyz_m - centre, axis=1))[:64]
    out = krige_blocks(ground, replace(planned, search=wide))[at]
    offsets = np.stack(np.meshgrid([-2.5, 2.5], [-2.5, 2.5], [-1.25, 1.25]), axis=-1).reshape(-1, 3)
    solved = dense_kriging(
        ground.choices.variogram,
        centre + offsets,
        samples.xyz_m[nearest],
        samples.values[nearest],
    )
    block = solved.block_variance
    assert out[NAMES["samples"]] == 64
    assert out[NAMES["variance"]] == pytest.approx(solved.variance, rel=1e-9)
    assert out[NAMES["efficiency"]] == pytest.approx((block - solved.variance) / block, rel=1e-9)
    # slope = (BV - KV + |mu|) / (BV - KV + 2 |mu|), mu with the sign of the bordered system
    top = block - solved.variance - solved.lagrange
    assert out[NAMES["slope"]] == pytest.approx(top / (top - solved.lagrange), rel=1e-9)


def test_each_setting_changes_one_choice(ground: Ground) -> None:
    base = ground.planned
    for variable, _, _, setting in settings(ground):
        assert (setting.block_m == base.block_m) or variable == "block"
        assert (setting.points == base.points) or variable == "points"
        assert (setting.search.radii_m == base.search.radii_m) or variable == "search"
        assert (setting.search.max_samples == base.search.max_samples) or variable == "samples"


def test_advice_follows_the_curves(ground: Ground) -> None:
    """Recomputed from the trials: where slope and efficiency gain at most 0.01."""
    trials = run_trials(ground)
    found = {one.choice: one for one in advise(ground, trials)}
    counts = [t for t in trials if t.variable == "samples"]
    slope = np.array([t.mean("slope") for t in counts])
    gain = np.array([t.mean("efficiency") for t in counts])
    flat = (slope.max() - slope <= 0.01) & (gain.max() - gain <= 0.01)
    recommended = float(found["max_samples"].recommended)
    first = counts[int(np.argmax(flat))].value
    assert recommended <= first
    if recommended < first:
        assert counts[int(np.argmax(flat))].mean("negative") < -0.05
    points = [t for t in trials if t.variable == "points"]
    chosen = next(t for t in points if t.label == found["points"].recommended)
    assert chosen.block_variance == pytest.approx(points[-1].block_variance, rel=0.015)
    assert float(found["min_samples"].recommended) <= recommended


def test_a_block_below_a_third_of_the_spacing_is_called_small() -> None:
    """Blocks of 10 m, holes about 100 m apart."""
    far = small(lambda t: t.__setitem__("easting_m", 1000.0 + 3.0 * (t["easting_m"] - 1000.0)), 10)
    looked = look_at(far, "cu_pct", "all")
    advice = next(a for a in advise(looked, run_trials(looked)) if a.choice == "block")
    assert looked.spacing_m / 3.0 > 10.0
    assert not advice.agrees
    assert advice.value > 10.0
    assert "below" in advice.reason.en


def bench(problem: Problem, model: Any = None) -> Any:
    data = SimpleNamespace(base=Path(), belt=SimpleNamespace(crs="local"))
    return SimpleNamespace(problem=problem, model=model, result=None, data=data)


def constant(table: pd.DataFrame) -> None:
    table["cu_pct"] = 0.5


def few(table: pd.DataFrame) -> None:
    table.loc[table.index[8:], "cu_pct"] = np.nan


@pytest.mark.parametrize(("change", "word"), [(constant, "alike"), (few, "samples")])
def test_bad_samples_are_remarks(change: Any, word: str) -> None:
    """Equal grades and fewer than ten samples: no traceback, no table, one remark at least."""
    problem = small(change)
    with pytest.raises(EstimationError, match=word):
        look_at(problem, "cu_pct", "all")
    made = neighbourhood.study(bench(problem))
    assert not made.tables
    assert word in made.remarks[0].en
    assert made.remarks[0].zh != made.remarks[0].en
    made = validation.study(bench(problem))
    assert any(word in remark.en for remark in made.remarks)
    made = validation.study(bench(problem, estimate_whole(problem)))
    assert any(word in remark.en for remark in made.remarks)


def test_without_a_model_only_cross_validation() -> None:
    made = validation.study(bench(small()))
    assert [table.name for table in made.tables] == ["cross_validation"]
    assert any("no model" in remark.en for remark in made.remarks)


def test_both_studies_draw_all_their_figures(tmp_path: Path) -> None:
    """Every drawing takes the arrays that its study gives it."""
    problem = small()
    for made in (
        neighbourhood.study(bench(problem)),
        validation.study(bench(problem, estimate_whole(problem))),
    ):
        assert made.figures
        for figure in made.figures:
            path = tmp_path / f"{figure.name}.npz"
            np.savez(path, **figure.arrays)
            assert "<svg" in draw(figure.drawing, path, figure.parameters)
    names = {table.name for table in made.tables}
    assert names == {"cross_validation", "swaths", "change_of_support"}
    swaths = next(t for t in made.tables if t.name == "swaths").frame
    east = swaths[swaths["axis"] == "easting (m)"]
    assert east["composites"].sum() == len(problem.elements["cu_pct"])
