"""Domains of a plan: logged codes, volumes, and the boundaries between them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from estimation.plan.terms import GeometryFile, Positive
from geo.config import StrictModel


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


class DomainVolume(StrictModel):
    """Ground that is a domain by its place: in a closed mesh, on one side of a surface, or within
    a polygon between two levels."""

    domain: str
    file: GeometryFile
    side: Literal["inside", "outside", "above", "below"]
    """``inside`` and ``outside`` a closed mesh or a polygon; ``above`` and ``below`` a surface."""
    top_m: float | None = None
    bottom_m: float | None = None
    """Levels that a polygon's prism is cut at; null: open."""

    @model_validator(mode="after")
    def _the_top_is_above_the_bottom(self) -> DomainVolume:
        bounded = self.top_m is not None and self.bottom_m is not None
        if bounded and not self.top_m > self.bottom_m:  # type: ignore[operator]
            raise ValueError(f"top_m ({self.top_m}) must lie above bottom_m ({self.bottom_m})")
        return self


class DomainPlan(StrictModel):
    """Domains by place (``volumes``, the first that holds decides), else by a logged column
    (``codes`` maps domain -> logged codes).

    Boundaries are hard but where ``soft`` opens them, one way at a time.
    """

    column: Literal["lithology", "oxidation", "domain"] | None
    codes: dict[str, tuple[str, ...]]
    volumes: tuple[DomainVolume, ...] = ()
    subcells: tuple[PositiveInt, PositiveInt, PositiveInt] = (1, 1, 1)
    """Points along x, y, z of a block whose places give its share in each volume."""
    soft: tuple[SoftBoundary, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Domains in plan order; one domain ``all`` where no volume and no column is named."""
        by_place = [volume.domain for volume in self.volumes]
        return tuple(dict.fromkeys([*by_place, *self.codes])) or ("all",)

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
