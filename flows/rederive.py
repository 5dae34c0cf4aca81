"""Rederive: a kept result made again from the vault, its decision and the present program."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from estimation.attribution.remake import Remade, put_together
from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.models.store import ModelStore
from estimation.parallel import Crew
from estimation.results import DepositResult
from flows.accept import EXTRA, Acceptance
from flows.belts import find_deposit
from flows.estimate import (
    Account,
    VintageRun,
    estimate_vintage,
    krige_blocks,
    make_composites,
    prepare_kriging,
)
from flows.readings import as_of, count_by_severity, read_and_check
from flows.runtime import Workspace, read_runtime
from geo.drillholes.reading import DrillholeReading
from geo.findings import DataError

NOT_COMPARED = ("engine_version",)
"""The program may be another: whether it gives the same figures is what is asked."""


@dataclass(frozen=True)
class Bench:
    """Where figures are made again: configuration, workspace, a folder of its own, and workers."""

    configs: Path
    house: Workspace
    scratch: Path
    crew: Crew


@contextmanager
def bench(configs: str, workspace: str, workers: int | None = None) -> Iterator[Bench]:
    """A place to make figures again; its folder is gone afterwards."""
    house = Workspace(Path(workspace))
    house.root.mkdir(parents=True, exist_ok=True)
    runtime = read_runtime(Path(configs).parent / "runtime.yaml", workers)
    # below the workspace, so that the vault's files need no copy
    folder = tempfile.TemporaryDirectory(prefix="again-", dir=house.root)
    with folder as scratch, Crew(runtime.dask) as crew:
        yield Bench(Path(configs), house, Path(scratch), crew)


def rederive(
    result: DepositResult,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    workers: int | None = None,
) -> DepositResult:
    """Make a kept result again: files from the vault, its own decision, every tile computed anew.

    What mining took is valued in the model of the vintage before, so that model is made again too.
    Names, and layouts of tables, come from the present configuration.

    Raises
    ------
    EstimationError
        The result carries no decision, an original is not in the vault or was changed, or the
        result that it follows is not among the kept ones.
    geo.findings.DataError
        The present program refuses the files.
    """
    with bench(configs, workspace, workers) as place:
        remade = remake(result, place)
        data, reading = read_remade(remade)
        account = Account(count_by_severity(reading.findings), _passed(result))
        before = _opening_run(result, place)
        run = estimate_vintage(data, before, Workspace(place.scratch), place.crew, account)
        return remade.restored(run.result)


def rederived_differences(result: DepositResult, again: DepositResult) -> tuple[str, ...]:
    """Parts of a result that did not come out the same; empty where the figure stands.

    The version of the program is not compared; ``extras`` are named one by one.
    """
    one, other = (_plain(item) for item in (result, again))
    return tuple(sorted(key for key in {*one, *other} if one.get(key) != other.get(key)))


def remake(result: DepositResult, place: Bench) -> Remade:
    """The inputs of a kept result, laid out of the vault."""
    belt, deposit, base = find_deposit(result.deposit_id, place.configs)
    return put_together(result, belt, deposit, base, (place.house.root, place.scratch))


def read_remade(remade: Remade) -> tuple[DepositData, DrillholeReading]:
    """Read and check the laid files as of the result's vintage.

    Raises
    ------
    DataError
        They are refused; it carries the findings.
    """
    known = as_of(remade.laid_deposit, remade.result.vintage)
    reading = read_and_check(remade.laid_belt, known, remade.base)
    if reading.drillholes is None:
        raise DataError(reading.findings)
    return remade.data(reading.drillholes, reading.files), reading


def _opening_run(result: DepositResult, place: Bench) -> VintageRun | None:
    """The vintage before, its model made again; None for a first vintage."""
    named = result.extras.get("opening")
    if not named:
        return None
    before = kept_opening(result, place.house)
    remade = remake(before, place)
    data, _ = read_remade(remade)
    problem = prepare_kriging(data, make_composites(data))
    store = ModelStore(Workspace(place.scratch).models(result.deposit_id), data.grid)
    tiles = krige_blocks(problem, store, before.vintage, place.crew, before.deposit_id)
    return VintageRun(before, tiles, tiles.seconds, 0.0, place.scratch)


def kept_opening(result: DepositResult, house: Workspace) -> DepositResult:
    """The kept result that a result names as the vintage before it.

    Raises
    ------
    EstimationError
        It is not there.
    """
    named = result.extras["opening"]
    wanted = (named["vintage"], named["model_hash"])
    found = [
        one
        for one in kept_results(result.deposit_id, house)
        if (one.vintage.isoformat(), one.model_hash) == wanted
        and named.get("result", one.digest) == one.digest
    ]
    if not found:
        raise EstimationError(
            f"{result.deposit_id} {result.vintage}: the result of {named['vintage']} that it "
            f"follows (model {named['model_hash'][:12]}) is not kept / 期初结果未保存"
        )
    return found[-1]


def kept_results(deposit_id: str, house: Workspace) -> Iterator[DepositResult]:
    """Every kept result of a deposit that can be read, the oldest file first."""
    folder = house.models(deposit_id) / "results" / "kept"
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
        try:
            yield DepositResult.read(path)
        except EstimationError:
            continue  # verify names it


def _passed(result: DepositResult) -> Acceptance:
    """What was let pass then."""
    held: dict[str, Any] = result.extras.get(EXTRA) or {"waiting": ()}
    return Acceptance(**{**held, "waiting": tuple(held["waiting"])})


def _plain(result: DepositResult) -> dict[str, Any]:
    """Fields of a result as JSON values, extras apart."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(result), default=date.isoformat))
    extras = plain.pop("extras")
    for name in NOT_COMPARED:
        plain.pop(name)
    return plain | {f"extras.{name}": value for name, value in extras.items()}
