"""The geologist's page of a deposit, in the order of DZ/T 0338.3: from domains to validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from estimation.plan import Plan
from estimation.results import DepositResult
from reporting.facts.evidence import Evidence
from reporting.figures.store import FigureStore, Plate
from reporting.site.frame import HOME, belt_href, deposit_href, file_name, named
from reporting.site.pages.deposit import place_of
from reporting.site.room import Leaf, Room
from reporting.tables import Table
from reporting.units import Text, symbol
from reporting.views.checks import checks_table
from reporting.views.geology import (
    caps_table,
    domains_table,
    methods_table,
    quality_table,
    search_table,
    variogram_table,
)
from reporting.views.plan import classification_table, parameter_lines, plan_of
from reporting.working.kept import KeptStudy, KeptTable, read_study

MOST_FIGURES = 12
MOST_BYTES = 2_000_000
"""Of the SVG of all figures of a page; what is beyond is in the study's own folder."""
MOST_ROWS = 40
"""Rows of a study's table on the page; the CSV has all of them."""
FIGURES = {
    "domains": ("domain_shares",),
    "exploration": ("boxes_{short}", "contact_{short}_*", "top_cut_{short}_*"),
    "variography": ("directions_{main}_all", "directions_{main}_*", "map_{main}_all"),
    "neighbourhood": ("neighbourhood_01", "neighbourhood_02"),
    "by-products": ("methods_*",),
    "classification": ("class_section", "class_shares"),
    "validation": ("cross_validation_{main}", "quantiles_{main}"),
}
"""Topic -> figures shown, of the main element where there is a choice."""
MOST_OF_A_KIND = 2
TABLES = {
    "domains": ("domains", "domain_grades", "contacts", "volumes"),
    "exploration": ("statistics", "declustering", "top_cuts", "contacts"),
    "variography": ("nugget_basis", "directions"),
    "neighbourhood": ("neighbourhood_advice", "neighbourhood_blocks"),
    "by-products": ("support", "methods", "status"),
    "classification": ("class_spacing", "class_steps", "gate"),
    "validation": ("cross_validation", "change_of_support"),
}


@dataclass(frozen=True)
class Part:
    """One chapter of the page."""

    key: str
    title: Text
    keys: tuple[str, ...]
    """Keys of the belt's file that decide it."""
    tables: tuple[Table, ...] = ()
    topics: tuple[str, ...] = ()
    """Studies that belong here."""
    facts: tuple[tuple[Text, Text], ...] = ()


def geology_href(deposit_id: str, root: str) -> str:
    """Relative address of a deposit's page for geologists."""
    return f"{root}geology/{file_name(deposit_id)}"


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One deposit's page for geologists."""
    yield Leaf(geology_href(item, ""), "geology", geology_page(room, item))


def geology_page(room: Room, deposit_id: str) -> dict[str, Any]:
    """Context of the page."""
    report = room.report
    belt, deposit = place_of(report, deposit_id)
    result = report.results[deposit_id][-1]
    evidence = report.evidence.get(deposit_id, Evidence())
    plan = plan_of(result)
    name = named(deposit.name)
    title = Text(f"地质与估算细节：{name.zh}", f"Geology and estimation: {name.en}")
    above = (
        (HOME, "../index.html"),
        (named(belt.name), belt_href(belt, "../")),
        (name, deposit_href(deposit, "../")),
    )
    parts = list(_parts(result, plan, evidence)) if plan is not None else []
    studies = _Studies(evidence.studies, room.store, result.statement.main_element)
    return {
        "page": room.page(
            title, "geology", [result], above=above, deep=True, synthetic=belt.synthetic
        ),
        "deposit_id": deposit_id,
        "parts": [(part, [studies.shown(topic) for topic in part.topics]) for part in parts],
        "checks": checks_table(result) if result.checks else None,
        "no_plan": plan is None,
    }


def _parts(result: DepositResult, plan: Plan, evidence: Evidence) -> Iterator[Part]:
    """The chapters in the order of the work."""
    facts = tuple(parameter_lines(result, plan))
    yield Part("basis", Text("估算对象与方法", "What is estimated, and how"),
               ("plan.stage", "plan.elements.*.method", "plan.elements.*.reason"),
               (methods_table(result, plan),), (), facts)  # fmt: skip
    yield Part("domains", Text("矿化域与组合样", "Domains and composites"),
               ("plan.domains", "plan.composites", "plan.density"),
               (domains_table(result, plan),), ("domains",))  # fmt: skip
    yield Part("caps", Text("统计与特高品位", "Statistics and top cuts"),
               ("plan.elements.*.caps", "plan.elements.*.high_yield"),
               (caps_table(result, plan),), ("exploration",))  # fmt: skip
    yield Part("variography", Text("变异函数", "Variography"),
               ("plan.elements.*.variogram", "plan.elements.*.by_domain.*.variogram"),
               (variogram_table(result, plan),), ("variography",))  # fmt: skip
    quality = quality_table(result, evidence.passes)
    yield Part("search", Text("邻域与估算次序", "Neighbourhood and passes"),
               ("plan.elements.*.search", "plan.discretisation", "grid.block_m"),
               (search_table(result, plan, evidence.passes), *([quality] if quality else [])),
               ("neighbourhood",))  # fmt: skip
    yield Part("classes", Text("资源量分类", "Classification"),
               ("plan.classification", "plan.elements.*.class_limit"),
               (classification_table(result, plan),), ("classification",))  # fmt: skip
    yield Part("tests", Text("验证", "Validation"), (), (), ("validation",))
    yield Part("by-products", Text("共伴生元素", "By-products"),
               ("plan.elements.*.partner", "plan.derived"), (), ("by-products",))  # fmt: skip


@dataclass
class _Studies:
    """Studies of the result as the page shows them, within what a page may weigh."""

    folders: dict[str, Path]
    store: FigureStore
    main: str
    figures: int = 0
    bytes: int = 0

    def shown(self, topic: str) -> dict[str, Any]:
        """One topic: its remarks, tables and figures; ``missing`` where it was not made."""
        folder = self.folders.get(topic)
        kept = read_study(folder) if folder is not None else None
        if folder is None or kept is None:
            return {"topic": topic, "missing": True}
        return {
            "topic": topic,
            "missing": False,
            "title": kept.title,
            "failed": kept.failed,
            "remarks": kept.remarks,
            "tables": list(_tables(kept)),
            "plates": list(self._plates(kept, folder)),
            "more": len(kept.figures),
        }

    def _plates(self, kept: KeptStudy, folder: Path) -> Iterator[Plate]:
        """The chosen figures, drawn, as long as they fit."""
        for figure in _chosen(kept, self.main):
            if self.figures >= MOST_FIGURES or self.bytes >= MOST_BYTES:
                return
            svg = self.store.svg(figure.drawing, figure.source(folder), figure.parameters)
            if self.bytes + len(svg) > MOST_BYTES:
                continue
            self.figures, self.bytes = self.figures + 1, self.bytes + len(svg)
            yield Plate(svg, figure.title, figure.caption)


def _chosen(kept: KeptStudy, main: str) -> Iterable[Any]:
    """Figures of a study that the page shows."""
    found: dict[str, Any] = {}
    for pattern in FIGURES[kept.topic]:
        wanted = pattern.format(main=main, short=symbol(main).lower())
        fitting = [f for f in kept.figures if fnmatchcase(f.name, wanted)]
        for figure in fitting[:MOST_OF_A_KIND]:
            found[figure.name] = figure
    return found.values()


def _tables(kept: KeptStudy) -> Iterator[dict[str, Any]]:
    """Tables of a study that the page shows, cut to what a page takes."""
    named_tables: dict[str, KeptTable] = {table.name: table for table in kept.tables}
    for name in TABLES[kept.topic]:
        table = named_tables.get(name)
        if table is not None and table.rows:
            rows = table.rows[:MOST_ROWS]
            yield {
                "key": f"{kept.topic}-{name}",
                "table": table,
                "rows": rows,
                "left_out": table.left_out + len(table.rows) - len(rows),
            }
