"""``bornite check`` on a folder: recognised and checked with no configuration at all.

Tables are read by what their cells say; where that is open, by what is likeliest, and it is said.
Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flows.answers import balance_answer, finding_answer
from flows.check_conventions import contradictions
from flows.draft import Draft, draft_folder, label
from flows.draft_sources import conventions_of, last_date, sources_of
from flows.draft_surveys import Surveys, draft_surveys
from flows.folder_answers import Answers
from flows.manifest import plain
from flows.questions import Question, questions_of
from geo.conventions import Verdict
from geo.drillholes.campaigns import campaign_summary
from geo.drillholes.reading import DrillholeReading, read_drillholes, sort_findings
from geo.findings import DataError, Finding, RowBalance
from geo.qaqc import check_qaqc_folder
from geo.recognise_rules import Recognised
from geo.rules import blocks, finding
from geo.tables.table import Table, read_table


@dataclass
class FolderCheck:
    """What a folder's files are, how they are written, and what is wrong with them."""

    draft: Draft
    findings: list[Finding] = field(default_factory=list)
    balances: list[RowBalance] = field(default_factory=list)
    surveys: Surveys = field(default_factory=Surveys)
    reading: DrillholeReading | None = None
    """The deposit as read, where the folder holds one."""

    @property
    def refused(self) -> bool:
        """Whether a row or a file was refused."""
        return any(f.severity == "error" or blocks(f) for f in self.findings)

    @property
    def held(self) -> bool:
        """Whether a convention is open, or a survey that goes with a deposit."""
        return bool(self.draft.questions) or any(q.verdict is not None for q in self.open)

    @property
    def open(self) -> list[Question]:
        """What ``bornite init`` would ask of a folder with drill-holes; conventions elsewhere."""
        if self.draft.has_drillholes:
            dated = last_date(self.draft) is not None
            return questions_of(self.draft, self.surveys, self.reading, dated=dated)
        return [Question(v.flag, v.evidence_zh, v.evidence_en, v) for v in self.draft.questions]

    @property
    def verdicts(self) -> list[Verdict]:
        """How tables and surveys are written."""
        return [*self.draft.verdicts, *self.surveys.verdicts]

    @property
    def campaigns(self) -> list[dict[str, Any]]:
        """Holes, metres and samples by campaign, drill type and laboratory."""
        if self.reading is None or self.reading.drillholes is None:
            return []
        summary = campaign_summary(self.reading.drillholes)
        if last_date(self.draft) is None and "campaign" not in self.reading.drillholes.collar:
            summary["campaign"] = "—"  # nobody has said when
        return list(plain(summary.to_dict("records")))

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape (docs/json.md)."""
        return {
            "folder": str(self.draft.root),
            "files": [_file_json(t, self.draft) for t in self.draft.files],
            "conventions": [verdict_json(v) for v in self.verdicts],
            "rasters": {s.table.file: s.facts for s in self.surveys.rasters if s.facts},
            "open": [question.as_json() for question in self.open],
            "campaigns": self.campaigns,
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
    draft.checking = True
    found = FolderCheck(draft)
    for step in (_drillholes, _surveys, _quality, _unreadable):
        try:
            step(found)
        except DataError as error:
            found.findings += error.findings
    found.findings += contradictions(draft)
    found.findings = list(sort_findings(found.findings))
    return found


def _drillholes(found: FolderCheck) -> None:
    """Whole deposits by the deposit's door; lone tables, and those set aside, one by one."""
    draft = found.draft
    if draft.has_drillholes:
        sources = sources_of(draft, draft.root, date.today())
        reading = read_drillholes(sources, draft.root, draft.crs)
        found.reading = reading
        found.findings += reading.findings
        found.balances += reading.balances
    for table in draft.files:
        set_aside = label(table) in draft.aside and table.is_table
        if set_aside or (table in draft.chosen and not draft.has_drillholes):
            read = _alone(draft, table)
            found.findings += [f for f in read.findings if not set_aside or f.severity != "info"]
            found.balances += [] if set_aside else [read.balance]


def _alone(draft: Draft, table: Recognised) -> Table:
    """One drill-hole table without the others."""
    conventions = conventions_of(draft)
    return read_table(
        table.path, table.kind, sheet=table.sheet, conventions=conventions, name=table.file
    )


def _surveys(found: FolderCheck) -> None:
    """Rasters, geochemistry and lines: what they are, and what is wrong with them."""
    found.surveys = draft_surveys(found.draft)
    for survey in found.surveys.all:
        found.findings += survey.findings
        found.balances += survey.balances


def _quality(found: FolderCheck) -> None:
    """QA/QC in tables of its own and in laboratory sheets."""
    if any(table.kind in ("qaqc", "laboratory") for table in found.draft.files):
        reading = check_qaqc_folder(found.draft.root)
        found.findings += reading.findings
        known = {(b.file, b.sheet) for b in found.balances}
        found.balances += [b for b in reading.balances if (b.file, b.sheet) not in known]


def _unreadable(found: FolderCheck) -> None:
    """Files that can't be opened at all, and texts with lost characters."""
    for table in found.draft.files:
        if table.trouble is not None and not any(f.file == table.file for f in found.findings):
            why = table.trouble
            found.findings.append(finding(why.code, file=table.file, **why.words))
        if table.spoilt:
            words: dict[str, Any] = {"value": table.spoilt, "count": table.spoilt}
            where: dict[str, Any] = {"file": table.file, "sheet": table.sheet}
            found.findings.append(finding("BN-TAB-040", **where, **words))
