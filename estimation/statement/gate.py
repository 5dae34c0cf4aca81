"""The gate of geostatistics: where stage or data don't allow it, inverse distance and Inferred.

DZ/T 0338.3-2020 applies at the 详查 stage and above; how many composites and holes a domain needs
is configuration with its citation (``standards/gate.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from estimation.engine.krige import domain_names
from estimation.plan import Choices, ClassCap, ElementPlan, Plan
from estimation.results import Check, GateVerdict
from estimation.statement.standards import standard

if TYPE_CHECKING:
    from geo.drillholes.composite import Composites

STAGES = {
    "prospecting": ("普查", "prospecting"),
    "general": ("详查", "general exploration"),
    "detailed": ("勘探", "detailed exploration"),
    "production": ("生产", "production"),
}
"""Names of stages (GB/T 17766-2020), Chinese and English."""

_NO_VARIOGRAM = ("inverse_distance", "nearest")


def gate(plan: Plan, samples: Mapping[str, Composites]) -> tuple[GateVerdict, ...]:
    """Judge every domain of a plan by its stage and its composites."""
    rule, main = standard("gate"), plan.main_element
    table = samples[plan.elements[main].source].table
    table = table[table[main].notna()] if main in table else table.iloc[:0]
    zh, en = STAGES[plan.stage]
    verdicts = []
    for domain in domain_names(plan):
        part = table[table["domain"] == domain]
        composites, holes = len(part), int(part["hole_id"].nunique())
        why = []
        if plan.stage not in rule["stages"]:
            why.append((f"阶段为{zh}，低于详查", f"stage {en}, below general exploration (详查)"))
        for count, least, words in (
            (composites, rule["min_composites"], ("组合样", "composites")),
            (holes, rule["min_holes"], ("钻孔", "holes")),
        ):
            if count < least:
                why.append(
                    (f"{words[0]} {count}，少于 {least}", f"{count} {words[1]}, fewer than {least}")
                )
        said_zh, said_en = "；".join(w[0] for w in why), "; ".join(w[1] for w in why)
        verdicts.append(GateVerdict(domain, composites, holes, not why, said_zh, said_en))
    return tuple(verdicts)


def gated_plan(plan: Plan, verdicts: Iterable[GateVerdict]) -> Plan:
    """The plan in force: in domains that the gate holds back, inverse distance and a cap.

    Nothing is changed where every domain may be kriged. With the engine ``pykrige`` only the cap
    comes in, for that engine knows one method.
    """
    rule = standard("gate")
    held = [v for v in verdicts if not v.allowed]
    if not held:
        return plan
    caps = tuple(
        ClassCap(
            at_most=rule["at_most"],
            domains=(v.domain,),
            reason=f"{rule['citation']}: {v.reason_zh} / {v.reason_en}",
        )
        for v in held
    )
    rules = plan.classification.model_copy(update={"caps": plan.classification.caps + caps})
    names = tuple(v.domain for v in held)
    elements = plan.elements
    if plan.engine == "bornite":
        elements = {n: _without_variogram(e, names, rule["method"]) for n, e in elements.items()}
    return plan.model_copy(update={"classification": rules, "elements": elements})


def _without_variogram(element: ElementPlan, domains: tuple[str, ...], method: str) -> ElementPlan:
    """An element's plan that asks for no kriging in some domains."""
    changed = dict(element.by_domain)
    for domain in domains:
        choices = element.choices_of(domain)
        if choices.method not in _NO_VARIOGRAM:
            kept = {name: getattr(choices, name) for name in Choices.model_fields}
            needs = dict.fromkeys(("known_mean", "drift", "indicators", "partner"))
            changed[domain] = Choices(**{**kept, **needs, "method": method})
    return element.model_copy(update={"by_domain": changed})


def gate_checks(plan: Plan, verdicts: Iterable[GateVerdict]) -> tuple[Check, ...]:
    """A failed test for every domain that the gate holds back, so that no reader misses it."""
    rule = standard("gate")
    words = (
        f"stage >= 详查, composites >= {rule['min_composites']}, holes >= {rule['min_holes']}; "
        "else inverse distance, at most Inferred / 否则用距离反比法，不高于推断"
    )
    return tuple(
        Check(
            "geostatistics_gate",
            f"地质统计学适用条件：{v.reason_zh}",
            f"Gate of geostatistics: {v.reason_en}",
            v.domain,
            plan.main_element,
            float(v.composites),
            words,
            "fail",
        )
        for v in verdicts
        if not v.allowed
    )
