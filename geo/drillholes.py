"""Drill-holes: the tables of one deposit, read, checked, and the same in every dialect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from geo.checks import Checked, check_drillholes
from geo.checks_intervals import element_columns
from geo.config import Campaign, DrillholeFile, DrillholeSources, resolve_root
from geo.findings import Finding, RowBalance
from geo.rules import blocks, finding
from geo.tables import REFUSED_COLUMNS, Table, read_table

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


def read_drillholes(sources: DrillholeSources, base: Path) -> DrillholeReading:
    """Read, check and account for every row of a deposit's drill-hole tables.

    Parameters
    ----------
    sources
        Folder, campaigns, files and conventions, from the belt's file.
    base
        Folder of the belt's file; ``sources.root`` is relative to it.

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
    for name in missing:
        words: dict[str, Any] = {"near": "-", "near_first": "files", "wanted": name}
        findings.append(finding("BN-TAB-006", file=sources.root, column=name, **words))
    checked = None
    if not missing and all(table.usable for _, _, table in tables):
        frames = _gather(tables)
        checked = check_drillholes(frames, sources.conventions)
        findings += checked.findings
    refused = _refused(tables, checked)
    balances = _balances(tables, checked)
    findings += _exhausted(findings, balances)
    usable = checked is not None and checked.frames and not any(map(blocks, findings))
    holes = _drillholes(checked.frames) if usable and checked and checked.frames else None
    return DrillholeReading(holes, sort_findings(findings), balances, files, origins, refused)


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
    frames = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    for name, frame in frames.items():
        texts = (*TEXT.get(name, ()), "hole_type" if name == "collar" else "", "sample_id")
        for text in (t for t in texts if t):
            column = frame[text] if text in frame else pd.Series([""] * len(frame), dtype=object)
            frame[text] = column.fillna("").astype(str)
        if name == "collar" and "depth_m" not in frame:
            frame["depth_m"] = float("nan")
    return frames


def _drillholes(frames: dict[str, pd.DataFrame]) -> Drillholes:
    """The tables in canonical columns; undelivered ones empty."""
    made = {}
    for name, columns in COLUMNS.items():
        frame = frames.get(name)
        if frame is None:
            made[name] = pd.DataFrame({c: [] for c in (*columns, "as_of", "file", "row")})
            continue
        elements = sorted(element_columns(frame)) if name in ("assay", "combined") else []
        made[name] = frame[[*columns, *elements, "as_of", "file", "row"]].reset_index(drop=True)
    return Drillholes(**made)


def _refused(tables: list[_Read], checked: Checked | None) -> pd.DataFrame:
    """Every quarantined row with the rules it breaks and its original text."""
    parts = [table.refused for _, _, table in tables]
    if checked is not None:
        parts.append(checked.refused)
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
    refused = pd.concat(parts, ignore_index=True)
    raws = {(f.path, t.balance.sheet or "", f.table): t.raw for f, _, t in tables}
    keys = zip(refused["file"], refused["sheet"], refused["table"], refused["row"], strict=True)
    return refused.assign(raw=[raws[key[:3]][int(key[3])] for key in keys])


def _balances(tables: list[_Read], checked: Checked | None) -> tuple[RowBalance, ...]:
    """Row balances after the checks; in = accepted + quarantined + skipped."""
    balances = []
    for file, _, table in tables:
        balance = table.balance
        if checked is not None:
            gone = _rows_of(checked.refused, file.path, balance)
            left = _rows_of(checked.skipped, file.path, balance)
            balance = replace(
                balance,
                accepted=balance.accepted - gone - left,
                quarantined=balance.quarantined + gone,
                skipped=balance.skipped + left,
            )
        balances.append(balance)
    return tuple(balances)


def _rows_of(frame: pd.DataFrame, file: str, balance: RowBalance) -> int:
    """Number of different rows of one file, sheet and table in a list of rows."""
    mine = (frame["file"] == file) & (frame["table"] == balance.table)
    mine &= frame["sheet"] == (balance.sheet or "")
    return int(frame.loc[mine, "row"].nunique())


def _exhausted(findings: list[Finding], balances: tuple[RowBalance, ...]) -> list[Finding]:
    """A finding for each file of a needed table that has no accepted row in any campaign."""
    told = {(f.file, f.sheet) for f in findings if blocks(f)}
    alive = {b.table for b in balances if b.accepted}
    return [
        finding("BN-TAB-016", file=b.file, sheet=b.sheet, count=b.rows_in)
        for b in balances
        if b.table in NEEDED and b.table not in alive and (b.file, b.sheet) not in told
    ]
