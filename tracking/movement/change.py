"""What moved between two entries of the ledger, by cause and kind, all elements and classes.

The causes come from an attribution in the ledger; without one, from what the two entries say of
their data, plan and program, as far as that tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tracking.ledger.entries import LedgerEntry
from tracking.mining.retained import retain
from tracking.movement.attribution import Attribution, Step, check_attribution, read_attribution
from tracking.movement.growth_types import FACTOR_OF_TYPE, NOT_SEPARATED, Bar, growth_by_type
from tracking.movement.quantities import Quantities, added, difference, part_kg, retained_kg

Split = Literal[
    "attributed", "stated", "explored", "recalculated", "not separated", "mined only", "several"
]
"""Where the change beside mining was put, and why:

``attributed``: each cause under its own heading, as an attribution in the ledger says;
``stated``: the whole change under the cause that the closing report itself gives;
``explored``: new data under an unchanged plan and engine, so all of it is 勘查增减;
``recalculated``: unchanged data under another plan or engine, so all of it is 重算增减;
``not separated``: both changed, and no attribution tells how much is whose; it stands under
重算增减 and part of it is exploration's;
``mined only``: neither changed; what is left is rounding, under 重算增减;
``several``: a sum of lines of several of these kinds, each line put where it belongs.
"""

Stock = Literal["reported", "industrial", "low_grade"]
"""``reported``: all ore above the reporting cut-off; ``low_grade`` (低品位矿): the part of it below
the least industrial grade; ``industrial``: the rest. The last two add up to the first."""


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
    before, after = retained_kg(opening), retained_kg(closing)
    depletion, lost = _taken(opening, closing, beside)
    sterilized: Quantities = Counter()
    if split is None:
        rest = difference(added([after, depletion]), before)
        heading, bar = _unattributed(opening, closing, rest)
        bars: tuple[Bar, ...] = (Bar("depletion", difference(Counter(), depletion)), bar)
    else:
        found = read_attribution(split.content)
        check_attribution(found, opening, closing)
        depletion = added([part_kg(closing, "depletion"), found.mined_between or Counter()])
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
        growth=growth_by_type(bars, opening, closing),
        split=heading,
    )


def _taken(
    opening: LedgerEntry, closing: LedgerEntry, beside: Iterable[LedgerEntry]
) -> tuple[Quantities, Quantities]:
    """What mining took between two figures, and the part of it that was lost.

    An estimate says it since the vintage before, so vintages that were left out between count
    too; a filed report doesn't say it, so the mine's records of the days between count.
    """
    if closing.kind == "estimate":
        between = [
            entry
            for entry in beside
            if entry.kind == "estimate" and opening.vintage < entry.vintage < closing.vintage
        ]
        depletion, lost = (
            added(part_kg(entry, part) for entry in (*between, closing))
            for part in ("depletion", "lost")
        )
        return depletion, lost
    records = [entry for entry in beside if entry.kind == "mining"]
    taken = retain(opening, closing.vintage, (), records).taken
    return added(one.kg for one in taken), added(one.lost_kg for one in taken)


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

    Of a changed plan the entries don't say what changed in it. What is left where nothing changed
    is the rounding of rows to whole kilograms.
    """
    if closing.kind == "outside":
        return _stated(closing, rest)
    names = ("data_hash", "plan_hash", "engine_version")
    data, plan, engine = (_differs(opening, closing, name) for name in names)
    if data:
        if plan or engine:
            return "not separated", Bar(NOT_SEPARATED, rest)
        return "explored", Bar("drilling", rest, explored=True)
    if not (plan or engine):
        return "mined only", Bar("method", rest)
    return "recalculated", Bar(NOT_SEPARATED if plan else "software", rest)


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
    before = stock_kg(change.opening, change.opening_kg, stock)
    after = stock_kg(change.closing, change.closing_kg, stock)
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


def stock_kg(entry: LedgerEntry, reported: Quantities, stock: Stock) -> Quantities:
    """Part of an entry's reported ore; what was mined before the first vintage was industrial.

    An estimate's low-grade ore is part of what it reports, a filed report's stands beside it.
    """
    low = part_kg(entry, "low_grade")
    if stock == "low_grade":
        return low
    return Counter(reported) if entry.kind == "outside" else difference(reported, low)
