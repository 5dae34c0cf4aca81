"""Letting a deposit pass: special values that no rule decides hold its estimate back.

The way out is a rule in the configuration. Where a figure is wanted before, a person lets it pass
with a reason; who, when, why and the counts stand in the run's manifest and in the result.
"""

from __future__ import annotations

import getpass
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from estimation.belts import Deposit
from estimation.errors import EstimationError
from estimation.results import DepositResult
from geo.drillholes.reading import DrillholeReading
from geo.findings import DataError
from geo.special.review import ReviewRow, held_finding, unreviewed

EXTRA = "special_values"
"""Key of a result's extras."""


class HeldError(DataError):
    """A deposit that waits for a decision; carries the finding that says which."""


@dataclass(frozen=True)
class Acceptance:
    """What was let pass, by whom, when and why; no reason where nothing waited."""

    waiting: tuple[dict[str, Any], ...]
    """Column, kind, count and present meaning of each kind that no rule decides."""
    reason: str | None = None
    by: str | None = None
    at: str | None = None
    """UTC, ISO 8601."""

    def as_json(self) -> dict[str, Any]:
        """As a result's extras keep it."""
        return {**asdict(self), "waiting": list(self.waiting)}

    @property
    def decision(self) -> tuple[Any, ...]:
        """What must be the same for a result to stand: not who said it, or when."""
        return (list(self.waiting), self.reason)


def hold_or_accept(
    deposit: Deposit, reading: DrillholeReading, reason: str | None, result: Path
) -> Acceptance:
    """Let a deposit pass where nothing waits, or where a person says why it may.

    Parameters
    ----------
    deposit
        The deposit; only the columns that its plan estimates can hold it.
    reading
        Its files as read.
    reason
        The text of ``--accept``, or None.
    result
        Where the vintage's result lies: what was let pass there holds as long as the very same
        values wait.

    Raises
    ------
    HeldError
        Special values wait, and nobody let them pass.
    """
    columns = set(deposit.plan.elements) if deposit.plan else None
    rows = unreviewed(reading, columns)
    waiting = tuple(_plain(row) for row in rows)
    if not waiting:
        return Acceptance(())
    before = accepted_before(result)
    if before is not None and before.waiting == waiting and reason in (None, before.reason):
        return before
    if reason is None or not reason.strip():
        raise HeldError([held_finding(deposit.id, rows), *_findings(reading, rows)])
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return Acceptance(waiting, reason.strip(), user(), when)


def accepted_before(result: Path) -> Acceptance | None:
    """What an earlier result of the vintage let pass; None where it let nothing pass."""
    if not result.exists():
        return None
    try:
        held = DepositResult.read(result).extras.get(EXTRA)
    except EstimationError:
        return None
    if not held or not held.get("reason"):
        return None
    return Acceptance(tuple(held["waiting"]), held["reason"], held["by"], held["at"])


def user() -> str:
    """The name of whoever runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without user names
        return "unknown"


def _plain(row: ReviewRow) -> dict[str, Any]:
    """What of a waiting kind is kept."""
    names = ("table", "column", "kind", "count", "becomes")
    return {name: getattr(row, name) for name in names}


def _findings(reading: DrillholeReading, rows: Collection[ReviewRow]) -> list[Any]:
    """The findings on the columns that wait."""
    headings = {c.heading for c in reading.special if c.column in {row.column for row in rows}}
    codes = ("BN-ASY-006", "BN-ASY-011")
    return [f for f in reading.findings if f.code in codes and f.column in headings]
