"""What moved between two entries of the ledger, by cause and kind, all elements and classes.

The causes come from an attribution in the ledger; without one, from what the two entries say of
their data, plan and program, as far as that tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tracking.ledger.entries import LedgerEntry
from tracking.mining.retained import records_between, retain
from tracking.movement.attribution import (
    Attribution,
    Step,
    check_attribution,
    mined_by,
    read_attribution,
)
from tracking.movement.growth_types import FACTOR_OF_TYPE, NOT_SEPARATED, Bar, growth_by_type
from tracking.movement.quantities import (
    Quantities,
    added,
    difference,
    part_kg,
    resource_kg,
    retained_kg,
)

Split = Literal[
    "attributed", "stated", "explored", "recalculated", "not separated", "mined only", "several"
]
"""Where the change beside mining was put, and why:

``attributed``: each cause under its own heading, as an attribution in the ledger says;
``stated``: the whole change under the cause that the closing report itself gives;
``explored``: more holes or composites, and no fewer of either, under an unchanged plan and engine,
so all of it is 勘查增减;
``recalculated``: unchanged data under another plan or engine, so all of it is 重算增减;
``not separated``: both changed, or other data that is not more of it, and no attribution tells how
much is whose; it stands under 重算增减 and part of it may be exploration's;
``mined only``: neither changed; what is left is rounding, under 重算增减;
``several``: a sum of lines of several of these kinds, each line put where it belongs.
"""

Stock = Literal["reported", "industrial", "low_grade"]
"""``reported``: all ore above the reporting cut-off; ``low_grade`` (低品位矿): the part of it below
the least industrial grade; ``industrial``: the rest. The last two add up to the first."""


Mining = Literal["stated", "partly", "unknown", "not deducted"]
"""What is known of mining between two figures: ``stated`` for all of the time; ``partly``: records
don't cover all of its days; ``unknown``: nothing says it, which is not zero; ``not deducted``:
there are records, and the closing estimate states nothing mined, so its metal is as before that
mining and how it grew isn't known."""


@dataclass(frozen=True)
class _Taken:
    """What mining took between two figures."""

    kg: Quantities
    lost_kg: Quantities
    mining: Mining
    follows: bool
    """Whether the closing estimate counts from the opening itself."""
    valued_in: int | None = None
    """See :attr:`Change.valued_in`."""


@dataclass(frozen=True)
class Change:
    """Everything that moved between two entries, all elements and classes."""

    opening: LedgerEntry
    closing: LedgerEntry
    opening_kg: Quantities
    closing_kg: Quantities
    mined_kg: Quantities
    lost_kg: Quantities
    sterilized_kg: Quantities
    bars: tuple[Bar, ...]
    growth: Mapping[str, Quantities]
    split: Split
    mining: Mining = "stated"
    valued_in: int | None = None
    """Entry in whose model mining is valued, where that isn't the opening's; 0: in the model of
    an older entry of the opening's date that isn't here. None: in the opening's own."""


def change_between(
    opening: LedgerEntry,
    closing: LedgerEntry,
    split: LedgerEntry | None,
    beside: Iterable[LedgerEntry] = (),
) -> Change:
    """What moved between two entries, by cause.

    ``split`` is the attribution's entry, None where there is none; ``beside`` see
    :func:`tracking.movement.movement.movements`.
    """
    before, after = _ends(opening, closing, split)
    taken = _taken(opening, closing, tuple(beside))
    depletion, lost, mining = taken.kg, taken.lost_kg, taken.mining
    sterilized: Quantities = Counter()
    if split is None:
        rest = difference(added([after, depletion]), before)
        heading, bar = _unattributed(opening, closing, rest)
        bars: tuple[Bar, ...] = (Bar("depletion", difference(Counter(), depletion)), bar)
    else:
        found = read_attribution(split.content)
        check_attribution(found, opening, closing)
        depletion, lost = mined_by(found, closing)
        mining = mining if mining == "not deducted" else "stated"
        heading, bars = "attributed", tuple(_bar(found, step) for step in found.steps)
        sterilized = added(step.sterilized_kg or Counter() for step in found.steps)
        if any(bar.also and not bar.explored and "drilling" in _names(bar) for bar in bars):
            heading = "not separated"
    return Change(
        opening=opening,
        closing=closing,
        opening_kg=before,
        closing_kg=after,
        mined_kg=difference(depletion, lost),
        lost_kg=lost,
        sterilized_kg=sterilized,
        bars=tuple(bar for bar in bars if bar.kg),
        growth=growth_by_type(bars, opening, closing, compared=taken.follows),
        split=heading,
        mining=mining,
        valued_in=taken.valued_in if split is None else None,
    )


def _ends(
    opening: LedgerEntry, closing: LedgerEntry, split: LedgerEntry | None
) -> tuple[Quantities, Quantities]:
    """Retained at both ends, like for like: low-grade ore is out where one end is filed without it.

    A split leads from one whole statement to the other.
    """
    if split is None and opening.kind != closing.kind:
        return resource_kg(opening), resource_kg(closing)
    return retained_kg(opening), retained_kg(closing)


def _taken(opening: LedgerEntry, closing: LedgerEntry, beside: Sequence[LedgerEntry]) -> _Taken:
    """What mining took between two figures.

    An estimate says it since the vintage before, so vintages that were left out between count
    too. Where the opening is a figure between two such vintages, and where a filed report closes,
    the mine's records of the days between count; without any, mining is unknown.
    """
    records = [entry for entry in beside if entry.kind == "mining"]
    estimates = [entry for entry in (opening, *beside) if entry.kind == "estimate"]
    if closing.kind == "estimate" and opening.vintage in {entry.vintage for entry in estimates}:
        between = [e for e in estimates if opening.vintage < e.vintage < closing.vintage]
        counts, valued_in = closing, None
        if not between and opening.kind == "estimate":
            counts, valued_in = _counted_from(opening, closing, estimates)
        depletion, lost = (
            added(part_kg(entry, part) for entry in (*between, counts))
            for part in ("depletion", "lost")
        )
        valued_in = valued_in if any(depletion.values()) else None
        follows = not between and opening.kind == "estimate" and valued_in is None
        left = not any(depletion.values()) and records_between(
            records, opening.vintage, closing.vintage
        )
        return _Taken(depletion, lost, "not deducted" if left else "stated", follows, valued_in)
    made = retain(opening, closing.vintage, (), records)
    depletion, lost = added(one.kg for one in made.taken), added(one.lost_kg for one in made.taken)
    known: Mining = ("partly" if made.uncovered else "stated") if made.taken else "unknown"
    return _Taken(depletion, lost, known, follows=False)


def _counted_from(
    opening: LedgerEntry, closing: LedgerEntry, estimates: Sequence[LedgerEntry]
) -> tuple[LedgerEntry, int | None]:
    """Which entry of the closing's date says what was mined, and the entry that values it if that
    isn't the opening.

    An estimate counts from the one of the date before that stood when it was entered. Where that
    isn't the opening, another estimate of the closing's date may count from the opening.
    """
    older = [entry for entry in estimates if entry.vintage == opening.vintage]

    def stood(entry: LedgerEntry) -> int:
        return max((e.number for e in older if e.number < entry.number), default=0)

    if stood(closing) == opening.number:
        return closing, None
    for other in estimates:
        if other.vintage == closing.vintage and stood(other) == opening.number:
            return other, None
    return closing, stood(closing)


def valued_words(number: int) -> tuple[str, str]:
    """What is said where mining is valued in another model than the opening's."""
    if not number:
        return (
            "开采量按期初日较早条目的模型估值",
            "mined valued in the model of an older entry of the opening date",
        )
    return (f"开采量按第 {number} 条的模型估值", f"mined valued in the model of entry {number}")


def _bar(found: Attribution, step: Step) -> Bar:
    """An attribution's step as a bar: explored where everything in it is."""
    explored = {"drilling", *(["domains"] if found.domains_are == "explored" else [])}
    names = {step.factor, *step.also}
    return Bar(step.factor, step.kg, step.also, explored=names <= explored)


def _names(bar: Bar) -> tuple[str, ...]:
    return (bar.factor, *bar.also)


def _unattributed(
    opening: LedgerEntry, closing: LedgerEntry, rest: Quantities
) -> tuple[Split, Bar]:
    """Which heading takes the change beside mining, and its cause where the entries tell it.

    Of a changed plan the entries don't say what changed in it, and of other data that didn't grow
    not whether it was corrected. What is left where nothing changed
    is the rounding of rows to whole kilograms.
    """
    if closing.kind == "outside":
        return _stated(closing, rest)
    names = ("data_hash", "plan_hash", "engine_version")
    data, plan, engine = (_differs(opening, closing, name) for name in names)
    if data:
        if plan or engine or not _more_data(opening, closing):
            return "not separated", Bar(NOT_SEPARATED, rest)
        return "explored", Bar("drilling", rest, explored=True)
    if not (plan or engine):
        return "mined only", Bar("method", rest)
    return "recalculated", Bar(NOT_SEPARATED if plan else "software", rest)


def _more_data(opening: LedgerEntry, closing: LedgerEntry) -> bool:
    """Whether there are more holes or composites than before, and not fewer of either."""
    counts = [(opening.content.get(n), closing.content.get(n)) for n in ("holes", "composites")]
    known = [now - was for was, now in counts if was is not None and now is not None]
    return len(known) == len(counts) and min(known) >= 0 and max(known) > 0


def _stated(closing: LedgerEntry, rest: Quantities) -> tuple[Split, Bar]:
    """The cause that a report gives for its own change, where it gives one."""
    kind = closing.content.get("growth_type")
    factor = FACTOR_OF_TYPE.get(str(kind))
    if factor is None:
        return "not separated", Bar(NOT_SEPARATED, rest)
    return "stated", Bar(factor, rest, explored=factor == "drilling", kind=str(kind))


def _differs(opening: LedgerEntry, closing: LedgerEntry, name: str) -> bool:
    """Whether two estimates differ in something."""
    return bool(opening.content.get(name) != closing.content[name])


def of_stock(change: Change, stock: Stock) -> Change:
    """The same change of one stock; what is known of all reported ore only goes to industrial ore.

    Mining, causes and geometry are told for all reported ore: of low-grade ore only what it is at
    either end is known. Where nothing was mined and there is one cause, it is low-grade ore's too;
    else its whole change stands as not separated, and the rest is industrial's.
    """
    if stock == "reported":
        return change
    cause = _only_cause(change)
    before, after = (stock_kg(end, stock) for end in (change.opening, change.closing))
    moved = difference(after, before)
    if stock == "low_grade":
        return replace(
            change,
            opening_kg=before,
            closing_kg=after,
            mined_kg=Counter(),
            lost_kg=Counter(),
            sterilized_kg=Counter(),
            bars=(replace(cause, kg=moved),),
            growth={NOT_SEPARATED: moved},
            split="not separated" if cause.factor == NOT_SEPARATED else change.split,
        )
    others = difference(moved, difference(change.closing_kg, change.opening_kg))
    unknown = added([change.growth.get(NOT_SEPARATED, Counter()), others])
    return replace(
        change,
        opening_kg=before,
        closing_kg=after,
        bars=(*change.bars, replace(cause, kg=others)),
        growth={**change.growth, NOT_SEPARATED: unknown},
    )


def _only_cause(change: Change) -> Bar:
    """The one cause of a change; none that is known where there are several, or mining."""
    if len(change.bars) == 1 and change.bars[0].factor != "depletion":
        return change.bars[0]
    return Bar(NOT_SEPARATED, Counter())


def stock_kg(entry: LedgerEntry, stock: Stock) -> Quantities:
    """What an entry retains of one stock."""
    if stock == "reported":
        return retained_kg(entry)
    return part_kg(entry, "low_grade") if stock == "low_grade" else resource_kg(entry)
