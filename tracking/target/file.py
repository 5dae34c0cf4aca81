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
from geo.config import ConfigError, Names, StrictModel, load_yaml
from tracking.target.programme import Plans

Fraction = Annotated[float, Field(ge=0)]
Basis = Literal["retained", "identified"]
Scope = Literal["modelled", "national", "province", "company"]
Confidence = Literal["computed", "official", "reported", "assumed", "unknown"]


class Citation(StrictModel):
    """The document a target stands in, and its words."""

    title: str
    document_no: str
    issued: date
    issuer: Names
    quoted_text: str
    """The sentence exactly as it stands there."""


class FromEntry(StrictModel):
    """An outside figure of the ledger that a baseline takes its tonnage and date from."""

    scope: str
    """``national``, ``province:<name>`` or a deposit's id, as recorded."""
    series: str
    """Normalised filing number or ``source:<name>``."""


class Baseline(StrictModel):
    """What growth is measured from. Every key is written out; an unknown is ``null``, with why."""

    id: str
    name: Names
    scope: Scope
    """``modelled``: the deposits in the ledger (覆盖口径); any other: a figure that counts deposits
    which are not in it as well."""
    from_ledger: bool
    """Added up from our own estimates: each deposit's last one on or before ``date``."""
    from_entry: FromEntry | None
    """A recorded figure: tonnage, date, source, quoted words and confidence are the entry's."""
    value_t: Annotated[float, Field(gt=0)] | None
    """Tonnes of metal; null where it comes from the ledger, or is not known."""
    date: date | None
    basis: Basis | None
    """``retained`` 保有 or ``identified`` 累计查明."""
    coverage: Names
    """Which deposits, areas and classes the figure counts."""
    source: Names | None
    quoted_text: str | None
    confidence: Confidence | None
    """Null, like ``source`` and ``quoted_text``, where the figure is an entry's."""

    @model_validator(mode="after")
    def _a_figure_has_a_date_and_a_basis(self) -> Baseline:
        known = self.from_ledger or self.value_t is not None
        if known and (self.date is None or self.basis is None):
            raise ValueError("a baseline with a figure names its date and basis")
        if self.from_ledger and self.value_t is not None:
            raise ValueError("value_t is null where the baseline comes from the ledger")
        if self.from_ledger and self.scope != "modelled":
            raise ValueError("the ledger's sum is not a national figure: scope is modelled")
        if not known and self.from_entry is None and self.confidence != "unknown":
            raise ValueError("a baseline without a figure has confidence unknown")
        return self

    @model_validator(mode="after")
    def _an_entry_says_its_own_figure(self) -> Baseline:
        own = (self.source, self.quoted_text, self.confidence)
        if self.from_entry is None:
            if self.source is None or self.confidence is None:
                raise ValueError("a baseline without from_entry names its source and confidence")
            return self
        if any(said is not None for said in own):
            raise ValueError(
                "with from_entry, source, quoted_text and confidence are null: the entry has them"
            )
        if self.from_ledger or self.value_t is not None or self.date is not None:
            raise ValueError("with from_entry, value_t and date are null: the entry has them")
        if self.basis is None or self.scope == "modelled":
            raise ValueError("with from_entry, name the basis and a scope other than modelled")
        return self


NEW_KEYS = ("level", "status", "plans")
"""Keys that files of the first shape don't have."""

OLDER_SHAPE = (
    "the file is of an older shape: add the keys named above, as configs/targets/copper-2027.yaml "
    "has them (docs/target.md) / 这是旧格式的目标文件: 请按 configs/targets/copper-2027.yaml "
    "补上以上各键 (docs/target.md)"
)


class Target(StrictModel):
    """One target of growth for one element."""

    id: str
    name: Names
    level: Literal["national", "province", "company"]
    status: Literal["official", "example", "none"]
    """``official``: a document sets it; ``example``: invented to show how one is measured;
    ``none``: nobody has set one, growth is shown without lines."""
    element: str
    metric: Names
    """What grows: 资源量 (resource), not 储量 (reserve)."""
    scope: Names
    growth_low: Fraction | None
    growth_high: Fraction | None
    deadline: date
    classes: tuple[ClassName, ...] = Field(min_length=1)
    """Classes added up, 合计（统计口径）."""
    belts: tuple[str, ...] | None
    """Belts whose deposits count; null for every belt in the ledger."""
    provinces: tuple[str, ...] | None
    """Provinces by their Chinese names; null for all. A deposit without one is not counted."""
    domestic_only: bool
    """Leave out deposits that are recorded as lying abroad."""
    citation: Citation | None
    baselines: tuple[Baseline, ...] = Field(min_length=1)
    plans: Plans | None
    """Planned drilling and mining up to the deadline; null: no projection."""

    @model_validator(mode="after")
    def _the_range_is_one(self) -> Target:
        if (self.growth_low is None) != (self.growth_high is None):
            raise ValueError("growth_low and growth_high are both numbers or both null")
        if self.growth_low is not None and self.growth_low > (self.growth_high or 0.0):
            raise ValueError("growth_low is above growth_high")
        if len({baseline.id for baseline in self.baselines}) < len(self.baselines):
            raise ValueError("two baselines have the same id")
        return self

    @model_validator(mode="after")
    def _the_status_is_borne_out(self) -> Target:
        if (self.status == "official") != (self.citation is not None):
            raise ValueError("an official target, and no other, has a citation")
        if (self.status == "none") != (self.growth_low is None):
            raise ValueError("a target that nobody has set (none), and no other, has no range")
        return self

    @property
    def levels(self) -> tuple[float, ...]:
        """The lines as fractions of the baseline, lower first; empty where there is no target."""
        if self.growth_low is None or self.growth_high is None:
            return ()
        return tuple(dict.fromkeys((self.growth_low, self.growth_high)))


def read_target(path: Path) -> Target:
    """Read one target's file; see :func:`geo.config.load_yaml` for what can go wrong."""
    try:
        return load_yaml(path, Target)
    except ConfigError as trouble:
        said = str(trouble)
        if all(f"\n  {name}: this key is needed" in said for name in NEW_KEYS):
            raise ConfigError(f"{said}\n  {OLDER_SHAPE}") from None
        raise
