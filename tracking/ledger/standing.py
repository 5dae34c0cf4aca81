"""Where every figure stands: folded from the chain by one pure function.

The ledger keeps the outcome in tables, changed in the transaction that appends an entry, so that a
page needs no walk of the chain; ``verify`` folds the whole chain anew by the same function and
compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from tracking.errors import StateError
from tracking.ledger.entries import FIGURES, LedgerEntry
from tracking.ledger.lines import same_again
from tracking.ledger.states import (
    NEEDS_REASON,
    OFFICIAL,
    REASON_AFTER,
    REVIEWED,
    UNUSABLE,
    check_move,
)

Key = tuple[str, str, str]
"""A figure: deposit, vintage (ISO), series."""


class Past(Protocol):
    """What a figure's entries were before the one at hand."""

    def older(self, number: int) -> int | None:
        """Number of the figure's entry before the given one; None before its first."""

    def content(self, number: int) -> Mapping[str, Any]:
        """Content of one of the figure's entries."""


@dataclass(frozen=True)
class EntryState:
    """What was decided about one entry; an entry that nothing was decided about is a draft."""

    number: int
    review: str = "draft"
    filing: str = "draft"
    filed_date: str | None = None
    """备案日, ISO."""
    stat_year: int | None = None
    """入统年度."""
    document_no: str | None = None
    """Filing number (备案号), normalised; only from ``filed`` on."""
    published_by: int | None = None
    """Number of the decision that published it last."""
    corrected_by: int | None = None
    """Number of the correction that took it back."""

    @property
    def usable(self) -> bool:
        """Whether something may be computed from the entry."""
        return self.corrected_by is None and self.review not in UNUSABLE

    @property
    def official(self) -> bool:
        """Whether the entry is filed, and stands."""
        return self.corrected_by is None and self.filing in OFFICIAL


@dataclass(frozen=True)
class Standing:
    """Where one figure stands: which of its entries counts for what."""

    deposit_id: str
    vintage: date
    series: str
    belt_id: str
    province: str | None
    """Chinese name; None where the entry says none."""
    scope: str
    """``deposit``, ``province`` or ``national``."""
    domestic: bool
    newest: int
    """Number of the newest entry, whatever its state."""
    usable: int | None
    """Newest entry that is not held, withdrawn, rolled back or taken back, nor the same figure
    as a newer one that is."""
    published: int | None
    official: int | None
    """The entry that is filed (or in statistics)."""
    review: str
    """Review state of the newest entry."""
    filing: str
    """Filing state of the official entry; without one, of the entry that went farthest last."""
    filed_date: date | None
    stat_year: int | None
    document_no: str | None
    changed_by: int
    """Number of the entry that changed this last."""

    @property
    def key(self) -> Key:
        """The figure's name in the tables."""
        return self.deposit_id, self.vintage.isoformat(), self.series

    @property
    def pointed(self) -> frozenset[int]:
        """Entries that the figure's pages are made from."""
        found = (self.newest, self.usable, self.published, self.official)
        return frozenset(number for number in found if number is not None)


def key_of(entry: LedgerEntry) -> Key:
    """The figure that an entry is of, or about."""
    return entry.deposit_id, entry.vintage.isoformat(), entry.series


def fold(
    before: Standing | None,
    states: Mapping[int, EntryState],
    entry: LedgerEntry,
    past: Past,
) -> tuple[Standing, dict[int, EntryState]]:
    """Return where a figure stands after ``entry``, and the states that ``entry`` changed.

    Parameters
    ----------
    before
        Where the figure stood; None before its first entry.
    states
        States of the figure's entries, by number; a draft needs none.
    entry
        A figure, or a decision or correction about one of the figure's entries.
    past
        The figure's entries, ``entry`` with them.

    Raises
    ------
    StateError
        The decision is not allowed where the figure stands.
    """
    if entry.kind in FIGURES:
        changed = _opening_state(entry)
        content = entry.content
        if before is None:
            before = _first(entry)
        before = replace(
            before,
            newest=entry.number,
            belt_id=entry.belt_id,
            province=(content.get("province") or {}).get("zh"),
            scope=content.get("scope", "deposit"),
            domestic=bool(content.get("domestic", True)),
        )
    elif before is None:
        raise StateError(f"entry {entry.number} is about no figure / 第 {entry.number} 条无所指")
    elif entry.kind == "correction":
        changed = _corrected(states, entry)
    else:
        changed = _decided(states, entry)
    after = {**states, **changed}
    return _pointed(before, after, entry.number, past), changed


def _first(entry: LedgerEntry) -> Standing:
    """A figure that has nothing but its first entry."""
    return Standing(
        deposit_id=entry.deposit_id,
        vintage=entry.vintage,
        series=entry.series,
        belt_id=entry.belt_id,
        province=None,
        scope="deposit",
        domestic=True,
        newest=entry.number,
        usable=None,
        published=None,
        official=None,
        review="draft",
        filing="draft",
        filed_date=None,
        stat_year=None,
        document_no=None,
        changed_by=entry.number,
    )


def _opening_state(entry: LedgerEntry) -> dict[int, EntryState]:
    """The state that a figure enters with: an outside one at what its citation proves."""
    proved = entry.content.get("filing")
    if entry.kind != "outside" or proved is None:
        return {}
    state = EntryState(
        entry.number,
        filing=proved["state"],
        filed_date=proved.get("filed_date"),
        stat_year=proved.get("stat_year"),
        document_no=proved.get("document_no"),
    )
    return {entry.number: state}


def _corrected(states: Mapping[int, EntryState], entry: LedgerEntry) -> dict[int, EntryState]:
    """The state of an entry that a correction takes back."""
    about = entry.content["about"]
    state = states.get(about, EntryState(about))
    if state.corrected_by is not None:
        raise _taken_back(state)
    return {about: replace(state, corrected_by=entry.number)}


def _decided(states: Mapping[int, EntryState], entry: LedgerEntry) -> dict[int, EntryState]:
    """The states that a decision changes: the entry's own, and of what it takes the place of."""
    content = entry.content
    state = states.get(content["about"], EntryState(content["about"]))
    check_decision(state, content)
    if content["axis"] == "filing":
        return _filed(states, state, content)
    moved = replace(state, review=content["to"])
    if content["to"] == "published":
        replaced = [s for s in states.values() if s.review == "published"]
        outgoing = {s.number: replace(s, review="superseded") for s in replaced}
        return {**outgoing, state.number: replace(moved, published_by=entry.number)}
    if content["to"] == "rolled_back":
        back = earlier_published(states)
        if back is None:
            raise StateError(
                f"entry {state.number}: nothing was published before it that could stand again; "
                f"withdraw it / 第 {state.number} 条: 此前没有可恢复的已发布条目, 请改用撤回"
            )
        return {state.number: moved, back.number: replace(back, review="published")}
    return {state.number: moved}


def _filed(
    states: Mapping[int, EntryState], state: EntryState, content: Mapping[str, Any]
) -> dict[int, EntryState]:
    """States after a step on the filing axis; a new filing takes the place of the old one."""
    moved = replace(state, filing=content["to"])
    if content["to"] == "in_statistics":
        moved = replace(moved, stat_year=content["stat_year"])
    if content["to"] != "filed":
        return {state.number: moved}
    moved = replace(moved, filed_date=content["date"], document_no=content["document_no"])
    replaced = [s for s in states.values() if s.official]
    outgoing = {s.number: replace(s, filing="superseded") for s in replaced}
    return {**outgoing, state.number: moved}


def earlier_published(states: Mapping[int, EntryState]) -> EntryState | None:
    """The figure's entry that was published before the present one, if it may stand again."""
    found = [s for s in states.values() if s.review == "superseded" and s.corrected_by is None]
    return max(found, key=lambda s: s.published_by or 0, default=None)


def check_decision(state: EntryState, content: Mapping[str, Any]) -> None:
    """Refuse a decision that doesn't fit where its entry stands, or lacks what it needs.

    Raises
    ------
    StateError
        The message says which moves there are, or what is missing.
    """
    axis, to = content["axis"], content["to"]
    standing = state.review if axis == "review" else state.filing
    check_move(axis, standing, to)
    if content["from"] != standing:
        raise StateError(f"entry {state.number} is {standing}, not {content['from']} / 状态不符")
    if state.corrected_by is not None:
        raise _taken_back(state)
    if axis == "filing" and to not in NEEDS_REASON and state.review in UNUSABLE:
        raise StateError(
            f"entry {state.number} is {state.review}: it can't be taken on to {to} / "
            f"第 {state.number} 条处于 {state.review} 状态, 不能推进到 {to}"
        )
    if to == "reviewed" and content["of"] == "estimate" and state.review not in REVIEWED:
        raise StateError(
            f"entry {state.number} is {state.review}: approve it before it is {to} for filing / "
            f"第 {state.number} 条处于 {state.review} 状态: 先批准, 再转为 {to}"
        )
    missing = [name for name in _needed(axis, standing, to) if not content.get(name)]
    if missing:
        raise StateError(
            f"entry {state.number}, {axis} to {to}: give {', '.join(missing)} / "
            f"第 {state.number} 条转为 {to} 须填写: {'、'.join(missing)}"
        )
    early = to == "filed" and content["date"] < content["vintage"]
    if early or (to == "in_statistics" and content["stat_year"] < int(content["vintage"][:4])):
        raise StateError(
            f"entry {state.number} can't be {to} before its effective date {content['vintage']} / "
            f"第 {state.number} 条的基准日为 {content['vintage']}, {to} 不能早于该日"
        )


def _needed(axis: str, standing: str, to: str) -> tuple[str, ...]:
    """What a decision must say."""
    if to == "filed":
        return "by", "document_no", "date"
    if to == "in_statistics":
        return "by", "stat_year"
    reasoned = to in NEEDS_REASON or (axis == "review" and standing in REASON_AFTER)
    return ("by", "reason") if reasoned else ("by",)


def _taken_back(state: EntryState) -> StateError:
    return StateError(
        f"entry {state.number} was taken back by entry {state.corrected_by} / "
        f"第 {state.number} 条已由第 {state.corrected_by} 条更正"
    )


def _pointed(
    before: Standing,
    states: Mapping[int, EntryState],
    number: int,
    past: Past,
) -> Standing:
    """``before`` with every pointer and state as ``states`` now have them."""
    ordered = [states[n] for n in sorted(states)]
    published = [s.number for s in ordered if s.review == "published" and not s.corrected_by]
    official = [s for s in ordered if s.official]
    on_its_way = [s for s in ordered if s.filing != "draft" and not s.corrected_by]
    shown = (official or on_its_way or [EntryState(before.newest)])[-1]
    newest = states.get(before.newest, EntryState(before.newest))
    return replace(
        before,
        usable=_usable(before.newest, states, past),
        published=published[-1] if published else None,
        official=official[-1].number if official else None,
        review=newest.review,
        filing=shown.filing,
        filed_date=date.fromisoformat(shown.filed_date) if shown.filed_date else None,
        stat_year=shown.stat_year,
        document_no=shown.document_no,
        changed_by=number,
    )


def _usable(newest: int, states: Mapping[int, EntryState], past: Past) -> int | None:
    """The newest entry that is not held, withdrawn, rolled back or taken back.

    What one of these says again, an older entry says in vain: an entry of the same figure is its
    continuation (a new format, other facts), and what was decided about it holds for both.
    """
    barred: list[Mapping[str, Any]] = []
    number: int | None = newest
    while number is not None:
        content = past.content(number) if barred or not _stands(number, states) else {}
        if _stands(number, states) and not any(same_again(content, one) for one in barred):
            return number
        barred.append(content)
        number = past.older(number)
    return None


def _stands(number: int, states: Mapping[int, EntryState]) -> bool:
    return number not in states or states[number].usable
