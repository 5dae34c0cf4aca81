"""A split on the terminal: one number format a column, and a next step that leads somewhere."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from flows.cli_attribute import _say_what_became_of_it
from flows.show_attribution import _tonnes


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ((2_500_000_000, -1_234, 0), ["+2,500,000", "-1", "—"]),
        ((999_000, -1_234, 0), ["+999.000", "-1.234", "—"]),
        ((), []),
    ],
)
def test_a_column_has_one_number_format(column: tuple[int, ...], said: list[str]) -> None:
    assert _tonnes(column) == said


@pytest.mark.parametrize(("day", "said"), [(31, "bornite compare 1 2"), (30, "bornite movement d")])
def test_figures_of_equal_dates_are_compared_and_have_no_movement(day: int, said: str) -> None:
    heard: list[str] = []

    def end(number: int, vintage: date) -> Any:
        return SimpleNamespace(number=number, result=SimpleNamespace(vintage=vintage))

    found = SimpleNamespace(
        deposit_id="d",
        recorded=3,
        opening=end(1, date(2025, 12, day)),
        closing=end(2, date(2025, 12, 31)),
    )
    voice = SimpleNamespace(say=lambda zh, en: heard.append(en))
    _say_what_became_of_it(voice, found, " --x")
    assert heard == [f"entered as ledger entry 3\nnext: {said} --x"]
