"""The demo's night over the sample belts, made once for all tests of a session."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
BELTS = str(ROOT / "configs" / "belts")


@pytest.fixture(scope="session")
def finished_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workspace of one finished night; only to be read. Workers side by side share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base  # xdist: above the workers'
    from flows.nightly import nightly  # Prefect takes seconds to import
    from reporting.site import press

    workspace = shared / "finished-night" / "workspace"
    with FileLock(shared / "finished-night.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(press, "COLD_ALONE", 0)  # by several processes, as the demo is
        if not (workspace / "site" / "index.html").exists():
            nightly(BELTS, str(workspace))
    return workspace


@pytest.fixture(scope="module")
def night_of_ones_own(finished_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished night's workspace that a module may go on in."""
    own = tmp_path_factory.mktemp("night") / "workspace"
    shutil.copytree(finished_night, own, symlinks=True)
    return own
