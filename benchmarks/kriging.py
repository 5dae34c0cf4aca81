"""Our kriging beside the programs that a user could pick instead, and how its cost grows.

``make bench`` runs everything, prints each line as it is measured, writes
``benchmarks/results/latest.json`` and brings the table in ``docs/benchmarks.md`` up to date.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.growth import run_growth
from benchmarks.large import run_large
from benchmarks.measure import OURS, Measured, measure
from benchmarks.problem import Job, problem_of
from benchmarks.records import HEADING, Record, as_text, difference_of, record_of, write


@dataclass(frozen=True)
class Match:
    """A peer's job, and the grid on which ours is timed for the ratio."""

    job: Job
    note: str = ""
    agrees: bool = True
    """Whether both answer the same question, so that the answers can be compared."""


MATCHES = (
    Match(Job("PyKrige", grid="20k"), "constructor's statistics switched off"),
    Match(Job("gstat"), "coordinates in ranges"),
    Match(Job("gstlearn", grid="20k", repeats=1)),
    Match(Job("gstat", discretisation=4, sphere=True), "it has no search ellipsoid"),
    Match(
        Job("gstlearn", grid="20k", discretisation=4, repeats=1),
        "its C(V,V) uses a randomised second grid: estimates compared",
    ),
    Match(Job("GSTools", grid="20k", nearest=64, neighbours=64), "Rust core; no neighbourhood"),
    Match(
        Job("GSTools", grid="192", neighbours=5_000, repeats=1),
        "Rust core; no neighbourhood: ratio to our 24 neighbours, answers not compared",
        agrees=False,
    ),
)


def run_peers() -> Iterator[Record]:
    """Every peer beside ours: cost on the whole grid, answers on the peer's blocks."""
    known: dict[Job, Measured] = {}

    def ours(job: Job) -> Measured:
        if job not in known:
            known[job] = measure(job)
        return known[job]

    ours(Job(OURS, grid="one", repeats=1))  # compiled before anything is measured
    printed: set[Job] = set()
    for match in MATCHES:
        job = match.job
        same = job.changed(engine=OURS, repeats=3)
        if not match.agrees:
            same = same.changed(neighbours=24)
        # ours is timed on the whole grid, where there is enough to time
        whole = same.changed(grid="full")
        base = ours(whole).cost
        base_us = base.cpu_us_per_block if base else None
        if whole not in printed:
            printed.add(whole)
            yield record_of("peers", whole, base, base_us)
        theirs = measure(job)
        difference = None
        if match.agrees and theirs.cost:
            difference = difference_of(job, problem_of(job), theirs, ours(same))
        note = match.note if theirs.cost else f"absent: {theirs.absent}"
        yield record_of("peers", job, theirs.cost, base_us, difference, note)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--large", action="store_true", help="also 10^7 and 10^8 blocks through the store (hours)"
    )
    parser.add_argument("--only", choices=("peers", "growth"), help="run one part, write nothing")
    chosen = parser.parse_args()
    print(HEADING)
    records = []
    parts = {"peers": run_peers, "growth": run_growth}
    if chosen.large:
        parts["large"] = run_large
    for name, run in parts.items():
        if chosen.only in (None, name):
            for record in run():
                records.append(record)
                print(as_text(record), flush=True)
    if chosen.only is None:
        write(records)


if __name__ == "__main__":
    main()
