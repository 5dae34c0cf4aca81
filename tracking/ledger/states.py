"""The two ways a figure goes: review inside the house, and filing with the authority.

Review says which of our figures may be used and shown; filing says which figures are official. A
figure stands on both at once, and :data:`AXES` says which moves there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tracking.errors import StateError

Axis = Literal["review", "filing"]


@dataclass(frozen=True)
class State:
    """One state: its name in both languages, and where a figure goes from there."""

    name: str
    zh: str
    en: str
    to: tuple[str, ...]


def _table(*states: State) -> dict[str, State]:
    return {state.name: state for state in states}


REVIEW = _table(
    State("draft", "草稿", "draft", ("approved", "held", "withdrawn")),
    State("held", "待审", "held", ("approved", "withdrawn")),
    State("approved", "已批准", "approved", ("published", "withdrawn")),
    State("published", "已发布", "published", ("rolled_back", "withdrawn")),
    State("superseded", "已被新发布取代", "superseded", ("published", "withdrawn")),
    State("rolled_back", "已回退", "rolled back", ("published", "withdrawn")),
    State("withdrawn", "已撤回", "withdrawn", ("approved",)),
)
"""Review inside the house. ``superseded`` is never decided: the next publication does it, and a
rollback undoes it. A figure withdrawn by mistake comes back by being approved, with the reason."""

_OUT = ("rejected", "withdrawn")
FILING = _table(
    State("draft", "未送审", "not submitted", ("reviewed", *_OUT)),
    State("reviewed", "内部审查通过", "reviewed inside", ("submitted", *_OUT)),
    State("submitted", "已送审", "submitted", ("accepted", *_OUT)),
    State("accepted", "已受理", "accepted", ("supplement", "review_passed", *_OUT)),
    State("supplement", "补正", "supplement asked", ("accepted", *_OUT)),
    State("review_passed", "评审通过", "review passed", ("filed", *_OUT)),
    State("filed", "已备案", "filed", ("in_statistics", "superseded", "withdrawn")),
    State("in_statistics", "已入统", "in statistics", ("superseded", "withdrawn")),
    State("superseded", "已被取代", "superseded", ()),
    State("rejected", "未通过", "rejected", ()),
    State("withdrawn", "已撤回", "withdrawn", ()),
)
"""Filing with the authority: 送审 - 受理 - 补正 - 评审 - 备案 - 入统."""

AXES: dict[str, dict[str, State]] = {"review": REVIEW, "filing": FILING}

OFFICIAL = ("filed", "in_statistics")
"""Filing states of an official figure; everything else stands beside it, with its mark."""

UNUSABLE = ("held", "withdrawn", "rolled_back")
"""Review states of an entry that nothing is computed from."""

NEEDS_REASON = ("held", "withdrawn", "rolled_back", "rejected", "superseded")
"""States that nobody gets to without a reason."""

REASON_AFTER = ("held", "rolled_back", "withdrawn")
"""Review states that nobody gets out of without a reason."""

REVIEWED = ("approved", "published", "superseded")
"""Review states that an estimate of our own is sent on its way to the authority from."""


def allowed(axis: str, state: str) -> tuple[str, ...]:
    """States that a figure can go to from ``state`` on ``axis`` (``review`` or ``filing``).

    Raises
    ------
    StateError
        No such axis or state.
    """
    if state not in AXES.get(axis, {}):
        raise StateError(f"no state {axis}.{state} / 没有状态 {axis}.{state}")
    return AXES[axis][state].to


def check_move(axis: str, state: str, to: str) -> None:
    """Refuse a move that the table doesn't have.

    Raises
    ------
    StateError
        The move is not in the table; the message names the ones that are.
    """
    moves = allowed(axis, state)
    if to in moves:
        return
    can = ", ".join(moves) or "-"
    raise StateError(
        f"{axis}: from {state} a figure goes to: {can}; not to {to} / "
        f"{AXES[axis][state].zh} 之后只能: {'、'.join(AXES[axis][m].zh for m in moves) or '无'}; "
        f"不能到 {to}"
    )


def words(axis: str, state: str) -> str:
    """A state's name, ``Chinese / English``."""
    found = AXES[axis][state]
    return f"{found.zh} / {found.en}"
