"""Studies: the questions that a reviewer asks of a deposit, one page each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.models.store import ModelStore
from estimation.propose import propose_plan
from estimation.results import DepositResult
from estimation.studies import Study, Workbench
from flows.belts import find_deposit
from flows.door import step, workflow
from flows.readings import accepted_drillholes
from flows.runtime import Workspace
from geo.config import ConfigError
from reporting.study_page import write_study

TOPICS = {
    "exploration": "estimation.exploratory.study",
    "domains": "estimation.domains.study",
    "variography": "estimation.variography.study",
    "neighbourhood": "estimation.neighbourhood.study",
    "by-products": "estimation.byproducts.study",
    "validation": "estimation.validation.study",
    "classification": "estimation.statement.study",
}
"""Topic -> the module whose function ``study(bench: Workbench) -> Study`` answers it."""


@dataclass(frozen=True)
class StudyMade:
    """One study and its page."""

    study: Study
    page: Path


@workflow(name="study")
def study(
    deposit_id: str,
    topics: tuple[str, ...] = (),
    configs: str = "configs/belts",
    workspace: str = "workspace",
    vintage: date | None = None,
) -> list[StudyMade]:
    """Work out the asked topics (all without one) of one deposit, and write their pages.

    Raises
    ------
    ConfigError
        A topic is unknown.
    geo.findings.DataError
        The deposit's drill-holes were refused.
    """
    unknown = [name for name in topics if name not in TOPICS]
    if unknown:
        raise ConfigError(
            f"no topic {', '.join(unknown)}; there are {', '.join(TOPICS)} / 没有这个专题"
        )
    house = Workspace(Path(workspace))
    bench = open_workbench(deposit_id, Path(configs), house, vintage)
    folder = house.root / "studies" / deposit_id / str(bench.data.vintage)
    return [write_topic(name, bench, folder / name) for name in topics or TOPICS]


def open_workbench(
    deposit_id: str, configs: Path, house: Workspace, vintage: date | None = None
) -> Workbench:
    """A deposit's data with its plan (proposed where it has none) and its model where it stands."""
    belt, deposit, base = find_deposit(deposit_id, configs)
    as_of = vintage or max(deposit.vintages)
    data, _ = accepted_drillholes(belt, deposit, base, house, as_of)
    if data.deposit.plan is None:
        planned = data.deposit.model_copy(update={"plan": propose_plan(data)})
        return Workbench(replace(data, deposit=planned))
    return _with_model(data, house)


def _with_model(data: DepositData, house: Workspace) -> Workbench:
    """The bench with the standing estimate, where it is of this data and this plan."""
    path = house.result(data.deposit.id, data.vintage.isoformat())
    if not path.exists():
        return Workbench(data)
    try:
        result = DepositResult.read(path)
    except EstimationError:
        return Workbench(data)
    if (result.data_hash, result.plan_hash) != (data.data_hash(), data.plan_hash):
        return Workbench(data)
    store = ModelStore(house.models(data.deposit.id), data.grid)
    model = store.read_vintage(data.vintage)
    same = model.model_hash == result.model_hash
    return Workbench(data, model, result) if same else Workbench(data)


@step(name="专题 Study")
def write_topic(name: str, bench: Workbench, folder: Path) -> StudyMade:
    """Work out one topic and write its tables, figures and page."""
    made: Study = importlib.import_module(TOPICS[name]).study(bench)
    return StudyMade(made, write_study(made, bench.data, folder, datetime.now(UTC)))
