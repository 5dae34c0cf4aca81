"""The working set of the checks: frames that lose refused rows, and what was found."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.kernels_checks import in_order
from geo.config import Conventions
from geo.findings import Finding
from geo.rules import Flag, finding, flag_findings
from geo.tables.encoding import encoded
from geo.tables.table import REFUSED_COLUMNS, refused_rows

INTERVAL_TABLES = ("assay", "lithology", "density", "combined")
DEPTH = {"collar": None, "survey": "depth_m"}
"""The depth by which rows of one hole are sorted; ``from_m`` for intervals."""
OF_HOLES = ("collar", "survey", *INTERVAL_TABLES)
"""Tables whose rows belong to holes; a list of members stands by itself."""
THREADS = 2
HOLE = "hole"
"""Working column of every frame: the hole's number in :attr:`Screening.names`."""


@lru_cache(maxsize=1 << 17)
def hole_key(hole_id: str) -> str:
    """The spelling under which hole ids are compared: NFKC, capitals, no spaces."""
    return "".join(unicodedata.normalize("NFKC", hole_id).upper().split())


class _Lazy(Sequence[Any]):
    """Words or values of flagged rows, made only when they are asked for."""

    def __init__(self, rows: NDArray[np.intp], make: Callable[[int], Any]):
        self.rows, self.make = rows, make

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: Any) -> Any:
        return self.make(int(self.rows[i]))


class Screening:
    """Frames by table, their findings, and the rows refused or skipped so far.

    Every frame has the working column ``hole``: an int32 that numbers the hole ids of all tables
    in alphabetical order. ``names`` gives a number's hole id, ``delivered`` the hole ids that the
    collar table had before any row was refused.
    """

    def __init__(self, frames: dict[str, pd.DataFrame], conventions: Conventions):
        coded = {name: encoded(f["hole_id"]) for name, f in frames.items() if name in OF_HOLES}
        names = sorted({str(n) for _, dictionary in coded.values() for n in dictionary})
        self.names = np.array(names, dtype=object)
        number = {name: i for i, name in enumerate(names)}
        self.frames: dict[str, pd.DataFrame] = {}
        for table, frame in frames.items():
            if table not in OF_HOLES:
                self.frames[table] = frame
                continue
            codes, dictionary = coded[table]
            new = np.array([number[str(n)] for n in dictionary], dtype=np.int32)
            hole = new[codes] if len(new) else np.zeros(0, dtype=np.int32)
            self.frames[table] = self.ordered(table, frame.assign(**{HOLE: hole}))
        self.delivered = (
            frozenset(frames["collar"]["hole_id"]) if "collar" in frames else frozenset()
        )
        self.conventions = conventions
        self.findings: list[Finding] = []
        self.refused: list[pd.DataFrame] = []
        self.skipped: list[pd.DataFrame] = []
        self._leaving: dict[str, NDArray[np.bool_]] = {}

    @staticmethod
    def ordered(table: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows by hole and depth; the earlier campaign and the earlier row first."""
        column = DEPTH.get(table, "from_m")
        hole = frame[HOLE].to_numpy()
        depth = np.zeros(len(frame)) if column is None else frame[column].to_numpy(dtype=float)
        if not in_order(hole, depth):
            order = np.lexsort((depth, hole))
            frame = frame.iloc[order]
            hole, depth = hole[order], depth[order]
        tied = np.zeros(len(frame), dtype=bool)
        same = (hole[1:] == hole[:-1]) & (depth[1:] == depth[:-1])
        tied[1:] |= same
        tied[:-1] |= same
        if tied.any():
            frame = _settle_ties(frame, np.flatnonzero(tied), hole, depth)
        return frame.reset_index(drop=True)

    def flag(
        self,
        table: str,
        code: str,
        mask: Any,
        column: str | None = None,
        *,
        value: str | None = None,
        words: Callable[[int], dict[str, Any]] | None = None,
        stay: bool = False,
    ) -> None:
        """Report the rows of ``mask``, and take them out where the rule refuses rows.

        ``value`` names the frame's column that is shown; ``words`` gives a row's words. With
        ``stay`` refused rows stand in the frame until :meth:`settle`, so that several rules on
        one large table cost one copy.
        """
        frame = self.frames[table]
        rows = np.flatnonzero(mask)
        if not len(rows):
            return
        shown = None if value is None else _Lazy(rows, lambda i: str(frame[value].iloc[i]))
        texts = None if words is None else _Lazy(rows, words)
        flag = Flag(code, rows, column, shown, texts)
        self.findings += flag_findings(flag, frame)
        self._refuse(table, flag, stay)

    def flag_holes(
        self,
        table: str,
        code: str,
        mask: Any,
        column: str | None = None,
        *,
        words: Callable[[int, NDArray[np.intp]], dict[str, Any]] | None = None,
    ) -> None:
        """Report the rows of ``mask`` as one finding for each hole, and refuse them all by rule.

        ``words`` gets the hole's first flagged row and all its flagged rows; ``hole`` and
        ``count`` are always among the words. Beyond :data:`geo.rules.LISTED` holes of one file
        the rest are summed up, by rows.
        """
        frame = self.frames[table]
        rows = np.flatnonzero(mask)
        if not len(rows):
            return
        holes = frame[HOLE].to_numpy()[rows]
        order = np.argsort(holes, kind="stable")
        parts = np.split(rows[order], np.flatnonzero(np.diff(holes[order])) + 1)
        numbers = frame["row"].to_numpy()
        first = np.array([part[np.argmin(numbers[part])] for part in parts])
        by_first = dict(zip(first.tolist(), parts, strict=True))

        def made(i: int) -> dict[str, Any]:
            plain = {"hole": frame["hole_id"].iloc[i], "count": len(by_first[i])}
            return plain | (words(i, by_first[i]) if words else {})

        first = np.sort(first)
        stands_for = np.array([len(by_first[i]) for i in first.tolist()])
        listed = Flag(
            code,
            first,
            column,
            _Lazy(first, lambda i: str(frame["hole_id"].iloc[i])),
            _Lazy(first, made),
            stands_for,
        )
        self.findings += flag_findings(listed, frame)
        self._refuse(table, Flag(code, rows), False)

    def _refuse(self, table: str, flag: Flag, stay: bool) -> None:
        """Enter the rows of a refusing rule and take them out."""
        frame = self.frames[table]
        gone = refused_rows([flag], frame, table)
        if not len(gone):
            return
        self.refused.append(gone)
        leaving = self._leaving.setdefault(table, np.zeros(len(frame), dtype=bool))
        leaving[flag.rows] = True
        if not stay:
            self.settle(table)

    def alive(self, table: str) -> NDArray[np.bool_]:
        """Rows not refused by a rule that let them ``stay``."""
        leaving = self._leaving.get(table)
        return np.ones(len(self.frames[table]), dtype=bool) if leaving is None else ~leaving

    def settle(self, table: str) -> None:
        """Take out the rows that were refused but stayed."""
        leaving = self._leaving.pop(table, None)
        if leaving is not None:
            self.keep(table, ~leaving)

    def note(
        self, table: str, code: str, column: str | None = None, *, rows: Any = None, **words: Any
    ) -> None:
        """A finding on a whole table, named by the first file among ``rows`` (a mask)."""
        frame = self.frames[table]
        first = 0 if rows is None else int(np.flatnonzero(np.asarray(rows))[0])
        file, sheet = (str(frame[name].iloc[first]) for name in ("file", "sheet"))
        self.findings.append(finding(code, file=file, sheet=sheet or None, column=column, **words))

    def note_beside(self, checks: Sequence[Callable[[Screening], None]]) -> None:
        """Run checks that refuse nothing beside each other; their findings in the order given."""
        parts = [copy(self) for _ in checks]
        for part in parts:
            part.findings = []
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda check, part: check(part), checks, parts))
        for part in parts:
            self.findings += part.findings

    def skip(self, table: str, mask: Any) -> None:
        """Take rows out that are no data (sentinels): skipped, not refused."""
        gone = self.frames[table].loc[np.asarray(mask), ["file", "sheet", "row"]]
        self.skipped.append(gone.assign(table=table))
        self.keep(table, ~np.asarray(mask))

    def keep(self, table: str, mask: Any) -> None:
        """Keep the rows of ``mask``."""
        self.frames[table] = self.frames[table][np.asarray(mask)].reset_index(drop=True)

    def holes(self, table: str) -> NDArray[np.int32]:
        """Hole number of each row of a table."""
        return self.frames[table][HOLE].to_numpy()

    def by_hole(self, values: Any, holes: Any, *, missing: float = np.nan) -> NDArray[np.float64]:
        """Values (one a hole, at ``holes``) as an array over all hole numbers."""
        table = np.full(len(self.names), missing)
        table[np.asarray(holes)] = values
        return table

    def collar_depths(self) -> NDArray[np.float64]:
        """Depth of each accepted hole by hole number, metres (NaN where not given)."""
        collar = self.frames["collar"]
        return self.by_hole(collar["depth_m"].to_numpy(dtype=float), collar[HOLE].to_numpy())

    def sampled_depths(self) -> NDArray[np.float64]:
        """Deepest end of any interval by hole number, metres (NaN without one)."""
        deepest = np.full(len(self.names), -np.inf)
        for table in INTERVAL_TABLES:
            if table in self.frames and len(self.frames[table]):
                frame = self.frames[table]
                hole, to_m = frame[HOLE].to_numpy(), frame["to_m"].to_numpy(dtype=float)
                first = np.r_[0, np.flatnonzero(hole[1:] != hole[:-1]) + 1]
                last = np.fmax.reduceat(to_m, first)
                deepest[hole[first]] = np.fmax(deepest[hole[first]], last)
        return np.where(np.isfinite(deepest), deepest, np.nan)

    def refused_table(self) -> pd.DataFrame:
        """All refused rows so far (table, file, sheet, row, code)."""
        if not self.refused:
            return pd.DataFrame(columns=REFUSED_COLUMNS)
        return pd.concat(self.refused, ignore_index=True)

    def finished(self) -> dict[str, pd.DataFrame]:
        """The frames without the working column."""
        return {
            name: frame.drop(columns=HOLE, errors="ignore") for name, frame in self.frames.items()
        }


def _settle_ties(
    frame: pd.DataFrame, tied: NDArray[np.intp], hole: Any, depth: Any
) -> pd.DataFrame:
    """Put rows of one hole and depth in order of campaign, file and row."""
    part = frame[["as_of", "file", "row"]].iloc[tied].reset_index(drop=True)
    part = part.assign(hole=hole[tied], depth=depth[tied])
    settled = part.sort_values(["hole", "depth", "as_of", "file", "row"], kind="stable").index
    order = np.arange(len(frame))
    order[tied] = tied[settled.to_numpy()]
    return frame.iloc[order]
