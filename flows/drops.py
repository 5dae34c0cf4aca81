"""Drops: is what a bureau put there whole, and is anything of it new?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from estimation.belts import Belt, Deposit
from estimation.deposit import geometry_files
from flows.account import Ingested
from flows.manifest import write_json
from flows.qaqc import controls_files
from flows.runtime import Workspace
from geo.archives import original
from geo.config import digest, resolve_root
from geo.drillholes.gathering import frozen, listed_files
from geo.files import sha256
from geo.findings import Finding
from geo.inbox import growing, lies_inside, lying_there
from geo.rules import finding
from geo.tables.sheets import UnreadableError
from geo.version import code_version


def deposit_files(deposit: Deposit, base: Path) -> Iterator[tuple[Path, str]]:
    """Folder and name of each file of a deposit: tables, controls, surfaces, licence, geometry."""
    root = resolve_root(deposit.drillholes.root, base)
    yield from ((root, file.path) for file, _ in listed_files(deposit.drillholes, base))
    if deposit.qaqc is not None:
        yield from ((root, file.path) for file in controls_files(deposit.qaqc, root))
    if deposit.licence is not None and deposit.licence.path is not None:
        yield resolve_root(deposit.licence.root, base), deposit.licence.path
    yield from ((resolve_root(mined.root, base), mined.path) for mined in deposit.mined)
    yield from ((resolve_root(file.root, base), file.path) for file in geometry_files(deposit.plan))


def survey_files(belt: Belt, base: Path) -> Iterator[tuple[Path, str]]:
    """Folder and name of each of a belt's survey tables and rasters."""
    yield from ((resolve_root(survey.root, base), survey.path) for survey in belt.geochemistry)
    yield from ((resolve_root(raster.root, base), raster.path) for raster in belt.rasters)
    yield from ((resolve_root(line.root, base), line.path) for line in belt.lines)


def in_transfer(belt: Belt, base: Path, quiet_s: float) -> dict[str, Finding]:
    """Name of each file of a belt that is still being written -> its finding.

    ``quiet_s``: seconds without change after which a file is whole.
    """
    files = [pair for deposit in belt.deposits for pair in deposit_files(deposit, base)]
    files += list(survey_files(belt, base))
    paths = {original(root / name): name for root, name in files}
    return {
        paths[path]: finding("BN-INB-001", file=paths[path]) for path in growing(paths, quiet_s)
    }


def without(belt: Belt, names: dict[str, Finding]) -> Belt:
    """The belt without the surveys and rasters of these names."""
    kept = {
        "geochemistry": tuple(s for s in belt.geochemistry if s.path not in names),
        "rasters": tuple(s for s in belt.rasters if s.path not in names),
        "lines": tuple(s for s in belt.lines if s.path not in names),
    }
    return belt.model_copy(update=kept)


def bystanders(belt: Belt, base: Path) -> tuple[Finding, ...]:
    """Files that lie in a deposit's folder and are not named in the belt's file."""
    named: dict[Path, list[str]] = {}
    every = [pair for deposit in belt.deposits for pair in deposit_files(deposit, base)]
    for root, name in (*every, *survey_files(belt, base)):
        whole = original(root / name)
        inner = whole.relative_to(root).as_posix() if whole.is_relative_to(root) else name
        named.setdefault(root, []).append(inner)
    roots = {resolve_root(deposit.drillholes.root, base) for deposit in belt.deposits}
    for root in roots:
        named.setdefault(root, []).extend(_truth_files(belt, base, root))
    return tuple(f for root in sorted(roots) for f in lying_there(root, named.get(root, [])))


def drop_files(belt: Belt, base: Path) -> dict[str, str | None]:
    """SHA-256 of each of a belt's files as they lie there now; of a query's answer now."""
    every = [pair for deposit in belt.deposits for pair in deposit_files(deposit, base)]
    pairs = dict.fromkeys((*every, *survey_files(belt, base)))
    return {f"{root}/{name}": _content(root, name) for root, name in pairs}


def _content(root: Path, name: str) -> str | None:
    """SHA-256 of one file; None where it is absent, outside its folder, or can't be had."""
    if not lies_inside(root, name):
        return None
    try:
        path = original(frozen(root / name))
    except UnreadableError:
        return None
    return sha256(path) if path.is_file() else None


def _truth_files(belt: Belt, base: Path, root: Path) -> list[str]:
    """Names in a folder of the files that hold synthetic deposits' truth: named by the deposit."""
    folders = [(base / deposit.truth).resolve() for deposit in belt.deposits if deposit.truth]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [str(path.relative_to(root)) for path in files if path.is_relative_to(root)]


def drop_key(belt: Belt, base: Path, files: dict[str, str | None]) -> str:
    """Hash of all that an ingest rests on: every file's content, the belt's file, the program."""
    lying = [(f.code, f.file, f.value) for f in bystanders(belt, base)]
    return digest([files, lying, belt.model_dump(mode="json"), code_version()])


def _account_path(house: Workspace, belt: Belt) -> Path:
    """Where a belt's last account is kept."""
    return house.root / "curated" / belt.id / "account.json"


def standing_account(house: Workspace, belt: Belt, key: str) -> Ingested | None:
    """The last account of a belt, where nothing that it rests on has changed since."""
    path = _account_path(house, belt)
    if not path.exists():
        return None
    kept = json.loads(path.read_text("utf-8"))
    if kept["key"] != key:
        return None
    return replace(Ingested.of_json(kept["account"]), unchanged_since=kept["made_at"])


def keep_account(house: Workspace, belt: Belt, key: str, found: Ingested) -> None:
    """Keep a belt's account for the next time."""
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    kept = {"key": key, "made_at": made_at, "account": found.as_json()}
    write_json(_account_path(house, belt), kept)
