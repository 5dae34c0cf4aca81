"""How long the whole site takes: cold, with nothing changed, and with one deposit changed.

``python -m benchmarks.site`` fabricates 4 belts of 10 deposits with 12 vintages each, builds the
bureau's site and the public one, and prints seconds, pages and bytes. ``--browser`` opens the first
page in Chromium and prints when it can be used; ``--site FOLDER`` does so for a site that stands.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from estimation.belts import Belt
from estimation.results import DepositResult
from geo.config import Names
from reporting import LedgerSummary, SiteBuilt, SiteReport, build_sites
from reporting.site.room import BUREAU, PUBLIC
from tests.browser_fixture import (
    ARGUMENTS,
    CHROMIUM,
    GENERATED,
    ROOT,
    fabricated_findings,
    sample_belts,
    write_map,
)
from tests.fabricated import chain_of, fabricated_result, write_figure_arrays
from tracking import movements, read_target, target_progress
from tracking.ledger.book import Book

TRIES = 5
"""Times a page is opened; the middle one is printed."""


def big_report(folder: Path, deposits: int, vintages: int) -> SiteReport:
    """The four belts with so many deposits each, every one with its own figures."""
    belts = tuple(_crowded(belt, deposits) for belt in sample_belts())
    results = {
        deposit.id: tuple(_history(belt, deposit.id, place, vintages))
        for belt in belts
        for place, deposit in enumerate(belt.deposits)
    }
    entries = chain_of([one for found in results.values() for one in found])
    moves = tuple(
        line
        for identity in results
        for line in movements([one for one in entries if one.deposit_id == identity])
    )
    target = read_target(ROOT / "configs" / "targets" / "copper-2027.yaml")
    return SiteReport(
        belts=belts,
        results=results,
        run_id="20261120-1730-bench",
        generated_at=GENERATED,
        code_version="0.1.0+bench",
        figures={
            (identity, found[-1].vintage.isoformat()): _plates(folder, identity, number)
            for number, (identity, found) in enumerate(results.items())
        },
        ledger=LedgerSummary(entries, (), len(entries)),
        movements=moves,
        progress=(target_progress(target, Book(entries)),),
        belt_maps={belt.id: write_map(folder, belt) for belt in belts if belt.map_grid},
        findings={belt.id: fabricated_findings() for belt in belts},
    )


def _crowded(belt: Belt, deposits: int) -> Belt:
    """The belt with its first deposit so many times, under other names."""
    first = belt.deposits[0]
    made = tuple(
        first.model_copy(
            update={
                "id": f"{belt.id}-{number:02d}",
                "name": Names(zh=f"{first.name.zh} {number}", en=f"{first.name.en} {number}"),
            }
        )
        for number in range(1, deposits + 1)
    )
    return belt.model_copy(update={"deposits": made})


def _history(belt: Belt, identity: str, place: int, vintages: int) -> Iterator[DepositResult]:
    """Half-yearly estimates that grow; every third deposit is mined."""
    for number in range(vintages):
        day = date(2021 + number // 2, 6 if number % 2 == 0 else 12, 30)
        mined = 2.0e6 if place % 3 == 1 and number else 0.0
        scale = (0.4 + 0.07 * place) * 1.02**number
        yield fabricated_result(
            identity, belt.id, day, scale, mined_ore_t=mined, depletion_ore_t=mined
        )


def _plates(folder: Path, identity: str, number: int) -> Path:
    """Figure arrays of one deposit, unlike any other's."""
    path = folder / f"{identity}.npz"
    write_figure_arrays(path)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name in ("section_cu", "plan_cu"):
        arrays[name] = arrays[name] * (1.0 + 0.01 * number)
    np.savez_compressed(path, **arrays)
    return path


def changed(report: SiteReport, identity: str) -> SiteReport:
    """The report of the next night: one deposit's newest estimate is another."""
    found = report.results[identity]
    newest = fabricated_result(identity, found[-1].belt_id, found[-1].vintage, 1.777)
    results = {**report.results, identity: (*found[:-1], newest)}
    entries = chain_of([one for each in results.values() for one in each])
    target = report.progress[0].target
    kept = tuple(line for line in report.movements if line.deposit_id != identity)
    mine = movements([one for one in entries if one.deposit_id == identity])
    return replace(
        report,
        results=results,
        run_id="20261121-1730-bench",
        ledger=LedgerSummary(entries, (), len(entries)),
        movements=(*kept, *mine),
        progress=(target_progress(target, Book(entries)),),
    )


def build(report: SiteReport, folder: Path, label: str) -> tuple[SiteBuilt, ...]:
    """Build both audiences and print what it took."""
    begun, worked = time.perf_counter(), cpu_s()
    bureau, public = build_sites(report, {BUREAU: folder / "site", PUBLIC: folder / "site-public"})
    spent = time.perf_counter() - begun
    made, kept = (
        sum(getattr(one, f"pages_{word}") for one in (bureau, public)) for word in ("made", "kept")
    )
    first, other = (one.index.stat().st_size / 1000 for one in (bureau, public))
    print(
        f"{label:12} {spent:6.1f} s ({cpu_s() - worked:.1f} s of processors)  "
        f"pages written {made:4d}, kept {kept:4d}; "
        f"figures drawn {bureau.figures_made}, reused {bureau.figures_reused}; "
        f"first page {first:.0f} kB (public {other:.0f} kB)",
        flush=True,
    )
    return bureau, public


def cpu_s() -> float:
    """Seconds of processors that this process and those it has ended have used."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def rewritten(before: dict[str, float], folder: Path) -> list[str]:
    """Pages of a site that are not the files they were."""
    return sorted(name for name, inode in inodes(folder).items() if before.get(name) != inode)


def inodes(folder: Path) -> dict[str, float]:
    """Page -> number of its file."""
    pages = (path for path in folder.rglob("*.html"))
    return {path.relative_to(folder).as_posix(): path.stat().st_ino for path in pages}


def open_pages(folders: list[Path]) -> None:
    """Print when the first page and the heaviest page of each site can be used, in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        for folder in folders:
            heaviest = max(folder.rglob("*.html"), key=lambda path: path.stat().st_size)
            for path in dict.fromkeys((folder / "index.html", heaviest)):
                found = sorted(
                    (_opened(browser, path) for _ in range(TRIES)), key=lambda t: t["in"]
                )
                middle = found[TRIES // 2]
                print(
                    f"{folder.name}/{path.relative_to(folder)}: "
                    f"{path.stat().st_size / 1000:.0f} kB, "
                    f"drawn {middle['paint']:.0f} ms, interactive {middle['in']:.0f} ms, "
                    f"loaded {middle['load']:.0f} ms"
                )
        browser.close()


def _opened(browser: Any, path: Path) -> dict[str, float]:
    """Milliseconds from the request until first paint, until interactive, and until loaded."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(path.resolve().as_uri(), wait_until="load")
    page.wait_for_timeout(300)  # until it is painted; the pages' policy forbids waiting by script
    found = page.evaluate(
        """() => { const n = performance.getEntriesByType('navigation')[0];
        const p = performance.getEntriesByType('paint').pop();
        return {in: n.domContentLoadedEventEnd, load: n.loadEventEnd, paint: p.startTime}; }"""
    )
    page.close()
    return dict(found)


def main() -> None:
    """Build three times and print; open in a browser where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deposits", type=int, default=10, help="of each of the four belts")
    parser.add_argument("--vintages", type=int, default=12)
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--site", type=Path, action="append", default=[])
    parser.add_argument("--profile", action="store_true")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folders = list(words.site)
        if not folders:
            report = big_report(folder, words.deposits, words.vintages)
            print(f"4 belts x {words.deposits} deposits x {words.vintages} vintages")
            with cProfile.Profile() as profile:
                build(report, folder, "cold")
            if words.profile:
                pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            build(replace(report, run_id="next"), folder, "nothing new")
            before = inodes(folder / "site")
            identity = report.belts[1].deposits[-1].id
            build(changed(report, identity), folder, "one deposit")
            print("  " + ", ".join(rewritten(before, folder / "site")))
            folders = [folder / "site"]
        if words.browser or words.site:
            open_pages(folders)


if __name__ == "__main__":
    main()
