"""Cross-validation and block variance beside PyKrige, GSTools and gstlearn, one sample left out."""

from __future__ import annotations

import numpy as np
import pytest

from estimation.engine.krige import Problem
from estimation.validation.change_of_support import variance_ratio
from estimation.validation.cross_validation import CrossValidation, cross_validate
from tests.engine_problems import (
    LEVEL,
    Floats,
    drill,
    element_plan,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)

RANGE_M, NUGGET, SILL = 120.0, 0.1, 0.9


@pytest.fixture(scope="module")
def problem() -> Problem:
    """40 composites of 10 holes, all of them each other's neighbours."""
    model = variogram(NUGGET, ("spherical", SILL, (RANGE_M,) * 3), orientation=LEVEL)
    search = (search_pass(5000.0, max_samples=64, max_per_hole=64),)
    plan = make_plan({"cu_pct": element_plan(variogram=model, search=search)})
    grid = make_grid(shape=(8, 8, 4))
    table = drill(grid, 10, 4)
    table["easting_m"] += 0.7 * np.arange(len(table))  # no two in one place in plan
    return problem_of(grid, plan, table)


@pytest.fixture(scope="module")
def ours(problem: Problem) -> CrossValidation:
    """Our own answers, in order of identity."""
    found = cross_validate(problem, "cu_pct", "sample")
    assert found.true.size == found.asked == 40
    return found


def agree(found: CrossValidation, estimate: Floats, variance: Floats, name: str) -> None:
    """Compare and print the largest relative differences."""
    off = np.abs(found.estimate - estimate).max() / np.abs(found.estimate).mean()
    spread = np.abs(found.variance - variance).max() / (NUGGET + SILL)
    print(f"{name}: leave one out: estimates {off:.1e}, variances {spread:.1e}")
    assert max(off, spread) < 1e-6


def test_leave_one_out_equals_pykrige(problem: Problem, ours: CrossValidation) -> None:
    ok3d = pytest.importorskip("pykrige.ok3d")
    samples = problem.elements["cu_pct"]
    rows = []
    for row in range(len(samples)):
        others = np.arange(len(samples)) != row
        solver = ok3d.OrdinaryKriging3D(
            *samples.xyz_m[others].T,
            samples.values[others],
            variogram_model="spherical",
            variogram_parameters={"psill": SILL, "range": RANGE_M, "nugget": NUGGET},
        )
        z, ss = solver.execute("points", *samples.xyz_m[[row]].T)
        rows.append((float(z[0]), float(ss[0])))
    agree(ours, *np.array(rows).T, "PyKrige")


def test_leave_one_out_equals_gstools(problem: Problem, ours: CrossValidation) -> None:
    gstools = pytest.importorskip("gstools")
    samples = problem.elements["cu_pct"]
    model = gstools.Spherical(dim=3, var=SILL, len_scale=RANGE_M, nugget=NUGGET)
    rows = []
    for row in range(len(samples)):
        others = np.arange(len(samples)) != row
        solver = gstools.krige.Ordinary(model, samples.xyz_m[others].T, samples.values[others])
        z, ss = solver(samples.xyz_m[[row]].T)
        rows.append((float(z[0]), float(ss[0])))
    agree(ours, *np.array(rows).T, "GSTools")


def test_leave_one_out_equals_gstlearn(problem: Problem, ours: CrossValidation) -> None:
    """Its own cross-validation, all samples but one."""
    gl = pytest.importorskip("gstlearn")
    gl.defineDefaultSpace(gl.ESpaceType.RN, 3)
    samples = problem.elements["cu_pct"]
    table = gl.Db.create()
    for axis, name in enumerate("xyz"):
        table.addColumns(samples.xyz_m[:, axis].copy(), name, gl.ELoc.X, axis)
    table.addColumns(samples.values.copy(), "v", gl.ELoc.Z, 0)
    model = gl.Model.createFromParam(gl.ECov.NUGGET, sill=NUGGET)
    model.addCovFromParam(gl.ECov.SPHERICAL, RANGE_M, SILL)
    model.setDriftIRF(0)
    # -1: the estimate itself and its standard deviation, not the error
    gl.xvalid(table, model, gl.NeighUnique.create(), False, -1, -1, 0)
    estimate, deviation = (
        np.asarray(table.getColumn(f"*.{name}"), float) for name in ("estim", "stdev")
    )
    agree(ours, estimate, deviation**2, "gstlearn")


def test_block_variance_equals_gstlearn() -> None:
    """C(V,V) over the same regular points twice; gstlearn's evalCvv moves the second set."""
    gl = pytest.importorskip("gstlearn")
    gl.defineDefaultSpace(gl.ESpaceType.RN, 3)
    model = gl.Model.createFromParam(gl.ECov.SPHERICAL, RANGE_M, 1.0)
    plan = element_plan(
        variogram=variogram(0.0, ("spherical", 1.0, (RANGE_M,) * 3), orientation=LEVEL)
    )
    for points in ((4, 4, 4), (6, 6, 6)):
        ours = variance_ratio(plan, (20.0, 20.0, 10.0), points)
        theirs = model.evalCvvShift([20.0, 20.0, 10.0], list(points), [0.0, 0.0, 0.0])
        print(f"{points}: C(V,V) ours {ours:.9f}, gstlearn {theirs:.9f}")
        assert ours == pytest.approx(theirs, rel=1e-6)
