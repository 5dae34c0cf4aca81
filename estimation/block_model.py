"""Make one vintage of a block model: reuse the tiles that stand, compute the others, commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from estimation.krige import Problem
from estimation.parallel import Crew
from estimation.store import ModelStore
from estimation.tile_estimate import TileResult, decision_digest, estimate_tile, tile_key
from geo.grids import Tile

COMMIT_EVERY_S = 2.0
"""A killed run loses at most about this much work."""

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


def _run_tile(problem: Problem, job: tuple[Tile, bytes]) -> TileResult:
    """One tile on a worker."""
    tile, key = job
    return estimate_tile(problem, tile, key)


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
    estimation.store.StoreBusyError
        Another run is writing this model.
    """
    began = time.monotonic()
    decision = decision_digest(problem)
    tiles = list(problem.grid.tiles())
    keys = [tile_key(problem, tile, decision) for tile in tiles]
    with store.write_vintage(vintage, tuple(problem.elements)) as writer:
        stored = writer.stored_keys()
        jobs = [
            (tile, key)
            for tile, key in zip(tiles, keys, strict=True)
            if not np.array_equal(stored[tile.index], np.frombuffer(key, np.uint8))
        ]
        done = len(tiles) - len(jobs)
        progress(done, len(tiles))
        committed = time.monotonic()
        for result in crew.run(_run_tile, problem, jobs):
            writer.write(result)
            done += 1
            if time.monotonic() - committed > COMMIT_EVERY_S:
                writer.commit(f"{done} of {len(tiles)} tiles")
                committed = time.monotonic()
            progress(done, len(tiles))
        writer.commit(f"{len(tiles)} tiles")
        revision = writer.publish(vintage, store.revisions(vintage))
    return ModelRun(len(jobs), len(tiles) - len(jobs), time.monotonic() - began, revision)
