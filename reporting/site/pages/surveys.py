"""A belt's surveys: maps of geochemistry and rasters, thresholds, levelling, anomalies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimation.belts import Belt
from reporting.report import SiteReport
from reporting.site.frame import HOME, belt_href, named
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.belt import belt_plates
from reporting.views.summary import latest_of
from reporting.views.surveys import has_surveys, surveys_href
from reporting.working.geochemistry import (
    THRESHOLD_TEXT,
    citations,
    drawn_sections,
    read_surveys,
)

DRAWINGS = ("survey_map", "levelling_seams")
"""Figures on the site; distributions and C–A plots are on the page that the command writes."""


def items(report: SiteReport) -> tuple[str, ...]:
    """Belts that have a page of surveys."""
    return tuple(belt.id for belt in report.belts if has_surveys(report, belt))


def leaves(room: Room, item: str) -> Iterator[Leaf]:
    """One belt's page of surveys."""
    belt = next(belt for belt in room.report.belts if belt.id == item)
    yield Leaf(surveys_href(belt, ""), "surveys", surveys_page(room, belt))


def surveys_page(room: Room, belt: Belt) -> dict[str, Any]:
    """Context of a belt's page of surveys."""
    report = room.report
    title = Text(f"化探与栅格图：{belt.name.zh}", f"Geochemistry and rasters: {belt.name.en}")
    above = ((HOME, "../index.html"), (named(belt.name), belt_href(belt, "../")))
    return {
        "page": room.page(
            title,
            "surveys",
            latest_of(report, [belt]),
            above=above,
            deep=True,
            synthetic=belt.synthetic,
        ),
        "belt": belt.id,
        "waiting": bool(belt.geochemistry),
        "sections": _sections(room, belt),
        "plates": belt_plates(report, belt, room.store),
        "threshold_names": list(THRESHOLD_TEXT.values()),
        "citations": citations(),
    }


def _sections(room: Room, belt: Belt) -> list[dict[str, Any]]:
    """What is kept of each survey, with its figures; empty where nothing is kept."""
    folder = room.report.surveys.get(belt.id)
    kept = read_surveys(folder) if folder is not None else None
    if folder is None or kept is None:
        return []
    return drawn_sections(kept, folder, room.store, DRAWINGS)
