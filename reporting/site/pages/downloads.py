"""The downloads: every file that the site offers, and what the tables' columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.documents.plain import dictionary_table, plain_tables
from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.downloads import dictionary_lines, export_commands, file_groups, missing_lines
from reporting.views.summary import latest_of

TITLE = Text("下载", "Downloads")


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The downloads page."""
    yield Leaf("downloads.html", "downloads", downloads_page(room))


def downloads_page(room: Room) -> dict[str, Any]:
    """Context of the downloads page."""
    report = room.report
    results = latest_of(report, report.belts)
    tables = plain_tables(report, room.audience)
    return {
        "page": room.page(TITLE, "downloads", results, above=((HOME, "index.html"),)),
        "groups": file_groups(room.files),
        "missing": missing_lines(report) if room.audience.files else (),
        "commands": export_commands(report.settings) if room.audience.files else (),
        "dictionary": dictionary_lines(dictionary_table(tables)),
    }
