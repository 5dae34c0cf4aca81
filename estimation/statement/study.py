"""The study of a statement: classes, breakdowns, by-products, equivalents."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from estimation.deposit import plan_in_force, state_resource
from estimation.errors import EstimationError
from estimation.ground import measure_ground
from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES, Plan
from estimation.results import Breakdown, ResourceStatement, grade_unit
from estimation.statement.class_field import ClassField, classes_of
from estimation.statement.equivalents import equivalent_rows, formula_text
from estimation.statement.gate import gate_checks
from estimation.statement.standards import class_names, standard
from estimation.statement.study_figures import figures_of_statement
from estimation.statement.study_spacing import spacing_remarks, spacing_table
from estimation.studies import Study, StudyTable, Words, Workbench

TITLE = Words("资源量分类与估算结果", "Classification and resource statement")

_HEADINGS = {
    "class": Words("类别", "Class"),
    "domain": Words("矿化域", "Domain"),
    "cutoff": Words("边界品位", "Cut-off"),
    "ore_t": Words("矿石量 t", "Ore, t"),
    "ore_type": Words("矿石类型", "Ore type"),
    "grade_class": Words("工业/低品位", "Industrial or low grade"),
    "bottom_m": Words("中段底 m", "Bench bottom, m"),
    "top_m": Words("中段顶 m", "Bench top, m"),
    "constraint": Words("约束", "Constraint"),
    "kind": Words("种类", "Kind"),
    "max_mean_distance_m": Words("至三孔平均距离上限 m", "Mean distance to three holes up to, m"),
    "min_holes": Words("最少钻孔", "Fewest holes"),
    "min_slope": Words("最小回归斜率", "Least slope"),
    "min_efficiency": Words("最小克里格效率", "Least kriging efficiency"),
    "max_pass": Words("最大搜索次序", "Last pass"),
    "side": Words("内/外（采空：矿化域）", "Inside or outside (mined out: domain)"),
}

_SIGN = {"pct": "%", "gpt": "g/t", "ppm": "g/t"}

_TITLES = {
    "benches": Words("按中段", "By bench"),
    "ore_types": Words("按矿石类型", "By ore type"),
    "low_grade": Words("工业矿与低品位矿", "Industrial and low-grade ore"),
    "constraints": Words(
        "合理预期约束（各约束内外分列）", "Reasonable prospects, inside and outside"
    ),
    "grade_tonnage": Words("品位–吨位", "Grade-tonnage"),
}


@dataclass(frozen=True)
class _Stated:
    """What the study looks at."""

    plan: Plan
    model: VintageReader
    statement: ResourceStatement
    classes: ClassField


def study(bench: Workbench) -> Study:
    """Tables and figures of a deposit's classes and statement; needs a standing estimate."""
    rules = _rules_table(bench.data.plan)
    spacing = spacing_table(bench.data.plan, bench.data.deposit.kind)
    wide = spacing_remarks(bench.data.plan, bench.data.deposit.kind)
    if bench.model is None:
        why = Words(
            "尚无与当前数据和方案一致的块段模型；请先运行 bornite estimate。",
            "No block model of this data and plan stands: run bornite estimate first.",
        )
        return Study("classification", TITLE, (rules, spacing), (), (why, *wide))
    data = bench.data
    plan = plan_in_force(data, bench.samples)
    ground = measure_ground(data, None)
    stated = _Stated(
        plan,
        bench.model,
        state_resource(data, bench.model, ground, bench.samples),
        classes_of(bench.model, plan, data.base, data.belt.crs),
    )
    equivalents, refusal = _equivalents(stated)
    tables = (
        _classes_table(stated),
        rules,
        spacing,
        _steps_table(stated),
        *(_breakdown_table(b, stated.statement.elements) for b in stated.statement.breakdowns),
        _support_table(stated),
        *equivalents,
        _gate_table(stated),
    )
    collars = data.drillholes.collar[["easting_m", "northing_m"]].to_numpy(dtype=float)
    figures = figures_of_statement(
        stated.model, stated.plan, stated.statement, stated.classes, collars
    )
    remarks = (*map(_words, stated.statement.notes), *refusal, *wide)
    checks = gate_checks(plan, stated.statement.gate)
    return Study("classification", TITLE, tables, figures, remarks, checks)


def _words(note: str) -> Words:
    zh, en = note.split(" / ", 1)
    return Words(zh, en)


def _classes_table(stated: _Stated) -> StudyTable:
    """The statement at the reporting cut-off with labels of three codes; no row adds classes."""
    rows = []
    for row in stated.statement.at_cutoff():
        names = class_names(row.class_name)
        line = {
            "gb": names["zh"],
            "jorc": names["jorc"],
            "unfc": names["unfc"],
            "domain": row.domain,
            "ore_t": row.ore_t,
        }
        for element, figure in row.elements.items():
            line |= {f"{element}.grade": figure.grade}
            line |= {f"{element}.metal_t": figure.metal_t if figure.grade is not None else None}
        rows.append(line)
    book = standard("classes")
    by_hand = book["unfc_by_hand"]
    note = Words(
        f"边界品位 {stated.plan.main_element} ≥ {stated.plan.cutoffs.reporting:g}；"
        f"{stated.plan.cutoffs.citation}。探明、控制、推断分列，不相加；资源量不含储量数值。"
        f"体重：{stated.statement.density_basis}。空白的伴生元素列于其样品所支撑类别的行。"
        f"名称依据：{book['citation']}（未核对原文）。",
        f"Cut-off {stated.plan.main_element} >= {stated.plan.cutoffs.reporting:g}. Classes are "
        f"listed apart and not added; no reserves. Density: {stated.statement.density_basis}. "
        "A blank by-product is stated in the row of the class that its samples support. "
        f"Names: {book['citation']} (unverified).",
    )
    headings = {
        **_headings(stated.statement.elements),
        "gb": Words("GB/T 17766", "GB/T 17766"),
        "jorc": Words("JORC", "JORC"),
        "unfc": Words(f"UNFC（{by_hand['zh']}）", f"UNFC ({by_hand['en']})"),
    }
    title = Words("资源量（报告边界品位）", "Resource at the reporting cut-off")
    return StudyTable("classes", title, pd.DataFrame(rows), headings, note)


def _rules_table(plan: Plan) -> StudyTable:
    """Class rules as the plan has them."""
    rules = plan.classification
    rows = [{"class": name, **getattr(rules, name).model_dump()} for name in CLASSES]
    note = Words(
        f"依据：{rules.citation}。单孔块段与无回归斜率的块段（距离反比、最近样品）一律不高于推断。",
        f"Source: {rules.citation}. A block of one hole, and one without a slope (inverse "
        "distance, nearest sample), is never above Inferred.",
    )
    title = Words("分类规则", "Class rules")
    return StudyTable("class_rules", title, pd.DataFrame(rows), _HEADINGS, note)


def _steps_table(stated: _Stated) -> StudyTable:
    """Blocks and isolated blocks of each class after each step."""
    rows = [
        {
            "step": step.name,
            "class": name,
            "blocks": step.blocks[name],
            "isolated": step.isolated[name],
        }
        for step in stated.classes.steps
        for name in CLASSES
    ]
    note = Words(
        "孤立块段：与同类别块段无公共面的块段。步骤依次为规则、平滑、人工调整、上限。",
        "Isolated: a block that shares no face with a block of its class. Steps in order: rules, "
        "smoothing, overrides, caps.",
    )
    headings = {
        **_HEADINGS,
        "step": Words("步骤", "Step"),
        "blocks": Words("块段数", "Blocks"),
        "isolated": Words("孤立块段数", "Isolated blocks"),
    }
    title = Words("分类步骤与孤立块段", "Steps of classification and isolated blocks")
    return StudyTable("class_steps", title, pd.DataFrame(rows), headings, note)


def _headings(elements: tuple[str, ...]) -> dict[str, Words]:
    """Headings of the columns that statements have."""
    made = dict(_HEADINGS)
    for name in elements:
        symbol, unit = name.split("_", 1)[0].capitalize(), _SIGN[grade_unit(name)]
        made[f"{name}.grade"] = Words(f"{symbol} {unit}", f"{symbol}, {unit}")
        made[f"{name}.metal_t"] = Words(f"{symbol} 金属量 t", f"{symbol} metal, t")
    return made


def _breakdown_table(made: Breakdown, elements: tuple[str, ...]) -> StudyTable:
    """One breakdown as a table."""
    frame = pd.DataFrame(list(made.rows), columns=list(made.columns))
    note = Words(
        "各行与资源量表逐位相合。约束表以外各表只计具有合理预期的资源量。",
        "Foots with the statement to the last bit. Tables other than that of constraints hold the "
        "resource with reasonable prospects only.",
    )
    return StudyTable(made.name, _TITLES[made.name], frame, _headings(elements), note)


def _support_table(stated: _Stated) -> StudyTable:
    """Support, class limit and status of each element."""
    rows = [
        {
            "element": s.element,
            "status": s.status,
            "source": s.source,
            "method": s.method,
            "support_m": s.support_m,
            "samples": s.samples,
            "holes": s.holes,
            "assayed_pct": 100.0 * s.assayed_share,
            "evaluated_ore_pct": _percent(s.evaluated_ore_share),
            "standard_error": s.standard_error,
            "correlation": s.correlation_with_main,
            "class_limit": s.class_limit,
        }
        for s in stated.statement.support
    ]
    headings = {
        "element": Words("元素", "Element"),
        "status": Words("评价状态", "Status"),
        "source": Words("样品", "Samples from"),
        "method": Words("方法", "Method"),
        "support_m": Words("样长中位数 m", "Median length, m"),
        "samples": Words("样品数", "Samples"),
        "holes": Words("钻孔数", "Holes"),
        "assayed_pct": Words("化验占比 %", "Assayed, %"),
        "evaluated_ore_pct": Words("已评价矿石占比 %", "Ore evaluated, %"),
        "standard_error": Words("平均品位标准误", "Standard error of the mean grade"),
        "correlation": Words("与主元素相关", "Correlation with main"),
        "class_limit": Words("类别上限", "Class limit"),
    }
    title = Words("各元素的样品支撑与评价状态", "Support and status of each element")
    return StudyTable("by_product_support", title, pd.DataFrame(rows), headings)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _equivalents(stated: _Stated) -> tuple[tuple[StudyTable, ...], tuple[Words, ...]]:
    """Prices and equivalents where the plan asks for them; else, or where refused, why not."""
    plan = stated.plan.statement.equivalent
    if plan is None:
        return (), ()
    try:
        rows = equivalent_rows(plan, stated.statement)
    except EstimationError as error:
        return (), (Words(f"未给出铜当量：{error}", f"No copper equivalent: {error}"),)
    prices = pd.DataFrame([{"element": n, **m.model_dump()} for n, m in plan.metals.items()])
    lines = []
    for row in rows:
        line: dict[str, object] = {
            "class": row.class_name,
            "domain": row.domain,
            "ore_t": row.ore_t,
        }
        line |= row.grades | {"cueq_pct": row.equivalent_pct}
        for name in plan.metals:
            line |= {
                f"{name}.in_situ_t": row.in_situ_t[name],
                f"{name}.in_concentrate_t": row.in_concentrate_t[name],
                f"{name}.payable_t": row.payable_t[name],
            }
        lines.append(line)
    note = Words(
        f"{formula_text(plan)}。仅用于边界品位与比较，不入台账；精矿中 = 原地 × 回收率，"
        "可计价 = 精矿中 × 计价系数。",
        f"{formula_text(plan)}. For cut-offs and comparison only, never in the ledger; in "
        "concentrate = in situ x recovery, payable = in concentrate x payable share.",
    )
    return (
        StudyTable("equivalent_prices", Words("当量计价", "Prices of the equivalent"), prices),
        StudyTable(
            "equivalents",
            Words("铜当量与可回收金属量", "Copper equivalent and recoverable metal"),
            pd.DataFrame(lines),
            _HEADINGS,
            note,
        ),
    ), ()


def _gate_table(stated: _Stated) -> StudyTable:
    """The gate's verdict on every domain."""
    rows = [
        {
            "domain": v.domain,
            "stage": stated.plan.stage,
            "composites": v.composites,
            "holes": v.holes,
            "allowed": "是 / yes" if v.allowed else "否 / no",
            "reason": v.reason_zh and f"{v.reason_zh} / {v.reason_en}",
        }
        for v in stated.statement.gate
    ]
    rule = standard("gate")
    note = Words(
        f"{rule['citation']}；组合样 ≥ {rule['min_composites']}，"
        f"钻孔 ≥ {rule['min_holes']}（未核对原文）。",
        f"{rule['citation']}; composites >= {rule['min_composites']}, holes >= {rule['min_holes']} "
        "(unverified).",
    )
    headings = {
        **_HEADINGS,
        "stage": Words("勘查阶段", "Stage"),
        "composites": Words("组合样数", "Composites"),
        "holes": Words("钻孔数", "Holes"),
        "allowed": Words("可用地质统计学", "Geostatistics allowed"),
        "reason": Words("原因", "Reason"),
    }
    title = Words("地质统计学适用条件", "Gate of geostatistics")
    return StudyTable("gate", title, pd.DataFrame(rows), headings, note)
