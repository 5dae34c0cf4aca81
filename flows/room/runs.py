"""The runs of a workspace as their records tell them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.lock import running
from flows.manifest import started_of
from flows.reasons import reason_of_json
from flows.room.data import moment
from flows.run_record import RECORD, summary_of
from flows.runtime import Workspace
from reporting.facts.operations import Input, Made, Run
from tracking import LedgerEntry
from tracking.ledger.standing import Standing

LISTED = 200
"""Runs that are listed; older ones are counted."""


def gather_runs(
    house: Workspace, current: str | None = None, listed: int = LISTED
) -> tuple[tuple[Run, ...], int]:
    """The newest runs, newest first, and how many older ones there are.

    ``current`` is the run that asks: it is under way, and its parts so far are told.
    """
    folders = [path for path in house.root.glob("runs/*") if path.is_dir()]
    folders.sort(key=lambda path: path.name, reverse=True)
    alive = {running(house.root), current}
    found = tuple(read_run(path, path.name in alive) for path in folders[:listed])
    return found, max(len(folders) - listed, 0)


def read_run(folder: Path, alive: bool = False) -> Run:
    """One run; ``alive`` says that it is known to be under way."""
    began = started_of(folder.name)
    try:
        kept = json.loads((folder / RECORD).read_text("utf-8"))
        if "ended_at" not in kept:
            kept |= summary_of(folder)
        return _run(folder.name, kept, alive)
    except FileNotFoundError:
        names = sorted(path.stem for path in folder.glob("*.json"))
        command = "nightly" if "nightly" in names else "".join(names[:1]).partition("-")[0]
        return Run(folder.name, command, started_at=began, outcome="empty")
    except (OSError, ValueError, KeyError, TypeError):  # a record that somebody spoilt
        return Run(folder.name, "", started_at=began, outcome="empty")


def _run(run_id: str, kept: dict[str, Any], alive: bool) -> Run:
    """A run from its record."""
    made = tuple(Made(**line) for line in kept["made"])
    ledger, tiles = kept["ledger"], kept["tiles"]
    return Run(
        run_id=run_id,
        command=kept["command"],
        by=kept["by"],
        started_at=moment(kept["started_at"]),
        ended_at=moment(kept.get("ended_at")),
        outcome=kept.get("outcome") or ("going" if alive else "broken"),
        trouble=kept.get("trouble", ""),
        environment=_environment(kept["environment"]),
        inputs=tuple(Input(**line) for line in kept["inputs"]),
        inputs_count=kept["inputs_count"],
        made=made,
        made_count=kept["made_count"],
        deposits=tuple(kept["deposits"]),
        tiles=None if tiles is None else (tiles["computed"], tiles["reused"]),
        entered=None if ledger is None else ledger["recorded"],
        waiting=None if ledger is None else ledger["held"],
        figures=() if ledger is None else tuple(ledger["figures"]),
        held=tuple((name, reason_of_json(why)) for name, why in sorted(kept["held"].items())),
        not_prepared=tuple(
            (name, reason_of_json(why)) for name, why in kept.get("not_prepared", {}).items()
        ),
        findings=tuple(sorted(kept["findings"].items())),
        parts=tuple(kept["parts"].items()),
        digest=kept["digest"],
    )


def _environment(kept: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Names and versions, the libraries after the program and the machine."""
    plain = {name: str(said) for name, said in kept.items() if name != "libraries"}
    return tuple({**plain, **kept.get("libraries", {})}.items())


def with_published(
    runs: Iterable[Run], entries: Iterable[LedgerEntry], standings: Iterable[Standing]
) -> tuple[Run, ...]:
    """The runs with the number of figures that each entered and that are published now."""
    published = {one.published for one in standings if one.published is not None}
    counted: dict[str, int] = {}
    for entry in entries:
        if entry.number in published:
            counted[entry.run_id] = counted.get(entry.run_id, 0) + 1
    return tuple(replace(run, published=counted.get(run.run_id, 0)) for run in runs)
