"""Planned drilling and mining, as a person wrote them down: amounts, dates and their source.

A plan is a range (low, mid, high), not a distribution: nothing here is a probability.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from geo.config import Names, StrictModel

NotNegative = Annotated[float, Field(ge=0)]
Case = Literal["low", "mid", "high"]
CASES: tuple[Case, ...] = ("low", "mid", "high")
"""The three cases of a projection, least growth first."""


class Span(StrictModel):
    """A planned quantity: its low, middle and high value."""

    low: NotNegative
    mid: NotNegative
    high: NotNegative

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if not self.low <= self.mid <= self.high:
            raise ValueError("low <= mid <= high")
        return self

    def at(self, case: Case) -> float:
        """The value of one case."""
        return float(getattr(self, case))


class Programme(StrictModel):
    """Work on one deposit between two days, spread evenly over them."""

    deposit: str
    start: date
    end: date
    source: Names
    """Where the plan stands: document, page; or that it is assumed."""
    confidence: Literal["approved", "planned", "assumed"]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Programme:
        if self.end <= self.start:
            raise ValueError("a programme ends after it starts")
        return self

    def share_between(self, since: date, until: date) -> float:
        """Fraction of the programme's days after ``since`` up to ``until``, 0-1."""
        days = (min(self.end, until) - max(self.start, since)).days
        return max(0.0, days / (self.end - self.start).days)


class Drilling(Programme):
    """Drilling planned: metres and the metal that a metre finds, in tonnes."""

    metres: Span
    yield_t_per_m: Span

    def metal_t(self, case: Case) -> float:
        """Metal of the whole programme in the target's element, tonnes."""
        return self.metres.at(case) * self.yield_t_per_m.at(case)


class Mining(Programme):
    """Mining planned: metal taken from the resource a year, losses (损失) included, in tonnes."""

    metal_t_per_year: Span

    def metal_t(self, case: Case) -> float:
        """Metal of the whole programme, tonnes. Least growth goes with most mining."""
        mining: Case = {"low": "high", "mid": "mid", "high": "low"}[case]  # type: ignore[assignment]
        return self.metal_t_per_year.at(mining) * (self.end - self.start).days / 365.25


class Plans(StrictModel):
    """What is planned up to the deadline, in metal of the target's element."""

    source: Names
    """The plan as a whole: who drew it up, when."""
    drilling: tuple[Drilling, ...]
    mining: tuple[Mining, ...]
