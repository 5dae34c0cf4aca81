"""One deposit written in four dialects gives bit-identical tables and composites."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geo.config import DrillholeSources
from geo.drillholes.composite import combined_composites, composite
from geo.drillholes.reading import Drillholes, read_drillholes

ZONE = 31
BASIC = ("cu_pct", "mo_pct", "au_gpt", "ag_gpt")
DOMAINS = {
    "domain_column": "oxidation",
    "domain_codes": {"oxide": ("氧化矿", "oxide"), "sulphide": ("硫化矿", "sulphide")},
}
NAMES = ("chinese_tables", "excel_workbook", "leapfrog_csv", "datamine_csv")


@pytest.fixture(scope="module")
def four(sample_program, tmp_path_factory) -> dict[str, Drillholes]:
    """The Gangdese sample's clean tables, written and read in every dialect."""
    dialects = sample_program("dialects")
    tables = sample_program("make_sample").canonical_tables("gangdese")
    read = {}
    for name, dialect in dialects.DIALECTS.items():
        folder: Path = tmp_path_factory.mktemp(name)
        sheets = dialects.render(dialect, tables, ZONE)
        dialects.save(sheets, folder)
        sources = dialects.sources(dialect, sheets, str(folder), ZONE)
        reading = read_drillholes(DrillholeSources.model_validate(sources), folder)
        assert reading.drillholes is not None, reading.findings
        assert reading.refused.empty
        read[name] = reading.drillholes
    return read


def test_all_four_dialects_are_read(four):
    assert set(four) == set(NAMES)
    assert len(four["chinese_tables"].assay) > 5000


@pytest.mark.parametrize("name", NAMES[1:])
def test_basic_composites_are_the_same_bits(four, name):
    made = [
        composite(four[n], length_m=6.0, min_coverage=0.5, elements=BASIC, **DOMAINS).table
        for n in (NAMES[0], name)
    ]
    pd.testing.assert_frame_equal(made[0], made[1], check_exact=True)
    assert len(made[0]) > 1000
    assert set(made[0]["domain"]) == {"oxide", "sulphide"}


@pytest.mark.parametrize("name", NAMES[1:])
def test_combined_samples_are_the_same_bits(four, name):
    made = [
        combined_composites(four[n], elements=("re_ppm",), **DOMAINS).table
        for n in (NAMES[0], name)
    ]
    pd.testing.assert_frame_equal(made[0], made[1], check_exact=True)
    assert len(made[0]) > 100


@pytest.mark.parametrize("name", NAMES[1:])
def test_densities_and_surveys_are_the_same_bits(four, name):
    for table, columns in (
        ("density", ["hole_id", "from_m", "to_m", "density_tpm3"]),
        ("survey", ["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"]),
        ("collar", ["hole_id", "easting_m", "northing_m", "elevation_m", "depth_m"]),
    ):
        first, second = (getattr(four[n], table)[columns] for n in (NAMES[0], name))
        pd.testing.assert_frame_equal(first, second, check_exact=True)
