"""Conventions are told from cells with their evidence; what cells can't say is asked."""

from __future__ import annotations

import numpy as np
import pytest

from geo import conventions as how


def dips(*values: float) -> np.ndarray:
    return np.array(values * 20, dtype=float)


@pytest.mark.parametrize(
    ("values", "zenith", "value", "sure"),
    [
        (dips(60, 75, 90), False, "positive_down", True),
        (dips(-60, -75, -90), False, "negative_down", True),
        (dips(0, 5, 12), True, "zenith", True),
        (dips(1, 5, 12), False, "zenith", False),
        (dips(35, 45, 55), False, None, False),
        (dips(60, -60), False, None, False),
        (dips(60, 170), False, None, False),
    ],
)
def test_dips(values: np.ndarray, zenith: bool, value: str | None, sure: bool) -> None:
    """Signs, a zenith heading, small angles, the ambiguous 30-60, mixed signs, beyond 90."""
    got = how.dip_sign(values, "倾角", is_zenith=zenith)
    assert (got.value, got.sure) == (value, sure)
    assert "--dip" in got.flag


def test_one_dip_of_another_sign_is_listed_not_decisive() -> None:
    values = dips(60, 70)
    values[17] = -60
    got = how.dip_sign(values, "DIP", is_zenith=False)
    assert (got.value, got.sure, got.rows) == ("positive_down", True, (17,))


@pytest.mark.parametrize(
    ("values", "value"),
    [([0, 90, 359, 360], "0_360"), ([-170, 20, 180], "signed"), ([-170, 350], None)],
)
def test_azimuths(values: list[float], value: str | None) -> None:
    assert how.azimuth_range(np.array(values * 30, dtype=float)).value == value


def test_x_is_north_by_the_numbers_whatever_the_heading() -> None:
    north, east = np.full(40, 3320113.0), np.full(40, 39500000.0)
    assert how.axis_order(north, east, bare=True).value == "north"
    assert how.axis_order(east, north, bare=True).value == "east"
    assert how.zone_prefix(east, north).value == 39
    assert how.zone_prefix(east - 39e6, north).value is None
    mixed = np.where(np.arange(40) < 20, north, east)
    got = how.axis_order(mixed, np.where(np.arange(40) < 20, east, north), bare=True)
    assert not got.sure


def test_depths_in_feet_are_suspected_by_their_size_and_asked() -> None:
    assert how.depth_unit("ft", 900.0, np.array([5.0])).value == "ft"
    deep = how.depth_unit(None, 3574.0, np.full(50, 10.0))
    assert (deep.value, deep.sure) == ("ft", False)
    plain = how.depth_unit(None, 160.0, np.full(50, 5.0))
    assert (plain.value, plain.sure) == ("m", True)


def test_millions_without_a_system_may_be_feet_and_are_asked_about() -> None:
    """2.297 million, 0.42 million: a northing in Hainan, or a state plane in Minnesota."""
    x, y = np.full(30, 2297000.0), np.full(30, 420000.0)
    feet = how.coordinate_unit(None, x, y, local=True, deep=True)
    assert (feet.value, feet.sure) == ("ft", False)
    order = how.axis_order(x, y, bare=True, local=True, deep=True)
    assert (order.value, order.sure) == ("east", False)
    stated = how.axis_order(x, y, bare=True)
    assert (stated.value, stated.sure) == ("north", True)
    for east, north in ((498889.0, 2144445.0), (8277.0, 243497.0)):
        plain = how.coordinate_unit(
            None, np.full(30, east), np.full(30, north), local=True, deep=False
        )
        assert (plain.value, plain.sure) == ("m", True)


@pytest.mark.parametrize(
    ("element", "median", "value", "sure"),
    [
        ("cu", 0.3, "pct", True),
        ("cu", 4500.0, "ppm", True),
        ("cu", 4.0, "pct", False),
        ("ni", 0.08, "pct", True),
        ("au", 0.5, "ppm", False),
        ("mo", 0.02, "pct", True),
    ],
)
def test_units_by_what_a_median_can_be(element: str, median: float, value: str, sure: bool) -> None:
    got = how.grade_unit(element, None, np.full(30, median))
    assert (got.value, got.sure) == (value, sure)


def test_a_written_unit_needs_no_guess() -> None:
    got = how.grade_unit("cu", "ppm", np.full(30, 0.3))
    assert (got.value, got.sure) == ("ppm", True)


def test_commas_are_always_asked_about() -> None:
    assert how.decimal_mark({"cu": ["0.35", "1.2", ""]}).sure
    got = how.decimal_mark({"cu": ["0,35", "1,2"], "x": ["500.100,25"]})
    assert (got.value, got.sure) == ("comma", False)
    thousands = how.decimal_mark({"x": ["500,100", "501,200"]})
    assert thousands.share == 0.0
    assert not thousands.sure


@pytest.mark.parametrize(
    ("texts", "value", "sure"),
    [
        (["2024-05-13", "2024/06/01"], "iso", True),
        (["13/05/2024", "01/06/2024"], "dmy", True),
        (["05/13/2024", "06/01/2024"], "mdy", True),
        (["05/06/2024", "01/06/2024"], None, False),
        (["13/05/2024", "05/13/2024"], None, False),
        (["45423", "45424"], "serial", True),
    ],
)
def test_dates(texts: list[str], value: str | None, sure: bool) -> None:
    got = how.date_order(texts)
    assert (got.value, got.sure) == (value, sure)


def test_a_survey_at_90000_is_a_mark() -> None:
    depths = np.array([0.0, 500.0, 1500.0] * 30 + [90000.0] * 7)
    got = how.survey_sentinel(depths, 3574.0)
    assert got.sure
    assert 3574 < got.value < 90000
    assert "7 survey rows (90000)" in got.evidence_en
    clean = how.survey_sentinel(depths[:90], 3574.0)
    assert clean.sure
    assert "no survey" in clean.evidence_en


def test_many_zeros_need_a_meaning_few_do_not() -> None:
    few = np.array([0.1] * 5000 + [0.0])
    many = np.array([0.1] * 50 + [0.0] * 50)
    assert how.zero_meaning({"Cu": few}).sure
    got = how.zero_meaning({"Cu": few, "Ag": many})
    assert not got.sure
    assert "Ag 50" in got.evidence_en


def test_degrees_as_texts_and_packed() -> None:
    dms = how.angle_texts(["91°35′38″"] * 5, ["29°37′30″"] * 5)
    assert (dms.value, dms.sure) == ("dms", True)
    packed = [f"91.{m:02d}15" for m in range(0, 50, 2)]
    got = how.angle_texts(packed, packed)
    assert (got.value, got.sure) == ("packed_dms", False)
    assert how.angle_texts(["91.7512"] * 30, ["29.6211"] * 30).value == "degrees"
