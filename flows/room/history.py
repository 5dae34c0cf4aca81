"""Who decided what about each deposit's figures, from the ledger."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flows.review import ledger_url
from flows.runtime import Workspace
from reporting.facts.evidence import Decided
from tracking import Ledger, LedgerEntry

KINDS = ("decision", "correction")


def histories(configs: str, house: Workspace) -> dict[str, tuple[Decided, ...]]:
    """Deposit -> every decision and correction about its figures, in the ledger's order."""
    found: dict[str, list[Decided]] = defaultdict(list)
    with Ledger(ledger_url(configs, house)) as ledger:
        entries = [entry for kind in KINDS for entry in ledger.entries(kind=kind)]
    for entry in sorted(entries, key=lambda one: one.number):
        found[entry.deposit_id].append(_decided(entry))
    return {deposit: tuple(lines) for deposit, lines in found.items()}


def _decided(entry: LedgerEntry) -> Decided:
    """One entry as the pages are given it."""
    said: dict[str, Any] = entry.content
    return Decided(
        number=entry.number,
        about=int(said["about"]),
        vintage=entry.vintage.isoformat(),
        series=entry.series,
        kind=entry.kind,
        axis=said.get("axis") or "",
        before=said.get("from") or "",
        after=said.get("to") or "",
        by=said.get("by") or "",
        reason=said.get("reason") or "",
        day=said.get("date") or entry.recorded_at[:10],
        document_no=said.get("document_no") or "",
    )
