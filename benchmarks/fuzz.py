"""Fuzzing of every reader: thousands of spoilt files, and none may crash, hang, fill the memory or
have a changed number accepted in silence.

    python -m benchmarks.fuzz [--count 20000] [--seed 20261121] [--keep FOLDER]

Case ``i`` of a seed is always the same file. Each is read in a worker process that is watched:
what raises, takes too long or grows too large is kept, with the file, in ``--keep``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.fuzz_mutations import mutate
from benchmarks.fuzz_seeds import Seed, seeds
from benchmarks.fuzz_verdict import judge

SEED = 20261121
COUNT = 20_000
LONGEST_S = 30.0
LARGEST_MIB = 1500.0
"""One file may take so long, and a worker hold so much, whatever is in the file."""
WORKERS = 2
SLOW, SLOW_TURNS = (".geoh5",), 10
"""HDF5 is read in a process of its own (0.6 s a file): such a seed comes every tenth time only."""


@dataclass
class Harvest:
    """What came of all files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    largest_mib: float = 0.0


def case(index: int, seed: int, known: list[Seed]) -> tuple[Seed, bytes]:
    """File ``index`` of a seed: which whole file it comes from, and its bytes."""
    rng = random.Random(f"{seed}:{index}")
    turn, place = divmod(index, len(known))
    if turn % SLOW_TURNS and known[place].suffix in SLOW:
        place = (place + turn) % len(known)
    source = known[place]
    return source, mutate(source.data, source.suffix, rng)


def attempt(index: int, seed: int, known: list[Seed], folder: Path) -> tuple[str, str]:
    """Read one case; outcome and detail."""
    source, data = case(index, seed, known)
    path = folder / f"case{source.suffix}"
    path.write_bytes(data)
    try:
        verdict = judge(path, source.target)
    except Exception:
        return "raised", traceback.format_exc(limit=-4)
    return verdict.outcome, verdict.detail


def _worker(pipe: Connection, seed: int) -> None:
    """Read cases by number until told to stop."""
    resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    known = seeds()
    with tempfile.TemporaryDirectory() as folder:
        while (index := pipe.recv()) is not None:
            began = time.perf_counter()
            outcome = attempt(index, seed, known, Path(folder))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            pipe.send((*outcome, time.perf_counter() - began, peak))


class _Watched:
    """A worker and the case it is at."""

    def __init__(self, seed: int):
        self._seed = seed
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=_worker, args=(far, self._seed), daemon=True)
        self.process.start()
        self.index: int | None = None
        self.since = time.monotonic()

    def give(self, index: int) -> None:
        """Give it a case."""
        self.index, self.since = index, time.monotonic()
        self.pipe.send(index)

    def lost(self) -> str | None:
        """Why it will not answer any more; None while it may."""
        if not self.process.is_alive():
            return f"died with {self.process.exitcode}"
        grace = LONGEST_S + 60  # a new worker imports for a while
        return "hangs" if time.monotonic() - self.since > grace else None

    def renew(self) -> None:
        """Put a new one in its place."""
        self.process.kill()
        self.process.join()
        self._start()


def run(count: int, seed: int, keep: Path | None) -> Harvest:
    """Read ``count`` cases and give what came of them."""
    known, found = seeds(), Harvest()
    crew = [_Watched(seed) for _ in range(WORKERS)]
    waiting = iter(range(count))
    for worker in crew:
        worker.give(next(waiting))
    busy = list(crew)
    while busy:
        for worker in list(busy):
            if worker.pipe.poll(0.02):
                try:
                    answer: tuple[Any, ...] = worker.pipe.recv()
                except EOFError:
                    continue
                _enter(found, known, (worker.index or 0, seed), answer, keep)
            elif why := worker.lost():
                _enter(found, known, (worker.index or 0, seed), (why, "", LONGEST_S, 0.0), keep)
                worker.renew()
            else:
                continue
            index = next(waiting, None)
            if index is None:
                worker.pipe.send(None)
                busy.remove(worker)
            else:
                worker.give(index)
    return found


def _enter(
    found: Harvest,
    known: list[Seed],
    which: tuple[int, int],
    answer: tuple[Any, ...],
    keep: Path | None,
) -> None:
    """Enter one answer; what is trouble is kept."""
    outcome, detail, seconds, peak = answer
    source, data = case(*which, known)
    name = f"{source.name}-{which[1]}-{which[0]}"
    found.slowest = max(found.slowest, (seconds, name))
    found.largest_mib = max(found.largest_mib, peak)
    if seconds >= LONGEST_S and outcome in ("accepted", "refused"):
        outcome = "slow"
    found.outcomes[outcome] += 1
    if outcome == "refused":
        found.codes.update(detail.split())
    elif outcome != "accepted":
        found.troubles.append(f"{name}: {outcome} {detail}")
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}{source.suffix}").write_bytes(data)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, default=None)
    asked = parser.parse_args()
    began = time.perf_counter()
    found = run(asked.count, asked.seed, asked.keep)
    print(f"{asked.count} files of seed {asked.seed} in {time.perf_counter() - began:.0f} s")
    print("outcomes:", dict(found.outcomes.most_common()))
    print("codes:", dict(found.codes.most_common()))
    print(f"slowest {found.slowest[0]:.2f} s ({found.slowest[1]})")
    print(f"largest worker {found.largest_mib:.0f} MiB (limit {LARGEST_MIB:.0f})")
    for trouble in found.troubles[:40]:
        print("TROUBLE", trouble)
    if found.troubles or found.largest_mib > LARGEST_MIB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
