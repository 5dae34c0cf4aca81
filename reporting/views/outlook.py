"""The target page's outlook: planned work up to the deadline, and the official figures beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

from reporting.report import SiteReport
from reporting.rounding import BLANK, printed
from reporting.site.frame import named
from reporting.tables import SAME, Basis, Row, Table, column, heading, number, words
from reporting.units import TOTAL_TEXT, Text, class_text, grade_display
from reporting.views.odds import SEE_LIMITS, odds_range
from reporting.views.official import DENSITIES, FILED_STATUS
from reporting.views.target import PERCENT, Headline, line_name
from reporting.views.target_tables import (
    excluded_text,
    listed,
    metal_unit,
    names_of,
    target_basis,
)
from tracking.target.official import Dating, OfficialView
from tracking.target.programme import Plans
from tracking.target.progress import BaselineProgress, TargetProgress
from tracking.target.projection import Projected, Projection

CASES = {
    "low": Text("低（钻探少、开采多）", "Low (least drilling, most mining)"),
    "mid": Text("中", "Middle"),
    "high": Text("高（钻探多、开采少）", "High (most drilling, least mining)"),
}
NONE_FILED = Text("尚无已备案数字", "No filed figure yet")
DATINGS = {
    "effective": Text("按基准日", "by effective date"),
    "filed": Text("按备案日", "by date of filing"),
    "statistics": Text("按入统年度", "by statistics year"),
}


def projection_table(
    report: SiteReport, found: Headline, key: str = "target-projection"
) -> Table | None:
    """Low, middle and high case at the deadline; None where no plans are configured."""
    part, element = found.from_baseline, found.progress.element
    outlook, plans, unit = part.projection, found.progress.target.plans, metal_unit(element)
    if outlook is None or plans is None:
        return None
    levels, day = found.progress.target.levels, outlook.deadline.isoformat()
    head = [
        column("情形", "Case", numeric=False),
        column("计划新增", "Planned additions", unit.sign),
        column("计划消耗", "Planned depletion", unit.sign),
        column("保有", "Retained", unit.sign),
        column("累计查明", "Identified", unit.sign),
        column("毛增", "Gross growth", "%"),
        column("净增", "Net growth", "%"),
        *(
            column(f"{day} 达到 {line_name(x)} 的概率", f"Probability of {line_name(x)} by {day}")
            for x in levels
        ),
    ]
    fields = ("additions_t", "depletion_t", "retained_t", "identified_t")
    rows = []
    for one in outlook.cases:
        about = {"metal": element, "case": one.case}
        cells = [
            heading(CASES[one.case]),
            *(number(getattr(one, name), unit, quantity=name, about=about) for name in fields),
            number(one.gross_growth_pct, PERCENT, quantity="gross_growth_pct", signed=True),
            number(one.net_growth_pct, PERCENT, quantity="net_growth_pct", signed=True),
            *(words(chance_text(one, level), "n") for level in levels),
        ]
        rows.append(Row(tuple(cells)))
    title = Text(f"按计划外推至 {day}", f"Planned work carried to {day}")
    basis = target_basis(report, found.progress)
    notes = _plan_notes(outlook, plans, names_of(report))
    if any(one.chances for one in outlook.cases):
        notes += (SEE_LIMITS,)
    return Table(key, title, basis, (tuple(head),), tuple(rows), notes)


def _plan_notes(outlook: Projection, plans: Plans, names: Mapping[str, Text]) -> tuple[Text, ...]:
    """Where the plans come from, what the range is, and why there is no probability."""
    left_out = listed(outlook.left_out, names)
    why = listed(outlook.without_spread, names)
    notes = [
        Text(
            f"计划来源：{named(plans.source).zh}。低、中、高为计划的范围，不是置信区间。",
            f"Plans: {named(plans.source).en}. Low, middle and high are the plans' range, not "
            "confidence limits.",
        ),
        Text(
            outlook.reason_zh + f"：{why.zh}" * bool(why.zh),
            outlook.reason_en + f": {why.en}" * bool(why.en),
        )
        if outlook.reason_zh
        else Text(
            "概率来自模拟的 P10/P50/P90：前者为各矿床误差同向，后者为相互独立。",
            "Probabilities from the simulations' P10, P50, P90: deposits off together, and each by "
            "itself.",
        ),
    ]
    if outlook.left_out:
        notes.append(Text(f"未计入的计划：{left_out.zh}", f"Plans not counted: {left_out.en}"))
    return tuple(notes)


def chance_text(one: Projected, level: float) -> Text:
    """A line's probability as a range over how errors go together; a dash where there is none."""
    for chance in one.chances:
        if chance.growth == level:
            return odds_range(chance.together, chance.independent)
    return Text(BLANK, BLANK)


def official_table(report: SiteReport, progress: TargetProgress) -> Table:
    """Filed figures by each of their dates, from each baseline; a dash with the reason."""
    unit = metal_unit(progress.element)
    head = [
        column("基数", "Baseline", numeric=False),
        column("计入口径", "Counted by", numeric=False),
        column("基期保有", "Retained at baseline", unit.sign),
        column("现保有", "Retained now", unit.sign),
        column("毛增", "Gross growth", "%"),
        column("净增", "Net growth", "%"),
        column("最新基准日", "Newest effective date", numeric=False),
        column("计入与未计入的矿床", "Deposits in and out", numeric=False),
    ]
    names = names_of(report)
    views = [(part, view) for part in progress.baselines for view in _views(part)]
    rows = [_official_row(part, view, progress.element, names) for part, view in views]
    if not any(view.deposits for _part, view in views):
        rows = [Row((replace(words(NONE_FILED), span=len(head)),))]
    title = Text("官方口径（仅已备案数）", "Official view (filed figures only)")
    notes = (
        Text(
            "只计已评审备案或已入统的数字，与内部估算并列，互不替代；三个日期口径不同，增长不同。"
            "毛增须各矿床首尾均载明累计查明。全国等口径的基数下，增长为该数的百分点。",
            "Filed figures only, beside the internal estimates and never in their place; which "
            "date counts changes the growth. Gross growth needs cumulative identified metal "
            "stated at both ends for every deposit. Of a national baseline, growth is in points "
            "of that figure.",
        ),
    )
    basis = _official_basis([view for _part, view in views], progress)
    key = f"target-official-{progress.target.id}"
    return Table(key, title, basis, (tuple(head),), tuple(rows), notes)


def _official_basis(views: Sequence[OfficialView], progress: TargetProgress) -> Basis:
    """The official table's own line: filed figures, at their dates and cut-offs."""
    cutoffs = {cutoff for view in views for cutoff in view.cutoffs if cutoff is not None}
    unit = grade_display(progress.element)
    text = ", ".join(f"{printed(cutoff, unit.decimals)} {unit.sign}" for cutoff in sorted(cutoffs))
    days = sorted({view.as_of.isoformat() for view in views if view.as_of})
    span = " – ".join(dict.fromkeys((days[0], days[-1]))) if days else BLANK
    classes = class_text("+".join(progress.classes))
    status = Text(
        f"{FILED_STATUS.zh} · {TOTAL_TEXT.zh}:{classes.zh}",
        f"{FILED_STATUS.en} · {TOTAL_TEXT.en}: {classes.en}",
    )
    return Basis(Text(text or BLANK, text or BLANK), Text(span, span), DENSITIES, status)


def _views(part: BaselineProgress) -> tuple[OfficialView, ...]:
    """The three datings; without a base date none of them has anything to say."""
    empty = (None, None, None, None, None, (), (), ())
    return part.official or tuple(OfficialView(dating, *empty) for dating in get_args(Dating))


def _official_row(
    part: BaselineProgress, view: OfficialView, element: str, names: Mapping[str, Text]
) -> Row:
    """One date's line from one baseline."""
    unit = metal_unit(element)
    about = {"metal": element, "dating": view.dating, "baseline": part.baseline.id}
    day = view.as_of.isoformat() if view.as_of else BLANK
    first = heading(named(part.baseline.name)) if view.dating == "effective" else heading(SAME)
    growths = [
        number(getattr(view, name), PERCENT, quantity=f"official_{name}", signed=True, about=about)
        for name in ("gross_growth_pct", "net_growth_pct")
    ]
    return Row(
        (
            first,
            words(DATINGS[view.dating], "keep"),
            number(view.base_t, unit, quantity="official_base_t", about=about),
            number(view.retained_t, unit, quantity="official_retained_t", about=about),
            *growths,
            words(day, "keep"),
            words(_in_and_out(part, view, names)),
        )
    )


def _in_and_out(part: BaselineProgress, view: OfficialView, names: Mapping[str, Text]) -> Text:
    """Deposits that a view counts, and those that it doesn't, with the reason."""
    if part.since is None:
        return Text("基数日期未知，不能计算", "the base date is not known: nothing to measure from")
    if not view.deposits and not view.excluded:
        return Text("没有可计的矿床", "no deposit to count")
    inside, out = listed(view.deposits, names), excluded_text(view.excluded, names)
    zh = [f"计入：{inside.zh}"] * bool(inside.zh) + [f"未计入：{out.zh}"] * bool(out.zh)
    en = [f"in: {inside.en}"] * bool(inside.en) + [f"out: {out.en}"] * bool(out.en)
    return Text("；".join(zh), "; ".join(en))
