"""Block models as mining packages and xarray read them: the same blocks, their conventions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import zarr

from geo.formats import open_sheets, zarr_write
from geo.formats.exports import BlockField, BlockSource
from geo.formats.packages import BLOCK_DIALECTS, NO_NAME, write_blocks
from geo.grids import BlockGrid
from tests.test_geo_formats_write import ABOUT, DOMAINS, made_blocks

ORIGIN = (39_500_000.5, 3_320_113.25, -40.0)
HEADER_LINES = {"csv-vulcan": [1, 2, 3]}
"""Lines under the headings that are no rows."""


@pytest.fixture
def blocks() -> BlockSource:
    """Three by four by five blocks, one blank; the sizes differ along each axis."""
    values = np.random.default_rng(7).normal(size=(5, 4, 3))
    values[1, 2, 0] = np.nan
    return made_blocks(values, ORIGIN)


def _written(name: str, blocks: BlockSource, folder: Path) -> pd.DataFrame:
    path = write_blocks(folder / f"{name}.csv", blocks, ABOUT, BLOCK_DIALECTS[name])
    return pd.read_csv(path, skiprows=HEADER_LINES.get(name), keep_default_na=False)


@pytest.mark.parametrize("name", BLOCK_DIALECTS)
def test_every_package_gets_the_same_blocks(name: str, blocks: BlockSource, tmp_path: Path) -> None:
    dialect = BLOCK_DIALECTS[name]
    frame = _written(name, blocks, tmp_path)
    beside = json.loads((tmp_path / f"{name}.csv.json").read_text("utf-8"))
    centres = np.meshgrid(*(blocks.grid.centres_m(axis) for axis in (2, 1, 0)), indexing="ij")
    for heading, wanted in zip(dialect.centre, reversed(centres), strict=True):
        np.testing.assert_array_equal(frame[heading], wanted.ravel())
    for heading, size in zip(dialect.size, (20.0, 10.0, 5.0), strict=True):
        assert (frame[heading] == size).all()
    grade = pd.to_numeric(frame[beside["headings"]["cu_pct"]])
    blank = np.nan if dialect.blank is None else dialect.blank
    wanted = blocks.whole("cu_pct").ravel()
    np.testing.assert_array_equal(grade, np.where(np.isnan(wanted), blank, wanted))
    assert beside["blank"] == dialect.blank
    codes = [DOMAINS.get(int(code)) for code in blocks.whole("domain").ravel()]
    none = "" if dialect.blank is None else NO_NAME
    assert frame[beside["headings"]["domain"]].tolist() == [name or none for name in codes]
    assert beside["provenance"]["synthetic"] is True


def test_datamine_has_the_corner_and_the_counts(blocks: BlockSource, tmp_path: Path) -> None:
    frame = _written("csv-datamine", blocks, tmp_path)
    head = ["XC", "YC", "ZC", "XINC", "YINC", "ZINC", "XMORIG", "YMORIG", "ZMORIG"]
    head += ["NX", "NY", "NZ", "CU_PCT", "DOMAIN"]
    assert list(frame.columns) == head
    assert tuple(frame[["XMORIG", "YMORIG", "ZMORIG"]].iloc[-1]) == ORIGIN
    assert tuple(frame[["NX", "NY", "NZ"]].iloc[0]) == (3, 4, 5)
    assert frame["XC"].min() == ORIGIN[0] + 10.0


def test_surpac_has_north_before_east(blocks: BlockSource, tmp_path: Path) -> None:
    frame = _written("csv-surpac", blocks, tmp_path)
    assert list(frame.columns)[:6] == ["y", "x", "z", "dy", "dx", "dz"]
    assert frame["y"].min() == ORIGIN[1] + 5.0


def test_vulcan_has_seven_columns_and_three_lines_before_the_rows(
    blocks: BlockSource, tmp_path: Path
) -> None:
    _written("csv-vulcan", blocks, tmp_path)
    lines = (tmp_path / "csv-vulcan.csv").read_text("utf-8").splitlines()
    head = "centroid_x,centroid_y,centroid_z,dim_x,dim_y,dim_z,volume,cu_pct,domain"
    assert lines[0] == head
    assert lines[1] == "variable descriptions,,,,,,,%,domain"
    assert lines[2] == "variable types,,,,,,,double,name"
    assert lines[3] == "variable defaults,,,,,,,-99.0,none"
    assert lines[4].split(",")[6] == "1000"


def test_headings_that_are_cut_stay_different(tmp_path: Path) -> None:
    names = ("second_mineralisation_density_a", "second_mineralisation_density_b", "xc")
    plain = made_blocks(np.zeros((1, 1, 2)), ORIGIN)
    blocks = BlockSource(
        BlockGrid(plain.grid.spec),
        tuple(BlockField(name) for name in names),
        lambda wanted, slices: {name: np.zeros((1, 1, 2))[slices] for name in wanted},
    )
    frame = _written("csv-datamine", blocks, tmp_path)
    made = list(frame.columns)[12:]
    assert made == ["SECOND_MINERALISATION_DE", "SECOND_MINERALISATION_D2", "XC2"]
    assert all(len(name) <= 24 for name in made)


def test_what_leapfrog_gets_our_own_reader_reads(blocks: BlockSource, tmp_path: Path) -> None:
    _written("csv-leapfrog", blocks, tmp_path)
    (sheet,) = open_sheets(tmp_path / "csv-leapfrog.csv")
    assert [column[0].as_py() for column in sheet.columns][:6] == ["X", "Y", "Z", "DX", "DY", "DZ"]
    assert len(sheet.columns[0]) == 1 + blocks.count


def test_zarr_is_a_dataset_to_xarray(blocks: BlockSource, tmp_path: Path) -> None:
    path = zarr_write.write_blocks(tmp_path / f"model{zarr_write.SUFFIX}", blocks, ABOUT)
    with xr.open_zarr(zarr.storage.ZipStore(path, mode="r"), consolidated=True) as found:
        assert found["cu_pct"].dims == ("z", "y", "x")
        np.testing.assert_array_equal(found["cu_pct"].to_numpy(), blocks.whole("cu_pct"))
        for axis, name in enumerate("xyz"):
            np.testing.assert_array_equal(found[name].to_numpy(), blocks.grid.centres_m(axis))
        assert found["domain"].dtype.kind == "i"
        np.testing.assert_array_equal(found["domain"].to_numpy(), blocks.whole("domain"))
        assert found["domain"].attrs["codes"] == {"1": "主矿体", "2": "oxide, upper"}
        assert found.attrs["provenance"]["synthetic"] is True
        assert "CGCS2000" in found.attrs["crs_wkt"]


def test_the_same_model_gives_the_same_zarr(blocks: BlockSource, tmp_path: Path) -> None:
    first, second = (tmp_path / f"{name}{zarr_write.SUFFIX}" for name in "ab")
    zarr_write.write_blocks(first, blocks, ABOUT)
    zarr_write.write_blocks(second, blocks, ABOUT)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".json", ".zip", ".zip"]
