"""Records of a benchmark: one line for each thing measured, printed, kept and put in the docs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.measure import Cost, Measured
from benchmarks.problem import RANGES_M, Job, Problem, isotropic

RESULTS = Path(__file__).parent / "results" / "latest.json"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
NEARLY_TIED = 2e-5
"""The last neighbour and the first left out are nearly tied below this difference of their
distances in ranges (6 mm along the major axis): engines may take either. gstlearn shifts
distances itself to part equal ones, by up to 1e-9 of the radius times a sample's number."""


@dataclass(frozen=True)
class Record:
    """One thing measured. Figures that do not apply are None."""

    series: str
    """Which table it belongs to: peers, or what grows."""
    problem: str
    engine: str
    mode: str
    elements: int
    samples: int
    blocks: int
    workers: int
    cpu_us_per_block: float | None
    wall_us_per_block: float | None
    ratio_to_ours: float | None
    peak_mib: float | None
    setup_cpu_s: float | None
    """CPU of setting up, apart from the cost of the blocks."""
    first_s: float | None
    """Wall time of the first call of its process, on one block."""
    max_difference: float | None
    """Largest difference of estimates from ours on the same blocks, in the grade's unit."""
    max_variance_difference: float | None
    nearly_tied: int | None
    """Blocks left out of the two differences, their last neighbour being nearly tied."""
    note: str
    date: str
    machine: str


@dataclass(frozen=True)
class Difference:
    """How far two answers on the same blocks lie apart."""

    estimate: float
    variance: float
    nearly_tied: int


def record_of(
    series: str,
    job: Job,
    cost: Cost | None,
    base_us: float | None = None,
    difference: Difference | None = None,
    note: str = "",
) -> Record:
    """Write a measurement down; ``base_us`` is our own cost of the same work."""
    us = cost.cpu_us_per_block if cost else None
    return Record(
        series=series,
        problem=problem_name(job),
        engine=job.engine,
        mode=job.mode,
        elements=job.elements,
        samples=job.nearest or _count_samples(job.samples),
        blocks=cost.blocks if cost else 0,
        workers=job.workers,
        cpu_us_per_block=_digits(us),
        wall_us_per_block=_digits(1e6 * cost.wall_s / cost.blocks) if cost else None,
        ratio_to_ours=_digits(us / base_us) if us and base_us else None,
        peak_mib=_digits(cost.peak_mib) if cost else None,
        setup_cpu_s=_digits(cost.setup_cpu_s) if cost else None,
        first_s=_digits(cost.first_s) if cost else None,
        max_difference=difference.estimate if difference else None,
        max_variance_difference=difference.variance if difference else None,
        nearly_tied=difference.nearly_tied if difference else None,
        note=note,
        date=date.today().isoformat(),
        machine=machine(),
    )


def problem_name(job: Job) -> str:
    """The problem in words."""
    if job.nearest:
        return f"{job.nearest} composites, all of them"
    used = "all of them" if job.neighbours >= job.samples else f"{job.neighbours} neighbours"
    return f"{_count_samples(job.samples):,} composites, {used}"


def _count_samples(nominal: int) -> int:
    """Composites that there are under a nominal number."""
    return 51_200 if nominal == 50_000 else nominal


def difference_of(job: Job, problem: Problem, theirs: Measured, ours: Measured) -> Difference:
    """Largest differences of estimate and variance, nearly tied blocks apart."""
    tied = nearly_tied(job, problem)
    apart = [
        float(np.abs(a - b)[~tied].max())
        for a, b in ((theirs.estimate, ours.estimate), (theirs.variance, ours.variance))
    ]
    return Difference(apart[0], apart[1], int(tied.sum()))


def nearly_tied(job: Job, problem: Problem) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Blocks whose last neighbour is hardly nearer than the first one left out."""
    centres = problem.grid(job.grid).centres_m()
    if job.neighbours >= len(problem.xyz_m):
        return np.zeros(len(centres), bool)
    # plain distances are brought to the same scale, by the longest range
    change = (lambda points: points / RANGES_M[0]) if job.sphere else isotropic
    found = cKDTree(change(problem.xyz_m)).query(change(centres), job.neighbours + 1)[0]
    return np.asarray(found[:, -1] - found[:, -2] < NEARLY_TIED)


def _digits(value: float | None) -> float | None:
    """Four significant digits: more is noise."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.4g}")


def machine() -> str:
    """Processor, cores and memory: what a reader needs to compare."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text("utf-8", errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = named[0] if named else name
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB"


def write(records: Sequence[Record]) -> None:
    """Keep the records as JSON and bring the page's table up to date."""
    RESULTS.parent.mkdir(exist_ok=True)
    rows = [asdict(record) for record in records]
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{as_markdown(records)}{END}{after}", "utf-8")


COLUMNS = (
    ("engine", "引擎 engine"),
    ("mode", "方式 mode"),
    ("problem", "问题 problem"),
    ("elements", "元素 elements"),
    ("blocks", "块数 blocks"),
    ("workers", "线程 workers"),
    ("cpu_us_per_block", "µs CPU / block"),
    ("wall_us_per_block", "µs wall / block"),
    ("ratio_to_ours", "比值 ratio"),
    ("peak_mib", "峰值 peak MiB"),
    ("max_difference", "最大差 max difference"),
    ("note", "说明 note"),
)


def as_markdown(records: Sequence[Record]) -> str:
    """One table for each series, under the date and the machine."""
    lines = [f"{records[0].date} · {records[0].machine}", ""]
    for series in dict.fromkeys(record.series for record in records):
        lines += [f"### {series}", ""]
        lines.append("| " + " | ".join(title for _, title in COLUMNS) + " |")
        lines.append("|" + " --- |" * len(COLUMNS))
        for record in records:
            if record.series == series:
                cells = [_shown(name, getattr(record, name)) for name, _ in COLUMNS]
                lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _shown(name: str, value: object) -> str:
    """One figure as a reader wants it."""
    if value is None:
        return "–"
    if name == "max_difference":
        return f"{value:.1e}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def as_text(record: Record) -> str:
    """One record as one printed line."""
    shown = {name: _shown(name, getattr(record, name)) for name, _ in COLUMNS}
    return (
        f"{shown['engine']:9}{shown['mode']:34}{shown['problem']:36}{shown['blocks']:>12}"
        f"{shown['workers']:>3}{shown['cpu_us_per_block']:>11}{shown['wall_us_per_block']:>11}"
        f"{shown['ratio_to_ours']:>9}{shown['peak_mib']:>8}{shown['max_difference']:>10}"
        f"  {record.note}"
    )


HEADING = (
    f"{'engine':9}{'mode':34}{'problem':36}{'blocks':>12}{'w':>3}{'us CPU':>11}{'us wall':>11}"
    f"{'ratio':>9}{'MiB':>8}{'max diff':>10}  note"
)
