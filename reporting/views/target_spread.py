"""How sure growth is: simulated ranges of the figures behind it, and chances of the lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reporting.report import SiteReport
from reporting.tables import Row, Table, column, heading, number, percentile, words
from reporting.units import Text, Unit
from reporting.views.odds import SEE_LIMITS, limits_text, odds_cell
from reporting.views.outlook import CASES, chance_text
from reporting.views.target import Headline, line_name
from reporting.views.target_tables import listed, metal_unit, names_of, target_basis
from tracking.ledger.entries import LedgerEntry
from tracking.target.progress import BaselineProgress
from tracking.target.spread import Simulated, simulated


@dataclass(frozen=True)
class Range:
    """Simulated ends of the counted deposits' metal as of a day, added over deposits.

    Laid around the stated figures and added as if all were off in the same direction, like the
    band of growth (:attr:`BaselineProgress.likely`).
    """

    date: date
    stated_kg: int
    p10_kg: int
    p90_kg: int
    deposits: int


def ranges(report: SiteReport, found: Headline) -> tuple[Range, ...]:
    """The range at every point of a baseline's course where each counted deposit has one."""
    made = []
    for point in found.from_baseline.points:
        parts = [_part(entry, found) for entry in _figures(report, found, point.date)]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            stated = sum(part.stated_kg for part in known)
            low = stated - sum(part.spread.below_kg for part in known)
            high = stated + sum(part.spread.above_kg for part in known)
            made.append(Range(point.date, stated, low, high, len(known)))
    return tuple(made)


def without_range(report: SiteReport, found: Headline) -> tuple[str, ...]:
    """Deposits whose newest figure has no simulated range."""
    latest = found.from_baseline.latest
    if latest is None:
        return ()
    figures = _figures(report, found, latest.date)
    return tuple(e.deposit_id for e in figures if _part(e, found) is None)


def limits(report: SiteReport, found: Headline) -> Text | None:
    """What the page's intervals and probabilities don't know; None where it has neither."""
    outlook = found.from_baseline.projection
    chances = outlook is not None and any(one.chances for one in outlook.cases)
    if not chances and not ranges(report, found):
        return None
    return limits_text(inferred="inferred" in found.progress.classes)


def _figures(report: SiteReport, found: Headline, day: date) -> list[LedgerEntry]:
    """Each counted deposit's newest entry up to a day."""
    newest: dict[str, LedgerEntry] = {}
    for entry in sorted(report.ledger.entries, key=lambda one: (one.vintage, one.number)):
        if entry.deposit_id in found.from_baseline.deposits and entry.vintage <= day:
            newest[entry.deposit_id] = entry
    return [newest[name] for name in sorted(newest)]


def _part(entry: LedgerEntry, found: Headline) -> Simulated | None:
    """One figure's asked classes together; None where one with metal was not simulated."""
    return simulated(entry, found.progress.element, found.progress.classes)


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
        column("P90", "P90", unit.sign),
    )
    rows = []
    for one in made:
        about = {"metal": found.progress.element, "vintage": one.date.isoformat()}
        cells = [
            heading(Text(one.date.isoformat(), one.date.isoformat())),
            number(one.deposits, Unit("", "1", 0), quantity="range_deposits", about=about),
        ]
        ends = (one.p10_kg / 1000, one.p90_kg / 1000)
        cells += [
            number(one.stated_kg / 1000, unit, quantity="stated_t", about=about),
            *(
                percentile(end, unit, between=ends, quantity=name, about=about)
                for name, end in zip(("p10_t", "p90_t"), ends, strict=True)
            ),
        ]
        rows.append(Row(tuple(cells)))
    title = Text("模拟区间（保有）", "Simulated range (retained)")
    notes = (
        Text(
            "P10、P90 来自各矿床的条件模拟（方法见矿床页），以估算值为中心（模拟的 P50 与估算值"
            "之差不计），按误差同向逐矿床相加，与增长的区间一致；各矿床误差独立时更窄。",
            "P10 and P90 come from each deposit's conditional simulation (see its page), laid "
            "around the stated figure (its distance from the simulated P50 is left out) and added "
            "over deposits as if all were off together, as growth's band is. With independent "
            "errors the range is narrower.",
        ),
        SEE_LIMITS,
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
                        odds_cell(value, quantity=f"chance_{what}_share", about=about)
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
            "只计估算误差（条件模拟），各矿床误差同向、独立各一栏。",
            "The estimates' error alone, by conditional simulation: for deposits that are off "
            "together, and each by itself.",
        ),
        SEE_LIMITS,
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
            f"{where.zh}，到 {day} 达到 {line_name(level)} 的概率为 {odds.zh}"
            "（计划中情形，只计估算误差）。",
            f"{where.en}, the probability of {line_name(level)} by {day} is {odds.en} (middle case "
            "of the plans; the estimates' error alone).",
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
