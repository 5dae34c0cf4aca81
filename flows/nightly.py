"""Nightly: every belt from its files to the site, one belt's trouble never stopping another.

Data errors are not retried: they end in findings, and the belt keeps its last good figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from estimation.errors import EstimationError
from estimation.models.store import StoreBusyError
from flows.account import Ingested
from flows.belts import all_belts, belt_troubles
from flows.digest_kept import told_of
from flows.door import Cron, publish_table, workflow
from flows.estimate import VintageRun, estimate
from flows.ingest import ingest
from flows.lock import workspace_lock
from flows.manifest import new_run_id, recorded, write_json, write_manifest
from flows.reasons import reason_of_json, reason_of_trouble
from flows.report import Reported, report
from flows.room.ahead import Ahead
from flows.room.night import prepare_pages
from flows.runtime import Workspace
from flows.track import Tracked, track
from geo.config import ConfigError
from geo.findings import DataError
from reporting.settings import read_settings
from reporting.units import Text
from tracking.review.file import read_review

EXPECTED = (DataError, ConfigError, StoreBusyError, EstimationError)
"""What holds one belt or deposit back and lets the others go on."""


@dataclass
class Night:
    """What a night did: estimates by deposit, and belts or deposits that were held back."""

    run_id: str
    ingested: dict[str, Ingested] = field(default_factory=dict)
    estimates: dict[str, list[VintageRun]] = field(default_factory=dict)
    held: dict[str, Text] = field(default_factory=dict)
    """Deposit or belt -> why it was held back: file, what is wrong and its code."""
    tracked: Tracked | None = None
    reported: Reported | None = None


@workflow(name="nightly")
def nightly(
    configs: str = "configs/belts",
    workspace: str = "workspace",
    workers: int | None = None,
    belts: list[str] | None = None,
) -> Night:
    """Ingest, estimate, track and report every belt (or those named).

    Raises
    ------
    geo.config.ConfigError
        The rules of review, or the settings of pages, can't be used: nothing was estimated.
    flows.lock.WorkspaceBusyError
        Another run writes into the workspace.
    """
    read_review(Path(configs).parent / "review.yaml")  # before hours are spent, not after
    read_settings(Path(configs).parent / "site.yaml")
    night = Night(new_run_id())
    house = Workspace(Path(workspace))
    with (
        workspace_lock(house.root, "nightly", night.run_id),
        told_of(house, night.run_id, configs),
        recorded(house.run(night.run_id), "nightly"),
    ):
        return _whole_night(night, house, configs, workers, belts)


def _whole_night(
    night: Night, house: Workspace, configs: str, workers: int | None, belts: list[str] | None
) -> Night:
    """One belt after the other, then the ledger and the site."""
    workspace = str(house.root)
    troubles = belt_troubles(Path(configs))
    night.held |= {name: reason_of_json(words) for name, words in troubles.items()}
    with Ahead(configs, house) as ahead:
        for belt_id in belts or list(all_belts(Path(configs))):
            try:
                found = ingest(belt_id, configs, workspace, night.run_id)
            except EXPECTED as trouble:
                night.held[belt_id] = reason_of_trouble(trouble)
                continue
            night.ingested[belt_id] = found
            night.held |= found.refused
            ahead.belt(belt_id)
            for deposit_id in found.accepted:
                try:
                    runs = estimate(deposit_id, configs, workspace, workers, night.run_id)
                    night.estimates[deposit_id] = runs
                    ahead.deposit(runs[-1].result)
                except EXPECTED as trouble:
                    night.held[deposit_id] = reason_of_trouble(trouble)
    held = [{"what": name, "why": reason.both} for name, reason in night.held.items()]
    publish_table("held", held, "Held back; see the quarantine")
    write_json(house.held, night.held)
    night.tracked = track(configs, workspace, night.run_id)
    missing = prepare_pages(configs, house, night.estimates, night.ingested)
    kept = {"belts": list(night.ingested), "held": night.held, "not_prepared": missing}
    write_manifest(house.run(night.run_id), "nightly", kept)
    night.reported = report(configs, workspace, night.run_id)
    return night


if __name__ == "__main__":
    # Under a Prefect server: every night at 22:00 in China (docs/operations.md).
    nightly.serve(name="nightly", schedule=Cron("0 22 * * *", timezone="Asia/Shanghai"))
