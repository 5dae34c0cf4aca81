"""How old data are: one day and one verdict for the summary, the data page and the digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from estimation.belts import Deposit
from reporting.settings import Freshness
from reporting.units import Text

WORDS = {
    "green": Text("新", "new"),
    "amber": Text("旧", "old"),
    "red": Text("很旧", "very old"),
}
"""Light -> what data of that age are called."""


@dataclass(frozen=True)
class Age:
    """Days since the newest data, and what they are called."""

    days: int
    light: str
    """green, amber or red."""

    @property
    def word(self) -> Text:
        """new, old or very old."""
        return WORDS[self.light]


def newest_data(deposit: Deposit) -> date:
    """The day of a deposit's newest campaign, whether it was estimated or not."""
    return max(campaign.as_of for campaign in deposit.drillholes.campaigns)


def age_of(newest: date, day: date, freshness: Freshness) -> Age:
    """How old data of ``newest`` are on ``day`` (China), by the settings."""
    days = (day - newest).days
    return Age(days, freshness.light(days))
