"""What each writer writes reads back the same: our readers, and other people's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.config import GridSpec
from geo.formats import (
    cog,
    columnar,
    columnar_write,
    dialects,
    gslib,
    gslib_write,
    omf1,
    omf1_write,
    omf2,
    omf2_write,
    vtk,
)
from geo.formats.exports import BlockField, BlockSource, Layer, Provenance
from geo.grids import BlockGrid
from geo.tables.sheets import Sheet

DOMAINS = {1: "主矿体", 2: "oxide, upper"}
ABOUT = Provenance(
    deposit="small",
    name="合成小矿床 <&>",
    vintage="2025-12-31",
    crs="EPSG:4540",
    vertical_datum="synthetic",
    synthetic=True,
    engine_version="test",
    hashes={"model": "0" * 64},
)

NUMBERS = st.one_of(
    st.just(np.nan),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e18, max_value=1e18),
    st.sampled_from([0.0, 1e-300, 5e-324, 0.1, 1 / 3, 39_500_000.123456, -9.0]),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8)
FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def made_blocks(values: np.ndarray, origin: tuple[float, float, float]) -> BlockSource:
    """A model of a grade and a coded domain; ``values`` is (z, y, x)."""
    nz, ny, nx = values.shape
    spec = GridSpec(origin_m=origin, block_m=(20.0, 10.0, 5.0), shape=(nx, ny, nz), tile=(2, 2, 2))
    domain = np.arange(values.size, dtype=float).reshape(values.shape) % 3
    arrays = {"cu_pct": values, "domain": domain}

    def read(names: Sequence[str], slices: Any) -> dict[str, np.ndarray]:
        return {name: arrays[name][slices] for name in names}

    fields = (BlockField("cu_pct", "%"), BlockField("domain", "", DOMAINS))
    return BlockSource(BlockGrid(spec), fields, read)


@st.composite
def block_models(draw: Any) -> BlockSource:
    """A small model with blanks, tiny and huge numbers, anywhere."""
    shape = draw(st.tuples(*[st.integers(1, 5)] * 3))
    cells = draw(st.lists(NUMBERS, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    origin = draw(st.tuples(*[st.integers(-10_000, 40_000_000)] * 3))
    return made_blocks(np.array(cells).reshape(shape), tuple(map(float, origin)))


@st.composite
def layers(draw: Any) -> Layer:
    """A table of intervals: texts in any script, numbers, blanks; maybe no row at all."""
    count = draw(st.integers(0, 6))

    def column(of: Any) -> Any:
        return draw(st.lists(of, min_size=count, max_size=count))

    places = st.floats(-1e7, 5e7, allow_nan=False)
    points = np.array([column(places) for _ in range(3)]).reshape(3, count).T
    frame = pd.DataFrame(
        {
            "hole_id": pd.Series(column(TEXTS.filter(bool)), dtype=object),
            "备注": pd.Series(column(TEXTS), dtype=object),
            "cu_pct": pd.Series(column(NUMBERS), dtype=float),
        }
    )
    return Layer("assay", frame, points, points + 1.5, {"cu_pct": "%"})


def by_name(sheet: Sheet) -> dict[str, pa.Array]:
    """Columns by name."""
    return dict(zip(sheet.names or (), sheet.columns, strict=True))


def floats(values: Any) -> np.ndarray:
    """Float64 with NaN for null."""
    plain = values.to_numpy(zero_copy_only=False) if hasattr(values, "to_numpy") else values
    return np.asarray(plain, dtype=np.float64)


def same_blocks(blocks: BlockSource, columns: dict[str, Any], order: str = "wvu") -> None:
    """Grades, domains and centres equal the model's, bit for bit (centres to 1e-6 m)."""
    axes = (0, 1, 2) if order == "wvu" else (2, 1, 0)
    grade = blocks.whole("cu_pct").transpose(axes).ravel()
    np.testing.assert_array_equal(floats(columns["cu_pct"]), grade)
    codes = blocks.whole("domain").transpose(axes).ravel()
    wanted = [DOMAINS.get(int(code), "") for code in codes]
    assert [value or "" for value in columns["domain"].to_pylist()] == wanted
    grid = blocks.grid
    z, y, x = np.meshgrid(*(grid.centres_m(a) for a in (2, 1, 0)), indexing="ij")
    for name, axis in (("xc", x), ("yc", y), ("zc", z)):
        np.testing.assert_allclose(
            floats(columns[name]), axis.transpose(axes).ravel(), rtol=1e-12, atol=1e-6
        )


def same_layer(layer: Layer, columns: dict[str, Any]) -> None:
    """Texts and numbers equal the layer's; a blank text is a blank."""
    np.testing.assert_array_equal(floats(columns["cu_pct"]), layer.frame["cu_pct"].to_numpy())
    for name in ("hole_id", "备注"):
        assert [v or "" for v in columns[name].to_pylist()] == layer.frame[name].to_list()


@given(blocks=block_models())
@FEW
def test_block_models_survive_omf_and_gslib(blocks: BlockSource, tmp_path: Path) -> None:
    """OMF 2, OMF 1 (w fastest) and GSLIB (codes for names, -1e21 for a blank)."""
    two = omf2.read(omf2_write.write_blocks(tmp_path / "m.omf", blocks, ABOUT))[0]
    assert (two.name, two.crs) == ("blocks: 合成小矿床 <&> blocks", "EPSG:4540")
    assert two.units["cu_pct"] == "%"
    same_blocks(blocks, by_name(two))
    one = omf1.read(omf1_write.write_blocks(tmp_path / "m1.omf", blocks, ABOUT))[0]
    same_blocks(blocks, by_name(one), "uvw")
    plain = by_name(gslib.read(gslib_write.write_blocks(tmp_path / "m.dat", blocks, ABOUT))[0])
    grade = blocks.whole("cu_pct").ravel()
    np.testing.assert_array_equal(floats(plain["cu_pct"]), np.where(np.isnan(grade), -1e21, grade))
    np.testing.assert_array_equal(floats(plain["domain"]), blocks.whole("domain").ravel())
    beside = json.loads((tmp_path / "m.dat.json").read_text("utf-8"))
    assert beside["fields"]["domain"]["codes"] == {"1": "主矿体", "2": "oxide, upper"}
    assert beside["origin_corner_m"] == list(blocks.grid.spec.origin_m)
    assert "SYNTHETIC" in beside["provenance"]["note"]


@given(blocks=block_models())
@FEW
def test_block_models_survive_csv_geopackage_geoparquet(
    blocks: BlockSource, tmp_path: Path
) -> None:
    """Read back by pandas, by GDAL and by pyarrow."""
    path = dialects.write_blocks(tmp_path / "m.csv", blocks, ABOUT)
    frame = pd.read_csv(path, keep_default_na=False)
    frame["cu_pct"] = pd.to_numeric(frame["cu_pct"].replace("", np.nan))
    same_blocks(blocks, {n: pa.array(frame[n]) for n in frame})
    assert (frame[["xinc", "yinc", "zinc"]].to_numpy() == (20.0, 10.0, 5.0)).all()
    path = columnar_write.write_geoparquet_blocks(tmp_path / "m.parquet", blocks, ABOUT)
    sheet = columnar.read_parquet(path)[0]
    assert sheet.crs == "EPSG:4540"
    same_blocks(blocks, by_name(sheet))
    path = columnar_write.write_geopackage_blocks(tmp_path / "m.gpkg", blocks, ABOUT)
    sheet = columnar.read_geopackage(path)[0]
    assert (sheet.name, sheet.crs) == ("blocks", "EPSG:4540")
    columns = by_name(sheet)
    same_blocks(blocks, columns)
    np.testing.assert_array_equal(floats(columns["easting"]), floats(columns["xc"]))


@given(blocks=block_models())
@FEW
def test_block_models_survive_vtk_and_cog(blocks: BlockSource, tmp_path: Path) -> None:
    """VTK's own reader and GDAL give the same numbers at the same places."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLImageDataReader

    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(vtk.write_blocks(tmp_path / "m.vti", blocks, ABOUT)))
    reader.Update()
    image, spec = reader.GetOutput(), blocks.grid.spec
    assert image.GetOrigin() == spec.origin_m
    assert image.GetSpacing() == spec.block_m
    assert image.GetDimensions() == tuple(n + 1 for n in spec.shape)
    found = vtk_to_numpy(image.GetCellData().GetArray("cu_pct"))
    np.testing.assert_array_equal(found, blocks.whole("cu_pct").ravel())
    about = json.loads(image.GetFieldData().GetAbstractArray("provenance").GetValue(0))
    assert about["synthetic"] is True
    assert about["name"] == ABOUT.name

    import rasterio

    path = cog.write_benches(tmp_path / "m.tif", blocks, "cu_pct", ABOUT)
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 4540
        np.testing.assert_array_equal(raster.read(), blocks.whole("cu_pct")[:, ::-1, :])
        x, y = raster.xy(raster.height - 1, 0)
        assert (x, y) == pytest.approx([blocks.grid.centres_m(a)[0] for a in (0, 1)], rel=1e-12)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert json.loads(raster.tags()["provenance"])["vintage"] == "2025-12-31"


@given(layer=layers())
@FEW
def test_tables_survive_omf_geopackage_geoparquet(layer: Layer, tmp_path: Path) -> None:
    """Names in any script, blanks, tables without rows."""
    for sheet in (
        omf2.read(omf2_write.write_layers(tmp_path / "t.omf", [layer], ABOUT))[0],
        omf1.read(omf1_write.write_layers(tmp_path / "t1.omf", [layer], ABOUT))[0],
        columnar.read_geopackage(
            columnar_write.write_geopackage(tmp_path / "t.gpkg", [layer], ABOUT)
        )[0],
        columnar.read_parquet(
            columnar_write.write_geoparquet(tmp_path / "t.parquet", layer, ABOUT)
        )[0],
    ):
        columns = by_name(sheet)
        same_layer(layer, columns)
        if len(layer.frame):
            assert layer.points is not None
            np.testing.assert_array_equal(floats(columns["start_easting"]), layer.points[:, 0])
            np.testing.assert_array_equal(
                floats(columns["end_elevation"]), layer.points[:, 2] + 1.5
            )


@given(layer=layers())
@FEW
def test_tables_survive_vtk_and_gslib(layer: Layer, tmp_path: Path) -> None:
    """VTK's reader; GSLIB by codes that the side-car resolves."""
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(vtk.write_layer(tmp_path / "t.vtp", layer, ABOUT)))
    reader.Update()
    shape = reader.GetOutput()
    assert shape.GetNumberOfLines() == len(layer.frame)
    data = shape.GetCellData()
    holes, grades = data.GetAbstractArray("hole_id"), data.GetArray("cu_pct")
    for i, row in enumerate(layer.frame.itertuples()):
        assert holes.GetValue(i) == row.hole_id
        assert grades.GetValue(i) == pytest.approx(row.cu_pct, rel=0, abs=0, nan_ok=True)
        assert layer.points is not None
        assert shape.GetPoint(2 * i) == tuple(layer.points[i])
    plain = by_name(gslib.read(gslib_write.write_layer(tmp_path / "t.dat", layer, ABOUT))[0])
    codes = json.loads((tmp_path / "t.dat.json").read_text("utf-8"))["codes"]["hole_id"]
    names = [codes[str(int(code))] for code in floats(plain["hole_id"])]
    assert names == layer.frame["hole_id"].to_list()


def test_the_omf_library_reads_our_version_1(tmp_path: Path) -> None:
    """The reference implementation accepts and validates points, holes and blocks."""
    import omf

    values = np.arange(24.0).reshape(2, 3, 4)
    values[1, 2, 3] = np.nan
    blocks = made_blocks(values, (1000.0, 2000.0, 300.0))
    path = omf1_write.write_blocks(tmp_path / "m.omf", blocks, ABOUT)
    project = omf.OMFReader(str(path)).get_project()
    assert project.validate()
    volume = project.elements[0]
    assert list(volume.geometry.origin) == [1000.0, 2000.0, 300.0]
    grades = volume.data[0].array.array.reshape(4, 3, 2)
    np.testing.assert_array_equal(grades.transpose(2, 1, 0), values)
    assert volume.data[1].value_dict(1)["domain"] in DOMAINS.values()
    frame = pd.DataFrame({"hole_id": ["钻1", "B"], "cu_pct": [0.5, np.nan]})
    points = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    path = omf1_write.write_layers(tmp_path / "t.omf", [Layer("assay", frame, points, points + 1)],
                                   ABOUT)  # fmt: skip
    lines = omf.OMFReader(str(path)).get_project().elements[0]
    assert lines.subtype == "borehole"
    assert list(lines.data[0].array.array) == ["钻1", "B"]
    np.testing.assert_array_equal(lines.geometry.vertices.array[1], points[0] + 1)


def test_geopandas_reads_our_geoparquet(tmp_path: Path) -> None:
    """Geometry, heights and system by another reader; the bytes are GeoParquet 1.1."""
    import geopandas

    frame = pd.DataFrame({"hole_id": ["A", "B"], "cu_pct": [0.5, np.nan]})
    points = np.array([[500_000.0, 3_320_113.398, 12.5], [500_010.0, 3_320_113.0, -3.0]])
    path = columnar_write.write_geoparquet(
        tmp_path / "c.parquet", Layer("composites", frame, points), ABOUT
    )
    read = geopandas.read_parquet(path)
    assert read.crs.to_epsg() == 4540
    assert [(p.x, p.y, p.z) for p in read.geometry] == [tuple(p) for p in points]
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    assert (geo["version"], geo["columns"]["geometry"]["geometry_types"]) == ("1.1.0", ["Point Z"])


@pytest.mark.parametrize("name", sorted(dialects.DIALECTS))
def test_each_dialect_reads_back_as_what_was_written(
    name: str, tmp_path: Path, conventions: Callable[..., Any]
) -> None:
    """Read by the program's own reader, with the dip's sign that the side-car states."""
    from geo.tables.table import read_table

    frames = {
        "collar": pd.DataFrame({"hole_id": ["钻1", "B,2"], "easting_m": [500000.25, 500100.5],
                                "northing_m": [3320113.398, 3320000.0],
                                "elevation_m": [4510.1, -3.0], "depth_m": [120.35, 80.0]}),
        "survey": pd.DataFrame({"hole_id": ["钻1", "B,2"], "depth_m": [0.0, 0.0],
                                "azimuth_deg": [123.4, 0.0], "dip_down_deg": [60.5, -12.0]}),
        "assay": pd.DataFrame({"hole_id": ["钻1", "B,2"], "from_m": [0.0, 1.5],
                               "to_m": [1.5, 3.1], "sample_id": ["s1", "s2"],
                               "cu_pct": [0.123456, np.nan], "au_gpt": [1e-05, 12.0]}),
    }  # fmt: skip
    dialect = dialects.DIALECTS[name]
    given_layers = [Layer(table, frame) for table, frame in frames.items()]
    paths = dialects.write_tables(tmp_path, given_layers, dialect, ABOUT)
    told = json.loads((tmp_path / f"{paths[1].name}.json").read_text("utf-8"))
    assert told["dip"] == ("positive down" if dialect.dip_sign == 1 else "negative down")
    sign = "positive_down" if dialect.dip_sign == 1 else "negative_down"
    for path, (table, frame) in zip(paths, frames.items(), strict=True):
        read = read_table(path, table, conventions=conventions(dip=sign))
        assert read.usable, read.findings
        assert read.balance.accepted == len(frame)
        for column in frame:
            own = read.frame["dip_deg" if column == "dip_down_deg" else column]
            wanted = frame[column] * (dialect.dip_sign if column == "dip_down_deg" else 1)
            if wanted.dtype.kind == "f":
                np.testing.assert_array_equal(own.to_numpy(float), wanted.to_numpy())
            else:
                assert own.to_list() == wanted.to_list()


def test_bom_and_gb18030_are_what_excel_and_old_programs_want(tmp_path: Path) -> None:
    """The bytes themselves."""
    frame = pd.DataFrame({"hole_id": ["铜1"], "dip_down_deg": [60.0]})
    layer = [Layer("survey", frame)]
    path = dialects.write_tables(tmp_path, layer, dialects.DIALECTS["csv-chinese"], ABOUT)[0]
    assert path.name == "测斜表.csv"
    assert path.read_bytes() == "\ufeff钻孔编号,倾角\n铜1,-60\n".encode()
    path = dialects.write_tables(tmp_path, layer, dialects.DIALECTS["csv-gb18030"], ABOUT)[0]
    assert path.read_bytes() == "钻孔编号,倾角\n铜1,-60\n".encode("gb18030")


def test_a_killed_writer_leaves_nothing_under_the_right_name(tmp_path: Path) -> None:
    """Half a model is no model."""
    blocks = made_blocks(np.ones((4, 2, 2)), (0.0, 0.0, 0.0))

    def broken(names: Sequence[str], slices: Any) -> dict[str, np.ndarray]:
        raise OSError("disk")

    spoilt = BlockSource(blocks.grid, blocks.fields, broken)
    for write, name in (
        (omf1_write.write_blocks, "m.omf"), (omf2_write.write_blocks, "n.omf"),
        (dialects.write_blocks, "m.csv"), (vtk.write_blocks, "m.vti"),
        (columnar_write.write_geoparquet_blocks, "m.parquet"),
    ):  # fmt: skip
        with pytest.raises(OSError, match="disk"):
            write(tmp_path / name, spoilt, ABOUT)
    assert list(tmp_path.iterdir()) == []
