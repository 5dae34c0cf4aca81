"""The shapes of ``--json`` answers (docs/json.md). Keys are stable: they are only ever added to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from estimation.results import DepositResult, StatementRow, grade_unit
from flows.account import Ingested
from flows.estimate import VintageRun
from flows.manifest import plain
from flows.track import Tracked
from geo.findings import Finding, RowBalance
from tracking.ledger.entries import BESIDE
from tracking.target.progress import BaselineProgress, TargetProgress
from tracking.target.stock import Share, Stock


def finding_answer(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return finding.as_json()


def balance_answer(balance: RowBalance) -> dict[str, Any]:
    """Where one table's rows went."""
    return {
        "file": balance.file,
        "sheet": balance.sheet,
        "table": balance.table,
        "in": balance.rows_in,
        "accepted": balance.accepted,
        "quarantined": balance.quarantined,
        "skipped": balance.skipped,
    }


def check_answer(ingested: Iterable[Ingested]) -> dict[str, Any]:
    """Findings and row balance of every belt checked."""
    return {
        "belts": [
            {
                "belt": item.belt_id,
                "accepted": item.accepted,
                "refused": {name: reason.en for name, reason in item.refused.items()},
                "refused_reasons": {name: vars(r) for name, r in item.refused.items()},
                "findings": [finding_answer(f) for f in item.findings],
                "balance": [balance_answer(b) for b in item.balances],
                "special_values": [
                    {"deposit": deposit, **values.as_json()}
                    for deposit, values in item.special.items()
                ],
                "qaqc": [{"deposit": d, **quality} for d, quality in item.quality.items()],
                "campaigns": [
                    {"deposit": deposit, **row}
                    for deposit, rows in item.campaigns.items()
                    for row in rows
                ],
            }
            for item in ingested
        ]
    }


def row_answer(row: StatementRow) -> dict[str, Any]:
    """One statement row; grades in the unit beside them, metal in tonnes."""
    return {
        "class": row.class_name,
        "domain": row.domain,
        "cutoff": row.cutoff,
        "volume_m3": row.volume_m3,
        "ore_t": row.ore_t,
        "elements": {
            name: {
                "grade": figure.grade,
                "unit": grade_unit(name),
                "metal_t": figure.metal_t,
                "evaluated_ore_t": figure.evaluated_ore_t,
            }
            for name, figure in row.elements.items()
        },
    }


def deposit_answer(runs: list[VintageRun]) -> dict[str, Any]:
    """One deposit: every vintage's statement, truth, tiles, seconds, memory and paths."""
    return {
        "belt": runs[0].result.belt_id,
        "deposit": runs[0].result.deposit_id,
        "vintages": [_vintage_answer(run) for run in runs],
    }


def _vintage_answer(run: VintageRun) -> dict[str, Any]:
    result = run.result
    return {
        "vintage": result.vintage.isoformat(),
        "statement": [row_answer(row) for row in result.statement.rows],
        "mined": [row_answer(row) for row in result.statement.mined],
        **{name: [row_answer(row) for row in getattr(result, name)] for name in BESIDE},
        "reporting_cutoff": result.statement.reporting_cutoff,
        "density_basis": result.statement.density_basis,
        "support": [asdict(support) for support in result.statement.support],
        "checks": [asdict(check) for check in result.checks],
        "truth": [{**asdict(row), "ratio": row.ratio} for row in result.truth],
        "tiles": {"computed": run.tiles.computed, "reused": run.tiles.reused},
        "seconds": round(run.seconds, 3),
        "peak_mib": round(run.peak_mib, 1),
        "data_hash": result.data_hash,
        "plan_hash": result.plan_hash,
        "model_hash": result.model_hash,
        "engine_version": result.engine_version,
        "plan_status": result.plan_status,
        "paths": {"result": str(run.path), "plates": str(run.path.with_suffix(".npz"))},
    }


def growth_answer(tracked: Tracked) -> dict[str, Any]:
    """Progress against every target and baseline, and the movement between vintages."""
    return {
        "targets": [_target_answer(item) for item in tracked.progress],
        "movements": [plain(item) for item in tracked.movements],
        "ledger": {
            "recorded": tracked.recorded,
            "problems": list(tracked.problems),
            "refused": list(tracked.refused),
            "held": [one.as_json() for one in tracked.held],
            "taken_out": [one.as_json() for one in tracked.taken_out],
            "remarks": [vars(words) for words in tracked.remarks],
            "entries": [
                {
                    "number": entry.number,
                    "deposit": entry.deposit_id,
                    "vintage": entry.vintage.isoformat(),
                    "status": entry.status,
                    "content_hash": entry.content_hash,
                    "entry_hash": entry.entry_hash,
                    "run": entry.run_id,
                }
                for entry in tracked.entries
            ],
        },
    }


def _target_answer(item: TargetProgress) -> dict[str, Any]:
    """One target: its baselines with points, lines, shares, outlook and the official view."""
    return {
        "target": item.target.id,
        "level": item.target.level,
        "status": item.target.status,
        "element": item.element,
        "classes": list(item.classes),
        "baselines": [_baseline_answer(base) for base in item.baselines],
    }


def _baseline_answer(base: BaselineProgress) -> dict[str, Any]:
    """Growth from one baseline (docs/target.md says what each key means)."""
    return {
        "baseline": base.baseline.id,
        "basis": base.baseline.basis,
        "since": base.since and base.since.isoformat(),
        "baseline_t": base.baseline_t,
        "growth_pct": base.growth_pct,
        "pace_t_per_year": base.pace_t_per_year,
        "points": [_stock_answer(point) for point in base.points],
        "surer": base.surer and _stock_answer(base.surer),
        "lines": [plain(line) for line in base.lines],
        "by_belt": [_share_answer(share) for share in base.by_belt],
        "by_province": [_share_answer(share) for share in base.by_province],
        "by_deposit": [_share_answer(share) for share in base.by_deposit],
        "modelled_base_t": base.modelled_base_t,
        "coverage_ratio": base.coverage_ratio,
        "deposits": list(base.deposits),
        "excluded": plain(base.excluded),
        "discovered": list(base.discovered),
        "base_carried": [
            {"deposit": name, "vintage": day.isoformat()} for name, day in base.base_carried
        ],
        "before": plain(base.before),
        "low_grade_t": base.low_grade_t,
        "official": plain(base.official),
        "origin": base.origin and plain(base.origin),
        "projection": base.projection and plain(base.projection),
        "likely": base.likely and plain(base.likely),
        "remark": {"zh": base.remark_zh, "en": base.remark_en},
    }


def _stock_answer(stock: Stock) -> dict[str, Any]:
    """A sum of deposits as of a date, growth types one by one."""
    types = [{"type": name, "metal_t": amount} for name, amount in stock.by_type]
    return {**plain(stock), "by_type": types}


def _share_answer(share: Share) -> dict[str, Any]:
    """One belt's, province's or deposit's part of the growth."""
    return {**plain(share), "stock": _stock_answer(share.stock)}


def latest(runs: list[VintageRun]) -> DepositResult:
    """Return the newest vintage's result."""
    return runs[-1].result
