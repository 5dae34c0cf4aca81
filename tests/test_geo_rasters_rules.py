"""Every rule on rasters is found where it is broken, and a clean raster breaks none."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from geo.config import MapGrid
from geo.curated import read_rasters, write_rasters
from geo.rasters.checks import names_word, stripe_power
from geo.rasters.facts import facts_of
from geo.rasters.reading import opened
from geo.rasters.surveys import align_rasters, inspect_raster
from tests.raster_files import BELT, GRID, PLACE, SHAPE, align, plane, source, write

CLEAN = {"BN-RAS-006"}


def layer_of(tmp_path, values, entry=None, **changes):
    """Write a raster with changes to its profile; align it with changes to its entry."""
    nodata = {"nodata": -9999.0} if np.asarray(values).dtype.kind == "f" else {}
    write(tmp_path / "it.tif", values, **{**nodata, **changes})
    return align(source(tmp_path, "it.tif", **(entry or {})))


def test_a_clean_raster_breaks_no_rule(tmp_path):
    kind = {"kind": "magnetic_anomaly", "line_spacing_m": 1000, "line_azimuth_deg": 0}
    small = np.random.default_rng(1).normal(size=SHAPE).astype("float32")
    assert layer_of(tmp_path, small, kind, units=["nT"])[1] == CLEAN
    assert layer_of(tmp_path, plane())[1] == CLEAN


@pytest.mark.parametrize("sentinel", [-9999, -32768, -99999, 1.70141e38, -1e32, -3.4e38, 3.4e38])
def test_undeclared_sentinels_are_refused_unless_a_person_declares_them(tmp_path, sentinel):
    values = plane().astype("float32")
    values[3, 4:7] = sentinel
    layer, codes = layer_of(tmp_path, values, nodata=None)
    assert layer is None
    assert codes == {"BN-RAS-002"}
    _, findings = inspect_raster(tmp_path / "it.tif")
    assert "3" in next(f.message_en for f in findings if f.code == "BN-RAS-002")
    stated = {"declared_nodata": [float(np.float32(sentinel))], "resampling": "nearest"}
    layer, codes = layer_of(tmp_path, values, stated, nodata=None)
    assert layer is not None, codes
    assert float(np.abs(layer).max()) < 1e5
    # declared nodata of another value doesn't hide it
    assert "BN-RAS-002" in layer_of(tmp_path, values, nodata=-1.0)[1]


def test_only_nodata_and_nan_as_nodata(tmp_path):
    assert layer_of(tmp_path, np.full(SHAPE, -9999.0))[1] == {"BN-RAS-010"}
    values = plane()
    values[:, 12:] = np.nan
    layer, codes = layer_of(tmp_path, values, nodata=float("nan"))
    assert "BN-RAS-005" in codes
    assert layer.isnull().to_numpy()[:, 7:].all()


def test_places_that_are_none(tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        codes = layer_of(tmp_path, plane(), transform=Affine.identity())[1]
    assert codes == {"BN-RAS-014"}
    assert layer_of(tmp_path, plane(), crs="EPSG:4490")[1] == {"BN-RAS-043"}


def test_complex_values_and_unchosen_bands(tmp_path):
    assert layer_of(tmp_path, plane().astype("complex64"), nodata=None)[1] == {"BN-RAS-015"}
    bands = np.stack([plane(), plane() + 1])
    named = {"descriptions": ("red", "nir")}
    assert layer_of(tmp_path, bands, **named)[1] == {"BN-RAS-016"}
    assert layer_of(tmp_path, bands, {"band": "blue"}, **named)[1] == {"BN-RAS-017"}
    assert layer_of(tmp_path, bands, {"band": 3}, **named)[1] == {"BN-RAS-017"}
    assert "BN-RAS-045" in {f.code for f in inspect_raster(tmp_path / "it.tif")[1]}
    red, _ = layer_of(tmp_path, bands, {"band": "red"}, **named)
    nir, _ = layer_of(tmp_path, bands, {"band": 2}, **named)
    np.testing.assert_allclose(nir.to_numpy(), red.to_numpy() + 1)
    assert nir.attrs["source_band"] == "nir"


def test_nodata_outside_the_type_can_never_occur(tmp_path):
    """rasterio refuses to write it; the tag's text is changed afterwards."""
    values = (plane() % 100 + 100).astype("uint8")
    path = write(tmp_path / "it.tif", values, nodata=123)
    held = path.read_bytes()
    assert held.count(b"123\x00") == 1
    path.write_bytes(held.replace(b"123\x00", b"-99\x00"))
    _, codes = align(source(tmp_path, "it.tif"))
    assert "BN-RAS-018" in codes


def test_classes_are_never_interpolated(tmp_path):
    classes = np.random.default_rng(3).integers(1, 6, SHAPE).astype("uint8")
    asked = {"categorical": True, "resampling": "bilinear"}
    assert layer_of(tmp_path, classes, asked)[1] == {"BN-RAS-019"}
    assert "BN-RAS-020" in layer_of(tmp_path, classes)[1]
    for resampling in ("nearest", "mode"):
        layer, codes = layer_of(tmp_path, classes, {"categorical": True, "resampling": resampling})
        assert codes == CLEAN
        assert set(np.unique(layer)) <= {1, 2, 3, 4, 5}


def test_alpha_is_a_mask_and_never_a_layer(tmp_path):
    alpha = np.full(SHAPE, 255.0)
    alpha[:, 12:] = 0
    bands = np.stack([plane(), alpha]).astype("uint16")
    layer, codes = layer_of(tmp_path, bands, alpha="YES")
    assert "BN-RAS-021" in codes
    assert layer.isnull().to_numpy()[:, 7:].all()


def test_scale_and_offset_are_applied_once_and_recorded(tmp_path):
    stored = np.arange(480, dtype="int16").reshape(SHAPE)
    packed = {"scales": (0.5,), "offsets": (10.0,)}
    layer, codes = layer_of(tmp_path, stored, {"resampling": "average"}, **packed)
    assert "BN-RAS-022" in codes
    means = (stored * 0.5 + 10).reshape(10, 2, 12, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(layer.to_numpy(), means)
    assert (layer.attrs["scale_applied"], layer.attrs["offset_applied"]) == (0.5, 10.0)
    stated, _ = layer_of(tmp_path, stored, {"scale": 0.5, "offset": 10, "resampling": "average"})
    np.testing.assert_array_equal(stated, layer)
    both = {"scale": 0.1, "offset": 10}
    assert layer_of(tmp_path, stored, both, **packed)[1] == {"BN-RAS-023"}


def test_range_unit_and_name_of_a_kind_of_survey(tmp_path):
    assert "BN-RAS-024" in layer_of(tmp_path, plane(), {"kind": "magnetic_anomaly"})[1]
    assert "BN-RAS-024" not in layer_of(tmp_path, plane() / 10, {"kind": "magnetic_anomaly"})[1]
    assert "BN-RAS-039" in layer_of(tmp_path, plane(), units=["m"])[1]
    assert "BN-RAS-039" in layer_of(tmp_path, plane(), {"kind": "thorium"})[1]
    write(tmp_path / "area_RTP_2020.tif", plane(), nodata=-9999.0)
    assert "BN-RAS-031" in align(source(tmp_path, "area_RTP_2020.tif"))[1]
    told = {"quantity": {"zh": "化极磁异常", "en": "magnetics"}}
    assert align(source(tmp_path, "area_RTP_2020.tif", **told))[1] == CLEAN
    assert not names_word("cartpath.tif", "rtp")


def test_over_gridding_stripes_and_seams(tmp_path):
    assert "BN-RAS-026" in layer_of(tmp_path, plane(), {"line_spacing_m": 2500})[1]
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(96, 128))
    columns = np.arange(128)
    striped = noise + 3 * np.sin(2 * np.pi * columns / 8)[None, :]
    assert stripe_power(striped, 100.0, 0.0, 400.0) > 20
    assert stripe_power(striped, 100.0, 90.0, 400.0) < 3
    assert stripe_power(noise, 100.0, 0.0, 400.0) < 3
    spot = Affine(500.0, 0, 500000.0, 0, -500.0, 3330000.0)
    grid = MapGrid(origin_m=(500000.0, 3330000.0), cell_m=500.0, shape=(128, 96))
    write(tmp_path / "lines.tif", striped, transform=spot, nodata=-9999.0)
    told = {"line_spacing_m": 2000, "line_azimuth_deg": 0}
    assert "BN-RAS-029" in align(source(tmp_path, "lines.tif", **told), grid=grid)[1]
    noise[:, 40:] += 10
    write(tmp_path / "seam.tif", noise, transform=spot, nodata=-9999.0)
    _, findings, _ = align_rasters([source(tmp_path, "seam.tif")], BELT, grid, tmp_path)
    seam = [f.message_en for f in findings if f.code == "BN-RAS-030"]
    assert len(seam) == 1
    assert "40/128" in seam[0]


def test_a_flipped_layer_is_seen_beside_another_of_its_kind(tmp_path):
    hills = np.random.default_rng(11).normal(size=(10, 12)).repeat(2, 0).repeat(2, 1) * 100
    write(tmp_path / "dem.tif", hills, nodata=-9999.0)
    write(tmp_path / "other.tif", hills[::-1] + 3, nodata=-9999.0)
    both = [
        source(tmp_path, name, name=name[:-4], kind="elevation", unit="m")
        for name in ("dem.tif", "other.tif")
    ]
    _, findings, _ = align_rasters(both, BELT, GRID, tmp_path)
    flipped = [f for f in findings if f.code == "BN-RAS-028"]
    assert [f.file for f in flipped] == ["other.tif"]
    assert "north-south" in flipped[0].message_en
    assert align_rasters([both[0], both[0]], BELT, GRID, tmp_path)[1][0].code == "BN-RAS-042"


def test_security_is_asked_for_fine_elevation_and_gravity(tmp_path):
    """10 m over 36 km2 asks; 10 m over 1 km2 or 250 m doesn't; gravity asks at once."""
    fine = Affine(10.0, 0, 500000.0, 0, -10.0, 3330000.0)
    hills = np.random.default_rng(2).normal(1000, 50, (600, 600)).astype("float32")
    told = {"kind": "elevation", "unit": "m"}
    assert layer_of(tmp_path, hills, told, transform=fine)[1] == {"BN-RAS-032"}
    assert "BN-RAS-032" not in layer_of(tmp_path, hills[:100, :100], told, transform=fine)[1]
    assert "BN-RAS-032" not in layer_of(tmp_path, hills, told)[1]
    said = {**told, "security": "internal"}
    assert "BN-RAS-032" not in layer_of(tmp_path, hills, said, transform=fine)[1]
    secret = {**told, "security": "secret"}
    assert layer_of(tmp_path, hills, secret, transform=fine)[1] == {"BN-RAS-033"}
    assert layer_of(tmp_path, plane(), {"kind": "bouguer_gravity"})[1] == {"BN-RAS-032"}
    write(tmp_path / "county_DEM.tif", hills, transform=fine, nodata=-9999.0)
    assert "BN-RAS-032" in {f.code for f in inspect_raster(tmp_path / "county_DEM.tif")[1]}


def test_zeros_in_a_corner_and_nodata_that_is_not_there(tmp_path):
    values = plane()
    values[:6, :6] = 0
    assert "BN-RAS-034" in layer_of(tmp_path, values, nodata=None)[1]
    assert "BN-RAS-034" not in layer_of(tmp_path, values)[1]
    told = {"declared_nodata": [0]}
    layer, codes = layer_of(tmp_path, values, told, nodata=None)
    assert "BN-RAS-034" not in codes
    assert float(layer.min()) > 8000
    assert "BN-RAS-041" in layer_of(tmp_path, plane(), told)[1]


def test_two_statements_of_nodata(tmp_path):
    import xarray as xr

    coords = {"y": 3330000.0 - 10 * np.arange(6), "x": 500000.0 + 10 * np.arange(8)}
    layer = xr.DataArray(np.arange(48, dtype="int16").reshape(6, 8), coords, ("y", "x"), name="v")
    for axis in "xy":
        layer[axis].attrs = {"standard_name": f"projection_{axis}_coordinate", "units": "m"}
    layer.attrs = {"nodata": 7, "crs": "+init=epsg:4548"}
    layer.to_netcdf(tmp_path / "v.nc", engine="scipy", encoding={"v": {"_FillValue": 3}})
    facts, findings = inspect_raster(tmp_path / "v.nc")
    assert facts is not None
    assert facts.bands[0].hidden == 1
    assert {f.code for f in findings} == {"BN-RAS-035", "BN-RAS-040"}


def test_bombs_are_refused_before_they_are_read(tmp_path):
    size = {"driver": "GTiff", "width": 100_000, "height": 100_000, "count": 1, "dtype": "uint8"}
    layout = {"sparse_ok": True, "tiled": True, "crs": BELT, "transform": PLACE}
    with rasterio.open(tmp_path / "bomb.tif", "w", **size, **layout):
        pass
    assert (tmp_path / "bomb.tif").stat().st_size < 10_000_000
    assert align(source(tmp_path, "bomb.tif"))[1] == {"BN-RAS-038"}
    (tmp_path / "torn.tif").write_bytes(b"II*\x00\x08\x00\x00\x00\xff\xff")
    assert align(source(tmp_path, "torn.tif"))[1] == {"BN-RAS-004"}


def test_figures_over_windows_are_those_of_the_whole(tmp_path, monkeypatch):
    values = np.random.default_rng(9).normal(5, 3, (70, 33))
    values[4, 5] = -9999
    write(tmp_path / "it.tif", values, nodata=-9999.0)
    monkeypatch.setattr("geo.rasters.facts.WINDOW_CELLS", 100)
    with opened(tmp_path / "it.tif", "it.tif") as survey:
        band = facts_of(survey).bands[0]
    some = values[values != -9999]
    assert band.hidden == 1
    assert (band.minimum, band.maximum) == (some.min(), some.max())
    assert band.mean == pytest.approx(some.mean(), rel=1e-12)
    assert band.sd == pytest.approx(some.std(), rel=1e-12)


def test_a_layer_is_stored_with_its_origin_and_statistics(tmp_path):
    values = plane()
    values[:2, :2] = -9999
    write(tmp_path / "it.tif", values, nodata=-9999.0)
    dataset, _, files = align_rasters([source(tmp_path, "it.tif")], BELT, GRID, tmp_path)
    write_rasters(dataset, tmp_path, "belt")
    read = read_rasters(tmp_path, "belt")
    assert read is not None
    attributes = read["layer"].attrs
    some = read["layer"].to_numpy()[np.isfinite(read["layer"])]
    assert attributes["sha256"] == files["it.tif"]
    assert attributes["p50"] == pytest.approx(np.median(some))
    assert (attributes["minimum"], attributes["maximum"]) == (some.min(), some.max())
    assert attributes["missing_share"] == pytest.approx(1 - some.size / 120)
    assert (attributes["resampling"], attributes["source_crs"]) == ("bilinear", BELT)
    assert attributes["source_cell"] == [250.0, -250.0]


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_end_in_findings(tmp_path, seed):
    """Bytes of header and tags are changed at random: a finding or values, never an exception."""
    rng = np.random.default_rng(seed)
    named = {"descriptions": ("red", "nir"), "units": ("nT", "nT"), "nodata": -9999.0}
    path = write(tmp_path / "it.tif", np.stack([plane(), plane()]), **named)
    whole = np.frombuffer(path.read_bytes(), dtype="uint8")
    head = np.r_[0:64, len(whole) - 1500 : len(whole)] if len(whole) > 4000 else len(whole)
    for _ in range(60):
        torn = whole.copy()
        at = rng.choice(head, size=rng.integers(1, 6))
        torn[at] = rng.integers(0, 256, size=len(at))
        path.write_bytes(torn.tobytes())
        facts, findings = inspect_raster(path)
        assert facts is not None or findings
