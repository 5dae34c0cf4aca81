"""PDF of the summary and the belts: the pages' own figures, tagged, inert, kept while unchanged."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from estimation.plan import CLASSES
from geo.config import Names
from reporting import SiteReport
from reporting.documents.content import printable
from reporting.documents.printed import printed_documents
from reporting.documents.write import write_documents
from reporting.figures.store import FigureStore
from reporting.settings import SiteSettings
from reporting.site.pages.belt import belt_page
from reporting.site.pages.summary import index_page
from reporting.site.room import Room
from reporting.tables import Cell, Table
from reporting.units import Text
from reporting.views.summary import Card
from reporting.views.target import Headline
from tests.browser_fixture import fabricated_report, sample_belts
from tests.target_fixture import CONFIG
from tracking.ledger.book import Book
from tracking.target.target import read_target, target_progress

HOSTILE = (
    '#image("x.png") $x^2$ *bold* = heading <script>alert(1)</script> =1+1 '
    "\u202eevil\u202c 😀\x07 \\ ` [ ] @ref // "
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
def report(folder: Path) -> SiteReport:
    return fabricated_report(folder, sample_belts()[:2])


@pytest.fixture(scope="module")
def site(folder: Path, report: SiteReport) -> Path:
    return _written(report, folder / "site")


def _written(report: SiteReport, site: Path) -> Path:
    """The downloads alone, as a site's build writes them: beside the old ones, then swapped in."""
    fresh = site.with_name(f"{site.name}-fresh")
    files = write_documents(Room(report, FigureStore(site.parent / "figures")), fresh, site)
    lines = {"files": {one.path: asdict(one) for one in files}}
    (fresh / "site.json").write_text(json.dumps(lines), "utf-8")
    shutil.rmtree(site, ignore_errors=True)
    fresh.rename(site)
    return site


def _text(path: Path) -> str:
    """All words of a PDF, without spaces: lines are broken wherever they fit."""
    words = " ".join(page.extract_text() for page in PdfReader(path).pages)
    return _squeezed(words)


def _squeezed(words: str) -> str:
    return re.sub(r"[\s\u200b]", "", words)


def _cells(value: Any) -> Iterator[Cell]:
    """Every cell of tables and cards among a page's values."""
    if isinstance(value, Table):
        for row in value.rows:
            yield from row.cells
    elif isinstance(value, Card):
        yield from (value.wan_t, value.kt, value.change, *(value.ends or ()))
    elif isinstance(value, Headline):
        yield from (value.growth, *(value.ends or ()))
    elif isinstance(value, dict):
        for one in value.values():
            yield from _cells(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _cells(one)


def test_every_figure_of_the_pages_stands_in_the_pdf(
    site: Path, report: SiteReport, folder: Path
) -> None:
    room = Room(report, FigureStore(folder / "figures"))
    pages = {"summary": index_page(room)}
    pages |= {f"belt-{belt.id}": belt_page(room, belt) for belt in report.belts}
    for name, context in pages.items():
        for language in ("zh", "en"):
            found = _text(site / "downloads" / f"{name}.{language}.pdf")
            cells = [cell for cell in _cells(context) if cell.attributes.get("data-v")]
            assert len(cells) > 20
            for cell in cells:
                assert _squeezed(getattr(cell.text, language)) in found, (name, cell)


def test_the_summary_of_four_belts_is_one_page_that_can_be_read(tmp_path: Path) -> None:
    """With intervals and probabilities, as the site's summary has them; its body from 8 pt."""
    report = simulated(fabricated_report(tmp_path))
    room = Room(report, FigureStore(tmp_path / "figures"))
    context = index_page(room)
    assert context["target"].ends
    for document in printed_documents(room, None):
        path = tmp_path / f"four.{document.language}.pdf"
        document.write(path)
        (page,) = PdfReader(path).pages
        sizes: Counter[float] = Counter()
        page.extract_text(
            visitor_text=lambda text, _cm, tm, _font, size, into=sizes: into.update(
                {round(size * abs(tm[0]), 1): len(text.strip())}
            )
        )
        said = sum(sizes.values())
        assert sum(count for size, count in sizes.items() if size >= 8) > 0.5 * said
        assert min(size for size, count in sizes.items() if count) >= 4.5  # signs ‡ of figures
        words = _text(path)
        cells = [cell for cell in _cells(context) if cell.attributes.get("data-v")]
        assert sum("p10" in cell.attributes["data-quantity"] for cell in cells) == 4
        for cell in cells:
            assert _squeezed(getattr(cell.text, document.language)) in words, cell
        chances = context["target"].standing
        assert "概率" in chances.zh
        for text in (chances, context["groups"][-1]["limits"], report_basis(context)):
            assert _squeezed(getattr(text, document.language)) in words


def report_basis(context: dict[str, Any]) -> Text:
    """The cut-off that the table of deposits is stated at."""
    table: Table = context["groups"][-1]["deposits"]
    return table.basis.cutoff


def simulated(report: SiteReport) -> SiteReport:
    """The report with P10, P50 and P90 of copper in every class of every figure."""
    kg = {"p10_kg": 912_345_678, "p50_kg": 1_000_000_000, "p90_kg": 1_154_321_987}
    told = {"uncertainty": {"cu_pct": dict.fromkeys(CLASSES, kg)}}
    entries = tuple(
        replace(entry, content={**entry.content, **told}) for entry in report.ledger.entries
    )
    progress = target_progress(read_target(CONFIG), Book(entries))
    ledger = replace(report.ledger, entries=entries)
    return replace(report, ledger=ledger, progress=(progress,))


def test_every_sheet_says_what_it_is_and_which_run_made_it(site: Path, report: SiteReport) -> None:
    for path in sorted((site / "downloads").glob("*.pdf")):
        reader = PdfReader(path)
        root: Any = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"].startswith(path.name.split(".")[1])
        for place, page in enumerate(reader.pages, start=1):
            words = _squeezed(page.extract_text())
            assert report.run_id in words
            assert f"{place}/{len(reader.pages)}" in words
            assert "估算值" in words
            assert "SYNTHETICDATA" in words
            data_hash = re.search(r"(数据指纹|Datahash)([0-9a-f]{12})", words)
            assert data_hash
            width, height = (float(v) for v in page.mediabox[2:])
            assert (round(width), round(height)) == (595, 842)


def test_names_are_printed_and_never_obeyed(report: SiteReport, folder: Path) -> None:
    names = Names(zh=HOSTILE + "铜" * 3000, en=HOSTILE + "y" * 10_000)
    belt = report.belts[0].model_copy(update={"name": names, "note": names})
    site = _written(replace(report, belts=(belt,)), folder / "hostile")
    found = _text(site / "downloads" / f"belt-{belt.id}.zh.pdf")
    assert _squeezed('#image("x.png")$x^2$*bold*=heading<script>alert(1)</script>') in found
    assert "y" * 100 in _text(site / "downloads" / f"belt-{belt.id}.en.pdf")


def test_a_text_that_cannot_be_set_is_made_fit() -> None:
    assert printable("a\x00b\nc") == "a b c"
    assert printable("😀\u202e") == "□ "
    assert printable("铜" * 50) == "铜" * 50
    assert printable("x" * 81) == "x" * 40 + "\u200b" + "x" * 40 + "\u200bx"
    assert len(printable("字" * 10_000)) == 2001


def test_a_download_is_kept_until_what_it_says_changes(report: SiteReport, folder: Path) -> None:
    place = folder / "kept"
    first = _files(_written(report, place))
    later = replace(
        report, run_id="20261121-0100-next", generated_at=report.generated_at + timedelta(hours=8)
    )
    again = _files(_written(later, place))
    assert again == first
    assert report.run_id in _text(place / "downloads" / "summary.zh.pdf")
    fewer = replace(later, movements=())
    moved = _files(_written(fewer, place))
    changed = {name for name in first if first[name] != moved.get(name)}
    assert changed == {"bornite.xlsx", "movement.csv", "data-dictionary.csv"}
    (place / "downloads" / "summary.zh.pdf").write_bytes(b"spoilt")
    _files(_written(fewer, place))
    assert (place / "downloads" / "summary.zh.pdf").read_bytes().startswith(b"%PDF")


def _files(site: Path) -> dict[str, str]:
    """Name of each download -> its SHA-256, which the manifest must say too."""
    kept = json.loads((site / "site.json").read_text("utf-8"))["files"]
    found = {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (site / "downloads").rglob("*")
        if path.is_file()
    }
    assert {name: line["sha256"] for name, line in kept.items()} == found
    return {name.removeprefix("downloads/"): digest for name, digest in found.items()}


def test_an_embargo_stands_at_the_head(report: SiteReport, folder: Path) -> None:
    settings = SiteSettings(publication="draft", embargo_until=date(2026, 12, 31))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    held = replace(report, settings=settings, generated_at=now)
    site = _written(held, folder / "embargo")
    assert "2026-12-31" in _text(site / "downloads" / "summary.zh.pdf")
