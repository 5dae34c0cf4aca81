"""A deposit in three dimensions: blocks, drill-holes and ground, for the bureau alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.report import SiteReport
from reporting.site.frame import HOME, belt_href, deposit_href, named, viewer_href
from reporting.site.pages.deposit import place_of
from reporting.site.room import Leaf, Room
from reporting.tables import basis_of
from reporting.units import Text
from reporting.viewer.plates import LARGE, small_plate
from reporting.viewer.scene import scene_about
from reporting.viewer.words import Payload, script_words
from reporting.views.deposit import resource_table
from reporting.views.plates import block_parameters, deposit_plates
from reporting.views.viewer import joined_note, scene_facts

NOTICE = Text("估算值，非储量报告", "estimates, not a reserve report")
BANNER = "合成数据 / SYNTHETIC DATA"


def viewer_ids(report: SiteReport) -> tuple[str, ...]:
    """Deposits that have a scene that can be read."""
    shown = (d.id for belt in report.belts for d in report.estimated(belt))
    return tuple(i for i in shown if i in report.viewers and scene_about(report.viewers[i]))


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One deposit's page."""
    _belt, deposit = place_of(room.report, item)
    yield Leaf(viewer_href(deposit, ""), "viewer", viewer_page(room, item))


def viewer_page(room: Room, item: str) -> dict[str, Any]:
    """Context of one deposit's page."""
    report = room.report
    belt, deposit = place_of(report, item)
    newest, path = report.results[item][-1], report.viewers[item]
    about, name = scene_about(path), named(deposit.name)
    title = Text(f"{name.zh}：三维", f"{name.en} in 3D")
    crumbs = (
        (HOME, "../index.html"),
        (named(belt.name), belt_href(belt, "../")),
        (name, deposit_href(deposit, "../")),
    )
    drawn = block_parameters(newest)
    bins = drawn["bins"]
    words = script_words(about, newest, bins, title, NOTICE)
    words["synthetic"] = BANNER if belt.synthetic else ""
    plates: dict[str, Any] = deposit_plates(report, newest, room.store)
    source = report.figures.get((item, newest.vintage.isoformat()))
    if about["cells"] >= LARGE and source is not None:
        plates = {n: small_plate(plates[n], n, source, drawn) for n in ("section", "plan")}
    return {
        "page": room.page(
            title, "viewer", [newest], above=crumbs, deep=True, synthetic=belt.synthetic
        ),
        "facts": scene_facts(about, belt),
        "joined": joined_note(about),
        "words": words,
        "payload": Payload(about["key"], path),
        "resource": resource_table(newest),
        "basis": basis_of(newest),
        "section": plates["section"],
        "plan": plates["plan"],
    }
