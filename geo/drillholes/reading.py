"""Drill-holes: the tables of one deposit, read, checked, and the same in every dialect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from geo.checks.drillholes import Checked, Ground, check_drillholes
from geo.checks.intervals import element_columns
from geo.config import DrillholeSources, resolve_root
from geo.drillholes.desurvey import Method
from geo.drillholes.gathering import (
    GatheredFile,
    Read,
    controls_of,
    frames_of,
    gather,
    read_gathered,
    with_batch,
)
from geo.drillholes.holding import hold_failed, quality_balances, quality_findings
from geo.drillholes.placing import Placed, place_collars
from geo.drillholes.row_accounts import NEEDED, all_balances, all_refused, exhausted
from geo.findings import Finding, RowBalance
from geo.qaqc.reading import QaqcReading
from geo.rules import blocks, finding
from geo.special.grades import SpecialColumn
from geo.tables.laboratory import Joined, join_results
from geo.tables.table import REFUSED_COLUMNS

COLUMNS = {
    "collar": ["hole_id", "easting_m", "northing_m", "elevation_m", "depth_m"],
    "survey": ["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"],
    "assay": ["hole_id", "from_m", "to_m", "sample_id"],
    "combined": ["hole_id", "from_m", "to_m", "sample_id"],
    "lithology": ["hole_id", "from_m", "to_m", "lithology", "oxidation", "domain"],
    "density": ["hole_id", "from_m", "to_m", "density_tpm3"],
    "members": ["composite_id", "sample_id", "hole_id"],
}
"""Columns of each table, beside elements and ``as_of``, ``file``, ``row``."""
KEPT = {
    "collar": [
        "hole_type",
        "line",
        "campaign",
        "start_date",
        "end_date",
        "date",
        "mother_hole",
        "wedge_depth_m",
        "planned_azimuth_deg",
        "planned_dip_deg",
        "hole_id_raw",
    ],
    "assay": ["recovery_pct", "core_length_m", "ore_id", "laboratory", "batch", "method", "date"],
    "combined": ["ore_id", "laboratory", "batch", "method", "date"],
    "lithology": ["alteration", "mineralisation"],
    "members": ["from_m", "to_m", "length_m", "mass_kg"],
}
"""Columns that are kept where they were delivered."""

THREADS = 2
"""Tables that are read at the same time."""


@dataclass(frozen=True)
class Drillholes:
    """The accepted rows of a deposit's tables; metres, degrees, grades by their column's unit.

    Rows are sorted by hole and depth. Tables that were not delivered are empty, with columns.
    """

    collar: pd.DataFrame
    survey: pd.DataFrame
    assay: pd.DataFrame
    lithology: pd.DataFrame
    density: pd.DataFrame
    combined: pd.DataFrame
    desurvey: Method = "minimum_curvature"
    """How holes run between stations (:class:`geo.drillholes.desurvey.Traces`)."""
    members: pd.DataFrame = field(default_factory=lambda: _empty("members"))
    """Basic samples of the combined ones, as listed (:mod:`geo.drillholes.combined`)."""

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements with at least one value, basic or combined, in alphabetical order."""
        frames = (self.assay, self.combined)
        names = {c for frame in frames for c in element_columns(frame) if frame[c].notna().any()}
        return tuple(sorted(names))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of holes that have rows, by name."""
        names = ("collar", "survey", "assay", "lithology", "density", "combined")
        return {name: table for name in names if len(table := getattr(self, name))}

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(table):,} {name}" for name, table in self.tables.items())
        return f"Drillholes({rows}; {', '.join(self.elements)})"

    def as_of(self, when: date) -> Drillholes:
        """Holes, surveys and samples of the campaigns complete up to ``when``."""

        def known(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["as_of"] <= when].reset_index(drop=True)

        frames: dict[str, Any] = {name: known(getattr(self, name)) for name in COLUMNS}
        return replace(self, **frames)


@dataclass(frozen=True)
class DrillholeReading:
    """What reading a deposit's sources gave.

    ``drillholes`` is None where a needed table can't be used. ``files`` maps each file's
    configured path to its sha256; ``origins`` maps it to where it lies. ``refused`` holds every
    quarantined row (table, file, sheet, row, code, raw).
    """

    drillholes: Drillholes | None
    findings: tuple[Finding, ...]
    balances: tuple[RowBalance, ...]
    files: dict[str, str]
    origins: dict[str, Path]
    refused: pd.DataFrame
    special: tuple[SpecialColumn, ...] = ()
    """Special values of every column of grades, before and after their rules."""
    qaqc: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Accepted rows of control samples, as :func:`geo.tables.table.read_table` gives them, with
    ``as_of``: tables of kind ``qaqc``, controls that stood among samples, and results that name a
    control type."""
    quality: QaqcReading | None = None
    """The judged quality control, where it was given."""


@dataclass(frozen=True)
class Surroundings:
    """What is known of a deposit beside its tables."""

    base: Path
    crs: str | None
    ground: Ground | None
    boundary: Any
    quality: QaqcReading | None
    elements: tuple[str, ...]


def read_drillholes(
    sources: DrillholeSources,
    base: Path,
    crs: str | None = None,
    *,
    gathered: Sequence[GatheredFile] | None = None,
    ground: Ground | None = None,
    boundary: Any = None,
    quality: QaqcReading | None = None,
    elements: Iterable[str] = (),
) -> DrillholeReading:
    """Read, check and account for every row of a deposit's drill-hole tables.

    Parameters
    ----------
    sources
        Folder, campaigns, files and conventions, from the belt's file.
    base
        Folder of the belt's file; ``sources.root`` is relative to it.
    crs
        The belt's coordinate system: collars are compared with it and transformed to it
        (:func:`geo.drillholes.placing.place_collars`); None: taken as they are.
    gathered
        The files as :func:`geo.drillholes.gathering.gather` found them; by default they are
        gathered now.
    ground, boundary
        Elevation of the ground, and the licence's polygon, in the belt's system
        (:func:`geo.checks.drillholes.check_drillholes`).
    quality, elements
        Judged quality control: what it found is told, and where it holds, the assays of batches
        that fail for one of ``elements`` (none: any) are quarantined.

    Returns
    -------
    DrillholeReading
        Never raises for data: an absent folder, a damaged file, a missing column, a wrong unit
        are findings, and ``drillholes`` is None. Rows that break a rule are quarantined.
    """
    root = resolve_root(sources.root, base)
    if not root.is_dir() or not any(root.iterdir()):
        found = finding("BN-TAB-002", file=sources.root)
        nothing = pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
        return DrillholeReading(None, (found,), (), {}, {}, nothing)
    files = gather(sources, base) if gathered is None else gathered
    layouts = None if sources.templates is None else resolve_root(sources.templates, base)
    with ThreadPoolExecutor(THREADS) as pool:
        read = pool.map(lambda one: read_gathered(one, sources, layouts), files)
        tables = list(zip(files, read, strict=True))
    around = Surroundings(base, crs, ground, boundary, quality, tuple(elements))
    made = _through_checks(tables, sources, around)
    balances = all_balances(tables, made.checked, made.joined)
    findings = made.findings + exhausted(made.findings, balances)
    grave = findings
    if quality is not None:
        findings = findings + quality_findings(quality, findings)
        balances += quality_balances(quality, balances)
        grave = findings if quality.holds else grave
    return DrillholeReading(
        _drillholes(made.checked, sources, grave),
        sort_findings(findings),
        balances,
        {one.file.path: one.sha256 for one in files if one.sha256 is not None},
        {one.file.path: one.path for one in files if one.trouble is None},
        all_refused(tables, made.checked, made.joined),
        tuple(column for _, table in tables for column in table.special),
        made.controls,
        quality,
    )


@dataclass
class _Made:
    """What became of the tables on their way through the checks."""

    findings: list[Finding]
    controls: pd.DataFrame = field(default_factory=pd.DataFrame)
    joined: Joined | None = None
    checked: Checked | None = None


def _through_checks(
    tables: Sequence[Read], sources: DrillholeSources, around: Surroundings
) -> _Made:
    """Tables put together, joined, placed and checked, as far as they can be used."""
    made = _Made([found for _, table in tables for found in table.findings])
    missing = [n for n in NEEDED if n not in {one.file.table for one, _ in tables}]
    made.findings += [_undelivered(sources.root, name) for name in missing]
    if missing or not all(table.usable for _, table in tables):
        return made
    frames = frames_of(tables)
    made.controls = controls_of(tables, frames)
    if "laboratory" in frames:
        results = frames.pop("laboratory")
        holds = around.quality is not None and around.quality.holds
        made.joined = join_results(frames["assay"], with_batch(results) if holds else results)
        frames["assay"] = made.joined.samples
        made.findings += made.joined.findings
    placed = Placed(frames["collar"], sources)
    if around.crs is not None:
        placed = place_collars(frames["collar"], sources, around.crs, around.base)
        frames["collar"] = placed.collar
        made.findings += placed.findings
    if any(map(blocks, placed.findings)):
        made.checked = Checked(None, (), placed.refused, pd.DataFrame(columns=REFUSED_COLUMNS))
        return made
    site: dict[str, Any] = {"ground": around.ground, "boundary": around.boundary}
    checked = _with(check_drillholes(frames, placed.sources.conventions, **site), placed)
    if around.quality is not None:
        checked = hold_failed(checked, around.quality, around.elements)
    made.checked = checked
    made.findings += checked.findings
    return made


def _with(checked: Checked, placed: Placed) -> Checked:
    """What the checks left, with the rows that placing refused."""
    parts = [part for part in (placed.refused, checked.refused) if len(part)]
    return replace(checked, refused=pd.concat(parts, ignore_index=True)) if parts else checked


def _undelivered(root: str, table: str) -> Finding:
    """The finding on a needed table that no campaign has."""
    words: dict[str, Any] = {"near": "-", "near_first": "files", "wanted": table}
    return finding("BN-TAB-006", file=root, column=table, **words)


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings with the gravest first, then by file, row, column and code."""
    grave = {"error": 0, "warning": 1, "info": 2}
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda f: (
                grave[f.severity],
                f.file,
                f.sheet or "",
                f.code,
                f.row or 1 << 40,
                f.column or "",
            ),
        )
    )


def _drillholes(
    checked: Checked | None, sources: DrillholeSources, findings: Iterable[Finding]
) -> Drillholes | None:
    """The tables in canonical columns, undelivered ones empty; None where they can't be used."""
    if checked is None or checked.frames is None or any(map(blocks, findings)):
        return None
    made = {}
    for name, columns in COLUMNS.items():
        frame = checked.frames.get(name)
        if frame is None:
            made[name] = _empty(name)
            continue
        elements = sorted(element_columns(frame)) if name in ("assay", "combined") else []
        kept = [column for column in KEPT.get(name, ()) if column in frame]
        frame = frame[[*columns, *elements, *kept, "as_of", "file", "row"]]
        made[name] = frame.reset_index(drop=True)
    return Drillholes(**made, desurvey=sources.desurvey)


def _empty(table: str) -> pd.DataFrame:
    """A table that was not delivered."""
    return pd.DataFrame({c: [] for c in (*COLUMNS[table], "as_of", "file", "row")})
