"""The door of the checks: every table of a deposit's drill-holes, in the order of dependence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.assays import check_assays, note_assays
from geo.checks.bends import check_bends
from geo.checks.collars import check_collars
from geo.checks.holes import check_holes
from geo.checks.intervals import check_intervals, check_orphans
from geo.checks.samples import check_samples
from geo.checks.screening import HOLE, INTERVAL_TABLES, Screening, hole_key
from geo.checks.sites import check_sites
from geo.checks.surveys import check_surveys
from geo.checks.traces import check_traces
from geo.config import Conventions
from geo.drillholes.combined import check_combined
from geo.findings import Finding

Ground = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""East and north (n,) to the ground's elevation (n,), metres; NaN where it isn't known."""


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


def check_drillholes(
    frames: dict[str, pd.DataFrame],
    conventions: Conventions,
    *,
    ground: Ground | None = None,
    boundary: Any = None,
) -> Checked:
    """Check the tables of one deposit against each other and against what can be true.

    Parameters
    ----------
    frames
        Tables as :func:`geo.tables.table.read_table` gives them, with ``as_of`` added: ``collar``,
        ``survey`` and any of the interval tables, and ``members`` of combined samples. Metres and
        degrees; dips as written. They are not changed.
    conventions
        How the source writes; contradictions between it and the data are errors.
    ground
        Elevation of the ground by place, in the collars' coordinates; collars are compared to it.
    boundary
        Shapely polygon of the licence or belt in the collars' coordinates.

    Returns
    -------
    Checked
        Frames with ``dip_down_deg`` made, eastings without zone prefix, rows sorted by hole and
        depth. Rows that break a rule of effect ``row`` are refused. Never raises for data. A rule
        whose data were not delivered is silent.
    """
    work = Screening(frames, conventions)
    needed = ("collar", "survey", "assay")
    usable = all(len(work.frames[name]) for name in needed) and check_collars(work)
    if usable:
        _match_hole_ids(work)
        check_sites(work, ground, boundary)
        check_orphans(work, "survey")
        usable = check_surveys(work)
    if usable:
        tables = [table for table in INTERVAL_TABLES if table in work.frames]
        told = [check_intervals(work, table) for table in tables]
        usable = all(told)
    if usable:
        check_samples(work)
        check_assays(work)
        check_combined(work)
        work.note_beside([note_assays, check_bends, check_holes, check_traces])
    skipped = [part for part in work.skipped if len(part)]
    columns = ["file", "sheet", "row", "table"]
    return Checked(
        work.finished() if usable else None,
        tuple(work.findings),
        work.refused_table(),
        pd.concat(skipped) if skipped else pd.DataFrame(columns=columns),
    )


def _match_hole_ids(work: Screening) -> None:
    """Give every table the collar's spelling of a hole id."""
    collar = work.frames["collar"]
    spelling = {hole_key(hole): hole for hole in work.delivered}
    spelling |= {hole_key(hole): hole for hole in collar["hole_id"]}
    number = {name: i for i, name in enumerate(work.names)}
    known = [spelling.get(hole_key(name), name) for name in work.names]
    new = np.array([number[name] for name in known], dtype=np.int32)
    changed = new != np.arange(len(new))
    if not changed.any():
        return
    for table, frame in work.frames.items():
        if table == "collar" or HOLE not in frame:
            continue
        hole = frame[HOLE].to_numpy()
        other = changed[hole]
        if other.any():
            work.note(table, "BN-COL-010", "hole_id", rows=other, count=int(other.sum()))
            matched = frame.assign(**{HOLE: new[hole], "hole_id": work.names[new[hole]]})
            work.frames[table] = work.ordered(table, matched)
