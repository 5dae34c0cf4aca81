"""Blocks of samples foretold from the holes around them, against an independent density."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import multivariate_normal

from estimation.engine.dense import correlation
from estimation.rotation import axes_from_gslib
from estimation.variography.fitting import (
    LAYERED,
    LEVEL,
    ROUND,
    TRIAXIAL,
    FittedModel,
    Held,
    within_ground,
)
from estimation.variography.likelihood import (
    STEPS,
    Blocks,
    draw_blocks,
    parameter_covariance,
    refine,
    score_blocks,
)

RANGES = np.array([[60.0, 40.0, 20.0], [200.0, 120.0, 60.0]])
SILLS = np.array([0.3, 0.5])


def a_model(kind: str = "spherical", structures: int = 2) -> FittedModel:
    axes = Rotation.random(random_state=3).as_matrix()
    held = Held(0.2, 1.0, kind, structures, 5.0, 2000.0)
    sills = SILLS if structures == 2 else np.array([0.8])
    return FittedModel(axes, RANGES[-structures:], sills, held, 0.1, 100)


def covariances(model: FittedModel, places: np.ndarray) -> np.ndarray:
    apart = (places[:, None] - places[None]) @ model.axes.T
    total = model.held.nugget * np.eye(len(places))
    for ranges, sill in zip(model.ranges_m, model.sills, strict=True):
        total = total + sill * correlation(model.held.kind, np.linalg.norm(apart / ranges, axis=2))
    return np.asarray(total)


@pytest.mark.parametrize("kind", ["spherical", "exponential", "gaussian", "cubic", "matern_3_2"])
def test_a_score_is_minus_the_logarithm_of_the_conditional_density(kind: str) -> None:
    """Of all samples less that of those that foretell, by scipy; the mean's variance is ten."""
    rng = np.random.default_rng(1)
    places, values = rng.uniform(0.0, 150.0, (2, 12, 3)), rng.normal(size=(2, 12))
    model = a_model(kind)
    blocks = Blocks(places, values, np.array([0, 1]))
    found = score_blocks(blocks, model.axes, model.ranges_m, model.sills, model.held)
    known = 12 - STEPS.size
    for b in range(2):
        both = covariances(model, places[b]) + 10.0
        whole = multivariate_normal(cov=both).logpdf(values[b])
        part = multivariate_normal(cov=both[:known, :known]).logpdf(values[b, :known])
        constant = 0.5 * STEPS.size * np.log(2.0 * np.pi)
        assert found[b] == pytest.approx(-(whole - part) - constant, rel=1e-6)


def drilled(model: FittedModel, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sixty upright holes of sixteen samples, simulated exactly (Cholesky)."""
    rng = np.random.default_rng(seed)
    collars = rng.uniform(0.0, 500.0, (60, 2))
    depth = np.arange(16) * 10.0
    xyz = np.column_stack([np.repeat(collars, 16, axis=0), np.tile(-depth, 60)])
    values = np.linalg.cholesky(covariances(model, xyz)) @ rng.normal(size=len(xyz))
    return xyz, values, np.repeat(np.arange(60), 16)


def test_blocks_are_foretold_by_other_holes_only_and_always_the_same() -> None:
    xyz, values, holes = drilled(a_model())
    one, other = draw_blocks(xyz, values, holes, 50), draw_blocks(xyz, values, holes, 50)
    assert len(one) == 50
    assert np.array_equal(one.places_m, other.places_m)
    known = one.places_m.shape[1] - STEPS.size
    for b in range(50):
        own = xyz[holes == one.holes[b]][0, :2]
        assert np.allclose(one.places_m[b, known:, :2], own)
        assert not np.any(np.all(np.isclose(one.places_m[b, :known, :2], own), axis=1))
    assert len(draw_blocks(xyz[:48], values[:48], holes[:48])) == 0  # three holes


def test_ranges_are_found_from_the_wrong_ones() -> None:
    level = FittedModel(
        np.eye(3), np.array([[150.0, 150.0, 50.0]]), np.array([0.8]), a_model().held, 0.1, 100
    )
    xyz, values, holes = drilled(level, seed=4)
    blocks = draw_blocks(xyz, values, holes)
    held = Held(0.2, 1.0, "spherical", 1, 5.0, 2000.0)
    start = FittedModel(np.eye(3), np.full((1, 3), 80.0), np.array([0.8]), held, 0.1, 100)
    found = refine(blocks, start, LAYERED)
    assert found.score < refine(blocks, start, ROUND).score
    assert found.model.ranges_m[0] == pytest.approx([150.0, 150.0, 50.0], rel=0.35)
    strike = refine(blocks, found.model, LEVEL)
    assert strike.score <= found.score + 0.1
    assert np.abs(strike.model.axes[2]) == pytest.approx([0.0, 0.0, 1.0])
    three = refine(blocks, found.model, TRIAXIAL)
    assert three.score <= found.score + 0.1
    errors = np.sqrt(np.diag(parameter_covariance(blocks, found.model)))
    assert np.all((errors > 0.02) & (errors < 0.6))


def test_ranges_are_held_to_half_the_ground_and_to_a_ratio() -> None:
    xyz = np.random.default_rng(2).uniform(0.0, 1.0, (500, 3)) * np.array([400.0, 400.0, 200.0])
    held = Held(0.2, 1.0, "spherical", 1, 1.0, 9000.0)
    far = FittedModel(np.eye(3), np.array([[1000.0, 100.0, 50.0]]), np.array([0.8]), held, 0.1, 100)
    bounded, said = within_ground(far, xyz)
    reached = 0.8114 * bounded.ranges_m[0]
    assert reached == pytest.approx([0.5 * np.ptp(xyz[:, 0]), 81.14, 40.57], rel=1e-3)
    assert said == ("extent",)
    thin = FittedModel(np.eye(3), np.array([[150.0, 100.0, 5.0]]), far.sills, held, 0.1, 100)
    bounded, said = within_ground(thin, xyz)
    assert bounded.ranges_m[0] == pytest.approx([50.0, 50.0, 5.0], rel=1e-3)
    assert said == ("ratio",)
    turned = axes_from_gslib(thin.variogram().orientation)
    assert np.abs(turned[2]) == pytest.approx([0.0, 0.0, 1.0])
