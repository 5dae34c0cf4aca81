"""How one element is estimated: from its own samples, or derived from another element."""

from __future__ import annotations

from math import isclose
from typing import Annotated, Literal

from pydantic import Field, model_validator

from estimation.plan.search import HighYield, SearchPass
from estimation.plan.terms import ClassName, GeometryFile, Positive
from estimation.plan.variogram import Coregionalisation, Orientation, Variogram
from geo.config import StrictModel

Method = Literal[
    "ordinary",
    "simple",
    "linear_drift",
    "quadratic_drift",
    "external_drift",
    "median_indicator",
    "multiple_indicator",
    "cokriging",
    "collocated",
    "inverse_distance",
    "nearest",
]
"""What makes the estimate. All take the same search; all but the last two krige."""


class ExternalDrift(StrictModel):
    """What the mean follows: a raster of the belt, by its value at east and north."""

    raster: str


class Indicators(StrictModel):
    """Indicator kriging: cut-offs, a variogram each (or one for all), and the tails."""

    cutoffs: tuple[float, ...] = Field(min_length=1)
    """In the element's unit, rising."""
    variograms: tuple[Variogram, ...] = Field(min_length=1)
    """One for each cut-off (``multiple_indicator``), or one for all (``median_indicator``)."""
    lowest: float
    highest: float
    """Grades that the lowest and the highest class reach to."""
    lower_power: Positive = 1.0
    """Of the power model below the first cut-off; 1 is linear (GSLIB 1998, section V.1.6)."""
    upper_tail: Literal["power", "hyperbolic"] = "power"
    """Model of the class above the last cut-off."""
    upper_power: Positive = 1.0
    """Of that model: 1 is linear for ``power``; GSLIB advises 1.5 for ``hyperbolic``."""

    @model_validator(mode="after")
    def _cutoffs_rise_between_the_tails(self) -> Indicators:
        edges = [self.lowest, *self.cutoffs, self.highest]
        if edges != sorted(set(edges)):
            raise ValueError("lowest, cutoffs, highest must rise")
        if len(self.variograms) not in (1, len(self.cutoffs)):
            raise ValueError("variograms: one for all cut-offs, or one for each")
        if self.upper_tail == "hyperbolic" and self.cutoffs[-1] <= 0:
            raise ValueError("upper_tail: hyperbolic needs a last cut-off above 0")
        return self


class Partner(StrictModel):
    """The element that a cokriged one leans on, with their linear model of coregionalization."""

    element: str
    model: Coregionalisation
    max_samples: Annotated[int, Field(ge=1, le=64)]
    """Partner samples beside the element's own (``cokriging``); ``collocated`` takes the
    partner's estimate at the block instead."""


class LocalOrientation(StrictModel):
    """Axes of search and variogram turned to follow a surface: a fold, a contact, a vein."""

    surface: GeometryFile
    """Mesh whose nearest triangle gives dip and dip direction."""
    step_deg: Annotated[float, Field(ge=1, le=45)]
    """Orientations are rounded to this, so that blocks alike are kriged together."""


class Choices(StrictModel):
    """What turns samples into a block's grade; for a whole element, or for one of its domains."""

    variogram: Variogram
    method: Method
    known_mean: float | None
    """Of simple kriging, in the element's unit; null for the others."""
    search: tuple[SearchPass, ...] = Field(min_length=1)
    search_orientation: Orientation | None
    """Axes of the search ellipsoid; null: the variogram's."""
    high_yield: HighYield | None
    drift: ExternalDrift | None = None
    indicators: Indicators | None = None
    partner: Partner | None = None
    local_orientation: LocalOrientation | None = None

    @model_validator(mode="after")
    def _each_method_has_what_it_needs(self) -> Choices:
        needs = {
            "known_mean": self.method == "simple",
            "drift": self.method == "external_drift",
            "indicators": self.method in ("median_indicator", "multiple_indicator"),
            "partner": self.method in ("cokriging", "collocated"),
        }
        for name, needed in needs.items():
            if needed != (getattr(self, name) is not None):
                wanted = "needs" if needed else "has no use for"
                raise ValueError(f"method: {self.method} {wanted} {name}")
        if self.partner is not None and self.local_orientation is not None:
            raise ValueError(
                f"method: {self.method} can't follow a surface; leave out local_orientation, or "
                "estimate the element alone"
            )
        several = self.indicators is not None and len(self.indicators.variograms) != 1
        if self.method == "median_indicator" and several:
            raise ValueError("median_indicator: one variogram for all cut-offs")
        if self.indicators is not None and self.high_yield is not None:
            raise ValueError(f"method: {self.method} has no use for high_yield: its tail decides")
        return self


class ElementPlan(Choices):
    """How one element is estimated from its samples."""

    source: Literal["basic", "combined"]
    """``basic``: composites of the basic assays; ``combined``: 组合分析 over long intervals,
    kriged at their own support."""
    caps: dict[str, float]
    """Top cut by domain, in the element's unit; a domain not named is not cut."""
    by_domain: dict[str, Choices] = Field(default_factory=dict)
    """Choices of a domain that differ from the element's."""
    class_limit: ClassName
    """The surest class that this element's samples support; metal in surer ore is set apart."""
    reason: str
    """Why these choices were made, for the reviewer."""

    def choices_of(self, domain: str) -> Choices:
        """The choices that hold in a domain."""
        return self.by_domain.get(domain, self)

    @property
    def every_choice(self) -> tuple[Choices, ...]:
        """The element's choices, then those of its domains."""
        return (self, *self.by_domain.values())


class Regression(StrictModel):
    """A grade from another element's: ``y = a + b x``, or ``ln y = a + b ln x``.

    Back from logarithms with the lognormal bias term, ``exp(residual_sd^2 / 2)``.
    """

    predictor: str
    form: Literal["linear", "log_log"]
    intercept: float
    slope: float
    residual_sd: Annotated[float, Field(ge=0)]
    """Standard deviation of the residuals, in the unit of ``y`` (or of ``ln y``)."""
    correlation: Annotated[float, Field(ge=-1, le=1)]
    samples: Annotated[int, Field(ge=3)]
    predictor_range: tuple[float, float]
    """Grades of the predictor that the fit rests on; beyond them it is extrapolated."""


class DomainGrade(StrictModel):
    """Mean grade of a domain, from its composites (the classical 伴生 calculation)."""

    grade: Annotated[float, Field(ge=0)]
    standard_error: Annotated[float, Field(ge=0)]
    samples: Annotated[int, Field(ge=1)]


class DerivedPlan(StrictModel):
    """An element without an estimate of its own: a function of one that is kriged, or a factor."""

    method: Literal["regression", "domain_factor"]
    regression: Regression | None = None
    factors: dict[str, DomainGrade] = Field(default_factory=dict)
    class_limit: ClassName
    reason: str

    @model_validator(mode="after")
    def _the_method_has_its_numbers(self) -> DerivedPlan:
        if (self.method == "regression") != (self.regression is not None):
            raise ValueError("regression is given for method: regression, and only there")
        if (self.method == "domain_factor") != bool(self.factors):
            raise ValueError("factors are given for method: domain_factor, and only there")
        return self


def known_to_pykrige(element: ElementPlan, points: int) -> bool:
    """Whether PyKrige can do what is asked: ordinary kriging of points, one anisotropy.

    ``points``: points along each sample.
    """
    variogram = element.variogram
    first, *others = (s.ranges_m for s in variogram.structures)
    return (
        element.method == "ordinary"
        and points == 1
        and element.high_yield is None
        and not element.by_domain
        and element.local_orientation is None
        and all(s.orientation in (None, variogram.orientation) for s in variogram.structures)
        and all(
            isclose(a / ranges[0], b / first[0], rel_tol=1e-12)
            for ranges in others
            for a, b in zip(ranges, first, strict=True)
        )
    )
