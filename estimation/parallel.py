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
LOSSES_PER_JOB = 3
"""So often a job is handed out again after its worker died with it; then it is told as failed."""


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
        limit = IN_FLIGHT_PER_WORKER * max(self._workers.count, sum(client.nthreads().values()))
        hand_out = _HandOut(client, function, shared)
        running = as_completed(map(hand_out.give, islice(waiting, limit)), with_results=True)
        for future, result in running:
            # cancelled: Dask hands the error over as a result. The status can't tell: a result that
            # is here goes back to "pending", to be made anew, when its worker dies
            if isinstance(result, BaseException):
                running.add(hand_out.give_again(future, result))
                continue
            hand_out.done(future)
            for job in islice(waiting, 1):
                running.add(hand_out.give(job))
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


class _HandOut:
    """Jobs under way on a Dask cluster, each with the copy of the shared argument it was given.

    Dask makes a dead worker's tasks anew elsewhere, but not what was scattered: its scheduler
    thins out copies that no task waits for, and when the worker that holds the last one dies, it
    forgets the argument and every task on it. Those jobs are handed out again with a new copy.
    """

    def __init__(self, client: Any, function: Callable[[Any, Any], Any], shared: Any) -> None:
        self._client = client
        self._function = function
        self._shared = shared
        self._given: dict[Any, tuple[Any, Any, int]] = {}
        self._here = self._scatter()

    def give(self, job: Any, losses: int = 0) -> Any:
        """Submit a job; its future."""
        future = self._client.submit(self._function, self._here, job, pure=False)
        self._given[future] = job, self._here, losses
        return future

    def done(self, future: Any) -> None:
        """Let go of a job whose result is here."""
        del self._given[future]
        future.release()

    def give_again(self, future: Any, error: BaseException) -> Any:
        """Submit a job anew that Dask has forgotten; its new future.

        Raises
        ------
        BaseException
            The error itself, where it is not a loss or the job was lost too often.
        """
        from distributed.client import FutureCancelledError

        job, here, losses = self._given.pop(future)
        if not isinstance(error, FutureCancelledError) or losses >= LOSSES_PER_JOB:
            raise error
        if here is self._here:
            self._here = self._scatter()
        return self.give(job, losses + 1)

    def _scatter(self) -> Any:
        """A copy of the shared argument on every worker.

        It has a name of its own: by content, an equal argument of the run before would be taken
        away from this one when that run's copy is released.
        """
        return self._client.scatter(self._shared, broadcast=True, hash=False)
