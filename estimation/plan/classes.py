"""Classification of a plan: rules on blocks, spacing, smoothing, and a person's overrides."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from estimation.plan.terms import ClassName, GeometryFile, Positive, Share
from geo.config import StrictModel

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Words that may not be empty: a person's name, a reason."""


class ClassRule(StrictModel):
    """Limits for one class; a block takes the surest class all of whose limits it meets."""

    max_mean_distance_m: Positive
    """Mean distance to the nearest three holes, each within the widest class's limit."""
    min_holes: Annotated[int, Field(ge=1)]
    """Holes among the samples that made the main element's estimate."""
    min_slope: float
    """Slope of regression of true on estimated grade (main element)."""
    min_efficiency: float | None = None
    """Kriging efficiency (main element); null: not asked."""
    max_pass: PositiveInt | None = None
    """Latest search pass; null: not asked."""


class Spacing(StrictModel):
    """Exploration spacing of the ore body: the standard's row that the distances rest on."""

    body_type: Literal["I", "II", "III"]
    """勘查类型."""
    indicated_m: tuple[Positive, Positive]
    """控制 spacing along strike and down dip."""
    citation: str


class Smoothing(StrictModel):
    """Takes single blocks of another class out of their surroundings (spotted dog)."""

    window: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Blocks along x, y, z, odd numbers."""
    least_share: Share
    """A block keeps a class only where some window that holds it has this share of its estimated
    blocks as sure or surer."""

    @model_validator(mode="after")
    def _windows_are_odd(self) -> Smoothing:
        if any(n % 2 == 0 for n in self.window):
            raise ValueError("window: odd numbers of blocks")
        return self


class Override(StrictModel):
    """A person's class for the blocks inside a polygon, with the reason."""

    polygon: GeometryFile
    top_m: float | None = None
    bottom_m: float | None = None
    change: Literal["at_most", "set"]
    """``at_most`` lowers only; ``set`` raises too, but never an unestimated or one-hole block."""
    class_name: Literal["measured", "indicated", "inferred", "none"]
    by: Said
    date: date
    reason: Said


class ClassCap(StrictModel):
    """A class that nothing in some domains may exceed (quality control, surveys, oxidation)."""

    at_most: ClassName
    domains: tuple[str, ...] = Field(min_length=1)
    reason: Said


class ClassificationPlan(StrictModel):
    """Rules for 探明 / 控制 / 推断, and where they come from.

    A block estimated from one hole is never above Inferred, whatever the rules say.
    """

    measured: ClassRule
    indicated: ClassRule
    inferred: ClassRule
    spacing: Spacing | None = None
    smoothing: Smoothing | None = None
    caps: tuple[ClassCap, ...] = ()
    overrides: tuple[Override, ...] = ()
    citation: str

    @model_validator(mode="after")
    def _a_surer_class_asks_no_less(self) -> ClassificationPlan:
        near = [rule.max_mean_distance_m for rule in (self.measured, self.indicated, self.inferred)]
        if near != sorted(near):
            raise ValueError(
                "max_mean_distance_m must not fall from measured to indicated to inferred "
                f"(found {', '.join(f'{d:g}' for d in near)}) / "
                "探明、控制、推断的距离界限须依次不减"
            )
        return self
