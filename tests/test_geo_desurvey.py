"""Depths along a hole are where minimum curvature puts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from estimation.belts import read_belt
from geo.drillholes.desurvey import desurvey
from geo.drillholes.reading import read_drillholes

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


def test_balanced_tangential_is_half_of_each_direction():
    """Its textbook sum: dL/2 (sin I1 sin A1 + sin I2 sin A2), and so on, by station."""
    depth = np.array([0.0, 100, 250, 300])
    azimuth, dip = np.array([90.0, 92, 110, 140]), np.array([90.0, 80, 65, 50])
    survey = stations("a", depth, azimuth, dip)
    points = desurvey(collars("a"), survey, ["a"] * 4, depth, "balanced_tangential")
    a, i = np.radians(azimuth), np.radians(90 - dip)
    parts = np.column_stack([np.sin(i) * np.sin(a), np.sin(i) * np.cos(a), -np.cos(i)])
    steps = np.diff(depth)[:, None] / 2 * (parts[1:] + parts[:-1])
    np.testing.assert_allclose(points[1:], np.cumsum(steps, axis=0), atol=1e-9)
    middle = desurvey(collars("a"), survey, ["a"], [50.0], "balanced_tangential")
    np.testing.assert_allclose(middle[0], 50 * parts[0], atol=1e-9)


def test_a_trench_is_a_polyline_that_may_rise():
    """Each direction holds to the next station: 10 m east, 10 m north rising by 30 degrees."""
    collar = collars("TC1", "ZK1").assign(hole_type=["探槽", "钻孔"])
    legs = [stations(hole, [0.0, 10.0], [90.0, 0.0], [0.0, -30.0]) for hole in ("TC1", "ZK1")]
    points = desurvey(collar, pd.concat(legs), ["TC1", "TC1", "ZK1"], [10.0, 20.0, 10.0])
    np.testing.assert_allclose(points[0], [10, 0, 0], atol=1e-9)
    np.testing.assert_allclose(points[1], [10, 10 * np.cos(np.pi / 6), 5], atol=1e-9)
    assert np.linalg.norm(points[2] - points[0]) > 2.0


def test_depths_of_many_holes_in_any_order_are_those_of_each_hole_alone():
    rng = np.random.default_rng(3)
    holes = [f"h{i}" for i in range(50)]
    parts = [
        stations(h, np.arange(0, 300, 30.0), rng.uniform(0, 359, 10), rng.uniform(40, 80, 10))
        for h in holes
    ]
    survey = pd.concat(parts).sample(frac=1.0, random_state=1)
    ids, depths = rng.choice(holes, 5000), rng.uniform(0, 350, 5000)
    together = desurvey(collars(*holes), survey, ids, depths)
    for hole, part in zip(holes[::7], parts[::7], strict=True):
        mine = ids == hole
        alone = desurvey(collars(hole), part, ids[mine], depths[mine])
        assert (together[mine] == alone).all()


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
