"""The site: pages made beside the old ones and swapped in whole; what has not changed is kept.

A page is written anew only where what its template is given, a template or the program has changed;
``site.json`` says of each page which run wrote it. Figures are drawn once and kept beside.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reporting.figures.store import FigureStore, figures_folder
from reporting.report import SiteReport
from reporting.site.linking import link_or_copy
from reporting.site.order import Order, file_of, made_before
from reporting.site.press import Finished, Printed, Written, print_pages
from reporting.site.room import BUREAU, Audience, Room, SiteFile, Stamp, shown_to
from reporting.site.withheld import refusal_of
from reporting.units import Text
from reporting.views.digest_text import TEXT, digest_text
from reporting.workbook.book import WORKBOOK

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
    refused: Text | None = None
    """Why it was not put in place of the old one, which stands."""


@dataclass
class _Site:
    """A site being built beside the old one."""

    audience: Audience
    folder: Path
    order: Order
    lines: dict[str, dict[str, str]] = field(default_factory=dict)
    files: list[SiteFile] = field(default_factory=list)
    chapters: dict[str, Any] = field(default_factory=dict)
    """What each chapter was made from."""
    made: int = 0
    refused: Text | None = None

    @property
    def fresh(self) -> Path:
        """Where it is built."""
        return self.order.fresh


def build_site(report: SiteReport, folder: Path, audience: Audience = BUREAU) -> SiteBuilt:
    """Build the site of one audience; as :func:`build_sites`."""
    return build_sites(report, {audience: folder})[0]


def build_sites(report: SiteReport, folders: Mapping[Audience, Path]) -> tuple[SiteBuilt, ...]:
    """Build every page of ``report`` for each audience and put them in place of the folders.

    Pages are written to a sibling folder which then takes the old one's name; a build that fails
    or is killed leaves the old site as it was, and none is swapped in before all are whole. A
    public one that holds a withheld name is not swapped in at all, and ``refused`` says why.
    Figures are kept beside the first folder, in ``.<folder>-figures``, for all audiences, and
    drawn again only when what they show has changed.
    """
    started = time.perf_counter()
    store = FigureStore(figures_folder(next(iter(folders.values()))))
    sites = [_begin(report, store, audience, place) for audience, place in folders.items()]
    for one in print_pages([site.order for site in sites]):
        _place(one, report, sites[one.site])
    for site in sites:
        _write_manifest(site, report)
    for site in sites:
        _finish(site, report)
    store.prune()
    return tuple(_built(site, store, time.perf_counter() - started) for site in sites)


def _begin(report: SiteReport, store: FigureStore, audience: Audience, folder: Path) -> _Site:
    """An empty site beside the old one."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _recover(folder)
    fresh = folder.with_name(f".{folder.name}-fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    manifest = _read_manifest(folder)
    pages, files = manifest.get("pages", {}), manifest.get("files", {})
    known = {name: one for name, one in pages.items() if _whole(folder / name, one["sha256"])}
    whole = all(_whole(folder / name, one["sha256"]) for name, one in files.items())
    order = Order(
        Room(shown_to(report, audience), store, audience),
        fresh,
        folder,
        known,
        made_before(manifest, known),
        tuple(map(file_of, files.values())) if whole else (),
    )
    return _Site(audience, folder, order)


def _place(one: Printed | Written | Finished, report: SiteReport, site: _Site) -> None:
    """Take in what was printed of a site."""
    if isinstance(one, Printed):
        _place_page(one, report, site)
    elif isinstance(one, Written):
        site.files += one.files
    else:
        site.chapters[one.chapter] = asdict(one.made)


def _place_page(sheet: Printed, report: SiteReport, site: _Site) -> None:
    """Write a page, or take the old one over, and note its line of the manifest."""
    path = site.fresh / sheet.path
    path.parent.mkdir(exist_ok=True)
    if sheet.html is None:
        link_or_copy(site.folder / sheet.path, path)
        site.lines[sheet.path] = {**site.order.known[sheet.path], "chapter": sheet.chapter}
        return
    data = sheet.html.encode("utf-8")
    path.write_bytes(data)
    site.made += 1
    site.lines[sheet.path] = {
        "key": sheet.key,
        "sha256": hashlib.sha256(data).hexdigest(),
        "run": report.run_id,
        "made_at": Stamp(report.run_id, report.generated_at, report.code_version).time,
        "chapter": sheet.chapter,
    }


def _write_manifest(site: _Site, report: SiteReport) -> None:
    """Say of each page and download which run wrote it."""
    manifest = {
        "audience": site.audience.name,
        "run": report.run_id,
        "pages": site.lines,
        "files": {one.path: asdict(one) for one in site.files},
        "chapters": site.chapters,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (site.fresh / MANIFEST).write_text(text, "utf-8")


def _finish(site: _Site, report: SiteReport) -> None:
    """Swap a site in; a public one only where it holds nothing that is withheld."""
    if site.audience.holes:
        if report.operations.digest is not None:
            text = digest_text(report.operations.digest)
            (site.fresh / TEXT).write_text(text, "utf-8", newline="\n")
    else:
        site.refused = refusal_of(site.fresh, report.withheld, report.settings.public.allowed)
    if site.refused is None:
        _swap(site)
    else:
        shutil.rmtree(site.fresh)


def _built(site: _Site, store: FigureStore, seconds: float) -> SiteBuilt:
    """What is said of a finished site."""
    return SiteBuilt(
        folder=site.folder,
        index=site.folder / "index.html",
        pages=() if site.refused else tuple(site.folder / name for name in site.lines),
        workbook=site.folder / WORKBOOK,
        pages_made=site.made,
        pages_kept=len(site.lines) - site.made,
        figures_made=store.made,
        figures_reused=store.reused,
        seconds=seconds,
        refused=site.refused,
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    """What the old site's build wrote down; nothing where there is no site."""
    try:
        return dict(json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError):  # no site yet, or one that was cut off
        return {}


def _whole(path: Path, digest: str) -> bool:
    """Whether a page has the bytes it was written with."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _aside(folder: Path) -> Path:
    """Where the old site is put aside."""
    return folder.with_name(f".{folder.name}-old")


def _recover(folder: Path) -> None:
    """Put the old site back where a build was killed between the two renames."""
    old = _aside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _swap(site: _Site) -> None:
    """Give the fresh pages the site's name."""
    old = _aside(site.folder)
    if site.folder.exists():
        site.folder.rename(old)
    site.fresh.rename(site.folder)
    shutil.rmtree(old, ignore_errors=True)
