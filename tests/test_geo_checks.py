"""One seeded defect of each kind is found, with its row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.drillholes.reading import DrillholeReading, read_drillholes
from tests.conftest import ASSAY, COLLAR, SURVEY


def found(reading: DrillholeReading, code: str) -> list[tuple[str, int | None]]:
    return [(f.file, f.row) for f in reading.findings if f.code == code]


def read(sources) -> DrillholeReading:
    from pathlib import Path

    reading = read_drillholes(sources, Path())
    for balance in reading.balances:
        parts = balance.accepted + balance.quarantined + balance.skipped
        assert balance.rows_in == parts, balance
    return reading


def test_a_clean_deposit_has_neither_errors_nor_warnings(deposit):
    reading = read(deposit())
    assert reading.drillholes is not None
    assert {f.severity for f in reading.findings} == {"info"}
    assert reading.refused.empty


@pytest.mark.parametrize(
    ("table", "row", "code"),
    [
        ("collar", "A1,1000,2000,300,100", "BN-COL-001"),
        ("collar", "A3,,2000,300,100", "BN-COL-003"),
        ("collar", "A3,1500,2000,,100", "BN-COL-003"),
        ("collar", "A3,1500,2000,300,-5", "BN-COL-004"),
        ("collar", "A3,1500,2000,300,2600", "BN-COL-004"),
        ("survey", "A1,80,400,60", "BN-SUR-006"),
        ("survey", "A1,80,,60", "BN-SUR-007"),
        ("survey", "A1,80,90,95", "BN-SUR-008"),
        ("survey", "A1,50,90,60", "BN-SUR-009"),
        ("survey", "A1,102,90,60", "BN-SUR-010"),
        ("survey", "A9,0,90,60", "BN-SUR-014"),
        ("survey", "A1,-1,90,60", "BN-SUR-015"),
        ("survey", "A1,80,90,-58", "BN-SUR-017"),
        ("assay", "A1,8,7,s9,0.5,1", "BN-INT-001"),
        ("assay", "A1,8,8,s9,0.5,1", "BN-INT-001"),
        ("assay", "A1,-1,0,s9,0.5,1", "BN-INT-001"),
        ("assay", "A1,5.5,7,s9,0.5,1", "BN-INT-002"),
        ("assay", "A1,99,102,s9,0.5,1", "BN-INT-004"),
        ("assay", "A9,0,2,s9,0.5,1", "BN-INT-006"),
        ("assay", ",0,2,s9,0.5,1", "BN-TAB-017"),
        ("assay", "A1,,2,s9,0.5,1", "BN-TAB-017"),
    ],
)
def test_a_refused_row_is_in_the_quarantine_with_its_rule(deposit, table, row, code):
    texts = {"collar": COLLAR, "survey": SURVEY, "assay": ASSAY}
    text = texts[table] + row + "\n"
    reading = read(deposit(**{table: text}))
    assert reading.drillholes is not None
    line = text.count("\n")
    assert (f"{table}.csv", line) in found(reading, code)
    mine = reading.refused[reading.refused["code"] == code]
    assert mine["row"].tolist() == [line]
    assert mine["raw"].tolist() == [row.replace(",", " | ")]
    assert line not in set(getattr(reading.drillholes, table)["row"])


@pytest.mark.parametrize(
    ("changes", "code", "row"),
    [
        ({"collar": COLLAR + "A3,1000.5,2000,300,50\n"}, "BN-COL-008", 4),
        ({"collar": COLLAR + "A3,1500,2000,300,50\n"}, "BN-COL-009", 4),
        ({"collar": COLLAR + "A3,1500,2000,300,50\n"}, "BN-SUR-001", 4),
        ({"survey": SURVEY.replace("A2,0,0", "A2,10,0")}, "BN-SUR-002", 4),
        ({"survey": SURVEY.replace("50,95,58", "50,95,20")}, "BN-SUR-011", 3),
        ({"assay": ASSAY + "A2,6.2,8,s6,0.1,1\n"}, "BN-INT-003", 7),
        ({"assay": ASSAY + "A2,6,100.5,s6,0.1,1\n"}, "BN-INT-005", 7),
        ({"assay": ASSAY + "A2,6,20,s6,0.1,1\n"}, "BN-ASY-007", 7),
        ({"assay": ASSAY + "A2,6,8,s5,0.1,1\n"}, "BN-ASY-008", 7),
    ],
)
def test_a_warning_is_reported_and_the_row_is_used(deposit, changes, code, row):
    reading = read(deposit(**changes))
    assert row in [number for _, number in found(reading, code)]
    assert reading.drillholes is not None
    assert reading.refused.empty


def test_a_collar_at_two_places_is_refused_with_all_that_hangs_on_it(deposit):
    reading = read(deposit(collar=COLLAR + "a 1,1010,2000,300,100\n"))
    assert found(reading, "BN-COL-002") == [("collar.csv", 2), ("collar.csv", 4)]
    assert reading.drillholes is not None
    assert set(reading.drillholes.assay["hole_id"]) == {"A2"}
    assert found(reading, "BN-INT-009") == [("assay.csv", 2)]
    assert (reading.refused["code"] == "BN-INT-009").sum() == 3


def test_hole_ids_are_matched_across_case_space_and_width(deposit):
    reading = read(deposit(assay=ASSAY.replace("A2,", "ａ2 ,")))
    assert reading.drillholes is not None
    assert set(reading.drillholes.assay["hole_id"]) == {"A1", "A2"}
    assert found(reading, "BN-COL-010")


def test_the_wrong_dip_sign_is_an_error_that_names_the_holes(deposit):
    reading = read(deposit(dip="negative_down"))
    assert reading.drillholes is None
    (error,) = [f for f in reading.findings if f.code == "BN-SUR-004"]
    assert "A1, A2" in error.message_en
    assert "positive_down" in error.fix_en


def test_one_upward_hole_is_refused_unless_it_is_underground(deposit):
    survey = SURVEY + "A3,0,10,-45\n"
    assay = ASSAY + "A3,0,2,u1,0.5,1\n"
    collar = COLLAR + "A3,1500,2000,300,50\n"
    reading = read(deposit(collar=collar, survey=survey, assay=assay))
    assert found(reading, "BN-SUR-005") == [("survey.csv", 5)]
    assert found(reading, "BN-SUR-013") == [("collar.csv", 4)]
    assert found(reading, "BN-INT-009") == [("assay.csv", 7)]
    (upward,) = [f for f in reading.findings if f.code == "BN-SUR-005"]
    assert "A3" in upward.message_en
    typed = "\n".join(
        line + tail
        for line, tail in zip(
            collar.split(), (",工程类型", ",钻孔", ",钻孔", ",坑内钻"), strict=True
        )
    )
    inside = read(deposit(collar=typed, survey=survey, assay=assay))
    assert inside.drillholes is not None
    assert inside.refused.empty


def test_a_zenith_column_needs_the_zenith_convention(deposit):
    survey = "孔号,测斜深度,方位角,顶角\nA1,0,90,30\nA2,0,0,0\n"
    assert found(read(deposit(survey=survey)), "BN-SUR-012")
    reading = read(deposit(survey=survey, dip="zenith"))
    assert reading.drillholes is not None
    assert reading.drillholes.survey["dip_down_deg"].tolist() == [60.0, 90.0]
    steep = survey.replace(",30\n", ",80\n").replace("0,0\n", "0,85\n")
    assert found(read(deposit(survey=steep, dip="zenith")), "BN-SUR-016")


def test_sentinel_depths_are_skipped_and_counted(deposit):
    reading = read(deposit(survey=SURVEY + "A1,90000,90,60\n"))
    (balance,) = [b for b in reading.balances if b.table == "survey"]
    assert (balance.accepted, balance.quarantined, balance.skipped) == (3, 0, 1)
    assert found(reading, "BN-SUR-003")


def chinese_collar(x_first: str, y_first: str) -> str:
    rows = [("A1", 4700100.25, 500100.5), ("A2", 4700200.25, 500200.5)]
    lines = [f"{hole},{north:.2f},{y_first}{east:.2f},300,100" for hole, north, east in rows]
    return "孔号,X,Y,H,孔深\n" + "\n".join(lines) + "\n"


def test_x_is_north_in_chinese_tables_and_the_contrary_is_an_error(deposit):
    collar = chinese_collar("", "")
    reading = read(deposit(collar=collar, x_is="north"))
    assert reading.drillholes is not None
    assert reading.drillholes.collar["northing_m"][0] == 4700100.25
    assert found(read(deposit(collar=collar, x_is="east")), "BN-COL-005")


def test_the_zone_prefix_is_removed_as_configured_and_the_contrary_is_an_error(deposit):
    plain = chinese_collar("", "")
    prefixed = chinese_collar("", "31").replace("31500", "31500")
    reading = read(deposit(collar=prefixed, x_is="north", zone_prefix=31))
    assert reading.drillholes is not None
    assert reading.drillholes.collar["easting_m"].tolist() == [500100.5, 500200.5]
    for text, zone in ((prefixed, None), (prefixed, 32), (plain, 31)):
        reading = read(deposit(collar=text, x_is="north", zone_prefix=zone))
        assert found(reading, "BN-COL-006"), (zone, text)
        assert reading.drillholes is None


def test_many_rows_of_one_rule_are_twenty_findings_and_a_summary(deposit):
    rows = "".join(f"A1,{i + 1},{i},x{i},0.1,1\n" for i in range(50))
    reading = read(deposit(assay=ASSAY + rows))
    listed = [f for f in reading.findings if f.code == "BN-INT-001"]
    assert len(listed) == 21
    assert [f.value for f in listed if f.row is None] == ["30"]
    assert (reading.refused["code"] == "BN-INT-001").sum() == 50


def test_rows_of_unknown_holes_are_a_finding_a_hole_and_beyond_twenty_a_summary_by_rows(deposit):
    rows = "".join(f"B{i // 4},{i % 4},{i % 4 + 1},,0.1,1\n" for i in range(100))
    reading = read(deposit(assay=ASSAY + rows))
    listed = [f for f in reading.findings if f.code == "BN-INT-006"]
    assert len(listed) == 21
    assert [f.value for f in listed if f.row is None] == ["20"]
    assert all("4 rows" in f.message_en for f in listed if f.row)
    assert (reading.refused["code"] == "BN-INT-006").sum() == 100


def test_of_two_overlapping_intervals_the_later_is_refused(deposit):
    """Nested and chained overlaps leave a set without any overlap."""
    rng = np.random.default_rng(5)
    tops = np.round(rng.uniform(0, 90, 200), 2)
    rows = "".join(f"A1,{t},{t + rng.uniform(0.5, 6):.2f},,0.1,1\n" for t in tops)
    reading = read(deposit(assay="BHID,FROM,TO,SAMPLE,CU_PCT,MO_PPM\nA2,0,1,,1,1\n" + rows))
    assert reading.drillholes is not None
    frame: pd.DataFrame = reading.drillholes.assay
    one = frame[frame["hole_id"] == "A1"]
    assert (one["from_m"].to_numpy()[1:] >= one["to_m"].to_numpy()[:-1] - 0.0100001).all()
    assert found(reading, "BN-INT-002")


def test_dense_and_light_rocks_that_do_not_exist_are_refused(deposit):
    text = "BHID,FROM,TO,体重\nA1,0,1,2.6\nA1,1,2,26\nA1,2,3,\n"
    reading = read(deposit(density=text))
    (balance,) = [b for b in reading.balances if b.table == "density"]
    assert (balance.accepted, balance.quarantined, balance.skipped) == (1, 1, 1)
    assert found(reading, "BN-ASY-010") == [("density.csv", 3)]
