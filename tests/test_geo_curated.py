"""Curated tables and rasters come back as they were written, and are replaced whole."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import xarray as xr

from geo.curated import read_rasters, read_table_back, write_rasters, write_table


def stack(value: float) -> xr.Dataset:
    coords = {"northing_m": [20.0, 10.0], "easting_m": [1.0, 2.0, 3.0]}
    data = np.full((2, 3), value)
    dataset = xr.Dataset({"mag": (("northing_m", "easting_m"), data)}, coords=coords)
    dataset["mag"].attrs = {"units": "nT", "long_name_zh": "航磁"}
    return dataset


def test_a_table_with_places_is_geoparquet_in_the_belt_s_crs(tmp_path):
    frame = pd.DataFrame(
        {"hole_id": ["ZK1"], "easting_m": [5e5], "northing_m": [3.3e6], "elevation_m": [4000.0]}
    )
    path = write_table(frame, "dep/collar", tmp_path, "belt", "EPSG:4540")
    read = geopandas.read_parquet(path)
    assert read.crs.to_epsg() == 4540
    assert (read.geometry.x[0], read.geometry.z[0]) == (5e5, 4000.0)
    pd.testing.assert_frame_equal(read_table_back("dep/collar", tmp_path, "belt"), frame)
    plain = pd.DataFrame({"hole_id": ["ZK1"], "from_m": [0.0]})
    write_table(plain, "dep/assay", tmp_path, "belt", "local")
    pd.testing.assert_frame_equal(read_table_back("dep/assay", tmp_path, "belt"), plain)
    assert not list(tmp_path.rglob("*.partial"))


def test_a_raster_stack_is_replaced_whole_and_the_same_content_is_not_written_again(tmp_path):
    assert read_rasters(tmp_path, "belt") is None
    first = write_rasters(stack(1.0), tmp_path, "belt")
    stamp = first.stat().st_mtime_ns
    assert write_rasters(stack(1.0), tmp_path, "belt") == first
    assert first.stat().st_mtime_ns == stamp
    second = write_rasters(stack(2.0), tmp_path, "belt")
    assert second != first
    assert not first.exists()
    read = read_rasters(tmp_path, "belt")
    assert read is not None
    xr.testing.assert_identical(read, stack(2.0))
