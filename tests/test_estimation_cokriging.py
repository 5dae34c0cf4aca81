"""Cokriging against gstat, a dense solve written anew, and what it must reduce to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.byproducts.methods import intrinsic_model
from estimation.engine.cokriging import (
    Pair,
    Targets,
    estimate_pair,
    kernel_model,
)
from estimation.engine.visit import Samples, discretisation, visit_of
from estimation.plan import (
    Choices,
    Coregionalisation,
    Orientation,
    Partner,
    SharedStructure,
)
from tests.engine_problems import (
    NAMES,
    TILTED,
    Floats,
    correlation,
    samples_at,
    search_pass,
    variogram,
)

ANGLES = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=0.0)
POINT = Targets(np.empty((0, 3)), np.zeros((1, 3)), np.ones(1))


def structure(
    model: str, ranges: tuple[float, float, float], sills: tuple[float, float, float]
) -> SharedStructure:
    """One shared structure."""
    return SharedStructure.model_validate({"model": model, "ranges_m": ranges, "sills": sills})


def choices_with(model: Coregionalisation, method: str, most: int, **changes: Any) -> Choices:
    """Choices with a partner; kernels take more samples than a plan allows."""
    plain: dict[str, Any] = {
        "variogram": variogram(orientation=model.orientation),
        "method": method,
        "known_mean": None,
        "search": (search_pass((3e4, 2e4, 1e4), max_samples=most, max_per_hole=most),),
        "search_orientation": None,
        "high_yield": None,
        "partner": Partner.model_construct(element="mo_ppm", model=model, max_samples=most),
    }
    return Choices.model_construct(**{**plain, **changes})


# ------------------------------------------------------------------ gstat


@pytest.fixture(scope="module")
def computed(shared_data: Path) -> Path:
    """Answers of R gstat on one small set of copper and molybdenum."""
    return shared_data / "31_kriging_reference" / "computed"


def by_gstat_model(folder: Path, every: int, targets: Targets) -> Floats:
    """Cokriging of Cu (every so-manyth sample) with all Mo, all samples in one system."""
    data = pd.read_csv(folder / "small_data.csv")
    shared = structure("spherical", (300.0, 200.0, 100.0), (0.9, 45.0, 9000.0))
    model = Coregionalisation(nuggets=(0.1, 5.0, 1000.0), structures=(shared,), orientation=ANGLES)
    xyz, holes = data[["x", "y", "z"]].to_numpy(), np.arange(len(data))
    # copies: pandas hands out read-only arrays, and a kernel is compiled for these once more
    cu, mo = (data[name].to_numpy(copy=True) for name in ("Cu_pct", "Mo_ppm"))
    few = slice(0, None, every)
    own = samples_at(xyz[few], cu[few], holes[few])
    partner = samples_at(xyz, mo, holes)
    choices = choices_with(model, "cokriging", 240)
    centres = pd.read_csv(folder / "small_targets.csv")[["x", "y", "z"]].to_numpy(dtype=float)
    pair = Pair(own, partner, choices, choices, np.zeros(3))
    return estimate_pair(pair, replace(targets, centres_m=centres))


def gauss_block() -> Targets:
    """gstat's block of 20 x 20 x 10 m by four Gauss points along each side."""
    x, w = np.polynomial.legendre.leggauss(4)
    offsets = np.array([(i * 10, j * 10, k * 5) for i in x for j in x for k in x])
    shares = np.array([i * j * k for i in w for j in w for k in w]) / 8.0
    return Targets(np.empty((0, 3)), offsets, shares)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "every", "targets", "limit"),
    [
        ("gstat_cok_ordinary_CuMo_global.csv", 1, POINT, 1e-12),
        ("gstat_cok_heterotopic_Cuodd_Moall_global.csv", 2, POINT, 1e-12),
        # gstat writes its Gauss points with nine digits
        ("gstat_cok_heterotopic_blockgauss_global.csv", 2, gauss_block(), 1e-8),
    ],
)
def test_cokriging_equals_gstat(
    computed: Path, file: str, every: int, targets: Targets, limit: float
) -> None:
    """Estimates and variances of R gstat 2.1-0: isotopic, heterotopic, blocks."""
    answer = pd.read_csv(computed / file)
    found = by_gstat_model(computed, every, targets)
    for field, column in (("estimate", "Cu.pred"), ("variance", "Cu.var")):
        worst = np.abs(found[:, NAMES[field]] - answer[column].to_numpy()).max()
        print(f"{file} {field}: largest difference {worst:.1e}")
        assert worst < limit


# ------------------------------------------------------------------ a dense solve, written anew


def mean_covariances(model: Coregionalisation, column: int, a: Floats, b: Floats) -> Floats:
    """Covariances without nugget of supports (n, s, 3) and (m, q, 3), level axes, from the book."""
    total = np.zeros((len(a), len(b)))
    for one in model.structures:
        apart = (a[:, None, :, None] - b[None, :, None, :]) / np.array(one.ranges_m)
        h = np.linalg.norm(apart, axis=4)
        total += one.sills[column] * correlation(one.model, h).mean(axis=(2, 3))
    return total


def dense_cokriging(
    model: Coregionalisation, own: Samples, partner: Samples, block: Floats
) -> tuple[float, float, float]:
    """Estimate, variance and multiplier of one block from all samples, by one bordered solve."""
    n, m = len(own), len(partner)
    c11 = mean_covariances(model, 0, own.points_m, own.points_m) + model.nuggets[0] * np.eye(n)
    c22 = mean_covariances(model, 2, partner.points_m, partner.points_m)
    c22 += model.nuggets[2] * np.eye(m)
    c12 = mean_covariances(model, 1, own.points_m, partner.points_m)
    same = np.linalg.norm(own.xyz_m[:, None] - partner.xyz_m[None], axis=2) < 1e-9
    c12 += model.nuggets[1] * same
    left = np.zeros((n + m + 2, n + m + 2))
    left[: n + m, : n + m] = np.block([[c11, c12], [c12.T, c22]])
    left[n + m, :n] = left[:n, n + m] = 1.0
    left[n + m + 1, n : n + m] = left[n : n + m, n + m + 1] = 1.0
    at = np.concatenate(
        [
            mean_covariances(model, 0, own.points_m, block[None])[:, 0],
            mean_covariances(model, 1, partner.points_m, block[None])[:, 0],
        ]
    )
    solution = np.linalg.solve(left, np.concatenate([at, [1.0, 0.0]]))
    w, mu = solution[: n + m], solution[n + m]
    within = mean_covariances(model, 0, block[None], block[None])[0, 0]
    value = w @ np.concatenate([own.values, partner.values])
    return float(value), float(within - w @ at - mu), float(mu)


@pytest.fixture(scope="module")
def scene() -> tuple[Coregionalisation, Samples, Samples]:
    """Long own samples of four points, short partner samples, a model of two structures."""
    rng = np.random.default_rng(7)
    model = Coregionalisation(
        nuggets=(0.1, 0.5, 20.0),
        structures=(
            structure("spherical", (120.0, 80.0, 40.0), (0.5, 3.0, 60.0)),
            structure("exponential", (300.0, 200.0, 90.0), (0.4, -1.0, 30.0)),
        ),
        orientation=Orientation(azimuth_deg=90.0, dip_deg=0.0, rake_deg=0.0),
    )
    places = rng.random((12, 3)) * [200.0, 150.0, 60.0]
    along = np.array([-9.0, -3.0, 3.0, 9.0])[:, None] * [0.0, 0.0, 1.0]
    own = samples_at(places, rng.lognormal(size=12), np.arange(12))
    own = replace(own, points_m=places[:, None] + along[None])
    more = np.concatenate([places[:4], rng.random((21, 3)) * [200.0, 150.0, 60.0]])
    return model, own, samples_at(more, rng.lognormal(3.0, size=25), np.arange(25))


def test_blocks_from_long_samples_equal_a_dense_solve(
    scene: tuple[Coregionalisation, Samples, Samples],
) -> None:
    """Own samples of four points, blocks of 18 points, two structures: to 1e-10."""
    model, own, partner = scene
    offsets = discretisation((20.0, 20.0, 10.0), (3, 3, 2))
    targets = Targets(
        np.array([[50.0, 60.0, 20.0], [120.0, 20.0, 44.0]]), offsets, np.full(18, 1 / 18)
    )
    choices = choices_with(model, "cokriging", 40)
    found = estimate_pair(Pair(own, partner, choices, choices, np.zeros(3)), targets)
    for row, centre in zip(found, targets.centres_m, strict=True):
        answer = dense_cokriging(model, own, partner, centre + offsets)
        ours = [row[NAMES[n]] for n in ("estimate", "variance", "lagrange")]
        assert ours == pytest.approx(answer, abs=1e-10, rel=1e-10)
        assert row[NAMES["samples"]] == 12
        assert row[NAMES["reason"]] == 0


def test_an_unrelated_partner_changes_nothing(
    scene: tuple[Coregionalisation, Samples, Samples],
) -> None:
    """Without cross sills cokriging is ordinary kriging, in every field that both have."""
    model, own, partner = scene
    apart = Coregionalisation(
        nuggets=(0.1, 0.0, 20.0),
        structures=(structure("spherical", (120.0, 80.0, 40.0), (0.9, 0.0, 90.0)),),
        orientation=model.orientation,
    )
    choices = choices_with(apart, "cokriging", 40)
    centres = np.array([[50.0, 60.0, 20.0], [120.0, 20.0, 44.0]])
    offsets = discretisation((20.0, 20.0, 10.0), (2, 2, 2))
    pair = Pair(own, partner, choices, choices, np.zeros(3))
    found = estimate_pair(pair, Targets(centres, offsets, np.full(8, 0.125)))
    alone = choices.model_copy(
        update={"method": "ordinary", "variogram": variogram(orientation=model.orientation)}
    )
    visit = visit_of({"cu_pct": alone}, (20.0, 20.0, 10.0), (2, 2, 2), np.zeros(3))
    kriged = visit.krige(visit.kernel_samples(own), centres, np.arange(3), None)[0]
    assert found == pytest.approx(kriged, abs=1e-9, rel=1e-9)


def test_collocated_with_a_perfect_partner_is_the_partner(
    scene: tuple[Coregionalisation, Samples, Samples],
) -> None:
    """Correlation 1 and grades in proportion: the block is its partner's grade in proportion."""
    _, _, partner = scene
    shape = variogram(0.0, orientation=TILTED)
    model = intrinsic_model(shape, 0.25, 0.999999, 25.0)
    own = replace(partner.take(np.arange(10)), values=2.0 + 0.1 * partner.values[:10])
    choices = choices_with(model, "collocated", 30, variogram=shape)
    beside = choices.model_copy(update={"method": "ordinary", "partner": None})
    offsets = discretisation((20.0, 20.0, 10.0), (2, 2, 2))
    targets = Targets(np.array([[50.0, 60.0, 20.0]]), offsets, np.full(8, 0.125))
    found = estimate_pair(Pair(own, partner, choices, beside, np.zeros(3)), targets)
    visit = visit_of({"mo": beside}, (20.0, 20.0, 10.0), (2, 2, 2), np.zeros(3))
    kriged = visit.krige(visit.kernel_samples(partner), targets.centres_m, np.arange(2), None)
    assert found[0, 0] == pytest.approx(2.0 + 0.1 * kriged[0, 0, 0], rel=1e-3)


def test_a_duplicate_is_dropped_and_counted() -> None:
    """Two own samples of one place without nugget: one gets no weight, nothing breaks."""
    model = Coregionalisation(
        nuggets=(0.0, 0.0, 0.0),
        structures=(structure("spherical", (100.0, 100.0, 100.0), (1.0, 0.5, 1.0)),),
        orientation=TILTED,
    )
    xyz = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [30.0, 0.0, 0.0]])
    own = samples_at(xyz, np.array([1.0, 1.0, 3.0]), np.arange(3))
    partner = samples_at(xyz[2:] + 5.0, np.array([2.0]), np.array([2]))
    choices = choices_with(model, "cokriging", 8)
    targets = replace(POINT, centres_m=np.array([[10.0, 0.0, 0.0]]))
    row = estimate_pair(Pair(own, partner, choices, choices, np.zeros(3)), targets)[0]
    assert row[NAMES["redundant"]] == 1
    assert 1.0 < row[0] < 3.0


def test_block_covariances_of_a_model() -> None:
    """C(V,V) of each pair of elements is the mean of the point covariances."""
    model = intrinsic_model(variogram(0.2, orientation=TILTED), 4.0, 0.5, 9.0)
    offsets = discretisation((20.0, 20.0, 10.0), (2, 2, 2))
    block = kernel_model(model, offsets, np.full(8, 0.125)).block
    assert block[1] / np.sqrt(block[0] * block[2]) == pytest.approx(0.5)
    assert block[0] < 4.0 * 0.9 / 1.1
    point = kernel_model(model, np.zeros((1, 3)), np.ones(1)).block
    assert point == pytest.approx([4.0, 3.0, 9.0])
