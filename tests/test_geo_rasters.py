"""A raster is on the belt's grid with its values where they belong, or is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from geo.config import MapGrid, RasterSource
from geo.crs import transform
from geo.findings import DataError
from geo.rasters.surveys import align_rasters, surface_elevation

BELT = "EPSG:4548"
GRID = MapGrid(origin_m=(500000.0, 3330000.0), cell_m=500.0, shape=(12, 10))


def write(path: Path, values, crs: str | None, west, north, cell, nodata=-9999.0) -> None:
    values = np.asarray(values, dtype="float32")
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": nodata}
    height, width = values.shape
    place = from_origin(west, north, cell, cell)
    with rasterio.open(
        path, "w", height=height, width=width, crs=crs, transform=place, **profile
    ) as raster:
        raster.write(values, 1)


def source(tmp_path: Path, name="mag.tif") -> RasterSource:
    names = {"zh": "航磁", "en": "magnetics"}
    return RasterSource(
        name="mag", root=str(tmp_path), path=name, quantity=names, unit="nT", resampling="bilinear"
    )


def plane(west, north, cell, shape):
    """A raster whose value is easting/100 + northing/1000 in its own CRS."""
    x = west + cell * (np.arange(shape[1]) + 0.5)
    y = north - cell * (np.arange(shape[0]) + 0.5)
    return x[None, :] / 100 + y[:, None] / 1000


def codes(findings) -> set[str]:
    return {f.code for f in findings}


def test_a_raster_in_the_neighbouring_zone_lands_where_it_belongs(tmp_path):
    """A plane in another zone's metres, sampled back at the belt's cell centres."""
    x, y = transform(BELT, "EPSG:4549", [503000.0], [3327500.0])
    west, north = round(x[0] - 8000, -2), round(y[0] + 8000, -2)
    values = plane(west, north, 250.0, (64, 64))
    write(tmp_path / "mag.tif", values, "EPSG:4549", west, north, 250.0)
    dataset, findings, files = align_rasters([source(tmp_path)], BELT, GRID, Path())
    assert codes(findings) == {"BN-RAS-006"}
    assert list(files) == ["mag.tif"]
    assert dataset["mag"].shape == (10, 12)
    assert dataset["mag"].attrs["units"] == "nT"
    assert "China" in dataset["spatial_ref"].attrs["crs_wkt"]
    east, north_m = np.meshgrid(dataset["easting_m"], dataset["northing_m"])
    assert dataset["northing_m"].to_numpy()[0] > dataset["northing_m"].to_numpy()[-1]
    ox, oy = transform(BELT, "EPSG:4549", east.ravel(), north_m.ravel())
    exact = (ox / 100 + oy / 1000).reshape(east.shape)
    assert np.abs(dataset["mag"].to_numpy() - exact).max() < 0.5


def test_a_raster_without_crs_or_nodata_or_overlap_is_refused(tmp_path):
    values = np.ones((20, 24))
    write(tmp_path / "mag.tif", values, None, 500000, 3330000, 250.0)
    assert "BN-RAS-001" in codes(align_rasters([source(tmp_path)], BELT, GRID, Path())[1])
    values[3, 3] = -9999
    write(tmp_path / "mag.tif", values, BELT, 500000, 3330000, 250.0, nodata=None)
    assert "BN-RAS-002" in codes(align_rasters([source(tmp_path)], BELT, GRID, Path())[1])
    write(tmp_path / "mag.tif", values, BELT, 700000, 3330000, 250.0)
    dataset, findings, _ = align_rasters([source(tmp_path)], BELT, GRID, Path())
    assert "BN-RAS-003" in codes(findings)
    assert not dataset.data_vars
    write(tmp_path / "mag.tif", values, "EPSG:2379", 500000, 3330000, 250.0)
    assert "BN-CRS-002" in codes(align_rasters([source(tmp_path)], BELT, GRID, Path())[1])
    (tmp_path / "mag.tif").write_bytes(b"not a raster")
    assert "BN-RAS-004" in codes(align_rasters([source(tmp_path)], BELT, GRID, Path())[1])
    absent = align_rasters([source(tmp_path, "no.tif")], BELT, GRID, Path())
    assert codes(absent[1]) == {"BN-TAB-001"}


def test_nodata_stays_nodata_and_a_large_hole_is_reported(tmp_path):
    values = np.ones((20, 24))
    values[:, 12:] = -9999
    write(tmp_path / "mag.tif", values, BELT, 500000, 3330000, 250.0)
    dataset, findings, _ = align_rasters([source(tmp_path)], BELT, GRID, Path())
    assert "BN-RAS-005" in codes(findings)
    assert np.isnan(dataset["mag"].to_numpy()[:, 7:]).all()
    assert (dataset["mag"].to_numpy()[:, :5] == 1).all()


def test_elevations_are_bilinear_and_nan_outside(tmp_path):
    values = plane(500000, 3330000, 250.0, (20, 24))
    write(tmp_path / "dem.tif", values, BELT, 500000, 3330000, 250.0)
    x = np.array([500333.0, 505111.0, 499000.0])
    y = np.array([3329000.5, 3326000.0, 3329000.0])
    z = surface_elevation(tmp_path / "dem.tif", BELT, x, y)
    np.testing.assert_allclose(z[:2], x[:2] / 100 + y[:2] / 1000, atol=2e-3)
    assert np.isnan(z[2])
    with pytest.raises(DataError):
        surface_elevation(tmp_path / "none.tif", BELT, x, y)


def test_a_sampled_raster_is_read_as_the_belt_says(tmp_path):
    """Band, gaps, scale and system as stated: the file itself says none of them."""
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, -7.0]])
    with rasterio.open(
        tmp_path / "two.tif", "w", driver="GTiff", width=3, height=3, count=2, dtype="float64",
        transform=from_origin(500000, 3330000, 100.0, 100.0),
    ) as made:  # fmt: skip
        made.write(np.zeros((3, 3)), 1)
        made.write(values, 2)
    stated = source(tmp_path, "two.tif").model_copy(
        update={"band": 2, "declared_nodata": (-7.0,), "scale": 2.0, "offset": 1.0}
    )
    x, y = np.array([500050.0, 500250.0]), np.array([3329950.0, 3329750.0])
    found = surface_elevation(tmp_path / "two.tif", "local", x, y, stated)
    np.testing.assert_allclose(found, [3.0, np.nan], equal_nan=True)
    with pytest.raises(DataError):
        surface_elevation(tmp_path / "two.tif", "local", x, y)


def test_a_belt_without_map_has_no_rasters():
    dataset, findings, files = align_rasters([], "local", None, Path())
    assert not dataset.data_vars
    assert not findings
    assert not files
