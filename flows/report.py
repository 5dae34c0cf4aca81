"""Report: the site and the workbook, rebuilt beside and swapped in whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from estimation.belts import Belt
from estimation.results import DepositResult
from flows.belts import all_belts
from flows.door import step, workflow
from flows.ingest import map_path
from flows.manifest import new_run_id, write_manifest
from flows.runtime import Workspace
from flows.track import Tracked, ledger_state
from geo.version import code_version
from reporting import LedgerSummary, SiteReport, build_site, write_workbook

WORKBOOK = "bornite.xlsx"


@dataclass(frozen=True)
class Reported:
    """Where the reader finds it."""

    site: Path
    workbook: Path


@workflow(name="report")
def report(
    configs: str = "configs/belts",
    workspace: str = "workspace",
    run_id: str | None = None,
) -> Reported:
    """Write what people read, from the results and the ledger as they stand."""
    house = Workspace(Path(workspace))
    run_id = run_id or new_run_id()
    facts = gather_facts(configs, house, ledger_state(configs, house), run_id)
    workbook = write_book(facts, house.root / WORKBOOK)
    site = write_site(facts, house.site)
    write_manifest(house.run(run_id), "report", {"site": site, "workbook": workbook})
    return Reported(site, workbook)


@step(name="汇总 Gather")
def gather_facts(configs: str, house: Workspace, tracked: Tracked, run_id: str) -> SiteReport:
    """Everything the pages say, in one record."""
    belts = tuple(belt for _, belt in all_belts(Path(configs)).values())
    results = {d.id: _results(house, belt, d.id) for belt in belts for d in belt.deposits}
    figures = {
        (result.deposit_id, result.vintage.isoformat()): house.result(
            result.deposit_id, result.vintage.isoformat()
        ).with_suffix(".npz")
        for found in results.values()
        for result in found
    }
    maps = {belt.id: map_path(house, belt.id) for belt in belts}
    return SiteReport(
        belts=belts,
        results={name: found for name, found in results.items() if found},
        run_id=run_id,
        generated_at=datetime.now(UTC),
        code_version=code_version(),
        figures=figures,
        ledger=LedgerSummary(tracked.entries, tracked.problems),
        movements=tracked.movements,
        progress=tracked.progress,
        belt_maps={name: path for name, path in maps.items() if path.exists()},
        findings={belt.id: _findings(belt, results) for belt in belts},
    )


def _results(house: Workspace, belt: Belt, deposit_id: str) -> tuple[DepositResult, ...]:
    """Results of one deposit, in order of vintage."""
    deposit = next(d for d in belt.deposits if d.id == deposit_id)
    paths = [house.result(deposit_id, v.isoformat()) for v in sorted(deposit.vintages)]
    return tuple(DepositResult.read(path) for path in paths if path.exists())


def _findings(belt: Belt, results: dict[str, tuple[DepositResult, ...]]) -> dict[str, int]:
    """Findings by severity over a belt's latest estimates."""
    counts: Counter[str] = Counter()
    for deposit in belt.deposits:
        for result in results[deposit.id][-1:]:
            counts.update(result.findings)
    return dict(counts)


@step(name="工作簿 Workbook", retries=2)
def write_book(facts: SiteReport, path: Path) -> Path:
    """Write the Excel workbook."""
    write_workbook(facts, path)
    return path


@step(name="网站 Site", retries=2)
def write_site(facts: SiteReport, folder: Path) -> Path:
    """Build the static site and swap it in; returns its first page."""
    build_site(facts, folder)
    return folder / "index.html"
