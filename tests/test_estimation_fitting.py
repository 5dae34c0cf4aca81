"""Model variograms against other programs, and fits against models that are known exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from estimation.plan import Orientation, Structure, Variogram
from estimation.rotation import axes_from_gslib, orientation_from_axes
from estimation.variography.fitting import (
    DISC,
    LAYERED,
    ROUND,
    TRIAXIAL,
    Held,
    bin_weights,
    fit_model,
)
from estimation.variography.models import (
    covariance,
    effective_range_m,
    gamma,
    gamma_along,
)
from estimation.variography.orientation import (
    VectorVariogram,
    ellipsoid_of_ranges,
    fan_of_lines,
    hole_groups,
    lag_edges,
    sum_pairs,
)
from tests import book

TILTED = Orientation(azimuth_deg=30.0, dip_deg=-30.0, rake_deg=20.0)
KINDS = ("spherical", "exponential", "gaussian", "cubic", "matern_3_2")
VECTORS = np.random.default_rng(4).normal(size=(50, 3)) * np.array([80.0, 60.0, 40.0])


def one(kind: str, ranges: tuple[float, float, float] = (200.0, 120.0, 60.0)) -> Variogram:
    return Variogram(
        nugget=0.2,
        structures=(Structure(model=kind, sill=0.8, ranges_m=ranges),),  # type: ignore[arg-type]
        orientation=TILTED,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_that_of_the_book(kind: str) -> None:
    h = np.linalg.norm(VECTORS @ book.axes(TILTED).T / [200.0, 120.0, 60.0], axis=1)
    assert gamma(one(kind), VECTORS) == pytest.approx(1.0 - 0.8 * book.correlation(kind, h))
    assert covariance(one(kind), np.zeros((1, 3))) == pytest.approx([1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_gstools_says_the_same_along_any_vector(kind: str) -> None:
    gs: Any = pytest.importorskip("gstools")
    # GSTools has length scales: L = range / 3, sqrt(pi / 12) range, sqrt(nu) range / 4.74
    scale = {"exponential": 1 / 3.0, "gaussian": np.sqrt(np.pi / 12.0), "matern_3_2": 1.0}
    longest = 200.0 * scale.get(kind, 1.0)
    model = {
        "spherical": gs.Spherical,
        "exponential": gs.Exponential,
        "gaussian": gs.Gaussian,
        "cubic": gs.Cubic,
        "matern_3_2": gs.Matern,
    }[kind]
    extra = {"nu": 1.5, "rescale": 4.743864518390578 / np.sqrt(1.5)} if kind == "matern_3_2" else {}
    theirs = model(dim=3, var=0.8, len_scale=[longest, longest * 0.6, longest * 0.3], **extra)
    along = VECTORS @ axes_from_gslib(TILTED).T
    expected = 0.2 + theirs.variogram(np.linalg.norm(along / [1.0, 0.6, 0.3], axis=1))
    assert gamma(one(kind), VECTORS) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_gstlearn_says_the_same_along_the_axes(kind: str) -> None:
    gl: Any = pytest.importorskip("gstlearn")
    name = {"spherical": "SPHERICAL", "exponential": "EXPONENTIAL", "gaussian": "GAUSSIAN"}
    theirs: Any = getattr(gl.ECov, name.get(kind, kind.split("_")[0].upper()))
    scaled = {"exponential": 3.0 / 2.995732273553991, "gaussian": np.sqrt(3.0 / 2.995732273553991)}
    h = np.array([5.0, 40.0, 90.0, 150.0])
    for axis, range_m in zip(axes_from_gslib(TILTED), (200.0, 120.0, 60.0), strict=True):
        own = range_m / scaled.get(kind, 1.0)
        if kind == "matern_3_2":
            own, param = range_m / 4.743864518390578 * np.sqrt(12 * 1.5), 1.5
        else:
            param = 1.0
        model = gl.Model.createFromParam(theirs, own, 0.8, param)
        expected = [0.2 + 0.8 - model.evalIvarIpas(float(x)) for x in h]
        assert gamma_along(one(kind), h, axis) == pytest.approx(expected, abs=2e-3)


def test_a_structure_may_have_axes_of_its_own() -> None:
    turned = Orientation(azimuth_deg=120.0, dip_deg=0.0, rake_deg=0.0)
    short = Structure(model="spherical", sill=0.3, ranges_m=(50.0, 20.0, 20.0), orientation=turned)
    both = Variogram(nugget=0.0, structures=(short, *one("cubic").structures), orientation=TILTED)
    east = np.array([[np.sin(np.deg2rad(120.0)), np.cos(np.deg2rad(120.0)), 0.0]]) * 25.0
    alone = gamma(one("cubic"), east)[0] - 0.2
    assert gamma(both, east)[0] - alone == pytest.approx(0.3 * (0.75 - 0.0625))


def test_effective_ranges_are_those_of_the_formulas() -> None:
    major = axes_from_gslib(TILTED)[0]
    assert effective_range_m(one("exponential"), major) == pytest.approx(200.0, rel=2e-3)
    # 1.5 h - 0.5 h^3 = 0.95
    assert effective_range_m(one("spherical"), major) == pytest.approx(0.8114 * 200.0, rel=1e-3)


def exact_bins(variogram: Variogram) -> VectorVariogram:
    """A fan of bins without any error, of pair numbers as drilling has them."""
    h = np.geomspace(5.0, 400.0, 14)
    vectors = (fan_of_lines(80)[:, None, :] * h[None, :, None]).reshape(-1, 3)
    return VectorVariogram(vectors, np.full(len(vectors), 500.0), gamma(variogram, vectors))


@pytest.mark.parametrize("seed", range(6))
def test_axes_and_ranges_of_an_exact_variogram_are_found(seed: int) -> None:
    axes = Rotation.random(random_state=seed).as_matrix()
    true = one("spherical").model_copy(update={"orientation": orientation_from_axes(axes)})
    held = Held(0.2, 1.0, "spherical", 1, 5.0, 2000.0)
    found = fit_model(exact_bins(true), held).variogram()
    assert found.structures[0].ranges_m == pytest.approx((200.0, 120.0, 60.0), rel=0.01)
    apart = np.abs(np.sum(axes_from_gslib(found.orientation) * axes, axis=1))
    assert np.rad2deg(np.arccos(np.minimum(apart, 1.0))).max() < 1.0


def test_two_structures_are_told_apart() -> None:
    short = Structure(model="spherical", sill=0.4, ranges_m=(60.0, 36.0, 18.0))
    long = Structure(model="spherical", sill=0.5, ranges_m=(200.0, 120.0, 60.0))
    true = Variogram(nugget=0.1, structures=(short, long), orientation=TILTED)
    held = Held(0.1, 1.0, "spherical", 2, 5.0, 2000.0)
    bins = exact_bins(true)
    found = fit_model(bins, held)
    assert found.sills == pytest.approx([0.4, 0.5], abs=0.03)
    assert np.sort(found.ranges_m[0]) == pytest.approx([18.0, 36.0, 60.0], rel=0.06)
    alone = fit_model(bins, Held(0.1, 1.0, "spherical", 1, 5.0, 2000.0))
    assert found.criterion < alone.criterion


def test_simpler_shapes_have_the_ranges_they_share() -> None:
    true = one("spherical", (200.0, 200.0, 60.0)).model_copy(
        update={"orientation": Orientation(azimuth_deg=0.0, dip_deg=0.0, rake_deg=0.0)}
    )
    bins = exact_bins(true)
    fits = {
        s.name: fit_model(bins, Held(0.2, 1.0, "spherical", 1, 5.0, 2000.0, s))
        for s in (ROUND, LAYERED, DISC, TRIAXIAL)
    }
    assert fits["layered"].ranges_m[0] == pytest.approx([200.0, 200.0, 60.0], rel=0.01)
    assert fits["round"].ranges_m[0].min() == fits["round"].ranges_m[0].max()
    assert fits["round"].misfit > 10 * fits["layered"].misfit
    ranked = np.sort(fits["disc"].ranges_m[0])
    assert ranked == pytest.approx([60.0, 200.0, 200.0], rel=0.01)


def test_the_ellipsoid_of_exact_ranges_is_found() -> None:
    lines, axes = fan_of_lines(60), axes_from_gslib(TILTED)
    ranges = 1.0 / np.sqrt((((lines @ axes.T) / [200.0, 120.0, 60.0]) ** 2).sum(axis=1))
    found, half = ellipsoid_of_ranges(lines, ranges, np.ones(60))
    assert half == pytest.approx([200.0, 120.0, 60.0])
    assert np.abs(np.sum(found * axes, axis=1)) == pytest.approx([1.0, 1.0, 1.0])


def test_binned_pairs_are_all_pairs() -> None:
    rng = np.random.default_rng(9)
    xyz, values = rng.uniform(0.0, 300.0, (120, 3)), rng.normal(size=(120, 2))
    values[:40, 1] = np.nan
    groups = hole_groups(xyz, np.arange(120) // 3)
    sums = sum_pairs(xyz, values, groups, lag_edges(10.0, 900.0), ((0, 0), (0, 1))).sums
    totals = sums.sum(axis=(0, 1, 3, 4))
    i, j = np.triu_indices(120, 1)
    h = np.linalg.norm(xyz[i] - xyz[j], axis=1)
    far = h > 5.0  # the first lag begins at half its width
    assert totals[0, 0] == far.sum()
    assert totals[0, 4] == pytest.approx(h[far].sum())
    own = 0.5 * (values[i, 0] - values[j, 0]) ** 2
    assert totals[0, 5] == pytest.approx(own[far].sum())
    cross = 0.5 * (values[i] - values[j]).prod(axis=1)
    assert totals[1, 5] == pytest.approx(np.nansum(cross[far]))
    assert totals[1, 0] == np.isfinite(cross[far]).sum()


def test_each_pair_lies_in_the_bin_of_its_nearest_line() -> None:
    rng = np.random.default_rng(3)
    ends = rng.normal(size=(200, 3)) * 50.0
    for end in ends:
        xyz = np.vstack([np.zeros(3), end])
        sums = sum_pairs(
            xyz, np.array([[0.0], [1.0]]), np.zeros(2, np.int64), lag_edges(1.0, 500.0)
        )
        line = int(np.argmax(sums.sums[0, 0, 0, :, :, 0].sum(axis=1)))
        along = np.abs(fan_of_lines() @ end) / np.linalg.norm(end)
        # cells of the table are about a degree wide
        assert along[line] > np.cos(np.arccos(along.max()) + np.deg2rad(2.0))


def test_groups_leave_no_hole_in_two_parts() -> None:
    rng = np.random.default_rng(1)
    holes = np.repeat(np.arange(40), 5)
    xyz = np.repeat(rng.uniform(0.0, 500.0, (40, 3)), 5, axis=0)
    groups = hole_groups(xyz, holes)
    assert len(set(groups)) == 8
    assert all(len(set(groups[holes == h])) == 1 for h in range(40))
    assert hole_groups(xyz[:5], holes[:5]).max() == 0


def test_weights_favour_short_lags_and_many_pairs() -> None:
    bins = VectorVariogram(np.diag([10.0, 20.0, 10.0]), np.array([100.0, 100.0, 400.0]), np.ones(3))
    assert bin_weights(bins) / bin_weights(bins)[0] == pytest.approx([1.0, 0.5, 2.0])
