"""The site: pages made beside the old ones and swapped in whole, figures drawn once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from estimation.belts import Belt, Deposit
from reporting.figures import FigureStore
from reporting.pages import belt_page, deposit_page, index_page, target_page
from reporting.report import SiteReport
from reporting.view_page import belt_href, deposit_href
from reporting.workbook import write_workbook

TEMPLATES = Path(__file__).parent / "templates"
WORKBOOK = "bornite.xlsx"


@dataclass(frozen=True)
class SiteBuilt:
    """What was built."""

    folder: Path
    index: Path
    pages: tuple[Path, ...]
    workbook: Path
    figures_made: int
    figures_reused: int
    seconds: float


def build_site(report: SiteReport, folder: Path) -> SiteBuilt:
    """Build every page of ``report`` and put it in place of ``folder`` in one go.

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
    names = []
    for name, text in render(report, store):
        path = fresh / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        names.append(name)
    write_workbook(report, fresh / WORKBOOK)
    _swap(fresh, folder, old)
    store.prune()
    return SiteBuilt(
        folder=folder,
        index=folder / "index.html",
        pages=tuple(folder / name for name in names),
        workbook=folder / WORKBOOK,
        figures_made=store.made,
        figures_reused=store.reused,
        seconds=time.perf_counter() - started,
    )


def render(report: SiteReport, store: FigureStore) -> Iterator[tuple[str, str]]:
    """Give every page of the site as (relative path, HTML)."""
    yield "index.html", render_page("index", index_page(report, store, WORKBOOK))
    if report.progress:
        yield "target.html", render_page("target", target_page(report, store))
    for belt in report.belts:
        yield belt_href(belt, ""), render_page("belt", belt_page(report, belt, store))
        for deposit in report.estimated(belt):
            yield _deposit(report, belt, deposit, store)


def _deposit(
    report: SiteReport, belt: Belt, deposit: Deposit, store: FigureStore
) -> tuple[str, str]:
    """One deposit's page."""
    page = deposit_page(report, belt, deposit, store)
    return deposit_href(deposit, ""), render_page("deposit", page)


def render_page(template: str, context: dict[str, Any]) -> str:
    """Render one page; markup in any name or note is escaped."""
    return _environment().get_template(f"{template}.html.j2").render(context)


@cache
def _environment() -> Environment:
    """Templates with autoescape on; only the project's own style and script go in as they are."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text("utf-8"))
    environment.globals["script"] = Markup((TEMPLATES / "page.js").read_text("utf-8"))
    return environment


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
