"""Estimate: from accepted drill-holes to a classified statement for every vintage.

The workflow only names the steps and their order; the arithmetic is in ``estimation``.
"""

from __future__ import annotations

import json
import resource
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from estimation.changes import Changes, Opening, state_changes
from estimation.deposit import (
    DepositData,
    Findings,
    assemble,
    composite_samples,
    set_up_kriging,
    state_resource,
    what_counts,
)
from estimation.differences import DECIDED
from estimation.engine.krige import Problem
from estimation.errors import EstimationError
from estimation.ground import measure_ground
from estimation.models.block_model import ModelRun, make_vintage
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.originals import BESIDE, digests_beside
from estimation.parallel import Crew
from estimation.plates import plates_of, write_plates
from estimation.results import DepositResult
from estimation.simulation.records import Uncertainty
from estimation.simulation.simulate import simulate
from estimation.statement.ground_inside import open_prospects
from estimation.validation.checks import validate
from estimation.validation.truth import truth_rows
from estimation.validation.witness import Testimony, call_witness
from flows.accept import EXTRA, Acceptance, hold_or_accept
from flows.belts import find_deposit
from flows.door import ProgressBar, publish_table, step, workflow
from flows.manifest import new_run_id, write_json, write_manifest
from flows.progress import tell
from flows.readings import accepted_drillholes, count_by_severity
from flows.runtime import Workspace, read_runtime
from geo.config import digest
from geo.drillholes.composite import Composites
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


@dataclass(frozen=True)
class Account:
    """What the reading of a vintage's files found, and what was let pass."""

    by_severity: dict[str, int]
    passed: Acceptance


@workflow(name="estimate")
def estimate(
    deposit_id: str,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    workers: int | None = None,
    run_id: str | None = None,
    accept: str | None = None,
) -> list[VintageRun]:
    """Estimate every vintage of one deposit, oldest first; tiles that stand are reused.

    ``accept`` is the reason for which special values without a rule may pass.

    Raises
    ------
    flows.accept.HeldError
        Special values without a rule hold the deposit back.
    geo.findings.DataError
        The deposit's drill-holes were refused; the error carries the findings.
    """
    house = Workspace(Path(workspace))
    run_id = run_id or new_run_id()
    belt, deposit, base = find_deposit(deposit_id, Path(configs))
    runtime = read_runtime(Path(configs).parent / "runtime.yaml", workers)
    runs: list[VintageRun] = []
    with Crew(runtime.dask) as crew:
        for vintage in deposit.vintages:
            data, reading = accepted_drillholes(belt, deposit, base, house, vintage)
            path = house.result(deposit.id, vintage.isoformat())
            passed = hold_or_accept(deposit, reading, accept, path)
            account = Account(count_by_severity(reading.findings), passed)
            before = runs[-1] if runs else None
            runs.append(estimate_vintage(data, before, house, crew, account))
    _no_longer_held(house, deposit.id)
    publish_table(f"statement-{deposit.id}", statement_table(runs[-1].result), deposit.name.en)
    write_manifest(house.run(run_id), f"estimate-{deposit.id}", [_summary(run) for run in runs])
    return runs


def _no_longer_held(house: Workspace, deposit_id: str) -> None:
    """A deposit that was estimated is not held back any more."""
    if house.held.exists():
        held = json.loads(house.held.read_text("utf-8"))
        if held.pop(deposit_id, None) is not None:
            write_json(house.held, held)


def estimate_vintage(
    data: DepositData,
    before: VintageRun | None,
    house: Workspace,
    crew: Crew,
    account: Account,
) -> VintageRun:
    """One vintage, step by step; ``before`` is the run of the vintage before it."""
    began = time.monotonic()
    path = house.result(data.deposit.id, data.vintage.isoformat())
    samples = make_composites(data)
    problem = prepare_kriging(data, samples)
    store = ModelStore(house.models(data.deposit.id), data.grid)
    tiles = krige_blocks(problem, store, data.vintage, crew, data.deposit.id)
    model = store.read_vintage(data.vintage, tiles.revision)
    result = standing_result(data, before, (model.model_hash, account), path)
    if result is None:
        ground = measure_ground(data, before.result.vintage if before else None)
        statement = state_classes(data, model, ground, samples)
        found = Findings(
            changes=what_changed(data, opening_model(store, before), model, statement, ground),
            checks=validate_model(data, model, problem, samples),
            truth=compare_with_truth(data, model, problem, statement, ground.left),
            by_severity=account.by_severity,
            opening=opening_of(before),
            uncertainty=how_sure(data, problem, model, ground, crew),
        )
        result = assemble(data, problem, model, statement, found)
        beside = digests_beside(data.belt, data.deposit, data.base)
        decided = {EXTRA: account.passed.as_json(), DECIDED: data.decided, BESIDE: beside}
        result = replace(result, extras=result.extras | decided)
        collars = data.drillholes.collar[["easting_m", "northing_m"]].to_numpy()
        write_plates(path.with_suffix(".npz"), model, problem, ground.left, collars)
        result.write(path)
        result.write(house.kept_result(data.deposit.id, result))
    return VintageRun(result, tiles, time.monotonic() - began, peak_mib(), path)


def opening_model(store: ModelStore, before: VintageRun | None) -> Opening | None:
    """The vintage before with its model, exactly as its own result read it."""
    if before is None:
        return None
    model = store.read_vintage(before.result.vintage, before.tiles.revision)
    return Opening(before.result, model)


def opening_of(before: VintageRun | None) -> dict[str, str]:
    """The vintage, model and result that depletion is valued in; empty for the first vintage."""
    if before is None:
        return {}
    found = before.result
    named = {"vintage": str(found.vintage), "model_hash": found.model_hash}
    return {**named, "result": found.digest}


@step(name="组合样 Composite")
def make_composites(data: DepositData) -> dict[str, Composites]:
    """Desurvey and composite the samples of a vintage."""
    return composite_samples(data)


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
def state_classes(data: DepositData, model: VintageReader, ground: Any, samples: Any) -> Any:
    """Classify blocks and add up tonnes and metal."""
    return state_resource(data, model, ground, samples)


@step(name="动用与变化 Mined and changed")
def what_changed(
    data: DepositData, opening: Opening | None, model: VintageReader, statement: Any, ground: Any
) -> Changes:
    """Mined and lost since the vintage before, new ground, and classes that changed."""
    return state_changes(data, opening, model, statement, ground)


@step(name="验证 Validate")
def validate_model(data: DepositData, model: VintageReader, problem: Problem, samples: Any) -> Any:
    """Independent witness, cross-validation, bias and second method."""
    seed = int(digest([data.deposit.id, str(data.vintage)])[:8], 16)
    seen: list[Testimony] = [
        call_witness(problem, model, element, WITNESS_BLOCKS, seed) for element in problem.elements
    ]
    return validate(model, problem, samples, seen)


@step(name="真值对比 Compare with truth")
def compare_with_truth(
    data: DepositData, model: VintageReader, problem: Problem, statement: Any, share: Any
) -> tuple[Any, ...]:
    """Estimate beside exhaustive truth; empty for real deposits."""
    if data.deposit.truth is None:
        return ()
    plan, folder = problem.plan, data.base / data.deposit.truth
    prospects = open_prospects(plan, data.base, data.belt.crs)
    return truth_rows(folder, model, plan, statement, share, prospects)


@step(name="条件模拟 Simulate")
def how_sure(
    data: DepositData, problem: Problem, model: VintageReader, ground: Any, crew: Crew
) -> Uncertainty | None:
    """How far the figure may be off; None where the plan doesn't ask."""
    if problem.plan.uncertainty is None:
        return None
    counted = what_counts(data, problem.plan, model, ground)
    return simulate(problem, model, counted, data.deposit.id, crew)


def standing_result(
    data: DepositData,
    before: VintageRun | None,
    found: tuple[str, Account],
    path: Path,
) -> DepositResult | None:
    """Return the result on disk where nothing that it rests on has changed.

    ``found``: the model's hash and the account of the reading. A result that was changed by hand or
    damaged does not stand; nor does one whose plates are of another model.
    """
    model_hash, account = found
    if not path.exists() or plates_of(path.with_suffix(".npz")) != model_hash:
        return None
    try:
        old = DepositResult.read(path)
    except EstimationError:
        return None
    passed = old.extras.get(EXTRA, {})
    now = (
        (model_hash, account.by_severity, account.passed.decision),
        opening_of(before),
        data.data_hash(),
        data.plan_hash,
        code_version(),
    )
    then = (
        (old.model_hash, old.findings, (passed.get("waiting"), passed.get("reason"))),
        old.extras.get("opening"),
        old.data_hash,
        old.plan_hash,
        old.engine_version,
    )
    return old if now == then else None


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
        "result_digest": run.result.digest,
        "checks": run.result.checks,
        "special_values": run.result.extras.get(EXTRA),
        "result": run.path,
    }
