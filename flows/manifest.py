"""One folder for each run: what went in, what was decided, what came out, how long it took.

``run.json`` is the run's own record: command, who, start and end, outcome, environment, and a
summary of the other files (:func:`flows.run_record.summary_of`). One without an end was broken off.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from flows.run_record import RECORD, summary_of
from geo.config import ConfigError
from geo.files import write_whole
from geo.findings import DataError
from geo.version import code_version

LIBRARIES = (
    "numpy", "scipy", "pandas", "pyarrow", "numba", "dask", "zarr", "xarray", "pyproj",
    "pykrige", "sqlalchemy", "pydantic", "prefect", "matplotlib", "jinja2",
)  # fmt: skip
"""Libraries whose versions a run notes."""


def new_run_id() -> str:
    """A run's name: time (UTC) and four random hex digits; sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def started_of(run_id: str) -> datetime | None:
    """When a run was named, from its name; None of any other name."""
    try:
        return datetime.strptime(run_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def plain(value: Any) -> Any:
    """Value as JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date | Path):
        return str(value)
    return value


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, atomically."""
    write_whole(path, json.dumps(plain(value), ensure_ascii=False, indent=1).encode("utf-8"))


def user_name() -> str:
    """Who runs this; the number of a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "-"


def environment() -> dict[str, Any]:
    """Program, interpreter, libraries and machine: nothing that names the machine."""
    return {
        "code_version": code_version(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "libraries": dict(_libraries()),
    }


def write_manifest(folder: Path, name: str, value: Any) -> None:
    """Write one part of a run's manifest, with code and environment beside it.

    A run of this part alone gets its record with it; one that :func:`recorded` opened keeps its.
    """
    write_json(folder / f"{name}.json", {"environment": environment(), name: value})
    if not _open(folder):
        began = started_of(folder.name) or datetime.now(UTC)
        _close(folder, _opened(name.partition("-")[0], began), "done", "")


@contextmanager
def recorded(folder: Path, command: str) -> Iterator[None]:
    """Note that a run began, and at its end what came of it; a killed one is left without an end.

    Inside a larger run nothing is noted: the parts go into the larger run's record.
    """
    if _open(folder):
        yield
        return
    begun = _opened(command, datetime.now(UTC))
    write_json(folder / RECORD, begun)
    try:
        yield
    except BaseException as failure:
        outcome = "failed" if isinstance(failure, Exception) else "interrupted"
        with suppress(OSError):  # a full disk: what stopped the run is told, not this
            _close(folder, begun, outcome, _trouble(failure))
        raise
    _close(folder, begun, "done", "")


def _trouble(failure: BaseException) -> str:
    """The kind of a failure; of an expected one also the first line of what it says."""
    kind = type(failure).__name__
    if not isinstance(failure, ConfigError | DataError) or not str(failure):
        return kind
    return f"{kind}: {str(failure).splitlines()[0]}"[:300]


def _opened(command: str, began: datetime) -> dict[str, Any]:
    """The record of a run as it begins."""
    return {
        "command": command,
        "by": user_name(),
        "started_at": began.isoformat(timespec="seconds"),
        "environment": environment(),
    }


def _open(folder: Path) -> bool:
    """Whether the run's record has no end yet."""
    try:
        return "ended_at" not in json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return False


def _close(folder: Path, begun: dict[str, Any], outcome: str, trouble: str) -> None:
    """Note the end of a run, and what its parts say."""
    ended = {
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "outcome": outcome,
        "trouble": trouble,
    }
    write_json(folder / RECORD, begun | ended | summary_of(folder))


@cache
def _libraries() -> tuple[tuple[str, str], ...]:
    """Versions of the libraries that are installed."""
    found = []
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
