"""Seeded defects found, and none invented: ``python -m benchmarks.defects``.

Makes the broken and the clean copy of the sample (``data/sample/broken.py``), runs ``bornite
check`` and ``bornite qaqc`` on both, and prints recall and precision by kind and in all.

A defect is found where every finding that it must produce is there, with its file and row. A
warning or error that is neither asked for by a defect nor a stated consequence of one is invented;
on the clean copy every warning and error is.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.cli import main as bornite

WRITER = Path(__file__).resolve().parents[1] / "data" / "sample" / "broken.py"
Key = tuple[str, str, str, int | None]
"""Code, file, sheet, row."""


@dataclass
class Seeded:
    """One defect as ``expected.csv`` has it."""

    number: int
    kind: str
    group: str
    must: set[Key] = field(default_factory=set)
    may: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Score:
    """What was found of the defects, and what was found beside them."""

    missed: dict[int, set[Key]]
    """Defect -> findings that are not there."""
    invented: list[dict[str, Any]]
    """Warnings and errors of the broken copy that no defect accounts for."""
    false_alarms: list[dict[str, Any]]
    """Warnings and errors of the clean copy, and seeded kinds of information found there."""
    seeded: list[Seeded]
    told: int
    """Warnings and errors of the broken copy."""
    consequences: int
    """Those among them that are stated consequences of a defect."""

    @property
    def recall(self) -> float:
        """Share of the defects whose every finding is there."""
        return 1 - len(self.missed) / len(self.seeded)

    @property
    def precision(self) -> float:
        """Share of the warnings and errors that a defect accounts for."""
        return 1 - len(self.invented) / max(self.told, 1)


def read_expected(path: Path) -> list[Seeded]:
    """Defects of ``expected.csv``."""
    found: dict[int, Seeded] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            number = int(line["number"])
            defect = found.setdefault(number, Seeded(number, line["kind"], line["group"]))
            if line["must"] == "1":
                row = int(line["row"]) if line["row"] else None
                defect.must.add((line["code"], line["file"], line["sheet"], row))
            else:
                defect.may.add((line["code"], line["file"]))
    return list(found.values())


def findings_of(copy: Path) -> list[dict[str, Any]]:
    """Every finding of ``bornite check`` on a copy's belts, and of ``bornite qaqc``."""
    configs = copy / "configs" / "belts"
    found = [f for b in _json("check", "--configs", str(configs))["belts"] for f in b["findings"]]
    for belt in (p.stem for p in sorted(configs.glob("*.yaml")) if "qaqc:" in p.read_text("utf-8")):
        for part in _json("qaqc", belt, "--configs", str(configs)):
            found += part["findings"]
    # controls among a deposit's tables are told by both commands
    return list({json.dumps(f, sort_keys=True): f for f in found}.values())


def _json(*arguments: str) -> Any:
    """The JSON answer of a command."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.suppress(SystemExit):
        bornite([*arguments, "--json"])
    return json.loads(stream.getvalue())


def score(
    seeded: list[Seeded], broken: Iterable[dict[str, Any]], clean: Iterable[dict[str, Any]]
) -> Score:
    """Compare findings with what was seeded."""
    broken, clean = list(broken), list(clean)
    there = {_key(f) for f in broken}
    missed = {d.number: d.must - there for d in seeded if d.must - there}
    asked = set().union(*(d.must for d in seeded))
    allowed = set().union(*(d.may for d in seeded))
    graver = [f for f in broken if f["severity"] != "info"]
    strange = [f for f in graver if _key(f) not in asked]
    invented = [f for f in strange if (f["code"], f["file"]) not in allowed]
    codes = {key[0] for key in asked}
    # whatever a seeded rule says of clean data is invented, even where it is information only
    alarms = [f for f in clean if f["severity"] != "info" or f["code"] in codes]
    return Score(missed, invented, alarms, seeded, len(graver), len(strange) - len(invented))


def _key(found: dict[str, Any]) -> Key:
    """A finding as it is compared."""
    return (found["code"], found["file"], found["sheet"] or "", found["row"])


def report(result: Score) -> str:
    """Recall and precision by group and kind, misses and inventions."""
    kinds = {d.kind for d in result.seeded}
    lines = [f"{'group':16}{'defects':>8}{'kinds':>7}{'found':>7}{'recall %':>10}"]
    for group in dict.fromkeys(d.group for d in result.seeded):
        mine = [d for d in result.seeded if d.group == group]
        hit = sum(d.number not in result.missed for d in mine)
        of_kinds = len({d.kind for d in mine})
        lines.append(f"{group:16}{len(mine):8}{of_kinds:7}{hit:7}{100 * hit / len(mine):10.1f}")
    lines += [
        f"{len(result.seeded)} defects of {len(kinds)} kinds, recall {100 * result.recall:.1f} %",
        f"{result.told} warnings and errors on the broken copy",
        f"{result.consequences} of them stated consequences, {len(result.invented)} invented",
        f"precision {100 * result.precision:.1f} %",
        f"{len(result.false_alarms)} invented on the clean copy",
    ]
    for d in result.seeded:
        for key in sorted(result.missed.get(d.number, ()), key=str):
            lines.append(f"missed   {d.number} {d.kind}: {key}")
    for title, found in (("invented", result.invented), ("clean", result.false_alarms)):
        for (code, file), count in Counter((f["code"], f["file"]) for f in found).items():
            one = next(f for f in found if (f["code"], f["file"]) == (code, file))
            lines.append(f"{title} {code} {file}:{one['row']} x{count} {one['message']['en']}")
    return "\n".join(lines)


def by_kind(result: Score) -> list[tuple[str, str, int, int]]:
    """Group, kind, defects and found of every kind."""
    rows = {}
    for d in result.seeded:
        group, kind, count, hit = rows.get(d.kind, (d.group, d.kind, 0, 0))
        rows[d.kind] = (group, kind, count + 1, hit + (d.number not in result.missed))
    return list(rows.values())


def run(out: Path) -> Score:
    """Write the copies below ``out``, check both and score."""
    subprocess.run([sys.executable, str(WRITER), "--out", str(out)], check=True)
    return score_copies(out)


def score_copies(out: Path) -> Score:
    """Check the two copies that lie below ``out`` and score."""
    seeded = read_expected(out / "expected.csv")
    return score(seeded, findings_of(out / "broken"), findings_of(out / "clean"))


def main() -> None:
    """Read the command line, run, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for the copies (default: temporary)")
    parser.add_argument("--kinds", action="store_true", help="list every kind")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        start = time.perf_counter()
        result = run(chosen.out or Path(temporary))
        print(report(result))
        if chosen.kinds:
            for group, kind, count, hit in by_kind(result):
                print(f"{group:16}{kind:52}{hit:3} of {count}")
        print(f"{time.perf_counter() - start:.0f} s")
    sys.exit(bool(result.missed or result.invented or result.false_alarms))


if __name__ == "__main__":
    main()
