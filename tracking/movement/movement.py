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
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from estimation.plan import CLASSES
from tracking.ledger.entries import FIGURES, LedgerEntry
from tracking.movement.by_products import is_content, listed_under
from tracking.movement.change import (
    Change,
    Mining,
    Split,
    Stock,
    change_between,
    of_stock,
    stock_kg,
)
from tracking.movement.quantities import (
    ORE,
    Part,
    added,
    part_kg,
    retained_kg,
    states_ore,
)

Key = tuple[str, str]
"""Element (or :data:`ORE`) and class."""

__all__ = [
    "ORE",
    "STATUTORY_COLUMNS",
    "TOTAL",
    "Movement",
    "Split",
    "Stock",
    "add_classes",
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
    ("sterilized_kg", "压覆量", "Sterilized"),
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
    another, and is zero in the total. Where mining is unknown, what it took is within explored
    and recalculated, and cumulative identified is known only as far as the reports state it.

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
    mined_kg: int | None
    """None: unknown, like ``lost_kg``."""
    lost_kg: int | None
    explored_kg: int
    recalculated_kg: int
    sterilized_kg: int
    closing_kg: int
    cumulative_opening_kg: int | None
    """None: unknown, like ``cumulative_closing_kg``."""
    cumulative_closing_kg: int | None
    split: Split
    stock: Stock = "reported"
    bars: Parts = field(default_factory=dict)
    """Change by factor (``attribution.FACTOR_NAMES``, or ``not_separated``)."""
    growth: Parts = field(default_factory=dict)
    """Change by kind (:data:`tracking.movement.growth_types.GROWTH_TYPES`)."""
    mining: Mining = "stated"
    stated_identified_kg: int | None = None
    """累计查明 as the closing report states it itself; the account's own is beside it."""
    valued_in: int | None = None
    """Entry in whose model mining is valued (:attr:`tracking.movement.change.Change.valued_in`)."""
    is_content: bool = False
    """Below its threshold at the closing: content (含量), no resource."""
    listed_under: str | None = None
    """Class in whose rows the metal stands (†); then this line's zeros are blanks."""

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
        parts = [sum(some.values()) for some in (self.bars, self.growth) if some]
        ends = (self.cumulative_opening_kg, self.cumulative_closing_kg)
        known = self.mined_kg is not None and ends[0] is not None and ends[1] is not None
        cumulative = not known or (ends[1] or 0) - (ends[0] or 0) == self.additions_kg
        return {columns, *parts} == {change} and cumulative

    @property
    def off_identified_kg(self) -> int:
        """The closing report's own 累计查明 less the account's; 0 where one isn't known."""
        stated, own = self.stated_identified_kg, self.cumulative_closing_kg
        return 0 if stated is None or own is None else stated - own

    @property
    def additions_kg(self) -> int:
        """勘查增减 + 重算增减."""
        return self.explored_kg + self.recalculated_kg

    @property
    def depletion_kg(self) -> int:
        """消耗（动用）= 开采量 + 损失量, as far as it is known (``mining``)."""
        return (self.mined_kg or 0) + (self.lost_kg or 0)


def movements(
    figures: Iterable[LedgerEntry],
    attributions: Mapping[tuple[int, int], LedgerEntry] | None = None,
    *,
    stock: Stock = "reported",
    beside: Iterable[LedgerEntry] = (),
    official: bool = False,
) -> tuple[Movement, ...]:
    """Return the movements of one deposit between each two vintages that follow each other.

    Every class of every element (and :data:`ORE`) that both ends state is there, ordered by
    interval, element, class; of several entries of one vintage the latest counts. Low-grade ore
    has lines only where a figure tells it apart.

    ``attributions``: (number of the opening entry, of the closing entry) -> the entry that splits
    the change; without one see :data:`Split`. ``beside``: entries that say what was mined between
    figures: estimates of vintages that the account leaves out, and mining records. ``official``:
    the figures are the filed ones, their resource without low-grade ore
    (:func:`tracking.movement.quantities.resource_kg`); so it is where any is from outside.

    Raises ValueError where the entries are of more than one deposit, and EstimationError where an
    attribution doesn't lead from its opening to its closing figure.
    """
    kept, beside = account_of(figures), tuple(beside)
    if len({entry.deposit_id for entry in kept}) > 1:
        raise ValueError("movements are of one deposit; these entries are of several")
    if stock != "reported" and not any(entry.content.get("low_grade") for entry in kept):
        return ()
    filed = official or any(entry.kind == "outside" for entry in kept)
    counted: Stock = "industrial" if filed and stock == "reported" else stock
    found: list[Movement] = []
    cumulative = _identified(kept[0], counted) if kept else {}
    for opening, closing in pairwise(kept):
        split = (attributions or {}).get((opening.number, closing.number))
        change = of_stock(change_between(opening, closing, split, beside), counted)
        stated = _identified(closing, counted) if closing.kind == "outside" else {}
        found += _lines(change, cumulative, stated, stock)
    return tuple(found)


def _identified(figure: LedgerEntry, stock: Stock) -> dict[Key, int]:
    """Kilograms of one stock identified up to a figure, of what it states and no more.

    What an estimate says was mined before it was industrial ore.
    """
    if figure.kind == "outside":
        part: Part = "identified_low_grade" if stock == "low_grade" else "identified"
        held = part_kg(figure, part)
        names = dict.fromkeys(name for name, _ in held)
    else:
        mined = part_kg(figure, "mined") if stock != "low_grade" else {}
        held = added([stock_kg(figure, stock), mined])
        names = dict.fromkeys((ORE, *figure.content["elements"]))
    return {(name, class_name): held[name, class_name] for name in names for class_name in CLASSES}


def account_of(figures: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The latest figure of each deposit and vintage, in that order.

    A figure from outside that states no class (a total of a report or a statistic) can't move by
    class, and is left out; an estimate without rows says that nothing is left.
    """
    latest: dict[tuple[str, date], LedgerEntry] = {}
    for entry in sorted(figures, key=lambda entry: entry.number):
        if entry.kind == "estimate" or (entry.kind in FIGURES and entry.content["statement"]):
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
        stated_identified_kg=last.stated_identified_kg,
    )


def _lines(
    change: Change, cumulative: MutableMapping[Key, int], stated: Mapping[Key, int], stock: Stock
) -> Iterator[Movement]:
    """Lines of one interval.

    ``cumulative``: identified at the opening as far as it is known, brought up to the closing
    here; ``stated``: identified at the closing by its own report.
    """
    explored = added(bar.kg for bar in change.bars if bar.explored)
    keys = [(element, name) for element in _common(change) for name in CLASSES]
    known = dict(cumulative)
    cumulative.clear()
    cumulative.update(stated)
    for key in keys:
        line = _line(change, key, explored[key], known.get(key))
        if line.cumulative_closing_kg is not None:
            cumulative[key] = line.cumulative_closing_kg
        else:
            line = replace(line, cumulative_closing_kg=stated.get(key))
        yield replace(line, stock=stock, stated_identified_kg=stated.get(key))


def _line(change: Change, key: Key, explored_kg: int, cumulative_kg: int | None) -> Movement:
    """One line; what was identified at its closing is known only where mining is."""
    known = change.mining not in ("unknown", "not deducted")
    mined, lost, overlain = (
        kg[key] for kg in (change.mined_kg, change.lost_kg, change.sterilized_kg)
    )
    additions = change.closing_kg[key] - change.opening_kg[key] + mined + lost + overlain
    carried = known and cumulative_kg is not None
    stated = change.closing_kg[key] or change.opening_kg[key] or mined
    return Movement(
        belt_id=change.closing.belt_id,
        deposit_id=change.closing.deposit_id,
        element=key[0],
        class_name=key[1],
        opening_vintage=change.opening.vintage,
        closing_vintage=change.closing.vintage,
        opening_kg=change.opening_kg[key],
        mined_kg=mined if known else None,
        lost_kg=lost if known else None,
        explored_kg=explored_kg,
        recalculated_kg=additions - explored_kg,
        sterilized_kg=overlain,
        closing_kg=change.closing_kg[key],
        cumulative_opening_kg=cumulative_kg,
        cumulative_closing_kg=(cumulative_kg or 0) + additions if carried else None,
        split=change.split,
        bars=_sum([{bar.factor: bar.kg[key]} for bar in change.bars]),
        growth={name: kg[key] for name, kg in change.growth.items()},
        mining=change.mining,
        valued_in=change.valued_in if mined else None,
        is_content=is_content(change.closing, key[0]),
        listed_under=None if stated else listed_under((change.opening, change.closing), *key),
    )


def _common(change: Change) -> list[str]:
    """Ore and elements that move: those that both ends state, where one is from outside.

    What an estimate evaluates for the first time, or no more, moves from and to nothing.
    """
    ends = (change.opening, change.closing)
    elements = list(dict.fromkeys(name for end in ends for name in end.content["elements"]))
    if any(end.kind == "outside" for end in ends):
        stated = [_stated(end) for end in ends]
        elements = [name for name in elements if name in stated[0] and name in stated[1]]
    return [*([ORE] if all(states_ore(end) for end in ends) else []), *elements]


def _stated(figure: LedgerEntry) -> frozenset[str]:
    """Elements whose retained metal a figure states."""
    if figure.kind == "estimate":
        return frozenset(figure.content["elements"])
    return frozenset(name for row in figure.content["statement"] for name in row["elements"])


def _added(lines: Sequence[Movement], **changes: Any) -> Movement:
    """The lines' quantities added; the rest as in the first, unless their splits differ."""
    names = (*(name for name, _zh, _en in STATUTORY_COLUMNS), "stated_identified_kg")
    sums = {name: _total([getattr(line, name) for line in lines]) for name in names}
    splits = {line.split for line in lines}
    split: Split = lines[0].split if len(splits) == 1 else "several"
    if "not separated" in splits:
        split = "not separated"
    parts: dict[str, Any] = {
        "bars": _sum([one.bars for one in lines]),
        "growth": _sum([one.growth for one in lines]),
    }
    listed = {line.listed_under for line in lines}
    parts["listed_under"] = listed.pop() if len(listed) == 1 else None
    valued = [line.valued_in for line in lines if line.valued_in is not None]
    parts["valued_in"] = valued[0] if valued else None
    said = {line.mining for line in lines}
    mining = next(n for n in ("not deducted", "unknown", "partly", "stated") if n in said)
    return replace(lines[0], **{**sums, **parts, "split": split, "mining": mining, **changes})


def _total(amounts: Iterable[int | None]) -> int | None:
    """The sum; None where one isn't known."""
    known = list(amounts)
    return None if None in known else sum(amount or 0 for amount in known)


def _sum(parts: Iterable[Parts]) -> Parts:
    """Parts added by name, in the order in which they first stand."""
    total: Counter[str] = Counter()
    for some in parts:
        total.update(some)
    return dict(total)
