"""What operators are told: the data as they lie, the runs, and last night in one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reporting.units import Text

LIGHTS = {
    "green": ("●", Text("正常", "right")),
    "amber": ("▲", Text("待办", "to do")),
    "red": ("■", Text("有误", "wrong")),
    "grey": ("○", Text("未知", "unknown")),
    "going": ("◌", Text("进行中", "under way")),
}
"""Light -> its shape and its word: it is never told by its colour alone."""


@dataclass(frozen=True)
class Source:
    """One source of a belt: a deposit's drill-hole tables, or a survey's file."""

    deposit: str
    """Empty for a survey of the whole belt."""
    kind: Text
    files: tuple[str, ...]
    """Files of the newest campaign, as configured."""
    count: int
    """Files in all."""
    newest: date | None
    """Date of the newest data; None where the configuration gives none."""
    read_at: datetime | None
    """When the content was last read; None: never."""


@dataclass(frozen=True)
class Holes:
    """Holes of one deposit: used, and refused."""

    deposit: str
    used: int | None
    """Holes in the accepted table; None where none was ever accepted."""
    refused: int
    """Rows of collars that stand in the quarantine."""


@dataclass(frozen=True)
class Quality:
    """Quality control of one deposit."""

    deposit: str
    controls: int
    samples: int
    pass_rates_pct: tuple[tuple[str, float | None], ...]
    """Kind of control -> share that passes."""
    failed: tuple[str, ...]
    """Batches that fail: laboratory and batch."""
    held: bool


@dataclass(frozen=True)
class RefusedRow:
    """One row or file in the quarantine."""

    name: str
    """Deposit or survey."""
    file: str
    sheet: str
    row: str
    code: str
    raw: str
    opened: datetime | None


@dataclass(frozen=True)
class BeltData:
    """The data of one belt as its newest reading left them."""

    belt: str
    read_at: datetime | None = None
    """When its files' content was last read; None: never."""
    looked_at: datetime | None = None
    """When a run last looked whether anything is new."""
    rows: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Rows read, accepted, quarantined, skipped by rule."""
    sources: tuple[Source, ...] = ()
    holes: tuple[Holes, ...] = ()
    quality: tuple[Quality, ...] = ()
    waiting: int = 0
    """Rows and files in the quarantine."""
    listed: tuple[RefusedRow, ...] = ()
    """The newest of them."""
    released: int = 0
    """Rows and files that were let go."""
    trouble: Text | None = None
    """What of it can't be read."""


@dataclass(frozen=True)
class Input:
    """A file that a run read."""

    belt: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Made:
    """One estimate of a run."""

    deposit: str
    vintage: str
    computed: int
    reused: int
    seconds: float
    peak_mib: float
    data_hash: str
    plan_hash: str
    model_hash: str


@dataclass(frozen=True)
class Run:
    """What a run's manifest says."""

    run_id: str
    command: str
    by: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    """done | failed | interrupted | going (writes these pages, or is under way) | broken (no end
    was noted) | empty (older than the record)."""
    trouble: str = ""
    """Kind of failure."""
    environment: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Input, ...] = ()
    inputs_count: int = 0
    made: tuple[Made, ...] = ()
    """Estimates, those with computed tiles first to be listed."""
    made_count: int = 0
    deposits: tuple[str, ...] = ()
    """Deposits that were estimated."""
    tiles: tuple[int, int] | None = None
    """Computed and reused; None where nothing was estimated."""
    entered: int | None = None
    """Ledger entries written; None where the ledger was not asked."""
    waiting: int | None = None
    """Figures that waited for a person at its end."""
    published: int = 0
    """Figures in use that it entered and that are published now."""
    figures: tuple[str, ...] = ()
    """Figures that it entered: deposit and effective date."""
    held: tuple[tuple[str, Text], ...] = ()
    """Deposit, belt or file held back, and why."""
    not_prepared: tuple[tuple[str, Text], ...] = ()
    """Deposit or belt whose studies or maps for the pages failed, and why."""
    findings: tuple[tuple[str, int], ...] = ()
    """Severity -> number."""
    parts: tuple[tuple[str, str], ...] = ()
    """Part of the manifest -> its SHA-256."""
    digest: str = ""
    """SHA-256 over its parts."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None without an end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Matter:
    """One thing that is wrong or waits, and the commands that see to it."""

    light: str
    what: Text
    """What it is about; a name from the data reads the same in both languages."""
    why: Text
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class DepositLight:
    """How one deposit came through the night."""

    light: str
    belt: Text
    deposit: str
    name: Text
    state: Text
    changed: Text
    """What the night entered of it."""
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True)
class Digest:
    """Last night in one page: is it right, and what is there to do."""

    light: str
    headline: Text
    at: datetime
    """When this was looked at."""
    night: Run | None = None
    missed: int = 0
    """Mornings since that had no night."""
    code: int | None = None
    """The exit code that tells the same; None where no night ended."""
    lines: tuple[DepositLight, ...] = ()
    matters: tuple[Matter, ...] = ()
    """What concerns no single deposit."""


@dataclass(frozen=True)
class Operations:
    """Everything that the pages for operators say."""

    data: tuple[BeltData, ...] = ()
    runs: tuple[Run, ...] = ()
    """Newest first."""
    runs_more: int = 0
    """Older runs that are not listed."""
    digest: Digest | None = None
