"""What stands behind each element's figures: samples, method, class limit, status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from estimation.byproducts.status import evaluated_share, judgement, statuses
from estimation.plan import DerivedPlan, Plan
from estimation.results import (
    METAL_PER_GRADE,
    ElementSupport,
    GateVerdict,
    ResourceStatement,
    grade_unit,
)
from estimation.statement.tally import Tally
from geo.drillholes.composite import Composites
from geo.drillholes.reading import Drillholes

METHODS = {
    "ordinary": "ordinary block kriging / 普通块段克里格",
    "simple": "simple block kriging / 简单块段克里格",
    "linear_drift": "block kriging with a linear drift / 线性漂移块段克里格",
    "quadratic_drift": "block kriging with a quadratic drift / 二次漂移块段克里格",
    "external_drift": "block kriging with an external drift / 外部漂移块段克里格",
    "median_indicator": "median indicator kriging / 中位指示克里格",
    "multiple_indicator": "multiple indicator kriging / 多重指示克里格",
    "cokriging": "block cokriging / 协同块段克里格",
    "collocated": "collocated cokriging / 同位协同克里格",
    "inverse_distance": "inverse distance squared / 距离平方反比",
    "nearest": "nearest neighbour / 最近样品法",
    "regression": "regression on another element / 回归",
    "domain_factor": "mean grade of the domain / 矿化域平均品位法",
}
"""What a statement calls each method of a plan."""


def supports(
    plan: Plan, samples: Mapping[str, Composites], holes: Drillholes, gate: Iterable[GateVerdict]
) -> tuple[ElementSupport, ...]:
    """Support of every element of a plan in force, estimated ones first."""
    held = tuple(v for v in gate if not v.allowed)
    estimated = (_estimated(name, plan, samples, held) for name in plan.elements)
    derived = (_derived(n, d, plan, samples, holes) for n, d in plan.derived.items())
    return (*estimated, *derived)


def _estimated(
    name: str, plan: Plan, samples: Mapping[str, Composites], held: tuple[GateVerdict, ...]
) -> ElementSupport:
    """Sample support of an element that is estimated from its own samples."""
    element = plan.elements[name]
    table = samples[element.source].table
    composited_m = float(samples["basic"].table["length_m"].sum())
    assayed_m = samples[element.source].assayed_m
    assayed = table[table[name].notna()]
    main = plan.main_element
    both = assayed[assayed[main].notna()] if main in assayed else assayed.iloc[:0]
    shared = float(both[name].corr(both[main])) if len(both) > 9 else float("nan")
    return ElementSupport(
        element=name,
        source=element.source,
        method=_method(plan, name, held),
        support_m=float(assayed["length_m"].median()),
        samples=len(assayed),
        holes=int(assayed["hole_id"].nunique()),
        assayed_share=float(assayed_m[name].sum()) / composited_m,
        correlation_with_main=shared if np.isfinite(shared) else None,
        class_limit=element.class_limit,
    )


def _method(plan: Plan, name: str, held: tuple[GateVerdict, ...]) -> str:
    """The element's method in both languages, and the domains that have another."""
    element = plan.elements[name]
    en, zh = METHODS[element.method].split(" / ")
    gated = {v.domain for v in held}
    for domain, choices in element.by_domain.items():
        other_en, other_zh = METHODS[choices.method].split(" / ")
        if choices.method != element.method:
            en += f"; {domain}: {other_en}" + " (gate)" * (domain in gated)
            zh += f"；{domain}：{other_zh}" + "（不具备地质统计学条件）" * (domain in gated)
    return f"{en} / {zh}"


def _derived(
    name: str,
    made: DerivedPlan,
    plan: Plan,
    samples: Mapping[str, Composites],
    holes: Drillholes,
) -> ElementSupport:
    """Support of an element that follows another, or is its domain's mean."""
    composited_m = float(samples["basic"].table["length_m"].sum())
    source, table = _assayed(name, holes)
    metres = (table["to_m"] - table["from_m"]).to_numpy(dtype=float)
    line = made.regression
    count = line.samples if line else sum(f.samples for f in made.factors.values())
    correlation = line.correlation if line and line.predictor == plan.main_element else None
    return ElementSupport(
        element=name,
        source=source,
        method=METHODS[made.method],
        support_m=float(np.median(metres)) if metres.size else 0.0,
        samples=count,
        holes=int(table["hole_id"].nunique()),
        assayed_share=min(float(metres.sum()) / composited_m, 1.0),
        correlation_with_main=correlation,
        class_limit=made.class_limit,
    )


def _assayed(name: str, holes: Drillholes) -> tuple[str, pd.DataFrame]:
    """The table with more assays of an element, and its name in a plan."""
    found = [
        (source, table[table[name].notna()] if name in table else table.iloc[:0])
        for source, table in (("basic", holes.assay), ("combined", holes.combined))
    ]
    return max(found, key=lambda pair: len(pair[1]))


def judged_supports(
    statement: ResourceStatement, plan: Plan, holes: Drillholes, tally: Tally
) -> tuple[ElementSupport, ...]:
    """Supports with the status of each element, the share of ore with it, and derived errors.

    ``tally``: cells of the resource stated.
    """
    found = statuses(holes, plan.all_elements, plan.main_element, statement)
    status: dict[str, str] = {one.element: one.status for one in found}
    status[plan.main_element] = "EVALUATED"
    said = {one.element: judgement(one) for one in found}
    judged = []
    for item in statement.support:
        share = evaluated_share(statement, item.element)
        judged.append(
            replace(
                item,
                status=status.get(item.element),
                evaluated_ore_share=share if np.isfinite(share) else None,
                standard_error=_standard_error(item.element, tally),
                judgement=said.get(item.element, ""),
            )
        )
    return tuple(judged)


def _standard_error(name: str, tally: Tally) -> float | None:
    """Standard error of a derived element's mean grade at the reporting cut-off."""
    cells = tally.above(tally.plan.cutoffs.reporting)
    if f"{name}.error_t" not in cells:
        return None
    evaluated = float(cells[f"{name}.evaluated_t"].sum())
    error = float(cells[f"{name}.error_t"].sum())
    return error / evaluated / METAL_PER_GRADE[grade_unit(name)] if evaluated > 0 else None
