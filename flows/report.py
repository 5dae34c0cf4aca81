"""Report: the site and the workbook, rebuilt beside and swapped in whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from estimation.belts import Belt
from flows.belt_map import map_path
from flows.belts import all_belts
from flows.digest import held_back, put_digest
from flows.door import step, workflow
from flows.lock import workspace_lock
from flows.manifest import new_run_id, recorded, write_manifest
from flows.review import ledger_url
from flows.room.compare import revisions
from flows.room.evidence import evidence_of, surveys_of
from flows.room.exports import prepared_files
from flows.room.operations import gather_operations
from flows.room.viewer import viewer_scenes
from flows.room.withheld import withheld_names
from flows.runtime import Workspace
from flows.shown import not_shown, shown_plates, shown_results
from flows.track import Tracked, ledger_state
from geo.findings import Finding
from geo.version import code_version
from reporting import LedgerSummary, SiteReport, build_sites
from reporting.settings import read_settings
from reporting.site.room import BUREAU, PUBLIC
from tracking import TargetProgress


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
    with workspace_lock(house.root, "report", run_id), recorded(house.run(run_id), "report"):
        facts = gather_facts(configs, house, ledger_state(configs, house), run_id)
        written = write_site(facts, house)
        write_manifest(house.run(run_id), "report", written)
    return written


@step(name="汇总 Gather")
def gather_facts(configs: str, house: Workspace, tracked: Tracked, run_id: str) -> SiteReport:
    """Everything the pages say, in one record."""
    belts = tuple(belt for _, belt in all_belts(Path(configs)).values())
    shown = shown_results(house, tracked, belts)
    maps = {belt.id: map_path(house, belt.id) for belt in belts}
    settings = read_settings(Path(configs).parent / "site.yaml")
    return SiteReport(
        belts=belts,
        results=shown,
        run_id=run_id,
        generated_at=datetime.now(UTC),
        code_version=code_version(),
        figures=shown_plates(house, shown),
        ledger=LedgerSummary(
            tracked.entries,
            tracked.problems,
            tracked.length,
            tracked.book.official,
            tracked.book.standings,
        ),
        movements=tracked.movements,
        revisions=revisions(ledger_url(configs, house), tracked.entries),
        evidence=evidence_of(configs, house, belts, shown),
        surveys=surveys_of(house, belts),
        settings=settings,
        prepared=prepared_files(Path(configs), house, shown, settings),
        viewers=viewer_scenes(Path(configs), house, shown, settings.viewer.blocks),
        withheld=withheld_names(house, belts),
        operations=gather_operations(house, belts, tracked, settings, run_id),
        progress=tuple(p for p in tracked.progress if _speaks_of(p, belts)),
        held={**held_back(house), **not_shown(tracked, shown)},
        belt_maps={name: path for name, path in maps.items() if path.exists()},
        findings={
            belt.id: listed for belt in belts if (listed := _findings(house, belt)) is not None
        },
    )


def _speaks_of(progress: TargetProgress, belts: tuple[Belt, ...]) -> bool:
    """Whether a target counts any of these belts; one that counts none has nothing to say here."""
    counted = progress.target.belts
    return counted is None or any(belt.id in counted for belt in belts)


def _findings(house: Workspace, belt: Belt) -> tuple[Finding, ...] | None:
    """What the belt's newest reading found, from the quarantine; None where it was never read."""
    names = [deposit.id for deposit in belt.deposits]
    names += [f"geochemistry-{number}" for number in range(1, len(belt.geochemistry) + 1)]
    names += ["rasters"] if belt.rasters else []
    paths = [house.root / "quarantine" / belt.id / f"{name}.findings.json" for name in names]
    kept = [path for path in paths if path.exists()]
    if not kept:
        return None
    listed = [plain for path in kept for plain in json.loads(path.read_text("utf-8"))]
    return tuple(_finding(plain) for plain in listed)


def _finding(plain: dict[str, Any]) -> Finding:
    """A finding as :meth:`Finding.as_json` wrote it."""
    same = {name: value for name, value in plain.items() if name not in ("message", "fix")}
    words = {
        f"{name}_{word}": plain[name][word] for name in ("message", "fix") for word in ("zh", "en")
    }
    return Finding(**same, **words)


@step(name="网站与工作簿 Site and workbook", retries=2)
def write_site(facts: SiteReport, house: Workspace) -> Reported:
    """Build the bureau's site and the public one, each with its workbook, and swap them in."""
    built, _public = build_sites(facts, {BUREAU: house.site, PUBLIC: house.public_site})
    if facts.operations.digest is not None:
        put_digest(house, facts.operations.digest)
    return Reported(built.index, built.workbook)
