"""Progress against the target, with everything behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from reporting.figures.store import FigureStore, Plate
from reporting.report import SiteReport
from reporting.site.frame import HOME, named
from reporting.site.room import Leaf, Room
from reporting.tables import SAME, Table
from reporting.units import Text, class_text
from reporting.views.official import filed_only_table
from reporting.views.outlook import official_table, projection_table
from reporting.views.summary import latest_of
from reporting.views.target import BASES, Headline, headline, target_parameters
from reporting.views.target_boxes import MINED_BEFORE, assumptions, boxes, by_basis, national_of
from reporting.views.target_shares import shares_table, types_table
from reporting.views.target_spread import (
    chance_sentences,
    chances_table,
    limits,
    ranges,
    ranges_table,
)
from reporting.views.target_tables import (
    baselines_table,
    needs_table,
    source_line,
    targets_table,
)


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The target page."""
    yield Leaf("target.html", "target", target_page(room))


def target_page(room: Room) -> dict[str, Any]:
    """Context of the target page."""
    report = room.report
    results = latest_of(report, report.belts)
    title = Text("目标进度", "Progress against the target")
    found = headline(report)
    return {
        "page": room.page(title, "target", results, above=((HOME, "index.html"),)),
        "target": found,
        "views": _views(room, found) if found else [],
        "progress": report.progress,
        "estimated": bool(report.ledger.entries),
        "tables": _target_tables(report, found),
        "mined_before": MINED_BEFORE,
        "sources": {
            progress.target.id: [source_line(part) for part in progress.baselines]
            for progress in report.progress
        },
    }


def _views(room: Room, found: Headline) -> list[dict[str, Any]]:
    """The target on each basis, 保有 and 累计查明; one without a known baseline says so."""
    own = found.from_baseline.baseline.basis
    return [
        {
            "basis": basis,
            "title": title,
            "chosen": basis == own,
            **_view(room, _on(found, basis), basis),
        }
        for basis, title in BASES.items()
    ]


def _on(found: Headline, basis: str) -> Headline | None:
    """The headline's target on a basis; None without a known baseline of it."""
    other = by_basis(found.progress, basis)
    return other and replace(other, synthetic=found.synthetic)


def _view(room: Room, found: Headline | None, basis: str) -> dict[str, Any]:
    """One basis: its figure, its boxes, its chances and what it takes as given."""
    report = room.report
    if found is None:
        empty: dict[str, Any] = {"plate": None, "boxes": [], "chances": [], "tables": []}
        return {**empty, "limits": None, "assumptions": []}
    national = national_of(found)
    tables = (
        chances_table(report, found, f"target-chances-{basis}"),
        ranges_table(report, found, f"target-ranges-{basis}"),
        projection_table(report, found, f"target-projection-{basis}"),
    )
    return {
        "plate": _basis_plate(report, room.store, found),
        "boxes": boxes(found, national),
        "chances": chance_sentences(report, found, national),
        "limits": limits(report, found),
        "tables": [table for table in tables if table is not None],
        "assumptions": assumptions(report, found),
    }


def _basis_plate(report: SiteReport, store: FigureStore, found: Headline) -> Plate:
    """One basis's own course against its own lines, with the simulated ranges."""
    last = {
        point.date: point.identified_t - point.retained_t for point in found.from_baseline.points
    }
    shift = found.from_baseline.baseline.basis == "identified"
    parameters = target_parameters(found, both=False)
    parameters["ranges"] = [
        {
            "date": one.date.isoformat(),
            **{
                name: round(getattr(one, f"{name}_kg") / 1e6 + shift * last[one.date] / 1e3, 6)
                for name in ("p10", "stated", "p90")
            },
        }
        for one in ranges(report, found)
    ]
    parameters["bands"] = _bands(parameters)
    parameters["unchanged"] = _unchanged(parameters, found)
    return _plate(store, found, parameters, _band_words(parameters))


def _bands(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Ranges of days that follow each other in the course, joined; a day alone has no band."""
    known = {one["date"]: one for one in parameters["ranges"]}
    days = parameters["series"][0]["dates"]
    runs = [list(run) for has, run in groupby(days, known.__contains__) if has]
    return [
        {"dates": run, **{end: [known[day][end] for day in run] for end in ("p10", "p90")}}
        for run in runs
        if len(run) > 1
    ]


def _unchanged(parameters: dict[str, Any], found: Headline) -> dict[str, Any] | None:
    """The newest figure's simulated range as it stands, up to the deadline; None without one, or
    where the deadline is past."""
    drawn, latest = parameters["ranges"], found.from_baseline.latest
    if not drawn or latest is None or drawn[-1]["date"] != latest.date.isoformat():
        return None
    if found.progress.target.deadline <= latest.date:
        return None
    newest = drawn[-1]
    return {
        "dates": [newest["date"], parameters["end"]],
        "p10": newest["p10"],
        "p90": newest["p90"],
    }


NO_BAND = Text(
    "没有 P10–P90：计入的矿床未全部模拟。",
    "No P10 to P90: not every deposit counted was simulated.",
)
WHISKERS = Text("竖线", "Whiskers")
BOTH = Text("竖线与浅色带", "Whiskers and the pale band")
BAND = Text(
    "为模拟的 P10–P90，以估算值为中心（局限见下）",
    "simulated P10 to P90 laid around the estimate (for its limits see below)",
)


def _band_words(parameters: dict[str, Any]) -> Text:
    """What the ranges of P10 to P90 are, which days have none, or why there is none at all."""
    drawn = [one["date"] for one in parameters["ranges"]]
    if not drawn:
        return NO_BAND
    what = BOTH if parameters["bands"] else WHISKERS
    zh, en = f"{what.zh}{BAND.zh}", f"{what.en}: {BAND.en}"
    if parameters["unchanged"]:
        zh += (
            f"；{drawn[-1]} 之后的斜线带为该日的 P10–P90，按现有估算外推至期限，无预测"
            "（以后的勘查与开采未计）"
        )
        en += (
            f"; hatched after {drawn[-1]}: that day's P10 to P90 up to the deadline, as estimated "
            "today, not a forecast (later drilling and mining are not in it)"
        )
    bare = [day for day in parameters["series"][0]["dates"] if day not in drawn]
    if bare:
        zh += f"；{'、'.join(bare)} 无 P10–P90：计入的矿床未全部模拟"
        en += f"; none at {', '.join(bare)}: not every deposit counted was simulated"
    return Text(f"{zh}。", f"{en}.")


def _target_tables(report: SiteReport, found: Headline | None) -> list[Table]:
    """The headline target first with everything behind it, then the others side by side."""
    listed: list[Table | None] = []
    if found:
        listed = [
            baselines_table(report, found.progress),
            needs_table(report, found.progress),
            official_table(report, found.progress),
            filed_only_table(report, found.progress.element),
            types_table(report, found),
            *(shares_table(report, found, by) for by in ("belts", "provinces", "deposits")),
        ]
    if len(report.progress) > 1:
        listed.append(targets_table(report, report.progress[0]))
    for progress in report.progress:
        if found is None or progress is not found.progress:
            listed += [baselines_table(report, progress), needs_table(report, progress)]
    return [table for table in listed if table is not None]


def target_plate(report: SiteReport, store: FigureStore) -> Plate | None:
    """The target figure on both bases, where a baseline is known."""
    found = headline(report)
    return _plate(store, found, target_parameters(found)) if found else None


def _plate(
    store: FigureStore, found: Headline, parameters: dict[str, Any], more: Text = SAME
) -> Plate:
    """A target figure with its words, and ``more`` of what it shows."""
    title = Text("铜资源量与目标线", "Copper resource against the target lines")
    base = named(found.from_baseline.baseline.name)
    classes = class_text("+".join(found.progress.classes))
    caption = Text(
        f"合计（统计口径，{classes.zh}）；基数：{base.zh}；虚线为基数与目标线；"
        f"阴影为计划范围（非置信区间）；横轴止于目标期限。{more.zh}",
        f"Total (statistical basis, {classes.en}); baseline: {base.en}; dashed: baseline and "
        "target lines; shaded: range of plans, no confidence limits; the axis ends at the deadline."
        f"{' ' * bool(more.en)}{more.en}",
    )
    return Plate(store.svg("target", None, parameters), title, caption)
