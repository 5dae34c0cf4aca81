"""Other engines on common ground: equal samples, model, neighbourhood and targets, equal answers.

PyKrige and GSTools know one metric only: they get coordinates divided by the ranges.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest

from estimation.plan import Variogram
from tests import book
from tests.kernel_door import TILTED, Numbers, element, krige, one_pass, variogram

Floats = npt.NDArray[np.float64]

RANGES_M = (300.0, 200.0, 100.0)
NUGGET, SILL = 0.1, 0.9
NEAREST = 24
TARGETS = 200
DIGITS = 1e-9


def model_of(kind: str) -> Variogram:
    """A nugget and one structure, tilted."""
    return variogram(NUGGET, (kind, SILL, RANGES_M), turned=TILTED)


def in_ranges(points: Floats) -> Floats:
    """Coordinates along the axes, divided by the ranges."""
    return np.asarray(points @ book.axes(TILTED).T / np.array(RANGES_M))


@pytest.fixture(scope="module")
def data() -> book.Data:
    """300 samples down 15 holes in a box of a kilometre."""
    rng = np.random.default_rng(11)
    heads = np.repeat(rng.random((15, 3)) * [1000.0, 1000.0, 0.0], 20, axis=0)
    places = heads + np.tile(np.arange(20.0)[:, None] * [1.5, 0.5, -10.0], (15, 1))
    places += rng.random(places.shape)
    return book.samples(places, rng.lognormal(size=300), np.repeat(np.arange(15), 20))


@pytest.fixture(scope="module")
def targets(data: book.Data) -> Floats:
    """Places among them whose nearest samples are plain: no tie with the next one."""
    places = np.random.default_rng(12).random((2 * TARGETS, 3)) * [1000.0, 1000.0, -200.0]
    apart = np.linalg.norm(in_ranges(places)[:, None] - in_ranges(data.centres)[None], axis=2)
    apart.sort(axis=1)
    plain = apart[:, NEAREST] - apart[:, NEAREST - 1] > 1e-6
    return places[plain][:TARGETS]


def agree(ours: Numbers, estimates: Any, variances: Any) -> None:
    """Estimates and variances to nine digits, at every target."""
    worst = [
        float(np.abs(ours[name] - np.asarray(theirs)).max())
        for name, theirs in (("estimate", estimates), ("variance", variances))
    ]
    print(f"\nlargest difference of estimates {worst[0]:.1e}, of variances {worst[1]:.1e}", end="")
    assert len(ours["estimate"]) == TARGETS
    assert (ours["reason"] == 0).all()
    assert max(worst) < DIGITS


def nearest(data: book.Data, targets: Floats, kind: str) -> Numbers:
    """Ours: the nearest 24 in the ellipsoid's metric."""
    wide = one_pass([100.0 * r for r in RANGES_M], NEAREST)
    return krige(element(model_of(kind), wide), data, targets)


@pytest.mark.parametrize("kind", ["spherical", "exponential", "gaussian"])
def test_pykrige_moving_window(data: book.Data, targets: Floats, kind: str) -> None:
    """Ordinary kriging of points; its constructor's statistics are not asked for."""
    from pykrige import ok3d

    def gamma(_: list[float], h: Floats) -> Floats:
        return np.asarray(NUGGET + SILL * (1.0 - book.correlation(kind, h)))

    statistics = (np.zeros(2), np.ones(2), np.zeros(2))
    with mock.patch.object(ok3d, "_find_statistics", return_value=statistics):
        kriging = ok3d.OrdinaryKriging3D(
            *in_ranges(data.centres).T,
            data.values,
            variogram_model="custom",
            variogram_parameters=[0.0],
            variogram_function=gamma,
            exact_values=False,
        )
    where = in_ranges(targets).T
    theirs = kriging.execute("points", *where, backend="loop", n_closest_points=NEAREST)
    agree(nearest(data, targets, kind), *theirs)


@pytest.mark.skipif(find_spec("gstools") is None, reason="GSTools is not installed")
@pytest.mark.parametrize("mean", [None, 1.2])
@pytest.mark.parametrize("kind", ["spherical", "exponential", "gaussian"])
def test_gstools_all_samples(
    data: book.Data, targets: Floats, kind: str, mean: float | None
) -> None:
    """Ordinary and simple kriging from 60 samples at once: it has no neighbourhood."""
    import gstools as gs

    few = data.take(np.arange(0, 300, 5))
    scale = {"spherical": 1.0, "exponential": 1.0 / 3.0, "gaussian": 1.0 / np.sqrt(3.0)}[kind]
    # rescale: the length is the scale itself, not an integral scale
    models = {"spherical": gs.Spherical, "exponential": gs.Exponential, "gaussian": gs.Gaussian}
    model = models[kind](dim=3, var=SILL, len_scale=scale, nugget=NUGGET, rescale=1.0)
    options = {"exact": False, "cond_err": "nugget", "pseudo_inv": False}
    where = in_ranges(few.centres).T
    if mean is None:
        kriging = gs.krige.Ordinary(model, where, few.values, **options)
    else:
        kriging = gs.krige.Simple(model, where, few.values, mean=mean, **options)
    theirs = kriging(in_ranges(targets).T)
    known = {} if mean is None else {"known_mean": mean}
    agree(krige(element(model_of(kind), **known), few, targets), *theirs)


@pytest.mark.skipif(find_spec("gstlearn") is None, reason="gstlearn is not installed")
@pytest.mark.parametrize("kind", ["spherical", "exponential", "cubic"])
def test_gstlearn_moving_neighbourhood(data: book.Data, targets: Floats, kind: str) -> None:
    """Points, anisotropic model and search in its own rotation."""
    import gstlearn as gl

    gl.defineDefaultSpace(gl.ESpaceType.RN, 3)
    rotation = gl.Rotation(3)
    rotation.setMatrixDirectVec(book.axes(TILTED).ravel())
    angles = [float(angle) for angle in rotation.getAngles()]
    ranges = [float(r) for r in RANGES_M]
    kinds = {
        "spherical": gl.ECov.SPHERICAL,
        "exponential": gl.ECov.EXPONENTIAL,
        "cubic": gl.ECov.CUBIC,
    }
    model = gl.Model.createFromParam(gl.ECov.NUGGET, sill=NUGGET)
    # its exponential's practical range is 2.995732 times the scale, not 3 times
    times = 2.995732 / 3.0 if kind == "exponential" else 1.0
    own = [times * r for r in ranges]
    model.addCovFromParam(kinds[kind], 1.0, SILL, 1.0, own, gl.MatrixSymmetric(0), angles)
    model.setDriftIRF(0)  # without it, it is simple kriging
    near = gl.NeighMoving.create(False, NEAREST, 100.0, NEAREST, 1, 9999, ranges, angles)
    samples, places = places_of(gl, data.centres), places_of(gl, targets)
    samples.addColumns(data.values.copy(), "v", gl.ELoc.Z, 0)
    gl.kriging(samples, places, model, near, True, True, False)
    found = [np.asarray(places.getColumn(f"*.{name}"), float) for name in ("estim", "stdev")]
    agree(nearest(data, targets, kind), found[0], found[1] ** 2)


def places_of(gl: Any, points: Floats) -> Any:
    """A gstlearn table of points."""
    table = gl.Db.create()
    for axis, name in enumerate("xyz"):
        table.addColumns(points[:, axis].copy(), name, gl.ELoc.X, axis)
    return table
