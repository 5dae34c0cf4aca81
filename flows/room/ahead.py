"""What the pages need of a deposit, made in another process while the next one is estimated.

It saves time and decides nothing: whatever is not made here, or goes wrong here, is made or said by
:func:`flows.room.night.prepare_pages` and by the report, which find what lies ready.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any

from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.belts import find_deposit
from flows.door import tracked
from flows.room.exports import make_exports
from flows.room.night import map_surveys, surveys_stand
from flows.room.studies import make_studies, missing_studies
from flows.room.viewer import make_scene
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.findings import DataError
from reporting.figures.store import FigureStore, figures_folder
from reporting.settings import SiteSettings, read_settings
from reporting.views.cuts import model_plates

AT_ONCE = 1
"""Processes beside the estimate, which has workers of its own."""


class Ahead:
    """A process for the pages, started when there is something to make; a context manager.

    Under a server, or with one processor, it makes nothing: the night's own steps do.
    """

    def __init__(self, configs: str, house: Workspace) -> None:
        self._configs, self._house = configs, house
        self._pool: ProcessPoolExecutor | None = None
        self._alone = tracked() or (os.cpu_count() or 1) < 2

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what was begun; after an error, for what is under way alone."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def belt(self, belt_id: str) -> None:
        """Map a belt's surveys, where they are not kept as they stand."""
        with suppress(ConfigError, DataError, OSError):
            asked = read_settings(Path(self._configs).parent / "site.yaml").geology.surveys
            if asked and not self._alone and not surveys_stand(belt_id, self._configs, self._house):
                self._start(map_surveys, belt_id, self._configs, str(self._house.root))

    def deposit(self, result: DepositResult) -> None:
        """Make the studies, exports, scene and plates of a deposit's newest estimate."""
        with suppress(ConfigError, EstimationError):
            settings = read_settings(Path(self._configs).parent / "site.yaml")
            topics = settings.geology.topics
            missing = missing_studies(result.deposit_id, topics, self._configs, self._house)
            if missing and not self._alone:
                where = (self._configs, str(self._house.root))
                self._start(make_studies, result.deposit_id, missing, *where)
                self._start(_files, result, settings, *where)

    def _start(self, function: Any, *words: Any) -> None:
        """Hand a job over; a pool that broke makes nothing more."""
        if self._pool is None:
            spawn = get_context("spawn")  # a forked child would inherit locks of threads
            self._pool = ProcessPoolExecutor(AT_ONCE, spawn)
        with suppress(RuntimeError):  # BrokenProcessPool is one
            self._pool.submit(function, *words)


def _files(result: DepositResult, settings: SiteSettings, configs: str, root: str) -> None:
    """Exports, scene and plates of an estimate; what can't be made is said by the report."""
    house = Workspace(Path(root))
    belt, deposit, base = find_deposit(result.deposit_id, Path(configs))
    make_exports((belt, deposit, base), house, result, settings.downloads.formats)
    with suppress(ConfigError, DataError, EstimationError):
        scene = make_scene(result, Path(configs), house, settings.viewer.blocks)
        model_plates(belt, result, scene, FigureStore(figures_folder(house.site)))
