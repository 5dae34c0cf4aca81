"""A throwaway PostgreSQL cluster for tests: on a socket in a temporary folder, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def programs() -> Path | None:
    """Folder of the newest ``initdb``, or None where PostgreSQL isn't installed."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    on_path = shutil.which("initdb")
    found = installed[-1] if installed else Path(on_path) if on_path else None
    return found.parent if found else None


def _as_server(*arguments: str | Path) -> None:
    """Run one program as the server's user: PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*prefix, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{arguments[0]}: {done.stdout}{done.stderr}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The socket folder of a running cluster with a superuser ``bornite``; stopped at the end."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL's programs (initdb) are not installed")
    if os.geteuid() == 0 and (shutil.which("runuser") is None or not _has_user("postgres")):
        pytest.skip("running as root, and there is no user postgres to run the server as")
    folder = Path(tempfile.mkdtemp(prefix="bornite-pg-"))
    data, log = folder / "data", folder / "log"
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _as_server(found / "initdb", "-D", data, "-U", "bornite", "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        _as_server(found / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        yield folder
        _as_server(found / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_user(name: str) -> bool:
    """Whether the machine knows the user ``name``."""
    return subprocess.run(["id", name], check=False, capture_output=True).returncode == 0


def new_database(server: Path, name: str) -> str:
    """Make an empty database on ``server`` and return its URL."""
    import psycopg

    with psycopg.connect(f"host={server} user=bornite dbname=postgres", autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://bornite@/{name}?host={server}"
