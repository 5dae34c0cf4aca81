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
from tracking import Ledger, LedgerError
from tracking.errors import NewerLedgerError

LEAST_FREE_GIB = 2.0

PYTHON = "install Python 3.11 or 3.12 / 安装 Python 3.11 或 3.12"
WORKSPACE = "make it writable, or choose --workspace / 设为可写，或换 --workspace"
WORKERS = "set BORNITE_WORKERS to the cores / 将 BORNITE_WORKERS 设为核数"
PREFECT = "start it: prefect server start / 启动: prefect server start"

CHAIN_BROKEN = (
    "bornite verify names the entries; restore the ledger from a backup / "
    "bornite verify 会指出条目；由备份恢复台账"
)
MALFORMED = (
    "move ledger.db, ledger.db-wal and ledger.db-shm away, restore the last backup, then bornite "
    "verify / 移开 ledger.db、ledger.db-wal、ledger.db-shm，恢复最近的备份，再运行 bornite verify"
)
READ_ONLY = (
    "make ledger.db and its folder writable for this user, or choose --workspace / "
    "使本用户可写 ledger.db 及其文件夹，或换 --workspace"
)
BUSY = "another program holds the ledger: wait for it, or end it / 台账被占用：等待或结束该程序"
NEWER = (
    "install the later version of bornite that wrote it; leave the ledger as it is / "
    "安装写成该台账的较新版本，勿改动台账"
)
DATABASE = "start the database, or mend database_url / 启动数据库，或改正 database_url"

REMEDIES = {
    "SQLITE_CORRUPT": MALFORMED,
    "SQLITE_NOTADB": MALFORMED,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_FULL": "free space on the disk / 腾出磁盘空间",
}
"""What to do by SQLite's name of an error; longer names begin with these."""


@dataclass(frozen=True)
class Diagnosis:
    """One line of the doctor's report.

    ``fix``, in both languages (``English / 中文``), is empty where all is well.
    """

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
    return Diagnosis("python", fit, platform.python_version(), "" if fit else PYTHON)


def _disk(workspace: Path) -> Diagnosis:
    place = next(p for p in (workspace, *workspace.resolve().parents) if p.exists())
    free = shutil.disk_usage(place).free / 2**30
    fix = ""
    if free < LEAST_FREE_GIB:
        fix = f"free at least {LEAST_FREE_GIB:g} GiB / 腾出至少 {LEAST_FREE_GIB:g} GiB"
    return Diagnosis("disk", not fix, f"{free:.1f} GiB free", fix)


def _writable(workspace: Path) -> Diagnosis:
    place = next(p for p in (workspace, *workspace.resolve().parents) if p.exists())
    fit = os.access(place, os.W_OK)
    return Diagnosis("workspace", fit, str(workspace), "" if fit else WORKSPACE)


def _coordinates() -> Diagnosis:
    """CGCS2000, 3-degree zone 39: the point of docs/conventions.md."""
    from geo.crs import transform

    east, north = transform("EPSG:4490", "EPSG:4527", [117.0], [30.0])
    fit = bool(abs(east[0] - 39_500_000.0) < 1e-3 and abs(north[0] - 3_320_113.398) < 1e-3)
    fix = "" if fit else "reinstall pyproj: its database is damaged / pyproj 的数据库受损，请重装"
    return Diagnosis("coordinates", fit, f"CGCS2000 {east[0]:.3f}, {north[0]:.3f}", fix)


def _font() -> Diagnosis:
    from importlib.util import find_spec

    spec = find_spec("mplfonts")
    folder = Path(spec.origin).parent / "fonts" if spec and spec.origin else Path()
    fonts = sorted(folder.glob("NotoSansCJK*"))
    fix = (
        ""
        if fonts
        else "reinstall mplfonts: figures need its font / 请重装 mplfonts：图件需要其中文字体"
    )
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
    return Diagnosis("workers", fit, found, "" if fit else WORKERS)


def _ledger(configs: Path, house: Workspace) -> Diagnosis:
    runtime = read_runtime(configs.parent / "runtime.yaml")
    if runtime.database_url is None and not (house.root / "ledger.db").exists():
        return Diagnosis("ledger", True, "none yet (SQLite in the workspace)")
    try:
        with Ledger(house.ledger_url(runtime)) as ledger:
            problems = ledger.verify()
            count = ledger.head()[0]
    except NewerLedgerError as error:
        return Diagnosis("ledger", False, str(error), NEWER)
    except LedgerError as error:
        return Diagnosis("ledger", False, str(error), _remedy(error))
    if problems:
        damaged = any(said.startswith("database file") for said in problems)
        words = f"{count} entries / 条; {problems[0]}"
        return Diagnosis("ledger", False, words, MALFORMED if damaged else CHAIN_BROKEN)
    if not _can_write(house.root / "ledger.db", runtime.database_url):
        return Diagnosis("ledger", False, f"{count} entries, read-only / 只读", READ_ONLY)
    return Diagnosis("ledger", True, f"{count} entries")


def _can_write(path: Path, url: str | None) -> bool:
    """Whether the workspace's SQLite file can be written; a database elsewhere is not asked."""
    return url is not None or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _remedy(error: LedgerError) -> str:
    """What to do about a ledger that can't be used: by SQLite's name of what went wrong."""
    driver = getattr(error.__cause__, "orig", None)
    name = getattr(driver, "sqlite_errorname", "")
    return next((fix for start, fix in REMEDIES.items() if name.startswith(start)), DATABASE)


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
    return Diagnosis("prefect", fit, url, "" if fit else PREFECT)
