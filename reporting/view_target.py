"""Progress against the target: the headline, the figure, and a page of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reporting.report import SiteReport
from reporting.rounding import BLANK, printed
from reporting.tables import Basis, Cell, Row, Table, column, heading, number, words
from reporting.units import TOTAL_TEXT, Text, Unit, class_text, element_text, symbol
from reporting.view_index import latest_of, summary_basis
from reporting.view_page import named
from tracking.target import BaselineProgress, Share, TargetProgress

PERCENT = Unit("%", "1", 2)
KT = Unit("kt", "1e-3", 1)
WAN_T = Unit("万t", "1e-4", 2)
BASES = {
    "retained": Text("保有资源量（净增）", "retained (net of mining)"),
    "identified": Text("累计查明资源量（毛增）", "cumulative identified (gross)"),
}


@dataclass(frozen=True)
class Headline:
    """What the summary says about the target."""

    progress: TargetProgress
    from_baseline: BaselineProgress

    @property
    def basis(self) -> Text:
        """Basis of the growth figure, in words."""
        return BASES[self.from_baseline.baseline.basis or "retained"]

    @property
    def growth(self) -> Cell:
        """Growth on the baseline's own basis, percent."""
        part = self.from_baseline
        about = {"metal": self.progress.element, "baseline": part.baseline.id}
        return number(part.growth_pct, PERCENT, quantity="growth_pct", signed=True, about=about)

    @property
    def band(self) -> str:
        """The target's range as printed: ``+5 % – +10 %``."""
        target = self.progress.target
        return " – ".join(
            f"{printed(value, 0, scale='100', signed=True)} %"
            for value in dict.fromkeys((target.growth_low, target.growth_high))
        )

    @property
    def _levels(self) -> list[tuple[float, str]]:
        """The target's lines, lowest first: growth in percent, and as printed."""
        target = self.progress.target
        return [
            (100 * value, f"{printed(value, 0, scale='100', signed=True)} %")
            for value in dict.fromkeys((target.growth_low, target.growth_high))
        ]

    @property
    def standing(self) -> Text:
        """Where growth stands against the lines, in plain words."""
        growth = self.from_baseline.growth_pct or 0.0
        passed = [name for level, name in self._levels if growth >= level]
        ahead = [name for level, name in self._levels if growth < level]
        if not ahead:
            return Text(f"已超过 {passed[-1]} 线", f"above the {passed[-1]} line")
        if not passed:
            return Text(f"未达到 {ahead[0]} 线", f"below the {ahead[0]} line")
        return Text(
            f"介于 {passed[-1]} 线与 {ahead[0]} 线之间",
            f"between the {passed[-1]} line and the {ahead[0]} line",
        )

    @property
    def as_of(self) -> str:
        """Date of the newest figure, ISO."""
        latest = self.from_baseline.latest
        return latest.date.isoformat() if latest else BLANK

    @property
    def baseline(self) -> Text:
        """What growth is measured from, in words."""
        return named(self.from_baseline.baseline.name)

    @property
    def coverage(self) -> Text:
        """Which deposits the baseline counts, so that nobody reads the nation's growth."""
        return named(self.from_baseline.baseline.coverage)

    @property
    def filled(self) -> float:
        """How far growth fills the bar, 0-100."""
        return min(max((self.from_baseline.growth_pct or 0.0) / self._reach, 0.0), 1.0) * 100

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The lines on the bar: place 0-100, and name."""
        return [(100 * level / self._reach, name) for level, name in self._levels]

    @property
    def _reach(self) -> float:
        """Growth at the bar's end, percent: beyond the upper line and beyond growth itself."""
        return 1.2 * max(self._levels[-1][0], self.from_baseline.growth_pct or 0.0, 1.0)


def headline(report: SiteReport) -> Headline | None:
    """The first baseline of the first target that has a figure and a vintage after it."""
    for progress in report.progress:
        known = [b for b in progress.baselines if b.growth_pct is not None]
        ordered = sorted(known, key=lambda b: b.baseline.scope != "modelled")
        if progress.element == progress.target.element and ordered:
            return Headline(progress, ordered[0])
    return None


def growth_by_deposit(report: SiteReport) -> dict[str, float | None]:
    """Net growth of each deposit on its own baseline, as a fraction."""
    found = headline(report)
    if found is None:
        return {}
    identified = found.from_baseline.baseline.basis == "identified"
    growth: dict[str, float | None] = {}
    for share in found.from_baseline.by_deposit:
        stock = share.stock
        value = stock.gross_growth_pct if identified else stock.net_growth_pct
        growth[share.id] = None if value is None else value / 100
    return growth


def target_parameters(found: Headline) -> dict[str, Any]:
    """What the target figure shows, in kt."""
    part, target = found.from_baseline, found.progress.target
    days = [point.date.isoformat() for point in part.points]
    series = {
        "retained": [round(point.retained_t / 1e3, 6) for point in part.points],
        "identified": [round(point.identified_t / 1e3, 6) for point in part.points],
    }
    own = part.baseline.basis or "retained"
    order = [own, *(name for name in series if name != own)]
    lines = [
        [line.line_t / 1e3, f"{printed(line.growth, 0, scale='100', signed=True)} %"]
        for line in part.lines
    ]
    start = part.baseline.date or part.points[0].date
    return {
        "baseline_kt": (part.baseline_t or 0.0) / 1e3,
        "lines": lines,
        "start": start.isoformat(),
        "end": target.deadline.isoformat(),
        "series": [{"label": BASES[n].both, "dates": days, "kt": series[n]} for n in order],
        "element": element_text(found.progress.element).both,
    }


def target_basis(report: SiteReport, progress: TargetProgress) -> Basis:
    """The basis line of target tables; classes are added up here, and it says so."""
    basis = summary_basis(latest_of(report, report.belts))
    classes = class_text("+".join(progress.classes))
    label = Text(
        f"{basis.status.zh} · {TOTAL_TEXT.zh}:{classes.zh}",
        f"{basis.status.en} · {TOTAL_TEXT.en}: {classes.en}",
    )
    return Basis(basis.cutoff, basis.data_date, basis.density, label)


def baselines_table(report: SiteReport, progress: TargetProgress) -> Table:
    """Growth from each baseline, gross, net and without recalculation."""
    metal = symbol(progress.element)
    head = [
        column("基数", "Baseline", numeric=False),
        column("口径", "Basis", numeric=False),
        column("基数日期", "Date", numeric=False),
        column(f"基数 {metal}", f"Baseline {metal}", "kt"),
        column(f"现保有 {metal}", f"Retained {metal}", "kt"),
        column(f"累计查明 {metal}", f"Identified {metal}", "kt"),
        column("毛增", "Gross growth", "%"),
        column("净增", "Net growth", "%"),
        column("净增（剔除重算）", "Net, without recalculation", "%"),
        column("距下限", "To lower line", "kt"),
        column("距上限", "To upper line", "kt"),
    ]
    rows = [_baseline_row(part, progress.element) for part in progress.baselines]
    title = Text(
        f"{named(progress.target.name).zh}:{element_text(progress.element).zh}增长",
        f"{named(progress.target.name).en}: growth of {metal}",
    )
    notes = [
        Text(
            "毛增 =(勘查增减 + 重算增减)/ 基数；净增再减去开采与损失。“—”为基数未知，不推算。",
            "Gross = (exploration + recalculation) / baseline; net also deducts mining and losses. "
            "'—': the baseline is not known and nothing is inferred.",
        ),
        Text(
            "“距下限”“距上限”为负，表示已超过该线。",
            "A negative distance to a line means that the line has been passed.",
        ),
        Text(
            "只统计台账内的矿床，不外推到全国。",
            "Counts the deposits in the ledger only; never extrapolated to the nation.",
        ),
    ]
    notes += [_excluded(part) for part in progress.baselines if part.excluded]
    basis = target_basis(report, progress)
    return Table("target", title, basis, (tuple(head),), tuple(rows), tuple(notes))


def _baseline_row(part: BaselineProgress, element: str) -> Row:
    """One baseline's line."""
    base, latest = part.baseline, part.latest
    about = {"metal": element, "baseline": base.id}
    basis = BASES[base.basis] if base.basis else Text(BLANK, BLANK)
    missing: list[float | None] = [line.missing_t for line in part.lines] or [None]
    values: list[tuple[float | None, Unit, str]] = [
        (part.baseline_t, KT, "baseline_t"),
        (latest.retained_t if latest else None, KT, "retained_t"),
        (latest.identified_t if latest else None, KT, "identified_t"),
        (latest.gross_growth_pct if latest else None, PERCENT, "gross_growth_pct"),
        (latest.net_growth_pct if latest else None, PERCENT, "net_growth_pct"),
        (
            latest.net_growth_ex_recalculation_pct if latest else None,
            PERCENT,
            "net_growth_ex_recalculation_pct",
        ),
        (missing[0], KT, "missing_low_t"),
        (missing[-1], KT, "missing_high_t"),
    ]
    cells = [
        heading(named(base.name), named(base.coverage)),
        words(basis),
        words(base.date.isoformat() if base.date else BLANK, "keep"),
    ]
    cells += [
        number(value, unit, quantity=quantity, signed=unit is PERCENT, about=about)
        for value, unit, quantity in values
    ]
    return Row(tuple(cells))


def _excluded(part: BaselineProgress) -> Text:
    """Deposits left out of a baseline, and why."""
    zh = ";".join(f"{item.deposit_id}:{item.reason_zh}" for item in part.excluded)
    en = "; ".join(f"{item.deposit_id}: {item.reason_en}" for item in part.excluded)
    name = named(part.baseline.name)
    return Text(f"“{name.zh}”未计入：{zh}", f"Not counted in “{name.en}”: {en}")


def shares_table(report: SiteReport, found: Headline, *, by_belt: bool) -> Table:
    """Which belts or deposits the growth comes from."""
    part = found.from_baseline
    shares = part.by_belt if by_belt else part.by_deposit
    names = _names(report)
    what = Text("成矿带", "Belt") if by_belt else Text("矿床", "Deposit")
    head = [
        column(what.zh, what.en, numeric=False),
        column("基期保有", "Retained at baseline", "kt"),
        column("现保有", "Retained now", "kt"),
        column("勘查增减", "Exploration", "kt"),
        column("重算增减", "Recalculation", "kt"),
        column("消耗（开采与损失）", "Depletion (mined and lost)", "kt"),
        column("毛增", "Gross", "%"),
        column("净增", "Net", "%"),
        column("对总增长的贡献", "Contribution to the whole", "%"),
    ]
    rows = [Row(tuple(_share_cells(share, names, by_belt))) for share in shares]
    title = Text(f"增长来源：按{what.zh}", f"Where growth comes from, by {what.en.lower()}")
    key = "target-belts" if by_belt else "target-deposits"
    return Table(key, title, target_basis(report, found.progress), (tuple(head),), tuple(rows))


def _share_cells(share: Share, names: dict[str, Text], by_belt: bool) -> Iterable[Cell]:
    """One belt's or deposit's line."""
    stock = share.stock
    about = {"belt" if by_belt else "deposit": share.id}
    yield heading(names.get(share.id, Text(share.id, share.id)))
    for field in ("base_t", "retained_t"):
        yield number(getattr(stock, field), KT, quantity=field, about=about)
    for field in ("explored_t", "recalculated_t"):
        yield number(getattr(stock, field), KT, quantity=field, signed=True, about=about)
    yield number(stock.depletion_t, KT, quantity="depletion_t", about=about)
    for field in ("gross_growth_pct", "net_growth_pct"):
        yield number(getattr(stock, field), PERCENT, quantity=field, signed=True, about=about)
    yield number(
        share.contribution_pct, PERCENT, quantity="contribution_pct", signed=True, about=about
    )


def _names(report: SiteReport) -> dict[str, Text]:
    """Names of belts and deposits by id."""
    names = {belt.id: named(belt.name) for belt in report.belts}
    for belt in report.belts:
        names.update({deposit.id: named(deposit.name) for deposit in belt.deposits})
    return names
