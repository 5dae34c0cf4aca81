"""Today, as the authorities' calendar has it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""北京时间; China has had no summer time since 1991, so no table of time zones is needed."""


def today(now: datetime | None = None) -> date:
    """The day in China at ``now`` (aware; the present moment if None), wherever the machine is."""
    return (now or datetime.now(UTC)).astimezone(CHINA).date()
