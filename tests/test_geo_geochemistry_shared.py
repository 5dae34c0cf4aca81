"""Real surveys read as their descriptions say: rows, gaps, codings, two coordinate systems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.results import element_thresholds, survey_composition
from geo.geochemistry.survey import GeochemistryReading, read_geochemistry
from tests.conftest import make_conventions

pytestmark = pytest.mark.shared

JURA, NORWAY, KOLA = "15_jura_meuse", "16_norway_gjovik_trondelag", "17_kola_geochem"
PPM = {"all": "ppm"}


def read(folder: Path, path: str, crs: str, **changes: Any) -> GeochemistryReading:
    source = GeochemistrySource(
        root=str(folder),
        path=path,
        medium={"zh": "土壤", "en": "soil"},
        conventions=make_conventions(),
        crs=crs,
        **{"units": PPM, **changes},
    )
    belt = {"EPSG:4326": "EPSG:32632"}.get(crs, crs)
    return read_geochemistry(source, belt, Path())


def words(reading: GeochemistryReading, code: str) -> list[str]:
    return [f.message_en for f in reading.findings if f.code == code]


@pytest.mark.parametrize(
    ("folder", "path", "crs", "changes", "rows", "elements"),
    [
        (JURA, "jura_jura.pred.csv", "EPSG:4326", {}, 259, 7),
        (JURA, "jura_jura.val.csv", "EPSG:4326", {}, 100, 7),
        (JURA, "jura_prediction.dat.csv", "local", {"coordinates_km": True}, 259, 7),
        (JURA, "meuse.csv", "EPSG:28992", {}, 155, 4),
        (JURA, "meuse_all.csv", "EPSG:28992", {"censoring": "zero"}, 164, 4),
        (NORWAY, "gemas.csv", "EPSG:4326", {}, 2108, 19),
        (NORWAY, "trondelagO.csv", "EPSG:32632", {}, 756, 53),
        (KOLA, "kola_o.csv", "EPSG:32635", {}, 617, 37),
    ],
)
def test_every_row_and_element_of_a_clean_table_is_read(
    shared_data: Path, folder: str, path: str, crs: str, changes: Any, rows: int, elements: int
) -> None:
    reading = read(shared_data / folder, path, crs, **changes)
    balance = reading.balances[0]
    assert (balance.rows_in, balance.accepted, balance.quarantined) == (rows, rows, 0)
    assert reading.survey is not None
    # what stands beside the elements (pH, altitude, land use) is not taken for one
    loi = [e for e in reading.survey.elements if e.startswith("loi")]
    assert len(reading.survey.elements) - len(loi) in (elements, elements - 1)


def test_gjovik_mixes_fifteen_media_and_calls_longitude_xcoo(shared_data: Path) -> None:
    mixed = read(shared_data / NORWAY, "gjovik.csv", "EPSG:32632")
    assert mixed.survey is None
    assert "mixes 15 media" in words(mixed, "BN-GCH-020")[0]
    one = read(shared_data / NORWAY, "gjovik.csv", "EPSG:32632", only_medium="OHO")
    assert (one.balances[0].accepted, one.balances[0].skipped) == (41, 574)
    assert "41 points differ by 0.8 m on average" in words(one, "BN-GCH-023")[0]


def test_trondelag_gives_coordinates_twice(shared_data: Path) -> None:
    organic = read(shared_data / NORWAY, "trondelagO.csv", "EPSG:32632")
    found = words(organic, "BN-GCH-023")[0]
    assert "754 points differ by 0.4 m on average" in found
    assert "2 have one only" in found
    till = read(shared_data / NORWAY, "trondelagC.csv", "EPSG:32632")
    assert till.refused["code"].value_counts().to_dict() == {"BN-GCH-001": 2}
    assert till.balances[0].accepted == 752


def test_half_limits_of_rhenium_and_gold_are_found_as_spikes(shared_data: Path) -> None:
    noted = read(shared_data / NORWAY, "trondelagO.csv", "EPSG:32632")
    spikes = {f.column: f.message_en for f in noted.findings if f.code == "BN-GCH-022"}
    frame = pd.read_csv(shared_data / NORWAY / "trondelagO.csv")
    assert "lowest value 0.0005 " in spikes["Re"]
    assert "lowest value 0.25 " in spikes["Au"]  # 0.00025 mg/kg, kept in ppb
    told = read(shared_data / NORWAY, "trondelagO.csv", "EPSG:32632", censoring="half_limit_spike")
    assert told.survey is not None
    limits = told.survey.limits
    assert limits["re_ppm"].dropna().unique().tolist() == [0.001]
    assert limits["re_ppm"].notna().sum() == (frame["Re"] == 0.0005).sum()
    assert limits["au_ppb"].notna().sum() == (frame["Au"] == 0.00025).sum()


def test_two_codings_of_one_survey_give_the_same_figures(shared_data: Path) -> None:
    """Half the limit against 0: medians and thresholds above the limit must agree."""
    units = {"all": "ppm", "au_ppb": "ppb"}
    half = read(
        shared_data / KOLA, "chorizon.csv", "EPSG:32635", units=units, censoring="half_limit_spike"
    ).survey
    units = {"all": "ppm", "xrf": "pct"}
    zero = read(
        shared_data / KOLA, "chorizonDL.csv", "EPSG:32635", units=units, censoring="zero"
    ).survey
    assert half is not None
    assert zero is not None
    assert (len(half.points), len(zero.points)) == (605, 606)
    assert int(zero.limits.notna().sum().sum()) == 42
    # the second table holds one sample more
    same = zero.points["sample_id"].str.removesuffix(".0").isin(half.points["sample_id"])
    assert same.sum() == 605
    frames = (zero.points, zero.values, zero.limits)
    parts = dict(zip(("points", "values", "limits"), (f[same] for f in frames), strict=True))
    zero = replace(zero, **parts)
    common = [e for e in zero.elements if e in half.elements and not e.startswith("loi")]
    # lead was not analysed in one sample of the first table
    common.remove("pb_ppm")
    assert len(common) > 50
    for element in common:
        one, other = element_thresholds(half, element), element_thresholds(zero, element)
        assert one is not None
        assert other is not None
        assert other.median == pytest.approx(one.median, rel=1e-9), element
        for name in ("p85", "p95", "p98", "median_2mad"):
            assert other.values[name] == pytest.approx(one.values[name], rel=1e-9), (element, name)


def test_kola_soils_as_compositions(shared_data: Path) -> None:
    survey = read(
        shared_data / KOLA,
        "chorizon.csv",
        "EPSG:32635",
        units={"all": "ppm", "au_ppb": "ppb"},
        censoring="half_limit_spike",
    ).survey
    assert survey is not None
    parts = ("cu_ppm", "ni_ppm", "co_ppm", "zn_ppm", "hg_ppb", "b_ppm")
    made = survey_composition(survey, parts)
    # one row lacks mercury: it is left out, not invented
    assert made.closed.shape == (604, 6)
    assert made.replaced > 800
    assert np.abs(made.clr.sum(axis=1)).max() < 1e-9


def test_rock_samples_of_one_outcrop_are_kept(shared_data: Path) -> None:
    reading = read(shared_data / KOLA, "ogrady.csv", "EPSG:32608")
    assert reading.survey is not None
    assert (reading.balances[0].accepted, len(reading.survey.frame("half_limit"))) == (109, 49)
    assert reading.refused["code"].tolist() == ["BN-GCH-002"]
