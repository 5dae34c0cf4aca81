"""Estimate: from accepted drill-holes to a classified statement for every vintage.

The workflow only names the steps and their order; the arithmetic is in ``estimation``.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from estimation.belts import Deposit
from estimation.block_model import ModelRun, make_vintage
from estimation.deposit import (
    DepositData,
    Findings,
    assemble,
    composite_samples,
    measure_ground,
    set_up_kriging,
    state_depletion,
    state_resource,
)
from estimation.krige import Problem
from estimation.parallel import Crew
from estimation.plates import write_plates
from estimation.results import DepositResult
from estimation.store import ModelStore, VintageReader
from estimation.truth import truth_rows
from estimation.validation import validate
from estimation.witness import Testimony, call_witness
from flows.belts import find_deposit
from flows.door import ProgressBar, publish_table, step, workflow
from flows.ingest import accepted_drillholes
from flows.manifest import new_run_id, write_manifest
from flows.progress import tell
from flows.runtime import Workspace, read_runtime
from geo.composite import Composites
from geo.config import digest
from geo.version import code_version

WITNESS_BLOCKS = 6
"""Blocks of each element that PyKrige checks after a model was computed."""


@dataclass(frozen=True)
class VintageRun:
    """One vintage of one deposit, made or found standing."""

    result: DepositResult
    tiles: ModelRun
    seconds: float
    peak_mib: float
    path: Path


@workflow(name="estimate")
def estimate(
    deposit_id: str,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    workers: int | None = None,
    run_id: str | None = None,
) -> list[VintageRun]:
    """Estimate every vintage of one deposit, oldest first; tiles that stand are reused.

    Raises
    ------
    geo.findings.DataError
        The deposit's drill-holes were refused; the error carries the findings.
    """
    house = Workspace(Path(workspace))
    run_id = run_id or new_run_id()
    belt, deposit, base = find_deposit(deposit_id, Path(configs))
    data, by_severity = accepted_drillholes(belt, deposit, base, house)
    runtime = read_runtime(Path(configs).parent / "runtime.yaml", workers)
    runs: list[VintageRun] = []
    with Crew(runtime.dask) as crew:
        for vintage, previous in _in_order(deposit):
            runs.append(estimate_vintage(data, vintage, previous, house, crew, by_severity))
    publish_table(f"statement-{deposit.id}", statement_table(runs[-1].result), deposit.name.en)
    write_manifest(house.run(run_id), f"estimate-{deposit.id}", [_summary(run) for run in runs])
    return runs


def _in_order(deposit: Deposit) -> list[tuple[date, date | None]]:
    """Vintages, oldest first, each with the one before it."""
    vintages = sorted(deposit.vintages)
    return list(zip(vintages, [None, *vintages[:-1]], strict=True))


def estimate_vintage(
    data: DepositData,
    vintage: date,
    previous: date | None,
    house: Workspace,
    crew: Crew,
    by_severity: dict[str, int],
) -> VintageRun:
    """One vintage, step by step."""
    began = time.monotonic()
    path = house.result(data.deposit.id, vintage.isoformat())
    samples = make_composites(data, vintage)
    problem = prepare_kriging(data, samples)
    store = ModelStore(house.models(data.deposit.id), data.grid)
    tiles = krige_blocks(problem, store, vintage, crew, data.deposit.id)
    model = store.read_vintage(vintage)
    opening = store.read_vintage(previous) if previous else None
    before = {"vintage": str(previous), "model_hash": opening.model_hash} if opening else {}
    result = standing_result(data, vintage, (model.model_hash, by_severity, before), path)
    if result is None:
        ground = measure_ground(data, vintage, previous)
        statement = state_classes(data, vintage, model, ground, samples)
        found = Findings(
            depletion=state_depletion(data, previous, opening, ground),
            checks=validate_model(data, model, problem, samples, vintage),
            truth=compare_with_truth(data, model, statement, ground.left),
            by_severity=by_severity,
            opening=before,
        )
        result = assemble(data, vintage, problem, model, statement, found)
        collars = data.drillholes.as_of(vintage).collar[["easting_m", "northing_m"]].to_numpy()
        write_plates(path.with_suffix(".npz"), model, problem, ground.left, collars)
        result.write(path)
    return VintageRun(result, tiles, time.monotonic() - began, peak_mib(), path)


@step(name="组合样 Composite")
def make_composites(data: DepositData, vintage: date) -> dict[str, Composites]:
    """Desurvey and composite the samples of a vintage."""
    return composite_samples(data, vintage)


@step(name="搜索与变异函数 Set up kriging")
def prepare_kriging(data: DepositData, samples: dict[str, Composites]) -> Problem:
    """Caps, domains, variograms and searches of the plan, as the engine takes them."""
    return set_up_kriging(data, samples)


@step(name="克里格 Krige blocks", retries=2)
def krige_blocks(
    problem: Problem,
    store: ModelStore,
    vintage: date,
    crew: Crew,
    label: str,
) -> ModelRun:
    """Krige the tiles that do not stand yet."""
    bar = ProgressBar(f"{label} {vintage}")

    def show(done: int, total: int) -> None:
        bar.update(done, total)
        tell(f"{label} {vintage}", done, total)

    return make_vintage(problem, store, vintage, crew, show)


@step(name="资源量 State the resource")
def state_classes(
    data: DepositData, vintage: date, model: VintageReader, ground: Any, samples: Any
) -> Any:
    """Classify blocks and add up tonnes and metal."""
    return state_resource(data, vintage, model, ground, samples)


@step(name="验证 Validate")
def validate_model(
    data: DepositData, model: VintageReader, problem: Problem, samples: Any, vintage: date
) -> Any:
    """Independent witness, cross-validation, bias and second method."""
    seed = int(digest([data.deposit.id, str(vintage)])[:8], 16)
    seen: list[Testimony] = [
        call_witness(problem, model, element, WITNESS_BLOCKS, seed) for element in problem.elements
    ]
    return validate(model, problem, samples, seen)


@step(name="真值对比 Compare with truth")
def compare_with_truth(
    data: DepositData, model: VintageReader, statement: Any, share: Any
) -> tuple[Any, ...]:
    """Estimate beside exhaustive truth; empty for real deposits."""
    if data.deposit.truth is None:
        return ()
    return truth_rows(data.base / data.deposit.truth, model, data.plan, statement, share)


def standing_result(
    data: DepositData,
    vintage: date,
    rests_on: tuple[str, dict[str, int], dict[str, str]],
    path: Path,
) -> DepositResult | None:
    """Return the result on disk where nothing that it rests on has changed.

    ``rests_on``: the model's hash, findings by severity, and the opening vintage with its model.
    """
    if not (path.exists() and path.with_suffix(".npz").exists()):
        return None
    old = DepositResult.read(path)
    inputs = (data.data_hash(vintage), data.plan_hash, code_version())
    then = (old.data_hash, old.plan_hash, old.engine_version)
    stood_on = (old.model_hash, old.findings, old.extras["opening"])
    return old if (inputs, rests_on) == (then, stood_on) else None


def peak_mib() -> float:
    """Largest memory this process has held so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def statement_table(result: DepositResult) -> list[dict[str, Any]]:
    """Rows of a statement at the reporting cut-off, for a table artifact or a terminal."""
    rows = []
    for row in result.statement.at_cutoff():
        figures = {f"{n}_metal_t": round(f.metal_t, 1) for n, f in row.elements.items()}
        rows.append(
            {
                "class": row.class_name,
                "domain": row.domain,
                "cutoff": row.cutoff,
                "ore_t": round(row.ore_t),
                **figures,
            }
        )
    return rows


def _summary(run: VintageRun) -> dict[str, Any]:
    """What the manifest keeps of one vintage."""
    return {
        "vintage": run.result.vintage,
        "tiles": {"computed": run.tiles.computed, "reused": run.tiles.reused},
        "seconds": round(run.seconds, 3),
        "peak_mib": round(run.peak_mib, 1),
        "data_hash": run.result.data_hash,
        "plan_hash": run.result.plan_hash,
        "model_hash": run.result.model_hash,
        "checks": run.result.checks,
        "result": run.path,
    }
