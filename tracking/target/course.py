"""One deposit's course from a baseline's date on: what it held then, and what happened since.

All quantities are whole kilograms of one element, the asked classes added. What happened before the
baseline's date is told apart (基期前) and is never growth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from estimation.plan import ClassName
from tracking.ledger.entries import LedgerEntry
from tracking.movement.attribution import read_attribution
from tracking.movement.growth_types import DEPLETION, DISCOVERY
from tracking.movement.movement import Movement
from tracking.movement.quantities import identified_kg, retained_kg
from tracking.target.spread import Spread, simulated

Attributions = Mapping[tuple[int, int], LedgerEntry]
"""(number of the opening entry, of the closing entry) -> the geologist's split between them."""


@dataclass(frozen=True)
class Question:
    """Which metal is asked for, and whether tonnages written in the target answer it."""

    element: str
    classes: tuple[ClassName, ...]
    is_the_targets: bool

    def of(self, sums: Mapping[tuple[str, str], int]) -> int:
        """The asked element's kilograms in the asked classes."""
        return sum(sums.get((self.element, name), 0) for name in self.classes)


@dataclass(frozen=True)
class Excluded:
    """A deposit whose growth can't be measured from a baseline, and why."""

    belt_id: str
    deposit_id: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class Before:
    """What happened before a baseline's date (基期前): shown, never counted as growth."""

    belt_id: str
    deposit_id: str
    date: date
    kind: Literal["discovery", "change"]
    """``discovery``: the first figure of a deposit discovered before the date; ``change``: what
    exploration and recalculation changed between two figures before it."""
    metal_t: float


@dataclass(frozen=True)
class Interval:
    """What happened between two figures that follow each other, kilograms."""

    closing: date
    explored_kg: int
    recalculated_kg: int
    depletion_kg: int
    """Mined and lost."""
    sterilized_kg: int
    index_kg: int | None
    """Part of the additions that another cut-off (工业指标) made; None: not separable."""
    by_type: Mapping[str, int]
    """Growth type (``growth_types.GROWTH_TYPES``) -> kilograms with their sign."""

    @property
    def additions_kg(self) -> int:
        """勘查增减 + 重算增减."""
        return self.explored_kg + self.recalculated_kg


@dataclass(frozen=True)
class Course:
    """One deposit from a baseline's date on."""

    belt_id: str
    province: str | None
    """Chinese name; None where the entries don't say."""
    deposit_id: str
    dates: tuple[date, ...]
    """The baseline's date and the vintages after it."""
    retained_kg: int
    """At the baseline's date, like ``identified_kg``; zero for a discovery after it."""
    identified_kg: int
    low_grade_kg: int | None
    """Of the retained metal of the newest figure: low-grade ore (低品位); None: not told apart."""
    intervals: tuple[Interval, ...]
    carried_from: date | None
    """Vintage of the figure that stands for the baseline's date, where it is older."""
    discovered: date | None
    """Date of discovery, where that is after the baseline's date: growth is from zero."""
    before: tuple[Before, ...]
    spread: Spread | None
    """Of the newest figure; None where no simulation stands behind it."""


@dataclass(frozen=True)
class History:
    """One deposit's figures and what moved between them."""

    figures: tuple[LedgerEntry, ...]
    """In order of vintage, one of each."""
    moves: tuple[Movement, ...]
    """Between each two that follow each other (:func:`tracking.movement.movement.movements`)."""
    attributions: Attributions


def course_of(past: History, day: date, question: Question) -> Course | Excluded:
    """One deposit's course from ``day`` on, or why there is none.

    Its baseline is its last figure on or before ``day``; a deposit without one counts from zero
    where its registry says that it was discovered after ``day``, and is left out otherwise.
    """
    history = past.figures
    if not any(question.element in entry.content["elements"] for entry in history):
        text = symbol_of(question.element)
        return excluded(history[0], f"未评价 {text}", f"{text} is not evaluated")
    content = _below_threshold(history[-1], question.element)
    if content:
        return content
    known = [entry for entry in history if entry.vintage <= day]
    found = discovery_date(history[-1])
    if not known and (found is None or found <= day):
        return _unknown_then(history[0], day, found)
    opening = known[-1] if known else None
    lines = intervals_of(past, question)
    start = opening.vintage if opening else date.min
    unknown = _not_deducted(past, start)
    if unknown:
        return unknown
    first = history[0]
    base_identified = 0
    if opening:
        earlier = sum(one.additions_kg for one in lines if one.closing <= start)
        base_identified = question.of(identified_kg(first)) + earlier
    sure = simulated(history[-1], question.element, question.classes)
    return Course(
        belt_id=first.belt_id,
        province=_province(history[-1]),
        deposit_id=first.deposit_id,
        dates=(day, *(entry.vintage for entry in history if entry.vintage > day)),
        retained_kg=question.of(retained_kg(opening)) if opening else 0,
        identified_kg=base_identified,
        low_grade_kg=_low_grade_kg(history[-1], question),
        intervals=(
            *(() if opening else (_discovery(first, question),)),
            *(one for one in lines if one.closing > start),
        ),
        carried_from=start if opening and start < day else None,
        discovered=None if opening else found,
        before=_before(history, lines, start, question) if opening else (),
        spread=sure.spread if sure else None,
    )


def intervals_of(history: History, question: Question) -> tuple[Interval, ...]:
    """What happened between each two figures of one deposit, in order."""
    groups: dict[date, list[Movement]] = {}
    for line in history.moves:
        if line.element == question.element and line.class_name in question.classes:
            groups.setdefault(line.closing_vintage, []).append(line)
    found = []
    for opening, closing in pairwise(history.figures):
        lines = groups.get(closing.vintage, [])
        split = history.attributions.get((opening.number, closing.number))
        by_type: Counter[str] = Counter()
        for line in lines:
            by_type.update(dict(line.growth))
        found.append(
            Interval(
                closing=closing.vintage,
                explored_kg=sum(line.explored_kg for line in lines),
                recalculated_kg=sum(line.recalculated_kg for line in lines),
                depletion_kg=sum(line.depletion_kg for line in lines),
                sterilized_kg=sum(line.sterilized_kg for line in lines),
                index_kg=index_change_kg(opening, closing, split, question),
                by_type=by_type,
            )
        )
    return tuple(found)


def index_change_kg(
    opening: LedgerEntry, closing: LedgerEntry, split: LedgerEntry | None, question: Question
) -> int | None:
    """Part of a change that another cut-off made; None where it can't be told.

    From the geologist's split where there is one. Else zero under an unchanged plan: the same
    reporting cut-off in another plan may stand beside other 工业指标 (minimum thickness, cut-offs
    of by-products), so that can't be told. Under another cut-off it is the closing model's metal
    at the closing less that at the opening's cut-off, where the statement has rows at both.
    """
    if split is not None:
        steps = read_attribution(split.content).steps
        own = [step for step in steps if "cutoff" in (step.factor, *step.also)]
        if any(step.also for step in own):
            return None
        return sum(question.of(step.kg) for step in own)
    before, after = opening.content, closing.content
    if before["main_element"] != after["main_element"]:
        return None
    cutoff = before["reporting_cutoff"]
    if cutoff == after["reporting_cutoff"]:
        return 0 if before["plan_hash"] == after["plan_hash"] else None
    rows = [row for row in after["statement"] if row["cutoff"] == cutoff]
    if not rows:
        return None
    at_the_old = sum(
        row["elements"][question.element]["metal_kg"]
        for row in rows
        if row["class"] in question.classes and question.element in row["elements"]
    )
    return question.of(retained_kg(closing)) - at_the_old


def discovery_date(entry: LedgerEntry) -> date | None:
    """Date on which the registry says that a deposit was discovered."""
    registry = entry.content.get("registry") or {}
    found = registry.get("discovered") or {}
    day = found.get("date") if isinstance(found, Mapping) else found
    return None if day is None else date.fromisoformat(str(day))


def _discovery(first: LedgerEntry, question: Question) -> Interval:
    """The first figure of a deposit discovered after the baseline's date: all of it was found."""
    identified = question.of(identified_kg(first))
    depleted = identified - question.of(retained_kg(first))
    by_type = {DISCOVERY: identified, DEPLETION: -depleted}
    return Interval(first.vintage, identified, 0, depleted, 0, 0, by_type)


def _before(
    history: Sequence[LedgerEntry], lines: Sequence[Interval], start: date, question: Question
) -> tuple[Before, ...]:
    """What the figures up to the baseline's say happened before it."""
    first = history[0]
    where = (first.belt_id, first.deposit_id)
    found = []
    if (day := discovery_date(history[-1])) is not None:
        amount_t = question.of(identified_kg(first)) / 1000
        found.append(Before(*where, day, "discovery", amount_t))
    found += [
        Before(*where, one.closing, "change", one.additions_kg / 1000)
        for one in lines
        if one.closing <= start and one.additions_kg
    ]
    return tuple(found)


def excluded(entry: LedgerEntry, zh: str, en: str) -> Excluded:
    """A deposit left out, by one of its entries, and why."""
    return Excluded(entry.belt_id, entry.deposit_id, zh, en)


def _below_threshold(entry: LedgerEntry, element: str) -> Excluded | None:
    """An element below its threshold is content (含量), no resource: it can't grow as one."""
    if (entry.content.get("judged") or {}).get(element) != "BELOW_THRESHOLD":
        return None
    text = symbol_of(element)
    return excluded(
        entry,
        f"{text} 低于评价指标，为含量，不作资源量",
        f"{text} is below its threshold: content, not a resource",
    )


def _not_deducted(past: History, start: date) -> Excluded | None:
    """Growth isn't known where mining records stand beside an estimate that takes nothing off."""
    for line in past.moves:
        if line.closing_vintage > start and line.mining == "not deducted":
            days = f"{line.opening_vintage}..{line.closing_vintage}"
            return excluded(
                past.figures[0],
                f"{days} 开采记录未从估算中扣除，净增长未知",
                f"{days}: mining records are not taken off the estimate, growth is not known",
            )
    return None


def symbol_of(element: str) -> str:
    """Chemical symbol of an element column: ``cu_pct`` -> ``Cu``."""
    return element.split("_", 1)[0].capitalize()


def _unknown_then(first: LedgerEntry, day: date, found: date | None) -> Excluded:
    """Why a deposit first estimated after the baseline's date has no growth from it."""
    if found is not None:
        return excluded(
            first,
            f"基期前：{found} 发现，但台账中没有 {day} 及以前的估算，增量无法与基期分开",
            f"before the base date: discovered {found}, but no estimate up to {day} to measure "
            "growth from",
        )
    return excluded(
        first,
        f"台账中没有 {day} 及以前的估算（最早为 {first.vintage}），也未登记发现日期",
        f"no estimate as of {day} or before in the ledger (the first is {first.vintage}), and no "
        "registered date of discovery",
    )


def _province(entry: LedgerEntry) -> str | None:
    """A deposit's province in Chinese, where its entry says it."""
    province = entry.content.get("province")
    return None if province is None else str(province["zh"])


def _low_grade_kg(entry: LedgerEntry, question: Question) -> int | None:
    """Low-grade metal that an entry tells apart; None where it doesn't."""
    rows = entry.content.get("low_grade")
    if not rows:
        return None
    kept = [row for row in rows if row["class"] in question.classes]
    figures = [row["elements"].get(question.element) for row in kept]
    return sum(figure["metal_kg"] for figure in figures if figure)
