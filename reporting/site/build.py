"""The site: pages made beside the old ones and swapped in whole; what has not changed is kept.

A page is written anew only where what its template is given, a template or the program has changed;
``site.json`` says of each page which run wrote it. Figures are drawn once and kept beside.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporting.figures.store import FigureStore
from reporting.report import SiteReport
from reporting.site.press import Printed, print_pages
from reporting.site.room import BUREAU, Audience, Room, Stamp
from reporting.workbook.book import WORKBOOK, write_workbook

MANIFEST = "site.json"


@dataclass(frozen=True)
class SiteBuilt:
    """What was built."""

    folder: Path
    index: Path
    pages: tuple[Path, ...]
    workbook: Path
    pages_made: int
    pages_kept: int
    figures_made: int
    figures_reused: int
    seconds: float


def build_site(report: SiteReport, folder: Path, audience: Audience = BUREAU) -> SiteBuilt:
    """Build every page of ``report`` for ``audience`` and put it in place of ``folder`` in one go.

    Pages are written to a sibling folder which then takes the old one's name; a build that fails
    or is killed leaves the old site as it was. Figures are kept beside, in
    ``.<folder>-figures``, and drawn again only when what they show has changed.
    """
    started = time.perf_counter()
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = (folder.with_name(f".{folder.name}-{word}") for word in ("fresh", "old"))
    _recover(folder, old)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    store = FigureStore(folder.with_name(f".{folder.name}-figures"))
    write_workbook(report, fresh / WORKBOOK)
    room = Room(report, store, audience)
    known = _read_manifest(folder)
    sheets = list(print_pages(room, {name: page["key"] for name, page in known.items()}))
    lines = {sheet.path: _place(sheet, report, known, folder, fresh) for sheet in sheets}
    manifest = {"audience": audience.name, "run": report.run_id, "pages": lines}
    (fresh / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    _swap(fresh, folder, old)
    store.prune()
    made = sum(sheet.html is not None for sheet in sheets)
    return SiteBuilt(
        folder=folder,
        index=folder / "index.html",
        pages=tuple(folder / name for name in lines),
        workbook=folder / WORKBOOK,
        pages_made=made,
        pages_kept=len(sheets) - made,
        figures_made=store.made,
        figures_reused=store.reused,
        seconds=time.perf_counter() - started,
    )


def _place(
    sheet: Printed, report: SiteReport, known: dict[str, Any], folder: Path, fresh: Path
) -> dict[str, str]:
    """Write a page, or take the old one over; returns its line of the manifest."""
    path = fresh / sheet.path
    path.parent.mkdir(exist_ok=True)
    if sheet.html is None:
        os.link(folder / sheet.path, path)
        return dict(known[sheet.path])
    data = sheet.html.encode("utf-8")
    path.write_bytes(data)
    made_at = Stamp(report.run_id, report.generated_at, report.code_version).time
    digest = hashlib.sha256(data).hexdigest()
    return {"key": sheet.key, "sha256": digest, "run": report.run_id, "made_at": made_at}


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The old site's pages that are as they were written; nothing where there is no site."""
    try:
        pages = json.loads((folder / MANIFEST).read_text("utf-8"))["pages"]
    except (OSError, ValueError, KeyError):  # no site yet, or one of an older program
        return {}
    return {name: page for name, page in pages.items() if _whole(folder / name, page["sha256"])}


def _whole(path: Path, digest: str) -> bool:
    """Whether a page has the bytes it was written with."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _recover(folder: Path, old: Path) -> None:
    """Put the old site back where a build was killed between the two renames."""
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _swap(fresh: Path, folder: Path, old: Path) -> None:
    """Give the fresh pages the site's name."""
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
