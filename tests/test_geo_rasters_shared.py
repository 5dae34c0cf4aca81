"""The shared rasters: fact for fact as their README measured them, or refused and why."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from geo.config import MapGrid, RasterSource
from geo.rasters.facts import RasterFacts
from geo.rasters.surveys import align_rasters, inspect_raster
from geo.rules import blocks

pytestmark = pytest.mark.shared

EDGE_CASES = "25_raster_edge_cases"
REFUSED = {
    "rasterio_all-nodata.tif": {"BN-RAS-010"},
    "rasterio_float_nan.tif": {"BN-RAS-001"},
    "rasterio_rotated.tif": {"BN-RAS-001", "BN-RAS-011"},
    "rasterstats_all_nodata.tif": {"BN-RAS-010"},
    "rioxarray_2d_test.tif": {"BN-RAS-011"},
    "rioxarray_cint16.tif": {"BN-RAS-001", "BN-RAS-014", "BN-RAS-015"},
    "rioxarray_test_rpcs.tif": {"BN-RAS-014"},
}
"""Which of the edge cases can't be used, and why; all others must be usable."""
LINE = re.compile(
    r"^- `(?P<file>[^`]+)`: (?P<driver>\w+), (?P<bands>\d+) band\(s\) (?P<size>\d+x\d+) "
    r"(?P<dtype>\w+), CRS (?P<crs>.+), pixel \((?P<cell>[^)]+)\)(?P<turned>[^,]*), "
    r"origin \((?P<origin>[^)]+)\), nodata (?P<nodata>\S+), gcps (?P<gcps>\d+), "
    r"rpcs (?P<rpcs>\w+); min (?P<low>\S+), max (?P<high>\S+), masked (?P<masked>[\d.]+)%"
)


def measured(folder: Path) -> dict[str, dict[str, str]]:
    """What the folder's README says of each raster that it could measure."""
    lines = (folder / "README.md").read_text("utf-8").splitlines()
    found = [match.groupdict() for line in lines if (match := LINE.match(line))]
    return {entry["file"]: entry for entry in found}


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def same_facts(facts: RasterFacts, said: dict[str, str]) -> None:
    """Compare facts with a README's line, field for field."""
    bands = facts.bands
    with_alpha = len(bands) + sum("alpha" in bands[0].masks for _ in (0,))
    assert facts.driver == said["driver"]
    assert with_alpha == int(said["bands"])
    assert f"{facts.width}x{facts.height}" == said["size"]
    assert bands[0].dtype == said["dtype"]
    code = facts.crs.to_authority() if facts.crs else None
    if said["crs"] == "none":
        assert facts.crs is None
    elif ":" in said["crs"][:12]:
        assert ":".join(code or ()) == said["crs"]
    else:
        assert facts.crs is not None
    np.testing.assert_allclose(facts.cell, numbers(said["cell"]), rtol=1e-5)
    np.testing.assert_allclose(facts.origin, numbers(said["origin"]), rtol=1e-6, atol=1e-4)
    assert ("south-up" in said["turned"]) == (facts.south_up)
    assert ("ROTATED" in said["turned"]) == (facts.rotation_deg != 0)
    assert (str(facts.gcps), str(facts.rpcs)) == (said["gcps"], said["rpcs"])
    nodata = None if said["nodata"] == "None" else float(said["nodata"])
    np.testing.assert_equal(bands[0].nodata, nodata)


@pytest.mark.parametrize("name", ["25_raster_edge_cases", "24_raster_landsat_sentinel"])
def test_every_raster_is_what_its_readme_measured(shared_data, name):
    said = measured(shared_data / name)
    assert len(said) == {EDGE_CASES: 25, "24_raster_landsat_sentinel": 3}[name]
    for file, entry in said.items():
        facts, _ = inspect_raster(shared_data / name / file)
        assert facts is not None, file
        same_facts(facts, entry)
        gone = sum(b.hidden for b in facts.bands)
        cells = sum(b.cells for b in facts.bands)
        if "alpha" in facts.bands[0].masks:  # the README counts the alpha band as a fourth
            cells += facts.bands[0].cells
        assert 100 * gone / cells == pytest.approx(float(entry["masked"]), abs=0.051), file
        low = np.nanmin([b.minimum for b in facts.bands] + [np.inf])
        high = np.nanmax([b.maximum for b in facts.bands] + [-np.inf])
        if entry["low"] == "nan":
            assert (low, high) == (np.inf, -np.inf)
        else:
            lowest = 0 if "alpha" in facts.bands[0].masks else float(entry["low"])
            assert min(low, lowest) == pytest.approx(float(entry["low"]), rel=1e-5), file
            assert high == pytest.approx(float(entry["high"]), rel=1e-5), file


def test_the_edge_cases_that_cannot_be_used_are_refused_and_no_others(shared_data):
    rasters = [p for p in (shared_data / EDGE_CASES).iterdir() if p.suffix in (".tif", ".zip")]
    assert len(rasters) == 25
    for path in rasters:
        _, findings = inspect_raster(path)
        grave = {f.code for f in findings if blocks(f)}
        assert grave == REFUSED.get(path.name, set()), path.name


def test_variables_of_netcdf_files_are_layers_of_their_own(shared_data):
    folder = shared_data / EDGE_CASES
    variables = {
        "rioxarray_PLANET_SCOPE_3D.nc": ("blue", "green"),
        "rioxarray_sentinel_2_L1C_geographic.nc": ("red", "nir"),
        "rioxarray_veris.nc": ("Slope", "Red"),
    }
    for file, names in variables.items():
        facts, findings = inspect_raster(folder / file)
        assert facts is not None
        assert facts.variables == names
        assert not facts.bands
        assert [f.code for f in findings] == ["BN-RAS-045"]
        for name in names:
            facts, findings = inspect_raster(folder / file, variable=name)
            assert facts is not None
            assert facts.bands
            assert not any(map(blocks, findings)), (file, name, findings)
    time, findings = inspect_raster(folder / "rioxarray_PLANET_SCOPE_3D.nc", variable="blue")
    assert time is not None
    assert [b.name.split("=")[0] for b in time.bands] == ["time", "time"]
    assert "BN-RAS-045" in {f.code for f in findings}
    facts, findings = inspect_raster(folder / "rioxarray_MODIS_ARRAY.nc")
    assert facts is not None
    assert (facts.width, facts.height, facts.bands[0].nodata) == (200, 200, -28672.0)
    assert not any(map(blocks, findings))


def test_sentinel_netcdf_with_a_latin_1_byte_and_an_init_crs_is_read(shared_data):
    from scipy.io import netcdf_file

    folder = shared_data / "24_raster_landsat_sentinel"
    for file in sorted(folder.glob("sentinel2_*.nc")):
        facts, findings = inspect_raster(file)
        assert facts is not None, findings
        assert facts.crs is not None
        assert facts.crs.to_epsg() == 32719
        assert {f.code for f in findings} == {"BN-RAS-035"}
        with netcdf_file(file, mmap=False) as raw:
            names = [n for n in raw.variables if n not in ("x", "y", "band")]
            values = raw.variables[names[-1]][:]
            x, y = raw.variables["x"][:], raw.variables["y"][:]
        band = facts.bands[0]
        assert (band.minimum, band.maximum) == (values.min(), values.max())
        assert facts.cell[0] == x[1] - x[0]
        assert facts.origin == (x[0] - facts.cell[0] / 2, y.max() + facts.cell[0] / 2)


def test_swiss_elevations_and_packed_topography(shared_data):
    facts, findings = inspect_raster(shared_data / "19_gslib_cluster_true" / "demstd.grd")
    assert facts is not None
    assert (facts.driver, facts.width, facts.height) == ("AAIGrid", 376, 253)
    assert {f.code for f in findings if blocks(f)} == {"BN-RAS-001"}
    path = shared_data / "27_aeromag_gravity" / "south-africa-topography.nc.xz"
    facts, findings = inspect_raster(path)
    assert facts is not None
    assert (facts.width, facts.height) == (211, 171)
    assert {f.code for f in findings if blocks(f)} == {"BN-RAS-001"}
    source = topography(crs={"code": "EPSG:4326", "reason": "README of the data set"})
    grid = MapGrid(origin_m=(300000.0, 6800000.0), cell_m=20000.0, shape=(10, 10))
    dataset, findings, _ = align_rasters([source], "EPSG:32734", grid, path.parent)
    assert not any(map(blocks, findings)), findings
    assert 0 < float(dataset["topography"].mean()) < 2500


def topography(**changes) -> RasterSource:
    plain = {
        "name": "topography",
        "root": ".",
        "path": "south-africa-topography.nc.xz",
        "quantity": {"zh": "地形", "en": "topography"},
        "unit": "m",
        "resampling": "bilinear",
    }
    return RasterSource(**{**plain, **changes})
