"""Reading at scale: two million intervals read, checked, desurveyed and composited.

``python -m benchmarks.ingest`` writes one deposit's tables (about 8,000 holes), then measures, each
in a fresh process, what pandas' own ``read_csv`` needs for the assay file alone, and what
``read_drillholes`` and ``composite`` need for the whole deposit. Targets: at most 3 times the wall
time, and at most 6 times the file's size of memory above the start.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

INTERVALS = 2_000_000
HOLES = 8_000
TIMES_MOST, MEMORY_MOST = 3.0, 6.0
"""Targets: wall time beside ``read_csv``, and peak memory beside the file's size."""


def write_deposit(folder: Path, intervals: int = INTERVALS, holes: int = HOLES) -> None:
    """Write collar, survey and assay tables with blanks and ``<0.01`` among the grades."""
    rng = np.random.default_rng(20260101)
    each = intervals // holes
    names = np.array([f"ZK{i // 100:03d}-{i % 100:02d}" for i in range(holes)])
    side = int(np.ceil(np.sqrt(holes)))
    index = np.arange(holes)
    collar = pd.DataFrame(
        {
            "hole_id": names,
            "easting": 500_000 + 50.0 * (index % side),
            "northing": 3_300_000 + 50.0 * (index // side),
            "elevation": np.round(rng.normal(4500, 5, holes), 2),
            "depth": 2.0 * each,
        }
    )
    collar.to_csv(folder / "collar.csv", index=False)
    stations = np.arange(0, 2 * each, 50)
    survey = pd.DataFrame(
        {
            "hole_id": np.repeat(names, len(stations)),
            "depth": np.tile(stations, holes),
            "azimuth": np.round(90 + rng.normal(0, 1, holes * len(stations)), 1),
            "dip": np.round(70 - np.tile(stations, holes) * 0.01, 2),
        }
    )
    survey.to_csv(folder / "survey.csv", index=False)
    _write_assay(folder / "assay.csv", names, each, rng)


def _write_assay(path: Path, names: Any, each: int, rng: np.random.Generator) -> None:
    """The large table."""
    count = len(names) * each
    start = np.tile(np.arange(each) * 2, len(names))
    grades = {
        "cu": np.char.mod("%.3f", rng.lognormal(-1.5, 0.8, count).clip(0.001, 20)),
        "mo": np.char.mod("%.4f", rng.lognormal(-5, 0.8, count).clip(0.0001, 2)),
        "au": np.char.mod("%.3f", rng.lognormal(-2, 0.8, count).clip(0.001, 50)),
        "ag": np.char.mod("%.2f", rng.lognormal(0.5, 0.8, count).clip(0.01, 500)),
    }
    for name, limit in (("mo", "<0.001"), ("au", "<0.01")):
        grades[name] = np.where(rng.random(count) < 0.02, limit, grades[name])
    for name in grades:
        grades[name] = np.where(rng.random(count) < 0.03, "", grades[name])
    units = {"cu": "Cu(%)", "mo": "Mo(%)", "au": "Au(g/t)", "ag": "Ag(g/t)"}
    frame = pd.DataFrame({"hole_id": np.repeat(names, each), "from": start, "to": start + 2})
    frame = frame.assign(sample_id=np.char.mod("S%07d", np.arange(count)))
    for name, values in grades.items():
        frame[units[name]] = values
    frame.to_csv(path, index=False)


def by_pandas(folder: Path) -> dict[str, float]:
    """``pandas.read_csv`` on the assay file."""
    start, cpu = time.perf_counter(), time.process_time()
    frame = pd.read_csv(folder / "assay.csv")
    read_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    return {"read_csv_s": read_s, "read_csv_cpu_s": cpu_s, "rows": float(len(frame))}


def by_bornite(folder: Path) -> dict[str, float]:
    """Read, check and desurvey the deposit, and composite it.

    A deposit of ten holes goes first, so that dictionaries and compiled kernels are loaded, as
    pandas is when its clock starts; ``first_s`` says what that cost.
    """
    with tempfile.TemporaryDirectory() as small:
        write_deposit(Path(small), 1000, 10)
        first_s = _run(Path(small))["total_s"]
    before = _peak_mib()
    return {**_run(folder), "peak_mib": _peak_mib() - before, "first_s": first_s}


def _run(folder: Path) -> dict[str, float]:
    """One deposit, from its files to composites."""
    from geo.config import DrillholeSources
    from geo.drillholes.composite import composite
    from geo.drillholes.reading import read_drillholes

    sources = DrillholeSources.model_validate(_sources(folder))
    start, cpu = time.perf_counter(), time.process_time()
    reading = read_drillholes(sources, folder)
    read_s = time.perf_counter() - start
    if reading.drillholes is None:
        raise SystemExit("\n".join(f"{f.code} {f.message_en}" for f in reading.findings[:20]))
    elements = ("cu_pct", "mo_pct", "au_gpt", "ag_gpt")
    made = composite(reading.drillholes, length_m=4.0, min_coverage=0.5, elements=elements)
    return {
        "read_and_check_s": read_s,
        "total_s": time.perf_counter() - start,
        "cpu_s": time.process_time() - cpu,
        "rows": float(len(reading.drillholes.assay)),
        "composites": float(len(made.table)),
    }


def _sources(folder: Path) -> dict[str, Any]:
    """The deposit's configuration."""
    return {
        "root": str(folder),
        "campaigns": [
            {
                "as_of": "2026-01-01",
                "files": [{"path": f"{t}.csv", "table": t} for t in ("collar", "survey", "assay")],
            }
        ],
        "conventions": {
            "x_is": "east",
            "zone_prefix": None,
            "coordinate_unit": "m",
            "depth_unit": "m",
            "dip": "positive_down",
            "below_detection": "half_limit",
            "no_survey_deeper_than_m": 5000.0,
            "zero_is": "zero",
            "not_assayed": [],
        },
    }


def _peak_mib() -> float:
    """Largest resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


JOBS = {"pandas": by_pandas, "bornite": by_bornite}


def once(job: str, folder: Path) -> dict[str, float]:
    """One run of a job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--job", job, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def compare(folder: Path, repeats: int) -> dict[str, float]:
    """Ours beside pandas: seconds, MiB, and the two ratios of the targets.

    Medians of runs in turn, so that both meet the same load of the machine; a first round
    compiles and warms the disk's cache.
    """
    rounds = [{job: once(job, folder) for job in JOBS} for _ in range(repeats + 1)][1:]
    figures = {
        key: statistics.median(done[job][key] for done in rounds)
        for job in JOBS
        for key in rounds[0][job]
    }
    size_mib = (folder / "assay.csv").stat().st_size / 2**20
    return {
        **figures,
        "file_mib": size_mib,
        "times": figures["total_s"] / figures["read_csv_s"],
        "memory_times": figures["peak_mib"] / size_mib,
    }


def main() -> None:
    """Write the deposit, measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", choices=sorted(JOBS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--intervals", type=int, default=INTERVALS)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(JOBS[given.job](given.folder)))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "assay.csv").is_file():
            holes = max(given.intervals * HOLES // INTERVALS, 1)
            write_deposit(folder, given.intervals, holes)
        figures = compare(folder, given.repeats)
    print(json.dumps({key: round(value, 3) for key, value in figures.items()}, indent=1))
    good = figures["times"] <= TIMES_MOST and figures["memory_times"] <= MEMORY_MOST
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
