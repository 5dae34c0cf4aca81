"""A regional survey arrives in the belt's coordinate system, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.config import GeochemistrySource
from geo.geochemistry import read_geochemistry
from tests.conftest import make_conventions

BELT = "EPSG:4548"
LONLAT = "样品号,经度,纬度,Cu(10-6),Au(10-9)\ns1,117.0,30.0,25,<0.3\ns2,117.1,30.0,40,1.2\n"


def source(tmp_path, text, crs="EPSG:4490", **changes) -> GeochemistrySource:
    (tmp_path / "g.csv").write_text(text, "utf-8")
    return GeochemistrySource(
        root=str(tmp_path),
        path="g.csv",
        medium={"zh": "水系沉积物", "en": "stream sediments"},
        conventions=make_conventions(**changes),
        crs=crs,
    )


def codes(reading) -> set[str]:
    return {f.code for f in reading.findings}


def test_longitudes_become_metres_of_the_belt(tmp_path):
    reading = read_geochemistry(source(tmp_path, LONLAT), BELT, Path())
    assert reading.table is not None
    assert reading.table["easting_m"][0] == pytest.approx(500000, abs=1e-3)
    assert reading.table["northing_m"][0] == pytest.approx(3320113.3978, abs=1e-3)
    assert reading.table["au_ppb"].tolist() == [0.15, 1.2]
    assert reading.table["cu_ppm"].tolist() == [25.0, 40.0]


def test_x_north_with_a_zone_prefix_is_the_same_place(tmp_path):
    text = "样品号,X,Y,Cu(10-6)\ns1,3320113.398,39500000.0,25\ns2,3320113.398,39510000.0,30\n"
    settings = {"x_is": "north", "zone_prefix": 39}
    reading = read_geochemistry(source(tmp_path, text, BELT, **settings), BELT, Path())
    assert reading.table is not None
    assert reading.table["easting_m"].tolist() == [500000.0, 510000.0]


def test_bad_points_are_quarantined_with_their_rule(tmp_path):
    text = LONLAT + "s3,,30.2,1,1\ns4,117.0,30.0,9,9\ns5,117.3,30.0,0,1\ns6,117.3,30.1,x,1\n"
    reading = read_geochemistry(source(tmp_path, text), BELT, Path())
    refused = dict(zip(reading.refused["row"], reading.refused["code"], strict=True))
    assert refused == {4: "BN-GCH-001", 5: "BN-GCH-002", 6: "BN-GCH-004", 7: "BN-TAB-010"}
    (balance,) = reading.balances
    assert (balance.rows_in, balance.accepted, balance.quarantined) == (6, 2, 4)


@pytest.mark.parametrize(
    ("crs", "code"),
    [("EPSG:2379", "BN-CRS-002"), ("EPSG:1", "BN-CRS-001"), ("EPSG:4548", "BN-GCH-005")],
)
def test_a_wrong_coordinate_system_is_an_error(tmp_path, crs, code):
    reading = read_geochemistry(source(tmp_path, LONLAT, crs), BELT, Path())
    assert reading.table is None
    assert code in codes(reading)


def test_copper_in_percent_written_as_ppb_is_found_by_magnitude(tmp_path):
    text = LONLAT.replace(",25,", ",25000,").replace(",40,", ",40000,")
    reading = read_geochemistry(source(tmp_path, text), BELT, Path())
    assert "BN-TAB-009" in codes(reading)
    assert reading.table is None
