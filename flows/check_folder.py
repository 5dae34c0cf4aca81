"""``bornite check`` on a folder: recognised and checked with no configuration at all.

Tables are read by what their cells say; where that is open, by what is likeliest, and it is said.
Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from flows.answers import balance_answer, finding_answer
from flows.check_conventions import contradictions
from flows.draft import Answers, Draft, draft_folder, label
from flows.draft_sources import conventions_of, sources_of
from geo import coordinates as co
from geo.config import Names
from geo.conventions import Verdict, grade_unit, numbers
from geo.dictionary import dictionary
from geo.drillholes import read_drillholes, sort_findings
from geo.findings import DataError, Finding, RowBalance
from geo.geochemistry import read_geochemistry
from geo.geochemistry_config import GeochemistrySource
from geo.qaqc import check_qaqc_folder
from geo.rasters import inspect_raster
from geo.recognise_rules import Recognised
from geo.rules import blocks, finding
from geo.tables import read_table


@dataclass
class FolderCheck:
    """What a folder's files are, how they are written, and what is wrong with them."""

    draft: Draft
    findings: list[Finding] = field(default_factory=list)
    balances: list[RowBalance] = field(default_factory=list)
    rasters: dict[str, str] = field(default_factory=dict)
    """Raster -> its facts in a line."""

    @property
    def refused(self) -> bool:
        """Whether a row or a file was refused."""
        return any(f.severity == "error" or blocks(f) for f in self.findings)

    @property
    def open(self) -> list[Verdict]:
        """Conventions that a person has to decide."""
        return self.draft.questions

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape (docs/json.md)."""
        return {
            "folder": str(self.draft.root),
            "files": [_file_json(t, self.draft) for t in self.draft.files],
            "conventions": [verdict_json(v) for v in self.draft.verdicts],
            "rasters": self.rasters,
            "findings": [finding_answer(f) for f in self.findings],
            "balance": [balance_answer(b) for b in self.balances],
        }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """One convention as detected."""
    return {
        "name": verdict.name,
        "value": verdict.value,
        "sure": verdict.sure,
        "share": verdict.share,
        "evidence": {"zh": verdict.evidence_zh, "en": verdict.evidence_en},
        "flag": verdict.flag or None,
    }


def _file_json(table: Recognised, draft: Draft) -> dict[str, Any]:
    aside = draft.aside.get(label(table))
    return {
        "file": table.file,
        "sheet": table.sheet,
        "is": table.kind,
        "score": table.score,
        "rows": table.rows,
        "columns": {name: column.heading for name, column in table.columns.items()},
        "reason": {"zh": table.reason_zh, "en": table.reason_en},
        "set_aside": None if aside is None else {"zh": aside[0], "en": aside[1]},
    }


def check_folder(root: Path, crs: str = "local", answers: Answers | None = None) -> FolderCheck:
    """Recognise and check every file of a folder; data errors end in findings.

    Parameters
    ----------
    root
        The folder.
    crs
        Coordinate system of the collars, where it is known; ``local`` compares nothing.
    answers
        Conventions a person decided.
    """
    draft = draft_folder(root, crs, answers or Answers())
    found = FolderCheck(draft)
    for step in (_drillholes, _geochemistry, _quality, _rasters, _unreadable):
        try:
            step(found)
        except DataError as error:
            found.findings += error.findings
    found.findings += contradictions(draft)
    found.findings = list(sort_findings(found.findings))
    return found


def _drillholes(found: FolderCheck) -> None:
    """Whole deposits by the deposit's door, lone tables one by one."""
    draft = found.draft
    if draft.has_drillholes:
        sources = sources_of(draft, draft.root, date.today())
        reading = read_drillholes(sources, draft.root, draft.crs)
        found.findings += reading.findings
        found.balances += reading.balances
        return
    for table in draft.chosen:
        conventions = conventions_of(draft)
        read = read_table(
            table.path, table.kind, sheet=table.sheet, conventions=conventions, name=table.file
        )
        found.findings += read.findings
        found.balances.append(read.balance)


def _geochemistry(found: FolderCheck) -> None:
    """Surveys of stream sediments, soils and rocks."""
    conventions = conventions_of(found.draft)
    for table in found.draft.files:
        if table.kind != "geochemistry":
            continue
        crs = "EPSG:4326" if _in_degrees(table) else "local"
        source = GeochemistrySource(
            root=str(found.draft.root),
            path=table.file,
            sheet=table.sheet,
            medium=Names(zh="未填", en="not stated"),
            conventions=conventions,
            crs=crs,
            units=_survey_units(found.draft, table),
        )
        reading = read_geochemistry(source, crs, found.draft.root)
        found.findings += reading.findings
        found.balances += reading.balances


def _survey_units(draft: Draft, table: Recognised) -> dict[str, str]:
    """Units that headings don't state and the contents surely say; shown as a convention."""
    book, units = dictionary(), {}
    for name, column in table.columns.items():
        if column.unit is not None or book.kind("assay", name) != "grade":
            continue
        symbol = name.partition("_")[0]
        verdict = grade_unit(symbol, None, numbers(column.texts))
        stored = book.element_unit("geochemistry", symbol)
        if verdict.sure and verdict.value and verdict.value != stored:
            units[book.element_column("geochemistry", symbol)] = str(verdict.value)
    for unit in sorted(set(units.values())):
        listed = ", ".join(
            name.partition("_")[0].capitalize() for name in units if units[name] == unit
        )
        zh, en = f"{table.file} 按大小：{listed}", f"{table.file}, by magnitude: {listed}"
        draft.verdicts.append(Verdict("units", unit, zh, en, True))
    return units


def _in_degrees(table: Recognised) -> bool:
    """Whether a survey's places are longitudes and latitudes."""
    pair = ("easting_m", "northing_m") if "easting_m" in table.columns else ("x", "y")
    east, north = (numbers(table.columns[name].texts) for name in pair)
    rows = co.classify(east, north)
    world = (np.abs(east) <= 180) & (np.abs(north) <= 90)
    plain = "lon" in table.columns[pair[0]].heading.casefold()
    return bool(plain and world.mean() > 0.95) or co.judge(rows).kind == co.GEOGRAPHIC


def _quality(found: FolderCheck) -> None:
    """QA/QC in tables of its own and in laboratory sheets."""
    if any(table.kind in ("qaqc", "laboratory") for table in found.draft.files):
        reading = check_qaqc_folder(found.draft.root)
        found.findings += reading.findings
        known = {(b.file, b.sheet) for b in found.balances}
        found.balances += [b for b in reading.balances if (b.file, b.sheet) not in known]


def _rasters(found: FolderCheck) -> None:
    """Rasters: what they are, and what is wrong with them."""
    for table in found.draft.files:
        if table.kind != "raster":
            continue
        facts, findings = inspect_raster(table.path, table.file)
        found.findings += findings
        if facts is not None:
            crs = facts.crs.name if facts.crs is not None else "no CRS"
            found.rasters[table.file] = (
                f"{facts.driver} {facts.width} × {facts.height}, {len(facts.bands)} band(s), {crs}"
            )


def _unreadable(found: FolderCheck) -> None:
    """Files that can't be opened at all."""
    for table in found.draft.files:
        if table.kind == "unreadable" and not any(f.file == table.file for f in found.findings):
            found.findings.append(finding("BN-TAB-003", file=table.file, detail=table.reason_en))
