"""A variogram as a plan holds it: nugget, nested structures, axes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from estimation.plan.terms import Positive
from geo.config import StrictModel


class Orientation(StrictModel):
    """Axes of anisotropy by GSLIB's three angles (docs/conventions.md)."""

    azimuth_deg: float
    """Azimuth of the major axis, clockwise from north."""
    dip_deg: float
    """Dip of the major axis, negative down."""
    rake_deg: float
    """Third rotation, about the major axis."""


class Structure(StrictModel):
    """One nested structure of a variogram: a partial sill and three ranges."""

    model: Literal["spherical", "exponential", "gaussian", "cubic", "matern_3_2"]
    sill: Positive
    ranges_m: tuple[Positive, Positive, Positive]
    """Ranges along the major, semi-major and minor axes; practical ranges (95 %) for the
    exponential, Gaussian and Matérn models (GSLIB convention)."""
    orientation: Orientation | None = None
    """Axes of this structure alone; null: the variogram's."""


class Variogram(StrictModel):
    """Nugget and nested structures in the element's unit squared."""

    nugget: Annotated[float, Field(ge=0)]
    structures: tuple[Structure, ...] = Field(min_length=1)
    orientation: Orientation

    @property
    def total_sill(self) -> float:
        """Nugget and partial sills together."""
        return self.nugget + sum(structure.sill for structure in self.structures)

    @property
    def said(self) -> str:
        """The model on one line: nugget, then each structure with sill and ranges."""
        parts = [f"nugget {self.nugget:.4g}"]
        for one in self.structures:
            ranges = " × ".join(f"{r:g}" for r in one.ranges_m)
            parts.append(f"{one.model} {one.sill:.4g} ({ranges} m)")
        return " + ".join(parts)


class SharedStructure(StrictModel):
    """One structure of a coregionalization: the same shape for both elements, sills of its own."""

    model: Literal["spherical", "exponential", "gaussian", "cubic", "matern_3_2"]
    ranges_m: tuple[Positive, Positive, Positive]
    sills: tuple[float, float, float]
    """Of the element, across, of the partner."""


class Coregionalisation(StrictModel):
    """Linear model of coregionalization of two elements (Goovaerts 1997, 4.2).

    Every sill matrix is positive semi-definite, so the model is by construction.
    """

    nuggets: tuple[float, float, float]
    """Of the element, across, of the partner."""
    structures: tuple[SharedStructure, ...] = Field(min_length=1)
    orientation: Orientation

    @model_validator(mode="after")
    def _every_matrix_is_positive_semi_definite(self) -> Coregionalisation:
        for where, (own, cross, other) in (
            ("nuggets", self.nuggets),
            *((f"structures[{i}].sills", s.sills) for i, s in enumerate(self.structures)),
        ):
            if own < 0 or other < 0 or cross**2 > own * other * (1 + 1e-9):
                raise ValueError(
                    f"{where}: not positive semi-definite: needs own >= 0, partner >= 0 and "
                    f"cross^2 <= own x partner (found {own:g}, {cross:g}, {other:g})"
                )
        return self
