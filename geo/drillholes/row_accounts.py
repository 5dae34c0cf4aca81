"""Where every row of a deposit's tables went: accepted, quarantined by a rule, or skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from geo.checks.drillholes import Checked
from geo.drillholes.gathering import GatheredFile, Read
from geo.findings import Finding, RowBalance
from geo.rules import blocks, finding
from geo.tables.laboratory import Joined
from geo.tables.raw_rows import RawRows
from geo.tables.table import REFUSED_COLUMNS, Table, with_all_lines

NEEDED = ("collar", "survey", "assay")
"""Tables without which there are no drill-holes."""


def all_refused(
    tables: Sequence[Read], checked: Checked | None, joined: Joined | None
) -> pd.DataFrame:
    """Every quarantined row with the rules it breaks and its original text."""
    later = [checked.refused] if checked is not None else []
    later += joined.refused if joined is not None else []
    parts = [table.refused for _, table in tables]
    parts += [part for late in later for part in _lines_of(tables, late)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
    refused = pd.concat(parts, ignore_index=True)
    raw = np.full(len(refused), "", dtype=object)
    for one, table in tables:
        mine = _of(refused, one, table).to_numpy()
        if mine.any() and isinstance(table.raw, RawRows):
            raw[mine] = table.raw.several(refused.loc[mine, "row"])
    return refused.assign(raw=raw)


def _lines_of(tables: Sequence[Read], refused: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows refused after reading, those of long tables with all rows they were made from."""
    parts = []
    for one, table in tables:
        mine = _of(refused, one, table)
        if mine.any():
            parts.append(with_all_lines(refused[mine], table.lines))
    return parts


def _of(rows: pd.DataFrame, one: GatheredFile, table: Table) -> pd.Series:
    """Which rows of a list are of one file, sheet and table."""
    mine = (rows["file"] == one.file.path) & (rows["table"] == one.file.table)
    return mine & (rows["sheet"] == (table.balance.sheet or ""))


def all_balances(
    tables: Sequence[Read], checked: Checked | None, joined: Joined | None
) -> tuple[RowBalance, ...]:
    """Row balances after the checks; in = accepted + quarantined + skipped."""
    refused = [checked.refused] if checked is not None else []
    skipped = [checked.skipped] if checked is not None else []
    if joined is not None:
        refused, skipped = refused + joined.refused, skipped + joined.skipped
    balances = []
    for one, table in tables:
        balance = table.balance
        gone = sum(_rows_of(part, one, table) for part in refused)
        left = sum(_rows_of(part, one, table) for part in skipped)
        accepted = balance.accepted - gone - left
        quarantined, all_skipped = balance.quarantined + gone, balance.skipped + left
        balance = replace(balance, accepted=accepted, quarantined=quarantined, skipped=all_skipped)
        balances.append(balance)
    return tuple(balances)


def _rows_of(rows: pd.DataFrame, one: GatheredFile, table: Table) -> int:
    """Number of different rows of one file, sheet and table in a list of rows."""
    mine = rows[_of(rows, one, table)]
    return int(with_all_lines(mine, table.lines)["row"].nunique()) if len(mine) else 0


def exhausted(findings: Iterable[Finding], balances: tuple[RowBalance, ...]) -> list[Finding]:
    """A finding for each file of a needed table that has no accepted row in any campaign."""
    told = {(f.file, f.sheet) for f in findings if blocks(f)}
    alive = {b.table for b in balances if b.accepted}
    return [
        finding("BN-TAB-016", file=b.file, sheet=b.sheet, count=b.rows_in)
        for b in balances
        if b.table in NEEDED and b.table not in alive and (b.file, b.sheet) not in told
    ]
