"""A target, as a person wrote it down: the wording, the baselines, and where each comes from.

The policy text names no base year, no base tonnage, and does not say whether retained (保有) or
cumulative identified (累计查明) resource grows. So baselines are configuration, several stand side
by side, and none is built in.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from estimation.plan import ClassName
from geo.config import Names, StrictModel, load_yaml

Fraction = Annotated[float, Field(ge=0)]
Basis = Literal["retained", "identified"]


class Citation(StrictModel):
    """The document a target stands in, and its words."""

    title: str
    document_no: str
    issued: date
    issuer: Names
    quoted_text: str
    """The sentence exactly as it stands there."""


class Baseline(StrictModel):
    """What growth is measured from. Every key is written out; an unknown is ``null``, with why."""

    id: str
    name: Names
    scope: Literal["modelled", "national"]
    """``modelled``: the deposits in the ledger (覆盖口径); ``national``: a published figure that
    counts deposits which are not in it as well."""
    from_ledger: bool
    """Added up from ledger entries whose vintage is ``date``."""
    value_t: Annotated[float, Field(gt=0)] | None
    """Tonnes of metal; null where it comes from the ledger, or is not known."""
    date: date | None
    basis: Basis | None
    """``retained`` 保有 or ``identified`` 累计查明."""
    coverage: Names
    """Which deposits, areas and classes the figure counts."""
    source: Names
    quoted_text: str | None
    confidence: Literal["computed", "official", "reported", "assumed", "unknown"]

    @model_validator(mode="after")
    def _a_figure_has_a_date_and_a_basis(self) -> Baseline:
        known = self.from_ledger or self.value_t is not None
        if known and (self.date is None or self.basis is None):
            raise ValueError("a baseline with a figure names its date and basis")
        if self.from_ledger and self.value_t is not None:
            raise ValueError("value_t is null where the baseline comes from the ledger")
        if self.from_ledger and self.scope == "national":
            raise ValueError("the ledger's sum is not a national figure: scope is modelled")
        if not known and self.confidence != "unknown":
            raise ValueError("a baseline without a figure has confidence unknown")
        return self


class Target(StrictModel):
    """One target of growth for one element."""

    id: str
    name: Names
    element: str
    metric: Names
    """What grows: 资源量 (resource), not 储量 (reserve)."""
    scope: Names
    growth_low: Fraction
    growth_high: Fraction
    deadline: date
    classes: tuple[ClassName, ...] = Field(min_length=1)
    """Classes added up, 合计（统计口径）."""
    belts: tuple[str, ...] | None
    """Belts whose deposits count; null for every belt in the ledger."""
    citation: Citation
    baselines: tuple[Baseline, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _the_range_is_one(self) -> Target:
        if self.growth_low > self.growth_high:
            raise ValueError("growth_low is above growth_high")
        if len({baseline.id for baseline in self.baselines}) < len(self.baselines):
            raise ValueError("two baselines have the same id")
        return self


def read_target(path: Path) -> Target:
    """Read one target's file; see :func:`geo.config.load_yaml` for what can go wrong."""
    return load_yaml(path, Target)
