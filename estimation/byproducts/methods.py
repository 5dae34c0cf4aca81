"""Every way of estimating a by-product, at its own samples, each sample's hole left out.

All methods predict at the middle of the same samples, so that their errors can be set side by side.
A hole is left out in two ways: altogether (ground without a hole), and for the by-product alone
(ground near a hole that was assayed for the partner, the common case of an under-sampled element).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

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
    """A by-product and its partner in a domain; the plan's coregionalization, or an intrinsic one.

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
    if choices.partner is None or choices.partner.element != partner:
        model = intrinsic_model(
            beside.variogram,
            float(np.var(own.values)),
            _correlation(own, other),
            float(np.var(other.values)),
        )
        most = choices.search[-1].max_samples
        leaning = Partner(element=partner, model=model, max_samples=most)
        choices = choices.model_copy(update={"partner": leaning})
    return Bench(domain, own, other, choices, beside)


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
