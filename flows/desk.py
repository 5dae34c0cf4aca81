"""A desk for notebooks and scripts: one deposit, and what the workbench can say of it.

    from flows.desk import open_deposit

    desk = open_deposit("my-deposit", configs="my/belts").estimate()
    desk.statement
    desk.figure("variography", "directions_cu_pct_all")
    desk.explain(54, 34, 37)

The same functions as the command line's, on the same workspace (docs/studies.md).
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.engine.krige import domain_names
from estimation.explain import block_at, explain_block
from estimation.explain_study import study_of
from estimation.models.store_read import Wanted
from estimation.plan import CLASSES, Plan
from estimation.proposal import propose
from estimation.results import DepositResult
from estimation.statement.class_field import classes_of
from estimation.studies import Study, Workbench
from flows.runtime import Workspace
from flows.study import check_topic, open_workbench, work_out
from geo.config import ConfigError
from geo.grids import Slices
from reporting.working.notebook import (
    Picture,
    Shown,
    ShownStudy,
    no_such,
    show_checks,
    show_frame,
    show_plan,
    show_statement,
)


@dataclass(frozen=True, repr=False)
class Desk:
    """One deposit as of its latest vintage."""

    deposit_id: str
    configs: str
    workspace: str
    bench: Workbench
    _found: dict[str, Study] = field(default_factory=dict)

    @property
    def plan(self) -> Shown:
        """The plan, element by element, with its reasons."""
        return show_plan(self.bench.data.plan)

    @property
    def holes(self) -> Shown:
        """Rows of each drill-hole table, and how many holes they are of."""
        tables = self.bench.data.drillholes.tables
        rows = [
            {"表 / table": name, "行 / rows": len(t), "钻孔 / holes": t["hole_id"].nunique()}
            for name, t in tables.items()
            if len(t)
        ]
        return show_frame(pd.DataFrame(rows))

    @property
    def samples(self) -> pd.DataFrame:
        """Composites of the basic assays: place (m), length (m), domain, grades."""
        return self.bench.samples["basic"].table

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
                f"{self.deposit_id}: not estimated yet; call estimate() first / "
                "尚未估算，请先调用 estimate()"
            )
        return self.bench.result

    @property
    def statement(self) -> Shown:
        """The resource statement at the reporting cut-off."""
        return show_statement(self.result.statement)

    @property
    def checks(self) -> Shown:
        """Tests of the estimate with thresholds and verdicts."""
        return show_checks(self.result.checks)

    def propose(self) -> Plan:
        """The plan that the program proposes for these data; the deposit's own stays."""
        return propose(self.bench.data).plan

    def found(self, topic: str) -> Study:
        """One topic of ``bornite study``, worked out once: its tables and figures.

        Raises
        ------
        ConfigError
            There is no such topic.
        """
        check_topic(topic)
        if topic not in self._found:
            self._found[topic] = work_out(topic, self.bench)
        return self._found[topic]

    def study(self, topic: str) -> ShownStudy:
        """One topic: all that it says, or its figures and tables by name."""
        return ShownStudy(self.found(topic))

    def figure(self, topic: str, name: str) -> Picture:
        """One figure of a topic; ConfigError where it has none of that name."""
        return self.study(topic).figure(name)

    def table(self, topic: str, name: str) -> pd.DataFrame:
        """One table of a topic; ConfigError where it has none of that name."""
        return self.study(topic).table(name)

    def variogram(self, element: str) -> Picture:
        """Experimental variograms of all domains with the plan's model."""
        return self.figure("variography", f"directions_{element}_all")

    def explain(self, i: int, j: int, k: int) -> ShownStudy:
        """What one block's estimate rests on; the block along x, y, z from 0."""
        return ShownStudy(study_of(explain_block(self.bench, (i, j, k)), self.bench))

    def block_at(self, east_m: float, north_m: float, up_m: float) -> tuple[int, int, int]:
        """The block that holds a place."""
        return block_at(self.bench.data.grid, (east_m, north_m, up_m))

    def blocks(self, level: int) -> pd.DataFrame:
        """Estimated blocks of one level of the grid (k from 0): place (m), domain, class, grades.

        Beside each estimate its slope, and of the main element holes and pass.

        Raises
        ------
        ConfigError
            There is no estimate, or no such level.
        """
        main, grid = self.result.statement.main_element, self.bench.data.deposit.grid
        if not 0 <= level < grid.shape[2]:
            raise no_such("level", "层", str(level), [f"0..{grid.shape[2] - 1}"])
        at = (slice(level, level + 1), slice(0, grid.shape[1]), slice(0, grid.shape[0]))
        wanted: Wanted = dict.fromkeys(self.bench.data.plan.elements, ("estimate", "slope"))
        wanted[main] = ("estimate", "slope", "holes", "pass")
        assert self.bench.model is not None  # the result stands, so its model does
        read = self.bench.model.read(at, wanted)
        j, i = np.nonzero(np.isfinite(read[main]["estimate"][0]))
        index = np.column_stack([i, j, np.full(len(i), level)])
        place = np.array(grid.origin_m) + (index + 0.5) * np.array(grid.block_m)
        frame = pd.DataFrame(index, columns=["i", "j", "k"])
        frame[["easting_m", "northing_m", "elevation_m"]] = place
        frame["domain"], frame["class"] = (names[j, i] for names in self._names(at))
        for name, fields in read.items():
            for what, values in fields.items():
                frame[name if what == "estimate" else f"{name}_{what}"] = values[0][j, i]
        return frame

    def _names(self, at: Slices) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """Domain and class of the blocks of one level, shape (ny, nx)."""
        data, model = self.bench.data, self.bench.model
        assert model is not None
        codes = np.nan_to_num(model.field("geometry", "domain", at)[0]).astype(int)
        classes = classes_of(model, data.plan, data.base, data.belt.crs).at(at)[0]
        domains = np.array(["", *domain_names(data.plan)])
        return domains[codes], np.array(["none", *CLASSES])[classes]

    @property
    def files(self) -> Shown:
        """What of this deposit lies in the workspace, by folder."""
        root = Path(self.workspace)
        rows = [
            {"文件夹 / folder": name, "文件 / files": len(found)}
            for name in ("vault", "curated", "quarantine", "models", "studies", "packs", "runs")
            if (found := [p for p in (root / name).rglob("*") if p.is_file()])
        ]
        return show_frame(pd.DataFrame(rows, columns=["文件夹 / folder", "文件 / files"]))

    def estimate(self) -> Desk:
        """Estimate every vintage, reusing tiles that stand; returns the desk with the result."""
        from flows.estimate import estimate

        estimate(self.deposit_id, self.configs, self.workspace)
        return open_deposit(self.deposit_id, self.configs, self.workspace)

    def __repr__(self) -> str:
        data, result = self.bench.data, self.bench.result
        plan = data.plan.acceptance.status if self.bench.plan_given else "proposed by the program"
        state = "not estimated" if result is None else f"model {result.model_hash[:12]}"
        synthetic = "SYNTHETIC DATA; " if data.belt.synthetic else ""
        return (
            f"{synthetic}{data.deposit.name.en} ({self.deposit_id}), data to {data.vintage}: "
            f"{len(data.drillholes.collar)} holes, plan {plan}, {state}"
        )

    def _repr_html_(self) -> str:
        name = self.bench.data.deposit.name
        return f"<p><b>{html.escape(name.zh)}</b> {html.escape(repr(self))}</p>"


def open_deposit(
    deposit_id: str, configs: str = "configs/belts", workspace: str = "workspace"
) -> Desk:
    """Read a deposit's accepted data, its plan (proposed where it has none) and its estimate."""
    bench = open_workbench(deposit_id, Path(configs), Workspace(Path(workspace)))
    return Desk(deposit_id, configs, workspace, bench)
