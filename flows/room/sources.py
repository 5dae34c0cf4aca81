"""Which rows of which files the newest figure of each deposit rests on, from what the house keeps.

Rows used come from the curated tables (each row knows its file and its place in it), rows refused
from the quarantine. Both are of the newest reading; they are told of a file only where it still
has the content that the figure was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from estimation.belts import Belt, Deposit
from estimation.differences import DECIDED
from estimation.results import DepositResult
from flows.runtime import Workspace
from reporting.facts.evidence import SourceRows

Place = tuple[str, str]
"""(table, file as configured)."""

ROLES = {".tif": "terrain", ".tiff": "terrain", ".dxf": "surface", ".stl": "surface"}
"""Role of a file that no campaign lists, by its ending."""


def source_rows(
    house: Workspace, belt: Belt, deposit: Deposit, result: DepositResult
) -> tuple[SourceRows, ...]:
    """Every file that ``result`` rests on, in the order of the campaigns, then what lies beside."""
    known: dict[str, str] = result.extras.get("files", {})
    used = _used_rows(house, belt, deposit, _standing_files(house, belt))
    refused = _refused_rows(house, belt, deposit)
    found = [
        _line(place, sheet, campaign, known.get(place[1], ""), (used, refused))
        for place, sheet, campaign in _listed(result)
        if place[1] in known
    ]
    listed = {line.file for line in found}
    beside = {**known, **result.extras.get("beside", {})}
    mined = [one["path"] for one in result.extras.get(DECIDED, {}).get("mined", ())]
    found += [
        SourceRows("mined" if name.endswith(tuple(mined)) else _role(name), name, None, sha, "")
        for name, sha in beside.items()
        if name not in listed
    ]
    return tuple(found)


def _listed(result: DepositResult) -> Iterator[tuple[Place, str | None, str]]:
    """Tables that the campaigns list, with sheet and date, as the estimate was told."""
    drillholes = result.extras.get(DECIDED, {}).get("drillholes", {})
    for campaign in drillholes.get("campaigns", ()):
        for one in campaign.get("files", ()):
            yield (one["table"], one["path"]), one.get("sheet"), campaign["as_of"]


def _line(
    place: Place,
    sheet: str | None,
    campaign: str,
    sha256: str,
    rows: tuple[Mapping[Place, tuple[str, list[int]]], Mapping[Place, int]],
) -> SourceRows:
    """One table of one file, with its rows where they are of this very content."""
    used, refused = rows
    table, file = place
    kept = used.get(place)
    if kept is None or kept[0] != sha256:
        return SourceRows(table, file, sheet, sha256, campaign)
    numbers, bad = kept[1], refused.get(place, 0)
    return SourceRows(
        table,
        file,
        sheet,
        sha256,
        campaign,
        read=len(numbers) + bad,
        used=len(numbers),
        quarantined=bad,
        first_row=min(numbers, default=None),
        last_row=max(numbers, default=None),
    )


def _standing_files(house: Workspace, belt: Belt) -> dict[str, str]:
    """SHA-256 of each file of the newest reading, by its configured name."""
    path = house.root / "curated" / belt.id / "account.json"
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return dict(kept["account"]["files"])
    except (OSError, ValueError, KeyError):  # never read, or by an older program
        return {}


def _used_rows(
    house: Workspace, belt: Belt, deposit: Deposit, files: Mapping[str, str]
) -> dict[Place, tuple[str, list[int]]]:
    """(table, file) -> (SHA-256, numbers of the rows accepted)."""
    folder = house.root / "curated" / belt.id / deposit.id
    found: dict[Place, tuple[str, list[int]]] = {}
    for path in sorted(folder.glob("*.parquet")):
        try:
            frame = pd.read_parquet(path, columns=["file", "row"])
        except (OSError, ValueError, KeyError):  # half written, or without places
            continue
        for name, rows in frame.groupby("file")["row"]:
            file = str(name)
            found[path.stem, file] = (files.get(file, ""), [int(row) for row in rows])
    return found


def _refused_rows(house: Workspace, belt: Belt, deposit: Deposit) -> dict[Place, int]:
    """(table, file) -> rows in quarantine, a row once however many rules it broke."""
    path = house.root / "quarantine" / belt.id / f"{deposit.id}.csv"
    if not path.exists():
        return {}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows = frame.drop_duplicates(["table", "file", "sheet", "row"])
    return {(str(t), str(f)): len(part) for (t, f), part in rows.groupby(["table", "file"])}


def _role(name: str) -> str:
    """What a file is that no campaign lists."""
    ending = f".{name.rpartition('.')[2].lower()}"
    return ROLES.get(ending, "other")
