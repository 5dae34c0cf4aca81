"""Indicator kriging: order relations, tails, E-type mean, against GSLIB's rules and quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import integrate

from estimation.engine.indicators import (
    class_moments,
    in_order,
    indicators_of,
    mean_and_variance,
    share_above,
)
from estimation.models.layers import above_layer
from estimation.plan import HighYield, Indicators
from tests.engine_problems import TILTED, element_plan, estimate_whole, variogram
from tests.method_problems import again, fields_of, largest_difference, problem_with

CUTOFFS = (0.2, 0.35, 0.6)
ONE = variogram(0.05, ("spherical", 0.2, (120.0, 80.0, 40.0)), orientation=TILTED)
EACH = tuple(
    variogram(n, ("spherical", s, (r, r, r / 2)), orientation=TILTED)
    for n, s, r in ((0.02, 0.14, 60.0), (0.05, 0.2, 120.0), (0.04, 0.1, 90.0))
)


def asked(variograms: Any = EACH, **changes: Any) -> Indicators:
    """Three cut-offs between 0 and 3."""
    plain = {"cutoffs": CUTOFFS, "variograms": variograms, "lowest": 0.0, "highest": 3.0}
    return Indicators(**{**plain, **changes})


def test_order_relations_are_the_mean_of_upward_and_downward_correction() -> None:
    """A worked example: up 0.3 0.5 0.5 0.9, down 0.3 0.4 0.4 0.9, then the mean."""
    raw = np.array([[0.3], [0.5], [0.4], [0.9]])
    np.testing.assert_allclose(in_order(raw)[:, 0], [0.3, 0.45, 0.45, 0.9])
    np.testing.assert_allclose(in_order(np.array([[-0.1], [1.2]]))[:, 0], [0.0, 1.0])
    many = in_order(np.random.default_rng(1).normal(0.5, 0.6, (9, 200)))
    assert (np.diff(many, axis=0) >= 0).all()
    assert ((many >= 0) & (many <= 1)).all()


@pytest.mark.parametrize("tail", ["power", "hyperbolic"])
@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 3.0])
def test_moments_of_classes_are_those_of_their_models(tail: str, power: float) -> None:
    """Mean and mean square of each class by quadrature of z dF(z)."""
    rule = asked(lower_power=2.5, upper_tail=tail, upper_power=power)
    first, second = class_moments(rule)

    def upper(z: float) -> float:
        if tail == "power":
            return float(((z - 0.6) / 2.4) ** power)
        return float((1.0 - (0.6 / z) ** power) / (1.0 - (0.6 / 3.0) ** power))

    models = [
        (0.0, 0.2, lambda z: (z / 0.2) ** 2.5),
        (0.2, 0.35, lambda z: (z - 0.2) / 0.15),
        (0.35, 0.6, lambda z: (z - 0.35) / 0.25),
        (0.6, 3.0, upper),
    ]
    for k, (low, high, below) in enumerate(models):
        # by parts: E[z] = high - integral of F, E[z^2] = high^2 - 2 integral of z F
        mean = high - integrate.quad(below, low, high)[0]
        square = high**2 - 2.0 * integrate.quad(lambda z, f=below: z * f(z), low, high)[0]
        assert first[k] == pytest.approx(mean, rel=1e-9)
        assert second[k] == pytest.approx(square, rel=1e-9)
        middle = 0.5 * (low + high)
        shares = np.array([[0.1], [0.4], [0.7]])
        edges = [0.0, 0.1, 0.4, 0.7, 1.0]
        wanted = 1.0 - edges[k] - (edges[k + 1] - edges[k]) * below(middle)
        assert share_above(shares, rule, middle)[0] == pytest.approx(wanted)


def test_the_mean_of_a_known_distribution() -> None:
    """Uniform grades between 0 and 3: mean 1.5, variance 0.75, whatever the cut-offs."""
    rule = asked()
    shares = np.array(CUTOFFS)[:, None] / 3.0
    mean, variance = mean_and_variance(shares, rule)
    assert (mean[0], variance[0]) == (pytest.approx(1.5), pytest.approx(0.75))
    assert share_above(shares, rule, -1.0)[0] == 1.0
    assert share_above(shares, rule, 3.0)[0] == 0.0


@pytest.mark.parametrize("method", ["median_indicator", "multiple_indicator"])
def test_blocks_agree_with_dense_indicator_kriging(method: str) -> None:
    """Every block: mean, variance, and the share above each cut-off."""
    rule = asked((ONE,) if method == "median_indicator" else EACH, upper_tail="hyperbolic")
    problem = problem_with(method=method, indicators=rule)
    model = estimate_whole(problem)
    estimate, variance = fields_of(model, "estimate", "variance")
    found = again(problem, model)
    assert len(found) > 100
    assert largest_difference(found, estimate, lambda s: s.estimate) < 1e-9
    assert largest_difference(found, variance, lambda s: s.variance) < 1e-9
    for k, cutoff in enumerate(CUTOFFS):
        layer = above_layer("cu_pct", cutoff)
        above = model.field(layer, "probability").ravel()
        for block, solution in found:
            assert solution.shares is not None
            assert above[block] == pytest.approx(1.0 - solution.shares[k], abs=1e-6)
        assert np.isnan(above[np.isnan(estimate)]).all()


def test_one_variogram_for_all_cutoffs_is_one_set_of_weights() -> None:
    """Median: shares are the same weights times indicators, those of any one cut-off's kriging."""
    problem = problem_with(method="median_indicator", indicators=asked((ONE,)))
    model = estimate_whole(problem)
    (block, solution), *_ = again(problem, model)
    from estimation.engine.again import neighbours_of

    grid = problem.grid
    nx, ny, _ = grid.spec.shape
    at = (block % nx, block // nx % ny, block // (nx * ny))
    centre = np.array([grid.centres_m(axis)[at[axis]] for axis in range(3)])
    near = neighbours_of(problem, "cu_pct", centre, 1).near
    raw = indicators_of(near.values, CUTOFFS) @ solution.weights
    assert solution.shares is not None
    np.testing.assert_allclose(in_order(raw[:, None])[:, 0], solution.shares, atol=1e-12)


def test_support_and_slope_are_those_of_kriging_the_grade() -> None:
    """Samples, pass, slope and efficiency: as ordinary kriging of the same samples says."""
    one = estimate_whole(problem_with(method="multiple_indicator", indicators=asked()))
    plain = estimate_whole(problem_with())
    for name in ("samples", "holes", "pass", "slope", "efficiency", "inverse_distance", "reason"):
        np.testing.assert_allclose(fields_of(one, name)[0], fields_of(plain, name)[0], rtol=1e-6)


def test_indicators_with_a_high_yield_rule_are_refused() -> None:
    """The upper tail already says how high grades count."""
    rule = HighYield(above=0.5, radii_m=(10.0, 10.0, 10.0), beyond="limit")
    with pytest.raises(ValidationError, match="no use for high_yield"):
        element_plan(method="multiple_indicator", indicators=asked(), high_yield=rule)
    with pytest.raises(ValidationError, match="one variogram"):
        element_plan(method="median_indicator", indicators=asked())
