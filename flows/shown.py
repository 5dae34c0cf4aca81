"""Which results pages show: those that the ledger uses, whatever lies on disk.

A night's estimate that is held or withdrawn lies on disk as the newest; the figure before it is
shown, from the results that are kept.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from estimation.belts import Belt, Deposit
from estimation.errors import EstimationError
from estimation.plates import plates_of
from estimation.results import DepositResult
from flows.review import result_of
from flows.runtime import Workspace
from flows.track import Tracked
from reporting.tables import FILED, REVIEW
from reporting.units import Text
from tracking import LedgerEntry
from tracking.ledger.entries import INTERNAL
from tracking.ledger.standing import Standing


def shown_results(
    house: Workspace, tracked: Tracked, belts: tuple[Belt, ...]
) -> dict[str, tuple[DepositResult, ...]]:
    """Deposit -> the results that its usable figures were made from, in order of vintage.

    A vintage that the ledger knows and none of whose entries may be used is left out; one that was
    never entered is shown as it lies on disk.
    """
    book = tracked.book
    used = {(entry.deposit_id, entry.vintage): entry for entry in book.figures}
    known = {(s.deposit_id, s.vintage): s for s in book.standings if s.series == INTERNAL}
    shown = {}
    for deposit in (deposit for belt in belts for deposit in belt.deposits):
        found = [_shown(house, used.get(key), known.get(key), key) for key in _keys(deposit)]
        kept = tuple(_marked(result, tracked) for result in found if result is not None)
        if kept:
            shown[deposit.id] = kept
    return shown


def not_shown(tracked: Tracked, shown: dict[str, tuple[DepositResult, ...]]) -> dict[str, Text]:
    """Figure -> why another, or none, is shown for it: it waits, or its result is not kept."""
    reasons = {
        one.name: Text(f"{one.words.zh}；{one.instead.zh}", f"{one.words.en}; {one.instead.en}")
        for one in tracked.held
    }
    on_pages = {(r.deposit_id, r.vintage) for results in shown.values() for r in results}
    for entry in tracked.entries:
        if (entry.deposit_id, entry.vintage) not in on_pages:
            reasons[f"{entry.deposit_id} {entry.vintage}"] = Text(
                f"第 {entry.number} 条的估算结果没有保存，重新估算后可见",
                f"the result of entry {entry.number} is not kept; estimate it again",
            )
    return reasons


def shown_plates(
    house: Workspace, shown: dict[str, tuple[DepositResult, ...]]
) -> dict[tuple[str, str], Path]:
    """(deposit, ISO vintage) -> arrays for figures, where they are of the model that is shown."""
    found = {}
    for result in (result for results in shown.values() for result in results):
        vintage = result.vintage.isoformat()
        path = house.result(result.deposit_id, vintage).with_suffix(".npz")
        if plates_of(path) == result.model_hash:
            found[result.deposit_id, vintage] = path
    return found


def _keys(deposit: Deposit) -> list[tuple[str, date]]:
    return [(deposit.id, vintage) for vintage in sorted(deposit.vintages)]


def _shown(
    house: Workspace,
    entry: LedgerEntry | None,
    standing: Standing | None,
    key: tuple[str, date],
) -> DepositResult | None:
    """The result to show for one deposit and vintage."""
    if entry is not None:
        return result_of(entry, house)
    path = house.result(key[0], key[1].isoformat())
    if standing is not None or not path.exists():
        return None
    try:
        return DepositResult.read(path)
    except EstimationError:  # said by whoever enters it
        return None


def _marked(result: DepositResult, tracked: Tracked) -> DepositResult:
    """The result with where its figure stands, for the marks on pages."""
    key = result.deposit_id, result.vintage
    marks = {REVIEW: tracked.review.get(key, "draft")}
    for standing in tracked.book.standings:
        own = (standing.deposit_id, standing.vintage, standing.series) == (*key, INTERNAL)
        if own and standing.official is not None and standing.official == standing.usable:
            marks[FILED] = standing.document_no or ""
    return replace(result, extras={**result.extras, **marks})
