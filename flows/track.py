"""Track: estimates into the ledger, movement between vintages, progress against the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from estimation.results import DepositResult
from flows.belts import all_belts
from flows.door import publish_table, step, workflow
from flows.manifest import new_run_id, write_manifest
from flows.runtime import Workspace, read_runtime
from tracking import Ledger, LedgerEntry, Movement, TargetProgress, read_target, target_progress
from tracking import movements as movements_of


@dataclass(frozen=True)
class Tracked:
    """The ledger's present state and what follows from it."""

    entries: tuple[LedgerEntry, ...]
    problems: tuple[str, ...]
    """What checking the hash chain found; empty where it holds."""
    movements: tuple[Movement, ...]
    progress: tuple[TargetProgress, ...]
    recorded: int
    """Entries written by this run; an unchanged estimate is not entered twice."""


@workflow(name="track")
def track(
    configs: str = "configs/belts",
    workspace: str = "workspace",
    run_id: str | None = None,
) -> Tracked:
    """Enter every finished estimate of the configured belts, and measure growth."""
    house = Workspace(Path(workspace))
    run_id = run_id or new_run_id()
    url = _ledger_url(configs, house)
    recorded = record_estimates(url, finished_results(configs, house), run_id)
    state = ledger_state(configs, house)
    publish_table("growth", growth_table(state.progress), "Growth against the target")
    write_manifest(house.run(run_id), "track", {"recorded": recorded, "problems": state.problems})
    return replace(state, recorded=recorded)


def ledger_state(configs: str, house: Workspace) -> Tracked:
    """Read the ledger as it stands and what follows from it; nothing is written."""
    deposits = [d for _, belt in all_belts(Path(configs)).values() for d in belt.deposits]
    wanted = {(deposit.id, vintage) for deposit in deposits for vintage in deposit.vintages}
    entries, problems = read_ledger(_ledger_url(configs, house), wanted)
    movements = measure_movement(entries)
    progress = measure_growth(Path(configs).parent / "targets", entries)
    return Tracked(entries, problems, movements, progress, 0)


def _ledger_url(configs: str, house: Workspace) -> str:
    """URL of the ledger, from the runtime settings beside the belts' folder."""
    return house.ledger_url(read_runtime(Path(configs).parent / "runtime.yaml"))


@step(name="读取估算结果 Read results")
def finished_results(configs: str, house: Workspace) -> list[DepositResult]:
    """Results on disk of every configured deposit, in order of vintage."""
    results = []
    for _, belt in all_belts(Path(configs)).values():
        for deposit in belt.deposits:
            for vintage in sorted(deposit.vintages):
                path = house.result(deposit.id, vintage.isoformat())
                if path.exists():
                    results.append(DepositResult.read(path))
    return results


@step(name="记台账 Record in the ledger", retries=3)
def record_estimates(url: str, results: list[DepositResult], run_id: str) -> int:
    """Append what is new; returns how many entries were written."""
    with Ledger(url) as ledger:
        before = ledger.head()[0]
        for result in results:
            ledger.record(result, run_id)
        return ledger.head()[0] - before


@step(name="校验台账 Verify the ledger", retries=3)
def read_ledger(
    url: str, wanted: set[tuple[str, date]]
) -> tuple[tuple[LedgerEntry, ...], tuple[str, ...]]:
    """Return current entries of (deposit, vintage) pairs, and what is wrong with the chain."""
    with Ledger(url) as ledger:
        entries = tuple(e for e in ledger.current() if (e.deposit_id, e.vintage) in wanted)
        return entries, tuple(ledger.verify())


@step(name="变动 Movement")
def measure_movement(entries: tuple[LedgerEntry, ...]) -> tuple[Movement, ...]:
    """Opening to closing of every deposit, in the statutory order."""
    deposits = dict.fromkeys(entry.deposit_id for entry in entries)
    return tuple(
        line
        for deposit in deposits
        for line in movements_of([e for e in entries if e.deposit_id == deposit])
    )


@step(name="目标进度 Target progress")
def measure_growth(targets: Path, entries: tuple[LedgerEntry, ...]) -> tuple[TargetProgress, ...]:
    """Progress against every configured target."""
    return tuple(target_progress(read_target(p), entries) for p in sorted(targets.glob("*.yaml")))


def growth_table(progress: tuple[TargetProgress, ...]) -> list[dict[str, object]]:
    """One row for each target, baseline and vintage."""
    return [
        {
            "target": item.target.id,
            "baseline": base.baseline.id,
            "as_of": point.date.isoformat(),
            "retained_t": round(point.retained_t),
            "net_growth_pct": point.net_growth_pct,
            "gross_growth_pct": point.gross_growth_pct,
        }
        for item in progress
        for base in item.baselines
        for point in base.points
    ]
