"""What data stand behind a belt's deposits, and how its figures went from vintage to vintage."""

from __future__ import annotations

import math
from typing import Any

from estimation.belts import Belt
from estimation.plan import CLASSES
from reporting.figures.store import FigureStore, Plate
from reporting.report import MAIN_COPPER, SiteReport
from reporting.site.frame import named, same
from reporting.sums import class_metal_t
from reporting.tables import Row, Table, column, heading, number, words
from reporting.units import SHARE, Text, Unit, symbol
from reporting.views.evidence import rows_held
from reporting.views.summary import latest_of, summary_basis

_COUNT = Unit("", "1", 0)


def coverage_table(report: SiteReport, belt: Belt, *, files: bool) -> Table | None:
    """Holes, composites and findings of each deposit; ``files``: rows in quarantine too."""
    results = latest_of(report, [belt])
    if not results:
        return None
    head = [
        column("矿床", "Deposit", numeric=False),
        column("首次数据截止", "First data date", numeric=False),
        column("最近数据截止", "Newest data date", numeric=False),
        column("估算次数", "Vintages"),
        column("钻孔数", "Holes"),
        column("组合样数", "Composites"),
        column("主元素化验占比", "Main element assayed", "%"),
    ]
    head += [column("隔离行", "Rows in quarantine")] * files
    rows = []
    for deposit in report.estimated(belt):
        vintages = report.results[deposit.id]
        newest = vintages[-1]
        about = {"deposit": deposit.id}
        main = [s for s in newest.statement.support if s.element == newest.statement.main_element]
        held = rows_held(report, deposit.id)
        cells = [
            heading(named(deposit.name)),
            words(same(vintages[0].vintage), "keep"),
            words(same(newest.vintage), "keep"),
            number(len(vintages), _COUNT, quantity="vintages", about=about),
            number(newest.holes, _COUNT, quantity="holes", about=about),
            number(newest.composites, _COUNT, quantity="composites", about=about),
            number(main[0].assayed_share if main else None, SHARE, quantity="assayed_share",
                   about=about),
        ]  # fmt: skip
        if files:
            blank = number(None, _COUNT, quantity="rows_held", about=about)
            cells.append(held[0] if held else blank)
        rows.append(Row(tuple(cells)))
    title = Text("数据覆盖", "Data coverage")
    basis = summary_basis(results)
    return Table("coverage", title, basis, (tuple(head),), tuple(rows), sortable=True)


def trend_plate(report: SiteReport, belt: Belt, store: FigureStore) -> Plate | None:
    """Copper by class at every data date since all deposits have an estimate; None for one date."""
    parameters = trend_parameters(report, belt)
    if len(parameters["dates"]) < 2:
        return None
    alt = Text("各类别金属量随数据截止日的变化", "Metal by class at each data date")
    caption = Text(
        f"{symbol(MAIN_COPPER)} 金属量（kt）随数据截止日的变化，探明、控制、推断分三幅，不相加；"
        "各矿床取该日及以前最近一次估算。",
        f"{symbol(MAIN_COPPER)} metal (kt) at each data date, a panel for each class, not added; "
        "of each deposit the newest estimate up to the day.",
    )
    return Plate(store.svg("class_trend", None, parameters), alt, caption)


def trend_parameters(report: SiteReport, belt: Belt) -> dict[str, Any]:
    """Dates, and the belt's copper in kt by class at each of them."""
    found = [report.results[deposit.id] for deposit in report.estimated(belt)]
    begun = max((vintages[0].vintage for vintages in found), default=None)
    every = sorted({r.vintage for vintages in found for r in vintages})
    dates = [day for day in every if begun is not None and day >= begun]
    series: dict[str, list[float]] = {name: [] for name in CLASSES}
    for day in dates:
        standing = [[r for r in vintages if r.vintage <= day][-1] for vintages in found]
        for name in CLASSES:
            tonnes = [class_metal_t(result, MAIN_COPPER, name) or 0.0 for result in standing]
            series[name].append(round(math.fsum(tonnes) / 1e3, 6))
    return {
        "dates": [day.isoformat() for day in dates],
        "series": series,
        "symbol": symbol(MAIN_COPPER),
    }
