"""The door to Prefect: steps and workflows that also run with no server at all.

Under a server (``PREFECT_API_URL`` is set, or a deployment runs the flow) a step is a Prefect task
and a workflow a Prefect flow. Elsewhere the decorators stand aside and the plain function runs: no
server is started, and the same code gives the same figures.

Prefect keeps no results of ours: tiles, result files and the ledger decide what is reused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

# No word leaves the machine, and the server may take its time on a slow disk.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

from prefect import Flow, Task
from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext, TaskRunContext
from prefect.schedules import Cron

__all__ = [
    "Cron",
    "ProgressBar",
    "Step",
    "Workflow",
    "publish_table",
    "step",
    "tracked",
    "workflow",
]

TRANSIENT = (OSError, TimeoutError, ConnectionError)
"""What may pass by itself: a disk, a network, a database. Data errors are never retried."""


def tracked() -> bool:
    """Whether a Prefect server looks on."""
    return bool(os.environ.get("PREFECT_API_URL")) or FlowRunContext.get() is not None


class Step(Task[Any, Any]):
    """A Prefect task inside a tracked flow, a plain function elsewhere."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the step."""
        if FlowRunContext.get() is None:
            return self.fn(*args, **kwargs)
        return super().__call__(*args, **kwargs)


class Workflow(Flow[Any, Any]):
    """A Prefect flow where a server looks on, a plain function elsewhere."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow."""
        if not tracked():
            return self.fn(*args, **kwargs)
        return super().__call__(*args, **kwargs)


def _is_transient(task: Any, run: Any, state: Any) -> bool:
    """Retry only what may pass; anything else fails at once, with its reason."""
    try:
        state.result()
    except TRANSIENT:
        return True
    except Exception:
        return False
    return False


def step(name: str, retries: int = 0) -> Callable[[Callable[..., Any]], Step]:
    """Make a function a step. ``retries`` apply to transient errors only, with growing pauses."""

    def wrap(function: Callable[..., Any]) -> Step:
        return Step(
            function,
            name=name,
            retries=retries,
            retry_delay_seconds=[2.0 * 3**n for n in range(retries)] or None,
            retry_condition_fn=_is_transient if retries else None,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    return wrap


def workflow(name: str) -> Callable[[Callable[..., Any]], Workflow]:
    """Make a function a workflow."""

    def wrap(function: Callable[..., Any]) -> Workflow:
        return Workflow(function, name=name, persist_result=False)

    return wrap


def publish_table(key: str, rows: list[dict[str, Any]], description: str) -> None:
    """Show a table on the run's page; nothing to do where no server looks on."""
    if FlowRunContext.get() is not None and rows:
        create_table_artifact(key=key, table=rows, description=description)


class ProgressBar:
    """A progress artifact on the run's page, updated at most every few per cent."""

    def __init__(self, description: str) -> None:
        """Create the artifact where a server looks on."""
        self._id: UUID | None = None
        self._shown = 0.0
        if TaskRunContext.get() is not None or FlowRunContext.get() is not None:
            # the synchronous form, since steps are ordinary functions
            self._id = cast("UUID", create_progress_artifact(progress=0.0, description=description))

    def update(self, done: int, total: int) -> None:
        """Show ``done`` of ``total``."""
        share = 100.0 * done / max(total, 1)
        if self._id is not None and (share - self._shown >= 5.0 or done == total):
            update_progress_artifact(self._id, progress=share)
            self._shown = share
