"""A throwaway PostgreSQL cluster for tests: on a socket in a temporary folder, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


class Cluster:
    """A cluster with a superuser ``bornite``, on a socket in ``folder``."""

    def __init__(self, folder: Path, settings: Mapping[str, str]):
        self.folder = folder
        self._data, self._log = folder / "data", folder / "log"
        self._programs = programs()
        options = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        self._options = " ".join(f"-c {k}='{v}'" for k, v in {**options, **settings}.items())

    def make(self) -> None:
        """Make its data folder."""
        assert self._programs is not None
        kind = ("-U", "bornite", "-A", "trust", "-E", "UTF8")
        _as_server(self._programs / "initdb", "-D", self._data, *kind)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        assert self._programs is not None
        told = ("-l", self._log, "-o", self._options, "-w", "start")
        _as_server(self._programs / "pg_ctl", "-D", self._data, *told)

    def stop(self) -> None:
        """Stop it as if the power went: what was committed is all that is left."""
        assert self._programs is not None
        _as_server(self._programs / "pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")


@contextmanager
def cluster(
    settings: Mapping[str, str] | None = None, under: Path | None = None
) -> Iterator[Cluster]:
    """A running cluster, in a temporary folder (in ``under``); gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bornite-pg-", dir=under))
    server = Cluster(folder, settings or {})
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server.make()
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The socket folder of a running cluster; stopped at the end."""
    skip_without_postgres()
    with cluster() as server:
        yield server.folder


def skip_without_postgres() -> None:
    """Skip the test at hand where no server can be started."""
    if programs() is None:
        pytest.skip("PostgreSQL's programs (initdb) are not installed")
    if os.geteuid() == 0 and (shutil.which("runuser") is None or not _has_user("postgres")):
        pytest.skip("running as root, and there is no user postgres to run the server as")


def _has_user(name: str) -> bool:
    """Whether the machine knows the user ``name``."""
    return subprocess.run(["id", name], check=False, capture_output=True).returncode == 0


def new_database(server: Path, name: str) -> str:
    """Make an empty database on ``server`` and return its URL."""
    import psycopg

    with psycopg.connect(f"host={server} user=bornite dbname=postgres", autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://bornite@/{name}?host={server}"
