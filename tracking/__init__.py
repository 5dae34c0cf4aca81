"""How much more, against the target: the ledger, movements between vintages, and growth."""

from tracking.entries import INTERNAL_ESTIMATE, LedgerEntry, current_of, entry_content, kg
from tracking.ledger import Ledger
from tracking.movement import (
    ORE,
    STATUTORY_COLUMNS,
    TOTAL,
    Movement,
    add_classes,
    join,
    movements,
)
from tracking.schema import LedgerError
from tracking.target import (
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
    "INTERNAL_ESTIMATE",
    "ORE",
    "STATUTORY_COLUMNS",
    "TOTAL",
    "BaselineProgress",
    "Ledger",
    "LedgerEntry",
    "LedgerError",
    "Movement",
    "Target",
    "TargetProgress",
    "add_classes",
    "current_of",
    "entry_content",
    "join",
    "kg",
    "movements",
    "read_target",
    "target_progress",
]
