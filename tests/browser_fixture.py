"""A whole report made of fabricated estimates, and a Chromium with no network to open it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimation.belts import Belt, read_belts
from estimation.results import DepositResult
from geo.config import Names
from geo.findings import Finding, Severity
from reporting import LedgerSummary, SiteReport
from tests.fabricated import fabricated_result, write_figure_arrays
from tracking import Ledger, movements, read_target, target_progress
from tracking.ledger.book import Book

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
GENERATED = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
SCALES = (1.0, 1.03, 1.068)


def said_by(message: Any) -> list[str]:
    """A page's message on the console; none where the software renderer tells how slow it is."""
    renderer = "GL Driver Message (OpenGL, Performance" in message.text
    return [] if renderer else [f"console: {message.text}"]


def sample_belts() -> tuple[Belt, ...]:
    """The four belts of the repository."""
    return tuple(belt for _path, belt in read_belts(ROOT / "configs" / "belts")[0].values())


def fabricated_report(folder: Path, belts: tuple[Belt, ...] | None = None) -> SiteReport:
    """Three vintages of every deposit, entered in a ledger, with figures and maps.

    ``folder`` takes the ledger and the arrays; nothing is kriged.
    """
    belts = belts or sample_belts()
    results = {
        deposit.id: tuple(_vintages(belt, deposit.id, place))
        for place, belt in enumerate(belts)
        for deposit in belt.deposits
    }
    with Ledger(f"sqlite:///{folder / 'ledger.db'}", code_version="0.1.0+test") as ledger:
        for vintages in results.values():
            for result in vintages:
                ledger.record(result, "run-test")
        entries = ledger.entries()
        problems = tuple(ledger.verify())
    moves = [
        line
        for identity in results
        for line in movements([e for e in entries if e.deposit_id == identity])
    ]
    target = read_target(ROOT / "configs" / "targets" / "copper-2027.yaml")
    return SiteReport(
        belts=belts,
        results=results,
        run_id="20261120-1730-test",
        generated_at=GENERATED,
        code_version="0.1.0+3f2a9c1d77b0",
        figures=_figures(folder, results),
        ledger=LedgerSummary(entries, problems, len(entries)),
        movements=tuple(moves),
        progress=(target_progress(target, Book(entries)),),
        belt_maps={belt.id: write_map(folder, belt) for belt in belts if belt.map_grid},
        findings={belt.id: fabricated_findings() for belt in belts},
    )


def fabricated_findings() -> tuple[Finding, ...]:
    """Two overlaps and a summary of 340 more, then one note; the gravest is not the first."""
    overlaps = [
        _found("BN-INT-002", "error", row=row, value=f"{row}.5", column="from_m") for row in (7, 11)
    ]
    more = _found("BN-INT-002", "error", value="340", column="from_m")
    note = _found("BN-ASY-005", "info", value="26", column="Au(g/t)")
    return (note, *overlaps, more)


def _found(code: str, severity: Severity, **place: Any) -> Finding:
    """One finding in a made-up file."""
    said = Names(zh=f"{code} 的说明", en=f"what {code} means")
    fix = Names(zh=f"{code} 的修正", en=f"how to mend {code}")
    return Finding(code, severity, "2024/样品.csv", said.zh, said.en, fix.zh, fix.en, **place)


def _vintages(belt: Belt, deposit_id: str, place: int) -> Iterator[DepositResult]:
    """Three estimates that grow; the second deposit is mined in the last interval."""
    days = (date(2024, 12, 31), date(2025, 12, 31), date(2026, 10, 31))
    for number, (day, scale) in enumerate(zip(days, SCALES, strict=True)):
        mined = 3.2e6 if place == 1 and number == 2 else 0.0
        yield fabricated_result(
            deposit_id,
            belt.id,
            day,
            scale * (0.6 + 0.23 * place),
            mined_ore_t=mined,
            depletion_ore_t=mined,
        )


def _figures(
    folder: Path, results: dict[str, tuple[DepositResult, ...]]
) -> dict[tuple[str, str], Path]:
    """One set of arrays for the newest estimate of each deposit."""
    path = folder / "plates.npz"
    write_figure_arrays(path)
    return {(key, vintages[-1].vintage.isoformat()): path for key, vintages in results.items()}


def write_map(folder: Path, belt: Belt) -> Path:
    """Map arrays on the belt's own grid: a copper high, a magnetic gradient, hills."""
    grid = belt.map_grid
    assert grid is not None
    columns, rows = grid.shape
    easting = grid.origin_m[0] + grid.cell_m * (np.arange(columns) + 0.5)
    northing = grid.origin_m[1] - grid.cell_m * (np.arange(rows) + 0.5)
    u, v = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(1, -1, rows))
    copper = 25 + 180 * np.exp(-8 * ((u - 0.1) ** 2 + (v + 0.2) ** 2))
    random = np.random.default_rng(5)
    places = np.column_stack(
        [random.uniform(*np.sort(edge[[0, -1]]), 200) for edge in (easting, northing)]
    )
    rasters = {
        raster.name: 4000 + 300 * np.sin(5 * u) * np.cos(4 * v) + 100 * u for raster in belt.rasters
    }
    path = folder / f"{belt.id}-map.npz"
    np.savez_compressed(
        path,
        easting_m=easting,
        northing_m=northing,
        cu_ppm=copper,
        samples=np.column_stack([places, random.gamma(2, 20, 200)]),
        drift_used=np.array("magnetics"),
        **rasters,
    )
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Debian Chromium that can reach no network.

    One for each module: while it is open its event loop runs, and nothing else may start one.
    """
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Printed:
    """A number as a page prints it: what it counts, and its text in both languages."""

    attributes: dict[str, str]
    tag: str
    depth: int
    texts: dict[str, str] = field(default_factory=lambda: {"zh": "", "en": ""})


class PageReader(HTMLParser):
    """Reads a page's numbers (``data-v``), its visible words, its links and its ids."""

    VOID = ("meta", "link", "input", "img", "br", "rect", "path")

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.numbers: list[Printed] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._within: list[Printed] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; one with ``data-v`` starts a number."""
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.links += [found[name] for name in ("href", "src") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        if tag in self.VOID:
            return
        self._open.append((tag, found.get("lang", "")))
        if "data-v" in found:
            printed = Printed(found, tag, len(self._open))
            self.numbers.append(printed)
            self._within.append(printed)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and the number that it carried."""
        if tag in self.VOID:
            return
        if self._within and self._within[-1].depth == len(self._open):
            self._within.pop()
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Words count where they are seen; a number's text leaves its small note out."""
        tags = [tag for tag, _language in self._open]
        if "style" in tags or "script" in tags:
            return
        self.words.append(data)
        if self._within:
            start = self._within[-1].depth
            inner = self._open[start:]
            if not {"small", "sup"} & {tag for tag, _language in inner}:
                languages = [language for _tag, language in inner if language]
                for language in languages or ("zh", "en"):
                    self._within[-1].texts[language] += data
