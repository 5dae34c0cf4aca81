"""The data as the workspace holds them: how fresh, what was used, what waits in the quarantine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from estimation.belts import Belt, Deposit
from flows.runtime import Workspace
from geo.quarantine import read_history
from reporting.facts.operations import BeltData, Holes, Quality, RefusedRow, Run, Source
from reporting.units import Text
from reporting.views.age import newest_data

LISTED = 100
"""Rows of a belt's quarantine that a page lists; all are in the CSV files."""
DRILLING = Text("钻孔", "drill-holes")
_KINDS = {
    "geochemistry": Text("化探", "geochemistry"),
    "rasters": Text("栅格", "raster"),
    "lines": Text("测线", "lines"),
}


def gather_data(
    house: Workspace, belts: Iterable[Belt], runs: Iterable[Run]
) -> tuple[BeltData, ...]:
    """What the workspace keeps of each belt's data.

    ``runs``, newest first, say when a belt was last looked at. What can't be read is said in the
    belt's ``trouble``.
    """
    runs = tuple(runs)
    return tuple(_belt_data(house, belt, runs) for belt in belts)


def _belt_data(house: Workspace, belt: Belt, runs: tuple[Run, ...]) -> BeltData:
    """One belt's data."""
    troubles: list[str] = []
    kept = _account(house, belt, troubles)
    account = kept.get("account", {})
    read_at = moment(kept.get("made_at"))
    histories = _histories(house, belt, troubles)
    whole = pd.concat(histories.values(), ignore_index=True) if histories else None
    waiting = None if whole is None else whole[whole["released"] == ""]
    names = ("rows_in", "accepted", "quarantined", "skipped")
    balances = account.get("balances", ())
    rows = [sum(balance[name] for balance in balances) for name in names]
    quality = account.get("quality", {})
    return BeltData(
        belt=belt.id,
        read_at=read_at,
        looked_at=_looked_at(belt, runs) or read_at,
        rows=(rows[0], rows[1], rows[2], rows[3]),
        sources=tuple(_sources(belt, read_at)),
        holes=tuple(_holes(house, belt, d, histories.get(d.id)) for d in belt.deposits),
        quality=tuple(_quality(d.id, quality[d.id]) for d in belt.deposits if d.id in quality),
        waiting=0 if waiting is None else len(waiting),
        listed=() if waiting is None else tuple(_listed(waiting)),
        released=0 if whole is None or waiting is None else len(whole) - len(waiting),
        trouble=Text(f"无法读取：{'、'.join(troubles)}", f"can't be read: {', '.join(troubles)}")
        if troubles
        else None,
    )


def moment(said: Any) -> datetime | None:
    """An aware time from ISO 8601; None of anything else."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _account(house: Workspace, belt: Belt, troubles: list[str]) -> dict[str, Any]:
    """The belt's last account as it was kept; empty where there is none."""
    path = house.root / "curated" / belt.id / "account.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        troubles.append(path.name)
        return {}
    return found


def _histories(house: Workspace, belt: Belt, troubles: list[str]) -> dict[str, pd.DataFrame]:
    """Deposit or survey -> rows ever refused, with the name in a column."""
    found = {}
    for path in sorted((house.root / "quarantine" / belt.id).glob("*.history.csv")):
        try:
            history = read_history(path)
        except (OSError, ValueError):
            troubles.append(path.name)
            continue
        name = path.name.removesuffix(".history.csv")
        found[name] = history.assign(name=name)
    return found


def _looked_at(belt: Belt, runs: tuple[Run, ...]) -> datetime | None:
    """When the newest run that read this belt began."""
    part = f"ingest-{belt.id}"
    return next((run.started_at for run in runs if part in dict(run.parts)), None)


def _sources(belt: Belt, read_at: datetime | None) -> Iterator[Source]:
    """Each deposit's drill-hole tables, then the belt's surveys."""
    for deposit in belt.deposits:
        campaigns = deposit.drillholes.campaigns
        newest = newest_data(deposit)
        files = dict.fromkeys(f.path for c in campaigns for f in c.files if c.as_of == newest)
        count = len({f.path for campaign in campaigns for f in campaign.files})
        yield Source(deposit.id, DRILLING, tuple(files), count, newest, read_at)
    for key, text in _KINDS.items():
        for survey in getattr(belt, key):
            yield Source("", text, (survey.path,), 1, None, read_at)


def _holes(house: Workspace, belt: Belt, deposit: Deposit, history: pd.DataFrame | None) -> Holes:
    """Holes of the accepted table, and collars in the quarantine."""
    path = house.root / "curated" / belt.id / deposit.id / "collar.parquet"
    used = _or_none(lambda: int(pq.read_metadata(path).num_rows))
    if history is None:
        return Holes(deposit.id, used, 0)
    collars = history[(history["table"] == "collar") & (history["released"] == "")]
    refused = collars.drop_duplicates(["file", "sheet", "row"])
    return Holes(deposit.id, used, len(refused))


def _or_none(read: Callable[[], int]) -> int | None:
    """What ``read`` gives; None where there is no such file or it is damaged."""
    try:
        return read()
    except (OSError, ValueError):  # pyarrow's errors are among these
        return None


def _quality(deposit: str, kept: dict[str, Any]) -> Quality:
    """Quality control of one deposit from its account."""
    batches = (" ".join(filter(None, map(_word, b.values()))) for b in kept["failed_batches"])
    return Quality(
        deposit=deposit,
        controls=sum(kept["controls"].values()),
        samples=int(kept["samples"]),
        pass_rates_pct=tuple(sorted(kept["pass_rates_pct"].items())),
        failed=tuple(batches),
        held=bool(kept["held"]),
    )


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _listed(waiting: pd.DataFrame) -> Iterator[RefusedRow]:
    """The newest rows of the quarantine."""
    newest = waiting.sort_values("opened", ascending=False, kind="stable").head(LISTED)
    for row in newest.to_dict("records"):
        yield RefusedRow(
            name=row["name"],
            file=row["file"],
            sheet=row["sheet"],
            row=row["row"],
            code=row["code"],
            raw=row["raw"],
            opened=moment(row["opened"]),
        )


def new_since(house: Workspace, belt: Belt, deposit: str, since: datetime | None) -> int:
    """Rows and files of a deposit that came into the quarantine since a moment and wait there."""
    path: Path = house.root / "quarantine" / belt.id / f"{deposit}.history.csv"
    if since is None:
        return 0
    try:
        history = read_history(path)
    except (OSError, ValueError):
        return 0
    opened = [moment(said) for said in history.loc[history["released"] == "", "opened"]]
    return sum(1 for at in opened if at is not None and at >= since)
