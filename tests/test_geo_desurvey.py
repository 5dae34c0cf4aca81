"""Depths along a hole are where minimum curvature puts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from estimation.belts import read_belt
from geo.desurvey import desurvey
from geo.drillholes import read_drillholes

ROOT = Path(__file__).resolve().parent.parent


def collars(*holes: str) -> pd.DataFrame:
    return pd.DataFrame({"hole_id": holes, "easting_m": 0.0, "northing_m": 0.0, "elevation_m": 0.0})


def stations(hole: str, depth, azimuth, dip) -> pd.DataFrame:
    return pd.DataFrame(
        {"hole_id": hole, "depth_m": depth, "azimuth_deg": azimuth, "dip_down_deg": dip}
    )


def test_the_published_vector_of_three_stations_is_met():
    """A worked vector: MD 0-300, az 90 90 95 100, dip 90 85 80 75."""
    survey = stations("a", [0.0, 100, 200, 300], [90.0, 90, 95, 100], [90.0, 85, 80, 75])
    point = desurvey(collars("a"), survey, ["a"], [300.0])
    np.testing.assert_allclose(point[0], [38.784, -3.763, -296.589], atol=6e-4)


def test_points_on_a_circular_arc_are_within_a_millimetre():
    """A hole that steepens evenly is a quarter circle; its points are known exactly."""
    radius, stops = 500.0, np.radians(np.arange(0, 91, 10))
    survey = stations("a", radius * stops, np.full(10, 90.0), 90 - np.degrees(stops))
    angle = np.radians(np.linspace(0, 90, 181))
    points = desurvey(collars("a"), survey, ["a"] * 181, radius * angle)
    exact = np.column_stack([radius * (1 - np.cos(angle)), np.zeros(181), -radius * np.sin(angle)])
    assert np.abs(points - exact).max() < 1e-3


def test_beyond_the_last_station_the_hole_goes_straight_on():
    survey = stations("a", [0.0, 100.0], [0.0, 0.0], [90.0, 60.0])
    at = desurvey(collars("a"), survey, ["a"] * 3, [100.0, 110.0, 130.0])
    step = np.array([0, np.cos(np.radians(60)), -np.sin(np.radians(60))])
    np.testing.assert_allclose(at[1] - at[0], 10 * step, atol=1e-9)
    np.testing.assert_allclose(at[2] - at[1], 20 * step, atol=1e-9)


def test_a_hole_without_survey_is_vertical_and_the_first_station_holds_from_the_collar():
    survey = stations("b", [50.0], [90.0], [45.0])
    points = desurvey(collars("a", "b"), survey, ["a", "b"], [10.0, 10.0])
    np.testing.assert_allclose(points[0], [0, 0, -10], atol=1e-9)
    np.testing.assert_allclose(points[1], [np.sqrt(50), 0, -np.sqrt(50)], atol=1e-9)


def test_a_hole_s_points_do_not_depend_on_other_holes():
    survey = stations("a", [0.0, 77.0, 140.0], [10.0, 14.0, 19.0], [60.0, 57.0, 55.0])
    others = pd.concat(
        [stations("0", [0.0], [1.0], [50.0]), survey, stations("z", [0.0], [3.0], [70.0])]
    )
    depths = np.linspace(0, 200, 301)
    alone = desurvey(collars("a"), survey, ["a"] * 301, depths)
    mixed = desurvey(collars("0", "a", "z"), others, ["a", "z"] * 301, np.repeat(depths, 2))
    assert (alone == mixed[::2]).all()


def test_a_hole_without_collar_is_refused():
    with pytest.raises(KeyError):
        desurvey(collars("a"), stations("a", [0.0], [0.0], [90.0]), ["b"], [1.0])


def test_set_04_agrees_with_its_independent_coordinates_within_a_centimetre(shared_data):
    belt = read_belt(ROOT / "configs/public/cbmina.yaml")
    holes = read_drillholes(belt.deposits[0].drillholes, ROOT / "configs/public").drillholes
    assert holes is not None
    assay = holes.assay
    middle = (assay["from_m"] + assay["to_m"]) / 2
    points = desurvey(holes.collar, holes.survey, assay["hole_id"], middle)
    other = pd.read_csv(shared_data / "04_cbmina_cu_porphyry/desurveyed_independent.csv")
    other = other[other["cu_perc"].notna()].reset_index(drop=True)
    assert (other["hole_id"].to_numpy() == assay["hole_id"].to_numpy()).all()
    assert (other["cu_perc"].to_numpy() == assay["cu_pct"].to_numpy()).all()
    error = np.linalg.norm(points - other[["east", "north", "elevation"]].to_numpy(), axis=1)
    assert np.median(error) <= 0.01
    assert error.max() < 2.0
