"""A deposit in three dimensions, and cut into sections and plans, for the bureau alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.figures.store import Picture
from reporting.report import SiteReport
from reporting.site.frame import (
    HOME,
    belt_href,
    deposit_href,
    named,
    sections_href,
    viewer_href,
)
from reporting.site.pages.deposit import place_of
from reporting.site.room import Leaf, Room
from reporting.tables import basis_of
from reporting.units import Text, symbol
from reporting.viewer.scene import scene_about
from reporting.viewer.words import Payload, script_words
from reporting.views.cuts import BANNER, middle_plates, model_plates
from reporting.views.deposit import resource_table
from reporting.views.plates import block_parameters
from reporting.views.viewer import joined_note, scene_facts

LARGE = 120_000
"""Cells from which the page in three dimensions has two plates alone, so that it stays under a
megabyte; the others lie on the page of sections and plans."""
NOTICE = Text("估算值，非储量报告", "estimates, not a reserve report")


def viewer_ids(report: SiteReport) -> tuple[str, ...]:
    """Deposits that have a scene that can be read."""
    shown = (d.id for belt in report.belts for d in report.estimated(belt))
    return tuple(i for i in shown if i in report.viewers and scene_about(report.viewers[i]))


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One deposit's model in three dimensions, and its sections and plans."""
    belt, deposit = place_of(room.report, item)
    newest, path = room.report.results[item][-1], room.report.viewers[item]
    plates = model_plates(belt, newest, path, room.store)
    yield Leaf(viewer_href(deposit, ""), "viewer", viewer_page(room, item, plates))
    yield Leaf(sections_href(item, ""), "sections", sections_page(room, item, plates))


def viewer_page(room: Room, item: str, plates: tuple[Picture, ...]) -> dict[str, Any]:
    """Context of one deposit's page in three dimensions."""
    belt, _deposit = place_of(room.report, item)
    newest, path = room.report.results[item][-1], room.report.viewers[item]
    about = scene_about(path)
    title = _title(room, item, "三维", " in 3D")
    words = script_words(about, newest, block_parameters(newest)["bins"], title, NOTICE)
    words["synthetic"] = BANNER if belt.synthetic else ""
    return {
        **_common(room, item, "viewer", title),
        "words": words,
        "payload": Payload(about["key"], path),
        "resource": resource_table(newest),
        "basis": basis_of(newest),
        "plates": plates if about["cells"] < LARGE else middle_plates(path, plates),
        "album": sections_href(item, "../"),
        "album_size": len(plates),
    }


def sections_page(room: Room, item: str, plates: tuple[Picture, ...]) -> dict[str, Any]:
    """Context of one deposit's sections and plans."""
    _belt, deposit = place_of(room.report, item)
    title = _title(room, item, "剖面与平面图", ": sections and plans")
    return {
        **_common(room, item, "sections", title),
        "plates": plates,
        "viewer": viewer_href(deposit, "../"),
    }


def _title(room: Room, item: str, zh: str, en: str) -> Text:
    """Heading of one deposit's page."""
    name = named(place_of(room.report, item)[1].name)
    return Text(f"{name.zh}：{zh}", f"{name.en}{en}")


def _common(room: Room, item: str, kind: str, title: Text) -> dict[str, Any]:
    """What both pages of a deposit say."""
    belt, deposit = place_of(room.report, item)
    newest, about = room.report.results[item][-1], scene_about(room.report.viewers[item])
    crumbs = (
        (HOME, "../index.html"),
        (named(belt.name), belt_href(belt, "../")),
        (named(deposit.name), deposit_href(deposit, "../")),
    )
    return {
        "page": room.page(title, kind, [newest], above=crumbs, deep=True, synthetic=belt.synthetic),
        "facts": scene_facts(about, belt),
        "joined": joined_note(about),
        "symbol": symbol(newest.statement.main_element),
    }
