"""What waits for a decision: special values before and after their rules, and what has none.

A column with special values that nobody ruled on must not quietly become a figure: its deposit is
held back until the configuration has a rule, or a person lets it pass with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from geo.findings import Finding
from geo.rules import finding
from geo.special.grades import SpecialColumn
from geo.special.kinds import WORDS

ESTIMATED = ("assay", "combined")
"""Tables whose grades an estimate rests on."""


@dataclass(frozen=True)
class ReviewRow:
    """One kind of special values in one column of a deposit, over all its files."""

    table: str
    column: str
    kind: str
    count: int
    becomes: str
    rule: str
    """The key of the configuration that decided it, or ``undecided``."""
    reviewed: bool
    files: tuple[str, ...]
    smallest: float | None = None
    largest: float | None = None
    """As written."""
    example: str | None = None
    """Texts as written, where they state no number."""
    by: str | None = None
    date: str | None = None
    reason: str | None = None
    citation: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape."""
        return {**asdict(self), "files": list(self.files)}

    @property
    def words(self) -> tuple[str, str]:
        """The kind's name in Chinese and in English."""
        return WORDS[self.kind]


@dataclass(frozen=True)
class ColumnCounts:
    """Cells of one column over all files: by kind as written, and by what they are now."""

    table: str
    column: str
    rows: int
    before: dict[str, int]
    after: dict[str, int]


@dataclass(frozen=True)
class Review:
    """The special values of a deposit's or a survey's grades."""

    columns: tuple[ColumnCounts, ...]
    rows: tuple[ReviewRow, ...]

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape."""
        return {
            "columns": [asdict(column) for column in self.columns],
            "rows": [row.as_json() for row in self.rows],
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Review:
        """The review from what :meth:`as_json` gave."""
        rows = (ReviewRow(**{**row, "files": tuple(row["files"])}) for row in kept["rows"])
        return cls(tuple(ColumnCounts(**column) for column in kept["columns"]), tuple(rows))

    def waiting(self, columns: Collection[str] | None = None) -> tuple[ReviewRow, ...]:
        """Rows that no rule decides, of the estimated tables (and of ``columns``, if given)."""
        return tuple(
            row
            for row in self.rows
            if not row.reviewed
            and row.table in ESTIMATED
            and (columns is None or row.column in columns)
        )


def review(special: Iterable[SpecialColumn]) -> Review:
    """Add up the special values of all files, in the order of table, column and kind."""
    columns: dict[tuple[str, str], ColumnCounts] = {}
    rows: dict[tuple[str, ...], ReviewRow] = {}
    for part in special:
        place = (part.table, part.column)
        held = columns.get(place, ColumnCounts(*place, 0, {}, {}))
        columns[place] = replace(
            held,
            rows=held.rows + part.rows,
            before=_sum(held.before, part.before),
            after=_sum(held.after, part.after),
        )
        for row in _rows(part):
            key = (*place, row.kind, row.becomes, row.rule)
            rows[key] = _join(rows[key], row) if key in rows else row
    return Review(
        tuple(columns[key] for key in sorted(columns)), tuple(rows[key] for key in sorted(rows))
    )


def unreviewed(reading: Any, columns: Collection[str] | None = None) -> list[ReviewRow]:
    """Special values of a reading that wait for a decision.

    Parameters
    ----------
    reading
        A :class:`geo.drillholes.reading.DrillholeReading`.
    columns
        Only these columns (those a plan estimates); None for all.
    """
    return list(review(reading.special).waiting(columns))


def held_finding(deposit_id: str, waiting: Collection[ReviewRow]) -> Finding:
    """The finding of a deposit that is held back (BN-ASY-012)."""
    columns = ", ".join(dict.fromkeys(row.column for row in waiting))
    count = sum(row.count for row in waiting)
    files = ", ".join(dict.fromkeys(file for row in waiting for file in row.files))
    return finding(
        "BN-ASY-012",
        file=files,
        column=columns,
        value=count,
        deposit=deposit_id,
        columns=columns,
        count=count,
    )


def _rows(part: SpecialColumn) -> list[ReviewRow]:
    """The treatments of one column of one file."""
    return [
        ReviewRow(table=part.table, column=part.column, files=(part.file,), **asdict(treatment))
        for treatment in part.treatments
    ]


def _join(one: ReviewRow, other: ReviewRow) -> ReviewRow:
    """One kind of one column in two files."""
    low = [v for v in (one.smallest, other.smallest) if v is not None]
    high = [v for v in (one.largest, other.largest) if v is not None]
    return replace(
        one,
        count=one.count + other.count,
        files=tuple(dict.fromkeys((*one.files, *other.files))),
        smallest=min(low, default=None),
        largest=max(high, default=None),
        example=one.example or other.example,
    )


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Counts added up by name."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
