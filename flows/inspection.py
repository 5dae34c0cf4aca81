"""Looking back: from a figure to the files it rests on, and proof that it still stands.

Neither ``trace`` nor ``verify`` mends anything on its way: what is missing is said to be missing.
"""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.deposit import DepositData, composite_samples, set_up_kriging
from estimation.engine.reach import lay_out
from estimation.errors import EstimationError
from estimation.models.store import ModelStore
from estimation.models.tile_estimate import estimate_tile
from estimation.models.tile_key import TileKeys
from estimation.results import DepositResult
from flows.belts import all_belts, find_deposit
from flows.readings import read_as_of
from flows.runtime import Workspace, read_runtime
from geo.config import ConfigError
from geo.files import sha256
from geo.findings import DataError
from geo.vault import vault_path
from tracking import Ledger, LedgerEntry, entry_content

TILES_PROVED = 3
"""Tiles of each vintage that ``verify`` computes anew unless told otherwise."""


def trace(deposit_id: str, configs: str, workspace: str, vintage: str | None) -> dict[str, Any]:
    """Every link between a deposit's figure and its original files.

    Raises
    ------
    ConfigError
        No such deposit, or it has no result for that vintage.
    EstimationError
        The result's file was changed or is damaged.
    """
    house = Workspace(Path(workspace))
    belt, deposit, base = find_deposit(deposit_id, Path(configs))
    when = vintage or max(deposit.vintages).isoformat()
    path = house.result(deposit_id, when)
    if not path.exists():
        raise ConfigError(
            f"{deposit_id}: no result for {when} / 没有该基准日的结果; run: bornite estimate "
            f"{deposit_id}"
        )
    result = DepositResult.read(path)
    statement = result.statement
    entries = [e for e in _entries(configs, house) if _is_of(e, result)]
    return {
        "deposit": deposit_id,
        "vintage": when,
        "figure": {
            "element": statement.main_element,
            "metal_t": {
                c: statement.metal_t(statement.main_element, (c,))
                for c in ("measured", "indicated", "inferred")
            },
        },
        "ledger": [
            {"number": e.number, "content_hash": e.content_hash, "run": e.run_id} for e in entries
        ],
        "result": str(path),
        "model_hash": result.model_hash,
        "plan_hash": result.plan_hash,
        "data_hash": result.data_hash,
        "data_unchanged": _data_hash(belt, deposit, base, result.vintage) == result.data_hash,
        "files": _files(belt, deposit, base, result, house),
    }


def _files(
    belt: Belt, deposit: Deposit, base: Path, result: DepositResult, house: Workspace
) -> list[dict[str, Any]]:
    """The files a result rests on, whether the vault has them, and how many assay rows are used."""
    data = read_as_of(belt, deposit, base, result.vintage)[0]
    rows = data.drillholes.assay.groupby("file").size().to_dict() if data else {}
    return [
        {
            "file": name,
            "sha256": sha,
            "vault": str(vault_path(sha, house.root)),
            "kept": vault_path(sha, house.root).is_file(),
            "assay_rows_used": int(rows.get(name, 0)),
        }
        for name, sha in sorted(result.extras["files"].items())
    ]


def _data_hash(belt: Belt, deposit: Deposit, base: Path, vintage: date) -> str | None:
    """Data hash of the files as they lie there now; None where they can't be used."""
    data, _ = read_as_of(belt, deposit, base, vintage)
    try:
        return data.data_hash() if data else None
    except DataError:
        return None


def _is_of(entry: LedgerEntry, result: DepositResult) -> bool:
    """Whether a ledger entry is of a result's deposit and vintage."""
    return (entry.deposit_id, entry.vintage) == (result.deposit_id, result.vintage)


def _entries(configs: str, house: Workspace) -> tuple[LedgerEntry, ...]:
    """Current entries of the ledger."""
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    with Ledger(house.ledger_url(runtime)) as ledger:
        return ledger.current()


def verify(configs: str, workspace: str, tiles: int = TILES_PROVED) -> dict[str, Any]:
    """Check the ledger's chain, results against it, the vault's originals, tiles computed anew.

    Returns problems by kind; all lists empty means that everything stands.
    """
    house = Workspace(Path(workspace))
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    with Ledger(house.ledger_url(runtime)) as ledger:
        chain, head, entries = ledger.verify(), ledger.head(), ledger.current()
    found: dict[str, Any] = {
        "ledger": chain,
        "head": {"number": head[0], "hash": head[1]},
        "results": [],
        "vault": _vault_problems(house),
        "tiles": [],
        "tiles_proved": 0,
    }
    for path, belt in all_belts(Path(configs)).values():
        for deposit in belt.deposits:
            for vintage in deposit.vintages:
                file = house.result(deposit.id, vintage.isoformat())
                if file.exists():
                    found["results"] += _result_problems(file, entries, house)
                    proved, wrong = _prove(belt, deposit, path.parent, vintage, house, tiles)
                    found["tiles_proved"] += proved
                    found["tiles"] += wrong
    return found


def _result_problems(path: Path, entries: tuple[LedgerEntry, ...], house: Workspace) -> list[str]:
    """A result that was changed, is not what the ledger holds, or whose originals are gone."""
    name = f"{path.parent.parent.name} {path.stem}"
    try:
        result = DepositResult.read(path)
    except EstimationError as error:
        return [f"{name}: {error}"]
    wrong = [
        f"{name}: {file} ({sha[:12]}) is not in the vault / 原件不在库中"
        for file, sha in sorted(result.extras["files"].items())
        if not vault_path(sha, house.root).is_file()
    ]
    held = [e for e in entries if _is_of(e, result)]
    if held and held[0].content != entry_content(result):
        wrong.append(f"{name}: not what ledger entry {held[0].number} holds / 与台账不一致")
    return wrong


def _vault_problems(house: Workspace) -> list[str]:
    """Originals whose bytes no longer have the name they are kept under."""
    kept = sorted((house.root / "vault").glob("??/*"))
    changed = [path for path in kept if sha256(path) != path.name]
    return [f"vault {path.name}: bytes changed / 内容已变" for path in changed]


def _prove(
    belt: Belt, deposit: Deposit, base: Path, vintage: date, house: Workspace, count: int
) -> tuple[int, list[str]]:
    """Compute ``count`` random tiles of a vintage anew and compare keys and bytes."""
    data, findings = read_as_of(belt, deposit, base, vintage)
    name = f"{deposit.id} {vintage}"
    if data is None:
        return 0, [f"{name}: its files are refused now / 文件现被拒收: {findings[0].message_en}"]
    store = ModelStore(house.models(deposit.id), data.grid)
    if not store.revisions(vintage):
        return 0, [f"{name}: no finished model on this grid / 该网格没有完成的模型"]
    return _prove_tiles(data, store, name, count)


def _prove_tiles(
    data: DepositData, store: ModelStore, name: str, count: int
) -> tuple[int, list[str]]:
    """Random tiles anew: made from the same inputs, the same bytes?"""
    problem = set_up_kriging(data, composite_samples(data))
    model = store.read_vintage(data.vintage)
    work = lay_out(problem)
    keys, stored_keys, digests = TileKeys(work), model.tile_keys, model.tile_digests
    count = min(count, problem.grid.tile_count)
    wrong = []
    for index in random.sample(range(problem.grid.tile_count), count):
        tile = problem.grid.tile(index)
        key = keys.key(tile)
        if stored_keys[index].tobytes() != key:
            wrong.append(f"{name} tile {index}: made from other inputs / 输入已变")
            continue
        result = estimate_tile(work, tile, key)
        same = all(
            model.stored(array, tile.slices).tobytes() == values.tobytes()
            for array, values in result.arrays.items()
        )
        if not same or digests[index].tobytes() != result.content_digest:
            wrong.append(f"{name} tile {index}: bytes differ / 内容不一致")
    return count, wrong
