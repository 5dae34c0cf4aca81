"""What the pages for operators say, gathered from the workspace."""

from __future__ import annotations

from datetime import datetime

from estimation.belts import Belt
from flows.digest import digest_of
from flows.room.data import gather_data
from flows.room.runs import gather_runs, with_published
from flows.runtime import Workspace
from flows.track import Tracked
from reporting.facts.operations import Operations
from reporting.settings import SiteSettings


def gather_operations(
    house: Workspace,
    belts: tuple[Belt, ...],
    tracked: Tracked,
    settings: SiteSettings,
    run_id: str,
    at: datetime,
) -> Operations:
    """Data, runs and the digest, as of ``at`` (aware); ``run_id`` is the run that asks."""
    found, more = gather_runs(house, run_id)
    book = tracked.book
    entries = {entry.number: entry for entry in (*book.figures, *book.beside)}
    runs = with_published(found, entries.values(), book.standings)
    return Operations(
        data=gather_data(house, belts, runs),
        runs=runs,
        runs_more=more,
        digest=digest_of(house, belts, tracked, runs, settings, run_id, at),
    )
