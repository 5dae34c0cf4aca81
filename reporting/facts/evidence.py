"""What stands behind a figure besides its estimate: who decided, which rows, what studies.

Plain values that the pages are given; who gathers a report fills them in. What could not be had is
None, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Decided:
    """One step of a figure in the ledger: a decision, or a correction that takes it back."""

    number: int
    """Of the ledger's entry."""
    about: int
    """Number of the entry decided about."""
    vintage: str
    """Data date of the figure, ISO."""
    series: str
    """``internal``, or whose figure it is."""
    kind: str
    """``decision`` or ``correction``."""
    axis: str
    """``review`` or ``filing``; empty for a correction."""
    before: str
    after: str
    by: str
    reason: str
    day: str
    """Date of the act, ISO."""
    document_no: str


@dataclass(frozen=True)
class SourceRows:
    """One table of one file behind the newest figure, and where its rows went.

    The numbers are None where the house keeps no reading of this very content.
    """

    role: str
    """collar, survey, assay ..., as configured; ``terrain`` and the like for other files."""
    file: str
    """As configured."""
    sheet: str | None
    sha256: str
    campaign: str
    """Date of the campaign, ISO; empty for what belongs to none."""
    read: int | None = None
    used: int | None = None
    quarantined: int | None = None
    first_row: int | None = None
    """First and last row used, as a spreadsheet numbers them."""
    last_row: int | None = None


@dataclass(frozen=True)
class Passes:
    """How one element's blocks were estimated."""

    element: str
    in_domain: int
    """Blocks of a domain."""
    estimated: tuple[int, ...]
    """Blocks estimated in the first, second ... pass."""
    mean_slope: float | None
    """Mean slope of regression; None where no block has one."""
    negative: int
    """Blocks whose estimate was negative."""


@dataclass(frozen=True)
class Evidence:
    """Everything of one deposit."""

    decisions: tuple[Decided, ...] | None = None
    """In the ledger's order; None where the ledger could not be read."""
    sources: tuple[SourceRows, ...] = ()
    passes: tuple[Passes, ...] = ()
    """By element; empty where the model is not kept."""
    studies: dict[str, Path] = field(default_factory=dict)
    """Topic -> folder of a study of this very result."""
