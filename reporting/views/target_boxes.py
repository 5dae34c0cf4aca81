"""The target page's boxes on one basis: growth, the nation's points, what the others need.

The percentage of the modelled deposits is never applied to any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from reporting.report import SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import named
from reporting.tables import Cell, number
from reporting.units import Text, Unit
from reporting.views.target import BASES, PERCENT, Headline, line_name
from reporting.views.target_tables import excluded_text, metal_unit, names_of, source_line
from tracking.target.file import Basis
from tracking.target.progress import BaselineProgress, TargetProgress

UNKNOWN = Text("全国基数未知，不推算", "the national baseline is not known; nothing is inferred")
COUNT = Unit("", "1", 0)
CONFIDENCES = {
    "computed": Text("由台账计算", "computed from the ledger"),
    "official": Text("官方数字", "official"),
    "reported": Text("据报道或报告", "as reported"),
    "assumed": Text("假定", "assumed"),
    "unknown": Text("未知", "unknown"),
}


@dataclass(frozen=True)
class Box:
    """One figure in large with its unit and what it means."""

    title: Text
    figures: tuple[tuple[str, Cell], ...]
    """Each with a word before it, which may be empty."""
    unit: Text
    said: Text


def by_basis(progress: TargetProgress, basis: str) -> Headline | None:
    """A target's headline on one basis: its first known baseline of it, modelled ones first."""
    known = [
        part
        for part in progress.baselines
        if part.growth_pct is not None and part.baseline.basis == basis
    ]
    known.sort(key=lambda part: part.baseline.scope != "modelled")
    return Headline(progress, known[0]) if known else None


def national_of(found: Headline) -> BaselineProgress | None:
    """The national baseline on the same basis, where it is known."""
    basis: Basis | None = found.from_baseline.baseline.basis
    for part in found.progress.baselines:
        same = part.baseline.scope == "national" and part.baseline.basis == basis
        if same and part.growth_pct is not None:
            return part
    return None


def boxes(found: Headline, national: BaselineProgress | None) -> list[Box]:
    """Growth of the modelled deposits, points of the nation, what others need, coverage."""
    part = found.from_baseline
    about = {"metal": found.progress.element, "baseline": part.baseline.id}
    growth = Box(
        Text("建模矿床增长", "Growth of the modelled deposits"),
        (("", found.growth),),
        Text("%", "%"),
        found.standing,
    )
    nation = None if national is None else national.growth_pct
    points = number(nation, PERCENT, quantity="nation_points", signed=True, about=about)
    lines = () if national is None else national.lines
    needed = tuple(
        (line_name(line.growth), _percent(line.elsewhere_growth_pct, "elsewhere", about))
        for line in lines
    ) or (("", _percent(None, "elsewhere", about)),)
    return [
        growth,
        Box(
            Text("折合全国百分点", "Points of the national figure"),
            (("", points),),
            Text("个百分点", "points"),
            Text("其他矿床不变时", "all others unchanged") if national else UNKNOWN,
        ),
        Box(
            Text("其他矿床所需增长", "Growth that all others need"),
            needed,
            Text("%", "%"),
            Text("建模矿床不再变动时到达该线", "to reach the line, the modelled ones as they are")
            if national
            else UNKNOWN,
        ),
        _coverage(found, national, about),
    ]


def _coverage(found: Headline, national: BaselineProgress | None, about: dict[str, str]) -> Box:
    """How much of the national figure is modelled, and how many deposits are counted."""
    part = found.from_baseline
    ratio = None if national is None or national.coverage_ratio is None else national.coverage_ratio
    share = number(ratio, Unit("%", "100", 1), quantity="coverage_share", about=about)
    inside, out = len(part.deposits), len(part.excluded)
    said = Text(
        f"计入 {inside} 个矿床，未计入 {out} 个" + "；全国基数未知" * (ratio is None),
        f"{inside} deposits counted, {out} left out"
        + "; the national baseline is not known" * (ratio is None),
    )
    return Box(Text("模型覆盖率", "Coverage"), (("", share),), Text("%", "%"), said)


def _percent(value: float | None, quantity: str, about: dict[str, str]) -> Cell:
    return number(value, PERCENT, quantity=quantity, signed=True, about=about)


def assumptions(report: SiteReport, found: Headline) -> list[tuple[Text, Text]]:
    """What the figures on one basis take as given, and what they leave out."""
    part = found.from_baseline
    base, unit = part.baseline, metal_unit(found.progress.element)
    name, source, quoted = source_line(part)
    amount = number(part.baseline_t, unit, quantity="baseline_t").text
    since = part.since.isoformat() if part.since else BLANK
    sure = part.origin.confidence if part.origin else base.confidence
    confidence, basis = CONFIDENCES[sure or "unknown"], BASES[base.basis or "retained"]
    lines = [
        (
            Text("基数", "Baseline"),
            Text(
                f"{name.zh}：{amount.zh} {unit.sign}，{since}，{basis.zh}",
                f"{name.en}: {amount.en} {unit.sign}, {since}, {basis.en}",
            ),
        ),
        (
            Text("来源", "Source"),
            Text(f"{source.zh}（{confidence.zh}）", f"{source.en} ({confidence.en})"),
        ),
    ]
    if quoted:
        lines.append((Text("原文", "In its words"), Text(quoted, quoted)))
    lines += [(Text("未建模", "Not modelled"), _not_modelled(report, found))]
    plans = found.progress.target.plans
    if part.projection and plans:
        said = named(plans.source)
        lines.append(
            (
                Text("计划", "Plans"),
                Text(
                    f"{said.zh}；低、中、高为计划的范围，不是置信区间",
                    f"{said.en}; low, middle and high are the plans' range, no confidence limits",
                ),
            )
        )
    lines.append((Text("按给定值", "Taken as given"), GIVEN))
    return lines


MINED_BEFORE = Text(
    "基期以前采出的矿量不计入增长：累计查明的期初、期末都含它（以台账所载为限），保有的期初、"
    "期末都不含。",
    "Ore mined before the base date is no growth: cumulative identified metal (累计查明) has it at "
    "both ends, as far as the ledger knows of it, retained metal at neither.",
)
GIVEN = Text(
    "基数与计划本身的误差不计入概率；建模矿床的百分比从不外推到其他矿床或全国。",
    "Errors of the baseline and of the plans are in no probability; the percentage of the modelled "
    "deposits is never applied to others or to the nation.",
)


def _not_modelled(report: SiteReport, found: Headline) -> Text:
    """Deposits that are not counted, with the reason, and everything outside the ledger."""
    part = found.from_baseline
    outside = Text("台账以外的矿床", "deposits outside the ledger")
    if not part.excluded:
        return outside
    out = excluded_text(part.excluded, names_of(report))
    return Text(f"{outside.zh}；{out.zh}", f"{outside.en}; {out.en}")
