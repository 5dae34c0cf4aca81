"""Make one vintage of a block model: reuse the tiles that stand, compute the others, commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem
from estimation.engine.reach import TileWork, lay_out
from estimation.models.store import ModelStore
from estimation.models.store_write import VintageWriter
from estimation.models.tile_estimate import TileResult, estimate_tile, layers_of
from estimation.models.tile_key import KEY_BYTES, TileKeys
from estimation.parallel import Crew
from geo.grids import Tile

COMMIT_EVERY_S = 2.0
"""A killed run loses at most about this much work."""

COMMIT_SHARE = 0.05
"""A commit writes the list of all tiles: where that takes long, commits come more seldom, so that
they take no more than this share of a run."""

Progress = Callable[[int, int], None]
"""Called with (tiles finished, tiles in all) as they finish."""


@dataclass(frozen=True)
class ModelRun:
    """What making a vintage cost."""

    computed: int
    reused: int
    seconds: float
    revision: str
    """Tag of the finished model in its store."""


def _run_tile(work: TileWork, job: tuple[Tile, bytes]) -> TileResult:
    """One tile on a worker."""
    tile, key = job
    return estimate_tile(work, tile, key)


def make_vintage(
    problem: Problem,
    store: ModelStore,
    vintage: date,
    crew: Crew,
    progress: Progress = lambda done, total: None,
) -> ModelRun:
    """Bring a vintage of the model up to date and publish it.

    A tile whose key stands in the store is not computed again. Killed at any moment, the next call
    goes on from the last commit.

    Raises
    ------
    estimation.models.store.StoreBusyError
        Another run is writing this model.
    """
    began = time.monotonic()
    work = lay_out(problem)
    keys = all_keys(work)
    total = len(keys)
    with store.write_vintage(vintage, layers_of(problem)) as writer:
        missing = np.flatnonzero((writer.stored_keys() != keys).any(axis=1))
        jobs = ((problem.grid.tile(int(n)), keys[n].tobytes()) for n in missing)
        done = total - missing.size
        progress(done, total)
        committed, pause_s = time.monotonic(), COMMIT_EVERY_S
        for result in crew.run(_run_tile, work, jobs):
            writer.write(result)
            done += 1
            if time.monotonic() - committed > pause_s:
                cost_s = _commit(writer, f"{done} of {total} tiles")
                committed, pause_s = time.monotonic(), max(COMMIT_EVERY_S, cost_s / COMMIT_SHARE)
            progress(done, total)
        writer.commit(f"{total} tiles")
        revision = writer.publish(vintage, store.revisions(vintage))
        store.seal()
    return ModelRun(missing.size, total - missing.size, time.monotonic() - began, revision)


def _commit(writer: VintageWriter, message: str) -> float:
    """Commit; returns how long it took, seconds."""
    began = time.monotonic()
    writer.commit(message)
    return time.monotonic() - began


def all_keys(work: TileWork) -> npt.NDArray[np.uint8]:
    """Keys of all tiles, shape (tiles, 32)."""
    keys = TileKeys(work)
    made = b"".join(keys.key(tile) for tile in work.problem.grid.tiles())
    return np.frombuffer(made, np.uint8).reshape(-1, KEY_BYTES)
