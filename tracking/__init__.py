"""How much more, against the target: the ledger, movements between vintages, and growth."""

from tracking.errors import LedgerError, StateError
from tracking.ledger.book import Book, Total
from tracking.ledger.entries import (
    INTERNAL,
    INTERNAL_ESTIMATE,
    Decision,
    Facts,
    Hold,
    LedgerEntry,
    current_of,
    entry_content,
    facts_of,
    kg,
    same_figure,
)
from tracking.ledger.ledger import Ledger
from tracking.ledger.standing import Standing
from tracking.movement.movement import (
    ORE,
    STATUTORY_COLUMNS,
    TOTAL,
    Movement,
    add_classes,
    join,
    movements,
)
from tracking.target.target import (
    AGGREGATE_EN,
    AGGREGATE_ZH,
    BaselineProgress,
    Target,
    TargetProgress,
    read_target,
    target_progress,
)

__all__ = [
    "AGGREGATE_EN",
    "AGGREGATE_ZH",
    "INTERNAL",
    "INTERNAL_ESTIMATE",
    "ORE",
    "STATUTORY_COLUMNS",
    "TOTAL",
    "BaselineProgress",
    "Book",
    "Decision",
    "Facts",
    "Hold",
    "Ledger",
    "LedgerEntry",
    "LedgerError",
    "Movement",
    "Standing",
    "StateError",
    "Target",
    "TargetProgress",
    "Total",
    "add_classes",
    "current_of",
    "entry_content",
    "facts_of",
    "join",
    "kg",
    "movements",
    "read_target",
    "same_figure",
    "target_progress",
]
