"""Defects of rasters: one layer and one file for each case."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from broken_base import Expected
from broken_regions import CASES, CELL_M, CELLS, CORNER, CRS, SurveyCase

# --- rasters -------------------------------------------------------------------------------
PLACE = Affine(CELL_M, 0, CORNER[0], 0, -CELL_M, CORNER[1])


@lru_cache(maxsize=1)
def _field() -> Any:
    """A smooth magnetic anomaly, nT."""
    y, x = np.mgrid[:CELLS, :CELLS] / CELLS
    rng = np.random.default_rng(20250)
    waves = 120 * np.sin(5 * x + 1) * np.cos(4 * y) + 60 * np.sin(11 * x * y + 2)
    return (waves + rng.normal(0, 4, waves.shape)).astype(np.float32)


def _raster(
    title: str,
    code: str,
    change: Callable[[Any, dict[str, Any]], Any] | None = None,
    may: tuple[str, ...] = (),
    name: str | None = None,
    spoil: Callable[[bytes], bytes] | None = None,
    clean: dict[str, Any] | None = None,
    **source: Any,
) -> None:
    """A GeoTIFF written with another profile or other values; ``source``: keys of its block."""
    plain_name = "-".join(title.replace(",", "").split())
    file = f"rasters/{name or plain_name}.tif"

    def make(folder: Path, broken: bool) -> dict[str, Any]:
        values, profile = _field().copy(), _profile()
        own = f"rasters/{plain_name}.tif" if not broken else file
        target = folder / own
        target.parent.mkdir(parents=True, exist_ok=True)
        if broken and change is not None:
            made = change(values, profile)
            values = values if made is None else made
        _write(target, values, profile)
        if broken and spoil is not None:
            target.write_bytes(spoil(target.read_bytes()))
        block = {
            "name": plain_name.replace("-", "_"),
            "path": own,
            "quantity": {"zh": "航磁异常（合成）", "en": "magnetic anomaly (synthetic)"},
            "unit": "nT",
            "resampling": "bilinear",
            "kind": "magnetic_anomaly",
        }
        return block | (clean or {}) | (source if broken else {})

    must = (Expected(code, file),)
    CASES.append(SurveyCase(title, "rasters", file, make, must, tuple((c, file) for c in may)))


def _profile() -> dict[str, Any]:
    """How the clean rasters are written."""
    return {"crs": CRS, "transform": PLACE, "nodata": -9999.0}


def _write(path: Path, values: Any, profile: dict[str, Any]) -> None:
    """Write bands (rows, columns) or (bands, rows, columns)."""
    bands = values[None] if values.ndim == 2 else values
    after = {k: profile.pop(k) for k in ("units", "scales", "offsets") if k in profile}
    size = {"count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
    with rasterio.open(path, "w", driver="GTiff", dtype=str(bands.dtype), **size, **profile) as out:
        out.write(bands)
        for key, value in after.items():
            setattr(out, key, value)


def _set(**keys: Any) -> Callable[[Any, dict[str, Any]], None]:
    """Another profile."""
    return lambda values, profile: profile.update(keys)


def _cells(where: tuple[Any, Any], value: float, **keys: Any) -> Callable[..., None]:
    """Some cells of one value, and another profile."""

    def change(values: Any, profile: dict[str, Any]) -> None:
        values[where] = value
        profile.update(keys)

    return change


def _classes(values: Any, profile: dict[str, Any]) -> Any:
    """Rock classes instead of readings."""
    profile.update(nodata=None)
    return (np.digitize(values, [-60, 0, 60]) + 1).astype(np.uint8)


def _bands(values: Any, profile: dict[str, Any]) -> Any:
    return np.stack([values, values / 2])


def _integers(values: Any, profile: dict[str, Any]) -> Any:
    """Tenths as whole numbers; the scale in the file is not the one that was asked for."""
    profile.update(nodata=-32768, scales=(0.01,), offsets=(0.0,))
    return (values * 10).astype(np.int16)


def _step(values: Any, profile: dict[str, Any]) -> None:
    """Two flights that were never levelled."""
    values[:, 28:] += 400


def _stripes(values: Any, profile: dict[str, Any]) -> None:
    """Lines flown north-south every 2 km, not levelled."""
    values += (40 * np.sin(2 * np.pi * np.arange(CELLS) * CELL_M / 4000)).astype(np.float32)[None]


SOME = (slice(3, 20), slice(5, 30))
_raster("no coordinate system", "BN-RAS-001", _set(crs=None))
_raster(
    "gaps as -9999 undeclared",
    "BN-RAS-002",
    _cells(SOME, -9999, nodata=None),
    may=("BN-RAS-024", "BN-RAS-030"),
)
_raster(
    "gaps as 1.70141e38 undeclared",
    "BN-RAS-002",
    _cells(SOME, 1.70141e38, nodata=None),
    may=("BN-RAS-024", "BN-RAS-030"),
)
_raster("outside the belt", "BN-RAS-003", _set(transform=Affine.translation(3e5, 0) * PLACE))
_raster("wrong zone", "BN-RAS-003", _set(crs="EPSG:4547"))
_raster("raster cut off", "BN-RAS-004", spoil=lambda b: b[:3000])
_raster("text under a raster's name", "BN-RAS-004", spoil=lambda b: b"no raster\n" * 90)
_raster("a third of the map empty", "BN-RAS-005", _cells((slice(None), slice(0, 20)), -9999))
_raster("every cell nodata", "BN-RAS-010", _cells((slice(None), slice(None)), -9999))
_raster("rotated", "BN-RAS-011", _set(transform=PLACE * Affine.rotation(12)))
_raster("two bands and none chosen", "BN-RAS-016", _bands)
_raster("band that is not there", "BN-RAS-017", band=4)
_raster("classes averaged", "BN-RAS-020", _classes)
_raster(
    "classes said to be classes, yet averaged",
    "BN-RAS-019",
    _classes,
    categorical=True,
    may=("BN-RAS-020",),
)
_raster("scale against the configuration", "BN-RAS-023", _integers, scale=0.1)
_raster("values of another quantity", "BN-RAS-024", lambda v, p: v + 52000)
_raster("unit against the configuration", "BN-RAS-039", _set(units=("mGal",)))
_raster("grid finer than the lines", "BN-RAS-026", line_spacing_m=8000.0)
_raster(
    "stripes along the lines", "BN-RAS-029", _stripes, line_spacing_m=2000.0, line_azimuth_deg=0.0
)
_raster("seam between two flights", "BN-RAS-030", _step)
_raster("processing named in the file only", "BN-RAS-031", name="magnetics_RTP")
_raster(
    "fine elevation model without a security level",
    "BN-RAS-032",
    lambda v, p: (
        p.update(transform=Affine(8, 0, 440000, 0, -8, 3230000)),
        np.tile(v + 4800, (14, 14)),
    )[1],
    kind="elevation",
    unit="m",
    quantity={"zh": "高程", "en": "elevation"},
    may=("BN-RAS-005", "BN-RAS-030"),
)
_raster("marked secret", "BN-RAS-033", security="secret")
_raster(
    "zeros in the corner for gaps",
    "BN-RAS-034",
    lambda v, p: (
        p.update(nodata=None),
        np.where(np.add.outer(np.arange(CELLS), np.arange(CELLS)) < 30, np.float32(0), v),
    )[1],
)
_raster(
    "stated nodata that no cell has", "BN-RAS-041", _set(nodata=None), declared_nodata=[-8888.0]
)
_raster(
    "metres under a system of degrees in a raster",
    "BN-RAS-043",
    _set(crs="EPSG:4490"),
    may=("BN-RAS-003", "BN-RAS-004"),
)
_raster(
    "system against the configuration",
    "BN-RAS-044",
    crs={"code": "EPSG:4539", "reason": "as the surveyor said"},
    may=("BN-RAS-003", "BN-RAS-005"),
)
_raster("rows upside down", "BN-RAS-028", lambda v, p: v[::-1])
_raster(
    "complex numbers", "BN-RAS-015", lambda v, p: (p.update(nodata=None), v.astype("complex64"))[1]
)
