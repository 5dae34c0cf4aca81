"""Proof of tiles by computing them anew: made from the same inputs, the same bytes?"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from estimation.belts import Belt, Deposit
from estimation.deposit import DepositData, composite_samples, set_up_kriging
from estimation.engine.reach import lay_out
from estimation.models.store import ModelStore, store_folder
from estimation.models.tile_estimate import estimate_tile
from estimation.models.tile_key import TileKeys
from flows.readings import read_as_of
from flows.runtime import Workspace


@dataclass(frozen=True)
class Place:
    """One vintage of one configured deposit."""

    belt: Belt
    deposit: Deposit
    base: Path
    """Folder of the belt's file."""
    vintage: date

    @property
    def name(self) -> str:
        """For sentences."""
        return f"{self.deposit.id} {self.vintage}"


def prove_tiles(
    place: Place,
    house: Workspace,
    sound: set[Path],
    count: int,
    looked_at: Callable[[int], None],
) -> list[str]:
    """Compute ``count`` random tiles of a vintage anew; what is wrong with their keys and bytes.

    Only stores that are ``sound`` are opened. ``looked_at`` is called with each tile's number.
    """
    name, models = place.name, house.models(place.deposit.id)
    data, findings = read_as_of(place.belt, place.deposit, place.base, place.vintage)
    if data is None:
        return [f"{name}: its files are refused now / 文件现被拒收: {findings[0].message_en}"]
    folder = store_folder(models, data.grid)
    if not folder.is_dir():
        return [f"{name}: no finished model on this grid / 该网格没有完成的模型"]
    if folder not in sound:
        return [f"{name}: not computed anew, its store is damaged / 模型库受损，未重算"]
    store = ModelStore(models, data.grid)
    if not store.revisions(place.vintage):
        return [f"{name}: no finished model on this grid / 该网格没有完成的模型"]
    return _prove(data, store, name, count, looked_at)


def _prove(
    data: DepositData, store: ModelStore, name: str, count: int, looked_at: Callable[[int], None]
) -> list[str]:
    """Random tiles of a finished vintage anew."""
    problem = set_up_kriging(data, composite_samples(data))
    model = store.read_vintage(data.vintage)
    work = lay_out(problem)
    keys, stored_keys, digests = TileKeys(work), model.tile_keys, model.tile_digests
    wrong = []
    for index in random.sample(range(problem.grid.tile_count), min(count, len(digests))):
        looked_at(index)
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
    return wrong
