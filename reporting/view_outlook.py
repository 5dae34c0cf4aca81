"""The target page's outlook: planned work up to the deadline, and the official figures beside."""

from __future__ import annotations

from reporting.report import SiteReport
from reporting.rounding import BLANK, printed
from reporting.tables import Row, Table, column, heading, number, words
from reporting.units import Text
from reporting.view_page import named
from reporting.view_target import PERCENT, Headline, line_name
from reporting.view_target_tables import metal_unit, target_basis
from tracking.target.official import OfficialView
from tracking.target.programme import Plans
from tracking.target.projection import Projected, Projection

CASES = {
    "low": Text("低（钻探少、开采多）", "Low (least drilling, most mining)"),
    "mid": Text("中", "Middle"),
    "high": Text("高（钻探多、开采少）", "High (most drilling, least mining)"),
}
DATINGS = {
    "effective": Text("按基准日", "by effective date"),
    "filed": Text("按备案日", "by date of filing"),
    "statistics": Text("按入统年度", "by statistics year"),
}


def projection_table(report: SiteReport, found: Headline) -> Table | None:
    """Low, middle and high case at the deadline; None where no plans are configured."""
    part, element = found.from_baseline, found.progress.element
    outlook, plans, unit = part.projection, found.progress.target.plans, metal_unit(element)
    if outlook is None or plans is None:
        return None
    levels = found.progress.target.levels
    head = [
        column("情形", "Case", numeric=False),
        column("计划新增", "Planned additions", unit.sign),
        column("计划消耗", "Planned depletion", unit.sign),
        column("保有", "Retained", unit.sign),
        column("累计查明", "Identified", unit.sign),
        column("毛增", "Gross growth", "%"),
        column("净增", "Net growth", "%"),
        *(column(f"达到 {line_name(x)} 的概率", f"Probability of {line_name(x)}") for x in levels),
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
    day = outlook.deadline.isoformat()
    title = Text(f"按计划外推至 {day}", f"Planned work carried to {day}")
    basis = target_basis(report, found.progress)
    notes = _plan_notes(outlook, plans)
    return Table("target-projection", title, basis, (tuple(head),), tuple(rows), notes)


def _plan_notes(outlook: Projection, plans: Plans) -> tuple[Text, ...]:
    """Where the plans come from, what the range is, and why there is no probability."""
    left_out = ", ".join(outlook.left_out)
    notes = [
        Text(
            f"计划来源：{named(plans.source).zh}。低、中、高为计划的范围，不是置信区间。",
            f"Plans: {named(plans.source).en}. Low, middle and high are the plans' range, not "
            "confidence limits.",
        ),
        Text(outlook.reason_zh, outlook.reason_en)
        if outlook.reason_zh
        else Text(
            "概率来自模拟的 P10/P50/P90：前者为各矿床误差同向，后者为相互独立。",
            "Probabilities from the simulations' P10, P50, P90: deposits off together, and each by "
            "itself.",
        ),
    ]
    if left_out:
        notes.append(Text(f"未计入的计划：{left_out}", f"Plans not counted: {left_out}"))
    return tuple(notes)


def chance_text(one: Projected, level: float) -> Text:
    """A line's probability as a range over how errors go together; a dash where there is none."""
    for chance in one.chances:
        if chance.growth == level:
            pair = dict.fromkeys(
                printed(value, 0, scale="100") for value in (chance.together, chance.independent)
            )
            text = " – ".join(pair) + " %"
            return Text(text, text)
    return Text(BLANK, BLANK)


def official_table(report: SiteReport, found: Headline) -> Table | None:
    """Filed figures of the same deposits, by each of their dates; None where nothing is filed."""
    part, unit = found.from_baseline, metal_unit(found.progress.element)
    views = [view for view in part.official if view.deposits]
    if not views:
        return None
    head = [
        column("计入口径", "Counted by", numeric=False),
        column("矿床数", "Deposits"),
        column("基期保有", "Retained at baseline", unit.sign),
        column("现保有", "Retained now", unit.sign),
        column("毛增", "Gross growth", "%"),
        column("净增", "Net growth", "%"),
        column("最新基准日", "Newest effective date", numeric=False),
    ]
    rows = [_official_row(view, found) for view in views]
    title = Text("官方口径（仅已备案数）", "Official view (filed figures only)")
    notes = (
        Text(
            "只计已评审备案或已入统的数字，与内部估算并列，互不替代；三个日期口径不同，增长不同。",
            "Filed figures only, beside the internal estimates and never in their place; which "
            "date counts changes the growth.",
        ),
    )
    basis = target_basis(report, found.progress)
    return Table("target-official", title, basis, (tuple(head),), tuple(rows), notes)


def _official_row(view: OfficialView, found: Headline) -> Row:
    """One date's line."""
    unit = metal_unit(found.progress.element)
    about = {"metal": found.progress.element, "dating": view.dating}
    day = view.as_of.isoformat() if view.as_of else BLANK
    return Row(
        (
            heading(DATINGS[view.dating]),
            words(str(len(view.deposits)), "n"),
            number(view.base_t, unit, quantity="official_base_t", about=about),
            number(view.retained_t, unit, quantity="official_retained_t", about=about),
            number(
                view.gross_growth_pct,
                PERCENT,
                quantity="official_gross_growth_pct",
                signed=True,
                about=about,
            ),
            number(
                view.net_growth_pct,
                PERCENT,
                quantity="official_net_growth_pct",
                signed=True,
                about=about,
            ),
            words(day, "keep"),
        )
    )
