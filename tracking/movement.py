"""What changed between two vintages of a deposit, in the order of the statutory table.

The columns and identities are those of the mine ledger, 矿山资源储量变动台帐
(矿山储量动态管理要求, annex 5), with the overlain part (压覆) of the annual statistics::

    年末保有 = 年初保有 − 开采量 − 损失量 + 勘查增减 + 重算增减 − 压覆
    年末累计查明 = 年初累计查明 + 勘查增减 + 重算增减

Everything is whole kilograms as written in the ledger, so sums foot exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from estimation.plan import CLASSES
from tracking.entries import LedgerEntry, current_of

ORE = "ore"
"""Name under which tonnes of ore move, beside the elements' metal."""

TOTAL = "total"
"""``class_name`` of a class aggregate, 合计（统计口径）; shown on target and ledger pages only."""

Split = Literal["explored", "recalculated", "not separated", "mined only", "several"]
"""Where the change beside mining was put, and why:

``explored``: new data under an unchanged plan and engine, so all of it is 勘查增减;
``recalculated``: unchanged data under another plan or engine, so all of it is 重算增减;
``not separated``: both changed; it stands under 重算增减 and part of it is exploration's;
``mined only``: neither changed; what is left is rounding, under 重算增减;
``several``: a sum of lines of several of these kinds, each line put where it belongs.
"""

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


@dataclass(frozen=True)
class Movement:
    """One line of the movement table: an element (or ore) of one class between two vintages.

    Mined, lost and sterilized are counted positive when they take away; explored and
    recalculated carry their sign. A class upgrade shows as a loss in one class and a gain in
    another, and is zero in the total.
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

    @property
    def depletion_kg(self) -> int:
        """消耗（动用）= 开采量 + 损失量."""
        return self.mined_kg + self.lost_kg

    @property
    def foots(self) -> bool:
        """Whether both statutory identities hold, to the kilogram."""
        added = self.explored_kg + self.recalculated_kg
        closing = self.opening_kg - self.depletion_kg + added - self.sterilized_kg
        cumulative = self.cumulative_opening_kg + added
        return closing == self.closing_kg and cumulative == self.cumulative_closing_kg


def movements(entries: Iterable[LedgerEntry]) -> tuple[Movement, ...]:
    """Return the movements of one deposit between each two vintages that follow each other.

    Every class of every element (and :data:`ORE`) is there, ordered by interval, element, class.
    Of several entries of one vintage the latest counts. Mined is the closing entry's depletion,
    valued in the opening model; the rest is put under one heading (see :data:`Split`). Losses
    and overlain parts are zero: no estimate of this version carries them. The first vintage's
    cumulative identified is what it retains and what it says was mined before.

    Raises
    ------
    ValueError
        The entries are of more than one deposit.
    """
    figures = current_of(entries)
    if len({entry.deposit_id for entry in figures}) > 1:
        raise ValueError("movements are of one deposit; these entries are of several")
    found: list[Movement] = []
    cumulative = identified_kg(figures[0]) if figures else Counter()
    for opening, closing in pairwise(figures):
        for movement in _between(opening, closing, cumulative):
            found.append(movement)
            key = (movement.element, movement.class_name)
            cumulative[key] = movement.cumulative_closing_kg
    return tuple(found)


def add_classes(lines: Iterable[Movement]) -> tuple[Movement, ...]:
    """Add classes up: one line for each interval and element, labelled :data:`TOTAL`.

    An aggregate of resource classes is a statistic, not a resource figure: GB/T 17766-2020 5.2
    lists the classes separately.
    """
    groups: dict[tuple[Any, ...], list[Movement]] = {}
    for line in lines:
        key = (line.deposit_id, line.element, line.opening_vintage, line.closing_vintage)
        groups.setdefault(key, []).append(line)
    return tuple(replace(_added(group), class_name=TOTAL) for group in groups.values())


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
        same = [(line.deposit_id, line.element, line.class_name) for line in (before, after)]
        if same[0] != same[1] or before.closing_vintage != after.opening_vintage:
            raise ValueError(f"{after.opening_vintage} does not follow {before.closing_vintage}")
    first, last = lines[0], lines[-1]
    return replace(
        _added(lines),
        opening_kg=first.opening_kg,
        cumulative_opening_kg=first.cumulative_opening_kg,
        closing_vintage=last.closing_vintage,
        closing_kg=last.closing_kg,
        cumulative_closing_kg=last.cumulative_closing_kg,
    )


def retained_kg(entry: LedgerEntry) -> Counter[tuple[str, str]]:
    """Kilograms retained at the reporting cut-off, by (element or :data:`ORE`, class)."""
    return _sums(entry, "statement")


def identified_kg(first: LedgerEntry) -> Counter[tuple[str, str]]:
    """Kilograms identified up to a deposit's first vintage: retained, and mined before it."""
    return _sums(first, "statement") + _sums(first, "mined")


def _sums(entry: LedgerEntry, part: str) -> Counter[tuple[str, str]]:
    """Kilograms by (element, class) of one part of an entry, at its reporting cut-off."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in entry.content[part]:
        # depletion stands at the opening model's reporting cut-off, and only there
        if part != "depletion" and row["cutoff"] != entry.content["reporting_cutoff"]:
            continue
        sums[ORE, row["class"]] += row["ore_kg"]
        for element, figure in row["elements"].items():
            sums[element, row["class"]] += figure["metal_kg"]
    return sums


def _between(
    opening: LedgerEntry, closing: LedgerEntry, cumulative: Counter[tuple[str, str]]
) -> Iterable[Movement]:
    """Movements between two entries; ``cumulative`` holds what was identified at the opening."""
    before, after = retained_kg(opening), retained_kg(closing)
    mined = _sums(closing, "depletion")
    split = _split(opening, closing)
    elements = [ORE, *dict.fromkeys(opening.content["elements"] + closing.content["elements"])]
    for key in ((element, name) for element in elements for name in CLASSES):
        rest = after[key] - before[key] + mined[key]
        explored = rest if split == "explored" else 0
        yield Movement(
            belt_id=closing.belt_id,
            deposit_id=closing.deposit_id,
            element=key[0],
            class_name=key[1],
            opening_vintage=opening.vintage,
            closing_vintage=closing.vintage,
            opening_kg=before[key],
            mined_kg=mined[key],
            lost_kg=0,
            explored_kg=explored,
            recalculated_kg=rest - explored,
            sterilized_kg=0,
            closing_kg=after[key],
            cumulative_opening_kg=cumulative[key],
            cumulative_closing_kg=cumulative[key] + rest,
            split=split,
        )


def _split(opening: LedgerEntry, closing: LedgerEntry) -> Split:
    """Which heading takes the change beside mining."""
    changed = {
        name: opening.content[name] != closing.content[name]
        for name in ("data_hash", "plan_hash", "engine_version")
    }
    way_changed = changed["plan_hash"] or changed["engine_version"]
    if changed["data_hash"]:
        return "not separated" if way_changed else "explored"
    return "recalculated" if way_changed else "mined only"


def _added(lines: Sequence[Movement]) -> Movement:
    """The lines' quantities added; the rest as in the first, unless their splits differ."""
    sums = {
        name: sum(getattr(line, name) for line in lines) for name, _zh, _en in STATUTORY_COLUMNS
    }
    splits = {line.split for line in lines}
    split: Split = lines[0].split if len(splits) == 1 else "several"
    if "not separated" in splits:
        split = "not separated"
    return replace(lines[0], **sums, split=split)
