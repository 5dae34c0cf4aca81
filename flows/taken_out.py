"""Figures that a person took out of use: withdrawn, or rolled back; they don't come back unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from reporting.units import Text
from tracking import Ledger, LedgerEntry
from tracking.ledger.lines import same_again
from tracking.ledger.standing import Standing
from tracking.ledger.states import AXES

STATES = ("withdrawn", "rolled_back")
"""Review states of what was taken out of use."""


@dataclass(frozen=True)
class TakenOut:
    """An entry that somebody took out of use."""

    belt_id: str
    deposit_id: str
    vintage: date
    series: str
    number: int
    usable: int | None
    """Entry that is used in its place; None where the figure has no other."""
    state: str
    by: str
    day: str
    """ISO date of the decision."""
    reason: str

    @property
    def name(self) -> str:
        """Deposit and effective date, as commands take them."""
        return f"{self.deposit_id} {self.vintage}"

    @property
    def words(self) -> Text:
        """Who took it out, when and why."""
        state = AXES["review"][self.state]
        return Text(
            f"第 {self.number} 条{state.zh}（{self.by}，{self.day}：{self.reason}）",
            f"entry {self.number} was {state.en} ({self.by}, {self.day}: {self.reason})",
        )

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        return {
            "belt": self.belt_id,
            "deposit": self.deposit_id,
            "vintage": self.vintage.isoformat(),
            "series": self.series,
            "entry": self.number,
            "usable": self.usable,
            "state": self.state,
            "by": self.by,
            "date": self.day,
            "reason": self.reason,
        }


def taken_out_figures(ledger: Ledger) -> tuple[TakenOut, ...]:
    """Every figure whose newest entry was taken out of use, in order of deposit and date."""
    out = [one for one in ledger.standings() if one.review in STATES]
    return tuple(_taken_out(ledger, one, one.newest) for one in out)


def taken_out_before(ledger: Ledger, content: dict[str, Any]) -> TakenOut | None:
    """What a new entry would bring back: the figure's newest entry, if that was taken out of use,
    or an older one that was and that says the same. None where there is none.
    """
    key = (content["deposit_id"], content["vintage"], content["series"])
    figure = next((one for one in ledger.standings(key[0]) if one.key == key), None)
    if figure is None:
        return None
    states = ledger.states(figure)
    out = [n for n, s in states.items() if s.review in STATES and s.corrected_by is None]
    for number in sorted(out, reverse=True):
        if number == figure.newest or same_again(content, ledger.entry(number).content):
            return _taken_out(ledger, figure, number)
    return None


def _taken_out(ledger: Ledger, figure: Standing, number: int) -> TakenOut:
    """One entry of a figure, with the decision that took it out."""
    decision = _decision(ledger, figure.deposit_id, number).content
    return TakenOut(
        belt_id=figure.belt_id,
        deposit_id=figure.deposit_id,
        vintage=figure.vintage,
        series=figure.series,
        number=number,
        usable=figure.usable,
        state=decision["to"],
        by=decision["by"],
        day=decision["date"],
        reason=decision["reason"],
    )


def _decision(ledger: Ledger, deposit_id: str, number: int) -> LedgerEntry:
    """The last decision that took an entry out of use."""
    return [
        entry
        for entry in ledger.entries(deposit_id, kind="decision")
        if (entry.content["about"], entry.content["axis"]) == (number, "review")
        and entry.content["to"] in STATES
    ][-1]
