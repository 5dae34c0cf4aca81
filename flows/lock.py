"""One run at a time in a workspace: a night, or what rewrites its site.

The lock is the operating system's (filelock): it falls with the process that held it, so a dead
run never keeps the next one out. The note beside it only says who holds it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from flows.manifest import user_name, write_json

LOCK, NOTE = "run.lock", "run.lock.json"


class WorkspaceBusyError(Exception):
    """Another run writes into the workspace; the message names it, ``English / Chinese``."""


@contextmanager
def workspace_lock(workspace: Path, command: str, run_id: str) -> Iterator[None]:
    """Hold a workspace while ``command`` writes into it; the same process may hold it again.

    Raises
    ------
    WorkspaceBusyError
        Another process holds it; who, since when and for what.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    path = (workspace / LOCK).resolve()
    lock = FileLock(path, timeout=0, thread_local=False, is_singleton=True)
    first = not lock.is_locked
    try:
        lock.acquire()
    except Timeout:
        raise WorkspaceBusyError(_holder(workspace / NOTE)) from None
    try:
        if first:
            write_json(workspace / NOTE, _note(command, run_id))
        yield
    finally:
        if first:
            with suppress(OSError):
                (workspace / NOTE).unlink()
        lock.release()


def running(workspace: Path) -> str | None:
    """The run that holds a workspace at this moment; None where none does, empty of no name."""
    path = (workspace / LOCK).resolve()
    if not path.exists():
        return None
    lock = FileLock(path, timeout=0, thread_local=False, is_singleton=True)
    try:
        with lock:
            return None
    except Timeout:
        pass
    try:
        return str(json.loads((workspace / NOTE).read_text("utf-8"))["run"])
    except (OSError, ValueError, KeyError, TypeError):  # between the lock and its note
        return ""


def _note(command: str, run_id: str) -> dict[str, object]:
    """Who holds the workspace."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    who = user_name()
    return {"command": command, "run": run_id, "pid": os.getpid(), "user": who, "since": since}


def _holder(note: Path) -> str:
    """What is said of the run that holds the workspace."""
    try:
        held = json.loads(note.read_text("utf-8"))
        said = f"{held['command']} {held['run']}, {held['user']}, {held['since']}"
        said += f", pid {held['pid']}"
    except (OSError, ValueError, KeyError, TypeError):  # between the lock and its note
        said = "-"
    return (
        f"another run writes into this workspace ({said}); run this again when it is done / "
        f"另一运行正在写入该工作区（{said}），请待其结束后重试"
    )
