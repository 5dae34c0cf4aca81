"""A site to be printed: what it is made from, what stands of the old one, and what was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reporting.site.contents import Chapter, chapters
from reporting.site.inputs import inputs_digest, narrowed
from reporting.site.room import Room, SiteFile
from reporting.units import Text

FILES = "files"
"""Stands for a chapter: the downloads."""


@dataclass(frozen=True)
class Made:
    """What a chapter was made from, and the figures that it used."""

    inputs: str
    figures: tuple[str, ...] = ()
    uses: int = 0
    """Times that a figure was asked for."""


@dataclass(frozen=True)
class Order:
    """A site to be printed."""

    room: Room
    """What its pages are made from; rooms printed together have one figure store."""
    fresh: Path
    """Where it is built."""
    old: Path
    """The site that stands."""
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Path -> what the old site's manifest says of each page that is as it was written."""
    before: Mapping[str, Made] = field(default_factory=dict)
    """Chapter -> what it was made from in the old site; those alone that are whole."""
    old_files: tuple[SiteFile, ...] = ()
    """Downloads of the old site; empty where one is not as it was written."""

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters that the site has."""
        return chapters(self.room.report, self.room.audience)

    def inputs(self, common: str, chapter: Chapter | None, files: tuple[SiteFile, ...]) -> str:
        """Digest of all that a chapter (None: the downloads) is made from."""
        titles = " ".join(one.key for one in self.chapters)
        listed = repr(files) if chapter and chapter.lists_files else ""
        room = room_of(self.room, chapter)
        return inputs_digest(common, room.report, self.room.audience.name, titles, listed)


def room_of(room: Room, chapter: Chapter | None) -> Room:
    """The room as a chapter sees it; as the downloads are made from it where that is None."""
    day = chapter is None or chapter.day
    report = narrowed(room.report, day=day, operations=chapter.operations if chapter else "none")
    files = room.files if chapter and chapter.lists_files else ()
    return Room(report, room.store, room.audience, files)


def made_before(manifest: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Made]:
    """What each chapter of a site was made from, where all its pages are as they were written."""
    broken = {
        page.get("chapter") for path, page in manifest.get("pages", {}).items() if path not in known
    }
    return {
        key: Made(one["inputs"], tuple(one["figures"]), one["uses"])
        for key, one in manifest.get("chapters", {}).items()
        if key not in broken
    }


def file_of(plain: Mapping[str, Any]) -> SiteFile:
    """A download as the manifest has it."""
    return SiteFile(**{**plain, "title": Text(**plain["title"])})
