"""The neighbourhood search of a plan: passes, sectors, high-yield restriction."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from estimation.plan.terms import Positive
from geo.config import StrictModel


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
