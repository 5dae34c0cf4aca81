"""Studies: the questions that a reviewer asks of a deposit, one page each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.models.store import ModelStore
from estimation.proposal import propose
from estimation.results import DepositResult
from estimation.studies import Study, Words, Workbench
from flows.belts import find_deposit
from flows.door import step, workflow
from flows.lock import workspace_lock
from flows.manifest import new_run_id, write_manifest
from flows.readings import accepted_drillholes
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.findings import DataError
from reporting.working.study import Made, write_study

TOPICS = {
    "exploration": Words("探索性数据分析", "Exploratory data analysis"),
    "domains": Words("矿化域", "Domains"),
    "variography": Words("变异函数", "Variography"),
    "neighbourhood": Words("邻域分析", "Neighbourhood analysis"),
    "by-products": Words("共伴生元素", "By-products"),
    "validation": Words("估算验证", "Validation"),
    "classification": Words("资源量分类", "Classification"),
}
"""What can be studied, in the order of the work."""

_MODULES = {
    "exploration": "estimation.exploratory.study",
    "domains": "estimation.domains.study",
    "variography": "estimation.variography.study",
    "neighbourhood": "estimation.neighbourhood.study",
    "by-products": "estimation.byproducts.study",
    "validation": "estimation.validation.study",
    "classification": "estimation.statement.study",
}
"""Topic -> the module whose function ``study(bench: Workbench) -> Study`` answers it."""

UNSIGNED = Words(
    "本矿床配置中没有估算方案：以下均按程序拟定的方案（bornite propose），未经任何人审定。",
    "This deposit's file has no plan: all below rests on the plan that the program proposes "
    "(bornite propose), which nobody has accepted.",
)


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

    A topic that the data refuse has a page that says why (:attr:`Study.failed`); the others go on.

    Raises
    ------
    ConfigError
        A topic is unknown.
    geo.findings.DataError
        The deposit's drill-holes were refused.
    flows.lock.WorkspaceBusyError
        Another run writes into the workspace.
    """
    for name in topics:
        check_topic(name)
    house = Workspace(Path(workspace))
    bench = open_workbench(deposit_id, Path(configs), house, vintage)
    made = Made(datetime.now(UTC), new_run_id())
    folder = house.root / "studies" / deposit_id / str(bench.data.vintage)
    with workspace_lock(house.root, "study", made.run_id):  # a report reads what is rewritten here
        found = [write_topic(name, bench, folder / name, made) for name in topics or TOPICS]
        write_manifest(house.run(made.run_id), f"study-{deposit_id}", [_summary(s) for s in found])
    return found


def _summary(made: StudyMade) -> dict[str, object]:
    """What the run's manifest keeps of one study."""
    return {"topic": made.study.topic, "page": made.page, "failed": made.study.failed}


def check_topic(name: str) -> None:
    """Raise ConfigError unless there is such a topic."""
    if name not in TOPICS:
        raise ConfigError(
            f"no topic '{name}'; there are {', '.join(TOPICS)} / "
            f"没有专题“{name}”，可选: {', '.join(TOPICS)}"
        )


def open_workbench(
    deposit_id: str, configs: Path, house: Workspace, vintage: date | None = None
) -> Workbench:
    """A deposit's data with its plan (proposed where it has none) and its model where it stands."""
    belt, deposit, base = find_deposit(deposit_id, configs)
    as_of = vintage or max(deposit.vintages)
    data, _ = accepted_drillholes(belt, deposit, base, house, as_of)
    if data.deposit.plan is None:
        planned = data.deposit.model_copy(update={"plan": propose(data).plan})
        return Workbench(replace(data, deposit=planned), plan_given=False)
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


def work_out(name: str, bench: Workbench) -> Study:
    """Work out one topic; a failed study where the data refuse it."""
    try:
        made: Study = importlib.import_module(_MODULES[name]).study(bench)
    except (EstimationError, ConfigError, DataError) as error:
        words = Words(f"本专题未能完成：{error}", f"This topic could not be worked out: {error}")
        made = Study(name, TOPICS[name], (), (), (words,), failed=True)
    return made if bench.plan_given else replace(made, remarks=(UNSIGNED, *made.remarks))


@step(name="专题 Study")
def write_topic(name: str, bench: Workbench, folder: Path, made: Made) -> StudyMade:
    """Work out one topic and write its tables, figures and page."""
    found = work_out(name, bench)
    return StudyMade(found, write_study(found, bench, folder, made))
