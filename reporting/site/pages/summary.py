"""The one-page summary: how much, how sure, how changed, against the target, as of when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt
from estimation.results import DepositResult
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.site.frame import as_of, belt_href, deposit_href, named, same
from reporting.site.pages.target import target_plate
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.brief import freshness, movers_table, way
from reporting.views.findings import findings_of
from reporting.views.odds import limits_text
from reporting.views.provenance import ledger_state
from reporting.views.summary import (
    Card,
    belt_groups,
    byproducts_table,
    cards,
    class_shares,
    copper_ratio,
    latest_of,
    verdicts,
)
from reporting.views.target import Headline, growth_by_deposit, headline
from reporting.workbook.book import WORKBOOK

ONWARD = ("target.html", "change.html", "byproducts.html", "method.html", "downloads.html")
"""Pages that the summary leads to, where the audience has them."""


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The summary."""
    yield Leaf("index.html", "index", index_page(room))


def index_page(room: Room) -> dict[str, Any]:
    """Context of the one-page summary."""
    report, store = room.report, room.store
    results = latest_of(report, report.belts)
    growth = growth_by_deposit(report)
    target = headline(report)
    groups = [_group(report, belts, growth) for belts in belt_groups(report)]
    whisker = _whisker(target) if target else None
    if groups:
        groups[-1]["limits"] = _limits(groups[-1]["cards"], target if whisker else None)
    return {
        "page": room.page(Text("铜资源量摘要", "Copper resource summary"), "summary", results),
        "groups": groups,
        "sentence": _sentence(results),
        "target": target,
        "whisker": whisker,
        "target_plate": target_plate(report, store),
        "onward": ONWARD,
        "belts": [
            {
                "name": named(belt.name),
                "province": named(belt.province),
                "href": belt_href(belt, ""),
                "deposits": [
                    (named(deposit.name), deposit_href(deposit, ""))
                    for deposit in report.estimated(belt)
                ],
            }
            for belt in report.belts
        ],
        "sure": _how_sure(report, results),
        "workbook": WORKBOOK,
    }


def _whisker(found: Headline) -> dict[str, Any] | None:
    """The goal bar's interval: its ends in percent, and where they lie on the bar."""
    likely, ends = found.from_baseline.likely, found.ends
    if likely is None or ends is None:
        return None
    path = _drawn(found, likely.together.p10_pct, likely.together.p90_pct)
    return {"low": ends[0], "high": ends[1], "path": path}


def _drawn(found: Headline, low: float, high: float) -> str:
    """The whisker's path on the bar; an end that lies beyond the bar has no cap."""
    start, stop = found.place(low), found.place(high)
    caps = [f"M{x:.2f} 2.4V6.6" for x in (start, stop) if 0 < x < 100]
    return f"M{start:.2f} 4.5H{stop:.2f}{''.join(caps)}"


def _group(
    report: SiteReport, belts: list[Belt], growth: dict[str, float | None]
) -> dict[str, Any]:
    """The figures of one kind of deposits; synthetic and real ones are never added together."""
    shown = cards(report, belts)
    return {
        "synthetic": belts[0].synthetic,
        "cards": shown,
        "limits": _limits(shown),
        "deposits": movers_table(report, belts, growth),
        "way": way(report, belts),
        "fresh": freshness(report, belts),
        "byproducts": byproducts_table(report, belts),
    }


def _limits(shown: list[Card], target: Headline | None = None) -> Text | None:
    """What the intervals of some cards, and of the target's bar, are and don't know."""
    counted = {card.name for card in shown if card.ends}
    counted |= set(target.progress.classes) if target else set()
    if not counted:
        return None
    limits = limits_text(inferred="inferred" in counted)
    if target is None:
        return limits
    return Text(limits.zh + CENTRED.zh, f"{limits.en} {CENTRED.en}")


CENTRED = Text(
    "各类的区间按模拟原样列出，增长的区间以估算值为中心。",
    "Classes' intervals stand as simulated; growth's is laid around the estimate.",
)


def _sentence(results: list[DepositResult]) -> Text:
    """How many deposits, as of when, in plain words; growth follows where it is known."""
    belts = len({result.belt_id for result in results})
    count = len(results)
    date = as_of(results)
    if not results:
        return Text("尚无估算结果。", "No estimate has been made yet.")
    return Text(
        f"数据截至 {date}，共估算 {belts} 个成矿带 {count} 个矿床的铜资源量",
        f"Data to {date}: copper of {count} deposit{'s' * (count > 1)} "
        f"in {belts} belt{'s' * (belts > 1)}",
    )


def _how_sure(report: SiteReport, results: list[DepositResult]) -> list[tuple[Text, Text]]:
    """How sure: class shares, checks, estimate beside truth, data findings."""
    lines = [
        (Text("铜金属量的类别构成", "Copper metal by class"), class_shares(results)),
        (
            Text("检验（合格 / 临界 / 不合格）", "Checks (pass / marginal / fail)"),
            same(verdicts(results)),
        ),
    ]
    ratios = sorted(r for result in results if (r := copper_ratio(result)) is not None)
    if ratios:
        span = " – ".join(
            dict.fromkeys(printed(r, 1, scale="100") for r in (ratios[0], ratios[-1]))
        )
        lines.append(
            (
                Text("估算/真值（合成矿床，铜）", "Estimate / truth (synthetic, Cu)"),
                same(f"{span} %"),
            )
        )
    totals = {"error": 0, "warning": 0, "info": 0}
    for belt in report.belts:
        for _text, severity, count in findings_of(report, belt):
            totals[severity] += count
    lines.append(
        (
            Text("数据检查（错误 / 警告 / 提示）", "Data findings (errors / warnings / notes)"),
            same(" / ".join(f"{count:,}" for count in totals.values())),
        )
    )
    lines.append((Text("台账", "Ledger"), ledger_state(report)))
    return lines
