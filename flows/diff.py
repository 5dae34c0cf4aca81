"""Differences: two results of a deposit side by side, found by run, date, digest or file."""

from __future__ import annotations

import json
from pathlib import Path

from estimation.differences import Differences, compare_results
from estimation.results import DepositResult
from flows.runtime import Workspace
from geo.config import ConfigError


def diff(deposit_id: str, before: str, after: str, workspace: str = "workspace") -> Differences:
    """Compare two results of a deposit.

    ``before`` and ``after`` are each a vintage (its present result), a run's name (the deposit's
    last vintage in it, or ``RUN:VINTAGE``), the first digits of a result's digest, or a file.

    Raises
    ------
    ConfigError
        Nothing is known by that name, or it fits several results.
    """
    house = Workspace(Path(workspace))
    found = [DepositResult.read(find_result(deposit_id, name, house)) for name in (before, after)]
    return compare_results(*found)


def find_result(deposit_id: str, name: str, house: Workspace) -> Path:
    """The file of one result."""
    kept = house.models(deposit_id) / "results" / "kept"
    fits = [
        *_by_file(name),
        *_by_vintage(deposit_id, name, house),
        *_by_run(deposit_id, name, house, kept),
        *([*kept.glob(f"{name}*.json")] if len(name) >= 4 and name.isalnum() else []),
    ]
    if len(fits) == 1 and fits[0].exists():
        return fits[0]
    what = "several results" if len(fits) > 1 else "no result"
    raise ConfigError(
        f"'{name}': {what} of {deposit_id} in {house.root}; name a vintage (YYYY-MM-DD), a run, "
        "the digits of a digest, or a file / 请写基准日、运行编号、结果指纹或文件"
    )


def _by_file(name: str) -> list[Path]:
    path = Path(name)
    return [path] if path.suffix == ".json" and path.is_file() else []


def _by_vintage(deposit_id: str, name: str, house: Workspace) -> list[Path]:
    path = house.models(deposit_id) / "results" / f"{name}.json"
    return [path] if "/" not in name and path.is_file() else []


def _by_run(deposit_id: str, name: str, house: Workspace, kept: Path) -> list[Path]:
    """The result that a run made or found standing."""
    run, _, vintage = name.partition(":")
    manifest = house.run(run) / f"estimate-{deposit_id}.json"
    if "/" in run or not run or not manifest.is_file():
        return []
    parts = json.loads(manifest.read_text("utf-8"))[f"estimate-{deposit_id}"]
    asked = [part for part in parts if vintage in ("", part["vintage"])][-1:]
    return [kept / f"{part['result_digest'][:16]}.json" for part in asked]
