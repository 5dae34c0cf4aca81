"""How a run is carried out: never a number in its result (a test runs it both ways).

``configs/runtime.yaml``, overridden by the environment (``BORNITE_...``), then by flags.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from estimation.parallel import Workers
from estimation.results import DepositResult
from geo.config import ConfigError, StrictModel, load_yaml


class Runtime(StrictModel):
    """Workers, database and language."""

    dask: Workers = Workers()
    database_url: str | None = None
    """SQLAlchemy URL of the ledger; SQLite in the workspace where none is given."""
    language: Literal["zh", "en"] | None = None
    """Language of messages; the locale's where none is given."""
    inbox_quiet_s: float = 2.0
    """A dropped file untouched for so many seconds is whole."""


def read_runtime(
    path: Path, workers: int | None = None, database_url: str | None = None
) -> Runtime:
    """Runtime settings: the file where there is one, then the environment, then the arguments.

    Raises
    ------
    ConfigError
        The file or an environment variable is wrong.
    """
    settings = load_yaml(path, Runtime) if path.exists() else Runtime()
    environment = os.environ
    try:
        count = workers or int(environment.get("BORNITE_WORKERS", settings.dask.count))
    except ValueError:
        found = environment["BORNITE_WORKERS"]
        raise ConfigError(f"BORNITE_WORKERS: a whole number is needed, found {found!r}") from None
    if count < 1:
        raise ConfigError(f"BORNITE_WORKERS: at least 1 is needed, found {count}")
    scheduler = environment.get("BORNITE_DASK_SCHEDULER", settings.dask.scheduler)
    dask = settings.dask.model_copy(update={"count": count, "scheduler": scheduler})
    url = database_url or environment.get("BORNITE_DATABASE_URL", settings.database_url)
    return settings.model_copy(update={"dask": dask, "database_url": url})


@dataclass(frozen=True)
class Workspace:
    """Where everything lies (docs/operations.md); made on first use."""

    root: Path

    def models(self, deposit_id: str) -> Path:
        """Block models of one deposit."""
        return self.root / "models" / deposit_id

    def result(self, deposit_id: str, vintage: str) -> Path:
        """Result of one deposit at one vintage (JSON); its plates lie beside it (npz)."""
        return self.models(deposit_id) / "results" / f"{vintage}.json"

    def kept_result(self, deposit_id: str, result: DepositResult) -> Path:
        """Where a result stays when another takes its place: by the digest of its content."""
        return self.models(deposit_id) / "results" / "kept" / f"{result.digest[:16]}.json"

    def run(self, run_id: str) -> Path:
        """Folder of one run's manifest."""
        return self.root / "runs" / run_id

    @property
    def held(self) -> Path:
        """What the last night held back, and why (JSON)."""
        return self.root / "held.json"

    @property
    def refused(self) -> Path:
        """Why the last report did not publish the public site (JSON); no file where it did."""
        return self.root / "site-public.refused.json"

    @property
    def verified(self) -> Path:
        """Head of the ledger as it was last found whole (JSON)."""
        return self.root / "ledger.verified.json"

    @property
    def exports(self) -> Path:
        """Exports for other programs that the site offers, by deposit and model."""
        return self.root / "exports"

    @property
    def site(self) -> Path:
        """What the bureau opens: everything."""
        return self.root / "site"

    @property
    def public_site(self) -> Path:
        """What anybody may open: no drill-hole, no exact place, no file."""
        return self.root / "site-public"

    def ledger_url(self, runtime: Runtime) -> str:
        """URL of the ledger's database."""
        if runtime.database_url:
            return runtime.database_url
        self.root.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{self.root.resolve() / 'ledger.db'}"
