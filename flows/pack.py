"""The report pack: every study of an estimate, its tables and documents, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from estimation.studies import Study, Workbench
from flows.door import step, workflow
from flows.manifest import new_run_id
from flows.qaqc import deposit_qaqc
from flows.runtime import Workspace
from flows.study import TOPICS, open_workbench, work_out
from geo.config import ConfigError
from reporting.pack.facts import Known
from reporting.pack.folder import write_pack
from reporting.working.study import Made


@dataclass(frozen=True)
class Pack:
    """A finished pack."""

    folder: Path
    files: dict[str, str]
    """SHA-256 by path in the folder."""


@workflow(name="pack")
def pack(deposit_id: str, configs: str = "configs/belts", workspace: str = "workspace") -> Pack:
    """Make the report pack of a deposit's latest estimate.

    Raises
    ------
    ConfigError
        The deposit has no estimate of its present data and plan.
    """
    house = Workspace(Path(workspace))
    bench = open_workbench(deposit_id, Path(configs), house)
    if bench.result is None:
        raise ConfigError(
            f"{deposit_id}: no estimate of the present data and plan; run: bornite estimate "
            f"{deposit_id} / 尚无现数据与方案的估算结果"
        )
    folder = house.root / "packs" / deposit_id / str(bench.data.vintage)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return bind(bench, [topic(name, bench) for name in TOPICS], folder)


@step(name="专题 Study")
def topic(name: str, bench: Workbench) -> Study:
    """Work out one topic."""
    return work_out(name, bench)


@step(name="报告包 Report pack")
def bind(bench: Workbench, studies: list[Study], folder: Path) -> Pack:
    """Write the pack."""
    made = Made(datetime.now(UTC), new_run_id())
    quality = deposit_qaqc(bench.data.deposit, bench.data.base)
    return Pack(folder, write_pack(Known(bench, tuple(studies), quality), folder, made))
