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
from tracking.movement.quantities import identified_kg, resource_kg, retained_kg, rows_kg
from tracking.target.course import Excluded, Question, discovery_date

if TYPE_CHECKING:
    from tracking.ledger.book import Book

Dating = Literal["effective", "filed", "statistics"]
"""Date by which a figure is in the baseline or after it: 基准日, 备案日 or 入统年度."""

FigurePart = Literal["statement", "identified"]
"""保有 or 累计查明."""


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
    cutoffs: tuple[float | None, ...]
    """Cut-offs that the counted figures were filed at, lowest first; None: not stated."""


@dataclass(frozen=True)
class _Pair:
    """One deposit's filed figures: known at the baseline's date, and now."""

    deposit_id: str
    base_kg: int
    now_kg: int
    identified_kg: int | None
    """Change of cumulative identified; None where it isn't stated at both ends."""
    as_of: date
    cutoffs: tuple[float | None, ...]


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
            pairs.append(_pair(name, history, day, question, dating))
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
    gross_kg = sum(known) if kept and len(known) == len(kept) else None
    cutoffs = {cutoff for one in kept for cutoff in one.cutoffs}
    return OfficialView(
        dating=dating,
        base_t=base_kg / 1000 if kept else None,
        retained_t=sum(one.now_kg for one in kept) / 1000 if kept else None,
        as_of=max((one.as_of for one in kept), default=None),
        net_growth_pct=net_kg / 10 / base_t if kept and base_t else None,
        gross_growth_pct=None if gross_kg is None or not base_t else gross_kg / 10 / base_t,
        deposits=tuple(one.deposit_id for one in kept),
        excluded=tuple(one for one in pairs if isinstance(one, Excluded)),
        cutoffs=tuple(sorted(cutoffs, key=lambda cutoff: (cutoff is None, cutoff or 0.0))),
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
    name: str,
    history: Sequence[tuple[date | None, LedgerEntry]],
    day: date,
    question: Question,
    dating: Dating,
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
        return Excluded(newest.belt_id, name, *_too_late(dating, day, stated[0][0]))
    if not known:
        change = _kg(newest, question, "identified")
        return _Pair(name, 0, now_kg, change, newest.vintage, _cutoffs(newest))
    opening, base_kg = known[-1]
    ends = [_kg(entry, question, "identified") for entry in (opening, newest)]
    change = None if ends[0] is None or ends[1] is None else ends[1] - ends[0]
    change = 0 if opening is newest else change
    return _Pair(name, base_kg, now_kg, change, newest.vintage, _cutoffs(opening, newest))


def _too_late(dating: Dating, day: date, first: date | None) -> tuple[str, str]:
    """Why no filed figure stands for a base date, by the date that counts."""
    zh, en = _BY[dating]
    if first is None:
        return f"{zh}未登记", f"no {en} on record"
    return f"没有{zh}在 {day} 及以前的数字（最早 {first}）", (
        f"no figure with its {en} up to {day} (the first: {first})"
    )


_BY: dict[Dating, tuple[str, str]] = {
    "effective": ("基准日", "effective date"),
    "filed": ("备案日", "date of filing"),
    "statistics": ("入统年度", "statistics year"),
}


def _cutoffs(*entries: LedgerEntry) -> tuple[float | None, ...]:
    """Cut-offs that figures were filed at."""
    return tuple(entry.content.get("reporting_cutoff") for entry in entries)


def _kg(entry: LedgerEntry, question: Question, part: FigurePart = "statement") -> int | None:
    """Kilograms that a filed figure states; None where it doesn't (:func:`figure_kg`).

    Of an estimate of our own that was filed: without its low-grade ore, as filings count it.
    """
    if entry.kind == "outside":
        return figure_kg(entry, question, part)
    return _asked(resource_kg(entry), question) if part == "statement" else None


def figure_kg(entry: LedgerEntry, question: Question, part: FigurePart) -> int | None:
    """Kilograms that a figure states in the asked classes, retained or cumulative identified.

    At the figure's reporting cut-off. None where it says nothing of the element, or gives one
    total for all classes (不分类别) and only some of them are asked: a total is never divided.
    """
    if entry.kind != "outside":
        held = retained_kg(entry) if part == "statement" else identified_kg(entry)
        return _asked(held, question)
    split = _asked(rows_kg(entry.content, part), question)
    if split is not None or set(question.classes) != set(CLASSES):
        return split
    return stated_kg(entry.content, question.element, part)


def _asked(held: Mapping[tuple[str, str], int], question: Question) -> int | None:
    """The asked classes' kilograms; None where the element is in none of the three."""
    if any((question.element, name) in held for name in CLASSES):
        return question.of(held)
    return None
