"""Control samples in one shape: repeats of materials and blanks, and pairs of determinations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from geo.findings import Finding, RowBalance

PLACE = ["file", "sheet", "row", "laboratory", "batch"]
REPEATS = [
    "kind",
    "material",
    "sample_id",
    "element",
    "unit",
    "value",
    "below",
    "previous_high",
    *PLACE,
]
"""Columns of repeats. ``value`` is the limit where ``below`` is true; ``previous_high``: the sample
before it in the sequence is among the highest of its table."""
PAIRS = [
    "kind",
    "sample_id",
    "other_id",
    "element",
    "unit",
    "first",
    "second",
    "first_below",
    "second_below",
    *PLACE,
]
"""Columns of pairs: ``first`` is the original, ``second`` its duplicate."""


@dataclass(frozen=True)
class Controls:
    """Control determinations of any number of tables, one row each."""

    repeats: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REPEATS))
    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PAIRS))
    samples: int = 0
    """Ordinary samples in the tables that the controls stood among."""
    limits: dict[tuple[str, str], float] = field(default_factory=dict)
    """(determination, unit or ``""``) -> detection limit as ``<`` shows it in the tables."""

    @property
    def count(self) -> dict[str, int]:
        """Number of control samples (rows, not determinations) by kind."""
        keys = ["kind", "file", "sheet", "row"]
        rows = pd.concat([self.repeats[keys], self.pairs[keys]]).drop_duplicates()
        return {str(kind): int(n) for kind, n in rows["kind"].value_counts().sort_index().items()}


@dataclass(frozen=True)
class TableControls:
    """What one sheet gave: its controls, what was found, and where its rows went."""

    controls: Controls
    findings: tuple[Finding, ...]
    balance: RowBalance | None
    layout: str | None
    """How the controls stand in the table; None where it holds none."""


def joined(parts: Iterable[Controls]) -> Controls:
    """All controls of several tables."""
    found = list(parts)
    repeats = [part.repeats for part in found if len(part.repeats)]
    pairs = [part.pairs for part in found if len(part.pairs)]
    limits: dict[tuple[str, str], float] = {}
    for part in found:
        for key, value in part.limits.items():
            limits[key] = max(value, limits.get(key, 0.0))
    return Controls(
        pd.concat(repeats, ignore_index=True) if repeats else pd.DataFrame(columns=REPEATS),
        pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame(columns=PAIRS),
        sum(part.samples for part in found),
        limits,
    )
