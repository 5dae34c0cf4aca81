"""Every format gives the values and the place that were written, or says why not."""

from __future__ import annotations

import lzma
import zipfile

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy

from geo.config import MapGrid
from geo.rasters import align as rasters_align
from geo.rasters.facts import facts_of
from geo.rasters.reading import opened
from geo.rasters.surveys import inspect_raster
from geo.rules import blocks
from tests.raster_files import BELT, GRID, PLACE, SHAPE, align, plane, source, write

STATED = {"crs": {"code": BELT, "reason": "survey report, p. 3"}}

WRITTEN = {
    "plane.img": ("HFA", True),
    "plane.envi": ("ENVI", True),
    "plane.ers": ("ERS", False),
    "plane.bil": ("EHdr", True),
    "plane.sdat": ("SAGA", True),
    "plane.rst": ("RST", False),
    "plane.pix": ("PCIDSK", False),
    "gsag.grd": ("GSAG", False),
    "gsbg.grd": ("GSBG", False),
    "gs7bg.grd": ("GS7BG", False),
    "plane.asc": ("AAIGrid", True),
    "plane.nc": ("netCDF", True),
    "cog.tif": ("COG", True),
}
"""File -> driver, and whether it carries its coordinate system."""


@pytest.mark.parametrize("name", WRITTEN)
def test_a_format_gives_back_values_and_place(tmp_path, name):
    """GDAL writes it, we read it; where it can't hold a system, a person states it."""
    driver, carries = WRITTEN[name]
    values = plane().astype("float32")
    values[2, 3] = 1e30 if driver == "GSAG" else -9999.0
    plain = write(tmp_path / "plain.tif", values, nodata=float(values[2, 3]))
    copy(plain, tmp_path / name, driver=driver)
    stated = {} if carries else STATED
    entry = source(tmp_path, name, **stated)
    with opened(tmp_path / name, name) as survey:
        facts = facts_of(survey, entry)
        got = survey.read(1, None, entry)
    assert facts.driver == ("GTiff" if driver == "COG" else driver)
    np.testing.assert_allclose(facts.origin, (500000.0, 3330000.0), atol=1e-3)
    np.testing.assert_allclose(np.abs(facts.cell), (250.0, 250.0), rtol=1e-6)
    want = np.where(values == values[2, 3], np.nan, values.astype(float))
    got = got[::-1] if facts.south_up else got
    np.testing.assert_allclose(got, want, rtol=1e-6)
    layer, codes = align(entry)
    assert layer is not None, codes
    if not carries and facts.crs is None:
        _, codes = align(source(tmp_path, name))
        assert "BN-RAS-001" in codes


def test_nodes_of_a_surfer_grid_get_the_cell_around_each(tmp_path):
    """Nodes at 500 000, 500 500 …: the first cell begins half a cell before."""
    rows = ["DSAA", "3 2", "500000 501000", "3329000 3329500", "1 6", "1 2 3", "4 5 6", ""]
    (tmp_path / "nodes.grd").write_text("\n".join(rows))
    facts, findings = inspect_raster(tmp_path / "nodes.grd")
    assert facts is not None
    assert facts.origin == (499750.0, 3329750.0)
    assert "BN-RAS-027" in {f.code for f in findings}
    with opened(tmp_path / "nodes.grd", "nodes.grd") as survey:
        assert survey.read(1, None, None).tolist() == [[4, 5, 6], [1, 2, 3]]


def test_a_gxf_grid_written_by_hand(tmp_path):
    text = (
        "#POINTS\n3\n#ROWS\n2\n#PTSEPARATION\n500\n#RWSEPARATION\n500\n#XORIGIN\n500000\n"
        "#YORIGIN\n3329000\n#DUMMY\n-999\n#GRID\n1 2 3\n4 -999 6\n"
    )
    (tmp_path / "grid.gxf").write_text(text)
    facts, _ = inspect_raster(tmp_path / "grid.gxf")
    assert facts is not None
    assert (facts.driver, facts.origin) == ("GXF", (499750.0, 3329750.0))
    with opened(tmp_path / "grid.gxf", "grid.gxf") as survey:
        values = survey.read(1, None, None)
    np.testing.assert_array_equal(values, [[4, np.nan, 6], [1, 2, 3]])


def test_packed_files_are_expanded_within_limits(tmp_path, monkeypatch):
    write(tmp_path / "plane.tif", plane(), nodata=-9999.0)
    packed = lzma.compress((tmp_path / "plane.tif").read_bytes())
    (tmp_path / "plane.tif.xz").write_bytes(packed)
    with zipfile.ZipFile(tmp_path / "plane.zip", "w") as archive:
        archive.write(tmp_path / "plane.tif", "../../plane.tif")
    for name in ("plane.tif.xz", "plane.zip"):
        layer, codes = align(source(tmp_path, name))
        assert layer is not None, codes
    (tmp_path / "torn.tif.xz").write_bytes(packed[:-20])
    assert align(source(tmp_path, "torn.tif.xz"))[1] == {"BN-RAS-004"}
    monkeypatch.setattr("geo.rasters.reading.EXPANDED_BYTES", 1000)
    for name in ("plane.tif.xz", "plane.zip"):
        assert align(source(tmp_path, name))[1] == {"BN-RAS-038"}
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.tif", "")
        archive.writestr("b.tif", "")
    assert align(source(tmp_path, "two.zip"))[1] == {"BN-RAS-004"}


def vrt(target: str, band: str = "") -> str:
    return (
        '<VRTDataset rasterXSize="24" rasterYSize="20"><SRS>EPSG:4548</SRS>'
        "<GeoTransform>500000,250,0,3330000,0,-250</GeoTransform>"
        f'<VRTRasterBand dataType="Float64" band="1" {band}><NoDataValue>-9999</NoDataValue>'
        f'<SimpleSource><SourceFilename relativeToVRT="1">{target}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )


def test_a_virtual_raster_stays_in_its_folder_and_runs_nothing(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write(inbox / "plane.tif", plane(), nodata=-9999.0)
    write(tmp_path / "outside.tif", plane(), nodata=-9999.0)
    (inbox / "good.vrt").write_text(vrt("plane.tif"))
    assert align(source(inbox, "good.vrt"))[0] is not None
    strange = ["../outside.tif", "/vsicurl/http://example.org/a.tif", str(inbox.parent / "x.tif")]
    for target in [*strange, "http://example.org/a.tif", "GTIFF_DIR:1:plane.tif", "bad.vrt"]:
        (inbox / "bad.vrt").write_text(vrt(target))
        assert align(source(inbox, "bad.vrt"))[1] == {"BN-RAS-037"}, target
    (inbox / "bad.vrt").write_text(vrt("plane.tif", 'subClass="VRTDerivedRasterBand"'))
    assert align(source(inbox, "bad.vrt"))[1] == {"BN-RAS-037"}
    (inbox / "deep.vrt").write_text(vrt("bad.vrt"))
    (inbox / "bad.vrt").write_text(vrt("../outside.tif"))
    assert align(source(inbox, "deep.vrt"))[1] == {"BN-RAS-037"}


def test_drivers_that_reach_the_network_or_documents_are_not_asked(tmp_path):
    text = "<GDAL_WMS><Service name='TMS'><ServerUrl>http://x/</ServerUrl></Service></GDAL_WMS>"
    (tmp_path / "map.xml").write_text(text)
    assert align(source(tmp_path, "map.xml"))[1] == {"BN-RAS-004"}


def test_south_up_and_north_up_give_the_same_bytes(tmp_path):
    values = plane()
    write(tmp_path / "north.tif", values, nodata=-9999.0)
    up = Affine(250.0, 0, 500000.0, 0, 250.0, 3330000.0 - 20 * 250.0)
    write(tmp_path / "south.tif", values[::-1], nodata=-9999.0, transform=up)
    north, _ = align(source(tmp_path, "north.tif"))
    south, codes = align(source(tmp_path, "south.tif"))
    assert "BN-RAS-013" in codes
    np.testing.assert_allclose(south.to_numpy(), north.to_numpy(), rtol=1e-12)


def test_a_rotated_raster_is_refused_or_warped_by_its_transform(tmp_path):
    turned = Affine.translation(500500, 3331500) * Affine.rotation(-20) * Affine.scale(250, -250)
    write(tmp_path / "turned.tif", plane((40, 40), turned), nodata=-9999.0, transform=turned)
    assert align(source(tmp_path, "turned.tif"))[1] == {"BN-RAS-011"}
    layer, codes = align(source(tmp_path, "turned.tif", rotated="warp"))
    assert "BN-RAS-012" in codes
    east, north = np.meshgrid(layer["easting_m"], layer["northing_m"])
    wrong = layer.to_numpy() - (east / 100 + north / 1000)
    assert np.isfinite(wrong).mean() > 0.5
    assert np.nanmedian(np.abs(wrong)) < 0.05


def test_the_result_does_not_depend_on_how_it_is_cut(tmp_path, monkeypatch):
    """Windows of a few hundred cells give the values of one window, for every resampling."""
    rng = np.random.default_rng(20261121)
    place = Affine(70.0, 0, 499000.0, 0, -70.0, 3331000.0)
    write(tmp_path / "noise.tif", rng.normal(size=(130, 140)), transform=place, nodata=-9999.0)
    for resampling in ("nearest", "bilinear", "cubic", "average", "mode"):
        entry = source(tmp_path, "noise.tif", resampling=resampling)
        monkeypatch.setattr(rasters_align, "SOURCE_CELLS", 8_000_000)
        whole, _ = align(entry)
        monkeypatch.setattr(rasters_align, "SOURCE_CELLS", 6000)
        parts, _ = align(entry)
        np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-12, err_msg=resampling)


def test_averages_are_those_of_the_cells_underneath(tmp_path):
    values = np.random.default_rng(7).normal(size=SHAPE)
    write(tmp_path / "noise.tif", values, nodata=-9999.0)
    layer, _ = align(source(tmp_path, "noise.tif", resampling="average"))
    means = values.reshape(10, 2, 12, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(layer.to_numpy(), means, rtol=1e-12)


def test_masks_overviews_and_side_cars_beside_the_file(tmp_path):
    values = plane()
    mask = np.full(SHAPE, 255, dtype="uint8")
    mask[:, 12:] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        write(tmp_path / "masked.tif", values, mask=mask)
    assert (tmp_path / "masked.tif.msk").is_file()
    layer, codes = align(source(tmp_path, "masked.tif"))
    assert "BN-RAS-021" in codes
    assert layer.isnull().to_numpy()[:, 7:].all()
    # a nodata value beside the mask counts too, though GDAL looks at one of them only
    values[0:2, 0:2] = -9999.0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        write(tmp_path / "both.tif", values, mask=mask, nodata=-9999.0)
    layer, _ = align(source(tmp_path, "both.tif", resampling="nearest"))
    assert bool(layer.isnull()[0, 0])
    assert float(layer.min()) > 0
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(tmp_path / "both.tif", "r+") as raster:
        raster.build_overviews([2], rasterio.enums.Resampling.nearest)
    facts, _ = inspect_raster(tmp_path / "both.tif")
    assert facts is not None
    assert facts.overviews == (2,)
    assert "both.tif.ovr" in facts.side_cars


def test_a_person_s_system_makes_up_for_a_missing_one(tmp_path):
    write(tmp_path / "none.tif", plane(), crs=None, nodata=-9999.0)
    assert align(source(tmp_path, "none.tif"))[1] == {"BN-RAS-001"}
    layer, codes = align(source(tmp_path, "none.tif", **STATED))
    assert "BN-RAS-035" in codes
    assert layer.attrs["source_crs"] == BELT
    write(tmp_path / "wrong.tif", plane(), crs="EPSG:4549", nodata=-9999.0)
    layer, codes = align(source(tmp_path, "wrong.tif", **STATED))
    assert "BN-RAS-044" in codes
    assert layer.attrs["missing_share"] < 0.2


def test_netcdf_variables_scale_and_ascending_latitudes(tmp_path):
    """CF packing and _FillValue; latitudes from south to north."""
    import xarray as xr

    latitude, longitude = 30.0 + 0.01 * np.arange(30), 116.9 + 0.01 * np.arange(40)
    values = 20.0 + np.arange(1200.0).reshape(30, 40) / 10
    values[3, 4] = np.nan
    coords = {
        "latitude": ("latitude", latitude, {"units": "degrees_north", "standard_name": "latitude"}),
        "longitude": (
            "longitude",
            longitude,
            {"units": "degrees_east", "standard_name": "longitude"},
        ),
    }
    data = {
        "heat": (("latitude", "longitude"), values, {"units": "nT"}),
        "codes": (("latitude", "longitude"), np.ones((30, 40), dtype="int16")),
    }
    packed = {"dtype": "int16", "scale_factor": 0.1, "add_offset": 20.0, "_FillValue": -32767}
    dataset = xr.Dataset(data, coords=coords)
    dataset.to_netcdf(tmp_path / "two.nc", engine="scipy", encoding={"heat": packed})
    grid = MapGrid(origin_m=(495000.0, 3335000.0), cell_m=1000.0, shape=(10, 10))
    entry = source(tmp_path, "two.nc", variable="heat", resampling="nearest")
    assert "BN-RAS-001" in align(entry, grid=grid)[1]  # degrees of what?
    stated = {"crs": {"code": "EPSG:4326", "reason": "metadata sheet"}}
    entry = entry.model_validate({**entry.model_dump(), **stated})
    layer, codes = align(entry, grid=grid)
    assert layer is not None, codes
    assert "BN-RAS-022" in codes
    assert layer.attrs["scale_applied"] == pytest.approx(0.1)
    from geo.crs import transform

    east, north = np.meshgrid(layer["easting_m"], layer["northing_m"])
    lon, lat = transform(BELT, "EPSG:4326", east.ravel(), north.ravel())
    row = np.floor((lat - 29.995) / 0.01).astype(int)
    column = np.floor((lon - 116.895) / 0.01).astype(int)
    known = (row >= 0) & (row < 30) & (column >= 0) & (column < 40)
    np.testing.assert_allclose(
        layer.to_numpy().ravel()[known], values[row[known], column[known]], atol=1e-6
    )
    assert align(source(tmp_path, "two.nc"), grid=grid)[1] == {"BN-RAS-016"}
    assert align(source(tmp_path, "two.nc", variable="no"), grid=grid)[1] == {"BN-RAS-017"}


def test_srtm_tiles_are_read_by_their_name(tmp_path):
    heights = np.arange(1201 * 1201, dtype=">i2").reshape(1201, 1201) % 500
    heights[5, 5] = -32768
    with zipfile.ZipFile(tmp_path / "N30E117.hgt.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("N30E117.hgt", heights.astype(">i2").tobytes())
    facts, findings = inspect_raster(tmp_path / "N30E117.hgt.zip")
    assert facts is not None
    assert facts.driver == "SRTMHGT"
    assert facts.bands[0].hidden == 1
    np.testing.assert_allclose(facts.origin, (117 - 0.5 / 1200, 31 + 0.5 / 1200))
    assert not any(map(blocks, findings))


def test_the_mine_grid_takes_the_raster_s_coordinates(tmp_path):
    write(tmp_path / "local.tif", plane(), crs=None, nodata=-9999.0)
    layer, codes = align(source(tmp_path, "local.tif"), crs="local", grid=GRID)
    assert "BN-RAS-001" not in codes
    east, north = np.meshgrid(layer["easting_m"], layer["northing_m"])
    wrong = layer.to_numpy() - (east / 100 + north / 1000)
    assert np.abs(wrong[1:-1, 1:-1]).max() < 1e-6
    assert PLACE.c == 500000.0
