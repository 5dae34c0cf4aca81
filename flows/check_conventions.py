"""Configured conventions against what the cells say, for ``bornite check`` on belts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from estimation.belts import Belt, Deposit
from flows.draft import Draft, detect, label
from flows.folder_answers import Answers
from geo.config import Conventions, resolve_root
from geo.drillholes.gathering import listed_files
from geo.findings import Finding
from geo.inbox import lies_inside
from geo.recognise import recognise_file
from geo.recognise_rules import TABLES, Recognised
from geo.rules import finding

COMPARED = ("dip", "azimuth", "decimal", "angles", "depth_unit", "coordinate_unit")
"""Conventions compared here; axes and zones are checked on the collars themselves."""


def convention_findings(belt: Belt, base: Path) -> tuple[Finding, ...]:
    """Findings where a deposit's files surely say otherwise than its conventions.

    Parameters
    ----------
    belt, base
        The belt, and the folder its file lies in. Files that are not there, or can't be opened,
        are told by the reading itself.
    """
    return tuple(found for deposit in belt.deposits for found in _of_deposit(belt, deposit, base))


def contradictions(draft: Draft) -> list[Finding]:
    """Findings for conventions that are open, and for statements that the cells contradict."""
    file = label(draft.chosen[0]) if draft.chosen else draft.root.name
    found = []
    for verdict in draft.questions:
        words: dict[str, Any] = {"zh": verdict.evidence_zh, "en": verdict.evidence_en}
        words |= {"name": verdict.name, "flag": verdict.flag}
        shown = "-" if verdict.value is None else verdict.value
        found.append(finding("BN-CNV-001", file=file, found=shown, **words))
    for verdict in draft.overruled:
        said = draft.verdict(verdict.name)
        wanted = "-" if said is None or said.value is None else said.value
        words = {"zh": verdict.evidence_zh, "en": verdict.evidence_en, "name": verdict.name}
        found.append(finding("BN-CNV-002", file=file, wanted=wanted, found=verdict.value, **words))
    return found


def _of_deposit(belt: Belt, deposit: Deposit, base: Path) -> list[Finding]:
    """Contradictions in one deposit's files."""
    sources = deposit.drillholes
    root = resolve_root(sources.root, base)
    tables: list[Recognised] = []
    for file, _ in listed_files(sources, base):
        path = root / file.path
        if file.table not in TABLES or not lies_inside(root, file.path) or not path.is_file():
            continue
        looked = recognise_file(path, file.path)
        mine = [t for t in looked if file.sheet is None or t.sheet == file.sheet]
        best = max(mine, key=lambda t: len(t.columns), default=None)
        tables += [replace(best, kind=file.table)] if best is not None else []
    draft = Draft(root, belt.crs, _stated(sources.conventions), tables, tables)
    detect(draft)
    wrong = [verdict for verdict in draft.overruled if verdict.name in COMPARED]
    draft.overruled, draft.verdicts = wrong, [replace(v, sure=True) for v in draft.verdicts]
    return contradictions(draft)


def _stated(conventions: Conventions) -> Answers:
    """Configured conventions as a person's answers."""
    prefix = conventions.zone_prefix
    return Answers(
        dip=conventions.dip,
        x=conventions.x_is,
        zone="none" if prefix is None else str(prefix),
        depth_unit=conventions.depth_unit,
        coordinate_unit=conventions.coordinate_unit,
        decimal=conventions.decimal,
        azimuth=conventions.azimuth,
        angles=conventions.angles,
    )
