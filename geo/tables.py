"""Reading one table of one file: rows become dictionary columns, or findings.

Every row of the file is accounted for: accepted, quarantined (with the rule it breaks) or
skipped (sentinels, totals). Nothing is repaired silently.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo import values as special
from geo.cells import Cells, read_cells
from geo.config import Conventions
from geo.dictionary import dictionary, load_words, normal
from geo.findings import Finding, RowBalance
from geo.headings import ColumnRead, Headings, Place, read_headings
from geo.rules import Flag, blocks, finding, flag_findings, refuses
from geo.sheets import UnreadableError
from geo.values import Numbers, read_numbers

NEEDED = {"from_m", "to_m", "dip_deg", "zenith_deg"}
"""Numeric columns that may not be blank (``depth_m`` too, in a survey)."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]00:00:00)?")


@dataclass(frozen=True)
class Table:
    """One table as read, in canonical columns and units.

    ``frame`` holds the accepted rows with ``file``, ``sheet`` and ``row``; ``raw`` every data
    row's original text by row number; ``refused`` one line for each row and rule
    (table, file, sheet, row, code).
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    balance: RowBalance
    raw: dict[int, str]
    refused: pd.DataFrame

    @property
    def usable(self) -> bool:
        """Whether no finding stops the table from being used."""
        return not any(blocks(found) for found in self.findings)


REFUSED_COLUMNS = ["table", "file", "sheet", "row", "code"]


def read_table(
    path: Path,
    table: str,
    *,
    sheet: str | None = None,
    conventions: Conventions,
    columns: dict[str, str] | None = None,
    units: dict[str, str] | None = None,
    name: str | None = None,
) -> Table:
    """Read one table of a CSV (comma, tab, semicolon) or xlsx file.

    Parameters
    ----------
    path, table, sheet
        The file, its dictionary table (``collar``, ``survey``, ...), and the workbook's sheet.
    conventions, columns, units
        How the source writes, as configured: axes, signs, units; heading -> column;
        column -> unit.
    name
        How findings call the file (default: its name without folders).

    Returns
    -------
    Table
        Lengths in metres, angles in degrees as written (signs are not turned here), grades in
        the unit of the column's name. Never raises for data: what is wrong is a finding.
    """
    place = Place(name or path.name, sheet, table)
    try:
        cells = read_cells(path, table, sheet, columns or {})
    except UnreadableError as error:
        found = finding(error.code, file=place.file, sheet=sheet, **error.words)
        return _empty(place, [found], 0)
    place = Place(place.file, cells.sheet, table)
    headings = read_headings(cells, place, conventions, columns or {}, units or {})
    if any(blocks(found) for found in headings.findings):
        rows = sum(any(map(str.strip, row)) for row in cells.rows[headings.first :])
        return _empty(place, headings.findings, rows if cells.header >= 0 else 0)
    return _Reader(cells, place, conventions, headings).read()


def _empty(place: Place, findings: list[Finding], rows: int) -> Table:
    """A table that can't be used: all its rows are refused."""
    balance = RowBalance(place.file, place.table, rows, 0, rows, 0, place.sheet)
    nothing = pd.DataFrame(columns=REFUSED_COLUMNS)
    return Table(pd.DataFrame(), tuple(findings), balance, {}, nothing)


class _Reader:
    """The steps between cells and a :class:`Table`, with what they found on the way."""

    def __init__(self, cells: Cells, place: Place, conventions: Conventions, headings: Headings):
        self.place = place
        self.conventions = conventions
        self.headings = headings
        self.findings = list(headings.findings)
        self.width = len(cells.rows[cells.header])
        numbered = enumerate(cells.rows[headings.first :], start=headings.first + 1)
        self.numbered = [(i, row) for i, row in numbered if any(map(str.strip, row))]
        self.rows_in = len(self.numbered)
        self.skipped = 0
        self.flags: list[Flag] = []
        self.frame = pd.DataFrame()

    def read(self) -> Table:
        """Read every column, apply the rules, and account for every row."""
        raw = {i: " | ".join(row) for i, row in self.numbered}
        self._drop_totals()
        self._ragged()
        data: dict[str, Any] = {"row": np.array([i for i, _ in self.numbered], dtype=np.int64)}
        for column in self.headings.columns.values():
            texts = [
                row[column.index] if column.index < len(row) else "" for _, row in self.numbered
            ]
            data[column.name] = (
                self._text(column, texts) if column.kind == "text" else self._number(column, texts)
            )
        frame = pd.DataFrame(data)
        frame["file"] = self.place.file
        frame["sheet"] = self.place.sheet or ""
        return self._finish(frame, raw)

    def _finish(self, frame: pd.DataFrame, raw: dict[int, str]) -> Table:
        """Drop refused and skipped rows and write the balance."""
        refused = refused_rows(self.flags, frame, self.place.table)
        for flag in self.flags:
            self.findings += flag_findings(flag, frame)
        keep = ~frame["row"].isin(refused["row"]).to_numpy()
        if self.place.table == "density":
            blank = keep & frame["density_tpm3"].isna().to_numpy()
            self.skipped += int(blank.sum())
            keep &= ~blank
        accepted = frame[keep].reset_index(drop=True)
        quarantined = refused["row"].nunique()
        if accepted.empty and self.rows_in:
            where: dict[str, Any] = {"file": self.place.file, "sheet": self.place.sheet}
            self.findings.append(finding("BN-TAB-016", count=self.rows_in, **where))
        balance = RowBalance(
            self.place.file,
            self.place.table,
            self.rows_in,
            len(accepted),
            quarantined,
            self.skipped,
            self.place.sheet,
        )
        return Table(accepted, tuple(self.findings), balance, raw, refused)

    def _drop_totals(self) -> None:
        """Skip rows of totals and means, which are not data."""
        totals = {normal(word) for word in load_words("columns.yaml")["totals"]}
        column = self.headings.columns.get("hole_id")
        if column is None:
            return
        kept = [
            (i, row)
            for i, row in self.numbered
            if column.index >= len(row) or normal(row[column.index]) not in totals
        ]
        count = len(self.numbered) - len(kept)
        if count:
            self.skipped += count
            where: dict[str, Any] = {"file": self.place.file, "sheet": self.place.sheet}
            self.findings.append(finding("BN-TAB-015", count=count, **where))
        self.numbered = kept

    def _ragged(self) -> None:
        """Flag rows with more filled cells than the header has headings."""
        rows = [
            i for i, (_, row) in enumerate(self.numbered) if any(map(str.strip, row[self.width :]))
        ]
        values = [self.numbered[i][1][self.width] for i in rows]
        self.flags.append(Flag("BN-TAB-014", np.array(rows, dtype=np.intp), None, values))

    def _text(self, column: ColumnRead, texts: list[str]) -> list[str]:
        """A column of names: NFKC and trimmed; hole ids may not be blank or dates."""
        known = {text: unicodedata.normalize("NFKC", text).strip() for text in set(texts)}
        plain = [known[text] for text in texts]
        if column.name == "hole_id":
            blank = np.array([i for i, text in enumerate(plain) if not text], dtype=np.intp)
            self.flags.append(Flag("BN-TAB-017", blank, column.heading))
            dates = [i for i, text in enumerate(plain) if _DATE.fullmatch(text)]
            values = [plain[i] for i in dates]
            self.flags.append(
                Flag("BN-TAB-018", np.array(dates, dtype=np.intp), column.heading, values)
            )
        return plain

    def _flag(self, code: str, mask: Any, column: ColumnRead, texts: list[str], **w: Any) -> None:
        """Flag the rows of ``mask`` with their texts."""
        rows = np.flatnonzero(mask)
        if len(rows):
            values = [texts[i] for i in rows]
            words = [w] * len(rows) if w else None
            self.flags.append(Flag(code, rows, column.heading, values, words))

    def _number(self, column: ColumnRead, texts: list[str]) -> Any:
        """A column of quantities in its stored unit."""
        numbers = read_numbers(texts, self.conventions.not_assayed)
        self._flag("BN-TAB-010", numbers.of_kind(special.TEXT), column, texts)
        self._flag("BN-TAB-011", numbers.of_kind(special.COMMA), column, texts)
        if column.kind == "grade":
            return self._grade(column, texts, numbers)
        limits = numbers.of_kind(special.BELOW, special.OVER)
        self._flag("BN-TAB-010", limits, column, texts)
        needed = column.name in NEEDED or (column.name, self.place.table) == ("depth_m", "survey")
        if needed:
            blank = numbers.of_kind(special.BLANK, special.NOT_ASSAYED)
            self._flag("BN-TAB-017", blank, column, texts)
        return special.canonical(np.where(limits, np.nan, numbers.values), column.factor)

    def _grade(self, column: ColumnRead, texts: list[str], numbers: Numbers) -> Any:
        """A column of grades: special values by the configured rules, then what can't be true."""
        survey = self.place.table == "geochemistry"
        values = numbers.values.copy()
        plain = numbers.of_kind(special.NUMBER)
        zero = plain & (values == 0)
        if self.conventions.zero_is == "not_assayed":
            values[zero] = np.nan
        elif zero.sum() > 0.2 * max(plain.sum(), 1) and not survey:
            share = round(100 * zero.sum() / plain.sum(), 1)
            self._note("BN-ASY-006", column, share=share)
        below = numbers.of_kind(special.BELOW)
        values[below] *= 0.5 if self.conventions.below_detection == "half_limit" else 0.0
        if below.any():
            self._note(
                "BN-ASY-003", column, count=int(below.sum()), rule=self.conventions.below_detection
            )
        if survey and below.sum() > 0.1 * len(texts):
            self._note("BN-GCH-003", column, share=round(100 * below.sum() / len(texts), 1))
        self._flag("BN-ASY-004", numbers.of_kind(special.OVER), column, texts)
        missing = int(np.isnan(values).sum() - numbers.of_kind(special.TEXT, special.COMMA).sum())
        if missing:
            marks = ", ".join(self.conventions.not_assayed) or "-"
            self._note("BN-ASY-005", column, count=missing, found=marks)
        values = special.canonical(values, column.factor)
        self._flag("BN-ASY-001", plain & (values < 0), column, texts)
        if survey:
            self._flag("BN-GCH-004", plain & (values == 0), column, texts)
        self._plausible(column, texts, values, survey)
        return values

    def _plausible(self, column: ColumnRead, texts: list[str], values: Any, survey: bool) -> None:
        """Wrong units by magnitude and impossible grades (A08)."""
        element = dictionary().elements[column.name.partition("_")[0]]
        limit = element.survey_median_most if survey else element.median_most
        positive = values[values > 0]
        median = float(np.median(positive)) if len(positive) else 0.0
        if median > limit:
            unit = column.unit or ""
            self._note("BN-TAB-009", column, unit=unit, median=f"{median:g}", limit=limit)
        elif not survey:
            too_high = values > element.most
            self._flag("BN-ASY-002", too_high, column, texts, limit=element.most, unit=element.unit)

    def _note(self, code: str, column: ColumnRead, **words: Any) -> None:
        """A finding on a whole column."""
        where: dict[str, Any] = {
            "file": self.place.file,
            "sheet": self.place.sheet,
            "column": column.heading,
        }
        self.findings.append(finding(code, value=words.get("count"), **where, **words))


def refused_rows(flags: list[Flag], frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """One line (table, file, sheet, row, code) for each row that a refusing rule flags."""
    parts = []
    for flag in flags:
        if refuses(flag.code) and len(flag.rows):
            part = frame[["file", "sheet", "row"]].iloc[flag.rows].drop_duplicates()
            parts.append(part.assign(code=flag.code, table=table))
    if not parts:
        return pd.DataFrame(columns=REFUSED_COLUMNS)
    return pd.concat(parts, ignore_index=True)[REFUSED_COLUMNS].drop_duplicates(ignore_index=True)
