"""A column of grades: special values by the configured rules, then what can't be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.config import Conventions, SpecialRule
from geo.dictionary import dictionary
from geo.rules import Flag, refuses
from geo.special import kinds as kinds_of
from geo.special import values as read
from geo.special.detection import RowContext, limit_as_stored, matching_rules, row_context
from geo.special.kinds import NAMES, WORDS, tell_kinds
from geo.special.values import canonical, read_numbers, texts_at
from geo.tables.headings import ColumnRead
from geo.tables.kernels_texts import counts_of

__all__ = ["Grades", "RowContext", "SpecialColumn", "Treatment", "read_grades", "row_context"]

ZERO_SHARE = 0.01
"""Zeros above this share of a column's numbers wait for a rule: no laboratory reports 0, so many
of them are marks of something else; a few can't move a mean by more than this share."""
MANY_ZEROS = 0.2
"""Above this share zeros of a by-product mostly mean "not assayed"."""
MANY_BELOW = 0.1
SURVEY = "geochemistry"


@dataclass(frozen=True)
class Treatment:
    """What became of one kind of special values in one column, and by whose word."""

    kind: str
    count: int
    becomes: str
    rule: str
    """The key of the configuration that decided it, or ``undecided``."""
    reviewed: bool
    smallest: float | None = None
    largest: float | None = None
    """As written, in the file's own unit."""
    example: str | None = None
    """Some of the texts as written, where they state no number."""
    by: str | None = None
    date: str | None = None
    reason: str | None = None
    citation: str | None = None


@dataclass(frozen=True)
class SpecialColumn:
    """One column of grades counted before (kinds of cells) and after its rules."""

    column: str
    heading: str
    unit: str | None
    table: str
    rows: int
    before: dict[str, int]
    """Cells by kind."""
    after: dict[str, int]
    """Cells by what they are now: ``number``, ``zero``, ``not_assayed``, ``refused``."""
    treatments: tuple[Treatment, ...]
    file: str = ""
    sheet: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape."""
        return asdict(self)


@dataclass(frozen=True)
class Grades:
    """One column of grades in its stored unit, with everything that was found on the way."""

    values: NDArray[np.float64]
    """NaN where nothing was assayed or a rule is wanting."""
    kinds: NDArray[np.int8]
    """As :data:`geo.special.kinds.NAMES` numbers them."""
    flags: tuple[Flag, ...]
    """Rows that break a rule (positions in the column)."""
    notes: tuple[tuple[str, dict[str, Any]], ...]
    """Findings on the whole column: code and words."""
    special: SpecialColumn


def read_grades(
    column: ColumnRead,
    cells: Sequence[str] | pa.Array,
    conventions: Conventions,
    table: str,
    context: RowContext,
) -> Grades:
    """Read a column of grades; special values keep their meaning.

    Parameters
    ----------
    column
        What the column is: dictionary name, heading, unit as written, factor to the stored unit.
    cells
        Texts, or an Arrow array of strings or float64.
    conventions
        The source's rules (``below_detection``, ``zero_is``, ``not_assayed``, ``special_values``).
    table
        ``assay``, ``combined`` or ``geochemistry``.
    context
        Methods, laboratories and years of the rows (:func:`geo.special.detection.row_context`).

    Returns
    -------
    Grades
        Never raises for data. Kinds that no rule decides are counted as not reviewed; until then a
        negative limit, a sentinel, an undeclared mark and a "not detected" without limit are NaN,
        ``>10`` is its limit, zeros and spikes stay as written.
    """
    return _Column(column, cells, conventions, table, context).read()


@dataclass
class _Column:
    """The steps from cells to :class:`Grades`."""

    column: ColumnRead
    cells: Sequence[str] | pa.Array
    conventions: Conventions
    table: str
    context: RowContext
    flags: list[Flag] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)

    def read(self) -> Grades:
        """Read the cells, treat each kind, and look at what is left."""
        rules = self.conventions.special_values
        name = self.column.name
        wanted = frozenset(r.kind for r in rules if r.columns == "all" or name in r.columns)
        decimal = self.conventions.decimal
        numbers = read_numbers(self.cells, self.conventions.not_assayed, decimal)
        self.written = numbers.values
        self.kinds = tell_kinds(numbers, self.cells, wanted)
        self.values = canonical(numbers.values, self.column.factor)
        counts = counts_of(self.kinds, len(NAMES))
        for kind in np.flatnonzero(counts):
            if kind != read.NUMBER:
                self._treat(int(kind), np.flatnonzero(self.kinds == kind))
        self._note_missing()
        if counts[read.BELOW]:
            self._under_limit()
        if self.table == SURVEY and counts[read.BELOW] > MANY_BELOW * len(self.kinds):
            share = round(100 * counts[read.BELOW] / len(self.kinds), 1)
            self.notes.append(("BN-GCH-003", {"share": share}))
        self._plausible()
        before = {NAMES[int(k)]: int(counts[k]) for k in np.flatnonzero(counts)}
        return Grades(
            self.values, self.kinds, tuple(self.flags), tuple(self.notes), self._special(before)
        )

    def _treat(self, kind: int, rows: NDArray[np.intp]) -> None:
        """One kind: first the rules that name it, then the source's own conventions."""
        rules = self.conventions.special_values
        name = NAMES[kind]
        decided = np.zeros(0, dtype=np.intp)
        for number, rule, fitting in matching_rules(
            rules, self.column.name, name, rows, self.context
        ):
            self._apply(kind, number, rule, fitting)
            decided = np.concatenate([decided, fitting])
        left = np.setdiff1d(rows, decided) if len(decided) else rows
        if len(left):
            self._by_convention(kind, left)

    def _apply(self, kind: int, number: int, rule: SpecialRule, rows: NDArray[np.intp]) -> None:
        """Turn values into what a person's rule says."""
        key = f"special_values[{number}]"
        limit = limit_as_stored(rule, self.column.name)
        limits = self._limits(kind, rows) if limit is None else np.full(len(rows), limit)
        if rule.becomes in ("half_limit", "limit"):
            self.values[rows] = canonical(limits, 0.5 if rule.becomes == "half_limit" else 1.0)
        elif rule.becomes == "zero":
            self.values[rows] = 0.0
        elif rule.becomes in ("not_assayed", "refuse"):
            self.values[rows] = np.nan
        if rule.becomes == "refuse":
            self._flag("BN-ASY-020", rows, rule=key, reason=rule.reason)
        origin = {"by": rule.by, "date": str(rule.date), "reason": rule.reason}
        self._record(kind, rows, rule.becomes, key, citation=rule.citation, **origin)
        zh, en = WORDS[NAMES[kind]]
        words = {"kind_zh": zh, "kind_en": en, "becomes": rule.becomes, "rule": key}
        self.notes.append(("BN-ASY-013", {"count": len(rows), **words}))

    def _limits(self, kind: int, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Detection limits that the values themselves state, in the stored unit."""
        stated = np.abs(self.written[rows]) * self.column.factor
        return 2 * stated if kind == kinds_of.SPIKE else stated

    def _by_convention(self, kind: int, rows: NDArray[np.intp]) -> None:
        """Turn values into what the source's conventions say, or leave them waiting."""
        if kind == read.BELOW:
            self._below(rows)
        elif kind == kinds_of.ZERO:
            self._zeros(rows)
        elif kind in (read.BLANK, read.NOT_ASSAYED):
            self._record(kind, rows, "not_assayed", NAMES[kind])
        elif kind in (read.TEXT, read.COMMA, kinds_of.NEGATIVE):
            codes = {read.TEXT: "BN-TAB-010", read.COMMA: "BN-TAB-011"}
            code = codes.get(kind, "BN-ASY-001")
            self._flag(code, rows)
            self._record(kind, rows, "refuse", code)
        elif kind == read.OVER:
            self._flag("BN-ASY-004", rows)
            self._wait(kind, rows, "limit")
        elif kind == kinds_of.SPIKE:
            self._wait(kind, rows, "value")
        else:  # a mark, a word, a negative limit, a sentinel: no number until someone decides
            self.values[rows] = np.nan
            self._wait(kind, rows, "not_assayed")

    def _below(self, rows: NDArray[np.intp]) -> None:
        """``<0.01`` by ``below_detection``."""
        becomes = self.conventions.below_detection
        share = 0.5 if becomes == "half_limit" else 0.0
        self.values[rows] = canonical(self.written[rows] * share, self.column.factor)
        self.notes.append(("BN-ASY-003", {"count": len(rows), "rule": becomes}))
        self._record(read.BELOW, rows, becomes, "below_detection")

    def _under_limit(self) -> None:
        """A10: numbers lower than every limit that the column states."""
        limits = self.written[self.kinds == read.BELOW]
        limit = float(limits.min())
        low = np.flatnonzero((self.kinds == read.NUMBER) & (self.written < limit))
        if len(low):
            words = {"limit": f"{limit:g}", "example": texts_at(self.cells, low[:1])[0]}
            self.notes.append(("BN-ASY-014", {"count": len(low), **words}))

    def _zeros(self, rows: NDArray[np.intp]) -> None:
        """Zeros by ``zero_is``; many of them wait, and surveys refuse them."""
        kind = kinds_of.ZERO
        numbers = int(np.isin(self.kinds, (read.NUMBER, kind, kinds_of.SPIKE)).sum())
        share = len(rows) / max(numbers, 1)
        if self.conventions.zero_is == "not_assayed":
            self.values[rows] = np.nan
            self._record(kind, rows, "not_assayed", "zero_is")
        elif self.table == SURVEY:
            self._flag("BN-GCH-004", rows)
            self._record(kind, rows, "refuse", "BN-GCH-004")
        elif share > MANY_ZEROS:
            self.notes.append(("BN-ASY-006", {"share": round(100 * share, 1)}))
            self._record(kind, rows, "value", "undecided", reviewed=False)
        elif share > ZERO_SHARE:
            self._wait(kind, rows, "value")
        else:
            self._record(kind, rows, "value", "zero_is")

    def _wait(self, kind: int, rows: NDArray[np.intp], becomes: str) -> None:
        """No rule fits: the column waits for a person."""
        zh, en = WORDS[NAMES[kind]]
        words = {"kind_zh": zh, "kind_en": en, "kind": NAMES[kind], "becomes": becomes}
        words |= {"example": self._shown(rows), "named": self.column.name}
        self.notes.append(("BN-ASY-011", {"count": len(rows), **words}))
        self._record(kind, rows, becomes, "undecided", reviewed=False)

    def _record(
        self, kind: int, rows: NDArray[np.intp], becomes: str, rule: str, **more: Any
    ) -> None:
        """Count one kind and its rule."""
        written = self.written[rows]
        known = written[np.isfinite(written)]
        ends = (float(known.min()), float(known.max())) if len(known) else (None, None)
        more.setdefault("reviewed", True)
        texts = "" if len(known) else self._shown(rows)
        self.treatments.append(
            Treatment(
                NAMES[kind],
                len(rows),
                becomes,
                rule,
                smallest=ends[0],
                largest=ends[1],
                example=texts or None,
                **more,
            )
        )

    def _shown(self, rows: NDArray[np.intp]) -> str:
        """Three different texts of the first cells, as the file writes them."""
        return ", ".join(sorted(set(texts_at(self.cells, rows[:50])))[:3])

    def _flag(self, code: str, rows: NDArray[np.intp], **words: Any) -> None:
        """Flag rows with their texts."""
        if len(rows):
            texts = texts_at(self.cells, rows)
            each = [words] * len(rows) if words else None
            self.flags.append(Flag(code, rows, self.column.heading, texts, each))

    def _note_missing(self) -> None:
        """How many cells mean that no assay was made."""
        missing = sum(t.count for t in self.treatments if t.becomes == "not_assayed" and t.reviewed)
        if missing:
            marks = ", ".join(self.conventions.not_assayed) or "-"
            self.notes.append(("BN-ASY-005", {"count": missing, "found": marks}))

    def _special(self, before: dict[str, int]) -> SpecialColumn:
        """The column's counts before and after."""
        standing = np.ones(len(self.kinds), dtype=bool)
        for flag in self.flags:
            if refuses(flag.code):
                standing[flag.rows] = False
        values = self.values if standing.all() else self.values[standing]
        after = {
            "number": int((values > 0).sum()),
            "zero": int((values == 0).sum()),
            "not_assayed": int(np.isnan(values).sum()),
            "refused": len(self.kinds) - len(values),
        }
        name, heading, unit = self.column.name, self.column.heading, self.column.unit
        rows = len(self.kinds)
        return SpecialColumn(
            name, heading, unit, self.table, rows, before, after, tuple(self.treatments)
        )

    def _plausible(self) -> None:
        """Wrong units by magnitude and impossible grades (A08)."""
        element = dictionary().elements[self.column.name.partition("_")[0]]
        survey = self.table == SURVEY
        limit = element.survey_median_most if survey else element.median_most
        positive, above = (int((self.values > least).sum()) for least in (0.0, limit))
        median = (
            float(np.median(self.values[self.values > 0])) if 2 * above >= positive > 0 else 0.0
        )
        if median > limit:
            unit = self.column.unit or ""
            words = {"unit": unit, "median": f"{median:g}", "limit": limit}
            self.notes.append(("BN-TAB-009", words))
        elif not survey:
            high = np.flatnonzero(self.values > element.most)
            self._flag("BN-ASY-002", high, limit=element.most, unit=element.unit)
