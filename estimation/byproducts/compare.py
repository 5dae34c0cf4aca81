"""Which way of estimating a by-product is best, by its errors at samples left out, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.byproducts.methods import METHODS, Bench, estimates
from estimation.byproducts.standards import rules
from estimation.engine.cokriging import along_own, common_holes
from estimation.plan import CLASSES, ClassName
from estimation.statement.standards import standard
from estimation.studies import Words

Floats = npt.NDArray[np.float64]

NAMES = {
    "own": Words("单独普通克里格", "ordinary kriging alone"),
    "true_support": Words("真实承载克里格", "kriging at true support"),
    "cokriging": Words("协同克里格", "cokriging"),
    "collocated": Words("同位协同克里格", "collocated cokriging"),
    "regression": Words("回归", "regression"),
    "domain_factor": Words("矿化域平均品位", "domain factor"),
}


@dataclass(frozen=True)
class Score:
    """Errors of one method at the same targets as all others, in the element's unit."""

    method: str
    samples: int
    rmse: float
    mae: float
    bias: float
    """Mean of estimate minus sample."""
    slope: float
    """Of the regression of sample on estimate; NaN where estimates are all alike."""
    correlation: float
    rmse_kept: float
    """RMSE where the hole was left out for the by-product alone."""
    expected: float
    """Of both RMSE by the share of the partner's holes that have the by-product."""


@dataclass(frozen=True)
class Comparison:
    """One by-product in one domain: support, errors by method, what is recommended and why."""

    domain: str
    samples: int
    holes: int
    partner_holes: int
    correlation: float
    """With the partner along the same samples; NaN where none has both."""
    scores: tuple[Score, ...]
    recommended: str
    class_limit: ClassName
    reasons: tuple[Words, ...]


def compare(bench: Bench, source: str, stage: str, main_limit: ClassName) -> Comparison:
    """Score every method at samples left out by hole, and recommend one.

    ``source``: ``basic`` or ``combined``; ``stage``: exploration stage of the plan;
    ``main_limit``: the surest class of the main element, which no by-product exceeds.
    """
    own, partner = bench.own, bench.partner
    holes, partner_holes = common_holes(own, partner)
    both = np.intersect1d(holes, partner_holes).size
    share = both / max(np.unique(partner_holes).size, 1)
    out = estimates(bench, keep_partner=False)
    kept = estimates(bench, keep_partner=True)
    scores = score(own.values, out, kept, share)
    beside = along_own(own, partner)
    known = np.isfinite(beside)
    vary = known.sum() > 2 and np.ptp(beside[known]) > 0 and np.ptp(own.values[known]) > 0
    r = float(np.corrcoef(own.values[known], beside[known])[0, 1]) if vary else float("nan")
    chosen, reasons = recommend(scores, len(own), share, r, stage)
    limit, why = class_limit(chosen, source, main_limit)
    return Comparison(
        bench.domain,
        len(own),
        int(np.unique(holes).size),
        int(np.unique(partner_holes).size),
        r,
        scores,
        chosen,
        limit,
        (*reasons, why),
    )


def score(
    true: Floats, out: dict[str, Floats], kept: dict[str, Floats], share: float
) -> tuple[Score, ...]:
    """Errors of each method where all have an estimate; methods without any are left out."""
    named = [m for m in METHODS if m in out and np.isfinite(out[m]).any()]
    same = np.isfinite(true)
    for method in named:
        same &= np.isfinite(out[method]) & np.isfinite(kept[method])
    if not same.any():
        return ()
    found = []
    for method in named:
        z, error = out[method][same], out[method][same] - true[same]
        near = float(np.sqrt(np.mean((kept[method][same] - true[same]) ** 2)))
        rmse = float(np.sqrt(np.mean(error**2)))
        # means of what is left out say nothing by their slope: a sample taken out lowers its mean
        spread = method != "domain_factor" and np.ptp(z) > 0 and same.sum() > 2
        covariance = np.cov(true[same], z) if spread else np.full((2, 2), np.nan)
        r = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
        found.append(
            Score(
                method,
                int(same.sum()),
                rmse,
                float(np.abs(error).mean()),
                float(error.mean()),
                float(covariance[0, 1] / covariance[1, 1]),
                float(r),
                near,
                share * rmse + (1.0 - share) * near,
            )
        )
    return tuple(found)


def recommend(
    scores: tuple[Score, ...], samples: int, share: float, correlation: float, stage: str
) -> tuple[str, tuple[Words, ...]]:
    """A method and the reasons for it, by the rules of ``by_products.yaml``."""
    limits = rules()["recommendation"]
    fewest = int(limits["fewest_composites"]["value"])
    least = float(limits["correlation"]["value"])
    if samples < fewest or not scores:
        text = (f"样品 {samples} 个，少于 {fewest}", f"{samples} samples, fewer than {fewest}")
        return "domain_factor", (Words(text[0] + ":取平均品位", text[1] + ": a domain factor"),)
    allowed = [s for s in scores if s.method in ("regression", "domain_factor")]
    reasons: list[Words] = []
    if stage in standard("gate")["stages"]:
        allowed = list(scores)
    else:
        reasons.append(
            Words(
                "勘查阶段低于详查：不用地质统计学法", "stage below 详查: no geostatistical method"
            )
        )
    if not correlation >= least:
        shown = f"r = {correlation:.2f} < {least}"
        allowed = [s for s in allowed if s.method != "regression"]
        reasons.append(Words(f"{shown}：不用回归", f"{shown}: no regression"))
    chosen = _simplest_of_the_best(allowed, float(limits["better_by_pct"]["value"]))
    reasons.insert(0, _why(chosen, scores, samples, share, correlation))
    return chosen.method, tuple(reasons)


def _simplest_of_the_best(allowed: list[Score], margin_pct: float) -> Score:
    """The first method whose expected error no other betters by more than the margin."""
    best = min(s.expected for s in allowed)
    return next(s for s in allowed if s.expected <= best * (1.0 + margin_pct / 100.0))


def _why(
    chosen: Score, scores: tuple[Score, ...], samples: int, share: float, correlation: float
) -> Words:
    """Why a method is recommended, in figures."""
    own = next((s for s in scores if s.method == "own"), chosen)
    gain = 100.0 * (1.0 - chosen.expected / own.expected) if own.expected > 0 else 0.0
    name = NAMES[chosen.method]
    return Words(
        f"{name.zh}：按钻孔交叉验证的期望 RMSE {chosen.expected:.4g}(单独克里格 {own.expected:.4g},"
        f"降低 {gain:.0f} %);样品 {samples} 个,{share:.0%} 的钻孔有该元素，r = {correlation:.2f}",
        f"{name.en}: expected RMSE {chosen.expected:.4g} by hole ({own.expected:.4g} kriged alone, "
        f"{gain:.0f} % less); {samples} samples, {share:.0%} of holes have it, "
        f"r = {correlation:.2f}",
    )


def class_limit(method: str, source: str, main_limit: ClassName) -> tuple[ClassName, Words]:
    """The surest class that a by-product's support bears, never surer than the main element's."""
    limits = rules()["class_limits"]
    limit: ClassName = main_limit
    words = Words("类别不高于主元素", "no surer than the main element")
    cap = limits.get(method, limits["combined"] if source == "combined" else None)
    if cap is not None and CLASSES.index(cap) >= CLASSES.index(limit):
        limit = cap
        what = method if method in limits else "combined"
        zh = {"combined": "仅有组合分析", "regression": "由回归推算", "domain_factor": "取平均品位"}
        en = {
            "combined": "combined samples only",
            "regression": "from a regression",
            "domain_factor": "a mean grade",
        }
        names = {"measured": "探明", "indicated": "控制", "inferred": "推断"}
        words = Words(f"{zh[what]}：最高为{names[limit]}", f"{en[what]}: {limit} at best")
    return limit, words
