"""A plan as it was decided for a result: what a reader is told of its choices, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from estimation.differences import DECIDED
from estimation.plan import CLASSES, ClassRule, ElementPlan, Plan
from estimation.results import DepositResult
from reporting.rounding import printed
from reporting.site.frame import same
from reporting.tables import Cell, Row, Table, basis_of, column, heading, number
from reporting.units import (
    Text,
    Unit,
    bilingual,
    class_text,
    domain_text,
    grade_display,
)
from reporting.views.deposit import COUNT

LENGTH = Unit("m", "1", 1)
PLAIN2 = Unit("", "1", 2)
TYPES = {
    "proposed": Text("拟定", "proposed"),
    "accepted": Text("已认可", "accepted"),
}
STAGES = {
    "prospecting": Text("普查", "prospecting"),
    "general": Text("详查", "general exploration"),
    "detailed": Text("勘探", "detailed exploration"),
    "production": Text("生产", "production"),
}


def plan_of(result: DepositResult) -> Plan | None:
    """The plan that the result was made by; None where it is not kept, or of another program."""
    held = (result.extras.get(DECIDED) or {}).get("plan")
    if held is None:
        return None
    try:
        return Plan.model_validate(held)
    except ValidationError:
        return None


def classification_table(result: DepositResult, plan: Plan) -> Table:
    """The rules by which a block is of a class."""
    head = (
        column("类别", "Class", numeric=False),
        column("至最近三孔平均距离 ≤", "Mean distance to three holes ≤", "m"),
        column("最少钻孔数", "Minimum holes"),
        column("回归斜率 ≥", "Slope of regression ≥"),
        column("克里格效率 ≥", "Kriging efficiency ≥"),
        column("至多第几次搜索", "Highest search pass"),
    )
    rows = tuple(
        Row((heading(class_text(name)), *_rule_cells(getattr(plan.classification, name), name)))
        for name in CLASSES
    )
    title = Text("资源量分类依据", "Basis of classification")
    return Table("classification", title, basis_of(result), (head,), rows, _class_notes(plan))


def _rule_cells(rule: ClassRule, name: str) -> Iterator[Cell]:
    """One class's limits."""
    figures = (
        ("max_mean_distance_m", rule.max_mean_distance_m, LENGTH),
        ("min_holes", rule.min_holes, COUNT),
        ("min_slope", rule.min_slope, PLAIN2),
        ("min_efficiency", rule.min_efficiency, PLAIN2),
        ("max_pass", rule.max_pass, COUNT),
    )
    for what, value, unit in figures:
        yield number(value, unit, quantity=what, about={"klass": name})


def _class_notes(plan: Plan) -> tuple[Text, ...]:
    """What changes classes after the rules, and where the rules come from."""
    rules = plan.classification
    after = Text(
        f"按规则分类之后：平滑{'有' if rules.smoothing else '无'}；类别上限 {len(rules.caps)} 处；"
        f"人工调整 {len(rules.overrides)} 处。单孔控制的块段至多为推断。",
        f"After the rules: smoothing {'yes' if rules.smoothing else 'none'}; "
        f"{len(rules.caps)} class limits; {len(rules.overrides)} manual overrides. A block that "
        "rests on one hole is Inferred at best.",
    )
    slope = Text(
        "回归斜率：真值对估值的回归，1 为无条件偏差；克里格效率：1 减克里格方差与块段方差之比。",
        "Slope: of true on estimated grades, 1 where there is no conditional bias; efficiency: 1 "
        "less kriging variance over the variance of blocks.",
    )
    cited = bilingual(rules.citation)
    return after, slope, Text(f"依据：{cited.zh}", f"Source: {cited.en}")


def parameter_lines(result: DepositResult, plan: Plan) -> list[tuple[Text, Text]]:
    """The choices that matter most, in short lines (name, value)."""
    main = plan.elements[plan.main_element]
    block = (result.extras.get(DECIDED) or {}).get("grid", {}).get("block_m", ())
    named = [domain_text(name) for name in plan.domains.names]
    return [
        (Text("勘查阶段", "Stage"), STAGES.get(plan.stage, same(plan.stage))),
        (
            Text("矿化域", "Domains"),
            Text("、".join(n.zh for n in named), ", ".join(n.en for n in named)),
        ),
        (
            Text("组合样长", "Composite length"),
            same(f"{printed(plan.composites.length_m, 1)} m"),
        ),
        (Text("块段尺寸", "Blocks"), same(" × ".join(printed(b, 1) for b in block) + " m")),
        (Text("块内离散点", "Points in a block"), same(" × ".join(map(str, plan.discretisation)))),
        (Text("搜索次数（主元素）", "Search passes (main element)"), same(len(main.search))),
        (Text("特高品位处理（主元素）", "Top cuts (main element)"), cap_text(plan, main)),
        (
            Text("方案状态", "Plan"),
            TYPES.get(plan.acceptance.status, same(plan.acceptance.status)),
        ),
    ]


def cap_text(plan: Plan, element: ElementPlan) -> Text:
    """An element's top cuts in one line."""
    if not element.caps:
        return Text("不处理", "none")
    name = next(key for key, one in plan.elements.items() if one is element)
    unit = grade_display(name)
    parts = [(domain_text(d), printed(cap, unit.decimals)) for d, cap in element.caps.items()]
    return Text(
        "、".join(f"{d.zh} {cap} {unit.sign}" for d, cap in parts),
        ", ".join(f"{d.en} {cap} {unit.sign}" for d, cap in parts),
    )
