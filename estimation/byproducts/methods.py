"""Every way of estimating a by-product, at its own samples, each sample's hole left out.

All methods predict at the middle of the same samples, so that their errors can be set side by side.
A hole is left out in two ways: altogether (ground without a hole), and for the by-product alone
(ground near a hole that was assayed for the partner, the common case of an under-sampled element).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.byproducts.regression import fit_regression, predict
from estimation.engine.cokriging import (
    Pair,
    Targets,
    along_own,
    common_holes,
    estimate_pair,
    partner_at,
)
from estimation.engine.krige import Problem
from estimation.engine.visit import Samples, visit_of
from estimation.errors import EstimationError
from estimation.models.layers import FIELDS
from estimation.plan import Choices, Coregionalisation, Partner, SharedStructure, Variogram
from estimation.variography.coregionalisation import SampledPair, fit_coregionalisation

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHODS = ("own", "true_support", "cokriging", "collocated", "regression", "domain_factor")
"""From the one that leans least on anything else."""
ESTIMATE = FIELDS.index("estimate")


@dataclass(frozen=True)
class Bench:
    """One by-product and its partner in one domain, and how each would be estimated."""

    domain: str
    own: Samples
    partner: Samples
    choices: Choices
    """Kriging of the element alone; its ``partner`` where cokriging is to be tried."""
    partner_choices: Choices
    point_choices: Choices | None = None
    """The same under a variogram of points, for samples at their true support."""
    supported: Samples | None = None
    """Own samples with points along their members."""
    coregionalisation: Literal["planned", "fitted", "intrinsic"] = "planned"
    """Where the model of both elements comes from."""


def intrinsic_model(
    shape: Variogram, variance: float, correlation: float, partner_variance: float
) -> Coregionalisation:
    """Coregionalization of one shape for both elements (Wackernagel 2003, chapter 22).

    Sills are the shape's shares of each variance, across by the correlation: positive
    semi-definite by construction. A start, where no model was fitted to cross-variograms.
    """
    cross = correlation * float(np.sqrt(variance * partner_variance))
    whole = np.array([variance, cross, partner_variance]) / shape.total_sill

    def sills(sill: float) -> tuple[float, float, float]:
        own, across, other = (sill * whole).tolist()
        return own, across, other

    return Coregionalisation(
        nuggets=sills(shape.nugget),
        structures=tuple(
            SharedStructure(model=s.model, ranges_m=s.ranges_m, sills=sills(s.sill))
            for s in shape.structures
        ),
        orientation=shape.orientation,
    )


def bench_of(problem: Problem, name: str, partner: str, domain_code: int) -> Bench:
    """A by-product and its partner in a domain, with a model of both.

    The plan's coregionalization; without one, a model fitted to direct and cross-variograms or an
    intrinsic one, whichever predicts samples better whose hole has the partner alone.

    Raises
    ------
    EstimationError
        The partner is the element itself, or one of both has no samples in the domain.
    """
    plan = problem.plan
    domain = plan.domains.names[domain_code - 1]
    own, other = (
        s.take(s.usable_in(domain_code)) for s in (problem.elements[n] for n in (name, partner))
    )
    if name == partner or not len(own) or not len(other):
        raise EstimationError(
            f"{name} beside {partner}, domain {domain}: {len(own)} and {len(other)} samples; "
            "choose another partner / 该域内没有可比的样品"
        )
    choices = plan.elements[name].choices_of(domain)
    beside = plan.elements[partner].choices_of(domain)
    bench = Bench(domain, own, other, choices, beside)
    if choices.partner is None or choices.partner.element != partner:
        return _with_a_model(bench, partner)
    return bench


def _with_a_model(bench: Bench, partner: str) -> Bench:
    """The bench with the fitted or the intrinsic coregionalization, by cross-validation."""
    variances = float(np.var(bench.own.values)), float(np.var(bench.partner.values))
    r = _correlation(bench.own, bench.partner)
    most = bench.choices.search[-1].max_samples

    def leaning(model: Coregionalisation, source: Literal["fitted", "intrinsic"]) -> Bench:
        beside = Partner(element=partner, model=model, max_samples=most)
        choices = bench.choices.model_copy(update={"partner": beside, "method": "cokriging"})
        return replace(bench, choices=choices, coregionalisation=source)

    shape = bench.partner_choices.variogram
    plain = leaning(intrinsic_model(shape, variances[0], r, variances[1]), "intrinsic")
    try:
        fitted = leaning(_fitted_model(bench, shape, variances), "fitted")
    except EstimationError:
        return _as_planned(plain, bench)
    errors = [_error_of(one) for one in (plain, fitted)]
    return _as_planned(fitted if errors[1] < errors[0] else plain, bench)


def _as_planned(bench: Bench, planned: Bench) -> Bench:
    """The bench with the method that the plan has."""
    method = planned.choices.method
    return replace(bench, choices=bench.choices.model_copy(update={"method": method}))


def _fitted_model(
    bench: Bench, shape: Variogram, variances: tuple[float, float]
) -> Coregionalisation:
    """Sills fitted at the element's own samples, where the partner has the same support."""
    own = bench.own
    apart, _ = cKDTree(own.xyz_m).query(own.xyz_m, k=min(2, len(own)))
    length_m = float(np.median(np.asarray(apart).reshape(len(own), -1)[:, -1]))
    both = np.column_stack([own.values, along_own(own, bench.partner)])
    pair = SampledPair(own.xyz_m, both, own.holes, max(length_m, 1.0))
    return fit_coregionalisation(pair, shape, variances)


def _error_of(bench: Bench) -> float:
    """RMSE of cokriging at own samples, their hole left out for the element alone."""
    holes, _ = common_holes(bench.own, bench.partner)
    at = Targets(bench.own.xyz_m, np.zeros((1, 3)), np.ones(1), holes, keep_partner=True)
    pair = Pair(bench.own, bench.partner, bench.choices, bench.partner_choices, np.zeros(3))
    error = estimate_pair(pair, at)[:, ESTIMATE] - bench.own.values
    known = np.isfinite(error)
    return float(np.sqrt(np.mean(error[known] ** 2))) if known.any() else float("inf")


def _correlation(own: Samples, partner: Samples) -> float:
    """Pearson correlation along the element's own samples; 0 where it can't be had."""
    beside = along_own(own, partner)
    both = np.isfinite(beside)
    if both.sum() < 3 or np.ptp(beside[both]) == 0 or np.ptp(own.values[both]) == 0:
        return 0.0
    return float(np.corrcoef(own.values[both], beside[both])[0, 1])


def estimates(bench: Bench, *, keep_partner: bool) -> dict[str, Floats]:
    """Estimate at every own sample by each method, its hole left out; (n,), NaN where none."""
    holes, _ = common_holes(bench.own, bench.partner)
    at = Targets(bench.own.xyz_m, np.zeros((1, 3)), np.ones(1), holes, keep_partner)
    found = {"own": krige_alone(bench.own, bench.choices, holes)}
    if bench.supported is not None and bench.point_choices is not None:
        found["true_support"] = krige_alone(bench.supported, bench.point_choices, holes)
    for method in ("cokriging", "collocated"):
        choices = bench.choices.model_copy(update={"method": method})
        pair = Pair(bench.own, bench.partner, choices, bench.partner_choices, np.zeros(3))
        found[method] = estimate_pair(pair, at)[:, ESTIMATE]
    pair = Pair(bench.own, bench.partner, bench.choices, bench.partner_choices, np.zeros(3))
    found["regression"] = _by_regression(bench, partner_at(pair, at), holes)
    found["domain_factor"] = _by_factor(bench.own.values, holes)
    return found


def krige_alone(own: Samples, choices: Choices, holes: Ints) -> Floats:
    """Kriging of an element alone at its samples' middles, each hole left out."""
    origin = own.xyz_m.mean(axis=0)
    visit = visit_of({"own": choices}, (1.0, 1.0, 1.0), (1, 1, 1), origin).of_points()
    samples = visit.kernel_samples(own)._replace(holes=holes)
    found = visit.krige(samples, own.xyz_m, np.arange(len(own) + 1), holes)[0]
    return np.asarray(found[:, ESTIMATE])


def _by_regression(bench: Bench, partner: Floats, holes: Ints) -> Floats:
    """A linear regression of the other holes, at the partner's kriged grade."""
    beside = along_own(bench.own, bench.partner)
    found = np.full(len(bench.own), np.nan)
    for hole in np.unique(holes):
        rest, here = holes != hole, holes == hole
        try:
            fit = fit_regression(beside[rest], bench.own.values[rest], "partner", "linear")
        except EstimationError:
            continue
        found[here] = predict(fit.regression, partner[here])
    return found


def _by_factor(values: Floats, holes: Ints) -> Floats:
    """Mean of the samples of all other holes."""
    total = np.bincount(holes, values)
    count = np.bincount(holes)
    left = np.maximum(len(values) - count[holes], 1)
    return np.where(len(values) > count[holes], (values.sum() - total[holes]) / left, np.nan)


def with_support(bench: Bench, points_m: Floats, variogram: Variogram) -> Bench:
    """The bench with own samples at their true support under a variogram of points."""
    samples = replace(bench.own, points_m=points_m)
    return replace(
        bench,
        supported=samples,
        point_choices=bench.choices.model_copy(update={"variogram": variogram}),
    )
