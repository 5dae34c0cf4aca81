"""By-products of a proposed plan: the method that errs least at samples left out, and its class."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from estimation.byproducts.compare import NAMES, Comparison, compare
from estimation.byproducts.methods import Bench, bench_of, with_support
from estimation.byproducts.regression import fit_regression
from estimation.byproducts.standards import rules, symbol
from estimation.byproducts.support import FEWEST_SAMPLES, deregularise
from estimation.deposit import DepositData
from estimation.engine.cokriging import along_own
from estimation.engine.krige import Problem, prepare
from estimation.engine.visit import Samples
from estimation.errors import EstimationError
from estimation.exploratory.declustering import declustering_weights, weighted_mean_and_variance
from estimation.plan import CLASSES, ClassName, Coregionalisation, DerivedPlan, Plan, Variogram
from estimation.proposal.elements import domain_grades
from estimation.proposal.reasons import Reasons, two_languages
from estimation.statement.standards import standard
from estimation.variography.coregionalisation import SampledPair, fit_coregionalisation
from geo.drillholes.combined import member_points
from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]
LAGS = 15


@dataclass(frozen=True)
class ByProduct:
    """One by-product judged: the comparison, and what each method would need in the plan."""

    name: str
    partner: str
    bench: Bench
    found: Comparison
    point: Variogram | None
    """Of points, where the element rests on combined samples and one could be found."""


@dataclass
class Decided:
    """What becomes of the by-products in the plan."""

    plan: Plan
    told: Reasons
    judged: dict[str, ByProduct] = field(default_factory=dict)


def plan_by_products(
    data: DepositData, plan: Plan, samples: dict[str, Composites], told: Reasons
) -> Plan:
    """The plan with every by-product's method, class limit and reasons.

    An element sampled in most intervals is kriged by itself; the others are compared by leaving
    holes out. One element's trouble is a remark: it keeps its own kriging, Indicated at best.
    """
    names = [n for n in plan.elements if n != plan.main_element]
    if not names:
        return plan
    points = int(standard("proposal")["by_products"]["points"])
    combined = samples.get("combined")
    if combined is not None and len(combined.table):
        combined = member_points(combined, data.drillholes, points)
    problem = prepare(data.grid, plan, samples["basic"], combined)
    work = Decided(plan, told)
    for name in names:
        try:
            _judge(work, problem, name)
        except EstimationError as error:
            words = two_languages(error)
            _limit(work, name, "indicated")
            told.because(f"elements.{name}.class_limit", f"未能比较方法:{words.zh}",
                         f"methods could not be compared: {words.en}")  # fmt: skip
    _settle_support(work)
    for name in list(work.judged):
        _apply(work, problem, name, samples)
    return Plan.model_validate(work.plan.model_dump())


def _judge(work: Decided, problem: Problem, name: str) -> None:
    """Settle a well sampled element at once; compare the methods for the others."""
    plan, told = work.plan, work.told
    others = [n for n, e in plan.elements.items() if n != name and e.source == "basic"
              and e.method == "ordinary"]  # fmt: skip
    code = _busiest(problem.elements[name], len(plan.domains.names))
    if plan.elements[name].method != "ordinary" or not others:
        _limit(work, name, "inferred" if plan.elements[name].method != "ordinary" else "indicated")
        told.because(f"elements.{name}.class_limit", "无可比的主元素或无变异函数",
                     "no variogram, or no other element to lean on")  # fmt: skip
        return
    share = _sampled_share(problem, name, plan.main_element)
    least = float(rules()["recommendation"]["under_sampled_share"]["value"])
    if plan.elements[name].source == "basic" and share >= least:
        limit = plan.elements[plan.main_element].class_limit
        _limit(work, name, limit)
        told.because(
            f"elements.{name}.method",
            f"{share:.0%} 的主元素样品有此元素(不少于 {least:.0%})：样品充足，单独普通克里格",
            f"in {share:.0%} of the main element's samples (at least {least:.0%}): sampled enough "
            "for ordinary kriging of its own",
        )
        told.because(f"elements.{name}.class_limit", "类别不高于主元素",
                     "no surer than the main element")  # fmt: skip
        return
    own = problem.elements[name].take(problem.elements[name].usable_in(code))
    partner = max(others, key=lambda n: _likeness(own, problem.elements[n], code))
    bench, point = _bench(problem, name, partner, code)
    limit = plan.elements[plan.main_element].class_limit
    found = compare(bench, plan.elements[name].source, plan.stage, limit)
    work.judged[name] = ByProduct(name, partner, bench, found, point)


def _busiest(samples: Samples, domains: int) -> int:
    """Number of the domain with the most samples."""
    return max(range(1, domains + 1), key=lambda code: int((samples.domains == code).sum()))


def _sampled_share(problem: Problem, name: str, main: str) -> float:
    """Samples of an element over those of the main one."""
    return len(problem.elements[name]) / max(len(problem.elements[main]), 1)


def _likeness(own: Samples, other: Samples, code: int) -> float:
    """Size of the correlation along own samples in a domain; 0 where it can't be had."""
    beside = along_own(own, other.take(other.usable_in(code)))
    both = np.isfinite(beside)
    if both.sum() < 3 or np.ptp(beside[both]) == 0 or np.ptp(own.values[both]) == 0:
        return 0.0
    return abs(float(np.corrcoef(own.values[both], beside[both])[0, 1]))


def _bench(problem: Problem, name: str, partner: str, code: int) -> tuple[Bench, Variogram | None]:
    """What the methods are compared on: a fitted coregionalization, true support where it counts.

    Of many samples only some along each hole are looked at: the comparison stays quick.
    """
    one = bench_of(problem, name, partner, code)
    model = _coregionalisation(one)
    if model is not None:
        leaning = one.choices.partner
        assert leaning is not None
        fitted = leaning.model_copy(update={"model": model})
        one = replace(one, choices=one.choices.model_copy(update={"partner": fitted}))
    points = one.own.points_m
    point = None
    if points.shape[1] > 1:
        if len(one.own) >= FEWEST_SAMPLES:
            farthest = max(max(s.ranges_m) for s in one.choices.variogram.structures)
            edges = np.linspace(0.0, 1.2 * farthest, LAGS)
            try:
                point = deregularise(one.own, one.choices.variogram, edges).variogram
            except EstimationError:
                point = None
        if point is not None:
            one = with_support(one, points, point)
        one = replace(one, own=replace(one.own, points_m=one.own.xyz_m[:, None].copy()))
    return _thinned(one), point


def _coregionalisation(one: Bench) -> Coregionalisation | None:
    """A linear model on the partner's structures; None where too few samples have both."""
    beside = along_own(one.own, one.partner)
    values = np.column_stack([one.own.values, beside])
    apart = np.linalg.norm(one.own.points_m[:, -1] - one.own.points_m[:, 0], axis=1)
    points = one.own.points_m.shape[1]
    support = float(np.median(apart)) * points / (points - 1) if points > 1 else 0.0
    if not support > 0:
        support = _step(one.own)
    variances = tuple(_variance(s) for s in (one.own, one.partner))
    try:
        return fit_coregionalisation(
            SampledPair(one.own.xyz_m, values, one.own.holes, support),
            one.partner_choices.variogram,
            (variances[0], variances[1]),
        )
    except EstimationError:
        return None


def _step(samples: Samples) -> float:
    """Usual distance from a sample to the next one of its hole, metres."""
    apart = np.linalg.norm(np.diff(samples.xyz_m, axis=0), axis=1)
    same = samples.holes[1:] == samples.holes[:-1]
    return float(np.median(apart[same])) if same.any() else 1.0


def _variance(samples: Samples) -> float:
    """Declustered variance."""
    weights = declustering_weights(samples.xyz_m, samples.holes)
    return weighted_mean_and_variance(samples.values, weights)[1]


def _thinned(one: Bench) -> Bench:
    """The bench with every second (third ...) sample along the holes, until there are few enough.

    Holes stay where they are: what a method gains from near holes must not change.
    """
    most = int(standard("proposal")["by_products"]["most_samples"])
    if len(one.own) <= most:
        return one
    kept = np.zeros(len(one.own), bool)
    kept[:: int(np.ceil(len(one.own) / most))] = True
    supported = None if one.supported is None else one.supported.take(kept)
    return replace(one, own=one.own.take(kept), supported=supported)


_BY_THE_MIDDLE = {
    "leaning": (
        "有元素用协同克里格，其模型为组合样承载",
        "some are cokriged, under a model of whole samples",
    ),
    "no gain": (
        "真实承载未降低误差",
        "their true support gains nothing at samples left out",
    ),
}
"""Why combined samples are taken by their middle, zh and en."""


def _settle_support(work: Decided) -> None:
    """Points along combined samples: for all of them or for none, as the plan has one number."""
    long = {n: j for n, j in work.judged.items() if work.plan.elements[n].source == "combined"}
    wanted = [n for n, j in long.items() if j.found.recommended == "true_support"]
    leaning = [n for n, j in long.items() if j.found.recommended in ("cokriging", "collocated")]
    kriged = [n for n, j in long.items() if j.found.recommended in ("own", "true_support")]
    if not wanted or leaning or any(long[n].point is None for n in kriged):
        if long:
            why = _BY_THE_MIDDLE["leaning" if leaning else "no gain"]
            work.told.because("sample_points", f"组合样按中点：{why[0]}",
                              f"combined samples by their middle: {why[1]}")  # fmt: skip
        return
    count = int(standard("proposal")["by_products"]["points"])
    points = work.plan.sample_points.model_copy(update={"combined": count})
    elements = dict(work.plan.elements)
    for name in kriged:
        elements[name] = elements[name].model_copy(update={"variogram": long[name].point})
        work.told.because(
            f"elements.{name}.variogram",
            "反正则化为点承载模型(沿组合样取点求平均协方差)",
            "deregularized to a model of points (covariances averaged along the combined sample)",
        )
    work.plan = work.plan.model_copy(update={"sample_points": points, "elements": elements})
    work.told.because(
        "sample_points",
        f"组合样各取 {count} 点，按真实承载克里格：{', '.join(wanted)} 误差更小",
        f"{count} points along each combined sample, kriged at its true support: smaller errors "
        f"for {', '.join(wanted)}",
    )


def _apply(work: Decided, problem: Problem, name: str, samples: dict[str, Composites]) -> None:
    """Put one comparison's recommendation into the plan."""
    one = work.judged[name]
    method, told = one.found.recommended, work.told
    path = f"elements.{name}"
    if method in ("regression", "domain_factor"):
        derived = _derived(work.plan, one, samples)
        if derived is not None:
            elements = {n: e for n, e in work.plan.elements.items() if n != name}
            derived_all = {**work.plan.derived, name: derived}
            update = {"elements": elements, "derived": derived_all}
            work.plan = work.plan.model_copy(update=update)
            told.forget(path)
            path = f"derived.{name}"
    for words in one.found.reasons[:-1]:
        told.because(f"{path}.method", words.zh, words.en)
    told.because(f"{path}.method", *_scores(one))
    if name not in work.plan.elements:
        told.because(f"{path}.class_limit", one.found.reasons[-1].zh, one.found.reasons[-1].en)
        return
    if method in ("cokriging", "collocated"):
        element = work.plan.elements[name].model_copy(
            update={"method": method, "partner": one.bench.choices.partner, "by_domain": {}}
        )
        work.plan = _with(work.plan, name, element)
        told.forget(f"{path}.by_domain")
        told.because(
            f"{path}.partner",
            f"线性协区域化模型，以 {one.partner} 的结构拟合，由构造保证半正定",
            f"a linear model of coregionalization on the structures of {one.partner}, positive "
            "semi-definite by construction",
        )
    limit = one.found.class_limit
    words = one.found.reasons[-1]
    share = one.found.holes / max(one.found.partner_holes, 1)
    if share < rules()["recommendation"]["under_sampled_share"]["value"]:
        limit = max(limit, "indicated", key=CLASSES.index)
        told.because(f"{path}.class_limit", f"仅 {share:.0%} 的钻孔有此元素",
                     f"in {share:.0%} of the holes only")  # fmt: skip
    _limit(work, name, limit)
    told.because(f"{path}.class_limit", words.zh, words.en)


def _scores(one: ByProduct) -> tuple[str, str]:
    """Errors of every method in one line, zh and en."""
    scores = sorted(one.found.scores, key=lambda s: s.expected)
    zh = "，".join(f"{NAMES[s.method].zh} {s.expected:.4g}" for s in scores)
    en = ", ".join(f"{NAMES[s.method].en} {s.expected:.4g}" for s in scores)
    n = scores[0].samples if scores else 0
    return (f"期望误差({n} 个样品，协同元素 {one.partner})：{zh}",
            f"expected errors ({n} samples, partner {one.partner}): {en}")  # fmt: skip


def _derived(plan: Plan, one: ByProduct, samples: dict[str, Composites]) -> DerivedPlan | None:
    """A regression on the partner, or the domains' means; None where a regression fails."""
    name = one.name
    if one.found.recommended == "domain_factor":
        grades = domain_grades(name, samples[plan.elements[name].source], plan.domains.names)
        return DerivedPlan(
            method="domain_factor", factors=grades, class_limit=one.found.class_limit, reason="-"
        )
    bench = one.bench
    x = along_own(bench.supported or bench.own, bench.partner)
    form = "log_log" if symbol(name) == "re" else "linear"
    try:
        fit = fit_regression(x, bench.own.values, one.partner, form)  # type: ignore[arg-type]
    except EstimationError:
        return None
    return DerivedPlan(
        method="regression",
        regression=fit.regression,
        class_limit=one.found.class_limit,
        reason="-",
    )


def _limit(work: Decided, name: str, limit: ClassName) -> None:
    """Set an element's class limit."""
    element = work.plan.elements[name].model_copy(update={"class_limit": limit})
    work.plan = _with(work.plan, name, element)


def _with(plan: Plan, name: str, element: object) -> Plan:
    """The plan with one element changed."""
    return plan.model_copy(update={"elements": {**plan.elements, name: element}})
