"""How far a target is reached: what is stated for it from each of its baselines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from estimation.plan import ClassName
from tracking.target.course import Before, Excluded
from tracking.target.file import Baseline, Confidence, Target
from tracking.target.likely import Likely
from tracking.target.official import OfficialView
from tracking.target.projection import Projection
from tracking.target.stock import Share, Stock

DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Line:
    """What is still needed to reach one line (+5 %, +10 %)."""

    growth: float
    """The line as a fraction of the baseline."""
    line_t: float
    missing_t: float
    """On the baseline's basis, from the latest vintage; negative once the line is passed."""
    gross_required_t: float
    """Additions needed in all since the baseline's date, depletion to date made good."""
    years_left: float
    """From the latest vintage to the deadline."""
    pace_t_per_year: float | None
    """Missing tonnes a year; None where the line is reached or the deadline is past."""
    elsewhere_growth_pct: float | None
    """Where the baseline counts more than the modelled deposits: growth that all others need."""
    reference_growth_pct: float
    """The line's share for the time gone by, in percent: for comparison, no target sets it."""

    @property
    def reached(self) -> bool:
        """Whether the latest vintage is at or above the line."""
        return self.missing_t <= 0


@dataclass(frozen=True)
class Origin:
    """What the ledger says of the figure that a baseline is taken from."""

    entry: int
    """Number of the entry."""
    state: str
    """On the filing axis (:data:`tracking.ledger.states.FILING`)."""
    filed_date: date | None
    stat_year: int | None
    source_zh: str
    source_en: str
    quoted_text: str | None
    confidence: Confidence


@dataclass(frozen=True)
class BaselineProgress:
    """Growth from one baseline. ``baseline_t`` and all that rests on it is None while unknown."""

    baseline: Baseline
    since: date | None
    """The baseline's date: as written, or of the recorded figure that it is taken from."""
    baseline_t: float | None
    low_t: float | None
    high_t: float | None
    modelled_base_t: float | None
    """Metal of the included deposits at the baseline's date, on its basis."""
    points: tuple[Stock, ...]
    """By vintage, from the baseline's date on."""
    surer: Stock | None
    """Measured and indicated alone at the newest date, in percent of their own baseline."""
    lines: tuple[Line, ...]
    """Lower, then upper; empty while the baseline is unknown or nobody has set a target."""
    by_belt: tuple[Share, ...]
    by_province: tuple[Share, ...]
    by_deposit: tuple[Share, ...]
    coverage_ratio: float | None
    """Modelled baseline over one that counts more deposits; None where unknown or the same."""
    deposits: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    discovered: tuple[str, ...]
    """Deposits discovered after the baseline's date: their growth is from zero."""
    base_carried: tuple[tuple[str, date], ...]
    """Deposits whose figure for the baseline's date is older, with its vintage."""
    before: tuple[Before, ...]
    """What happened before the baseline's date; not growth."""
    low_grade_t: float | None
    """Of the newest retained metal: low-grade ore; None where no deposit tells it apart."""
    official: tuple[OfficialView, ...]
    """Filed figures of the same deposits, by each of their three dates."""
    projection: Projection | None
    """None where no plans are configured or there is nothing to project from."""
    likely: Likely | None = None
    """How sure the growth so far is; None where no simulation stands behind a counted figure."""
    origin: Origin | None = None
    """Of a baseline from an entry: which one, and what it says."""
    remark_zh: str = ""
    """Why a figure that is configured isn't there."""
    remark_en: str = ""

    @property
    def latest(self) -> Stock | None:
        """The newest point."""
        return self.points[-1] if self.points else None

    @property
    def growth_pct(self) -> float | None:
        """Headline growth on the baseline's own basis: net of depletion where it is retained."""
        return None if self.latest is None else self.latest.growth_pct(self.baseline.basis)

    @property
    def pace_t_per_year(self) -> float | None:
        """Growth a year so far, on the baseline's basis; None without a later vintage."""
        if self.latest is None or self.since is None or self.latest.date <= self.since:
            return None
        years = (self.latest.date - self.since).days / DAYS_A_YEAR
        return self.latest.grown_t(self.baseline.basis) / years


@dataclass(frozen=True)
class TargetProgress:
    """A target and how far it is reached, from each of its baselines."""

    target: Target
    element: str
    classes: tuple[ClassName, ...]
    baselines: tuple[BaselineProgress, ...]
