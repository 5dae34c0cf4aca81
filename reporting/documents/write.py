"""Writing the downloads: each made anew only where what it is made from has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reporting.documents.plain import dictionary_table, plain_tables
from reporting.documents.printed import printed_documents
from reporting.report import SiteReport
from reporting.site.linking import link_or_copy
from reporting.site.room import Room, SiteFile
from reporting.site.templating import templates_digest
from reporting.units import Text
from reporting.workbook.book import WORKBOOK, sheets_of, write_workbook

FOLDER = "downloads"
BELT = "belt/"
"""Before a belt's id: the group of its documents."""
SUMMARY, TABLES = "summary", "tables"
MANIFEST = "site.json"
"""Where the build keeps what it wrote, with every file's key."""


@dataclass(frozen=True)
class Download:
    """One file to offer: where, its title, what decides its content, and how it is written."""

    path: str
    """From the site's folder."""
    title: Text
    key: str
    """Digest of all that its content depends on, but for the run."""
    write: Callable[[Path], object]


def write_documents(room: Room, folder: Path, old_folder: Path) -> tuple[SiteFile, ...]:
    """Write every download of ``room`` into ``folder``, a site being built.

    Returns what was written, in the order in which it is offered.
    """
    return tuple(
        one for group in groups(room.report) for one in write_group(room, group, folder, old_folder)
    )


def groups(report: SiteReport) -> tuple[str, ...]:
    """What the downloads are written in, each apart from the others."""
    belts = (f"{BELT}{belt.id}" for belt in report.belts if report.estimated(belt))
    return (WORKBOOK, SUMMARY, *belts, TABLES)


def write_group(room: Room, group: str, folder: Path, old_folder: Path) -> tuple[SiteFile, ...]:
    """Write one of :func:`groups` into ``folder``, a site being built.

    A file whose key is that of the old site's is linked from there as it is, if it still has the
    bytes that it was written with; it then names the run that wrote it.
    """
    known = _known(old_folder)
    written = []
    for one in _downloads(room, group):
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        old = known.get(one.path, {})
        kept = old_folder / one.path
        if old.get("key") == one.key and kept.is_file() and _digest(kept) == old["sha256"]:
            link_or_copy(kept, path)
        else:
            one.write(path)
        written.append(SiteFile(one.path, one.title, path.stat().st_size, _digest(path), one.key))
    return tuple(written)


def _known(old_folder: Path) -> dict[str, Any]:
    """What the old site's manifest says of its downloads; nothing where there is none."""
    try:
        files = json.loads((old_folder / MANIFEST).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError):  # no site yet, or one of an older program
        return {}
    return dict(files)


def _downloads(room: Room, group: str) -> Iterator[Download]:
    """The downloads of a group, in the order of the page that lists them."""
    if group == WORKBOOK:
        yield _workbook(room)
    elif group == TABLES:
        yield from _tables(room)
    else:
        belt_id = group.removeprefix(BELT) if group.startswith(BELT) else None
        for document in printed_documents(room, belt_id):
            path = f"{FOLDER}/{document.name}.{document.language}.pdf"
            yield Download(path, document.title, _key(room, path, document.content), document.write)


def _workbook(room: Room) -> Download:
    """The workbook."""
    report = room.report
    return Download(
        WORKBOOK,
        Text("Excel 工作簿：全部数字", "Excel workbook: every figure"),
        _key(room, "workbook", tuple(sheets_of(report, room.audience))),
        lambda path: write_workbook(report, path, room.audience),
    )


def _tables(room: Room) -> Iterator[Download]:
    """Plain tables, and what lies ready for other programs."""
    tables = plain_tables(room.report, room.audience)
    for table in (*tables, dictionary_table(tables)):
        path = f"{FOLDER}/{table.name}.csv"
        yield Download(path, table.title, _key(room, path, table), table.write)
    if room.audience.holes and room.audience.files:
        for one in room.report.prepared:
            path = f"{FOLDER}/{one.name}"
            yield Download(path, one.title, one.sha256, partial(link_or_copy, one.source))


def _key(room: Room, name: str, content: object) -> str:
    """Digest of a file's content and of the program that writes it."""
    program = (room.report.code_version, templates_digest())
    words = (*program, room.audience.name, name, repr(content))
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
