"""Progress against the target: what the summary says of it, and its figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from reporting.report import SiteReport
from reporting.rounding import BLANK, printed
from reporting.site.frame import named
from reporting.tables import Cell, number, percentile
from reporting.units import Text, Unit, symbol
from reporting.views.odds import odds_range
from tracking.target.progress import BaselineProgress, TargetProgress
from tracking.target.projection import Projection

PERCENT = Unit("%", "1", 2)
BASES = {
    "retained": Text("保有资源量（净增）", "retained (net of mining)"),
    "identified": Text("累计查明资源量（毛增）", "cumulative identified (gross)"),
}


@dataclass(frozen=True)
class Headline:
    """What the summary says about the target."""

    progress: TargetProgress
    from_baseline: BaselineProgress
    synthetic: bool = False
    """Whether the deposits counted are synthetic ones."""

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
    def ends(self) -> tuple[Cell, Cell] | None:
        """P10 and P90 of that growth, percent; None where no simulation stands behind it."""
        part = self.from_baseline
        if part.likely is None:
            return None
        about = {"metal": self.progress.element, "baseline": part.baseline.id}
        ends = (part.likely.together.p10_pct, part.likely.together.p90_pct)
        low, high = (
            percentile(
                value,
                PERCENT,
                between=ends,
                quantity=f"growth_{name}_pct",
                signed=True,
                about=about,
            )
            for name, value in zip(("p10", "p90"), ends, strict=True)
        )
        return low, high

    @property
    def band(self) -> str:
        """The target's range as printed: ``+5 % – +10 %``."""
        return " – ".join(name for _level, name in self._levels)

    @property
    def _levels(self) -> list[tuple[float, str]]:
        """The target's lines, lowest first: growth in percent, and as printed."""
        return [(100 * value, line_name(value)) for value in self.progress.target.levels]

    @property
    def standing(self) -> Text:
        """Where growth stands against the lines, in plain words; nothing while it is made of
        figures older than its date."""
        latest = self.from_baseline.latest
        if latest is not None and latest.carried:
            count = len(latest.carried)
            return Text(
                f"其中 {count} 个矿床沿用较早数字，暂不与目标线比较",
                f"carried from earlier figures for {count} of the deposits, and so not set against "
                "the lines",
            )
        growth = self.growth_pct
        passed = [name for level, name in self._levels if growth >= level]
        ahead = [name for level, name in self._levels if growth < level]
        if not ahead:
            where = Text(
                f"估算值在 {passed[-1]} 线以上", f"the estimate is above the {passed[-1]} line"
            )
        elif not passed:
            where = Text(
                f"估算值未达到 {ahead[0]} 线", f"the estimate is below the {ahead[0]} line"
            )
        else:
            where = Text(
                f"估算值介于 {passed[-1]} 线与 {ahead[0]} 线之间",
                f"the estimate is between the {passed[-1]} line and the {ahead[0]} line",
            )
        return self._told(where, (*passed[-1:], *ahead[:1]))

    def _told(self, where: Text, lines: tuple[str, ...]) -> Text:
        """Where growth stands, its chances, and what kind of deposits it is of."""
        zh, en = where.zh, where.en
        likely = self.from_baseline.likely
        told = [
            (line_name(chance.growth), odds_range(chance.together, chance.independent))
            for chance in (likely.chances if likely else ())
            if line_name(chance.growth) in lines
        ]
        if told:
            zh += f"；截至 {self.as_of}，"
            zh += "，".join(f"已达到 {name} 的概率 {share.zh}" for name, share in told)
            en += f"; as of {self.as_of} "
            en += "; ".join(
                f"{name} is reached with a probability of {share.en}" for name, share in told
            )
            zh, en = zh + "（只计估算误差）", en + " (the estimates' error alone)"
        if self.synthetic:
            zh, en = f"样例矿床（合成）{zh}", f"synthetic sample deposits: {en}"
        return Text(zh, en)

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
    def nation(self) -> tuple[Text, Cell, Cell] | None:
        """The same growth in points of a national figure: name, points, coverage; None: unknown."""
        for part in self.progress.baselines:
            if part.baseline.scope == "national" and part.growth_pct is not None:
                about = {"metal": self.progress.element, "baseline": part.baseline.id}
                points = number(
                    part.growth_pct, PERCENT, quantity="nation_pct", signed=True, about=about
                )
                share = None if part.coverage_ratio is None else 100 * part.coverage_ratio
                cover = number(share, PERCENT, quantity="nation_coverage_pct", about=about)
                return named(part.baseline.name), points, cover
        return None

    @property
    def filled(self) -> float:
        """How far growth fills the bar, 0-100."""
        return self.place(self.growth_pct)

    def place(self, growth_pct: float) -> float:
        """Where a growth lies on the bar, 0-100."""
        return min(max(growth_pct / self._reach, 0.0), 1.0) * 100

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The lines on the bar: place 0-100, and name."""
        return [(100 * level / self._reach, name) for level, name in self._levels]

    @property
    def end(self) -> str:
        """Growth at the bar's end, as printed: ``+18 %``."""
        return line_name(self._reach / 100)

    @property
    def _reach(self) -> int:
        """Growth at the bar's end, whole percent: beyond the lines, growth and its P90."""
        likely = self.from_baseline.likely
        high = likely.together.p90_pct if likely else 0.0
        return math.ceil(1.1 * max(self._levels[-1][0], self.growth_pct, high, 1.0))

    @property
    def growth_pct(self) -> float:
        """Growth, percent; zero while unknown."""
        return self.from_baseline.growth_pct or 0.0


def line_name(growth: float) -> str:
    """A target's line as printed: ``+5 %``."""
    return f"{printed(growth, 0, scale='100', signed=True)} %"


def headline(report: SiteReport) -> Headline | None:
    """The first baseline of the first official target that has a figure.

    An invented example, or a metal that nobody has set a target for, is never the headline.
    """
    for progress in report.progress:
        known = [b for b in progress.baselines if b.growth_pct is not None]
        ordered = sorted(known, key=lambda b: b.baseline.scope != "modelled")
        own = progress.element == progress.target.element
        if own and ordered and progress.target.status == "official":
            return Headline(progress, ordered[0], _synthetic(report, ordered[0]))
    return None


def _synthetic(report: SiteReport, part: BaselineProgress) -> bool:
    """Whether any deposit that a baseline counts is a synthetic one."""
    ids = {deposit.id for belt in report.belts if belt.synthetic for deposit in belt.deposits}
    return not ids.isdisjoint(part.deposits)


def growth_by_deposit(report: SiteReport) -> dict[str, float | None]:
    """Growth of each deposit on its own baseline and the baseline's basis, as a fraction."""
    found = headline(report)
    if found is None:
        return {}
    basis = found.from_baseline.baseline.basis
    growth: dict[str, float | None] = {}
    for share in found.from_baseline.by_deposit:
        value = share.stock.growth_pct(basis)
        growth[share.id] = None if value is None else value / 100
    return growth


def target_parameters(found: Headline, *, both: bool = True) -> dict[str, Any]:
    """What the target figure shows, in kt: the course on the baseline's own basis, and on the
    other one too where ``both`` are asked for."""
    part, target = found.from_baseline, found.progress.target
    days = [point.date.isoformat() for point in part.points]
    series = {
        "retained": [round(point.retained_t / 1e3, 6) for point in part.points],
        "identified": [round(point.identified_t / 1e3, 6) for point in part.points],
    }
    own = part.baseline.basis or "retained"
    order = [own, *(name for name in series if name != own and both)]
    lines = [[line.line_t / 1e3, line_name(line.growth)] for line in part.lines]
    start = part.since or part.points[0].date
    return {
        "baseline_kt": (part.baseline_t or 0.0) / 1e3,
        "lines": lines,
        "start": start.isoformat(),
        "end": target.deadline.isoformat(),
        "series": [{"label": BASES[n].both, "dates": days, "kt": series[n]} for n in order],
        "symbol": symbol(found.progress.element),
        "fan": _fan(part.projection, own, series[own][-1]) if part.projection else None,
        "ranges": [],
        "bands": [],
        "unchanged": None,
    }


def _fan(projection: Projection, basis: str, now_kt: float) -> dict[str, Any]:
    """The projection's three cases on one basis, from the newest figure to the deadline, kt."""
    ends = {
        one.case: (one.identified_t if basis == "identified" else one.retained_t) / 1e3
        for one in projection.cases
    }
    return {
        "dates": [projection.since.isoformat(), projection.deadline.isoformat()],
        **{case: [now_kt, round(end, 6)] for case, end in ends.items()},
    }
