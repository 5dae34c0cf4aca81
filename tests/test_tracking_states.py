"""The tables of moves: no state without a way in or a name, and refusals that name the moves."""

from __future__ import annotations

import itertools

import pytest

from tracking.errors import LedgerError
from tracking.ledger.states import AXES, FILING, OFFICIAL, REVIEW, allowed, check_move, words


@pytest.mark.parametrize("axis", AXES)
def test_every_move_leads_to_a_state(axis: str) -> None:
    """Moves lead to states of the same axis; each state has both names."""
    table = AXES[axis]
    for name, state in table.items():
        assert name == state.name
        assert state.zh
        assert state.en
        assert set(state.to) <= set(table)


@pytest.mark.parametrize("axis", AXES)
def test_every_state_can_be_reached(axis: str) -> None:
    """From draft, by moves; ``superseded`` of review comes with the next publication alone."""
    reached, rest = {"draft"}, ["draft"]
    while rest:
        found = set(allowed(axis, rest.pop())) - reached
        reached |= found
        rest += found
    assert set(AXES[axis]) - reached == ({"superseded"} if axis == "review" else set())


def test_the_way_of_a_filing() -> None:
    """送审 - 受理 - 补正 - 受理 - 评审 - 备案 - 入统; filed and in statistics are official."""
    way = (
        "draft", "reviewed", "submitted", "accepted", "supplement", "accepted", "review_passed",
        "filed", "in_statistics", "superseded",
    )  # fmt: skip
    for before, after in itertools.pairwise(way):
        check_move("filing", before, after)
    assert OFFICIAL == ("filed", "in_statistics")
    for name in ("superseded", "rejected", "withdrawn"):
        assert allowed("filing", name) == ()


def test_an_open_filing_can_end_any_time() -> None:
    """Every state before filed can be rejected or withdrawn; nothing filed can be rejected."""
    for name in ("draft", "reviewed", "submitted", "accepted", "supplement", "review_passed"):
        assert {"rejected", "withdrawn"} <= set(FILING[name].to)
    for name in OFFICIAL:
        assert "rejected" not in FILING[name].to


def test_nothing_held_is_published() -> None:
    """Publication needs approval, from wherever a figure stands."""
    assert {name for name, state in REVIEW.items() if "published" in state.to} == {
        "approved",
        "superseded",
        "rolled_back",
    }


def test_a_refusal_names_the_moves() -> None:
    """In both languages; and an unknown axis or state is refused as well."""
    with pytest.raises(LedgerError, match=r"to: approved, withdrawn; not to published.*已批准"):
        check_move("review", "held", "published")
    with pytest.raises(LedgerError, match=r"goes to: -;.*无"):
        check_move("filing", "rejected", "filed")
    for axis, state in (("rank", "draft"), ("review", "filed")):
        with pytest.raises(LedgerError, match="no state"):
            allowed(axis, state)


def test_words_of_a_state() -> None:
    """Chinese / English."""
    assert words("review", "published") == "已发布 / published"
    assert words("filing", "filed") == "已备案 / filed"
