"""Fifty SIGKILLs in every phase of a tile's life: resumed runs end with the same bytes.

``python -m benchmarks.kills`` (``--kills 50 --seed 1``; about two minutes).

Runs are processes of their own that say which phase they enter. They are killed at a random moment
of a phase; what is left is read before the next run goes on. Every tile that can be read must have
the bytes of its digest, and be a tile of an undisturbed run; finished tiles stay finished; no
published revision changes. A run that is let live ends with the bytes of an undisturbed one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import icechunk
import numpy as np

from benchmarks.changes import Ground, change_holes, drill_ground
from benchmarks.incremental import ELEMENT, check_whole, plan
from estimation.engine.krige import Problem, prepare
from estimation.models import block_model
from estimation.models.layers import GEOMETRY_LAYER, arrays_of
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.models.store_write import VintageWriter
from estimation.models.tile_estimate import content_digest
from estimation.parallel import Crew, Workers
from geo.config import GridSpec
from geo.drillholes.composite import Composites
from geo.grids import BlockGrid

SHAPE, BLOCK_M, TILE = (64, 48, 16), (20.0, 20.0, 10.0), (8, 8, 8)
FIRST = date(2025, 1, 1)

OPENING, KEYS, RESUMING = "opening the store", "making keys", "reading keys at resume"
COMPUTING, WRITING, WRITTEN = "computing a tile", "writing a tile", "between write and commit"
COMMITTING, COMMITTED = "in the commit", "after the commit"
TAGGING, TAGGED = "publishing the tag", "after the tag"
ONCE = (OPENING, KEYS, RESUMING, TAGGING, TAGGED)
"""Phases that come once in a run; the others come again and again."""
PHASES = (*ONCE[:3], COMPUTING, WRITING, WRITTEN, COMMITTING, COMMITTED, *ONCE[3:])
MOMENT_S = 0.005
"""What lies between two phases is made so long, or no kill would fall there."""
PATCHED: tuple[Any, ...] = (block_model, VintageWriter, icechunk.Repository)
"""What is made to tell its phases, in the run's own process."""
KILLS_OF_A_RUN = 7
"""After so many the run is let live, and the next change set comes."""


class TornError(Exception):
    """What a killed run left is not what it must be."""


def problem_of(generation: int) -> Problem:
    """49,152 blocks in 96 tiles, after so many change sets."""
    spec = GridSpec(origin_m=(0.0, 0.0, 0.0), block_m=BLOCK_M, shape=SHAPE, tile=TILE)
    x, y, z = (n * b for n, b in zip(SHAPE, BLOCK_M, strict=True))
    ground = Ground((0.0, 0.0, 0.0), (x, y, z), 100.0, 10.0)
    rng = np.random.default_rng(11)
    table = drill_ground(ground, rng)
    for number in range(generation):
        table = change_holes(ground, table, number, rng).table
    return prepare(BlockGrid(spec), plan(), Composites(table), None)


def vintage_of(generation: int) -> date:
    """Every second change set makes a vintage again, the others make a new one."""
    return FIRST + timedelta(days=generation // 2)


# ------------------------------------------------------------------ the run that is killed


@dataclass(frozen=True)
class Aim:
    """When to shoot: so long after a phase has begun for the n-th time."""

    phase: str
    time_of_it: int
    delay_s: float


class Teller:
    """In the run's process: says which phase begins, and pulls the trigger where that is aimed."""

    def __init__(self, say: Connection, aim: Aim | None) -> None:
        self._say, self._aim = say, aim
        self._begun: Counter[str] = Counter()

    def tell(self, phase: str) -> None:
        """Say that a phase begins, and when (seconds)."""
        self._say.send((phase, time.perf_counter()))
        self._begun[phase] += 1
        aim = self._aim
        if aim and phase == aim.phase and self._begun[phase] == aim.time_of_it:
            threading.Thread(target=self._shoot, args=(aim.delay_s,), daemon=True).start()

    def _shoot(self, delay_s: float) -> None:
        """Kill this process after a while, whatever its other threads do."""
        time.sleep(delay_s)
        os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any], phase: str, after: str = "") -> Any:
        """Let a function say that its phase begins, and another one after it, a moment long."""

        def told(*arguments: Any, **named: Any) -> Any:
            self.tell(phase)
            result = function(*arguments, **named)
            if after:
                self.tell(after)
                time.sleep(MOMENT_S)
            return result

        return told


def run_and_tell(
    say: Connection, folder: Path, generation: int, workers: int, aim: Aim | None
) -> None:
    """Make a vintage as production does, with phases told and commits every few tiles."""
    sys.setswitchinterval(1e-4)
    teller, kept, writer, store_of = Teller(say, aim), *PATCHED
    kept.COMMIT_EVERY_S, kept.COMMIT_SHARE = 0.01, float("inf")
    kept.all_keys = teller.around(kept.all_keys, KEYS)
    kept.estimate_tile = teller.around(kept.estimate_tile, COMPUTING)
    writer.__init__ = teller.around(writer.__init__, RESUMING)
    writer.write = teller.around(writer.write, WRITING, WRITTEN)
    writer.commit = teller.around(writer.commit, COMMITTING, COMMITTED)
    store_of.create_tag = teller.around(store_of.create_tag, TAGGING, TAGGED)
    problem = problem_of(generation)
    teller.tell(OPENING)
    store = ModelStore(folder, problem.grid)
    with Crew(Workers(count=workers)) as crew:
        kept.make_vintage(problem, store, vintage_of(generation), crew)


Told = list[tuple[str, float]]
"""What a run said: phases in order, and when each began (seconds)."""


def start(folder: Path, generation: int, workers: int, aim: Aim | None) -> tuple[Told, bool]:
    """Run in another process until it ends or is killed; returns what it told, and if killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.incremental"])
    hear, say = context.Pipe(duplex=False)
    child = context.Process(target=run_and_tell, args=(say, folder, generation, workers, aim))
    child.start()
    say.close()
    told: Told = []
    with hear:
        while True:
            try:
                told.append(hear.recv())
            except EOFError:
                break
    child.join()
    if child.exitcode not in (0, -signal.SIGKILL):
        raise TornError(f"a run that was not killed ended with {child.exitcode}")
    return told, child.exitcode != 0


# ------------------------------------------------------------------ what it leaves


@dataclass
class Gallery:
    """Runs and kills of one store, beside an undisturbed one."""

    folder: Path
    chance: random.Random
    generation: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    """Kills by the phase in which they fell."""
    kills: int = 0
    finished: int = 0
    tiles_read: int = 0
    digest_of: dict[bytes, bytes] = field(default_factory=dict)
    """Digests of an undisturbed run's tiles, by key."""
    published: dict[str, str] = field(default_factory=dict)
    """Model hash of each revision when it was first seen."""
    durations: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    standing: set[bytes] = field(default_factory=set)

    def begin(self) -> None:
        """Make the next change set's model undisturbed."""
        self.problem = problem_of(self.generation)
        self.keys = {k.tobytes() for k in block_model.all_keys(block_model.lay_out(self.problem))}
        self.standing = set()
        store = ModelStore(self.folder / "undisturbed", self.problem.grid)
        with Crew(Workers(count=1)) as crew:
            block_model.make_vintage(self.problem, store, vintage_of(self.generation), crew)
        self.whole = store.read_vintage(vintage_of(self.generation))
        self.digest_of |= {
            key.tobytes(): digest.tobytes()
            for key, digest in zip(self.whole.tile_keys, self.whole.tile_digests, strict=True)
        }

    def shoot(self, phase: str) -> bool:
        """Kill a run in a phase and look at what is left; False if it ended before."""
        workers = 2 if self.chance.random() < 0.25 else 1
        typical = float(np.median(self.durations[phase])) if self.durations[phase] else 0.002
        time_of_it = 1 if phase in ONCE else self.chance.randint(1, 3)
        aim = Aim(phase, time_of_it, self.chance.uniform(0.0, typical))
        told, killed = start(self.folder / "killed", self.generation, workers, aim)
        for (name, begun), (_, ended) in pairwise(told):
            self.durations[name].append(ended - begun)
        if killed:
            self.kills += 1
            self.hits[told[-1][0]] += 1
            self.look()
        return killed

    def finish(self) -> None:
        """Let a run live (again, if it had ended), and compare it with the undisturbed one."""
        start(self.folder / "killed", self.generation, 1, None)
        self.look()
        store = ModelStore(self.folder / "killed", self.problem.grid)
        check_whole(store.read_vintage(vintage_of(self.generation)), self.whole)
        self.finished += 1
        self.generation += 1

    def look(self) -> None:
        """Read the branch and every revision as another process would, right after a kill.

        Raises
        ------
        TornError
            A tile is torn or unknown, a finished one is gone, or a revision has changed.
        """
        path = next((self.folder / "killed").glob("grid-*/blocks.icechunk"), None)
        storage = icechunk.local_filesystem_storage(str(path))
        if path is None or not icechunk.Repository.exists(storage):
            return
        repository = icechunk.Repository.open(storage)
        branch = f"vintage-{vintage_of(self.generation).isoformat()}"
        if branch in repository.list_branches():
            session = repository.readonly_session(branch=branch)
            try:
                model = VintageReader(session, self.problem.grid)
            except FileNotFoundError:  # the arrays come with the first commit
                return
            standing = self.check_tiles(model) & self.keys
            if not self.standing <= standing:
                raise TornError(f"{len(self.standing - standing)} finished tiles are gone")
            self.standing = standing
        for tag in sorted(repository.list_tags()):
            session = repository.readonly_session(tag=tag)
            model = VintageReader(session, self.problem.grid)
            if len(self.check_tiles(model)) != self.problem.grid.tile_count:
                raise TornError(f"revision {tag} has unfinished tiles")
            if self.published.setdefault(tag, model.model_hash) != model.model_hash:
                raise TornError(f"revision {tag} has changed")
        if set(self.published) - set(repository.list_tags()):
            raise TornError("a revision is gone")

    def check_tiles(self, model: VintageReader) -> set[bytes]:
        """Keys of a model's finished tiles; each must have the bytes of its digest and its key."""
        keys, digests, table = model.tile_keys, model.tile_digests, model.statistics(ELEMENT)
        names = [array.name for layer in (GEOMETRY_LAYER, ELEMENT) for array in arrays_of(layer)]
        whole = {name: model.stored(name, model.grid.whole) for name in names}
        found = set()
        for tile in model.grid.tiles():
            key, digest = keys[tile.index].tobytes(), digests[tile.index].tobytes()
            if not any(key):
                if any(digest):
                    raise TornError(f"{tile} has a digest and no key")
                continue
            arrays = {name: values[(slice(None), *tile.slices)] for name, values in whole.items()}
            if content_digest(arrays, {ELEMENT: table[tile.index]}) != digest:
                raise TornError(f"{tile} has not the bytes of its digest")
            if self.digest_of.get(key) != digest:
                raise TornError(f"{tile} is not what an undisturbed run makes for its key")
            found.add(key)
        self.tiles_read += len(found)
        return found


def kill_again_and_again(folder: Path, kills: int, seed: int) -> Gallery:
    """Kill runs of one store in every phase in turn; each is resumed until it is let live.

    Raises
    ------
    TornError, benchmarks.incremental.DifferentError
        See :class:`Gallery`.
    """
    gallery = Gallery(folder, random.Random(seed))
    aims: list[str] = []
    while gallery.kills < kills:
        gallery.begin()
        before = gallery.kills
        while gallery.kills < min(kills, before + KILLS_OF_A_RUN):
            aims = aims or gallery.chance.sample(PHASES, len(PHASES))
            if not gallery.shoot(aims[-1]):
                break
            aims.pop()
        gallery.finish()
    return gallery


def main() -> None:
    """Read the options, kill, and print where the kills fell."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    settings = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        gallery = kill_again_and_again(Path(folder), settings.kills, settings.seed)
    for phase in PHASES:
        print(f"{gallery.hits[phase]:4d}  {phase}")
    print(
        f"{gallery.kills} kills; {gallery.tiles_read:,} tiles read after them, none torn; "
        f"{gallery.finished} models ended with the bytes of an undisturbed run; "
        f"{len(gallery.published)} revisions, none changed; {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
