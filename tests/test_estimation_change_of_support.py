"""Change of support against the lognormal closed form, exact variances, and gstlearn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln, ndtr, ndtri

from estimation.errors import EstimationError
from estimation.validation.change_of_support import (
    ORDER,
    affine_curve,
    change_support,
    coefficient_of,
    counted_curve,
    fit_anamorphosis,
    gaussian_curve,
    hermite,
    ratio_of_scores,
    series_variance,
    variance_ratio,
)
from tests.engine_problems import LEVEL, element_plan, variogram

MEAN, SPREAD = 1.2, 0.6
"""Mean and logarithmic standard deviation of the lognormal grades."""
COUNT = 20_000
CUTOFFS = np.array([0.0, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0])


def lognormal() -> np.ndarray:
    """Grades at equal shares of the lognormal distribution."""
    y = ndtri((np.arange(COUNT) + 0.5) / COUNT)
    return MEAN * np.exp(SPREAD * y - SPREAD**2 / 2.0)


def closed_form(order: int) -> np.ndarray:
    """Hermite coefficients of a lognormal anamorphosis: m (-s)^n / sqrt(n!)."""
    n = np.arange(order + 1)
    return MEAN * (-SPREAD) ** n / np.exp(gammaln(n + 1) / 2.0)


def test_hermite_polynomials_are_orthonormal() -> None:
    """Integrals of products by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    found = hermite(nodes, 20)
    products = (found * weights / np.sqrt(2.0 * np.pi)) @ found.T
    np.testing.assert_allclose(products, np.eye(21), atol=1e-10)


def test_coefficients_of_lognormal_grades_are_the_closed_form() -> None:
    found = fit_anamorphosis(lognormal(), np.ones(COUNT)).coefficients
    np.testing.assert_allclose(found[:5], closed_form(4), atol=3e-3)
    assert found.size == ORDER + 1


def test_block_variance_of_the_series_is_the_lognormal_one() -> None:
    """sum phi_n^2 r^2n = m^2 (exp(r^2 s^2) - 1)."""
    for r in (0.2, 0.7, 1.0):
        expected = MEAN**2 * (np.exp(r * r * SPREAD**2) - 1.0)
        assert series_variance(closed_form(60), r) == pytest.approx(expected, rel=1e-12)


def test_tonnage_and_metal_of_lognormal_blocks() -> None:
    """Blocks of lognormal grades are lognormal: T = 1 - G(y_c), Q = m (1 - G(y_c - r s))."""
    r = 0.7
    model = fit_anamorphosis(lognormal(), np.ones(COUNT))
    found = gaussian_curve(model, r, CUTOFFS)
    with np.errstate(divide="ignore"):
        y = np.log(CUTOFFS / MEAN) / (r * SPREAD) + r * SPREAD / 2.0
    np.testing.assert_allclose(found.tonnage, 1.0 - ndtr(y), atol=2e-5)
    np.testing.assert_allclose(found.metal, MEAN * (1.0 - ndtr(y - r * SPREAD)), atol=2e-4)


def test_coefficient_gives_back_the_block_variance() -> None:
    model = fit_anamorphosis(lognormal(), np.ones(COUNT))
    for ratio in (0.1, 0.5, 0.9):
        r = coefficient_of(model, ratio * model.variance)
        assert model.block_variance(r) == pytest.approx(ratio * model.variance, rel=1e-9)
    assert coefficient_of(model, 2.0 * model.variance) == 1.0


def test_blocks_keep_the_mean_and_have_the_asked_variance() -> None:
    """Skewed, weighted, tied grades: both models, from their own curves."""
    rng = np.random.default_rng(5)
    values = np.round(rng.lognormal(0.0, 1.0, 300), 1)
    weights = rng.uniform(0.2, 2.0, 300)
    cutoffs = np.linspace(0.0, values.max(), 4001)
    change = change_support(values, weights, 0.4, cutoffs)
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights)
    assert change.block_variance == pytest.approx(0.4 * variance)
    assert change.gaussian.metal[0] == pytest.approx(mean, rel=1e-6)
    # E[Z^2] = 2 * integral of the metal-weighted tail: sum of Q(z) + z T(z) steps by quadrature
    second = 2.0 * np.trapezoid(cutoffs * change.gaussian.tonnage, cutoffs)
    assert second - mean**2 == pytest.approx(0.4 * variance, rel=0.01)


def test_affine_correction_has_the_exact_variance() -> None:
    values = np.array([0.5, 1.0, 2.0, 4.5])
    weights = np.array([1.0, 2.0, 1.0, 0.5])
    blocks = np.average(values, weights=weights) + np.sqrt(0.49) * (
        values - np.average(values, weights=weights)
    )
    found = affine_curve(values, weights, 0.49, np.sort(blocks))
    expected = counted_curve(blocks, weights, np.sort(blocks))
    np.testing.assert_allclose(found.tonnage, expected.tonnage)
    np.testing.assert_allclose(found.metal, expected.metal)
    assert np.average((blocks - blocks @ weights / weights.sum()) ** 2, weights=weights) == (
        pytest.approx(0.49 * np.average((values - blocks @ weights / weights.sum()) ** 2,
                                        weights=weights))
    )  # fmt: skip


def test_a_whole_support_of_points_changes_nothing() -> None:
    """Ratio 1: the curve of the samples themselves."""
    values, weights = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 1.0, 1.0])
    cutoffs = np.array([0.5, 1.5, 2.5, 3.5])
    model = fit_anamorphosis(values, weights)
    found = gaussian_curve(model, 1.0, cutoffs)
    np.testing.assert_allclose(found.tonnage, [1.0, 0.75, 0.5, 0.25], atol=2e-3)


def test_block_variance_by_the_variogram_is_a_double_sum() -> None:
    """A line of three points under a spherical model, by hand; the nugget averages out."""
    plan = element_plan(
        variogram=variogram(0.2, ("spherical", 0.8, (30.0, 30.0, 30.0)), orientation=LEVEL)
    )
    ratio = variance_ratio(plan, (30.0, 0.5, 0.5), (3, 3, 3))
    rho = {0: 1.0, 1: 1.0 - 1.5 / 3 + 0.5 / 27, 2: 1.0 - 1.0 + 0.5 * 8 / 27}
    mean = (3 * rho[0] + 4 * rho[1] + 2 * rho[2]) / 9.0
    assert ratio == pytest.approx(0.8 * mean, rel=1e-12)


def test_scores_and_grades_agree_on_normal_grades() -> None:
    """Grades that are normal already: both variograms are one."""
    y = ndtri((np.arange(4000) + 0.5) / 4000)
    plan = element_plan(variogram=variogram(0.1, ("spherical", 0.9, (40.0, 40.0, 40.0))))
    model = fit_anamorphosis(y + 5.0, np.ones(4000))
    by_scores = ratio_of_scores(model, plan.variogram, (20.0, 20.0, 10.0), (4, 4, 2))
    assert by_scores == pytest.approx(variance_ratio(plan, (20.0, 20.0, 10.0), (4, 4, 2)), rel=2e-3)


def test_equal_grades_have_no_distribution_to_change() -> None:
    with pytest.raises(EstimationError, match="alike"):
        fit_anamorphosis(np.ones(20), np.ones(20))


def test_anamorphosis_equals_gstlearn() -> None:
    """gstlearn's AnamHermite on the same grades: coefficients to its own discretization."""
    gstlearn = pytest.importorskip("gstlearn")
    values = np.random.default_rng(3).lognormal(0.0, 0.8, 500)
    other = gstlearn.AnamHermite.create(20)
    other.fitFromArray(values)
    ours = fit_anamorphosis(values, np.ones(values.size), order=20).coefficients
    theirs = np.array(other.getPsiHns())
    difference = np.abs(ours[: theirs.size] - theirs).max()
    print(f"largest difference of Hermite coefficients {difference:.1e}")
    assert difference < 5e-3 * np.abs(theirs).max()
