"""``bornite export``: what a small deposit's files hold is what its result says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flows.cli import main
from flows.export import FORMATS, export
from geo.config import ConfigError
from geo.formats import open_sheets
from geo.tables.table import read_table
from tests.small_belt import spoil, write_small_belt

DEPOSIT = "small-deposit"


@pytest.fixture(scope="module")
def estimated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small belt, estimated: folder of belts, workspace."""
    from flows.estimate import estimate

    folder = tmp_path_factory.mktemp("export")
    belts = write_small_belt(folder, crs="local")
    estimate(DEPOSIT, str(belts), str(folder / "workspace"), workers=1)
    return belts, folder / "workspace"


def test_every_format_writes_what_it_promises(estimated: tuple[Path, Path], tmp_path: Path) -> None:
    """Each format with each content: files and side-cars that say synthetic."""
    for form, whats in FORMATS.items():
        for what in set(whats) - {"rasters"}:
            made = export(DEPOSIT, form, what, None, tmp_path / form, *estimated)
            assert made.files
            for path in made.files:
                assert path.stat().st_size > 0
                beside = json.loads(path.with_name(path.name + ".json").read_text("utf-8"))
                about = beside["provenance"]
                assert about["synthetic"] is True
                assert "合成数据" in about["note"]
                assert about["vintage"] == "2025-12-31"
    assert not list(tmp_path.rglob("*.partial*"))


def test_ore_and_metal_of_the_exported_blocks_are_the_statement(
    estimated: tuple[Path, Path], tmp_path: Path
) -> None:
    """Volume x share x density, by class, above the cut-off: added up again from the CSV."""
    made = export(DEPOSIT, "csv", "blocks", date(2024, 12, 31), tmp_path, *estimated)
    blocks = pd.read_csv(made.files[0])
    assert made.corner_m == (960.0, 1960.0, 440.0)
    assert made.centroid_m == (970.0, 1970.0, 445.0)
    assert (blocks["xc"].min(), blocks["zc"].max()) == (970.0, 495.0)
    rows = export(DEPOSIT, "csv", "statement", date(2024, 12, 31), tmp_path, *estimated)
    statement = pd.read_csv(rows.files[0])
    statement = statement[(statement["part"] == "in place") & (statement["cutoff"] == 0.2)]
    assert len(statement)
    ore_t = blocks["xinc"] * blocks["yinc"] * blocks["zinc"] * blocks["in_place"]
    ore_t = ore_t * blocks["share"] * blocks["density_tpm3"]
    for row in statement.itertuples(index=False):
        mine = (blocks["class"] == row[1]) & (blocks["cu_pct"] >= 0.2)
        # a statement's cells are held to a few grams (estimation.statement.tally.GRAINS)
        assert ore_t[mine].sum() == pytest.approx(row.ore_t, abs=1e-3)
        metal = (ore_t * blocks["cu_pct"].clip(lower=0) / 100)[mine].sum()
        assert metal == pytest.approx(row.cu_pct_metal_t, abs=1e-5)


def test_exported_models_agree_with_one_another(
    estimated: tuple[Path, Path], tmp_path: Path
) -> None:
    """OMF 2, GeoParquet and GSLIB hold the CSV's bits."""
    sheets = {}
    for form in ("omf", "geoparquet", "gslib", "gpkg"):
        path = export(DEPOSIT, form, "blocks", None, tmp_path, *estimated).files[0]
        (sheet,) = open_sheets(path)
        assert sheet.names is not None
        sheets[form] = dict(zip(sheet.names, sheet.columns, strict=True))
    path = export(DEPOSIT, "csv", "blocks", None, tmp_path, *estimated).files[0]
    frame = pd.read_csv(path)
    for form, columns in sheets.items():
        for name in ("cu_pct", "cu_pct_variance", "mo_pct_slope", "in_place", "xc"):
            found = columns[name].to_numpy(zero_copy_only=False).astype(float)
            found = np.where(found <= -1e21, np.nan, found)
            np.testing.assert_array_equal(found, frame[name].to_numpy(), err_msg=form)


def test_exported_holes_are_read_as_the_same_holes(
    estimated: tuple[Path, Path], tmp_path: Path
) -> None:
    """The Micromine tables (negative dip) give the first campaign's holes and assays."""
    made = export(DEPOSIT, "csv-micromine", "holes", date(2024, 12, 31), tmp_path, *estimated)
    tables = {path.stem: pd.read_csv(path) for path in made.files}
    assert set(tables) == {"collar", "survey", "assay"}
    assert list(tables["collar"].columns) == ["HOLE", "EAST", "NORTH", "RL", "DEPTH"]
    assert (tables["survey"]["DIP"] == -90).all()
    source = estimated[0].parent.parent / "data" / "small" / "0" / "assay.csv"
    given = pd.read_csv(source).sort_values(["BHID", "FROM"])["CU_PCT"].to_numpy()
    np.testing.assert_array_equal(tables["assay"]["CU_PCT"].to_numpy(), given)


@pytest.mark.parametrize("form", ["omf", "omf1", "gpkg", "geoparquet"])
def test_exported_holes_are_tables_again(
    estimated: tuple[Path, Path], tmp_path: Path, form: str, conventions: Callable[..., Any]
) -> None:
    """Collars and assays of any format that holds text pass the program's own reader whole."""
    made = export(DEPOSIT, form, "holes", None, tmp_path, *estimated)
    kinds = {"collar": ("points", 13), "assay": ("lines", 390)}
    for table, (kind, count) in kinds.items():
        path = next((f for f in made.files if table in f.name), made.files[0])
        sheet = f"{kind}: {table}" if form.startswith("omf") else table
        name = None if form == "geoparquet" else sheet
        read = read_table(path, table, sheet=name, conventions=conventions())
        assert read.usable, read.findings
        assert read.balance.accepted == count


def test_what_is_wrong_is_said(estimated: tuple[Path, Path], tmp_path: Path) -> None:
    """A format that can't hold it, an unknown date, a deposit that was never estimated."""
    with pytest.raises(ConfigError, match="able"):
        export(DEPOSIT, "omf", "statement", None, tmp_path, *estimated)
    with pytest.raises(ConfigError, match="2024-12-31, 2025-12-31"):
        export(DEPOSIT, "omf", "blocks", date(2020, 1, 1), tmp_path, *estimated)
    with pytest.raises(ConfigError, match="bornite estimate"):
        export(DEPOSIT, "omf", "blocks", None, tmp_path, estimated[0], tmp_path / "empty")


def test_figures_of_other_data_are_not_exported(tmp_path: Path) -> None:
    """An assay changed after the estimate: the model is not passed off as of the new data."""
    from flows.estimate import estimate

    belts = write_small_belt(tmp_path, crs="local")
    estimate(DEPOSIT, str(belts), str(tmp_path / "w"), workers=1)
    spoil(belts, "assay", lambda text: text.replace(",0.", ",1.", 1))
    with pytest.raises(ConfigError, match="changed since"):
        export(DEPOSIT, "csv", "blocks", None, tmp_path / "out", belts, tmp_path / "w")


def test_the_command_prints_both_conventions(
    estimated: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Corner and centroid on stderr; with --json on stdout."""
    belts, workspace = map(str, estimated)
    where = ["--configs", belts, "--workspace", workspace, "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        main(["export", DEPOSIT, "--format", "vtk", *where])
    assert left.value.code == 0
    said = capsys.readouterr().err
    assert "960.0 1960.0 440.0" in said
    assert "970.0 1970.0 445.0" in said
    with pytest.raises(SystemExit):
        main(["export", DEPOSIT, "--format", "vtk", "--json", *where])
    assert json.loads(capsys.readouterr().out)["counts"] == [12, 12, 6]
    with pytest.raises(SystemExit) as left:
        main(["export", DEPOSIT, "--format", "dxf", *where])
    assert left.value.code == 2


def test_rasters_of_the_belt_grid_go_out_as_cog(tmp_path: Path) -> None:
    """The curated stack, north up, each with its unit; without one the next step is named."""
    import rasterio
    import xarray as xr

    from geo.curated import write_rasters

    grid = {"origin_m": [1000.0, 5000.0], "cell_m": 50.0, "shape": [3, 2]}
    belts = write_small_belt(tmp_path, crs="local", map_grid=grid)
    with pytest.raises(ConfigError, match="bornite ingest"):
        export(DEPOSIT, "cog", "rasters", None, tmp_path / "out", belts, tmp_path / "w")
    values = np.array([[1.0, 2.0, np.nan], [4.0, 5.0, 6.0]], dtype="float32")
    layer = (("northing_m", "easting_m"), values, {"units": "nT"})
    places = {"northing_m": [4975.0, 4925.0], "easting_m": [1025.0, 1075.0, 1125.0]}
    write_rasters(xr.Dataset({"magnetic": layer}, coords=places), tmp_path / "w", "small")
    (path,) = export(DEPOSIT, "cog", "rasters", None, tmp_path / "out", belts, tmp_path / "w").files
    with rasterio.open(path) as raster:
        np.testing.assert_array_equal(raster.read(1), values)
        assert (raster.units, raster.xy(0, 0)) == (("nT",), (1025.0, 4975.0))
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
