"""How sure growth is: simulated ranges of the figures behind it, and chances of the lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reporting.report import SiteReport
from reporting.tables import Row, Table, column, heading, number, words
from reporting.units import Text, Unit
from reporting.views.outlook import CASES, chance_text
from reporting.views.target import Headline, line_name
from reporting.views.target_tables import listed, metal_unit, names_of, target_basis
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import retained_kg
from tracking.target.progress import BaselineProgress

WHOLE_PERCENT = Unit("%", "100", 0)
POINTS = ("p10_kg", "p50_kg", "p90_kg")


@dataclass(frozen=True)
class Range:
    """Simulated points of the counted deposits' metal as of a day, added over deposits and classes.

    Percentiles are added as if all figures were off in the same direction: the widest range.
    """

    date: date
    stated_kg: int
    p10_kg: int
    p50_kg: int
    p90_kg: int
    deposits: int


def ranges(report: SiteReport, found: Headline) -> tuple[Range, ...]:
    """The range at every point of a baseline's course where each counted deposit has one."""
    made = []
    for point in found.from_baseline.points:
        parts = [_part(entry, found) for entry in _figures(report, found, point.date)]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            stated, low, middle, high = (sum(part[k] for part in known) for k in range(4))
            made.append(Range(point.date, stated, low, middle, high, len(known)))
    return tuple(made)


def without_range(report: SiteReport, found: Headline) -> tuple[str, ...]:
    """Deposits whose newest figure has no simulated range."""
    latest = found.from_baseline.latest
    if latest is None:
        return ()
    figures = _figures(report, found, latest.date)
    return tuple(e.deposit_id for e in figures if _part(e, found) is None)


def _figures(report: SiteReport, found: Headline, day: date) -> list[LedgerEntry]:
    """Each counted deposit's newest entry up to a day."""
    newest: dict[str, LedgerEntry] = {}
    for entry in sorted(report.ledger.entries, key=lambda one: (one.vintage, one.number)):
        if entry.deposit_id in found.from_baseline.deposits and entry.vintage <= day:
            newest[entry.deposit_id] = entry
    return [newest[name] for name in sorted(newest)]


def _part(entry: LedgerEntry, found: Headline) -> tuple[int, int, int, int] | None:
    """Stated metal and P10, P50, P90 of one figure's asked classes; None where one has none."""
    element = found.progress.element
    simulated = (entry.content.get("uncertainty") or {}).get(element) or {}
    held = retained_kg(entry)
    asked = [name for name in found.progress.classes if held.get((element, name))]
    if not asked or any(name not in simulated for name in asked):
        return None
    points = [sum(simulated[name][point] for name in asked) for point in POINTS]
    return sum(held[element, name] for name in asked), points[0], points[1], points[2]


def ranges_table(report: SiteReport, found: Headline, key: str) -> Table | None:
    """The simulated points at each day, beside the stated metal; None where there are none."""
    made, unit = ranges(report, found), metal_unit(found.progress.element)
    if not made:
        return None
    head = (
        column("数据截止", "Data to", numeric=False),
        column("矿床数", "Deposits"),
        column("估算值", "Stated", unit.sign),
        column("P10", "P10", unit.sign),
        column("P50", "P50", unit.sign),
        column("P90", "P90", unit.sign),
    )
    rows = []
    for one in made:
        about = {"metal": found.progress.element, "vintage": one.date.isoformat()}
        cells = [
            heading(Text(one.date.isoformat(), one.date.isoformat())),
            number(one.deposits, Unit("", "1", 0), quantity="range_deposits", about=about),
        ]
        for name in ("stated_kg", *POINTS):
            tonnes = getattr(one, name) / 1000
            quantity = name.replace("_kg", "_t")
            cells.append(number(tonnes, unit, quantity=quantity, about=about))
        rows.append(Row(tuple(cells)))
    title = Text("模拟区间（保有）", "Simulated range (retained)")
    notes = (
        Text(
            "P10、P50、P90 来自各矿床的条件模拟（方法见矿床页），按误差同向逐矿床、逐类别相加，"
            "是最宽的区间；各矿床误差独立时区间更窄。",
            "P10, P50 and P90 come from each deposit's conditional simulation (see its page), "
            "added over deposits and classes as if all were off together: the widest range. With "
            "independent errors it is narrower.",
        ),
    )
    basis = target_basis(report, found.progress)
    return Table(key, title, basis, (head,), tuple(rows), notes)


def chances_table(report: SiteReport, found: Headline, key: str) -> Table | None:
    """Probability of each line at the deadline, case by case; None where none can be stated."""
    outlook = found.from_baseline.projection
    if outlook is None or not any(one.chances for one in outlook.cases):
        return None
    head = (
        column("目标线", "Line", numeric=False),
        column("计划情形", "Case of the plans", numeric=False),
        column("各矿床误差同向", "Deposits off together", "%"),
        column("各矿床误差独立", "Each by itself", "%"),
    )
    rows = []
    for level in found.progress.target.levels:
        name = line_name(level)
        for one in outlook.cases:
            about = {"line": name, "case": one.case}
            cells = [heading(Text(name, name)), words(CASES[one.case])]
            for chance in one.chances:
                if chance.growth == level:
                    cells += [
                        number(value, WHOLE_PERCENT, quantity=f"chance_{what}_share", about=about)
                        for what, value in (
                            ("together", chance.together),
                            ("independent", chance.independent),
                        )
                    ]
            rows.append(Row(tuple(cells)))
    day = outlook.deadline.isoformat()
    title = Text(f"{day} 达到目标线的概率", f"Probability of the lines by {day}")
    notes = (
        Text(
            "只含资源量估算的误差（条件模拟）；基数与计划按给定值，不含其不确定性。"
            "真实情况介于两列之间。",
            "The error of the estimates alone, by conditional simulation; baseline and plans are "
            "taken as given. The truth lies between the two columns.",
        ),
    )
    basis = target_basis(report, found.progress)
    return Table(key, title, basis, (head,), tuple(rows), notes)


def chance_sentences(
    report: SiteReport, found: Headline, national: BaselineProgress | None
) -> list[Text]:
    """What is said of the chances in plain words; of none, why there is none."""
    outlook = found.from_baseline.projection
    if outlook is None:
        return [NO_PLANS]
    middle = next(one for one in outlook.cases if one.case == "mid")
    if not middle.chances:
        names = names_of(report)
        without = listed(outlook.without_spread or without_range(report, found), names)
        return [
            Text(
                f"{outlook.reason_zh}" + f"：{without.zh}。" * bool(without.zh),
                f"{outlook.reason_en}" + f": {without.en}." * bool(without.en),
            )
        ]
    where, day = coverage_words(national), outlook.deadline
    return [
        Text(
            f"{where.zh}，到 {day} 达到 {line_name(level)} 的概率为 {odds.zh}（计划中情形）。",
            f"{where.en}, the probability of {line_name(level)} by {day} is {odds.en} (middle case "
            "of the plans).",
        )
        for level in found.progress.target.levels
        for odds in [chance_text(middle, level)]
    ]


NO_PLANS = Text(
    "没有配置到期前的钻探与开采计划，不外推，也不给概率。",
    "No plans of drilling and mining up to the deadline are configured: nothing is projected, and "
    "no probability is stated.",
)


def coverage_words(national: BaselineProgress | None) -> Text:
    """Over how much of the national figure a probability speaks."""
    ratio = national.coverage_ratio if national else None
    if ratio is None:
        return Text(
            "在模型覆盖的范围内（占全国的比例未知）",
            "Within what is modelled (its share of the nation is not known)",
        )
    share = number(ratio, Unit("%", "100", 1), quantity="coverage_share").text
    return Text(f"在模型覆盖的 {share.zh} % 范围内", f"Within the {share.en} % that is modelled")
