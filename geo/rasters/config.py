"""Configuration of what is made of surveys: gridded lines and derived layers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from geo.config import Names, StrictModel

CovariateKind = Literal[
    "slope",
    "aspect",
    "curvature",
    "analytic_signal",
    "first_vertical_derivative",
    "reduction_to_pole",
    "aster_aloh",
    "aster_propylitic",
    "aster_ferric_iron",
    "landsat8_iron_oxide",
    "landsat8_clay",
    "sentinel2_iron_oxide",
    "sentinel2_clay",
    "ndvi",
    "ratio",
]


class Mask(StrictModel):
    """Where a derived layer has no value: cells of another layer below or above a limit."""

    of: str
    below: float | None = None
    above: float | None = None


class Covariate(StrictModel):
    """A layer derived from layers of the belt's grid."""

    name: str
    kind: CovariateKind
    of: tuple[str, ...]
    """Layers it is made of, in the order of its formula's bands (docs/rasters.md)."""
    quantity: Names
    inclination_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    declination_deg: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Direction of the geomagnetic field, for reduction to the pole."""
    masks: tuple[Mask, ...] = ()
    """Snow, water, vegetation, shadow: cells that are left out."""

    @model_validator(mode="after")
    def _field_direction(self) -> Covariate:
        """Reduction to the pole needs the field's direction."""
        if self.kind == "reduction_to_pole" and None in (
            self.inclination_deg,
            self.declination_deg,
        ):
            raise ValueError("reduction_to_pole needs inclination_deg and declination_deg")
        return self


class LineColumns(StrictModel):
    """Where a line survey's table holds what: headings, or numbers from 1 where it has none."""

    x: str | PositiveInt
    """Easting or longitude."""
    y: str | PositiveInt
    """Northing or latitude."""
    value: str | PositiveInt
    line: tuple[str | PositiveInt, ...] = ()
    """Columns that name a line together (survey area, line number); none: scattered stations."""
    line_type: str | PositiveInt | None = None
    """Column that tells tie lines from traverses."""


class LineSource(StrictModel):
    """A survey measured along lines, gridded onto the belt's grid."""

    name: str
    root: str
    path: str
    """CSV, or columns between blanks (``header: false``); ``.xz`` and ``.gz`` are expanded."""
    header: bool
    columns: LineColumns
    crs: str
    quantity: Names
    unit: str
    kind: str | None = None
    tie_is: str | None = None
    """Word in ``line_type`` that marks a tie line (TIE)."""
    declared_nodata: tuple[float, ...] = ()
    method: Literal["linear", "cubic", "nearest_mean", "best"]
    """``cubic`` is Clough-Tocher (least curvature along edges), ``nearest_mean`` the mean of the
    nearest blocks; ``best`` is the one with the least error on held-out lines."""
    max_distance_m: PositiveFloat
    """Cells farther than this from every reading have no value."""
