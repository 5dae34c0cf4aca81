"""The independent witness: it agrees where numbers are right and fails where they are not."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from estimation.engine.krige import Problem
from estimation.validation.witness import WitnessError, call_witness
from tests.engine_problems import (
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)


def small_problem(variogram_changes: dict[str, Any] | None = None) -> Problem:
    """A made-up problem of one element."""
    grid = make_grid(shape=(8, 8, 4))
    plan = element_plan(**(variogram_changes or {}))
    return problem_of(grid, make_plan({"cu_pct": plan}), drill(grid, 10, 4))


@pytest.mark.parametrize("field", ["estimate", "variance"])
def test_a_perturbed_number_is_caught_by_the_witness(field: str) -> None:
    """Numbers wrong by a millionth: WitnessError; as computed: no error."""
    problem = small_problem()
    model = estimate_whole(problem)
    assert call_witness(problem, model, "cu_pct", 50, 1).witness == "PyKrige"
    model.put("cu_pct", field, model.field("cu_pct", field) * (1.0 + 1e-6))
    with pytest.raises(WitnessError, match="differs"):
        call_witness(problem, model, "cu_pct", 50, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"variogram": variogram(0.11)},
        {"search": (search_pass((60.0, 50.0, 30.0), max_samples=7),)},
    ],
)
def test_a_model_of_another_plan_is_caught_by_the_witness(change: dict[str, Any]) -> None:
    """Numbers made with another variogram or search do not pass as this plan's."""
    with pytest.raises(WitnessError, match="differs"):
        call_witness(small_problem(change), estimate_whole(small_problem()), "cu_pct", 50, 1)


def test_structures_of_different_anisotropy_have_a_dense_witness() -> None:
    """PyKrige has one anisotropy for all structures; then a dense numpy solution is asked."""
    nested = (("spherical", 0.4, (60.0, 40.0, 20.0)), ("exponential", 0.5, (150.0, 150.0, 40.0)))
    problem = small_problem({"variogram": variogram(0.1, *nested)})
    seen = call_witness(problem, estimate_whole(problem), "cu_pct", 30, 1)
    assert (seen.witness, seen.blocks) == ("numpy (dense)", 30)


def test_duplicates_without_nugget_do_not_stop_the_witness() -> None:
    """A twin sample makes the witness's own system singular; the run must not fail for that."""
    grid = make_grid(shape=(8, 8, 4))
    table = drill(grid, 10, 4)
    twin = table[table["hole_id"] == "H000"].assign(hole_id="H000B")
    model = variogram(0.0, ("spherical", 0.9, (120.0, 80.0, 40.0)))
    plan = make_plan({"cu_pct": element_plan(variogram=model)})
    problem = problem_of(grid, plan, pd.concat([table, twin], ignore_index=True))
    whole = estimate_whole(problem)
    assert (whole.field("cu_pct", "redundant") > 0).any()
    assert call_witness(problem, whole, "cu_pct", 100, 1).blocks > 0
