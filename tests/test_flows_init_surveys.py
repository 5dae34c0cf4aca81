"""A folder of tables, rasters and surveys to a first estimate, with no hand on a file."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from affine import Affine

from estimation.belts import Belt, read_belt
from flows.cli import app, run
from flows.cli_options import Exit
from flows.readings import read_as_of
from geo.formats.sampled import SAMPLED_FROM
from geo.recognise import recognise_file

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample" / "gangdese"
CRS = "EPSG:4540"
AS_OF = ("--as-of", "2024-12-31")


def bornite(*arguments: str) -> int:
    """Run the command in this process; its exit code."""
    return run(lambda: app(list(arguments), standalone_mode=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four Chinese tables in GB18030 (X is north, zone 31 in front), rasters, sediments."""
    data = tmp_path / "data"
    data.mkdir()
    for path in [*SAMPLE.glob("2024/*.csv"), *SAMPLE.glob("regional/*")]:
        shutil.copy(path, data)
    return data


def grid_file(path: Path, values: np.ndarray, crs: str | None = CRS, **more: object) -> None:
    """A GeoTIFF of 1 km cells over the deposit."""
    where = Affine(1000.0, 0, 430000.0, 0, -1000.0, 3235000.0)
    height, width = values.shape
    shape = {"height": height, "width": width, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", "GTiff", crs=crs, transform=where, **shape, **more) as file:
        file.write(values.astype("float32"), 1)


def drop_planted_rows(folder: Path) -> None:
    """Take out the sample's three planted intervals (one reversed, two overlaps)."""
    path = folder / "样品.csv"
    lines = path.read_text("gb18030").splitlines()
    planted = {1837, 2775, 2793}
    kept = [line for number, line in enumerate(lines, start=1) if number not in planted]
    path.write_text("\n".join(kept) + "\n", "gb18030")


def asked(
    capsys: pytest.CaptureFixture[str], folder: Path, configs: Path, *flags: str
) -> list[str]:
    """Flags with their first choice that ``init`` still asks for."""
    capsys.readouterr()
    said = ("init", "new", "--from", str(folder), "--crs", CRS, "--configs", str(configs), "--json")
    assert bornite(*said, *AS_OF, *flags) == Exit.HELD
    assert not list(configs.glob("*.yaml"))
    return [item["flag"] for item in json.loads(capsys.readouterr().out)["open"]]


def written(folder: Path, configs: Path, *flags: str) -> Belt:
    """The belt that ``init`` writes."""
    said = ("init", "new", "--from", str(folder), "--crs", CRS, "--configs", str(configs))
    assert bornite(*said, *AS_OF, *flags) == Exit.OK
    return read_belt(configs / "new.yaml")


def test_the_whole_walk_from_an_empty_workspace(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """init, check, ingest, propose, estimate, report; the map is drawn, the terrain is used."""
    configs = tmp_path / "configs"
    both = ("--configs", str(configs), "--workspace", str(tmp_path / "w"))
    belt = written(folder, configs, "--block", "50,50,15")
    by_hand = read_belt(SAMPLE.parents[2] / "configs" / "belts" / "gangdese.yaml")
    assert belt.map_grid == by_hand.map_grid
    assert {(r.name, r.unit, r.kind) for r in belt.rasters} == {
        ("dem", "m", "elevation"),
        ("magnetics", "nT", "magnetic_anomaly"),
    }
    (survey,) = belt.geochemistry
    assert (survey.crs, survey.medium.en) == ("EPSG:4490", "stream sediments")
    (deposit,) = belt.deposits
    assert deposit.topography.raster == "dem"
    tables = {file.table for file in deposit.drillholes.campaigns[0].files}
    assert tables == {"collar", "survey", "assay", "lithology", "density", "combined"}
    assert bornite("check", "new", "--configs", str(configs)) == Exit.DATA  # 3 planted rows
    assert bornite("ingest", "new", *both) == Exit.DATA
    assert bornite("propose", "new-cu", "--write", *both) == Exit.OK
    capsys.readouterr()
    assert bornite("estimate", "new-cu", *both, "--json") == Exit.OK
    vintage = json.loads(capsys.readouterr().out)["deposits"][0]["vintages"][-1]
    assert sum(row["elements"]["cu_pct"]["metal_t"] for row in vintage["statement"]) > 0
    assert bornite("report", *both) == Exit.OK
    assert (tmp_path / "w" / "site" / "deposits" / "new-cu.html").is_file()
    assert bornite("geochemistry", "new", *both) == Exit.OK
    layers = xr.open_zarr(next((tmp_path / "w").rglob("rasters-*.zarr")))
    assert {"dem", "magnetics"} <= set(layers.data_vars)


def test_what_a_raster_does_not_say_is_asked_and_the_flag_answers_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown quantity, no system, undeclared nodata: three questions, three flags."""
    configs = tmp_path / "configs"
    ramp = np.add.outer(np.arange(20.0), np.arange(20.0)) + 7.5
    gaps = ramp.copy()
    gaps[0, :3] = -9999
    grid_file(folder / "layer_a.tif", ramp)
    grid_file(folder / "gravity.tif", -300 - ramp, None)
    grid_file(folder / "tmi_gaps.tif", gaps)
    flags = asked(capsys, folder, configs)
    assert [flag.split("=")[0] for flag in flags] == [
        "--raster-crs gravity",
        "--raster-unit layer_a",
        "--raster-nodata tmi_gaps",
    ]
    answers = ("--raster-crs", f"gravity={CRS}", "--raster-security", "gravity=internal")
    answers += ("--raster-unit", "layer_a=Ω·m", "--raster-nodata", "tmi_gaps=-9999")
    made = {raster.name: raster for raster in written(folder, configs, *answers).rasters}
    assert made["gravity"].kind == "bouguer_gravity"
    assert made["gravity"].crs is not None
    assert made["layer_a"].unit == "Ω·m"
    assert made["tmi_gaps"].declared_nodata == (-9999.0,)
    without = written(folder, configs, "--no-rasters", "--force")
    assert without.rasters == ()
    assert without.deposits[0].topography.source == "collars"


def test_a_medium_that_nobody_states_is_asked_and_so_are_zeros(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table named only geo1, whose copper is zero twice."""
    table = pd.read_csv(folder / "stream_sediments.csv", dtype=str, encoding="gb18030")
    (folder / "stream_sediments.csv").unlink()
    table.loc[[3, 5], "Cu(10-6)"] = "0"
    table.to_csv(folder / "geo1.csv", index=False)
    flags = asked(capsys, folder, tmp_path / "configs")
    assert [flag.split()[0] for flag in flags] == ["--medium", "--censoring"]
    answers = ("--medium", "geo1=soil", "--censoring", "zero")
    (survey,) = written(folder, tmp_path / "configs", *answers).geochemistry
    assert (survey.medium.zh, survey.censoring) == ("土壤", "zero")


def test_terrain_that_contradicts_the_collars_or_lies_elsewhere_is_not_taken(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 m off: asked, collars first; a terrain of another place: left out, without a word."""
    for name, up, away in (("dem", 500.0, 0.0), ("far", 0.0, 20.0)):
        with rasterio.open(SAMPLE / "regional" / "dem.tif") as file:
            values, profile = file.read(), file.profile
        profile["transform"] = Affine.translation(away, 0) * profile["transform"]
        with rasterio.open(folder / f"{name}.tif", "w", **profile) as file:
            file.write((values + up).astype(values.dtype))
    (folder / "far.tif").rename(folder / "far_dem.tif")
    configs = tmp_path / "configs"
    assert asked(capsys, folder, configs) == ["--topography collars | dem"]
    belt = written(folder, configs, "--topography", "collars")
    assert belt.deposits[0].topography.source == "collars"
    assert "far_dem" not in {raster.name for raster in belt.rasters}
    assert "km away from the collars" in (configs / "new.yaml").read_text("utf-8")


def test_a_line_survey_is_configured_by_its_headings(folder: Path, tmp_path: Path) -> None:
    """Flight lines 400 m apart: system, unit, kind, lines, and a map cell of a quarter of them."""
    (folder / "stream_sediments.csv").unlink()
    lines = ["line_number,easting,northing,total_field_anomaly_nt"]
    for number in range(20):
        for step in range(60):
            x, y = 432000 + 400 * number, 3220000 + 200 * step
            lines.append(f"L{number},{x},{y},{100 + 20 * np.sin(step / 6 + number):.2f}")
    (folder / "flights.csv").write_text("\n".join(lines) + "\n", "utf-8")
    belt = written(folder, tmp_path / "configs")
    (survey,) = belt.lines
    assert (survey.unit, survey.kind, survey.crs) == ("nT", "magnetic_anomaly", CRS)
    assert survey.columns.line == ("line_number",)
    assert survey.max_distance_m == pytest.approx(400)
    assert belt.map_grid is not None
    assert belt.map_grid.cell_m == 100.0


def test_check_takes_the_flags_of_init_and_names_the_next_command(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open raster holds the folder (4); with its flag it is clean, and the flag is repeated."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    grid_file(folder / "layer_a.tif", np.add.outer(np.arange(20.0), np.arange(20.0)))
    drop_planted_rows(folder)
    said = ("check", str(folder), "--crs", CRS)
    assert bornite(*said, "--json") == Exit.HELD
    answer = json.loads(capsys.readouterr().out)["folders"][0]
    flags = [item["flag"].split("=")[0] for item in answer["open"]]
    assert flags == ["--raster-unit layer_a", "--as-of YYYY-MM-DD"]
    assert sum(row["holes"] for row in answer["campaigns"]) == 31
    assert set(answer["rasters"]) == {"dem.tif", "magnetics.tif", "layer_a.tif"}
    assert bornite(*said, "--raster-unit", "layer_a=skip") == Exit.OK
    told = capsys.readouterr().err
    assert f"bornite init BELT --from {folder} --crs {CRS} --raster-unit layer_a=skip" in told
    assert "--as-of YYYY-MM-DD" in told


def test_collars_that_wait_are_not_counted_as_accepted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beijing 1954 without parameters: all 32 collars are in quarantine, none is accepted."""
    said = ("check", str(folder), "--crs", CRS, "--source-crs", "EPSG:2428", "--json")
    assert bornite(*said) == Exit.DATA
    answer = json.loads(capsys.readouterr().out)["folders"][0]
    assert "BN-CRS-002" in {found["code"] for found in answer["findings"]}
    (collars,) = [row for row in answer["balance"] if row["table"] == "collar"]
    assert (collars["in"], collars["accepted"], collars["quarantined"]) == (32, 0, 32)


def test_a_big_table_is_recognised_by_a_part_of_it(tmp_path: Path) -> None:
    """Nine megabytes of intervals: the same verdict, every row counted, a part looked at."""
    row = "ZK{0:05d},{1},{2},S{0:05d}-{1},0.{1}\n"
    text = "BHID,FROM,TO,SAMPLE,CU_PCT\n" + "".join(
        row.format(hole, 2 * k, 2 * k + 2) for hole in range(1500) for k in range(200)
    )
    path = tmp_path / "big.csv"
    path.write_text(text, "utf-8")
    assert path.stat().st_size > SAMPLED_FROM
    (found,) = recognise_file(path, "big.csv")
    assert (found.kind, found.rows) == ("assay", 300_000)
    assert 10_000 < found.sampled < 200_000
    holes = set(found.columns["hole_id"].texts)
    assert len(holes) > 40
    assert max(holes) > "ZK01450"
    path.write_text(text.replace("S00000-0,", '"S00000-0",'), "utf-8")
    assert recognise_file(path, "big.csv")[0].sampled == 0


def test_intervals_and_a_laboratory_sheet_become_one_assay_table(
    folder: Path, tmp_path: Path
) -> None:
    """Samples without grades, grades under sample numbers in a sheet of their own."""
    drop_planted_rows(folder)
    whole = pd.read_csv(folder / "样品.csv", dtype=str, encoding="gb18030")
    grades = ["Cu(%)", "Mo(%)", "Au(g/t)", "Ag(g/t)"]
    whole.drop(columns=grades).to_csv(folder / "样品.csv", index=False, encoding="gb18030")
    results = whole[["样号", *grades]].assign(批号="B1")
    results.to_csv(folder / "化验结果.csv", index=False, encoding="gb18030")
    belt = written(folder, tmp_path / "configs", "--no-rasters", "--no-surveys")
    (deposit,) = belt.deposits
    tables = {file.path: file.table for file in deposit.drillholes.campaigns[0].files}
    assert tables["样品.csv"] == "assay"
    assert tables["化验结果.csv"] == "laboratory"
    data, findings = read_as_of(belt, deposit, tmp_path / "configs", date(2024, 12, 31))
    assert data is not None, findings
    assert data.drillholes.assay["cu_pct"].notna().sum() == whole["Cu(%)"].notna().sum()


def test_the_documented_shape_of_a_folder_is_the_programs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys of ``check FOLDER --json`` and ``init --json`` as docs/json.md shows them."""
    page = (SAMPLE.parents[2] / "docs" / "json.md").read_text("utf-8")
    shown = page.partition("## A folder: `check FOLDER --json`")[2]
    documented = json.loads(shown.partition("```json\n")[2].partition("```")[0])["folders"][0]
    assert bornite("check", str(folder), "--crs", CRS, "--json") == Exit.DATA
    answer = json.loads(capsys.readouterr().out)["folders"][0]
    assert set(answer) == set(documented)
    for key in ("files", "conventions", "open", "campaigns"):
        assert set(answer[key][0]) == set(documented[key][0]), key
    (file,) = [item for item in answer["files"] if item["file"] == "孔口.csv"]
    assert file == documented["files"][0]
    assert answer["rasters"]["dem.tif"] == documented["rasters"]["dem.tif"]
    assert answer["campaigns"] == documented["campaigns"]
