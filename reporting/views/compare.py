"""Two days side by side: each deposit's figure as of either, what differs, and by which entries.

A deposit's figure as of a day is its newest estimate up to that day. Figures are those that the
results state; an older vintage's are never changed by a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from estimation.belts import Belt
from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.report import MAIN_COPPER, SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import named, same
from reporting.sums import add, element_sum, of_class, ore_t
from reporting.tables import (
    Basis,
    Cell,
    Row,
    Table,
    column,
    heading,
    number,
    words,
)
from reporting.units import (
    ORE,
    Text,
    Unit,
    class_text,
    grade_display,
    metal_display,
    symbol,
)
from reporting.views.deposit import CLASSES_NOTE, ROUNDING_NOTE
from reporting.views.summary import KT, summary_basis
from reporting.views.target_tables import listed, names_of

LAST = 12
"""Days that can be chosen from, the newest ones."""
REVISED = "↻"
"""Mark of a figure that was made again."""
PERCENT = Unit("%", "100", 2)


def days(report: SiteReport) -> tuple[date, ...]:
    """The last days on which any deposit was estimated, in order."""
    found = {r.vintage for results in report.results.values() for r in results}
    return tuple(sorted(found)[-LAST:])


def pairs(report: SiteReport) -> tuple[tuple[date, date], ...]:
    """Every two of the days, the earlier first."""
    return tuple(combinations(days(report), 2))


def pair_key(before: date, after: date) -> str:
    """Name of a pair, and of its page."""
    return f"{before}_{after}"


@dataclass(frozen=True)
class Sides:
    """One deposit on two days."""

    deposit_id: str
    name: Text
    before: DepositResult | None
    after: DepositResult | None

    @property
    def main(self) -> str:
        """Column of the main element."""
        found = self.after or self.before
        assert found is not None  # made only where there is one
        return found.statement.main_element

    @property
    def moved(self) -> bool:
        """Whether there is another figure on the later day than on the earlier one."""
        return self.before is not self.after


def sides_of(report: SiteReport, belts: Iterable[Belt], pair: tuple[date, date]) -> list[Sides]:
    """Every deposit that has a figure on either day, in the report's order."""
    found = []
    for deposit in (deposit for belt in belts for deposit in belt.deposits):
        results = report.results.get(deposit.id, ())
        ends = [next((r for r in reversed(results) if r.vintage <= day), None) for day in pair]
        if any(ends):
            found.append(Sides(deposit.id, named(deposit.name), *ends))
    return found


def pair_basis(found: Sequence[Sides], pair: tuple[date, date]) -> Basis:
    """The basis of a pair's tables: of both sides' figures."""
    results = [r for one in found for r in (one.before, one.after) if r is not None]
    span = f"{pair[0]} → {pair[1]}"
    return replace(summary_basis(results), data_date=same(span))


def differences_table(
    report: SiteReport, found: Sequence[Sides], pair: tuple[date, date], key: str
) -> Table:
    """Ore, metal and grade of each class on both days, deposit by deposit; then each class's sum.

    Classes are never added here.
    """
    moved = [one for one in found if one.moved]
    numbers = {(e.deposit_id, e.vintage): e.number for e in report.ledger.entries}
    again = {(one.deposit_id, one.vintage) for one in report.revisions}
    rows: list[Row] = []
    for one in moved:
        first = heading(one.name, _entries(one, numbers))
        mark = REVISED if entries_of(one) & again else ""
        rows += _deposit_rows(one, replace(first, down=len(CLASSES), mark=mark))
    whole = [one for one in moved if one.main == MAIN_COPPER and one.before and one.after]
    if len(whole) > 1:
        rows += _sum_rows(whole)
    still = listed((one.deposit_id for one in found if not one.moved), names_of(report))
    notes = [CLASSES_NOTE, FIGURES_NOTE, ROUNDING_NOTE]
    if still.zh:
        notes.append(Text(f"两日为同一数字：{still.zh}", f"The same figure on both: {still.en}"))
    title = Text("各矿床、各类别的差异", "Differences by deposit and class")
    basis = pair_basis(found, pair)
    return Table(f"differences-{key}", title, basis, _head(), tuple(rows), tuple(notes))


FIGURES_NOTE = Text(
    "每个数字均为该日及以前最近一次估算，其日期与台账编号（№）列于矿床名下；"
    f"{REVISED} 为重新估算过的数字，旧数字保留在台账中，见下表。",
    "Each figure is the newest estimate up to the day; its date and ledger entry (№) stand under "
    f"the deposit's name. {REVISED}: a figure that was made again; the older one stays in the "
    "ledger, see below.",
)


def _head() -> tuple[tuple[Cell, ...], ...]:
    """Three quantities, each on both days with its change."""
    top = [column("矿床", "Deposit", numeric=False, down=2)]
    top.append(column("类别", "Class", numeric=False, down=2))
    ore = Text(f"矿石量 {ORE['zh'].sign}", f"Ore {ORE['en'].sign}")
    for text, span in (
        (ore, 3),
        (Text("金属量 t（Au、Re 为 kg）", "Metal t (Au, Re: kg)"), 4),
        (Text("品位", "Grade"), 3),
    ):
        top.append(Cell(text, head="col", span=span))
    below = []
    for more in ((), ("%",), ()):
        below += [column("较早", "Earlier"), column("较晚", "Later")]
        below += [column("差", "Change"), *(column(sign, sign) for sign in more)]
    return tuple(top), tuple(below)


def entries_of(one: Sides) -> set[tuple[str, date]]:
    """Deposit and day of either figure."""
    return {(r.deposit_id, r.vintage) for r in (one.before, one.after) if r is not None}


def _entries(one: Sides, numbers: Mapping[tuple[str, date], int]) -> Text:
    """Which estimate and which entry of the ledger either figure is."""
    said = []
    for result in (one.before, one.after):
        if result is None:
            said.append(BLANK)
            continue
        entry = numbers.get((result.deposit_id, result.vintage))
        said.append(f"{result.vintage} № {entry}" if entry else f"{result.vintage} № {BLANK}")
    return same(f"{symbol(one.main)} · {said[0]} → {said[1]}")


@dataclass(frozen=True)
class _Amount:
    """Ore, metal and grade of a class on one day, unrounded."""

    ore_t: float | None
    metal_t: float | None
    grade: float | None


_NOTHING = _Amount(None, None, None)


def _amount(result: DepositResult | None, element: str, name: str) -> _Amount:
    """What an estimate states of one class; a class without rows is nothing, and so zero metal."""
    if result is None:
        return _NOTHING
    rows = of_class(result.statement.at_cutoff(), name)
    total = element_sum(rows, element)
    return _Amount(ore_t(rows), total.metal_t if rows else 0.0, total.grade)


def _deposit_rows(one: Sides, first: Cell) -> list[Row]:
    """A deposit's three classes."""
    rows = []
    for place, name in enumerate(CLASSES):
        ends = [_amount(result, one.main, name) for result in (one.before, one.after)]
        about = {"metal": one.main, "klass": name, "deposit": one.deposit_id}
        label = words(class_text(name), "keep")
        cells = _amount_cells(ends[0], ends[1], one.main, about)
        rows.append(Row((*([first] if place == 0 else []), label, *cells)))
    return rows


def _sum_rows(found: Sequence[Sides]) -> list[Row]:
    """Each class over the copper deposits that have a figure on both days."""
    count = len(found)
    note = Text(f"{count} 个矿床，两日均有数字", f"{count} deposits with a figure on both days")
    first = replace(heading(Text("各矿床之和", "All deposits"), note), down=len(CLASSES))
    rows = []
    for place, name in enumerate(CLASSES):
        ends = []
        for side in ("before", "after"):
            results = [getattr(one, side) for one in found]
            parts = [_amount(result, MAIN_COPPER, name) for result in results]
            stated = [row for r in results for row in of_class(r.statement.at_cutoff(), name)]
            grade = element_sum(stated, MAIN_COPPER).grade
            metal = add(part.metal_t for part in parts)
            ends.append(_Amount(add(part.ore_t for part in parts), metal, grade))
        about = {"metal": MAIN_COPPER, "klass": name, "deposit": "*"}
        cells = _amount_cells(ends[0], ends[1], MAIN_COPPER, about)
        label = words(class_text(name), "keep")
        rows.append(Row((*([first] if place == 0 else []), label, *cells), "total" * (not place)))
    return rows


def _amount_cells(
    before: _Amount, after: _Amount, element: str, about: Mapping[str, str]
) -> list[Cell]:
    """Ore, metal and grade before and after, their changes, and the metal's in per cent."""
    metal, grade = metal_display(element), grade_display(element)
    cells = []
    for unit, name in ((ORE, "ore_t"), (metal, "metal_t"), (grade, "grade")):
        pair = [getattr(end, name) for end in (before, after)]
        change = None if None in pair else pair[1] - pair[0]
        cells += [number(value, unit, quantity=name, about=about) for value in pair]
        cells.append(number(change, unit, quantity=f"{name}_change", signed=True, about=about))
        if name == "metal_t":
            share = change / pair[0] if change is not None and pair[0] else None
            cells.append(number(share, PERCENT, quantity="metal_share", signed=True, about=about))
    return cells


@dataclass(frozen=True)
class ChangeBar:
    """One class's change of a deposit as a bar: where it starts and how long it is, -50 to 50.

    A class that was not evaluated on either day has no change and no bar."""

    class_name: str
    start: str
    length: str
    up: bool
    change: Cell


def change_bars(found: Sequence[Sides]) -> list[tuple[Text, list[ChangeBar]]]:
    """Change of copper by deposit and class, kt, on one scale; deposits of both days only."""
    both = [one for one in found if one.moved and one.main == MAIN_COPPER]
    changes = [
        (one, [_change_t(one, name) for name in CLASSES])
        for one in both
        if one.before and one.after
    ]
    reach = max((abs(v) for _one, values in changes for v in values if v is not None), default=0.0)
    made = []
    for one, values in changes:
        bars = []
        for name, value in zip(CLASSES, values, strict=True):
            change = value or 0.0
            length = 48 * abs(change) / reach if reach else 0.0
            about = {"metal": MAIN_COPPER, "klass": name, "deposit": one.deposit_id}
            cell = number(value, KT, quantity="metal_t_change", signed=True, about=about)
            start = 0.0 if change >= 0 else -length
            bars.append(ChangeBar(name, f"{start:.2f}", f"{length:.2f}", change >= 0, cell))
        made.append((one.name, bars))
    return made


def _change_t(one: Sides, name: str) -> float | None:
    """Change of one class's metal; None where it was not evaluated on either day."""
    before, after = (_amount(end, one.main, name).metal_t for end in (one.before, one.after))
    return None if before is None or after is None else after - before
