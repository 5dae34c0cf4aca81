"""Small clean deposits, and the means to spoil them one by one and to say what must be found.

A deposit is a handful of the sample's holes, shortened, in one of the dialects. Every case plants
its defects in deposits of its own or in rows of its own, so that none hides another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from defects import _below_detection
from dialects import DIALECTS, Sheet, Tables, render, save
from make_sample import canonical_tables
from specs import CAMPAIGNS, DEPOSITS

BELT = "gangdese"
ZONE = DEPOSITS[BELT].site.zone


@dataclass(frozen=True)
class Expected:
    """One finding that a defect must produce; ``row`` None: a finding of the whole table."""

    code: str
    file: str
    row: int | None = None
    sheet: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Defect:
    """A defect as planted: what must be found of it, and what may follow from it."""

    number: int
    kind: str
    group: str
    belt: str
    folder: str
    must: tuple[Expected, ...]
    may: tuple[tuple[str, str], ...] = ()
    """Consequences (code, file) in any row of the deposit's own files."""


@dataclass
class Drop:
    """One deposit's files while they are made; rows are counted as a spreadsheet shows them."""

    name: str
    sheets: dict[str, Sheet]
    conventions: dict[str, Any]
    source: dict[str, Any] = field(default_factory=dict)
    """More keys of the drill-holes' block (``units``, ``columns``, ``crs``)."""
    deposit: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    bytes_: dict[str, bytes] = field(default_factory=dict)
    """More files, relative to the deposit's folder."""
    after: list[Callable[[Path], None]] = field(default_factory=list)
    """What is done to the files once they are written (given the deposit's folder)."""

    def frame(self, table: str) -> pd.DataFrame:
        """Text cells of one table."""
        return self.sheets[table].frame

    def at(self, table: str, hole: int, k: int = 0) -> int:
        """Position of the k-th row of the hole-th hole (from the end where k < 0)."""
        ids = self.frame("collar")["hole_id"].drop_duplicates().tolist()
        rows = np.flatnonzero(self.frame(table)["hole_id"] == ids[hole])
        return int(rows[k])

    def hole(self, number: int) -> str:
        """Name of a hole."""
        return str(self.frame("collar")["hole_id"].iloc[number])

    def file(self, table: str) -> str:
        """Configured path of a table."""
        return self.sheets[table].path

    def seen(self, code: str, table: str, position: int | None = None) -> Expected:
        """An expected finding at a position of a table."""
        sheet = self.sheets[table]
        row = None if position is None else position + sheet.first_row
        return Expected(code, sheet.path, row, sheet.sheet)

    def put(self, table: str, position: int, column: str, text: str) -> None:
        """Write one cell."""
        self.frame(table).at[position, column] = text

    def number(self, table: str, position: int, column: str) -> float:
        """One cell as a number."""
        return float(str(self.frame(table).at[position, column]))

    def drop_rows(self, table: str, mask: Any) -> None:
        """Take rows out of a table."""
        sheet = self.sheets[table]
        sheet.frame = sheet.frame[~np.asarray(mask)].reset_index(drop=True)

    def add_rows(self, table: str, rows: pd.DataFrame) -> int:
        """Append rows; return the first one's position."""
        sheet = self.sheets[table]
        first = len(sheet.frame)
        sheet.frame = pd.concat([sheet.frame, rows], ignore_index=True).fillna("")
        return first

    def listed(self) -> list[dict[str, Any]]:
        """Files of the campaign as configured."""
        own = [
            {"path": s.path, "table": t} | ({"sheet": s.sheet} if s.sheet else {})
            for t, s in self.sheets.items()
        ]
        return own + self.files

    def write(self, folder: Path) -> None:
        """Write all files below the belt's folder."""
        save(list(self.sheets.values()), folder)
        for name, content in self.bytes_.items():
            target = folder / self.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for change in self.after:
            change(folder / self.name)


@lru_cache(maxsize=1)
def _whole() -> Tables:
    return canonical_tables(BELT)


@lru_cache(maxsize=8)
def _chosen(count: int, depth_m: float) -> tuple[str, ...]:
    """The holes that have most kinds of assays, by name."""
    tables = _whole()
    collar = tables["collar"]
    fits = collar[(collar["as_of"] == CAMPAIGNS[0]) & (collar["depth_m"] > depth_m)]
    gold = tables["assay"].groupby("hole_id")["au_gpt"].count() > 0
    mixed = set(tables["combined"]["hole_id"])
    ranks = [(not gold[h], h not in mixed, i) for i, h in enumerate(fits["hole_id"])]
    best = sorted(range(len(fits)), key=lambda i: ranks[i])[:count]
    return tuple(fits["hole_id"].iloc[sorted(best)])


@lru_cache(maxsize=16)
def small_tables(count: int, depth_m: float) -> Tables:
    """``count`` holes of the sample, ended at ``depth_m``, contacts at ends of samples."""
    holes = _chosen(count, depth_m)
    made: dict[str, list[pd.DataFrame]] = {}
    for hole in holes:
        tables = {n: f[f["hole_id"] == hole] for n, f in _whole().items()}
        assay = tables["assay"][tables["assay"]["to_m"] <= depth_m]
        end = float(assay["to_m"].max())
        survey = tables["survey"][tables["survey"]["depth_m"] <= end - 10]
        last = survey.iloc[[-1]].assign(depth_m=end)
        parts = {
            "collar": tables["collar"].assign(depth_m=end),
            "survey": pd.concat([survey, last]),
            "assay": assay,
            "lithology": _snapped(tables["lithology"], assay, end),
            "density": tables["density"][tables["density"]["to_m"] <= end],
            "combined": tables["combined"][tables["combined"]["to_m"] <= end],
        }
        for name, frame in parts.items():
            made.setdefault(name, []).append(frame)
    return {name: pd.concat(frames, ignore_index=True) for name, frames in made.items()}


def _snapped(log: pd.DataFrame, assay: pd.DataFrame, end: float) -> pd.DataFrame:
    """Logged intervals with every contact moved to the nearest end of a sample."""
    edges = np.unique(np.append(assay["from_m"].to_numpy(), end))

    def nearest(depth: pd.Series) -> Any:
        return [float(edges[np.abs(edges - d).argmin()]) for d in depth]

    log = log.assign(from_m=nearest(log["from_m"]), to_m=nearest(log["to_m"]))
    return log[log["to_m"] > log["from_m"]]


def make_drop(name: str, dialect: str, holes: int, depth_m: float) -> Drop:
    """A clean deposit in one dialect, one campaign, its values below detection marked."""
    sheets = {s.table: s for s in render(DIALECTS[dialect], small_tables(holes, depth_m), ZONE)}
    for sheet in sheets.values():
        _below_detection(sheet)
        sheet.frame.attrs = {}
        sheet.path = f"{name}/" + sheet.path.partition("/")[2]
    style = DIALECTS[dialect]
    conventions = {
        "x_is": style.x_is,
        "zone_prefix": ZONE if style.prefixed else None,
        "coordinate_unit": "m",
        "depth_unit": "m",
        "dip": style.dip,
        "below_detection": "half_limit",
        "no_survey_deeper_than_m": 5000.0,
        "zero_is": "zero",
        "not_assayed": ["-", "N.D.", "未测"],
    }
    return Drop(name, sheets, conventions)


def deposit_block(drop: Drop, root: str) -> dict[str, Any]:
    """The deposit's block of the belt's file."""
    campaign = {"as_of": date(2024, 12, 31), "files": drop.listed()}
    source = {"root": root, "campaigns": [campaign], "conventions": drop.conventions}
    return {
        "id": drop.name,
        "name": {"zh": f"合成矿床 {drop.name}", "en": f"synthetic deposit {drop.name}"},
        "kind": {"zh": "斑岩型（合成）", "en": "porphyry (synthetic)"},
        "drillholes": source | drop.source,
        "grid": {
            "origin_m": [436150.0, 3225525.0, 4560.0],
            "block_m": [25.0, 25.0, 15.0],
            "shape": [48, 42, 30],
            "tile": [16, 16, 16],
        },
        "topography": {"source": "none"},
        "mined": [],
        "vintages": [date(2024, 12, 31)],
        "truth": None,
        "plan": None,
    } | drop.deposit


def belt_block(belt: str, **more: Any) -> dict[str, Any]:
    """A belt's file without deposits."""
    return {
        "id": belt,
        "name": {"zh": f"合成成矿带 {belt}", "en": f"synthetic belt {belt}"},
        "province": {"zh": "无", "en": "none"},
        "synthetic": True,
        "crs": "EPSG:4540",
        "vertical_datum": "1985",
        "map_grid": None,
        "geochemistry": [],
        "rasters": [],
        "copper_map": None,
        "deposits": [],
        "note": {"zh": "合成数据", "en": "synthetic data"},
    } | more
