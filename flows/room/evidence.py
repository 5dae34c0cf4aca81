"""What stands behind each deposit's newest figure, in one record for the pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from estimation.belts import Belt, Deposit
from estimation.differences import DECIDED
from estimation.models.store import ModelStore, store_folder
from estimation.models.tile_statistics import COUNTED_PASSES, statistic
from estimation.results import DepositResult
from flows.geochemistry import survey_folder
from flows.room.history import histories
from flows.room.sources import source_rows
from flows.room.studies import studies_of
from flows.runtime import Workspace
from geo.grids import BlockGrid
from reporting.facts.evidence import Evidence, Passes
from reporting.working.geochemistry import KEPT


def evidence_of(
    configs: str,
    house: Workspace,
    belts: tuple[Belt, ...],
    shown: dict[str, tuple[DepositResult, ...]],
) -> dict[str, Evidence]:
    """Deposit -> decisions, source rows, passes and studies of the figure that is shown."""
    decided = histories(configs, house)
    found = {}
    for belt in belts:
        for deposit in belt.deposits:
            if deposit.id not in shown:
                continue
            result = shown[deposit.id][-1]
            found[deposit.id] = Evidence(
                decisions=decided.get(deposit.id, ()),
                sources=source_rows(house, belt, deposit, result),
                passes=_passes(house, deposit, result),
                studies=studies_of(house, result),
            )
    return found


def surveys_of(house: Workspace, belts: tuple[Belt, ...]) -> dict[str, Path]:
    """Belt -> folder of its worked surveys, where there are any."""
    folders = {belt.id: survey_folder(house, belt.id) for belt in belts}
    return {name: path for name, path in folders.items() if (path / KEPT).is_file()}


def _passes(house: Workspace, deposit: Deposit, result: DepositResult) -> tuple[Passes, ...]:
    """Blocks by search pass, from the statistics that the model keeps of its tiles."""
    grid = BlockGrid(deposit.grid)
    if not store_folder(house.models(deposit.id), grid).is_dir():
        return ()
    store = ModelStore(house.models(deposit.id), grid)
    for tag in reversed(store.revisions(result.vintage)):
        model = store.read_vintage(result.vintage, tag)
        if model.model_hash == result.model_hash:
            planned = result.extras.get(DECIDED, {}).get("plan", {}).get("elements", {})
            return tuple(
                _passes_of(name, model.statistics(name))
                for name in result.statement.elements
                if name in planned
            )
    return ()


def _passes_of(element: str, tiles: npt.NDArray[np.float64]) -> Passes:
    """One element's blocks, all tiles together; ``tiles``: (tiles, statistics)."""

    def total(name: str) -> float:
        return float(np.nansum(statistic(tiles, name)))

    slopes = total("slope_blocks")
    every = [int(total(f"pass_{number}")) for number in range(1, COUNTED_PASSES + 1)]
    while every and every[-1] == 0:
        every.pop()
    return Passes(
        element,
        in_domain=int(total("in_domain")),
        estimated=tuple(every),
        mean_slope=total("slope_sum") / slopes if slopes else None,
        negative=int(total("negative_estimates")),
    )
