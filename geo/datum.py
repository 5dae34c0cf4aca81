"""From legacy datums and other heights to the belt's, by parameters a person configured.

PROJ knows no published transformation between Beijing 1954 or Xi'an 1980 and CGCS2000, and would
hand coordinates back unchanged. Here only local parameters count: seven of Helmert, with their
rotation convention stated, or a grid of shifts, checked against common points where there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geo.config import ConfigError, DatumShift, HeightShift, StrictModel, load_yaml, resolve_root
from geo.findings import DataError, Finding
from geo.rules import finding

Floats = NDArray[np.float64]
Carry = Callable[[Floats, Floats], tuple[Floats, Floats]]

CONTROL_M = 0.5
"""Largest residual at a common point (working rule, unverified)."""
FEWEST_CONTROL = 3
CONTROL_COLUMNS = ["east_from", "north_from", "east_to", "north_to"]


class SevenParameters(StrictModel):
    """Seven parameters of a Helmert transformation between two datums."""

    tx_m: float
    ty_m: float
    tz_m: float
    rx_arcsec: Annotated[float, Field(ge=-60, le=60)]
    ry_arcsec: Annotated[float, Field(ge=-60, le=60)]
    rz_arcsec: Annotated[float, Field(ge=-60, le=60)]
    scale_ppm: float
    convention: Literal["position_vector", "coordinate_frame"]
    """Sign of the rotations; the two differ in it, so it is never taken for granted."""


@dataclass(frozen=True)
class Shifted:
    """Coordinates in the target system, and what is to be put on record."""

    east: Floats
    north: Floats
    findings: tuple[Finding, ...]


def shift_datum(
    shift: DatumShift, target: CRS, east: Floats, north: Floats, base: Path, file: str
) -> Shifted:
    """Carry coordinates from a legacy system to ``target``.

    Parameters
    ----------
    shift
        Source system and parameters; paths are relative to ``base``.
    target
        The belt's system.
    east, north
        (n,) metres (zone prefix as the source system has it) or degrees.

    Raises
    ------
    DataError
        The parameters can't be used, or a common point is off by more than :data:`CONTROL_M`.
    """
    try:
        source = CRS.from_user_input(shift.source)
        steps = _steps(source, shift, base)
    except (ProjError, ConfigError) as error:
        raise DataError([finding("BN-CRS-005", file=file, detail=str(error))]) from None

    def carry(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        lon, lat = _geodetic(source).transform(x, y)
        lon, lat = steps.transform(lon, lat)
        out = _geodetic(target).transform(lon, lat, direction="INVERSE")
        return np.asarray(out[0], dtype=float), np.asarray(out[1], dtype=float)

    notes = [finding("BN-CRS-007", file=file, found=source.name, wanted=target.name,
                     citation=shift.citation)]  # fmt: skip
    if shift.control is not None:
        notes.append(_control(resolve_root(shift.control, base), carry, file))
    x, y = carry(np.asarray(east, dtype=float), np.asarray(north, dtype=float))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        detail = "places outside the grid of shifts / 有点位在改正格网之外"
        raise DataError([finding("BN-CRS-005", file=file, detail=detail)])
    return Shifted(x, y, tuple(notes))


def shift_heights(
    shift: HeightShift, longitude: Floats, latitude: Floats, height_m: Floats, base: Path
) -> Floats:
    """Heights in the belt's system.

    ``offset_m`` is added; with a geoid grid H = h - N at each place (degrees). A place outside the
    grid has no height: NaN.

    Raises
    ------
    DataError
        The geoid grid can't be read.
    """
    if shift.offset_m is not None:
        return height_m + shift.offset_m
    grid = resolve_root(str(shift.geoid_grid), base)
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=vgridshift +grids={grid} +multiplier=-1 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    try:
        out = Transformer.from_pipeline(pipeline).transform(longitude, latitude, height_m)
    except ProjError as error:
        raise DataError(
            [finding("BN-CRS-005", file=str(shift.geoid_grid), detail=_told(error))]
        ) from None
    heights = np.asarray(out[2], dtype=float)
    return np.where(np.isfinite(heights), heights, np.nan)


def _geodetic(crs: CRS) -> Transformer:
    """From a system to longitude and latitude on its own datum."""
    return Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True, allow_ballpark=False)


def _steps(source: CRS, shift: DatumShift, base: Path) -> Transformer:
    """PROJ's pipeline between the two datums, degrees to degrees."""
    head = "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    tail = "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    if shift.grid is not None:
        grid = resolve_root(shift.grid, base)
        return Transformer.from_pipeline(f"{head}+step +proj=hgridshift +grids={grid} {tail}")
    p = load_yaml(resolve_root(str(shift.parameters), base), SevenParameters)
    ellipsoid = source.ellipsoid
    if ellipsoid is None:
        raise ConfigError(f"{source.name}: no ellipsoid")
    shape = f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"
    return Transformer.from_pipeline(
        f"{head}+step +proj=cart {shape} "
        f"+step +proj=helmert +x={p.tx_m!r} +y={p.ty_m!r} +z={p.tz_m!r} +rx={p.rx_arcsec!r} "
        f"+ry={p.ry_arcsec!r} +rz={p.rz_arcsec!r} +s={p.scale_ppm!r} +convention={p.convention} "
        f"+step +inv +proj=cart +ellps=GRS80 {tail}"
    )


def _told(error: Exception) -> str:
    """What went wrong, without the folder that a file lies in."""
    return str(getattr(error, "strerror", None) or error)


def _control(path: Path, carry: Carry, file: str) -> Finding:
    """Residuals at the common points; refused where one is too large."""
    try:
        points = pd.read_csv(path, usecols=CONTROL_COLUMNS).astype(float)
    except (OSError, ValueError) as error:
        raise DataError([finding("BN-CRS-005", file=path.name, detail=_told(error))]) from None
    if len(points) < FEWEST_CONTROL:
        detail = f"{len(points)} common points, at least {FEWEST_CONTROL} / 公共点不足"
        raise DataError([finding("BN-CRS-005", file=path.name, detail=detail)])
    east, north = carry(points["east_from"].to_numpy(), points["north_from"].to_numpy())
    apart = np.hypot(east - points["east_to"], north - points["north_to"])
    words: dict[str, Any] = {
        "count": len(points),
        "worst": f"{apart.max():.3f}",
        "limit": f"{CONTROL_M:g}",
    }
    code = "BN-CRS-006" if apart.max() > CONTROL_M else "BN-CRS-008"
    made = finding(code, file=file, value=words["worst"], **words)
    if code == "BN-CRS-006":
        raise DataError([made])
    return made
