"""Whole kilograms that a ledger entry states, by element (or ore) and class.

Every sum of the ledger's readers starts here: metal at the reporting cut-off, as written, never
from a grade.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

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


def part_kg(entry: LedgerEntry, part: Part) -> Quantities:
    """Kilograms of one part of an entry at its reporting cut-off; empty where it is absent.

    Of what the source doesn't state (null) nothing is counted.
    """
    rows = entry.content.get(part) or ()
    if part in AT_MANY_CUTOFFS:
        reported = entry.content.get("reporting_cutoff")
        rows = [row for row in rows if row.get("cutoff") == reported]
    sums: Quantities = Counter()
    for row in rows:
        sums[ORE, row["class"]] += row["ore_kg"] or 0
        for element, figure in row["elements"].items():
            sums[element, row["class"]] += figure["metal_kg"] or 0
    return sums


def states_ore(entry: LedgerEntry) -> bool:
    """Whether a figure states the ore of all its metal; filed reports don't always."""
    return all(row["ore_kg"] is not None for row in entry.content["statement"])


def retained_kg(entry: LedgerEntry) -> Quantities:
    """Kilograms retained at the reporting cut-off, by (element or :data:`ORE`, class)."""
    return part_kg(entry, "statement")


def identified_kg(first: LedgerEntry) -> Quantities:
    """Kilograms identified up to a deposit's first vintage: retained, and mined before it.

    A filed report that states 累计查明 itself is taken at its word.
    """
    if first.content.get("identified"):
        return part_kg(first, "identified")
    return part_kg(first, "statement") + part_kg(first, "mined")


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
