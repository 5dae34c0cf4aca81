"""Sheets, log-ratios, thresholds, levelling and maps against answers known beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyproj import CRS

from geo.config import MapGrid
from geo.curated import read_rasters, write_rasters
from geo.geochemistry.compositions import biplot, compose
from geo.geochemistry.config import Levelling
from geo.geochemistry.levelling import find_seams, level
from geo.geochemistry.maps import (
    Field,
    anomaly_outlines,
    anomaly_register,
    grid_axes,
    inverse_distance,
    survey_dataset,
)
from geo.geochemistry.sheets import parse_sheet, sheet_numbers
from geo.geochemistry.thresholds import (
    clipped_mean,
    concentration_area,
    qq_break,
    thresholds,
)
from geo.robust import scaled_mad

Floats = NDArray[np.float64]
FRACTIONS = {"a_ppm": 1e-6, "b_ppm": 1e-6, "c_pct": 1e-2}


# --- sheets


@pytest.mark.parametrize(
    ("number", "bounds"),
    [
        ("H46", (90.0, 28.0, 96.0, 32.0)),
        ("H46C001002", (91.5, 31.0, 93.0, 32.0)),
        ("j50d002002", (114.5, 39 + 1 / 3, 115.0, 39 + 2 / 3)),
        ("J50E001010", (116.25, 39 + 5 / 6, 116.5, 40.0)),
    ],
)
def test_a_sheet_lies_where_the_standard_puts_it(number: str, bounds: tuple[float, ...]) -> None:
    sheet = parse_sheet(number)
    assert sheet is not None
    assert (sheet.west, sheet.south, sheet.east, sheet.north) == pytest.approx(bounds)


@pytest.mark.parametrize("text", ["J-50-5-B", "H46C005001", "H46C1002", "W46", "H61", "安庆幅", ""])
def test_what_is_no_number_of_the_standard(text: str) -> None:
    assert parse_sheet(text) is None


def test_every_point_lies_on_its_own_sheet() -> None:
    # worked example of textbooks: 114°33′45″ E, 39°22′30″ N at 1:10 000
    assert sheet_numbers([114.5625], [39.375], "G") == ["J50G015010"]
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(73, 135, 200), rng.uniform(18, 54, 200)
    for scale in "BCDEFGHIJK":
        for name, x, y in zip(sheet_numbers(lon, lat, scale), lon, lat, strict=True):
            sheet = parse_sheet(name)
            assert sheet is not None
            assert sheet.holds(x, y, 1e-9), (name, x, y)


# --- compositions


def frames(values: list[list[float]], limits: list[list[float]]) -> tuple[Any, Any]:
    return (pd.DataFrame(v, columns=list(FRACTIONS)) for v in (values, limits))


def test_log_ratios_keep_their_invariants() -> None:
    rng = np.random.default_rng(2)
    values = pd.DataFrame(10 ** rng.normal(1, 0.4, (50, 3)), columns=list(FRACTIONS))
    made = compose(values, values * np.nan, FRACTIONS)
    assert made.closed.sum(axis=1) == pytest.approx(np.ones(50))
    assert made.clr.sum(axis=1) == pytest.approx(np.zeros(50), abs=1e-12)
    assert made.ilr.shape == (50, 2)
    # isometry: distances between samples are the same in clr and in ilr
    apart = [np.linalg.norm(x[:1] - x[1:], axis=1) for x in (made.clr, made.ilr)]
    assert apart[0] == pytest.approx(apart[1])
    # a change of unit of the whole sample changes nothing
    again = compose(values * 7.3, values * np.nan, FRACTIONS)
    assert again.clr == pytest.approx(made.clr)
    back = np.exp(made.clr) / np.exp(made.clr).sum(axis=1, keepdims=True)
    assert back == pytest.approx(made.closed)


def test_replacement_keeps_the_ratios_of_measured_parts() -> None:
    nan = np.nan
    values, limits = frames(
        [[nan, 20, 3], [5, 20, nan], [1, 2, 3]], [[2, nan, nan], [nan] * 3, [nan] * 3]
    )
    made = compose(values, limits, FRACTIONS)
    assert made.rows.tolist() == [0, 2]
    assert made.replaced == 1
    assert made.closed[0, 1] / made.closed[0, 2] == pytest.approx(20e-6 / 3e-2)
    assert made.closed[0, 0] / made.closed[0, 1] == pytest.approx(0.65 * 2 / 20)


def test_a_biplot_finds_the_pair_that_varies_together() -> None:
    rng = np.random.default_rng(3)
    common = rng.normal(0, 0.5, 300)
    logs = np.column_stack([common, common, rng.normal(0, 0.05, (300, 2)).T[0] * 1])
    values = pd.DataFrame(10 ** (logs + rng.normal(0, 0.02, (300, 3))), columns=list(FRACTIONS))
    found = biplot(compose(values, values * np.nan, FRACTIONS))
    assert found.explained[0] > 0.95
    assert np.sign(found.loadings[0, 0]) == np.sign(found.loadings[1, 0])
    assert np.sign(found.loadings[2, 0]) != np.sign(found.loadings[0, 0])


# --- thresholds


def test_thresholds_of_lognormal_data_are_those_of_theory() -> None:
    values = 10 ** np.random.default_rng(4).normal(1.3, 0.2, 40000)
    found = thresholds(values, np.zeros(len(values), dtype=bool))
    theory = 10 ** (1.3 + 2 * 0.2)
    assert found.values["median_2mad_log"] == pytest.approx(theory, rel=0.02)
    assert found.values["mean_2sd"] == pytest.approx(theory, rel=0.02)
    assert found.values["p98"] == pytest.approx(10 ** (1.3 + 2.0537 * 0.2), rel=0.02)
    assert found.values["tukey_fence_log"] == pytest.approx(10 ** (1.3 + 2.698 * 0.2), rel=0.03)
    assert scaled_mad(np.array([1.0, 2, 3, 4, 100])) == pytest.approx(1.4826)


def test_clipping_takes_anomalies_out_of_the_background() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([10 ** rng.normal(1.3, 0.1, 1900), 10 ** rng.normal(2.5, 0.1, 100)])
    background, limit = clipped_mean(values)
    assert background == pytest.approx(10**1.3, rel=0.02)
    assert limit == pytest.approx(10**1.5, rel=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_the_planted_break_of_a_fractal_is_found(seed: int) -> None:
    """A(v) falls as v^-1 up to 50 and as v^-4 above: inverse sampling of that law."""
    chance = np.random.default_rng(seed).random(20000)
    at = (50 / 10) ** -1.0
    values = np.where(chance > at, 10 / chance, 50 * (chance / at) ** -0.25)
    found = concentration_area(values)
    assert found is not None
    assert found.breaks[0] == pytest.approx(50, rel=0.03)
    assert found.slopes[:2] == pytest.approx([-1, -4], rel=0.08)


def test_one_power_law_has_no_break_and_a_normal_plot_none_either() -> None:
    rng = np.random.default_rng(6)
    single = concentration_area(10 * rng.random(20000) ** -0.5)
    assert single is not None
    assert single.slopes[0] == pytest.approx(-2, rel=0.05)
    mixed = np.concatenate([10 ** rng.normal(1.3, 0.1, 1900), 10 ** rng.normal(2.2, 0.15, 100)])
    assert 10**1.4 < qq_break(mixed, 0) < 10**1.7


def test_below_detection_counts_in_ranks_and_nothing_is_invented() -> None:
    values = np.concatenate([np.full(600, 1.0), np.linspace(1.1, 9, 400)])
    below = np.arange(1000) < 600
    found = thresholds(values, below)
    assert (found.censored, np.isnan(found.median), np.isnan(found.values["mean_2sd"])) == (
        600,
        True,
        True,
    )
    assert found.values["p85"] == pytest.approx(np.percentile(values, 85))
    with pytest.raises(ValueError, match="above zero"):
        thresholds(np.array([0.0, 1.0]), np.zeros(2, dtype=bool))


# --- levelling


def settings(**changes: Any) -> Levelling:
    plain: dict[str, Any] = {
        "group": "map_sheet",
        "method": "median",
        "elements": ("cu_ppm",),
        "neighbour_distance_m": 8000.0,
        "min_samples": 20,
        "step_ratio": 1.2,
        "max_factor": 5.0,
        "citation": "test",
    }
    return Levelling(**{**plain, **changes})


def sheets() -> tuple[Floats, Floats, Any]:
    """Four sheets in a row, 40 x 40 points of 1 km, a smooth trend and noise."""
    x, y = (v.ravel() for v in np.meshgrid(np.arange(40) * 1000.0, np.arange(40) * 1000.0))
    noise = np.random.default_rng(7).normal(0, 0.08, len(x))
    values = 10 ** (1.3 + 0.3 * np.sin(x / 20000) + noise)
    return np.column_stack([x, y]), values, np.array([f"S{int(v // 10000)}" for v in x], object)


@pytest.mark.parametrize("factor", [1.6, 0.5])
def test_a_planted_step_is_taken_out_and_the_rest_is_untouched(factor: float) -> None:
    places, values, groups = sheets()
    stepped = np.where(groups == "S2", factor * values, values)
    seams = find_seams(groups, places, settings())
    assert {(s.a, s.b) for s in seams} == {("S0", "S1"), ("S1", "S2"), ("S2", "S3")}
    done = level("cu_ppm", stepped, groups, places, seams, settings())
    own = groups == "S2"
    assert np.median(done.values[own] / values[own]) == pytest.approx(1, abs=0.06)
    assert (done.values[~own] == values[~own]).all()
    assert done.seams["step_before"].max() > 1.4
    assert done.seams["step_after"].max() < 1.12
    clean = level("cu_ppm", values, groups, places, seams, settings())
    assert (clean.values == values).all()


def test_interleaved_laboratories_and_a_matched_spread() -> None:
    places, values, _ = sheets()
    groups = np.where(np.random.default_rng(8).random(len(values)) < 0.3, "B", "A").astype(object)
    logs = np.log10(values)
    middle = np.median(logs[groups == "B"])
    skewed = np.where(groups == "B", 10 ** (middle + 1.5 * (logs - middle) + 0.2), values)
    chosen = settings(group="laboratory", method="quantile")
    seams = find_seams(groups, places, chosen)
    done = level("cu_ppm", skewed, groups, places, seams, chosen)
    other = groups == "B"
    assert (done.values[~other] == values[~other]).all()
    error = np.log10(done.values[other]) - logs[other]
    assert np.abs(error).max() < 0.06
    assert done.groups.set_index("group")["spread_factor"]["B"] == pytest.approx(1 / 1.5, rel=0.08)


def test_levelling_is_refused_without_neighbours_and_beyond_the_limit() -> None:
    places, values, groups = sheets()
    places = places + np.where(groups == "S3", 90000.0, 0.0)[:, None]
    stepped = np.where(groups == "S2", 30 * values, values)
    seams = find_seams(groups, places, settings())
    done = level("cu_ppm", stepped, groups, places, seams, settings())
    status = done.groups.set_index("group")["status"]
    assert status["S3"].startswith("refused: too few neighbours")
    assert status["S2"].startswith("refused: step above max_factor")
    assert (done.values == stepped).all()


# --- maps

GRID = MapGrid(origin_m=(500000.0, 3330000.0), cell_m=500.0, shape=(20, 16))


def test_inverse_distance_is_exact_at_samples_and_empty_far_away() -> None:
    places = np.array([[0.0, 0.0], [1000.0, 0.0]])
    found = inverse_distance(
        places, np.array([1.0, 2.0]), np.array([[0, 0], [500, 0], [9e5, 0]]), 2, 2.0, 5000.0
    )
    assert found[:2] == pytest.approx([1.0, 1.5])
    assert np.isnan(found[2])


def test_the_register_measures_each_anomaly() -> None:
    values = np.full((16, 20), 10.0)
    values[2:5, 3:7] = 40.0
    values[3, 4] = 100.0
    values[10:12, 12:14] = 30.0
    values[14, 0] = 90.0
    field = Field("cu_ppm", values, "test")
    register, labels = anomaly_register(field, GRID, 20.0, 3)
    assert register["anomaly"].tolist() == ["Cu-01", "Cu-02"]
    first = register.iloc[0]
    assert (first["cells"], first["area_km2"], first["peak"]) == (12, 3.0, 100.0)
    assert first["mean"] == pytest.approx(45.0)
    assert first["contrast"] == pytest.approx(2.25)
    assert first["nap"] == pytest.approx(6.75)
    assert (first["easting_m"], first["northing_m"]) == (502250.0, 3328250.0)
    outlines = anomaly_outlines(register, labels, GRID, "EPSG:4548")
    assert outlines.area.tolist() == [3e6, 1e6]
    assert outlines.geometry[0].bounds == (501500.0, 3327500.0, 503500.0, 3329000.0)


def test_the_dataset_says_what_it_is(tmp_path: Path) -> None:
    easting, northing = grid_axes(GRID)
    assert (easting[0], northing[0], northing[-1]) == (500250.0, 3329750.0, 3322250.0)
    field = Field("cu_ppm", np.arange(320.0).reshape(16, 20), "inverse distance")
    made = survey_dataset([field], GRID, "EPSG:4548", {"source_sha256": "ab", "levelling": "none"})
    write_rasters(made, tmp_path, "belt", "survey1")
    back = read_rasters(tmp_path, "belt", "survey1")
    assert back is not None
    assert CRS.from_wkt(back["spatial_ref"].attrs["crs_wkt"]).to_epsg() == 4548
    assert back["cu_ppm"].attrs["units"] == "mg/kg"
    assert back["cu_ppm"].attrs["grid_mapping"] == "spatial_ref"
    assert json.loads(back.attrs["provenance"])["source_sha256"] == "ab"
    assert (back["cu_ppm"].to_numpy() == field.values).all()
    assert read_rasters(tmp_path, "belt") is None
