"""What turns classified blocks into a statement: density, cut-offs, constraints, prices."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from estimation.plan.terms import GeometryFile, Positive
from geo.config import StrictModel


class DensityRegression(StrictModel):
    """Density from a grade: ``t/m3 = intercept + slope x grade`` of an estimated element."""

    on: str
    intercept: float
    slope: float
    correlation: Annotated[float, Field(ge=-1, le=1)]
    samples: Annotated[int, Field(ge=3)]
    limits_tpm3: tuple[Positive, Positive]
    """Densities that the line is held within."""


class DensityEstimate(StrictModel):
    """Density of each block from measurements near it, by inverse distance."""

    radii_m: tuple[Positive, Positive, Positive]
    max_samples: PositiveInt
    min_samples: PositiveInt
    power: Positive


class DensityPlan(StrictModel):
    """Dry bulk density, t/m3."""

    method: Literal["domain_mean", "assigned", "regressed", "estimated"]
    """``domain_mean``: length-weighted mean of measured density; ``assigned``: from the table;
    ``regressed``: from a grade; ``estimated``: block by block. Where one of the last two has
    nothing to go by, the domain's mean, else the assigned value, stands."""
    assigned_tpm3: dict[str, Positive]
    """By domain; required where ``assigned``, and the fallback of the others."""
    regressions: dict[str, DensityRegression] = Field(default_factory=dict)
    """By domain, for ``regressed``."""
    estimate: DensityEstimate | None = None
    citation: str

    @model_validator(mode="after")
    def _the_method_has_its_numbers(self) -> DensityPlan:
        if (self.method == "regressed") != bool(self.regressions):
            raise ValueError("regressions are given for method: regressed, and only there")
        if (self.method == "estimated") != (self.estimate is not None):
            raise ValueError("estimate is given for method: estimated, and only there")
        return self


class LowGrade(StrictModel):
    """低品位矿: ore between 边界品位 (the reporting cut-off) and 最低工业品位, stated apart."""

    min_industrial: Positive
    """最低工业品位, in the main element's unit."""
    citation: str


class CutoffPlan(StrictModel):
    """Cut-offs on the main element."""

    reporting: float
    others: tuple[float, ...]
    low_grade: LowGrade | None = None
    citation: str


class Constraint(StrictModel):
    """Ground that a statement counts apart: within a pit or stope, a licence, or sterilized."""

    name: str
    kind: Literal["pit_shell", "stope", "licence", "sterilized"]
    """``pit_shell`` and ``stope``: reasonable prospects inside; ``licence``: 矿权范围;
    ``sterilized``: 压覆, no prospects inside."""
    file: GeometryFile
    top_m: float | None = None
    bottom_m: float | None = None
    reason: str


class MetalPrice(StrictModel):
    """What an equivalent takes one metal to be worth."""

    price: Positive
    """Per tonne for elements in per cent, per gram for those in g/t."""
    recovery: Annotated[float, Field(gt=0, le=1)]
    payable: Annotated[float, Field(gt=0, le=1)]
    source: str


class EquivalentPlan(StrictModel):
    """Copper equivalent (当量品位): prices, recoveries, payable shares and their date."""

    currency: str
    as_of: date
    metals: dict[str, MetalPrice]
    """By element; one that is missing is not part of the equivalent."""


class StatementPlan(StrictModel):
    """How a statement is broken down, and what is counted apart."""

    ore_types: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """矿石类型 -> domains; empty: each domain is its own ore type."""
    bench_m: Positive | None = None
    """Height of a bench (中段); null: no table by bench."""
    constraints: tuple[Constraint, ...] = ()
    equivalent: EquivalentPlan | None = None
