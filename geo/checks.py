"""The door of the checks: every table of a deposit's drill-holes, in the order of dependence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.checks_collars import check_collars
from geo.checks_intervals import check_intervals, check_orphans
from geo.checks_surveys import check_surveys
from geo.config import Conventions
from geo.findings import Finding
from geo.screening import INTERVAL_TABLES, Screening, hole_key


@dataclass(frozen=True)
class Checked:
    """What the checks leave: accepted rows, findings, and the rows refused or skipped.

    ``frames`` is None where a table contradicts its configuration and can't be used.
    ``refused`` has one line for each row and rule (table, file, sheet, row, code); ``skipped``
    one for each sentinel row (file, sheet, row, table).
    """

    frames: dict[str, pd.DataFrame] | None
    findings: tuple[Finding, ...]
    refused: pd.DataFrame
    skipped: pd.DataFrame


def check_drillholes(frames: dict[str, pd.DataFrame], conventions: Conventions) -> Checked:
    """Check the tables of one deposit against each other and against what can be true.

    Parameters
    ----------
    frames
        Tables as :func:`geo.tables.read_table` gives them, with ``as_of`` added: ``collar``,
        ``survey`` and any of the interval tables. Metres and degrees; dips as written.
    conventions
        How the source writes; contradictions between it and the data are errors.

    Returns
    -------
    Checked
        Frames with ``dip_down_deg`` made, eastings without zone prefix, rows sorted by hole and
        depth. Rows that break a rule of effect ``row`` are refused. Never raises for data.
    """
    work = Screening(frames, conventions)
    needed = ("collar", "survey", "assay")
    usable = all(len(work.frames[name]) for name in needed) and check_collars(work)
    if usable:
        _match_hole_ids(work)
        check_orphans(work, "survey")
        usable = check_surveys(work)
    if usable:
        for table in INTERVAL_TABLES:
            if table in work.frames:
                check_intervals(work, table)
        _unassayed(work)
    skipped = [part for part in work.skipped if len(part)]
    columns = ["file", "sheet", "row", "table"]
    return Checked(
        work.frames if usable else None,
        tuple(work.findings),
        work.refused_table(),
        pd.concat(skipped) if skipped else pd.DataFrame(columns=columns),
    )


def _match_hole_ids(work: Screening) -> None:
    """Give every table the collar's spelling of a hole id."""
    spelling = {hole_key(hole): hole for hole in work.frames["collar"]["hole_id"]}
    for table, frame in work.frames.items():
        if table == "collar":
            continue
        known = {hole: spelling.get(hole_key(hole), hole) for hole in frame["hole_id"].unique()}
        other = frame["hole_id"].isin([hole for hole, name in known.items() if hole != name])
        if other.any():
            work.note(table, "BN-COL-010", "hole_id", rows=other, count=int(other.sum()))
            frame["hole_id"] = frame["hole_id"].map(known)
            work.frames[table] = work.ordered(table, frame)


def _unassayed(work: Screening) -> None:
    """Collars without one assay interval."""
    holes = work.frames["collar"]["hole_id"].to_numpy()
    assayed = work.frames["assay"]["hole_id"].unique()
    work.flag(
        "collar",
        "BN-COL-009",
        ~np.isin(holes, assayed),
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i]},
    )
