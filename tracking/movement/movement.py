"""What changed between two vintages of a deposit, in the order of the statutory table.

The columns and identities are those of the mine ledger, 矿山资源储量变动台帐
(矿山储量动态管理要求, annex 5), with the overlain part (压覆) of the annual statistics::

    年末保有 = 年初保有 − 开采量 − 损失量 + 勘查增减 + 重算增减 − 压覆
    年末累计查明 = 年初累计查明 + 勘查增减 + 重算增减

Everything is whole kilograms as written in the ledger, so sums foot exactly; a line that would not
can't be made. Beneath the statutory columns stand the causes (:attr:`Movement.bars`), from an
attribution in the ledger where there is one, and the kinds of growth (:attr:`Movement.growth`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from estimation.plan import CLASSES
from tracking.ledger.entries import FIGURES, LedgerEntry
from tracking.movement.change import Change, Split, Stock, change_between, of_stock, stock_kg
from tracking.movement.quantities import (
    ORE,
    Quantities,
    added,
    identified_kg,
    part_kg,
    retained_kg,
    states_ore,
)

__all__ = [
    "ORE",
    "STATUTORY_COLUMNS",
    "TOTAL",
    "Movement",
    "Split",
    "Stock",
    "add_classes",
    "identified_kg",
    "join",
    "movements",
    "retained_kg",
]

TOTAL = "total"
"""``class_name`` of a class aggregate, 合计（统计口径）; shown on target and ledger pages only."""

STATUTORY_COLUMNS = (
    ("opening_kg", "年初保有", "Opening retained"),
    ("mined_kg", "开采量", "Mined"),
    ("lost_kg", "损失量", "Lost"),
    ("explored_kg", "勘查增减", "Exploration change"),
    ("recalculated_kg", "重算增减", "Recalculation change"),
    ("sterilized_kg", "压覆", "Overlain (sterilized)"),
    ("closing_kg", "年末保有", "Closing retained"),
    ("cumulative_opening_kg", "年初累计查明", "Opening cumulative identified"),
    ("cumulative_closing_kg", "年末累计查明", "Closing cumulative identified"),
)
"""Field, Chinese and English heading, in the order in which they are printed."""

Parts = Mapping[str, int]
"""Kilograms with their sign by name, in the order in which they are printed."""


@dataclass(frozen=True)
class Movement:
    """One line of the movement table: an element (or ore) of one class between two vintages.

    Mined, lost and sterilized are counted positive when they take away; explored and
    recalculated carry their sign. A class upgrade shows as a loss in one class and a gain in
    another, and is zero in the total.

    Raises
    ------
    ValueError
        The statutory columns don't foot, or the bars or growth types don't add up to
        closing - opening.
    """

    belt_id: str
    deposit_id: str
    element: str
    class_name: str
    opening_vintage: date
    closing_vintage: date
    opening_kg: int
    mined_kg: int
    lost_kg: int
    explored_kg: int
    recalculated_kg: int
    sterilized_kg: int
    closing_kg: int
    cumulative_opening_kg: int
    cumulative_closing_kg: int
    split: Split
    stock: Stock = "reported"
    bars: Parts = field(default_factory=dict)
    """Change by factor (``attribution.FACTOR_NAMES``, or ``not_separated``)."""
    growth: Parts = field(default_factory=dict)
    """Change by kind (:data:`tracking.movement.growth_types.GROWTH_TYPES`)."""

    def __post_init__(self) -> None:
        """Let no line stand that doesn't foot."""
        if not self.foots:
            raise ValueError(
                f"{self.deposit_id} {self.element} {self.class_name} "
                f"{self.opening_vintage} → {self.closing_vintage}: the movement doesn't foot: "
                f"change {self.closing_kg - self.opening_kg}, added {self.additions_kg}, depleted "
                f"{self.depletion_kg}, overlain {self.sterilized_kg}, bars {dict(self.bars)}, "
                f"growth {dict(self.growth)} (kg) / 变动勾稽不符"
            )

    @property
    def foots(self) -> bool:
        """Whether both statutory identities hold, and bars and growth are the change, exactly."""
        change = self.closing_kg - self.opening_kg
        columns = self.additions_kg - self.depletion_kg - self.sterilized_kg
        cumulative = self.cumulative_closing_kg - self.cumulative_opening_kg
        parts = [sum(some.values()) for some in (self.bars, self.growth) if some]
        return {columns, *parts} == {change} and cumulative == self.additions_kg

    @property
    def additions_kg(self) -> int:
        """勘查增减 + 重算增减."""
        return self.explored_kg + self.recalculated_kg

    @property
    def depletion_kg(self) -> int:
        """消耗（动用）= 开采量 + 损失量."""
        return self.mined_kg + self.lost_kg


def movements(
    figures: Iterable[LedgerEntry],
    attributions: Mapping[tuple[int, int], LedgerEntry] | None = None,
    *,
    stock: Stock = "reported",
    beside: Iterable[LedgerEntry] = (),
) -> tuple[Movement, ...]:
    """Return the movements of one deposit between each two vintages that follow each other.

    Every class of every element (and :data:`ORE`) is there, ordered by interval, element, class.
    Of several entries of one vintage the latest counts. Estimates and filed figures are accounts
    of their own: give the ones or the others.

    Parameters
    ----------
    figures
        Entries of one deposit.
    attributions
        (number of the opening entry, of the closing entry) -> the entry that splits the change;
        without one see :data:`Split`.
    stock
        Which ore; low-grade ore has lines only where its estimates tell it apart.
    beside
        Entries that say what was mined between figures: estimates of vintages that the account
        leaves out, and mining records, which count between filed figures.

    Notes
    -----
    Mined and lost are the closing entry's depletion, valued in the opening model. The first
    vintage's cumulative identified is what it retains and what it says was mined before.

    Raises
    ------
    ValueError
        The entries are of more than one deposit.
    EstimationError
        An attribution doesn't lead from its opening to its closing figure.
    """
    kept, beside = account_of(figures), tuple(beside)
    if len({entry.deposit_id for entry in kept}) > 1:
        raise ValueError("movements are of one deposit; these entries are of several")
    if stock != "reported" and not any(entry.content.get("low_grade") for entry in kept):
        return ()
    found: list[Movement] = []
    cumulative: Quantities = Counter(_identified(kept[0], stock) if kept else {})
    for opening, closing in pairwise(kept):
        split = (attributions or {}).get((opening.number, closing.number))
        change = of_stock(change_between(opening, closing, split, beside), stock)
        lines = tuple(_lines(change, cumulative, stock))
        cumulative.update({_key(line): line.additions_kg for line in lines})
        found += lines
    return tuple(found)


def _identified(first: LedgerEntry, stock: Stock) -> Quantities:
    """Kilograms of one stock identified up to the first figure."""
    if stock == "low_grade" and first.content.get("identified_low_grade"):
        return part_kg(first, "identified_low_grade")
    known = identified_kg(first)
    return known if stock == "reported" else stock_kg(first, known, stock)


def account_of(figures: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The latest figure of each deposit and vintage, in that order.

    A figure that states no class (a total of a report or a statistic) can't move by class, and is
    left out.
    """
    latest: dict[tuple[str, date], LedgerEntry] = {}
    for entry in sorted(figures, key=lambda entry: entry.number):
        if entry.kind in FIGURES and entry.content["statement"]:
            latest[entry.deposit_id, entry.vintage] = entry
    return tuple(latest[key] for key in sorted(latest))


def add_classes(lines: Iterable[Movement]) -> tuple[Movement, ...]:
    """Add classes up: one line for each interval, element and stock, labelled :data:`TOTAL`.

    An aggregate of resource classes is a statistic, not a resource figure: GB/T 17766-2020 5.2
    lists the classes separately.
    """
    groups: dict[tuple[Any, ...], list[Movement]] = {}
    for line in lines:
        key = (
            line.deposit_id,
            line.element,
            line.stock,
            line.opening_vintage,
            line.closing_vintage,
        )
        groups.setdefault(key, []).append(line)
    return tuple(_added(group, class_name=TOTAL) for group in groups.values())


def join(lines: Sequence[Movement]) -> Movement:
    """Join one class's movements over intervals that follow each other into one.

    Raises
    ------
    ValueError
        Nothing to join, lines of different things, or a gap between two intervals.
    """
    if not lines:
        raise ValueError("no movements to join")
    for before, after in pairwise(lines):
        same = [(one.deposit_id, one.element, one.class_name, one.stock) for one in (before, after)]
        if same[0] != same[1] or before.closing_vintage != after.opening_vintage:
            raise ValueError(f"{after.opening_vintage} does not follow {before.closing_vintage}")
    first, last = lines[0], lines[-1]
    return _added(
        lines,
        opening_kg=first.opening_kg,
        cumulative_opening_kg=first.cumulative_opening_kg,
        closing_vintage=last.closing_vintage,
        closing_kg=last.closing_kg,
        cumulative_closing_kg=last.cumulative_closing_kg,
    )


def _lines(change: Change, cumulative: Quantities, stock: Stock) -> Iterator[Movement]:
    """Lines of one interval; ``cumulative`` holds what was identified at the opening."""
    explored = added(bar.kg for bar in change.bars if bar.explored)
    ends = (change.opening, change.closing)
    elements = dict.fromkeys(name for end in ends for name in end.content["elements"])
    ore = (ORE,) if all(states_ore(end) for end in ends) else ()
    for key in ((element, name) for element in (*ore, *elements) for name in CLASSES):
        mined, lost, overlain = (
            kg[key] for kg in (change.mined_kg, change.lost_kg, change.sterilized_kg)
        )
        additions = change.closing_kg[key] - change.opening_kg[key] + mined + lost + overlain
        yield Movement(
            belt_id=change.closing.belt_id,
            deposit_id=change.closing.deposit_id,
            element=key[0],
            class_name=key[1],
            opening_vintage=change.opening.vintage,
            closing_vintage=change.closing.vintage,
            opening_kg=change.opening_kg[key],
            mined_kg=mined,
            lost_kg=lost,
            explored_kg=explored[key],
            recalculated_kg=additions - explored[key],
            sterilized_kg=overlain,
            closing_kg=change.closing_kg[key],
            cumulative_opening_kg=cumulative[key],
            cumulative_closing_kg=cumulative[key] + additions,
            split=change.split,
            stock=stock,
            bars=_sum([{bar.factor: bar.kg[key]} for bar in change.bars]),
            growth={name: kg[key] for name, kg in change.growth.items()},
        )


def _key(line: Movement) -> tuple[str, str]:
    return line.element, line.class_name


def _added(lines: Sequence[Movement], **changes: Any) -> Movement:
    """The lines' quantities added; the rest as in the first, unless their splits differ."""
    sums = {
        name: sum(getattr(line, name) for line in lines) for name, _zh, _en in STATUTORY_COLUMNS
    }
    splits = {line.split for line in lines}
    split: Split = lines[0].split if len(splits) == 1 else "several"
    if "not separated" in splits:
        split = "not separated"
    parts = {
        "bars": _sum([one.bars for one in lines]),
        "growth": _sum([one.growth for one in lines]),
    }
    return replace(lines[0], **{**sums, **parts, "split": split, **changes})


def _sum(parts: Iterable[Parts]) -> Parts:
    """Parts added by name, in the order in which they first stand."""
    total: Counter[str] = Counter()
    for some in parts:
        total.update(some)
    return dict(total)
