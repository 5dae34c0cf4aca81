"""Made-up histories of figures for tests of growth: estimates, splits, filed figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from estimation.results import DepositResult
from tests.fabricated import chain_of, copper_result, copper_row
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.standing import Standing
from tracking.movement.attribution import FACTORS
from tracking.target.target import Baseline, Target

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "configs" / "targets" / "copper-2027.yaml"
V24, V25, V26 = date(2024, 12, 31), date(2025, 12, 31), date(2026, 10, 31)


METAL_AND_ORE = (("cu_pct", 1.0), ("ore", 200.0))


def with_national(target: Target, value_t: float, basis: str = "retained") -> Target:
    """The target with a national baseline as a user would enter it."""
    raw = target.baselines[2].model_dump()
    known = {"value_t": value_t, "date": V24, "basis": basis, "confidence": "assumed"}
    baseline = Baseline.model_validate({**raw, **known})
    return target.model_copy(update={"baselines": (*target.baselines[:2], baseline)})


def from_entry(target: Target, series: str, basis: str = "retained", **more: Any) -> Target:
    """The target with one baseline alone: a recorded figure, national unless said otherwise."""
    raw = target.baselines[2].model_dump()
    named = {"from_entry": {"scope": "national", "series": series}, "basis": basis}
    unsaid = {"source": None, "quoted_text": None, "confidence": None}
    baseline = Baseline.model_validate({**raw, **unsaid, **named, **more})
    return target.model_copy(update={"baselines": (baseline,)})


def growth_vector() -> tuple[LedgerEntry, ...]:
    """R0 12,000; drilling +900 with 570 consumed; then +300 by a lower cut-off alone."""
    lowered = copper_result(
        V26, {"measured": 4_830.0, "indicated": 7_800.0},
        data_hash="drilled", plan_hash="lower cut-off",
    )  # fmt: skip
    return chain_of(
        [
            copper_result(V24, {"measured": 5_000.0, "indicated": 7_000.0}),
            copper_result(
                V25, {"measured": 4_830.0, "indicated": 7_500.0}, {"measured": 570.0},
                data_hash="drilled",
            ),
            at_cutoffs(lowered, 0.17, {0.3: {"measured": 4_830.0, "indicated": 7_500.0}}),
        ]
    )  # fmt: skip


def at_cutoffs(
    result: DepositResult, reporting: float, others: dict[float, dict[str, float]]
) -> DepositResult:
    """The estimate reported at another cut-off, with what it holds at further ones."""
    rows = [replace(row, cutoff=reporting) for row in result.statement.rows]
    for cutoff, copper_t in others.items():
        rows += [replace(copper_row(n, t), cutoff=cutoff) for n, t in copper_t.items()]
    statement = replace(result.statement, rows=tuple(rows), reporting_cutoff=reporting)
    return replace(result, statement=statement)


def split_of(opening: int, closing: int, steps: dict[str, float]) -> LedgerEntry:
    """An attribution of indicated copper: tonnes by factor, ore at 0.5 %."""
    content = {
        "opening": opening,
        "closing": closing,
        "order": list(FACTORS),
        "reverse": False,
        "steps": [
            {
                "factor": name,
                "kg": {e: {"indicated": round(t * k * 1000)} for e, k in METAL_AND_ORE},
            }
            for name, t in steps.items()
        ],
        "note": "",
    }
    (entry,) = chain_of([copper_result(V25, {"indicated": 1.0})])
    return replace(entry, kind="attribution", content=content)


def results(deposit_id: str = "test-syn", belt_id: str = "gangdese") -> list[Any]:
    """One deposit at three vintages: 1000 t, then 1030 (20 mined), then 1080."""
    names: dict[str, Any] = {"deposit_id": deposit_id, "belt_id": belt_id}
    return [
        copper_result(V24, {"indicated": 1000.0}, **names),
        copper_result(V25, {"indicated": 1030.0}, {"indicated": 20.0}, **names),
        copper_result(V26, {"indicated": 1080.0}, **names),
    ]


def found(entries: tuple[LedgerEntry, ...], day: str) -> tuple[LedgerEntry, ...]:
    """The same entries with a registry that says when the deposit was discovered."""
    said = {"discovered": {"date": day, "citation": "a report"}}
    return tuple(replace(e, content={**e.content, "registry": said}) for e in entries)


def stated(entries: tuple[LedgerEntry, ...], **facts: Any) -> tuple[LedgerEntry, ...]:
    """The same entries with further facts in their content."""
    return tuple(replace(entry, content={**entry.content, **facts}) for entry in entries)


def outside(deposit_id: str, day: date, series: str, copper_t: float, **more: Any) -> LedgerEntry:
    """A figure from outside as the ledger holds it, all of it indicated."""
    rows = [{"class": "indicated", "domain": "all", "cutoff": None, "ore_kg": 0,
             "elements": {"cu_pct": {"metal_kg": round(copper_t * 1000)}}}]  # fmt: skip
    (entry,) = chain_of([copper_result(day, {"indicated": 1.0}, deposit_id=deposit_id)])
    content = {"elements": ["cu_pct"], "reporting_cutoff": None, "statement": rows, **more}
    return replace(entry, kind="outside", series=series, vintage=day, content=content)


def standing(entry: LedgerEntry, filed: date, year: int | None) -> Standing:
    """Where a filed figure stands."""
    number = entry.number
    return Standing(
        deposit_id=entry.deposit_id, vintage=entry.vintage, series=entry.series, belt_id="gangdese",
        province=None, scope="deposit", domestic=True, newest=number, usable=number,
        published=None, official=number, review="draft", filing="filed", filed_date=filed,
        stat_year=year, document_no=entry.series, changed_by=number,
    )  # fmt: skip
