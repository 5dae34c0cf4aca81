"""Doctor: is this machine fit to run, and if not, the one thing to do about each trouble."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flows.belts import all_belts
from flows.runtime import Workspace, read_runtime
from geo.config import ConfigError

LEAST_FREE_GIB = 2.0


@dataclass(frozen=True)
class Diagnosis:
    """One line of the doctor's report; ``fix`` is empty where all is well."""

    name: str
    well: bool
    found: str
    fix: str = ""


def examine(configs: Path, workspace: Path) -> list[Diagnosis]:
    """Run every examination; a failing one never stops the others."""
    house = Workspace(workspace)
    examinations: list[tuple[str, Callable[[], Diagnosis]]] = [
        ("python", _python),
        ("disk", lambda: _disk(workspace)),
        ("workspace", lambda: _writable(workspace)),
        ("coordinates", _coordinates),
        ("font", _font),
        ("configuration", lambda: _configuration(configs)),
        ("workers", lambda: _workers(configs)),
        ("ledger", lambda: _ledger(configs, house)),
        ("prefect", _prefect),
    ]
    report = []
    for name, look in examinations:
        try:
            report.append(look())
        except (ConfigError, OSError, ImportError, ValueError, RuntimeError) as error:
            report.append(Diagnosis(name, False, str(error), "see the message / 见说明"))
    return report


def _python() -> Diagnosis:
    fit = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Diagnosis(
        "python", fit, platform.python_version(), "" if fit else "install Python 3.11 or 3.12"
    )


def _disk(workspace: Path) -> Diagnosis:
    place = next(p for p in (workspace, *workspace.resolve().parents) if p.exists())
    free = shutil.disk_usage(place).free / 2**30
    fix = "" if free >= LEAST_FREE_GIB else f"free at least {LEAST_FREE_GIB:g} GiB"
    return Diagnosis("disk", not fix, f"{free:.1f} GiB free", fix)


def _writable(workspace: Path) -> Diagnosis:
    place = next(p for p in (workspace, *workspace.resolve().parents) if p.exists())
    fit = os.access(place, os.W_OK)
    return Diagnosis("workspace", fit, str(workspace), "" if fit else "choose --workspace")


def _coordinates() -> Diagnosis:
    """CGCS2000, 3-degree zone 39: the point of docs/conventions.md."""
    from geo.crs import transform

    east, north = transform("EPSG:4490", "EPSG:4527", [117.0], [30.0])
    fit = bool(abs(east[0] - 39_500_000.0) < 1e-3 and abs(north[0] - 3_320_113.398) < 1e-3)
    fix = "" if fit else "reinstall pyproj: its database is damaged"
    return Diagnosis("coordinates", fit, f"CGCS2000 {east[0]:.3f}, {north[0]:.3f}", fix)


def _font() -> Diagnosis:
    from importlib.util import find_spec

    spec = find_spec("mplfonts")
    folder = Path(spec.origin).parent / "fonts" if spec and spec.origin else Path()
    fonts = sorted(folder.glob("NotoSansCJK*"))
    fix = "" if fonts else "reinstall mplfonts: figures need its Chinese font"
    return Diagnosis("font", bool(fonts), fonts[0].name if fonts else "none", fix)


def _configuration(configs: Path) -> Diagnosis:
    belts = all_belts(configs)
    deposits = sum(len(belt.deposits) for _, belt in belts.values())
    return Diagnosis("configuration", True, f"{len(belts)} belts, {deposits} deposits")


def _workers(configs: Path) -> Diagnosis:
    dask = read_runtime(configs.parent / "runtime.yaml").dask
    cores = os.cpu_count() or 1
    fit = dask.scheduler is not None or dask.count <= cores
    found = dask.scheduler or f"{dask.count} {dask.kind} on {cores} cores"
    return Diagnosis("workers", fit, found, "" if fit else "set BORNITE_WORKERS to the cores")


def _ledger(configs: Path, house: Workspace) -> Diagnosis:
    from tracking import Ledger, LedgerError

    runtime = read_runtime(configs.parent / "runtime.yaml")
    if runtime.database_url is None and not (house.root / "ledger.db").exists():
        return Diagnosis("ledger", True, "none yet (SQLite in the workspace)")
    try:
        with Ledger(house.ledger_url(runtime)) as ledger:
            problems = ledger.verify()
            count = ledger.head()[0]
    except LedgerError as error:
        return Diagnosis("ledger", False, str(error), "start the database, or mend database_url")
    fix = "" if not problems else "restore the ledger from a backup: its chain is broken"
    return Diagnosis("ledger", not problems, f"{count} entries", fix)


def _prefect() -> Diagnosis:
    import httpx

    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return Diagnosis("prefect", True, "no server: flows run embedded")
    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=5.0)
        fit = answer.status_code == 200
    except httpx.HTTPError:
        fit = False
    return Diagnosis("prefect", fit, url, "" if fit else "start it: prefect server start")
