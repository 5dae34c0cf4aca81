"""What the reading room is given: one frozen record with everything the pages say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult
from geo.findings import Finding
from reporting.facts.comparison import Revision
from reporting.facts.evidence import Evidence
from reporting.facts.operations import Operations
from reporting.facts.prepared import PreparedFile
from reporting.settings import SiteSettings
from reporting.units import Text

if TYPE_CHECKING:
    from tracking.ledger.entries import LedgerEntry
    from tracking.ledger.standing import Standing
    from tracking.movement.movement import Movement
    from tracking.target.target import TargetProgress

MAIN_COPPER = "cu_pct"


@dataclass(frozen=True)
class LedgerSummary:
    """The ledger as the pages cite it: its figures, and what checking the chain found."""

    entries: tuple[LedgerEntry, ...] = ()
    """Our own usable estimates."""
    problems: tuple[str, ...] | None = None
    """What ``Ledger.verify`` said: empty where the hash chain holds, None where not checked."""
    length: int = 0
    """Entries of the whole chain, decisions and records with them."""
    official: tuple[LedgerEntry, ...] = ()
    """Filed figures and statistics, also of deposits that have no estimate."""
    standings: tuple[Standing, ...] = ()
    """Where figures stand with the authority, and their dates."""

    def entry(self, deposit_id: str, vintage: date) -> LedgerEntry | None:
        """Return the latest entry of one estimate, or None where none was recorded."""
        found = [e for e in self.entries if (e.deposit_id, e.vintage) == (deposit_id, vintage)]
        return max(found, key=lambda entry: entry.number, default=None)


@dataclass(frozen=True)
class SiteReport:
    """Everything the site and the workbook print; nothing is read from anywhere else."""

    belts: tuple[Belt, ...]
    results: dict[str, tuple[DepositResult, ...]]
    """Deposit id -> its estimates in order of vintage; a deposit may be absent (not estimated)."""
    run_id: str
    generated_at: datetime
    """With a time zone; printed in Asia/Shanghai."""
    code_version: str
    figures: dict[tuple[str, str], Path] = field(default_factory=dict)
    """(deposit id, ISO vintage) -> the estimate's ``.npz`` of sections, plans and swaths."""
    ledger: LedgerSummary = field(default_factory=LedgerSummary)
    movements: tuple[Movement, ...] = ()
    progress: tuple[TargetProgress, ...] = ()
    """One for each target and basis."""
    belt_maps: dict[str, Path] = field(default_factory=dict)
    """Belt id -> ``.npz`` of map arrays, rows from north: ``easting_m`` (cols), ``northing_m``
    (rows), ``cu_ppm`` and rasters by name (rows, cols), ``samples`` (n, 3), ``drift_used``."""
    held: dict[str, Text] = field(default_factory=dict)
    """Deposit, belt or file that the last run held back -> why; last good figures are shown."""
    settings: SiteSettings = field(default_factory=SiteSettings)
    """What pages may say to whom (``configs/site.yaml``)."""
    evidence: dict[str, Evidence] = field(default_factory=dict)
    """Deposit id -> what stands behind its newest figure besides the estimate."""
    surveys: dict[str, Path] = field(default_factory=dict)
    """Belt id -> folder of its worked geochemical surveys (``bornite geochemistry``)."""
    operations: Operations = field(default_factory=Operations)
    """Data, runs and last night as operators are told."""
    revisions: tuple[Revision, ...] = ()
    """Figures in use that were made again, with every entry that each replaced."""
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    """Belt id -> everything found in its data, as its reading wrote it to the quarantine; a belt
    that was never ingested is absent."""

    prepared: tuple[PreparedFile, ...] = ()
    """Exports for other programs and statutory forms, ready to be offered."""
    viewers: dict[str, Path] = field(default_factory=dict)
    """Deposit id -> what the three-dimensional page of its newest estimate shows (``.npz``)."""
    not_prepared: dict[str, Text] = field(default_factory=dict)
    """Deposit (its exports) or file that could not be prepared -> why; names files."""
    not_viewed: dict[str, Text] = field(default_factory=dict)
    """Deposit whose three-dimensional page could not be made -> why; names files."""
    withheld: tuple[str, ...] | Text = ()
    """Names of drill-holes, files and sheets: the public build is looked through for them. Or why
    they can't be known: it is not published then."""

    def estimated(self, belt: Belt) -> tuple[Deposit, ...]:
        """Deposits of ``belt`` that have at least one estimate."""
        return tuple(deposit for deposit in belt.deposits if self.results.get(deposit.id))

    def latest(self, deposit_id: str) -> DepositResult | None:
        """The newest estimate of a deposit, or None."""
        vintages = self.results.get(deposit_id, ())
        return vintages[-1] if vintages else None

    @property
    def synthetic(self) -> bool:
        """Whether any belt shown is made of synthetic data."""
        return any(belt.synthetic for belt in self.belts)
