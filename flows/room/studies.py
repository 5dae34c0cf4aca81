"""Studies for the geologist's page: those that are kept of a result, and the night's own.

A study is kept with the digest of the result that it is of, so a night that changed nothing makes
none. The figures are drawn when the page is printed, and only those that it shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.belts import find_deposit
from flows.door import step
from flows.reasons import reason_of_failure
from flows.runtime import Workspace
from flows.study import TOPICS, check_topic, open_workbench, work_out
from geo.version import code_version
from reporting.tables import FILED, REVIEW
from reporting.units import Text
from reporting.working.kept import KeptStudy, read_study
from reporting.working.study import keep_study

AT_ONCE = 2
"""Deposits studied at a time; each takes half a gigabyte or so."""


def study_folder(house: Workspace, deposit_id: str, vintage: str, topic: str) -> Path:
    """Where a study of a deposit is kept."""
    return house.root / "studies" / deposit_id / vintage / topic


def studies_of(house: Workspace, result: DepositResult) -> dict[str, Path]:
    """Topic -> folder of each study that is of this very result."""
    marks = (REVIEW, FILED)  # put there for the pages; the result was studied without them
    extras = {name: value for name, value in result.extras.items() if name not in marks}
    digest = replace(result, extras=extras).digest
    found = {}
    for topic in TOPICS:
        folder = study_folder(house, result.deposit_id, result.vintage.isoformat(), topic)
        kept = read_study(folder)
        if kept is not None and kept.result == digest:
            found[topic] = folder
    return found


@step(name="专题 Studies of the night")
def study_estimates(
    deposits: Iterable[str], topics: Sequence[str], configs: str, house: Workspace
) -> dict[str, Text]:
    """Make the topics that are missing of the newest estimates; returns deposit -> trouble.

    A study decides no figure: what goes wrong with one stops nothing, whatever it is.

    Raises
    ------
    ConfigError
        A topic is unknown.
    """
    for name in topics:
        check_topic(name)
    missing = {one: missing_studies(one, topics, configs, house) for one in deposits}
    jobs = [(one, wanted, configs, str(house.root)) for one, wanted in missing.items() if wanted]
    workers = min(AT_ONCE, os.cpu_count() or 1, len(jobs))
    if workers < 2:
        found = [_trouble(partial(make_studies, *job)) for job in jobs]
    else:
        spawn = get_context("spawn")  # a forked child would inherit locks of the parent's threads
        with ProcessPoolExecutor(workers, spawn) as pool:
            going = [pool.submit(make_studies, *job) for job in jobs]
            found = [_trouble(one.result) for one in going]
    return {job[0]: said for job, said in zip(jobs, found, strict=True) if said is not None}


def _trouble(made: Callable[[], None]) -> Text | None:
    """What goes wrong in a job: a refused file as well as a killed process or a full disk."""
    try:
        made()
    except Exception as failure:
        return reason_of_failure(failure)
    return None


def missing_studies(
    deposit_id: str, topics: Sequence[str], configs: str, house: Workspace
) -> tuple[str, ...]:
    """Topics of the newest estimate that nobody studied yet with this program."""
    _, deposit, _ = find_deposit(deposit_id, Path(configs))
    vintage = max(deposit.vintages).isoformat()
    path = house.result(deposit_id, vintage)
    if not path.exists():
        return ()
    try:
        digest = DepositResult.read(path).digest
    except EstimationError:  # said by whoever enters it
        return ()
    kept = {name: read_study(study_folder(house, deposit_id, vintage, name)) for name in topics}
    return tuple(name for name, one in kept.items() if not _stands(one, digest))


def _stands(kept: KeptStudy | None, digest: str) -> bool:
    """Whether a study is of this result and by this program."""
    return kept is not None and (kept.result, kept.code) == (digest, code_version())


def make_studies(deposit_id: str, topics: tuple[str, ...], configs: str, root: str) -> None:
    """Study one deposit."""
    house = Workspace(Path(root))
    bench = open_workbench(deposit_id, Path(configs), house)
    for name in topics:
        folder = study_folder(house, deposit_id, bench.data.vintage.isoformat(), name)
        keep_study(work_out(name, bench), bench, folder)
