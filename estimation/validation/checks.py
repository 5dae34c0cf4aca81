"""Tests that an estimate must pass, each printed with its threshold."""

from __future__ import annotations

import numpy as np

from estimation.engine.krige import Problem, domain_names
from estimation.exploratory.capping import metal_removed_share
from estimation.exploratory.declustering import declustering_weights
from estimation.models.store_read import VintageReader
from estimation.results import Check, ResourceStatement
from estimation.validation.cross_validation import CrossValidation, cross_validate
from estimation.validation.rules import Rule, rule
from estimation.validation.swaths import Swath, swath, swath_axes
from estimation.validation.walk import Seen, walk
from estimation.validation.witness import LIMIT, Testimony
from geo.drillholes.composite import Composites

GLOBAL_BIAS = rule("global_bias")
DECLUSTERED_BIAS = rule("declustered_bias")
SECOND_METHOD = rule("second_method")
SWATHS = rule("swath_correlation")
CROSS_MEAN = rule("cross_mean_error")
CROSS_SLOPE = rule("cross_slope")
CROSS_STANDARD_MEAN = rule("cross_standardized_mean")
CROSS_SPREAD = rule("cross_standardized_variance")
CROSS_COVERAGE = rule("cross_coverage")
NEGATIVE_WEIGHTS = rule("negative_weights")
NEGATIVE_BLOCKS = rule("negative_blocks")
FAR_BLOCKS = rule("far_blocks")
SMOOTHING = rule("smoothing")
MONOTONE = rule("monotone")
CAPPED_METAL = rule("capped_metal")
CAPPED_PRECIOUS = rule("capped_precious")
WITNESS = Rule(
    "witness",
    "独立复核(PyKrige)最大相对差",
    "Independent witness: largest relative difference",
    0.0,
    LIMIT,
    LIMIT,
)
PRECIOUS = ("au", "ag")
"""Elements whose top cuts may take more."""


def validate(
    model: VintageReader,
    problem: Problem,
    tables: dict[str, Composites],
    testimonies: list[Testimony],
) -> tuple[Check, ...]:
    """Every test of every element, in plan order."""
    checks: list[Check] = []
    for element in problem.plan.elements:
        checks += block_checks(problem, element, look_at_blocks(model, problem, element))
        checks += cross_checks(cross_validate(problem, element))
        checks += _cap_checks(problem, tables, element)
    for seen in (t for t in testimonies if t.blocks):
        worst = max(seen.largest_estimate_difference, seen.largest_variance_difference)
        checks.append(WITNESS.judge(worst, seen.element))
    return tuple(checks)


def look_at_blocks(model: VintageReader, problem: Problem, element: str) -> Seen:
    """Walk the model along every axis of its swaths."""
    return walk(model, problem, element, swath_axes(problem, element))


def swaths_of(problem: Problem, element: str, seen: Seen) -> tuple[Swath, ...]:
    """Swaths of one element along every axis that was walked."""
    samples = problem.elements[element]
    weights = declustering_weights(samples.xyz_m, samples.holes)
    axes = [axis for axis in swath_axes(problem, element) if axis.name in seen.swaths]
    return tuple(swath(axis, seen.swaths[axis.name], samples, weights) for axis in axes)


def block_checks(problem: Problem, element: str, seen: Seen) -> list[Check]:
    """Tests of an element's blocks; none where there is no block with a class."""
    means = seen.means
    if not seen.blocks or not means["nearest"] > 0:
        return []
    samples = problem.elements[element]
    weights = declustering_weights(samples.xyz_m, samples.holes)
    mean = float(np.average(samples.values, weights=weights))
    checks = [GLOBAL_BIAS.judge(means["estimate"] / means["nearest"] - 1, element)]
    if mean > 0:
        checks.append(DECLUSTERED_BIAS.judge(means["estimate"] / mean - 1, element))
    checks.append(SECOND_METHOD.judge(means["estimate"] / means["inverse_distance"] - 1, element))
    together = [one.correlation for one in swaths_of(problem, element, seen)]
    if np.isfinite(together).any():
        checks.append(SWATHS.judge(float(np.nanmin(together)), element))
    checks.append(NEGATIVE_WEIGHTS.judge(seen.heavy / seen.blocks, element))
    checks.append(NEGATIVE_BLOCKS.judge(seen.negative / seen.blocks, element))
    if element == problem.plan.main_element:
        checks.append(FAR_BLOCKS.judge(float(seen.far), element))
    return checks


def cross_checks(result: CrossValidation, domain: str = "all") -> list[Check]:
    """Cross-validation's verdicts; none from fewer than ten composites or from equal grades."""
    if not result.tells:
        return []
    found = [
        CROSS_MEAN.judge(result.mean_error_share, result.element, domain),
        CROSS_SLOPE.judge(result.slope, result.element, domain),
    ]
    if result.has_variance:
        found += [
            CROSS_STANDARD_MEAN.judge(result.standardized_mean, result.element, domain),
            CROSS_SPREAD.judge(result.standardized_variance, result.element, domain),
            CROSS_COVERAGE.judge(result.coverage_95, result.element, domain),
        ]
    return found


def monotone_check(statement: ResourceStatement) -> Check:
    """Whether tonnes fall as the cut-off rises (M11)."""
    tonnes: dict[float, float] = {}
    for row in statement.rows:
        tonnes[row.cutoff] = tonnes.get(row.cutoff, 0.0) + row.ore_t
    ordered = np.array([tonnes[cutoff] for cutoff in sorted(tonnes)])
    rises = int((np.diff(ordered) > 1e-9 * max(ordered.max(initial=0.0), 1.0)).sum())
    return MONOTONE.judge(float(rises), statement.main_element)


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
            limit = CAPPED_PRECIOUS if element.partition("_")[0] in PRECIOUS else CAPPED_METAL
            checks.append(limit.judge(removed, element, domain))
    return checks
