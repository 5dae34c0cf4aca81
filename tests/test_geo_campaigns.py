"""Holes, metres and samples by campaign, drill type and laboratory."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.drillholes.campaigns import campaign_summary
from geo.drillholes.reading import read_drillholes

COLLAR = (
    "BHID,X,Y,Z,DEPTH,工程类型,CAMPAIGN\n"
    "A1,1000,2000,300,100,钻孔,2023\nA2,1100,2000,310,50,钻孔,2023\nA3,1200,2000,310,,探槽,2024\n"
)
ASSAY = (
    "BHID,FROM,TO,SAMPLE,CU_PCT,LAB\n"
    "A1,0,2,s1,0.5,甲\nA1,2,4,s2,,甲\nA2,0,3,s4,0.3,乙\nA3,0,6,s5,0.2,甲\n"
)


def test_each_line_counts_its_holes_metres_and_assayed_metres(deposit):
    survey = "BHID,AT,AZ,DIP\nA1,0,90,60\nA2,0,0,90\nA3,0,90,0\n"
    reading = read_drillholes(deposit(collar=COLLAR, survey=survey, assay=ASSAY), Path())
    assert reading.drillholes is not None
    summary = campaign_summary(reading.drillholes)
    lines = {(r.campaign, r.hole_type, r.laboratory): tuple(r)[4:] for r in summary.itertuples()}
    assert lines == {
        ("2023", "钻孔", "甲"): (1, 100.0, 1, 2.0),
        ("2023", "钻孔", "乙"): (1, 50.0, 1, 3.0),
        ("2024", "探槽", "甲"): (1, 6.0, 1, 6.0),
    }


def test_what_was_not_delivered_is_a_dash_and_the_date_stands_for_the_campaign(deposit):
    reading = read_drillholes(deposit(), Path())
    assert reading.drillholes is not None
    (line,) = campaign_summary(reading.drillholes).itertuples(index=False)
    assert tuple(line) == ("2025-12-31", "—", "—", 2, 200.0, 4, pytest.approx(10.0))
