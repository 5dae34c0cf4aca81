"""Retained resource (保有) as of any date: the last estimate before it, less what was mined since.

What was mined is taken from surveyed volumes first; records of a mine count for days that no
volume covers. A record that lies partly beyond is taken by its days, evenly, and said to be. All
is whole kilograms, so that opening - taken = retained exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from estimation.plan import CLASSES
from estimation.statement.mined import MinedVolume
from estimation.studies import Words
from tracking.ledger.entries import LedgerEntry, kg
from tracking.movement.by_products import content_elements, symbols
from tracking.movement.quantities import ORE, Quantities, added, difference, part_kg, retained_kg

DAY = timedelta(days=1)

Days = tuple[date, date]
"""First and last day, both counted."""


@dataclass(frozen=True)
class Taken:
    """What one volume or record takes off."""

    source: Literal["volume", "record"]
    name: str
    """Date of the volume, or number of the record's entry."""
    days: int
    of_days: int
    """Days of the record that count, of all it has; 1 of 1 for a volume."""
    kg: Quantities
    """By element (or ore) and class; lost ore is in it."""
    lost_kg: Quantities
    """Part of it that is known to be lost."""


@dataclass(frozen=True)
class Retained:
    """One deposit's retained resource as of a date, at the reporting cut-off of its figure."""

    figure: LedgerEntry
    """The latest usable estimate up to the date."""
    as_of: date
    taken: tuple[Taken, ...]
    remarks: tuple[Words, ...]
    uncovered: tuple[Days, ...] = ()
    """Days after the figure's date that neither a volume nor a record covers."""
    before_mining: tuple[str, ...] = ()
    """Elements that a counted record doesn't state: what is left of them is as before it."""

    @property
    def content(self) -> tuple[str, ...]:
        """Elements below their threshold: content (含量), no resource."""
        return content_elements(self.figure)

    @property
    def opening_kg(self) -> Quantities:
        """As estimated, by (element or ore, class)."""
        return retained_kg(self.figure)

    @property
    def taken_kg(self) -> Quantities:
        """Mined and lost since, of elements that the figure states."""
        return added(one.kg for one in self.taken)

    @property
    def retained_kg(self) -> Quantities:
        """What is left."""
        return difference(self.opening_kg, self.taken_kg)


def figure_as_of(figures: Iterable[LedgerEntry], day: date) -> LedgerEntry | None:
    """The latest of a deposit's figures with an effective date up to ``day``; None before all."""
    past = [figure for figure in figures if figure.vintage <= day]
    return max(past, key=lambda figure: figure.vintage, default=None)


def retain(
    figure: LedgerEntry,
    day: date,
    volumes: Sequence[MinedVolume],
    records: Iterable[LedgerEntry],
) -> Retained:
    """Take off a figure what was mined after its date and up to ``day``.

    Parameters
    ----------
    figure, day
        The estimate, and the date asked for, on or after the estimate's.
    volumes
        Mined after the estimate's date and up to ``day``, valued in its model.
    records
        Mining entries of the deposit, any dates.
    """
    surveyed = max((volume.stage.as_of for volume in volumes), default=figure.vintage)
    counted = [_volume(volume) for volume in volumes]
    records = tuple(records)
    remarks: list[Words] = list(_not_deducted(figure, records))
    missing: list[tuple[int, str]] = []
    free = [(surveyed + DAY, day)]
    for entry in sorted(records, key=lambda entry: (_period(entry), entry.number)):
        whole = _period(entry)
        if whole[1] <= figure.vintage or whole[0] > day:
            continue
        days = [part for one in free if (part := _common(one, whole))]
        free = [part for one in free for part in _without(one, whole)]
        count = sum(_length(part) for part in days)
        if count:
            counted.append(_record(entry, count, figure))
            missing += [(entry.number, name) for name in _unstated(entry, figure)]
        remarks += _on_record(entry, count, surveyed if volumes else None)
    made = Retained(figure, day, tuple(counted), tuple(remarks))
    uncovered = tuple(days for days in free if days[0] <= days[1])
    remarks = [*made.remarks, *_on_sums(made, uncovered), *_on_elements(missing)]
    untouched = tuple(dict.fromkeys(name for _, name in missing))
    return Retained(figure, day, made.taken, tuple(remarks), uncovered, untouched)


def _volume(volume: MinedVolume) -> Taken:
    """A volume in whole kilograms; its lost ore by its rate."""
    rate = volume.stage.loss_rate or 0.0
    taken, lost = Quantities(), Quantities()
    for row in volume.taken:
        amounts = {ORE: row.ore_t} | {n: f.metal_t for n, f in row.elements.items()}
        for name, tonnes in amounts.items():
            taken[name, row.class_name] += kg(tonnes)
            lost[name, row.class_name] += kg(rate * tonnes)
    return Taken("volume", volume.stage.as_of.isoformat(), 1, 1, added([taken]), added([lost]))


def _record(entry: LedgerEntry, days: int, figure: LedgerEntry) -> Taken:
    """A record, by its days that count; elements that the figure doesn't state are left out."""
    total = _length(_period(entry))
    known = {ORE, *figure.content["elements"]}

    def share(part: Literal["depletion", "lost"]) -> Quantities:
        whole = part_kg(entry, part)
        return added([{k: _part(n, days, total) for k, n in whole.items() if k[0] in known}])

    return Taken("record", str(entry.number), days, total, share("depletion"), share("lost"))


def _unstated(entry: LedgerEntry, figure: LedgerEntry) -> list[str]:
    """Elements that a figure has metal of and a record doesn't state; empty is not zero."""
    stated = {name for row in entry.content["depletion"] for name in row["elements"]}
    held = {name for (name, _), amount in retained_kg(figure).items() if amount}
    return [name for name in figure.content["elements"] if name in held - stated]


def _on_elements(missing: Iterable[tuple[int, str]]) -> Iterator[Words]:
    """Elements of the figure that a record says nothing of, record by record."""
    by_record: dict[int, list[str]] = {}
    for number, name in missing:
        by_record.setdefault(number, []).append(name)
    for number, names in by_record.items():
        zh, en = symbols(names)
        yield Words(
            f"第 {number} 条开采记录未载明 {zh}：其保有量为该次开采前的数",
            f"mining record {number} doesn't state {en}: what is retained of them is as before "
            "this mining",
        )


def records_between(
    records: Iterable[LedgerEntry], since: date, until: date
) -> tuple[LedgerEntry, ...]:
    """Mining entries with days after ``since`` and up to ``until``."""
    return tuple(e for e in records if _period(e)[0] <= until and _period(e)[1] > since)


def _not_deducted(figure: LedgerEntry, records: Iterable[LedgerEntry]) -> Iterator[Words]:
    """Records up to an estimate's date that are in no sum, as the estimate states nothing mined.

    Only mined-out volumes are taken off an estimate.
    """
    mined = (part_kg(figure, "depletion"), part_kg(figure, "mined"))
    if figure.kind != "estimate" or any(any(part.values()) for part in mined):
        return
    for entry in records_between(records, date.min, figure.vintage):
        start, end = _period(entry)
        yield Words(
            f"第 {entry.number} 条开采记录（{start} 至 {end}）未从 {figure.vintage} 估算中扣除",
            f"mining record {entry.number} ({start} to {end}) is not taken off the estimate of "
            f"{figure.vintage}, which states nothing mined",
        )


def _part(amount_kg: int, days: int, total: int) -> int:
    """``amount_kg`` times days over total, to whole kilograms, half to even."""
    exact = Decimal(amount_kg) * days / total
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _on_record(entry: LedgerEntry, days: int, surveyed: date | None) -> Iterator[Words]:
    """What is to be said of how a record was counted."""
    start, end = _period(entry)
    name, total = entry.number, _length((start, end))
    if days == total:
        return
    by_volume = surveyed is not None and start <= surveyed
    zh = f"第 {name} 条开采记录（{start} 至 {end}）"
    en = f"mining record {name} ({start} to {end})"
    why_zh = f"；截至 {surveyed} 以采空区实测体积为准" if by_volume else ""
    why_en = f"; up to {surveyed} the surveyed volume counts instead" if by_volume else ""
    if not days:
        why_zh = why_zh or "：同期已有其他记录"
        why_en = why_en or ": another record covers its days"
        yield Words(f"{zh}未计入{why_zh}", f"{en} is not counted{why_en}")
        return
    yield Words(
        f"{zh}按天数平均计入 {days}/{total} 天{why_zh}",
        f"{en} is counted for {days} of its {total} days, evenly{why_en}",
    )


def _on_sums(made: Retained, free: Iterable[Days]) -> Iterator[Words]:
    """Days that nothing covers once mining is known, and classes from which too much was taken."""
    open_days = [f"{a}..{b}" for a, b in free]
    mine = made.taken or any(part_kg(made.figure, "mined").values())
    if mine and open_days:
        said = ", ".join(open_days)
        yield Words(
            f"{said} 无采空区体积或开采记录，视为未开采",
            f"{said}: neither a mined volume nor a record; taken as not mined",
        )
    for name in CLASSES:
        if made.retained_kg[ORE, name] < 0:
            yield Words(
                f"{name}：开采量超过估算资源量，请核对开采记录的类别",
                f"{name}: more was mined than was estimated; check the classes of the records",
            )


def _period(entry: LedgerEntry) -> Days:
    """First and last day of a mining entry."""
    return date.fromisoformat(entry.content["start"]), date.fromisoformat(entry.content["end"])


def _length(days: Days) -> int:
    return (days[1] - days[0]).days + 1


def _common(one: Days, other: Days) -> Days | None:
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first <= last else None


def _without(one: Days, other: Days) -> list[Days]:
    """Days of ``one`` that are not in ``other``."""
    if _common(one, other) is None:
        return [one]
    parts = [(one[0], other[0] - DAY), (other[1] + DAY, one[1])]
    return [part for part in parts if part[0] <= part[1]]
