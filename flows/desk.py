"""A desk for notebooks and scripts: one deposit, and what the workbench can say of it.

    from flows.desk import open_deposit

    desk = open_deposit("babbitt-cuni", configs="configs/public")
    desk.plan
    desk.estimate()
    desk.statement
    desk.study("variography")

The same functions as the command line's, on the same workspace.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path

from estimation.results import DepositResult
from estimation.studies import Study, Workbench
from flows.runtime import Workspace
from flows.study import TOPICS, open_workbench
from geo.config import ConfigError
from reporting.notebook import Shown, show_plan, show_statement, show_study


@dataclass(frozen=True, repr=False)
class Desk:
    """One deposit as of its latest vintage."""

    deposit_id: str
    configs: str
    workspace: str
    bench: Workbench

    @property
    def plan(self) -> Shown:
        """The plan, element by element, with its reasons."""
        return show_plan(self.bench.data.plan)

    @property
    def result(self) -> DepositResult:
        """The standing estimate.

        Raises
        ------
        ConfigError
            There is none of the present data and plan.
        """
        if self.bench.result is None:
            raise ConfigError(
                f"{self.deposit_id}: not estimated yet; call estimate() first / 尚未估算"
            )
        return self.bench.result

    @property
    def statement(self) -> Shown:
        """The resource statement at the reporting cut-off."""
        return show_statement(self.result.statement)

    def found(self, topic: str) -> Study:
        """Work out one topic of ``bornite study`` and return its tables and figures."""
        if topic not in TOPICS:
            raise ConfigError(f"no topic {topic}; there are {', '.join(TOPICS)} / 没有这个专题")
        made: Study = importlib.import_module(TOPICS[topic]).study(self.bench)
        return made

    def study(self, topic: str, *, figures: bool = True) -> Shown:
        """Work out one topic and show it."""
        return show_study(self.found(topic), figures=figures)

    def estimate(self) -> Desk:
        """Estimate every vintage, reusing tiles that stand; returns the desk with the result."""
        from flows.estimate import estimate

        estimate(self.deposit_id, self.configs, self.workspace)
        bench = open_workbench(self.deposit_id, Path(self.configs), Workspace(Path(self.workspace)))
        return replace(self, bench=bench)

    def __repr__(self) -> str:
        data, result = self.bench.data, self.bench.result
        state = "not estimated" if result is None else f"model {result.model_hash[:12]}"
        return (
            f"{data.deposit.name.en} ({self.deposit_id}), data to {data.vintage}: "
            f"{len(data.drillholes.collar)} holes, plan {data.plan.acceptance.status}, {state}"
        )


def open_deposit(
    deposit_id: str, configs: str = "configs/belts", workspace: str = "workspace"
) -> Desk:
    """Read a deposit's accepted data, its plan (proposed where it has none) and its estimate."""
    bench = open_workbench(deposit_id, Path(configs), Workspace(Path(workspace)))
    return Desk(deposit_id, configs, workspace, bench)
