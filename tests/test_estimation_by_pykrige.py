"""PyKrige in the engine's place: the same numbers, through the same store, to the statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.engine.krige import Problem
from estimation.engine.reach import lay_out
from estimation.errors import EstimationError
from estimation.models.layers import FIELDS, GEOMETRY_LAYER
from estimation.models.tile_key import TileKeys
from estimation.statement.rows import state_rows
from estimation.validation.witness import WitnessError, call_witness
from geo.grids import Slices
from tests.by_the_book import drill_unevenly
from tests.engine_problems import (
    TILTED,
    Floats,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    read,
    run,
    search_pass,
    variogram,
)

GRID = make_grid(shape=(10, 8, 2), tile=(5, 8, 2))
PASSES = (
    search_pass((40.0, 35.0, 20.0), min_samples=6),
    search_pass((60.0, 50.0, 30.0), min_samples=4, max_samples=12, max_per_hole=12),
)
"""No limit by holes, which PyKrige's window does not know."""
NESTED = variogram(
    0.1, ("spherical", 0.5, (60.0, 40.0, 20.0)), ("exponential", 0.4, (150.0, 100.0, 50.0)),
    orientation=TILTED,
)  # fmt: skip


def drilled() -> pd.DataFrame:
    """Four holes, sampled below the model too."""
    deep = make_grid(shape=(10, 8, 6), origin_m=(1000.0, 2000.0, 290.0))
    return drill_unevenly(deep, 4, 4)


def both(**choices: Any) -> tuple[Problem, Problem]:
    """One problem of two elements for our engine and for PyKrige."""
    elements = {
        "cu_pct": element_plan(**{"search": PASSES, **choices}),
        "mo_ppm": element_plan(variogram=NESTED, search=PASSES[1:]),
    }
    table = drilled()
    ours, pykrige = (
        problem_of(GRID, make_plan(elements, engine=engine, discretisation=(2, 2, 1)), table)
        for engine in ("bornite", "pykrige")
    )
    return ours, pykrige


def test_pykrige_gives_our_engines_numbers() -> None:
    """Every field of every block to 1e-8 (support: as stored), nested structures and two passes."""
    ours, pykrige = (estimate_whole(problem) for problem in both())
    for name in ("cu_pct", "mo_ppm"):
        blank = np.isnan(ours.field(name, "estimate"))
        assert 10 < blank.sum() < blank.size - 50
        for field in FIELDS:
            exact = field in ("estimate", "variance")
            np.testing.assert_allclose(
                pykrige.field(name, field),
                ours.field(name, field),
                rtol=1e-8 if exact else 1e-5,
                atol=1e-8 if exact else 1e-5,
                err_msg=f"{name} {field}",
            )
    assert set(np.unique(ours.field("cu_pct", "pass"))) == {0.0, 1.0, 2.0}
    np.testing.assert_array_equal(ours.layer(GEOMETRY_LAYER), pykrige.layer(GEOMETRY_LAYER))


def whole_blocks(slices: Slices) -> Floats:
    """Every block wholly in the ground."""
    return np.ones(GRID.array_shape)[slices]


def test_pykrige_goes_through_store_witness_and_statement(tmp_path: Path) -> None:
    """A vintage by PyKrige is stored, reused, witnessed by numpy, and states what ours states."""
    problems = both()
    rows = []
    for problem in problems:
        folder = tmp_path / problem.plan.engine
        assert run(problem, folder).computed == 2
        assert run(problem, folder).reused == 2
        model = read(problem, folder)
        seen = call_witness(problem, model, "cu_pct", 20, 1)
        assert seen.blocks == 20
        stated = state_rows(model, problem.plan, {"all": 2.7}, whole_blocks, (0.3, 0.0))
        rows.append((seen.witness, stated))
    assert [witness for witness, _ in rows] == ["PyKrige", "numpy (dense)"]
    (_, ours), (_, pykrige) = rows
    assert len(ours) == len(pykrige) > 0
    for one, other in zip(ours, pykrige, strict=True):
        assert (one.class_name, one.cutoff) == (other.class_name, other.cutoff)
        assert other.ore_t == pytest.approx(one.ore_t, rel=1e-8)
        for element, figure in one.elements.items():
            assert other.elements[element].metal_t == pytest.approx(figure.metal_t, rel=1e-8)


def test_the_engine_is_part_of_the_key() -> None:
    """A tile of one engine is never taken for the other's."""
    keys = []
    for problem in both():
        made = TileKeys(lay_out(problem))
        keys.append({made.key(tile) for tile in GRID.tiles()})
    assert not keys[0] & keys[1]


def test_limits_that_pykrige_does_not_know_are_left_out_and_still_witnessed() -> None:
    """With few of a hole its window takes more than ours; the witness checks what was done."""
    tight = (search_pass((60.0, 50.0, 30.0), max_per_hole=2, min_holes=3),)
    ours, pykrige = both(search=tight)
    models = [estimate_whole(problem) for problem in (ours, pykrige)]
    estimates = [model.field("cu_pct", "estimate") for model in models]
    assert np.isnan(estimates[1]).sum() < np.isnan(estimates[0]).sum()
    assert np.nanmax(np.abs(estimates[0] - estimates[1])) > 1e-3
    seen = call_witness(pykrige, models[1], "cu_pct", 50, 1)
    assert (seen.witness, seen.blocks) == ("numpy (dense)", 50)
    models[1].put("cu_pct", "estimate", estimates[1] * (1.0 + 1e-6))
    with pytest.raises(WitnessError, match="differs"):
        call_witness(pykrige, models[1], "cu_pct", 50, 1)


def test_pykrige_does_not_depend_on_the_cut_of_the_grid() -> None:
    """Tiles of another shape see other samples: equal bytes all the same."""
    _, problem = both()
    plan, table = problem.plan, drilled()
    cut = make_grid(shape=(10, 8, 2), tile=(3, 5, 1))
    one, other = (estimate_whole(problem_of(grid, plan, table)) for grid in (GRID, cut))
    assert one.layer("cu_pct").tobytes() == other.layer("cu_pct").tobytes()


def test_duplicates_without_nugget_are_refused_with_the_block_and_the_fix() -> None:
    """PyKrige has no rule for a singular system; ours has, and counts what is redundant."""
    table = drilled()
    twin = table[table["hole_id"] == "H000"].assign(hole_id="H000B")
    plan = element_plan(variogram=variogram(0.0), search=(search_pass(150.0),))
    ours, pykrige = (
        problem_of(GRID, make_plan({"cu_pct": plan}, engine=engine), pd.concat([table, twin]))
        for engine in ("bornite", "pykrige")
    )
    model = estimate_whole(ours)
    assert (model.field("cu_pct", "redundant") > 0).any()
    assert np.isfinite(model.field("cu_pct", "estimate")).all()
    with pytest.raises(EstimationError, match=r"cu_pct: PyKrige .* nugget"):
        estimate_whole(pykrige)
