"""The working set of the checks: frames that lose refused rows, and what was found."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geo.config import Conventions
from geo.findings import Finding
from geo.rules import Flag, finding, flag_findings
from geo.tables import REFUSED_COLUMNS, refused_rows

INTERVAL_TABLES = ("assay", "lithology", "density", "combined")
ORDER = {"collar": ["hole_id"], "survey": ["hole_id", "depth_m"]}
"""Sorting of each table before rows of one hole are compared; intervals by hole and from."""


def hole_key(hole_id: str) -> str:
    """The spelling under which hole ids are compared: NFKC, capitals, no spaces."""
    return "".join(unicodedata.normalize("NFKC", hole_id).upper().split())


class Screening:
    """Frames by table, their findings, and the rows refused or skipped so far."""

    def __init__(self, frames: dict[str, pd.DataFrame], conventions: Conventions):
        self.frames = {name: self.ordered(name, frame) for name, frame in frames.items()}
        self.conventions = conventions
        self.findings: list[Finding] = []
        self.refused: list[pd.DataFrame] = []
        self.skipped: list[pd.DataFrame] = []

    @staticmethod
    def ordered(table: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows by hole and depth; the earlier campaign and the earlier row first."""
        keys = [*ORDER.get(table, ["hole_id", "from_m"]), "as_of", "file", "row"]
        return frame.sort_values(keys, kind="stable", ignore_index=True)

    def flag(
        self,
        table: str,
        code: str,
        mask: Any,
        column: str | None = None,
        *,
        value: str | None = None,
        words: Callable[[int], dict[str, Any]] | None = None,
    ) -> None:
        """Report the rows of ``mask``, and take them out where the rule refuses rows.

        ``value`` names the frame's column that is shown; ``words`` gives a row's words.
        """
        frame = self.frames[table]
        rows = np.flatnonzero(mask)
        if not len(rows):
            return
        shown = None if value is None else [str(v) for v in frame[value].to_numpy()[rows]]
        texts = None if words is None else [words(int(i)) for i in rows]
        flag = Flag(code, rows, column, shown, texts)
        self.findings += flag_findings(flag, frame)
        gone = refused_rows([flag], frame, table)
        if len(gone):
            self.refused.append(gone)
            self.keep(table, ~np.isin(np.arange(len(frame)), rows))

    def note(
        self, table: str, code: str, column: str | None = None, *, rows: Any = None, **words: Any
    ) -> None:
        """A finding on a whole table, named by the first file among ``rows`` (a mask)."""
        frame = self.frames[table] if rows is None else self.frames[table][np.asarray(rows)]
        file, sheet = (str(frame[name].iloc[0]) for name in ("file", "sheet"))
        self.findings.append(finding(code, file=file, sheet=sheet or None, column=column, **words))

    def skip(self, table: str, mask: Any) -> None:
        """Take rows out that are no data (sentinels): skipped, not refused."""
        gone = self.frames[table].loc[np.asarray(mask), ["file", "sheet", "row"]]
        self.skipped.append(gone.assign(table=table))
        self.keep(table, ~np.asarray(mask))

    def keep(self, table: str, mask: Any) -> None:
        """Keep the rows of ``mask``."""
        self.frames[table] = self.frames[table][np.asarray(mask)].reset_index(drop=True)

    def collar_depths(self) -> pd.Series:
        """Depth of each accepted hole by hole id (NaN where not given)."""
        return self.frames["collar"].set_index("hole_id")["depth_m"]

    def refused_table(self) -> pd.DataFrame:
        """All refused rows so far (table, file, sheet, row, code)."""
        if not self.refused:
            return pd.DataFrame(columns=REFUSED_COLUMNS)
        return pd.concat(self.refused, ignore_index=True)
