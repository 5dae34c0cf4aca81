"""A deposit: its statement, its model, its checks, its changes, where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult
from reporting.figures.store import FigureStore, Plate
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.site.frame import (
    HOME,
    belt_href,
    deposit_href,
    file_name,
    named,
    sections_href,
    viewer_href,
)
from reporting.site.room import Audience, Leaf, Room
from reporting.units import Text, symbol
from reporting.viewer.scene import scene_about
from reporting.views.checks import checks_table, failed_lines, verdict_strip
from reporting.views.deposit import (
    cutoff_table,
    resource_table,
    support_table,
    truth_table,
)
from reporting.views.evidence import approval, history, rows_held, source_lines
from reporting.views.growth import (
    causes_table,
    intervals,
    movement_table,
    vintages_table,
    waterfall_parameters,
)
from reporting.views.official import official_block
from reporting.views.plan import classification_table, parameter_lines, plan_of
from reporting.views.plates import deposit_plates
from reporting.views.provenance import class_cards, facts, header, provenance
from reporting.views.runs import run_href
from reporting.views.spread import spread_table

BYTES_OF_A_BLOCK = 10.0
"""Of a three-dimensional page, about: half a megabyte for fifty thousand blocks."""


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One deposit's page."""
    belt, deposit = place_of(room.report, item)
    yield Leaf(deposit_href(deposit, ""), "deposit", deposit_page(room, belt, deposit))


def place_of(report: SiteReport, deposit_id: str) -> tuple[Belt, Deposit]:
    """A deposit with its belt."""
    return next((b, d) for b in report.belts for d in b.deposits if d.id == deposit_id)


def deposit_page(room: Room, belt: Belt, deposit: Deposit) -> dict[str, Any]:
    """Context of a deposit's page."""
    report, store, audience = room.report, room.store, room.audience
    results = report.results[deposit.id]
    newest = results[-1]
    crumbs = ((HOME, "../index.html"), (named(belt.name), belt_href(belt, "../")))
    return {
        "page": room.page(
            named(deposit.name),
            "deposit",
            [newest],
            above=crumbs,
            deep=True,
            synthetic=belt.synthetic,
        ),
        "kind": named(deposit.kind),
        "note": Text("", "") if belt.synthetic else Text(belt.note.zh, belt.note.en),
        "facts": [
            *facts(belt, newest, holes=audience.holes),
            *header(deposit, newest, holes=audience.holes),
        ],
        "links": _links(report, deposit, audience),
        "official": official_block(report, deposit.id),
        "cards": class_cards(newest),
        "resource": resource_table(newest),
        "spread": spread_table(report, newest),
        "support": support_table(newest) if newest.statement.support else None,
        "cutoffs": cutoff_table(newest),
        "plates": deposit_plates(report, newest, store, places_shown=audience.holes),
        "truth": truth_table(newest) if newest.truth else None,
        "strip": verdict_strip(newest),
        "failed": failed_lines(newest),
        "checks": checks_table(newest) if newest.checks else None,
        "waterfall": _waterfall(report, newest, store),
        "movements": _movements(report, results),
        "vintages": vintages_table(results),
        "provenance": provenance(report, newest),
        **_choices(newest),
        **_evidence(report, newest, audience),
    }


def _choices(result: DepositResult) -> dict[str, Any]:
    """What the plan decided, and how blocks became classes."""
    plan = plan_of(result)
    if plan is None:
        return {"parameters": (), "classification": None}
    return {
        "parameters": parameter_lines(result, plan),
        "classification": classification_table(result, plan),
    }


def _evidence(report: SiteReport, result: DepositResult, audience: Audience) -> dict[str, Any]:
    """Who decided, and which rows stand behind the figure; files for the bureau alone."""
    return {
        "approval": approval(report, result, names=audience.files),
        "history": history(report, result.deposit_id, names=audience.files),
        "sources": source_lines(report, result.deposit_id) if audience.files else [],
        "held_rows": rows_held(report, result.deposit_id) if audience.files else None,
        "run": _run(report, result) if audience.files else None,
        "not_viewed": report.not_viewed.get(result.deposit_id) if audience.files else None,
        "vintage": result.vintage.isoformat(),
        "deposit_id": result.deposit_id,
    }


def _run(report: SiteReport, result: DepositResult) -> tuple[str, str] | None:
    """The run that made the figure, and its page; None where it has none."""
    entry = report.ledger.entry(result.deposit_id, result.vintage)
    if entry is None:
        return None
    found = [run for run in report.operations.runs if run.run_id == entry.run_id]
    return (entry.run_id, run_href(found[0], "../")) if found else None


def _movements(report: SiteReport, results: tuple[DepositResult, ...]) -> list[Any]:
    """Tables of each interval's movement and its causes, newest first."""
    closing = {result.vintage: result for result in results}
    newest = results[-1]
    return [
        make(lines, closing.get(lines[0].closing_vintage, newest), f"{name}-{place}")
        for place, lines in enumerate(intervals(report, newest.deposit_id), start=1)
        for make, name in ((movement_table, "movement"), (causes_table, "causes"))
    ]


def _links(report: SiteReport, deposit: Deposit, audience: Audience) -> list[tuple[Text, str]]:
    """Pages of the same deposit that this build has."""
    if not audience.holes:
        return []
    name = file_name(deposit.id)
    found = [(Text("地质与估算细节", "Geology and estimation in detail"), f"../geology/{name}")]
    scene = report.viewers.get(deposit.id)
    about = scene_about(scene) if scene is not None else {}
    if about:
        cells = int(about["cells"])
        size = printed(max(cells * BYTES_OF_A_BLOCK / 1e6, 0.1), 1)
        words = Text(
            f"打开三维（{cells:,} 个块段，约 {size} MB）",
            f"Open in three dimensions ({cells:,} blocks, about {size} MB)",
        )
        found.append((words, viewer_href(deposit, "../")))
        plates = Text("剖面与平面图", "Sections and level plans")
        found.append((plates, sections_href(deposit.id, "../")))
    return found


def _waterfall(report: SiteReport, newest: DepositResult, store: FigureStore) -> Plate | None:
    """The newest interval's waterfall, 合计（统计口径）."""
    groups = intervals(report, newest.deposit_id)
    main = newest.statement.main_element
    if not groups or not any(line.element == main for line in groups[0]):
        return None
    first = groups[0][0]
    span = f"{first.opening_vintage} → {first.closing_vintage}"
    title = Text(f"资源量变动 {span}", f"Resource movement {span}")
    caption = Text(
        f"{symbol(main)} 金属量变动（kt），{span}，合计（统计口径）。",
        f"{symbol(main)} metal movement (kt), {span}, total (statistical basis).",
    )
    svg = store.svg("waterfall", None, waterfall_parameters(groups[0], main))
    return Plate(svg, title, caption)
