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
from flows.door import step, workflow
from flows.lock import workspace_lock
from flows.manifest import new_run_id, write_manifest
from flows.reasons import reason_of_json
from flows.runtime import Workspace
from flows.shown import not_shown, shown_plates, shown_results
from flows.track import Tracked, ledger_state
from geo.findings import Finding
from geo.version import code_version
from reporting import LedgerSummary, SiteReport, build_site
from reporting.settings import read_settings
from reporting.site.room import PUBLIC
from reporting.units import Text
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
    with workspace_lock(house.root, "report", run_id):
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
        settings=read_settings(Path(configs).parent / "site.yaml"),
        progress=tuple(p for p in tracked.progress if _speaks_of(p, belts)),
        held={**_held(house), **not_shown(tracked, shown)},
        belt_maps={name: path for name, path in maps.items() if path.exists()},
        findings={
            belt.id: listed for belt in belts if (listed := _findings(house, belt)) is not None
        },
    )


def _held(house: Workspace) -> dict[str, Text]:
    """What the last night held back, and why."""
    if not house.held.exists():
        return {}
    kept = json.loads(house.held.read_text("utf-8"))
    return {name: reason_of_json(reason) for name, reason in kept.items()}


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
    built = build_site(facts, house.site)
    build_site(facts, house.public_site, PUBLIC)
    return Reported(built.index, built.workbook)
