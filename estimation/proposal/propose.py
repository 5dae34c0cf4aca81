"""The whole plan proposed for a deposit, with the reason beside each choice.

Never used unreviewed without saying so: its status is ``proposed`` and every page prints that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from estimation.deposit import DepositData, composite_samples, set_up_kriging
from estimation.engine.krige import Problem
from estimation.errors import EstimationError
from estimation.plan import (
    Acceptance,
    ClassificationPlan,
    CompositePlan,
    CutoffPlan,
    DensityPlan,
    DerivedPlan,
    DomainPlan,
    ElementPlan,
    Plan,
    SamplePoints,
    SearchPass,
)
from estimation.proposal.byproducts import plan_by_products
from estimation.proposal.domains import domains, soft_boundaries
from estimation.proposal.elements import (
    Modelled,
    domain_grades,
    element_plan,
    like_main,
    model_element,
    nominal_variogram,
)
from estimation.proposal.models import say_axes_apart
from estimation.proposal.reasons import Reasons, two_languages
from estimation.proposal.samples import Assayed, assayed, composites, with_plan
from estimation.proposal.search import Counts, trial_counts, usual_counts
from estimation.proposal.statement import (
    assigned_densities,
    classification,
    cutoffs,
    density,
    tables,
)
from estimation.statement.gate import STAGES, gate
from estimation.statement.spacing import distances_of, propose_classes, spacing_of, type_of_kind
from estimation.statement.standards import standard
from estimation.studies import Words
from geo.drillholes.composite import Composites

WAITING = "bornite propose; 待地质人员审定 / for a geologist to accept"
NOBODY = Words("由程序提出，未经审定", "proposed by the program, accepted by nobody")
"""Stands beside a proposed plan's acceptance; no longer true, and removed, once it is accepted."""


@dataclass(frozen=True)
class Proposal:
    """A plan that nobody has accepted yet, and why it says what it says."""

    plan: Plan
    reasons: dict[str, Words]
    """By the path of the choice: ``elements.cu_pct.search``."""
    remarks: tuple[Words, ...]
    """What was not proposed, and what a reviewer should look at."""


def propose(data: DepositData, main: str | None = None) -> Proposal:
    """Propose a complete plan from the data of one vintage; the same data give the same plan.

    Domains, stage, tables and a person's caps and overrides are kept from the deposit's present
    plan where it has one. ``main`` names the main element by symbol or column (``ni``, ``ni_pct``);
    without it the present plan's, the configured one, copper, or else the first.

    Raises
    ------
    EstimationError
        The main element is not assayed, or in too few samples or holes for any estimate.
    """
    told = Reasons()
    found = assayed(data, main)
    lengths = composites(data, told)
    ground = domains(data, found.main, told)
    draft = _draft(data, found, lengths, ground)
    samples = composite_samples(with_plan(data, draft))
    _look_at_domains(samples, found, ground, told)
    soft = soft_boundaries(ground, found.main, samples[found.source[found.main]], told)
    draft = draft.model_copy(update={"domains": ground.model_copy(update={"soft": soft})})
    plan = _with_elements(data, draft, found, samples, told)
    plan = _with_statement(data, plan, samples, told)
    plan = plan_by_products(data, plan, samples, told)
    _say_gate(plan, samples, told)
    told.because("acceptance", NOBODY.zh, NOBODY.en)
    plan = Plan.model_validate(_with_summaries(plan, told).model_dump())
    return Proposal(plan, told.by_path, tuple(told.remarks))


def _draft(data: DepositData, found: Assayed, lengths: CompositePlan, ground: DomainPlan) -> Plan:
    """A plan that composites can be made by; nothing in it is proposed yet but lengths, domains."""
    nothing = SearchPass(
        radii_m=(1.0, 1.0, 1.0), min_samples=1, max_samples=1, max_per_hole=1, min_holes=1,
        sectors=None,
    )  # fmt: skip
    present = data.deposit.plan
    return Plan(
        main_element=found.main,
        stage=present.stage if present else "general",
        composites=lengths,
        domains=ground,
        discretisation=usual_counts().points,
        sample_points=SamplePoints(basic=1, combined=1),
        engine="bornite",
        elements={
            name: ElementPlan(
                source=source,
                caps={},
                variogram=nominal_variogram(1.0),
                method="inverse_distance",
                known_mean=None,
                search=(nothing,),
                search_orientation=None,
                high_yield=None,
                class_limit="measured",
                reason="-",
            )
            for name, source in found.source.items()
        },
        classification=propose_classes("II"),
        density=DensityPlan(
            method="assigned", assigned_tpm3=assigned_densities(data, ground), citation="-"
        ),
        cutoffs=CutoffPlan(reporting=0.0, others=(), citation="-"),
        acceptance=Acceptance(status="proposed", by=None, date=None, reason=WAITING),
    )


def _look_at_domains(
    samples: dict[str, Composites], found: Assayed, ground: DomainPlan, told: Reasons
) -> None:
    """Refuse a main element without samples in any domain; name domains without samples."""
    table = samples[found.source[found.main]].table
    known = table.loc[table[found.main].notna(), "domain"]
    least = int(standard("proposal")["least"]["samples"])
    if len(known) < least:
        raise EstimationError(
            f"{found.main}: {len(known)} composites lie in the domains "
            f"{', '.join(ground.names)}; {least} are needed: correct the codes or volumes of "
            f"domains / 矿化域内 {found.main} 仅 {len(known)} 个组合样,请检查域编码或实体"
        )
    for domain in ground.names:
        if not (known == domain).any():
            told.remark(f"矿化域 {domain}：无 {found.main} 样品，不估算",
                        f"domain {domain}: no sample of {found.main}, not estimated")  # fmt: skip


def _with_elements(
    data: DepositData,
    draft: Plan,
    found: Assayed,
    samples: dict[str, Composites],
    told: Reasons,
) -> Plan:
    """Elements from their own samples: cuts, variograms, searches; few samples give a mean."""
    modelled: dict[str, Modelled] = {}
    derived: dict[str, DerivedPlan] = {}
    names = draft.domains.names
    fewest = int(standard("proposal")["fewest_for_variogram"])
    for name, source in found.source.items():
        table = samples[source].table
        count = int((table[name].notna() & table["domain"].isin(names)).sum())
        if count < fewest and name != found.main:
            derived |= _mean_only(name, samples[source], names, count, told)
            continue
        try:
            modelled[name] = model_element(name, source, samples[source], names, told)
        except EstimationError as error:
            if name == found.main:
                raise
            words = two_languages(error)
            told.remark(f"{name}：未提出方案：{words.zh}", f"{name}: not planned: {words.en}")
    kind = f"{data.deposit.kind.zh} {data.deposit.kind.en}"
    farthest = distances_of(spacing_of(type_of_kind(kind)))["inferred"]
    limits = (data.grid.spec.block_m[2], farthest)
    main = modelled[found.main]
    modelled = {
        n: one if n == found.main else like_main(one, main, told) for n, one in modelled.items()
    }
    fitted = {n: one for n, one in modelled.items() if one.fitted}
    say_axes_apart(
        {n: one.variogram for n, one in fitted.items()},
        {n: one.samples for n, one in fitted.items()},
        told,
    )
    first = Reasons()
    plan = draft.model_copy(
        update={"elements": {found.main: element_plan(main, usual_counts(), limits, first)}}
    )
    counts = _counts(data, plan, samples, main, told)
    elements = {n: element_plan(one, counts, limits, told) for n, one in modelled.items()}
    _say_counts(main, elements, told)
    return plan.model_copy(
        update={"elements": elements, "derived": derived, "discretisation": counts.points}
    )


def _counts(
    data: DepositData,
    plan: Plan,
    samples: dict[str, Composites],
    main: Modelled,
    told: Reasons,
) -> Counts:
    """Counts of samples by the neighbourhood trials of the main element."""
    if not main.fitted:
        told.because("discretisation", "无变异函数，取常用值", "no variogram: usual values")
        return usual_counts()
    try:
        problem: Problem = set_up_kriging(with_plan(data, plan), samples)
    except EstimationError as error:
        words = two_languages(error)
        told.because("discretisation", f"常用值：{words.zh}", f"usual values: {words.en}")
        return usual_counts()
    return trial_counts(problem, main.name, main.domain, told)


def _say_counts(main: Modelled, elements: dict[str, ElementPlan], told: Reasons) -> None:
    """By-products take the main element's counts."""
    for name in elements:
        if name != main.name:
            told.because(f"elements.{name}.search", f"样品数沿用主元素 {main.name} 的试算",
                         f"counts are those of the trials of {main.name}")  # fmt: skip


def _mean_only(
    name: str, samples: Composites, names: tuple[str, ...], count: int, told: Reasons
) -> dict[str, DerivedPlan]:
    """A domain's mean for an element of few samples; a remark for fewer."""
    least = int(standard("proposal")["by_products"]["factor_samples"])
    grades = domain_grades(name, samples, names) if count >= least else {}
    if not grades or not any(g.grade > 0 for g in grades.values()):
        told.remark(
            f"{name}：仅 {count} 个样品，存在但未评价",
            f"{name}: {count} samples: present, not evaluated",
        )
        return {}
    told.because(
        f"derived.{name}.method",
        f"样品 {count} 个，不足以拟合变异函数：取各矿化域去丛聚均值，不高于推断",
        f"{count} samples, too few for a variogram: each domain's declustered mean, Inferred at "
        "best",
    )
    return {
        name: DerivedPlan(
            method="domain_factor", factors=grades, class_limit="inferred", reason="-"
        )
    }


def _with_statement(
    data: DepositData, plan: Plan, samples: dict[str, Composites], told: Reasons
) -> Plan:
    """The plan with its stage, classes, density, cut-offs and tables."""
    main = plan.elements[plan.main_element]
    zh, en = STAGES[plan.stage]
    if data.deposit.plan is None:
        told.because(
            "stage",
            f"阶段未知：假定为{zh}，须由人核定",
            f"not known: {en} (详查) is assumed, to be confirmed",
        )
    else:
        told.because("stage", f"沿用现有方案：{zh}", f"kept from the present plan: {en}")
    shape = main.variogram if main.method == "ordinary" else None
    rules: ClassificationPlan = classification(data, shape, told)
    update: dict[str, Any] = {
        "classification": rules,
        "density": density(data, plan.domains, plan.main_element, samples, told),
        "cutoffs": cutoffs(plan.main_element, samples, main.source, told),
        "statement": tables(data, told),
    }
    return plan.model_copy(update=update)


def _say_gate(plan: Plan, samples: dict[str, Composites], told: Reasons) -> None:
    """Domains that the gate of geostatistics will hold back."""
    for verdict in gate(plan, samples):
        if not verdict.allowed:
            told.remark(
                f"矿化域 {verdict.domain}：{verdict.reason_zh}；"
                "估算时改用距离平方反比法，不高于推断",
                f"domain {verdict.domain}: {verdict.reason_en}; it is estimated by inverse "
                "distance, Inferred at best",
            )


def _with_summaries(plan: Plan, told: Reasons) -> Plan:
    """The plan with each element's reason in one sentence."""
    elements = {
        name: element.model_copy(update={"reason": _summary(f"elements.{name}", told)})
        for name, element in plan.elements.items()
    }
    derived = {
        name: one.model_copy(update={"reason": _summary(f"derived.{name}", told)})
        for name, one in plan.derived.items()
    }
    for name in plan.elements:
        told.forget_one(f"elements.{name}")
    return plan.model_copy(update={"elements": elements, "derived": derived})


def _summary(path: str, told: Reasons) -> str:
    """Samples and method of an element, Chinese / English."""
    parts = [told.by_path[p] for p in (path, f"{path}.method", f"{path}.class_limit")
             if p in told.by_path]  # fmt: skip
    return "；".join(p.zh for p in parts) + " / " + "; ".join(p.en for p in parts)
