"""What a baseline that is taken from the ledger says of itself: the entry's own words.

Whoever writes a target names the entry; where its figure comes from, how sure it is and where it
stands with the authority is not written a second time, so that the two can't differ.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tracking.ledger.entries import LedgerEntry
from tracking.ledger.standing import Standing, key_of
from tracking.ledger.states import OFFICIAL
from tracking.target.file import Confidence
from tracking.target.progress import Origin

if TYPE_CHECKING:
    from tracking.ledger.book import Book


def origin_of(entry: LedgerEntry, book: Book) -> Origin:
    """Number, source, quoted words, state and dates of a baseline's entry."""
    found = [one for one in book.standings if one.key == key_of(entry)]
    state, filed, year = _filing(entry, found[0] if found else None)
    source_zh, source_en = _source(entry)
    return Origin(
        entry=entry.number,
        state=state,
        filed_date=filed,
        stat_year=year,
        source_zh=source_zh,
        source_en=source_en,
        quoted_text=(entry.content.get("citation") or {}).get("quote"),
        confidence=_confidence(entry, state),
    )


def _filing(entry: LedgerEntry, standing: Standing | None) -> tuple[str, date | None, int | None]:
    """State on the filing axis, date of filing and statistics year; as entered without more."""
    if standing is not None:
        return standing.filing, standing.filed_date, standing.stat_year
    said = entry.content.get("filing") or {}
    filed = said.get("filed_date")
    day = None if filed is None else date.fromisoformat(filed)
    return str(said.get("state", "draft")), day, said.get("stat_year")


def _source(entry: LedgerEntry) -> tuple[str, str]:
    """Where the figure stands, by its citation; an estimate of our own says what it is."""
    citation = entry.content.get("citation") or {}
    if not citation.get("title"):
        return f"台账第 {entry.number} 条：内部估算", f"entry {entry.number}: our own estimate"
    parts = [citation["title"], citation.get("issuer"), citation.get("where")]
    text = " · ".join(str(part) for part in parts if part)
    return text, text


def _confidence(entry: LedgerEntry, state: str) -> Confidence:
    """``official`` where it is filed or in statistics; our own estimate is computed."""
    if state in OFFICIAL:
        return "official"
    return "computed" if entry.kind == "estimate" else "reported"
