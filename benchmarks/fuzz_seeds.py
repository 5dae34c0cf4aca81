"""Whole files that the fuzzer starts from, one or more for every reader.

They are kept in ``benchmarks/corpus``, so that a case is the same file on every machine;
``python -m benchmarks.fuzz_seeds`` makes them anew.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Seed:
    """One whole file: how the fuzzer names it, what reads it, and its bytes."""

    name: str
    target: str
    """``table:<name>`` for tables that are checked number by number, ``sheets`` or ``raster``."""
    suffix: str
    data: bytes


CORPUS = Path(__file__).parent / "corpus"


def seeds() -> list[Seed]:
    """Every seed of the corpus."""
    listed = json.loads((CORPUS / "index.json").read_text("utf-8"))
    return [
        Seed(name, target, Path(file).suffix, (CORPUS / file).read_bytes())
        for name, (target, file) in listed.items()
    ]


def make() -> None:
    """Write the corpus."""
    CORPUS.mkdir(exist_ok=True)
    made = [*_texts(), *_workbooks(), *_typed(), *_rasters()]
    for seed in made:
        (CORPUS / f"{seed.name}{seed.suffix}").write_bytes(seed.data)
    index = {s.name: (s.target, f"{s.name}{s.suffix}") for s in made}
    (CORPUS / "index.json").write_text(json.dumps(index, indent=1) + "\n", "utf-8")


def _frames() -> dict[str, pd.DataFrame]:
    """Small tables of three holes."""
    rng = np.random.default_rng(20261121)
    holes = ["ZK0801", "ZK0802", "ZK1601"]
    collar = pd.DataFrame(
        {
            "BHID": holes,
            "XCOLLAR": [500100.25, 500200.5, 500300.75],
            "YCOLLAR": [3279000.5, 3279100.25, 3279200.0],
            "ZCOLLAR": [4501.2, 4510.0, 4498.7],
            "DEPTH": [60.0, 40.0, 52.0],
        }
    )
    survey = pd.DataFrame(
        [(h, d, 90.0 + d / 10, 80.0 - d / 20) for h in holes for d in (0.0, 20.0, 39.5)],
        columns=["BHID", "AT", "AZ", "DIP"],
    )
    rows = []
    for hole in holes:
        for i in range(20):
            cu, mo = np.round(rng.lognormal(-1.0, 0.6), 3), np.round(rng.lognormal(-4, 0.8), 4)
            rows.append((hole, 2.0 * i, 2.0 * i + 2.0, f"{hole}-{i:02d}", cu, mo))
    assay = pd.DataFrame(rows, columns=["BHID", "FROM", "TO", "SAMPLE", "CU_PCT", "MO_PCT"])
    lithology = assay[["BHID", "FROM", "TO"]].assign(LITH="花岗斑岩", OX="sulphide")
    density = assay[["BHID", "FROM", "TO"]].assign(DENSITY=np.round(rng.normal(2.65, 0.05, 60), 2))
    points = rng.uniform(0, 9000, (40, 2)).round(1)
    survey_points = pd.DataFrame(
        {
            "SAMPLE": [f"S{i}" for i in range(40)],
            "EASTING": 500000 + points[:, 0],
            "NORTHING": 3279000 + points[:, 1],
            "Cu_ppm": np.round(rng.lognormal(3.1, 0.5, 40), 1),
            "Au_ppb": np.round(rng.lognormal(0.2, 0.6, 40), 2),
        }
    )
    return {
        "collar": collar,
        "survey": survey,
        "assay": assay,
        "lithology": lithology,
        "density": density,
        "geochemistry": survey_points,
    }


CHINESE = {
    "assay": "普查化验成果表,,,,,\n钻孔编号,样号,自(m),至(m),样长(m),Cu(%)\n"
    "ZK0801,H1,0,2.0,2.0,0.45\nZK0801,H2,2,4,2.0,＜0.01\nZK0802,H3,0,1.50,1.5,0.312\n"
    "ZK0802,H4,1.5,3.5,2,未测\n合计,,,,7.5,\n",
    "collar": "孔号,X,Y,H,终孔深度\nZK0801,3279371.12,500100.5,4501.2,60\n"
    "ZK0802,3279471.5,500200.25,4510,40\n",
    "survey": "孔号;测斜深度;方位角;倾角\nZK0801;0;90;80\nZK0801;20;91.5;79\nZK0802;0;90;85\n",
}
LABORATORY = (
    "Title,,,,\nHole,From,To,Cu,Au\n,m,m,ppm,g/t\nA1,0,2,4500,<0.01\nA1,2,4,12,0.02\n"
    "A1,4,6,>10000,-0.01\nA2,0,2,-99,1E31\n"
)


def _texts() -> list[Seed]:
    """Delimited texts in several dialects."""
    made = []
    for name, frame in _frames().items():
        target = "survey" if name == "geochemistry" else f"table:{name}"
        text = frame.to_csv(index=False)
        made.append(Seed(f"{name}-comma", target, ".csv", text.encode()))
        tabbed = frame.to_csv(index=False, sep="\t").encode("utf-8-sig")
        made.append(Seed(f"{name}-tab", target, ".txt", tabbed))
    for name, text in CHINESE.items():
        made.append(Seed(f"{name}-gb18030", f"table:{name}", ".csv", text.encode("gb18030")))
        made.append(Seed(f"{name}-utf16", f"table:{name}", ".csv", text.encode("utf-16")))
    made.append(Seed("laboratory", "table:assay", ".csv", LABORATORY.encode()))
    gslib = "walker\n3\nX\nY\nV, ppm\n" + "".join(f"{i} {i * 2} {i * 1.5}\n" for i in range(30))
    made.append(Seed("gslib", "sheets", ".dat", gslib.encode()))
    las = (
        "~Version\nVERS. 2.0 :\nWRAP. NO :\n~Well\nSTRT.M 0 :\nSTOP.M 5 :\nSTEP.M 1 :\n"
        "NULL. -999.25 :\nWELL. ZK1 :\n~Curve\nDEPT.M :\nGR.API :\n~ASCII\n"
        + "".join(f"{i} {50 + i}\n" for i in range(6))
    )
    return [*made, Seed("las", "sheets", ".las", las.encode())]


def _workbooks() -> list[Seed]:
    """A workbook of several sheets."""
    held = io.BytesIO()
    with pd.ExcelWriter(held, engine="openpyxl") as book:
        for name, frame in _frames().items():
            frame.to_excel(book, sheet_name=name, index=False)
    names = ("collar", "assay")
    return [Seed(f"{n}-xlsx", f"table:{n}", ".xlsx", held.getvalue()) for n in names]


def _typed() -> list[Seed]:
    """Formats with types: Parquet, GeoPackage, OMF, HDF5."""
    import geopandas as gpd

    from tests.format_answers import geoh5_workspace

    assay = _frames()["assay"]
    collar = _frames()["collar"]
    points = gpd.points_from_xy(collar["XCOLLAR"], collar["YCOLLAR"], collar["ZCOLLAR"])
    placed = gpd.GeoDataFrame(collar, geometry=points, crs="EPSG:4540")
    omf = {
        "parquet": (".parquet", assay.to_parquet),
        "geopackage": (".gpkg", lambda path: placed.to_file(path, driver="GPKG")),
        "omf1": (".omf", _write_omf1),
        "omf2": (".omf", _write_omf2),
        "geoh5": (".geoh5", geoh5_workspace),
    }
    return [Seed(n, "sheets", suffix, _written(suffix, w)) for n, (suffix, w) in omf.items()]


def _written(suffix: str, write: Callable[[Path], Any]) -> bytes:
    """Bytes of a file that ``write`` makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"seed{suffix}"
        write(path)
        return path.read_bytes()


def _write_omf1(path: Path) -> None:
    """A point set with one attribute."""
    import omf

    places = np.random.default_rng(1).uniform(0, 100, (20, 3))
    grades = omf.ScalarData(name="Cu", location="vertices", array=np.arange(20.0))
    element = omf.PointSetElement(
        name="samples", geometry=omf.PointSetGeometry(vertices=places), data=[grades]
    )
    omf.OMFWriter(omf.Project(name="seed", elements=[element]), str(path))


def _write_omf2(path: Path) -> None:
    """Two layers of samples by the project's own writer."""
    from geo.formats.exports import Layer, Provenance
    from geo.formats.omf2_write import write_layers

    places = np.random.default_rng(5).uniform(0, 100, (12, 3))
    frame = pd.DataFrame({"hole_id": ["ZK1", "钻2"] * 6, "cu_pct": np.arange(12.0) / 10})
    about = Provenance(
        deposit="seed",
        name="合成 / synthetic",
        vintage="2025-12-31",
        crs="EPSG:4540",
        vertical_datum="synthetic",
        synthetic=True,
        engine_version="seed",
        hashes={},
    )
    write_layers(path, [Layer("assay", frame, places, places + 1.5, {"cu_pct": "%"})], about)


def _rasters() -> list[Seed]:
    """Rasters of several kinds and drivers."""
    import rasterio
    from rasterio.transform import from_origin

    values = np.random.default_rng(3).normal(100, 20, (24, 32))
    kinds: dict[str, dict[str, Any]] = {
        "float": {"dtype": "float32", "nodata": -9999.0},
        "nan": {"dtype": "float64", "nodata": float("nan"), "compress": "deflate"},
        "byte": {"dtype": "uint8", "nodata": 0, "tiled": True, "blockxsize": 16, "blockysize": 16},
        "int": {"dtype": "int16"},
    }
    made = []
    for name, more in kinds.items():

        def write(path: Path, more: dict[str, Any] = more) -> None:
            place = {"crs": "EPSG:4540", "transform": from_origin(5e5, 3.28e6, 100, 100)}
            shape = {"driver": "GTiff", "width": 32, "height": 24, "count": 1}
            with rasterio.open(path, "w", **shape, **place, **more) as raster:
                raster.write(values.astype(more["dtype"]), 1)

        made.append(Seed(f"tif-{name}", "raster", ".tif", _written(".tif", write)))
    lines = "\n".join(" ".join(f"{v:.2f}" for v in row) for row in values)
    head = "ncols 32\nnrows 24\nxllcorner 500000\nyllcorner 3277600\ncellsize 100\n"
    ascii_grid = f"{head}NODATA_value -9999\n{lines}\n"
    surfer = f"DSAA\n32 24\n0 31\n0 23\n{values.min():.2f} {values.max():.2f}\n{lines}\n"
    made.append(Seed("aaigrid", "raster", ".asc", ascii_grid.encode()))
    made.append(Seed("surfer", "raster", ".grd", surfer.encode()))
    return [*made, Seed("netcdf", "raster", ".nc", _written(".nc", _write_netcdf))]


def _write_netcdf(path: Path) -> None:
    """A netCDF 3 grid."""
    from scipy.io import netcdf_file

    with netcdf_file(path, "w") as made:
        made.createDimension("y", 12)
        made.createDimension("x", 16)
        for name, size in (("x", 16), ("y", 12)):
            axis = made.createVariable(name, "d", (name,))
            axis[:] = np.arange(size) * 100.0
        grid = made.createVariable("magnetics", "f", ("y", "x"))
        grid[:] = np.random.default_rng(4).normal(0, 50, (12, 16))
        grid.units = "nT"


if __name__ == "__main__":
    make()
