"""Figures that were made again, for the pages that compare vintages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from estimation.plan import CLASSES
from reporting.facts.comparison import Revision
from tracking import Ledger, LedgerEntry
from tracking.movement.quantities import retained_kg


def revisions(url: str, entries: Iterable[LedgerEntry]) -> tuple[Revision, ...]:
    """For each used figure every entry that it replaced, newest first.

    Parameters
    ----------
    url
        The ledger's database.
    entries
        The figures in use.
    """
    made_again = [entry for entry in entries if entry.supersedes is not None]
    if not made_again:
        return ()
    with Ledger(url) as ledger:
        return tuple(_revision(e, old) for e in made_again for old in _older(ledger, e))


def _older(ledger: Ledger, entry: LedgerEntry) -> Iterator[LedgerEntry]:
    """The entries of the same figure before one, newest first."""
    while entry.supersedes is not None:
        entry = ledger.entry(entry.supersedes)
        yield entry


def _revision(used: LedgerEntry, old: LedgerEntry) -> Revision:
    """What one replaced entry said of the main element, beside what is used."""
    main = str(used.content["main_element"])
    before, after = retained_kg(old), retained_kg(used)
    return Revision(
        deposit_id=used.deposit_id,
        vintage=used.vintage,
        element=main,
        entry=used.number,
        recorded=used.recorded_at[:10],
        replaced=old.number,
        was_recorded=old.recorded_at[:10],
        metal_kg=tuple((name, before[main, name], after[main, name]) for name in CLASSES),
    )
