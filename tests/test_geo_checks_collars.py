"""Elevations, depths and exchanged coordinates of collars, seeded one at a time and found."""

from __future__ import annotations

import numpy as np
import pytest

from geo.checks.drillholes import Checked
from geo.findings import Finding
from tests.test_geo_checks_seeded import counts, make, refused


def only(checked: Checked, code: str) -> Finding:
    """The one finding of a rule."""
    (found,) = [f for f in checked.findings if f.code == code]
    return found


@pytest.mark.parametrize(
    ("elevation_m", "feet"), [(5000.0 / 0.3048, True), (10_700.0, False), (-501.0, False)]
)
def test_an_elevation_that_no_collar_has_is_refused(elevation_m: float, feet: bool) -> None:
    tables = make()
    tables.collar.loc[2, "elevation_m"] = elevation_m
    checked = tables.check()
    assert refused(checked, "BN-COL-030") == [("collar", 4)]
    found = only(checked, "BN-COL-030")
    assert ("feet?" in found.message_en) == ("英尺" in found.message_zh) == feet
    assert checked.frames is not None
    assert len(checked.frames["collar"]) == 9
    assert checked.frames["collar"]["elevation_m"].max() < 8900


def test_the_highest_and_lowest_ground_and_deep_mines_are_possible() -> None:
    tables = make()
    tables.collar["elevation_m"] = [8848.0, -430.0, -900.0, *[5000.0] * 7]
    tables.collar.loc[2, "hole_type"] = "坑内钻"
    assert "BN-COL-030" not in counts(tables.check())


def test_elevations_in_feet_without_good_neighbours_are_refused_without_a_guess() -> None:
    tables = make()
    tables.collar["elevation_m"] = tables.collar["elevation_m"] / 0.3048
    checked = tables.check()
    assert len(refused(checked, "BN-COL-030")) == 10
    assert not any("feet?" in f.message_en for f in checked.findings)


@pytest.mark.parametrize(
    ("depth_m", "fires", "feet"),
    [
        (328.08, True, True),
        (1000.0, True, False),
        (149.0, False, False),
        (2000.0, False, False),
    ],
)
def test_a_hole_far_deeper_than_its_tables_is_warned_about(
    depth_m: float, fires: bool, feet: bool
) -> None:
    """Tables end at 100 m: 49 m deeper is a bare end, 20 times a top."""
    tables = make()
    tables.collar.loc[4, "depth_m"] = depth_m
    checked = tables.check()
    assert counts(checked)["BN-COL-031"] == fires
    assert checked.refused.empty
    if fires:
        found = only(checked, "BN-COL-031")
        assert (found.row, found.severity) == (6, "warning")
        assert ("feet?" in found.message_en) == feet


def test_a_deep_hole_a_fifth_deeper_than_its_tables_and_one_without_depth_are_left() -> None:
    tables = make()
    tables.survey.loc[tables.survey["depth_m"] == 100.0, "depth_m"] = 300.0
    tables.collar["depth_m"] = 355.0
    tables.collar.loc[0, "depth_m"] = np.nan
    assert "BN-COL-031" not in counts(tables.check())


@pytest.mark.parametrize("prefix", [None, 31])
def test_exchanged_rows_are_refused_where_no_system_is_stated(prefix: int | None) -> None:
    """Two of ten rows; all of them are still a contradiction of the configuration."""
    tables = make()
    tables.collar["easting_m"] += (prefix or 0) * 1e6
    pair = ["easting_m", "northing_m"]
    tables.collar.loc[[3, 7], pair] = tables.collar.loc[[3, 7], pair[::-1]].to_numpy()
    checked = tables.check({"zone_prefix": prefix})
    assert refused(checked, "BN-COL-029") == [("collar", 5), ("collar", 9)]
    assert checked.frames is not None
    assert len(checked.frames["collar"]) == 8
    assert not {"BN-COL-005", "BN-COL-006", "BN-COL-007"} & set(counts(checked))
    tables = make()
    tables.collar[pair] = tables.collar[pair[::-1]].to_numpy()
    assert counts(tables.check())["BN-COL-005"] == 1
