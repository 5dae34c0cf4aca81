"""What one ledger entry is: the figure's content, its hashes, and the rules of rounding.

Nothing here knows a database. Hashes follow the written form exactly: canonical JSON (sorted keys,
no spaces, UTF-8) and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from estimation.plan import CLASSES
from estimation.results import DepositResult, ElementSupport, StatementRow

FORMAT = 1
"""Version of the content's shape and of the entry hash; both carry it."""

GENESIS = "0" * 64
"""``previous_hash`` of the first entry."""

INTERNAL_ESTIMATE = "internal estimate / 内部估算"
"""Status of a re-estimate: never an official figure, whatever it says."""

TIED = (
    "number",
    "belt_id",
    "deposit_id",
    "vintage",
    "status",
    "content_hash",
    "previous_hash",
    "run_id",
    "recorded_at",
    "code_version",
    "supersedes",
)
"""Columns that the entry hash covers; the content is covered by its own hash."""

GRADE_DECIMALS = 6
"""Decimals kept of grades, shares and correlations (tonnages are whole kilograms)."""


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger, as written; it is never changed or removed."""

    number: int
    """1, 2, 3 ... without gaps."""
    belt_id: str
    deposit_id: str
    vintage: date
    status: str
    content: dict[str, Any]
    """What the figure says (:func:`entry_content`)."""
    content_hash: str
    previous_hash: str
    entry_hash: str
    run_id: str
    recorded_at: str
    """ISO 8601, UTC, microseconds."""
    code_version: str
    supersedes: int | None
    """Number of the entry of the same deposit and vintage that this one takes the place of."""


def kg(tonnes: float) -> int:
    """Whole kilograms in ``tonnes``: the one place where a quantity is rounded for the ledger.

    Round half to even on the shortest decimal text of the number (GB/T 8170, 四舍六入五成双), so
    that 0.0025 t is 2 kg and 0.0035 t is 4 kg, whatever the binary fraction.

    Raises
    ------
    ValueError
        ``tonnes`` is not a finite number.
    """
    exact = Decimal(repr(float(tonnes)))
    if not exact.is_finite():
        raise ValueError(f"a quantity in the ledger is finite, not {tonnes} / 台账数量须为有限值")
    return int(exact.scaleb(3).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def canonical(value: Any) -> str:
    """Return ``value`` as canonical JSON: sorted keys, no spaces, no NaN, text unescaped."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def sha256(text: str) -> str:
    """SHA-256 of ``text`` in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def entry_content(result: DepositResult) -> dict[str, Any]:
    """Return what the figure says, and nothing about when, where or by which run it was made.

    Tonnes and metal are whole kilograms (:func:`kg`), grades keep six decimals, rows are ordered
    by cut-off, class and domain: two runs that computed the same figure give the same content,
    and so the same content hash, on any machine that computed the same figure.

    Raises
    ------
    ValueError
        A quantity is not a finite number, a class is not one of the three, a row stands twice or
        names an element the statement doesn't, or no row stands at the reporting cut-off.
    """
    statement = result.statement
    _check_rows(result)
    return {
        "format": FORMAT,
        "status": INTERNAL_ESTIMATE,
        "belt_id": result.belt_id,
        "deposit_id": result.deposit_id,
        "vintage": result.vintage.isoformat(),
        "main_element": statement.main_element,
        "elements": list(statement.elements),
        "reporting_cutoff": float(statement.reporting_cutoff),
        "statement": _rows(statement.rows),
        "mined": _rows(statement.mined),
        "depletion": _rows(result.depletion),
        "density_basis": statement.density_basis,
        "support": [_support(s) for s in sorted(statement.support, key=lambda s: s.element)],
        "holes": int(result.holes),
        "composites": int(result.composites),
        "plan_status": result.plan_status,
        "data_hash": result.data_hash,
        "plan_hash": result.plan_hash,
        "model_hash": result.model_hash,
        "engine_version": result.engine_version,
    }


def _check_rows(result: DepositResult) -> None:
    """Refuse rows that would be counted twice, or not at all, when the ledger adds them up."""
    statement = result.statement
    name = f"{result.deposit_id} {result.vintage}"
    for part in (statement.rows, statement.mined, result.depletion):
        keys = [(row.class_name, row.domain, row.cutoff) for row in part]
        if len(set(keys)) < len(keys):
            raise ValueError(f"{name}: a row stands twice / 有重复的行")
        if unknown := {e for row in part for e in row.elements} - set(statement.elements):
            raise ValueError(f"{name}: elements not in the statement / 未列入的元素: {unknown}")
    if len({row.cutoff for row in result.depletion}) > 1:
        raise ValueError(f"{name}: depletion at several cut-offs / 动用量有多个边界品位")
    if statement.rows and not statement.at_cutoff():
        raise ValueError(f"{name}: no row at the reporting cut-off / 没有报告边界品位的行")


def _rows(rows: Iterable[StatementRow]) -> list[dict[str, Any]]:
    """Statement rows as plain data, in a fixed order."""
    ordered = sorted(rows, key=lambda row: (row.cutoff, CLASSES.index(row.class_name), row.domain))
    return [_row(row) for row in ordered]


def _row(row: StatementRow) -> dict[str, Any]:
    """One statement row in whole kilograms."""
    elements = {
        name: {
            "grade": _rounded(figure.grade),
            "metal_kg": kg(figure.metal_t),
            "evaluated_ore_kg": kg(figure.evaluated_ore_t),
        }
        for name, figure in row.elements.items()
    }
    return {
        "class": row.class_name,
        "domain": row.domain,
        "cutoff": float(row.cutoff),
        "volume_m3": _rounded(row.volume_m3),
        "ore_kg": kg(row.ore_t),
        "elements": elements,
    }


def _support(support: ElementSupport) -> dict[str, Any]:
    """What stands behind one element's figures, as plain data."""
    return {
        "element": support.element,
        "source": support.source,
        "method": support.method,
        "support_m": _rounded(support.support_m),
        "samples": int(support.samples),
        "holes": int(support.holes),
        "assayed_share": _rounded(support.assayed_share),
        "correlation_with_main": _rounded(support.correlation_with_main),
        "class_limit": support.class_limit,
    }


def _rounded(value: float | None) -> float | None:
    """A figure that is not a quantity, at the decimals the ledger keeps; minus zero is zero."""
    return None if value is None else round(float(value), GRADE_DECIMALS) + 0.0


def entry_hash(line: dict[str, Any]) -> str:
    """Hash that ties an entry to its content, its circumstances and the entry before it.

    ``line`` holds the entry's columns as written (``vintage`` as ISO text, ``content_hash`` for
    the content, no ``entry_hash``).
    """
    return sha256(canonical({"format": FORMAT, **{name: line[name] for name in TIED}}))


def current_of(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Return the latest entry of each deposit and vintage, in order of deposit and vintage."""
    latest: dict[tuple[str, date], LedgerEntry] = {}
    for entry in entries:
        key = (entry.deposit_id, entry.vintage)
        if key not in latest or entry.number > latest[key].number:
            latest[key] = entry
    return tuple(latest[key] for key in sorted(latest))
