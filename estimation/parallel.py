"""Dask, and nothing else: run one function over many jobs, on this machine or on a cluster.

The function gets a shared argument (scattered to the workers once) and one job. Few jobs are in
flight at a time, so memory is bounded by tiles in flight and not by the model; results come back
as they finish, in any order, because no result depends on another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from types import TracebackType
from typing import Any, Literal, TypeVar

from pydantic import PositiveInt

from geo.config import StrictModel

Job = TypeVar("Job")
Result = TypeVar("Result")

IN_FLIGHT_PER_WORKER = 2


class Workers(StrictModel):
    """How many hands: never a number in the result."""

    count: PositiveInt = 2
    kind: Literal["threads", "processes"] = "threads"
    scheduler: str | None = None
    """Address of a running Dask scheduler; local workers where none is given."""


class Crew:
    """Workers that start when first needed and stop at the end of the ``with`` block."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._stack = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def hands(self) -> int:
        """Number of jobs that can run at once."""
        return self._workers.count

    def run(
        self, function: Callable[[Any, Job], Result], shared: Any, jobs: Iterable[Job]
    ) -> Iterator[Result]:
        """Yield ``function(shared, job)`` for every job, in order of finishing.

        Jobs are taken from ``jobs`` as hands become free.
        """
        alone = self._workers.count == 1 and self._workers.scheduler is None
        waiting = iter(jobs)
        head = list(islice(waiting, 2))
        waiting = chain(head, waiting)
        if alone or len(head) < 2:
            yield from (function(shared, job) for job in waiting)
            return
        from distributed import as_completed

        client = self._start()
        # a name of its own: by content, an equal argument of the run before would be taken away
        # from this one when that run's copy is released
        here = client.scatter(shared, broadcast=True, hash=False)
        limit = IN_FLIGHT_PER_WORKER * max(self._workers.count, sum(client.nthreads().values()))
        first = [client.submit(function, here, job, pure=False) for job in islice(waiting, limit)]
        running = as_completed(first, with_results=True)
        for future, result in running:
            # cancelled: Dask hands the error over as a result. The status can't tell: a result that
            # is here goes back to "pending", to be made anew, when its worker dies
            if isinstance(result, BaseException):
                raise result
            future.release()
            for job in islice(waiting, 1):
                running.add(client.submit(function, here, job, pure=False))
            yield result

    def _start(self) -> Any:
        """Connect to the scheduler, or start local workers, once."""
        if self._client is None:
            from distributed import Client, LocalCluster

            # its start and stop are no news to a reader
            logging.getLogger("distributed").setLevel(logging.WARNING)

            if self._workers.scheduler:
                self._client = self._stack.enter_context(Client(self._workers.scheduler))
            else:
                apart = self._workers.kind == "processes"
                cluster = LocalCluster(
                    n_workers=self._workers.count if apart else 1,
                    threads_per_worker=1 if apart else self._workers.count,
                    processes=apart,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=40,
                )
                self._stack.enter_context(cluster)
                self._client = self._stack.enter_context(Client(cluster))
        return self._client
