"""How the cost of our own engine grows: samples, blocks, elements, neighbours, points, workers.

Every measurement is the median of three in a process of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import OURS, Measured, measure
from benchmarks.problem import Job
from benchmarks.records import Record, record_of

BLOCK = Job(OURS, discretisation=4)
"""The benchmark's own job: 204,800 blocks, 24 neighbours, 4 x 4 x 4 points."""

SERIES: dict[str, tuple[Job, ...]] = {
    "samples": tuple(
        BLOCK.changed(grid="20k", samples=count) for count in (5_000, 50_000, 500_000)
    ),
    "blocks": tuple(BLOCK.changed(grid=grid, samples=500_000) for grid in ("1e5", "1e6")),
    "elements": (BLOCK, BLOCK.changed(elements=5)),
    "neighbours": tuple(BLOCK.changed(neighbours=count) for count in (12, 24, 48)),
    "discretization": tuple(BLOCK.changed(discretisation=side) for side in (1, 3, 4)),
    "search": (
        BLOCK,
        BLOCK.changed(max_per_hole=4),
        BLOCK.changed(octants=True),
        BLOCK.changed(octants=True, max_per_hole=4),
    ),
    "workers": tuple(BLOCK.changed(grid="1e6", samples=500_000, workers=count) for count in (1, 2)),
}
"""The first job of each series is what the others are compared with."""


def run_growth() -> Iterator[Record]:
    """Measure every series; a job that occurs in several is measured once."""
    known: dict[Job, Measured] = {}
    for series, jobs in SERIES.items():
        base_us: float | None = None
        for job in jobs:
            if job not in known:
                known[job] = measure(job)
            cost = known[job].cost
            if cost and base_us is None:
                base_us = cost.cpu_us_per_block
            note = _note(series, known[job], known[jobs[0]])
            yield record_of(f"growth: {series}", job, cost, base_us, note=note)
    yield from run_first_call()


def _note(series: str, measured: Measured, first: Measured) -> str:
    """What the columns do not say."""
    if not measured.cost or not first.cost:
        return f"absent: {measured.absent or first.absent}"
    if measured is first:
        return ""
    if series == "workers":
        return f"{first.cost.wall_s / measured.cost.wall_s:.2f} times as fast by the clock"
    return ""


def run_first_call() -> Iterator[Record]:
    """The first call of all on a machine, and the first of a later process."""
    job = BLOCK.changed(grid="one", repeats=1)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("nothing compiled before", "compiled before"):
            measured = measure(job, {"NUMBA_CACHE_DIR": folder})
            cost = measured.cost
            note = f"{name}: {cost.first_s:.2f} s to the first block" if cost else ""
            record = record_of("growth: first call", job, cost, note=note)
            yield replace(record, cpu_us_per_block=None, wall_us_per_block=None)
