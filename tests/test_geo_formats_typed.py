"""Typed tables and geoh5 workspaces: every value as text or number, blanks as blanks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo.formats import open_sheets
from geo.tables.sheets import UnreadableError
from tests.format_answers import columns, geoh5_workspace, refusal


def test_parquet_types_become_text_or_numbers(tmp_path: Path) -> None:
    """Dates, truth, categories, decimals, lists; whole numbers beyond float64 as their digits."""
    table = pa.table(
        {
            "hole": pa.array([34873, None]),
            "key": pa.array([2**60 + 1, 5]),
            "当期": pa.array(["2025-06-30", None]).cast(pa.date32()),
            "ok": [True, None],
            "code": pa.array(["铜", None]).dictionary_encode(),
            "grade": pa.array([0.25, float("nan")]),
            "none": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (sheet,) = open_sheets(tmp_path / "a.parquet")
    assert columns(sheet) == {
        "hole": [34873.0, None],
        "key": [str(2**60 + 1), "5"],
        "当期": ["2025-06-30", ""],
        "ok": ["true", ""],
        "code": ["铜", ""],
        "grade": [0.25, None],
        "none": ["", ""],
    }


def test_layers_of_a_geopackage_and_a_shapefile(tmp_path: Path) -> None:
    """Written by geopandas: points with heights, a table without, names in Chinese."""
    import geopandas
    from shapely.geometry import Point

    frame = geopandas.GeoDataFrame(
        {"孔号": ["钻1", "B"], "easting_m": [1.0, 2.0]},
        geometry=[Point(500000.5, 3320113.0, 12.0), None],
        crs="EPSG:4540",
    )
    frame.to_file(tmp_path / "a.gpkg", layer="孔口")
    plain = pd.DataFrame({"hole": ["A"], "cu": [0.5]})
    geopandas.GeoDataFrame(plain).to_file(tmp_path / "a.gpkg", layer="assay")
    first, second = open_sheets(tmp_path / "a.gpkg")
    assert (first.name, first.crs) == ("孔口", "EPSG:4540")
    assert columns(first) == {
        "孔号": ["钻1", "B"],
        "easting_m": [1.0, 2.0],
        "geometry_easting": [500000.5, None],
        "geometry_northing": [3320113.0, None],
        "geometry_elevation": [12.0, None],
    }
    assert columns(second) == {"hole": ["A"], "cu": [0.5]}
    frame[["孔号", "geometry"]].to_file(tmp_path / "a.shp", encoding="utf-8")
    (sheet,) = open_sheets(tmp_path / "a.shp")
    assert (sheet.format, columns(sheet)["孔号"]) == ("shp", ["钻1", "B"])
    assert columns(sheet)["easting"] == [500000.5, None]


@pytest.mark.parametrize("name", ["a.parquet", "a.gpkg", "a.geoh5"])
def test_cut_files_are_refused(tmp_path: Path, name: str) -> None:
    """The right first bytes, then nothing that is true."""
    starts = {"a.parquet": b"PAR1", "a.gpkg": b"SQLite format 3\0", "a.geoh5": b"\x89HDF\r\n\x1a\n"}
    (tmp_path / name).write_bytes(starts[name] + b"\x10" * 600)
    assert refusal(tmp_path / name)[0] == "BN-FMT-001"


# --- geoh5


def test_a_geoh5_workspace(tmp_path: Path) -> None:
    """Holes, intervals with the format's blank, points, and blocks Z fastest, turned."""
    sheets = {s.name: s for s in open_sheets(geoh5_workspace(tmp_path / "a.geoh5"))}
    assert list(sheets) == ["collar", "survey", "intervals: assay", "blocks: model", "points: pts"]
    collar = columns(sheets["collar"])
    assert sorted(zip(collar["HOLEID"], collar["easting"], strict=True)) == [
        ("B", 200.0), ("钻1", 100.0)
    ]  # fmt: skip
    survey = columns(sheets["survey"])
    assert (survey["Dip"], survey["Azimuth"]) == ([-60.0, -60.0], [90.0, 90.0])
    found = columns(sheets["intervals: assay"])
    assert found["TO"] == [2.0, 4.0, 2.0, 4.0]
    assert found["Cu"] == [0.5, None, 0.5, None]
    assert found["岩性"] == ["矽卡岩", "", "矽卡岩", ""]
    assert columns(sheets["points: pts"])["As"] == [None]
    blocks = columns(sheets["blocks: model"])
    assert blocks["Cu"] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert blocks["zc"] == [-1.0, -3.0, -5.0] * 2
    assert blocks["xc"] == pytest.approx([997.5] * 6)  # u points north after a quarter turn
    assert blocks["yc"] == pytest.approx([5.0] * 3 + [15.0] * 3)


def test_geoh5_holes_of_a_group_keep_their_own_parts(tmp_path: Path) -> None:
    """Concatenated data as geoh5 2.x lays them out: common arrays, an index, JSON attributes."""
    import h5py

    text = h5py.string_dtype()
    index = np.dtype(
        [("Start index", "u4"), ("Size", "u4"), ("Object ID", text), ("Data ID", text)]
    )
    named = {"FROM": [0.0, 2.0, 0.0], "TO": [2.0, 4.0, 3.0], "Cu": [0.5, 0.25, 1.175494351e-38]}
    with h5py.File(tmp_path / "a.geoh5", "w") as book:
        root = book.create_group("GEOSCIENCE")
        root.create_group("Objects")
        store = root.create_group("Groups/{g}/Concatenated Data")
        described: list[dict[str, Any]] = []
        for hole in ("钻1", "B"):
            own = {f"Property:{name}": "{" + hole + name + "}" for name in named}
            described.append(
                {"ID": "{" + hole + "}", "Name": hole, "Collar": "{1.0, 2.0, 3.0}"} | own
            )
            described += [{"ID": "{" + hole + name + "}", "Name": name} for name in named]
            group = {"Group Name": "assay", "Property Group Type": "Interval table"}
            described.append({"ID": hole + "g", "Properties": list(own.values()), **group})
        store.create_dataset(
            "Attributes Jsons", data=[json.dumps(d) for d in described], dtype=text
        )
        for name, values in named.items():
            store.create_dataset(f"Data/{name}", data=np.array(values))
            rows = [(0, 2, "{钻1}", "{钻1" + name + "}"), (2, 1, "{B}", "{B" + name + "}")]
            store.create_dataset(f"Index/{name}", data=np.array(rows, dtype=index))
    sheets = {s.name: columns(s) for s in open_sheets(tmp_path / "a.geoh5")}
    assert sheets["collar"]["HOLEID"] == ["钻1", "B"]
    assert sheets["intervals: assay"] == {
        "HOLEID": ["钻1", "钻1", "B"],
        "FROM": [0.0, 2.0, 0.0],
        "TO": [2.0, 4.0, 3.0],
        "Cu": [0.5, 0.25, None],
    }


def test_geoh5_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A link to another file, and a workspace with nothing of ours."""
    import h5py

    path = geoh5_workspace(tmp_path / "a.geoh5")
    with h5py.File(path, "a") as book:
        book["GEOSCIENCE/Objects/{pts}/Data/out"] = h5py.ExternalLink("/etc/passwd", "/")
    assert refusal(path)[0] == "BN-FMT-011"
    with h5py.File(tmp_path / "b.geoh5", "w") as book:
        book.create_group("GEOSCIENCE/Objects")
    assert refusal(tmp_path / "b.geoh5")[0] == "BN-FMT-012"


def test_a_changed_byte_of_our_parquet_is_found(tmp_path: Path) -> None:
    """Pages carry checksums: a number can't change unseen."""
    from geo.formats.columnar_write import write_geoparquet
    from geo.formats.exports import Layer, Provenance

    about = Provenance("d", "d", "2025-12-31", "local", "", True, "")
    frame = pd.DataFrame({"cu_pct": np.random.default_rng(5).random(1000)})
    path = write_geoparquet(tmp_path / "a.parquet", Layer("assay", frame), about)
    np.testing.assert_array_equal(columns(open_sheets(path)[0])["cu_pct"], frame["cu_pct"])
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    assert refusal(path)[0] == "BN-FMT-001"


def test_a_library_that_breaks_takes_nothing_with_it(tmp_path: Path) -> None:
    """A child that is killed by its own library is a refusal, not the end of the run."""
    from geo.formats.isolated import read_apart

    (tmp_path / "broken_library.py").write_text(
        "import os\ndef read(path):\n    os.abort()\n", "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        with pytest.raises(UnreadableError) as caught:
            read_apart("broken_library:read", tmp_path / "a.geoh5", "geoh5")
    assert caught.value.code == "BN-FMT-001"
    assert "-6" in caught.value.words["detail"]
