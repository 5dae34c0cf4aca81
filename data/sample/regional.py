"""The belt's regional surveys: stream sediments, magnetics, elevation model; and the pit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from field import Truth, body_axes, ground_m
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter, map_coordinates
from specs import DepositSpec

MAP_CELL_M = 500.0
MAP_CELLS = 120

BACKGROUND = {
    # median, spread of log10, limit of detection, decimals; national medians of stream
    # sediments are Cu 22, Mo 0.8, Au 1.3 ppb, Ag 0.08, Pb 24, Zn 70, W 1.8 ppm
    "cu_ppm": (23.0, 0.17, 1.0, 1),
    "mo_ppm": (0.9, 0.20, 0.4, 2),
    "au_ppb": (1.4, 0.24, 0.3, 2),
    "ag_ppm": (0.085, 0.16, 0.02, 3),
    "pb_ppm": (25.0, 0.15, 2.0, 1),
    "zn_ppm": (72.0, 0.12, 10.0, 0),
    "w_ppm": (1.9, 0.20, 0.5, 2),
    "bi_ppm": (0.3, 0.22, 0.1, 2),
}

HEADERS = {
    "gangdese": ("样品号", "经度", "纬度", "{e}(10-6)"),
    "east_tianshan": ("SAMPLE", "EASTING", "NORTHING", "{e}_PPM"),
    "zhongdian_geza": ("SAMPLE", "LONGITUDE", "LATITUDE", "{e}_PPM"),
    "duobaoshan": ("样品号", "Y", "X", "{e}(10-6)"),
}
"""Headers of identity, easting or longitude, northing or latitude, and grades, by belt."""

GEOGRAPHIC = ("gangdese", "zhongdian_geza")
"""Belts whose stream sediments come in longitude and latitude (EPSG:4490)."""


@dataclass(frozen=True)
class Region:
    """The map's frame and the smooth fields that surveys measure there."""

    spec: DepositSpec
    corner_m: tuple[float, float]
    """North-west corner of the map, belt CRS."""
    magnetic: np.ndarray
    """Normalised magnetic field on a 500 m grid with 20 cells of margin (row 0 north)."""
    residual: np.ndarray

    def at(self, field: np.ndarray, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """A field's values at places in the belt CRS (bilinear)."""
        column = (east - self.corner_m[0]) / MAP_CELL_M - 0.5 + MARGIN
        row = (self.corner_m[1] - north) / MAP_CELL_M - 0.5 + MARGIN
        return map_coordinates(field, [row, column], order=1, mode="nearest")


MARGIN = 20


def build_region(spec: DepositSpec) -> Region:
    """Simulate the regional fields of a belt."""
    rng = np.random.default_rng([spec.seed, 5])
    centre = np.array(spec.site.centre_m) + np.array(spec.site.map_centre_offset_m)
    half = MAP_CELL_M * MAP_CELLS / 2
    corner = (float(centre[0] - half), float(centre[1] + half))
    shape = (MAP_CELLS + 2 * MARGIN,) * 2
    white = rng.standard_normal((2, *shape))
    long, short = gaussian_filter(white[0], 9.0), gaussian_filter(white[1], 4.0)
    magnetic = 0.8 * long / long.std() + 0.5 * short / short.std()
    region = Region(spec, corner, magnetic, np.zeros(shape))
    magnetic = magnetic + 2.2 * _halo(region, spec.site.centre_m, 3500.0, shape)
    residual = gaussian_filter(rng.standard_normal(shape), 3.0)
    return Region(spec, corner, magnetic, residual / residual.std())


def _halo(
    region: Region, where: tuple[float, float], radius_m: float, shape: tuple[int, ...]
) -> np.ndarray:
    """A bell of ``radius_m`` around a place, on the regional grid."""
    column = (where[0] - region.corner_m[0]) / MAP_CELL_M + MARGIN
    row = (region.corner_m[1] - where[1]) / MAP_CELL_M + MARGIN
    rows, columns = np.indices(shape) + 0.5
    square = ((rows - row) ** 2 + (columns - column) ** 2) * MAP_CELL_M**2
    return np.exp(-square / (2.0 * radius_m**2))


def stream_sediments(region: Region, count: int) -> pd.DataFrame:
    """Samples over the map: easting, northing and grades, with anomalies around the deposit.

    Copper follows magnetics weakly (mafic to intermediate intrusions), a spatial residual and a
    dispersion halo of 2-3 km around the deposit; two lesser prospects have haloes of their own.
    """
    spec, rng = region.spec, np.random.default_rng([region.spec.seed, 6])
    side = int(np.ceil(np.sqrt(count)))
    cell = MAP_CELL_M * MAP_CELLS / side
    index = np.sort(rng.permutation(side * side)[:count])
    east = region.corner_m[0] + cell * (index % side + rng.uniform(0.1, 0.9, count))
    north = region.corner_m[1] - cell * (index // side + rng.uniform(0.1, 0.9, count))
    near = _near(spec, east, north, 0.0, 0.0, 2600.0)
    near += 0.45 * _near(spec, east, north, 14000.0, -11000.0, 2000.0)
    near += 0.35 * _near(spec, east, north, -12500.0, 9500.0, 1800.0)
    magnetic, residual = (
        region.at(region.magnetic, east, north),
        region.at(region.residual, east, north),
    )
    gains = {
        "cu_ppm": 1.15,
        "mo_ppm": 1.0,
        "au_ppb": 0.8,
        "ag_ppm": 0.6,
        "w_ppm": 0.4,
        "bi_ppm": 0.5,
    }
    table = pd.DataFrame({"easting_m": east, "northing_m": north})
    common = rng.standard_normal(count)
    for element, (median, spread, _, places) in BACKGROUND.items():
        weight = 0.55 if element == "cu_ppm" else 0.2
        spatial = weight * magnetic / 1.2 + 0.5 * residual
        local = 0.45 * common + 0.5 * rng.standard_normal(count)
        log10 = np.log10(median) + spread * (spatial + local) + gains.get(element, 0.15) * near
        table[element] = np.round(10.0**log10, places)
    return table


def _near(
    spec: DepositSpec, east: np.ndarray, north: np.ndarray, de: float, dn: float, radius_m: float
) -> np.ndarray:
    """Bell of ``radius_m`` around a place given by its offset from the deposit."""
    away = np.hypot(east - spec.site.centre_m[0] - de, north - spec.site.centre_m[1] - dn)
    return np.asarray(np.exp(-(away**2) / (2.0 * radius_m**2)))


def write_stream_sediments(region: Region, folder: Path, count: int = 400) -> dict[str, object]:
    """Write the belt's survey in its own headings; return its name, rows and marks."""
    spec, table = region.spec, stream_sediments(region, count)
    identity, first, second, grade = HEADERS[spec.belt]
    out = pd.DataFrame({identity: [f"SYN-SS{k + 1:04d}" for k in range(count)]})
    if spec.belt in GEOGRAPHIC:
        turn = Transformer.from_crs(spec.site.epsg, 4490, always_xy=True)
        lon, lat = turn.transform(table["easting_m"].to_numpy(), table["northing_m"].to_numpy())
        places, (x, y) = 6, (lon, lat)
    else:
        prefix = spec.site.zone * 1e6 if first == "Y" else 0.0
        places, (x, y) = 1, (table["easting_m"] + prefix, table["northing_m"])
    pair = {first: [f"{v:.{places}f}" for v in x], second: [f"{v:.{places}f}" for v in y]}
    for header in sorted(pair, key=lambda h: h != "X" and h == "Y"):
        out[header] = pair[header]
    marked = {}
    for element, (_, _, limit, decimals) in BACKGROUND.items():
        name = element.split("_")[0]
        text = grade.format(e=name.upper() if "PPM" in grade else name.capitalize())
        text = text.replace("PPM", "PPB").replace("10-6", "10-9") if name == "au" else text
        low = table[element] < limit
        marked[text] = int(low.sum())
        out[text] = [
            f"<{limit:g}" if b else f"{v:.{decimals}f}"
            for v, b in zip(table[element], low, strict=True)
        ]
    encoding = "gb18030" if identity == "样品号" else "utf-8"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stream_sediments.csv").write_bytes(
        out.to_csv(index=False, lineterminator="\n").encode(encoding)
    )
    return {"file": "regional/stream_sediments.csv", "rows": count, "below_detection": marked}


def write_magnetics(region: Region, path: Path) -> None:
    """Reduced magnetic anomaly (nT), 500 m cells, in the neighbouring zone's CRS."""
    spec = region.spec
    turn = Transformer.from_crs(spec.site.epsg, spec.site.magnetic_epsg, always_xy=True)
    west, north = region.corner_m
    side = MAP_CELL_M * MAP_CELLS
    edge = np.linspace(-2000.0, side + 2000.0, 41)
    ex = np.concatenate(
        [west + edge, west + edge, np.full(41, west - 2000), np.full(41, west + side + 2000)]
    )
    ny = np.concatenate(
        [np.full(41, north + 2000), np.full(41, north - side - 2000), north - edge, north - edge]
    )
    x, y = turn.transform(ex, ny)
    left, top = (
        np.floor(x.min() / MAP_CELL_M) * MAP_CELL_M,
        np.ceil(y.max() / MAP_CELL_M) * MAP_CELL_M,
    )
    columns = int(np.ceil((x.max() - left) / MAP_CELL_M))
    rows = int(np.ceil((top - y.min()) / MAP_CELL_M))
    gx, gy = np.meshgrid(
        left + MAP_CELL_M * (np.arange(columns) + 0.5), top - MAP_CELL_M * (np.arange(rows) + 0.5)
    )
    east, up = turn.transform(gx, gy, direction="INVERSE")
    values = np.round(130.0 * region.at(region.magnetic, east, up)).astype(np.int16)
    transform = from_origin(left, top, MAP_CELL_M, MAP_CELL_M)
    _write_tiff(path, values, CRS.from_epsg(spec.site.magnetic_epsg), transform, -32768)


def write_elevation(region: Region, path: Path) -> None:
    """Elevation model (m) on longitude and latitude, whole metres, over the map and a margin."""
    spec, cell = region.spec, region.spec.site.dem_cell_deg
    turn = Transformer.from_crs(spec.site.epsg, 4490, always_xy=True)
    west, north = region.corner_m
    side = MAP_CELL_M * MAP_CELLS
    edge = np.linspace(0.0, side, 21)
    ex = np.concatenate([west + edge, west + edge, np.full(21, west), np.full(21, west + side)])
    ny = np.concatenate([np.full(21, north), np.full(21, north - side), north - edge, north - edge])
    lon, lat = turn.transform(ex, ny)
    left, top = np.floor(lon.min() * 100) / 100, np.ceil(lat.max() * 100) / 100
    columns, rows = int((lon.max() - left) / cell) + 5, int((top - lat.min()) / cell) + 5
    gx, gy = np.meshgrid(
        left + cell * (np.arange(columns) + 0.5), top - cell * (np.arange(rows) + 0.5)
    )
    east, up = turn.transform(gx, gy, direction="INVERSE")
    values = np.round(ground_m(spec.site, east, up)).astype(np.int16)
    _write_tiff(path, values, CRS.from_epsg(4490), from_origin(left, top, cell, cell), -32768)


def _write_tiff(path: Path, values: np.ndarray, crs: CRS, transform: object, nodata: float) -> None:
    """One band, tiled and deflated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype.name,
        "crs": crs,
        "transform": transform,
        "nodata": nodata,
        "compress": "deflate",
        "zlevel": 9,
        "predictor": 2,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
    }
    with rasterio.open(path, "w", **options) as target:
        target.write(values, 1)
        target.update_tags(NOTE="synthetic data / 合成数据")


def pit_surface(
    truth: Truth, radius_m: float, depth_m: float, east: np.ndarray, north: np.ndarray
) -> np.ndarray:
    """Elevation of the mined surface: ground, or the pit's walls at 40 degrees and its floor."""
    spec = truth.spec
    if spec.pit is None:
        raise ValueError(f"{spec.belt} has no pit")
    along, across = body_axes(spec.body)
    u, v = spec.pit.centre_m
    centre = np.array(spec.site.centre_m) + u * along + v * across
    away = np.hypot(east - centre[0], north - centre[1])
    rim = float(truth.ground(*np.array(centre)))
    wall = (
        rim
        - depth_m
        + np.clip(away - (radius_m - depth_m / np.tan(np.radians(40.0))), 0.0, None)
        * np.tan(np.radians(40.0))
    )
    return np.minimum(truth.ground(east, north), wall)


def write_pit(truth: Truth, radius_m: float, depth_m: float, path: Path) -> None:
    """The mined surface over the whole block model, 10 m cells, whole decimetres as float32."""
    spec = truth.spec
    east0, north0, _ = spec.origin_m
    columns = int(spec.block_m[0] * spec.shape[0] / 10) + 4
    rows = int(spec.block_m[1] * spec.shape[1] / 10) + 4
    left, top = east0 - 20.0, north0 + 10.0 * (rows - 2)
    x, y = np.meshgrid(
        left + 10.0 * (np.arange(columns) + 0.5), top - 10.0 * (np.arange(rows) + 0.5)
    )
    values = np.round(pit_surface(truth, radius_m, depth_m, x, y), 1).astype(np.float32)
    transform = from_origin(left, top, 10.0, 10.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "driver": "GTiff",
        "height": rows,
        "width": columns,
        "count": 1,
        "dtype": "float32",
        "crs": CRS.from_epsg(spec.site.epsg),
        "transform": transform,
        "nodata": -9999.0,
        "compress": "deflate",
        "zlevel": 9,
        "predictor": 3,
    }
    with rasterio.open(path, "w", **options) as target:
        target.write(values, 1)
        target.update_tags(NOTE="synthetic data / 合成数据")
