"""The estimation plan: every choice between composites and a statement, in one block.

A plan is proposed by the program and accepted by a person; its hash goes into every tile's key.
"""

from __future__ import annotations

from datetime import date
from math import isclose
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from geo.config import StrictModel

CLASSES = ("measured", "indicated", "inferred")
"""GB/T 17766-2020 探明 / 控制 / 推断, from the surest down."""

ClassName = Literal["measured", "indicated", "inferred"]
Positive = Annotated[float, Field(gt=0)]


class Structure(StrictModel):
    """One nested structure of a variogram: a partial sill and three ranges."""

    model: Literal["spherical", "exponential", "gaussian", "cubic", "matern_3_2"]
    sill: Positive
    ranges_m: tuple[Positive, Positive, Positive]
    """Ranges along the major, semi-major and minor axes; practical ranges (95 %) for the
    exponential, Gaussian and Matérn models (GSLIB convention)."""


class Orientation(StrictModel):
    """Axes of anisotropy by GSLIB's three angles (docs/conventions.md)."""

    azimuth_deg: float
    """Azimuth of the major axis, clockwise from north."""
    dip_deg: float
    """Dip of the major axis, negative down."""
    rake_deg: float
    """Third rotation, about the major axis."""


class Variogram(StrictModel):
    """Nugget and nested structures in the element's unit squared."""

    nugget: Annotated[float, Field(ge=0)]
    structures: tuple[Structure, ...] = Field(min_length=1)
    orientation: Orientation

    @property
    def total_sill(self) -> float:
        """Nugget and partial sills together."""
        return self.nugget + sum(structure.sill for structure in self.structures)


class SectorRule(StrictModel):
    """Sectors about a block, in the axes of its search ellipsoid, so that no side has it all."""

    kind: Literal["quadrants", "octants"]
    """Quadrants of the major plane, or octants."""
    max_samples: Annotated[int, Field(ge=1)]
    """Of one sector."""
    min_filled: Annotated[int, Field(ge=1, le=8)]
    """Sectors with a sample."""

    @property
    def count(self) -> int:
        """How many sectors there are."""
        return 4 if self.kind == "quadrants" else 8


class SearchPass(StrictModel):
    """One pass of the neighbourhood search; later passes see only blocks still open.

    Samples are taken nearest first in the ellipsoid's metric; one whose hole or sector is full is
    passed over; ties go to the sample that comes first by hole and depth.
    """

    radii_m: tuple[Positive, Positive, Positive]
    min_samples: Annotated[int, Field(ge=1)]
    max_samples: Annotated[int, Field(ge=1, le=64)]
    max_per_hole: Annotated[int, Field(ge=1)]
    min_holes: Annotated[int, Field(ge=1)]
    sectors: SectorRule | None
    """null: the sides don't matter."""

    @model_validator(mode="after")
    def _the_pass_can_succeed(self) -> SearchPass:
        if self.min_samples > self.max_samples or self.min_holes > self.max_samples:
            raise ValueError("min_samples and min_holes must not exceed max_samples")
        if self.sectors:
            if self.sectors.min_filled > min(self.sectors.count, self.max_samples):
                raise ValueError("sectors.min_filled must not exceed the sectors or max_samples")
            if self.sectors.count * self.sectors.max_samples < self.min_samples:
                raise ValueError("all sectors full (max_samples each) are fewer than min_samples")
        return self


class HighYield(StrictModel):
    """High-yield restriction: a high grade counts in full only near its sample."""

    above: float
    """Grade, in the element's unit."""
    radii_m: tuple[Positive, Positive, Positive]
    """Ellipsoid (axes of the search) within which the grade counts in full."""
    beyond: Literal["limit", "discard"]
    """Beyond it the grade counts as ``above``, or the sample is not chosen."""


class ElementPlan(StrictModel):
    """How one element is estimated."""

    source: Literal["basic", "combined"]
    """``basic``: composites of the basic assays; ``combined``: 组合分析 over long intervals,
    kriged at their own support."""
    caps: dict[str, float]
    """Top cut by domain, in the element's unit; a domain not named is not cut."""
    variogram: Variogram
    method: Literal["ordinary", "simple", "linear_drift", "quadratic_drift"]
    """What is known of the mean: constant, its value, or a trend in space."""
    known_mean: float | None
    """Of simple kriging, in the element's unit; null for the others."""
    search: tuple[SearchPass, ...] = Field(min_length=1)
    search_orientation: Orientation | None
    """Axes of the search ellipsoid; null: the variogram's."""
    high_yield: HighYield | None
    class_limit: ClassName
    """The surest class that this element's samples support; figures in surer rows carry a mark."""
    reason: str
    """Why these choices were made, for the reviewer."""

    @model_validator(mode="after")
    def _simple_kriging_knows_the_mean(self) -> ElementPlan:
        if (self.method == "simple") != (self.known_mean is not None):
            raise ValueError("known_mean is given for method: simple, and only there")
        return self


def known_to_pykrige(element: ElementPlan, points: int) -> bool:
    """Whether PyKrige can do what is asked: ordinary kriging of points, one anisotropy.

    ``points``: points along each sample.
    """
    first, *others = (s.ranges_m for s in element.variogram.structures)
    return (
        element.method == "ordinary"
        and points == 1
        and element.high_yield is None
        and all(
            isclose(a / ranges[0], b / first[0], rel_tol=1e-12)
            for ranges in others
            for a, b in zip(ranges, first, strict=True)
        )
    )


class CompositePlan(StrictModel):
    """Compositing down the hole, within the domain, by length."""

    length_m: Positive
    min_coverage: Annotated[float, Field(gt=0, le=1)]
    """Least assayed share of a composite's length; below it the composite has no grade."""


class SoftBoundary(StrictModel):
    """A contact that grades run across: blocks of one domain see samples of the other near it."""

    blocks_of: str
    samples_of: str
    within_m: Positive
    """Farthest that such a sample lies from a composite of the blocks' own domain."""


class DomainPlan(StrictModel):
    """Domains from a logged column; ``codes`` maps domain -> logged codes.

    Boundaries are hard but where ``soft`` opens them, one way at a time.
    """

    column: Literal["lithology", "oxidation", "domain"] | None
    codes: dict[str, tuple[str, ...]]
    soft: tuple[SoftBoundary, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Domains in plan order; one domain ``all`` where no column is named."""
        return tuple(self.codes) if self.column else ("all",)

    @model_validator(mode="after")
    def _each_code_has_one_domain(self) -> DomainPlan:
        if bool(self.codes) != bool(self.column):
            raise ValueError("codes are given where a column is named, and only there")
        codes = [code for some in self.codes.values() for code in some]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"codes in more than one domain: {', '.join(twice)}")
        named = {n for rule in self.soft for n in (rule.blocks_of, rule.samples_of)}
        if named - set(self.names):
            raise ValueError(f"soft: no such domain {', '.join(sorted(named - set(self.names)))}")
        return self


class ClassRule(StrictModel):
    """Limits for one class; a block takes the surest class all of whose limits it meets."""

    max_mean_distance_m: Positive
    """Mean distance to the nearest three holes, each within the widest class's limit."""
    min_holes: Annotated[int, Field(ge=1)]
    """Holes among the samples that made the main element's estimate."""
    min_slope: float
    """Slope of regression of true on estimated grade (main element)."""


class ClassificationPlan(StrictModel):
    """Rules for 探明 / 控制 / 推断, and where they come from."""

    measured: ClassRule
    indicated: ClassRule
    inferred: ClassRule
    citation: str


class DensityPlan(StrictModel):
    """Dry bulk density by domain, t/m3."""

    method: Literal["domain_mean", "assigned"]
    """``domain_mean``: length-weighted mean of measured density; ``assigned``: from the table."""
    assigned_tpm3: dict[str, Positive]
    """By domain; required where ``assigned``, and the fallback of ``domain_mean``."""
    citation: str


class CutoffPlan(StrictModel):
    """Cut-offs on the main element."""

    reporting: float
    others: tuple[float, ...]
    citation: str


class SamplePoints(StrictModel):
    """Points along a sample over which its covariances are averaged: 1 is a point sample."""

    basic: Annotated[int, Field(ge=1, le=16)]
    combined: Annotated[int, Field(ge=1, le=16)]


class Acceptance(StrictModel):
    """Who decided, when and why. A proposed plan runs, and its figures say "proposed"."""

    status: Literal["proposed", "accepted"]
    by: str | None
    date: date | None
    reason: str

    @model_validator(mode="after")
    def _an_accepted_plan_has_a_person(self) -> Acceptance:
        if self.status == "accepted" and not (self.by and self.date):
            raise ValueError("an accepted plan names who accepted it and when (by, date)")
        return self


class Plan(StrictModel):
    """The whole decision for one deposit."""

    main_element: str
    composites: CompositePlan
    domains: DomainPlan
    discretisation: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Points of a block along x, y, z."""
    sample_points: SamplePoints
    engine: Literal["bornite", "pykrige"]
    """``pykrige``: the whole estimate by PyKrige instead, slow and independent."""
    elements: dict[str, ElementPlan]
    classification: ClassificationPlan
    density: DensityPlan
    cutoffs: CutoffPlan
    acceptance: Acceptance

    @model_validator(mode="after")
    def _the_main_element_is_planned(self) -> Plan:
        if self.main_element not in self.elements:
            raise ValueError(f"main_element {self.main_element!r} has no entry in elements")
        return self

    @model_validator(mode="after")
    def _pykrige_can_do_what_is_asked(self) -> Plan:
        if self.engine == "pykrige":
            for name, element in self.elements.items():
                if not known_to_pykrige(element, getattr(self.sample_points, element.source)):
                    raise ValueError(
                        f"engine: pykrige can't do elements.{name}: it knows method: ordinary, "
                        "samples that are points, no high_yield, and one anisotropy for all "
                        "structures"
                    )
        return self

    @model_validator(mode="after")
    def _every_domain_named_is_a_domain(self) -> Plan:
        known = set(self.domains.names)
        named = {f"elements.{n}.caps": set(e.caps) for n, e in self.elements.items()}
        named["density.assigned_tpm3"] = set(self.density.assigned_tpm3)
        for where, domains in named.items():
            if domains - known:
                raise ValueError(
                    f"{where}: no such domain {', '.join(sorted(domains - known))} "
                    f"(domains: {', '.join(sorted(known))})"
                )
        return self
