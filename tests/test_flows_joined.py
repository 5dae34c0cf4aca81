"""What a deposit names beside its tables - controls, ground, licence, patterns, archives, queries -
reaches check, ingest and estimate."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import yaml

from flows.answers import check_answer
from flows.belts import all_belts
from flows.estimate import estimate
from flows.ingest import check, ingest
from flows.readings import keep_originals, read_and_check
from flows.room.data import gather_data
from flows.runtime import Workspace
from geo.curated import read_table_back
from geo.findings import DataError
from geo.vault import vault_path
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tests.small_belt import write_small_belt
from tests.test_docs import example

Change = Callable[[dict[str, Any]], None]


def belt_with(folder: Path, change: Change, **keys: Any) -> str:
    """A small belt whose deposit's block was changed; returns the folder of belts."""
    configs = write_small_belt(folder, **keys)
    path = configs / "small.yaml"
    plain = yaml.safe_load(path.read_text("utf-8"))
    change(plain["deposits"][0])
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")
    return str(configs)


def codes(found: Any) -> list[str]:
    """Codes of an account's or reading's findings."""
    return [f.code for f in found.findings]


def foots(found: Any) -> bool:
    """Whether every file's rows are counted once."""
    places = [(b.file, b.sheet) for b in found.balances]
    return len(places) == len(set(places))


def with_controls(folder: Path, blank: str) -> None:
    """Put a batch column and a blank into the first campaign's assays."""
    path = folder / "data" / "small" / "0" / "assay.csv"
    table = pd.read_csv(path, dtype=str)
    table["BATCH"] = np.where(np.arange(len(table)) < 60, "J1", "J2")
    table["REMARK"] = ""
    control = {"SAMPLE": "Q1", "CU_PCT": blank, "MO_PCT": "0.001", "BATCH": "J1", "REMARK": "BLANK"}
    table = pd.concat([table.iloc[:30], pd.DataFrame([control]), table.iloc[30:]])
    table.to_csv(path, index=False)


def held(deposit: dict[str, Any], on_failure: str = "hold") -> None:
    """A deposit that judges its blanks."""
    rules = {"on_failure": on_failure, "standard": "both", "blank_times_detection_limit": 5}
    limits = {"Cu": 0.005, "Mo": 0.005}
    deposit["qaqc"] = {"rules": rules, "detection_limits": limits}


def test_assays_of_a_failed_batch_wait_in_check_ingest_and_estimate(tmp_path: Path) -> None:
    configs = belt_with(tmp_path, held)
    with_controls(tmp_path, "0.4")
    workspace = str(tmp_path / "workspace")
    found = ingest("small", configs, workspace)
    assert found.accepted == ["small-deposit"]
    (assay,) = [b for b in found.balances if b.file == "0/assay.csv"]
    assert (assay.rows_in, assay.accepted, assay.quarantined, assay.skipped) == (271, 210, 60, 1)
    assert foots(found)
    assert {"BN-QAQ-001", "BN-QAQ-007", "BN-QAQ-020", "BN-QAQ-021"} <= set(codes(found))
    assert codes(found).count("BN-QAQ-001") == 1
    kept = read_table_back("small-deposit/assay", Path(workspace), "small")
    assert len(kept[kept["file"] == "0/assay.csv"]) == 210
    (answer,) = check_answer([found])["belts"]
    (quality,) = answer["qaqc"]
    assert quality["deposit"] == "small-deposit"
    assert quality["controls"] == {"blank": 1}
    assert quality["pass_rates_pct"] == {"blank": 50.0}
    assert quality["failed_batches"] == [{"laboratory": "", "batch": "J1"}]
    assert quality["held"] is True
    (shown,) = gather_data(Workspace(Path(workspace)), [all_belts(Path(configs))["small"][1]], ())
    assert [(one.controls, one.failed) for one in shown.quality] == [(1, ("J1",))]
    documented = example("check --json")["belts"][0]
    assert documented["qaqc"][0].keys() == quality.keys()
    assert documented["campaigns"][0].keys() == answer["campaigns"][0].keys()
    assert codes(check("small", configs)) == codes(found)
    runs = estimate("small-deposit", configs, workspace, workers=1)
    assert runs[0].result.findings["error"] == sum(f.severity == "error" for f in found.findings)


def test_a_failed_batch_that_no_assay_names_is_told_and_note_uses_all(tmp_path: Path) -> None:
    def lone(deposit: dict[str, Any]) -> None:
        held(deposit)
        deposit["qaqc"]["files"] = [{"path": "blanks.csv", "kind": "blank"}]

    configs = belt_with(tmp_path, lone)
    (tmp_path / "data" / "small" / "blanks.csv").write_text("SAMPLE,CU_PCT\nB1,0.5\nB2,0.001\n")
    found = check("small", configs)
    assert codes(found).count("BN-QAQ-028") == 1
    assert "BN-QAQ-021" not in codes(found)
    assert [b.rows_in for b in found.balances if b.table == "qaqc"] == [2]
    assert foots(found)
    assert "blanks.csv" in found.files
    configs = belt_with(tmp_path, lambda d: held(d, "note"))
    with_controls(tmp_path, "0.4")
    noted = check("small", configs)
    assert "BN-QAQ-020" in codes(noted)
    assert "BN-QAQ-021" not in codes(noted)


def test_a_deposit_without_controls_says_nothing_of_them(tmp_path: Path) -> None:
    found = check("small", str(write_small_belt(tmp_path)))
    assert not [c for c in codes(found) if c.startswith("BN-QAQ")]
    assert check_answer([found])["belts"][0]["qaqc"] == []


def terrain(folder: Path, height_m: float) -> dict[str, Any]:
    """A flat terrain model over the small belt, as a raster of its configuration."""
    path = folder / "data" / "small" / "dem.tif"
    path.parent.mkdir(parents=True, exist_ok=True)
    step = rasterio.transform.from_origin(900.0, 2300.0, 10.0, 10.0)
    kind = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", transform=step, nodata=-9999.0, **kind) as made:
        made.write(np.full((40, 40), height_m, dtype="float32"), 1)
    return {
        "name": "dem",
        "root": str(path.parent),
        "path": "dem.tif",
        "quantity": {"zh": "高程", "en": "elevation"},
        "unit": "m",
        "resampling": "bilinear",
    }


def on_raster(deposit: dict[str, Any]) -> None:
    """A deposit whose ground is a raster."""
    deposit["topography"] = {"source": "raster", "raster": "dem"}


@pytest.mark.parametrize(
    ("height_m", "code"), [(500.0, None), (455.0, "BN-COL-011"), (300.0, "BN-COL-014")]
)
def test_collars_are_compared_with_the_deposits_ground(
    tmp_path: Path, height_m: float, code: str | None
) -> None:
    configs = belt_with(tmp_path, on_raster, rasters=[terrain(tmp_path, height_m)])
    found = check("small", configs)
    off = {c for c in codes(found) if "BN-COL-011" <= c <= "BN-COL-014"}
    assert off == ({code} if code else set())


def test_collars_outside_the_licence_are_told_and_far_ones_refused(tmp_path: Path) -> None:
    west = shapely.box(990, 1990, 1100, 2200)

    def plain(deposit: dict[str, Any]) -> None:
        deposit["licence"] = {"wkt": west.wkt, "citation": "test"}

    configs = belt_with(tmp_path, plain)
    told = [f for f in check("small", configs).findings if f.code == "BN-COL-015"]
    assert len(told) == 5  # three holes at 1160 and two at 1120
    assert "BN-COL-015" not in codes(check("small", str(write_small_belt(tmp_path / "whole"))))

    def far(deposit: dict[str, Any]) -> None:
        away = shapely.transform(west, lambda c: c + 9000.0)
        deposit["licence"] = {"wkt": away.wkt, "citation": "test"}

    assert "BN-COL-016" in codes(check("small", belt_with(tmp_path, far)))


def test_a_licence_comes_from_a_file_in_its_own_system(tmp_path: Path) -> None:
    from geo.drillholes.licence import Licence, licence_boundary

    shape = shapely.box(500_000, 3_300_000, 501_000, 3_301_000)
    frame = geopandas.GeoDataFrame(geometry=[shape], crs="EPSG:4540")
    frame.to_file(tmp_path / "licence.gpkg")
    frame.to_crs(4490).to_file(tmp_path / "licence.geojson")
    for name in ("licence.gpkg", "licence.geojson"):
        block = Licence(path=name, citation="test")
        polygon, found = licence_boundary(block, "EPSG:4540", tmp_path)
        assert found == ()
        assert polygon.area == pytest.approx(1e6, rel=1e-4)
    bad = {
        "BN-TAB-001": Licence(path="absent.gpkg", citation="test"),
        "BN-INB-004": Licence(path="../licence.gpkg", citation="test"),
        "BN-COL-028": Licence(wkt="LINESTRING (0 0, 1 1)", citation="test"),
    }
    for code, block in bad.items():
        polygon, found = licence_boundary(block, "EPSG:4540", tmp_path)
        assert polygon is None
        assert [f.code for f in found] == [code]
    told = check("small", belt_with(tmp_path, lambda d: d.update(licence=_broken())))
    assert told.accepted == []
    assert "BN-COL-028" in codes(told)


def _broken() -> dict[str, str]:
    """A licence that is no polygon."""
    return {"wkt": "POLYGON ((0 0, 1 1", "citation": "test"}


def first_files(deposit: dict[str, Any]) -> list[dict[str, Any]]:
    """Files of the first campaign."""
    files: list[dict[str, Any]] = deposit["drillholes"]["campaigns"][0]["files"]
    return files


def test_a_path_out_of_the_folder_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"

    def outside(deposit: dict[str, Any]) -> None:
        first_files(deposit)[2]["path"] = "../../secret.csv"
        deposit["mined"] = [{"as_of": "2024-12-31", "root": str(tmp_path), "path": "../up.tif"}]
        held(deposit)
        deposit["qaqc"]["files"] = [{"path": "link.csv"}]

    survey = {
        "root": str(tmp_path / "data" / "small"),
        "path": "../../secret.csv",
        "medium": {"zh": "水系沉积物", "en": "stream sediments"},
        "crs": "local",
        "conventions": yaml.safe_load(
            (write_small_belt(tmp_path) / "small.yaml").read_text("utf-8")
        )["deposits"][0]["drillholes"]["conventions"],
    }
    raster = terrain(tmp_path, 500.0) | {"path": "../../secret.csv"}
    grid = {"origin_m": [900.0, 2300.0], "cell_m": 10.0, "shape": [4, 4]}
    line = {
        "name": "lines",
        "root": str(tmp_path / "data" / "small"),
        "path": "../../lines.csv",
        "header": True,
        "columns": {"x": "x", "y": "y", "value": "v", "line": ["l"]},
        "crs": "local",
        "quantity": {"zh": "磁", "en": "magnetics"},
        "unit": "nT",
        "method": "linear",
        "max_distance_m": 100.0,
    }
    keys = {"geochemistry": [survey], "rasters": [raster], "lines": [line], "map_grid": grid}
    configs = belt_with(tmp_path, outside, **keys)
    (tmp_path / "data" / "small" / "0" / "assay.csv").rename(secret)
    (tmp_path / "data" / "small" / "link.csv").symlink_to(secret)
    found = ingest("small", configs, str(tmp_path / "workspace"))
    refused = {f.file for f in found.findings if f.code == "BN-INB-004"}
    assert refused == {"../../secret.csv", "../../lines.csv", "../up.tif", "link.csv"}
    assert found.accepted == []
    text = secret.read_bytes()
    assert all(p.read_bytes() != text for p in (tmp_path / "workspace").rglob("*") if p.is_file())


def test_a_member_of_an_archive_is_read_and_the_archive_kept(tmp_path: Path) -> None:
    def packed(deposit: dict[str, Any]) -> None:
        first_files(deposit)[2]["path"] = "drop.zip/assay.csv"

    plain = check("small", str(write_small_belt(tmp_path)))
    configs = belt_with(tmp_path, packed)
    data = tmp_path / "data" / "small"
    with zipfile.ZipFile(data / "drop.zip", "w") as archive:
        archive.write(data / "0" / "assay.csv", "assay.csv")
    (data / "0" / "assay.csv").unlink()
    workspace = tmp_path / "workspace"
    found = ingest("small", configs, str(workspace))
    assert found.accepted == ["small-deposit"]
    sha = found.files["drop.zip/assay.csv"]
    assert vault_path(sha, workspace).read_bytes() == (data / "drop.zip").read_bytes()
    rows = {b.file: b.accepted for b in found.balances}
    assert rows["drop.zip/assay.csv"] == {b.file: b.accepted for b in plain.balances}["0/assay.csv"]
    assert "BN-INB-003" not in codes(found)
    assert ingest("small", configs, str(workspace)).unchanged_since is not None


def test_a_pattern_reads_whatever_was_dropped_under_it(tmp_path: Path) -> None:
    def any_assay(deposit: dict[str, Any]) -> None:
        first_files(deposit)[2]["path"] = "0/*assay.csv"

    configs = belt_with(tmp_path, any_assay)
    workspace = str(tmp_path / "workspace")
    path = tmp_path / "data" / "small" / "0" / "assay.csv"
    rows = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(rows[:101]), "utf-8")
    first = ingest("small", configs, workspace)
    assert [b.rows_in for b in first.balances if b.table == "assay"] == [100, 120]
    path.with_name("b_assay.csv").write_text("".join([rows[0], *rows[101:]]), "utf-8")
    path.with_name("~$b_assay.csv").write_text("lock", "utf-8")
    second = ingest("small", configs, workspace)
    assert second.unchanged_since is None
    counts = [(b.file, b.rows_in) for b in second.balances if b.table == "assay"]
    assert counts == [("0/assay.csv", 100), ("0/b_assay.csv", 170), ("1/assay.csv", 120)]
    assert set(second.files) >= {"0/assay.csv", "0/b_assay.csv"}
    for gone in (path, path.with_name("b_assay.csv")):
        gone.unlink()
    none = check("small", configs)
    assert [f.file for f in none.findings if f.code == "BN-TAB-001"] == ["0/*assay.csv"]
    assert none.accepted == []


def test_a_file_that_changes_between_reading_and_keeping_is_told(tmp_path: Path) -> None:
    from flows.belts import find_belt

    configs = write_small_belt(tmp_path)
    belt, base = find_belt("small", configs)
    deposit = belt.deposits[0]
    reading = read_and_check(belt, deposit, base)
    house = Workspace(tmp_path / "workspace")
    keep_originals(reading, belt, deposit, base, house)
    path = tmp_path / "data" / "small" / "0" / "assay.csv"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(DataError) as caught:
        keep_originals(reading, belt, deposit, base, house)
    assert [(f.code, f.file) for f in caught.value.findings] == [("BN-INB-005", "0/assay.csv")]


@pytest.mark.postgres
def test_a_query_is_frozen_hashed_and_kept_as_data(
    postgres_server: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import psycopg

    def queried(deposit: dict[str, Any]) -> None:
        first_files(deposit)[2]["path"] = "0/assay.sql"

    configs = belt_with(tmp_path, queried)
    path = tmp_path / "data" / "small" / "0" / "assay.csv"
    table = pd.read_csv(path)
    path.unlink()
    url = new_database(postgres_server, "joined")
    monkeypatch.setenv("TEST_SOURCE_URL", url)
    types = "bhid text, f float8, t float8, sample text, cu_pct float8, mo_pct float8"
    with psycopg.connect(url) as link:
        link.execute(f"CREATE TABLE assay ({types})")
        for row in table.itertuples(index=False):
            link.execute("INSERT INTO assay VALUES (%s, %s, %s, %s, %s, %s)", tuple(row))
    head = "-- database_url_from: TEST_SOURCE_URL\n-- timeout_s: 20\n"
    names = 'bhid "BHID", f "FROM", t "TO", sample "SAMPLE", cu_pct "CU_PCT", mo_pct "MO_PCT"'
    path.with_suffix(".sql").write_text(f"{head}SELECT {names} FROM assay ORDER BY bhid, f\n")
    workspace = tmp_path / "workspace"
    found = ingest("small", configs, str(workspace))
    assert found.accepted == ["small-deposit"]
    sha = found.files["0/assay.sql"]
    kept = pd.read_parquet(vault_path(sha, workspace))
    assert len(kept) == len(table)
    assert kept["CU_PCT"].sum() == pytest.approx(table["CU_PCT"].sum())
    assert ingest("small", configs, str(workspace)).unchanged_since is not None
    with psycopg.connect(url) as link:
        link.execute("UPDATE assay SET cu_pct = 0.77 WHERE sample = 'C0-00/0'")
    again = ingest("small", configs, str(workspace))
    assert again.unchanged_since is None
    assert again.files["0/assay.sql"] != sha
    monkeypatch.delenv("TEST_SOURCE_URL")
    lost = check("small", configs)
    assert lost.accepted == []
    assert "BN-FMT-013" in codes(lost)
