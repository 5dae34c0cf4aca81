"""A deposit: its statement, its model, its checks, its changes, where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult
from reporting.figures.store import FigureStore, Plate
from reporting.report import SiteReport
from reporting.site.frame import (
    HOME,
    belt_href,
    deposit_href,
    named,
)
from reporting.site.room import Leaf, Room
from reporting.units import Text, symbol
from reporting.views.checks import checks_table
from reporting.views.deposit import (
    cutoff_table,
    resource_table,
    support_table,
    truth_table,
)
from reporting.views.facts import class_cards, facts, provenance
from reporting.views.growth import (
    causes_table,
    intervals,
    movement_table,
    vintages_table,
    waterfall_parameters,
)
from reporting.views.official import official_block
from reporting.views.plates import deposit_plates


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One deposit's page."""
    belt, deposit = place_of(room.report, item)
    yield Leaf(deposit_href(deposit, ""), "deposit", deposit_page(room, belt, deposit))


def place_of(report: SiteReport, deposit_id: str) -> tuple[Belt, Deposit]:
    """A deposit with its belt."""
    return next((b, d) for b in report.belts for d in b.deposits if d.id == deposit_id)


def deposit_page(room: Room, belt: Belt, deposit: Deposit) -> dict[str, Any]:
    """Context of a deposit's page."""
    report, store = room.report, room.store
    results = report.results[deposit.id]
    newest = results[-1]
    closing = {result.vintage: result for result in results}
    crumbs = ((HOME, "../index.html"), (named(belt.name), belt_href(belt, "../")))
    moves = [
        make(lines, closing.get(lines[0].closing_vintage, newest), f"{name}-{place}")
        for place, lines in enumerate(intervals(report, deposit.id), start=1)
        for make, name in ((movement_table, "movement"), (causes_table, "causes"))
    ]
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
        "note": Text("", "") if belt.synthetic else named(belt.note),
        "facts": facts(belt, newest),
        "official": official_block(report, deposit.id),
        "cards": class_cards(newest),
        "resource": resource_table(newest),
        "support": support_table(newest) if newest.statement.support else None,
        "cutoffs": cutoff_table(newest),
        "plates": deposit_plates(report, newest, store),
        "truth": truth_table(newest) if newest.truth else None,
        "checks": checks_table(newest) if newest.checks else None,
        "movements": moves,
        "waterfall": _waterfall(report, newest, store),
        "vintages": vintages_table(results),
        "provenance": provenance(report, newest),
    }


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
