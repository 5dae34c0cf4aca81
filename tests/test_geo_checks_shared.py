"""Defects of the shared public data, count for count as their own descriptions list them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.config import DrillholeSources
from geo.drillholes.reading import DrillholeReading, read_drillholes
from tests.conftest import make_conventions


def read(folder: Path, files: dict[str, str], units: dict[str, str], **changes) -> DrillholeReading:
    named = [{"path": path, "table": table} for table, path in files.items()]
    return read_drillholes(
        DrillholeSources(
            root=str(folder),
            campaigns=({"as_of": "2020-12-31", "files": named},),
            conventions=make_conventions(**changes),
            units=units,
        ),
        Path(),
    )


def counts(reading: DrillholeReading) -> Counter[str]:
    """Rows by code: listed findings, and the rows of the summaries."""
    total: Counter[str] = Counter()
    for found in reading.findings:
        total[found.code] += int(found.value or 1) if found.row is None and found.value else 1
    return total


@pytest.fixture
def forrestania(shared_data: Path) -> DrillholeReading:
    """Set 06; its few negatives are "not assayed" here."""
    marks = ("-0.01", "-0.5", "-2", "-5", "-10", "-20")
    files = {name: f"{name}.csv" for name in ("collar", "survey", "assay")}
    folder = shared_data / "06_forrestania_gswa"
    return read(folder, files, {}, dip="negative_down", not_assayed=marks)


def test_set_06_has_the_defects_its_description_lists(forrestania):
    found = counts(forrestania)
    assert found["BN-SUR-001"] == 28
    assert found["BN-COL-009"] == 28
    assert found["BN-SUR-002"] == 7
    assert found["BN-SUR-009"] == 2
    assert found["BN-INT-002"] == 2
    assert found["BN-INT-003"] == 208
    assert found["BN-INT-017"] == 49
    silent = {"BN-COL-012", "BN-INT-001", "BN-INT-006", "BN-INT-013", "BN-SUR-010", "BN-COL-017"}
    assert not silent & set(found)


def test_set_01_has_sentinels_and_every_hole_goes_on_below_its_last_station(shared_data):
    files = {name: f"{name}_BABBITT.csv" for name in ("collar", "survey", "assay")}
    units = dict.fromkeys(("cu_pct", "ni_pct", "s_pct", "fe_pct"), "%")
    feet = {"coordinate_unit": "ft", "depth_unit": "ft"}
    reading = read(shared_data / "01_babbitt_cuni", files, units, **feet)
    found = counts(reading)
    (sentinel,) = [f for f in reading.findings if f.code == "BN-SUR-003"]
    assert sentinel.message_en.startswith("70 ")
    (survey,) = [b for b in reading.balances if b.table == "survey"]
    assert survey.skipped == 70
    assert found["BN-SUR-025"] + found["BN-SUR-026"] == 399
    assert not {"BN-INT-002", "BN-INT-003", "BN-INT-006", "BN-COL-003"} & set(found)
    assert reading.drillholes is not None
    assert len(reading.drillholes.assay) == 35616
    beyond = _beyond(reading)
    assert (beyond > 0).sum() == 399


def _beyond(reading: DrillholeReading) -> np.ndarray:
    """Metres below the last station by plain pandas."""
    holes = reading.drillholes
    assert holes is not None
    last = pd.Series(holes.survey.groupby("hole_id")["depth_m"].max())
    return (holes.assay.groupby("hole_id")["to_m"].max() - last).to_numpy()


def test_set_04_has_its_gaps_and_every_hole_goes_on_below_its_last_station(shared_data):
    files = {"collar": "collar.csv", "survey": "survey.csv", "assay": "assay.csv"}
    files["lithology"] = "litho.csv"
    reading = read(shared_data / "04_cbmina_cu_porphyry", files, {"cu_pct": "%"})
    found = counts(reading)
    assert found["BN-INT-003"] == 307
    assert found["BN-SUR-025"] + found["BN-SUR-026"] == 126
    assert not {"BN-INT-002", "BN-INT-014", "BN-SUR-001"} & set(found)
    assert reading.refused.empty
    assert (_beyond(reading) > 0).sum() == 126
