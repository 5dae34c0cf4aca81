"""Explain one block of a deposit's model: what its estimate rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from estimation.explain import BlockExplained, block_at, explain_block
from estimation.explain_study import study_of
from estimation.studies import Study
from flows.door import workflow
from flows.manifest import new_run_id
from flows.runtime import Workspace
from flows.study import open_workbench
from reporting.working.study import Made, write_study


@dataclass(frozen=True)
class Explained:
    """One block, its study and its page."""

    block: BlockExplained
    study: Study
    page: Path


@workflow(name="explain")
def explain(
    deposit_id: str,
    index: tuple[int, int, int] | None = None,
    place_m: tuple[float, float, float] | None = None,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    vintage: date | None = None,
) -> Explained:
    """Solve one block again and write what its estimate rests on.

    ``index`` is the block along x, y, z from 0; ``place_m`` (east, north, up) stands in for it.

    Raises
    ------
    estimation.errors.EstimationError
        The block is not in the grid.
    ValueError
        Neither a block nor a place is given.
    """
    house = Workspace(Path(workspace))
    bench = open_workbench(deposit_id, Path(configs), house, vintage)
    if index is None:
        if place_m is None:
            raise ValueError("explain: a block or a place")
        index = block_at(bench.data.grid, place_m)
    block = explain_block(bench, index)
    made = study_of(block, bench)
    folder = house.root / "studies" / deposit_id / str(bench.data.vintage) / "explain"
    at = Made(datetime.now(UTC), new_run_id())
    page = write_study(made, bench, folder / "-".join(map(str, index)), at)
    return Explained(block, made, page)
