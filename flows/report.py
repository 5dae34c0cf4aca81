"""Report: the site and the workbook, rebuilt beside and swapped in whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from estimation.belts import Belt
from flows.belt_map import map_path
from flows.belts import all_belts
from flows.digest import held_back, with_refusal
from flows.digest_kept import put_digest
from flows.door import step, workflow
from flows.lock import workspace_lock
from flows.manifest import new_run_id, recorded, write_json, write_manifest
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
from reporting import LedgerSummary, SiteReport, build_site, build_sites
from reporting.settings import read_settings
from reporting.site.room import BUREAU, PUBLIC
from reporting.units import Text
from tracking import TargetProgress


@dataclass(frozen=True)
class Reported:
    """Where the reader finds it."""

    site: Path
    workbook: Path
    refused: Text | None = None
    """Why the public site was not published; the old one stands."""


@workflow(name="report")
def report(
    configs: str = "configs/belts",
    workspace: str = "workspace",
    run_id: str | None = None,
) -> Reported:
    """Write what people read, from the results and the ledger as they stand.

    Raises
    ------
    geo.config.ConfigError
        The settings of pages can't be used: nothing was written.
    """
    read_settings(Path(configs).parent / "site.yaml")  # before anything is worked out
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
    at = datetime.now(UTC)
    belts = tuple(belt for _, belt in all_belts(Path(configs)).values())
    shown = shown_results(house, tracked, belts)
    maps = {belt.id: map_path(house, belt.id) for belt in belts}
    settings = read_settings(Path(configs).parent / "site.yaml")
    findings, unread = _findings(house, belts)
    prepared, left_out = prepared_files(Path(configs), house, shown, settings)
    viewers, not_viewed = viewer_scenes(Path(configs), house, shown, settings.viewer.blocks)
    return SiteReport(
        belts=belts,
        results=shown,
        run_id=run_id,
        generated_at=at,
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
        prepared=prepared,
        viewers=viewers,
        not_prepared=left_out,
        not_viewed=not_viewed,
        withheld=withheld_names(house, belts),
        operations=gather_operations(house, belts, tracked, settings, run_id, at),
        progress=tuple(p for p in tracked.progress if _speaks_of(p, belts)),
        held={**held_back(house), **not_shown(tracked, shown), **unread},
        belt_maps={name: path for name, path in maps.items() if path.exists()},
        findings=findings,
    )


def _speaks_of(progress: TargetProgress, belts: tuple[Belt, ...]) -> bool:
    """Whether a target counts any of these belts; one that counts none has nothing to say here."""
    counted = progress.target.belts
    return counted is None or any(belt.id in counted for belt in belts)


def _findings(
    house: Workspace, belts: Iterable[Belt]
) -> tuple[dict[str, tuple[Finding, ...]], dict[str, Text]]:
    """What each belt's newest reading found, from the quarantine, and which files are damaged.

    A belt that was never read is absent.
    """
    found: dict[str, tuple[Finding, ...]] = {}
    unread: dict[str, Text] = {}
    for belt in belts:
        paths = _kept_findings(house, belt)
        if paths:
            found[belt.id] = ()
        for path in paths:
            try:
                listed = [_finding(plain) for plain in json.loads(path.read_text("utf-8"))]
            except (OSError, ValueError, KeyError, TypeError):  # somebody spoilt it
                unread[f"{belt.id}/{path.name}"] = Text("无法读取", "can't be read")
                continue
            found[belt.id] += tuple(listed)
    return found, unread


def _kept_findings(house: Workspace, belt: Belt) -> list[Path]:
    """Files of what the readings of a belt's deposits, surveys and rasters found."""
    names = [deposit.id for deposit in belt.deposits]
    names += [f"geochemistry-{number}" for number in range(1, len(belt.geochemistry) + 1)]
    names += ["rasters"] if belt.rasters else []
    paths = [house.root / "quarantine" / belt.id / f"{name}.findings.json" for name in names]
    return [path for path in paths if path.exists()]


def _finding(plain: dict[str, Any]) -> Finding:
    """A finding as :meth:`Finding.as_json` wrote it."""
    same = {name: value for name, value in plain.items() if name not in ("message", "fix")}
    words = {
        f"{name}_{word}": plain[name][word] for name in ("message", "fix") for word in ("zh", "en")
    }
    return Finding(**same, **words)


@step(name="网站与工作簿 Site and workbook", retries=2)
def write_site(facts: SiteReport, house: Workspace) -> Reported:
    """Build the bureau's site and the public one, each with its workbook, and swap them in.

    Where the public one is refused, the bureau's digest says so: its pages are made before that
    is known, so they are gone over once more.
    """
    built, public = build_sites(facts, {BUREAU: house.site, PUBLIC: house.public_site})
    digest = facts.operations.digest
    if public.refused is None:
        house.refused.unlink(missing_ok=True)
    else:
        write_json(house.refused, public.refused)
        digest = None if digest is None else with_refusal(digest, public.refused)
        told = replace(facts, operations=replace(facts.operations, digest=digest))
        built = build_site(told, house.site)
    if digest is not None:
        put_digest(house, digest)
    return Reported(built.index, built.workbook, public.refused)
