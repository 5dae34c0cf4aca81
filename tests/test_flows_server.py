"""The flows under a real Prefect server: a deployment on a schedule that really fires."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.small_belt import write_small_belt

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 180.0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(what: str, ready, patience_s: float = PATIENCE_S):  # type: ignore[no-untyped-def]
    """Poll ``ready`` until it gives something true."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {patience_s:g} s")


@pytest.fixture(scope="module")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server of our own on a free port; yields the environment that reaches it."""
    home = tmp_path_factory.mktemp("prefect")
    port = _free_port()
    environment = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PYTHONPATH": str(ROOT),
    }
    log = (home / "server.log").open("w")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    server = subprocess.Popen(
        [*command, "--port", str(port)], env=environment, stdout=log, stderr=subprocess.STDOUT
    )

    def healthy() -> bool:
        try:
            return httpx.get(f"{environment['PREFECT_API_URL']}/health", timeout=2).is_success
        except httpx.HTTPError:
            return False

    try:
        _wait("prefect server", healthy)
        yield environment
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


@pytest.mark.server
@pytest.mark.slow
def test_a_nightly_deployment_on_a_cron_schedule_fires_and_completes(
    prefect_server: dict[str, str], tmp_path: Path
) -> None:
    """Served with a cron of every minute, the night runs by itself and leaves site and ledger."""
    configs = write_small_belt(tmp_path)
    workspace = tmp_path / "workspace"
    script = tmp_path / "serve.py"
    script.write_text(
        "from flows.door import Cron\n"
        "from flows.nightly import nightly\n"
        "if __name__ == '__main__':\n"
        "    nightly.serve(name='test-night', schedule=Cron('* * * * *',"
        " timezone='Asia/Shanghai'),\n"
        f"        parameters={{'configs': {str(configs)!r}, 'workspace': {str(workspace)!r},"
        " 'workers': 1})\n",
        "utf-8",
    )
    log = (tmp_path / "serve.log").open("w")
    runner = subprocess.Popen(
        [sys.executable, str(script)],
        env=prefect_server,
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    api = prefect_server["PREFECT_API_URL"]

    def finished() -> list[dict]:  # type: ignore[type-arg]
        # the scheduler makes runs far ahead: ask for those that have ended only
        ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}}
        answer = httpx.post(f"{api}/flow_runs/filter", json=ended, timeout=10)
        runs = answer.json() if answer.is_success else []
        nights = [r for r in runs if r.get("deployment_id") and r["state_type"] == "COMPLETED"]
        failed = [r for r in runs if r["state_type"] in {"FAILED", "CRASHED"}]
        assert not failed, (tmp_path / "serve.log").read_text()[-3000:]
        return nights

    try:
        nights = _wait("a scheduled night", finished)
    finally:
        runner.terminate()
        runner.wait(timeout=60)
        log.close()
    assert nights[0]["auto_scheduled"] is True
    assert (workspace / "site" / "index.html").is_file()
    assert (workspace / "ledger.db").is_file()
    names = httpx.post(f"{api}/artifacts/filter", json={"limit": 100}, timeout=10).json()
    kinds = {artifact["type"] for artifact in names}
    assert {"table", "progress"} <= kinds
