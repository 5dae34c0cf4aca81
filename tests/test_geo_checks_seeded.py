"""Defects of holes, surveys, intervals and combined samples, seeded one at a time and found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.checks.drillholes import Checked, check_drillholes
from geo.drillholes.holes import parent_of, related
from geo.rules import rules
from tests.conftest import make_conventions

NORTH, EAST = 3_280_000.0, 364_000.0


@dataclass
class Tables:
    """A deposit of ten holes in two lines, without a defect, to be spoiled."""

    collar: pd.DataFrame
    survey: pd.DataFrame
    assay: pd.DataFrame
    lithology: pd.DataFrame
    combined: pd.DataFrame | None = None
    members: pd.DataFrame | None = None

    def check(self, conventions: dict[str, Any] | None = None, **more: Any) -> Checked:
        """Check the tables as they are."""
        frames = {n: f for n, f in vars(self).items() if f is not None}
        whole = {}
        for name, frame in frames.items():
            place = {"file": f"{name}.csv", "sheet": "", "as_of": date(2025, 12, 31)}
            rows = np.arange(2, len(frame) + 2)
            whole[name] = frame.reset_index(drop=True).assign(row=rows, **place)
        return check_drillholes(whole, make_conventions(**(conventions or {})), **more)


def make() -> Tables:
    rng = np.random.default_rng(4)
    holes = [f"ZK{line:02d}{n:02d}" for line in (0, 8) for n in range(1, 6)]
    number = np.arange(10)
    collar = pd.DataFrame(
        {
            "hole_id": holes,
            "easting_m": EAST + 80.0 * (number // 5) + rng.normal(0, 1, 10).round(2),
            "northing_m": NORTH + 50.0 * (number % 5) + rng.normal(0, 1, 10).round(2),
            "elevation_m": 5000 + rng.normal(0, 3, 10).round(2),
            "depth_m": 100.0,
            "hole_type": "钻孔",
            "line": [hole[2:4] for hole in holes],
            "start_date": "2024-05-01",
            "end_date": "2024-05-20",
        }
    )
    survey, assay, log = down_the_holes(holes, rng)
    return Tables(collar, survey, assay, log)


def down_the_holes(holes: list[str], rng: np.random.Generator) -> list[pd.DataFrame]:
    """Survey, assay and lithology of ten holes of 100 m."""
    depth = np.tile([0.0, 50.0, 100.0], 10)
    survey = pd.DataFrame(
        {
            "hole_id": np.repeat(holes, 3),
            "depth_m": depth,
            "azimuth_deg": 90.0,
            "dip_deg": 80.0 - depth / 100,
        }
    )
    top = np.tile(np.arange(0.0, 100.0, 2.0), 10)
    assay = pd.DataFrame(
        {
            "hole_id": np.repeat(holes, 50),
            "from_m": top,
            "to_m": top + 2.0,
            "sample_id": [f"S{i:04d}" for i in range(500)],
            "cu_pct": rng.lognormal(-1, 0.5, 500).round(4),
        }
    )
    log = pd.DataFrame(
        {
            "hole_id": np.repeat(holes, 2),
            "from_m": np.tile([0.0, 40.0], 10),
            "to_m": np.tile([40.0, 100.0], 10),
            "lithology": np.tile(["砂岩", "斑岩"], 10),
        }
    )
    return [survey, assay, log]


def counts(checked: Checked) -> Counter[str]:
    """Findings by code, information left out, and codes of this room's groups only."""
    mine = [f for f in checked.findings if f.code[3:6] in ("COL", "SUR", "INT", "CMB")]
    return Counter(f.code for f in mine)


def loud(checked: Checked) -> set[str]:
    return {code for code in counts(checked) if rules()[code].severity != "info"}


def level(east: np.ndarray, _: np.ndarray) -> np.ndarray:
    return np.full(len(east), 5000.0)


def refused(checked: Checked, code: str) -> list[tuple[str, int]]:
    part = checked.refused[checked.refused["code"] == code]
    return list(zip(part["table"], part["row"], strict=True))


WHERE = gpd.GeoSeries.from_xy([EAST], [NORTH]).buffer(1000, cap_style="square").iloc[0]


def test_a_clean_deposit_fires_no_rule_of_holes_surveys_and_intervals():
    checked = make().check(ground=level, boundary=WHERE)
    assert counts(checked) == {}
    assert checked.refused.empty
    assert checked.frames is not None
    assert "hole" not in checked.frames["assay"]
    assert len(checked.frames["assay"]) == 500


def spoil(table: str, hole: str, column: str, value: Any, at: int = 0):
    """A change of one cell: the ``at``-th row of a hole."""

    def change(tables: Tables) -> None:
        frame = getattr(tables, table)
        row = np.flatnonzero(frame["hole_id"] == hole)[at]
        if column not in frame:
            frame[column] = np.nan if isinstance(value, float) else ""
        frame.loc[row, column] = value

    return change


def rename(old: str, new: str):
    def change(tables: Tables) -> None:
        for table in (tables.collar, tables.survey, tables.assay, tables.lithology):
            table["hole_id"] = table["hole_id"].replace(old, new)

    return change


def drop(table: str, keep):
    def change(tables: Tables) -> None:
        frame = getattr(tables, table)
        setattr(tables, table, frame[keep(frame)])

    return change


def beside(tables: Tables) -> None:
    """ZK0101W1 from the collar of ZK0001."""
    rename("ZK0002", "ZK0001W1")(tables)
    place = ["easting_m", "northing_m", "elevation_m"]
    tables.collar.loc[1, place] = tables.collar.loc[0, place]


def aim(tables: Tables) -> None:
    """ZK0002 leans over to ZK0001, so that they meet below."""
    one, two = (tables.collar.loc[i, ["easting_m", "northing_m"]].to_numpy(float) for i in (0, 1))
    tables.collar.loc[1, "elevation_m"] = tables.collar.loc[0, "elevation_m"]
    way = one - two
    tables.survey.loc[0:2, ["azimuth_deg", "dip_deg"]] = [0.0, 90.0]
    angle = np.degrees(np.arctan2(70.0, np.hypot(*way)))
    tables.survey.loc[3:5, "azimuth_deg"] = np.degrees(np.arctan2(*way)) % 360
    tables.survey.loc[3:5, "dip_deg"] = angle


def lattice(tables: Tables) -> None:
    number = np.arange(10)
    tables.collar["easting_m"] = EAST + 80.0 * (number // 5)
    tables.collar["northing_m"] = NORTH + 50.0 * (number % 5)
    tables.collar.loc[9, "northing_m"] += 3.2


def magnetic(tables: Tables) -> None:
    tables.survey["magnetic_azimuth_deg"] = np.where(
        tables.survey["hole_id"] == "ZK0003", 91.0, np.nan
    )
    tables.lithology.loc[4, "lithology"] = "磁铁矿矽卡岩"


def deep(tables: Tables) -> None:
    drop("survey", lambda f: f["hole_id"] != "ZK0003")(tables)
    tables.collar.loc[2, "depth_m"] = 300.0


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (spoil("collar", "ZK0002", "elevation_m", 5045.0), {"BN-COL-011"}),
        (
            spoil("collar", "ZK0002", "easting_m", EAST + 2500),
            {"BN-COL-015", "BN-COL-018", "BN-COL-026"},
        ),
        (lattice, {"BN-COL-017"}),
        (spoil("collar", "ZK0003", "easting_m", EAST + 20), {"BN-COL-018"}),
        (rename("ZK0003", "TC0003"), {"BN-COL-019"}),
        (spoil("collar", "ZK0003", "end_date", "2024-04-01"), {"BN-COL-020"}),
        (spoil("collar", "ZK0003", "start_date", "1924-05-01"), {"BN-COL-021"}),
        (spoil("collar", "ZK0003", "end_date", "2204-05-01"), {"BN-COL-021"}),
        (beside, {"BN-COL-022"}),
        (rename("ZK0002", "ZK0001W1"), {"BN-COL-023"}),
        (rename("ZK0002", "ZK0701W1"), {"BN-COL-024"}),
        (spoil("collar", "ZK0003", "checked_depth_m", 100.2), {"BN-COL-025"}),
        (deep, {"BN-SUR-001", "BN-SUR-019", "BN-COL-031"}),
        (drop("survey", lambda f: f["depth_m"] != 50.0), {"BN-SUR-021"}),
        (spoil("survey", "ZK0003", "dip_deg", 86.0, 1), {"BN-SUR-022"}),
        (spoil("survey", "ZK0003", "dip_deg", 74.0, 2), {"BN-SUR-022", "BN-SUR-023"}),
        (drop("survey", lambda f: f["depth_m"] < 100.0), {"BN-SUR-025"}),
        (drop("survey", lambda f: f["depth_m"] < 50.0), {"BN-SUR-026"}),
        (magnetic, {"BN-SUR-027"}),
        (aim, {"BN-SUR-028"}),
        (spoil("lithology", "ZK0003", "from_m", 41.0, 1), {"BN-INT-014"}),
        (spoil("assay", "ZK0003", "sample_id", "S0000"), {"BN-INT-015"}),
        (drop("assay", lambda f: (f["hole_id"] != "ZK0003") | (f["from_m"] > 3)), {"BN-INT-017"}),
    ],
)
def test_a_defect_that_is_noted_fires_its_rules_and_no_other(change, codes):
    tables = make()
    change(tables)
    checked = tables.check(ground=level, boundary=WHERE)
    assert set(counts(checked)) == codes
    assert checked.refused.empty
    assert {f.message_zh for f in checked.findings if "{" in f.message_zh} == set()


def test_nearly_vertical_azimuths_that_jump_are_named():
    tables = make()
    tables.survey.loc[0:2, "dip_deg"] = [89.0, 89.2, 89.1]
    tables.survey.loc[0:2, "azimuth_deg"] = [10.0, 200.0, 90.0]
    assert set(counts(tables.check())) == {"BN-SUR-024"}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("elevation_m", 5150.0, "BN-COL-012"),
        ("easting_m", EAST + 9000, "BN-COL-016"),
    ],
)
def test_an_impossible_collar_is_refused_and_its_rows_are_one_finding_a_table(column, value, code):
    tables = make()
    spoil("collar", "ZK0003", column, value)(tables)
    checked = tables.check(ground=level, boundary=WHERE)
    assert counts(checked) == {code: 1, "BN-SUR-020": 1, "BN-INT-009": 2}
    assert refused(checked, code) == [("collar", 4)]
    assert len(refused(checked, "BN-SUR-020")) == 3
    assert Counter(table for table, _ in refused(checked, "BN-INT-009")) == {
        "assay": 50,
        "lithology": 2,
    }
    (orphan,) = [f for f in checked.findings if f.code == "BN-INT-009" and f.file == "assay.csv"]
    assert orphan.value == "ZK0003"
    assert "50 rows" in orphan.message_en


def test_ellipsoidal_heights_are_suspected_where_all_collars_are_low_alike():
    tables = make()
    tables.collar["elevation_m"] -= 36.0
    checked = tables.check(ground=level)
    assert counts(checked) == {"BN-COL-013": 1}
    tables.collar["elevation_m"] -= 4000.0
    checked = tables.check(ground=level)
    assert counts(checked)["BN-COL-014"] == 1
    assert checked.refused.empty


def test_a_hole_outside_the_terrain_model_is_not_judged_by_it():
    tables = make()
    spoil("collar", "ZK0003", "elevation_m", 9.0)(tables)
    checked = tables.check(ground=lambda e, n: np.full(len(e), np.nan))
    assert counts(checked) == {"BN-COL-027": 1}  # told by its neighbours alone


def test_two_data_sets_under_one_hole_name_are_refused_together():
    """A second series, shifted by half a metre and with its own grades."""
    tables = make()
    other = tables.assay[tables.assay["hole_id"] == "ZK0003"].copy()
    other[["from_m", "to_m"]] += 0.5
    other["sample_id"] = "T" + other["sample_id"]
    other = other[other["to_m"] < 100]
    tables.assay = pd.concat([tables.assay, other])
    checked = tables.check()
    assert loud(checked) == {"BN-INT-013", "BN-COL-009"}
    assert len(refused(checked, "BN-INT-013")) == 50 + len(other)
    assert not (checked.frames["assay"]["hole_id"] == "ZK0003").any()


def test_a_row_said_twice_is_kept_once():
    tables = make()
    tables.assay = pd.concat([tables.assay, tables.assay.iloc[[107]]])
    checked = tables.check()
    assert set(counts(checked)) == {"BN-INT-010"}
    assert refused(checked, "BN-INT-010") == [("assay", 502)]


@pytest.mark.parametrize(
    "cells",
    [
        {"from_m": 10.0, "to_m": 0.42},
        {"from_m": 1003.0, "to_m": 8.0, "cu_pct": 10.0},
    ],
)
def test_a_row_shifted_by_a_column_is_told_from_a_wrong_depth(cells):
    """Left: from holds the to. Right: a number stands in from, and the grade is the to."""
    tables = make()
    row = 104
    assert tables.assay.loc[row, "to_m"] == 10.0
    for column, value in cells.items():
        tables.assay.loc[row, column] = value
    checked = tables.check()
    assert refused(checked, "BN-INT-011") == [("assay", row + 2)]
    assert not refused(checked, "BN-INT-001")
    for wrong in ({"to_m": 7.0}, {"from_m": 10.0, "to_m": 8.0}):
        tables = make()
        for column, value in wrong.items():
            tables.assay.loc[row, column] = value
        assert refused(tables.check(), "BN-INT-001") == [("assay", row + 2)]


def test_from_and_to_exchanged_throughout_stop_the_table():
    tables = make()
    tables.assay[["from_m", "to_m"]] = tables.assay[["to_m", "from_m"]].to_numpy()
    checked = tables.check()
    assert checked.frames is None
    assert counts(checked)["BN-INT-012"] == 1
    assert checked.refused.empty


def test_sample_numbers_that_start_anew_in_each_hole_are_one_note():
    tables = make()
    tables.assay["sample_id"] = np.tile([f"H{i}" for i in range(50)], 10)
    assert counts(tables.check()) == {"BN-INT-016": 1}


def test_a_trench_may_rise_and_bend():
    tables = make()
    rename("ZK0003", "TC03")(tables)
    tables.collar.loc[2, "hole_type"] = "探槽"
    tables.survey.loc[6:8, "dip_deg"] = [3.0, -12.0, -15.0]
    tables.survey.loc[6:8, "azimuth_deg"] = [90.0, 170.0, 60.0]
    checked = tables.check()
    assert loud(checked) == set()
    assert checked.refused.empty


def test_azimuths_from_minus_180_are_turned_where_the_configuration_says_so():
    tables = make()
    tables.survey["azimuth_deg"] = -90.0
    assert {f.code for f in tables.check().findings} >= {"BN-SUR-006"}
    checked = tables.check(conventions={"azimuth": "signed"})
    assert counts(checked) == {}
    assert set(checked.frames["survey"]["azimuth_deg"]) == {270.0}


def test_sample_numbers_that_repeat_are_found_among_many_in_any_order():
    tables = make()
    order = np.random.default_rng(8).permutation(500)
    tables.assay["sample_id"] = [f"样{i}" for i in order]
    assert counts(tables.check()) == {}
    tables.assay.loc[499, "sample_id"] = tables.assay.loc[3, "sample_id"]
    assert counts(tables.check()) == {"BN-INT-015": 1}


def test_a_wedge_is_not_reported_as_a_hole_with_two_names():
    names = {"ZK0801": ("ZK0801-W1", "ZK0801W2", "ZK0801A", "ZK0801补", "zk0801-w1w2"), "ZK08": ()}
    for parent, daughters in names.items():
        assert all(related(parent, daughter) for daughter in daughters)
    assert not related("ZK0801", "ZK0802")
    assert not related("B1-321", "B1-322")
    assert parent_of("ZK0801W1", {"ZK0801W1"}) == "ZK0801"
    assert parent_of("ZK0801A", {"ZK0801A"}) is None
    assert parent_of("ZK0801A", {"ZK0801A", "ZK0801"}) == "ZK0801"
    assert parent_of("B1-321NW", {"B1-321NW"}) is None


def test_the_frames_given_are_left_as_they_were():
    tables = make()
    before = tables.assay.copy(), tables.collar.copy(), tables.survey.copy()
    tables.check(ground=level)
    for old, new in zip(before, (tables.assay, tables.collar, tables.survey), strict=True):
        pd.testing.assert_frame_equal(old, new)
