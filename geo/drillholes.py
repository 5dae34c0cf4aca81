"""Drill-holes: the tables of one deposit, read, checked, and the same in every dialect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.checks import Checked, check_drillholes
from geo.checks_intervals import element_columns
from geo.config import Campaign, DrillholeFile, DrillholeSources, resolve_root
from geo.desurvey import Method
from geo.findings import Finding, RowBalance
from geo.grades import SpecialColumn
from geo.laboratory import Joined, join_results
from geo.placing import Placed, place_collars
from geo.raw_rows import RawRows
from geo.rules import blocks, finding
from geo.tables import REFUSED_COLUMNS, Table, read_table, with_all_lines

TEXT = {"lithology": ("lithology", "oxidation", "domain")}
COLUMNS = {
    "collar": ["hole_id", "easting_m", "northing_m", "elevation_m", "depth_m"],
    "survey": ["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"],
    "assay": ["hole_id", "from_m", "to_m", "sample_id"],
    "combined": ["hole_id", "from_m", "to_m", "sample_id"],
    "lithology": ["hole_id", "from_m", "to_m", "lithology", "oxidation", "domain"],
    "density": ["hole_id", "from_m", "to_m", "density_tpm3"],
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
}
"""Columns that are kept where they were delivered."""
NEEDED = ("collar", "survey", "assay")


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
    """How holes run between stations (:class:`geo.desurvey.Traces`)."""

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements with at least one value, basic or combined, in alphabetical order."""
        frames = (self.assay, self.combined)
        names = {c for frame in frames for c in element_columns(frame) if frame[c].notna().any()}
        return tuple(sorted(names))

    def as_of(self, when: date) -> Drillholes:
        """Holes, surveys and samples of the campaigns complete up to ``when``."""

        def known(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["as_of"] <= when].reset_index(drop=True)

        return Drillholes(
            known(self.collar),
            known(self.survey),
            known(self.assay),
            known(self.lithology),
            known(self.density),
            known(self.combined),
            self.desurvey,
        )


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
    """Accepted rows of control samples, as :func:`geo.tables.read_table` gives them, with
    ``as_of``: tables of kind ``qaqc``, and rows of other tables that name a control type."""


def read_drillholes(
    sources: DrillholeSources, base: Path, crs: str | None = None
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
        (:func:`geo.placing.place_collars`); None: taken as they are.

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
    tables = [
        (file, campaign, _read(root, file, sources))
        for campaign in sorted(sources.campaigns, key=lambda c: c.as_of)
        for file in campaign.files
    ]
    origins = {file.path: root / file.path for file, _, _ in tables}
    files = {name: sha256(path) for name, path in origins.items() if path.is_file()}
    findings = [found for _, _, table in tables for found in table.findings]
    missing = [n for n in NEEDED if n not in {file.table for file, _, _ in tables}]
    findings += [_undelivered(sources.root, name) for name in missing]
    checked, joined, controls = None, None, pd.DataFrame()
    if not missing and all(table.usable for _, _, table in tables):
        frames = _gather(tables)
        controls = _controls(frames)
        if "laboratory" in frames:
            joined = join_results(frames["assay"], frames.pop("laboratory"))
            frames["assay"] = joined.samples
            findings += joined.findings
        placed = Placed(frames["collar"], sources)
        if crs is not None:
            placed = place_collars(frames["collar"], sources, crs, base)
            frames["collar"] = placed.collar
            findings += placed.findings
        if not any(map(blocks, placed.findings)):
            checked = _with(check_drillholes(frames, placed.sources.conventions), placed)
            findings += checked.findings
    refused = _refused(tables, checked, joined)
    balances = _balances(tables, checked, joined)
    findings += _exhausted(findings, balances)
    usable = checked is not None and checked.frames and not any(map(blocks, findings))
    holes = _drillholes(checked.frames, sources) if usable and checked and checked.frames else None
    special = tuple(column for _, _, table in tables for column in table.special)
    told = sort_findings(findings)
    return DrillholeReading(holes, told, balances, files, origins, refused, special, controls)


def _with(checked: Checked, placed: Placed) -> Checked:
    """What the checks left, with the rows that placing refused."""
    parts = [part for part in (placed.refused, checked.refused) if len(part)]
    return replace(checked, refused=pd.concat(parts, ignore_index=True)) if parts else checked


def _undelivered(root: str, table: str) -> Finding:
    """The finding on a needed table that no campaign has."""
    words: dict[str, Any] = {"near": "-", "near_first": "files", "wanted": table}
    return finding("BN-TAB-006", file=root, column=table, **words)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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


_Read = tuple[DrillholeFile, Campaign, Table]


def _read(root: Path, file: DrillholeFile, sources: DrillholeSources) -> Table:
    """Read one configured file."""
    return read_table(
        root / file.path,
        file.table,
        sheet=file.sheet,
        conventions=sources.conventions,
        columns=sources.columns,
        units=sources.units,
        name=file.path,
    )


def _gather(tables: list[_Read]) -> dict[str, pd.DataFrame]:
    """Frames of one table over all campaigns, with every column a table can have."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for file, campaign, table in tables:
        parts.setdefault(file.table, []).append(table.frame.assign(as_of=campaign.as_of))
    frames = {name: _stacked(frames) for name, frames in parts.items()}
    for name, frame in frames.items():
        texts = (*TEXT.get(name, ()), "hole_type" if name == "collar" else "", "sample_id")
        for text in (t for t in texts if t):
            if text not in frame:
                frame[text] = pd.Series(pa.repeat("", len(frame)), dtype="str")
            elif frame[text].hasnans:
                frame[text] = frame[text].fillna("").astype("str")
        if name == "collar" and "depth_m" not in frame:
            frame["depth_m"] = float("nan")
    return frames


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames one below the other; names of files and sheets stay one byte or two a row."""
    if len(parts) == 1:
        return parts[0]
    for name in ("file", "sheet"):
        texts = pd.api.types.union_categoricals([part[name] for part in parts]).categories
        parts = [
            part.assign(**{name: part[name].cat.set_categories(sorted(texts))}) for part in parts
        ]
    return pd.concat(parts, ignore_index=True)


def _controls(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of control samples: tables of kind ``qaqc``, and results that name a control type."""
    parts = [frames.pop("qaqc")] if "qaqc" in frames else []
    if "laboratory" in frames and "qc_type" in frames["laboratory"]:
        results = frames["laboratory"]
        parts.append(results[(results["qc_type"].fillna("") != "").to_numpy()])
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _drillholes(frames: dict[str, pd.DataFrame], sources: DrillholeSources) -> Drillholes:
    """The tables in canonical columns; undelivered ones empty."""
    made = {}
    for name, columns in COLUMNS.items():
        frame = frames.get(name)
        if frame is None:
            made[name] = pd.DataFrame({c: [] for c in (*columns, "as_of", "file", "row")})
            continue
        elements = sorted(element_columns(frame)) if name in ("assay", "combined") else []
        kept = [column for column in KEPT.get(name, ()) if column in frame]
        frame = frame[[*columns, *elements, *kept, "as_of", "file", "row"]]
        made[name] = frame.reset_index(drop=True)
    return Drillholes(**made, desurvey=sources.desurvey)


def _refused(tables: list[_Read], checked: Checked | None, joined: Joined | None) -> pd.DataFrame:
    """Every quarantined row with the rules it breaks and its original text."""
    later = [checked.refused] if checked is not None else []
    later += joined.refused if joined is not None else []
    parts = [table.refused for _, _, table in tables]
    parts += [part for late in later for part in _lines_of(tables, late)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
    refused = pd.concat(parts, ignore_index=True)
    raw = np.full(len(refused), "", dtype=object)
    for file, _, table in tables:
        mine = _of(refused, file, table).to_numpy()
        if mine.any() and isinstance(table.raw, RawRows):
            raw[mine] = table.raw.several(refused.loc[mine, "row"])
    return refused.assign(raw=raw)


def _lines_of(tables: list[_Read], refused: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows refused after reading, those of long tables with all rows they were made from."""
    parts = []
    for file, _, table in tables:
        mine = _of(refused, file, table)
        if mine.any():
            parts.append(with_all_lines(refused[mine], table.lines))
    return parts


def _of(rows: pd.DataFrame, file: DrillholeFile, table: Table) -> pd.Series:
    """Which rows of a list are of one file, sheet and table."""
    mine = (rows["file"] == file.path) & (rows["table"] == file.table)
    return mine & (rows["sheet"] == (table.balance.sheet or ""))


def _balances(
    tables: list[_Read], checked: Checked | None, joined: Joined | None
) -> tuple[RowBalance, ...]:
    """Row balances after the checks; in = accepted + quarantined + skipped."""
    refused = [checked.refused] if checked is not None else []
    skipped = [checked.skipped] if checked is not None else []
    if joined is not None:
        refused, skipped = refused + joined.refused, skipped + joined.skipped
    balances = []
    for file, _, table in tables:
        balance = table.balance
        gone = sum(_rows_of(part, file, table) for part in refused)
        left = sum(_rows_of(part, file, table) for part in skipped)
        accepted = balance.accepted - gone - left
        quarantined, all_skipped = balance.quarantined + gone, balance.skipped + left
        balance = replace(balance, accepted=accepted, quarantined=quarantined, skipped=all_skipped)
        balances.append(balance)
    return tuple(balances)


def _rows_of(rows: pd.DataFrame, file: DrillholeFile, table: Table) -> int:
    """Number of different rows of one file, sheet and table in a list of rows."""
    mine = rows[_of(rows, file, table)]
    return int(with_all_lines(mine, table.lines)["row"].nunique()) if len(mine) else 0


def _exhausted(findings: list[Finding], balances: tuple[RowBalance, ...]) -> list[Finding]:
    """A finding for each file of a needed table that has no accepted row in any campaign."""
    told = {(f.file, f.sheet) for f in findings if blocks(f)}
    alive = {b.table for b in balances if b.accepted}
    return [
        finding("BN-TAB-016", file=b.file, sheet=b.sheet, count=b.rows_in)
        for b in balances
        if b.table in NEEDED and b.table not in alive and (b.file, b.sheet) not in told
    ]
