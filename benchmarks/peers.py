"""Engines in Python that a user could pick instead, each on a benchmark's job.

Each has one function from a problem and a job to a function of a grid. What a peer cannot do is
said, not worked around: an :class:`AbsentError` names the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from unittest import mock

import numpy as np
import numpy.typing as npt

from benchmarks.problem import (
    AXES,
    MODELS,
    RANGES_M,
    AbsentError,
    Grid,
    Job,
    Problem,
    isotropic,
)

Floats = npt.NDArray[np.float64]
Answer = tuple[Floats, Floats]
"""Estimates and variances, each (blocks, elements), x fastest."""
Estimate = Callable[[Grid], Answer]

MODEL = MODELS[0]


def need(*modules: str) -> None:
    """Say so where a peer's module is not installed."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise AbsentError(f"not installed: {', '.join(missing)}")


def pykrige(problem: Problem, job: Job) -> Estimate:
    """PyKrige's moving window, on coordinates in ranges (the same metric as the search).

    Its constructor's statistics (a growing kriging for every sample, hours at this size) are
    switched off, which favours it.
    """
    need("pykrige")
    if job.discretisation > 1:
        raise AbsentError("no block kriging")
    from pykrige import ok3d

    def gamma(_: list[float], d: Floats) -> Floats:
        rise = np.where(d < 1.0, 1.5 * d - 0.5 * d**3, 1.0)
        return np.asarray(MODEL.nugget + MODEL.sill * rise)

    nothing = (np.zeros(2), np.ones(2), np.zeros(2))
    with mock.patch.object(ok3d, "_find_statistics", return_value=nothing):
        kriging = ok3d.OrdinaryKriging3D(
            *isotropic(problem.xyz_m).T,
            problem.values[:, 0],
            variogram_model="custom",
            variogram_parameters=[0.0],
            variogram_function=gamma,
            exact_values=False,
        )

    def estimate(grid: Grid) -> Answer:
        where = isotropic(grid.centres_m()).T
        found = kriging.execute("points", *where, backend="loop", n_closest_points=job.neighbours)
        return np.asarray(found[0])[:, None], np.asarray(found[1])[:, None]

    return estimate


def gstools(problem: Problem, job: Job) -> Estimate:
    """GSTools with its Rust core: kriging from all samples, as it has no neighbourhood."""
    need("gstools", "gstools_core")
    if job.discretisation > 1 or job.neighbours < len(problem.xyz_m):
        raise AbsentError("global point kriging only")
    import gstools as gs  # type: ignore[import-untyped]

    gs.config.USE_GSTOOLS_CORE = True
    gs.config.NUM_THREADS = 1
    model = gs.Spherical(dim=3, var=MODEL.sill, len_scale=1.0, nugget=MODEL.nugget)
    kriging = gs.krige.Ordinary(
        model,
        isotropic(problem.xyz_m).T,
        problem.values[:, 0],
        exact=False,
        cond_err="nugget",
        pseudo_inv=False,
    )

    def estimate(grid: Grid) -> Answer:
        field, variance = kriging(isotropic(grid.centres_m()).T, chunk_size=64, store=False)
        return np.asarray(field)[:, None], np.asarray(variance)[:, None]

    return estimate


def gstlearn(problem: Problem, job: Job) -> Estimate:
    """gstlearn's moving neighbourhood; points, or blocks by regular discretization.

    Three things have to be said to it or it answers another question in silence: a drift (without
    one it is simple kriging), the shape of the search (without it distances are 2-D), and the
    rotation as its own angles.
    """
    need("gstlearn")
    import gstlearn as gl  # type: ignore[import-untyped]

    gl.defineDefaultSpace(gl.ESpaceType.RN, 3)
    rotation = gl.Rotation(3)
    rotation.setMatrixDirectVec(AXES.ravel())
    angles = [float(angle) for angle in rotation.getAngles()]
    ranges = [float(r) for r in RANGES_M]
    model = gl.Model.createFromParam(gl.ECov.NUGGET, sill=MODEL.nugget)
    none = gl.MatrixSymmetric(0)
    model.addCovFromParam(gl.ECov.SPHERICAL, 1.0, MODEL.sill, 1.0, ranges, none, angles)
    model.setDriftIRF(0)
    samples = gl.Db.create()
    for axis, name in enumerate("xyz"):
        samples.addColumns(problem.xyz_m[:, axis].copy(), name, gl.ELoc.X, axis)
    samples.addColumns(problem.values[:, 0].copy(), "v", gl.ELoc.Z, 0)
    # radius 1.5 ranges, as gstlearn's time grows with what the radius takes in
    sectors, most = 1, 9999
    shape = [1.0, 1.0, 1.0] if job.sphere else ranges
    wide = 450.0 if job.sphere else 1.5
    near = gl.NeighMoving.create(
        False, job.neighbours, wide, job.neighbours, sectors, most, shape, angles
    )
    options = gl.KrigOpt()
    if job.discretisation > 1:
        options.setOptionCalcul(gl.EKrigOpt.BLOCK, [job.discretisation] * 3)

    def estimate(grid: Grid) -> Answer:
        first = [float(grid.along_m(axis)[0]) for axis in range(3)]
        target = gl.DbGrid.create(list(grid.shape), list(grid.block_m), first)
        gl.kriging(samples, target, model, near, True, True, False, options)
        found = [np.asarray(target.getColumn(f"*.{name}"), float) for name in ("estim", "stdev")]
        return found[0][:, None], found[1][:, None] ** 2

    return estimate
