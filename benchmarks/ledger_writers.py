"""Writers that enter estimates side by side and are killed at random moments.

Each writer is a process that notes every answer of the ledger in a file of its own, on disk before
it goes on. Killed, it is started anew and goes on after its last note. The entry that it died over
may be there: asking again is answered with it while it is the figure's newest; of the figure that
all of them write, where another may have come after it, a writer looks first.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from datetime import date
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.fabricated import copper_result
from tracking import Hold, Ledger

SHARED = "shared-syn"
"""The deposit that all writers enter figures of, beside their own."""

PROCESSES = multiprocessing.get_context("forkserver")
"""Processes that begin with what this module imports: each start costs milliseconds."""
PROCESSES.set_forkserver_preload(["benchmarks.ledger_writers"])


def write(url: str, who: str, note: Path, first: int, last: int) -> None:
    """Enter estimates ``first`` to ``last - 1``; note each answer: turn, number, hash."""
    with Ledger(url, code_version="bench") as ledger, note.open("a") as out:
        entered = {e.content["data_hash"]: e for e in ledger.entries(SHARED, kind="estimate")}
        for turn in range(first, last):
            result = copper_result(
                date(2024, 12, 31),
                {"measured": 1.0 + turn},
                deposit_id=SHARED if turn % 2 else f"{who}-syn",
                data_hash=f"{who} {turn}",
            )
            hold = Hold((), "x") if turn % 5 == 0 else None
            entry = entered.get(result.data_hash) or ledger.record(result, who, hold=hold)
            out.write(f"{turn} {entry.number} {entry.entry_hash}\n")
            out.flush()
            os.fsync(out.fileno())


class Writer:
    """One writer's process and its notes."""

    def __init__(self, url: str, who: str, count: int, folder: Path):
        self.who, self.count = who, count
        self._url, self._note = url, folder / f"{who}.txt"
        self._note.touch()
        self._process: ForkServerProcess | None = None

    def notes(self) -> list[tuple[int, int, str]]:
        """What was acknowledged, whole lines only: turn, number, hash."""
        lines = self._note.read_text().split("\n")[:-1]
        return [(int(turn), int(number), tied) for turn, number, tied in map(str.split, lines)]

    def start(self) -> None:
        """Go on after the last turn that was acknowledged."""
        whole = self._note.read_text().rpartition("\n")
        self._note.write_text(whole[0] + whole[1])
        first = self.notes()[-1][0] + 1 if self.notes() else 0
        told = (self._url, self.who, self._note, first, self.count)
        self._process = PROCESSES.Process(target=write, args=told)
        self._process.start()

    def running(self) -> bool:
        """Whether it is at work."""
        return self._process is not None and self._process.is_alive()

    def kill(self) -> bool:
        """SIGKILL; whether it died of it (it may have ended by itself)."""
        assert self._process is not None
        self._process.kill()
        self._process.join()
        return self._process.exitcode == -signal.SIGKILL

    def failed(self) -> bool:
        """Whether it ended with an error of its own."""
        return self._process is not None and self._process.exitcode not in (0, -signal.SIGKILL)


def killed_writers(url: str, folder: Path, count: int, each: int, kills: int) -> dict[str, Any]:
    """Let ``count`` writers enter ``each`` estimates under ``kills`` kills; say what is wrong.

    The answer has ``problems`` (empty: nothing lost, nothing doubled, the chain whole and what
    stands its fold), how many ``kills`` fell, and how many ``entries`` there are.
    """
    Ledger(url).close()
    begun = time.perf_counter()
    writers = [Writer(url, f"w{n}", each, folder) for n in range(count)]
    died = _run(writers, kills)
    seconds = round(time.perf_counter() - begun, 1)
    problems = [f"{w.who} ended with an error" for w in writers if w.failed()]
    with Ledger(url) as ledger:
        problems += ledger.verify()
        problems += _lost(ledger, writers) + _doubled(ledger, count * each)
        return {
            "kills": died,
            "entries": ledger.head()[0],
            "seconds": seconds,
            "problems": problems,
        }


def _run(writers: list[Writer], kills: int) -> int:
    """Run all writers to their end; kill one at random now and then. Returns how many died."""
    rng, died = random.Random(7), 0
    for writer in writers:
        writer.start()
    whole = sum(writer.count for writer in writers)
    while any(writer.running() for writer in writers):
        time.sleep(rng.uniform(0.0, 0.1))
        done = sum(len(writer.notes()) for writer in writers)
        busy = [w for w in writers if w.running() and w.notes()]
        # kills are spread over the whole of the work, whatever the machine's pace
        if busy and died < kills and died * whole <= done * kills:
            victim = rng.choice(busy)
            died += victim.kill()
            victim.start()
    return died


def _lost(ledger: Ledger, writers: list[Writer]) -> list[str]:
    """Answers that the ledger does not bear out, and turns without an answer."""
    entries = {entry.number: entry for entry in ledger.entries()}
    said = []
    for writer in writers:
        notes = writer.notes()
        if [turn for turn, _, _ in notes] != list(range(writer.count)):
            said.append(f"{writer.who} was answered {len(notes)} times, not {writer.count}")
        for turn, number, tied in notes:
            entry = entries.get(number)
            if entry is None or entry.entry_hash != tied:
                said.append(f"{writer.who} {turn}: entry {number} was acknowledged and is lost")
            elif entry.content["data_hash"] != f"{writer.who} {turn}":
                said.append(f"{writer.who} {turn}: entry {number} says something else")
    return said


def _doubled(ledger: Ledger, wanted: int) -> list[str]:
    """Estimates that stand twice or are too many, and holds that did not come with theirs."""
    estimates = ledger.entries(kind="estimate")
    hashes = [entry.content["data_hash"] for entry in estimates]
    said = []
    if len(hashes) != wanted or len(set(hashes)) != wanted:
        said.append(f"{len(hashes)} estimates, {len(set(hashes))} of them different, not {wanted}")
    held = [entry.content["about"] for entry in ledger.entries(kind="decision")]
    due = [e.number for e in estimates if int(e.content["data_hash"].split()[1]) % 5 == 0]
    if sorted(held) != due:
        said.append(f"{len(held)} holds for {len(due)} estimates that were entered held")
    return said
