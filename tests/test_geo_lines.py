"""Line surveys: read, checked against seeded defects, and gridded as well as held-out lines say."""

from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.config import MapGrid
from geo.curated import read_rasters, write_rasters
from geo.rasters.config import Covariate, LineSource
from geo.rasters.layers import belt_layers
from geo.rasters.lines import check_lines, crossings, duplicates, grid_lines, read_lines, spikes

BELT = "EPSG:4548"
GRID = MapGrid(origin_m=(500000.0, 3330000.0), cell_m=100.0, shape=(100, 100))
COLUMNS = {"x": "x", "y": "y", "value": "mag", "line": ["line"], "line_type": "type"}


def field(x, y):
    """A smooth field, a few hundred nT, about 6 km from crest to crest."""
    return 200 * np.sin((x - 5e5) / 1000) * np.cos((y - 3.33e6) / 1000)


def survey(spacing=400.0, step=50.0) -> pd.DataFrame:
    """North-south lines, three tie lines, over the map's square of 10 km."""
    along = np.arange(3320000.0, 3330000.0 + step, step)
    rows = [
        pd.DataFrame({"x": east, "y": along, "line": f"L{number}", "type": "LINE"})
        for number, east in enumerate(np.arange(500000.0, 510001.0, spacing), start=1)
    ]
    across = np.arange(500000.0, 510000.0 + step, step)
    rows += [
        pd.DataFrame({"x": across, "y": north, "line": f"T{number}", "type": "TIE"})
        for number, north in enumerate((3321000.0, 3325010.0, 3329000.0), start=1)
    ]
    frame = pd.concat(rows, ignore_index=True)
    return frame.assign(mag=field(frame["x"], frame["y"]))


def source(folder: Path, name: str, **changes) -> LineSource:
    plain = {
        "name": "mag",
        "root": str(folder),
        "path": name,
        "header": True,
        "columns": COLUMNS,
        "crs": BELT,
        "quantity": {"zh": "航磁", "en": "magnetics"},
        "unit": "nT",
        "kind": "magnetic_anomaly",
        "tie_is": "TIE",
        "method": "linear",
        "max_distance_m": 400.0,
    }
    return LineSource(**{**plain, **changes})


def found(folder: Path, frame: pd.DataFrame, **changes):
    """Write a survey, grid it; the layer and the findings by code."""
    frame.to_csv(folder / "lines.csv", index=False)
    entry = source(folder, "lines.csv", **changes)
    layer, findings = grid_lines(entry, BELT, GRID, Path())
    return layer, {f.code: f for f in findings}


def test_a_clean_survey_is_gridded_close_to_its_field_and_breaks_no_rule(tmp_path):
    layer, findings = found(tmp_path, survey(spacing=500.0), max_distance_m=500.0)
    assert set(findings) == {"BN-RAS-062", "BN-RAS-065", "BN-RAS-066"}
    assert "21 lines and 3 tie lines, 50 m along and 500 m between" in (
        findings["BN-RAS-062"].message_en
    )
    east, north = np.meshgrid(layer["easting_m"], layer["northing_m"])
    wrong = layer.to_numpy() - field(east, north)
    assert np.nanmax(np.abs(wrong)) < 12
    assert np.sqrt(np.nanmean(wrong**2)) < 3
    errors = layer.attrs["held_out_rmse"]
    assert list(errors) == ["linear"]
    assert 5 < errors["linear"] < 15  # 1000 m apart: up to h²/8 · f'' = 25
    assert layer.attrs["readings"] == len(survey(spacing=500.0))


def test_best_is_the_method_with_the_least_error_on_held_out_lines(tmp_path):
    layer, findings = found(tmp_path, survey(), method="best")
    errors = layer.attrs["held_out_rmse"]
    assert set(errors) == {"linear", "cubic", "nearest_mean"}
    assert layer.attrs["gridding"] == min(errors, key=errors.get)
    assert layer.attrs["gridding"] in findings["BN-RAS-066"].message_en


def test_nothing_is_extrapolated_beyond_the_stated_distance(tmp_path):
    frame = survey()
    layer, findings = found(tmp_path, frame[frame["x"] < 503000], max_distance_m=300.0)
    assert "BN-RAS-005" in findings
    values = layer.to_numpy()
    assert np.isnan(values[:, 34:]).all()
    assert np.isfinite(values[:, :28]).all()


def test_misties_are_the_shift_that_was_put_on_the_ties(tmp_path):
    frame = survey()
    frame.loc[frame["type"] == "TIE", "mag"] += 12.5
    frame.to_csv(tmp_path / "lines.csv", index=False)
    lines, _ = read_lines(source(tmp_path, "lines.csv"), BELT, Path())
    misties = crossings(lines)
    assert len(misties) == 72  # lines 1 and 26 meet the ties at their first and last readings
    np.testing.assert_allclose(misties, 12.5, atol=0.2)


def test_spikes_doubles_and_bad_rows_are_counted_and_left_as_they_are(tmp_path):
    frame = survey()
    bad = [500, 1500, 2500]
    frame.loc[bad, "mag"] += 100.0
    frame = pd.concat([frame, frame.iloc[[7, 8]].assign(mag=1.0)], ignore_index=True)
    frame = frame.astype({"mag": object})
    frame.loc[40, "mag"] = "no fix"
    frame.to_csv(tmp_path / "lines.csv", index=False)
    entry = source(tmp_path, "lines.csv")
    lines, reading = read_lines(entry, BELT, Path())
    assert {f.code for f in reading} == {"BN-RAS-061"}
    assert (lines.rows, len(lines.value)) == (len(frame), len(frame) - 1)
    assert duplicates(lines).sum() == 2
    assert spikes(lines).tolist() == [row - 1 for row in bad]  # row 40 is left out
    by_code = {f.code: f for f in check_lines(lines, entry)}
    assert by_code["BN-RAS-063"].message_en.startswith("2 readings")
    assert by_code["BN-RAS-064"].message_en.startswith("3 readings")
    assert lines.value[499] == pytest.approx(float(frame["mag"][500]))  # nothing was changed


def test_sentinels_columns_and_files_that_are_wrong(tmp_path):
    frame = survey()
    frame.loc[10, "mag"] = -9999
    layer, findings = found(tmp_path, frame)
    assert layer is None
    assert "BN-RAS-002" in findings
    assert found(tmp_path, frame, declared_nodata=[-9999])[0] is not None
    wrong = {"columns": {**COLUMNS, "value": "tmi"}}
    assert set(found(tmp_path, survey(), **wrong)[1]) == {"BN-RAS-060"}
    assert grid_lines(source(tmp_path, "no.csv"), BELT, GRID, Path())[1][0].code == "BN-TAB-001"
    packed = lzma.compress(survey().to_csv(index=False).encode())
    (tmp_path / "torn.csv.xz").write_bytes(packed[:-30])
    torn = grid_lines(source(tmp_path, "torn.csv.xz"), BELT, GRID, Path())
    assert [f.code for f in torn[1]] == ["BN-RAS-004"]
    (tmp_path / "whole.csv.xz").write_bytes(packed)
    assert grid_lines(source(tmp_path, "whole.csv.xz"), BELT, GRID, Path())[0] is not None
    legacy = found(tmp_path, survey(), crs="EPSG:2379")
    assert set(legacy[1]) == {"BN-CRS-002"}


def test_a_grid_finer_than_the_lines_allow_and_one_that_misses_them(tmp_path):
    frame = survey(spacing=1000.0)
    assert "BN-RAS-026" in found(tmp_path, frame, max_distance_m=1000.0)[1]
    far = frame.assign(y=frame["y"] + 1e6)
    layer, findings = found(tmp_path, far)
    assert layer is None
    assert "BN-RAS-003" in findings


def test_lines_and_what_is_derived_from_them_are_layers_of_the_belt(tmp_path):
    survey(spacing=500.0).to_csv(tmp_path / "lines.csv", index=False)
    entry = source(tmp_path, "lines.csv", max_distance_m=500.0)
    names = {"zh": "解析信号", "en": "analytic signal"}
    signal = Covariate(name="signal", kind="analytic_signal", of=("mag",), quantity=names)
    dataset, findings, files = belt_layers([], [entry, entry], [signal], BELT, GRID, tmp_path)
    assert set(dataset.data_vars) == {"mag", "signal"}
    assert list(files) == ["lines.csv"]
    assert "BN-RAS-042" in {f.code for f in findings}
    assert dataset["mag"].attrs["sha256"] == files["lines.csv"]
    write_rasters(dataset, tmp_path, "belt")
    read = read_rasters(tmp_path, "belt")
    assert read is not None
    assert read["signal"].attrs["of"] == ["mag"]
    assert read["mag"].attrs["held_out_rmse"] == dataset["mag"].attrs["held_out_rmse"]


@pytest.mark.shared
def test_the_lines_over_rio_are_counted_and_gridded(shared_data):
    """Counts of the README: 37,718 readings; LINE and TIE."""
    entry = source(
        shared_data / "27_aeromag_gravity",
        "rio-magnetic.csv.xz",
        columns={
            "x": "longitude",
            "y": "latitude",
            "value": "total_field_anomaly_nt",
            "line": ["line_number"],
            "line_type": "line_type",
        },
        crs="EPSG:4326",
        method="best",
        max_distance_m=1000.0,
    )
    grid = MapGrid(origin_m=(747500.0, 7564000.0), cell_m=250.0, shape=(245, 214))
    layer, findings = grid_lines(entry, "EPSG:32723", grid, Path())
    by_code = {f.code: f.message_en for f in findings}
    assert by_code["BN-RAS-062"].startswith("37718 readings, 128 lines and 9 tie lines")
    assert "BN-RAS-063" not in by_code
    assert layer is not None
    assert layer.attrs["minimum"] >= -636.18
    assert layer.attrs["maximum"] <= 875.12
    assert layer.attrs["held_out_rmse"][layer.attrs["gridding"]] < 45


@pytest.mark.shared
@pytest.mark.slow
def test_the_lines_over_britain_are_gridded_whole(shared_data):
    """541,508 readings; 60,767 of them repeat a place of their line (pandas' own count)."""
    entry = source(
        shared_data / "27_aeromag_gravity",
        "britain-magnetic.csv.xz",
        columns={
            "x": "longitude",
            "y": "latitude",
            "value": "total_field_anomaly_nt",
            "line": ["survey_area", "line-number-segment"],
        },
        crs="EPSG:4326",
        tie_is=None,
        method="linear",
        max_distance_m=5000.0,
    )
    grid = MapGrid(origin_m=(50000.0, 1250000.0), cell_m=2000.0, shape=(310, 625))
    layer, findings = grid_lines(entry, "EPSG:27700", grid, Path())
    by_code = {f.code: f.message_en for f in findings}
    assert by_code["BN-RAS-062"].startswith("541508 readings")
    assert by_code["BN-RAS-063"].startswith("60767 readings")
    assert layer is not None
    assert 0.55 < float(layer.notnull().mean()) < 0.7


@pytest.mark.shared
def test_gravity_stations_without_headings_latitude_first(shared_data):
    """14,559 rows between blanks: latitude, longitude, elevation, gravity."""
    entry = source(
        shared_data / "27_aeromag_gravity",
        "south-africa-gravity.ast.xz",
        header=False,
        columns={"x": 2, "y": 1, "value": 4},
        crs="EPSG:4326",
        unit="mGal",
        kind=None,
        tie_is=None,
    )
    stations, findings = read_lines(entry, "EPSG:32734", Path())
    assert findings == []
    assert (stations.rows, len(stations.value)) == (14559, 14559)
    assert 978000 < stations.value.min() < stations.value.max() < 980100
