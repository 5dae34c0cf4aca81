"""Looking back: from a figure to the files it rests on, and proof that it still stands."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np

from estimation.deposit import composite_samples, set_up_kriging
from estimation.results import DepositResult
from estimation.store import ModelStore
from estimation.tile_estimate import decision_digest, estimate_tile, tile_key
from flows.belts import all_belts, find_deposit
from flows.ingest import accepted_drillholes
from flows.runtime import Workspace, read_runtime
from geo.config import ConfigError
from geo.drillholes import sha256
from geo.findings import DataError
from geo.vault import vault_path
from tracking import Ledger

TILES_PROVED = 3
"""Tiles of each vintage that ``verify`` computes anew unless told otherwise."""


def trace(deposit_id: str, configs: str, workspace: str, vintage: str | None) -> dict[str, Any]:
    """Every link between a deposit's figure and its original files.

    Raises
    ------
    geo.config.ConfigError
        No such deposit, or it has no result for that vintage.
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
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    with Ledger(house.ledger_url(runtime)) as ledger:
        entries = [e for e in ledger.current(deposit_id) if e.vintage == result.vintage]
    data, _ = accepted_drillholes(belt, deposit, base, house)
    holes = data.drillholes.as_of(result.vintage)
    rows = holes.assay.groupby("file").size().to_dict()
    files = [
        {
            "file": name,
            "sha256": sha,
            "vault": str(vault_path(sha, house.root)),
            "kept": vault_path(sha, house.root).is_file(),
            "assay_rows_used": int(rows.get(name, 0)),
        }
        for name, sha in sorted(data.files.items())
    ]
    return {
        "deposit": deposit_id,
        "vintage": when,
        "figure": {
            "element": result.statement.main_element,
            "metal_t": {
                c: result.statement.metal_t(result.statement.main_element, (c,))
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
        "data_unchanged": data.data_hash(result.vintage) == result.data_hash,
        "files": files,
    }


def verify(configs: str, workspace: str, tiles: int = TILES_PROVED) -> dict[str, Any]:
    """Check the ledger's chain, the vault's originals, and tiles computed anew.

    Returns problems by kind; all lists empty means that everything stands.
    """
    house = Workspace(Path(workspace))
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    with Ledger(house.ledger_url(runtime)) as ledger:
        chain = ledger.verify()
        head = ledger.head()
    found: dict[str, Any] = {
        "ledger": chain,
        "head": {"number": head[0], "hash": head[1]},
        "vault": _vault_problems(house),
        "tiles": [],
        "tiles_proved": 0,
    }
    for path, belt in all_belts(Path(configs)).values():
        for deposit in belt.deposits:
            made = [v for v in deposit.vintages if house.result(deposit.id, str(v)).exists()]
            if not made:
                continue
            try:
                data, _ = accepted_drillholes(belt, deposit, path.parent, house)
            except DataError as error:
                found["tiles"].append(f"{deposit.id}: refused / 拒收: {error}")
                continue
            for vintage in made:
                proved, wrong = _prove_tiles(data, vintage, house, tiles)
                found["tiles_proved"] += proved
                found["tiles"] += wrong
    return found


def _vault_problems(house: Workspace) -> list[str]:
    """Originals whose bytes no longer have the name they are kept under."""
    kept = sorted((house.root / "vault").glob("??/*"))
    changed = [path for path in kept if sha256(path) != path.name]
    return [f"vault {path.name}: bytes changed / 内容已变" for path in changed]


def _prove_tiles(data: Any, vintage: Any, house: Workspace, count: int) -> tuple[int, list[str]]:
    """Compute ``count`` random tiles of a vintage anew and compare keys and bytes."""
    samples = composite_samples(data, vintage)
    problem = set_up_kriging(data, samples)
    model = ModelStore(house.models(data.deposit.id), data.grid).read_vintage(vintage)
    keys, digests = model.tile_keys, model.tile_digests
    decision = decision_digest(problem)
    tiles = list(problem.grid.tiles())
    wrong = []
    chosen = random.sample(tiles, min(count, len(tiles)))
    for tile in chosen:
        where = f"{data.deposit.id} {vintage} tile {tile.index}"
        key = tile_key(problem, tile, decision)
        if not np.array_equal(keys[tile.index], np.frombuffer(key, np.uint8)):
            wrong.append(f"{where}: made from other inputs / 输入已变")
            continue
        result = estimate_tile(problem, tile, key)
        stored = {name: model.layer(name, tile.slices) for name in result.layers}
        same = all(np.array_equal(stored[n], v, equal_nan=True) for n, v in result.layers.items())
        if not same or digests[tile.index].tobytes() != result.content_digest:
            wrong.append(f"{where}: bytes differ / 内容不一致")
    return len(chosen), wrong
