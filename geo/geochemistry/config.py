"""Configuration of geochemical surveys: one table, how it is written, and what is made of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from geo.config import Conventions, Names, StrictModel

__all__ = ["GeochemistrySource", "Levelling", "SurveyMaps", "SurveyVariogram"]


class Levelling(StrictModel):
    """How steps between map sheets, laboratories or batches are taken out."""

    group: Literal["map_sheet", "laboratory", "batch"]
    """Column whose words are the groups."""
    method: Literal["median", "quantile"]
    """``median``: groups are multiplied by a factor; ``quantile``: their spread is matched too."""
    elements: tuple[str, ...]
    """Columns to level (``cu_ppm``); others stay as they are."""
    neighbour_distance_m: PositiveFloat
    """Samples of two groups within this distance stand on the same ground."""
    min_samples: PositiveInt
    """Neighbours that each side of a seam needs; with fewer a group is left as it is."""
    step_ratio: PositiveFloat
    """Steps smaller than this ratio of medians (say 1.25) are left."""
    max_factor: PositiveFloat
    """A larger step is refused: another unit, or other rocks."""
    citation: str


class SurveyVariogram(StrictModel):
    """Variogram of log10 of an element's content, for kriging its map with PyKrige."""

    model: Literal["spherical", "exponential", "gaussian"]
    sill: PositiveFloat
    """Partial sill."""
    range_m: PositiveFloat
    nugget: float


class SurveyMaps(StrictModel):
    """What is drawn on the belt's grid, and which threshold makes an anomaly."""

    elements: tuple[str, ...]
    below_detection: Literal["half_limit", "limit", "multiplicative"]
    """What stands for a value below detection when a map is made (and only then)."""
    neighbours: PositiveInt
    """Samples that one cell's value is made from."""
    max_distance_m: PositiveFloat
    """A cell farther than this from every sample stays empty."""
    power: PositiveFloat
    """Of inverse distance, for elements without a variogram."""
    kriged: dict[str, SurveyVariogram] = Field(default_factory=dict)
    """Element -> variogram; the others are interpolated by inverse distance."""
    threshold: Literal[
        "mean_2sd",
        "median_2mad_log",
        "median_2mad",
        "tukey_fence_log",
        "qq_break",
        "p85",
        "p95",
        "p98",
        "ca_1",
        "ca_2",
        "ca_3",
    ]
    """Threshold of the anomaly register (docs/geochemistry.md)."""
    min_cells: PositiveInt
    """Anomalies of fewer cells are not registered."""


class GeochemistrySource(StrictModel):
    """A regional survey table: stream sediments, soils, rocks."""

    root: str
    path: str
    sheet: str | None = None
    medium: Names
    conventions: Conventions
    crs: str
    columns: dict[str, str] = Field(default_factory=dict)
    """Header as written -> column (``cu_ppm``, ``cu_inaa_ppm``, ``easting_m``, ``ignore``)."""
    units: dict[str, str] = Field(default_factory=dict)
    """Column, method or ``all`` -> unit as written, where the header carries none
    (``au_ppb: ppm``, ``xrf: pct``, ``all: ppm``)."""
    only_medium: str | None = None
    """Where one table mixes media: the word of the one to read; rows of others are skipped."""
    censoring: Literal["none", "zero", "negative_limit", "half_limit_spike"] = "none"
    """How the file codes "below detection" beside ``<``: an exact 0, a negative limit, or the
    lowest value repeated, which is half the limit."""
    detection_limits: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Column -> limit in the column's unit, where the file does not state it."""
    coordinates_km: bool = False
    """Whether coordinates are kilometres."""
    spacing_m: PositiveFloat | None = None
    """Nominal distance between neighbouring samples; None: not checked."""
    levelling: Levelling | None = None
    maps: SurveyMaps | None = None
