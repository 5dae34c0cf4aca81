"""Formats of other programs: right values from real files, the right refusal of broken ones."""

from __future__ import annotations

import gzip
import io
import json
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo.formats import omf1 as omf1_reader
from geo.formats import open_sheets
from tests.format_answers import columns, refusal

TEMPLATES = "30_formats_omf_templates"


# --- GSLIB


@pytest.mark.shared
def test_gslib_of_walker_lake(shared_data: Path) -> None:
    """Tabs and fixed width in one file; 1E31 is kept as it stands, 195 times."""
    (sheet,) = open_sheets(shared_data / "18_walker_lake" / "walker.dat")
    found = columns(sheet)
    assert (len(sheet), sheet.format, int(sheet.rows[0])) == (470, "gslib", 9)
    assert found["U variable, concentration in ppm"].count(1e31) == 195
    assert found["V variable, concentration in ppm"][2] == 224.4


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "rows", "width"),
    [("cluster.dat", 140, 5), ("true.dat", 2500, 2), ("data.dat", 29, 4), ("parta.dat", 8, 4),
     ("sic_full.dat", 467, 4), ("97data.dat", 97, 5)],
)  # fmt: skip
def test_gslib_files_of_the_book(shared_data: Path, name: str, rows: int, width: int) -> None:
    """Comma-separated rows and names with remarks too."""
    (sheet,) = open_sheets(shared_data / "19_gslib_cluster_true" / name)
    assert (sheet.format, len(sheet), len(sheet.columns)) == ("gslib", rows, width)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("t\n2\nX\nY\n1 2\n3\n5 6\n", "BN-FMT-003"),
        ("t\n2\nX\nY\n1 2\n3 4 5\n", "BN-FMT-003"),
        ("t\n2\nX\nY\n1 2\n3 4\n5", "BN-FMT-003"),
        ("t\n1 2 2 1\nCu\n1\n2\n3\n", "BN-FMT-004"),
        ("t\n2\nX\nCu\n1 2\n3 copper\n", "BN-FMT-005"),
        ("t\nmany\nX\n1\n", "BN-FMT-001"),
    ],
)
def test_gslib_refusals_name_the_line(tmp_path: Path, text: str, code: str) -> None:
    """A ragged, cut or wordy file is refused whole: its numbers may have moved."""
    path = tmp_path / "a.gslib"
    path.write_text(text, "utf-8")
    assert refusal(path)[0] == code


def test_gslib_numbers_are_what_fortran_wrote(tmp_path: Path) -> None:
    """Double-precision exponents, blank lines, no final line end, a grid with its counts."""
    path = tmp_path / "a.dat"
    path.write_text("铜网格\n2 2 2 1\nCu\nMo\n1.D0 .5\n\n-2.5d-3 1E21\n3 4\n5 -9966699", "gb18030")
    (sheet,) = open_sheets(path)
    assert columns(sheet) == {"Cu": [1.0, -0.0025, 3.0, 5.0], "Mo": [0.5, 1e21, 4.0, -9966699.0]}
    assert sheet.rows.tolist() == [5, 7, 8, 9]


# --- well logs

LAS = """~Version
VERS. 2.0 :
WRAP. NO :
~Well
STRT.M 100.0 :
STOP.M 101.0 :
STEP.M 0.5 :
NULL. -999.25 :
WELL. ZK-01 孔 : well
~Curve
DEPT.M : depth
GR.GAPI : gamma
RES.OHMM : resistivity
~A
100.0 45.5 -999.25
100.5 46.0 12.0
101.0 -999.25 13.5
"""


def test_a_well_log(tmp_path: Path) -> None:
    """Depth, curves, units, the well's name; NULL is a blank."""
    for encoding in ("utf-8", "gb18030"):
        path = tmp_path / f"{encoding}.las"
        path.write_text(LAS, encoding)
        (sheet,) = open_sheets(path)
        assert columns(sheet) == {
            "WELL": ["ZK-01 孔"] * 3,
            "DEPT": [100.0, 100.5, 101.0],
            "GR": [45.5, 46.0, None],
            "RES": [None, 12.0, 13.5],
        }
        assert sheet.units == {"DEPT": "M", "GR": "GAPI", "RES": "OHMM"}


def test_a_log_cut_short_and_a_point_cloud_are_refused(tmp_path: Path) -> None:
    """STOP says how deep the log goes; LASF is lidar."""
    path = tmp_path / "a.las"
    path.write_text("\n".join(LAS.splitlines()[:-1]) + "\n", "utf-8")
    code, words = refusal(path)
    assert (code, words["name"], words["stated"], words["found"]) == (
        "BN-FMT-007", "STOP", 101.0, 100.5
    )  # fmt: skip
    path.write_bytes(b"LASF" + bytes(400))
    assert refusal(path)[0] == "BN-FMT-006"


# --- OMF


@pytest.mark.shared
def test_omf_1_as_its_own_library_reads_it(shared_data: Path) -> None:
    """Every element and value against the reference implementation."""
    import omf

    path = shared_data / TEMPLATES / "omf_v1_test_file.omf"
    project = omf.OMFReader(str(path)).get_project()
    sheets = open_sheets(path)
    kinds = ["points", "lines", "surface", "surface", "blocks"]
    assert [s.name for s in sheets] == [
        f"{kind}: {e.name}" for kind, e in zip(kinds, project.elements, strict=True)
    ]
    points, volume = project.elements[0], project.elements[4]
    found = columns(sheets[0])
    np.testing.assert_array_equal(found["easting"], points.geometry.vertices.array[:, 0])
    np.testing.assert_array_equal(found["More rand data"], points.data[1].array.array)
    found = columns(sheets[4])
    np.testing.assert_array_equal(found["Random Data"], volume.data[0].array.array)
    nw = len(volume.geometry.tensor_w)
    assert found["zc"][1] - found["zc"][0] == pytest.approx(volume.geometry.tensor_w[0])
    assert found["xc"][0] == found["xc"][nw - 1] == 10.0 + volume.geometry.tensor_u[0] / 2


@pytest.mark.shared
def test_omf_2_one_of_everything(shared_data: Path) -> None:
    """Points, lines, surfaces, blocks of four kinds, a composite's parts."""
    sheets = {
        s.name: s for s in open_sheets(shared_data / TEMPLATES / "omf2_one_of_everything.omf")
    }
    assert {name: len(s) for name, s in sheets.items() if name and "lock" in name} == {
        "blocks: Regular block model": 8,
        "blocks: Tensor block model": 8,
        "blocks: Sub-blocked block model, regular": 8,
        "sub-blocks: Sub-blocked block model, regular": 11,
        "blocks: Sub-blocked block model, free-form": 8,
        "sub-blocks: Sub-blocked block model, free-form": 10,
    }
    found = columns(sheets["points: Pyramid points"])
    assert found["Categories"] == ["Base"] * 4 + ["Top"]
    assert columns(sheets["lines: Pyramid lines"])["end_elevation"][-1] == 1.0
    assert sheets["points: Pyramid points"].units["Categories"] == "whatever"
    parts = columns(sheets["sub-blocks: Sub-blocked block model, regular"])
    volumes = np.prod([parts[name] for name in ("xinc", "yinc", "zinc")], axis=0)
    assert volumes.sum() == pytest.approx(7 + 11 / 64)


@pytest.mark.shared
def test_omf_2_nulls_are_blanks_and_the_bunny_is_turned(shared_data: Path) -> None:
    """Null numbers, dates and categories; a model turned by 10 degrees keeps its volume."""
    folder = shared_data / TEMPLATES
    found = columns(open_sheets(folder / "omf2_null_attribute_values.omf")[0])
    blank = {name: sum(v in (None, "") for v in values) for name, values in found.items()}
    assert blank.pop("easting") == blank.pop("northing") == blank.pop("elevation") == 0
    assert set(blank.values()) == {1}
    blocks, parts = open_sheets(folder / "omf2_bunny_blocks.omf")
    assert (len(blocks), len(parts)) == (8 * 6 * 8, 5123)
    found = columns(parts)
    volume = np.prod([found[name] for name in ("xinc", "yinc", "zinc")], axis=0).sum()
    assert volume == pytest.approx(400.0**3 * len(blocks), rel=1e-12)
    first = columns(blocks)
    east = np.array([first["xc"][1] - first["xc"][0], first["yc"][1] - first["yc"][0]])
    assert np.degrees(np.arctan2(east[1], east[0])) == pytest.approx(10.0)


@pytest.mark.shared
def test_broken_and_old_omf_are_refused_by_name(shared_data: Path) -> None:
    """The missing member is named; the beta's layout is called what it is."""
    folder = shared_data / TEMPLATES
    assert refusal(folder / "omf2_missing_parquet.omf") == (
        "BN-FMT-008", {"member": "1.parquet"}
    )  # fmt: skip
    code, words = refusal(folder / "omf_v2beta_test_file.omf")
    assert (code, words["found"]) == ("BN-FMT-009", "2.0 beta (project.json)")


def omf2_file(path: Path, project: Any, members: dict[str, bytes]) -> Path:
    """An OMF 2 archive with an index of one's choice."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("index.json.gz", gzip.compress(json.dumps(project).encode()))
        archive.comment = b"Open Mining Format 2.0"
    return path


def parquet(**data: Any) -> bytes:
    """A Parquet file in memory."""
    sink = io.BytesIO()
    pq.write_table(pa.table(data), sink)
    return sink.getvalue()


def point_set(count: int) -> dict[str, Any]:
    """An index of one point set."""
    vertices = {"filename": "1.parquet", "item_count": count}
    geometry = {"type": "PointSet", "vertices": vertices}
    return {"name": "", "elements": [{"name": "p", "geometry": geometry}]}


def test_omf_2_that_lies_is_refused(tmp_path: Path) -> None:
    """Counts that contradict, damaged members, nests without end, models of any size."""
    one = parquet(x=[1.0], y=[2.0], z=[3.0])
    path = tmp_path / "a.omf"
    assert refusal(omf2_file(path, point_set(4), {"1.parquet": one}))[0] == "BN-FMT-010"
    assert refusal(omf2_file(path, point_set(1), {"1.parquet": one[:40]}))[0] == "BN-FMT-001"
    assert refusal(omf2_file(path, {"name": "no elements"}, {}))[0] == "BN-FMT-001"
    nest: dict[str, Any] = point_set(1)["elements"][0]
    for _ in range(50):
        nest = {"name": "c", "geometry": {"type": "Composite", "elements": [nest]}}
    assert refusal(omf2_file(path, {"elements": [nest]}, {"1.parquet": one}))[0] == "BN-FMT-002"
    axes = {"u": [1.0, 0.0, 0.0], "v": [0.0, 1.0, 0.0], "w": [0.0, 0.0, 1.0]}
    grid = {"type": "Regular", "size": [1.0] * 3, "count": [2_000_000_000] * 3}
    model = {"type": "BlockModel", "orient": {"origin": [0.0] * 3, **axes}, "grid": grid}
    index = {"elements": [{"name": "b", "geometry": model}]}
    assert refusal(omf2_file(path, index, {}))[0] == "BN-FMT-002"


def test_bombs_stop_at_their_limit(tmp_path: Path) -> None:
    """A gigabyte of zeros as an index, as a zlib array, and as Parquet rows: refused, soon."""
    began = time.monotonic()
    path = tmp_path / "a.omf"
    with zipfile.ZipFile(path, "w") as archive:
        with io.BytesIO() as packed:
            with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
                for _ in range(200):
                    stream.write(bytes(2**20))
            archive.writestr("index.json.gz", packed.getvalue())
        archive.comment = b"Open Mining Format 2.0"
    assert refusal(path)[0] == "BN-FMT-002"
    table = pa.table({f"c{i}": pa.nulls(3_000_000, pa.int8()) for i in range(100)})
    pq.write_table(table, tmp_path / "bomb.parquet")
    assert refusal(tmp_path / "bomb.parquet")[0] == "BN-FMT-002"
    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(16_000, "i4")), ["x" * 2**20])
    pq.write_table(pa.table({"note": long}), tmp_path / "long.parquet")
    assert (tmp_path / "long.parquet").stat().st_size < 2**21
    assert refusal(tmp_path / "long.parquet")[0] == "BN-FMT-002"
    assert time.monotonic() - began < 30


def test_omf_1_that_lies_is_refused(tmp_path: Path) -> None:
    """Cut short, of another version, an array beyond the file, values that don't fit."""
    path = tmp_path / "a.omf"

    def written(vertices: bytes, version: bytes = b"OMF-v0.9.0", start: int | None = None) -> Path:
        packed = zlib.compress(vertices)
        registry = {
            "00000000-0000-0000-0000-000000000001": {"elements": ["e"], "origin": [0, 0, 0]},
            "e": {"name": "p", "geometry": "g", "data": []},
            "g": {"__class__": "PointSetGeometry", "vertices": "v", "origin": [0, 0, 0]},
            "v": {"array": {"start": 60, "length": len(packed), "dtype": "<f8"}},
        }
        header = struct.pack("<4s32s16sQ", omf1_reader.MAGIC, version, bytes(15) + b"\x01",
                             60 + len(packed) if start is None else start)  # fmt: skip
        path.write_bytes(header + packed + json.dumps(registry).encode())
        return path

    good = np.array([[1.0, 2.0, 3.0]]).tobytes()
    assert columns(open_sheets(written(good))[0])["northing"] == [2.0]
    assert refusal(written(good, version=b"OMF-v7"))[0] == "BN-FMT-009"
    assert refusal(written(good, start=10_000))[0] == "BN-FMT-001"
    assert refusal(written(good[:-8]))[0] == "BN-FMT-001"
    whole = written(good).read_bytes()
    path.write_bytes(whole[:-20])
    assert refusal(path)[0] == "BN-FMT-001"
