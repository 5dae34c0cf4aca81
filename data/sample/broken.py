"""Make the broken copy: ``python data/sample/broken.py --out DIR``.

Writes ``DIR/clean`` and ``DIR/broken``, each with belts' files (``configs/belts``) and data, and
``DIR/expected.csv``: every seeded defect with the findings it must produce. The clean copy is the
same files before anything was spoilt. Everything is synthetic and seeded.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import broken_assays
import broken_collars
import broken_files
import broken_ground
import broken_intervals
import broken_places
import broken_qaqc
import broken_rasters
import broken_regions
import broken_surveys
import yaml
from broken_base import Defect, belt_block, deposit_block
from broken_cases import CASES, SETTINGS, SURROUNDINGS, plant_cases

MODULES = (
    broken_files,
    broken_places,
    broken_collars,
    broken_ground,
    broken_surveys,
    broken_intervals,
    broken_assays,
    broken_qaqc,
    broken_regions,
    broken_rasters,
)
"""The cases, by trade; importing them registers them."""
COLUMNS = ("number", "kind", "group", "belt", "deposit", "must", "code", "file", "sheet", "row")
RULES = Path(__file__).resolve().parents[1] / "dictionaries" / "rules"


def make(out: Path, groups: Iterable[str] | None = None) -> list[Defect]:
    """Write both copies and ``expected.csv`` below ``out``; return the defects.

    ``groups`` names the groups of cases to write (collars, rasters, ...); None: all.
    """
    wanted = None if groups is None else set(groups)
    for copy in ("clean", "broken"):
        shutil.rmtree(out / copy, ignore_errors=True)
    blocks: dict[str, dict[str, list[dict[str, Any]]]] = {"clean": {}, "broken": {}}
    defects: list[Defect] = []
    names = dict.fromkeys(c.drop for c in CASES if wanted is None or c.group in wanted)
    for name in names:
        belt = SETTINGS[name].belt
        for copy, into in blocks.items():
            drop = SETTINGS[name].make(name)
            if copy == "broken":
                defects += plant_cases(drop, len(defects) + 1)
            folder = out / copy / "data" / belt
            folder.mkdir(parents=True, exist_ok=True)
            drop.write(folder)
            into.setdefault(belt, []).append(deposit_block(drop, f"../../data/{belt}"))
    for copy, into in blocks.items():
        for belt, deposits in into.items():
            around = SURROUNDINGS.get(belt, lambda folder: {})(out / copy / "data" / belt)
            _belt(out / copy, belt, belt_block(belt, deposits=deposits, **around))
    defects += _regions(out, wanted, len(defects) + 1)
    _expected(out / "expected.csv", defects)
    return defects


def _regions(out: Path, wanted: set[str] | None, first: int) -> list[Defect]:
    """The belt of surveys: one source a case, in both copies."""
    cases = [c for c in broken_regions.CASES if wanted is None or c.group in wanted]
    belt = broken_regions.BELT
    if not cases:
        return []
    for copy in ("clean", "broken"):
        folder = out / copy / "data" / belt
        made: dict[str, list[dict[str, Any]]] = {"geochemistry": [], "rasters": []}
        for each in cases:
            source = each.make(folder, copy == "broken")
            made[each.group].append({"root": f"../../data/{belt}"} | source)
        _belt(out / copy, belt, belt_block(belt, map_grid=broken_regions.GRID, **made))
    return [
        Defect(first + i, c.kind, c.group, belt, c.file, c.must, c.may) for i, c in enumerate(cases)
    ]


def _belt(copy: Path, belt: str, block: dict[str, Any]) -> None:
    """One belt's file."""
    folder = copy / "configs" / "belts"
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(block, allow_unicode=True, sort_keys=False, width=100)
    (folder / f"{belt}.yaml").write_text("# Synthetic / 合成\n" + text, "utf-8")


def severities() -> dict[str, str]:
    """Severity of every rule."""
    tables = [yaml.safe_load(path.read_text("utf-8")) for path in sorted(RULES.glob("*.yaml"))]
    return {rule["code"]: rule["severity"] for table in tables for rule in table["rules"]}


def _expected(path: Path, defects: list[Defect]) -> None:
    """One line for each finding that must, and each that may, follow from a defect."""
    known = severities()
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow([*COLUMNS, "severity"])
        for d in defects:
            head = [d.number, d.kind, d.group, d.belt, d.folder]
            for e in d.must:
                place = [e.file, e.sheet or "", e.row or ""]
                table.writerow([*head, 1, e.code, *place, known[e.code]])
            for code, file in d.may:
                table.writerow([*head, 0, code, file, "", "", known[code]])


def main() -> None:
    """Read the command line and write the copies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    defects = make(parser.parse_args().out)
    kinds = {d.kind for d in defects}
    print(f"{len(defects)} defects of {len(kinds)} kinds")


if __name__ == "__main__":
    main()
