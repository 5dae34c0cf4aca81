"""One folder for each run: what went in, what was decided, what came out, how long it took."""

from __future__ import annotations

import json
import platform
import secrets
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from geo.files import write_whole
from geo.version import code_version


def new_run_id() -> str:
    """A run's name: time (UTC) and four random hex digits; sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


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


def write_manifest(folder: Path, name: str, value: Any) -> None:
    """Write one part of a run's manifest, with code and environment beside it."""
    environment = {
        "code_version": code_version(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
    }
    write_json(folder / f"{name}.json", {"environment": environment, name: value})
