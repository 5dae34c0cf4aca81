"""The official view: growth by filed figures only, beside the internal one, never mixed with it.

A filed figure has three dates: effective (基准日), filed (备案日) and statistics year (入统年度).
Which of them decides whether it was known at the baseline's date changes the growth, so all three
are stated. Filed figures seldom say what was mined between them: net growth is the change of
retained metal; gross growth needs cumulative identified metal stated at both ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from estimation.plan import CLASSES
from tracking.forms.outside import stated_kg
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.standing import Standing
from tracking.movement.quantities import part_kg
from tracking.target.course import Excluded, Question, discovery_date

if TYPE_CHECKING:
    from tracking.ledger.book import Book

Dating = Literal["effective", "filed", "statistics"]
"""Date by which a figure is in the baseline or after it: 基准日, 备案日 or 入统年度."""


@dataclass(frozen=True)
class OfficialView:
    """Filed figures since a baseline's date, tonnes of metal in the target's classes."""

    dating: Dating
    base_t: float | None
    """Retained metal of the deposits' last filed figures at the baseline's date; None: none."""
    retained_t: float | None
    """Of their newest filed figures."""
    as_of: date | None
    """Effective date of the newest filed figure."""
    net_growth_pct: float | None
    """Of the baseline's figure (of ``base_t`` where the baseline is our own sum)."""
    gross_growth_pct: float | None
    """None unless cumulative identified metal is stated at both ends for every deposit."""
    deposits: tuple[str, ...]
    excluded: tuple[Excluded, ...]


@dataclass(frozen=True)
class _Pair:
    """One deposit's filed figures: known at the baseline's date, and now."""

    deposit_id: str
    base_kg: int
    now_kg: int
    identified_kg: int | None
    """Change of cumulative identified; None where it isn't stated at both ends."""
    as_of: date


def official_views(
    book: Book, wanted: Iterable[str], day: date | None, written_t: float | None, question: Question
) -> tuple[OfficialView, ...]:
    """The view by each of the three dates, for the ``wanted`` deposits; none without a date.

    ``written_t``: the baseline's tonnage where it is not our own sum; growth is in percent of it.
    """
    if day is None:
        return ()
    standings = {(one.deposit_id, one.vintage, one.series): one for one in book.standings}
    histories: dict[str, list[LedgerEntry]] = {}
    for entry in sorted(book.official, key=lambda entry: (entry.vintage, entry.number)):
        histories.setdefault(entry.deposit_id, []).append(entry)
    found = []
    for dating in get_args(Dating):
        pairs = []
        for name in wanted:
            history = [(_dated(e, standings, dating), e) for e in histories.get(name, ())]
            pairs.append(_pair(name, history, day, question))
        found.append(_view(pairs, dating, written_t))
    return tuple(found)


def _view(
    pairs: Sequence[_Pair | Excluded], dating: Dating, written_t: float | None
) -> OfficialView:
    """The deposits' sum by one date."""
    kept = [one for one in pairs if isinstance(one, _Pair)]
    base_kg = sum(one.base_kg for one in kept)
    net_kg = sum(one.now_kg for one in kept) - base_kg
    known = [one.identified_kg for one in kept if one.identified_kg is not None]
    base_t = written_t or base_kg / 1000
    gross_kg = sum(known) if len(known) == len(kept) else None
    return OfficialView(
        dating=dating,
        base_t=base_kg / 1000 if kept else None,
        retained_t=sum(one.now_kg for one in kept) / 1000 if kept else None,
        as_of=max((one.as_of for one in kept), default=None),
        net_growth_pct=net_kg / 10 / base_t if kept and base_t else None,
        gross_growth_pct=None if gross_kg is None or not base_t else gross_kg / 10 / base_t,
        deposits=tuple(one.deposit_id for one in kept),
        excluded=tuple(one for one in pairs if isinstance(one, Excluded)),
    )


def _dated(
    entry: LedgerEntry, standings: Mapping[tuple[str, date, str], Standing], dating: Dating
) -> date | None:
    """The date that a filed figure counts by; None where it isn't recorded."""
    standing = standings.get((entry.deposit_id, entry.vintage, entry.series))
    if dating == "effective" or standing is None:
        return entry.vintage if dating == "effective" else None
    if dating == "filed":
        return standing.filed_date
    return None if standing.stat_year is None else date(standing.stat_year, 12, 31)


def _pair(
    name: str, history: Sequence[tuple[date | None, LedgerEntry]], day: date, question: Question
) -> _Pair | Excluded:
    """One deposit's filed figures at the baseline's date and now, or why there are none."""
    stated = [(when, e, kg) for when, e in history if (kg := _kg(e, question)) is not None]
    if not stated:
        text = "没有已备案的数字", "no filed figure"
        return Excluded(history[0][1].belt_id if history else "", name, *text)
    newest, now_kg = stated[-1][1:]
    known = [(entry, kg) for when, entry, kg in stated if when is not None and when <= day]
    found = discovery_date(newest)
    if not known and (found is None or found <= day):
        return Excluded(
            newest.belt_id,
            name,
            f"没有 {day} 及以前的备案数（最早基准日 {stated[0][1].vintage}）",
            f"no filed figure of {day} or before (the first is as of {stated[0][1].vintage})",
        )
    if not known:
        change = _kg(newest, question, "identified")
        return _Pair(name, 0, now_kg, change, newest.vintage)
    opening, base_kg = known[-1]
    ends = [_kg(entry, question, "identified") for entry in (opening, newest)]
    change = None if ends[0] is None or ends[1] is None else ends[1] - ends[0]
    return _Pair(name, base_kg, now_kg, 0 if opening is newest else change, newest.vintage)


def _kg(entry: LedgerEntry, question: Question, part: str = "statement") -> int | None:
    """Kilograms that a filed figure states; None where it says nothing of the element.

    A figure that isn't split into classes counts only where all of the target's are asked.
    """
    if entry.kind == "outside" and len(question.classes) == len(CLASSES):
        return stated_kg(entry.content, question.element, part)
    if part != "statement":
        return None
    held = part_kg(entry, "statement")
    if not any(element == question.element for element, _ in held):
        return None
    return question.of(held)
