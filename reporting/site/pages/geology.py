"""The geologist's page of a deposit, in the order of DZ/T 0338.3: from domains to validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from estimation.plan import Plan
from estimation.results import DepositResult
from reporting.facts.evidence import Evidence, Passes
from reporting.figures.store import FigureStore, Plate
from reporting.site.frame import HOME, belt_href, deposit_href, file_name, named, sections_href
from reporting.site.pages.deposit import place_of
from reporting.site.room import Leaf, Room
from reporting.tables import Table
from reporting.units import Text, symbol
from reporting.viewer.scene import ClassSlope, scene_about, slopes_of
from reporting.views.checks import checks_table
from reporting.views.geology import (
    caps_table,
    domains_table,
    methods_table,
    quality_table,
    search_table,
    slopes_table,
    variogram_table,
)
from reporting.views.plan import classification_table, parameter_lines, plan_of
from reporting.views.studied import cross_table
from reporting.working.kept import KeptFigure, KeptStudy, KeptTable, read_study

MOST_FIGURES = 18
MOST_BYTES = 2_000_000
"""Of the SVG of all figures of a page; what is beyond is in the study's own folder."""
MOST_ROWS = 40
"""Rows of a study's table on the page; the CSV has all of them."""
FIGURES = {
    "domains": ("domain_shares",),
    "exploration": ("boxes_{short}", "contact_{short}_*", "top_cut_{short}_*"),
    "variography": ("directions_{main}_*", "map_{main}_all"),
    "neighbourhood": ("neighbourhood_01", "neighbourhood_02"),
    "by-products": ("methods_*",),
    "classification": ("class_section", "class_shares"),
    "validation": ("cross_validation_{main}", "quantiles_{main}"),
}
"""Topic -> figures shown, of the main element where there is a choice."""
MOST_OF_A_KIND = 3
"""Figures that differ in their domain; the domain with most metal first, all domains last."""
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


_Blocks = tuple[tuple[Passes, ...], tuple[ClassSlope, ...]]
"""Blocks by search pass, and how well each class is known."""


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
    studies = _Studies(evidence.studies, room.store, result)
    seen = report.viewers.get(deposit_id)
    about = scene_about(seen) if seen is not None else {}
    slopes = slopes_of(about)
    parts = (
        list(_parts(result, plan, (evidence.passes, slopes), studies)) if plan is not None else []
    )
    return {
        "page": room.page(
            title, "geology", [result], above=above, deep=True, synthetic=belt.synthetic
        ),
        "deposit_id": deposit_id,
        "parts": [(part, [studies.shown(topic) for topic in part.topics]) for part in parts],
        "checks": checks_table(result) if result.checks else None,
        "no_plan": plan is None,
        "plates": sections_href(deposit_id, "../") if about else "",
    }


def _parts(result: DepositResult, plan: Plan, blocks: _Blocks, studies: _Studies) -> Iterator[Part]:
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
               (caps_table(result, plan, studies.kept("exploration")),),
               ("exploration",))  # fmt: skip
    yield Part("variography", Text("变异函数", "Variography"),
               ("plan.elements.*.variogram", "plan.elements.*.by_domain.*.variogram"),
               (variogram_table(result, plan),), ("variography",))  # fmt: skip
    passes, slopes = blocks
    quality = (quality_table(result, passes), slopes_table(result, slopes))
    yield Part("search", Text("邻域与估算次序", "Neighbourhood and passes"),
               ("plan.elements.*.search", "plan.discretisation", "grid.block_m"),
               (search_table(result, plan, passes), *(one for one in quality if one)),
               ("neighbourhood",))  # fmt: skip
    yield Part("classes", Text("资源量分类", "Classification"),
               ("plan.classification", "plan.elements.*.class_limit"),
               (classification_table(result, plan),), ("classification",))  # fmt: skip
    domains = cross_table(result, studies.kept("validation"))
    yield Part("tests", Text("验证", "Validation"), (), (domains,) if domains else (),
               ("validation",))  # fmt: skip
    yield Part("by-products", Text("共伴生元素", "By-products"),
               ("plan.elements.*.partner", "plan.derived"), (), ("by-products",))  # fmt: skip


@dataclass
class _Studies:
    """Studies of the result as the page shows them, within what a page may weigh."""

    folders: dict[str, Path]
    store: FigureStore
    result: DepositResult
    figures: int = 0
    bytes: int = 0
    read: dict[str, KeptStudy | None] = field(default_factory=dict)

    def kept(self, topic: str) -> KeptStudy | None:
        """One topic's study, read once; None where there is none."""
        if topic not in self.read:
            folder = self.folders.get(topic)
            self.read[topic] = read_study(folder) if folder is not None else None
        return self.read[topic]

    def shown(self, topic: str) -> dict[str, Any]:
        """One topic: its remarks, tables and figures; ``missing`` where it was not made."""
        kept = self.kept(topic)
        if kept is None:
            return {"topic": topic, "missing": True}
        return {
            "topic": topic,
            "missing": False,
            "title": kept.title,
            "failed": kept.failed,
            "remarks": kept.remarks,
            "tables": list(_tables(kept)),
            "plates": list(self._plates(kept, self.folders[topic])),
            "more": len(kept.figures),
        }

    def _plates(self, kept: KeptStudy, folder: Path) -> Iterator[Plate]:
        """The chosen figures, drawn, as long as they fit."""
        for figure in _chosen(kept, self.result):
            if self.figures >= MOST_FIGURES or self.bytes >= MOST_BYTES:
                return
            svg = self.store.svg(figure.drawing, figure.source(folder), figure.parameters)
            if self.bytes + len(svg) > MOST_BYTES:
                continue
            self.figures, self.bytes = self.figures + 1, self.bytes + len(svg)
            yield Plate(svg, figure.title, figure.caption)


def _chosen(kept: KeptStudy, result: DepositResult) -> Iterable[KeptFigure]:
    """Figures of a study that the page shows."""
    main, domains = result.statement.main_element, [_plain(one) for one in _by_metal(result)]
    found: dict[str, KeptFigure] = {}

    def place(figure: KeptFigure) -> int:
        """Domains by their metal, then what is of none of them, all domains together last."""
        if figure.name.endswith("_all"):
            return len(domains) + 1
        ends = (n for n, one in enumerate(domains) if _plain(figure.name).endswith(f"_{one}"))
        return next(ends, len(domains))

    for pattern in FIGURES[kept.topic]:
        wanted = pattern.format(main=main, short=symbol(main).lower())
        fitting = [f for f in kept.figures if fnmatchcase(f.name, wanted)]
        for figure in sorted(fitting, key=place)[:MOST_OF_A_KIND]:
            found[figure.name] = figure
    return found.values()


def _plain(name: str) -> str:
    """A name as the names of figures have it."""
    return "".join(sign if sign.isalnum() else "_" for sign in name)


def _by_metal(result: DepositResult) -> list[str]:
    """Domains of the statement, the one with most of the main element's metal first."""
    metal: dict[str, float] = {}
    for row in result.statement.at_cutoff():
        figure = row.elements.get(result.statement.main_element)
        metal[row.domain] = metal.get(row.domain, 0.0) + (
            (figure.metal_t if figure else None) or 0.0
        )
    return sorted(metal, key=lambda name: -metal[name])


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
