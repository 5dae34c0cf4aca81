"""Whole kilograms that a ledger entry states, by element (or ore) and class.

Every sum of the ledger's readers starts here: metal at the reporting cut-off, as written, never
from a grade.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tracking.ledger.entries import LedgerEntry

ORE = "ore"
"""Name under which tonnes of ore move, beside the elements' metal."""

Part = Literal[
    "statement",
    "mined",
    "depletion",
    "lost",
    "low_grade",
    "identified",
    "identified_low_grade",
    "reserves",
    "extension",
    "reclassified_from",
    "reclassified_to",
]
"""Rows of an entry's content; which of them it has depends on its kind and format."""

Quantities = Counter[tuple[str, str]]
"""Kilograms by (element or :data:`ORE`, class)."""

AT_MANY_CUTOFFS = ("statement", "mined")
"""Parts that may stand at several cut-offs, of which the reporting one counts. The others stand at
one: the opening model's (``depletion``) or the closing's."""


def rows_kg(content: Mapping[str, Any], part: str) -> Quantities:
    """Kilograms of one part of a content at its reporting cut-off; empty where it is absent.

    What the source doesn't state (null) has no key: it is not zero.
    """
    rows = content.get(part) or ()
    if part in AT_MANY_CUTOFFS:
        reported = content.get("reporting_cutoff")
        rows = [row for row in rows if row.get("cutoff", reported) == reported]
    return summed(rows)


def summed(rows: Iterable[Mapping[str, Any]]) -> Quantities:
    """Rows added, by element (or :data:`ORE`) and class."""
    sums: Quantities = Counter()
    for row in rows:
        stated = {name: figure["metal_kg"] for name, figure in row["elements"].items()}
        for name, quantity_kg in {ORE: row.get("ore_kg"), **stated}.items():
            if quantity_kg is not None:
                sums[name, row["class"]] += quantity_kg
    return sums


def part_kg(entry: LedgerEntry, part: Part) -> Quantities:
    """Kilograms of one part of an entry (:func:`rows_kg`)."""
    return rows_kg(entry.content, part)


def resource_kg(entry: LedgerEntry) -> Quantities:
    """Kilograms of a figure's retained resource without its low-grade ore, as filings count it.

    An estimate's statement holds its low-grade ore (低品位), a filed report's stands beside it;
    where estimates and filed figures meet, only this compares like with like.
    """
    if entry.kind == "outside":
        return part_kg(entry, "statement")
    return industrial_kg(entry.content)


def industrial_kg(estimate: Mapping[str, Any]) -> Quantities:
    """Kilograms of an estimate's content that it doesn't tell apart as low grade."""
    held, low = rows_kg(estimate, "statement"), rows_kg(estimate, "low_grade")
    return Counter({key: amount - low[key] for key, amount in held.items()})


def states_ore(entry: LedgerEntry) -> bool:
    """Whether a figure states the ore of all its metal; filed reports don't always."""
    return all(row["ore_kg"] is not None for row in entry.content["statement"])


def retained_kg(entry: LedgerEntry) -> Quantities:
    """Kilograms retained at the reporting cut-off, by (element or :data:`ORE`, class)."""
    return part_kg(entry, "statement")


def identified_kg(first: LedgerEntry) -> Quantities:
    """Kilograms identified up to a deposit's first vintage: retained, and mined before it.

    Of a filed report only what it states as 累计查明 itself: empty where it states none.
    """
    if first.kind == "outside":
        return part_kg(first, "identified")
    return added([part_kg(first, "statement"), part_kg(first, "mined")])


def mined_up_to_kg(content: Mapping[str, Any], history: Iterable[LedgerEntry]) -> Quantities:
    """Kilograms mined up to a figure as the account of movement counts them (``history``).

    That is what was mined before the deposit's first estimate, and the depletion of every one
    since, each valued in its opening's model: with what is retained it is 累计查明
    (:func:`tracking.movement.movement.movements`). Of a first estimate, what it states itself.
    """
    earlier = sorted(
        (e for e in history if e.kind == "estimate" and e.vintage.isoformat() < content["vintage"]),
        key=lambda entry: (entry.vintage, entry.number),
    )
    latest = {entry.vintage: entry.content for entry in earlier}
    if not latest or content.get("kind", "estimate") != "estimate":
        return rows_kg(content, "mined")
    first, *since = latest.values()
    depleted = (rows_kg(one, "depletion") for one in (*since, content))
    return added([rows_kg(first, "mined"), *depleted])


def added(parts: Iterable[Mapping[tuple[str, str], int]]) -> Quantities:
    """The sum, zeros left out; a Counter's own ``+`` would drop what is negative."""
    total: Quantities = Counter()
    for part in parts:
        total.update(part)
    return Counter({key: amount for key, amount in total.items() if amount})


def difference(
    one: Mapping[tuple[str, str], int], other: Mapping[tuple[str, str], int]
) -> Quantities:
    """``one`` - ``other``, zeros left out."""
    return added([one, {key: -amount for key, amount in other.items()}])
