"""A survey arrives in the belt's CRS with its limits kept, or says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.survey import GeochemistryReading, read_geochemistry
from tests.conftest import make_conventions

BELT = "EPSG:4548"
LONLAT = "样品号,经度,纬度,Cu(10-6),Au(10-9)\ns1,117.0,30.0,25,<0.3\ns2,117.1,30.0,40,1.2\n"
CONVENTION_NAMES = ("x_is", "zone_prefix", "not_assayed", "below_detection")


def source(tmp_path: Path, text: str, crs: str = "EPSG:4490", **changes: Any) -> GeochemistrySource:
    (tmp_path / "g.csv").write_text(text, "utf-8")
    conventions = {k: changes.pop(k) for k in CONVENTION_NAMES if k in changes}
    return GeochemistrySource(
        root=str(tmp_path),
        path="g.csv",
        medium={"zh": "水系沉积物", "en": "stream sediments"},
        conventions=make_conventions(**conventions),
        crs=crs,
        **changes,
    )


def read(tmp_path: Path, text: str, crs: str = "EPSG:4490", **changes: Any) -> GeochemistryReading:
    belt = changes.pop("belt", BELT)
    return read_geochemistry(source(tmp_path, text, crs, **changes), belt, Path())


def codes(reading: GeochemistryReading) -> set[str]:
    return {f.code for f in reading.findings}


def grid(rows: int, **columns: Any) -> str:
    """A clean survey of ``rows`` points a kilometre apart, with more columns."""
    rng = np.random.default_rng(5)
    place = np.arange(rows)
    frame = pd.DataFrame(
        {
            "sample": [f"s{i}" for i in place],
            "easting": 480000 + 1000 * (place % 20),
            "northing": 3320000 + 1000 * (place // 20),
            "Cu(ppm)": np.round(10 ** rng.normal(1.3, 0.15, rows), 2),
            "Au(ppb)": np.round(10 ** rng.normal(0.2, 0.15, rows), 3),
        }
    )
    return frame.assign(**columns).to_csv(index=False)


def test_a_clean_survey_raises_nothing(tmp_path: Path) -> None:
    reading = read(tmp_path, grid(200), BELT, spacing_m=1000.0)
    assert reading.findings == ()
    assert reading.survey is not None
    assert reading.survey.elements == ("cu_ppm", "au_ppb")
    assert len(reading.survey.points) == reading.balances[0].rows_in == 200


def test_longitudes_become_metres_and_limits_are_kept(tmp_path: Path) -> None:
    reading = read(tmp_path, LONLAT)
    assert reading.survey is not None
    assert reading.survey.points["easting_m"][0] == pytest.approx(500000, abs=1e-3)
    assert reading.survey.points["northing_m"][0] == pytest.approx(3320113.3978, abs=1e-3)
    assert np.isnan(reading.survey.values["au_ppb"][0])
    assert reading.survey.limits["au_ppb"][0] == 0.3
    assert "BN-GCH-032" in codes(reading)


@pytest.mark.parametrize(
    ("rule", "value"),
    [("half_limit", 0.15), ("zero", 0.0), ("limit", 0.3), ("multiplicative", 0.195)],
)
def test_what_stands_for_a_limit_is_decided_where_it_is_used(
    tmp_path: Path, rule: Any, value: float
) -> None:
    survey = read(tmp_path, LONLAT).survey
    assert survey is not None
    assert survey.imputed(rule)["au_ppb"].tolist() == pytest.approx([value, 1.2])
    assert np.isnan(survey.imputed("none")["au_ppb"][0])
    assert survey.curated()["au_ppb__lod"][0] == 0.3


@pytest.mark.parametrize(
    ("coding", "cell", "limit"), [("zero", "0", 0.8), ("negative_limit", "-0.5", 0.5)]
)
def test_the_files_own_coding_of_limits_is_a_choice(
    tmp_path: Path, coding: Any, cell: str, limit: float
) -> None:
    text = f"x,y,Cu ppm\n1,1,{cell}\n2000,1,0.8\n3000,1,9\n"
    plain = read(tmp_path, text, "local", belt="local")
    assert plain.refused["code"].tolist() == ["BN-GCH-004"]
    told = read(tmp_path, text, "local", belt="local", censoring=coding)
    assert told.survey is not None
    assert told.survey.limits["cu_ppm"][0] == limit
    assert told.balances[0].accepted == 3
    stated = {"detection_limits": {"cu_ppm": 0.7}}
    told = read(tmp_path, text, "local", belt="local", censoring=coding, **stated)
    assert told.survey is not None
    assert told.survey.limits["cu_ppm"][0] == 0.7


def test_a_spike_at_half_the_limit_is_found_and_on_request_read_as_limit(tmp_path: Path) -> None:
    mo = [0.25] * 20 + list(np.linspace(0.3, 9, 180))
    text = grid(200, **{"Mo(ppm)": mo})
    noted = read(tmp_path, text, BELT)
    (found,) = (f for f in noted.findings if f.code == "BN-GCH-022")
    assert found.value == "20"
    told = read(tmp_path, text, BELT, censoring="half_limit_spike")
    assert told.survey is not None
    assert told.survey.limits["mo_ppm"].value_counts().to_dict() == {0.5: 20}
    assert "BN-GCH-022" not in codes(told)


def test_a_column_mostly_below_detection_is_reported(tmp_path: Path) -> None:
    text = grid(200, **{"W(ppm)": ["<1"] * 40 + ["2"] * 60 + ["3"] * 100})
    (found,) = (f for f in read(tmp_path, text, BELT).findings if f.code == "BN-GCH-003")
    assert "20.0 %" in found.message_en


def test_y_is_yttrium_without_x_and_methods_are_columns_of_their_own(tmp_path: Path) -> None:
    text = "*ID,XCOO,YCOO,Y,Cu,Cu_INAA,Al_XRF\n1,480000,3320000,20,30,35,7.5\n"
    units = {"all": "ppm", "xrf": "pct"}
    survey = read(tmp_path, text, BELT, units=units).survey
    assert survey is not None
    assert survey.values.iloc[0].to_dict() == {
        "y_ppm": 20.0,
        "cu_ppm": 30.0,
        "cu_inaa_ppm": 35.0,
        "al_xrf_ppm": 75000.0,
    }
    assert survey.points["sample_id"].tolist() == ["1"]


def test_x_north_with_a_zone_prefix_and_yttrium_with_its_unit(tmp_path: Path) -> None:
    text = "样品号,X,Y,Cu(10-6),Y(10-6)\ns1,3320113.398,39500000.0,25,9\n"
    survey = read(tmp_path, text, BELT, x_is="north", zone_prefix=39).survey
    assert survey is not None
    assert survey.points["easting_m"].tolist() == [500000.0]
    assert survey.values["y_ppm"].tolist() == [9.0]


def test_kilometres_are_configured(tmp_path: Path) -> None:
    text = "Xloc,Yloc,Cu ppm\n2.386,3.077,25\n"
    survey = read(tmp_path, text, "local", belt="local", coordinates_km=True).survey
    assert survey is not None
    assert survey.points[["easting_m", "northing_m"]].iloc[0].tolist() == [2386.0, 3077.0]


def test_units_row_and_missing_units(tmp_path: Path) -> None:
    text = "easting,northing,Cu,Au\n,,%,\n480000,3320000,0.01,2\n"
    assert "BN-GCH-008" in codes(read(tmp_path, text.replace("%", ""), BELT))
    survey = read(tmp_path, "easting,northing,Cu,Au\n,,%,ppm\n480000,3320000,0.01,0.002\n", BELT)
    assert survey.survey is not None
    assert survey.survey.values.iloc[0].to_dict() == {"cu_ppm": 100.0, "au_ppb": 2.0}


def test_several_utm_zones_in_one_column(tmp_path: Path) -> None:
    text = "id,easting,northing,zone_gda2020,Cu ppm\na,500000,7000000,52,1\nb,500000,7000000,53,2\n"
    reading = read(tmp_path, text, "EPSG:7852", belt="EPSG:7844")
    assert reading.survey is not None
    assert reading.survey.points["easting_m"].tolist() == pytest.approx([129.0, 135.0])
    assert "BN-GCH-026" in codes(reading)
    assert "BN-GCH-025" in codes(read(tmp_path, text, "EPSG:4548"))


def test_bad_points_are_quarantined_with_their_rule(tmp_path: Path) -> None:
    text = LONLAT + "s3,,30.2,1,1\ns4,117.0,30.0,25,<0.3\ns5,117.3,30.0,0,1\ns6,117.3,30.1,x,1\n"
    reading = read(tmp_path, text)
    refused = dict(zip(reading.refused["row"], reading.refused["code"], strict=True))
    assert refused == {4: "BN-GCH-001", 5: "BN-GCH-002", 6: "BN-GCH-004", 7: "BN-TAB-010"}
    (balance,) = reading.balances
    assert (balance.rows_in, balance.accepted, balance.quarantined) == (6, 2, 4)
    assert reading.refused["raw"].str.startswith("s").all()


def test_samples_of_one_place_are_kept_and_averaged_for_maps(tmp_path: Path) -> None:
    reading = read(tmp_path, LONLAT + "s2,117.1,30.0,10,0.3\n")
    assert {"BN-GCH-027", "BN-GCH-031"} <= codes(reading)
    assert reading.survey is not None
    assert len(reading.survey.points) == 3
    assert reading.survey.frame("half_limit")["cu_ppm"].tolist() == pytest.approx([25.0, 20.0])
    assert reading.survey.frame("half_limit")["cu_ppm"][0] == 25.0


@pytest.mark.parametrize(
    ("crs", "code"),
    [
        ("EPSG:2379", "BN-CRS-002"),
        ("EPSG:1", "BN-CRS-001"),
        ("EPSG:4548", "BN-GCH-006"),
    ],
)
def test_a_wrong_coordinate_system_is_an_error(tmp_path: Path, crs: str, code: str) -> None:
    reading = read(tmp_path, LONLAT, crs)
    assert reading.table is None
    assert code in codes(reading)


def test_a_survey_that_reaches_out_of_its_zone_is_noted(tmp_path: Path) -> None:
    swapped = "easting,northing,Cu ppm\n3320113,500000,1\n3330113,510000,2\n"
    reading = read(tmp_path, swapped, BELT)
    assert (codes(reading), reading.survey) == ({"BN-GCH-005"}, None)
    wide = "easting,northing,Cu ppm\n500000,3320000,1\n510000,3320000,2\n1100000,3320000,3\n"
    assert "BN-GCH-030" in codes(read(tmp_path, wide, BELT))


@pytest.mark.parametrize(("cell", "code"), [("25000", "BN-TAB-009"), ("25", "BN-GCH-013")])
def test_units_are_found_wrong_by_magnitude(tmp_path: Path, cell: str, code: str) -> None:
    gold = "1200" if code == "BN-GCH-013" else "1.2"
    text = LONLAT.replace(",25,", f",{cell},").replace(",40,", f",{cell},").replace("1.2", gold)
    reading = read(tmp_path, text)
    assert code in codes(reading)
    assert reading.table is None


def test_media_are_not_mixed(tmp_path: Path) -> None:
    text = grid(200, medium=["moss"] * 80 + ["till"] * 120)
    mixed = read(tmp_path, text, BELT)
    assert "BN-GCH-020" in codes(mixed)
    assert mixed.survey is None
    one = read(tmp_path, text, BELT, only_medium="till")
    assert one.survey is not None
    assert one.balances[0].skipped == 80
    assert "BN-GCH-021" in codes(one)
    assert "BN-GCH-020" in codes(read(tmp_path, text, BELT, only_medium="rock"))


def test_no_element_and_no_coordinates(tmp_path: Path) -> None:
    assert "BN-GCH-007" in codes(
        read(tmp_path, "id,easting,northing,pH\n1,480000,3320000,7\n", BELT)
    )
    assert "BN-GCH-006" in codes(read(tmp_path, "id,Cu ppm,Zn ppm\n1,2,3\n", BELT))
