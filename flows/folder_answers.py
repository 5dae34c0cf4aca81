"""What a person said, by flags, of a folder of unknown files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Answers:
    """What a person said by flags; None: not said."""

    dip: str | None = None
    x: str | None = None
    zone: str | None = None
    depth_unit: str | None = None
    coordinate_unit: str | None = None
    decimal: str | None = None
    zero: str | None = None
    azimuth: str | None = None
    angles: str | None = None
    dates: str | None = None
    as_of: date | None = None
    no_survey_deeper_than: float | None = None
    units: dict[str, str] = field(default_factory=dict)
    """Element -> unit."""
    special: dict[str, str] = field(default_factory=dict)
    """Kind of special value -> what it becomes."""
    elements: tuple[str, ...] = ()
    main: str = "cu"
    source_crs: str | None = None
    raster_units: dict[str, str] = field(default_factory=dict)
    """Layer -> unit, or ``skip``."""
    raster_crs: dict[str, str] = field(default_factory=dict)
    raster_nodata: dict[str, str] = field(default_factory=dict)
    raster_security: dict[str, str] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    """File without suffix (or ``*``) -> what was sampled."""
    survey_crs: dict[str, str] = field(default_factory=dict)
    censoring: dict[str, str] = field(default_factory=dict)
    only_medium: dict[str, str] = field(default_factory=dict)
    """File without suffix -> the word of the medium to read, where a table mixes several."""
    no_rasters: bool = False
    no_surveys: bool = False
    map_cell_m: float | None = None
    topography: str | None = None
    given: tuple[str, ...] = ()
    """The flags as typed, for the next command."""
