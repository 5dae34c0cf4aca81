"""Tests that an estimate must pass, each printed with its threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estimation.engine.krige import Problem, domain_names
from estimation.exploratory.capping import metal_removed_share
from estimation.models.layers import GEOMETRY, GEOMETRY_LAYER
from estimation.models.store_read import VintageReader
from estimation.models.tile_statistics import statistic
from estimation.results import Check
from estimation.statement.classification import classify
from estimation.validation.cross_validation import CrossValidation, cross_validate
from estimation.validation.witness import LIMIT, Testimony
from geo.drillholes.composite import Composites


@dataclass(frozen=True)
class Rule:
    """One test's thresholds: |value - target| within ``passing``, or within ``marginal``."""

    test: str
    label_zh: str
    label_en: str
    target: float
    passing: float
    marginal: float

    def judge(self, value: float, element: str, domain: str = "all") -> Check:
        """Return the verdict on one value."""
        off = abs(value - self.target)
        verdict = "pass" if off <= self.passing else "marginal" if off <= self.marginal else "fail"
        rule = f"|value - {self.target:g}| <= {self.passing:g} pass, <= {self.marginal:g} marginal"
        return Check(self.test, self.label_zh, self.label_en, domain, element, value, rule, verdict)


GLOBAL_BIAS = Rule(
    "global_bias",
    "总体偏差:克里格均值与最近邻均值之比减 1",
    "Global bias: mean of kriging over mean of nearest neighbour, less 1",
    0.0,
    0.05,
    0.10,
)
SECOND_METHOD = Rule(
    "second_method",
    "第二方法:克里格均值与距离平方反比均值之比减 1",
    "Second method: mean of kriging over mean of inverse distance squared, less 1",
    0.0,
    0.05,
    0.10,
)
CROSS_MEAN = Rule(
    "cross_mean_error",
    "交叉验证(逐孔)平均误差/均值",
    "Cross-validation by hole: mean error over mean",
    0.0,
    0.05,
    0.10,
)
CROSS_SLOPE = Rule(
    "cross_slope",
    "交叉验证回归斜率",
    "Cross-validation by hole: slope of regression",
    1.0,
    0.1,
    0.25,
)
CROSS_SPREAD = Rule(
    "cross_standardized_variance",
    "交叉验证标准化误差方差",
    "Cross-validation by hole: variance of standardized errors",
    1.0,
    0.2,
    0.5,
)
NEGATIVE_WEIGHTS = Rule(
    "negative_weights",
    "负权超过 5% 的块所占比例",
    "Share of blocks whose negative weights exceed 5 %",
    0.0,
    0.05,
    0.20,
)
CAPPED_METAL = Rule(
    "capped_metal",
    "特高品位处理去除的金属比例",
    "Metal removed by top cuts",
    0.0,
    0.05,
    0.10,
)
WITNESS = Rule(
    "witness",
    "独立复核(PyKrige)最大相对差",
    "Independent witness: largest relative difference",
    0.0,
    LIMIT,
    LIMIT,
)


MEANS = ("estimate", "inverse_distance", "nearest")


def block_means(model: VintageReader, problem: Problem) -> dict[str, dict[str, float]]:
    """Means of OK, ID2 and NN over classified blocks, no cut-off, for each element.

    Also ``blocks`` (how many) and ``heavy_negative_share`` (negative weights beyond 5 %).
    """
    plan = problem.plan
    sums = {name: dict.fromkeys((*MEANS, "blocks", "heavy"), 0.0) for name in plan.elements}
    wanted = {
        GEOMETRY_LAYER: GEOMETRY,
        **dict.fromkeys(plan.elements, (*MEANS, "negative_weights")),
    }
    wanted[plan.main_element] = (*MEANS, "negative_weights", "holes", "slope")
    for index in np.flatnonzero(statistic(model.statistics(plan.main_element), "estimated") > 0):
        found = model.read(model.grid.tile(int(index)).slices, wanted)
        distance = found[GEOMETRY_LAYER]["mean_distance_m"]
        classified = classify(found[plan.main_element], distance, plan.classification) > 0
        for name, total in sums.items():
            inside = classified & ~np.isnan(found[name]["estimate"])
            total["blocks"] += float(inside.sum())
            for mean in MEANS:
                total[mean] += float(found[name][mean][inside].sum())
            total["heavy"] += float((found[name]["negative_weights"][inside] < -0.05).sum())
    for total in sums.values():
        count = max(total["blocks"], 1.0)
        total["heavy_negative_share"] = total.pop("heavy") / count
        for mean in MEANS:
            total[mean] /= count
    return sums


def validate(
    model: VintageReader,
    problem: Problem,
    tables: dict[str, Composites],
    testimonies: list[Testimony],
) -> tuple[Check, ...]:
    """Every test of every element, in plan order."""
    checks: list[Check] = []
    found = block_means(model, problem)
    for element in problem.plan.elements:
        means = found[element]
        if means["blocks"] and means["nearest"] > 0:
            checks.append(GLOBAL_BIAS.judge(means["estimate"] / means["nearest"] - 1, element))
            checks.append(
                SECOND_METHOD.judge(means["estimate"] / means["inverse_distance"] - 1, element)
            )
            checks.append(NEGATIVE_WEIGHTS.judge(means["heavy_negative_share"], element))
        checks += _cross_checks(cross_validate(problem, element))
        checks += _cap_checks(problem, tables, element)
    for seen in (t for t in testimonies if t.blocks):
        worst = max(seen.largest_estimate_difference, seen.largest_variance_difference)
        checks.append(WITNESS.judge(worst, seen.element))
    return tuple(checks)


def _cross_checks(result: CrossValidation) -> list[Check]:
    """Cross-validation's verdicts; none from fewer than ten composites or from equal grades."""
    if result.true.size < 10 or result.true.std() == 0 or result.estimate.std() == 0:
        return []
    return [
        CROSS_MEAN.judge(result.mean_error_share, result.element),
        CROSS_SLOPE.judge(result.slope, result.element),
        CROSS_SPREAD.judge(result.standardized_variance, result.element),
    ]


def _cap_checks(problem: Problem, tables: dict[str, Composites], element: str) -> list[Check]:
    """How much metal each domain's top cut takes away."""
    plan = problem.plan.elements[element]
    table = tables[plan.source].table
    checks = []
    for domain in domain_names(problem.plan):
        part = table[(table["domain"] == domain) & table[element].notna()]
        if domain in plan.caps and len(part) and part[element].sum() > 0:
            removed = metal_removed_share(
                part[element].to_numpy(), part["length_m"].to_numpy(), plan.caps[domain]
            )
            checks.append(CAPPED_METAL.judge(removed, element, domain))
    return checks
